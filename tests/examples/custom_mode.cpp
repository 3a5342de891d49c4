// custom_mode PID: which functions make the garbage collector run, and for how long.
//
// A mode says which threads count, from their status. What it needs to know beyond what a thread's
// own state tells is read at compile time: a mode that does not ask for the CPU costs no
// look at it.
#include <cstdio>
#include <cstdlib>

#include <tachyon/tachyon.hpp>

struct Collecting {
  static constexpr std::string_view name = "collecting garbage";
  static constexpr tachyon::ModeKind kind = tachyon::ModeKind::unknown;
  static constexpr tachyon::Needs needs{};
  static constexpr bool accepts(tachyon::Status status) noexcept {
    return has(status, tachyon::Status::in_gc);
  }
};
static_assert(tachyon::Mode<Collecting>);

int main(int count, char** words) {
  auto target = tachyon::attach(count > 1 ? std::atoi(words[1]) : 0);
  if (!target) return std::fputs("no Python there\n", stderr), 1;
  tachyon::SharedTables tables;
  tachyon::Pstats stats{tables.unguarded()};
  const auto run = tachyon::profile<Collecting>(*target, tables, stats, {.duration = 2'000'000'000},
                                                {.all_threads = true});
  if (!run) return 1;
  tachyon::StringSink text;
  stats.write(text, *run);
  std::fputs(text.text().c_str(), stdout);
}
