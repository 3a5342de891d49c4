#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/interner.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/collect/spill.hpp>
#include <tachyon/collect/totals.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// The one record of what happened when, for every output that is drawn over time.
//
// It keeps each sample in about five bytes, by lane: a lane is a thread, or one asyncio task on a
// thread where stacks carry task frames (several tasks are sampled at the same moment, so they
// cannot share one line). Lanes are streams of a Spill, hence memory does not grow with samples.
// A record:
//
//   +--------------------------------+----------+------------+---------------+
//   | stack step << 1 | status differs | [status] | time step  | weight - step |
//   +--------------------------------+----------+------------+---------------+
//     varint, step zigzagged            varint      varint       zigzag varint
//
// "Step" is the difference to the lane's sample before. A sample stands for the time before it, so
// its weight mostly equals its time step and the last number is 0:
//
//   00 c0 84 3d 00 = the same stack and status, 1 ms later, standing for 1 ms
namespace tachyon {

// Outputs over time are JSON that a browser reads as one text, and Chromium's engine holds none of
// more than 2^29 - 24 characters. A longer file is whole and right, but needs another reader.
inline constexpr std::uint64_t browser_text_limit = 536'870'888;

struct Lane {
  ThreadIndex thread{};
  FrameId task{};  // the task's frame where `has_task`
  bool has_task = false;
  std::uint64_t first = 0;  // times of its first and last sample
  std::uint64_t last = 0;
  Totals totals{};
};

// Consecutive samples of a lane with the same stack and status. It stands for the time from `begin`
// to `end`; where a run begins later than the one before ended, the thread was not seen in between.
struct TimelineRun {
  StackId stack{};
  Status status{};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Totals totals{};
};

// How much of a stretch of time the threads held the GIL, waited for it and were on a CPU, as sums
// of weights over all threads.
struct TimelineShare {
  std::uint64_t seen = 0, gil = 0, waiting = 0, cpu = 0;
  bool cpu_known = false;

  TimelineShare& operator+=(const TimelineShare& other) noexcept {
    seen += other.seen;
    gil += other.gil;
    waiting += other.waiting;
    cpu += other.cpu;
    cpu_known = cpu_known || other.cpu_known;
    return *this;
  }
};

class Timeline {
 public:
  struct Options {
    std::size_t memory = std::size_t{32} << 20;  // before samples go to a temporary file
  };

  explicit Timeline(const Tables& tables) : Timeline{tables, Options{}} {}
  Timeline(const Tables& tables, Options options) : tables_{&tables}, spill_{options.memory} {}

  void add(const Sample& sample);

  const Tables& tables() const noexcept { return *tables_; }
  const FrameTable& frames() const noexcept { return tables_->frames; }
  std::span<const Lane> lanes() const noexcept { return view_of(lanes_); }  // by first appearance
  const Totals& total() const noexcept { return total_; }
  std::uint64_t first() const noexcept { return first_; }  // times of the first and last sample
  std::uint64_t last() const noexcept { return last_; }

  // visit(const Sample&), in order.
  template <class Visit>
  void for_each_sample(std::uint32_t lane, Visit&& visit) const;

  // visit(const TimelineRun&), in order. Runs never overlap.
  template <class Visit>
  void for_each_run(std::uint32_t lane, Visit&& visit) const;

  // Shares over equal slices of time, at most 2,000 of them.
  std::span<const TimelineShare> shares() const noexcept { return view_of(shares_); }
  std::uint64_t share_width() const noexcept { return share_width_; }

  // What went wrong when kept samples were read back.
  Error error() const noexcept { return spill_.error(); }

 private:
  static constexpr std::uint32_t most_shares = 2000;
  struct LaneKey {
    ThreadIndex thread;
    std::uint32_t task;  // 1 + FrameId; 0 = none
    friend constexpr bool operator==(const LaneKey&, const LaneKey&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const LaneKey& k) noexcept {
      return mix_bits(static_cast<std::uint64_t>(k.thread) << 32 | k.task);
    }
  };
  struct Newest {  // of each lane
    std::uint32_t stack = 0;
    Status status{};
  };
  struct LastLane {  // of each thread: most samples are of the lane that the one before was of
    std::uint32_t lane = 0xffffffff;
    std::uint32_t task = 0;
  };

  std::uint32_t lane_of(const Sample& sample);
  std::uint32_t task_of(StackId stack);
  void count_share(const Sample& sample);

  const Tables* tables_;
  Spill spill_;
  Interner<LaneKey> keys_;
  std::vector<Lane> lanes_;
  std::vector<Newest> newest_;
  std::vector<LastLane> last_lane_;
  std::vector<std::uint32_t> tasks_{0};  // by StackId: 1 + the task frame nearest to the leaf
  std::vector<TimelineShare> shares_;
  std::uint64_t share_width_ = 1'000'000;
  Totals total_;
  std::uint64_t first_ = 0, last_ = 0;
};

// A collector that keeps a timeline and lets `Writer` spell it at the end.
template <class Writer>
class FromTimeline {
 public:
  using Options = typename Writer::Options;

  explicit FromTimeline(const Tables& tables, Options options = Options{})
      : timeline_{tables}, writer_{std::move(options)} {}

  void add(const Sample& sample) { timeline_.add(sample); }

  template <Sink S>
  void write(S& sink, const Run& run) const {
    writer_.write(sink, timeline_, run);
  }
  const Timeline& timeline() const noexcept { return timeline_; }

