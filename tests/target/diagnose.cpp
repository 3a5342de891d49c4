#include <tachyon/target/diagnose.hpp>

#include <csignal>
#include <map>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <catch2/catch.hpp>
#include <tachyon/target/attach.hpp>
#include <tachyon/target/doctor.hpp>

using namespace tachyon;

namespace {

// A user on an ordinary desktop, and another process of theirs.
struct Scene {
  Scene() {
    us.status.user = us.status.real_user = it.status.user = it.status.real_user = 1000;
    it.status.saved_user = 1000;
    us.program = "/usr/bin/tachyon";
    it.pid = it.process = 1234;
    it.exists = true;
    us.user_namespace = it.user_namespace = first_user_namespace;
  }
  std::string say(Error error, bool pausing = false) const {
    return explain(error, {1234, {}, pausing}, us, it).line();
  }
  std::string refused(bool pausing = false) const { return say({Errc::not_permitted}, pausing); }

  Observer us;
  Subject it;
};

bool contains(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("diagnose: a refusal names the rule that refuses, and what to type") {
  const Scene plain;
  {
    Scene s;
    s.it.status.user = s.it.status.real_user = s.it.status.saved_user = 33;
    CHECK(s.refused() ==
          "process 1234 belongs to user 33 and we are user 1000: run as that user, run as root, or "
          "once: sudo setcap cap_sys_ptrace=ep /usr/bin/tachyon");
    s.us.status.user = 0;
    s.us.container = Container::kubernetes;
    contains(s.refused(), "securityContext.capabilities.add: [SYS_PTRACE]");
    s.us.container = Container::podman;
    contains(s.refused(), "podman run --cap-add=SYS_PTRACE");
  }
  {
    Scene s;
    s.us.yama_scope = 1;
    contains(s.refused(), "sudo sysctl kernel.yama.ptrace_scope=0");
    s.us.yama_scope = 2;
    contains(s.refused(), "lets only root");
    s.us.yama_scope = 3;
    contains(s.refused(), "until the next boot");
  }
  {
    Scene s;
    s.it.dumpable = false;
    contains(s.refused(), "prctl");
    s.it.status.capabilities = 1;
    contains(s.refused(), "capabilities that we lack");
  }
  {
    Scene s;
    s.it.tracer = 99;
    contains(s.refused(true), "debugger (process 99)");
    contains(s.refused(false), "the kernel refuses");
  }
  {
    Scene s;
    s.us.status.capabilities = std::uint64_t{1} << cap_sys_ptrace;
    s.it.user_namespace = 2;
    contains(s.refused(), "another user namespace");
    s.it.user_namespace = 0;
    contains(s.refused(), "although we have CAP_SYS_PTRACE");
  }
  {
    Scene s;
    s.us.status.seccomp = 2;
    contains(s.refused(), "SystemCallFilter=");
    contains(s.refused(true), "stopping process 1234: read without --blocking, or ");
    s.us.container = Container::docker;
    contains(s.refused(), "seccomp=unconfined");
    s.us.container = Container::kubernetes;
    contains(s.refused(), "seccompProfile.type: Unconfined");
    s.us.apparmor = "docker-default (enforce)";
    contains(s.refused(), "apparmor=unconfined");
    s.us.selinux_denies = true;
    contains(s.refused(), "setsebool deny_ptrace off");
  }
}

TEST_CASE("diagnose: all ids count, the saved one and those of groups too") {
  Scene s;
  s.it.status.saved_user = 0;
  CHECK(s.refused() ==
        "process 1234 runs as user 1000 (real 1000, saved 0) and we are user 1000: run as root, or "
        "once: sudo setcap cap_sys_ptrace=ep /usr/bin/tachyon");
  s.it.status.saved_user = 1000;
  s.it.status.group = s.it.status.real_group = s.it.status.saved_group = 33;
  s.us.yama_scope = 1;  // is not what refuses: the ids are compared before
  contains(s.refused(), "runs with group 33 and we with group 0: run with that group");
  s.it.status.saved_group = 0;
  contains(s.refused(), "runs with group 33 (real 33, saved 0) and we with group 0: run as root");
}

TEST_CASE("diagnose: the way to the capability is one that works here") {
  Scene s;
  s.it.status.user = s.it.status.real_user = s.it.status.saved_user = 33;
  {
    Scene where = s;
    where.us.status.no_new_privileges = true;
    contains(where.refused(), "where no_new_privs is off");
    where.us.status.no_new_privileges = false;
    where.us.nosuid = true;
    contains(where.refused(), "not mounted nosuid");
    where.us.status.obtainable = 0;  // setcap would make the program unusable
    contains(where.refused(), "CapabilityBoundingSet=CAP_SYS_PTRACE");
    where.us.container = Container::docker;
    contains(where.refused(), "docker run --cap-add=SYS_PTRACE, and run as root in it");
    where.us.status.user = 0;
    CHECK(where.refused().ends_with("--cap-add=SYS_PTRACE"));
    where.us.container = Container::other;
    contains(where.refused(), "start the container with the capability");
    where.us.container = Container::none;
    contains(where.refused(), "root without CAP_SYS_PTRACE: run as root in a session");
  }
  for (const auto& [program, word] :
       {std::pair{"/opt/my tools/it's", "=ep '/opt/my tools/it'\\''s'"},
        std::pair{"/opt/tachyon (deleted)", "=ep tachyon"},
        std::pair{"/opt/\x1b[31m", "=ep tachyon"}, std::pair{"", "=ep tachyon"}}) {
    s.us.program = program;
    CHECK(s.refused().ends_with(word));
  }
}

TEST_CASE("diagnose: a process may hide, or be about to end") {
  Scene s;
  CHECK(s.say({Errc::no_such_process}) ==
        "process 1234 has ended, and another process has its number now");
  s.it.ending = true;
  CHECK(s.say({Errc::no_such_process}) == "process 1234 has ended");
  s.it = {};
  s.it.hidden = true;
  contains(s.say({Errc::no_such_process}),
           "mounted with hidepid): run as the user that it belongs");
  contains(s.say({Errc::no_proc}), "mount -t proc proc /proc");
  contains(s.say({Errc::foreign_proc}), "--mount-proc");
}

TEST_CASE("diagnose: what the system lacks has a remedy") {
  Scene s;
  s.us.open_files = 20;
  s.us.most_files = 1000;
  contains(s.say({Errc::system, EMFILE, {}}), "Too many open files: ulimit -n 1000");
  s.us.most_files = 1 << 20;
  contains(s.say({Errc::system, EMFILE, {}}), ": ulimit -n 4096");
  s.us.most_files = 20;
  contains(s.say({Errc::system, EMFILE, {}}), ": as root: ulimit -n 4096");
  contains(s.say({Errc::system, ENOMEM, {}}), "ulimit -v");
  contains(s.say({Errc::system, ENOSYS, {}}, true), "read without --blocking");
  // A version that we know, but without its table.
  contains(s.say({Errc::unsupported_version, 0, {0x030d00f0}}), "does not publish where");
}

TEST_CASE("circumstances: what control groups leave of the processors") {
  std::map<std::string, std::string> files{
      {"/sys/fs/cgroup/cpu.max", "max 100000"},
      {"/sys/fs/cgroup/a/cpu.max", "150000 100000"},
      {"/sys/fs/cgroup/a/b/cpu.max", "max 100000"},
      {"/sys/fs/cgroup/a/tight/cpu.max", "5000 100000"},
      {"/sys/fs/cgroup/a/least/cpu.max", "1 1000000"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "20000"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000"},
      {"/sys/fs/cgroup/cpu/free/cpu.cfs_quota_us", "-1"},
      {"/sys/fs/cgroup/cpu/free/cpu.cfs_period_us", "100000"},
  };
  const auto limit = [&](std::string_view groups) {
    return detail::processor_limit(groups, [&](const std::string& path) { return files[path]; });
  };
  CHECK(limit("0::/") == 0);
  CHECK(limit("0::/a") == 150);
  CHECK(limit("0::/a/b") == 150);  // from above
  CHECK(limit("0::/a/tight") == 5);
  CHECK(limit("0::/a/least") == 1);
  CHECK(limit("0::/gone") == 0);
  CHECK(limit("4:cpu,cpuacct:/docker/fa31\n0::/") == 20);  // what is on top is ours
  CHECK(limit("9:memory:/x\n4:cpu:/free") == 20);
  files["/sys/fs/cgroup/cpu/cpu.cfs_quota_us"] = "-1";
  CHECK(limit("4:cpu,cpuacct:/free") == 0);
  for (const std::string_view odd : {"", "\n", ":", "::", "0:", "0::", "0::////", "4:cpu"}) {
    CHECK(limit(odd) == 0);
  }
}

TEST_CASE("diagnose: every other end has its line") {
  Scene s;
  contains(s.say({Errc::is_zombie}), "only its exit status is left");
  contains(s.say({Errc::is_kernel_thread}), "part of the kernel");
  contains(s.say({Errc::unsupported_version, 0, {0x030a0df0}}),
           "runs Python 3.10.13: tachyon reads 3.");
  contains(s.say({Errc::unsupported_version, 0, {0x03000000}}), "older than 3.11");
  contains(s.say({Errc::unsupported_version, 0, {0x02070000}}), "Python 2.7");
  contains(s.say({Errc::unsupported_prerelease, 0, {0x030f00b1}}), "3.15.0b1, a pre-release");
  contains(s.say({Errc::struct_too_large, 0, {1032}}),
           "of its thread state 1032 bytes would have to be copied, too many: use a released");
  contains(s.say({Errc::struct_too_large, 0, {~std::uint64_t{0}}}), "no usual build");
  contains(s.say({Errc::process_changed}), "another program");
  contains(s.say({Errc::timed_out}), "did not stop in time");
  contains(s.say({Errc::system, ENOSPC, {}}), "No space left");
  contains(s.say({Errc::torn}), "--blocking");
  contains(s.say({Errc::no_such_thread}), "--blocking");
  s.it.program = "/opt/\x1b[31mred\n";
  s.it.children = {5, 6};
  const std::string text = s.say({Errc::not_python});
  contains(text, "one of its children, 5, 6");
  CHECK(text.find('\x1b') == std::string::npos);
  s.it.process = 1200;
  CHECK(s.say({Errc::no_such_process}) == "1234 is a thread of process 1200: use that number");
  const Scene none;
  CHECK(explain({Errc::no_such_process}, {77}, none.us, {}).line() ==
        "there is no process 77 (any more): list the ones there are with ps -e");
  const Attempt file{0, "a\nb"};
  contains(describe({Errc::cannot_open, ENOENT, {}}, file), "No such file");
  contains(describe({Errc::not_a_core}, file), "not a core file");
  contains(describe({Errc::truncated, 0, {99}}, file), "after 99 bytes");
  contains(describe({Errc::not_python}, file), "--exe");
  contains(describe({Errc::unsupported_version, 0, {0x030a01f0}}, file), "is of Python 3.10.1");
  // No code is without words.
  for (auto code = static_cast<std::uint16_t>(Errc::ok);
       code <= static_cast<std::uint16_t>(Errc::system); ++code) {
    CHECK(s.say({static_cast<Errc>(code)}).size() > 5);
    CHECK(describe({static_cast<Errc>(code)}, file).size() > 5);
  }
}

namespace {

// Runs `body` in a child process and returns the text that it answers with.
template <class Body>
std::string in_child(Body&& body) {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string text = body();
    (void)!::write(ends[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  const Descriptor from{ends[0]};
  const auto text = read_whole(from, 65536);
  ::waitpid(pid, nullptr, 0);
  REQUIRE(text);
  return *text;
}

std::string attach_and_describe(std::int32_t pid) {
  const auto attached = attach(pid, {.patience = 0});
  return attached ? "attached" : describe(attached.error(), {pid});
}

}  // namespace

TEST_CASE("diagnose, live: other users and processes that hide") {
  if (::geteuid() != 0) {
    WARN("skipped: becoming another user needs root");
    return;
  }
  const std::string other = in_child([] {
    const pid_t roots = ::getppid();
    (void)!::setgid(65534);
    (void)!::setuid(65534);
    return attach_and_describe(roots);
  });
  contains(other, "belongs to user 0 and we are user 65534: run as that user");
  const std::string hidden = in_child([] {
    (void)!::setgid(65534);
    (void)!::setuid(65534);
    int ready[2];
    if (::pipe(ready) != 0) return std::string{"no pipe"};
    const pid_t secretive = ::fork();
    if (secretive == 0) {
      ::prctl(PR_SET_DUMPABLE, 0);
      (void)!::write(ready[1], "x", 1);
      for (;;) ::pause();
    }
    ::prctl(PR_SET_DUMPABLE, 1);
    char byte = 0;
    (void)!::read(ready[0], &byte, 1);
    const std::string text = attach_and_describe(secretive);
    ::kill(secretive, SIGKILL);
    ::waitpid(secretive, nullptr, 0);
    return text;
  });
  contains(hidden, "does not let itself be read");
}

TEST_CASE("diagnose, live: threads, zombies, nobody") {
  std::atomic<std::int32_t> task{0};
  std::atomic<bool> stop{false};
  std::thread thread{[&] {
    task = static_cast<std::int32_t>(::syscall(SYS_gettid));
    while (!stop) std::this_thread::yield();
  }};
  while (task == 0) std::this_thread::yield();
  contains(attach_and_describe(task), "is a thread of process " + std::to_string(::getpid()));
  stop = true;
  thread.join();
  const pid_t dead = ::fork();
  if (dead == 0) ::_exit(0);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(dead), &info, WEXITED | WNOWAIT) == 0);
  contains(attach_and_describe(dead), "for process " + std::to_string(::getpid()) + " to collect");
  ::waitpid(dead, nullptr, 0);
  contains(attach_and_describe(dead), "there is no process");
}

TEST_CASE("doctor: every finding is worded, what is blocked has something to do about it") {
  std::vector<Finding> all = examine_machine();
  CHECK(all.size() >= 5);
  const std::vector<Finding> ours = examine_process(::getpid());
  all.insert(all.end(), ours.begin(), ours.end());
  for (const Finding& finding : all) {
    INFO(finding.subject);
    CHECK_FALSE(finding.why.empty());
    CHECK(finding.why.find('\n') == std::string::npos);
    if (finding.verdict == Verdict::blocked) CHECK_FALSE(finding.command.empty());
  }
  // This test is no Python, and says so.
  CHECK(ours.back().subject == "interpreter");
  CHECK(ours.back().verdict == Verdict::blocked);
  CHECK(examine_process(0x7fffffff).size() == 1);
}
