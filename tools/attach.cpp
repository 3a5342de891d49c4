#include <algorithm>

#include "commands.hpp"
#include "fleet.hpp"
#include "live.hpp"
#include "report.hpp"

namespace tachyon::tool {
namespace {

// The processes that were named in any way, each once. What names nothing is an error.
std::optional<std::vector<std::int64_t>> processes_of(const CommandLine& line) {
  std::vector<std::int64_t> pids;
  const auto add = [&](const std::vector<std::int64_t>& more, std::string_view what,
                       std::string_view name) {
    if (more.empty()) {
      say_error(
          concat("there is no process ", what, " ", quoted(name), "; ps -eo pid,args lists them"));
      return false;
    }
    for (const std::int64_t pid : more) {
      if (std::ranges::find(pids, pid) == pids.end()) pids.push_back(pid);
    }
    return true;
  };
  for (const std::string& word : line.words) {
    const std::int64_t pid = read_pid(word).value_or(0);
    if (pid <= 0 || pid > 0x7fffffff) {
      say_error(concat("there is no process ", quoted(word)));
      return std::nullopt;
    }
    (void)add({pid}, "", word);
  }
  for (const std::string& name : line.options.program.name) {
    if (!add(processes_named(name), "called", name)) return std::nullopt;
  }
  for (const std::string& group : line.options.program.cgroup) {
    if (!add(processes_in_cgroup(group), "in the control group", group)) return std::nullopt;
  }
  return pids;
}

}  // namespace

int attach_command(const CommandLine& line) {
  const auto pids = processes_of(line);
  if (!pids) return static_cast<int>(Exit::failed);
  if (line.options.sampling.live) {
    if (pids->size() > 1) {
      say_error(
          "--live watches one process; name a single one, with --subprocesses its children too");
      return static_cast<int>(Exit::failed);
    }
    return watch_live(line, pids->front());
  }
  Signals signals;
  Fleet fleet{line, signals};
  return fleet.attach(*pids);
}

}  // namespace tachyon::tool
