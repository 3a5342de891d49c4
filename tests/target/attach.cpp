#include <tachyon/target/attach.hpp>

#include <csignal>
#include <string>
#include <sys/wait.h>
#include <catch2/catch.hpp>
#include <tachyon/target/task_numbers.hpp>

using namespace tachyon;

namespace {

class Shell {
 public:
  explicit Shell(const std::string& command) : pid{::fork()} {
    if (pid == 0) {
      ::setpgid(0, 0);
      ::execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
      ::_exit(127);
    }
    ::setpgid(pid, pid);
  }
  ~Shell() {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  pid_t pid;
};

}  // namespace

TEST_CASE("attach: at any moment of an interpreter's start") {
  if (::access("/usr/bin/python3", X_OK) != 0) {
    WARN("skipped: no /usr/bin/python3");
    return;
  }
  for (int i = 0; i < 25; ++i) {
    const Shell target{"exec /usr/bin/python3 -c 'import time; time.sleep(100)'"};
    ::usleep(static_cast<useconds_t>(i) * 400);
    // As long as a busy machine takes to start one.
    const auto attached = attach(target.pid, {.patience = 60'000'000'000, .expect_python = true});
    REQUIRE(attached);
    CHECK(attached->site.state == RuntimeState::running);
  }
}

TEST_CASE("attach: a launcher that takes its time, when we know that it is one") {
  if (::access("/usr/bin/python3", X_OK) != 0) {
    WARN("skipped: no /usr/bin/python3");
    return;
  }
  const Shell target{"sleep 0.2; exec /usr/bin/python3 -c 'import time; time.sleep(100)'"};
  const auto attached = attach(target.pid, {.patience = 60'000'000'000, .expect_python = true});
  REQUIRE(attached);
  CHECK(attached->process.executable()->find("python") != std::string::npos);
}

TEST_CASE("attach: final answers come at once") {
  CHECK(attach(0x7fffffff).error().code == Errc::no_such_process);
  const Shell target{"exec sleep 100"};
  while (Process::open(target.pid)->executable()->find("sleep") == std::string::npos) ::usleep(500);
  Errc answer = Errc::ok;
  for (int i = 0; i < 60'000 && answer != Errc::not_python; ++i) {  // until it has its libraries
    ::usleep(1000);
    answer = attach(target.pid, {.patience = 0}).error().code;
  }
  CHECK(answer == Errc::not_python);
}

TEST_CASE("attach: thread numbers, here and in a container") {
  const auto self = Process::open(::getpid());
  auto numbers = TaskNumbers::read(*self);
  REQUIRE(numbers);
  if (numbers->same()) {
    CHECK(numbers->ours(static_cast<std::uint64_t>(::getpid())) == ::getpid());
    CHECK(numbers->ours(std::uint64_t{1} << 40) == 0);
  }
  if (::geteuid() != 0 || ::access("/usr/bin/python3", X_OK) != 0) {
    WARN("skipped: needs root, for a pid namespace, and /usr/bin/python3");
    return;
  }
  // Process 1 of its own namespace, with a thread: numbers 1 and 2.
  const Shell target{
      "exec unshare --pid --fork --kill-child /usr/bin/python3 -c 'import threading, time\n"
      "threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n"
      "time.sleep(100)'"};
  std::int32_t inside = 0;
  for (int i = 0; i < 60'000 && inside == 0; ++i) {
    ::usleep(1000);
    const auto children = open_for_reading(detail::ProcPath{"/proc/"}
                                               .add(target.pid)
                                               .add("/task/")
                                               .add(target.pid)
                                               .add("/children")
                                               .c_str());
    const auto text = children ? read_whole(*children, 4096) : children.error();
    const auto child = text ? std::atoi(text->c_str()) : 0;
    const auto process = Process::open(child);
    if (child != 0 && process && process->tasks() && process->tasks()->size() == 2) inside = child;
  }
  REQUIRE(inside != 0);
  const auto process = Process::open(inside);
  auto theirs = TaskNumbers::read(*process);
  REQUIRE(theirs);
  CHECK_FALSE(theirs->same());
  CHECK(theirs->ours(1) == inside);
  CHECK(theirs->ours(2) > 0);
  CHECK(theirs->ours(2) != inside);
  CHECK(theirs->ours(3) == 0);
}
