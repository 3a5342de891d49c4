#pragma once

#include <array>
#include <cstdint>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/layout/verify.hpp>
#include <tachyon/target/attach.hpp>
#include <tachyon/target/circumstances.hpp>
#include <tachyon/target/diagnose.hpp>

// What stands between a user and a profile, found out before anything goes wrong. Each finding
// names one thing, whether it is in the way, why, and what to type. The words for what is in the
// way come from diagnose.hpp, so the doctor and a failed attach say the same.
//
//   blocked  Yama   kernel.yama.ptrace_scope is 1, ...   sudo sysctl kernel.yama.ptrace_scope=0
//
// It reads and changes nothing, and needs no privileges.
namespace tachyon {

enum class Verdict : std::uint8_t {
  ok,
  note,     // works, but less well: worth knowing
  blocked,  // does not work like this
};

constexpr std::string_view name_of(Verdict verdict) noexcept {
  constexpr std::array<std::string_view, 3> names{"ok", "note", "blocked"};
  return names[static_cast<std::size_t>(verdict)];
}

struct Finding {
  std::string_view subject;  // a short fixed name: "capabilities"
  Verdict verdict = Verdict::ok;
  std::string why{};
  std::string command{};  // what to do about it; empty if nothing
};

namespace detail {

class Doctor {
 public:
  std::vector<Finding> machine() {
    // Nothing that /proc says would be about us.
    if (const auto ours = check_proc(); !ours) {
      blocked("/proc", explain(ours.error(), {}, us_, {}));
      return std::move(findings_);
    }
    user();
    yama();
    seccomp();
    security_modules();
    containers();
    kernel();
    clock();
    processors();
    descriptors();
    return std::move(findings_);
  }

  std::vector<Finding> process(std::int32_t pid) {
    if (!check_proc()) return {};  // said of the machine
    const Subject subject = observe(pid);
    who(subject);
    if (!subject.exists) return std::move(findings_);
    state(subject);
    name_spaces(subject);
    auto memory = LiveProcess::open(pid);
    if (!memory) {
      blocked("memory", explain(memory.error(), {pid}, us_, subject));
      return std::move(findings_);
    }
    ok("memory", "can be read");
    tracing(subject);
    if (const auto attached = attach(pid)) {
      interpreter(attached->site);
      layout(attached->site, subject);
      asyncio(attached->site);
    } else {
      // It may have ended meanwhile.
      blocked("interpreter", explain(attached.error(), {pid}, us_, observe(pid)));
    }
    return std::move(findings_);
  }

 private:
  void add(std::string_view subject, Verdict verdict, std::string why, std::string command = {}) {
    findings_.push_back({subject, verdict, std::move(why), std::move(command)});
  }
  void ok(std::string_view subject, std::string why) { add(subject, Verdict::ok, std::move(why)); }
  void note(std::string_view subject, std::string why, std::string command = {}) {
    add(subject, Verdict::note, std::move(why), std::move(command));
  }
  void blocked(std::string_view subject, Explanation explanation) {
    add(subject, Verdict::blocked, std::move(explanation.why), std::move(explanation.remedy));
  }

  // ---- the machine and ourselves ----

  void user() {
    if (us_.may_trace_all() && us_.has_user_namespace()) {
      note("capabilities", "CAP_SYS_PTRACE, in a user namespace: processes inside it can be read",
           "for others, run tachyon outside of it as root");
    } else if (us_.may_trace_all()) {
      ok("capabilities", "CAP_SYS_PTRACE: processes of every user can be read");
    } else if (us_.status.user == 0) {
      note("capabilities",
           "root, but without CAP_SYS_PTRACE: only processes of root's that can do no more than we",
           grant(us_));
    } else {
      note("capabilities",
           "user " + decimal(us_.status.real_user) + ": only this user's own processes",
           grant(us_));
    }
  }

  void yama() {
    const bool all = us_.may_trace_all();
    const std::string off = "sudo sysctl kernel.yama.ptrace_scope=0";
    switch (us_.yama_scope) {
      case -1:
        return ok("Yama", "not in this kernel, or off");
      case 0:
        return ok("Yama", "kernel.yama.ptrace_scope is 0");
      case 1:
        if (all) return ok("Yama", "kernel.yama.ptrace_scope is 1, which does not bind us");
        return note("Yama", "kernel.yama.ptrace_scope is 1: tachyon run works, attach does not",
                    off);
      case 2:
        if (all) return ok("Yama", "kernel.yama.ptrace_scope is 2, which does not bind us");
        return add("Yama", Verdict::blocked, "kernel.yama.ptrace_scope is 2: only root reads", off);
      default:
        return add("Yama", Verdict::blocked,
                   "kernel.yama.ptrace_scope is 3: nobody reads processes until the next boot",
                   "set kernel.yama.ptrace_scope=0 in /etc/sysctl.d and reboot");
    }
  }

