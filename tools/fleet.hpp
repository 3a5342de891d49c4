#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launch.hpp"
#include "member.hpp"
#include "processes.hpp"
#include "signals.hpp"

// All processes of one run: the one program of `run`, the PIDs of `attach`, and with --subprocesses
// everything below them, each a Member with a thread. The main thread only waits: for signals, for
// the program's end, for members that have finished, for the time to be up, and for new processes
// (where the kernel does not tell of them, it looks 50 to 100 times a second). Reports are written
// by it alone, one after the other.
namespace tachyon::tool {

class Fleet {
 public:
  Fleet(const CommandLine& line, Signals& signals);
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;
  ~Fleet();

  int attach(const std::vector<std::int64_t>& pids);
  int run(Child child, bool is_python);

 private:
  std::optional<std::string> prepare(std::size_t processes, std::int64_t first);
  Member& add(std::int64_t pid, Member::Kind kind);
  void watch();
  void wait_a_moment();
  void on_signals();
  void ask_for_snapshots();
  void write_snapshots();
  void stop();
  void look_for_children();
  void reap(bool all);
  void report(Member& member);
  void report_merged();
  int exit_code() const;
  bool write_report(Outputs& outputs, Run& run, const Tables& tables, const SourceFiles& sources,
                    std::uint64_t first_look);
  void start_clocks();
  void begin();

  const CommandLine& line_;
  Signals& signals_;
  Shared shared_;
  std::unique_ptr<SharedTables> merged_tables_{};
  std::optional<Outputs> merged_{};
  Run merged_run_{};
  SourceFiles merged_sources_{};
  std::optional<Child> child_{};
  std::optional<ProcessTree> tree_{};
  std::vector<std::unique_ptr<Member>> members_{};
  std::size_t given_ = 0;    // processes that the user named or started ...
  std::size_t sampled_ = 0;  // ... and how many processes were sampled in the end
  bool failed_ = false;
  bool interrupted_ = false;
  bool ended_by_us_ = false;
  bool adopts_ = false;       // orphans of the program are ours
  int signal_ = 0;            // that ends us, other than Ctrl-C
  std::string why_polled_{};  // until it has been said
};

}  // namespace tachyon::tool
