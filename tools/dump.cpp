#include <algorithm>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/output_place.hpp>
#include <tachyon/target/core_modules.hpp>
#include <tachyon/target/diagnose.hpp>

#include "colour.hpp"
#include "commands.hpp"
#include "dump_json.hpp"
#include "dump_text.hpp"
#include "naming.hpp"
#include "processes.hpp"
#include "report.hpp"
#include "rules.hpp"
#include "sampling.hpp"
#include "summary.hpp"
#include "task_tree.hpp"

// tachyon dump: what every thread of a process, or of a core file, is doing at this moment. One
// report, however many processes: its place is opened before anybody is looked at, and it is
// written when all is known.
namespace tachyon::tool {
namespace {

struct Dumped {
  RuntimeSite site{};
  SharedTables tables{};
  Dump dump{};
};

DumpOptions dump_options(const Options& options, const RuntimeSite& site) {
  DumpOptions wanted;
  wanted.frames.all_threads = options.frames.all_threads || !options.frames.thread.empty();
  wanted.frames.threads = options.frames.thread;
  wanted.frames.gc = !options.frames.no_gc;
  wanted.frames.native = options.frames.native;
  wanted.frames.c_calls = options.frames.c_calls;
  wanted.frames.opcodes = options.frames.opcodes;
  wanted.frames.tasks = options.frames.async_aware;
  wanted.frames.all_threads = wanted.frames.all_threads || wanted.frames.tasks;
  // Where tasks are not published, those that run can be shown all the same.
  const bool all = knows_tasks(site) || options.show.tree;
  const AsyncMode standard = all ? AsyncMode::all : AsyncMode::running;
  wanted.frames.task_choice = tasks_of(options.frames.async_mode.value_or(standard));
  wanted.locals = options.show.locals;
  return wanted;
}

Result<void> look_at(std::int32_t pid, const CommandLine& line, Dumped& out) {
  auto target = attach(pid);
  if (!target) return target.error();
  const bool blocking = reading_of(line.options.reading) == StrategyChoice::blocking;
  auto dump = dump_of(*target, out.tables, dump_options(line.options, target->site), blocking);
  if (!dump) return dump.error();
  if (line.options.frames.async_aware && !knows_tasks(target->site)) {
    say_notice(about_unpublished_tasks(pid));
  }
  out.site = std::move(target->site);
  out.dump = std::move(*dump);
  return {};
}

Result<void> look_at_core(CoreFile& core, const CommandLine& line, Dumped& out) {
  const CoreModules modules{core};
  auto site = find_runtime(core, modules);
  if (!site) return site.error();
  if (const auto ok = check_supported(*site); !ok) return ok.error();
  out.site = std::move(*site);
  auto dump = dump_of(core, out.site, out.tables, dump_options(line.options, out.site));
  if (!dump) return dump.error();
  out.dump = std::move(*dump);
  return {};
}

class Report {
 public:
  Report(const CommandLine& line, OutputFile file)
      : line_{line}, file_{std::move(file)}, json_{sink_} {
    const ShowOptions& show = line.options.show;
    style_.colour = wants_colour(show.colour, file_.descriptor());
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
      json_.process(pid, dumped.site, tables, dumped.dump);
      return;
    }
    SourceLines sources{live ? pid : 0};
    DumpPrinter printer{tables, sources, style_};
    if (!text_.empty()) text_ += '\n';
    if (line_.options.show.tree && !dumped.dump.threads.empty()) {
      text_ += TaskTree{tables, style_}.print(dumped.dump, pid);
      return;
    }
    text_ += dumped.dump.threads.empty()
                 ? concat("No Python stacks in process ", std::to_string(pid), "\n")
                 : printer.print(dumped.dump, pid);
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
    // Of nobody there is no report; an older one stays.
    if (text_.empty()) return static_cast<int>(failed_ ? Exit::failed : Exit::fine);
    const std::string path = file_.path();
    const Written written =
        write_or_fall_back(std::move(file_), [&](OutputFile& sink) { sink.put(text_); });
    const bool fine = report_output("dump", path, written, stdout);
    return static_cast<int>(failed_ || !fine ? Exit::failed : Exit::fine);
  }

