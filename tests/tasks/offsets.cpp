#include <tachyon/tasks/offsets.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <catch2/catch.hpp>
#include <tachyon/memory/image.hpp>

using namespace tachyon;

namespace {

using Table = std::array<std::uint64_t, AsyncioOffsets::words>;

// As 3.14 publishes it.
constexpr Table good_table{264, 64, 128, 120, 121, 136, 248, 500'000, 80, 900, 840, 848, 856};

Result<AsyncioOffsets> read_table(const Table& table) {
  constexpr Address at{0x10000};
  Image image;
  REQUIRE(image.map(at, 4096));
  REQUIRE(image.write(at, std::as_bytes(std::span{table})));
  return AsyncioOffsets::read(image, at);
}

Table table_with(std::size_t word, std::uint64_t value) {
  Table table = good_table;
  table[word] = value;
  return table;
}

}  // namespace

TEST_CASE("asyncio offsets: in the order of the table") {
  const auto offsets = read_table(good_table);
  REQUIRE(offsets);
  CHECK(offsets->task_size == 264);
  CHECK(offsets->coro == 136);
  CHECK(offsets->node == 248);
  CHECK(offsets->interpreter_tasks == 80);
  CHECK(offsets->running_task == 848);
  CHECK(offsets->thread_tasks == 856);
}

TEST_CASE("asyncio offsets: a member beyond its struct is refused") {
  for (const std::size_t word : {1U, 2U, 3U, 4U, 5U, 6U})
    CHECK_FALSE(read_table(table_with(word, 264)));
  for (const std::size_t word : {10U, 11U, 12U}) CHECK_FALSE(read_table(table_with(word, 900)));
  CHECK_FALSE(read_table(table_with(8, 500'000)));
  for (const std::size_t word : {1U, 6U, 8U, 10U, 12U}) {
    CHECK_FALSE(read_table(table_with(word, ~std::uint64_t{0})));
  }
  CHECK_FALSE(read_table(table_with(6, 249)));  // a node has two words
  CHECK_FALSE(read_table(table_with(0, 1 << 20)));
  CHECK_FALSE(read_table(table_with(7, 1U << 31)));
  CHECK_FALSE(read_table(table_with(9, 1 << 20)));
  CHECK_FALSE(read_table({}));
}

TEST_CASE("asyncio offsets: a table that cannot be read") {
  Image image;
  CHECK_FALSE(AsyncioOffsets::read(image, {0x10000}));
}
