#include "outputs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <tachyon/codec/cpython_writer.hpp>
#include <tachyon/codec/recording_ring.hpp>
#include <tachyon/codec/recording_writer.hpp>
#include <tachyon/collect/chrome_trace.hpp>
#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/diff_flamegraph.hpp>
#include <tachyon/collect/flamegraph.hpp>
#include <tachyon/collect/gecko.hpp>
#include <tachyon/collect/heatmap.hpp>
#include <tachyon/collect/jsonl.hpp>
#include <tachyon/collect/jsonl_events.hpp>
#include <tachyon/collect/pprof.hpp>
#include <tachyon/collect/pstats.hpp>
#include <tachyon/collect/pstats_file.hpp>
#include <tachyon/collect/speedscope.hpp>

#include "baseline.hpp"
#include "colour.hpp"
#include "files.hpp"
#include "report.hpp"

namespace tachyon::tool {
namespace {

// What a format may look at to make its output.
struct Context {
  const CommandLine& line;
  const Tables& tables;
  const Run& run;
  const PlannedOutput& plan;
};

using Made = std::variant<std::unique_ptr<AnyOutput::Model>, std::string>;

// ---- the three kinds of output -----------------------------------------------------------------

// Written at the end from what is shared: the tree or the timeline, as its writer takes.
template <class Writer>
concept WritesTimeline = requires(const Writer& writer, OutputFile& sink, const Timeline& timeline,
                                  const Run& run) {
  writer.write(sink, timeline, run);
};

template <class Writer>
class SharedOutput final : public AnyOutput::Model {
 public:
  SharedOutput(OutputFile file, Writer writer)
      : file_{std::move(file)}, writer_{std::move(writer)} {}
  AnyOutput::From from() const noexcept override {
    return WritesTimeline<Writer> ? AnyOutput::From::timeline : AnyOutput::From::tree;
  }
  Written finish(const Kept& kept, const Run& run) override {
    return write_or_fall_back(std::move(file_), [&](OutputFile& sink) {
      if constexpr (WritesTimeline<Writer>) {
        writer_.write(sink, *kept.timeline, run);
        notes_ = notes_of(*kept.timeline, sink.size());
      } else {
        writer_.write(sink, *kept.tree, run);
      }
    });
  }
  std::vector<std::string> notes() const override { return notes_; }

 private:
  static std::vector<std::string> notes_of(const Timeline& timeline, std::uint64_t bytes) {
    std::vector<std::string> notes;
    if (bytes > browser_text_limit) {
      notes.push_back(concat(std::to_string(bytes >> 20),
                             " MB: browsers read no text above 511 MB; record with --binary and "
                             "replay a part of it (--from, --to, --thread), or sample less often"));
    }
    if (timeline.error().code != Errc::ok) {
      notes.push_back("incomplete: samples kept in a temporary file could not be read back");
    }
    return notes;
  }

  OutputFile file_;
  Writer writer_;
  std::vector<std::string> notes_{};
};

std::vector<std::string> notes_of(const CpythonRecording& recording) {
  const std::uint64_t cut = recording.figures().cut_stacks;
  if (cut == 0) return {};
  return {concat("this format holds 256 frames of a stack: ", counted(cut, "sample"),
                 " lost their outermost ones; --binary-format=tachyon keeps them")};
}

// Collected by itself and written at the end.
template <class Collector>
class OwnOutput final : public AnyOutput::Model {
 public:
  OwnOutput(OutputFile file, Collector collector)
      : file_{std::move(file)}, collector_{std::move(collector)} {}
  AnyOutput::From from() const noexcept override { return AnyOutput::From::samples; }
  void add(const Sample& sample) override { collector_.add(sample); }
  Written finish(const Kept&, const Run& run) override {
    return write_or_fall_back(std::move(file_),
                              [&](OutputFile& sink) { collector_.write(sink, run); });
  }
  std::vector<std::string> notes() const override { return notes_of(collector_); }

 private:
  OutputFile file_;
  Collector collector_;
};

// A file that grows under its own name is there from the start. If nothing was to be kept after
// all, it is not left behind empty.
void remove_if_empty(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0) {
    (void)::unlink(path.c_str());
  }
}

// Written while samples come.
template <class Stream>
class StreamOutput final : public AnyOutput::Model {
 public:
  template <class... Arguments>
  StreamOutput(OutputFile file, Finish finish, const Tables& tables, Arguments&&... arguments)
      : file_{std::move(file)},
        finish_{finish},
        stream_{tables, file_, std::forward<Arguments>(arguments)...} {}

