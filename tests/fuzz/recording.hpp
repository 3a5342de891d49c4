#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <tachyon/codec/cpython_writer.hpp>
#include <tachyon/codec/recording_writer.hpp>
#include <tachyon/sampler/replay.hpp>

// What all fuzzers of recordings do with a file that may be anything: open it, play it into both
// writers, and read back what those made of it. A reader must not crash, hang or allocate without
// bound; what a writer wrote must be read back whole.
namespace fuzz {

struct Count {
  void add(const tachyon::Sample& sample) {
    ++samples;
    check += static_cast<std::uint32_t>(sample.stack) + sample.weight;
  }
  std::uint64_t samples = 0;
  std::uint64_t check = 0;
};

inline void expect(bool holds) {
  if (!holds) std::abort();
}

inline std::uint64_t count_again(const std::string& file) {
  using namespace tachyon;
  auto replay = Replay::over(InputFile::over(as_bytes(file)));
  expect(replay.has_value());
  expect(replay->recovery().complete());
  Tables tables;
  Count count;
  expect(replay->play(tables, count).has_value());
  return count.samples;
}

inline void play(tachyon::Bytes file) {
  using namespace tachyon;
  auto replay = Replay::over(InputFile::over(file));
  if (!replay) return;
  (void)replay->load_sources();
  // Enough to see every path; a file can tell of millions of samples in a few bytes.
  constexpr std::uint64_t most = 200'000;
  if (replay->samples() > most) return;
  Tables tables;
  StringSink sink;
  RecordingOptions options;
  options.level = 1;
  RecordingWriter ours{sink, tables, replay->run(), options};
  CpythonRecording theirs{tables, {false}};
  Count count;
  struct All {
    void add(const Sample& sample) {
      count.add(sample);
      ours.add(sample);
      theirs.add(sample);
    }
    void end_tick(const Tick& tick) { ours.end_tick(tick); }
    Count& count;
    RecordingWriter<StringSink>& ours;
    CpythonRecording& theirs;
  } all{count, ours, theirs};
  const auto played = replay->play(tables, all);
  expect(count.samples <= most);
  if (!played) return;
  expect(count.samples <= replay->samples());
  ours.finish(replay->run());
  expect(count_again(sink.text()) == count.samples);
  StringSink other;
  theirs.write(other, replay->run());
  expect(count_again(other.text()) == count.samples);
}

}  // namespace fuzz
