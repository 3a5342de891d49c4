#include <array>
#include <span>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/sampler/dump.hpp>
#include <tachyon/sampler/strategy.hpp>
#include <tachyon/target/thread_wait.hpp>

#include "layout/tables.hpp"
#include "support/every_layout.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

using test::FakeCode;
using test::FakeInterpreter;
using test::FakeThread;

constexpr std::uint64_t main_id = 0x7fff12345678, worker_id = 0x7ffe00000700;

struct ShownThread {
  std::vector<std::string> frames{};  // name:line
  Status status{};
  std::string name{};
  bool main = false;
  std::uint32_t interpreter = 0;
  Errc problem{};
};

template <class R>
std::vector<ShownThread> look_by(R& reading, FakeInterpreter& fake, test::FakeHost& host,
                                 DumpOptions options = {}) {
  SharedTables tables;
  options.frames.all_threads = true;
  const auto dump = take_dump(fake.layout(), fake.image, host, reading, fake.site, tables, options);
  REQUIRE(dump);
  const Tables& all = tables.unguarded();
  std::vector<ShownThread> out;
  for (const DumpedThread& thread : dump->threads) {
    const Thread& facts = all.threads[thread.thread];
    ShownThread shown{{},         thread.status,     facts.python_name,
                      facts.main, facts.interpreter, thread.problem.code};
    for (const DumpedFrame& one : thread.frames) {
      const int line = all.frames[one.frame].location.line;
      shown.frames.push_back(std::string{all.frames.name_of(one.frame)} +
                             (line > 0 ? ":" + std::to_string(line) : std::string{}));
    }
    out.push_back(shown);
  }
  return out;
}

std::vector<ShownThread> look(FakeInterpreter& fake, test::FakeHost& host,
                              DumpOptions options = {}) {
  StillStrategy reading;
  options.tries = 3;
  return look_by(reading, fake, host, options);
}

// A thread that cannot be read for a while: it was taken off its CPU between two words of a change,
// or it is always amid some change.
class BusyStrategy : public FastStrategy {
 public:
  BusyStrategy(FakeInterpreter& fake, FakeThread& thread, std::uint64_t busy, bool moves)
      : fake_{fake},
        thread_{thread},
        frame_{thread.current},
        over_{monotonic_now() + busy},
        moves_{moves} {
    const Address word = fake.layout().frame.executable.at(frame_);
    code_ = read_value<Address>(fake.image, word).value();
    REQUIRE(fake.image.store(word, Address{0x10}));
  }
  Result<void> begin() {
    const bool over = monotonic_now() >= over_;
    if (over) REQUIRE(fake_.image.store(fake_.layout().frame.executable.at(frame_), code_));
    if (moves_) {
      const bool away = !over && thread_.current == frame_;
      fake_.set_current(thread_, away ? frame_ + 8 : frame_);
    }
    return {};
  }

 private:
  FakeInterpreter& fake_;
  FakeThread& thread_;
  Address frame_;
  Address code_{};
  std::uint64_t over_;
  bool moves_;
};

using test::every_layout;
using Frames = std::vector<std::string>;

// A program that goes on whenever the values of one of its frames are read.
struct Moving {
  Image& image;
  Address values;  // of the frame
  Address word;    // what changes
  std::array<Address, 2> turns;
  unsigned reads = 0;

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    if (at == values) (void)image.store(word, turns[++reads % 2]);
    return image.read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    return image.read_many(ranges);
  }
};
static_assert(Memory<Moving>);

}  // namespace

TEST_CASE("dump: a constructed interpreter of every layout") {
  every_layout([](const PublishedLayout& layout) {
    FakeInterpreter fake{layout};
    const Address interpreter = fake.interpreter(0);
    const FakeCode module = fake.code(u"<module>", u"/srv/shop.py", 1);
    const FakeCode total = fake.code(u"Shop.total", u"/srv/shop.py", 10);
    const FakeCode key = fake.code(u"kéy", u"/srv/shop.py", 20);
    const FakeCode numbers = fake.code(u"数", u"/srv/shop.py", 30);
    const FakeCode leaf = fake.code(u"leaf", u"/srv/shop.py", 40);

    FakeThread main = fake.thread(interpreter, 100, main_id);
    fake.main_thread(interpreter, main, main_id);
    fake.enter(main);
    fake.push(main, module, module.call);
    fake.push(main, total, total.call);
    fake.enter(main);
    fake.push(main, key, key.iterate);
    fake.push(main, numbers, numbers.call, true);
    fake.push(main, leaf, leaf.end);

    FakeThread worker = fake.thread(interpreter, 101, worker_id);
    worker.copy = layout.frame.tlbc_index.present() ? 1 : 0;
    fake.enter(worker);
    fake.push(worker, total, total.call);
    fake.push(worker, leaf, leaf.call);

    fake.thread(interpreter, 102, 0x1234);  // runs no Python

    test::FakeHost host;
    const auto threads = look(fake, host);
    REQUIRE(threads.size() == 3);
    CHECK(threads[0].frames == Frames{"<module>:2", "Shop.total:11", "kéy:22", "数:31", "leaf:43"});
    CHECK(threads[0].main);
    CHECK(has(threads[0].status, Status::main_thread));
    CHECK(threads[1].frames == Frames{"Shop.total:11", "leaf:41"});
    CHECK_FALSE(threads[1].main);
    CHECK(threads[2].frames.empty());
    for (const ShownThread& thread : threads) CHECK(thread.problem == Errc::ok);

    DumpOptions native;
    native.frames.native = true;
    CHECK(look(fake, host, native)[0].frames == Frames{"<native>", "<module>:2", "Shop.total:11",
                                                       "<native>", "kéy:22", "数:31", "leaf:43"});
  });
}