  ~StreamOutput() override {
    if (!finished_ && finish_ == Finish::never) remove_if_empty(file_.path());
  }

  AnyOutput::From from() const noexcept override { return AnyOutput::From::samples; }
  void add(const Sample& sample) override {
    stream_.add(sample);
    if (sample.time - flushed_ < pause) return;
    flushed_ = sample.time;
    file_.flush();
  }
  Written finish(const Kept&, const Run&) override {
    finished_ = true;
    const Result<void> closed = file_.close();
    return {file_.path(), closed.error(), closed.error()};
  }

 private:
  static constexpr std::uint64_t pause =
      200'000'000;  // whoever reads along sees it 5 times a second

  OutputFile file_;
  Finish finish_;
  Stream stream_;
  bool finished_ = false;
  std::uint64_t flushed_ = 0;
};

Made open_file(const Context& context, Finish finish, auto&& make) {
  Result<OutputFile> file = OutputFile::create(context.plan.path, finish);
  if (!file) return describe_output(context.plan.path, file.error());
  return make(std::move(*file));
}

template <class Writer>
Made shared(const Context& context, auto... options) {
  return open_file(context, Finish::whole, [&](OutputFile file) -> Made {
    return std::make_unique<SharedOutput<Writer>>(std::move(file), Writer{options...});
  });
}

// The recording: it grows while samples come, loses its beginning if that was asked for, and has a
// last word.
class BinaryOutput final : public AnyOutput::Model {
 public:
  BinaryOutput(OutputFile file, const Context& context, RingOptions ring, RecordingOptions options)
      : recording_{std::move(file), context.tables, context.run, ring, options} {}
  ~BinaryOutput() override {
    if (!finished_) remove_if_empty(recording_.path());
  }

  AnyOutput::From from() const noexcept override { return AnyOutput::From::samples; }
  void add(const Sample& sample) override { recording_.add(sample); }
  void end_tick(const Tick& tick) override {
    recording_.end_tick(tick);
    if (recording_.error().code != Errc::ok && !told_) tell();
  }
  Written finish(const Kept&, const Run& run) override {
    finished_ = true;
    return recording_.finish(run);
  }
  std::vector<std::string> notes() const override {
    std::vector<std::string> notes;
    if (recording_.name() == RecordingRing::Name::moved ||
        recording_.name() == RecordingRing::Name::removed) {
      notes.push_back("it was moved or removed while it was written");
    }
    if (recording_.goes_on() && recording_.lost_samples() != 0) {
      notes.push_back(concat(std::to_string(recording_.lost_samples()), " of ",
                             counted(recording_.samples(), "sample"), " could not be written"));
    }
    if (recording_.trim_error().code != Errc::ok) {
      notes.push_back(
          "the recording is longer than was asked for: its beginning could not be dropped");
    }
    return notes;
  }
  std::optional<Result<RecordingCopy>> copy(const Run& run) override {
    return recording_.copy(run);
  }

 private:
  // Once, when it happens: there may be time to make room.
  void tell() {
    told_ = true;
    if (!recording_.goes_on()) return;  // the end tells
    say_warning(concat(recording_.path(), ": ", std::strerror(recording_.error().sys),
                       "; what is seen now is missing in the recording, which goes on as soon as "
                       "it can be written again"));
  }

  RecordingRing recording_;
  bool finished_ = false;
  bool told_ = false;
};

// A folder of pages, tried before sampling. What cannot be written there goes into a new folder
// where temporary files go.
class HeatmapOutput final : public AnyOutput::Model {
 public:
  explicit HeatmapOutput(std::string folder) : folder_{std::move(folder)} {}
  ~HeatmapOutput() override { (void)::rmdir(folder_.c_str()); }  // if nothing came into it
  AnyOutput::From from() const noexcept override { return AnyOutput::From::tree; }
  Written finish(const Kept& kept, const Run& run) override {
    const auto written = HeatmapWriter{}.write(folder_, *kept.tree, run);
    if (written) return {folder_, {}, {}};
    const char* const chosen = ::getenv("TMPDIR");
    std::string other =
        concat(chosen != nullptr && *chosen != '\0' ? chosen : "/tmp", "/tachyon-heatmap-XXXXXX");
    if (::mkdtemp(other.data()) == nullptr) {
      return {folder_, written.error(), {Errc::cannot_open, errno, {}}};
    }
    const auto rescued = HeatmapWriter{}.write(other, *kept.tree, run);
    if (!rescued) (void)::rmdir(other.c_str());
    return {other, written.error(), rescued.error()};
  }

