#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/clock.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/codec/cpython_format.hpp>
#include <tachyon/codec/cpython_reader.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/sampler/source.hpp>

// A recording as another source of samples: a collector cannot tell it from a running program, so
// every output works on both, and the same samples give the same output. The file may be ours or
// CPython's own; its first bytes tell. What is kept of it is a row of filters (replay_filters.hpp)
// between this and the collector.
namespace tachyon {

class Replay {
 public:
  enum class Format : std::uint8_t { tachyon, cpython };

  static Result<Replay> open(const char* path) {
    auto file = InputFile::open(path);
    if (!file) return file.error();
    return over(std::move(*file));
  }
  static Result<Replay> over(InputFile file);

  Format format() const noexcept { return Format(reader_.index()); }
  std::uint64_t samples() const noexcept {
    const auto* const ours = std::get_if<RecordingReader>(&reader_);
    return ours ? ours->samples() : std::get<CpythonReader>(reader_).header().samples;
  }
  bool compressed() const noexcept {
    const auto* const ours = std::get_if<RecordingReader>(&reader_);
    return ours ? ours->compressed()
                : std::get<CpythonReader>(reader_).header().compression !=
                      cpython_format::Compression::none;
  }
  // What is known of the run. Figures of a recording that was not finished are those of its blocks.
  const Run& run() const noexcept { return run_; }
  // What is missing. CPython's files are whole or refused.
  Recovery recovery() const noexcept {
    const auto* const ours = std::get_if<RecordingReader>(&reader_);
    return ours ? ours->recovery() : Recovery{true};
  }

  // First and last time in the recording, ns. CPython's files have to be read through for it.
  Result<TimeWindow> extent();

  // Every thread by the last of its names, which is the one that outputs show. CPython's files name
  // no threads, so they have none here.
  Result<ThreadTable> threads();

  // Names for the bare opcode numbers of CPython's files; the texts must outlive the replay.
  void spell_opcodes(std::span<const cpython_format::OpcodeSpelling> spellings) noexcept {
    spellings_ = spellings;
  }

  // Source texts of the recording into `run()`; how many did not fit.
  Result<std::uint64_t> load_sources() {
    auto* const ours = std::get_if<RecordingReader>(&reader_);
    if (!ours) return std::uint64_t{0};
    const auto left_out = ours->load_sources();
    run_.sources = ours->run().sources;
    return left_out;
  }

  // Feeds the collector. Parts outside `window` may be left out; samples at its edges are not, see
  // Between. `progress(done, all)` stops the replay by returning false (`timed_out`). After any
  // other error than that the collector holds a part of a file that is not what it says:
  // not a profile.
  template <class C, class Progress>
  Result<void> play(Tables& tables, C& collector, TimeWindow window, Progress&& progress) {
    if (auto* const ours = std::get_if<RecordingReader>(&reader_)) {
      return ours->replay(tables, collector, window, progress);
    }
    return std::get<CpythonReader>(reader_).replay(tables, collector, spellings_, progress);
  }
  template <class C>
  Result<void> play(Tables& tables, C& collector) {
    return play(tables, collector, {}, [](std::uint64_t, std::uint64_t) { return true; });
  }

 private:
  explicit Replay(RecordingReader reader) : reader_{std::move(reader)} {
    run_ = std::get<RecordingReader>(reader_).run();
  }
  explicit Replay(CpythonReader reader) : reader_{std::move(reader)} {
    run_ = std::get<CpythonReader>(reader_).run();
  }

  std::variant<RecordingReader, CpythonReader> reader_;
  Run run_{};
  std::span<const cpython_format::OpcodeSpelling> spellings_{};
};

inline Result<Replay> Replay::over(InputFile file) {
  char bytes[8];
  const auto got = file.read_some(0, bytes);
  if (!got) return got.error();
  if (std::string_view{bytes, *got} == recording::magic) {
    auto reader = RecordingReader::open(std::move(file));
    if (!reader) return reader.error();
    return Replay{std::move(*reader)};
  }
  auto reader = CpythonReader::open(std::move(file));
  if (!reader) return reader.error();
  return Replay{std::move(*reader)};
}

inline Result<TimeWindow> Replay::extent() {
  if (const auto* const ours = std::get_if<RecordingReader>(&reader_)) {
    return TimeWindow{ours->begin(), ours->end()};
  }
  struct Extent {
    void add(const Sample& sample) noexcept {
      window.from = std::min(window.from, sample.time);
      window.to = std::max(window.to, sample.time);
    }
    TimeWindow window{std::numeric_limits<std::uint64_t>::max(), 0};
  };
  Extent extent;
  Tables tables;
  if (const auto played = play(tables, extent); !played) return played.error();
  if (extent.window.from > extent.window.to) return TimeWindow{0, 0};
  return extent.window;
}

inline Result<ThreadTable> Replay::threads() {
  struct Nothing {
    void add(const Sample&) noexcept {}
  };
  Tables tables;
  Nothing nothing;
  auto* const ours = std::get_if<RecordingReader>(&reader_);
  if (!ours) return ThreadTable{};
  // No sample is in this window: the tables alone are read.
  constexpr TimeWindow empty{std::numeric_limits<std::uint64_t>::max(), 0};
  const auto read = ours->replay(tables, nothing, empty,
                                 [](std::uint64_t, std::uint64_t) noexcept { return true; });
  if (!read) return read.error();
  return std::move(tables.threads);
}

// A recording, or the part of it inside a window, as a source. Its samples' times and its figures are
// those of the recorded run.
class ReplaySource {
 public:
  // Both outlive the source.
  ReplaySource(Replay& replay, Tables& tables, TimeWindow window = {}) noexcept
      : replay_{replay}, tables_{tables}, window_{window} {}

  template <Collector C, RunControl Control>
  Outcome run(C& collector, Control& control) {
    constexpr std::uint64_t told_every = 200'000'000;  // ns
    const std::uint64_t began = monotonic_now();
    std::uint64_t told = began;
    const auto go_on = [&](std::uint64_t done, std::uint64_t all) {
      if (control.stop()) return false;
      const std::uint64_t now = monotonic_now();
      if (now - told < told_every) return true;
      told = now;
      const double part = all != 0 ? static_cast<double>(done) / static_cast<double>(all) : 0;
      control.progress({now - began, &replay_.run().quality, replay_.run().interval, part});
      return true;
    };
    const Run& run = replay_.run();
    Outcome out;
    out.started = run.started;
    out.duration = run.duration;
    out.interval = run.interval;
    out.quality = run.quality;
    if (const auto played = replay_.play(tables_, collector, window_, go_on); !played) {
      out.error = played.error();
      out.end = out.error.code == Errc::timed_out ? RunEnd::stopped : RunEnd::failed;
    }
    return out;
  }

 private:
  Replay& replay_;
  Tables& tables_;
  TimeWindow window_;
};

}  // namespace tachyon
