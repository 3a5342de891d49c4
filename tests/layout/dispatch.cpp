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
