// What a recording costs: bytes and nanoseconds a sample to write, samples a second to read back.
//
//   ninja -C build/release bench_recording
//   build/release/bench_recording [CPYTHON_RECORDING]
//
// Without a file the samples are made up: a million ticks of one thread at 100 kHz, whose stack of
// 20 to 24 frames changes every fourth tick. Figures are the median of nine rounds, and the worst.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>
#include <vector>

#include <tachyon/codec/cpython_reader.hpp>
#include <tachyon/codec/cpython_writer.hpp>
#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/codec/recording_writer.hpp>

namespace {

using namespace tachyon;

struct Profile {
  void add(const Sample& sample) {
    samples.push_back(sample);
    samples.back().weight = sample.time - last;
    last = sample.time;
  }
  Tables tables{};
  Run run{};
  std::vector<Sample> samples{};
  std::uint64_t last = 0;
};

void make_up(Profile& profile) {
  std::mt19937 random{1};
  FrameTable& to = profile.tables.frames;
  const auto frame = [&](unsigned i) {
    const FunctionId function =
        to.function({to.string("f" + std::to_string(i % 40)), to.string("m.py"), 1});
    const auto line = static_cast<std::int32_t>(i);
    return to.frame({function, {line, line, 4, 20}, {}, {}});
  };
  StackId base = StackId::empty;
  for (unsigned i = 1; i <= 20; ++i) base = to.push(base, frame(i));
  std::vector<StackId> stacks;
  for (unsigned i = 0; i < 200; ++i)
    stacks.push_back(to.push(to.push(base, frame(21 + i % 14)), frame(50 + i)));
  const ThreadIndex thread = profile.tables.threads.intern({1, 1, 0, "main", "", true});
  profile.run.interval = 10'000;
  std::uint64_t time = 0;
  std::size_t at = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    time += 9'000 + random() % 4 * 1000;
    if (random() % 4 == 0) at = std::min(random() % stacks.size(), random() % stacks.size());
    profile.add({thread, stacks[at], Status(37), time, 0});
  }
}

struct Sum {
  void add(const Sample& sample) {
    all += sample.weight ^ static_cast<std::uint32_t>(sample.stack);
  }
  void end_tick(const Tick&) { ++ticks; }
  std::uint64_t all = 0, ticks = 0;
};

template <class F>
double seconds(F&& work) {
  const auto before = std::clock();
  work();
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
}

void report(const char* what, const Profile& profile, std::vector<double> write,
            std::vector<double> read, std::size_t bytes) {
  std::sort(write.begin(), write.end());
  std::sort(read.begin(), read.end());
  const auto count = static_cast<double>(profile.samples.size());
  std::printf("%-18s %.3f bytes a sample; write %.0f ns (worst %.0f), read %.1f M/s (worst %.1f)\n",
              what, static_cast<double>(bytes) / count, write[write.size() / 2] * 1e9 / count,
              write.back() * 1e9 / count, count / read[read.size() / 2] * 1e-6,
              count / read.back() * 1e-6);
}

}  // namespace

int main(int argc, char** argv) {
  Profile profile;
  if (argc > 1) {
    auto file = InputFile::open(argv[1]);
    auto reader = file ? CpythonReader::open(std::move(*file)) : file.error();
    if (!reader || !reader->replay(profile.tables, profile)) {
      std::fprintf(stderr, "%s: no recording of CPython's\n", argv[1]);
      return 1;
    }
    profile.run = reader->run();
  } else {
    make_up(profile);
  }
  std::vector<double> write, read;
  std::string file;
  std::uint64_t check = 0;
  for (int round = 0; round < 9; ++round) {
    StringSink sink;
    write.push_back(seconds([&] {
      RecordingWriter writer{sink, profile.tables, profile.run};
      for (const Sample& sample : profile.samples) {
        writer.add(sample);
        writer.end_tick({sample.time, sample.weight, TickOutcome::taken, 0});
      }
      writer.finish(profile.run);
    }));
    file = sink.take();
    read.push_back(seconds([&] {
      auto reader = RecordingReader::open(InputFile::over(as_bytes(file)));
      Tables tables;
      Sum sum;
      if (reader && reader->replay(tables, sum)) check += sum.all;
    }));
  }
  report("recording", profile, write, read, file.size());
  write.clear();
  read.clear();
  for (int round = 0; round < 9; ++round) {
    StringSink sink;
    write.push_back(seconds([&] {
      CpythonRecording recording{profile.tables};
      for (const Sample& sample : profile.samples) recording.add(sample);
      recording.write(sink, profile.run);
    }));
    file = sink.take();
    read.push_back(seconds([&] {
      auto reader = CpythonReader::open(InputFile::over(as_bytes(file)));
      Tables tables;
      Sum sum;
      if (reader && reader->replay(tables, sum)) check += sum.all;
    }));
  }
  report("CPython's format", profile, write, read, file.size());
  return check == 0;
}
