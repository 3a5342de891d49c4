#include <tachyon/kernel/program.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/kernel/stack.hpp>
#include <tachyon/unwind/threads.hpp>

#include "../layout/tables.hpp"
#include "../unwind/fake_interpreter.hpp"
#include "machine.hpp"

namespace tachyon::kernel::test {
namespace {

using tachyon::test::FakeCode;
using tachyon::test::FakeInterpreter;
using tachyon::test::FakeThread;

constexpr ProgramNeeds usual{};
constexpr ProgramNeeds everything{.opcodes = true, .system_call = true};
constexpr std::uint64_t pthread = 0x7f1100000000;

// A target with one thread, and the program of its layout.
struct Watched {
  explicit Watched(const PublishedLayout& layout, const ProgramNeeds& needs = usual)
      : fake{layout}, at{fake.interpreter(0)}, program{make_program(layout, needs)} {
    thread = fake.thread(at, 101, pthread);
    work = fake.code(u"work", u"a.py", 1);
  }

  Machine& run(bool switched = false) {
    machine.emplace(program, fake.image);
    machine->set(Place::none, fake.none().value);
    machine->set(Place::runtime, fake.site.runtime.value);
    const bool ended = machine->run(thread.at.value | (switched ? 1 : 0));
    INFO(machine->failure);
    REQUIRE(ended);
    return *machine;
  }
  Record record() {
    REQUIRE(machine->records.size() == 1);
    const auto parsed = Record::parse(machine->records[0], program.words.size);
    REQUIRE(parsed);
    return *parsed;
  }
  RawStack seen() {
    run();
    RawStack out;
    raw_stack(fake.layout(), record(), out);
    return out;
  }
  // The same from outside.
  RawStack followed() {
    ThreadCopy copy;
    REQUIRE(copy.fetch(fake.image, thread.at, fake.layout()));
    const auto leaf = current_frame(fake.image, fake.layout(), copy);
    REQUIRE(leaf);
    RawStack out;
    ChunkCopies chunks;
    (void)copy_chunks(fake.image, fake.layout(), copy[fake.layout().thread.datastack_chunk],
                      chunks);
    follow_frames(fake.image, fake.layout(), *leaf, copy[fake.layout().thread.base_frame], chunks,
                  {.kept = most_frames}, out);
    return out;
  }

  FakeInterpreter fake;
  Address at;
  Program program;
  FakeThread thread{};
  FakeCode work{};
  std::optional<Machine> machine{};
};

bool same(const PlacedFrame& one, const PlacedFrame& other) {
  const RawFrame &a = one.frame, &b = other.frame;
  return a.at == b.at && a.executable == b.executable && a.instruction == b.instruction &&
         a.previous == b.previous && a.thread_index == b.thread_index && a.owner == b.owner &&
         a.entry == b.entry;
}
void check_same(const RawStack& a, const RawStack& b) {
  CHECK(std::equal(a.frames.begin(), a.frames.end(), b.frames.begin(), b.frames.end(), same));
}

// Every layout, made by the compiler and at run time.
template <class Visit>
void every_layout(Visit&& visit) {
  tachyon::test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    visit(published_form<L>);
  });
}

}  // namespace

TEST_CASE("kernel program: what the compiler makes is what is made at run time", "[kernel]") {
  tachyon::test::for_each_layout([](auto compiled) {
    using L = decltype(compiled);
    constexpr const Program& made = program_of<L, everything>;
    STATIC_REQUIRE(made.good);
    const Program told = make_program(published_form<L>, everything);
    CHECK(told.good);
    CHECK(told.code.size == made.code.size);
    CHECK(told.code.instructions == made.code.instructions);
  });
}

TEST_CASE("kernel program: within what every verifier takes", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    // Programs of more than 4,096 instructions were refused before 5.2.
    CHECK(make_program(layout, usual).code.size < 320);
    CHECK(make_program(layout, everything).code.size < 320);
    // Through the loop 128 times, and each time out of it: far from the million that is looked at.
    Watched here{layout, everything};
    for (int i = 0; i < 200; ++i) here.fake.push(here.thread, here.work, here.work.call, true);
    CHECK(here.run().executed < 16384);
  });
}

