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

// What a user may be short of: the right to read every process, or that and the one to have the
// kernel take samples (kernel/rights.hpp).
enum class Rights : std::uint8_t { reading, sampling };

// As setcap spells them.
inline std::string capabilities_of(Rights rights) {
  return rights == Rights::reading ? "cap_sys_ptrace=ep" : "cap_sys_ptrace,cap_bpf,cap_perfmon=ep";
}

// As containers spell them, each with the same before it.
inline std::string added_capabilities(Rights rights, std::string_view before,
                                      std::string_view between) {
  std::string text;
  for (const std::string_view name : {"SYS_PTRACE", "BPF", "PERFMON"}) {
    if (!text.empty()) text += between;
    text += std::string{before}.append(name);
    if (rights == Rights::reading) break;
  }
  return text;
}

inline std::string set_capability(const Observer& us, Rights rights = Rights::reading) {
  return "sudo setcap " + capabilities_of(rights) + " " + our_program(us);
}

// Neither root nor setcap gives what the bounding set of a container or a service lacks.
inline std::string container_grant(const Observer& us, Rights rights = Rights::reading) {
  const std::string root = us.status.user == 0 ? "" : ", and run as root in it";
  switch (us.container) {
    case Container::kubernetes:
      return "give the container securityContext.capabilities.add: [" +
             added_capabilities(rights, "", ", ") + "]" + root;
    case Container::podman:
      return "start the container with: podman run " +
             added_capabilities(rights, "--cap-add=", " ") + root;
    case Container::docker:
      return "start the container with: docker run " +
             added_capabilities(rights, "--cap-add=", " ") + root;
    case Container::other:
      return std::string{"start the container with the "} +
             (rights == Rights::reading ? "capability " : "capabilities ") +
             added_capabilities(rights, "", ", ") + root;
    case Container::none:
      break;
  }
  return "run as root in a session that has not given up " +
         added_capabilities(rights, "CAP_", ", ") +
         " (of a service: CapabilityBoundingSet=" + added_capabilities(rights, "CAP_", " ") + ")";
}

// How to get these rights. A file's capabilities count only where the bounding set has them, where
// no_new_privs is off, and on a file system that is not mounted nosuid.
inline std::string grant(const Observer& us, Rights rights = Rights::reading) {
  const bool obtainable =
      rights == Rights::reading ? us.may_get_tracing() : us.may_get_kernel_sampling();
  if (us.status.user == 0 || !obtainable) return container_grant(us, rights);
  if (us.status.no_new_privileges) {
    return "run as root, or where no_new_privs is off (Kubernetes: allowPrivilegeEscalation: true; "
           "systemd: NoNewPrivileges=no) and once: " +
           set_capability(us, rights);
  }
  if (us.nosuid) {
    return "run as root, or copy tachyon to a file system that is not mounted nosuid and set its "
           "capability there: sudo setcap " +
           capabilities_of(rights) + " tachyon";
  }
  return "run as root, or once: " + set_capability(us, rights);
}

inline std::string without_filter(const Observer& us, Rights rights = Rights::reading) {
  switch (us.container) {
    case Container::kubernetes:
      return container_grant(us, rights) + ", or securityContext.seccompProfile.type: Unconfined";
    case Container::podman:
    case Container::docker:
      return container_grant(us, rights) + ", or with --security-opt seccomp=unconfined";
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
