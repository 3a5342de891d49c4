#include <tachyon/sampler/kernel_source.hpp>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <catch2/catch.hpp>

#include <tachyon/kernel/program.hpp>
#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/layout_of.hpp>

namespace tachyon::test {
namespace {

// A Python that runs `text`, which prints a line when it is ready.
class Python {
 public:
  explicit Python(const char* text) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_adddup2(&files, ends[1], 1);
    const char* const words[] = {"python3", "-S", "-c", text, nullptr};
    if (::posix_spawnp(&pid_, words[0], &files, nullptr, const_cast<char**>(words), environ) != 0) {
      pid_ = 0;
    }
    ::posix_spawn_file_actions_destroy(&files);
    ::close(ends[1]);
    char line[16];
    ready_ = pid_ != 0 && ::read(ends[0], line, sizeof line) > 0;
    output_ = Descriptor{ends[0]};
  }
  Python(const Python&) = delete;
  Python& operator=(const Python&) = delete;
  ~Python() { end(); }

  bool ready() const { return ready_; }
  // Until its main thread sleeps: it prints before.
  void wait_until_it_sleeps() const {
    for (int i = 0; i < 60'000; ++i) {
      const std::string path = "/proc/" + std::to_string(pid_) + "/stat";
      std::FILE* const file = std::fopen(path.c_str(), "r");
      if (file == nullptr) return;
      char state = 0;
      const bool known = std::fscanf(file, "%*d (%*[^)]) %c", &state) == 1;
      std::fclose(file);
      if (known && state == 'S') return;
      ::usleep(1000);
    }
  }
  pid_t pid() const { return pid_; }
  void end() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_ = 0;
  Descriptor output_{};
  bool ready_ = false;
};

// Time by the names of the functions, root first.
struct Times {
  const Tables& tables;
  std::map<std::string, std::uint64_t> of{};
  std::uint64_t last = 0, all = 0, samples = 0;

  void add(const Sample& sample) {
    CHECK(sample.time >= last);
    CHECK(sample.weight <= sample.time);
    CHECK(sample.weight % 1000 == 0);
    last = sample.time;
    std::vector<FrameId> frames;
    tables.frames.frames_of(sample.stack, frames);
    std::string names;
    for (const FrameId frame : frames) names += std::string{tables.frames.name_of(frame)} + ";";
    of[names] += sample.weight;
    all += sample.weight;
    ++samples;
  }
  double share(const std::string& names) const {
    const auto found = of.find(names);
    return found == of.end() ? 0.0 : static_cast<double>(found->second) / static_cast<double>(all);
  }
};

struct Weighing : Times {
  static constexpr bool weighs_samples = true;
};

constexpr const char* works_and_sleeps = R"(
import time
def work(until):
    while time.thread_time() < until: pass
def rest(): time.sleep(0.02)
def main():
    print("up", flush=True)
    while True:
        work(time.thread_time() + 0.02)
        rest()
main()
)";
constexpr const char* sleeps = R"(
import time
def rest(): time.sleep(600)
def main():
    print("up", flush=True)
    rest()
main()
)";

template <Mode P, class C>
std::optional<Outcome> sampled(Python& python, SharedTables& tables, C& times,
                               std::uint64_t duration, const kernel::ProgramNeeds& needs = {}) {
  if (!python.ready()) {
    WARN("skipped: no python3 can be started");
    return std::nullopt;
  }
  auto target = attach(python.pid());
  if (!target) {
    WARN("skipped: that python3 cannot be read");
    return std::nullopt;
  }
  const auto layout = with_layout_of(
      target->site,
      [](const auto& known) -> Result<PublishedLayout> { return as_published(known); });
  REQUIRE(layout);
  LiveHost host{*target};
  KernelSource<PublishedLayout, LiveProcess, LiveHost, P> source{
      *layout,
      target->memory,
      host,
      target->site,
      tables,
      {.all_threads = true},
      {.duration = duration, .max_overhead = 0}};
  std::string words;
  const auto started = source.start(kernel::make_program(*layout, needs), words);
  if (!started) {
    WARN("skipped: the kernel refuses, errno " << started.error().sys << " " << words);
    return std::nullopt;
  }
  Unattended control;
  return source.run(times, control);
}

}  // namespace

static_assert(Source<KernelSource<PublishedLayout, LiveProcess, LiveHost, mode::Wall>>);

