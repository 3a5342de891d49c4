#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/layout/copies.hpp>
#include <tachyon/layout/members.hpp>
#include <tachyon/layout/type_list.hpp>

// The layout that a target publishes about itself.
//
// From 3.13 on an interpreter starts its runtime with a table of offsets for debuggers, one 64-bit
// word each, behind a cookie:
//
//   +----------+----------+---------------+-----------------+------------
//   | xdebugpy | version  | free-threaded | size of runtime | ...
//   +----------+----------+---------------+-----------------+------------
//     word 0     word 1     word 2          word 3
//
//   78 64 65 62 75 67 70 79  f0 02 0f 03 00 00 00 00  00 ... = 3.15.2, with a GIL
//
// The table is flat and unlabelled; which word means what is a property of the minor version, and
// the generated PublishedMap knows it. It serves builds that no compiled layout fits: debug builds,
// vendor builds with patched structs, a minor version newer than this program.
//
// The table does not say everything that we use. What it leaves out is taken from the compiled
// layout of the same minor version as long as everything that it does say about that struct agrees;
// otherwise those members are absent, and what needs them is switched off. A newer minor version is
// read with the map of the newest known one. There the size of the struct has to agree as well
// (it may differ between patch releases, but where it is the same nothing was put in), constants
// are not taken over, and there is no instruction table. Words of the table itself may have moved
// there, so the result has to make sense: nothing overlaps, everything lies inside its struct,
// structs that contain one another fit.
//
// The target may be hostile: no word is used before it has passed those checks.
namespace tachyon {

using PublishedLayout = schema::Published;

struct PublishedHeader {
  BuildId build;
  std::uint32_t version_hex = 0;

  // 0xa, 0xb, 0xc: alpha, beta, candidate; 0xf: final.
  constexpr bool is_prerelease() const noexcept { return (version_hex >> 4 & 0xf) != 0xf; }
  // Not for us, and why: the error carries the version.
  constexpr Error refused() const noexcept {
    return {is_prerelease() ? Errc::unsupported_prerelease : Errc::unsupported_version,
            0,
            {version_hex}};
  }
};

inline constexpr std::string_view published_cookie = "xdebugpy";
inline constexpr std::size_t published_header_bytes = 24;

// The first three words. They alone decide what the rest means.
inline Result<PublishedHeader> published_header(Bytes table, Arch arch = native_arch) noexcept {
  if (table.size() < published_header_bytes) return Errc::truncated;
  if (as_text(table.first(8)) != published_cookie) return Errc::not_python;
  const auto version = load<std::uint64_t>(table, 8);
  const auto free_threaded = load<std::uint64_t>(table, 16);
  if (version >> 24 != 3 || free_threaded > 1) return Error{Errc::bad_value, 0, {8}};
  return PublishedHeader{{static_cast<std::uint8_t>(version >> 16), free_threaded == 1, arch},
                         static_cast<std::uint32_t>(version)};
}

// A compiled layout in the other model. Everything below works on this one type, so it is compiled
// once and not once a layout.
template <CompiledLayout L>
constexpr PublishedLayout as_published(const L& layout) noexcept {
  PublishedLayout out;
  out.build = layout.build;
  out.version_hex = layout.version_hex;
  out.traits = layout.traits;
  out.opcodes = layout.opcodes;
  schema::for_each_group(out, layout, [](auto& group, const auto& compiled) { group = compiled; });
  return out;
}
constexpr const PublishedLayout& as_published(const PublishedLayout& layout) noexcept {
  return layout;
}
template <CompiledLayout L>
inline constexpr PublishedLayout published_form = as_published(L{});

namespace detail {

inline constexpr std::uint32_t largest_struct = 16U << 20;  // the largest known has 700 KB
inline constexpr std::uint32_t largest_unsized = 4096;      // structs whose size is not published

template <class Member>
inline constexpr bool is_size = std::is_same_v<Member, std::uint32_t>;
template <class Member>
inline constexpr bool is_value = std::is_same_v<Member, Value>;
template <class Member>
inline constexpr bool is_place = !is_size<Member> && !is_value<Member>;

// A member without its type, so that the rules below are compiled once and not once a group.
struct MemberValue {
  enum class Kind : std::uint8_t { field, start, bits, size, value };

  Kind kind = Kind::field;
  std::uint32_t width = 0;   // of a field or the word of a bit-field; a start may be empty
  std::uint32_t offset = 0;  // a size, too
  std::uint32_t mask = 0;
  std::int64_t number = 0;

