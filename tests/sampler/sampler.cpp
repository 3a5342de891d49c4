#include <tachyon/sampler/sampler.hpp>

#include <sched.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/adaptive.hpp>
#include <tachyon/target/process.hpp>

#include "layout/tables.hpp"
#include "support/in_full.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

// What an interpreter says about itself is not asked for again for 50 us.
void let_it_age() { ::usleep(100); }

using test::FakeCode;
using test::FakeInterpreter;
using test::FakeThread;
using Names = std::vector<std::string>;

struct SeenStacks {
  SharedTables& tables;
  std::vector<Names> seen{};
  void add(const Sample& sample) {
    std::vector<FrameId> frames;
    const Tables& all = tables.unguarded();
    all.frames.frames_of(sample.stack, frames);
    Names names;
    for (const FrameId frame : frames) names.push_back(std::string{all.frames.name_of(frame)});
    seen.push_back(names);
  }
};

// Its threads are ours, for the kernel; the interpreter is made up.
struct OurThreads {
  Process self;
  test::FakeHost fake{};

  std::int32_t pid() const noexcept { return self.pid(); }
  std::int32_t ours(std::uint64_t inner) const noexcept { return fake.ours(inner); }
  std::string thread_name(std::int32_t task) const { return fake.thread_name(task); }
  Address futex_wait(std::int32_t) const noexcept { return {}; }
  Address asyncio_table() const noexcept { return {}; }
  std::unique_ptr<ThreadClock> clock(std::int32_t task) const {
    return std::make_unique<ThreadClock>(self.directory(), task);
  }
};
static_assert(Host<OurThreads>);

// Sleeps until it goes.
struct Sleeping {
  std::atomic<std::int32_t> number{0};
  std::atomic<bool> over{false};
  std::thread thread{[this] {
    number = static_cast<std::int32_t>(::syscall(SYS_gettid));
    number.notify_all();
    over.wait(false);
  }};

  Sleeping() { number.wait(0); }
  void end() {
    over = true;
    over.notify_all();
    if (thread.joinable()) thread.join();
  }
  ~Sleeping() { end(); }
};

// Runs until it goes.
struct Busy {
  std::atomic<std::int32_t> number{0};
  std::atomic<bool> over{false};
  std::thread thread{[this] {
    number = static_cast<std::int32_t>(::syscall(SYS_gettid));
    number.notify_all();
    while (!over) continue;
  }};

  Busy() { number.wait(0); }
  ~Busy() {
    over = true;
    thread.join();
  }
};

// Nothing can be read there for a while.
struct Settling {
  Image& image;
  unsigned failures;
  bool fails() noexcept { return failures != 0 && failures-- != 0; }
  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    if (fails()) return Error{Errc::unreadable, 0, at};
    return image.read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    if (fails()) return Errc::unreadable;
    return image.read_many(ranges);
  }
};
static_assert(Memory<Settling>);

constexpr const PublishedLayout& one_layout = published_form<layouts::cpython_3_13_x86_64>;

struct Everything {
  explicit Everything(const PublishedLayout& layout) : fake{layout} {
    interpreter = fake.interpreter(0);
    code = fake.code(u"loop", u"a.py", 1);
  }
  FakeThread add(std::uint64_t native_id) {
    FakeThread thread = fake.thread(interpreter, native_id, 0x7fff00000000 + ++threads * 4096);
    fake.enter(thread);
    fake.push(thread, code, code.call);
    return thread;
  }
  SamplerOptions options() const {
    SamplerOptions all;
    all.all_threads = true;
    return all;
  }

  FakeInterpreter fake;
  Address interpreter{};
  FakeCode code{};
  std::uint64_t threads = 0;
  SharedTables tables{};
};

// One thread in one interpreter, of any layout; what it runs is up to the test.
struct OneThread {
  explicit OneThread(const PublishedLayout& layout)
      : fake{layout},
        interpreter{fake.interpreter(0)},
        main{fake.thread(interpreter, 100, 0x7fff12345678)} {
    fake.main_thread(interpreter, main, 0x7fff12345678);
  }

  FakeInterpreter fake;
  Address interpreter;
  FakeThread main;
};

template <Memory M>
using Plain = Sampler<PublishedLayout, M, test::FakeHost, mode::Wall, FastStrategy>;

