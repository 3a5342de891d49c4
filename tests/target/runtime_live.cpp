// Real interpreters, reached in every way that moves or hides their files. Each prints where some
// of its own objects are, which is what the finder has to come back with.
#include <tachyon/target/runtime.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <vector>
#include <catch2/catch.hpp>
#include <tachyon/target/core_modules.hpp>

#include "../support/places.hpp"

using namespace tachyon;

namespace {

// What PATH calls python3 may be a script that starts a hundred programs to find one.
std::string any_python() {
  return ::access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3 " : "python3 ";
}
std::string interpreters() { return any_python() + test::tests_folder() + "/interpreters"; }
std::string script() { return test::tests_folder() + "/targets/witness.py"; }

std::string output_of(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe);
  char block[4096];
  for (std::size_t n; (n = ::fread(block, 1, sizeof block, pipe)) > 0;) text.append(block, n);
  ::pclose(pipe);
  return text;
}

// Names of the interpreters that are here, one a line.
std::vector<std::string> available() {
  std::vector<std::string> names;
  std::string rest = output_of(interpreters() + " --json | " + any_python() +
                               "-c 'import json, sys\n"
                               "for i in json.load(sys.stdin): print(i[\"name\"])'");
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    names.push_back(rest.substr(0, end));
    rest.erase(0, end == std::string::npos ? end : end + 1);
  }
  return names;
}

// A shell command that becomes, or starts, one Python process running the witness.
class Witness {
 public:
  explicit Witness(const std::string& command) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    shell_ = ::fork();
    if (shell_ == 0) {
      ::setpgid(0, 0);
      ::dup2(ends[1], 1);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    FILE* const from = ::fdopen(ends[0], "r");
    alive = std::fscanf(from, "%x %d %lx %lx %lx %lx %lx", &version, &free_threaded, &code, &none,
                        &generator, &coroutine, &frame) == 7;
    std::fclose(from);
    pid = deepest(shell_);
  }
  ~Witness() {
    ::kill(-shell_, SIGKILL);
    ::kill(pid, SIGKILL);
    ::waitpid(shell_, nullptr, 0);
  }

  unsigned version = 0;
  int free_threaded = 0;
  unsigned long code = 0, none = 0, generator = 0, coroutine = 0, frame = 0;
  pid_t pid = 0;
  bool alive = false;

 private:
  static pid_t deepest(pid_t pid) {
    for (;;) {
      const auto path =
          "/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children";
      const std::string child = output_of("cat " + path);
      if (child.empty()) return pid;
      pid = std::atoi(child.c_str());
    }
  }
  pid_t shell_;
};

Result<RuntimeSite> locate(pid_t pid) {
  auto memory = LiveProcess::open(pid);
  if (!memory) return memory.error();
  const auto process = Process::open(pid);
  if (!process) return process.error();
  const auto modules = ProcessModules::read(*process);
  if (!modules) return modules.error();
  return find_runtime(*memory, *modules);
}

RuntimeSite check(const Witness& witness) {
  REQUIRE(witness.alive);
  const auto site = locate(witness.pid);
  REQUIRE(site);
  CHECK(site->version == witness.version);
  CHECK(site->free_threaded == (witness.free_threaded != 0));
  CHECK(site->state == RuntimeState::running);
  CHECK(check_supported(*site));
  CHECK(site->objects.code_type.value == witness.code);
  CHECK(site->objects.none.value == witness.none);
  CHECK(site->objects.generator_type.value == witness.generator);
  CHECK(site->objects.coroutine_type.value == witness.coroutine);
  CHECK(site->objects.frame_type.value == witness.frame);
  CHECK(site->publishes_offsets() == (site->minor() >= 13));
  // The witness imports asyncio.
  CHECK(static_cast<bool>(site->asyncio_debug) == (site->minor() >= 14));
  return *site;
}

}  // namespace

TEST_CASE("runtime, live: every interpreter that is here") {
  const auto names = available();
  if (names.empty()) WARN("skipped: tests/interpreters has none");
  for (const std::string& name : names) {
    INFO(name);
    const Witness target{"exec " + interpreters() + " --run " + name + " -- " + script()};
    CHECK(check(target).found_by == FoundBy::section);
  }
}

