#pragma once

#include <cstdint>
#include <string_view>
#include <type_traits>

#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/members.hpp>
#include <tachyon/layout/published.hpp>

// Does the compiled layout fit the process in front of us?
//
// A version number does not say so: a debug build, a patched vendor build and a build with other
// options carry the same one. Where the target publishes its offsets they are compared member by
// member. Equal: the compiled layout is used, and all offsets are immediates. Different: the
// published one is used. Sizes are never compared: they change between patch releases of one minor
// version while every offset stays.
namespace tachyon {

struct LayoutDifference {
  std::string_view group;
  std::string_view member;
  std::uint32_t compiled;  // offset; Field<...>::absent when there is none
  std::uint32_t published;
};

// visit(LayoutDifference) for every member whose place differs.
template <Layout L, class Visit>
constexpr void for_each_difference(const L& compiled, const L& published, Visit&& visit) {
  for_each_member(compiled, published,
                  [&](std::string_view group, std::string_view name, const auto& a, const auto& b) {
                    if constexpr (detail::is_place<std::remove_cvref_t<decltype(a)>>) {
                      if (!(a == b)) visit(LayoutDifference{group, name, a.offset, b.offset});
                    }
                  });
}

template <Layout L>
constexpr bool same_places(const L& a, const L& b) noexcept {
  bool same = true;
  for_each_difference(a, b, [&](const LayoutDifference&) { same = false; });
  return same;
}

// Calls `visit` with the compiled layout when the target's table agrees with it, with the published
// one otherwise. For targets that publish a table;
// others are chosen by version alone, with_layout().
template <CompiledLayout... Ls, class Visit>
auto with_published_layout(TypeList<Ls...> layouts, Bytes table, Arch arch, Visit&& visit)
    -> std::invoke_result_t<Visit&, PublishedLayout> {
  const auto published = read_published(layouts, table, arch);
  if (!published) return published.error();
  bool agrees = false;
  ((Ls::build == published->build ? (void)(agrees = same_places(published_form<Ls>, *published))
                                  : (void)0),
   ...);
  if (agrees) return with_layout(layouts, published->build, visit);
  return visit(*published);
}

}  // namespace tachyon
