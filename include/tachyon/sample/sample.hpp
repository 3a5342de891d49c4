#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tachyon/sample/frame_table.hpp>

namespace tachyon {

// Bits 0-5 have the values that CPython's own profiler writes into its files.
enum class Status : std::uint16_t {
  none = 0,
  has_gil = 1,
  on_cpu = 2,
  unknown = 4,  // on_cpu was not asked for, or could not be read
  gil_requested = 8,
  has_exception = 16,
  main_thread = 32,
  in_gc = 64,
  in_jit = 128,     // tier-2 code was running: lines are less exact
  truncated = 256,  // the stack is incomplete and says so in a frame
  runnable = 512,   // it could run, and others had the processors
  stopped = 1024,   // by a signal; it goes on when another one says so
};
constexpr Status operator|(Status a, Status b) noexcept {
  return Status(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr Status operator&(Status a, Status b) noexcept {
  return Status(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr Status& operator|=(Status& a, Status b) noexcept { return a = a | b; }
constexpr bool has(Status set, Status bit) noexcept { return (set & bit) != Status::none; }

// A thread of a target as outputs name it. The same kernel thread in two interpreters is
// two of these.
struct Thread {
  std::int64_t process = 0;
  std::uint64_t id = 0;           // kernel thread id; 0: an asyncio task whose thread has ended
  std::uint32_t interpreter = 0;  // 0 = main
  std::string name{};             // as the system knows it
  std::string python_name{};      // as threading knows it, where it differs and could be read
  bool main = false;              // of its interpreter
};
enum class ThreadIndex : std::uint32_t {};

class ThreadTable {
 public:
  // The index of this (process, id, interpreter); names of an earlier sight are kept up to date.
  ThreadIndex intern(const Thread& thread) {
    const Key key{thread.process, thread.id, thread.interpreter};
    const std::uint32_t index = keys_.intern(key);
    if (index == threads_.size()) {
      threads_.push_back(thread);
    } else {
      if (!thread.name.empty()) threads_[index].name = thread.name;
      if (!thread.python_name.empty()) threads_[index].python_name = thread.python_name;
      threads_[index].main = threads_[index].main || thread.main;
    }
    return ThreadIndex{index};
  }
  // The one with the process, id and interpreter of `like`, or null.
  const Thread* find(const Thread& like) const {
    const std::uint32_t index = keys_.find({like.process, like.id, like.interpreter});
    return index == Interner<Key>::none ? nullptr : &threads_[index];
  }
  const Thread& operator[](ThreadIndex index) const {
    return threads_[static_cast<std::uint32_t>(index)];
  }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(threads_.size()); }

 private:
  struct Key {
    std::int64_t process;
    std::uint64_t id;
    std::uint32_t interpreter;
    friend constexpr bool operator==(const Key&, const Key&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const Key& k) noexcept {
      return mix_bits(mix_bits(static_cast<std::uint64_t>(k.process)) ^ k.id ^
                      static_cast<std::uint64_t>(k.interpreter) << 48);
    }
  };

  Interner<Key> keys_;
  std::vector<Thread> threads_;
};

// Everything a sample refers to. One for a session, whatever the number of
// processes and collectors.
struct Tables {
  FrameTable frames;
  ThreadTable threads;
};

// One thread's stack at one moment. Times are nanoseconds since the session began; `weight` is the
// elapsed time the sample stands for, measured, not the nominal interval.
struct Sample {
  ThreadIndex thread{};
  StackId stack{};
  Status status{};
  std::uint64_t time = 0;
  std::uint64_t weight = 0;
};

// One look at the target, whatever came of it. Comes after the samples that belong to it.
enum class TickOutcome : std::uint8_t {
  taken,     // every thread asked for was read
  partial,   // some threads could not be read
  torn,      // nothing could be read consistently, retries included
  filtered,  // read, but the mode kept no thread
};
struct Tick {
  std::uint64_t time = 0;
  std::uint64_t weight = 0;
  TickOutcome outcome{};
  std::uint32_t missed = 0;  // deadlines that passed unused before this one
};

}  // namespace tachyon
