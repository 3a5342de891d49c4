#pragma once

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>

// What is no longer needed is given away.
//
// CAP_SYS_PTRACE, which `setcap` gives the program or root brings along, is needed for every single
// read: the kernel asks again at each process_vm_readv. So it goes when the last look is over,
// before anything is made of what was seen, and in a replay at once, and the two for the kernel's
// own sampling go with it. Capabilities of root that have to do with files stay: outputs may go
// wherever root may write.
//
// A replay reads one file and writes others, and both what it reads and what it shows were made by
// somebody else. It starts no program, talks to nobody and looks into no process; the kernel is
// told to hold it to that. Other calls are not judged: a list of what libc may need would be long,
// and wrong on the next machine.
namespace tachyon::tool {

// Of the calling thread, and of those that it starts.
inline void give_up_tracing() noexcept {
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> sets{};
  if (::syscall(SYS_capget, &head, sets.data()) != 0) return;
  constexpr std::array<std::uint32_t, 2> given_up{1U << CAP_SYS_PTRACE,
                                                  1U << (CAP_PERFMON - 32) | 1U << (CAP_BPF - 32)};
  for (std::size_t i = 0; i < sets.size(); ++i) {
    sets[i].effective &= ~given_up[i];
    sets[i].permitted &= ~given_up[i];
    sets[i].inheritable &= ~given_up[i];
  }
  (void)::syscall(SYS_capset, &head, sets.data());
}

// For good. Where the kernel has no filters nothing changes.
inline void confine_to_files() noexcept {
#if defined(__x86_64__)
  constexpr std::uint32_t native = AUDIT_ARCH_X86_64;
#else
  constexpr std::uint32_t native = AUDIT_ARCH_AARCH64;
#endif
  // Every call has a second number from here on where the kernel knows the x32 ABI.
  constexpr std::uint32_t other_numbers = 0x40000000;
  // A ring makes calls that no filter sees.
  constexpr std::array<std::uint32_t, 13> denied{
      SYS_execve,           SYS_execveat,          SYS_ptrace,
      SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd,
      SYS_socket,           SYS_connect,           SYS_sendto,
      SYS_sendmsg,          SYS_io_uring_setup,    SYS_bpf,
      SYS_perf_event_open};
  constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  // Architecture, number, one comparison for each call, then the two ends.
  std::array<sock_filter, denied.size() + 7> code{};
  std::size_t at = 0;
  const auto to_the_end = [&] { return static_cast<std::uint8_t>(code.size() - 2 - at); };
  code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, native, 1, 0);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, refuse);
  code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  code[at] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, other_numbers, to_the_end(), 0);
  ++at;
  for (const std::uint32_t number : denied) {
    code[at] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, to_the_end(), 0);
    ++at;
  }
  code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  code[at++] = BPF_STMT(BPF_RET | BPF_K, refuse);
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  (void)::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

}  // namespace tachyon::tool
