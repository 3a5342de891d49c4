#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <tachyon/base/result.hpp>
#include <tachyon/base/text.hpp>
#include <tachyon/layout/copies.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/target/circumstances.hpp>
#include <tachyon/target/remedies.hpp>

// Why it failed and what to do about it: the only place where an Error becomes text.
//
// One line, always of this form (broken here to fit), so that it can be read by people in a hurry:
//
//   process 1234 belongs to user 33 and we are user 1000:    what is in the way
//   run as that user or as root, or once:                    what takes it out of the way
//   sudo setcap cap_sys_ptrace=ep /usr/bin/tachyon           the command to type
//
// A refusal says only EPERM, so the circumstances are looked at, in the order in which the kernel
// checks them, and the first that forbids is named. The words are a pure function of what was seen;
// describe() below sees, explain() speaks, and tests need no second user.
namespace tachyon {

// What was being done.
struct Attempt {
  std::int32_t pid = 0;     // 0: not about a process
  std::string_view file{};  // for errors about files
  bool pausing = false;     // stopping threads, not just reading
};

// What is in the way, and what takes it out of the way: empty where nothing does.
struct Explanation {
  std::string why{};
  std::string remedy{};

  std::string line() const { return remedy.empty() ? why : why + ": " + remedy; }
};

namespace detail {

inline std::string of_process(std::int32_t pid) {
  return "process " + (pid < 0 ? "-" + decimal(static_cast<std::uint64_t>(-std::int64_t{pid}))
                               : decimal(static_cast<std::uint64_t>(pid)));
}

// 3.15.2, 3.15.0b1, 3.12 (of a release whose patch number is not known)
inline std::string version_text(std::uint64_t word) {
  std::string text = decimal(word >> 24 & 0xff) + "." + decimal(word >> 16 & 0xff);
  const unsigned level = static_cast<unsigned>(word >> 4 & 0xf);
  if ((word & 0xff) == 0) return text;
  text += "." + decimal(word >> 8 & 0xff);
  if (level == 0xf) return text;
  const std::string_view mark = level == 0xa ? "a" : level == 0xb ? "b" : "rc";
  return text + std::string{mark} + decimal(word & 0xf);
}

inline std::string supported_range() {
  unsigned lowest = 255;
  unsigned highest = 0;
  for (const LayoutInfo& layout : all_layouts) {
    lowest = std::min<unsigned>(lowest, layout.build.minor);
    highest = std::max<unsigned>(highest, layout.build.minor);
  }
  return "3." + decimal(lowest) + " to 3." + decimal(highest);
}

inline std::string system_text(int number) { return number == 0 ? "" : std::strerror(number); }

// Effective, real and saved: all three have to be the reader's real one.
struct Ids {
  std::uint32_t real, effective, saved;

