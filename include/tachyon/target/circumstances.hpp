#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
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
//   1. same user ids, or CAP_SYS_PTRACE in the target's user namespace
//   2. the target is dumpable (it has not changed privileges), or the capability
//   3. the target has no capability that we lack, or the capability
//   4. security modules: Yama's ptrace_scope, AppArmor, SELinux
// and before all that a seccomp filter on ourselves can forbid the call as such.
namespace tachyon {

// Bits of a capability mask.
inline constexpr unsigned cap_sys_ptrace = 19;
inline constexpr unsigned cap_sys_admin = 21;
inline constexpr unsigned cap_checkpoint_restore = 40;

constexpr bool has_capability(std::uint64_t mask, unsigned capability) noexcept {
  return (mask >> capability & 1) != 0;
}

enum class Container : std::uint8_t { none, docker, podman, kubernetes, other };

constexpr std::string_view name_of(Container container) noexcept {
  constexpr std::array<std::string_view, 5> names{"none", "Docker", "Podman", "Kubernetes",
                                                  "a container"};
  return names[static_cast<std::size_t>(container)];
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

  bool may_trace_all() const noexcept {
    return has_capability(status.capabilities, cap_sys_ptrace);
  }
};

// A process that was asked for.
struct Subject {
  std::int32_t pid = 0;
  bool exists = false;
  std::int32_t process = 0;  // differs from pid if that is the number of a thread
  char state = '?';
  std::int32_t parent = 0;
  bool kernel_thread = false;
  ProcessStatus status{};
  std::string program{};  // as the system names its executable; empty if it will not tell
  std::string command{};  // its arguments
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
  return us;
}

inline Subject observe(std::int32_t pid) {
  Subject subject;
  subject.pid = pid;
  const auto process = Process::open(pid);
  if (!process) return subject;
  const auto stat = process->stat();
  if (!stat) return subject;
  subject.exists = true;
  subject.state = stat->state;
  subject.parent = stat->parent;
  subject.kernel_thread = stat->kernel_thread;
  if (auto status = process->status()) subject.status = std::move(*status);
  subject.process = subject.status.process;
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
