#include <tachyon/sampler/gil_prediction.hpp>

#include <catch2/catch.hpp>

#include "support/every_layout.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

// Two threads of one interpreter, and its GIL as the roster sees it.
struct UnderOneGil {
  explicit UnderOneGil(const PublishedLayout& layout)
      : fake{layout}, at{fake.interpreter(0)}, gil{fake.gil_of(at)} {
    interpreter.at = at;
    interpreter.main = true;
    interpreter.gil = gil;
  }
  KnownThread<PublishedLayout> thread(std::uint64_t tid) {
    const test::FakeThread made = fake.thread(at, tid, 0x7f0000000000 + tid);
    return {ThreadReader<PublishedLayout>{fake.layout(), made.at, at}, 0};
  }
  void take_gil(Address holder, std::uint64_t switches) {
    const auto& g = fake.layout().gil;
    fake.put(gil, g.locked, 1);
    fake.put(gil, g.last_holder, holder);
    fake.put(gil, g.switch_number, switches);
    fake.put(gil, g.enabled, 1);
    REQUIRE(interpreter.gil_copy.fetch(fake.image, gil, fake.layout()));
  }

  test::FakeInterpreter fake;
  Address at;
  Address gil;
  KnownInterpreter interpreter{};
};

}  // namespace

TEST_CASE("gil prediction: who has not had the GIL since cannot have moved") {
  test::every_layout([](const PublishedLayout& layout) {
    UnderOneGil two{layout};
    auto a = two.thread(100), b = two.thread(101);
    const GilPrediction<PublishedLayout> rules{layout};
    CHECK_FALSE(rules.works(1));
    if (!rules.works(2)) return;  // it has no GIL that counts

    two.take_gil(b.reader.at(), 17);
    CHECK_FALSE(rules.is_frozen(a, two.interpreter));  // its stack was never read
    rules.note(a, two.interpreter);
    rules.note(b, two.interpreter);
    CHECK(rules.is_frozen(a, two.interpreter));
    CHECK_FALSE(rules.is_frozen(b, two.interpreter));  // it has the GIL

    // It was taken and given back meanwhile.
    two.take_gil(b.reader.at(), 19);
    CHECK_FALSE(rules.is_frozen(a, two.interpreter));
    // The runtime says that it runs.
    two.take_gil(b.reader.at(), 17);
    two.interpreter.running = a.reader.at();
    CHECK_FALSE(rules.is_frozen(a, two.interpreter));
  });
}

TEST_CASE("gil prediction: a GIL whose holder is held is held") {
  test::every_layout([](const PublishedLayout& layout) {
    UnderOneGil two{layout};
    auto a = two.thread(100), b = two.thread(101);
    const GilPrediction<PublishedLayout> rules{layout};
    if (!rules.works(2)) return;
    two.take_gil(b.reader.at(), 17);
    CHECK(rules.is_held_still(two.interpreter, {.thread = b.reader.at()}));
    CHECK_FALSE(rules.is_held_still(two.interpreter, {.thread = a.reader.at()}));
    two.fake.put(two.gil, layout.gil.locked, 0);
    REQUIRE(two.interpreter.gil_copy.fetch(two.fake.image, two.gil, layout));
    CHECK_FALSE(rules.is_held_still(two.interpreter, {.thread = b.reader.at()}));
  });
}

TEST_CASE("gil prediction: a GIL that is switched off freezes no thread") {
  test::every_layout([](const PublishedLayout& layout) {
    const GilPrediction<PublishedLayout> rules{layout};
    if (!rules.works(2) || !layout.gil.enabled.present()) return;
    UnderOneGil two{layout};
    auto a = two.thread(100), b = two.thread(101);
    two.take_gil(b.reader.at(), 17);
    rules.note(a, two.interpreter);
    REQUIRE(rules.is_frozen(a, two.interpreter));
    two.fake.put(two.gil, layout.gil.enabled, 0);
    REQUIRE(two.interpreter.gil_copy.fetch(two.fake.image, two.gil, layout));
    CHECK_FALSE(rules.is_frozen(a, two.interpreter));
    CHECK_FALSE(rules.is_held_still(two.interpreter, {.thread = b.reader.at()}));
  });
}

TEST_CASE("gil prediction: a thread waits for the GIL when its futex lies in it") {
  const PublishedLayout& layout = published_form<layouts::cpython_3_12_x86_64>;
  UnderOneGil two{layout};
  auto a = two.thread(100);
  const GilPrediction<PublishedLayout> rules{layout};
  CHECK(rules.waits(a, two.interpreter, two.gil));
  CHECK(rules.waits(a, two.interpreter, two.gil + (layout.gil.size - 1)));
  CHECK_FALSE(rules.waits(a, two.interpreter, two.gil + layout.gil.size));
  CHECK_FALSE(rules.waits(a, two.interpreter, Address{}));
  two.interpreter.main = false;  // the same kernel thread, in an interpreter where it has no frames
  CHECK_FALSE(rules.waits(a, two.interpreter, two.gil));
}
