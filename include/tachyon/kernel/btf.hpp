#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/mapped_pages.hpp>

// Where a member of a struct of this kernel is. Kernels are built with options that move members
// about, and say in /sys/kernel/btf/vmlinux where they ended up, if they were built with type
// information at all:
//
//   +--------+-------------------------------+---------+
//   | header | types, one after the other    | strings |       some 6 MB
//   +--------+-------------------------------+---------+
//
//   header   magic eb9f, version, flags, length; offset and length of both parts, from its end on
//   type     name, info, size or type: 4 bytes each, then what the kind of `info` says
//   struct   members of name, type, offset: 4 bytes each; offsets in bits
//
// Names are offsets into the strings. So the name that is looked for is searched once there, and
// types are compared by number.
namespace tachyon::kernel {

namespace detail {

struct BtfHeader {
  std::uint16_t magic;
  std::uint8_t version;
  std::uint8_t flags;
  std::uint32_t length;
  std::uint32_t types_at, types_size;
  std::uint32_t strings_at, strings_size;
};

struct BtfType {
  std::uint32_t name;
  std::uint32_t info;  // bit 31: offsets have a width in their upper byte; 24-28: kind; 0-15: count
  std::uint32_t size;

  unsigned kind() const noexcept { return info >> 24 & 0x1f; }
  std::uint32_t count() const noexcept { return info & 0xffff; }
  bool offsets_have_widths() const noexcept { return info >> 31 != 0; }
};

struct BtfMember {
  std::uint32_t name;
  std::uint32_t type;
  std::uint32_t offset;
};

inline constexpr unsigned btf_struct = 4;

// How many bytes stand behind the head of a type; nothing: a kind of tomorrow.
constexpr std::optional<std::uint32_t> btf_rest(unsigned kind, std::uint32_t count) noexcept {
  switch (kind) {
    case 1:   // integer
    case 14:  // variable
    case 17:  // tag of a declaration
      return 4U;
    case 2:   // pointer
    case 7:   // forward
    case 8:   // typedef
    case 9:   // volatile
    case 10:  // const
    case 11:  // restrict
    case 12:  // function
    case 16:  // float
    case 18:  // tag of a type
      return 0U;
    case 3:  // array
      return 12U;
    case btf_struct:
    case 5:   // union
    case 15:  // section of data
    case 19:  // enumeration of 64 bits
      return count * 12U;
    case 6:   // enumeration
    case 13:  // prototype
      return count * 8U;
    default:
      return std::nullopt;
  }
}

// Is the string at `at` this one?
inline bool is_string(Bytes strings, std::uint32_t at, std::string_view text) noexcept {
  const auto there = slice(strings, at, text.size() + 1);
  return there && as_text(*there).substr(0, text.size()) == text && there->back() == std::byte{};
}

// The offset, in bytes, of a member that begins a byte.
inline std::optional<std::uint32_t> member_of(Bytes members, Bytes strings, const BtfType& type,
                                              std::string_view name) noexcept {
  for (std::uint32_t i = 0; i < type.count(); ++i) {
    const auto member = load<BtfMember>(members, i * sizeof(BtfMember));
    if (!is_string(strings, member.name, name)) continue;
    const std::uint32_t bits =
        type.offsets_have_widths() ? member.offset & 0xffffff : member.offset;
    if (bits % 8 != 0) return std::nullopt;
    return bits / 8;
  }
  return std::nullopt;
}

}  // namespace detail

// Nothing: there is no such struct or member, or it is not of this format.
inline std::optional<std::uint32_t> btf_member(Bytes file, std::string_view structure,
                                               std::string_view member) noexcept {
  if (file.size() < sizeof(detail::BtfHeader)) return std::nullopt;
  const auto header = load<detail::BtfHeader>(file, 0);
  if (header.magic != 0xeb9f) return std::nullopt;
  const auto types = slice(file, std::uint64_t{header.length} + header.types_at, header.types_size);
  const auto strings =
      slice(file, std::uint64_t{header.length} + header.strings_at, header.strings_size);
  if (!types || !strings) return std::nullopt;
  for (std::size_t at = 0; types->size() - at >= sizeof(detail::BtfType);) {
    const auto type = load<detail::BtfType>(*types, at);
    at += sizeof type;
    const auto rest = detail::btf_rest(type.kind(), type.count());
    if (!rest || *rest > types->size() - at) return std::nullopt;
    if (type.kind() == detail::btf_struct && detail::is_string(*strings, type.name, structure)) {
      return detail::member_of(types->subspan(at, *rest), *strings, type, member);
    }
    at += *rest;
  }
  return std::nullopt;
}

inline constexpr const char* btf_of_kernel = "/sys/kernel/btf/vmlinux";

namespace detail {

// Since 6.16 the file can be mapped, which takes 0.1 ms; reading it takes 13.
inline std::optional<std::uint32_t> look_for_task_state() {
  constexpr std::size_t largest = 64 << 20;
  const auto find = [](Bytes file) {
    const auto state = btf_member(file, "task_struct", "__state");
    return state ? state : btf_member(file, "task_struct", "state");  // before 5.14
  };
  const auto file = open_for_reading(btf_of_kernel);
  struct ::stat info {};
  if (!file || ::fstat(file->get(), &info) != 0 || info.st_size <= 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > largest) return std::nullopt;
  const MappedPages mapped{*file, size, PROT_READ, MAP_PRIVATE};
  if (mapped) return find({static_cast<const std::byte*>(mapped.at()), size});
  const auto text = read_whole(*file, largest);
  return text ? find(as_bytes(*text)) : std::nullopt;
}

}  // namespace detail

// Where the state of a task is in its task_struct; nothing: this kernel does not say. It is asked once.
inline std::optional<std::uint32_t> find_task_state() {
  static const std::optional<std::uint32_t> found = detail::look_for_task_state();
  return found;
}

}  // namespace tachyon::kernel
