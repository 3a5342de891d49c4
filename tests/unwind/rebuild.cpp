#include <tachyon/unwind/rebuild.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "fake_interpreter.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;
using Names = std::vector<std::string>;

namespace {

// main, a generator, and a function that C code called.
struct Rebuilt {
  explicit Rebuilt(const PublishedLayout& given)
      : layout{given}, fake{given}, thread{fake.thread(fake.interpreter(0), 100, 0x7fff12345678)} {
    maker.codes().set_code_type(fake.site.objects.code_type);
    if (layout.thread.base_frame.present()) base = thread.current;
    const test::FakeCode one = fake.code(u"main", u"a.py", 1);
    const test::FakeCode two = fake.code(u"steps", u"a.py", 10);
    const test::FakeCode three = fake.code(u"hook", u"a.py", 20);
    fake.enter(thread);
    main = fake.push(thread, one, one.iterate);
    steps = fake.push(thread, two, two.call, true);
    fake.enter(thread);
    hook = fake.push(thread, three, three.end);
  }
  Rebuild::From from() const { return {thread.chunk, thread.current, base, 0}; }
  Result<std::uint64_t> read_whole(bool still = false) {
    return rebuild.read_whole(fake.image, layout, maker, from(), still, chain);
  }
  Names names() {
    std::vector<FrameId> frames;
    const Tables& all = tables.unguarded();
    all.frames.frames_of(chain.stack(), frames);
    Names out;
    for (const FrameId frame : frames) out.push_back(std::string{all.frames.name_of(frame)});
    return out;
  }
  void put_previous(Address frame, Address to) { fake.put(frame, layout.frame.previous, to); }

  PublishedLayout layout;
  test::FakeInterpreter fake;
  test::FakeThread thread;
  SharedTables tables{};
  ChainMaker<PublishedLayout> maker{layout, tables, {}};
  Rebuild rebuild{};
  Chain chain{};
  Address base{}, main{}, steps{}, hook{};
};

const Names everything{"main", "steps", "hook"};

}  // namespace

TEST_CASE("rebuild: the whole stack as links", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    Rebuilt thread{layout};
    const auto size = thread.read_whole();
    REQUIRE(size);
    CHECK(*size == 16384);
    CHECK(thread.names() == everything);
    CHECK(thread.chain.top().at == thread.hook);
    CHECK(thread.chain.top().on_data_stack);
    CHECK(thread.chain.top().from_c);
    for (std::size_t i = 0; i < thread.chain.size(); ++i) {
      if (thread.chain[i].at == thread.steps) CHECK(!thread.chain[i].on_data_stack);
    }
  });
}

TEST_CASE("rebuild: a thread without frames, or a chunk without a size, is none", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    Rebuilt thread{layout};
    Rebuild::From from = thread.from();
    from.current = {};
    Chain chain;
    CHECK(!thread.rebuild.read_whole(thread.fake.image, layout, thread.maker, from, false, chain));
    from = thread.from();
    from.chunk = {};
    CHECK(!thread.rebuild.read_whole(thread.fake.image, layout, thread.maker, from, false, chain));
    thread.fake.put(thread.thread.chunk, layout.chunk.bytes, ChunkCopies::most_bytes + 8);
    CHECK(!thread.read_whole());
    thread.fake.put(thread.thread.chunk, layout.chunk.bytes, 8);
    CHECK(!thread.read_whole());
    CHECK(chain.empty());
  });
}

// A rule that is broken twice in the same way is wrong; the thread may also be known to stand.
TEST_CASE("rebuild: what breaks the rules is read twice", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    Rebuilt thread{layout};
    const test::FakeCode gap = thread.fake.code(u"gap", u"a.py", 30);
    thread.thread.next = thread.thread.next + 64;
    thread.fake.push(thread.thread, gap, gap.end);
    CHECK(thread.read_whole().error().code == Errc::torn);
    CHECK(thread.read_whole());
    CHECK(thread.names() == Names{"main", "steps", "hook", "gap"});
    Rebuilt other{layout};
    other.thread.next = other.thread.next + 64;
    const test::FakeCode same = other.fake.code(u"gap", u"a.py", 30);
    other.fake.push(other.thread, same, same.end);
    CHECK(other.read_whole(true));
  });
}

TEST_CASE("rebuild: a part of a stack, and why it is no more", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    Rebuilt thread{layout};
    const auto part = [&] {
      return thread.rebuild.read_partial(thread.fake.image, layout, thread.maker, thread.from(),
                                         thread.chain);
    };
    CHECK(part().code == Errc::torn);  // nothing ended it but the looks that failed
    CHECK(thread.names() == everything);
    thread.put_previous(thread.steps, {8});
    CHECK(part().code == Errc::unreadable);
    CHECK(thread.names() == Names{"steps", "hook"});
    CHECK(!thread.read_whole());
    thread.fake.put(thread.steps, layout.frame.executable, thread.fake.none());
    CHECK(part().code == Errc::bad_value);
    CHECK(thread.names() == Names{"hook"});
  });
}

TEST_CASE("rebuild: parents are read again", "[scan]") {
  test::every_layout([](const PublishedLayout& layout) {
    Rebuilt thread{layout};
    REQUIRE(thread.read_whole());
    const auto right = [&](std::size_t end) {
      return thread.rebuild.recheck_parents(thread.fake.image, layout, thread.thread.chunk,
                                            thread.chain, end);
    };
    const std::size_t all = thread.chain.size();
    CHECK(right(all));
    thread.put_previous(thread.hook, {8});
    CHECK(!right(all));
    CHECK(right(all - 1));
    thread.put_previous(thread.steps, {8});
    CHECK(!right(all - 1));
    // Where the data stack cannot be read, nothing is known against them.
    thread.fake.put(thread.thread.chunk, layout.chunk.bytes, 8);
    CHECK(right(all));
  });
}
