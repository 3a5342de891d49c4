#include <string>
#include <type_traits>
#include <catch2/catch.hpp>

#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/members.hpp>

#include "layout/tables.hpp"

using namespace tachyon;
using namespace tachyon::layouts;

// Where the walk starts, in every version; each of these was seen in a running interpreter.
static_assert(cpython_3_11_x86_64::thread.cframe.offset == 56);
static_assert(cpython_3_11_x86_64::cframe.current_frame.offset == 8);
static_assert(cpython_3_12_x86_64::cframe.current_frame.offset == 0);
static_assert(cpython_3_13_x86_64::thread.current_frame.offset == 72);
static_assert(cpython_3_14_x86_64::thread.holds_gil.offset == 36);
static_assert(cpython_3_15_x86_64::thread.base_frame.offset == 80);
static_assert(cpython_3_11_x86_64::frame.executable.offset == 32);
static_assert(cpython_3_15_x86_64::frame.executable.offset == 0);

// Abilities are the presence of a member.
static_assert(cpython_3_11_x86_64::frame.is_entry.present());
static_assert(!cpython_3_12_x86_64::frame.is_entry.present());
static_assert(!cpython_3_13_x86_64::thread.cframe.present());
static_assert(!cpython_3_14_x86_64::frame.tlbc_index.present());
static_assert(cpython_3_14t_x86_64::frame.tlbc_index.present());
static_assert(!cpython_3_13t_x86_64::code.tlbc.present());
static_assert(cpython_3_13_x86_64::thread.status_holds_gil.mask == 0x20);
static_assert(!cpython_3_14_x86_64::thread.status_holds_gil.present());
static_assert(!cpython_3_13_x86_64::gil.enabled.present());
static_assert(cpython_3_13t_x86_64::gil.enabled.present());
static_assert(cpython_3_15_x86_64::interpreter.gc_frame.present());
static_assert(!cpython_3_13_x86_64::thread.asyncio_tasks_head.present());
static_assert(cpython_3_14_x86_64::thread.asyncio_tasks_head.offset == 880);

// Free threading makes the object header longer and moves the bits of a str.
static_assert(cpython_3_15t_x86_64::object.size == 32);
static_assert(cpython_3_15_x86_64::unicode.kind.mask == 0x1c);
static_assert(cpython_3_15t_x86_64::unicode.kind.mask == 0x700);
static_assert(cpython_3_13t_x86_64::unicode.kind.mask == 0x1c);

// A mutex is longer on aarch64; what stands before one is where it is on x86-64.
static_assert(cpython_3_15_aarch64::interpreter.code_object_generation.offset ==
              cpython_3_15_x86_64::interpreter.code_object_generation.offset + 16);
static_assert(cpython_3_15_aarch64::interpreter.gc_collecting ==
              cpython_3_15_x86_64::interpreter.gc_collecting);

// 3.15 numbered the states of generators anew.
static_assert(cpython_3_12_x86_64::states.executing.is(0));
static_assert(cpython_3_15_x86_64::states.executing.is(4));
static_assert(!cpython_3_15_x86_64::states.completed.present());
static_assert(cpython_3_13_x86_64::owners.frame_object.is(2));
static_assert(cpython_3_15_x86_64::owners.frame_object.is(2));

static_assert(cpython_3_13_x86_64::traits.executable_mask == ~std::uint64_t{0});
static_assert(cpython_3_14_x86_64::traits.executable_mask == ~std::uint64_t{3});
static_assert(cpython_3_14t_x86_64::traits.executable_mask == ~std::uint64_t{1});
static_assert(cpython_3_15t_x86_64::traits.executable_mask == ~std::uint64_t{3});
static_assert(cpython_3_14_x86_64::traits.popped_frames_are_cleared);
static_assert(!cpython_3_13_x86_64::traits.popped_frames_are_cleared);
static_assert(cpython_3_11_x86_64::traits.caller_stops_at_last_cache);
static_assert(cpython_3_12_x86_64::traits.instruction_is_previous);
static_assert(!cpython_3_12_x86_64::traits.caller_stops_at_last_cache);
static_assert(cpython_3_14_x86_64::traits.awaited_slot_back == 1);
static_assert(cpython_3_15_x86_64::traits.awaited_slot_back == 2);

TEST_CASE("all architectures have the same builds") {
  STATIC_REQUIRE(All_x86_64::size == All_aarch64::size);
  const auto x86 = describe_layouts(All_x86_64{});
  const auto arm = describe_layouts(All_aarch64{});
  for (std::size_t i = 0; i < x86.size(); ++i) {
    CHECK(x86[i].tag == arm[i].tag);
    CHECK(x86[i].version_hex == arm[i].version_hex);
    CHECK(x86[i].build.arch == Arch::x86_64);
    CHECK(arm[i].build.arch == Arch::aarch64);
  }
}

TEST_CASE("every offset is inside its struct and aligned") {
  test::for_each_layout([](auto layout) {
    INFO(std::string(decltype(layout)::tag) + " " + std::string(name_of(layout.build.arch)));
    std::uint32_t size = 0;
    for_each_member(layout, [&](std::string_view group, std::string_view name, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      INFO(std::string(group) + "." + std::string(name));
      if constexpr (detail::is_size<Member>) {
        size = member;
      } else if constexpr (detail::is_place<Member>) {
        if (!member.present()) return;
        CHECK(member.offset % Member{0}.end() == 0);
        // The fields of a thread that asyncio reads lie behind the public struct; the groups
        // without a struct of their own have no size.
        const bool behind =
            name.starts_with("asyncio_") || group == "line_data" || group == "dict_values";
        const bool flexible = std::is_same_v<Member, Start>;
        if (!behind) CHECK(member.offset + (flexible ? 0 : Member{0}.end()) <= size);
      }
    });
  });
}
