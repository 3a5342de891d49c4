#pragma once

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "files.hpp"
#include "outputs.hpp"
#include "report.hpp"

// SIGUSR1: every recording as it is now, as a finished file of its own, while sampling goes on. The
// main thread asks; whoever feeds a recording hands over a copy at its next look, which costs a
// flush; the main thread writes it.
namespace tachyon::tool {

class Snapshots {
 public:
  void ask() noexcept { asked_.fetch_add(1, std::memory_order_relaxed); }
  unsigned asked() const noexcept { return asked_.load(std::memory_order_relaxed); }

  void give(std::vector<Outputs::Copy> copies) {
    const std::lock_guard hold{lock_};
    for (Outputs::Copy& copy : copies) copies_.push_back(std::move(copy));
  }
  std::vector<Outputs::Copy> take() {
    const std::lock_guard hold{lock_};
    return std::exchange(copies_, {});
  }

 private:
  std::atomic<unsigned> asked_{0};
  std::mutex lock_{};
  std::vector<Outputs::Copy> copies_{};
};

// web.bin becomes web.snapshot1.bin, or the first number that is free.
inline std::string snapshot_path(std::string_view recording) {
  const std::size_t slash = recording.rfind('/') + 1;  // 0 without one
  const std::size_t dot = recording.rfind('.');
  const std::size_t end = dot == std::string_view::npos || dot <= slash ? recording.size() : dot;
  for (unsigned number = 1;; ++number) {
    std::string path = concat(recording.substr(0, end), ".snapshot", std::to_string(number),
                              recording.substr(end));
    if (::access(path.c_str(), F_OK) != 0 || number == 1'000'000) return path;
  }
}

// False where it could not be written; either way it is said.
inline bool write_snapshot(const Outputs::Copy& copy) {
  const std::string path = snapshot_path(copy.path);
  const Result<void> written =
      copy.recording ? copy.recording->write(path) : Result<void>{copy.recording.error()};
  if (written) {
    say_notice(concat("snapshot written to ", path));
  } else {
    say_error(describe_output(path, written.error()));
  }
  return written.has_value();
}

}  // namespace tachyon::tool