 private:
  std::string folder_;
};

// ---- the formats -------------------------------------------------------------------------------

PstatsSort sort_of(SortKey key) {
  switch (key) {
    case SortKey::nsamples:
      return PstatsSort::samples;
    case SortKey::tottime:
      return PstatsSort::time;
    case SortKey::cumtime:
      return PstatsSort::cumulative_time;
    case SortKey::sample_pct:
      return PstatsSort::sample_percent;
    case SortKey::cumul_pct:
      return PstatsSort::cumulative_percent;
    case SortKey::nsamples_cumul:
      return PstatsSort::cumulative_samples;
    case SortKey::name:
      break;
  }
  return PstatsSort::name;
}

Made make_pstats(const Context& context) {
  const TableOptions& table = context.line.options.table;
  const Detail detail = table.lines ? Detail::line : Detail::function;
  if (!context.plan.table) return shared<PstatsFileWriter>(context, PstatsFileOptions{detail});
  PstatsOptions options;
  options.detail = detail;
  if (table.sort) options.sort = sort_of(*table.sort);
  if (table.limit) options.limit = table.limit->value;
  options.summary = !table.no_summary;
  options.colour = wants_colour(context.line.options.show.colour, STDOUT_FILENO);
  return shared<PstatsWriter>(context, options);
}

Made make_collapsed(const Context& context) {
  return shared<CollapsedWriter>(context,
                                 CollapsedOptions{context.line.options.files.threads_by_name});
}

// Nobody reads along with a replay: its files appear when they are whole.
Finish finish_of(const Context& context) {
  return context.line.command == Command::replay ? Finish::whole : Finish::never;
}

Made make_jsonl(const Context& context) {
  const JsonlRecords records =
      context.line.options.files.jsonl_records.value_or(JsonlRecords::summary);
  if (records == JsonlRecords::summary) return shared<JsonlWriter>(context, JsonlOptions{});
  const JsonlEventsOptions options{records == JsonlRecords::events_full, context.run.started};
  const Finish finish = finish_of(context);
  return open_file(context, finish, [&](OutputFile file) -> Made {
    return std::make_unique<StreamOutput<JsonlEvents<OutputFile>>>(std::move(file), finish,
                                                                   context.tables, options);
  });
}

// The flame graph that compares keeps what it compares with.
class DiffWriter {
 public:
  DiffWriter(std::unique_ptr<Baseline> baseline, DiffFlamegraphWriter::Options options)
      : baseline_{std::move(baseline)}, writer_{baseline_->tree, baseline_->run, options} {}

  void write(OutputFile& sink, const CallTree& tree, const Run& run) const {
    writer_.write(sink, tree, run);
  }

