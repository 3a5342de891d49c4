#include <tachyon/memory/image.hpp>

#include <array>
#include <catch2/catch.hpp>

using namespace tachyon;

TEST_CASE("image: what is written is read back, across touching segments") {
  Image image;
  REQUIRE(image.map({0x1000}, 16));
  REQUIRE(image.map({0x1010}, 16));
  REQUIRE(image.store({0x100c}, std::uint64_t{0x1122334455667788}));
  std::uint64_t value = 0;
  REQUIRE(image.read({0x100c}, std::as_writable_bytes(std::span{&value, 1})));
  CHECK(value == 0x1122334455667788);
}

TEST_CASE("image: holes, ends and wrap-around are unreadable") {
  Image image;
  REQUIRE(image.map({0x1000}, 16));
  REQUIRE(image.map({0xfffffffffffffff0}, 16));
  std::array<std::byte, 32> into{};
  CHECK(image.read({0xfff}, std::span{into}.first(1)).error() ==
        Error{Errc::unreadable, 0, {0xfff}});
  CHECK(image.read({0x1008}, std::span{into}.first(9)).error() ==
        Error{Errc::unreadable, 0, {0x1010}});
  CHECK(image.read({0xfffffffffffffff0}, std::span{into}.first(16)));
  CHECK_FALSE(image.read({0xfffffffffffffff0}, std::span{into}.first(17)));
  CHECK(image.read({0x5000}, {}));
}

TEST_CASE("image: overlaps are refused") {
  Image image;
  REQUIRE(image.map({0x1000}, 16));
  CHECK_FALSE(image.map({0x100f}, 1));
  CHECK_FALSE(image.map({0xff8}, 9));
  CHECK_FALSE(image.map({0x1000}, 16));
  CHECK_FALSE(image.map({0xfffffffffffffff0}, 17));
  CHECK(image.map({0xff8}, 8));
  REQUIRE(image.unmap({0x1000}));
  CHECK(image.map({0x1000}, 32));
}

TEST_CASE("image: read_many counts whole leading ranges") {
  Image image;
  REQUIRE(image.map({0x1000}, 16));
  std::array<std::byte, 16> a{};
  std::array<std::byte, 16> b{};
  const std::array good{Range{{0x1000}, a}, Range{{0x2000}, b}};
  CHECK(*image.read_many(good) == 1);
  const std::array bad{Range{{0x2000}, a}, Range{{0x1000}, b}};
  CHECK(image.read_many(bad).error().code == Errc::unreadable);
  CHECK(*image.read_many({}) == 0);
}