TEST_CASE("dump: one thread that cannot be read spoils no other") {
  every_layout([](const PublishedLayout& layout) {
    FakeInterpreter fake{layout};
    const Address interpreter = fake.interpreter(0);
    const FakeCode module = fake.code(u"<module>", u"a.py", 1);
    const FakeCode leaf = fake.code(u"leaf", u"a.py", 40);
    FakeThread main = fake.thread(interpreter, 100, main_id);
    fake.main_thread(interpreter, main, main_id);
    fake.enter(main);
    fake.push(main, module, module.end);

    FakeThread broken = fake.thread(interpreter, 101, worker_id);
    fake.enter(broken);
    const Address bottom = fake.push(broken, module, module.call);
    fake.push(broken, leaf, leaf.end);
    fake.put(bottom, layout.frame.executable, fake.none());

    FakeThread waiting = fake.thread(interpreter, 102, 3);
    waiting.copy = layout.frame.tlbc_index.present() ? 2 : 0;  // no copy for it was made yet
    fake.enter(waiting);
    fake.push(waiting, module, module.end);

    test::FakeHost host;
    const auto threads = look(fake, host);
    REQUIRE(threads.size() == 3);
    CHECK(threads[0].frames == Frames{"<module>:4"});
    CHECK(threads[0].problem == Errc::ok);
    CHECK(threads[1].problem != Errc::ok);
    CHECK(threads[1].frames == Frames{"leaf:43"});
    CHECK((threads[2].problem != Errc::ok) == layout.frame.tlbc_index.present());
  });
}

// One that has yielded has no caller any more, one that is being resumed has none yet. Where C code
// runs one and nothing is below it, only 3.11 leaves no entry.
TEST_CASE("dump: a generator is no outermost frame, but where C code runs it") {
  every_layout([](const PublishedLayout& layout) {
    for (const bool runs : {false, true}) {
      FakeInterpreter fake{layout};
      const Address interpreter = fake.interpreter(0);
      const FakeCode module = fake.code(u"<module>", u"a.py", 1);
      const FakeCode chain = fake.code(u"chain", u"a.py", 10);
      FakeThread main = fake.thread(interpreter, 100, main_id);
      fake.main_thread(interpreter, main, main_id);
      fake.enter(main);
      fake.push(main, module, module.iterate);
      (void)fake.allocate(256);  // the head of the object that the frame is in
      const Address generator = fake.push(main, chain, chain.call, true);
      fake.push(main, fake.code(u"leaf", u"a.py", 20), chain.end);
      const auto& states = layout.states;
      fake.put(generator, layout.frame.previous, Address{});
      fake.put(Address{generator.value - layout.generator.frame.offset},
               layout.generator.frame_state,
               runs ? states.executing.number : states.suspended.number);

      test::FakeHost host;
      const auto threads = look(fake, host);
      REQUIRE(threads.size() == 1);
      CHECK(threads[0].frames == Frames{"chain:11", "leaf:23"});
      CHECK((threads[0].problem == Errc::ok) == (runs && !layout.traits.has_shims));
    }
  });
}

TEST_CASE("dump: a thread amid a change is waited for, longer while it moves") {
  every_layout([](const PublishedLayout& layout) {
    for (const bool moves : {false, true}) {
      FakeInterpreter fake{layout};
      const Address interpreter = fake.interpreter(0);
      const FakeCode module = fake.code(u"<module>", u"a.py", 1);
      FakeThread main = fake.thread(interpreter, 100, main_id);
      fake.main_thread(interpreter, main, main_id);
      fake.enter(main);
      fake.push(main, module, module.end);

      test::FakeHost host;
      const std::uint64_t busy = moves ? 50'000'000 : 10'000'000;
      BusyStrategy reading{fake, main, busy, moves};
      const auto threads = look_by(reading, fake, host);
      REQUIRE(threads.size() == 1);
      CHECK(threads[0].problem == Errc::ok);
      CHECK(threads[0].frames == Frames{"<module>:4"});
    }
  });
}

