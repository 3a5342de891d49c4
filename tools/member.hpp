#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <tachyon/target/attach.hpp>

#include "outputs.hpp"
#include "parse.hpp"
#include "sampling.hpp"
#include "snapshots.hpp"
#include "sources.hpp"

// One process that is being profiled, in a thread of its own: found, attached to, sampled, and
// followed when it becomes another Python by exec. Its outputs are its own, or those of all
// processes together (`Shared`), then behind the lock of the tables they share.
namespace tachyon::tool {

// What the members of a run have in common.
struct Shared {
  const CommandLine& line;
  std::uint64_t origin = 0;                // monotonic ns; session times count from here ...
  std::uint64_t started = 0;               // ... which is this unix time, ns
  std::uint64_t begun = 0;                 // monotonic ns; sampling could begin
  std::uint64_t deadline = 0;              // monotonic ns; 0: none
  std::atomic<bool> program_ended{false};  // the one that we started
  bool told_of_children = false;           // each when it has become what it will be
  bool program_is_python = false;          // if only for too short to be seen
  std::atomic<bool> stop{false};
  int stopped = -1;  // readable from then on
  int news = -1;     // written to when a member is finished
  bool one_of_several = false;
  SharedTables* tables = nullptr;  // of all members, with --merge
  Outputs* outputs = nullptr;      // likewise
  Snapshots snapshots{};
};

// Where to look for a Python.
struct Seek {
  std::int64_t pid = 0;
  // What is known of it: named by the user; started by us, so that it, or something below it, will
  // be a Python before it ends; or found below another one, and perhaps about to become a Python.
  enum class Kind : std::uint8_t { given, started, found } kind{};
  bool below = false;  // a descendant will do, too
  bool known = false;  // it was a Python that we read a moment ago
  const std::atomic<bool>* stop = nullptr;
  const std::atomic<bool>* program_ended = nullptr;
};
// Attaches to it. Whoever may become a Python is asked again.
Result<Attached> find_python(const Seek& seek);

// Readable when sampling is to stop or its target has ended, so that whoever looks once in ten
// seconds need not wait that long to learn of either.
class EndWatch {
 public:
  EndWatch(int stopped, int target) noexcept
      : stopped_{stopped}, target_{target}, both_{::epoll_create1(EPOLL_CLOEXEC)} {
    for (const int fd : {stopped, target}) {
      epoll_event event{};
      event.events = EPOLLIN;
      if (both_ >= 0 && fd >= 0) (void)::epoll_ctl(both_, EPOLL_CTL_ADD, fd, &event);
    }
  }
  EndWatch(const EndWatch&) = delete;
  EndWatch& operator=(const EndWatch&) = delete;
  ~EndWatch() {
    if (both_ >= 0) (void)::close(both_);
  }
  int descriptor() const noexcept { return both_ >= 0 ? both_ : stopped_; }
  bool target_ended() const noexcept {
    pollfd one{target_, POLLIN, 0};
    return target_ >= 0 && ::poll(&one, 1, 0) == 1;
  }

 private:
  int stopped_, target_, both_;
};

SamplingRequest request_of(const CommandLine& line);

// Books of several sessions added up.
void add_quality(ReadQuality& sum, const ReadQuality& one);

class Member {
 public:
  using Kind = Seek::Kind;

  Member(Shared& shared, std::int64_t pid, Kind kind);
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  ~Member() {
    if (thread_.joinable()) thread_.join();
  }

  std::int64_t pid() const noexcept { return pid_; }
  Kind kind() const noexcept { return kind_; }

  // Opens the outputs now instead of when the process has been attached to.
  std::optional<std::string> open_outputs();
  void start() {
    thread_ = std::thread{[this] { work(); }};
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  bool finished() const noexcept { return finished_.load(std::memory_order_acquire); }

  // After join().
  const std::optional<std::string>& error() const noexcept { return error_; }
  bool attached() const noexcept { return sessions_ != 0; }
  // The longest interval, if the rate was lowered; else 0.
  std::uint64_t slowed_to() const noexcept { return slowed_to_; }
  // Why its samples were not taken by the kernel, where that was tried; else empty.
  const std::string& why_polled() const noexcept { return why_polled_; }
  // Session time when it was looked at for the first time.
  std::uint64_t first_look() const noexcept { return first_look_; }
  Run& run() noexcept { return run_; }
  Outputs* outputs() noexcept { return own_ ? &*own_ : nullptr; }
  Tables& tables() noexcept { return tables_->unguarded(); }
  const SourceFiles& sources() const noexcept { return sources_; }
  SourceFiles take_sources() noexcept { return std::move(sources_); }

 private:
  void work();
  // Whether there may be more: it became another program.
  bool sample(Attached& target);
  void take_snapshot(Outputs& outputs, const ReadQuality& quality, std::uint64_t time);
  void give_up(Error why);
  std::string why_not(Error error) const;

  Shared& shared_;
  std::int64_t pid_;
  Kind kind_;
  std::unique_ptr<SharedTables> own_tables_{};
  SharedTables* tables_;
  std::optional<Outputs> own_{};
  SourceFiles sources_{};
  Run run_{};
  unsigned sessions_ = 0;
  std::uint64_t slowed_to_ = 0;
  bool told_of_tasks_ = false;
  std::string why_polled_{};
  std::uint64_t first_look_ = 0;
  std::optional<std::string> error_{};
  std::atomic<bool> finished_{false};
  std::thread thread_{};
};

// What is known of a run before anything has been looked at.
Run run_of(const CommandLine& line, std::int64_t pid, std::uint64_t started);

}  // namespace tachyon::tool
