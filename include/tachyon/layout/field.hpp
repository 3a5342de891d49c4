#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tachyon/base/address.hpp>
#include <tachyon/base/bytes.hpp>

// Where things are inside a remote struct, and nothing about what they mean.
//
// CPython promises no layout of its structs: members move with the minor version, with free
// threading, with the size of a mutex on the architecture. So a reader never writes an offset; it
// asks a layout. A layout comes in two models with the same member names. A compiled one (layouts/,
// generated from the headers of one build) consists of constants, so `layout.thread.next.in(bytes)`
// is one load with an immediate. A published one is filled at attach from the table that a 3.13 or
// newer target carries. Code cannot tell which it has been given.
//
// A member that a build does not have is absent. That is the only way an ability is optional:
// nobody outside layouts/ compares version numbers.
namespace tachyon {

// A member of type T of a remote struct.
template <class T>
struct Field {
  static constexpr std::uint32_t absent = 0xffffffff;

  std::uint32_t offset = absent;

  constexpr bool present() const noexcept { return offset != absent; }
  // One past its last byte: how much of the object has to be here. 0 when it is absent.
  constexpr std::uint32_t end() const noexcept {
    return present() ? offset + static_cast<std::uint32_t>(sizeof(T)) : 0;
  }
  // Its value in a copy of the object, of which the caller has at least end() bytes.
  T in(Bytes object) const noexcept {
    assert(present() && end() <= object.size());
    return load<T>(object, offset);
  }
  // Its place in an object at `object`.
  constexpr Address at(Address object) const noexcept { return object + offset; }

  friend constexpr bool operator==(Field, Field) noexcept = default;
};

// The first byte of something embedded: an array, or another struct. Only its place matters.
using Start = Field<std::byte>;

// Adjacent bits of a 32-bit word. `mask` is what the compiler sets for an all-ones field.
//
//   state word of a str, low byte:   7 6 5 4 3 2 1 0
//                                      a c k k k i i     mask of kind 0x1c, kind of 0x64 = 1
struct Bits {
  std::uint32_t offset = Field<std::uint32_t>::absent;
  std::uint32_t mask = 0;

  constexpr bool present() const noexcept { return offset != Field<std::uint32_t>::absent; }
  constexpr std::uint32_t end() const noexcept { return present() ? offset + 4 : 0; }
  constexpr std::uint32_t of(std::uint32_t word) const noexcept {
    return mask == 0 ? 0 : (word & mask) >> std::countr_zero(mask);
  }
  std::uint32_t in(Bytes object) const noexcept {
    assert(present() && end() <= object.size());
    return of(load<std::uint32_t>(object, offset));
  }

  friend constexpr bool operator==(Bits, Bits) noexcept = default;
};

// A constant of the interpreter's that this build may lack; an absent one equals nothing read.
struct Value {
  static constexpr std::int64_t absent = INT64_MIN;

  std::int64_t number = absent;

  constexpr bool present() const noexcept { return number != absent; }
  // Does `read`, a member of the target, have this value?
  constexpr bool is(std::int64_t read) const noexcept { return present() && number == read; }
  // Is any bit of this mask set in `read`?
  constexpr bool in(std::uint64_t read) const noexcept {
    return present() && (read & static_cast<std::uint64_t>(number)) != 0;
  }

  friend constexpr bool operator==(Value, Value) noexcept = default;
};

enum class Arch : std::uint8_t { x86_64, aarch64 };

constexpr std::string_view name_of(Arch arch) noexcept {
  return arch == Arch::x86_64 ? "x86_64" : "aarch64";
}

#if defined(__aarch64__)
inline constexpr Arch native_arch = Arch::aarch64;
#else
inline constexpr Arch native_arch = Arch::x86_64;
#endif

// What decides the places of all members that we read, up to the patch release. The major is 3.
struct BuildId {
  std::uint8_t minor = 0;
  bool free_threaded = false;
  Arch arch = native_arch;

  friend constexpr bool operator==(BuildId, BuildId) noexcept = default;
};

}  // namespace tachyon