TEST_CASE("kernel program: a chain of every kind of frame", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    here.fake.enter(here.thread);
    here.fake.push(here.thread, here.work, here.work.call);
    here.fake.push(here.thread, here.work, here.work.iterate);
    here.fake.push(here.thread, here.work, here.work.call, true);  // a generator
    here.fake.enter(here.thread);
    if (layout.frame.tlbc_index.present()) here.thread.copy = 1;
    here.fake.push(here.thread, here.work, here.work.end);
    const RawStack seen = here.seen();
    CHECK(seen.ended.code == Errc::ok);
    CHECK(seen.frames.size() == (layout.traits.has_shims ? 6 : 4));
    check_same(seen, here.followed());
    const RecordHeader header = here.record().header();
    CHECK(header.time == here.machine->now);
    CHECK(header.cpu_time == here.machine->cpu_time);
    CHECK(header.thread == here.thread.at.value);
    CHECK(header.tid == 101);
    CHECK(header.flags == 0);
  });
}

TEST_CASE("kernel program: a thread without frames", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    CHECK(here.seen().frames.empty());
    CHECK(here.record().header().flags == 0);
    if (!layout.thread.cframe.present()) return;
    here.fake.put(here.thread.at, layout.thread.cframe, Address{});
    CHECK(here.seen().frames.empty());
  });
}

TEST_CASE("kernel program: stacks deeper than one program follows", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    for (const unsigned depth : {127U, 128U, 129U, 256U, 1000U, 3999U, 4000U}) {
      Watched here{layout};
      here.thread.next = here.fake.allocate(depth * here.work.frame_bytes);
      for (unsigned i = 0; i < depth; ++i) {
        here.fake.push(here.thread, here.work, here.work.call);
      }
      const RawStack seen = here.seen();
      CHECK(seen.frames.size() == depth);
      CHECK_FALSE(seen.more_beyond);
      CHECK(here.machine->tail_calls == (depth) / frames_a_program);
      check_same(seen, here.followed());
      if (depth == 256) {  // and the next one begins anew
        REQUIRE(here.machine->run(here.thread.at.value));
        CHECK(here.machine->records[0] == here.machine->records[1]);
      }
    }
  });
}

TEST_CASE("kernel program: a stack too deep is cut, and says so", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    here.thread.next = here.fake.allocate(4100 * here.work.frame_bytes);
    for (int i = 0; i < 4100; ++i) here.fake.push(here.thread, here.work, here.work.call);
    const RawStack seen = here.seen();
    CHECK(seen.ended.code == Errc::ok);
    CHECK(seen.more_beyond);
    CHECK(seen.frames.size() == most_frames);
    CHECK(here.machine->losses[static_cast<std::size_t>(Loss::truncated)] == 1);
    check_same(seen, here.followed());
  });
}

TEST_CASE("kernel program: a chain that is a loop", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    const Address first = here.fake.push(here.thread, here.work, here.work.call, true);
    here.fake.push(here.thread, here.work, here.work.call, true);
    const Address last = here.fake.push(here.thread, here.work, here.work.call, true);
    here.fake.put(first, layout.frame.previous, last);
    const RawStack seen = here.seen();
    CHECK(seen.ended.code == Errc::torn);
    CHECK(seen.frames.size() == most_frames);
    // Into itself.
    here.fake.put(last, layout.frame.previous, last);
    CHECK(here.seen().ended.code == Errc::torn);
  });
}

TEST_CASE("kernel program: a frame that is not there", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    const Address outer = here.fake.push(here.thread, here.work, here.work.call);
    here.fake.push(here.thread, here.work, here.work.end);
    for (const std::uint64_t nowhere : {std::uint64_t{8}, std::uint64_t{0xffffffffffffff00}}) {
      here.fake.put(outer, layout.frame.previous, Address{nowhere});
      const RawStack seen = here.seen();
      CHECK(seen.ended.code == Errc::unreadable);
      CHECK(seen.ended.at == Address{nowhere});
      CHECK(seen.frames.size() == 2);
      CHECK(here.machine->losses[static_cast<std::size_t>(Loss::unreadable)] == 1);
      check_same(seen, here.followed());
    }
    // The thread state itself.
    here.thread.at = Address{64};
    CHECK(here.seen().ended.code == Errc::unreadable);
    CHECK(here.record().has(RecordFlag::no_thread));
  });
}