  // Whether a filter lets the call through is found out by making it, on ourselves. Without it
  // memory is read through /proc/PID/mem, which is only open to the owner and to root.
  void seccomp() {
    const std::uint64_t from = 0x7461636879;
    std::uint64_t into = 0;
    iovec local{&into, sizeof into};
    iovec remote{const_cast<std::uint64_t*>(&from), sizeof from};
    const ssize_t got = ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0);
    if (got == static_cast<ssize_t>(sizeof into) && into == from) {
      return ok("seccomp", us_.status.seccomp == 0 ? "no filter" : "a filter that lets us read");
    }
    const std::string why = "the call process_vm_readv fails: " + system_text(errno);
    const auto file = open_for_reading("/proc/self/mem");
    const auto read = file ? read_at(*file, reinterpret_cast<std::uintptr_t>(&from), bytes_of(into))
                           : Result<std::size_t>{file.error()};
    if (!read || *read != sizeof into || into != from) {
      return add("seccomp", Verdict::blocked, why + ", and so does reading /proc/PID/mem",
                 without_filter(us_));
    }
    note("seccomp", why + "; /proc/PID/mem is read instead, which takes longer",
         without_filter(us_));
  }

  void security_modules() {
    if (us_.selinux_denies) {
      add("SELinux", Verdict::blocked, "its boolean deny_ptrace is on",
          "sudo setsebool deny_ptrace off");
    }
    if (!us_.apparmor.empty()) {
      note("AppArmor", "we are confined by " + printable(us_.apparmor) +
                           ": only processes under the same profile may be readable");
    }
  }

  void containers() {
    if (us_.container == Container::none) return ok("container", "none");
    const std::string where = "we run in " + std::string{name_of(us_.container)};
    if (us_.pid_namespace == first_pid_namespace) {
      return ok("container", where + ", which shows all processes of the machine");
    }
    const std::string tool = us_.container == Container::podman ? "podman" : "docker";
    note("container", where + ": only processes of this container are visible",
         us_.container == Container::kubernetes ? "shareProcessNamespace: true in the pod"
         : us_.container == Container::other
             ? "run tachyon outside of it, as root"
             : tool + " run --pid=container:NAME --cap-add=SYS_PTRACE");
  }

  void kernel() {
    utsname name{};
    if (::uname(&name) != 0) return;
    const std::string_view release = name.release;
    const unsigned major = leading_number<unsigned>(release);
    const std::size_t dot = std::min(release.find('.'), release.size() - 1);
    const unsigned minor = leading_number<unsigned>(release.substr(dot + 1));
    const std::string text = "Linux " + printable(release);
    if (major < 5 || (major == 5 && minor < 3)) {
      note("kernel", text + " is older than 5.3: the end of a process is noticed later");
    } else {
      ok("kernel", text);
    }
    if (small_text("/proc/self/schedstat").empty()) {
      note("schedstat",
           "this kernel keeps no account of CPU time per thread: --mode cpu is coarser");
    }
  }

  void clock() {
    const std::string source =
        small_text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    if (source.empty()) return;
    const bool slow = source == "hpet" || source == "acpi_pm" || source == "jiffies";
    if (slow) {
      note("clock", source + " costs a system call to read: sampling above 10 kHz suffers");
    } else {
      ok("clock", printable(source));
    }
  }

  void processors() {
    cpu_set_t set;
    const int count = ::sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    const std::uint64_t limit =
        processor_limit(small_text("/proc/self/cgroup"),
                        [](const std::string& path) { return small_text(path.c_str()); });
    std::string text = decimal(static_cast<std::uint64_t>(count)) + " usable";
    if (limit != 0) {
      const std::uint64_t rest = limit % 100;
      text += ", of which our control group may use " + decimal(limit / 100) + "." +
              (rest < 10 ? "0" : "") + decimal(rest);
    }
    if (count == 1 || (limit != 0 && limit < 200)) {
      return note("CPUs", text + ": tachyon takes time from the program it watches");
    }
    ok("CPUs", text);
  }