TEST_CASE("kernel source: the interval is made longer to stay within the budget") {
  const SamplingPlan plan{.interval = 1'000'000, .max_overhead = 0.02};
  CHECK(interval_within(plan, 0) == 1'000'000);
  CHECK(interval_within(plan, 20'000) == 1'000'000);
  CHECK(interval_within(plan, 40'000) == 2'000'000);
  CHECK(interval_within(plan, 400'000) == 6'000'000);
  CHECK(most_sample_cost(plan) == 120'000);
  const SamplingPlan any{.interval = 1'000'000, .max_overhead = 0};
  CHECK(interval_within(any, 400'000) == 1'000'000);
  CHECK(most_sample_cost(any) > 1'000'000'000);
}

TEST_CASE("kernel source: computing and sleeping have the time that they take", "[rights]") {
  Python python{works_and_sleeps};
  SharedTables tables;
  Times times{tables.unguarded()};
  const auto outcome = sampled<mode::Wall>(python, tables, times, 1'000'000'000);
  if (!outcome) return;
  CHECK(outcome->end == RunEnd::duration);
  CHECK(outcome->quality.by_strategy[Strategy::kernel] > 2);
  CHECK(outcome->quality.given_up * 10 <= outcome->quality.attempts);
  // How long it computes, and how soon it gets a CPU when it has slept, is up to the machine: 14 %
  // were sleep where five wanted each CPU.
  CHECK(times.share("<module>;main;rest;") > 0.01);
  CHECK(times.share("<module>;main;work;") > 0.01);
  CHECK(times.share("<module>;main;rest;") + times.share("<module>;main;work;") > 0.9);
  // A run may end late; waits are told up to when it was to end.
  CHECK(static_cast<double>(times.all) > 0.9e9);
  CHECK(static_cast<double>(times.all) < 1.1 * static_cast<double>(outcome->duration));
}

TEST_CASE("kernel source: in cpu mode sleeping does not count", "[rights]") {
  Python python{works_and_sleeps};
  SharedTables tables;
  Times times{tables.unguarded()};
  const auto outcome = sampled<mode::Cpu>(python, tables, times, 500'000'000);
  if (!outcome) return;
  CHECK(times.share("<module>;main;work;") > 0.7);
  CHECK(times.share("<module>;main;rest;") < 0.2);
}

TEST_CASE("kernel source: a thread that sleeps all along stands for all of it", "[rights]") {
  Python python{sleeps};
  python.wait_until_it_sleeps();
  SharedTables tables;
  Times times{tables.unguarded()};
  const auto outcome = sampled<mode::Wall>(python, tables, times, 300'000'000);
  if (!outcome) return;
  CHECK(times.share("<module>;main;rest;") > 0.99);
  const auto duration = static_cast<double>(outcome->duration);
  CHECK(static_cast<double>(times.all) > 0.29e9);
  CHECK(static_cast<double>(times.all) < 1.05 * duration);
  CHECK(outcome->quality.by_strategy[Strategy::fast] == 1);
  // As many as when it is polled: one a millisecond.
  CHECK(times.samples > 240);
  CHECK(static_cast<double>(times.samples) < 1.2e-6 * duration);
}

TEST_CASE("kernel source: a collector that weighs samples gets a wait as one", "[rights]") {
  Python python{sleeps};
  python.wait_until_it_sleeps();
  SharedTables tables;
  Weighing times{{tables.unguarded()}};
  const auto outcome = sampled<mode::Wall>(python, tables, times, 300'000'000);
  if (!outcome) return;
  CHECK(times.samples <= 2);
  CHECK(static_cast<double>(times.all) > 0.29e9);
}

TEST_CASE("kernel source: threads that wait for the GIL are told from those that sleep",
          "[rights]") {
  Python python{R"(
import threading, time
def compute():
    while True: sum(range(100))
for _ in range(3): threading.Thread(target=compute, daemon=True).start()
print("up", flush=True)
time.sleep(600)
)"};
  struct Waiting {
    std::uint64_t gil = 0, sleeping = 0, both = 0;
    void add(const Sample& sample) {
      const bool waits = has(sample.status, Status::gil_requested);
      if (waits && !has(sample.status, Status::main_thread)) gil += sample.weight;
      if (!waits && has(sample.status, Status::main_thread)) sleeping += sample.weight;
      if (waits && has(sample.status, Status::has_gil)) both += sample.weight;
    }
  } waiting;
  SharedTables tables;
  const auto outcome = sampled<mode::Wall>(python, tables, waiting, 500'000'000,
                                           {.system_call = kernel::find_task_state().has_value()});
  if (!outcome) return;
  if (!kernel::find_task_state()) {
    WARN("skipped: this kernel does not describe itself");
    return;
  }
  // Of the three, two wait at any moment, if not for a CPU.
  CHECK(waiting.gil > 200'000'000);
  CHECK(waiting.sleeping > 400'000'000);
  CHECK(waiting.both == 0);
}

TEST_CASE("kernel source: a target that ends ends the run", "[rights]") {
  Python python{"import time\nprint('up', flush=True)\nfor i in range(40): time.sleep(0.01)"};
  SharedTables tables;
  Times times{tables.unguarded()};
  const auto outcome = sampled<mode::Wall>(python, tables, times, 20'000'000'000);
  if (!outcome) return;
  CHECK(outcome->end == RunEnd::target_ended);
  CHECK(times.share("<module>;") > 0.5);
}

}  // namespace tachyon::test