  constexpr bool is_place() const noexcept { return kind < Kind::size; }
  constexpr bool present() const noexcept { return offset != Field<std::byte>::absent; }
  friend constexpr bool operator==(const MemberValue&, const MemberValue&) noexcept = default;
};

template <class Member>
constexpr MemberValue to_cell(const Member& member) noexcept {
  if constexpr (is_size<Member>) {
    return {MemberValue::Kind::size, 0, member, 0, 0};
  } else if constexpr (is_value<Member>) {
    return {MemberValue::Kind::value, 0, 0, 0, member.number};
  } else if constexpr (std::is_same_v<Member, Bits>) {
    return {MemberValue::Kind::bits, 4, member.offset, member.mask, 0};
  } else if constexpr (std::is_same_v<Member, Start>) {
    return {MemberValue::Kind::start, 0, member.offset, 0, 0};
  } else {
    return {MemberValue::Kind::field, Member{0}.end(), member.offset, 0, 0};
  }
}

template <class Member>
constexpr void from_cell(Member& member, const MemberValue& cell) noexcept {
  if constexpr (is_size<Member>) {
    member = cell.offset;
  } else if constexpr (is_value<Member>) {
    member.number = cell.number;
  } else if constexpr (std::is_same_v<Member, Bits>) {
    member = {cell.offset, cell.mask};
  } else {
    member.offset = cell.offset;
  }
}

// Fills one layout from one table. `known` is the compiled layout whose map reads the table. Only
// ever used with Target = PublishedLayout; as a template it costs nothing where it is not used.
template <class Target>
class PublishedReader {
 public:
  PublishedReader(Bytes table, PublishedHeader header, const Target& known,
                  const PublishedMap& map) noexcept
      : table_{table}, header_{header}, known_{known}, map_{map} {}

  Result<Target> read() noexcept {
    Target out;
    out.build = header_.build;
    out.version_hex = header_.version_hex;
    out.traits = known_.traits;
    if (same_minor()) out.opcodes = known_.opcodes;
    std::uint8_t number = 0;
    schema::for_each_group(out, known_, [&]<class Group>(Group& group, const Group& known) {
      std::array<MemberValue, Group::names.size()> before{};
      boost::pfr::for_each_field(known,
                                 [&](const auto& m, std::size_t i) { before[i] = to_cell(m); });
      std::array<MemberValue, Group::names.size()> after = before;
      fill(after, before, number++, Group::lasting);
      // A thread object is longer than the struct whose size is published.
      check(after, before, std::is_same_v<Group, schema::Thread> ? largest_unsized : 0);
      boost::pfr::for_each_field(group, [&](auto& m, std::size_t i) { from_cell(m, after[i]); });
    });
    if (error_.code == Errc::ok && !fits_together(out)) error_ = {Errc::bad_value, 0, {}};
    if (error_.code == Errc::ok) error_ = copies::find_misfit(out, copies::All{});
    // A newer table that does not make sense is one whose words moved.
    if (error_.code != Errc::ok) return same_minor() ? error_ : header_.refused();
    return out;
  }

 private:
  static constexpr std::uint32_t absent = Field<std::byte>::absent;

  bool same_minor() const noexcept { return known_.build.minor == header_.build.minor; }

  const PublishedWord* find(std::uint8_t group, std::size_t member) const noexcept {
    for (const PublishedWord& word : map_.words) {
      if (word.group == group && word.member == member) return &word;
    }
    return nullptr;
  }

  std::uint64_t word(std::uint16_t at) const noexcept {
    return load<std::uint64_t>(table_, std::size_t{at} * 8);
  }

  // The offset or size that the table gives, or absent.
  std::uint32_t value_of(const PublishedWord& place) noexcept {
    std::uint64_t value = word(place.word);
    if (place.when == PublishedWord::When::nonzero && value == 0) return absent;
    if (place.when == PublishedWord::When::free_threaded && !header_.build.free_threaded) {
      return absent;
    }
    if (place.plus != 0) value += word(place.plus);
    if (place.minus != 0) value -= word(place.minus);
    if (value > largest_struct) {
      error_ = {Errc::bad_value, 0, {std::uint64_t{place.word} * 8}};
      return absent;
    }
    return static_cast<std::uint32_t>(value);
  }

  // `group` comes in as the known build has it.
  void fill(std::span<MemberValue> group, std::span<const MemberValue> known, std::uint8_t number,
            bool lasting) noexcept {
    std::size_t published = 0;
    bool agrees = true;
    bool same_size = true;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const PublishedWord* place = find(number, i);
      if (place == nullptr) continue;
      // The word of a bit-field is published, its mask is not:
      // one that the known build lacks stays absent.
      const bool maskless = group[i].kind == MemberValue::Kind::bits && group[i].mask == 0;
      group[i].offset = maskless ? absent : value_of(*place);
      (group[i].is_place() ? agrees : same_size) &= group[i] == known[i];
      published += group[i].is_place();
    }
    const bool keep = same_minor() ? agrees : lasting || (published != 0 && agrees && same_size);
    if (keep) return;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (find(number, i) != nullptr) continue;
      if (group[i].kind == MemberValue::Kind::size) group[i].offset = 0;
      if (group[i].is_place()) group[i].offset = absent;
      group[i].number = Value::absent;
    }
  }

