#include <tachyon/live/aggregate.hpp>

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <catch2/catch.hpp>

#include <live/support.hpp>

using namespace live_tests;

namespace {

FunctionId function_named(const FrameTable& frames, std::string_view name) {
  for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
    if (frames[frames[FunctionId{i}].name] == name) return FunctionId{i};
  }
  return FunctionId{0xffffffff};
}

}  // namespace

TEST_CASE("a recursive function counts once for each sample", "[live]") {
  FakeRun run;
  const StackId deep = run.stack({{"main", 1}, {"f", 5}, {"f", 5}, {"f", 6}});
  const StackId back = run.stack({{"main", 1}, {"f", 5}, {"g", 9}, {"f", 6}});
  const FrameTable& frames = run.tables.frames;
  StackShapes shapes;
  shapes.grow(frames);
  Aggregate aggregate;
  const std::vector<StackWeight> weights{{deep, {2, 20}}, {back, {3, 30}}, {deep, {1, 10}}};
  aggregate.add(frames, shapes, weights, 0);

  CHECK(aggregate.total() == Totals{6, 60});
  const Figures f = aggregate.function(function_named(frames, "f"));
  CHECK(f.self == Totals{6, 60});
  CHECK(f.total == Totals{6, 60});
  const Figures g = aggregate.function(function_named(frames, "g"));
  CHECK(g.self == Totals{});
  CHECK(g.total == Totals{3, 30});
  CHECK(aggregate.seen().size() == 3);

  // Line 5 of f is on the stack in all samples, line 6 is where they end.
  const Figures line5 = aggregate.line(shapes[run.stack({{"main", 1}, {"f", 5}})].line);
  CHECK(line5.total == Totals{6, 60});
  CHECK(line5.self == Totals{});
  const Figures line6 = aggregate.line(shapes[deep].line);
  CHECK(line6.self == Totals{6, 60});
}

TEST_CASE("stacks that differ in lines share a path", "[live]") {
  FakeRun run;
  const StackId a = run.stack({{"main", 1}, {"f", 5}});
  const StackId b = run.stack({{"main", 2}, {"f", 6}});
  const FrameTable& frames = run.tables.frames;
  StackShapes shapes;
  shapes.grow(frames);
  CHECK(shapes[a].path == shapes[b].path);
  CHECK(shapes.paths().size() == 3);
  Aggregate aggregate;
  const std::vector<StackWeight> weights{{a, {1, 1}}, {b, {1, 1}}};
  aggregate.add(frames, shapes, weights, 0);
  CHECK(aggregate.path(shapes[a].path).total.samples == 2);
  CHECK(aggregate.path(0).total.samples == 2);
  CHECK(shapes.paths()[shapes[a].path].depth == 2);
}

TEST_CASE("samples without frames belong to the root", "[live]") {
  FakeRun run;
  StackShapes shapes;
  Aggregate aggregate;
  const std::vector<StackWeight> weights{{StackId::empty, {4, 4}}};
  aggregate.add(run.tables.frames, shapes, weights, 0);
  CHECK(aggregate.path(0).self.samples == 4);
  CHECK(aggregate.total().samples == 4);
  CHECK(aggregate.seen().empty());
}

TEST_CASE("sums agree with counting every frame of every sample", "[live]") {
  FakeRun run;
  std::uint32_t state = 11;
  const auto random = [&](std::uint32_t below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16) % below;
  };
  constexpr std::string_view names[] = {"a", "b", "c", "d", "e"};
  FrameTable& frames = run.tables.frames;
  StackShapes shapes;
  Aggregate aggregate;
  std::map<std::uint32_t, Figures> functions;
  std::map<std::uint32_t, Figures> lines;
  for (std::uint64_t round = 0; round < 50; ++round) {
    std::vector<StackWeight> weights;
    for (int i = 0; i < 20; ++i) {
      StackId at = StackId::empty;
      for (std::uint32_t depth = random(9); depth > 0; --depth) {
        const auto line = static_cast<std::int32_t>(random(3));
        const FunctionId function =
            frames.function({frames.string(names[random(5)]), frames.string("x.py"), 1});
        at = frames.push(at, frames.frame({function, {line, line, 0, 0}}));
      }
      weights.push_back({at, {1 + random(3), 1 + random(100)}});
    }
    shapes.grow(frames);
    aggregate.add(frames, shapes, weights, round / 10);
    for (const StackWeight& each : weights) {
      std::set<std::uint32_t> seen;
      std::set<std::uint32_t> seen_lines;
      for (StackId at = each.stack; at != StackId::empty; at = frames.parent(at)) {
        const auto f = static_cast<std::uint32_t>(frames[frames.leaf(at)].function);
        if (at == each.stack) functions[f].self += each.totals;
        if (at == each.stack) lines[shapes[at].line].self += each.totals;
        if (seen.insert(f).second) functions[f].total += each.totals;
        if (seen_lines.insert(shapes[at].line).second) lines[shapes[at].line].total += each.totals;
      }
    }
  }
  for (const auto& [id, figures] : functions) {
    CHECK(aggregate.function(FunctionId{id}).self == figures.self);
    CHECK(aggregate.function(FunctionId{id}).total == figures.total);
    // The history of five seconds has all of it.
    double remembered = 0;
    for (std::uint64_t age = 0; age < History::seconds; ++age) {
      remembered += static_cast<double>(aggregate.history(FunctionId{id})->at(4, age).total);
    }
    CHECK(remembered == Approx(static_cast<double>(figures.total.weight)));
  }
  for (const auto& [id, figures] : lines) {
    CHECK(aggregate.line(id).self == figures.self);
    CHECK(aggregate.line(id).total == figures.total);
  }
}

TEST_CASE("history forgets what is older than a minute", "[live]") {
  History history;
  history.add(3, {1, 10}, {1, 10});
  history.add(5, {1, 7}, {1, 7});
  CHECK(history.at(5, 0).self == 7);
  CHECK(history.at(5, 1).self == 0);
  CHECK(history.at(5, 2).self == 10);
  CHECK(history.at(5, 6).self == 0);  // before the beginning
  CHECK(history.at(64, 59).self == 7);
  CHECK(history.at(65, 59).self == 0);
  CHECK(history.at(63, 60).self == 0);
  history.add(70, {1, 1}, {1, 1});
  CHECK(history.at(70, 0).self == 1);
  CHECK(history.at(70, 59).self == 0);
  history.add(9, {1, 99}, {1, 99});  // too old to matter
  CHECK(history.at(70, 1).self == 0);
  history.add(70 + 600, {1, 2}, {1, 2});
  for (std::uint64_t age = 1; age < 60; ++age) CHECK(history.at(670, age).self == 0);
}

TEST_CASE("very deep stacks", "[live]") {
  FakeRun run;
  FrameTable& frames = run.tables.frames;
  StackId at = StackId::empty;
  const FunctionId f = frames.function({frames.string("f"), frames.string("x.py"), 1});
  for (int i = 0; i < 5000; ++i) at = frames.push(at, frames.frame({f, {i % 7, i % 7, 0, 0}}));
  StackShapes shapes;
  shapes.grow(frames);
  Aggregate aggregate;
  const std::vector<StackWeight> weights{{at, {1, 1}}};
  aggregate.add(frames, shapes, weights, 0);
  CHECK(aggregate.function(f).total.samples == 1);
  CHECK(aggregate.function(f).self.samples == 1);
}