// A frame that is something else in one read and what it was in the next.
struct ForgedFrame {
  Image& image;
  Address kind;
  std::uint8_t honest, forged;
  std::uint64_t when = 0;  // a bit a read
  bool over = false;

  void turn() {
    when = when >> 1 | when << 63;
    (void)image.store(kind, (when & 1) != 0 && !over ? forged : honest);
  }
  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    turn();
    return image.read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    turn();
    return image.read_many(ranges);
  }
};
static_assert(Memory<ForgedFrame>);

// --mode cpu of a program whose only thread sleeps.
struct OnCpu {
  OurThreads host{Process::open(::getpid()).value()};
  Everything all{one_layout};
  Sleeping sleeping{};
  FastStrategy reading{};
  std::optional<Sampler<PublishedLayout, Image, OurThreads, mode::Cpu, FastStrategy>> sampler{};

  OnCpu() {
    all.add(static_cast<std::uint64_t>(sleeping.number));
    sampler.emplace(all.fake.layout(), all.fake.image, reading, host, all.fake.site, all.tables,
                    all.options());
    REQUIRE(sampler->start());
  }
  // Samples of so many ticks.
  std::size_t seen_in(int ticks, useconds_t apart) {
    SeenStacks stacks{all.tables};
    for (int i = 0; i < ticks; ++i) {
      ::usleep(apart);
      REQUIRE(sampler->tick(stacks, 0, 0));
    }
    return stacks.seen.size();
  }
  // The same once it is not 0: on a busy machine a thread that computes may wait for its CPU.
  std::size_t comes_to_be_seen(int ticks, useconds_t apart) {
    std::size_t seen = 0;
    for (int i = 0; i < 5'000 && seen == 0; ++i) seen = seen_in(ticks, apart);
    return seen;
  }
};

}  // namespace

