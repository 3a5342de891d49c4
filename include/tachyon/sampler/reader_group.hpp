#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <tachyon/base/thread.hpp>
#include <tachyon/sample/shared_tables.hpp>
#include <tachyon/sampler/polled_source.hpp>
#include <tachyon/sampler/source.hpp>

// Several readers, for rates that one cannot reach. A vectored read takes 2.4 us in the kernel, so
// one thread ends at some 350,000 looks a second, less when it also has to collect what it saw.
//
// Each reader is a polled source of its own, at its share of the rate and shifted against the
// others. What it sees goes into a ring; the caller's thread takes the rings' oldest look again and
// again, so that the collector sees one run in order of time.
//
//   reader 0   look --- look --- look ---->  ring 0 --.
//   reader 1   -- look --- look --- look ->  ring 1 ---+-- oldest first --> collector
//   reader 2   ---- look --- look --- look>  ring 2 --'
//
// Nothing is dropped: a reader whose ring is full waits, is late, and counts that. A reader is waited
// for when its ring is empty and it may still bring something older.
namespace tachyon {

// Part of a look, as it lies in a ring: one of its samples, or its end.
struct Sighting {
  std::uint64_t time = 0;
  std::uint64_t weight = 0;
  ThreadIndex thread{};
  StackId stack{};
  std::uint32_t missed = 0;
  Status status{};
  TickOutcome outcome{};
  bool ends_look = false;
};

// One writer, one reader, neither ever locked out by the other. What each of them writes lies on a
// cache line of its own.
class SightingRing {  // NOLINT(clang-analyzer-optin.performance.Padding)
 public:
  explicit SightingRing(std::size_t capacity) : slots_(capacity) {}

