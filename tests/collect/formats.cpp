// Every format of the same samples, as files for tests in other languages to judge. The small
// recording is kept as goldens; the large one is written to the folder
// TACHYON_WRITE_FORMATS by test_formats.py.
#include <cstdlib>
#include <catch2/catch.hpp>

#include <tachyon/codec/recording_writer.hpp>
#include <tachyon/collect/chrome_trace.hpp>
#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/gecko.hpp>
#include <tachyon/collect/jsonl.hpp>
#include <tachyon/collect/jsonl_events.hpp>
#include <tachyon/collect/pprof.hpp>
#include <tachyon/collect/pstats.hpp>
#include <tachyon/collect/pstats_file.hpp>
#include <tachyon/collect/speedscope.hpp>

#include "golden.hpp"
#include "hand_made.hpp"

namespace tachyon {
namespace {

using test::Random;
using test::Recording;

template <class C>
std::string text_of(const Recording& r, typename C::Options options = typename C::Options{}) {
  C collector{r.tables, options};
  r.feed(collector);
  StringSink sink;
  collector.write(sink, r.run);
  return sink.take();
}

// Threads that work, wait and idle, tasks, recursion, collections;
// every sample a tick of its thread.
Recording large_recording() {
  Recording r;
  Random random{7};
  const char* files[] = {"/srv/app/main.py", "/srv/app/lib/util.py", "/usr/lib/json/__init__.py",
                         "/srv/we;ird name.py"};
  std::vector<FrameId> frames;
  for (std::uint32_t i = 0; i < 60; ++i) {
    const auto line = static_cast<std::int32_t>(10 + i);
    frames.push_back(r.frame(files[i % 4], "function_" + std::to_string(i % 15), line,
                             static_cast<std::int32_t>(5 + i % 15), static_cast<int>(i % 3)));
  }
  frames.push_back(r.frame("~", "<GC>", 0));
  frames.push_back(r.frame("~", "<native>", 0));
  const FrameId tasks[] = {r.frame("<task>", "Task-1", 0), r.frame("<task>", "reader 7", 0)};
  std::vector<StackId> stacks[4];
  for (std::uint32_t t = 0; t < 4; ++t) {
    const StackId root = r.stack({frames[t]});
    stacks[t] = {root};
    if (t == 3)
      stacks[t] = {r.tables.frames.push(root, tasks[0]), r.tables.frames.push(root, tasks[1])};
    for (std::uint32_t i = 0; i < 80; ++i) {
      const auto size = static_cast<std::uint32_t>(stacks[t].size());
      const StackId parent = stacks[t][random.below(size)];
      stacks[t].push_back(r.tables.frames.push(parent, frames[random.below(62)]));
    }
  }
  ThreadIndex threads[] = {r.thread(4242, "MainThread", true), r.thread(4243, "idle"),
                           r.thread(4244, "worker 1"), r.thread(4245, "event;loop")};
  std::uint32_t now[4] = {0, 0, 0, 0};
  for (int tick = 1; tick <= 10'000; ++tick) {
    r.now += 1'000'000;
    for (std::uint32_t t = 0; t < 4; ++t) {
      if (t == 2 && tick / 500 % 2 == 1) continue;  // not seen for half of the time
      const bool idle = t == 1 && tick % 100 != 0;
      if (!idle && random.below(3) == 0) {
        now[t] = random.below(static_cast<std::uint32_t>(stacks[t].size()));
      }
      const Status gil = random.below(3) == t ? Status::has_gil : Status::gil_requested;
      const Status cpu = random.below(4) == 0 ? Status::none : Status::on_cpu;
      r.samples.push_back(
          {threads[t], stacks[t][now[t]], idle ? Status::none : gil | cpu, r.now, 1'000'000});
    }
  }
  r.run = test::busy_recording().run;
  r.run.duration = r.now;
  return r;
}

// name, content
std::vector<std::pair<std::string, std::string>> all_formats(const Recording& r) {
  StringSink events;
  JsonlEvents stream{r.tables, events, {.full = true, .started = r.run.started}};
  r.feed(stream);
  return {{"functions.pstats", text_of<PstatsFile>(r)},
          {"lines.pstats", text_of<PstatsFile>(r, {.detail = Detail::line})},
          {"collapsed.txt", text_of<Collapsed>(r)},
          {"summary.jsonl", text_of<Jsonl>(r)},
          {"events-full.jsonl", events.text()},
          {"gecko.json", text_of<Gecko>(r)},
          {"speedscope.json", text_of<Speedscope>(r)},
          {"pprof.pb.gz", text_of<Pprof>(r)},
          {"chrome_trace.json", text_of<ChromeTrace>(r)},
          {"pstats.txt", text_of<Pstats>(r)}};
}

TEST_CASE("every format of one small recording") {
  Recording recording = test::busy_recording();
  recording.run.target.minor = 15;  // whose pstats files are marked
  for (const auto& [name, text] : all_formats(recording)) test::check_golden(name, text);
}

// Our own container, from which the tool makes all of them again.
std::string recording_of(const Recording& r) {
  StringSink sink;
  RecordingWriter writer{sink, r.tables, r.run};
  for (std::size_t i = 0; i < r.samples.size(); ++i) {
    writer.add(r.samples[i]);
    const std::uint64_t time = r.samples[i].time;
    const bool last = i + 1 == r.samples.size() || r.samples[i + 1].time != time;
    if (last) writer.end_tick({time, r.samples[i].weight, TickOutcome::taken, 0});
  }
  writer.finish(r.run);
  return sink.take();
}

TEST_CASE("every format of one large recording") {
  const Recording recording = large_recording();
  auto formats = all_formats(recording);
  formats.emplace_back("recording.bin", recording_of(recording));
  const char* const folder = std::getenv("TACHYON_WRITE_FORMATS");
  for (const auto& [name, text] : formats) {
    CHECK(text.size() > 100);
    if (folder != nullptr) test::write_file(std::string{folder} + "/" + name, text);
  }
}

TEST_CASE("every format of nothing") {
  Recording r;
  CHECK(text_of<Speedscope>(r) ==
        R"({"$schema":"https://www.speedscope.app/file-format-schema.json","name":"tachyon",)"
        R"("exporter":"tachyon","shared":{"frames":[]},"profiles":[],"activeProfileIndex":0})");
  CHECK(text_of<ChromeTrace>(r) ==
        R"({"traceEvents":[],"displayTimeUnit":"ms","otherData":{"exporter":"tachyon",)"
        R"("command_line":"","started_unix_ns":0,"samples":0,"lost":0,"missed":0}})");
  CHECK(text_of<Collapsed>(r).empty());
  CHECK(text_of<Pprof>(r).substr(0, 2) == "\x1f\x8b");
}

}  // namespace
}  // namespace tachyon
