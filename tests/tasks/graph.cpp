#include <tachyon/tasks/graph.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeTasks;

namespace {

using Lines = std::vector<std::string>;

struct Diamond : FakeTasks {
  explicit Diamond(const PublishedLayout& layout) : FakeTasks{layout} {
    await(main, left);
    await(main, right);
    await_all({right, left}, work);
    link({main, left, right, work});
  }
  Address main = task(u"main", {u"m"});
  Address left = task(u"left", {u"l"});
  Address right = task(u"right", {u"r"});
  Address work = task(u"work", {u"w", u"sleep"});
};

}  // namespace

TEST_CASE("task graph: all that wait, not only the way of the stack") {
  each_with_tasks([](const PublishedLayout& layout) {
    Diamond world{layout};
    CHECK(world.look() == Lines{"[main] m [left] l [work (2 parents)] w sleep"});
    CHECK(world.graph() == Lines{"main: m", "left <- main: l", "right <- main: r",
                                 "work <- left <. right: w sleep"});
    CHECK(world.leaves == std::vector<std::size_t>{3});
    CHECK(world.look(TaskChoice::running).empty());
    CHECK(world.graph().empty());
  });
}

TEST_CASE("task graph: a running task has the frames of its thread") {
  each_with_tasks([](const PublishedLayout& layout) {
    Diamond world{layout};
    world.run(world.work, "w");
    world.call("parse");
    CHECK(world.look() == Lines{"* [main] m [left] l [work (2 parents)] w parse"});
    CHECK(world.graph() == Lines{"main: m", "left <- main: l", "right <- main: r",
                                 "* work <- left <. right: w parse"});
    CHECK(world.look(TaskChoice::running).size() == 1);
    CHECK(world.graph() == Lines{"* work <- left: w parse", "left <- main: l", "main: m"});
    CHECK(world.leaves == std::vector<std::size_t>{0});
  });
}

TEST_CASE("task graph: a task that made one which started eagerly") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address outer = world.task(u"outer", {u"serve"});
    const Address inner = world.task(u"inner", {u"busy"});
    world.link({outer, inner});
    world.run(outer, "serve");
    world.call("create_task").shim().resume(world.coroutine_of(inner), "busy");
    world.set_loop(0x10, inner);
    world.execute(world.coroutine_of(inner));
    (void)world.look();
    CHECK(world.look().size() == 2);
    CHECK(world.graph() == Lines{"outer: serve create_task", "* inner: busy"});
    CHECK(world.leaves == std::vector<std::size_t>{1, 0});
  });
}

TEST_CASE("task graph: circles, and stacks without a task") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address a = world.task(u"a", {u"x"});
    const Address b = world.task(u"b", {u"y"});
    world.await(b, a);
    world.await(a, b);
    world.link({a, b});
    CHECK(world.look().size() == 1);
    CHECK(world.graph() == Lines{"a <- b: x", "b <- a: y"});
    world.link({});
    world.set_loop(0x10, {});
    world.call("BaseEventLoop._run_once", "asyncio/base_events.py").call("select", "selectors.py");
    CHECK(world.look() == Lines{"- <idle>"});
    CHECK(world.graph().empty());
    CHECK(world.leaves == std::vector<std::size_t>{no_node});
  });
}
