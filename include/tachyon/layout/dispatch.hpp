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

// What a list of layouts covers, and what can be said of a build without its layout.
struct LayoutInfo {
  BuildId build;
  std::string_view tag;  // the release whose headers it was generated from, "3.15.2t"
  std::uint32_t version_hex;
  bool has_task_lists;  // it keeps lists of asyncio tasks, and asyncio says what is in them
};

template <CompiledLayout... Ls>
constexpr std::array<LayoutInfo, sizeof...(Ls)> describe_layouts(TypeList<Ls...>) noexcept {
  return {{{Ls::build, Ls::tag, Ls::version_hex, Ls::thread.asyncio_tasks_head.present()}...}};
}
inline constexpr auto all_layouts = describe_layouts(AllLayouts{});

// The layout of a build or, where its version is not known, of the newest version before it; null:
// it is older than all.
constexpr const LayoutInfo* nearest_layout(BuildId id) noexcept {
  const LayoutInfo* nearest = nullptr;
  for (const LayoutInfo& layout : all_layouts) {
    if (layout.build.free_threaded != id.free_threaded || layout.build.minor > id.minor) continue;
    if (nearest == nullptr || layout.build.minor > nearest->build.minor) nearest = &layout;
  }
  return nearest;
}

}  // namespace tachyon