TEST_CASE("kernel program: a ring that is full", "[kernel]") {
  Watched here{published_form<layouts::cpython_3_14_x86_64>};
  here.fake.push(here.thread, here.work, here.work.end);
  here.run();
  here.machine->ring_room = 100;
  REQUIRE(here.machine->run(here.thread.at.value));
  REQUIRE(here.machine->run(here.thread.at.value));
  CHECK(here.machine->records.size() == 1);
  CHECK(here.machine->losses == std::array<std::uint64_t, loss_count>{2, 0, 0});
}

TEST_CASE("kernel program: frames that no interpreter makes", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    here.fake.push(here.thread, here.work, here.work.call);
    const Address top = here.fake.push(here.thread, here.work, here.work.end);
    here.fake.put(top, layout.frame.executable, Address{});
    CHECK(here.seen().ended.code == Errc::torn);
    check_same(here.seen(), here.followed());
  });
}

TEST_CASE("kernel program: the words of the thread state are those that a copy has", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    here.run();
    const Record record = here.record();
    std::vector<std::byte> copy(here.program.words.size);
    REQUIRE(here.fake.image.read(here.thread.at + here.program.words.first, copy));
    CHECK(std::equal(copy.begin(), copy.end(), record.thread().begin()));
  });
}

TEST_CASE("kernel program: a collection, and how many code objects have died", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    const auto& words = layout.interpreter;
    here.fake.put(here.at, words.gc_collecting, 1);
    here.fake.put(here.at, words.gc_frame, Address{0x1234});
    here.fake.put(here.at, words.code_object_generation, 77);
    here.run();
    const RecordHeader header = here.record().header();
    CHECK(header.collecting == 1);
    CHECK(header.gc_frame == (words.gc_frame.present() ? 0x1234U : 0U));
    CHECK(header.generation == (words.code_object_generation.present() ? 77U : 0U));
  });
}

TEST_CASE("kernel program: who holds the GIL, where threads do not say", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    const Address gil = here.fake.gil_of(here.at);
    const bool by_runtime = layout.runtime.gilstate_tstate_current.present();
    here.fake.put(here.fake.site.runtime, layout.runtime.gilstate_tstate_current, here.thread.at);
    here.fake.put(gil, layout.gil.last_holder, here.thread.at);
    here.fake.put(gil, layout.gil.locked, 1);
    here.run();
    const bool says = layout.thread.holds_gil.present() || layout.thread.status_holds_gil.present();
    CHECK(here.record().header().gil_holder == (says ? 0 : here.thread.at.value));
    here.fake.put(gil, layout.gil.locked, 0);
    here.run();
    CHECK(here.record().header().gil_holder == (by_runtime ? here.thread.at.value : 0));
  });
}

TEST_CASE("kernel program: an exception that is handled", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    const auto& t = layout.thread;
    const Address none{};
    const auto is_seen = [](Watched& here) {
      here.run();
      ThreadCopy copy;
      REQUIRE(copy.fetch(here.fake.image, here.thread.at, here.fake.layout()));
      const auto expected = has_exception(here.fake.image, here.fake.layout(), here.thread.at, copy,
                                          here.fake.none());
      REQUIRE(expected);
      CHECK(here.record().has(RecordFlag::exception) == *expected);
      return *expected;
    };
    Watched here{layout};
    CHECK_FALSE(is_seen(here));
    here.fake.put(here.thread.at, t.current_exception, here.fake.none());
    CHECK_FALSE(is_seen(here));
    here.fake.put(here.thread.at, t.current_exception, Address{0x5550});
    CHECK(is_seen(here));
    here.fake.put(here.thread.at, t.current_exception, none);
    const Address bottom = t.exc_state.at(here.thread.at);
    here.fake.put(bottom, layout.err_item.value, Address{0x5550});
    CHECK(is_seen(here));
    // A generator's own item on top of the thread's.
    const Address item = here.fake.allocate(64);
    here.fake.put(item, layout.err_item.value, here.fake.none());
    here.fake.put(item, layout.err_item.previous, bottom);
    here.fake.put(here.thread.at, t.exc_info, item);
    CHECK(is_seen(here));
    here.fake.put(bottom, layout.err_item.value, none);
    CHECK_FALSE(is_seen(here));
    // A loop.
    here.fake.put(item, layout.err_item.previous, item);
    here.run();
    CHECK_FALSE(here.record().has(RecordFlag::exception));
  });
}

