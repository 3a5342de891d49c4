#pragma once

#include <cstdint>
#include <string_view>

#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/flamegraph.hpp>
#include <tachyon/collect/page_profile.hpp>
#include <tachyon/render/assets.hpp>
#include <tachyon/render/page.hpp>

// The differential flame graph: this run's stacks, coloured by how their own time changed against a
// baseline, which is the call tree of an earlier recording.
//
// CPython's own page scales the baseline by the two nominal intervals alone, so a baseline that ran
// twice as long, or lost half its samples, makes everything look halved or doubled. Here the reader
// chooses what is compared: seconds of measured elapsed time (`time`, the default: right for "the
// same work, before and after"), counts scaled by the intervals (`samples`, what CPython does), or
// shares of the whole (`share`: right when the runs had different lengths). Both runs stand in the
// page entirely, so the choice can be changed there.
//
// Functions are matched by name and path with the import folder taken off, so a checkout that moved
// still matches; lines are not compared. Runs of different modes measure different things:
// `comparable` says so before anything is sampled.
namespace tachyon {

enum class DiffBy : std::uint8_t { time, samples, share };

constexpr std::string_view name_of(DiffBy by) noexcept {
  switch (by) {
    case DiffBy::samples:
      return "samples";
    case DiffBy::share:
      return "share";
    case DiffBy::time:
      break;
  }
  return "time";
}

// Which setting of two runs forbids comparing them; empty if none does. An unknown mode (a file
// that does not tell) is taken on trust.
constexpr std::string_view difference_of(ModeKind mode, const CaptureOptions& options,
                                         ModeKind baseline_mode,
                                         const CaptureOptions& baseline) noexcept {
  if (mode != ModeKind::unknown && baseline_mode != ModeKind::unknown && mode != baseline_mode) {
    return "mode";
  }
  if (options.all_threads != baseline.all_threads) return "all-threads";
  if (options.native != baseline.native) return "native";
  if (options.c_calls != baseline.c_calls) return "c-calls";
  if (options.gc != baseline.gc) return "gc";
  if (options.opcodes != baseline.opcodes) return "opcodes";
  if (options.blocking != baseline.blocking) return "blocking";
  return {};
}

class DiffFlamegraphWriter {
 public:
  struct Options {
    DiffBy by = DiffBy::time;
  };

  DiffFlamegraphWriter(const CallTree& baseline, const Run& baseline_run)
      : DiffFlamegraphWriter{baseline, baseline_run, Options{}} {}
  DiffFlamegraphWriter(const CallTree& baseline, const Run& baseline_run, Options options)
      : baseline_{&baseline}, baseline_run_{&baseline_run}, options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const {
    PageProfile profile;
    profile.add(tree, run);
    profile.add(*baseline_, *baseline_run_);
    profile.match_functions();
    const PageParts page{assets::flamegraph_head, assets::flamegraph_body, assets::flamegraph_tail};
    put_page(sink, page, detail::page_title("Differential flame graph", run),
             [&](S& to) { profile.write(to, "diff", name_of(options_.by)); });
  }

 private:
  const CallTree* baseline_;
  const Run* baseline_run_;
  Options options_;
};

// Collects the current run; the baseline is complete before it starts.
class DiffFlamegraph {
 public:
  using Options = DiffFlamegraphWriter::Options;

  DiffFlamegraph(const Tables& tables, const CallTree& baseline, const Run& baseline_run)
      : DiffFlamegraph{tables, baseline, baseline_run, Options{}} {}
  DiffFlamegraph(const Tables& tables, const CallTree& baseline, const Run& baseline_run,
                 Options options)
      : tree_{tables}, writer_{baseline, baseline_run, options} {}

  void add(const Sample& sample) { tree_.add(sample); }
  void end_tick(const Tick& tick) { tree_.end_tick(tick); }

  template <Sink S>
  void write(S& sink, const Run& run) const {
    writer_.write(sink, tree_, run);
  }
  const CallTree& tree() const noexcept { return tree_; }

 private:
  CallTree tree_;
  DiffFlamegraphWriter writer_;
};

}  // namespace tachyon
