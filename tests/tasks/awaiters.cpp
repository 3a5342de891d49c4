#include <tachyon/tasks/awaiters.hpp>

#include <vector>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeReader;
using test::FakeTasks;

TEST_CASE("awaiters: a task, a set, futures in between") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address a = world.task(u"a", {});
    const Address b = world.task(u"b", {});
    const Address shared = world.task(u"shared", {});
    FakeReader one{world};
    const auto awaiters = [&] {
      REQUIRE(one.read(shared));
      return one.record.awaiters;
    };
    CHECK(awaiters().empty());
    world.await(a, shared);
    CHECK(awaiters() == std::vector{a});
    world.await_all({b, a}, shared);
    CHECK(awaiters() == std::vector{a, b});  // in the order of the table
    const Address gathering = world.future();
    const Address outer = world.future();
    world.await(gathering, shared);
    CHECK(awaiters().empty());
    world.await(outer, gathering);
    world.await(b, outer);
    CHECK(awaiters() == std::vector{b});
    CHECK(one.is_unchanged());
    world.await(a, outer);  // two futures away
    CHECK_FALSE(one.is_same_task());
    world.await_all({a, outer, b}, shared);
    CHECK(awaiters() == std::vector{b, a});  // each once
  });
}

TEST_CASE("awaiters: everything is bounded") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address task = world.task(u"task", {});
    const Address waits = world.task(u"waits", {});
    FakeReader one{world, {.awaiters = 3, .futures = 4}};
    const Address circle = world.future();
    world.await(circle, circle);
    world.await(circle, task);
    REQUIRE(one.read(task));
    CHECK(one.record.awaiters.empty());
    Address last = world.future();
    world.await(waits, last);
    for (int i = 0; i < 4; ++i) {
      const Address future = world.future();
      world.await(last, future);
      last = future;
    }
    world.await(last, task);
    REQUIRE(one.read(task));
    CHECK(one.record.awaiters.empty());  // five futures away
    std::vector<Address> many;
    for (int i = 0; i < 6; ++i) many.push_back(world.task(u"t", {}));
    world.await_all(many, task);
    REQUIRE(one.read(task));
    CHECK(one.record.awaiters.size() == 3);
  });
}

TEST_CASE("awaiters: a set that cannot be one") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address task = world.task(u"task", {});
    const Address waits = world.task(u"waits", {});
    world.await_all({waits}, task);
    const Address set =
        read_value<Address>(world.fake.image, task + world.offsets().awaited_by).value();
    FakeReader one{world};
    world.fake.put(set, layout.set.mask, -1);
    REQUIRE(one.read(task));
    CHECK(one.record.awaiters.empty());
    world.fake.put(set, layout.set.mask, 1LL << 60);  // longer than the memory
    REQUIRE(one.read(task));
    CHECK(one.record.awaiters.size() <= 1);
    world.fake.put(set, layout.set.mask, 7);
    world.fake.put(set, layout.set.table, Address{0x10});
    REQUIRE(one.read(task));
    CHECK(one.record.awaiters.empty());
  });
}