 private:
  std::unique_ptr<Baseline> baseline_;
  DiffFlamegraphWriter writer_;
};

tachyon::DiffBy diff_by_of(std::optional<DiffBy> asked) {
  switch (asked.value_or(DiffBy::time)) {
    case DiffBy::samples:
      return tachyon::DiffBy::samples;
    case DiffBy::share:
      return tachyon::DiffBy::share;
    case DiffBy::time:
      break;
  }
  return tachyon::DiffBy::time;
}

Made make_diff_flamegraph(const Context& context) {
  auto loaded = load_baseline(context.plan.baseline, context.run);
  if (auto* why = std::get_if<std::string>(&loaded)) return std::move(*why);
  auto& baseline = std::get<std::unique_ptr<Baseline>>(loaded);
  return open_file(context, Finish::whole, [&](OutputFile file) -> Made {
    const DiffFlamegraphWriter::Options options{diff_by_of(context.line.options.files.diff_by)};
    return std::make_unique<SharedOutput<DiffWriter>>(std::move(file),
                                                      DiffWriter{std::move(baseline), options});
  });
}

Made make_heatmap(const Context& context) {
  const std::string folder = HeatmapWriter::folder_for(context.plan.path);
  if (const auto ready = HeatmapWriter::prepare(folder); !ready) {
    return describe_output(context.plan.path, ready.error());
  }
  return std::make_unique<HeatmapOutput>(folder);
}

Made make_binary(const Context& context) {
  const FileOptions& files = context.line.options.files;
  if (files.compression == Compression::zstd && !has_zstd) {
    return std::string{"this tachyon was built without zstd; leave out --compression zstd"};
  }
  const bool compress = files.compression != Compression::none;
  if (files.binary_format == BinaryFormat::cpython) {
    return open_file(context, Finish::whole, [&](OutputFile file) -> Made {
      return std::make_unique<OwnOutput<CpythonRecording>>(
          std::move(file), CpythonRecording{context.tables, {compress}});
    });
  }
  RingOptions ring;
  if (files.keep) ring.keep = static_cast<std::uint64_t>(files.keep->value.count());
  if (files.max_size) ring.max_size = files.max_size->bytes;
  RecordingOptions options;
  options.sources = !files.no_source;
  // A replay has nothing to lose: its file appears when it is whole. Nor does it keep anybody
  // waiting: the best level takes 8 % off the times, and four times as long.
  const bool replayed = context.line.command == Command::replay;
  if (replayed) {
    options.flush_after = 0;
    options.level = 19;
  }
  if (!compress) options.level = 0;
  return open_file(context, replayed ? Finish::whole : Finish::never, [&](OutputFile file) -> Made {
    return std::make_unique<BinaryOutput>(std::move(file), context, ring, options);
  });
}

// The registry: every format has its line here.
Made make(const Context& context) {
  switch (context.plan.format) {
    case Format::pstats:
      return make_pstats(context);
    case Format::collapsed:
      return make_collapsed(context);
    case Format::binary:
      return make_binary(context);
    case Format::chrome_trace:
      return shared<ChromeTraceWriter>(context, ChromeTraceOptions{});
    case Format::diff_flamegraph:
      return make_diff_flamegraph(context);
    case Format::flamegraph:
      return shared<FlamegraphWriter>(context);
    case Format::heatmap:
      return make_heatmap(context);
    case Format::pprof:
      return shared<PprofWriter>(context, PprofOptions{});
    case Format::speedscope:
      return shared<SpeedscopeWriter>(context, SpeedscopeOptions{});
    case Format::gecko:
      return shared<GeckoWriter>(context, GeckoOptions{});
    case Format::jsonl:
      break;
  }
  return make_jsonl(context);
}

}  // namespace

std::variant<Outputs, std::string> Outputs::open(const CommandLine& line, const Tables& tables,
                                                 const Run& run, NamingRules naming) {
  PlannedOutputs planned = plan_outputs(line.options.formats, line.options.files.output, naming);
  if (auto* why = std::get_if<std::string>(&planned)) return std::move(*why);
  Outputs outputs;
  std::uint32_t slices = 0;
  for (PlannedOutput& plan : std::get<std::vector<PlannedOutput>>(planned)) {
    Made made = make({line, tables, run, plan});
    if (auto* why = std::get_if<std::string>(&made)) return std::move(*why);
    outputs.all_.push_back(std::make_unique<AnyOutput>(
        std::move(plan), std::move(std::get<std::unique_ptr<AnyOutput::Model>>(made))));
    AnyOutput& output = *outputs.all_.back();
    if (output.from() == AnyOutput::From::samples) outputs.fed_.push_back(&output);
    if (output.from() == AnyOutput::From::tree) {
      // The pages select spans of time, so their tree keeps some.
      const bool page = info_of(output.plan().format).page;
      slices = std::max(slices, page ? Flamegraph::Options{}.time_slices : 0);
      outputs.kept_.tree.emplace(tables, CallTree::Options{slices});
    }
    if (output.from() == AnyOutput::From::timeline) outputs.kept_.timeline.emplace(tables);
  }
  return outputs;
}

std::vector<Outputs::Copy> Outputs::copies(const Run& run) {
  std::vector<Copy> copies;
  for (AnyOutput* output : fed_) {
    if (auto copy = output->copy(run)) copies.push_back({output->plan().path, std::move(*copy)});
  }
  return copies;
}

std::vector<Finished> Outputs::finish(const Run& run) {
  std::vector<Finished> finished;
  for (const auto& output : all_) finished.push_back(output->finish(kept_, run));
  return finished;
}

std::vector<std::string> Outputs::pages() const {
  std::vector<std::string> pages;
  for (const auto& output : all_) {
    const FormatInfo& info = info_of(output->plan().format);
    if (!info.page || output->plan().path == "-") continue;
    pages.push_back(output->plan().path + (info.directory ? "/index.html" : ""));
  }
  return pages;
}

bool Outputs::uses_stdout() const noexcept {
  return std::ranges::any_of(
      all_, [](const auto& output) { return output->plan().path == "-" && !output->plan().table; });
}

}  // namespace tachyon::tool
