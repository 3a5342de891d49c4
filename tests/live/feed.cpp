#include <tachyon/live/feed.hpp>

#include <catch2/catch.hpp>

#include <live/support.hpp>

using namespace live_tests;

namespace {

void check_equal(const Tables& a, const Tables& b) {
  REQUIRE(a.frames.string_count() == b.frames.string_count());
  REQUIRE(a.frames.frame_count() == b.frames.frame_count());
  REQUIRE(a.frames.stack_count() == b.frames.stack_count());
  REQUIRE(a.threads.size() == b.threads.size());
  for (std::uint32_t i = 0; i < a.frames.string_count(); ++i) {
    REQUIRE(a.frames[StringId{i}] == b.frames[StringId{i}]);
  }
  for (std::uint32_t i = 0; i < a.frames.frame_count(); ++i) {
    REQUIRE(a.frames[FrameId{i}] == b.frames[FrameId{i}]);
  }
  for (std::uint32_t i = 1; i < a.frames.stack_count(); ++i) {
    REQUIRE(a.frames[StackId{i}] == b.frames[StackId{i}]);
  }
}

}  // namespace

TEST_CASE("the copy of the tables has the same numbers", "[live]") {
  FakeRun run;
  Tables copy;
  const OpcodeId add = run.opcode(45, "BINARY_OP_ADD_INT", "BINARY_OP");
  run.add(run.thread(1), run.stack({{"main", 3}, {"", 4, "", add}}));
  grow(copy, run.batch());
  check_equal(run.tables, copy);

  const StackId more = run.stack({{"main", 3}, {"work", 9}, {"work", 9}});
  run.add(run.thread(2), more);
  const Batch batch = run.batch();
  CHECK(batch.stacks.size() == 2);
  CHECK(batch.text == "work");
  grow(copy, batch);
  check_equal(run.tables, copy);
  CHECK(copy.frames[copy.frames[OpcodeId{1}].name] == "BINARY_OP_ADD_INT");

  const Batch quiet = run.batch();
  CHECK(quiet.text_sizes.empty());
  CHECK(quiet.stacks.empty());
}

TEST_CASE("a thread that does not move is one entry", "[live]") {
  FakeRun run;
  const StackId a = run.stack({{"main", 3}});
  const StackId b = run.stack({{"main", 4}});
  const ThreadIndex one = run.thread(1);
  const ThreadIndex two = run.thread(2);
  run.add(one, a, 3);
  run.add(two, a, 2);
  run.add(one, a, 4);
  run.add(one, b);
  run.add(one, b, 1, Status::has_gil);
  const Batch batch = run.batch();
  REQUIRE(batch.entries.size() == 4);
  CHECK(batch.entries[0].count == 7);
  CHECK(batch.entries[0].weight == 7'000'000);
  CHECK(batch.entries[1].count == 2);
  CHECK(batch.entries[3].status == Status::has_gil);

  run.add(one, a);
  CHECK(run.batch().entries.size() == 1);
}

TEST_CASE("batches that wait are joined", "[live]") {
  FakeRun run;
  run.add(run.thread(1), run.stack({{"a", 1}}));
  run.tick();
  run.feed.publish();
  run.add(run.thread(2), run.stack({{"b", 1}}));
  run.tick(TickOutcome::torn);
  run.feed.publish();
  run.mailbox.say({"hello", true});
  run.mailbox.end({End::exited, "exit status 3"});
  const Batch batch = run.mailbox.take();
  CHECK(batch.entries.size() == 2);
  CHECK(batch.ticks.taken == 1);
  CHECK(batch.ticks.torn == 1);
  CHECK(batch.ticks.last == 2'000'000);
  CHECK(batch.notices.size() == 1);
  CHECK(batch.ending.text == "exit status 3");
  Tables copy;
  grow(copy, batch);
  check_equal(run.tables, copy);
  CHECK(run.mailbox.take().entries.empty());
}

TEST_CASE("a reader that never comes costs a bounded amount, and is told", "[live]") {
  FakeRun run;
  const StackId a = run.stack({{"a", 1}});
  const StackId b = run.stack({{"b", 1}});
  const ThreadIndex thread = run.thread(1);
  for (int round = 0; round < 40; ++round) {
    for (int i = 0; i < 20'000; ++i) {
      run.add(thread, a);
      run.add(thread, b);
    }
    run.feed.publish();
  }
  const Batch batch = run.mailbox.take();
  CHECK(batch.entries.size() <= Mailbox::most_entries);
  CHECK(batch.entries.size() + batch.dropped == 1'600'000);
}

TEST_CASE("several feeds of one session agree", "[live]") {
  FakeRun run;
  Feed child{run.shared, run.mailbox, Feed::Of::descendant};
  Tables copy;
  run.add(run.thread(1), run.stack({{"a", 1}}));
  run.tick();
  const StackId b = run.stack({{"a", 1}, {"b", 2}});
  child.add({run.thread(2, "child", 8), b, Status::none, 5, 5});
  child.end_tick({5, 5, TickOutcome::taken, 0});
  run.add(run.thread(1), run.stack({{"a", 1}, {"c", 2}}));
  run.feed.publish();
  child.publish();
  const Batch batch = run.mailbox.take();
  grow(copy, batch);
  check_equal(run.tables, copy);
  CHECK(batch.entries.size() == 3);
  CHECK(batch.ticks.taken == 2);
  CHECK(batch.ticks.looks == 1);
}

TEST_CASE("ticks publish at most every 20 ms", "[live]") {
  FakeRun run;
  run.tick();
  CHECK(run.mailbox.take().ticks.taken == 1);  // the first at once
  for (int i = 0; i < 19; ++i) run.tick();
  CHECK(run.mailbox.take().ticks.taken == 0);
  run.tick();
  CHECK(run.mailbox.take().ticks.taken == 20);
}
