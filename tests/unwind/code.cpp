#include <tachyon/unwind/code.hpp>

#include <cstdint>
#include <string>
#include <catch2/catch.hpp>

#include "layout/tables.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

// Free-threaded builds from 3.14 on give each thread a copy of the bytecode when it first runs it,
// under an index that another thread gets when this one has ended.
TEST_CASE("code: a thread's copy of the bytecode is kept until copies are forgotten") {
  test::for_each_layout([](auto compiled) {
    const PublishedLayout& layout = published_form<decltype(compiled)>;
    if (!layout.code.tlbc.present()) return;
    INFO(std::string(decltype(compiled)::tag));
    test::FakeInterpreter fake{layout};
    const test::FakeCode made = fake.code(u"work", u"a.py", 1);
    SharedTables tables;
    CodeCache<PublishedLayout> codes{layout, tables};
    codes.set_code_type(fake.site.objects.code_type);
    const auto code = codes.get(fake.image, made.at, 0);
    REQUIRE(code);
    const auto copy_of = [&](std::int32_t index) {
      return codes.bytecode_of(fake.image, **code, index);
    };
    const auto entry = [&](std::uint64_t index) {
      const Address entries = layout.tlbc_array.entries.at(made.copies);
      return read_value<Address>(fake.image, entries + index * 8).value();
    };

    CHECK(copy_of(0).value() == layout.code.bytecode.at(made.at));
    const Address first = entry(1);
    fake.copy_bytecode(made, 3);  // of a thread that has ended, and that is not asked for
    CHECK(copy_of(1).value() == first);
    CHECK(copy_of(2).error().code == Errc::torn);  // not made yet
    CHECK(copy_of(4).error().code == Errc::torn);  // beyond the array
    CHECK(copy_of(-1).error().code == Errc::bad_value);
    CHECK(copy_of(1 << 20).error().code == Errc::bad_value);

    // One that was made meanwhile is found.
    fake.copy_bytecode(made, 2);
    CHECK(copy_of(2).value() == entry(2));
    // So is one in place of a copy that was there when others were asked for.
    fake.copy_bytecode(made, 3);
    CHECK(copy_of(3).value() == entry(3));

    fake.copy_bytecode(made, 1);
    REQUIRE(entry(1) != first);
    CHECK(copy_of(1).value() == first);
    codes.forget_thread_copies();
    CHECK(copy_of(1).value() == entry(1));
    CHECK(copy_of(0).value() == layout.code.bytecode.at(made.at));
  });
}