TEST_CASE("runtime, live: programs of other names, stripped, deleted, in other namespaces") {
  const std::string python = "/usr/bin/python3.11";
  if (::access(python.c_str(), X_OK) != 0) {
    WARN("skipped: no " << python);
    return;
  }
  char folder[] = "/tmp/tachyon-test-XXXXXX";
  REQUIRE(::mkdtemp(folder));
  const std::string here = folder;
  // Each under its own name: a file that a process still runs cannot be written to.
  const auto copy = [&](const char* name) { return "cp " + python + " " + here + name + " && "; };
  const auto run = [&](const char* name) { return "exec " + here + name + " " + script(); };
  {
    const Witness renamed{copy("/engine") + run("/engine")};
    CHECK(check(renamed).file == here + "/engine");
  }
  {
    const Witness deleted{copy("/gone") + run("/gone")};
    REQUIRE(deleted.alive);
    ::unlink((here + "/gone").c_str());
    const RuntimeSite site = check(deleted);
    CHECK(site.file_deleted);
    CHECK(site.file == here + "/gone");
  }
  {
    // The section headers gone: only the mapped image tells.
    const Witness headless{copy("/headless") + any_python() + test::tests_folder() +
                           "/targets/behead.py " + here + "/headless && " + run("/headless")};
    CHECK(check(headless).found_by == FoundBy::memory_symbol);
  }
  if (::geteuid() == 0) {
    // Its mounts and its pids are its own; the program lies on a file system that only it sees.
    const Witness contained{
        "unshare --mount --pid --fork --mount-proc sh -c 'mount -t tmpfs none " + here + " && " +
        copy("/inside") + run("/inside") + "'"};
    check(contained);
    const auto process = Process::open(contained.pid);
    CHECK(process->status()->ids.size() == 2);
  } else {
    WARN("skipped: namespaces need root here");
  }
  (void)!::system(("rm -rf " + here).c_str());
}

TEST_CASE("runtime, live: a core file of each minor version") {
  if (output_of("command -v gcore").empty()) {
    WARN("skipped: no gcore here (package gdb)");
    return;
  }
  char folder[] = "/tmp/tachyon-test-XXXXXX";
  REQUIRE(::mkdtemp(folder));
  const std::vector<std::string> names = available();
  for (const char* name : {"3.11", "3.12", "3.13", "3.13t", "3.14", "3.15"}) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      WARN("skipped: tests/interpreters has no " << name);
      continue;
    }
    INFO(name);
    const Witness target{"exec " + interpreters() + " --run " + name + " -- " + script()};
    REQUIRE(target.alive);
    const auto live = locate(target.pid);
    REQUIRE(live);
    const std::string prefix = std::string{folder} + "/core";
    const std::string pid = std::to_string(target.pid);
    output_of("gcore -o " + prefix + " " + pid + " 2>&1");
    auto core = CoreFile::open(prefix + "." + pid);
    REQUIRE(core);
    CHECK(core->pid() == target.pid);
    CHECK(core->threads().size() == 1);
    const auto site = find_runtime(*core, CoreModules{*core});
    REQUIRE(site);
    CHECK(site->runtime == live->runtime);
    CHECK(site->version == live->version);
    CHECK(site->state == RuntimeState::running);
    CHECK(site->objects.code_type == live->objects.code_type);
    CHECK(site->objects.none == live->objects.none);
    CHECK(site->asyncio_debug == live->asyncio_debug);
    CHECK(site->table == live->table);
    ::unlink((prefix + "." + pid).c_str());
  }
  ::rmdir(folder);
}

TEST_CASE("runtime, live: programs that are not a Python we read") {
  {
    const Witness sleeper{"echo 0 0 0 0 0 0 0; exec sleep 100"};
    Errc answer = Errc::ok;
    for (int i = 0; i < 60'000 && answer != Errc::not_python; ++i) {  // a shell, and then no more
      ::usleep(1000);
      answer = locate(sleeper.pid).error().code;
    }
    CHECK(answer == Errc::not_python);
  }
  const std::string old = output_of("ls -d ~/.pyenv/versions/3.10.*/bin/python3.10 2>/dev/null");
  if (old.empty()) {
    WARN("skipped: no Python 3.10 here");
    return;
  }
  const Witness older{"exec " + old.substr(0, old.find('\n')) + " " + script()};
  CHECK(locate(older.pid).error().code == Errc::unsupported_version);
}
