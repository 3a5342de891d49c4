#include <unistd.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/sampler.hpp>

#include "support/every_layout.hpp"
#include "unwind/fake_interpreter.hpp"

using namespace tachyon;

namespace {

using test::every_layout;
using test::FakeCode;
using test::FakeInterpreter;
using test::FakeThread;

// Names of the frames of each sample, root first, with their lines.
struct LinesOfSamples {
  SharedTables& tables;
  std::vector<std::string> seen{};
  void add(const Sample& sample) {
    std::vector<FrameId> frames;
    const Tables& all = tables.unguarded();
    all.frames.frames_of(sample.stack, frames);
    std::string text;
    for (const FrameId frame : frames) {
      text += std::string{all.frames.name_of(frame)} + ":" +
              std::to_string(all.frames[frame].location.line) + " ";
    }
    seen.push_back(text);
  }
};

// Counts what is read of one struct in vectored reads.
struct CountedReads {
  Image& image;
  Address from{};
  std::uint64_t size = 0;
  std::vector<Range> ranges{};

  Result<void> read(Address at, std::span<std::byte> into) noexcept { return image.read(at, into); }
  Result<std::size_t> read_many(std::span<const Range> wanted) noexcept {
    for (const Range& range : wanted) {
      if (range.at - from < size) ranges.push_back(range);
    }
    return image.read_many(wanted);
  }
  std::size_t bytes() const {
    std::size_t total = 0;
    for (const Range& range : ranges) total += range.into.size();
    return total;
  }
  template <class T>
  bool has(Field<T> field) const {
    for (const Range& range : ranges) {
      if (field.at(from) >= range.at && from + field.end() <= range.at + range.into.size()) {
        return true;
      }
    }
    return !field.present();
  }
};
static_assert(Memory<CountedReads>);

// A main thread and a worker, which executes a copy of the bytecode where the build makes copies.
struct TwoThreads {
  explicit TwoThreads(const PublishedLayout& layout) : fake{layout} {
    interpreter = fake.interpreter(0);
    code = fake.code(u"work", u"a.py", 1);
    main = fake.thread(interpreter, 100, 0x7fff00001000);
    fake.main_thread(interpreter, main, 0x7fff00001000);
    worker = fake.thread(interpreter, 101, 0x7fff00002000);
    worker.copy = layout.code.tlbc.present() ? 1 : 0;
    fake.enter(worker);
    frame = fake.push(worker, code, code.call);
  }
  SamplerOptions options() const {
    SamplerOptions all;
    all.all_threads = true;
    return all;
  }

  FakeInterpreter fake;
  Address interpreter{};
  FakeCode code{};
  FakeThread main{}, worker{};
  Address frame{};
  SharedTables tables{};
  test::FakeHost host{};
};

template <Memory M>
using Sampled = Sampler<PublishedLayout, M, test::FakeHost, mode::Wall, FastStrategy>;

// What an interpreter says about itself is not asked for again for 50 us.
void outlast_the_copy() { ::usleep(100); }

}  // namespace

// The index of a thread that has ended is given to a new one, whose copies of the bytecode may be
// anywhere.
TEST_CASE("interpreter copy: copies of the bytecode are forgotten when an index was released") {
  every_layout([](const PublishedLayout& layout) {
    if (!layout.code.tlbc.present()) return;
    TwoThreads two{layout};
    FastStrategy reading;
    Sampled<Image> sampler{layout,        two.fake.image, reading,      two.host,
                           two.fake.site, two.tables,     two.options()};
    REQUIRE(sampler.start());
    LinesOfSamples samples{two.tables};
    REQUIRE(sampler.tick(samples, 0, 0));
    REQUIRE(samples.seen == std::vector<std::string>{"work:2 ", ""});

    for (std::uint32_t released = 1; released <= 3; ++released) {
      two.fake.copy_bytecode(two.code, 1);
      two.fake.put(two.interpreter, layout.interpreter.tlbc_generation, released);
      two.fake.put_frame(
          two.frame, two.code, two.code.iterate, layout.owners.thread,
          read_value<Address>(two.fake.image, layout.frame.previous.at(two.frame)).value(), 1);
      outlast_the_copy();
      samples.seen.clear();
      REQUIRE(sampler.tick(samples, 0, 0));
      CHECK(samples.seen == std::vector<std::string>{"work:3 ", ""});
    }
  });
}

// The counter of released indices is some 10 KB away from everything else that a look reads.
TEST_CASE("interpreter copy: a look reads all that it uses, and little else") {
  every_layout([](const PublishedLayout& layout) {
    TwoThreads two{layout};
    CountedReads counted{two.fake.image, two.interpreter, layout.interpreter.size};
    FastStrategy reading;
    Sampled<CountedReads> sampler{layout,        counted,    reading,      two.host,
                                  two.fake.site, two.tables, two.options()};
    REQUIRE(sampler.start());
    LinesOfSamples samples{two.tables};
    outlast_the_copy();
    counted.ranges.clear();
    REQUIRE(sampler.tick(samples, 0, 0));
    const auto& i = layout.interpreter;
    CHECK(counted.has(i.threads_head));
    CHECK(counted.has(i.threads_next_unique_id));
    CHECK(counted.has(i.gc_collecting));
    CHECK(counted.has(i.gc_frame));
    CHECK(counted.has(i.code_object_generation));
    CHECK(counted.has(i.tlbc_generation));
    CHECK(counted.bytes() < 1024);
  });
}