// What goes wrong with a thread costs the look its certainty, never the run.
TEST_CASE("sampler: threads that have ended or not begun are not sat beside") {
  auto self = Process::open(::getpid());
  REQUIRE(self);
  OurThreads host{std::move(*self)};
  for (const auto choice : {AdaptiveStrategy::Choice::exact, AdaptiveStrategy::Choice::automatic,
                            AdaptiveStrategy::Choice::fast}) {
    Everything all{one_layout};
    Sleeping brief;
    brief.end();
    all.add(static_cast<std::uint64_t>(brief.number));
    all.add(0);
    AdaptiveStrategy reading{choice};
    Sampler<PublishedLayout, Image, OurThreads, mode::Wall, AdaptiveStrategy> sampler{
        all.fake.layout(), all.fake.image, reading, host, all.fake.site, all.tables, all.options()};
    REQUIRE(sampler.start());
    SeenStacks stacks{all.tables};
    for (int i = 0; i < 20; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
    CHECK(stacks.seen.size() == 40);
    CHECK(sampler.quality().by_strategy[Strategy::fast] == 40);
    CHECK(sampler.quality().given_up == 0);

    // Beside one that lives there is a place.
    Sleeping sleeping;
    all.add(static_cast<std::uint64_t>(sleeping.number));
    let_it_age();
    for (int i = 0; i < 20; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
    CHECK(sampler.quality().given_up == 0);
    const std::uint64_t exact = sampler.quality().by_strategy[Strategy::exact];
    if (choice == AdaptiveStrategy::Choice::exact) CHECK(exact > 0);
    if (choice == AdaptiveStrategy::Choice::fast) CHECK(exact == 0);
    // It ends while it is followed.
    const std::uint64_t before = sampler.quality().by_strategy[Strategy::exact];
    sleeping.end();
    for (int i = 0; i < 20; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
    CHECK(sampler.quality().by_strategy[Strategy::exact] == before);
    CHECK(sampler.quality().given_up == 0);
  }
}

TEST_CASE("sampler: a thread on a CPU that we may not use is read fast") {
  cpu_set_t usable, ours, theirs;
  REQUIRE(::sched_getaffinity(0, sizeof usable, &usable) == 0);
  CPU_ZERO(&ours);
  CPU_ZERO(&theirs);
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &usable)) continue;
    if (CPU_COUNT(&ours) == 0) {
      CPU_SET(cpu, &ours);
    } else if (CPU_COUNT(&theirs) == 0) {
      CPU_SET(cpu, &theirs);
    }
  }
  if (CPU_COUNT(&theirs) == 0) {
    WARN("skipped: there is one CPU here");
    return;
  }
  Busy busy;
  CHECK(::sched_setaffinity(busy.number, sizeof theirs, &theirs) == 0);
  auto self = Process::open(::getpid());
  REQUIRE(self);
  OurThreads host{std::move(*self)};
  Everything all{one_layout};
  all.add(static_cast<std::uint64_t>(busy.number.load()));
  CHECK(::sched_setaffinity(0, sizeof ours, &ours) == 0);
  {
    AdaptiveStrategy reading{AdaptiveStrategy::Choice::exact};
    Sampler<PublishedLayout, Image, OurThreads, mode::Wall, AdaptiveStrategy> sampler{
        all.fake.layout(), all.fake.image, reading, host, all.fake.site, all.tables, all.options()};
    CHECK(sampler.start());
    SeenStacks stacks{all.tables};
    const auto look = [&] {
      return sampler.tick(stacks, monotonic_now() + 100'000, 0).has_value();
    };
    for (int i = 0; i < 50; ++i) CHECK(look());
    CHECK(sampler.quality().given_up == 0);
    CHECK(sampler.quality().by_strategy[Strategy::fast] == 50);
    // It comes to where we may go.
    CHECK(::sched_setaffinity(busy.number, sizeof ours, &ours) == 0);
    for (int i = 0; i < 50; ++i) CHECK(look());
    CHECK(sampler.quality().by_strategy[Strategy::exact] > 0);
  }
  CHECK(::sched_setaffinity(0, sizeof usable, &usable) == 0);
}

TEST_CASE("sampler: whether threads run is nobody's failure when they have ended") {
  auto self = Process::open(::getpid());
  REQUIRE(self);
  OurThreads host{std::move(*self)};
  Everything all{one_layout};
  Sleeping brief;
  brief.end();
  all.add(static_cast<std::uint64_t>(brief.number));
  all.add(0);
  AdaptiveStrategy reading{AdaptiveStrategy::Choice::exact};
  Sampler<PublishedLayout, Image, OurThreads, mode::Cpu, AdaptiveStrategy> sampler{
      all.fake.layout(), all.fake.image, reading, host, all.fake.site, all.tables, all.options()};
  REQUIRE(sampler.start());
  SeenStacks stacks{all.tables};
  for (int i = 0; i < 20; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
  CHECK(stacks.seen.empty());
}

// A main thread that waits for its workers, one after the other.
TEST_CASE("sampler: who begins while all others sleep is seen") {
  OnCpu here;
  while (here.seen_in(1, 100) != 0) continue;  // until it sleeps
  CHECK(here.seen_in(1, 100) == 0);
  Busy busy;
  here.all.add(static_cast<std::uint64_t>(busy.number));
  CHECK(here.seen_in(1, 100) == 0);  // sees that there is somebody
  CHECK(here.comes_to_be_seen(1, 100) == 1);
}

// The state of a thread bears its creator's number until it has begun.
TEST_CASE("sampler: who gets a number of its own is no longer taken for its creator") {
  for (const bool none : {false, true}) {
    OnCpu here;
    const FakeThread born =
        here.all.add(none ? 0 : static_cast<std::uint64_t>(here.sleeping.number));
    while (here.seen_in(4, 2000) != 0) continue;
    Busy busy;
    here.all.fake.put(born.at, here.all.fake.layout().thread.native_thread_id,
                      static_cast<std::uint64_t>(busy.number));
    CHECK(here.comes_to_be_seen(4, 2000) != 0);
  }
}

TEST_CASE("sampler: lists that move are asked for again") {
  Everything all{one_layout};
  all.add(100);
  all.add(101);
  test::FakeHost host;
  SeenStacks stacks{all.tables};
  FastStrategy reading;
  using Slow = Plain<Settling>;
  Settling memory{all.fake.image, 5};
  Slow sampler{all.fake.layout(), memory, reading, host, all.fake.site, all.tables, all.options()};
  REQUIRE(sampler.start());  // at the sixth try
  const auto seen_in_a_tick = [&] {
    stacks.seen.clear();
    REQUIRE(sampler.tick(stacks, 0, 0));
    return stacks.seen.size();
  };
  CHECK(seen_in_a_tick() == 2);
  CHECK(seen_in_a_tick() == 2);

  // A third thread has begun, and the list cannot be read: who was known stays known.
  all.add(102);
  let_it_age();
  CHECK(seen_in_a_tick() == 2);  // sees that the list has changed
  memory.failures = 1;
  CHECK(seen_in_a_tick() == 2);
  CHECK(seen_in_a_tick() == 3);

  // Damage that stays is an error in the end.
  memory.failures = ~0U;
  Slow blind{all.fake.layout(), memory, reading, host, all.fake.site, all.tables, all.options()};
  CHECK(blind.start().error().code == Errc::unreadable);
}

// A coroutine has called something when the stack is copied, and has yielded when it is asked who
// called it. Others may stand between it and the frame that C code was called from.
TEST_CASE("sampler: nobody is put on a caller that was not seen") {
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    const PublishedLayout layout = published_form<L>;
    OneThread one{layout};
    FakeInterpreter& fake = one.fake;
    FakeThread& main = one.main;
    const FakeCode loop = fake.code(u"loop", u"a.py", 1);
    const FakeCode rest = fake.code(u"rest", u"a.py", 10);
    const FakeCode leaf = fake.code(u"leaf", u"a.py", 20);
    fake.enter(main);
    fake.push(main, loop, loop.call);

    SharedTables tables;
    test::FakeHost host;
    FastStrategy reading;
    Plain<Image> sampler{layout, fake.image, reading, host, fake.site, tables, SamplerOptions{}};
    REQUIRE(sampler.start());
    SeenStacks stacks{tables};
    for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
    REQUIRE(stacks.seen == std::vector<Names>(3, Names{"loop"}));

    (void)fake.allocate(256);  // the head of the object that the frame is in
    fake.enter(main);
    const Address coroutine = fake.push(main, rest, rest.call, true);
    fake.push(main, leaf, leaf.end);
    const Address caller =
        read_value<Address>(fake.image, layout.frame.previous.at(coroutine)).value();
    const Address object{coroutine.value - layout.generator.frame.offset};
    REQUIRE(fake.image.store(layout.frame.previous.at(coroutine), Address{}));
    fake.put(object, layout.generator.frame_state, layout.states.suspended.number);
    stacks.seen.clear();
    for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
    for (const Names& names : stacks.seen) CHECK(names == Names{"loop"});

    REQUIRE(fake.image.store(layout.frame.previous.at(coroutine), caller));
    fake.put(object, layout.generator.frame_state, layout.states.executing.number);
    stacks.seen.clear();
    REQUIRE(sampler.tick(stacks, 0, 0));
    CHECK(stacks.seen == std::vector<Names>{{"loop", "rest", "leaf"}});
  });
}

