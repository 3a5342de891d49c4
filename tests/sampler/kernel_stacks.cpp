#include <tachyon/sampler/kernel_stacks.hpp>

#include <optional>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include "kernel/machine.hpp"
#include "support/every_layout.hpp"
#include "unwind/fake_interpreter.hpp"

#include <tachyon/kernel/program.hpp>

namespace tachyon::test {
namespace {

// A target with one thread, whose records a machine makes in place of the kernel.
struct Recorded {
  explicit Recorded(const PublishedLayout& layout, SamplerOptions wanted = {.all_threads = true})
      : fake{layout},
        at{fake.interpreter(0)},
        options{std::move(wanted)},
        program{kernel::make_program(layout, {.opcodes = options.opcodes})},
        machine{program, fake.image} {
    work = fake.code(u"work", u"a.py", 1);
    thread = fake.thread(at, 101, 0x7f1100000000);
    fake.main_thread(at, thread, 0x7f1100000000);
    fake.enter(thread);
    outer = fake.push(thread, work, work.call);
    top = fake.push(thread, work, work.end);
    machine.set(kernel::Place::none, fake.none().value);
    machine.set(kernel::Place::runtime, fake.site.runtime.value);
    watch.emplace(fake.layout(), fake.image, host, fake.site, tables, options);
    REQUIRE(watch->roster().refresh());
    stacks.emplace(fake.layout(), fake.image, *watch);
    begin_drain();
  }
  void begin_drain() {
    watch->end_tick();
    stacks->begin_drain();
    std::vector<Range> ranges;
    for (KnownInterpreter& each : watch->roster().interpreters()) {
      each.copy.add_ranges(fake.layout(), each.at, ranges);
    }
    REQUIRE(fake.image.read_many(ranges));
  }
  Result<KernelStacks<PublishedLayout, Image, FakeHost>::Made> make() {
    machine.records.clear();
    REQUIRE(machine.run(thread.at.value));
    const auto record = kernel::Record::parse(machine.records.at(0), program.words.size);
    REQUIRE(record);
    return stacks->make(*record, watch->roster().threads().at(0), chain);
  }
  // Names with lines, root first.
  std::vector<std::string> frames() {
    const auto made = make();
    REQUIRE(made);
    status = made->status;
    std::vector<FrameId> ids;
    const Tables& all = tables.unguarded();
    all.frames.frames_of(made->stack, ids);
    std::vector<std::string> names;
    for (const FrameId id : ids) {
      names.push_back(std::string{all.frames.name_of(id)} + ":" +
                      std::to_string(all.frames[id].location.line));
    }
    return names;
  }

