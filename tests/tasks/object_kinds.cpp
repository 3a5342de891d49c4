#include <tachyon/tasks/object_kinds.hpp>

#include <cstdint>
#include <catch2/catch.hpp>

#include "tasks/fake_tasks.hpp"

using namespace tachyon;
using test::each_with_tasks;
using test::EventfulMemory;
using test::FakeTasks;

namespace {

// The objects here are made one after the other: pages are read anew for each.
struct FreshKinds {
  ObjectKind of(Gathered<EventfulMemory>& memory, Address object) {
    memory.forget();
    return kinds.of(memory, object);
  }
  std::string number(Gathered<EventfulMemory>& memory, Address object) {
    memory.forget();
    return kinds.number(memory, object);
  }
  ObjectKinds<PublishedLayout> kinds;
};

}  // namespace

TEST_CASE("object kinds: by type") {
  each_with_tasks([](const PublishedLayout& layout) {
    FakeTasks world{layout};
    auto& fake = world.fake;
    Gathered<EventfulMemory> memory{world.memory};
    FreshKinds kinds{{layout, fake.site.objects}};
    const auto kind_of_new = [&](const char* type) {
      return kinds.of(memory, fake.object(fake.type(type, 0)));
    };
    for (int again = 0; again < 2; ++again) {
      CHECK(kinds.of(memory, fake.text(u"name")) == ObjectKind::text);
      CHECK(kinds.of(memory, fake.integer(7)) == ObjectKind::number);
      CHECK(kinds.of(memory, world.coroutine(u"x")) == ObjectKind::generator);
      CHECK(kind_of_new("async_generator") == ObjectKind::generator);
      CHECK(kind_of_new("async_generator_asend") == ObjectKind::wrapper);
      CHECK(kind_of_new("async_generator_athrow") == ObjectKind::wrapper);
      CHECK(kind_of_new("coroutine_wrapper") == ObjectKind::wrapper);
      CHECK(kind_of_new("_asyncio.Future") == ObjectKind::other);
      CHECK(kinds.of(memory, fake.none()) == ObjectKind::other);
      CHECK(kinds.of(memory, {}) == ObjectKind::other);
      CHECK(kinds.of(memory, {0x10}) == ObjectKind::other);  // cannot be read
      // Other types that merely have such a name.
      constexpr std::uint64_t heap_type = 512;
      const auto kind_of_class = [&](const char* name) {
        return kinds.of(memory, fake.object(fake.type(name, heap_type)));
      };
      CHECK(kind_of_class("async_generator_asend") == ObjectKind::other);
      CHECK(kind_of_class("coroutine") == ObjectKind::other);
      CHECK(kind_of_new("_cython_3_0.coroutine") == ObjectKind::other);
      CHECK(kind_of_new("coroutine_of_mine") == ObjectKind::other);
      CHECK(kind_of_new("a_type_whose_name_is_longer_than_all") == ObjectKind::other);
    }
    CHECK(kinds.number(memory, fake.integer(65537)) == "65537");
  });
}