TEST_CASE("kernel program: the reader is woken for code that it has not seen", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout};
    for (int i = 0; i < 300; ++i) here.fake.push(here.thread, here.work, here.work.call, true);
    here.run();
    REQUIRE(here.record().size() == 300);
    CHECK(here.machine->woken);
    for (std::size_t i = 0; i < here.record().size(); ++i) {
      const std::uint64_t code = here.record().frame(i).executable;
      here.machine->seen[SeenCode::offset_of(code) / 8] = code;
    }
    here.machine->records.clear();
    REQUIRE(here.machine->run(here.thread.at.value));
    CHECK_FALSE(here.machine->woken);
    // Some code has died since the reader asked.
    here.machine->seen[SeenCode::died / 8] = 1;
    REQUIRE(here.machine->run(here.thread.at.value));
    CHECK(here.machine->woken == layout.interpreter.code_object_generation.present());
    here.machine->seen[SeenCode::died / 8] = 0;
    // Another one, that has the same slot.
    here.machine->records.resize(1);
    const std::uint64_t code = here.record().frame(0).executable;
    here.machine->seen[SeenCode::offset_of(code) / 8] = code + (std::uint64_t{1} << 40);
    REQUIRE(here.machine->run(here.thread.at.value));
    CHECK(here.machine->woken);
  });
}

TEST_CASE("kernel program: why a thread stops, and in which call", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout, everything};
    here.run(true);
    CHECK(here.record().has(RecordFlag::switched));
    CHECK_FALSE(here.record().has(RecordFlag::state_known));
    CHECK_FALSE(here.record().has(RecordFlag::call_known));

    Machine& machine = *here.machine;
    machine.set(Place::task_state, 24);
    machine.kernel[machine.task].resize(64);
    machine.kernel[machine.task][24] = std::byte{2};
    machine.kernel[machine.registers].resize(336);
    const bool is_x86 = layout.build.arch == Arch::x86_64;
    machine.kernel[machine.registers][is_x86 ? 120 : 280] = std::byte{202};
    machine.kernel[machine.registers][is_x86 ? 112 : 272] = std::byte{7};
    machine.records.clear();
    REQUIRE(machine.run(here.thread.at.value | 1));
    CHECK(here.record().has(RecordFlag::state_known));
    CHECK(here.record().header().task_state == 2);
    CHECK(here.record().has(RecordFlag::call_known));
    CHECK(call_number(here.record().header()) == 202);
    CHECK(here.record().header().call_argument == 7);

    // A tick asks for neither.
    machine.records.clear();
    REQUIRE(machine.run(here.thread.at.value));
    CHECK(here.record().header().flags == 0);
    CHECK(here.record().header().task_state == 0);
    CHECK(here.record().header().system_call == 0);
    CHECK(here.record().header().call_argument == 0);
  });
}

TEST_CASE("kernel program: what each frame executes", "[kernel]") {
  every_layout([](const PublishedLayout& layout) {
    Watched here{layout, everything};
    here.fake.push(here.thread, here.work, here.work.call);
    here.fake.push(here.thread, here.work, here.work.end);
    here.run();
    const Record record = here.record();
    REQUIRE(record.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto byte =
          read_value<std::uint8_t>(here.fake.image, Address{record.frame(i).instruction});
      REQUIRE(byte);
      CHECK(record.frame(i).opcode == *byte);
    }
  });
}

TEST_CASE("kernel program: members that lie too far apart are refused", "[kernel]") {
  PublishedLayout layout = published_form<layouts::cpython_3_15_x86_64>;
  layout.frame.owner.offset = 200;
  CHECK_FALSE(make_program(layout, usual).good);
  layout = published_form<layouts::cpython_3_15_x86_64>;
  layout.thread.current_executor.offset = 4000;
  CHECK_FALSE(make_program(layout, usual).good);
}

TEST_CASE("kernel record: what it claims is checked against what is there", "[kernel]") {
  Watched here{published_form<layouts::cpython_3_14_x86_64>};
  here.fake.push(here.thread, here.work, here.work.call);
  here.fake.push(here.thread, here.work, here.work.end);
  here.run();
  std::vector<std::byte> bytes = here.machine->records[0];
  const std::uint32_t thread = here.program.words.size;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK_FALSE(Record::parse(Bytes{bytes}.first(size), thread));
  }
  bytes[offsetof(RecordHeader, frames)] = std::byte{3};
  CHECK_FALSE(Record::parse(bytes, thread));
  bytes[offsetof(RecordHeader, frames) + 3] = std::byte{0xff};
  CHECK_FALSE(Record::parse(bytes, thread));
}

}  // namespace tachyon::kernel::test
