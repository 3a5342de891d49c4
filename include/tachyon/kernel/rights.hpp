#pragma once

#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/utsname.h>

#include <array>
#include <utility>

#include <tachyon/kernel/bpf_call.hpp>
#include <tachyon/kernel/perf_event.hpp>
#include <tachyon/kernel/ring.hpp>
#include <tachyon/target/circumstances.hpp>
#include <tachyon/target/diagnose.hpp>
#include <tachyon/target/doctor.hpp>
#include <tachyon/target/remedies.hpp>

// What keeps the kernel from taking samples for us, and what takes it out of the way. Whether it
// does is found out by asking it, with the smallest program there is. Why not, it does not say:
// what it looks at is looked at here, in its order. As in diagnose.hpp, one part sees and the other
// speaks.
namespace tachyon::kernel {

// What the kernel is like, beside what circumstances.hpp knows.
struct KernelFacts {
  std::string release{};     // "5.10.0-32-amd64"
  bool locked_down = false;  // in its mode "confidentiality"

  // A program has to be told which thread its event belongs to.
  bool is_old() const noexcept {
    const auto major = tachyon::detail::leading_number<unsigned>(release);
    const std::size_t dot = release.find('.');
    const std::string_view rest =
        dot == std::string::npos ? std::string_view{} : std::string_view{release}.substr(dot + 1);
    return major < 5 || (major == 5 && tachyon::detail::leading_number<unsigned>(rest) < 15);
  }
};

inline KernelFacts observe_kernel() {
  KernelFacts out;
  utsname name{};
  if (::uname(&name) == 0) out.release = name.release;
  // The mode in force stands in brackets.
  out.locked_down =
      tachyon::detail::small_text("/sys/kernel/security/lockdown").find("[confidentiality]") !=
      std::string::npos;
  return out;
}

// A program that does nothing, on an event of ourselves that never fires. All of it is gone again
// when this returns.
inline Result<void> try_sampling() {
  constexpr std::uint64_t seldom = 1'000'000'000'000;
  bpf::Assembler<2> nothing;
  nothing.move(bpf::Register::r0, 0);
  nothing.exit();
  const auto code = nothing.finish();
  std::string words;
  const auto program = load_program(std::span{code.instructions}.first(code.size), words);
  if (!program) return program.error();
  if (const auto ring = Ring::create(1 << 16); !ring) return ring.error();
  EventLosses losses;
  const auto events =
      ThreadEvents::open(0, 0, {.period = seldom, .switches = true}, *program, losses);
  if (!events) return events.error();
  return {};
}

inline Explanation explain_refusal(const Error& error, const Observer& us,
                                   const KernelFacts& kernel) {
  using namespace tachyon::detail;
  const std::string what = "the kernel takes samples";
  if (error.sys == EMFILE || error.sys == ENFILE) {
    return {
        what + " with three open files for each thread, and we may have " + decimal(us.open_files),
        more_files(us)};
  }
  if (!us.has_kernel_sampling()) {
    const bool half = has_capability(us.status.capabilities, cap_bpf) ||
                      has_capability(us.status.capabilities, cap_perfmon);
    const bool bpf = has_capability(us.status.capabilities, cap_bpf);
    const std::string lacking = !half ? "CAP_BPF and CAP_PERFMON, and we have neither"
                                      : std::string{"CAP_BPF and CAP_PERFMON, and we lack "} +
                                            (bpf ? "CAP_PERFMON" : "CAP_BPF");
    return {what + " only for programs with " + lacking, grant(us, Rights::sampling)};
  }
  if (error.code == Errc::not_permitted && us.has_user_namespace()) {
    return {what + " only for programs whose capabilities count outside of a user namespace",
            "run tachyon outside of that namespace, as root"};
  }
  if (error.code == Errc::not_permitted && kernel.locked_down) {
    return {"the kernel is locked down (confidentiality), so that no program in it may read memory",
            "boot it without lockdown=confidentiality"};
  }
  if (kernel.is_old()) {
    return {what + " from Linux 5.15 on, and this is " + printable(kernel.release),
            "use a newer kernel"};
  }
  if (us.status.seccomp == 2 && (error.code == Errc::not_permitted || error.sys == ENOSYS)) {
    return {"a seccomp filter is in force here and may forbid the calls bpf or perf_event_open",
            without_filter(us, Rights::sampling)};
  }
  if (error.sys == ENOSYS) {
    return {"this kernel was built without the calls bpf or perf_event_open", "use another kernel"};
  }
  if (error.sys == ENOMEM) {
    return {"the kernel has no memory for its samples", "raise the limit with ulimit -l unlimited"};
  }
  const std::string why = system_text(error.sys);
  return {"the kernel refuses to take samples" + (why.empty() ? "" : ": " + why), {}};
}

inline Explanation explain_refusal(const Error& error) {
  return explain_refusal(error, observe_ourselves(), observe_kernel());
}

// For the doctor's list.
inline Finding examine_sampling() {
  constexpr std::string_view subject = "--read kernel";
  const auto works = try_sampling();
  if (works) return {subject, Verdict::ok, "possible", {}};
  Explanation explanation = explain_refusal(works.error());
  return {subject, Verdict::note, std::move(explanation.why), std::move(explanation.remedy)};
}

}  // namespace tachyon::kernel
