#include <tachyon/tasks/running.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeTasks;

namespace {

using Stacks = std::vector<std::string>;
constexpr TaskChoice running = TaskChoice::running;

struct Two : FakeTasks {
  explicit Two(const PublishedLayout& layout) : FakeTasks{layout} {
    await(main, a);
    link({main, a, b});
  }
  Address main = task(u"main", {u"m"});
  Address a = task(u"a", {u"x"});
  Address b = task(u"b", {u"y"});
};

}  // namespace

TEST_CASE("running tasks: what is known is read once") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two world{layout};
    world.run(world.a, "x");
    for (int i = 0; i < 2; ++i) CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
    world.memory.restart();
    CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
    CHECK(world.memory.reads() == 1);
    // It goes on: its frames are its thread's business.
    world.call("parse");
    CHECK(world.look(running) == Stacks{"* [main] m [a] x parse"});
    CHECK(world.memory.reads() == 2);
    CHECK(world.stacks->lost() == 0);
  });
}

// The loop has gone on to another task after the stack was read, or had not come to this one yet.
TEST_CASE("running tasks: the coroutine on the stack decides, not the word of the thread") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two world{layout};
    (void)world.look();
    world.run(world.a, "x");
    world.set_loop(0x10, world.b);
    CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
    world.set_loop(0x10, {});
    CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
    CHECK(world.tries == 1);
  });
}

TEST_CASE("running tasks: a new one must still run after it was read") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two still{layout};
    still.run(still.a, "x");
    CHECK(still.look(running) == Stacks{"* [main] m [a] x"});

    Two over{layout};
    over.run(over.a, "x");
    // The words of the thread arrive, then it goes on to b.
    over.memory.before(1, [&] { over.set_loop(0x10, over.b); });
    over.begin();
    CHECK_FALSE(over.try_thread());
    CHECK(over.stacks->is_unknown(0));
  });
}

TEST_CASE("running tasks: another task begins to wait for it") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two world{layout};
    world.run(world.a, "x");
    for (int i = 0; i < 2; ++i) (void)world.look(running);
    world.await(world.b, world.a);
    CHECK(world.look(running) == Stacks{"* [b] y [a] x"});
    world.await({}, world.a);
    CHECK(world.look(running) == Stacks{"* [a] x"});
    world.await(world.main, world.a);
    world.rename(world.main, u"Main");
    CHECK(world.look(running) == Stacks{"* [Main] m [a] x"});
    CHECK(world.stacks->lost() == 0);
  });
}

TEST_CASE("running tasks: what changes all the time is given up, and counted") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two world{layout};
    world.run(world.a, "x");
    CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
    world.memory.restart();
    bool odd = false;
    world.memory.before_each([&] { world.rename(world.main, (odd = !odd) ? u"odd" : u"even"); });
    CHECK(world.look(running).empty());
    CHECK(world.tries == 4);
    CHECK(world.stacks->is_unknown(0));
    CHECK(world.stacks->lost() == 1);
    world.memory.restart();
    world.rename(world.main, u"main");
    CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
  });
}

// A coroutine that C code drives and that no task has.
TEST_CASE("running tasks: a coroutine on the stack that no task has") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two world{layout};
    world.set_loop(0x10, world.a);
    world.call("main").shim().resume(world.coroutine(u"own"), "own");
    CHECK(world.look(running).empty());
    CHECK(world.stacks->lost() == 1);
  });
}

TEST_CASE("running tasks: a thread without a loop is read now and then") {
  each_with_tasks([](const PublishedLayout& layout) {
    Two world{layout};
    world.run(world.a, "x");
    world.set_loop(0, {});
    CHECK(world.look(running) == Stacks{"* [x] x"});  // of another loop than asyncio's
    CHECK(world.stacks->lost() == 0);
    world.set_loop(0x10, world.a);
    std::vector<Range> ranges;
    world.stacks->begin_tick(1, 1'010'500'000);  // half a millisecond later
    world.stacks->add_ranges_before(0, world.thread, ranges);
    world.stacks->add_ranges_after(ranges);
    CHECK(ranges.empty());
    CHECK(world.look(running) == Stacks{"* [main] m [a] x"});
  });
}