 private:
  const CommandLine& line_;
  OutputFile file_;
  StringSink sink_;
  DumpJson<StringSink> json_;
  DumpStyle style_;
  std::string text_;
  bool failed_ = false;
};

// The processes that the command line names, each once, and what it names in vain.
struct Named {
  std::vector<std::int64_t> pids{};
  std::vector<std::string> nobody{};
};

Named named_on(const CommandLine& line) {
  Named named;
  const auto add = [&](std::int64_t pid) {
    if (std::ranges::find(named.pids, pid) == named.pids.end()) named.pids.push_back(pid);
  };
  const auto add_all = [&](const std::vector<std::int64_t>& found, std::string_view what,
                           std::string_view name) {
    if (found.empty()) named.nobody.push_back(concat(what, " ", quoted(name)));
    for (const std::int64_t pid : found) add(pid);
  };
  for (const std::string& word : line.words) {
    if (const auto pid = read_pid(word)) add(*pid);
  }
  for (const std::string& pattern : line.options.program.name) {
    add_all(processes_named(pattern), "no process is named", pattern);
  }
  for (const std::string& group : line.options.program.cgroup) {
    add_all(processes_in_cgroup(group), "no process in control group", group);
  }
  return named;
}

std::int64_t first_of(const std::optional<Result<CoreFile>>& core, const Named& named) {
  if (core) return *core ? (*core)->pid() : 0;
  return named.pids.empty() ? 0 : named.pids.front();
}

// Or why it cannot be.
std::variant<OutputFile, std::string> open_report(const ProgramOptions& program,
                                                  const std::string& path) {
  if (program.core && is_same_place(path, *program.core)) {
    return concat(quoted(path), " is the core file itself");
  }
  if (program.exe && is_same_place(path, *program.exe)) {
    return concat(quoted(path), " is the executable itself");
  }
  auto file = OutputFile::create(path);
  if (!file) return describe_output(path, file.error());
  return std::move(*file);
}

void report_core(Result<CoreFile>& core, const CommandLine& line, Report& report) {
  Dumped dumped;
  const auto ok = core ? look_at_core(*core, line, dumped) : Result<void>{core.error()};
  if (ok) return report.add((*core).pid(), dumped, false);
  report.fail(0, describe(ok.error(), {.file = *line.options.program.core}));
}

void report_process(std::int64_t pid, const CommandLine& line, Report& report) {
  Dumped dumped;
  if (pid < 0 || pid > INT32_MAX) {
    return report.fail(pid, concat("there is no process ", std::to_string(pid)));
  }
  const auto number = static_cast<std::int32_t>(pid);
  const auto ok = look_at(number, line, dumped);
  if (ok) return report.add(pid, dumped, true);
  const bool pausing = reading_of(line.options.reading) == StrategyChoice::blocking;
  report.fail(pid, describe(ok.error(), {.pid = number, .pausing = pausing}));
}

}  // namespace

int dump_command(const CommandLine& line) {
  // A reader that has gone, or a file that may not grow, is told by the write.
  for (const int signal : {SIGPIPE, SIGXFSZ}) (void)std::signal(signal, SIG_IGN);
  const Options& options = line.options;
  const Named named = named_on(line);
  const ProgramOptions& program = options.program;
  std::optional<Result<CoreFile>> core;
  if (program.core) core = CoreFile::open(*program.core, program.exe.value_or(""));
  const std::string path =
      plan_dump(options.files.output, options.show.json, first_of(core, named));
  auto file = open_report(program, path);
  if (const auto* why = std::get_if<std::string>(&file)) {
    say_error(*why);
    return static_cast<int>(Exit::failed);
  }
  Report report{line, std::move(std::get<OutputFile>(file))};
  if (core) report_core(*core, line, report);
  for (const std::string& why : named.nobody) report.fail(0, why);
  for (const std::int64_t pid : named.pids) report_process(pid, line, report);
  return report.finish();
}

}  // namespace tachyon::tool
