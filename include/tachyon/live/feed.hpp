#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <string>
#include <utility>
#include <vector>
#include <tachyon/collect/concept.hpp>
#include <tachyon/sample/run.hpp>
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
// an idle thread costs one entry a batch, not one a sample. The lock is held while one batch is
// moved.
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
  Ending ending{};

  // Appends what came after this.
  void operator+=(Batch&& later);
};

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
      const std::lock_guard lock{mutex_};
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
  void end(Ending ending) {
    Batch batch;
    batch.ending = std::move(ending);
    put(std::move(batch), true);
  }

  Batch take() {
    std::uint64_t count = 0;
    if (wake_ >= 0) [[maybe_unused]]
      const ssize_t n = ::read(wake_, &count, sizeof count);
    const std::lock_guard lock{mutex_};
    return std::exchange(waiting_, Batch{});
  }
  int wake_descriptor() const noexcept { return wake_; }

 private:
  std::mutex mutex_;
  Batch waiting_;
  int wake_;
};

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
  dropped += later.dropped;
  ticks += later.ticks;
  if (later.ending.end != End::running) ending = std::move(later.ending);
}

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