// A generator has yielded when it is asked who called it. That is who iterates it, if it is on that
// one's value stack, or if C code was seen to iterate there; of a chain of generators, the
// innermost is not on the value stack of the outermost's caller.
TEST_CASE("sampler: a generator that has yielded stands on who iterates it") {
  enum class Floor : std::uint8_t { holds_it, holds_another, runs_c };
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    const PublishedLayout layout = published_form<L>;
    for (const Floor kind : {Floor::holds_it, Floor::holds_another, Floor::runs_c}) {
      INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
      OneThread one{layout};
      FakeInterpreter& fake = one.fake;
      FakeThread& main = one.main;
      const FakeCode loop = fake.code(u"loop", u"a.py", 1);
      const FakeCode steps = fake.code(u"steps", u"a.py", 10);
      fake.enter(main);
      const Address floor = fake.push(main, loop, loop.iterate);

      SharedTables tables;
      test::FakeHost host;
      FastStrategy reading;
      Plain<Image> sampler{layout, fake.image, reading, host, fake.site, tables, SamplerOptions{}};
      REQUIRE(sampler.start());
      SeenStacks stacks{tables};
      for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
      REQUIRE(stacks.seen == std::vector<Names>(3, Names{"loop"}));

      if (kind == Floor::runs_c) {
        FakeThread with_entry = main;
        fake.enter(with_entry);
        (void)fake.allocate(256);
        fake.push(with_entry, steps, steps.end, true);
        REQUIRE(sampler.tick(stacks, 0, 0));
        REQUIRE(stacks.seen.back() == Names{"loop", "steps"});
        fake.set_current(main, floor);
        REQUIRE(sampler.tick(stacks, 0, 0));
      }
      (void)fake.allocate(256);  // the head of the object that the frame is in
      const Address generator = fake.push(main, steps, steps.end, true);
      const Address object{generator.value - layout.generator.frame.offset};
      const Address other{object.value - 128};
      const Address slot = floor + layout.frame.localsplus.offset;
      REQUIRE(fake.image.store(slot, kind == Floor::holds_it ? object : other));
      REQUIRE(fake.image.store(layout.frame.previous.at(generator), Address{}));
      fake.put(object, layout.generator.frame_state, layout.states.suspended.number);
      stacks.seen.clear();
      for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
      if (kind == Floor::holds_another) {
        CHECK(stacks.seen.empty());
      } else {
        CHECK(stacks.seen == std::vector<Names>(3, Names{"loop", "steps"}));
      }
    }
  });
}

