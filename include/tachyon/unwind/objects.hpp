#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/text.hpp>
#include <tachyon/layout/copies.hpp>
#include <tachyon/memory/concept.hpp>

// Values out of the target's objects: text, bytes, plain struct copies. Nothing here trusts a
// length: every one is checked against its limit before it sizes a buffer.
namespace tachyon {

// What we read of one struct of the target, copied at once. On the stack, so that reading one
// allocates nothing; `Kind` is one of those in layout/copies.hpp, which says how much it takes.
template <class Kind>
class StructCopy {
 public:
  static_assert(copies::is_one_of<Kind>(copies::All{}), "published layouts are not checked for it");

  template <Memory M, class L>
  Result<void> fetch(M& memory, Address at, const L& layout) noexcept {
    const Range wanted = range(at, layout);
    return memory.read(wanted.at, wanted.into);
  }
  template <class L>
  Range range(Address at, const L& layout) noexcept {
    const copies::Extent extent = copies::extent_of<Kind>(layout);
    assert(extent.size() <= Kind::room);
    size_ = std::min(extent.size(), Kind::room);
    return {at + extent.from, std::span{bytes_.data(), size_}};
  }
  Bytes bytes() const noexcept { return {bytes_.data(), size_}; }

  // A member, or a zero where this build has none.
  template <class F>
  auto operator[](F field) const noexcept {
    static_assert(
        !requires { Kind::starts_inside; }, "value() knows where such a copy begins");
    using T = decltype(field.in(Bytes{}));
    return field.present() && field.end() <= size_ ? field.in(bytes()) : T{};
  }
  // The same of a copy that begins inside its struct.
  template <class L, class F>
  auto value(const L& layout, F field) const noexcept {
    using T = decltype(field.in(Bytes{}));
    const std::uint32_t from = copies::extent_of<Kind>(layout).from;
    if (!field.present() || field.offset < from) return T{};
    field.offset -= from;
    return field.end() <= size_ ? field.in(bytes()) : T{};
  }

 private:
  std::array<std::byte, Kind::room> bytes_{};
  std::uint32_t size_ = 0;
};

template <class T, Memory M>
Result<T> read_value(M& memory, Address at) noexcept {
  T value{};
  const auto read = memory.read(at, bytes_of(value));
  if (!read) return read.error();
  return value;
}

// Longer names than this are cut, with an ellipsis that says so.
inline constexpr std::uint64_t longest_text = 65536;

// The layout of one str: where its characters are and how wide.
struct TextShape {
  std::uint64_t length = 0;
  unsigned kind = 1;  // bytes a code point
  Address data{};
};

template <class L>
Result<TextShape> text_shape(const L& layout, Address at, Bytes head) noexcept {
  const auto length = layout.unicode.length.in(head);
  const unsigned kind = static_cast<unsigned>(layout.unicode.kind.in(head));
  const bool ascii = layout.unicode.ascii.in(head) != 0;
  const bool compact = layout.unicode.compact.in(head) != 0;
  if (length < 0 || !compact || (kind != 1 && kind != 2 && kind != 4)) return Errc::bad_value;
  return TextShape{
      static_cast<std::uint64_t>(length), kind,
      at + (ascii ? layout.unicode.ascii_data.offset : layout.unicode.compact_data.offset)};
}

inline std::string decode_text(const TextShape& shape, Bytes data, std::uint64_t shown) {
  std::string out;
  out.reserve(static_cast<std::size_t>(shown) + 8);
  for (std::size_t i = 0; i < shown; ++i) {
    std::uint32_t c = 0;
    switch (shape.kind) {
      case 1:
        c = load<std::uint8_t>(data, i);
        break;
      case 2:
        c = load<std::uint16_t>(data, i * 2);
        break;
      default:
        c = load<std::uint32_t>(data, i * 4);
        break;
    }
    append_utf8(out, c);
  }
  if (shown < shape.length) out += "\xe2\x80\xa6";
  return out;
}

template <class L, Memory M>
Result<std::string> read_text(M& memory, const L& layout, Address at,
                              std::uint64_t limit = longest_text) {
  StructCopy<copies::Text> head;
  if (const auto ok = head.fetch(memory, at, layout); !ok) return ok.error();
  const auto shape = text_shape(layout, at, head.bytes());
  if (!shape) return shape.error();
  // A damaged length must not become a large read: absurd ones are no text at all.
  if (shape->length > (std::uint64_t{1} << 32)) return Errc::bad_value;
  const std::uint64_t shown = std::min(shape->length, limit);
  std::vector<std::byte> data(static_cast<std::size_t>(shown * shape->kind));
  if (!data.empty()) {
    if (const auto ok = memory.read(shape->data, data); !ok) return ok.error();
  }
  return decode_text(*shape, data, shown);
}

// The contents of a bytes object, refused (not cut) above `limit`.
template <class L, Memory M>
Result<std::vector<std::byte>> read_bytes(M& memory, const L& layout, Address at,
                                          std::uint64_t limit) {
  StructCopy<copies::BytesHead> head;
  if (const auto ok = head.fetch(memory, at, layout); !ok) return ok.error();
  const auto length = head[layout.var_object.count];
  if (length < 0 || static_cast<std::uint64_t>(length) > limit) return Errc::bad_value;
  std::vector<std::byte> data(static_cast<std::size_t>(length));
  if (!data.empty()) {
    if (const auto ok = memory.read(at + layout.bytes.data.offset, data); !ok) return ok.error();
  }
  return data;
}

}  // namespace tachyon
