#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

#include "processes.hpp"

// Part of the samples of a recording: some threads, some time, one mode, without some kinds of
// frames. Stands between the reader and the outputs. What it decides about a thread or a stack it
// remembers, so a sample costs a few comparisons.
namespace tachyon::tool {

// Whether a thread is one of those asked for: by number, or by the system's or Python's name of it.
inline bool thread_matches(const std::vector<std::string>& wanted, const Thread& thread) {
  if (wanted.empty()) return true;
  const std::string id = std::to_string(thread.id);
  for (const std::string& pattern : wanted) {
    if (pattern == id) return true;
    if (!thread.name.empty() && matches(pattern, thread.name)) return true;
    if (!thread.python_name.empty() && matches(pattern, thread.python_name)) return true;
  }
  return false;
}

struct FilterOptions {
  std::uint64_t from = 0;  // nanoseconds of session time
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
  ModeKind mode = ModeKind::wall;
  std::vector<std::string> threads{};
  bool no_gc = false;
  bool no_native = false;
};

template <class C>
class Filter {
 public:
  Filter(Tables& tables, C& next, FilterOptions options)
      : tables_{tables}, next_{next}, options_{std::move(options)} {}

  void add(const Sample& sample) {
    if (sample.time < options_.from || sample.time > options_.to) return;
    if (!accepts(sample.status) || !is_wanted(sample.thread)) return;
    Sample kept = sample;
    if (options_.no_gc || options_.no_native) kept.stack = without_frames(sample.stack);
    next_.add(kept);
    ++kept_;
  }
  void end_tick(const Tick& tick) {
    if (tick.time >= options_.from && tick.time <= options_.to) next_.end_tick(tick);
  }

  std::uint64_t kept() const noexcept { return kept_; }
  // Samples that the mode left out because their state had not been looked at.
  std::uint64_t unknown() const noexcept { return unknown_; }

 private:
  bool accepts(Status status) {
    switch (options_.mode) {
      case ModeKind::cpu:
        if (has(status, Status::unknown)) ++unknown_;
        return has(status, Status::on_cpu);
      case ModeKind::gil:
        return has(status, Status::has_gil);
      case ModeKind::exception:
        return has(status, Status::has_exception);
      case ModeKind::wall:
      case ModeKind::all:
      case ModeKind::unknown:
        break;
    }
    return true;
  }

  bool is_wanted(ThreadIndex thread) {
    if (options_.threads.empty()) return true;
    const auto index = static_cast<std::uint32_t>(thread);
    if (index >= verdicts_.size()) verdicts_.resize(std::size_t{index} + 1, Verdict::open);
    Verdict& verdict = verdicts_[index];
    if (verdict == Verdict::open) {
      verdict = thread_matches(options_.threads, tables_.threads[thread]) ? Verdict::wanted
                                                                          : Verdict::unwanted;
    }
    return verdict == Verdict::wanted;
  }

  bool is_dropped(FrameId frame) const {
    const FrameKind kind = tables_.frames[frame].kind;
    return (options_.no_gc && kind == FrameKind::gc) ||
           (options_.no_native && kind == FrameKind::native);
  }

  // The same stack without the frames that are not wanted; parents first, without recursion.
  StackId without_frames(StackId stack) {
    path_.clear();
    StackId at = stack;
    while (at != StackId::empty && slot(at) == unset) {
      path_.push_back(at);
      at = tables_.frames.parent(at);
    }
    StackId result = at == StackId::empty ? at : StackId{slot(at)};
    for (std::size_t i = path_.size(); i-- > 0;) {
      const FrameId frame = tables_.frames.leaf(path_[i]);
      if (!is_dropped(frame)) result = tables_.frames.push(result, frame);
      slot(path_[i]) = static_cast<std::uint32_t>(result);
    }
    return result;
  }
  std::uint32_t& slot(StackId stack) {
    const auto index = static_cast<std::uint32_t>(stack);
    if (index >= mapped_.size()) mapped_.resize(std::size_t{index} + index / 2 + 1, unset);
    return mapped_[index];
  }

  static constexpr std::uint32_t unset = 0xffffffff;
  enum class Verdict : std::uint8_t { open, wanted, unwanted };

  Tables& tables_;
  C& next_;
  FilterOptions options_;
  std::vector<Verdict> verdicts_{};
  std::vector<std::uint32_t> mapped_{};
  std::vector<StackId> path_{};
  std::uint64_t kept_ = 0;
  std::uint64_t unknown_ = 0;
};

}  // namespace tachyon::tool
