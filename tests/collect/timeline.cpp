#include <tachyon/collect/timeline.hpp>

#include <map>
#include <tuple>
#include <catch2/catch.hpp>

#include <tachyon/collect/state_intervals.hpp>
#include <tachyon/sample/collector.hpp>

#include "hand_made.hpp"

namespace tachyon {
namespace {

static_assert(Collector<Timeline>);

using test::Random;
using test::Recording;

// What a sample says, comparable.
auto content(const Sample& s) { return std::tuple{s.thread, s.stack, s.status, s.time, s.weight}; }
using Content = decltype(content(Sample{}));

Recording random_recording(int samples) {
  Recording r;
  Random random;
  std::vector<StackId> stacks{StackId::empty};
  for (int i = 0; i < 200; ++i) {
    const std::string name = "f" + std::to_string(random.below(20));
    const FrameId frame =
        random.below(12) == 0 ? r.frame("<task>", name, 0) : r.frame("a.py", name, 1 + i % 7);
    stacks.push_back(r.tables.frames.push(
        stacks[random.below(static_cast<std::uint32_t>(stacks.size()))], frame));
  }
  for (int i = 0; i < samples; ++i) {
    r.now += random.below(4) == 0 ? random.below(5'000'000) : 0;
    r.samples.push_back({r.thread(1 + random.below(5)), stacks[random.below(201)],
                         Status(random.below(512)), r.now, random.below(3'000'000)});
  }
  return r;
}

TEST_CASE("a timeline gives back the samples of every lane, from memory and from a file") {
  const std::size_t memory = GENERATE(std::size_t{32} << 20, std::size_t{0});
  const Recording r = random_recording(60'000);
  Timeline timeline{r.tables, {.memory = memory}};
  r.feed(timeline);

  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<Content>> expected;
  for (const Sample& sample : r.samples) {
    std::uint32_t task = 0;
    for (StackId at = sample.stack; at != StackId::empty; at = r.tables.frames.parent(at)) {
      const FrameId leaf = r.tables.frames.leaf(at);
      if (r.tables.frames[leaf].kind != FrameKind::task) continue;
      task = static_cast<std::uint32_t>(leaf) + 1;
      break;
    }
    expected[{static_cast<std::uint32_t>(sample.thread), task}].push_back(content(sample));
  }
  REQUIRE(timeline.lanes().size() == expected.size());
  for (std::uint32_t i = 0; i < timeline.lanes().size(); ++i) {
    const Lane& lane = timeline.lanes()[i];
    const std::uint32_t task = lane.has_task ? static_cast<std::uint32_t>(lane.task) + 1 : 0;
    const std::vector<Content>& samples =
        expected.at({static_cast<std::uint32_t>(lane.thread), task});
    std::vector<Content> found;
    timeline.for_each_sample(i, [&](const Sample& sample) { found.push_back(content(sample)); });
    CHECK((found == samples));
    CHECK(lane.totals.samples == samples.size());
    CHECK(lane.first == std::get<3>(samples.front()));
    CHECK(lane.last == std::get<3>(samples.back()));
  }
  CHECK(timeline.error() == Error{});
}

TEST_CASE("the worked example of a timeline record") {
  Recording r;
  const StackId stack = r.stack({r.frame("a.py", "f", 1)});
  Timeline timeline{r.tables};
  timeline.add({r.thread(1), stack, Status::has_gil, 500, 500});
  timeline.add({r.thread(1), stack, Status::has_gil, 1'000'500, 1'000'000});
  std::vector<Sample> found;
  timeline.for_each_sample(0, [&](const Sample& sample) { found.push_back(sample); });
  REQUIRE(found.size() == 2);
  CHECK(
      (content(found[1]) == Content{ThreadIndex{0}, stack, Status::has_gil, 1'000'500, 1'000'000}));
  char record[16];
  char* end = write_varint(record, 0);
  end = write_varint(end, 1'000'000);
  end = write_varint(end, zigzag(0));
  CHECK(std::string(record, end) == std::string("\x00\xc0\x84\x3d\x00", 5));
}

std::vector<TimelineRun> runs_of(const Timeline& timeline, std::uint32_t lane = 0) {
  std::vector<TimelineRun> runs;
  timeline.for_each_run(lane, [&](const TimelineRun& run) { runs.push_back(run); });
  return runs;
}

TEST_CASE("neighbours of equal stack and status are one run, a gap ends it") {
  Recording r;
  const StackId f = r.stack({r.frame("a.py", "f", 1)});
  const StackId g = r.stack({r.frame("a.py", "g", 2)});
  Timeline timeline{r.tables};
  const auto add = [&](StackId stack, Status status, std::uint64_t time, std::uint64_t weight) {
    timeline.add({r.thread(1), stack, status, time, weight});
  };
  add(f, Status::none, 10, 10);
  add(f, Status::none, 20, 9);  // a hair short: still one run
  add(f, Status::none, 30, 10);
  add(f, Status::has_gil, 40, 10);
  add(g, Status::has_gil, 50, 10);
  add(g, Status::has_gil, 90, 10);  // from 50 to 80 it was not seen
  const std::vector<TimelineRun> runs = runs_of(timeline);
  REQUIRE(runs.size() == 4);
  CHECK(runs[0].begin == 0);
  CHECK(runs[0].end == 30);
  CHECK(runs[0].totals == Totals{3, 29});
  CHECK(runs[1].begin == 30);
  CHECK(runs[1].status == Status::has_gil);
  CHECK(runs[2].end == 50);
  CHECK(runs[3].begin == 80);
  CHECK(runs[3].end == 90);
}

TEST_CASE("runs of any samples are in order, do not overlap and lose none") {
  const Recording r = random_recording(20'000);
  Timeline timeline{r.tables};
  r.feed(timeline);
  Totals total;
  for (std::uint32_t lane = 0; lane < timeline.lanes().size(); ++lane) {
    std::uint64_t end = 0;
    for (const TimelineRun& run : runs_of(timeline, lane)) {
      REQUIRE(run.begin >= end);
      REQUIRE(run.end >= run.begin);
      end = run.end;
      total += run.totals;
    }
  }
  CHECK(total == timeline.total());
}

TEST_CASE("shares stay few and keep their sums") {
  Recording r;
  Timeline timeline{r.tables};
  for (std::uint64_t i = 1; i <= 100'000; ++i) {
    timeline.add({r.thread(1), StackId::empty, i % 4 == 0 ? Status::has_gil : Status::on_cpu,
                  i * 1'000'000, 1'000'000});
  }
  CHECK(timeline.shares().size() > 1000);
  CHECK(timeline.shares().size() <= 2000);
  TimelineShare sum;
  for (const TimelineShare& share : timeline.shares()) sum += share;
  CHECK(sum.seen == 100'000'000'000U);
  CHECK(sum.gil == 25'000'000'000U);
  CHECK(sum.cpu == 75'000'000'000U);
  CHECK(sum.cpu_known);
}

using Intervals = std::vector<std::tuple<State, std::uint64_t, std::uint64_t>>;

Intervals intervals_of(const Timeline& timeline, bool free_threaded = false) {
  Intervals out;
  const StateIntervals states{timeline, free_threaded};
  states.for_each(0, [&](const StateInterval& i) { out.emplace_back(i.state, i.begin, i.end); });
  std::sort(out.begin(), out.end());
  return out;
}

TEST_CASE("states become intervals") {
  Recording r;
  const StackId f = r.stack({r.frame("a.py", "f", 1)});
  const StackId gc = r.stack({r.frame("a.py", "f", 1), r.frame("~", "<GC>", 0)});
  Timeline timeline{r.tables};
  const auto add = [&](StackId stack, Status status, std::uint64_t time) {
    timeline.add({r.thread(1), stack, status, time, 10});
  };
  add(f, Status::has_gil | Status::on_cpu, 10);
  add(gc, Status::has_gil | Status::on_cpu, 20);
  add(f, Status::gil_requested, 30);
  add(f, Status::on_cpu | Status::has_exception, 40);
  add(f, Status::on_cpu, 90);  // not seen since 40
  CHECK(intervals_of(timeline) == Intervals{{State::has_gil, 10, 30},
                                            {State::no_gil, 30, 40},
                                            {State::no_gil, 90, 90},
                                            {State::waiting_for_gil, 30, 40},
                                            {State::on_cpu, 10, 30},
                                            {State::on_cpu, 40, 40},
                                            {State::on_cpu, 90, 90},
                                            {State::off_cpu, 30, 40},
                                            {State::python_code, 10, 30},
                                            {State::native_code, 40, 40},
                                            {State::native_code, 90, 90},
                                            {State::has_exception, 40, 40},
                                            {State::no_exception, 10, 40},
                                            {State::no_exception, 90, 90},
                                            {State::collecting, 20, 30}});
}

TEST_CASE("what was not looked at has no interval") {
  Recording r;
  const StackId f = r.stack({r.frame("a.py", "f", 1)});
  Timeline timeline{r.tables};
  timeline.add({r.thread(1), f, Status::unknown | Status::has_gil, 10, 10});
  timeline.add({r.thread(1), f, Status::unknown, 20, 10});
  CHECK(intervals_of(timeline) == Intervals{{State::has_gil, 10, 20},
                                            {State::no_gil, 20, 20},
                                            {State::python_code, 10, 20},
                                            {State::no_exception, 10, 20}});
  CHECK(intervals_of(timeline, true) ==
        Intervals{{State::python_code, 10, 20}, {State::no_exception, 10, 20}});
}

}  // namespace
}  // namespace tachyon