// What is shown of a running program's variables was so at one moment, in the frames that are
// shown.
TEST_CASE("dump: values that change while they are read are left out") {
  every_layout([](const PublishedLayout& layout) {
    for (const bool caller_goes_on : {false, true}) {
      FakeInterpreter fake{layout};
      const Address interpreter = fake.interpreter(0);
      const FakeCode module = fake.code(u"<module>", u"a.py", 1);
      const FakeCode leaf = fake.code(u"leaf", u"a.py", 10);
      const Address names = fake.object(fake.type("tuple", 0));
      fake.put(names, layout.var_object.count, 3);
      for (std::uint64_t i = 0; i < 3; ++i) {
        const char16_t name[] = {static_cast<char16_t>(u'a' + i), 0};
        fake.put_word(layout.tuple.items.at(names) + i * 8, fake.text(name).value);
      }
      for (const FakeCode& code : {module, leaf}) {
        fake.put(code.at, layout.code.localsplusnames, names);
      }
      FakeThread main = fake.thread(interpreter, 100, main_id);
      fake.main_thread(interpreter, main, main_id);
      fake.enter(main);
      const Address outer = fake.push(main, module, module.call);
      const Address inner = fake.push(main, leaf, leaf.end);
      const Address one = fake.integer(1), two = fake.integer(2);
      const auto local = [&](Address frame, std::uint64_t i) {
        return layout.frame.localsplus.at(frame) + i * 8;
      };
      for (const Address frame : {outer, inner}) {
        REQUIRE(fake.image.store(local(frame, 0), one));
        REQUIRE(fake.image.store(local(frame, 1), two));
      }
      Moving moving{fake.image, local(inner, 0), local(inner, 1), {one, two}};
      if (caller_goes_on) {
        // To another unit of the same call.
        moving.word = layout.frame.instruction.at(outer);
        const Address before = read_value<Address>(fake.image, moving.word).value();
        const bool last = layout.traits.caller_stops_at_last_cache;
        moving.turns = {before, last ? before - std::uint64_t{2} : before + 2};
      }
      test::FakeHost host;
      FastStrategy reading;
      SharedTables tables;
      DumpOptions options;
      options.locals = true;
      const auto dump = take_dump(layout, moving, host, reading, fake.site, tables, options);
      REQUIRE(dump);
      REQUIRE(dump->threads.size() == 1);
      const auto& frames = dump->threads[0].frames;
      REQUIRE(frames.size() == 2);
      const std::vector<LocalVariable> whole{{"a", "1"}, {"b", "2"}};
      const std::vector<LocalVariable> part{{"a", "1"}};
      const std::vector<LocalVariable> none{};
      CHECK(frames[0].locals == (caller_goes_on ? none : whole));
      CHECK(frames[0].locals_changed == caller_goes_on);
      CHECK(frames[1].locals == (caller_goes_on ? none : part));
      CHECK(frames[1].locals_changed);
    }
  });
}

TEST_CASE("dump: who holds the GIL, who waits, who handles an exception, who collects") {
  every_layout([](const PublishedLayout& layout) {
    FakeInterpreter fake{layout};
    const Address interpreter = fake.interpreter(0);
    const FakeCode module = fake.code(u"<module>", u"a.py", 1);
    FakeThread main = fake.thread(interpreter, 100, main_id);
    fake.main_thread(interpreter, main, main_id);
    FakeThread worker = fake.thread(interpreter, 101, worker_id);
    FakeThread sleeper = fake.thread(interpreter, 102, 3);
    for (FakeThread* thread : {&main, &worker, &sleeper}) {
      fake.enter(*thread);
      fake.push(*thread, module, module.end);
    }
    const Address gil = fake.gil_of(interpreter);
    fake.put(gil, layout.gil.enabled, 1);
    fake.put(gil, layout.gil.locked, 1);
    fake.put(gil, layout.gil.last_holder, Address{0x4444});  // in 3.11 perhaps of the past
    if (!layout.runtime.gilstate_tstate_current.present()) {
      fake.put(gil, layout.gil.last_holder, worker.at);
    }
    fake.put(fake.site.runtime, layout.runtime.gilstate_tstate_current, worker.at);
    fake.put(worker.at, layout.thread.holds_gil, 1);
    fake.put(worker.at, layout.thread.status_holds_gil, 1);
    test::FakeHost host;
    host.futexes[100] = gil + (layout.gil.size - 8);
    host.futexes[102] = gil + layout.gil.size;

    // A handler inside a generator: the item of the thread itself is empty.
    const Address item = fake.allocate(64);
    fake.put(item, layout.err_item.value, Address{0x1000});
    fake.put(item, layout.err_item.previous, layout.thread.exc_state.at(sleeper.at));
    fake.put(sleeper.at, layout.thread.exc_info, item);

    auto threads = look(fake, host);
    REQUIRE(threads.size() == 3);
    CHECK_FALSE(has(threads[0].status, Status::has_gil));
    CHECK(has(threads[1].status, Status::has_gil));
    CHECK_FALSE(has(threads[2].status, Status::has_gil));
    CHECK(has(threads[0].status, Status::gil_requested));
    CHECK_FALSE(has(threads[1].status, Status::gil_requested));
    CHECK_FALSE(has(threads[2].status, Status::gil_requested));
    CHECK_FALSE(has(threads[1].status, Status::has_exception));
    CHECK(has(threads[2].status, Status::has_exception));

    fake.put(interpreter, layout.interpreter.gc_collecting, 1);
    fake.put(interpreter, layout.interpreter.gc_frame, worker.current);
    threads = look(fake, host);
    CHECK(threads[1].frames == Frames{"<module>:4", "<GC>"});
    CHECK(has(threads[1].status, Status::in_gc));
    CHECK(threads[0].frames == Frames{"<module>:4"});
    CHECK(threads[2].frames == Frames{"<module>:4"});
  });
}

