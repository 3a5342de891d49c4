// What collecting and writing cost, without reading a target or a file.
//
//   bench_collect [SAMPLES [ROUNDS]]      1,000,000 samples, 5 rounds; medians, with the spread
//
// Two made-up programs: "loop" is one busy thread about 22 frames deep that moves among 400 stacks
// (the kind that CPython's own profiler was measured on), "server" is 16 threads about 60 deep
// among 20,000 stacks, most of them waiting.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/collect/chrome_trace.hpp>
#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/gecko.hpp>
#include <tachyon/collect/jsonl.hpp>
#include <tachyon/collect/jsonl_events.hpp>
#include <tachyon/collect/pprof.hpp>
#include <tachyon/collect/pstats.hpp>
#include <tachyon/collect/pstats_file.hpp>
#include <tachyon/collect/speedscope.hpp>

namespace {

using namespace tachyon;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// Counts what it is given and touches it, as a file would.
struct CountingSink {
  std::uint64_t bytes = 0;
  char buffer[65536];
  std::size_t used = 0;
  void put(std::string_view text) {
    bytes += text.size();
    if (text.size() > sizeof buffer - used) used = 0;
    if (text.size() <= sizeof buffer) {
      std::memcpy(buffer + used, text.data(), text.size());
      used += text.size();
    }
  }
  void put(char c) { put(std::string_view{&c, 1}); }
};

struct Program {
  const char* name;
  Tables tables;
  std::vector<Sample> samples;
  Run run;
};

struct Random {
  std::uint64_t state = 1;
  std::uint32_t below(std::uint32_t limit) {
    state += 0x9e3779b97f4a7c15U;
    return static_cast<std::uint32_t>(mix_bits(state) % limit);
  }
};

Program make_program(const char* name, std::size_t samples, std::uint32_t threads,
                     std::uint32_t depth, std::uint32_t stacks) {
  Program p{name, {}, {}, {}};
  FrameTable& table = p.tables.frames;
  Random random;
  std::vector<FrameId> frames;
  for (std::uint32_t i = 0; i < depth * 40; ++i) {
    Frame frame;
    frame.function =
        table.function({table.string("Class.method_" + std::to_string(i / 4)),
                        table.string("/srv/app/module_" + std::to_string(i / 40) + ".py"),
                        static_cast<std::int32_t>(i / 4 * 10 % 1000 + 1)});
    const auto line = static_cast<std::int32_t>(i / 4 * 10 % 1000 + 1 + i % 4);
    frame.location = {line, line, 8, 20};
    frames.push_back(table.frame(frame));
  }
  std::vector<StackId> all;
  while (all.size() < stacks) {  // a shared trunk, then own frames
    StackId stack = StackId::empty;
    for (std::uint32_t d = 0; d < depth; ++d) {
      const std::uint32_t own = d < depth * 2 / 3 ? 0 : random.below(d + 4 < depth ? 2 : 6);
      stack = table.push(stack, frames[d * 40 + own]);
    }
    all.push_back(stack);
  }
  std::vector<std::uint32_t> now(threads, 0);
  for (std::uint32_t t = 0; t < threads; ++t) {
    Thread thread;
    thread.process = thread.id = 4000 + t;
    thread.name = "worker " + std::to_string(t);
    (void)p.tables.threads.intern(thread);
  }
  p.samples.reserve(samples);
  for (std::uint64_t time = 100'000; p.samples.size() < samples; time += 100'000) {
    for (std::uint32_t t = 0; t < threads && p.samples.size() < samples; ++t) {
      const bool busy = threads == 1 || random.below(4) == 0;
      if (busy && random.below(2) == 0) now[t] = random.below(stacks);
      const Status status = busy ? Status::has_gil | Status::on_cpu : Status::gil_requested;
      p.samples.push_back({ThreadIndex{t}, all[now[t]], status, time, 100'000});
    }
  }
  p.run.interval = 100'000;
  p.run.target.process = 4000;
  return p;
}

// Resident memory in MB now. 0 where the system does not tell.
double resident() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long size = 0, pages = 0;
  const int read = std::fscanf(file, "%lu %lu", &size, &pages);
  std::fclose(file);
  return read == 2 ? static_cast<double>(pages) * 4096 / 1e6 : 0;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void report(const char* name, const Program& program, const std::vector<double>& adds,
            const std::vector<double>& writes, std::uint64_t bytes, double memory) {
  std::vector<double> totals;
  for (std::size_t i = 0; i < adds.size(); ++i) totals.push_back(adds[i] + writes[i]);
  const auto count = static_cast<double>(program.samples.size());
  std::printf("%-8s %-14s %8.1f %10.1f %10.1f %8.1f..%-8.1f %12llu %8.1f\n", program.name, name,
              median(adds) * 1e6 / count, median(writes), median(totals),
              *std::min_element(totals.begin(), totals.end()),
              *std::max_element(totals.begin(), totals.end()),
              static_cast<unsigned long long>(bytes), memory);
}

template <class C>
void measure(const char* name, const Program& program, int rounds,
             typename C::Options options = typename C::Options{}) {
  std::vector<double> adds, writes;
  std::uint64_t bytes = 0;
  double memory = 0;
  for (int round = 0; round < rounds; ++round) {
    const double before = resident();
    const Clock::time_point begin = Clock::now();
    C collector{program.tables, options};
    for (const Sample& sample : program.samples) collector.add(sample);
    adds.push_back(milliseconds_since(begin));
    const Clock::time_point middle = Clock::now();
    CountingSink sink;
    collector.write(sink, program.run);
    writes.push_back(milliseconds_since(middle));
    bytes = sink.bytes;
    memory = std::max(memory, resident() - before);
  }
  report(name, program, adds, writes, bytes, memory);
}

void measure_events(const Program& program, int rounds) {
  std::vector<double> adds;
  std::uint64_t bytes = 0;
  for (int round = 0; round < rounds; ++round) {
    const Clock::time_point begin = Clock::now();
    CountingSink sink;
    JsonlEvents events{program.tables, sink};
    for (const Sample& sample : program.samples) events.add(sample);
    adds.push_back(milliseconds_since(begin));
    bytes = sink.bytes;
  }
  report("jsonl events", program, adds, std::vector<double>(adds.size(), 0), bytes, 0);
}

}  // namespace

int main(int argc, char** argv) {
  const auto samples = static_cast<std::size_t>(argc > 1 ? std::atoll(argv[1]) : 1'000'000);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  if (samples == 0 || rounds < 1) {
    std::fprintf(stderr, "usage: bench_collect [SAMPLES [ROUNDS]]\n");
    return 2;
  }
  std::printf("%zu samples, %d rounds: medians; total from least to most\n", samples, rounds);
  std::printf("%-8s %-14s %8s %10s %10s %18s %12s %8s\n", "program", "output", "add ns", "write ms",
              "total ms", "spread", "bytes", "MB");
  for (const Program& program : {make_program("loop", samples, 1, 22, 400),
                                 make_program("server", samples, 16, 60, 20'000)}) {
    measure<Pstats>("pstats", program, rounds);
    measure<PstatsFile>("pstats file", program, rounds);
    measure<Collapsed>("collapsed", program, rounds);
    measure<Jsonl>("jsonl", program, rounds);
    measure_events(program, rounds);
    measure<Gecko>("gecko", program, rounds);
    measure<Speedscope>("speedscope", program, rounds);
    measure<Pprof>("pprof", program, rounds);
    measure<ChromeTrace>("chrome trace", program, rounds);
  }
  return 0;
}
