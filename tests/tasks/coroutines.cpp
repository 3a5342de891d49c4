#include <tachyon/tasks/coroutines.hpp>

#include <vector>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeReader;
using test::FakeTasks;

namespace {

std::vector<Address> coroutines_of(const TaskRecord& record) {
  std::vector<Address> out;
  for (const RememberedCoroutine& each : record.coroutines) out.push_back(each.at);
  return out;
}

}  // namespace

TEST_CASE("coroutines: each awaits the next") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address inner = world.coroutine(u"read", world.future());  // the chain ends at a future
    const Address middle = world.coroutine(u"fetch", inner);
    const Address outer = world.coroutine(u"handle", middle);
    const Address task = world.task(u"worker", {});
    world.give(task, outer);
    FakeReader one{world};
    REQUIRE(one.read(task));
    CHECK(coroutines_of(one.record) == std::vector{outer, middle, inner});
    CHECK(one.is_unchanged());
    CHECK_FALSE(one.record.on_thread);
    const auto& coroutines = one.reader.coroutines();
    CHECK(coroutines.frame_of(one.record.coroutines[1]).at == world.frame_of(middle));
    CHECK(coroutines.is_generator(coroutines.frame_of(one.record.coroutines[1]).owner));

    world.finish_coroutine(inner);
    CHECK_FALSE(one.is_unchanged());
    CHECK(one.is_same_task());
    REQUIRE(one.read(task));
    CHECK(one.record.coroutines.size() == 3);
    CHECK_FALSE(one.record.coroutines[2].has_frame);

    world.execute(outer);  // what it awaits is not known while it runs
    CHECK_FALSE(one.is_unchanged());
    REQUIRE(one.read(task));
    CHECK(coroutines_of(one.record) == std::vector{outer});
    CHECK(one.record.on_thread);
    CHECK_FALSE(one.record.coroutines[0].has_frame);
  });
}

TEST_CASE("coroutines: what an asynchronous generator puts in between is passed through") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address inner = world.coroutine(u"pause");
    const Address generator = world.coroutine(u"ticks", inner);
    const Address next = world.wrap("async_generator_asend", generator);
    const Address task = world.task(u"worker", {});
    FakeReader one{world};
    const auto found = [&](Address coroutine) {
      world.give(task, coroutine);
      REQUIRE(one.read(task));
      CHECK(one.is_unchanged());
      return coroutines_of(one.record);
    };
    CHECK(found(world.coroutine(u"consumer", next)).size() == 3);
    // It may be what the task was made of.
    CHECK(found(next) == std::vector{generator, inner});
    CHECK(found(world.wrap("anext_awaitable", next)) == std::vector{generator, inner});
    CHECK(found(world.wrap("async_generator_athrow", generator)) == std::vector{generator, inner});
    world.execute(generator);
    CHECK(found(next) == std::vector{generator});
    CHECK(one.record.on_thread);
    CHECK(found(world.wrap("anext_awaitable", {})).empty());
    CHECK_FALSE(one.record.on_thread);
    const Address circle = world.wrap("anext_awaitable", {});
    world.fake.put_word(circle + layout.object.size, circle.value);
    CHECK(found(circle).empty());
    // An object with the methods of a coroutine.
    CHECK(found(world.fake.object(world.fake.type("Plain", 512))).empty());
  });
}

TEST_CASE("coroutines: as many as the limit allows") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    Address coroutine{};
    for (int i = 0; i < 20; ++i) coroutine = world.coroutine(u"f", coroutine);
    const Address task = world.task(u"worker", {});
    world.give(task, coroutine);
    FakeReader one{world, {.chain = 10}};
    REQUIRE(one.read(task));
    CHECK(one.record.coroutines.size() == 10);
    FakeReader poor{world, {.steps = 20}};
    poor.reader.begin_tick();
    REQUIRE(poor.read(task));
    CHECK(poor.record.coroutines.size() < 5);
  });
}

TEST_CASE("coroutines: a task without one") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    FakeReader one{world};
    REQUIRE(one.read(world.task(u"finished", {})));
    CHECK(one.record.coroutines.empty());
    const Address broken = world.task(u"broken", {});
    world.give(broken, {0x10});
    REQUIRE(one.read(broken));
    CHECK(one.record.coroutines.empty());
  });
}
