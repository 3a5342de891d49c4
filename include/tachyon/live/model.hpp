#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include <tachyon/base/view.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/thread_statistics.hpp>
#include <tachyon/live/aggregate.hpp>
#include <tachyon/live/batch.hpp>
#include <tachyon/live/shapes.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// Everything the views show, without any of how they show it.
//
// The model swallows batches and answers questions about one *scope*: all threads, one thread, or
// one process of the tree. Figures for all threads and for the scope are both kept up to date by
// each batch; choosing another scope builds the second once from collect's call tree, which has the
// samples by thread and stack.
//
// A share is a part of the time that the samples in the scope stand for, the time of each thread. So shares
// of several threads together never exceed 100 %.
namespace tachyon::live {

struct Scope {
  enum class Kind : std::uint8_t { all, thread, process };
  Kind kind = Kind::all;
  ThreadIndex thread{};
  std::int64_t process = 0;
  friend constexpr bool operator==(const Scope&, const Scope&) noexcept = default;
};

// One thread as it was last seen, and in which states it was seen in all.
struct ThreadRow {
  ThreadStatistics statistics{};
  StackId stack{};
  Status status{};
  std::uint64_t seen = 0;  // session time, ns
};

// An asyncio task: samples in which it was the innermost task, and where it was last.
struct TaskRow {
  Totals self{};
  StackId stack{};
  std::uint64_t seen = 0;
};

// The moments that rates and clocks are taken from; the caller's clock, nanoseconds.
using Moment = std::uint64_t;

class Model {
 public:
  explicit Model(Run run = {})
      : run_{std::move(run)},
        interval_{run_.interval},
        tree_{std::make_optional<CallTree>(tables_)} {}
  Model(const Model&) = delete;  // the call tree knows where the tables are
  Model& operator=(const Model&) = delete;

  // One refresh: what arrived since the last one.
  // Figures shown until now become "the previous ones".
  void refresh(Batch&& batch, Moment now);
  void reset(Moment now);
  void choose(const Scope& scope);

  const Run& run() const noexcept { return run_; }
  std::uint64_t interval() const noexcept { return interval_; }  // ns, in force now
  const Tables& tables() const noexcept { return tables_; }
  const FrameTable& frames() const noexcept { return tables_.frames; }
  const StackShapes& shapes() const noexcept { return shapes_; }
  const Scope& scope() const noexcept { return scope_; }
  const Aggregate& figures() const noexcept {
    return scope_.kind == Scope::Kind::all ? all_ : chosen_;
  }
  const Figures& previous(FunctionId id) const {
    static constexpr Figures nothing{};
    const auto i = static_cast<std::size_t>(id);
    return i < previous_.size() ? previous_[i] : nothing;
  }
  const Totals& previous_total() const noexcept { return previous_total_; }

