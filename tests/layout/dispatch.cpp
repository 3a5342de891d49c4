#include <tachyon/layout/dispatch.hpp>

#include <string>
#include <string_view>
#include <catch2/catch.hpp>

#include <tachyon/layout/published.hpp>

using namespace tachyon;

static_assert(Layout<PublishedLayout>);
static_assert(!CompiledLayout<PublishedLayout>);
static_assert(CompiledLayout<layouts::cpython_3_11_aarch64>);
static_assert(all_layouts.size() >= 8);

// What a version has that is not known is what the newest one before it has.
constexpr unsigned nearest_to(std::uint8_t minor, bool free_threaded = false) {
  const LayoutInfo* layout = nearest_layout({minor, free_threaded});
  return layout == nullptr ? 0 : layout->build.minor;
}
static_assert(nearest_to(13) == 13 && nearest_to(13, true) == 13);
static_assert(nearest_to(99) == all_layouts.back().build.minor);
static_assert(nearest_to(10) == 0 && nearest_to(12, true) == 0);
static_assert(!nearest_layout({13})->has_task_lists && nearest_layout({14})->has_task_lists);
static_assert(nearest_layout({99, true})->has_task_lists);

TEST_CASE("the visitor gets the layout of the build") {
  for (const LayoutInfo& info : describe_layouts(layouts::All_aarch64{})) {
    const auto tag = with_layout(
        layouts::All_aarch64{}, info.build,
        [](auto layout) -> Result<std::string> { return std::string(decltype(layout)::tag); });
    REQUIRE(tag.has_value());
    CHECK(*tag == info.tag);
  }
}

TEST_CASE("a build that is not compiled in is an unsupported version") {
  for (const BuildId id : {BuildId{10, false, native_arch}, BuildId{99, false, native_arch},
                           BuildId{12, true, native_arch}}) {
    int calls = 0;
    const auto outcome = with_layout(AllLayouts{}, id, [&](auto) -> Result<void> {
      ++calls;
      return {};
    });
    CHECK(outcome.error().code == Errc::unsupported_version);
    CHECK((outcome.error().at.value >> 16 & 0xff) == id.minor);
    CHECK(calls == 0);
  }
}

TEST_CASE("what the visitor returns comes back") {
  const auto outcome = with_layout(AllLayouts{}, all_layouts[0].build,
                                   [](auto) -> Result<int> { return Errc::torn; });
  CHECK(outcome.error().code == Errc::torn);
}
