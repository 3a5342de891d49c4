#include "filter.hpp"

#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;

namespace {

struct Kept {
  std::vector<Sample> samples{};
  std::vector<Tick> ticks{};
  void add(const Sample& sample) { samples.push_back(sample); }
  void end_tick(const Tick& tick) { ticks.push_back(tick); }
};

StackId push(FrameTable& frames, StackId parent, const char* name,
             FrameKind kind = FrameKind::python) {
  const FunctionId function = frames.function({frames.string(name), frames.string("f.py"), 1});
  return frames.push(parent, frames.frame({function, {}, OpcodeId::none, kind}));
}
std::string text(const FrameTable& frames, StackId stack) {
  std::vector<FrameId> ids;
  frames.frames_of(stack, ids);
  std::string all;
  for (const FrameId id : ids) all += concat(all.empty() ? "" : ";", frames.name_of(id));
  return all;
}

}  // namespace

TEST_CASE("threads by number and name") {
  const Thread thread{1, 4242, 0, "python3", "Worker-1", false};
  CHECK(thread_matches({}, thread));
  CHECK(thread_matches({"4242"}, thread));
  CHECK(thread_matches({"Worker-*"}, thread));
  CHECK(thread_matches({"x", "pyth*"}, thread));
  CHECK_FALSE(thread_matches({"424"}, thread));
  CHECK_FALSE(thread_matches({"worker-1"}, thread));
  CHECK_FALSE(thread_matches({"*"}, {1, 5, 0, "", "", false}));
}

TEST_CASE("frames are taken out of the middle of stacks, deep ones too") {
  Tables tables;
  FrameTable& frames = tables.frames;
  const StackId main = push(frames, StackId::empty, "main");
  const StackId native = push(frames, main, "<native>", FrameKind::native);
  const StackId key = push(frames, native, "key");
  const StackId gc = push(frames, key, "<GC>", FrameKind::gc);
  const StackId callback = push(frames, gc, "callback");
  Kept kept;
  FilterOptions options;
  options.no_gc = options.no_native = true;
  Filter filter{tables, kept, options};
  for (const StackId stack : {callback, gc, main, native, callback}) {
    filter.add({ThreadIndex{}, stack, {}, 0, 1});
  }
  std::vector<std::string> stacks;
  for (const Sample& sample : kept.samples) stacks.push_back(text(frames, sample.stack));
  CHECK(stacks == std::vector<std::string>{"main;key;callback", "main;key", "main", "main",
                                           "main;key;callback"});

  StackId deep = StackId::empty;
  for (int i = 0; i < 200000; ++i) {
    deep = push(frames, deep, i % 2 ? "<GC>" : "f", i % 2 ? FrameKind::gc : FrameKind::python);
  }
  filter.add({ThreadIndex{}, deep, {}, 0, 1});
  CHECK(frames.depth(kept.samples.back().stack) == 100000);
}

TEST_CASE("time, both ends included, for samples and ticks") {
  Tables tables;
  Kept kept;
  FilterOptions options;
  options.from = 10;
  options.to = 20;
  Filter filter{tables, kept, options};
  for (const std::uint64_t time : {9U, 10U, 20U, 21U}) {
    filter.add({ThreadIndex{}, StackId::empty, {}, time, 1});
    filter.end_tick({time, 1, TickOutcome::taken, 0});
  }
  CHECK(kept.samples.size() == 2);
  CHECK(kept.ticks.size() == 2);
  CHECK(filter.kept() == 2);
}

TEST_CASE("modes, and states that nobody looked at") {
  Tables tables;
  Kept kept;
  FilterOptions options;
  options.mode = ModeKind::cpu;
  Filter filter{tables, kept, options};
  for (const Status status : {Status::on_cpu, Status::has_gil, Status::unknown | Status::has_gil}) {
    filter.add({ThreadIndex{}, StackId::empty, status, 0, 1});
  }
  CHECK(filter.kept() == 1);
  CHECK(filter.unknown() == 1);
}
