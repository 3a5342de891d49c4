// custom_collector PID: which source files a program is in, by sampled time.
//
// A collector needs one function, add(). A stack is a number into the session's tables; what it is
// worth is the sample's weight, the time since the look before.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include <tachyon/tachyon.hpp>

class FileTimes {
 public:
  explicit FileTimes(const tachyon::Tables& tables) : frames_{tables.frames} {}

  void add(const tachyon::Sample& sample) {
    if (sample.stack == tachyon::StackId::empty) return;
    times_[std::string{frames_.file_of(frames_.leaf(sample.stack))}] += sample.weight;
  }
  void print() const {
    for (const auto& [file, time] : times_) {
      std::printf("%8.3f s  %s\n", static_cast<double>(time) / 1e9, file.c_str());
    }
  }

 private:
  const tachyon::FrameTable& frames_;
  std::map<std::string, std::uint64_t> times_;
};
static_assert(tachyon::Collector<FileTimes>);

int main(int count, char** words) {
  auto target = tachyon::attach(count > 1 ? std::atoi(words[1]) : 0);
  if (!target) return std::fputs("no Python there\n", stderr), 1;
  tachyon::SharedTables tables;
  FileTimes files{tables.unguarded()};
  if (!tachyon::profile(*target, tables, files, {.duration = 1'000'000'000})) return 1;
  files.print();
}
