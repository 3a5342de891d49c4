#include <tachyon/sampler/sampler.hpp>

#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/mode/modes.hpp>

#include "layout/tables.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

using test::FakeCode;
using test::FakeInterpreter;
using test::FakeThread;
using Names = std::vector<std::string>;

struct Stacks {
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

}  // namespace

// A coroutine has called something when the stack is copied, and has yielded when it is asked who
// called it. Others may stand between it and the frame that C code was called from.
TEST_CASE("sampler: nobody is put on a caller that was not seen") {
  test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    const PublishedLayout layout = published_form<L>;
    FakeInterpreter fake{layout};
    const Address interpreter = fake.interpreter(0);
    const FakeCode loop = fake.code(u"loop", u"a.py", 1);
    const FakeCode rest = fake.code(u"rest", u"a.py", 10);
    const FakeCode leaf = fake.code(u"leaf", u"a.py", 20);
    FakeThread main = fake.thread(interpreter, 100, 0x7fff12345678);
    fake.main_thread(interpreter, main, 0x7fff12345678);
    fake.enter(main);
    fake.push(main, loop, loop.call);

    SharedTables tables;
    test::FakeHost host;
    FastReading reading;
    Sampler<PublishedLayout, Image, test::FakeHost, mode::Wall, FastReading> sampler{
        layout, fake.image, reading, host, fake.site, tables, SamplerOptions{}};
    REQUIRE(sampler.start());
    Stacks stacks{tables};
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
