#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/target/process.hpp>

// Everything that the kernel weighs when it decides whether one process may read another, gathered
// in one place so that a refusal can be explained instead of repeated.
//
// The rule (ptrace(2), "access mode checking"), in its order:
//   1. all of the target's user and group ids are ours, or CAP_SYS_PTRACE in its user namespace
//   2. the target is dumpable (it has not changed privileges), or the capability
//   3. the target has no capability that we lack, or the capability
//   4. security modules: Yama's ptrace_scope, AppArmor, SELinux
// and before all that a seccomp filter on ourselves can forbid the call as such.
namespace tachyon {

// Bits of a capability mask.
inline constexpr unsigned cap_sys_ptrace = 19;
inline constexpr unsigned cap_sys_admin = 21;
inline constexpr unsigned cap_perfmon = 38;
inline constexpr unsigned cap_bpf = 39;
inline constexpr unsigned cap_checkpoint_restore = 40;

constexpr bool has_capability(std::uint64_t mask, unsigned capability) noexcept {
  return (mask >> capability & 1) != 0;
}

// Numbers that the kernel gives to the machine's own namespaces.
inline constexpr std::uint64_t first_user_namespace = 0xeffffffd;
inline constexpr std::uint64_t first_pid_namespace = 0xeffffffc;

enum class Container : std::uint8_t { none, docker, podman, kubernetes, other };

constexpr std::string_view name_of(Container container) noexcept {
  constexpr std::array<std::string_view, 5> names{"none", "Docker", "Podman", "Kubernetes",
                                                  "a container"};
  return names[static_cast<std::size_t>(container)];
}

// May a program be loaded into the kernel, and hung on events of a thread? Before 5.8 one capability
// was for all of it; it still is enough.
constexpr bool allows_sampling(std::uint64_t mask) noexcept {
  return has_capability(mask, cap_sys_admin) ||
         (has_capability(mask, cap_bpf) && has_capability(mask, cap_perfmon));
}

// Ourselves and the machine.
struct Observer {
  ProcessStatus status{};
  std::string program{};        // path of the running executable
  int yama_scope = -1;          // kernel.yama.ptrace_scope; -1: no Yama
  bool selinux_denies = false;  // its boolean deny_ptrace
  std::string apparmor{};       // our profile, if confined by one
  Container container{};        // that we run in
  std::uint64_t user_namespace = 0;
  std::uint64_t pid_namespace = 0;
  bool nosuid = false;           // our program's file system gives no capabilities
  std::uint64_t open_files = 0;  // how many we may have ...
  std::uint64_t most_files = 0;  // ... and how many we may ask for

