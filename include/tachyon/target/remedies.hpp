#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include <tachyon/base/text.hpp>
#include <tachyon/target/circumstances.hpp>

// The commands that take a refusal out of the way, as they have to be typed here: rights, filters,
// limits. Which one is needed, diagnose.hpp knows.
namespace tachyon::detail {

inline std::string decimal(std::uint64_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

// As a shell takes it for one word.
inline std::string shell_word(std::string_view text) {
  constexpr std::string_view harmless =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+-";
  if (!text.empty() && text.find_first_not_of(harmless) == std::string_view::npos) {
    return std::string{text};
  }
  std::string word{"'"};
  for (const char c : text) {
    if (c == '\'') word += "'\\'";
    word += c;
  }
  return word + "'";
}

// What a program that is gone, or has a name that cannot be typed, is called does not help.
inline std::string our_program(const Observer& us) {
  const bool typable = !us.program.empty() && !us.program.ends_with(" (deleted)") &&
                       printable(us.program) == us.program;
  return typable ? shell_word(us.program) : std::string{"tachyon"};
}

inline std::string set_capability(const Observer& us) {
  return "sudo setcap cap_sys_ptrace=ep " + our_program(us);
}

// Neither root nor setcap gives what the bounding set of a container or a service lacks.
inline std::string container_grant(const Observer& us) {
  const std::string root = us.status.user == 0 ? "" : ", and run as root in it";
  switch (us.container) {
    case Container::kubernetes:
      return "give the container securityContext.capabilities.add: [SYS_PTRACE]" + root;
    case Container::podman:
      return "start the container with: podman run --cap-add=SYS_PTRACE" + root;
    case Container::docker:
      return "start the container with: docker run --cap-add=SYS_PTRACE" + root;
    case Container::other:
      return "start the container with the capability SYS_PTRACE" + root;
    case Container::none:
      break;
  }
  return "run as root in a session that has not given up CAP_SYS_PTRACE (of a service: "
         "CapabilityBoundingSet=CAP_SYS_PTRACE)";
}

// How to get the right to read every process. A file's capabilities count only where the bounding set
// has them, where no_new_privs is off, and on a file system that is not mounted nosuid.
inline std::string grant(const Observer& us) {
  if (us.status.user == 0 || !us.may_get_tracing()) return container_grant(us);
  if (us.status.no_new_privileges) {
    return "run as root, or where no_new_privs is off (Kubernetes: allowPrivilegeEscalation: true; "
           "systemd: NoNewPrivileges=no) and once: " +
           set_capability(us);
  }
  if (us.nosuid) {
    return "run as root, or copy tachyon to a file system that is not mounted nosuid and set its "
           "capability there: sudo setcap cap_sys_ptrace=ep tachyon";
  }
  return "run as root, or once: " + set_capability(us);
}

inline std::string without_filter(const Observer& us) {
  switch (us.container) {
    case Container::kubernetes:
      return container_grant(us) + ", or securityContext.seccompProfile.type: Unconfined";
    case Container::podman:
    case Container::docker:
      return container_grant(us) + ", or with --security-opt seccomp=unconfined";
    default:
      return "run tachyon where no such filter is in force (of a service: SystemCallFilter=)";
  }
}

inline std::string more_files(const Observer& us) {
  constexpr std::uint64_t plenty = 4096;
  if (us.most_files > us.open_files) {
    return "ulimit -n " + decimal(std::min(us.most_files, std::max(plenty, us.open_files * 2)));
  }
  return "as root: ulimit -n " + decimal(std::max(plenty, us.open_files * 2)) +
         " (of a service: LimitNOFILE=)";
}

}  // namespace tachyon::detail
