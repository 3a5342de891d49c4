#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <tachyon/base/result.hpp>

namespace {

using namespace tachyon;

constexpr Result<int> half(int of) noexcept {
  if (of % 2 != 0) return Error{Errc::bad_value, 0, {7}};
  return of / 2;
}
static_assert(*half(4) == 2);
static_assert(!half(3) && half(3).error() == Error{Errc::bad_value, 0, {7}});
static_assert(half(4).error() == Error{});
static_assert(half(3).value_or(-1) == -1 && half(4).value_or(-1) == 2);

// Numbers and small structs pass through functions as if there were no Result around them.
static_assert(std::is_trivially_copyable_v<Result<std::uint64_t>>);
static_assert(std::is_trivially_destructible_v<Result<Address>>);
static_assert(std::is_trivially_copyable_v<Result<void>>);
static_assert(!std::is_trivially_copyable_v<Result<std::string>>);
static_assert(std::is_nothrow_move_constructible_v<Result<std::string>>);
static_assert(std::is_copy_constructible_v<Result<std::string>>);
static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
static_assert(!std::is_copy_assignable_v<Result<std::unique_ptr<int>>>);
static_assert(std::is_move_assignable_v<Result<std::unique_ptr<int>>>);

const std::string words = "more than fits inside the string object itself";

}  // namespace

TEST_CASE("a result is its value or its error, whatever it was before") {
  using Words = Result<std::string>;
  const Words value{words};
  const Words error{Errc::torn};
  for (const Words& from : {value, error}) {
    for (const Words& to : {value, error}) {
      Words copied = to;
      copied = from;
      CHECK(copied.has_value() == from.has_value());
      CHECK(copied.value_or("") == from.value_or(""));
      CHECK(copied.error() == from.error());
      Words source = from;
      Words moved = to;
      moved = std::move(source);
      CHECK(moved.value_or("") == from.value_or(""));
      CHECK(moved.error() == from.error());
    }
  }
}

TEST_CASE("a result assigned to itself stays what it is") {
  Result<std::string> value{words};
  const auto& same = value;
  value = same;
  REQUIRE(value);
  CHECK(*value == words);
}

TEST_CASE("what a result holds is destroyed once, and what only moves can be in one") {
  const auto shared = std::make_shared<int>(1);
  {
    Result<std::shared_ptr<int>> one{shared};
    std::vector<Result<std::shared_ptr<int>>> many(3, one);
    CHECK(shared.use_count() == 5);
    many[1] = Errc::limit;
    CHECK(shared.use_count() == 4);
    many.resize(20, one);
    CHECK(shared.use_count() == 21);
    const auto taken = std::move(one);
    CHECK(shared.use_count() == 21);
  }
  CHECK(shared.use_count() == 1);
  Result<std::unique_ptr<int>> only{std::make_unique<int>(5)};
  const auto out = *std::move(only);
  CHECK(*out == 5);
}
