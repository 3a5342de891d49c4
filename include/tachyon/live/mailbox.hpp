#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include <tachyon/base/thread.hpp>
#include <tachyon/live/batch.hpp>

namespace tachyon::live {

// The one thing that the sampling threads and the display share. The lock is held while a batch is
// moved; a descriptor wakes the display when something should be seen at once.
class Mailbox {
 public:
  static constexpr std::size_t most_entries = std::size_t{1} << 20;

  Mailbox() noexcept : wake_{::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)} {}
  ~Mailbox() {
    if (wake_ >= 0) ::close(wake_);
  }
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // `wake`: the reader should look at once instead of at its next refresh.
  void put(Batch&& batch, bool wake = false) {
    {
      const Lock lock{mutex_};
      if (waiting_.entries.size() + batch.entries.size() > most_entries) {
        for (const Entry& entry : batch.entries) waiting_.dropped += entry.count;
        batch.entries.clear();
      }
      waiting_ += std::move(batch);
    }
    if (wake && wake_ >= 0) {
      const std::uint64_t one = 1;
      // It can only fail when the counter is full, and then the reader is awake already.
      [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
    }
  }
  // From any thread: a line for the user, such as how saving went.
  void say(Notice notice) {
    Batch batch;
    batch.notices.push_back(std::move(notice));
    put(std::move(batch), true);
  }
  void processes(std::vector<Process> all) {
    Batch batch;
    batch.processes = std::move(all);
    put(std::move(batch));
  }
  void target(Target about) {
    Batch batch;
    batch.target = std::move(about);
    put(std::move(batch));
  }
  // Sampling is slower than was asked for, to spare the target, or as fast as that again.
  void interval(std::uint64_t nanoseconds) {
    Batch batch;
    batch.interval = nanoseconds;
    put(std::move(batch));
  }
  void end(Ending ending) {
    Batch batch;
    batch.ending = std::move(ending);
    put(std::move(batch), true);
  }

  Batch take() {
    std::uint64_t count = 0;
    if (wake_ >= 0) [[maybe_unused]]
      const ssize_t n = ::read(wake_, &count, sizeof count);
    const Lock lock{mutex_};
    return std::exchange(waiting_, Batch{});
  }
  int wake_descriptor() const noexcept { return wake_; }

 private:
  Mutex mutex_;
  Batch waiting_;
  int wake_;
};

}  // namespace tachyon::live
