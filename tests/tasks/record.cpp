#include <tachyon/tasks/record.hpp>

#include <array>
#include <cstddef>
#include <catch2/catch.hpp>
#include <tachyon/memory/image.hpp>

using namespace tachyon;

namespace {

constexpr Address somewhere{0x10000};

}  // namespace

TEST_CASE("task record: a fingerprint tells length and content apart") {
  std::array<std::byte, 32> bytes{};
  const Bytes all{bytes};
  const auto zeros = fingerprint_of(all.first(16));
  CHECK(fingerprint_of(all.first(16)) == zeros);
  CHECK(fingerprint_of(all.first(17)) != zeros);
  CHECK(fingerprint_of(all.first(8)) != zeros);
  CHECK(fingerprint_of({}) != zeros);
  bytes[15] = std::byte{1};
  CHECK(fingerprint_of(all.first(16)) != zeros);
  bytes = {};
  bytes[16] = std::byte{1};
  CHECK(fingerprint_of(all.first(16)) == zeros);
  CHECK(fingerprint_of(all.first(17)) != fingerprint_of(all.subspan(1, 17)));
}

TEST_CASE("task record: what is remembered is dropped with it") {
  Image image;
  REQUIRE(image.map(somewhere, 4096));
  Gathered<Image> memory{image};
  TaskRecord record;
  record.piece = memory.add(somewhere, 64);
  CHECK(remember(memory, somewhere + 64, 16, record).size() == 16);
  CHECK(remember(memory, {0x90000}, 16, record).empty());  // counted: it may become readable
  record.coroutines.push_back({somewhere + 128, memory.add(somewhere + 128, 32)});
  record.awaiters.push_back(somewhere);
  CHECK(record.others.size() == 2);
  CHECK(memory.piece_count() == 4);
  drop_record(memory, record);
  CHECK(memory.piece_count() == 0);
  CHECK(record.others.empty());
  CHECK(record.coroutines.empty());
  CHECK(record.awaiters.empty());
  drop_record(memory, record);
  CHECK(memory.piece_count() == 0);
}

TEST_CASE("task record: a task is the same one while its neighbours change") {
  TaskWords words{.awaited_by = {1}, .coroutine = {2}, .name = {3}, .next = {4}, .is_task = true};
  TaskWords other = words;
  other.next = {5};
  CHECK(words.same_as(other));
  other.next = {};  // in no list
  CHECK_FALSE(words.same_as(other));
  other = words;
  other.name = {4};
  CHECK_FALSE(words.same_as(other));
  other = words;
  other.awaited_by_is_set = true;
  CHECK_FALSE(words.same_as(other));
}

TEST_CASE("task record: a budget ends") {
  StepBudget steps{10};
  CHECK(steps.spend(4));
  CHECK(steps.spend());
  CHECK_FALSE(steps.spend(100));
  CHECK_FALSE(steps.spend());
}
