#include <tachyon/kernel/recorder.hpp>

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/kernel/btf.hpp>
#include <tachyon/kernel/program.hpp>
#include <tachyon/kernel/stack.hpp>
#include <tachyon/unwind/threads.hpp>

#include "../layout/tables.hpp"
#include "../unwind/fake_interpreter.hpp"

// The kernel itself. Where it does not let us, each test says why and is skipped.
namespace tachyon::kernel::test {
namespace {

using tachyon::test::FakeInterpreter;

constexpr ProgramNeeds most{.opcodes = true, .system_call = true};

// Why nothing of this can be had here; empty: it can.
std::string refusal() {
  std::string words;
  const auto recorder = Recorder::create(
      make_program(published_form<layouts::cpython_3_14_x86_64>, {}), {}, 1 << 16, words);
  if (!recorder) return "bpf(2) is refused, errno " + std::to_string(recorder.error().sys);
  EventLosses losses;
  const auto events = ThreadEvents::open(::getpid(), 0, {}, recorder->program(), losses);
  if (!events) return "perf events are refused, errno " + std::to_string(events.error().sys);
  return "";
}
bool permitted() {
  static const std::string why = refusal();
  if (!why.empty()) WARN("skipped: " << why);
  return why.empty();
}

double cpu_ms() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

// An image at the same addresses in our own memory, so that the kernel finds it in a thread of ours.
class InMemory {
 public:
  explicit InMemory(const Image& image) {
    for (const Image::Segment& segment : image.segments()) {
      void* const at =
          ::mmap(reinterpret_cast<void*>(segment.at.value), segment.bytes.size(),
                 PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
      REQUIRE(at == reinterpret_cast<void*>(segment.at.value));
      std::copy(segment.bytes.begin(), segment.bytes.end(), static_cast<std::byte*>(at));
      mapped_.emplace_back(at, segment.bytes.size());
    }
  }
  InMemory(const InMemory&) = delete;
  InMemory& operator=(const InMemory&) = delete;
  ~InMemory() {
    for (const auto& [at, size] : mapped_) ::munmap(at, size);
  }

 private:
  std::vector<std::pair<void*, std::size_t>> mapped_;
};

// Computes for a while and sleeps once.
void compute_and_sleep() {
  const double until = cpu_ms() + 20;
  while (cpu_ms() < until) {
  }
  ::usleep(3000);
}

}  // namespace

TEST_CASE("kernel structures are what the kernel's headers say", "[kernel]") {
  CHECK(sizeof(detail::EventShape) == PERF_ATTR_SIZE_VER0);
  CHECK(offsetof(detail::EventShape, config) == offsetof(perf_event_attr, config));
  CHECK(offsetof(detail::EventShape, period) == offsetof(perf_event_attr, sample_period));
  CHECK(offsetof(detail::EventShape, flags) ==
        offsetof(perf_event_attr, read_format) + sizeof(perf_event_attr::read_format));
  CHECK(EventLosses{}.total() == 0);
  CHECK(detail::EventShape{}.type == PERF_TYPE_SOFTWARE);
  CHECK(detail::cpu_clock == PERF_COUNT_SW_CPU_CLOCK);
  CHECK(detail::context_switches == PERF_COUNT_SW_CONTEXT_SWITCHES);
  CHECK(detail::enable_event == PERF_EVENT_IOC_ENABLE);
  CHECK(detail::set_event_period == PERF_EVENT_IOC_PERIOD);
  CHECK(detail::close_on_exec == PERF_FLAG_FD_CLOEXEC);

  CHECK(static_cast<int>(detail::BpfCommand::create_map) == BPF_MAP_CREATE);
  CHECK(static_cast<int>(detail::BpfCommand::lookup) == BPF_MAP_LOOKUP_ELEM);
  CHECK(static_cast<int>(detail::BpfCommand::update) == BPF_MAP_UPDATE_ELEM);
  CHECK(static_cast<int>(detail::BpfCommand::load_program) == BPF_PROG_LOAD);
  CHECK(static_cast<int>(detail::BpfCommand::create_link) == BPF_LINK_CREATE);
  CHECK(static_cast<int>(MapType::array) == BPF_MAP_TYPE_ARRAY);
  CHECK(static_cast<int>(MapType::program_array) == BPF_MAP_TYPE_PROG_ARRAY);
  CHECK(static_cast<int>(MapType::processor_array) == BPF_MAP_TYPE_PERCPU_ARRAY);
  CHECK(static_cast<int>(MapType::ring) == BPF_MAP_TYPE_RINGBUF);
  CHECK(offsetof(detail::CreateMap, name) == offsetof(bpf_attr, map_name));
  CHECK(offsetof(detail::MapElement, key) == offsetof(bpf_attr, key));
  CHECK(offsetof(detail::MapElement, value) == offsetof(bpf_attr, value));
  CHECK(detail::LoadProgram{}.type == BPF_PROG_TYPE_PERF_EVENT);
  CHECK(offsetof(detail::LoadProgram, log) == offsetof(bpf_attr, log_buf));
  CHECK(offsetof(detail::LoadProgram, name) == offsetof(bpf_attr, prog_name));
  CHECK(detail::CreateLink{}.attach_type == BPF_PERF_EVENT);
  CHECK(offsetof(detail::CreateLink, cookie) == offsetof(bpf_attr, link_create.perf_event));
}

TEST_CASE("kernel: how many processors there may be", "[kernel]") {
  CHECK(count_processors("0\n") == 1);
  CHECK(count_processors("0-1\n") == 2);
  CHECK(count_processors("0-3,8-11") == 12);
  CHECK(count_processors("0,2") == 3);
  CHECK(count_processors("") == 1);
  CHECK(count_processors("0-99999999") == 65536);
}

TEST_CASE("kernel: the program of every layout is let in", "[kernel][rights]") {
  if (!permitted()) return;
  double slowest = 0;
  std::string whose;
  tachyon::test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag));
    for (const ProgramNeeds& needs : {ProgramNeeds{}, most}) {
      std::string words;
      double best = 1e9;
      for (int i = 0; i < 3; ++i) {
        const double before = cpu_ms();
        const auto recorder =
            Recorder::create(make_program(published_form<L>, needs), {}, 1 << 16, words);
        best = std::min(best, cpu_ms() - before);
        INFO(words);
        REQUIRE(recorder);
      }
      if (best > slowest) whose = L::tag;
      slowest = std::max(slowest, best);
    }
  });
  std::printf("kernel: the slowest program to be let in took %.1f ms, that of %s\n", slowest,
              whose.c_str());
  CHECK(slowest < 15);
}

