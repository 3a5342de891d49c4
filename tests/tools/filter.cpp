#include "filter.hpp"

#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;

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

TEST_CASE("a thread that is renamed goes by its last name, as in the outputs") {
  Tables tables;
  Sample sample;
  sample.thread = tables.threads.intern({1, 71, 0, "python3", "first", false});
  ThreadTable last;
  last.intern({1, 71, 0, "python3", "second", false});
  ByThreadPattern first{tables, {"first"}, last}, second{tables, {"sec*"}, last};
  CHECK(second(sample));
  CHECK_FALSE(first(sample));
  tables.threads.intern({1, 71, 0, "", "second", false});
  CHECK(second(sample));
  sample.thread = tables.threads.intern({1, 72, 0, "", "first", false});  // not in the table
  CHECK(first(sample));
}

TEST_CASE("a thread is asked about once, and its name may still be unknown then") {
  Tables tables;
  const ThreadIndex worker = tables.threads.intern({1, 71, 0, "Worker-1", "", false});
  const ThreadIndex other = tables.threads.intern({1, 72, 0, "", "", false});
  ByThreadPattern filter{tables, {"Worker*"}};
  Sample sample;
  sample.thread = worker;
  CHECK(filter(sample));
  CHECK(filter(sample));
  sample.thread = other;
  CHECK_FALSE(filter(sample));
}

TEST_CASE("kinds of frames are taken out only where that was asked for") {
  Tables tables;
  FrameTable& frames = tables.frames;
  const FunctionId function = frames.function({frames.string("<GC>"), frames.string("~"), 0});
  const FrameId gc = frames.frame({function, {}, OpcodeId::none, FrameKind::gc});
  Sample sample;
  sample.stack = frames.push(StackId::empty, gc);
  WithoutKind keeps{tables, FrameKind::gc, false}, drops{tables, FrameKind::gc, true};
  CHECK(keeps(sample));
  CHECK(frames.depth(sample.stack) == 1);
  CHECK(drops(sample));
  CHECK(sample.stack == StackId::empty);
}
