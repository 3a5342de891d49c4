#include "processes.hpp"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;
using namespace std::chrono_literals;

namespace {

// How long something that must happen may take on a machine that has other things to do.
constexpr auto patience = 60s;

template <class Condition>
bool wait_until(Condition&& condition) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

// A process that runs this shell text, killed with all that came of it in the end: its group, and
// what left that for a session of its own, which is known by a mark in its environment.
class Shell {
 public:
  explicit Shell(const std::string& text) {
    static int count = 0;
    mark_ = concat("TACHYON_TEST_SHELL=", std::to_string(::getpid()), ".", std::to_string(++count));
    pid_ = ::fork();
    if (pid_ == 0) {
      (void)::setpgid(0, 0);
      (void)::putenv(mark_.data());
      ::execl("/bin/sh", "sh", "-c", text.c_str(), nullptr);
      ::_exit(127);
    }
    (void)::setpgid(pid_, pid_);
  }
  ~Shell() {
    (void)::kill(-pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
    while (kill_marked()) continue;  // one that forks meanwhile has a child with the mark
  }
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;
  std::int64_t pid() const noexcept { return pid_; }

 private:
  bool kill_marked() const {
    bool any = false;
    DIR* const all = ::opendir("/proc");
    while (const dirent* const entry = ::readdir(all)) {
      const pid_t pid = std::atoi(entry->d_name);
      if (pid <= 0 || pid == ::getpid()) continue;
      std::ifstream file{concat("/proc/", entry->d_name, "/environ")};
      const std::string environment{std::istreambuf_iterator<char>{file}, {}};
      if (concat(std::string(1, '\0'), environment)
              .find(concat(std::string(1, '\0'), mark_, std::string(1, '\0'))) ==
          std::string::npos) {
        continue;
      }
      any = true;
      (void)::kill(pid, SIGKILL);
    }
    ::closedir(all);
    return any;
  }

  std::string mark_{};
  pid_t pid_;
};

// What a shell waits for before it goes on.
class Signal {
 public:
  Signal() : path_{concat("/tmp/tachyon-go-", std::to_string(::getpid()))} {
    ::unlink(path_.c_str());
  }
  ~Signal() { ::unlink(path_.c_str()); }
  std::string awaited() const { return concat("until [ -e ", path_, " ]; do :; done; "); }
  void give() const { std::ofstream{path_}; }

