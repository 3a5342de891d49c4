// watch_child FILE PROGRAM...: runs a Python program, profiles it from a thread of ours until it
// ends, and leaves a flame graph. Its exit status is passed on.
#include <cstdio>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include <tachyon/tachyon.hpp>

int main(int count, char** words) {
  if (count < 3) return std::fputs("usage: watch_child FILE PROGRAM...\n", stderr), 2;
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(words[2], words + 2);
    ::_exit(127);
  }
  std::jthread profiler{[&] {
    // Until it is a Python: what was started may be a launcher, and takes its time.
    auto target = tachyon::attach(child, {.patience = 5'000'000'000, .expect_python = true});
    if (!target) return;
    tachyon::SharedTables tables;
    tachyon::Flamegraph page{tables.unguarded()};
    const auto run = tachyon::profile(*target, tables, page, {}, {.all_threads = true});
    auto file = tachyon::OutputFile::create(words[1]);
    if (!run || !file) return;
    page.write(*file, *run);
    if (file->close()) std::printf("%s: %lu samples\n", words[1], run->quality.valid);
  }};
  int status = 0;
  ::waitpid(child, &status, 0);  // the profiler ends by itself: its target has gone
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
