#include <tachyon/tasks/lists.hpp>

#include <string>
#include <utility>
#include <vector>
#include <catch2/catch.hpp>

#include "support/in_full.hpp"
#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeTasks;

namespace {

using Stacks = std::vector<std::string>;

}  // namespace

TEST_CASE("task lists: tasks come and go") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    CHECK(world.look().empty());
    const Address a = world.task(u"a", {u"x"});
    const Address b = world.task(u"b", {u"y"});
    const Address c = world.task(u"c", {u"z"});
    world.link({a, b});
    CHECK(world.look() == Stacks{"[a] x", "[b] y"});
    world.link({c, b});
    CHECK(world.look() == Stacks{"[c] z", "[b] y"});
    world.link({b}, {c, a});
    CHECK(world.look() == Stacks{"[b] y", "[c] z", "[a] x"});
    world.link({b});
    for (int i = 0; i < 8; ++i) CHECK(world.look() == Stacks{"[b] y"});
    CHECK(world.stacks->task_count() == 1);  // the others are dropped
    world.put_next(world.thread, {});        // a thread that has never had one
    CHECK(world.look().empty());
    CHECK(world.stacks->lost() == 0);
  });
}

// A task that waits for another one need not be in a list.
TEST_CASE("task lists: tasks that wait are found") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address foreign = world.task(u"foreign", {u"x"});
    const Address root = world.task(u"root", {u"w"});
    const Address b = world.task(u"b", {u"y"});
    world.await(foreign, b);
    world.await(root, foreign);
    world.link({b});
    CHECK(world.look() == Stacks{"[root] w [foreign] x [b] y"});
  });
}

TEST_CASE("task lists: a list that does not end at its head is read again, then counted as lost") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address a = world.task(u"a", {u"x"});
    const Address b = world.task(u"b", {u"y"});
    world.link({a, b});
    CHECK(world.look() == Stacks{"[a] x", "[b] y"});

    world.memory.restart();
    world.put_next(world.node_of(a), {});  // b is being taken out ...
    world.memory.before(FakeTasks::first_read + 1, [&] { world.link({a}); });
    CHECK(world.look() == Stacks{"[a] x"});
    CHECK(world.stacks->lost() == 0);

    world.memory.restart();
    world.put_next(world.node_of(a), {});  // ... for ever
    CHECK(world.look() == Stacks{"[a] x"});
    CHECK(world.stacks->lost() == 1);

    world.link({a, b});
    world.put_next(world.node_of(b), world.node_of(a));  // a circle without the head
    CHECK(world.look() == Stacks{"[a] x", "[b] y"});
    CHECK(world.stacks->lost() == 2);

    world.put_next(world.node_of(a), world.fake.allocate(128));  // no task
    CHECK(world.look() == Stacks{"[a] x"});
    CHECK(world.stacks->lost() == 3);

    world.link({a, b});
    CHECK(world.look().size() == 2);
    world.set_task(b, false);  // it was one
    CHECK(world.look() == Stacks{"[a] x"});
    CHECK(world.stacks->lost() == 4);
  });
}

// 32,770 tasks take a sanitizer eight seconds, so only a long run has them in every layout.
TEST_CASE("task lists: one stack stands for those beyond the limit, and none counts as lost") {
  bool done = false;
  each_with_tasks([&](const PublishedLayout& layout) {
    if (std::exchange(done, true) && !test::in_full()) return;
    FakeTasks world{layout};
    std::vector<Address> all;
    for (int i = 0; i < 32'770; ++i) all.push_back(world.task(u"t", {u"x"}));
    world.link(all);
    world.look();  // one tick does not read so many new tasks
    const std::uint64_t lost = world.stacks->lost();
    const Stacks shown = world.look();
    CHECK(shown.size() == 32'769);
    CHECK(shown.back() == "[<more than 32768 tasks>]");
    CHECK(world.stacks->lost() == lost);
  });
}
