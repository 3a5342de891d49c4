#include <tachyon/tasks/stable.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeTasks;

namespace {

using Stacks = std::vector<std::string>;

// A waits for B; C and D have nothing to do with them, nor have some more.
struct Four : FakeTasks {
  explicit Four(const PublishedLayout& layout) : FakeTasks{layout} {
    await(a, b);
    std::vector<Address> all{a, b, c, d};
    for (int i = 0; i < 8; ++i) all.push_back(task(u"e", {u"z"}));
    link(all);
  }
  // How many reads of tasks a tick took.
  int reads_of_tick() {
    memory.restart();
    (void)look();
    return memory.reads() - first_read;
  }
  std::string first() {
    const Stacks all = look();
    return all.empty() ? std::string{} : all[0];
  }

  Address a = task(u"A", {u"w"});
  Address b = task(u"B", {u"x"});
  Address c = task(u"C", {u"y"});
  Address d = task(u"D", {u"z"});
};

}  // namespace

TEST_CASE("stable tasks: what is new is read twice, what has not changed once") {
  each_with_tasks([](const PublishedLayout& layout) {
    Four world{layout};
    // Twelve code objects are new, too, and compared before and after they are loaded.
    CHECK(world.reads_of_tick() == 2 + 12 * 2);
    CHECK(world.reads_of_tick() == 1);
    world.rename(world.b, u"B'");
    CHECK(world.reads_of_tick() == 2);
    CHECK(world.reads_of_tick() == 1);
    CHECK(world.first() == "[A] w [B'] x");
  });
}

// Between the two reads of a stack the task that waits goes on to wait for another one. A stack of
// old and new words was never there.
TEST_CASE("stable tasks: what changes between two reads is read again") {
  each_with_tasks([](const PublishedLayout& layout) {
    Four world{layout};
    (void)world.look();
    world.memory.restart();
    world.rename(world.b, u"B'");
    world.memory.before(FakeTasks::first_read + 1, [&] {
      world.rename(world.a, u"A'");
      world.await({}, world.b);
    });
    const Stacks seen = world.look();
    CHECK(seen.size() == 12);
    CHECK(seen.front() == "[B'] x");
    CHECK(seen.back() == "[A'] w");
    CHECK(world.memory.reads() == FakeTasks::first_read + 3);
    CHECK(world.stacks->lost() == 0);
  });
}

TEST_CASE("stable tasks: what changes in every read is given up") {
  each_with_tasks([](const PublishedLayout& layout) {
    Four world{layout};
    (void)world.look();
    world.memory.restart();
    bool odd = false;
    world.memory.before_each([&] { world.rename(world.a, (odd = !odd) ? u"odd" : u"even"); });
    const Stacks seen = world.look();
    CHECK(seen.size() == 10);  // C, D and the others
    CHECK(seen[0] == "[C] y");
    CHECK(world.stacks->lost() == 1);  // one stack: A is shown through B
    world.memory.restart();
    world.rename(world.a, u"A");
    CHECK(world.first() == "[A] w [B] x");
    CHECK(world.stacks->lost() == 1);
  });
}

// It ran when everything was read, its thread's stack does not show it, and it has ended since.
TEST_CASE("stable tasks: one that begins to run is read again") {
  each_with_tasks([](const PublishedLayout& layout) {
    Four world{layout};
    (void)world.look();
    world.execute(world.coroutine_of(world.b));  // on no stack that was read
    CHECK(world.look().size() == 10);
    CHECK(world.stacks->lost() == 1);
    world.memory.restart();
    world.memory.before(FakeTasks::first_read + 1,
                        [&] { world.suspend(world.coroutine_of(world.b)); });
    CHECK(world.first() == "[A] w [B] x");
    CHECK(world.stacks->lost() == 1);
  });
}
