#include <algorithm>
#include <cstdio>
#include <string>

#include "browser.hpp"
#include "commands.hpp"
#include "filter.hpp"
#include "outputs.hpp"
#include "privilege.hpp"
#include "recording.hpp"
#include "signals.hpp"
#include "summary.hpp"

namespace tachyon::tool {
namespace {

// Redraws itself on a terminal once reading takes long; elsewhere it is silent.
class ProgressBar {
 public:
  bool stop() const noexcept { return false; }
  int descriptor() const noexcept { return -1; }
  void progress(const Progress& progress) {
    if (!terminal_) return;
    constexpr std::uint64_t all = 40;
    const auto cells = std::min(all, static_cast<std::uint64_t>(progress.part * all));
    const std::string line = concat("\r[", std::string(cells, '#'), std::string(all - cells, ' '),
                                    "] ", fixed(100 * progress.part, 0), " %");
    std::fwrite(line.data(), 1, line.size(), stderr);
    drawn_ = true;
  }
  ~ProgressBar() {
    if (drawn_) std::fputs("\r\x1b[K", stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool drawn_ = false;
};

std::uint64_t moment_in(const std::optional<Moment>& moment, TimeWindow span,
                        std::uint64_t standard) {
  if (!moment) return standard;
  const auto length = static_cast<double>(span.to - span.from);
  const double offset = moment->percent ? length * moment->value / 100 : moment->value * 1e9;
  return span.from + static_cast<std::uint64_t>(offset);
}

// The part of the recording that was asked for.
TimeWindow window_of(const RangeOptions& range, TimeWindow span) {
  // The end itself belongs to what is asked for, as it does without --to.
  return {moment_in(range.from, span, 0), moment_in(range.to, span, TimeWindow{}.to - 1) + 1};
}

// What the outputs say of themselves when only a part was asked for.
Run part_of(Run run, const Options& options, TimeWindow window, TimeWindow span) {
  if (options.range.from || options.range.to) {
    const std::uint64_t from = std::max(window.from, span.from), to = std::min(window.to, span.to);
    run.duration = run.quality.wall = to > from ? to - from : 0;
  }
  if (options.sampling.mode != ModeKind::wall) run.mode = options.sampling.mode;
  if (options.frames.no_gc) run.options.gc = false;
  if (options.frames.no_native) run.options.native = run.options.c_calls = false;
  return run;
}

int failed(std::string_view text) {
  say_error(text);
  return static_cast<int>(Exit::failed);
}

}  // namespace

int replay_command(const CommandLine& line) {
  const Signals signals;
  give_up_tracing();
  if (!line.options.files.browser) confine_to_files();
  const std::string& path = line.words[0];
  Result<Recording> opened = Recording::open(path);
  if (!opened) return failed(describe_recording(path, opened.error()));
  Recording& recording = *opened;

  const RangeOptions& range = line.options.range;
  TimeWindow span{0, recording.run().duration};
  if (range.from || range.to) {  // costs a whole reading for files that do not tell
    const auto extent = recording.replay().extent();
    if (!extent) return failed(describe_recording(path, extent.error()));
    span = *extent;
  }
  const TimeWindow window = window_of(range, span);
  if (range.from && window.from > span.to) {
    return failed(concat("--from lies behind the end of the recording, which is ",
                         fixed(static_cast<double>(span.to - span.from) * 1e-9, 2),
                         " seconds long"));
  }
  if (const auto sources = recording.replay().load_sources(); !sources) {
    return failed(describe_recording(path, sources.error()));
  }
  LastNames last_names;
  if (!line.options.frames.thread.empty()) {
    auto threads = recording.replay().threads();
    if (!threads) return failed(describe_recording(path, threads.error()));
    last_names = LastNames{std::move(*threads)};
  }
  const Run run = part_of(recording.run(), line.options, window, span);

  Tables tables;
  const std::int64_t pid = run.target.process > 0 ? run.target.process : ::getpid();
  auto made = Outputs::open(line, tables, run, {pid, false, path});
  if (const auto* why = std::get_if<std::string>(&made)) return failed(*why);
  Outputs& outputs = std::get<Outputs>(made);

  std::FILE* const to = outputs.uses_stdout() ? stderr : stdout;
  const std::string head =
      concat("Replaying ", counted(recording.replay().samples(), "sample"), " from ",
             printable(path), "\nInterval: ", fixed(static_cast<double>(run.interval) * 1e-3, 0),
             " us, compression: ", recording.replay().compressed() ? "zstd" : "none", "\n");
  std::fwrite(head.data(), 1, head.size(), to);
  std::fflush(to);

  const FrameOptions& frames = line.options.frames;
  ByMode mode{line.options.sampling.mode};
  Counting kept;
  Filtered<Outputs, Between, ByMode&, ByThread, WithoutKind, WithoutKind, Counting&> filtered{
      outputs,
      Between{window.from, window.to},
      mode,
      ByThread{tables, frames.thread, std::move(last_names)},
      WithoutKind{tables, FrameKind::gc, frames.no_gc},
      WithoutKind{tables, FrameKind::native, frames.no_native},
      kept};
  {
    ProgressBar bar;
    const Outcome done = recording.play(tables, filtered, window, bar);
    if (done.end == RunEnd::failed) return failed(describe_recording(path, done.error));
  }
  for (const std::string& loss : recording.losses()) say_warning(loss);
  if (mode.undecided() != 0 && kept.count() == 0) {
    say_warning("the recording does not know which threads were on a CPU; record with --mode cpu");
  } else if (kept.count() == 0) {
    say_warning(recording.replay().samples() == 0
                    ? "the recording has no samples"
                    : "no sample is left by --mode, --thread, --from and --to");
  }
  const bool fine = report_outputs(outputs.finish(run), to);
  const std::string tail = concat("Replayed ", counted(kept.count(), "sample"), "\n");
  std::fwrite(tail.data(), 1, tail.size(), to);
  if (line.options.files.browser) open_pages(outputs);
  return static_cast<int>(fine ? Exit::fine : Exit::failed);
}

}  // namespace tachyon::tool
