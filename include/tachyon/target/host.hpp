#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <tachyon/target/attach.hpp>
#include <tachyon/target/task_numbers.hpp>
#include <tachyon/target/thread_clock.hpp>
#include <tachyon/target/thread_wait.hpp>

namespace tachyon {

// What is known about a target's threads from outside its memory: from /proc while it lives, from
// the notes of a core file when it does not.
template <class H>
concept Host = requires(H& host, std::uint64_t inner, std::int32_t task) {
  { host.pid() } -> std::same_as<std::int32_t>;
  // Our number of the thread that the target calls `inner`; 0: there is none.
  { host.ours(inner) } -> std::same_as<std::int32_t>;
  { host.thread_name(task) } -> std::same_as<std::string>;
  // The futex on which the thread sleeps; zero: on none, or nobody knows.
  { host.futex_wait(task) } -> std::same_as<Address>;
  // The table of asyncio's own offsets, looked for anew; zero while there is none.
  { host.asyncio_table() } -> std::same_as<Address>;
  // Null where there is no scheduler to ask.
  { host.clock(task) } -> std::same_as<std::unique_ptr<ThreadClock>>;
};

class LiveHost {
 public:
  // `target` must outlive this.
  explicit LiveHost(Attached& target) : target_{&target} {
    if (auto numbers = TaskNumbers::read(target.process)) numbers_.emplace(std::move(*numbers));
  }

  std::int32_t pid() const noexcept { return target_->process.pid(); }
  std::int32_t ours(std::uint64_t inner) {
    return numbers_ ? numbers_->ours(inner) : static_cast<std::int32_t>(inner);
  }
  std::string thread_name(std::int32_t task) const {
    auto name = target_->process.thread_name(task);
    return name ? std::move(*name) : std::string{};
  }
  std::unique_ptr<ThreadClock> clock(std::int32_t task) const {
    return std::make_unique<ThreadClock>(target_->process.directory(), task);
  }
  Address futex_wait(std::int32_t task) const noexcept {
    return futex_wait_of(target_->process.directory(), task);
  }
  Address asyncio_table() {
    if (target_->site.asyncio_debug) return target_->site.asyncio_debug;
    const auto modules = ProcessModules::read(target_->process);
    if (!modules) return {};
    return target_->site.asyncio_debug = find_asyncio(target_->memory, *modules, target_->site);
  }

 private:
  Attached* target_;
  std::optional<TaskNumbers> numbers_;
};
static_assert(Host<LiveHost>);

}  // namespace tachyon