  bool all_are(std::uint32_t id) const noexcept {
    return real == id && effective == id && saved == id;
  }
  bool are_one() const noexcept { return all_are(effective); }
  std::string text() const {
    return are_one()
               ? decimal(effective)
               : decimal(effective) + " (real " + decimal(real) + ", saved " + decimal(saved) + ")";
  }
};

inline Explanation explain_refusal(const Attempt& attempt, const Observer& us, const Subject& it) {
  const std::string who = of_process(attempt.pid);
  const bool all = us.may_trace_all();
  if (us.yama_scope == 3) {
    return {"kernel.yama.ptrace_scope is 3, which forbids reading any process until the next boot",
            "set it to 0 in /etc/sysctl.d and reboot"};
  }
  if (attempt.pausing && it.tracer != 0) {
    return {who + " is held by a debugger (" + of_process(it.tracer) + ")",
            "end that, or read without --blocking"};
  }
  if (it.user_namespace != 0 && it.user_namespace != us.user_namespace && all) {
    return {who + " lives in another user namespace, where our capabilities do not count",
            "run tachyon outside of containers as root, or inside that container"};
  }
  const Ids users{it.status.real_user, it.status.user, it.status.saved_user};
  if (!users.all_are(us.status.real_user) && !all) {
    const std::string theirs = who + (users.are_one() ? " belongs to user " : " runs as user ") +
                               users.text() + " and we are ";
    if (us.status.user == 0) return {theirs + "root without CAP_SYS_PTRACE", container_grant(us)};
    return {theirs + "user " + decimal(us.status.real_user),
            (users.are_one() ? "run as that user, " : "") + grant(us)};
  }
  const Ids groups{it.status.real_group, it.status.group, it.status.saved_group};
  if (!groups.all_are(us.status.real_group) && !all) {
    return {who + " runs with group " + groups.text() + " and we with group " +
                decimal(us.status.real_group),
            (groups.are_one() ? "run with that group (sg or setpriv --regid), " : "") + grant(us)};
  }
  if ((it.status.capabilities & ~us.status.capabilities) != 0 && !all) {
    return {who + " has capabilities that we lack", grant(us)};
  }
  if (!it.dumpable && !all) {
    return {
        who + " does not let itself be read (it changed its user, or asked for that with prctl)",
        grant(us)};
  }
  if (us.yama_scope == 2 && !all) {
    return {"kernel.yama.ptrace_scope is 2, which lets only root read processes",
            grant(us) + ", or: sudo sysctl kernel.yama.ptrace_scope=0"};
  }
  if (us.yama_scope == 1 && !all && !it.descends_from_us) {
    return {"kernel.yama.ptrace_scope is 1, which lets a process read only its descendants",
            "start the program with tachyon run, or: sudo sysctl kernel.yama.ptrace_scope=0, or " +
                grant(us)};
  }
  if (us.selinux_denies) {
    return {"SELinux forbids reading processes (its boolean deny_ptrace is on)",
            "sudo setsebool deny_ptrace off"};
  }
  if (!us.apparmor.empty()) {
    return {"AppArmor confines us (" + printable(us.apparmor) + ") and may forbid reading " + who,
            "in a container, start it with --security-opt apparmor=unconfined"};
  }
  if (us.status.seccomp == 2) {
    return {"a seccomp filter is in force here and may forbid " +
                std::string{attempt.pausing ? "stopping " : "reading "} + who,
            (attempt.pausing ? "read without --blocking, or " : "") + without_filter(us)};
  }
  if (all && us.has_user_namespace()) {
    return {"our CAP_SYS_PTRACE counts inside our user namespace only, and " + who +
                " is outside of it",
            "run tachyon outside of that namespace, as root"};
  }
  if (all) {
    return {"the kernel refuses to let us read " + who +
                " although we have CAP_SYS_PTRACE (it is outside of our namespaces, or protected "
                "by a security module)",
            "run tachyon on the host, outside of containers"};
  }
  return {"the kernel refuses to let us read " + who, grant(us)};
}

// Of the version that its files are called after, where the interpreter is too old to say.
inline Explanation explain_version(const Attempt& attempt, std::uint64_t version) {
  const bool unknown = version == 0x03000000;
  const std::string python =
      "Python " + (unknown ? std::string{"older than 3.11"} : version_text(version));
  const bool known = std::any_of(all_layouts.begin(), all_layouts.end(), [&](const auto& layout) {
    return version >> 24 == 3 && (version >> 16 & 0xff) == layout.build.minor;
  });
  if (known) {
    return {of_process(attempt.pid) + " runs " + python +
                ", but does not publish where its structures lie, as that version does",
            "use a released build of CPython"};
  }
  return {of_process(attempt.pid) + " runs " + python,
          "tachyon reads " + supported_range() + "; run the program with one of these"};
}

// copies::find_misfit() says what the number is.
inline Explanation explain_misfit(const std::string& who, std::uint64_t which) {
  constexpr auto names = copies::names_of(copies::All{});
  const std::uint64_t number = which >> 32;
  const std::string name{number < names.size() ? names[number] : "struct"};
  return {
      "the Python of " + who + " is no usual build: of its " + name + " " +
          decimal(which & 0xffffffff) + " bytes would have to be copied, too many",
      "use a released build of CPython, or build tachyon with a layout made from the headers of "
      "this one (gen/generate.py --python)"};
}

inline Explanation explain_missing(const Attempt& attempt, const Observer& us, const Subject& it) {
  const std::string who = of_process(attempt.pid);
  if (it.exists && it.ending) return {who + " has ended", {}};
  if (it.exists) return {who + " has ended, and another process has its number now", {}};
  if (it.hidden) {
    return {who + " is hidden from us (/proc is mounted with hidepid)",
            "run as the user that it belongs to, " + grant(us)};
  }
  return {"there is no " + who + " (any more)", "list the ones there are with ps -e"};
}

inline Explanation explain_not_python(const Attempt& attempt, const Subject& it) {
  std::string why = of_process(attempt.pid);
  if (!it.program.empty()) why += " (" + printable(it.program) + ")";
  why += " is not a Python interpreter and has none loaded";
  if (it.children.empty()) return {why, "give the number of the process that is"};
  std::string remedy = "it may be one of its children,";
  constexpr std::size_t most = 5;
  for (std::size_t i = 0; i < std::min(it.children.size(), most); ++i) {
    remedy += (i == 0 ? " " : ", ") + decimal(static_cast<std::uint64_t>(it.children[i]));
  }
  return {why, remedy};
}

inline Explanation explain_system(const Error& error, const Attempt& attempt, const Observer& us) {
  const std::string why = "the system failed: " + system_text(error.sys);
  switch (error.sys) {
    case EMFILE:
      return {why, more_files(us)};
    case ENOMEM:
      return {why, "give tachyon more memory (ulimit -v, or the container's limit)"};
    case ENOSYS:
      return {why + " (this kernel lacks a system call, or a filter hides it)",
              attempt.pausing ? "read without --blocking" : without_filter(us)};
    default:
      return {why, "try again"};
  }
}

// What only a core file can be told.
inline Explanation explain_core(const Error& error, const std::string& name) {
  switch (error.code) {
    case Errc::not_python:
      return {name + " has no Python interpreter in it",
              "if it is one of a Python, name the file of the program with --exe, and keep its "
              "libraries where they were"};
    case Errc::not_started:
    case Errc::finalizing:
      return {name + " was made while the interpreter started or ended", "there is no stack in it"};
    case Errc::unsupported_version:
    case Errc::unsupported_prerelease:
      return {name + " is of Python " + version_text(error.at.value),
              "tachyon reads final releases of " + supported_range()};
    case Errc::torn:
    case Errc::unreadable:
    case Errc::too_deep:
    case Errc::bad_value:
    case Errc::no_such_thread:
      return {name + " lacks memory that is needed, or has it damaged",
              "name the file of the program with --exe, or make the core with gcore"};
    default:
      return {
          "reading " + name + " failed: " +
              (error.sys == 0 ? "for a reason that belongs to processes" : system_text(error.sys)),
          {}};
  }
}

inline Explanation explain_file(const Error& error, const Attempt& attempt) {
  const std::string name = printable(attempt.file);
  const std::string reason = system_text(error.sys);
  const std::string because = reason.empty() ? "" : ": " + reason;
  switch (error.code) {
    case Errc::cannot_open:
      return {"cannot open " + name + because, {}};
    case Errc::cannot_read:
      return {"cannot read " + name + because, {}};
    case Errc::cannot_write:
      return {"cannot write " + name + because, {}};
    case Errc::not_a_recording:
      return {name + " is not a recording of tachyon's or of CPython's", {}};
    case Errc::not_a_core:
      return {
          name + " is not a core file (a compressed one has to be unpacked first: unzstd, unlz4)",
          {}};
    case Errc::damaged:
      return {name + " is damaged near byte " + decimal(error.at.value), {}};
    case Errc::truncated:
      return {
          name + " ends too early, after " + decimal(error.at.value) +
              " bytes (a core: raise the limit with ulimit -c unlimited, and look for a full disk)",
          {}};
    case Errc::unsupported:
      return {name + " has contents that this build of tachyon cannot read", {}};
    case Errc::unsupported_arch:
      return {name + " comes from another kind of machine than this build of tachyon reads", {}};
    case Errc::limit:
      return {name + " is larger or deeper than its format allows", {}};
    default:
      return explain_core(error, name);
  }
}

}  // namespace detail

// Of `error`, given what was seen. Neither part ends in a full stop.
inline Explanation explain(const Error& error, const Attempt& attempt, const Observer& us,
                           const Subject& it) {
  const std::string who = detail::of_process(attempt.pid);
  if (!attempt.file.empty()) return detail::explain_file(error, attempt);
  if (it.exists && it.process != 0 && it.process != it.pid) {
    return {detail::decimal(static_cast<std::uint64_t>(it.pid)) + " is a thread of " +
                detail::of_process(it.process),
            "use that number"};
  }
  switch (error.code) {
    case Errc::ok:
      return {"no error", {}};
    case Errc::torn:
    case Errc::unreadable:
    case Errc::too_deep:
    case Errc::bad_value:
    case Errc::no_such_thread:
      return {"the interpreter in " + who +
                  " could not be read consistently (its structures change, or are damaged)",
              "try again, or with --blocking"};
    case Errc::no_proc:
      return {"/proc is not mounted, and nothing is known of a process without it",
              "mount -t proc proc /proc"};
    case Errc::foreign_proc:
      return {"/proc here is that of another pid namespace, and its numbers are other processes'",
              "mount -t proc proc /proc (or: unshare --mount-proc, nsenter --mount)"};
    case Errc::no_such_process:
      return detail::explain_missing(attempt, us, it);
    case Errc::not_permitted:
      return detail::explain_refusal(attempt, us, it);
    case Errc::is_kernel_thread:
      return {who + " is a part of the kernel and has no memory of its own",
              "give the number of a program"};
    case Errc::is_zombie:
      return {who + " has ended, only its exit status is left, for " +
                  detail::of_process(it.parent) + " to collect",
              "nothing can be read any more"};
    case Errc::not_python:
      return detail::explain_not_python(attempt, it);
    case Errc::not_started:
      return {"the interpreter in " + who + " has not finished starting, or was shut down",
              "try again"};
    case Errc::finalizing:
      return {"the interpreter in " + who + " is shutting down", "attach earlier"};
    case Errc::unsupported_version:
      return detail::explain_version(attempt, error.at.value);
    case Errc::unsupported_prerelease:
      return {who + " runs Python " + detail::version_text(error.at.value) +
                  ", a pre-release, whose structures are its own",
              "use a final release, or build tachyon with a layout made from its headers "
              "(gen/generate.py --python)"};
    case Errc::unsupported_arch:
      return {who +
                  " is a program for another kind of processor or word size than this build of "
                  "tachyon reads",
              "use a 64-bit " + std::string{name_of(native_arch)} + " Python"};
    case Errc::struct_too_large:
      return detail::explain_misfit(who, error.at.value);
    case Errc::tasks_unpublished:
      return {
          "the Python of " + who + " does not publish its asyncio tasks, which 3.14 and later do",
          "--async-mode running shows what the running ones do"};
    case Errc::process_changed:
      return {who + " has become another program (exec)", "attach again"};
    case Errc::timed_out:
      return {who +
                  " did not stop in time (a system call that cannot be interrupted, or a frozen "
                  "container)",
              "try again, or without --blocking"};
    case Errc::system:
      return detail::explain_system(error, attempt, us);
    default:
      return detail::explain_file(error, {attempt.pid, "a file", attempt.pausing});
  }
}

// Looks at the circumstances and explains, in one line. `attempt.pid` zero leaves the process out.
inline std::string describe(const Error& error, const Attempt& attempt) {
  if (!attempt.file.empty() || attempt.pid == 0) return explain(error, attempt, {}, {}).line();
  return explain(error, attempt, observe_ourselves(), observe(attempt.pid)).line();
}

}  // namespace tachyon