  const TickTotals& ticks() const noexcept { return ticks_; }
  const ThreadStatistics& statistics() const noexcept { return statistics_; }  // of the scope
  const std::vector<ThreadRow>& threads() const noexcept { return threads_; }  // by ThreadIndex
  const std::vector<TaskRow>& tasks() const noexcept { return tasks_; }        // by FunctionId
  const std::vector<Process>& processes() const noexcept { return processes_; }
  const Ending& ending() const noexcept { return ending_; }
  bool running() const noexcept { return ending_.end == End::running; }
  std::uint64_t dropped() const noexcept { return dropped_; }
  std::uint64_t second() const noexcept { return ticks_.last / 1'000'000'000; }
  Moment uptime() const noexcept { return now_ - started_; }
  // Ticks a second, over the last second or so; over the whole run when it has ended.
  double rate() const;
  // Threads that have samples, in the order they appeared.
  const std::vector<ThreadIndex>& active_threads() const noexcept { return active_threads_; }
  bool in_scope(ThreadIndex thread) const;
  std::string_view source_of(std::string_view file) const {
    const auto found = run_.sources.find(file);
    return found == run_.sources.end() ? std::string_view{} : std::string_view{found->second};
  }
  bool knows_source(std::string_view file) const { return run_.sources.contains(file); }
  // Empty text: there is none, do not ask again.
  void keep_source(std::string_view file, std::string text) {
    run_.sources.insert_or_assign(std::string{file}, std::move(text));
  }

 private:
  struct Mark {
    Moment at;
    std::uint64_t ticks;
  };
  void count(const std::vector<Entry>& entries);
  void count_thread(const Entry& entry);
  void remember(Moment now);

  Run run_;
  std::uint64_t interval_;
  Tables tables_;
  StackShapes shapes_;
  std::optional<CallTree> tree_;
  Aggregate all_;
  Scope scope_{};
  Aggregate chosen_;
  std::vector<Figures> previous_;
  Totals previous_total_{};
  TickTotals ticks_{};
  ThreadStatistics statistics_{};
  std::vector<ThreadRow> threads_;
  std::vector<ThreadIndex> active_threads_;
  std::vector<TaskRow> tasks_;
  std::vector<Process> processes_;
  Ending ending_{};
  std::uint64_t dropped_ = 0;
  Moment started_ = 0;
  Moment now_ = 0;
  std::deque<Mark> marks_;
  std::vector<StackWeight> weights_;  // kept for its memory
};

inline bool Model::in_scope(ThreadIndex thread) const {
  switch (scope_.kind) {
    case Scope::Kind::all:
      return true;
    case Scope::Kind::thread:
      return thread == scope_.thread;
    case Scope::Kind::process:
      return tables_.threads[thread].process == scope_.process;
  }
  return true;
}

inline void Model::refresh(Batch&& batch, Moment now) {
  if (started_ == 0) started_ = now;
  grow(tables_, batch);
  shapes_.grow(tables_.frames);
  previous_.clear();
  previous_.resize(tables_.frames.function_count());
  for (const FunctionId id : figures().seen()) {
    previous_[static_cast<std::size_t>(id)] = figures().function(id);
  }
  previous_total_ = figures().total();
  ticks_ += batch.ticks;
  dropped_ += batch.dropped;
  count(batch.entries);
  if (!batch.processes.empty()) processes_ = std::move(batch.processes);
  if (batch.target) run_.target = std::move(*batch.target);
  if (batch.interval != 0) interval_ = batch.interval;
  if (running()) {
    now_ = now;
    if (batch.ending.end != End::running) ending_ = std::move(batch.ending);
    remember(now);
  }
}

inline void Model::count(const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  for (const Entry& entry : entries) {
    tree_->add({entry.thread, entry.stack, entry.status, ticks_.last, entry.weight}, entry.count);
    count_thread(entry);
  }
  const auto add_to = [&](Aggregate& to, auto&& keep) {
    weights_.clear();
    for (const Entry& entry : entries) {
      if (keep(entry)) weights_.push_back({entry.stack, {entry.count, entry.weight}});
    }
    to.add(tables_.frames, shapes_, view_of(weights_), second());
  };
  add_to(all_, [](const Entry&) { return true; });
  if (scope_.kind != Scope::Kind::all) {
    add_to(chosen_, [&](const Entry& entry) { return in_scope(entry.thread); });
  }
}

inline void Model::count_thread(const Entry& entry) {
  const auto i = static_cast<std::size_t>(entry.thread);
  if (i >= threads_.size()) threads_.resize(i + 1);
  ThreadRow& row = threads_[i];
  if (row.statistics.total.samples == 0) active_threads_.push_back(entry.thread);
  row.stack = entry.stack;
  row.status = entry.status;
  row.seen = ticks_.last;
  const Totals totals{entry.count, entry.weight};
  const StackShape& shape = shapes_[entry.stack];
  const bool gc = shape.in_gc || has(entry.status, Status::in_gc);
  count_status(row.statistics, entry.status, gc, totals);
  if (in_scope(entry.thread)) count_status(statistics_, entry.status, gc, totals);
  if (shape.task != StackId::empty) {
    const auto function =
        static_cast<std::size_t>(tables_.frames[tables_.frames.leaf(shape.task)].function);
    if (function >= tasks_.size()) tasks_.resize(function + 1);
    tasks_[function].self += totals;
    tasks_[function].stack = entry.stack;
    tasks_[function].seen = ticks_.last;
  }
}

inline void Model::choose(const Scope& scope) {
  if (scope == scope_) return;
  scope_ = scope;
  chosen_ = Aggregate{};
  statistics_ = {};
  weights_.clear();
  for (const Cell& cell : tree_->cells()) {
    if (!in_scope(cell.thread)) continue;
    const bool gc = shapes_[cell.stack].in_gc || has(cell.status, Status::in_gc);
    count_status(statistics_, cell.status, gc, cell.totals);
    weights_.push_back({cell.stack, cell.totals});
  }
  if (scope.kind != Scope::Kind::all) {
    chosen_.add(tables_.frames, shapes_, view_of(weights_), Aggregate::before_history);
  }
  previous_.clear();
  previous_total_ = {};
}

inline void Model::reset(Moment now) {
  if (!running()) return;
  tree_.emplace(tables_);
  all_ = Aggregate{};
  chosen_ = Aggregate{};
  statistics_ = {};
  const std::uint64_t last = ticks_.last;
  ticks_ = {};
  ticks_.last = last;  // session time goes on
  threads_.clear();
  active_threads_.clear();
  tasks_.clear();
  previous_.clear();
  previous_total_ = {};
  dropped_ = 0;
  started_ = now_ = now;
  marks_.clear();
  remember(now);
}

inline void Model::remember(Moment now) {
  constexpr Moment window = 1'500'000'000;
  marks_.push_back({now, ticks_.looks});
  while (marks_.size() > 2 && now - marks_[1].at >= window) marks_.pop_front();
}

inline double Model::rate() const {
  if (!running()) return ratio_of(static_cast<double>(ticks_.looks), seconds_of(uptime()));
  if (marks_.size() < 2) return 0;
  return ratio_of(static_cast<double>(marks_.back().ticks - marks_.front().ticks),
                  seconds_of(marks_.back().at - marks_.front().at));
}

}  // namespace tachyon::live
