// attach_and_print PID: where a running Python program spends the next two seconds.
#include <cstdio>
#include <cstdlib>

#include <tachyon/tachyon.hpp>

int main(int count, char** words) {
  const int pid = count > 1 ? std::atoi(words[1]) : 0;
  auto target = tachyon::attach(pid);
  if (!target) {
    std::fprintf(stderr, "%s\n", tachyon::describe(target.error(), {.pid = pid}).c_str());
    return 1;
  }
  tachyon::SharedTables tables;
  tachyon::Pstats stats{tables.unguarded()};
  const auto run = tachyon::profile(*target, tables, stats, {.duration = 2'000'000'000});
  if (!run) {
    std::fprintf(stderr, "%s\n", tachyon::describe(run.error(), {.pid = pid}).c_str());
    return 1;
  }
  tachyon::StringSink text;
  stats.write(text, *run);
  std::fputs(text.text().c_str(), stdout);
}
