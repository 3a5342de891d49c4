#include <tachyon/collect/call_tree.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <catch2/catch.hpp>

#include <tachyon/collect/code_table.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/opcode_table.hpp>
#include <tachyon/collect/thread_statistics.hpp>
#include <tachyon/sample/collector.hpp>

#include "hand_made.hpp"

namespace tachyon {
namespace {

static_assert(TickCollector<CallTree>);

using test::Random;
using test::Recording;

// Random call graphs over few functions, so that recursion and shared prefixes abound.
Recording random_recording(std::uint64_t seed) {
  Recording r;
  Random random{seed};
  std::vector<FrameId> frames;
  for (std::uint32_t i = 0; i < 12; ++i) {
    const std::string name = "f" + std::to_string(i / 3);
    frames.push_back(r.frame("m.py", name, static_cast<std::int32_t>(10 + 10 * (i / 3) + i % 3 / 2),
                             static_cast<std::int32_t>(10 + 10 * (i / 3)),
                             static_cast<std::int32_t>(i % 3)));
  }
  for (int i = 0; i < 400; ++i) {
    StackId stack = StackId::empty;
    const std::uint32_t depth = random.below(9);
    for (std::uint32_t d = 0; d < depth; ++d) {
      stack = r.tables.frames.push(stack, frames[random.below(12)]);
    }
    const ThreadIndex thread = r.thread(100 + random.below(3));
    const Status status{static_cast<std::uint16_t>(random.below(64))};
    r.add(thread, stack, status, 1 + random.below(1000));
  }
  return r;
}

using Place = std::tuple<std::string, std::string, int>;

Place place_of(const CodeKeys& keys, const FrameTable& frames, std::uint32_t code) {
  return {std::string{frames[keys[code].file]}, std::string{frames[keys[code].name]},
          keys[code].line};
}

// The same questions answered the slow way, one stack at a time.
struct Slow {
  std::map<Place, CodeRow> rows;
  std::map<std::pair<Place, Place>, Totals> edges;
  std::map<std::vector<Place>, Totals> inclusive, self;
  std::map<std::pair<std::uint32_t, std::vector<Place>>, Totals> by_thread;

