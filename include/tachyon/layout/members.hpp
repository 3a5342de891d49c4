#pragma once

#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>

#include <tachyon/layout/concept.hpp>

// One loop over all members of a layout. Comparing two layouts, filling one from a target's table,
// printing, fuzzing: all of it is this loop with another body, so a new line in gen/schema.py
// reaches them all. Boost.PFR knows how many members an aggregate has and gets them by number; the
// names come from the array beside them.
namespace tachyon {

namespace detail {

template <class Group>
constexpr void check_names() noexcept {
  static_assert(boost::pfr::tuple_size_v<std::remove_cv_t<Group>> == Group::names.size(),
                "a group and its name array disagree: run gen/generate.py");
}

}  // namespace detail

// visit(group name, member name, member)
template <class L, class Visit>
constexpr void for_each_member(L& layout, Visit&& visit) {
  schema::for_each_group(layout, [&](auto& group) {
    using Group = std::remove_cvref_t<decltype(group)>;
    detail::check_names<Group>();
    boost::pfr::for_each_field(
        group, [&](auto& member, std::size_t i) { visit(Group::group, Group::names[i], member); });
  });
}

// visit(group name, member name, member of a, member of b)
template <class A, class B, class Visit>
constexpr void for_each_member(A& a, B& b, Visit&& visit) {
  schema::for_each_group(a, b, [&](auto& left, auto& right) {
    using Group = std::remove_cvref_t<decltype(left)>;
    detail::check_names<Group>();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (visit(Group::group, Group::names[I], boost::pfr::get<I>(left), boost::pfr::get<I>(right)),
       ...);
    }
    (std::make_index_sequence<Group::names.size()>{});
  });
}

}  // namespace tachyon
