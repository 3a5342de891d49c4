#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/base/address.hpp>
#include <tachyon/sample/sample.hpp>

// What a look asks for, and what came of it: one entry for each thread of the roster, in its order.
//
//   passed_over                      the mode would not keep it, so it is not read
//   wanted --> read --> kept         read; kept when the whole look was of one moment
//     ^          |
//     +----------+                   and wanted again when it was not
//   wanted --> gone                  the thread has ended
namespace tachyon {

struct ThreadLook {
  enum class State : std::uint8_t { passed_over, wanted, read, kept, gone };

  State state = State::passed_over;
  bool retried = false;
  bool frozen = false;  // not read: it cannot have moved since its stack was read
  Status status{};
  StackId stack{};
  Address waits_at{};  // the futex that it sleeps on, where that was asked

  bool has_stack() const noexcept { return state == State::read || state == State::kept; }
};

struct LookReport {
  std::vector<ThreadLook> threads{};
  bool moved = false;  // some thread had moved on while it was read

  void begin(std::size_t count) {
    threads.assign(count, {});
    moved = false;
  }
  bool wants(std::size_t i) const noexcept { return threads[i].state == ThreadLook::State::wanted; }
  bool wants_any() const noexcept {
    return std::any_of(threads.begin(), threads.end(), [](const ThreadLook& thread) {
      return thread.state == ThreadLook::State::wanted;
    });
  }
};

// Which threads cannot run while a look lasts. Where that is the holder of a GIL, no other thread
// under that GIL changes Python frames either.
struct Held {
  bool everybody = false;
  Address thread{};
};

}  // namespace tachyon
