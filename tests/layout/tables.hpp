#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/published.hpp>

// Tables as targets publish them: one recorded, the others written from a layout.
namespace tachyon::test {

inline constexpr std::uint64_t cookie = 0x7970677562656478;  // xdebugpy

// What the .PyRuntime section of a CPython 3.15.2 (x86-64, Debian) begins with.
inline constexpr std::array<std::uint64_t, 111> recorded_3_15_2{
    cookie, 0x030f02f0, 0,
    // clang-format off
    346568, 912, 936, 226240, 7272, 7264, 7336, 7352, 7400, 7592, 7576, 7584, 16, 7736, 0, 7752,
    7744, 7944, 0, 888, 0, 8, 16, 72, 80, 88, 96, 176, 184, 256, 32, 36, 40, 136, 288, 0, 88, 8,
    0, 56, 80, 74, 64, 0, 216, 112, 120, 128, 136, 68, 52, 96, 104, 208, 0, 16, 8, 424, 24, 88,
    168, 32, 288, 944, 888, 40, 32, 16, 40, 24, 16, 200, 24, 40, 32, 48, 32, 40, 24, 16, 32, 16,
    24, 40, 16, 32, 64, 32, 16, 40, 56, 176, 112, 120, 1120, 104, 160, 24, 72, 67, 0, 8, 24,
    344, 8028, 0, 4, 512
    // clang-format on
};

inline Bytes as_table(std::span<const std::uint64_t> words) {
  return {reinterpret_cast<const std::byte*>(words.data()), words.size_bytes()};
}

// The table that a build with exactly this layout would publish.
inline std::vector<std::uint64_t> table_of(const PublishedLayout& layout, const PublishedMap& map) {
  std::vector<std::uint64_t> words(map.count);
  std::vector<bool> written(map.count);
  words[0] = cookie;
  words[1] = layout.version_hex;
  words[2] = layout.build.free_threaded;
  std::uint8_t group_number = 0;
  schema::for_each_group(layout, [&](const auto& group) {
    boost::pfr::for_each_field(group, [&](const auto& member, std::size_t i) {
      for (const PublishedWord& place : map.words) {
        if (place.group != group_number || place.member != i) continue;
        const detail::MemberValue cell = detail::to_cell(member);
        if (!cell.present() && cell.kind != detail::MemberValue::Kind::size) continue;
        const std::uint64_t value = cell.offset + (place.minus ? words[place.minus] : 0);
        if (!written[place.word]) {
          words[place.word] = value;
          written[place.word] = true;
        } else if (place.plus != 0) {
          words[place.plus] = value - words[place.word];
        }
      }
    });
    ++group_number;
  });
  return words;
}
template <CompiledLayout L>
std::vector<std::uint64_t> table_of(const L& layout) {
  return table_of(as_published(layout), L::published_map);
}

// Whether nothing in it can lead a reader out of a struct that it has read whole.
inline bool is_safe(const PublishedLayout& layout) {
  bool safe =
      schema::is_walkable(layout) && copies::find_misfit(layout, copies::All{}).code == Errc::ok;
  std::uint32_t size = 0;
  for_each_member(layout, [&](std::string_view group, std::string_view, const auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (detail::is_size<Member>) {
      size = member;
      safe = safe && size <= detail::largest_struct;
    } else if constexpr (detail::is_place<Member>) {
      if (!member.present()) return;
      const bool sized = size != 0 && group != "line_data" && group != "dict_values";
      const std::uint32_t behind = group == "thread" ? detail::largest_unsized : 0;
      const std::uint32_t limit = sized ? size + behind : detail::largest_unsized;
      safe = safe && member.offset % Member{0}.end() == 0 && member.offset <= limit;
    }
  });
  return safe;
}

// visit(layout) for every layout of every architecture.
template <class... Ls, class Visit>
void for_each_layout(TypeList<Ls...>, Visit&& visit) {
  (visit(Ls{}), ...);
}
template <class Visit>
void for_each_layout(Visit&& visit) {
  for_each_layout(layouts::All_x86_64{}, visit);
  for_each_layout(layouts::All_aarch64{}, visit);
}

}  // namespace tachyon::test
