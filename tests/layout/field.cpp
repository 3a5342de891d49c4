#include <tachyon/layout/field.hpp>

#include <array>
#include <cstdint>
#include <cstring>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

template <class T>
std::array<std::byte, 32> with(std::size_t offset, T value) {
  std::array<std::byte, 32> bytes{};
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return bytes;
}

}  // namespace

static_assert(!Field<Address>{}.present());
static_assert(Field<Address>{}.end() == 0);
static_assert(Field<Address>{0}.present());
static_assert(Field<Address>{72}.end() == 80);
static_assert(Field<std::int8_t>{67}.end() == 68);
static_assert(Start{80}.at(Address{0x1000}) == Address{0x1050});
static_assert(sizeof(Field<Address>) == 4);

static_assert(!Bits{}.present());
static_assert(Bits{}.of(0xffffffff) == 0);
static_assert(Bits{32, 0x1c}.of(0x64) == 1);
static_assert(Bits{48, 0x700}.of(0x164) == 1);
static_assert(Bits{48, 0x80000000}.of(0x80000000) == 1);
static_assert(Bits{32, 0x1c}.end() == 36);

static_assert(!Value{}.present());
static_assert(!Value{}.is(0));
static_assert(!Value{}.is(Value::absent));
static_assert(!Value{}.in(~0ULL));
static_assert(Value{0}.is(0));
static_assert(Value{-1}.is(-1));
static_assert(Value{16}.in(0x10) && !Value{16}.in(0x0f));

TEST_CASE("a field reads its member of a copy") {
  CHECK(Field<Address>{8}.in(with(8, std::uint64_t{0x7f0011223344})) == Address{0x7f0011223344});
  CHECK(Field<std::int32_t>{4}.in(with(4, std::int32_t{-2})) == -2);
  CHECK(Field<std::int8_t>{31}.in(with(31, std::int8_t{-3})) == -3);
  CHECK(Field<double>{16}.in(with(16, 1.5)) == 1.5);
}

TEST_CASE("a bit-field reads its bits of a copy") {
  CHECK(Bits{16, 0x1c}.in(with(16, std::uint32_t{0x64})) == 1);
  CHECK(Bits{28, 0x20}.in(with(28, std::uint32_t{0x64})) == 1);
  CHECK(Bits{28, 0x80}.in(with(28, std::uint32_t{0x64})) == 0);
}
