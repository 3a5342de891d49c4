#include <tachyon/tasks/reader.hpp>

#include <string>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::FakeReader;
using test::FakeTasks;

TEST_CASE("task reader: names") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address task = world.task(u"fetch /\u00e4", {u"x"});
    FakeReader one{world};
    REQUIRE(one.read(task));
    CHECK(one.record.name == "fetch /\u00e4");
    world.rename_to(task, world.fake.integer(12));
    CHECK_FALSE(one.is_same_task());
    REQUIRE(one.read(task));
    CHECK(one.record.name == "Task-12");
    world.rename_to(task, world.fake.none());
    REQUIRE(one.read(task));
    CHECK(one.record.nameless);
    const std::u16string longest(5000, u'x');
    world.rename(task, longest);
    REQUIRE(one.read(task));
    CHECK(one.record.name.size() < 1100);
    CHECK_FALSE(one.record.nameless);
  });
}

TEST_CASE("task reader: a name that changes where it is") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    const Address name = world.fake.text(u"worker 1");
    const Address task = world.task(u"", {u"x"});
    world.rename_to(task, name);
    FakeReader one{world};
    REQUIRE(one.read(task));
    CHECK(one.is_unchanged());
    REQUIRE(world.fake.image.store(layout.unicode.ascii_data.at(name) + 7, std::uint8_t{'2'}));
    CHECK_FALSE(one.is_same_task());
    CHECK_FALSE(one.is_unchanged());
  });
}

TEST_CASE("task reader: what is no task") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    FakeReader one{world};
    CHECK_FALSE(one.read(world.future()));
    CHECK_FALSE(one.read({0x10}));
    const Address task = world.task(u"t", {u"x"});
    REQUIRE(one.read(task));
    world.set_task(task, false);
    CHECK_FALSE(one.is_same_task());
    CHECK_FALSE(one.read(task));
    CHECK(one.reader.task_of_node(world.node_of(task)) == task);
  });
}