// What stands on a frame by the links of a thread that does not move is shown, whatever the frame
// executes: finalisers and handlers of signals run anywhere.
TEST_CASE("sampler: a thread that stands still is shown up to its current frame") {
  enum class Leaf : std::uint8_t { entered, generator, on_left_frame, behind_creation };
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    const PublishedLayout layout = published_form<L>;
    for (const Leaf kind :
         {Leaf::entered, Leaf::generator, Leaf::on_left_frame, Leaf::behind_creation}) {
      INFO(std::string(L::tag) << " " << name_of(L::build.arch) << ", " << static_cast<int>(kind));
      OneThread one{layout};
      FakeInterpreter& fake = one.fake;
      FakeThread& main = one.main;
      const FakeCode loop = fake.code(u"loop", u"a.py", 1);
      const FakeCode left = fake.code(u"left", u"a.py", 10);
      const FakeCode leaf = fake.code(u"leaf", u"a.py", 20);
      fake.enter(main);
      const Address floor = fake.push(main, loop, loop.end);

      SharedTables tables;
      test::FakeHost host;
      FastStrategy reading;
      Plain<Image> sampler{layout, fake.image, reading, host, fake.site, tables, SamplerOptions{}};
      REQUIRE(sampler.start());
      SeenStacks stacks{tables};
      for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
      REQUIRE(stacks.seen == std::vector<Names>(3, Names{"loop"}));

      if (kind == Leaf::on_left_frame || kind == Leaf::behind_creation) {
        // A generator is created in a frame of the data stack, which stays when it has gone.
        if (kind == Leaf::behind_creation) fake.put(left.at, layout.code.firsttraceable, 1);
        fake.push(main, left, kind == Leaf::behind_creation ? 0 : left.end);
        fake.set_current(main, floor);
      }
      (void)fake.allocate(256);  // the head of the object that the frame is in
      fake.enter(main);
      fake.push(main, leaf, leaf.end, kind == Leaf::generator || kind == Leaf::behind_creation);
      stacks.seen.clear();
      for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
      CHECK(stacks.seen == std::vector<Names>(3, Names{"loop", "leaf"}));
      CHECK(sampler.quality().given_up == 0);

      // What is left over when it has returned is not shown.
      fake.set_current(main, floor);
      stacks.seen.clear();
      for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
      const bool popped = kind == Leaf::entered || kind == Leaf::generator;
      if (popped) CHECK(stacks.seen == std::vector<Names>(3, Names{"loop"}));
    }
  });
}

// The frame below a specialised __init__ calls it from an instruction that calls nothing else; one
// that no list has is believed at the second read.
TEST_CASE("sampler: a call that the rules do not know") {
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    const PublishedLayout layout = published_form<L>;
    OneThread one{layout};
    const FakeCode loop = one.fake.code(u"loop", u"a.py", 1);
    const FakeCode leaf = one.fake.code(u"leaf", u"a.py", 20);
    one.fake.enter(one.main);
    one.fake.push(one.main, loop, loop.end);
    one.fake.push(one.main, leaf, leaf.end);
    SharedTables tables;
    test::FakeHost host;
    FastStrategy reading;
    Plain<Image> sampler{layout,        one.fake.image, reading,         host,
                         one.fake.site, tables,         SamplerOptions{}};
    REQUIRE(sampler.start());
    SeenStacks stacks{tables};
    for (int i = 0; i < 3; ++i) REQUIRE(sampler.tick(stacks, 0, 0));
    CHECK(stacks.seen == std::vector<Names>(3, Names{"loop", "leaf"}));
    CHECK(sampler.quality().given_up == 0);
  });
}