TEST_CASE("kernel: a program that is refused comes with the verifier's words", "[kernel][rights]") {
  if (!permitted()) return;
  bpf::Assembler<8> a;
  a.load(bpf::Width::eight, bpf::Register::r0, bpf::Register::r5, 0);
  a.exit();
  const auto code = a.finish();
  std::string words;
  const auto program = load_program(std::span{code.instructions}.first(code.size), words);
  REQUIRE_FALSE(program);
  CHECK(program.error().code == Errc::not_permitted);  // EACCES
  CHECK(words.find("R5 !read_ok") != std::string::npos);
}

// The kernel reads an interpreter of every layout, made by hand, in a thread of ours.
TEST_CASE("kernel: what it records is what is there", "[kernel][rights]") {
  if (!permitted()) return;
  const auto state = find_task_state();
  tachyon::test::for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    if (L::build.arch != native_arch) return;
    INFO(std::string(L::tag));
    FakeInterpreter fake{published_form<L>};
    const Address interpreter = fake.interpreter(0);
    auto thread = fake.thread(interpreter, 101, 0x7f1100000000);
    const auto work = fake.code(u"work", u"a.py", 1);
    fake.enter(thread);
    constexpr unsigned depth = 300;
    thread.next = fake.allocate(depth * work.frame_bytes);
    for (unsigned i = 0; i < depth; ++i) fake.push(thread, work, work.call, i % 50 == 49);
    ChunkCopies chunks;
    RawStack expected;
    ThreadCopy copy;
    REQUIRE(copy.fetch(fake.image, thread.at, fake.layout()));
    follow_frames(fake.image, fake.layout(), thread.current, copy[fake.layout().thread.base_frame],
                  chunks, {}, expected);
    REQUIRE(expected.frames.size() >= depth);

    const InMemory here{fake.image};
    std::string words;
    auto recorder =
        Recorder::create(make_program(fake.layout(), most),
                         {fake.site.runtime, fake.none(), state.value_or(0)}, 1 << 22, words);
    REQUIRE(recorder);
    EventLosses losses;
    {
      auto events = ThreadEvents::open(static_cast<std::int32_t>(::gettid()), thread.at.value,
                                       {.period = 1'000'000}, recorder->program(), losses);
      REQUIRE(events);
      compute_and_sleep();
      events->set_period(300'000);
      compute_and_sleep();
    }
    unsigned ticks = 0, waits = 0, calls = 0;
    std::uint64_t last = 0, clock = 0;
    recorder->drain([&](const Record& record) {
      RawStack seen;
      raw_stack(fake.layout(), record, seen);
      CHECK(seen.ended.code == Errc::ok);
      CHECK(seen.frames.size() == expected.frames.size());
      CHECK(std::equal(seen.frames.begin(), seen.frames.end(), expected.frames.begin(),
                       [](const PlacedFrame& one, const PlacedFrame& other) {
                         const RawFrame &a = one.frame, &b = other.frame;
                         return a.at == b.at && a.executable == b.executable &&
                                a.instruction == b.instruction && a.owner == b.owner;
                       }));
      CHECK(record.header().time > last);
      CHECK(record.header().cpu_time >= clock);
      last = record.header().time;
      clock = record.header().cpu_time;
      if (!record.has(RecordFlag::switched)) ++ticks;
      if (record.has(RecordFlag::switched) && record.header().task_state != 0) ++waits;
      if (record.has(RecordFlag::call_known) && call_number(record.header()) > 0) ++calls;
      CHECK(record.has(RecordFlag::state_known) == (record.has(RecordFlag::switched) && state));
    });
    // 20 ms each; on a machine with other work a tick may come late.
    CHECK(ticks > 20);
    CHECK(ticks < 200);
    CHECK(calls >= 2);
    if (state) CHECK(waits >= 2);
    CHECK(recorder->losses()[Loss::ring_full] == 0);
    CHECK(recorder->losses()[Loss::unreadable] == 0);
  });
}

