#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/target/core_modules.hpp>
#include <tachyon/target/diagnose.hpp>

#include "colour.hpp"
#include "commands.hpp"
#include "dump_json.hpp"
#include "dump_text.hpp"
#include "processes.hpp"
#include "report.hpp"
#include "rules.hpp"
#include "sampling.hpp"

// tachyon dump: what every thread of a process, or of a core file, is doing at this moment.
namespace tachyon::tool {
namespace {

struct Dumped {
  RuntimeSite site{};
  SharedTables tables{};
  Snapshot snapshot{};
};

SnapshotOptions snapshot_options(const Options& options) {
  SnapshotOptions wanted;
  wanted.frames.all_threads = options.frames.all_threads || !options.frames.thread.empty();
  wanted.frames.threads = options.frames.thread;
  wanted.frames.gc = !options.frames.no_gc;
  wanted.frames.native = options.frames.native;
  wanted.frames.c_calls = options.frames.c_calls;
  wanted.frames.opcodes = options.frames.opcodes;
  wanted.frames.tasks = options.frames.async_aware;
  wanted.frames.all_threads = wanted.frames.all_threads || wanted.frames.tasks;
  wanted.frames.task_choice = tasks_of(options.frames.async_mode.value_or(AsyncMode::all));
  wanted.locals = options.show.locals;
  return wanted;
}

Result<void> look_at(std::int32_t pid, const CommandLine& line, Dumped& out) {
  auto target = attach(pid);
  if (!target) return target.error();
  const bool blocking = reading_of(line.options.reading) == Reading::blocking;
  auto snapshot = snapshot_of(*target, out.tables, snapshot_options(line.options), blocking);
  if (!snapshot) return snapshot.error();
  if (line.options.frames.async_aware && !knows_tasks(target->site)) {
    say_notice(about_unpublished_tasks(pid));
  }
  out.site = std::move(target->site);
  out.snapshot = std::move(*snapshot);
  return {};
}

Result<std::int32_t> look_at_core(const CommandLine& line, Dumped& out) {
  auto core = CoreFile::open(*line.options.program.core, line.options.program.exe.value_or(""));
  if (!core) return core.error();
  const CoreModules modules{*core};
  auto site = find_runtime(*core, modules);
  if (!site) return site.error();
  if (const auto ok = check_supported(*site); !ok) return ok.error();
  out.site = std::move(*site);
  auto snapshot = snapshot_of(*core, out.site, out.tables, snapshot_options(line.options));
  if (!snapshot) return snapshot.error();
  out.snapshot = std::move(*snapshot);
  return core->pid();
}

class Report {
 public:
  explicit Report(const CommandLine& line) : line_{line}, json_{sink_} {
    const ShowOptions& show = line.options.show;
    style_.colour = wants_colour(show.colour, STDOUT_FILENO);
    style_.carets = show.carets || !style_.colour;
  }

  void add(std::int64_t pid, const Dumped& dumped, bool live) {
    const Tables& tables = dumped.tables.unguarded();
    if (line_.options.show.verbose) {
      say_notice(concat("Python ", std::to_string(dumped.site.major()), ".",
                        std::to_string(dumped.site.minor()), ".",
                        std::to_string(dumped.site.micro()),
                        dumped.site.free_threaded ? " (free-threaded)" : "", " in process ",
                        std::to_string(pid), ", found by ", name_of(dumped.site.found_by), " in ",
                        dumped.site.file.empty() ? "memory" : dumped.site.file));
    }
    if (line_.options.show.json) {
      json_.process(pid, dumped.site, tables, dumped.snapshot);
      return;
    }
    SourceLines sources{live ? pid : 0};
    DumpPrinter printer{tables, sources, style_};
    if (!text_.empty()) text_ += '\n';
    text_ += dumped.snapshot.threads.empty()
                 ? concat("No Python stacks in process ", std::to_string(pid), "\n")
                 : printer.print(dumped.snapshot, pid);
  }
  void fail(std::int64_t pid, const std::string& why) {
    say_error(why);
    failed_ = true;
    if (line_.options.show.json) json_.failure(pid, why);
  }

  int finish() {
    if (line_.options.show.json) {
      json_.end();
      text_ = sink_.take();
    }
    const bool written = std::fwrite(text_.data(), 1, text_.size(), stdout) == text_.size() &&
                         std::fflush(stdout) == 0;
    return static_cast<int>(failed_ || !written ? Exit::failed : Exit::fine);
  }

 private:
  const CommandLine& line_;
  StringSink sink_;
  DumpJson<StringSink> json_;
  DumpStyle style_;
  std::string text_;
  bool failed_ = false;
};

// The processes that the command line names, each once. A word that is no number fails here.
std::vector<std::int64_t> processes_of(const CommandLine& line, Report& report) {
  std::vector<std::int64_t> pids;
  const auto add = [&](std::int64_t pid) {
    if (std::find(pids.begin(), pids.end(), pid) == pids.end()) pids.push_back(pid);
  };
  for (const std::string& word : line.words) {
    const auto pid = read_pid(word);
    if (pid) add(*pid);
  }
  for (const std::string& pattern : line.options.program.name) {
    const auto found = processes_named(pattern);
    if (found.empty()) report.fail(0, concat("no process is named ", quoted(pattern)));
    for (const std::int64_t pid : found) add(pid);
  }
  for (const std::string& group : line.options.program.cgroup) {
    const auto found = processes_in_cgroup(group);
    if (found.empty()) report.fail(0, concat("no process in control group ", quoted(group)));
    for (const std::int64_t pid : found) add(pid);
  }
  return pids;
}

}  // namespace

int dump_command(const CommandLine& line) {
  Report report{line};
  if (line.options.program.core) {
    Dumped dumped;
    const auto pid = look_at_core(line, dumped);
    if (pid) {
      report.add(*pid, dumped, false);
    } else {
      const std::string& file = *line.options.program.core;
      report.fail(0, describe(pid.error(), {.file = file}));
    }
  }
  for (const std::int64_t pid : processes_of(line, report)) {
    Dumped dumped;
    const auto number = pid < 0 || pid > INT32_MAX ? -1 : static_cast<std::int32_t>(pid);
    const auto ok =
        number < 0 ? Result<void>{Errc::no_such_process} : look_at(number, line, dumped);
    if (ok) {
      report.add(pid, dumped, true);
    } else {
      report.fail(pid, describe(ok.error(), {.pid = number}));
    }
  }
  return report.finish();
}

}  // namespace tachyon::tool