  bool may_trace_all() const noexcept {
    return has_capability(status.capabilities, cap_sys_ptrace);
  }
  // Can setcap or sudo give it to us?
  bool may_get_tracing() const noexcept {
    return has_capability(status.obtainable, cap_sys_ptrace);
  }
  bool may_get_kernel_sampling() const noexcept { return allows_sampling(status.obtainable); }
  bool has_kernel_sampling() const noexcept { return allows_sampling(status.capabilities); }
  bool has_user_namespace() const noexcept {
    return user_namespace != 0 && user_namespace != first_user_namespace;
  }
};

// A process that was asked for.
struct Subject {
  std::int32_t pid = 0;
  bool exists = false;
  bool hidden = false;       // exists, and /proc does not show it to us
  bool ending = false;       // has ended, or is on its way out
  std::int32_t process = 0;  // differs from pid if that is the number of a thread
  char state = '?';
  std::int32_t parent = 0;
  bool kernel_thread = false;
  ProcessStatus status{};
  std::int32_t tracer = 0;  // who holds it, or one of its threads
  std::string program{};    // as the system names its executable; empty if it will not tell
  std::string command{};    // its arguments
  bool dumpable = true;
  bool descends_from_us = false;
  std::uint64_t user_namespace = 0;  // 0: not ours to see
  std::uint64_t pid_namespace = 0;
  std::vector<std::int32_t> children{};
};

namespace detail {

inline std::string small_text(const char* path, int directory = AT_FDCWD) {
  auto file = open_for_reading(path, O_NONBLOCK, directory);
  if (!file) return {};
  auto text = read_whole(*file, std::size_t{1} << 20);
  if (!text) return {};
  while (text->ends_with('\n') || text->ends_with('\0')) text->pop_back();
  return std::move(*text);
}

inline Container container_of_us() {
  if (::access("/.dockerenv", F_OK) == 0) return Container::docker;
  if (::access("/run/.containerenv", F_OK) == 0) return Container::podman;
  if (::access("/var/run/secrets/kubernetes.io", F_OK) == 0) return Container::kubernetes;
  // The first process names what it runs in, where it follows systemd's convention and lets us see.
  const std::string environment = small_text("/proc/1/environ");
  const std::size_t at = environment.find("container=");
  return at == 0 || (at != std::string::npos && environment[at - 1] == '\0') ? Container::other
                                                                             : Container::none;
}

// A debugger may hold some threads of a process only.
inline std::int32_t tracer_of(const Process& process, const ProcessStatus& status) {
  if (status.tracer != 0) return status.tracer;
  const auto tasks = process.tasks();
  if (!tasks) return 0;
  for (const std::int32_t task : *tasks) {
    const auto thread = process.thread_status(task);
    if (thread && thread->tracer != 0) return thread->tracer;
  }
  return 0;
}

// What the control groups of `groups` (/proc/self/cgroup) leave us, in hundredths of a processor; 0
// if they set no limit. A group is bound by those above it, too.
//
//   0::/system.slice/web.service    version 2: cpu.max of each, "200000 100000" or "max 100000"
//   4:cpu,cpuacct:/docker/fa31      version 1: cpu.cfs_quota_us, -1 for none, and its period
//
// In a container the paths may be those of the machine, where nothing of that name is mounted; what
// is at the top is its own group then.
template <class Read>
std::uint64_t processor_limit(std::string_view groups, Read&& read) {
  std::uint64_t least = 0;
  const auto consider = [&](std::int64_t quota, std::int64_t period) {
    if (quota <= 0 || period <= 0) return;
    const auto share = static_cast<std::uint64_t>(quota) * 100 / static_cast<std::uint64_t>(period);
    least = least == 0 ? std::max<std::uint64_t>(share, 1) : std::min(least, share);
  };
  constexpr int deepest = 64;
  while (!groups.empty()) {
    const std::string_view line = groups.substr(0, groups.find('\n'));
    groups.remove_prefix(std::min(line.size() + 1, groups.size()));
    const std::size_t first = std::min(line.find(':'), line.size());
    const std::size_t second = std::min(line.find(':', first + 1), line.size());
    if (second == line.size()) continue;
    const std::string controllers =
        "," + std::string{line.substr(first + 1, second - first - 1)} + ",";
    const bool one = controllers.find(",cpu,") != std::string::npos;
    if (!one && controllers != ",,") continue;
    std::string path{line.substr(second + 1)};
    for (int i = 0; i < deepest; ++i) {
      if (path == "/") path.clear();
      if (one) {
        const std::string folder = "/sys/fs/cgroup/cpu" + path;
        consider(leading_number<std::int64_t>(read(folder + "/cpu.cfs_quota_us")),
                 leading_number<std::int64_t>(read(folder + "/cpu.cfs_period_us")));
      } else {
        const std::string text = read("/sys/fs/cgroup" + path + "/cpu.max");
        consider(leading_number<std::int64_t>(text),
                 leading_number<std::int64_t>(after_first(text)));
      }
      if (path.empty()) break;
      path.resize(std::min(path.rfind('/'), path.size()));
    }
  }
  return least;
}

// Is one of the ancestors of `pid` the process `ancestor`?
inline bool descends(std::int32_t pid, std::int32_t ancestor) noexcept {
  constexpr int deepest = 256;
  for (int i = 0; i < deepest && pid > 1; ++i) {
    const auto process = Process::open(pid);
    const auto stat = process ? process->stat() : process.error();
    if (!stat) return false;
    if (stat->parent == ancestor) return true;
    pid = stat->parent;
  }
  return false;
}

}  // namespace detail

inline Observer observe_ourselves() {
  Observer us;
  const auto self = Process::open(::getpid());
  if (!self) return us;
  if (auto status = self->status()) us.status = std::move(*status);
  if (auto program = self->executable()) us.program = std::move(*program);
  const std::string scope = detail::small_text("/proc/sys/kernel/yama/ptrace_scope");
  if (!scope.empty()) us.yama_scope = detail::leading_number<int>(scope);
  us.selinux_denies = detail::small_text("/sys/fs/selinux/booleans/deny_ptrace").starts_with('1');
  us.apparmor = detail::small_text("/proc/self/attr/apparmor/current");
  if (us.apparmor == "unconfined") us.apparmor.clear();
  us.container = detail::container_of_us();
  us.user_namespace = self->name_space("user").value_or(std::uint64_t{0});
  us.pid_namespace = self->name_space("pid").value_or(std::uint64_t{0});
  struct ::statvfs holds {};
  us.nosuid = ::statvfs("/proc/self/exe", &holds) == 0 && (holds.f_flag & ST_NOSUID) != 0;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    us.open_files = files.rlim_cur;
    us.most_files = files.rlim_max;
  }
  return us;
}

inline Subject observe(std::int32_t pid) {
  Subject subject;
  subject.pid = pid;
  const auto process = Process::open(pid);
  const auto stat = process ? process->stat() : process.error();
  if (!stat) {
    subject.hidden = pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
    return subject;
  }
  subject.exists = true;
  subject.ending = stat->exiting || stat->state == 'Z' || stat->state == 'X';
  subject.state = stat->state;
  subject.parent = stat->parent;
  subject.kernel_thread = stat->kernel_thread;
  if (auto status = process->status()) subject.status = std::move(*status);
  subject.process = subject.status.process;
  subject.tracer = detail::tracer_of(*process, subject.status);
  if (auto program = process->executable()) subject.program = std::move(*program);
  if (const auto arguments = process->command_line()) {
    for (const std::string& argument : *arguments) {
      if (!subject.command.empty()) subject.command += ' ';
      subject.command += argument;
    }
  }
  // The kernel gives what /proc holds of an undumpable process to root.
  struct ::stat owner {};
  const int known = ::fstatat(process->directory().get(), "environ", &owner, 0);
  subject.dumpable = known != 0 || owner.st_uid == subject.status.user;
  subject.descends_from_us = detail::descends(pid, ::getpid());
  subject.user_namespace = process->name_space("user").value_or(std::uint64_t{0});
  subject.pid_namespace = process->name_space("pid").value_or(std::uint64_t{0});
  const auto children = detail::ProcPath{"task/"}.add(pid).add("/children");
  subject.children =
      detail::all_numbers(detail::small_text(children.c_str(), process->directory().get()));
  return subject;
}

}  // namespace tachyon