 private:
  std::string path_;
};

std::string title_of(std::int64_t pid) {
  std::string title = tool::detail::read_small_file(concat("/proc/", std::to_string(pid), "/comm"));
  if (!title.empty()) title.pop_back();
  return title;
}

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// The kernel tells those who may ask; everybody can look.
template <class Visit>
void both_ways(Visit&& visit) {
  visit(false);
  if (ProcessEvents{}.usable()) {
    visit(true);
  } else {
    WARN("skipped: the kernel does not tell us of processes (needs CAP_NET_ADMIN)");
  }
}

std::int64_t read_parent(std::int64_t pid) {
  const std::string path = concat("/proc/", std::to_string(pid), "/status");
  const std::string text = tool::detail::read_small_file(path);
  return tool::detail::number_after<std::int64_t>(text, "PPid:").value_or(-1);
}

// What the tree tells until `count` processes with this title have been seen, or time is up.
std::vector<std::int64_t> seen(ProcessTree& tree, std::string_view title, std::size_t count) {
  std::vector<std::int64_t> all, found;
  (void)wait_until([&] {
    for (const std::int64_t pid : tree.fresh(monotonic_ns())) all.push_back(pid);
    // A process is told as soon as it is there, and may become another program a moment later.
    std::erase_if(all, [&](std::int64_t pid) {
      const bool hit = title_of(pid) == title;
      if (hit) found.push_back(pid);
      return hit;
    });
    return found.size() >= count;
  });
  return found;
}

}  // namespace

TEST_CASE("fields of a status file") {
  const std::string text = "Name:\tx\nTgid:\t42\nPPid:  7\nNSpgid:\t9\t1\nOther: y\n";
  CHECK(tool::detail::number_after<int>(text, "Tgid:") == 42);
  CHECK(tool::detail::number_after<int>(text, "PPid:") == 7);
  CHECK(tool::detail::number_after<int>(text, "NSpgid:") == 9);
  CHECK_FALSE(tool::detail::number_after<int>(text, "Other:"));
  CHECK_FALSE(tool::detail::number_after<int>(text, "gid:"));
  CHECK(tool::detail::number_after<int>("Tgid:\t3\n", "Tgid:") == 3);
}

TEST_CASE("processes are found by program, by script and by module") {
  const Shell shell{"exec sleep 60"};
  std::vector<std::int64_t> found;
  (void)wait_until([&] {
    for (const std::int64_t pid : processes_named("slee?")) {
      if (pid == shell.pid()) found.push_back(pid);
    }
    return !found.empty();
  });
  REQUIRE(found == std::vector<std::int64_t>{shell.pid()});
  CHECK(processes_named("no-such-program-*").empty());
  CHECK(command_line_of(shell.pid()).back() == "60");
  CHECK(command_line_of(0).empty());
  CHECK(names_of(0x7fffffff).empty());
}

TEST_CASE("a process is found in its control group") {
  const std::string groups = tool::detail::read_small_file("/proc/self/cgroup");
  REQUIRE_FALSE(groups.empty());
  const Shell shell{"sleep 60"};
  const std::string line = groups.substr(0, groups.find('\n'));
  const std::string path = line.substr(line.find(':', line.find(':') + 1) + 1);
  if (path == "/") {
    WARN("skipped: this machine has one control group for everything");
  } else {
    const auto found = processes_in_cgroup(path);
    CHECK(std::ranges::find(found, shell.pid()) != found.end());
  }
  CHECK(processes_in_cgroup("/no/such/group").empty());
}

TEST_CASE("a tree tells its descendants: those that are there, and new ones promptly") {
  both_ways([](bool told) {
    const Shell shell{"sleep 61 & sleep 62 & read x <&1; wait"};
    ProcessTree before{{shell.pid()}, ProcessTree::Orphans::elsewhere, told};
    CHECK(seen(before, "sleep", 2).size() == 2);
  });
}

TEST_CASE("grandchildren, orphans and other sessions belong to the tree") {
  both_ways([](bool told) {
    const Signal go;
    const Shell shell{go.awaited() +
                      "sh -c 'sleep 61 & sleep 62' & "  // a grandchild
                      "(sleep 63 &) ; "                 // an orphan at once
                      "setsid sleep 64 & wait"};
    ProcessTree tree{{shell.pid()}, ProcessTree::Orphans::elsewhere, told};
    go.give();
    CHECK(seen(tree, "sleep", 4).size() == 4);
  });
}

TEST_CASE("a daemon that leaves family and session at once is told of all the same") {
  if (!ProcessEvents{}.usable()) {
    WARN("skipped: the kernel does not tell us of processes (needs CAP_NET_ADMIN)");
    return;
  }
  const Signal go;
  const Shell shell{go.awaited() + "setsid sh -c 'setsid sleep 65 & exit' ; sleep 60"};
  ProcessTree tree{{shell.pid()}};
  CHECK(tree.is_told());
  go.give();
  CHECK(seen(tree, "sleep", 2).size() == 2);
}

TEST_CASE("a daemon handed to us stays in the tree") {
  REQUIRE(adopt_orphans());
  {
    const Signal go;
    const Shell shell{go.awaited() + "setsid sh -c 'setsid sleep 66 & exit' ; sleep 60"};
    ProcessTree tree{{shell.pid()}, ProcessTree::Orphans::ours, false};
    go.give();
    const auto found = seen(tree, "sleep", 2);
    CHECK(found.size() == 2);
    for (const std::int64_t pid : found) {
      if (read_parent(pid) == ::getpid()) (void)::kill(static_cast<pid_t>(pid), SIGKILL);
    }
    // What was killed is a zombie after a moment.
    CHECK(wait_until([&] {
      reap_orphans(shell.pid());
      return std::ranges::none_of(found, [&](std::int64_t pid) {
        return read_parent(pid) == ::getpid() && pid != shell.pid();
      });
    }));
  }
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST_CASE("strangers do not belong to the tree") {
  both_ways([](bool told) {
    const Shell shell{"exec sleep 60"};
    ProcessTree tree{{shell.pid()}, ProcessTree::Orphans::elsewhere, told};
    (void)tree.fresh(monotonic_ns());
    const Shell stranger{"sleep 61 & sleep 62"};
    const std::string children = concat("/proc/", std::to_string(stranger.pid()), "/task/",
                                        std::to_string(stranger.pid()), "/children");
    REQUIRE(wait_until(
        [&] { return std::ranges::count(tool::detail::read_small_file(children), ' ') == 2; }));
    for (const std::int64_t pid : tree.fresh(monotonic_ns())) CHECK(title_of(pid) == "");
  });
}

TEST_CASE("hundreds of children in a row are all seen") {
  both_ways([](bool told) {
    const Shell shell{"i=0; while [ $i -lt 200 ]; do sleep 100 & i=$((i+1)); done; wait"};
    ProcessTree tree{{shell.pid()}, ProcessTree::Orphans::elsewhere, told};
    std::size_t count = 0;
    CHECK(wait_until([&] { return (count += tree.fresh(monotonic_ns()).size()) >= 200; }));
  });
}