TEST_CASE("dump: names that only Python knows") {
  every_layout([](const PublishedLayout& layout) {
    FakeInterpreter fake{layout};
    const Address interpreter = fake.interpreter(0);
    fake.thread(interpreter, 100, main_id);
    fake.thread(interpreter, 101, worker_id);
    fake.thread(interpreter, 102, 3);
    const auto& kinds = layout.keys_kinds;
    const Address target = fake.text(u"_target"), name = fake.text(u"_name");
    const auto thread_object = [&](std::u16string_view called, bool with_dict) {
      return fake.instance({{target, fake.none()}, {name, fake.text(called)}}, with_dict);
    };
    const Address active = fake.dict({{fake.integer(main_id), thread_object(u"MainThread", false)},
                                      {fake.integer(worker_id), thread_object(u"Wörker ☃", true)}},
                                     kinds.general);
    const Address module = fake.object(fake.type("module", 0));
    fake.put(module, layout.module_object.dict,
             fake.dict({{fake.text(u"_limbo"), fake.none()}, {fake.text(u"_active"), active}},
                       kinds.unicode));
    fake.put(interpreter, layout.interpreter.imports_modules,
             fake.dict({{fake.text(u"sys"), fake.none()}, {fake.text(u"threading"), module}},
                       kinds.unicode));
    test::FakeHost host;
    const auto threads = look(fake, host);
    REQUIRE(threads.size() == 3);
    CHECK(threads[0].name == "MainThread");
    CHECK(threads[1].name == "Wörker ☃");
    CHECK(threads[2].name.empty());
  });
}

TEST_CASE("dump: sub-interpreters, the main one first") {
  every_layout([](const PublishedLayout& layout) {
    FakeInterpreter fake{layout};
    const Address first = fake.interpreter(0);
    const FakeCode module = fake.code(u"<module>", u"a.py", 1);
    const FakeCode inside = fake.code(u"inside", u"b.py", 1);
    FakeThread main = fake.thread(first, 100, main_id);
    fake.main_thread(first, main, main_id);
    fake.enter(main);
    fake.push(main, module, module.call);
    const Address second = fake.interpreter(1);
    FakeThread there = fake.thread(second, 100, main_id);
    fake.enter(there);
    fake.push(there, inside, inside.end);
    test::FakeHost host;
    const auto threads = look(fake, host);
    REQUIRE(threads.size() == 2);
    CHECK(threads[0].frames == Frames{"<module>:2"});
    CHECK(threads[0].interpreter == 0);
    CHECK(threads[1].frames == Frames{"inside:4"});
    CHECK(threads[1].interpreter == 1);
    CHECK_FALSE(threads[1].main);
  });
}

TEST_CASE("thread wait: what the kernel says a thread sleeps on") {
  const std::string futex = std::to_string(SYS_futex);
  CHECK(parse_futex_wait(futex + " 0x8d3b58 0x189 0x0 0x7ffd 0x0 0xffffffff 0x7f 0x7f") ==
        Address{0x8d3b58});
  CHECK(parse_futex_wait("running\n") == Address{});
  CHECK(parse_futex_wait("-1 0x7ffd 0x7f") == Address{});
  CHECK(parse_futex_wait("0 0x3 0x7fb446d98000 0x20000 0x0 0x0 0x0 0x7fff 0x7fb4") == Address{});
  CHECK(parse_futex_wait(futex) == Address{});
  CHECK(parse_futex_wait(futex + " 0x") == Address{});
  CHECK(parse_futex_wait("") == Address{});
}