 private:
  Timeline timeline_;
  Writer writer_;
};

inline void Timeline::add(const Sample& sample) {
  const std::uint32_t index = lane_of(sample);
  Lane& lane = lanes_[index];
  Newest& newest = newest_[index];
  // Time runs forward within a lane, whatever a clock or a foreign file says.
  const std::uint64_t time =
      lane.totals.samples == 0 ? sample.time : std::max(sample.time, lane.last);
  const std::uint64_t step = lane.totals.samples == 0 ? time : time - lane.last;
  const auto stack = static_cast<std::uint32_t>(sample.stack);

  char record[4 * longest_varint];
  char* end = record;
  const bool differs = sample.status != newest.status || lane.totals.samples == 0;
  const auto stack_step =
      static_cast<std::int64_t>(stack) - static_cast<std::int64_t>(newest.stack);
  end = write_varint(end, zigzag(stack_step) << 1 | (differs ? 1U : 0U));
  if (differs) end = write_varint(end, static_cast<std::uint64_t>(sample.status));
  end = write_varint(end, step);
  end = write_varint(end, zigzag(static_cast<std::int64_t>(sample.weight - step)));
  spill_.append(index, {record, static_cast<std::size_t>(end - record)});

  newest = {stack, sample.status};
  if (lane.totals.samples == 0) lane.first = time;
  lane.last = time;
  lane.totals += {1, sample.weight};
  if (total_.samples == 0) first_ = last_ = time;
  first_ = std::min(first_, time);
  last_ = std::max(last_, time);
  total_ += {1, sample.weight};
  count_share(sample);
}

inline std::uint32_t Timeline::task_of(StackId stack) {
  const auto index = static_cast<std::uint32_t>(stack);
  while (tasks_.size() <= index) {  // parents come before their children
    const auto id = static_cast<std::uint32_t>(tasks_.size());
    const StackNode& node = frames()[StackId{id}];
    tasks_.push_back(frames()[node.frame].kind == FrameKind::task
                         ? static_cast<std::uint32_t>(node.frame) + 1
                         : tasks_[static_cast<std::uint32_t>(node.parent)]);
  }
  return tasks_[index];
}

inline std::uint32_t Timeline::lane_of(const Sample& sample) {
  const auto thread = static_cast<std::uint32_t>(sample.thread);
  const std::uint32_t task = task_of(sample.stack);
  if (thread >= last_lane_.size()) last_lane_.resize(std::size_t{thread} + 1);
  LastLane& last = last_lane_[thread];
  if (last.lane != 0xffffffff && last.task == task) return last.lane;
  const std::uint32_t lane = keys_.intern({sample.thread, task});
  if (lane == lanes_.size()) {
    lanes_.push_back({sample.thread, FrameId{task - 1}, task != 0, 0, 0, {}});
    newest_.emplace_back();
    (void)spill_.open();
  }
  last = {lane, task};
  return lane;
}

// A sample's time is spread over the slices that it covers, so that slices shorter than the time
// between two samples show a share and not noise.
inline void Timeline::count_share(const Sample& sample) {
  while (sample.time / share_width_ >= most_shares) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      const TimelineShare share = std::exchange(shares_[i], {});
      shares_[i / 2] += share;
    }
    shares_.resize((shares_.size() + 1) / 2);
    share_width_ *= 2;
  }
  if (sample.time / share_width_ >= shares_.size()) shares_.resize(sample.time / share_width_ + 1);
  std::uint64_t from = sample.time - std::min(sample.weight, sample.time);
  while (from < sample.time) {
    const std::uint64_t index = from / share_width_;
    const std::uint64_t part = std::min(sample.time, (index + 1) * share_width_) - from;
    TimelineShare& share = shares_[index];
    share.seen += part;
    if (has(sample.status, Status::has_gil)) share.gil += part;
    if (has(sample.status, Status::gil_requested)) share.waiting += part;
    if (has(sample.status, Status::on_cpu)) share.cpu += part;
    share.cpu_known = share.cpu_known || !has(sample.status, Status::unknown);
    from += part;
  }
}

template <class Visit>
void Timeline::for_each_sample(std::uint32_t lane, Visit&& visit) const {
  Sample sample{lanes_[lane].thread, {}, {}, 0, 0};
  std::uint64_t stack = 0;
  spill_.read(lane, [&](std::string_view chunk) {
    for (Cursor in{as_bytes(chunk)}; !in.at_end();) {
      const std::uint64_t head = in.varint();
      stack += static_cast<std::uint64_t>(unzigzag(head >> 1));
      if ((head & 1) != 0) sample.status = Status(static_cast<std::uint16_t>(in.varint()));
      const std::uint64_t step = in.varint();
      sample.stack = StackId{static_cast<std::uint32_t>(stack)};
      sample.time += step;
      sample.weight = step + static_cast<std::uint64_t>(in.svarint());
      visit(std::as_const(sample));
    }
  });
}

template <class Visit>
void Timeline::for_each_run(std::uint32_t lane, Visit&& visit) const {
  TimelineRun run;
  for_each_sample(lane, [&](const Sample& sample) {
    const std::uint64_t asked = sample.time - std::min(sample.weight, sample.time);
    const std::uint64_t begin = std::max(asked, run.end);
    // Weights are measured and may fall a little short of the step; that is no gap.
    const bool joins = run.totals.samples != 0 && begin - run.end <= sample.weight / 2;
    if (joins && run.stack == sample.stack && run.status == sample.status) {
      run.end = std::max(run.end, sample.time);
      run.totals += {1, sample.weight};
      return;
    }
    if (run.totals.samples != 0) visit(std::as_const(run));
    run = {sample.stack,
           sample.status,
           joins ? run.end : begin,
           std::max(begin, sample.time),
           {1, sample.weight}};
  });
  if (run.totals.samples != 0) visit(std::as_const(run));
}

}  // namespace tachyon
