#include <tachyon/layout/verify.hpp>

#include <string>
#include <type_traits>
#include <vector>
#include <catch2/catch.hpp>

#include "layout/tables.hpp"

using namespace tachyon;
using test::as_table;
using test::recorded_3_15_2;

namespace {

using L15 = layouts::cpython_3_15_x86_64;

std::string chosen(const std::vector<std::uint64_t>& words) {
  const auto name =
      with_published_layout(layouts::All_x86_64{}, as_table(words), Arch::x86_64,
                            [](const auto& layout) -> Result<std::string> {
                              using L = std::remove_cvref_t<decltype(layout)>;
                              if constexpr (CompiledLayout<L>) {
                                return "compiled " + std::string(L::tag);
                              } else {
                                return "published 3." + std::to_string(layout.build.minor);
                              }
                            });
  return name ? *name : "error " + std::to_string(static_cast<int>(name.error().code));
}

}  // namespace

TEST_CASE("a target that agrees gets the compiled layout") {
  CHECK(chosen({recorded_3_15_2.begin(), recorded_3_15_2.end()}) == "compiled 3.15.2");
  CHECK(chosen(test::table_of(layouts::cpython_3_13t_x86_64{})) == "compiled 3.13.5t");
}

TEST_CASE("another patch release with the same places gets it too") {
  std::vector<std::uint64_t> words{recorded_3_15_2.begin(), recorded_3_15_2.end()};
  words[1] = 0x030f09f0;
  CHECK(chosen(words) == "compiled 3.15.2");
}

TEST_CASE("a target that differs gets its own layout") {
  auto other = as_published(L15{});
  other.code.qualname.offset = 136;
  other.code.linetable.offset = 128;
  CHECK(chosen(test::table_of(other, L15::published_map)) == "published 3.15");
}

TEST_CASE("an unknown minor version gets its own layout") {
  auto newer = as_published(L15{});
  newer.version_hex = 0x031000f0;
  CHECK(chosen(test::table_of(newer, L15::published_map)) == "published 3.16");
}

TEST_CASE("differences have names") {
  auto other = as_published(L15{});
  other.frame.owner.offset = 75;
  other.frame.tlbc_index.offset = 72;
  other.thread.holds_gil = {};
  other.thread.size += 8;
  std::vector<std::string> found;
  for_each_difference(as_published(L15{}), other, [&](const LayoutDifference& d) {
    found.push_back(std::string(d.group) + "." + std::string(d.member) + " " +
                    std::to_string(d.compiled) + " " + std::to_string(d.published));
  });
  CHECK(found == std::vector<std::string>{"thread.holds_gil 36 4294967295",
                                          "frame.tlbc_index 4294967295 72", "frame.owner 74 75"});
}

TEST_CASE("one loop reaches every member with its name") {
  std::string json = "{";
  std::string last;
  constexpr L15 layout{};
  for_each_member(layout, [&](std::string_view group, std::string_view name, const auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (detail::is_place<Member>) {
      if (group != "chunk" || !member.present()) return;
      json +=
          (last.empty() ? "\"" : ",\"") + std::string(name) + "\":" + std::to_string(member.offset);
      last = name;
    }
  });
  CHECK(json + "}" == R"({"previous":0,"bytes":8,"top":16,"data":24})");
}