  // Each thread that is watched takes one, and so does each thread that is stopped.
  void descriptors() {
    const std::string text = decimal(us_.open_files) + " open files";
    if (us_.open_files >= 1024) return ok("limits", text);
    note("limits", text + ": CPU time of many threads cannot be watched", more_files(us_));
  }

  // ---- a process ----

  void who(const Subject& subject) {
    if (!subject.exists || subject.process != subject.pid) {
      blocked("process", explain(Error{Errc::no_such_process}, {subject.pid}, us_, subject));
      return;
    }
    const std::string shown = subject.command.empty() ? subject.status.name : subject.command;
    constexpr std::size_t longest = 120;
    const auto threads = static_cast<std::uint64_t>(subject.status.threads);
    ok("process", printable(std::string_view{shown}.substr(0, longest)) + ", user " +
                      decimal(subject.status.user) + ", " + decimal(threads) +
                      (threads == 1 ? " thread" : " threads"));
  }

  void state(const Subject& subject) {
    if (subject.state == 'T') {
      note("state", "stopped by job control: it is read, but does not move",
           "kill -CONT " + decimal(static_cast<std::uint64_t>(subject.pid)));
    }
  }

  void name_spaces(const Subject& subject) {
    if (subject.pid_namespace == 0 || subject.pid_namespace == us_.pid_namespace) return;
    note("namespaces", "in a container: its own numbers for threads are translated");
  }

  // Whether a filter forbids to stop anybody is told by an attempt on nobody.
  void tracing(const Subject& subject) {
    constexpr pid_t nobody = 0;
    const bool callable = ::ptrace(PTRACE_SEIZE, nobody, nullptr, nullptr) != 0 && errno == ESRCH;
    const Attempt stopping{subject.pid, {}, true};
    if (subject.tracer != 0) {
      blocked("--blocking", explain({Errc::not_permitted}, stopping, us_, subject));
    } else if (!callable) {
      add("--blocking", Verdict::blocked, "the call ptrace fails: " + system_text(errno),
          "read without --blocking, or " + without_filter(us_));
    } else {
      ok("--blocking", "possible");
    }
  }

  void interpreter(const RuntimeSite& site) {
    std::string text = "CPython " + version_text(site.version);
    if (site.free_threaded) text += " free-threaded";
    text += ", in " + (site.file.empty() ? "anonymous memory" : printable(site.file));
    if (site.file_deleted) text += " (replaced on disk since)";
    text += ", found by " + std::string{name_of(site.found_by)};
    if (site.opened_by != OpenedBy::none)
      text += " through " + std::string{name_of(site.opened_by)};
    ok("interpreter", std::move(text));
  }

  void layout(const RuntimeSite& site, const Subject& subject) {
    if (!site.publishes_offsets()) return ok("layout", "compiled in, chosen by version");
    const auto kind =
        with_published_layout(AllLayouts{}, site.table, native_arch,
                              []<class L>(const L&) -> Result<bool> { return CompiledLayout<L>; });
    if (!kind) {
      if (kind.error().code == Errc::unsupported_version ||
          kind.error().code == Errc::struct_too_large) {
        return blocked("layout", explain(kind.error(), {subject.pid}, us_, subject));
      }
      add("layout", Verdict::blocked, "the table that this interpreter publishes makes no sense",
          "use a released build of CPython");
    } else if (*kind) {
      ok("layout", "compiled in, and equal to what the process publishes");
    } else {
      note("layout", "this build differs from the released one: its own published table is used");
    }
  }

  void asyncio(const RuntimeSite& site) {
    if (site.asyncio_debug) return ok("asyncio", "tasks can be read");
    if (!has_task_lists(site)) {
      return note("asyncio", "tasks can be read from CPython 3.14 on");
    }
    ok("asyncio", "not imported (yet)");
  }

  Observer us_ = observe_ourselves();
  std::vector<Finding> findings_;
};

}  // namespace detail

// About this machine and this user.
inline std::vector<Finding> examine_machine() { return detail::Doctor{}.machine(); }

// About one process, the parts that can be known: what is blocked ends the list.
inline std::vector<Finding> examine_process(std::int32_t pid) {
  return detail::Doctor{}.process(pid);
}

}  // namespace tachyon
