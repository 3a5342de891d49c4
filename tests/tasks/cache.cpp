#include <tachyon/tasks/cache.hpp>

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

TEST_CASE("task cache: everything that is known of a task is read again") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address root = world.task(u"root", {u"r"});
    const Address task = world.task(u"worker 1", {u"handle", u"fetch"});
    const Address future = world.future();
    world.link({task});
    CHECK(world.look() == Stacks{"[worker 1] handle fetch"});
    world.rename(task, u"worker 2");
    CHECK(world.look() == Stacks{"[worker 2] handle fetch"});
    world.rename_to(task, world.fake.integer(7));  // a name that the program has not asked for yet
    CHECK(world.look() == Stacks{"[Task-7] handle fetch"});
    world.await(future, task);
    CHECK(world.look() == Stacks{"[Task-7] handle fetch"});
    world.await(root, future);  // beyond what the task itself points at
    CHECK(world.look() == Stacks{"[root] r [Task-7] handle fetch"});
    world.await_all({root}, task);
    CHECK(world.look() == Stacks{"[root] r [Task-7] handle fetch"});
    // At the same address, another task.
    world.give(task, world.coroutine(u"serve"));
    world.rename(task, u"server");
    CHECK(world.look() == Stacks{"[root] r [server] serve"});
    CHECK(world.stacks->task_count() == 2);
    CHECK(world.stacks->lost() == 0);
  });
}

TEST_CASE("task cache: a coroutine that goes on shows other frames") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address inner = world.coroutine(u"read");
    const Address outer = world.coroutine(u"fetch", inner);
    const Address task = world.task(u"worker", {u"handle"});
    world.link({task});
    CHECK(world.look() == Stacks{"[worker] handle"});
    world.give(task, outer);
    CHECK(world.look() == Stacks{"[worker] fetch read"});
    world.finish_coroutine(inner);
    CHECK(world.look() == Stacks{"[worker] fetch"});
  });
}

TEST_CASE("task cache: a task that cannot be right is given up") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address good = world.task(u"good", {u"x"});
    const Address task = world.task(u"worker", {u"handle"});
    world.link({good, task});
    world.rename_to(task, world.fake.none());  // tasks have names
    CHECK(world.look() == Stacks{"[good] x"});
    CHECK(world.stacks->lost() == 1);
    world.rename(task, u"worker");
    CHECK(world.look() == Stacks{"[good] x", "[worker] handle"});
    const Address frame = world.frame_of(world.coroutine_of(task));
    const Address instruction = layout.frame.instruction.at(frame);
    const Address before = read_value<Address>(world.fake.image, instruction).value();
    world.fake.put_word(instruction, 0x10);
    CHECK(world.look() == Stacks{"[good] x"});
    CHECK(world.stacks->lost() == 2);
    world.fake.put_word(instruction, before.value);
    CHECK(world.look() == Stacks{"[good] x", "[worker] handle"});
    CHECK(world.stacks->lost() == 2);
  });
}

// Only running tasks and those that wait for them are seen. A server that runs for weeks has many.
TEST_CASE("task cache: tasks that are not seen any more are dropped") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address first = world.task(u"first", {u"x"});
    const Address second = world.task(u"second", {u"y"});
    world.run(first, "x");
    CHECK(world.look(TaskChoice::running) == Stacks{"* [first] x"});
    world.run(second, "y");
    for (int i = 0; i < 4000; ++i) (void)world.look(TaskChoice::running);
    CHECK(world.stacks->task_count() == 2);
    for (int i = 0; i < 2000; ++i) (void)world.look(TaskChoice::running);
    CHECK(world.stacks->task_count() == 1);
    CHECK(world.look(TaskChoice::running) == Stacks{"* [second] y"});
  });
}
