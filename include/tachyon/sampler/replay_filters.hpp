#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/mode/modes.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/sample/thread_pattern.hpp>

// What a recording is asked for, in pieces. A filter is anything that takes a sample, may change
// it, and says whether it is kept; `Filtered` puts any number of them in front of a collector and
// is a collector itself:
//
//   WithoutFrames no_gc{tables, FrameKind::gc};
//   Filtered kept{collector, Between{from, to}, ByThread{tables, {"worker"}}, no_gc};
//   replay.play(tables, kept);
//
// The rules are those of live sampling: the same mode policies, asked the same question. A tick
// whose samples were all filtered out is told as `filtered`, as the live sampler tells it.
namespace tachyon {

template <class F>
concept SampleFilter = requires(F& filter, Sample& sample) {
  { filter(sample) } -> std::same_as<bool>;
};

template <class C, SampleFilter... Fs>
class Filtered {
 public:
  // Filters are kept by value; a reference type among `Fs` leaves one, and its counts,
  // with the caller.
  explicit Filtered(C& collector, Fs... filters)
      : collector_{collector}, filters_{std::forward<Fs>(filters)...} {}

  void add(const Sample& sample) {
    ++came_;
    Sample kept = sample;
    if (!std::apply([&](auto&... filters) { return (filters(kept) && ...); }, filters_)) return;
    ++stayed_;
    collector_.add(static_cast<const Sample&>(kept));
  }
  void end_tick(const Tick& tick) {
    if constexpr (requires { collector_.end_tick(tick); }) {
      Tick told = tick;
      if (came_ != 0 && stayed_ == 0) told.outcome = TickOutcome::filtered;
      if (std::apply([&](auto&... filters) { return (keeps(filters, tick) && ...); }, filters_)) {
        collector_.end_tick(static_cast<const Tick&>(told));
      }
    }
    came_ = stayed_ = 0;
  }

 private:
  // A filter that also judges ticks says so by taking one.
  template <class F>
  static bool keeps(F& filter, const Tick& tick) {
    if constexpr (requires {
                    { filter(tick) } -> std::same_as<bool>;
                  }) {
      return filter(tick);
    } else {
      return true;
    }
  }

  C& collector_;
  std::tuple<Fs...> filters_;
  std::uint64_t came_ = 0;
  std::uint64_t stayed_ = 0;
};
template <class C, class... Fs>
Filtered(C&, Fs...) -> Filtered<C, Fs...>;

// Samples taken from `from` on and before `to`, ns.
class Between {
 public:
  constexpr Between(std::uint64_t from, std::uint64_t to) noexcept : from_{from}, to_{to} {}

  constexpr bool operator()(Sample& sample) const noexcept { return holds(sample.time); }
  constexpr bool operator()(const Tick& tick) const noexcept { return holds(tick.time); }

 private:
  constexpr bool holds(std::uint64_t time) const noexcept { return time >= from_ && time < to_; }

  std::uint64_t from_;
  std::uint64_t to_;
};

// A mode's question, asked afterwards. A recording that did not look at the CPU state cannot answer
// for it: such samples are dropped, and counted.
class ByMode {
 public:
  explicit constexpr ByMode(ModeKind mode) noexcept : mode_{mode} {}

  constexpr bool operator()(Sample& sample) noexcept {
    switch (mode_) {
      case ModeKind::cpu:
        if (!has(sample.status, Status::on_cpu) && has(sample.status, Status::unknown))
          ++undecided_;
        return mode::Cpu::accepts(sample.status);
      case ModeKind::gil:
        return mode::Gil::accepts(sample.status);
      case ModeKind::exception:
        return mode::Exception::accepts(sample.status);
      case ModeKind::wall:
      case ModeKind::all:
      case ModeKind::unknown:
        break;
    }
    return true;
  }
  constexpr std::uint64_t undecided() const noexcept { return undecided_; }

 private:
  ModeKind mode_;
  std::uint64_t undecided_ = 0;
};

// The threads of a recording as its outputs will show them: a name that comes later in the file
// holds for the samples before it, too. Made from Replay::threads().
class LastNames {
 public:
  LastNames() = default;
  LastNames(ThreadTable threads) : threads_{std::move(threads)} {}  // NOLINT

  const Thread& operator()(const Thread& thread) const {
    const Thread* const last = threads_.find(thread);
    return last != nullptr ? *last : thread;
  }
  bool known() const noexcept { return threads_.size() != 0; }

 private:
  ThreadTable threads_{};
};

// Threads by kernel id, by a pattern of their names, or by "main" (thread_pattern.hpp). Which ones is
// decided once where their last names are known; without, by what is known at each sample.
class ByThread {
 public:
  ByThread(const Tables& tables, std::vector<std::string> patterns, LastNames last = {})
      : tables_{tables}, patterns_{std::move(patterns)}, last_{std::move(last)} {}

  bool operator()(Sample& sample) {
    if (patterns_.empty()) return true;
    if (!last_.known()) return thread_matches(patterns_, tables_.threads[sample.thread]);
    const auto index = static_cast<std::uint32_t>(sample.thread);
    if (index >= verdicts_.size()) verdicts_.resize(std::size_t{index} + 1, Verdict::open);
    Verdict& verdict = verdicts_[index];
    if (verdict == Verdict::open) {
      const Thread& thread = last_(tables_.threads[sample.thread]);
      verdict = thread_matches(patterns_, thread) ? Verdict::wanted : Verdict::unwanted;
    }
    return verdict == Verdict::wanted;
  }

 private:
  enum class Verdict : std::uint8_t { open, wanted, unwanted };

  const Tables& tables_;
  std::vector<std::string> patterns_;
  LastNames last_;
  std::vector<Verdict> verdicts_{};
};

// The main thread of the main interpreter: what is sampled unless all threads are asked for.
class MainThread {
 public:
  explicit MainThread(const Tables& tables) noexcept : tables_{tables} {}
  bool operator()(Sample& sample) const {
    const Thread& thread = tables_.threads[sample.thread];
    return (thread.main || has(sample.status, Status::main_thread)) && thread.interpreter == 0;
  }

 private:
  const Tables& tables_;
};

// Stacks as they would be without frames of one kind: <GC>, <native>. Each stack is rebuilt once.
class WithoutFrames {
 public:
  WithoutFrames(Tables& tables, FrameKind kind) : tables_{tables}, kind_{kind} {}

  bool operator()(Sample& sample) {
    sample.stack = without(sample.stack);
    return true;
  }

 private:
  static constexpr std::uint32_t unknown = 0xffffffff;

  StackId without(StackId id) {
    FrameTable& frames = tables_.frames;
    if (known_.size() < frames.stack_count()) known_.resize(frames.stack_count(), unknown);
    path_.clear();
    StackId at = id;
    for (; at != StackId::empty && known_[index(at)] == unknown; at = frames.parent(at)) {
      path_.push_back(at);
    }
    StackId made = at == StackId::empty ? at : StackId{known_[index(at)]};
    for (std::size_t i = path_.size(); i-- > 0;) {
      const FrameId leaf = frames.leaf(path_[i]);
      if (frames[leaf].kind != kind_) made = frames.push(made, leaf);
      known_[index(path_[i])] = static_cast<std::uint32_t>(made);
    }
    return made;
  }
  static constexpr std::uint32_t index(StackId id) noexcept {
    return static_cast<std::uint32_t>(id);
  }

  Tables& tables_;
  FrameKind kind_;
  std::vector<std::uint32_t> known_{};
  std::vector<StackId> path_{};
};

}  // namespace tachyon
