#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <tachyon/memory/core_file.hpp>
#include <tachyon/target/host.hpp>

namespace tachyon {

// A core file knows its threads by number and has no scheduler to ask.
class CoreHost {
 public:
  CoreHost(const CoreFile& core, Address asyncio_table) noexcept
      : core_{&core}, asyncio_table_{asyncio_table} {}

  std::int32_t pid() const noexcept { return core_->pid(); }
  std::int32_t ours(std::uint64_t inner) const noexcept { return static_cast<std::int32_t>(inner); }
  std::string thread_name(std::int32_t task) const {
    return task == core_->pid() ? core_->command() : std::string{};
  }
  std::unique_ptr<ThreadClock> clock(std::int32_t) const noexcept { return nullptr; }
  Address futex_wait(std::int32_t) const noexcept { return {}; }
  Address asyncio_table() const noexcept { return asyncio_table_; }

 private:
  const CoreFile* core_;
  Address asyncio_table_;
};
static_assert(Host<CoreHost>);

}  // namespace tachyon