// An entry from C has no code, and what was one a moment ago may claim to be a frame now.
TEST_CASE("sampler: a program that forges its frames between two reads") {
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    const PublishedLayout layout = published_form<L>;
    OneThread one{layout};
    FakeInterpreter& fake = one.fake;
    FakeThread& main = one.main;
    const FakeCode code = fake.code(u"again", u"a.py", 1);
    std::vector<Address> frames;
    for (int entry = 0; entry < 3; ++entry) {
      fake.enter(main);
      for (int i = 0; i < 4; ++i) frames.push_back(fake.push(main, code, code.call));
    }
    const Names whole(frames.size(), "again");
    std::uint64_t random = 1;
    const std::size_t times = test::in_full() ? 40 : 10;
    for (std::size_t i = 0; i < frames.size() * times; ++i) {
      random = random * 6364136223846793005 + 1442695040888963407;
      ForgedFrame memory{fake.image, layout.frame.owner.at(frames[i % frames.size()]), 0, 3,
                         random};
      memory.honest = read_value<std::uint8_t>(fake.image, memory.kind).value();
      SharedTables tables;
      test::FakeHost host;
      FastStrategy reading;
      Plain<ForgedFrame> sampler{layout,    memory, reading,         host,
                                 fake.site, tables, SamplerOptions{}};
      SeenStacks stacks{tables};
      if (sampler.start()) {
        for (int tick = 0; tick < 20 && sampler.tick(stacks, 0, 0); ++tick) continue;
      }
      // What is the outermost frame is taken on trust for a while.
      for (const Names& names : stacks.seen) CHECK(names.size() <= whole.size());
      memory.over = true;
      REQUIRE(fake.image.store(memory.kind, memory.honest));
    }
  });
}

// Freed along with what it points at, and made again of the same sizes: every address is the old
// one, as where modules are generated one after the other.
TEST_CASE("sampler: a code object that is another one at the same addresses") {
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    const PublishedLayout layout = published_form<L>;
    OneThread one{layout};
    FakeInterpreter& fake = one.fake;
    FakeThread& main = one.main;
    const FakeCode code = fake.code(u"first", u"a.py", 1);
    fake.enter(main);
    fake.push(main, code, code.call);
    const Address name = read_value<Address>(fake.image, layout.code.qualname.at(code.at)).value();
    std::int64_t deaths = 0;
    const auto becomes = [&](std::u16string_view other) {
      const Address made = fake.text(other);
      std::vector<std::byte> bytes(layout.unicode.compact_data.offset + 2 * (other.size() + 1));
      REQUIRE(fake.image.read(made, bytes));
      REQUIRE(fake.image.write(name, bytes));
      fake.put(one.interpreter, layout.interpreter.code_object_generation, ++deaths);
    };

    SharedTables tables;
    test::FakeHost host;
    FastStrategy reading;
    Plain<Image> sampler{layout, fake.image, reading, host, fake.site, tables, SamplerOptions{}};
    REQUIRE(sampler.start());
    SeenStacks stacks{tables};
    const auto seen = [&] {
      stacks.seen.clear();
      REQUIRE(sampler.tick(stacks, 0, 0));
      return stacks.seen;
    };
    CHECK(seen() == std::vector<Names>{{"first"}});
    becomes(u"other");
    ::usleep(11000);  // for so long it is trusted where nothing counts
    CHECK(seen() == std::vector<Names>{{"other"}});
    for (const auto& [wide, narrow] : {std::pair{u"third", "third"}, std::pair{u"fours", "fours"},
                                       std::pair{u"fiv", "fiv"}, std::pair{u"first", "first"}}) {
      becomes(wide);  // and for no longer than one look, now that it is known to change
      let_it_age();
      CHECK(seen() == std::vector<Names>{{narrow}});
    }
  });
}