  // How long the struct is: as published, else as known.
  static std::uint32_t size_of(std::span<const MemberValue> group,
                               std::uint32_t otherwise) noexcept {
    for (const MemberValue& cell : group) {
      if (cell.kind == MemberValue::Kind::size && cell.offset != 0) return cell.offset;
    }
    return otherwise;
  }

  // Inside the struct, aligned, and not on top of one another.
  void check(std::span<const MemberValue> group, std::span<const MemberValue> known,
             std::uint32_t behind) noexcept {
    const std::uint32_t limit = size_of(group, size_of(known, largest_unsized)) + behind;
    for (const MemberValue& a : group) {
      if (!a.is_place() || !a.present()) continue;
      const bool inside = a.offset <= limit && limit - a.offset >= a.width;
      if (!inside || (a.width != 0 && a.offset % a.width != 0)) bad(a);
      for (const MemberValue& b : group) {
        if (&a == &b || !b.is_place() || !b.present()) continue;
        const bool both_bits =
            a.kind == MemberValue::Kind::bits && b.kind == MemberValue::Kind::bits;
        if (!both_bits && a.offset >= b.offset && a.offset - b.offset < b.width) bad(a);
      }
    }
  }
  void bad(const MemberValue& cell) noexcept { error_ = {Errc::bad_value, 0, {cell.offset}}; }

  static bool fits_together(const Target& l) noexcept {
    return schema::is_walkable(l) && l.object.type.end() == l.object.size &&
           l.var_object.count.offset == l.object.size && l.unicode.length.offset == l.object.size &&
           l.bytes.data.offset > l.var_object.count.offset &&
           l.unicode.compact_data.offset > l.unicode.ascii_data.offset &&
           l.unicode.kind.end() <= l.unicode.compact_data.offset &&
           l.frame.localsplus.offset + 8 == l.frame.size && ends_before_locals(l.frame) &&
           l.interpreter.size < l.runtime.size;
  }
  // A frame is read up to its locals.
  static bool ends_before_locals(const schema::Frame& frame) noexcept {
    bool before = true;
    boost::pfr::for_each_field(frame, [&](const auto& member) {
      if constexpr (is_place<std::remove_cvref_t<decltype(member)>>) {
        before &= &member == static_cast<const void*>(&frame.localsplus) ||
                  member.end() <= frame.localsplus.offset;
      }
    });
    return before;
  }

  Bytes table_;
  PublishedHeader header_;
  const Target& known_;
  const PublishedMap& map_;
  Error error_{};
};

// Can Known's map read a table with this header? Newer minors are read with an older map.
template <class Known>
constexpr bool reads(const PublishedHeader& header) noexcept {
  return Known::published_map.count != 0 && Known::build.minor <= header.build.minor &&
         Known::build.free_threaded == header.build.free_threaded &&
         Known::build.arch == header.build.arch;
}

// The newest minor version in the list whose map can read it; 0 when there is none.
template <CompiledLayout... Ls>
constexpr std::uint8_t reader_of(TypeList<Ls...>, const PublishedHeader& header) noexcept {
  std::uint8_t newest = 0;
  ((newest = reads<Ls>(header) && Ls::build.minor > newest ? Ls::build.minor : newest), ...);
  return newest;
}

}  // namespace detail

// How many bytes of table a reader of this build wants, 0 when no layout in the list can read it.
template <CompiledLayout... Ls>
constexpr std::size_t published_table_bytes(TypeList<Ls...> layouts,
                                            const PublishedHeader& header) noexcept {
  const std::uint8_t minor = detail::reader_of(layouts, header);
  std::size_t words = 0;
  ((words = Ls::build.minor == minor ? std::size_t{Ls::published_map.count} : words), ...);
  return words * 8;
}

// The layout in `table`, read with the map of the same minor version or the newest known one.
// A pre-release is refused unless it is exactly one that a layout in the list was made from: words
// move between alphas, betas and candidates.
template <CompiledLayout... Ls>
Result<PublishedLayout> read_published(TypeList<Ls...> layouts, Bytes table,
                                       Arch arch = native_arch) noexcept {
  const auto header = published_header(table, arch);
  if (!header) return header.error();
  if (header->is_prerelease() && !((Ls::version_hex == header->version_hex) || ...)) {
    return header->refused();
  }
  const std::size_t wanted = published_table_bytes(layouts, *header);
  if (wanted == 0) return Error{Errc::unsupported_version, 0, {header->version_hex}};
  if (table.size() < wanted) return Errc::truncated;
  BuildId reader = header->build;
  reader.minor = detail::reader_of(layouts, *header);
  const PublishedLayout* known = nullptr;
  const PublishedMap* map = nullptr;
  ((Ls::build == reader ? (void)(known = &published_form<Ls>, map = &Ls::published_map) : (void)0),
   ...);
  return detail::PublishedReader<PublishedLayout>{table, *header, *known, *map}.read();
}

}  // namespace tachyon
