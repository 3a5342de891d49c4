#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <tachyon/base/result.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/layout/field.hpp>
#include <tachyon/layout/type_list.hpp>
#include <tachyon/layouts/all.hpp>

// The build is chosen once, at attach. Inside the visitor the layout is a type, and everything that
// is asked of it is a constant:
//
//   auto done = with_layout(AllLayouts{}, {15, false, native_arch}, [&](auto layout) {
//     return sample<decltype(layout)>(process);
//   });
namespace tachyon {

// Layouts of the architecture we run on: the only live targets there are. A core file or an image
// of another architecture is read by naming its list.
#if defined(__aarch64__)
using AllLayouts = layouts::All_aarch64;
#else
using AllLayouts = layouts::All_x86_64;
#endif

// Calls `visit` with the layout of this build; Errc::unsupported_version, which names the
// version, when none is compiled in.
template <CompiledLayout First, CompiledLayout... Rest, class Visit>
constexpr auto with_layout(TypeList<First, Rest...>, BuildId id, Visit&& visit)
    -> std::invoke_result_t<Visit&, First> {
  if (First::build == id) return visit(First{});
  if constexpr (sizeof...(Rest) > 0) {
    return with_layout(TypeList<Rest...>{}, id, visit);
  } else {
    return Error{Errc::unsupported_version, 0, {0x03000000U | std::uint32_t{id.minor} << 16}};
  }
}

// What a list of layouts covers, for `--version`.
struct LayoutInfo {
  BuildId build;
  std::string_view tag;  // the release whose headers it was generated from, "3.15.2t"
  std::uint32_t version_hex;
};

template <CompiledLayout... Ls>
constexpr std::array<LayoutInfo, sizeof...(Ls)> describe_layouts(TypeList<Ls...>) noexcept {
  return {{{Ls::build, Ls::tag, Ls::version_hex}...}};
}
inline constexpr auto all_layouts = describe_layouts(AllLayouts{});

}  // namespace tachyon
