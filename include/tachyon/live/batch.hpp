#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

namespace tachyon::live {

// `count` samples of one thread with one stack and status, `weight` nanoseconds in all.
struct Entry {
  ThreadIndex thread{};
  StackId stack{};
  Status status{};
  std::uint32_t count = 0;
  std::uint64_t weight = 0;
};

struct TickTotals {
  std::uint64_t looks = 0;  // of those taken, the main target's own: what rates are measured by
  std::uint64_t taken = 0;  // at least one stack, or a filter that kept none
  std::uint64_t partial = 0;
  std::uint64_t torn = 0;
  std::uint64_t missed = 0;
  std::uint64_t weight = 0;  // ns of session time that the ticks stand for
  std::uint64_t last = 0;    // session time of the last one

  void operator+=(const TickTotals& more) noexcept {
    looks += more.looks;
    taken += more.taken;
    partial += more.partial;
    torn += more.torn;
    missed += more.missed;
    weight += more.weight;
    last = last > more.last ? last : more.last;
  }
};

// One process of the tree below the target.
struct Process {
  std::int64_t id = 0;
  std::int64_t parent = 0;
  std::string command{};
  bool ended = false;
};

enum class End : std::uint8_t {
  running,
  stopped,   // the user said so
  duration,  // the time that was asked for is over
  exited,    // the target ended
  failed,    // see `text`
};

struct Ending {
  End end = End::running;
  std::string text{};  // one line that says more: exit status, error with its remedy
};

struct Notice {
  std::string text{};
  bool good = true;
};

// Everything that happened since the last batch.
struct Batch {
  std::string text{};                       // new strings, one after the other ...
  std::vector<std::uint32_t> text_sizes{};  // ... and their lengths
  std::vector<Function> functions{};
  std::vector<Frame> frames{};
  std::vector<StackNode> stacks{};
  std::vector<ExecutedOpcode> opcodes{};
  std::vector<Thread> threads{};  // all of them, when anything about them is new
  std::vector<Entry> entries{};
  std::uint64_t dropped = 0;  // samples that nobody fetched in time
  TickTotals ticks{};
  std::vector<Process> processes{};  // all of them, when anything about them is new
  std::vector<Notice> notices{};
  std::optional<Target> target{};  // more is known about it, or it has become another program
  std::uint64_t interval = 0;      // ns between looks from now on, where that has changed
  Ending ending{};

  // Appends what came after this.
  void operator+=(Batch&& later);
};

inline void Batch::operator+=(Batch&& later) {
  const auto append = [](auto& to, auto& from) {
    if (to.empty()) {
      to = std::move(from);
    } else {
      to.insert(to.end(), std::make_move_iterator(from.begin()),
                std::make_move_iterator(from.end()));
    }
  };
  text += later.text;
  append(text_sizes, later.text_sizes);
  append(functions, later.functions);
  append(frames, later.frames);
  append(stacks, later.stacks);
  append(opcodes, later.opcodes);
  append(entries, later.entries);
  append(notices, later.notices);
  if (!later.threads.empty()) threads = std::move(later.threads);
  if (!later.processes.empty()) processes = std::move(later.processes);
  if (later.target) target = std::move(later.target);
  if (later.interval != 0) interval = later.interval;
  dropped += later.dropped;
  ticks += later.ticks;
  if (later.ending.end != End::running) ending = std::move(later.ending);
}

// The display's end: makes the copy of the tables grow.
inline void grow(Tables& copy, const Batch& batch) {
  std::string_view text = batch.text;
  for (const std::uint32_t size : batch.text_sizes) {
    copy.frames.string(text.substr(0, size));
    text.remove_prefix(size);
  }
  for (const Function& function : batch.functions) copy.frames.function(function);
  for (const ExecutedOpcode& opcode : batch.opcodes) copy.frames.opcode(opcode);
  for (const Frame& frame : batch.frames) copy.frames.frame(frame);
  for (const StackNode& stack : batch.stacks) copy.frames.push(stack.parent, stack.frame);
  for (const Thread& thread : batch.threads) copy.threads.intern(thread);
}

}  // namespace tachyon::live
