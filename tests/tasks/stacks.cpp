#include <tachyon/tasks/stacks.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeTasks;

namespace {

using Stacks = std::vector<std::string>;

}  // namespace

TEST_CASE("task stacks: from a task to the task that waits for it") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address main = world.task(u"Task-1", {u"main", u"gather"});
    const Address worker = world.task(u"worker", {u"fetch", u"read"});
    const Address alone = world.task(u"", {u"tick"});
    const Address left = world.task(u"left behind", {u"chain"});
    const Address gathering = world.future();  // between the two
    world.await(main, gathering);
    world.await(gathering, worker);
    world.link({main, worker, alone}, {left});
    CHECK(world.look() == Stacks{"[Task-1] main gather [worker] fetch read",
                                 "[<unnamed task>] tick", "[left behind] chain"});
    CHECK(world.found[0].thread == 0);
    CHECK(world.found[2].thread == no_thread);
    CHECK(world.stacks->task_count() == 4);
    CHECK(world.stacks->lost() == 0);
    CHECK(world.look(TaskChoice::running).empty());
  });
}

TEST_CASE("task stacks: of several tasks that wait one is followed") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address tenth = world.task(u"Task-10", {u"a"});
    const Address ninth = world.task(u"Task-9", {u"b"});
    const Address shared = world.task(u"shared", {u"c"});
    const Address own = world.task(u"own", {u"d"});
    world.await_all({tenth, ninth}, shared);
    world.await(tenth, own);
    world.link({tenth, ninth, shared, own});
    CHECK(world.look() == Stacks{"[Task-9] b [shared (2 parents)] c", "[Task-10] a [own] d"});
    // Of two with the same name, the older one.
    world.rename(ninth, u"Task-10");
    CHECK(world.look() == Stacks{"[Task-10] a [shared (2 parents)] c", "[Task-10] a [own] d"});
  });
}

TEST_CASE("task stacks: thousands of tasks that wait for one another") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    constexpr std::size_t count = 1500;
    std::vector<Address> tasks;
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
      tasks.push_back(world.task(u"t", {u"x"}));
      if (i != 0) world.await(tasks[i - 1], tasks[i]);
      all += i == 0 ? "[t] x" : " [t] x";
    }
    world.link(tasks);
    CHECK(world.look() == Stacks{all});
    world.run(tasks.back(), "x");
    for (int again = 0; again < 2; ++again) {
      CHECK(world.look() == Stacks{"* " + all});
      CHECK(world.look(TaskChoice::running) == Stacks{"* " + all});
    }
    CHECK(world.stacks->lost() == 0);
    // The chain closes into a circle.
    world.await(tasks.back(), tasks.front());
    CHECK(world.look() == Stacks{"* " + all});
  });
}

TEST_CASE("task stacks: a circle has one stack") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address a = world.task(u"a", {u"x"});
    const Address b = world.task(u"b", {u"y"});
    world.await(b, a);
    world.await(a, b);
    world.link({a, b});
    CHECK(world.look() == Stacks{"[b] y [a] x"});
    world.await(a, a);
    world.await({}, b);
    CHECK(world.look() == Stacks{"[a] x", "[b] y"});
  });
}

TEST_CASE("task stacks: a running task goes on with ordinary calls") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address main = world.task(u"Task-1", {u"main"});
    const Address worker = world.task(u"worker", {u"fetch"});
    const Address sleeper = world.task(u"sleeper", {u"sleep"});
    world.await(main, worker);
    world.link({main, worker, sleeper});
    world.run(worker, "fetch");
    world.call("parse");
    CHECK(world.look(TaskChoice::running) == Stacks{"* [Task-1] main [worker] fetch parse"});
    CHECK(world.look() == Stacks{"* [Task-1] main [worker] fetch parse", "[sleeper] sleep"});
    CHECK(world.look(TaskChoice::waiting) == Stacks{"[sleeper] sleep"});
    CHECK(world.stacks->lost() == 0);
  });
}

TEST_CASE("task stacks: tasks made of other objects than coroutines") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address main = world.task(u"Task-1", {u"main"});
    const Address ticks = world.coroutine(u"ticks", world.coroutine(u"pause"));
    const Address next = world.task(u"next", {});
    const Address plain = world.task(u"plain", {});
    world.give(next, world.wrap("async_generator_asend", ticks));
    world.give(plain, world.fake.object(world.fake.type("Plain", 512)));
    world.await(main, next);
    world.await(main, plain);
    world.link({main, next, plain});
    CHECK(world.look() == Stacks{"[Task-1] main [next] ticks pause", "[Task-1] main [plain]"});
    world.run(next, "ticks", ticks);
    world.call("parse");
    CHECK(world.look() == Stacks{"* [Task-1] main [next] ticks parse", "[Task-1] main [plain]"});
    CHECK(world.look(TaskChoice::running) == Stacks{"* [Task-1] main [next] ticks parse"});
    CHECK(world.stacks->lost() == 0);
  });
}

// It is on the stack, and what it has called runs.
TEST_CASE("task stacks: a task that called one which began at once") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address outer = world.task(u"outer", {u"serve"});
    const Address inner = world.task(u"inner", {u"busy"});
    world.link({outer, inner});
    world.run(outer, "serve");
    world.call("create_task").shim().resume(world.coroutine_of(inner), "busy");
    world.set_loop(0x10, inner);
    world.execute(world.coroutine_of(inner));
    (void)world.look();  // no task was known before: is what is on the stack theirs?
    CHECK(world.look() == Stacks{"* [inner] busy", "[outer] serve create_task"});
  });
}

TEST_CASE("task stacks: a loop between two tasks") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address sleeper = world.task(u"sleeper", {u"sleep"});
    world.link({sleeper});
    world.set_loop(0x10, {});
    world.call("main").call("BaseEventLoop._run_once", "asyncio/base_events.py");
    world.call("select", "selectors.py");
    CHECK(world.look(TaskChoice::running) == Stacks{"- <idle>"});
    CHECK(world.look() == Stacks{"[sleeper] sleep"});  // a loop that waits has nothing to add
    world.chain.cut(2);
    world.call("Handle._run", "asyncio/events.py").call("on_timer");
    CHECK(world.look(TaskChoice::running) == Stacks{"* [<event loop>] on_timer"});
    CHECK(world.look() == Stacks{"[sleeper] sleep", "* [<event loop>] on_timer"});
    CHECK(world.look(TaskChoice::waiting) == Stacks{"[sleeper] sleep"});
  });
}