  bool push(const Sighting& sighting) noexcept {
    const std::size_t at = written_.load(std::memory_order_relaxed);
    if (at - known_taken_ == slots_.size()) {
      known_taken_ = taken_.load(std::memory_order_acquire);
      if (at - known_taken_ == slots_.size()) return false;
    }
    slots_[at % slots_.size()] = sighting;
    written_.store(at + 1, std::memory_order_release);
    return true;
  }
  // The oldest, or null. It stays until pop().
  const Sighting* front() noexcept {
    const std::size_t at = taken_.load(std::memory_order_relaxed);
    if (at == known_written_) {
      known_written_ = written_.load(std::memory_order_acquire);
      if (at == known_written_) return nullptr;
    }
    return &slots_[at % slots_.size()];
  }
  void pop() noexcept {
    taken_.store(taken_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  std::vector<Sighting> slots_;
  alignas(64) std::atomic<std::size_t> written_{0};
  std::size_t known_taken_ = 0;  // the writer's
  alignas(64) std::atomic<std::size_t> taken_{0};
  std::size_t known_written_ = 0;  // the reader's
};

namespace detail {

inline void nap(std::uint64_t nanoseconds) noexcept {
  const timespec time{0, static_cast<long>(nanoseconds)};
  (void)::nanosleep(&time, nullptr);
}

// One reader: its thread and its ring. To its source it is the collector and the control at once.
template <TickSampler S>
class ReaderLane {
 public:
  ReaderLane(S& sampler, const SamplingPlan& plan) : source_{sampler, plan} {}
  ReaderLane(const ReaderLane&) = delete;
  ReaderLane& operator=(const ReaderLane&) = delete;
  ~ReaderLane() {
    ask_to_stop();
    thread_.join();
  }

  void start() {
    thread_ = Worker{[this] {
      outcome_ = source_.run(*this, *this);
      done_.store(true, std::memory_order_release);
    }};
  }
  void ask_to_stop() noexcept { stop_.store(true, std::memory_order_relaxed); }
  bool done() const noexcept { return done_.load(std::memory_order_acquire); }
  const tachyon::Outcome& outcome() const noexcept { return outcome_; }
  ReadQuality quality() {
    const Lock hold{mutex_};
    return quality_;
  }

  // As a collector.
  void add(const Sample& s) {
    push({s.time, s.weight, s.thread, s.stack, 0, s.status, TickOutcome::taken, false});
  }
  void end_tick(const Tick& t) { push({t.time, t.weight, {}, {}, t.missed, {}, t.outcome, true}); }
  // As a control.
  bool stop() const noexcept { return stop_.load(std::memory_order_relaxed); }
  int descriptor() const noexcept { return -1; }
  void progress(const Progress& progress) {
    const Lock hold{mutex_};
    quality_ = *progress.quality;
  }

  // As the one who takes.
  const Sighting* front() noexcept { return ring_.front(); }
  void pop() noexcept { ring_.pop(); }

 private:
  static constexpr std::size_t capacity = std::size_t{1} << 15;  // 80 ms of 400 kHz

  // Waits for room: the taker goes on until this reader is done.
  void push(const Sighting& sighting) noexcept {
    while (!ring_.push(sighting)) nap(20'000);
  }

  PolledSource<S> source_;
  SightingRing ring_{capacity};
  tachyon::Outcome outcome_{};
  Mutex mutex_;
  ReadQuality quality_{};
  std::atomic<bool> stop_{false};
  std::atomic<bool> done_{false};
  Worker thread_;
};

// The lanes' looks, one after the other in order of time, with the time since the look before as
// their weight.
template <class L>
class LaneMerger {
 public:
  explicit LaneMerger(std::span<const std::unique_ptr<L>> lanes)
      : lanes_{lanes}, last_of_(lanes.size()) {}

  // Hands over as many looks as there are for sure, up to `most`; how many that were.
  template <class C>
  std::size_t drain(C& collector, std::size_t most) {
    std::size_t taken = 0;
    while (taken < most) {
      if (open_ == nobody && !begin(choose())) break;
      if (!take(*lanes_[open_], collector)) break;
      open_ = nobody;
      ++taken;
    }
    return taken;
  }
  std::uint64_t distinct() const noexcept { return distinct_; }

 private:
  static constexpr std::size_t nobody = ~std::size_t{0};

  // The lane with the oldest look; nobody while another one may still bring an older one.
  std::size_t choose() {
    std::size_t best = nobody;
    std::uint64_t best_time = ~std::uint64_t{0}, bound = ~std::uint64_t{0};
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      // Asked in this order: a lane that is done and empty will stay empty.
      const bool done = lanes_[i]->done();
      const Sighting* const front = lanes_[i]->front();
      if (front != nullptr) {
        last_of_[i] = front->time;
        if (front->time < best_time) best_time = front->time, best = i;
      } else if (!done) {
        bound = std::min(bound, last_of_[i]);
      }
    }
    return best_time <= bound ? best : nobody;
  }

  bool begin(std::size_t lane) {
    if (lane == nobody) return false;
    open_ = lane;
    weight_ = last_of_[lane] - last_;
    last_ = last_of_[lane];
    return true;
  }

  // False: the rest of the look is still being written, perhaps by one who waits for the tables.
  template <class C>
  bool take(L& lane, C& collector) {
    for (const Sighting* front = lane.front(); front != nullptr; front = lane.front()) {
      const Sighting s = *front;
      lane.pop();
      if (s.ends_look) {
        end_tick(collector, Tick{s.time, weight_, s.outcome, s.missed});
        return true;
      }
      note(s.stack);
      collector.add(Sample{s.thread, s.stack, s.status, s.time, weight_});
    }
    return false;
  }

  void note(StackId stack) {
    const auto index = static_cast<std::size_t>(stack);
    if (index >= seen_.size()) seen_.resize(index * 2 + 64);
    if (!seen_[index]) ++distinct_;
    seen_[index] = true;
  }

  std::span<const std::unique_ptr<L>> lanes_;
  std::vector<std::uint64_t> last_of_;  // nothing older than this can come from there
  std::size_t open_ = nobody;           // whose look is being handed over
  std::uint64_t weight_ = 0;
  std::uint64_t last_ = 0;
  std::vector<bool> seen_;
  std::uint64_t distinct_ = 0;
};

// Counts of readers that worked side by side.
inline void add_beside(ReadQuality& sum, const ReadQuality& one) noexcept {
  add_counts(sum, one);
  sum.wall = std::max(sum.wall, one.wall);
  sum.profiler_cpu = std::max(sum.profiler_cpu, one.profiler_cpu);  // of the whole process
  sum.target_cost += one.target_cost;
}

}  // namespace detail

// One reader for each sampler, one thread each. The samplers share `tables`; the collector is called
// in the thread that runs the group, with the tables locked.
template <TickSampler S>
class ReaderGroup {
 public:
  ReaderGroup(std::span<S* const> samplers, SharedTables& tables, const SamplingPlan& plan)
      : samplers_{samplers.begin(), samplers.end()}, tables_{tables}, plan_{plan} {}

  template <Collector C, RunControl Control>
  Outcome run(C& collector, Control& control);

 private:
  static constexpr std::size_t at_once = 256;  // looks for which the tables are kept from readers

  std::vector<S*> samplers_;
  SharedTables& tables_;
  SamplingPlan plan_;
};

template <TickSampler S>
template <Collector C, RunControl Control>
Outcome ReaderGroup<S>::run(C& collector, Control& control) {
  using OneLane = detail::ReaderLane<S>;

  Outcome out;
  out.started = unix_now();
  const std::uint64_t origin = monotonic_now();
  std::vector<std::unique_ptr<OneLane>> lanes;
  for (S* const sampler : samplers_) {
    SamplingPlan share = plan_;
    share.interval = plan_.interval * samplers_.size();
    share.origin = origin;
    share.phase = plan_.interval * lanes.size();
    lanes.push_back(std::make_unique<OneLane>(*sampler, share));
  }
  detail::LaneMerger<OneLane> merger{lanes};
  for (auto& lane : lanes) lane->start();

  std::uint64_t last_progress = origin;
  for (bool stopping = false;;) {
    if (!stopping && control.stop()) {
      stopping = true;
      for (auto& lane : lanes) lane->ask_to_stop();
    }
    const std::uint64_t now = monotonic_now();
    if (now - last_progress >= 1'000'000'000U) {
      last_progress = now;
      ReadQuality sum;
      for (auto& lane : lanes) detail::add_beside(sum, lane->quality());
      sum.distinct = merger.distinct();
      control.progress({now - origin, &sum, plan_.interval});
    }
    const bool all_done =
        std::all_of(lanes.begin(), lanes.end(), [](const auto& lane) { return lane->done(); });
    const std::size_t taken =
        tables_.with([&](Tables&) { return merger.drain(collector, at_once); });
    if (taken == at_once) continue;
    if (all_done && taken == 0) break;
    // One that cannot go on ends them all.
    if (std::any_of(lanes.begin(), lanes.end(), [](const auto& lane) { return lane->done(); })) {
      for (auto& lane : lanes) lane->ask_to_stop();
    }
    detail::nap(1'000'000);  // whoever collects one by one keeps a CPU from the readers
  }

  out.end = lanes.front()->outcome().end;
  for (const auto& lane : lanes) {
    const Outcome& one = lane->outcome();
    detail::add_beside(out.quality, one.quality);
    out.duration = std::max(out.duration, one.duration);
    out.interval = std::max(out.interval, one.interval / samplers_.size());
    out.slowed_down = out.slowed_down || one.slowed_down;
    const bool worse =
        one.end == RunEnd::failed || (one.end == RunEnd::target_ended && out.end != RunEnd::failed);
    if (worse) out.end = one.end, out.error = one.error;
  }
  out.quality.distinct = merger.distinct();
  return out;
}

}  // namespace tachyon