TEST_CASE("kernel: a ring that is full loses, and counts", "[kernel][rights]") {
  if (!permitted()) return;
  FakeInterpreter fake{published_form<layouts::cpython_3_14_x86_64>};
  auto thread = fake.thread(fake.interpreter(0), 101, 0x7f1100000000);
  const auto work = fake.code(u"work", u"a.py", 1);
  for (int i = 0; i < 100; ++i) fake.push(thread, work, work.call);
  const InMemory here{fake.image};
  std::string words;
  auto recorder = Recorder::create(make_program(fake.layout(), {}), {}, 4096, words);
  REQUIRE(recorder);
  EventLosses losses;
  {
    auto events = ThreadEvents::open(static_cast<std::int32_t>(::gettid()), thread.at.value,
                                     {.period = 500'000}, recorder->program(), losses);
    REQUIRE(events);
    compute_and_sleep();
  }
  CHECK(recorder->losses()[Loss::ring_full] > 5);
  unsigned taken = 0;
  recorder->drain([&](const Record&) { ++taken; });
  CHECK(taken == 1);
}

TEST_CASE("kernel: threads that cannot be watched are counted by their reason",
          "[kernel][rights]") {
  if (!permitted()) return;
  std::string words;
  auto recorder = Recorder::create(make_program(published_form<layouts::cpython_3_14_x86_64>, {}),
                                   {}, 4096, words);
  REQUIRE(recorder);
  EventLosses losses;
  std::int32_t gone = 0;
  std::thread{[&] { gone = static_cast<std::int32_t>(::gettid()); }}.join();
  // It has been joined; the kernel may take a moment longer.
  for (int i = 0; i < 1000 && losses.ended == 0; ++i) {
    (void)ThreadEvents::open(gone, 0, {}, recorder->program(), losses);
    ::usleep(1000);
  }
  CHECK(losses.ended == 1);

  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{96, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  std::vector<ThreadEvents> held;
  for (int i = 0; i < 64 && losses.no_descriptors == 0; ++i) {
    auto events = ThreadEvents::open(static_cast<std::int32_t>(::gettid()), 0, {},
                                     recorder->program(), losses);
    if (events) held.push_back(std::move(*events));
  }
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(losses.no_descriptors == 1);
  CHECK(losses.refused == 0);
}

}  // namespace tachyon::kernel::test
