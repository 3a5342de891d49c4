#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

// Foreign bytes are read by copying, never by casting: no alignment, no aliasing, no surprise.
// All targets we know are little-endian LP64, as we are; formats that travel say their byte order.
namespace tachyon {

using Bytes = std::span<const std::byte>;

// The T at `offset`; the caller has checked that it fits.
template <class T>
requires std::is_trivially_copyable_v<T> T load(Bytes from, std::size_t offset)
noexcept {
  T value;
  std::memcpy(&value, from.data() + offset, sizeof value);
  return value;
}

template <class T>
requires std::is_trivially_copyable_v<T> std::optional<T> load_checked(Bytes from,
                                                                       std::size_t offset)
noexcept {
  if (offset > from.size() || from.size() - offset < sizeof(T)) return std::nullopt;
  return load<T>(from, offset);
}

// The bytes of an object, to be read into. std::span{&object, 1} would do, but costs the compiler
// more than a class of ours for every type.
template <class T>
requires std::is_trivially_copyable_v<T> std::span<std::byte> bytes_of(T& object)
noexcept { return {reinterpret_cast<std::byte*>(&object), sizeof object}; }

// `length` bytes from `offset`, or nothing when they are not all there. No sum can overflow.
inline std::optional<Bytes> slice(Bytes from, std::uint64_t offset, std::uint64_t length) noexcept {
  if (offset > from.size() || from.size() - offset < length) return std::nullopt;
  return from.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace tachyon