  Slow(const Recording& r, Detail detail) {
    const FrameTable& t = r.tables.frames;
    std::vector<FrameId> frames;
    for (const Sample& s : r.samples) {
      const Totals one{1, s.weight};
      t.frames_of(s.stack, frames);
      std::vector<Place> path;
      inclusive[path] += one;
      by_thread[{static_cast<std::uint32_t>(s.thread), path}] += one;
      for (const FrameId id : frames) {
        const Frame& frame = t[id];
        const int line =
            detail == Detail::line ? frame.location.line : t.function_of(id).first_line;
        path.emplace_back(t.file_of(id), t.name_of(id), line);
        inclusive[path] += one;
        by_thread[{static_cast<std::uint32_t>(s.thread), path}] += one;
      }
      self[path] += one;
      if (!path.empty()) rows[path.back()].direct += one;
      for (const Place& p : std::set<Place>(path.begin(), path.end())) rows[p].cumulative += one;
      for (std::size_t i = 1; i < path.size(); ++i) edges[{path[i - 1], path[i]}] += one;
    }
  }
};

TEST_CASE("folded trees, rows and edges agree with counting stack by stack") {
  const auto detail = GENERATE(Detail::function, Detail::line);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Recording r = random_recording(seed);
    const FrameTable& frames = r.tables.frames;
    CallTree tree{r.tables};
    r.feed(tree);
    const Slow slow{r, detail};
    const FoldedTree folded = fold(tree, detail);

    std::vector<std::vector<Place>> paths(folded.nodes.size());
    for (std::uint32_t i = 1; i < folded.nodes.size(); ++i) {
      REQUIRE(folded.nodes[i].parent < i);
      paths[i] = paths[folded.nodes[i].parent];
      paths[i].push_back(place_of(folded.keys, frames, folded.nodes[i].code));
    }
    REQUIRE(slow.inclusive.size() == folded.nodes.size());
    for (std::uint32_t i = 0; i < folded.nodes.size(); ++i) {
      CHECK(slow.inclusive.at(paths[i]) == folded.nodes[i].inclusive);
      const auto self = slow.self.find(paths[i]);
      CHECK(folded.nodes[i].self == (self == slow.self.end() ? Totals{} : self->second));
    }

    const CodeTable table = code_table(folded);
    std::size_t rows = 0;
    for (std::uint32_t i = 0; i < table.rows.size(); ++i) {
      if (table.rows[i].cumulative.samples == 0) continue;
      ++rows;
      const CodeRow& expected = slow.rows.at(place_of(folded.keys, frames, i));
      CHECK(table.rows[i].direct == expected.direct);
      CHECK(table.rows[i].cumulative == expected.cumulative);
    }
    CHECK(rows == slow.rows.size());
    REQUIRE(table.edges.size() == slow.edges.size());
    for (const CallEdge& edge : table.edges) {
      CHECK(slow.edges.at({place_of(folded.keys, frames, edge.caller),
                           place_of(folded.keys, frames, edge.callee)}) == edge.totals);
    }

    const std::vector<NodeThread> split = split_by_thread(tree, folded);
    REQUIRE(split.size() == slow.by_thread.size());
    for (const NodeThread& n : split) {
      CHECK(slow.by_thread.at({static_cast<std::uint32_t>(n.thread), paths[n.node]}) ==
            n.inclusive);
    }
    Totals self;
    for (const NodeThread& n : split) self += n.self;
    CHECK(self == tree.total());
  }
}

TEST_CASE("a filter leaves exactly the samples of the cells it keeps") {
  const Recording r = random_recording(99);
  CallTree tree{r.tables};
  r.feed(tree);
  Recording kept = random_recording(99);
  const auto gil = [](const auto& s) { return has(s.status, Status::has_gil); };
  kept.samples.erase(std::remove_if(kept.samples.begin(), kept.samples.end(),
                                    [&](const Sample& s) { return !gil(s); }),
                     kept.samples.end());
  const FoldedTree folded = fold(tree, Detail::line, gil);
  CHECK(folded.nodes[0].inclusive.samples == kept.samples.size());
  CHECK(folded.nodes.size() == Slow(kept, Detail::line).inclusive.size());
  for (const NodeThread& n : split_by_thread(tree, folded, gil)) CHECK(n.inclusive.samples > 0);
}

TEST_CASE("recursion counts once, edges count every pair") {
  Recording r;
  const FrameId f = r.frame("a.py", "f", 3, 1);
  r.add(r.thread(1), r.stack({f, f, f}), Status::none, 10, 4);
  CallTree tree{r.tables};
  r.feed(tree);
  const FoldedTree folded = fold(tree, Detail::function);
  const CodeTable table = code_table(folded);
  const std::uint32_t code = folded.keys.of(f);
  CHECK(table.rows[code].direct == Totals{4, 40});
  CHECK(table.rows[code].cumulative == Totals{4, 40});
  REQUIRE(table.edges.size() == 1);
  CHECK(table.edges[0].totals == Totals{8, 80});
  CHECK(table.total == Totals{4, 40});
}

TEST_CASE("functions without a known first line are placed at their lowest line seen") {
  Recording r;
  const FrameId a = r.frame("a.py", "f", 9);
  const FrameId b = r.frame("a.py", "f", 5);
  const FrameId known = r.frame("a.py", "g", 30, 21);
  const CodeKeys keys{r.tables.frames, Detail::function};
  CHECK(keys.of(a) == keys.of(b));
  CHECK(keys[keys.of(a)].line == 5);
  CHECK(keys[keys.of(known)].line == 21);
  const CodeKeys lines{r.tables.frames, Detail::line};
  CHECK(lines.of(a) != lines.of(b));
  CHECK(lines[lines.of(known)].line == 30);
}

TEST_CASE("thread statistics count states that overlap") {
  const Recording r = test::busy_recording();
  CallTree tree{r.tables};
  r.feed(tree);
  const ThreadStatisticsTable table = thread_statistics(tree);
  CHECK(table.all.total == Totals{20, 22'500'000});
  CHECK(table.all.has_gil.samples == 12);
  CHECK(table.all.on_cpu.samples == 15);
  CHECK(table.all.gil_requested == Totals{1, 2'000'000});
  CHECK(table.all.has_exception.samples == 2);
  CHECK(table.all.gc.samples == 4);
  REQUIRE(table.by_thread.size() == 3);
  CHECK(table.by_thread[1].total == Totals{3, 4'500'000});
  CHECK(table.by_thread[1].has_gil.samples == 0);
}

TEST_CASE("opcodes are those of the leaf frames") {
  const Recording r = test::busy_recording();
  CallTree tree{r.tables};
  r.feed(tree);
  const OpcodeUse table = opcode_table(tree, &Totals::samples);
  REQUIRE(table.rows.size() == 3);
  CHECK(r.tables.frames[r.tables.frames[table.rows[0].opcode].name] == "LOAD_ATTR_INSTANCE_VALUE");
  CHECK(table.rows[0].totals.samples == 9);
  CHECK(table.known.samples == 15);
  CHECK(table.specialized.samples == 9);
}

TEST_CASE("time slices keep every sample and stay within their limit") {
  Recording r;
  const FrameId f = r.frame("a.py", "f", 3);
  const FrameId g = r.frame("a.py", "g", 4);
  Random random;
  CallTree tree{r.tables, {.time_slices = 64}};
  std::uint64_t time = 0;
  std::map<std::uint32_t, Totals> expected;
  for (int i = 0; i < 5000; ++i) {
    time += random.below(3'000'000);
    const std::uint64_t at = time - random.below(1 + static_cast<std::uint32_t>(time % 1'000'000));
    const StackId stack = r.stack({random.below(2) != 0U ? f : g});
    tree.add({ThreadIndex{0}, stack, Status::none, at, 7});
    expected[static_cast<std::uint32_t>(stack)] += {1, 7};
  }
  const TimeSlices& slices = *tree.slices();
  CHECK(slices.size() > 32);
  CHECK(slices.size() <= 64);
  CHECK(slices.width() * slices.size() > time);
  std::map<std::uint32_t, Totals> found;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    CHECK(slices[i].size() <= 4);
    for (const TimeSlices::Entry& entry : slices[i]) {
      found[static_cast<std::uint32_t>(tree.cells()[entry.cell].stack)] += entry.totals;
    }
  }
  CHECK(found == expected);
}

TEST_CASE("a program that does everything all the time has fewer slices, not more memory") {
  TimeSlices slices{1000, 5000};
  Random random;
  for (std::uint64_t i = 0; i < 200'000; ++i) slices.add(random.below(100), i * 1'000'000, {1, 3});
  CHECK(slices.size() >= 16);
  CHECK(slices.size() <= 60);
  Totals total;
  std::size_t entries = 0;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    entries += slices[i].size();
    for (const TimeSlices::Entry& entry : slices[i]) total += entry.totals;
  }
  CHECK(entries <= 5000);
  CHECK(total == Totals{200'000, 600'000});
}

TEST_CASE("ticks that yielded nothing are counted") {
  Tables tables;
  CallTree tree{tables};
  tree.end_tick({0, 1, TickOutcome::taken, 0});
  tree.end_tick({1, 1, TickOutcome::torn, 3});
  tree.end_tick({2, 1, TickOutcome::filtered, 1});
  CHECK(tree.ticks().all == 3);
  CHECK(tree.ticks().torn == 1);
  CHECK(tree.ticks().filtered == 1);
  CHECK(tree.ticks().missed == 4);
  CHECK(code_table(fold(tree, Detail::line)).total == Totals{});
}

}  // namespace
}  // namespace tachyon
