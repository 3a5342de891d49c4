#include <tachyon/tasks/segments.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>
#include <tachyon/layout/published.hpp>
#include <tachyon/memory/image.hpp>

#include "layout/tables.hpp"
#include "tasks/fake_tasks.hpp"

using namespace tachyon;

namespace {

struct Segments {
  explicit Segments(const PublishedLayout& layout)
      : maker{layout, tables, {}},
        cache{layout, image, maker, {}, {}},
        segments{cache, maker.builder()} {}

  StackId stack(const std::vector<std::string>& names) {
    StackId out = StackId::empty;
    for (const std::string& name : names) {
      out = maker.builder().push(out, maker.builder().synthetic(name, FrameKind::python));
    }
    return out;
  }

  Image image;
  SharedTables tables;
  ChainMaker<PublishedLayout> maker;
  TaskCache<PublishedLayout, Image> cache;
  TaskSegments<PublishedLayout, Image> segments;
};

PublishedLayout some_layout() {
  PublishedLayout found;
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    if constexpr (L::thread.asyncio_tasks_head.present()) found = published_form<L>;
  });
  return found;
}

}  // namespace

TEST_CASE("task segments: frames of a thread's stack on top of a marker") {
  Segments world{some_layout()};
  const StackId loop = world.stack({"main", "run", "Handle._run"});
  const StackId stack = world.stack({"main", "run", "Handle._run", "fetch", "parse"});
  const StackId marker = world.stack({"[Task-1]", "main", "[worker]"});
  const StackId other = world.stack({"[other]"});
  for (int again = 0; again < 2; ++again) {
    CHECK(world.segments.transplant(stack, loop, marker) ==
          world.stack({"[Task-1]", "main", "[worker]", "fetch", "parse"}));
    CHECK(world.segments.transplant(stack, loop, other) ==
          world.stack({"[other]", "fetch", "parse"}));
    CHECK(world.segments.transplant(loop, loop, marker) == marker);
    // All of it, where nothing is below.
    CHECK(world.segments.transplant(loop, StackId::empty, other) ==
          world.stack({"[other]", "main", "run", "Handle._run"}));
  }
  // More than are remembered.
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(i);
    const StackId onto = world.stack({name});
    CHECK(world.segments.transplant(stack, loop, onto) == world.stack({name, "fetch", "parse"}));
  }
}

TEST_CASE("task segments: a stack has so many frames at most") {
  test::each_with_tasks([](const PublishedLayout& layout) {
    test::FakeTasks world{layout};
    SharedTables tables;
    ChainMaker<PublishedLayout> maker{layout, tables, {}};
    TaskCache<PublishedLayout, test::EventfulMemory> cache{
        layout, world.memory, maker, world.offsets(), world.fake.site.objects};
    TaskSegments<PublishedLayout, test::EventfulMemory> segments{cache, maker.builder()};
    cache.begin_tick();
    const TaskIndex task = cache.add(world.task(u"t", {u"x", u"y"}), 0);
    REQUIRE(task != TaskIndex::none);
    const FrameTable& frames = tables.unguarded().frames;
    const auto root = [&](StackId stack) {
      while (frames.depth(stack) > 1) stack = frames.parent(stack);
      return std::string{frames.name_of(frames.leaf(stack))};
    };
    const FrameId frame = maker.builder().synthetic("f", FrameKind::python);
    StackId below = StackId::empty;
    for (std::size_t i = 3; i < segments.most_frames; ++i)
      below = maker.builder().push(below, frame);
    const StackId whole = segments.put(task, below).stack;
    CHECK(frames.depth(whole) == segments.most_frames);
    CHECK(root(whole) == "f");
    StackId cut = segments.put(task, whole).stack;
    CHECK(frames.depth(cut) == 4);
    CHECK(root(cut) == "<truncated: 65536 frames>");
    for (std::size_t i = 6; i < segments.most_frames; ++i) cut = maker.builder().push(cut, frame);
    CHECK(root(segments.put(task, cut).stack) == "<truncated: more than 65534 frames>");
  });
}

TEST_CASE("task segments: where a frame is in a chain") {
  Segments world{some_layout()};
  Chain chain;
  Code code;
  for (const unsigned at : {0x100U, 0x200U, 0x300U}) {
    const FrameId id = world.maker.builder().synthetic(std::to_string(at), FrameKind::python);
    RawFrame frame;
    frame.at = {at};
    chain.push_python(frame, code, 0, true, 0, &id, nullptr, world.maker.builder());
  }
  CHECK(link_of(chain, {0x100}) == 0);
  CHECK(link_of(chain, {0x300}) == 2);
  CHECK(link_of(chain, {0x400}) == no_link);
  CHECK(link_of(chain, {}) == no_link);
  CHECK(link_of({}, {0x100}) == no_link);
  CHECK(stack_below(chain, 0) == StackId::empty);
  CHECK(stack_below(chain, 2) == chain[1].stack);
}
