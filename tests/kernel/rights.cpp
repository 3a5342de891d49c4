#include <tachyon/kernel/rights.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <catch2/catch.hpp>

namespace tachyon::kernel::test {
namespace {

constexpr std::uint64_t mask_of(unsigned capability) { return std::uint64_t{1} << capability; }

// An ordinary user on a machine of today.
struct RightsScene {
  Observer us;
  KernelFacts kernel{"6.1.0-18-amd64", false};
  RightsScene() {
    us.status.user = us.status.real_user = 1000;
    us.program = "/usr/bin/tachyon";
    us.user_namespace = first_user_namespace;
    us.open_files = us.most_files = 1024;
  }
  std::string say(int number) const {
    return explain_refusal(refused_by_kernel(number), us, kernel).line();
  }
};

void has_part(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  CHECK(text.find('\n') == std::string::npos);
}

}  // namespace

TEST_CASE("kernel rights: a refusal names what is lacking, and what to type", "[kernel]") {
  RightsScene user;
  CHECK(user.say(EPERM) ==
        "the kernel takes samples only for programs with CAP_BPF and CAP_PERFMON, and we have "
        "neither: "
        "run as root, or once: sudo setcap cap_sys_ptrace,cap_bpf,cap_perfmon=ep "
        "/usr/bin/tachyon");
  user.us.status.capabilities = mask_of(cap_bpf);
  has_part(user.say(EPERM), "we lack CAP_PERFMON");
  user.us.status.capabilities = mask_of(cap_perfmon);
  has_part(user.say(EPERM), "we lack CAP_BPF");

  RightsScene container;
  container.us.status.user = container.us.status.real_user = 0;
  container.us.container = Container::docker;
  container.us.status.obtainable = 0;
  has_part(container.say(EPERM), "docker run --cap-add=SYS_PTRACE --cap-add=BPF --cap-add=PERFMON");
  container.us.container = Container::kubernetes;
  has_part(container.say(EPERM), "capabilities.add: [SYS_PTRACE, BPF, PERFMON]");
}

TEST_CASE("kernel rights: what forbids it to somebody who has the capabilities", "[kernel]") {
  RightsScene root;
  root.us.status.capabilities = mask_of(cap_sys_admin);
  RightsScene locked = root;
  locked.kernel.locked_down = true;
  has_part(locked.say(EPERM), "lockdown=confidentiality");
  RightsScene old = root;
  old.kernel.release = "5.10.0-32-amd64";
  has_part(old.say(EINVAL), "from Linux 5.15 on, and this is 5.10.0-32-amd64");
  CHECK_FALSE(KernelFacts{"5.15.0"}.is_old());
  CHECK_FALSE(KernelFacts{"6.1"}.is_old());
  CHECK(KernelFacts{"4.19.0"}.is_old());
  RightsScene filtered = root;
  filtered.us.status.seccomp = 2;
  has_part(filtered.say(EPERM), "seccomp");
  has_part(filtered.say(ENOSYS), "seccomp");
  has_part(root.say(ENOSYS), "built without");
  RightsScene inner = root;
  inner.us.user_namespace = 12345;
  has_part(inner.say(EPERM), "user namespace");
  has_part(root.say(EMFILE), "we may have 1024: as root: ulimit -n");
  has_part(root.say(ENOMEM), "ulimit -l");
  has_part(root.say(EBUSY), "refuses to take samples");
}

TEST_CASE("kernel rights: the doctor says that it works where it works", "[kernel]") {
  const Finding finding = examine_sampling();
  CHECK(finding.subject == "--read kernel");
  CHECK((finding.verdict == Verdict::ok) == try_sampling().has_value());
  if (finding.verdict != Verdict::ok) CHECK_FALSE(finding.why.empty());
}

}  // namespace tachyon::kernel::test
