#include "privilege.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <functional>
#include <catch2/catch.hpp>

using namespace tachyon::tool;

namespace {

// In a child, as no way leads back: what it returned, or -1.
int confined(const std::function<int()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    confine_to_files();
    ::_exit(work());
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has_filters() {
  return confined([] { return ::prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER ? 1 : 0; }) == 1;
}

// With arguments that no call can accept: any other error would tell that the kernel
// looked at them.
int error_of(long number) {
  return confined([number] {
    errno = 0;
    return ::syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 ? errno : 0;
  });
}

}  // namespace

TEST_CASE("privilege: a replay starts nothing, reads nobody and talks to nobody") {
  if (!has_filters()) {
    WARN("skipped: this kernel has no seccomp filters");
    return;
  }
  for (const long number :
       {SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
        SYS_pidfd_getfd, SYS_socket, SYS_connect, SYS_sendto, SYS_sendmsg, SYS_io_uring_setup,
        SYS_bpf, SYS_perf_event_open}) {
    INFO("system call " << number);
    CHECK(error_of(number) == EPERM);
#if defined(__x86_64__)
    CHECK(error_of(number | 0x40000000) == EPERM);  // the same call by its x32 number
#endif
  }
}

TEST_CASE("privilege: a replay may do with files and threads whatever it likes") {
  CHECK(confined([] {
          const int file = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
          char some[16];
          const bool read = file >= 0 && ::read(file, some, sizeof(some)) > 0;
          void* const at =
              ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          const pid_t child = ::fork();  // and a thread is made by the same call
          if (child == 0) ::_exit(7);
          int status = 0;
          const bool ended = ::waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 7;
          return read && at != MAP_FAILED && ended ? 42 : 1;
        }) == 42);
}

TEST_CASE("privilege: the capability to look into processes goes, others stay") {
  CHECK(confined([] {
          constexpr std::uint32_t tracing = 1U << CAP_SYS_PTRACE;
          __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
          std::array<__user_cap_data_struct, 2> before{}, after{};
          if (::syscall(SYS_capget, &head, before.data()) != 0) return 1;
          give_up_tracing();
          if (::syscall(SYS_capget, &head, after.data()) != 0) return 1;
          if (after[0].effective != (before[0].effective & ~tracing)) return 2;
          return after[0].permitted != (before[0].permitted & ~tracing) ? 3 : 0;
        }) == 0);
}
