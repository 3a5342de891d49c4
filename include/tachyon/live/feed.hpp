#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/live/batch.hpp>
#include <tachyon/live/mailbox.hpp>
#include <tachyon/sample/collector.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/sample/shared_tables.hpp>

// From the sampling thread to the display.
//
// Sampling must never wait for a terminal, and a key must never wait for a sample. So the two run
// in threads of their own and share nothing but a mailbox. The tables of strings, functions, frames
// and stacks belong to the sampling thread, which interns into them while it walks; the display has
// a copy. Tables only grow, so a batch carries what is new since the last one, and interning the
// same things in the same order gives the copy the same numbers. Once a program has warmed up
// nothing is new.
//
//   sampling thread                                 display thread
//   Tables --> Feed::add, end_tick --publish-->  Mailbox --take-->  Model (its own Tables)
//
// What was rejected: one set of tables behind a lock (each tick would queue behind each redraw),
// and the display's aggregation done on the sampling thread (its cost would be in every tick).
//
// Several sampling threads (one for each process of a tree) have a Feed each. Their batches may
// repeat what another has sent already; interning it again changes nothing. The tables are guarded,
// and a Feed holds their lock while it copies what is new.
//
// A thread that is seen with the same stack and state again only adds to the entry that is there:
// an idle thread costs one entry a batch, not one a sample.
// The lock is held while one batch is moved.
namespace tachyon::live {

// The sampling thread's end: a collector like any other, so a run can feed a recording as well.
class Feed {
 public:
  static constexpr std::uint64_t publish_every = 20'000'000;  // ns: half of the fastest refresh

  enum class Of : std::uint8_t { target, descendant };

  Feed(SharedTables& tables, Mailbox& mailbox, Of of = Of::target)
      : tables_{&tables}, mailbox_{&mailbox}, of_{of} {}

  void add(const Sample& sample);
  void end_tick(const Tick& tick);
  void publish();
  Mailbox& mailbox() noexcept { return *mailbox_; }

 private:
  void pack_frames(const FrameTable& from);
  void pack_threads(const ThreadTable& from);

  SharedTables* tables_;
  Mailbox* mailbox_;
  Of of_;
  Batch batch_;
  std::vector<std::uint32_t> last_entry_;  // by thread: 1 + its last entry in the batch
  std::uint64_t next_publish_ = 0;         // session time
  std::uint64_t next_threads_ = 0;
  std::uint32_t strings_ = 1;  // how much of the tables has been sent; [0] is in every table
  std::uint32_t functions_ = 0;
  std::uint32_t frames_ = 0;
  std::uint32_t stacks_ = 1;
  std::uint32_t opcodes_ = 1;
  std::uint32_t threads_ = 0;
};
static_assert(TickCollector<Feed>);

inline void Feed::add(const Sample& sample) {
  const auto thread = static_cast<std::uint32_t>(sample.thread);
  if (thread >= last_entry_.size()) last_entry_.resize(std::size_t{thread} + 1);
  if (const std::uint32_t last = last_entry_[thread]; last != 0) {
    Entry& entry = batch_.entries[last - 1];
    if (entry.stack == sample.stack && entry.status == sample.status) {
      ++entry.count;
      entry.weight += sample.weight;
      return;
    }
  }
  batch_.entries.push_back({sample.thread, sample.stack, sample.status, 1, sample.weight});
  last_entry_[thread] = static_cast<std::uint32_t>(batch_.entries.size());
}

inline void Feed::end_tick(const Tick& tick) {
  TickTotals& ticks = batch_.ticks;
  if (tick.outcome == TickOutcome::torn) {
    ++ticks.torn;
  } else {
    ++ticks.taken;
    if (of_ == Of::target) ++ticks.looks;
    if (tick.outcome == TickOutcome::partial) ++ticks.partial;
  }
  ticks.missed += tick.missed;
  ticks.weight += tick.weight;
  ticks.last = tick.time;
  if (tick.time >= next_publish_) {
    next_publish_ = tick.time + publish_every;
    publish();
  }
}

inline void Feed::publish() {
  tables_->with([this](const Tables& tables) {
    pack_frames(tables.frames);
    pack_threads(tables.threads);
  });
  for (const Entry& entry : batch_.entries)
    last_entry_[static_cast<std::uint32_t>(entry.thread)] = 0;
  mailbox_->put(std::exchange(batch_, Batch{}));
}

inline void Feed::pack_frames(const FrameTable& from) {
  for (; strings_ < from.string_count(); ++strings_) {
    const std::string_view text = from[StringId{strings_}];
    batch_.text += text;
    batch_.text_sizes.push_back(static_cast<std::uint32_t>(text.size()));
  }
  for (; functions_ < from.function_count(); ++functions_) {
    batch_.functions.push_back(from[FunctionId{functions_}]);
  }
  for (; frames_ < from.frame_count(); ++frames_) batch_.frames.push_back(from[FrameId{frames_}]);
  for (; stacks_ < from.stack_count(); ++stacks_) batch_.stacks.push_back(from[StackId{stacks_}]);
  for (; opcodes_ < from.opcode_count(); ++opcodes_) {
    batch_.opcodes.push_back(from[OpcodeId{static_cast<std::uint16_t>(opcodes_)}]);
  }
}

// Names can change at any time, so all threads are sent again once a second.
inline void Feed::pack_threads(const ThreadTable& from) {
  constexpr std::uint64_t second = 1'000'000'000;
  if (from.size() == threads_ && next_publish_ < next_threads_) return;
  threads_ = from.size();
  next_threads_ = next_publish_ + second;
  for (std::uint32_t i = 0; i < threads_; ++i) batch_.threads.push_back(from[ThreadIndex{i}]);
}

}  // namespace tachyon::live