  FakeInterpreter fake;
  Address at;
  SamplerOptions options;
  kernel::Program program;
  kernel::test::Machine machine;
  FakeCode work{};
  FakeThread thread{};
  Address outer{}, top{};
  FakeHost host{};
  SharedTables tables{};
  std::optional<Watch<PublishedLayout, Image, FakeHost>> watch{};
  std::optional<KernelStacks<PublishedLayout, Image, FakeHost>> stacks{};
  KernelStacks<PublishedLayout, Image, FakeHost>::ThreadChain chain{};
  Status status{};
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("kernel stacks: a record becomes the stack that is there, in every layout") {
  every_layout([](const PublishedLayout& layout) {
    Recorded here{layout};
    CHECK(here.frames() == Names{"work:2", "work:4"});
    CHECK(has(here.status, Status::main_thread));
    CHECK(here.frames() == Names{"work:2", "work:4"});
    // A frame on top of it, a generator's, and away again.
    here.fake.push(here.thread, here.work, here.work.call, true);
    CHECK(here.frames() == Names{"work:2", "work:4", "work:2"});
    here.fake.set_current(here.thread, here.top);
    CHECK(here.frames() == Names{"work:2", "work:4"});
    here.fake.put_frame(here.top, here.work, here.work.iterate, layout.owners.thread, here.outer);
    CHECK(here.frames() == Names{"work:2", "work:3"});
    here.fake.set_current(here.thread, layout.thread.base_frame.present() ? Address{} : Address{});
    CHECK(here.frames().empty());
  });
}

TEST_CASE("kernel stacks: entries from C are shown where that is asked for") {
  every_layout([](const PublishedLayout& layout) {
    Recorded here{layout, {.all_threads = true, .native = true}};
    CHECK(here.frames() == Names{"<native>:0", "work:2", "work:4"});
  });
}

TEST_CASE("kernel stacks: a collection stands on the frame that it began in") {
  every_layout([](const PublishedLayout& layout) {
    if (!layout.interpreter.gc_frame.present()) return;
    Recorded here{layout};
    here.fake.put(here.at, layout.interpreter.gc_collecting, 1);
    here.fake.put(here.at, layout.interpreter.gc_frame, here.outer);
    CHECK(here.frames() == Names{"work:2", "<GC>:0", "work:4"});
    CHECK(has(here.status, Status::in_gc));
    here.fake.put(here.at, layout.interpreter.gc_collecting, 0);
    CHECK(here.frames() == Names{"work:2", "work:4"});
  });
}

TEST_CASE("kernel stacks: an exception, and the GIL") {
  every_layout([](const PublishedLayout& layout) {
    Recorded here{layout};
    (void)here.frames();
    CHECK_FALSE(has(here.status, Status::has_exception));
    CHECK_FALSE(has(here.status, Status::has_gil));
    here.fake.put(here.thread.at, layout.thread.current_exception, Address{0x5550});
    here.fake.put(here.thread.at, layout.thread.holds_gil, 1);
    here.fake.put(here.thread.at, layout.thread.status_holds_gil, 1);
    here.fake.put(here.fake.site.runtime, layout.runtime.gilstate_tstate_current, here.thread.at);
    here.fake.put(here.fake.gil_of(here.at), layout.gil.last_holder, here.thread.at);
    here.fake.put(here.fake.gil_of(here.at), layout.gil.locked, 1);
    (void)here.frames();
    CHECK(has(here.status, Status::has_exception));
    CHECK(has(here.status, Status::has_gil));
  });
}

TEST_CASE("kernel stacks: another thread that has its state where this one had") {
  every_layout([](const PublishedLayout& layout) {
    Recorded here{layout};
    REQUIRE(here.make());
    here.fake.put(here.thread.at, layout.thread.id, 4711);
    CHECK(here.make().error().code == Errc::no_such_thread);
  });
}

TEST_CASE("kernel stacks: a code object that has been replaced is another one") {
  const Names either{"<freed code>:0", "<freed code>:0"};
  every_layout([&](const PublishedLayout& layout) {
    Recorded here{layout};
    CHECK(here.frames() == Names{"work:2", "work:4"});
    // At the same place, and as long.
    const FakeCode other = here.fake.code(u"play", u"b.py", 11);
    const auto& c = layout.code;
    for (const auto field : {c.qualname, c.filename, c.linetable}) {
      const auto word = read_value<Address>(here.fake.image, field.at(other.at));
      REQUIRE(word);
      here.fake.put(here.work.at, field, *word);
    }
    here.fake.put(here.work.at, c.firstlineno, 11);
    here.begin_drain();
    if (!layout.interpreter.code_object_generation.present()) {
      // A record of this drain may be of either.
      CHECK(here.frames() == either);
      here.begin_drain();
      CHECK(here.frames() == Names{"play:12", "play:14"});
      return;
    }
    // The count says whether to look. A record that is older than the count is looked at, too.
    CHECK(here.frames() == Names{"work:2", "work:4"});
    here.fake.put(here.at, layout.interpreter.code_object_generation, 1);
    here.begin_drain();
    here.fake.put(here.at, layout.interpreter.code_object_generation, 0);
    CHECK(here.frames() == either);
    here.fake.put(here.at, layout.interpreter.code_object_generation, 1);
    here.begin_drain();
    CHECK(here.frames() == Names{"play:12", "play:14"});
  });
}

TEST_CASE("kernel stacks: a generator that is being left stands on its last caller") {
  every_layout([](const PublishedLayout& layout) {
    Recorded here{layout};
    const Address generator = here.fake.push(here.thread, here.work, here.work.call, true);
    const Names whole{"work:2", "work:4", "work:2"};
    CHECK(here.frames() == whole);
    here.fake.put(generator, layout.frame.previous, Address{});
    CHECK(here.frames() == whole);
    CHECK(here.frames() == whole);
    here.fake.put(generator, layout.frame.previous, here.top);
    CHECK(here.frames() == whole);
    // Of a thread that has not been seen in it there is no telling.
    here.chain = {};
    here.fake.put(generator, layout.frame.previous, Address{});
    const auto made = here.make();
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Errc::torn);
  });
}

TEST_CASE("kernel stacks: what each frame executes") {
  every_layout([](const PublishedLayout& layout) {
    if (!layout.opcodes.known()) return;
    Recorded here{layout, {.all_threads = true, .opcodes = true}};
    const auto made = here.make();
    REQUIRE(made);
    std::vector<FrameId> ids;
    const FrameTable& frames = here.tables.unguarded().frames;
    frames.frames_of(made->stack, ids);
    Names names;
    for (const FrameId id : ids) names.emplace_back(frames[frames[frames[id].opcode].name]);
    CHECK(names == Names{"CALL", "NOP"});
  });
}

TEST_CASE("kernel stacks: a stack that was cut is marked") {
  every_layout([](const PublishedLayout& layout) {
    Recorded here{layout};
    here.thread.next = here.fake.allocate(4100 * here.work.frame_bytes);
    for (int i = 0; i < 4100; ++i) here.fake.push(here.thread, here.work, here.work.call);
    for (int i = 0; i < 2; ++i) {
      const auto names = here.frames();
      CHECK(names.size() == 4001);
      CHECK(names.front() == "<truncated>:0");
      CHECK(has(here.status, Status::truncated));
    }
    here.fake.set_current(here.thread, here.top);
    CHECK(here.frames() == Names{"work:2", "work:4"});
    CHECK_FALSE(has(here.status, Status::truncated));
  });
}

}  // namespace tachyon::test
