#include <tachyon/memory/live_process.hpp>

#include <csignal>
#include <cstring>
#include <numeric>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <vector>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

Address address_of(const void* p) { return {reinterpret_cast<std::uint64_t>(p)}; }

// A child that only waits; it is killed and reaped with its owner.
class Child {
 public:
  explicit Child(void (*body)()) : pid_{::fork()} {
    if (pid_ == 0) {
      body();
      ::_exit(0);
    }
  }
  ~Child() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

void sleep_for_ever() {
  for (;;) ::pause();
}

// Two pages of which the second is not mapped.
struct HalfMapped {
  HalfMapped()
      : page{static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))},
        start{static_cast<std::byte*>(::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))} {
    ::munmap(start + page, page);
    std::memset(start, 7, page);
  }
  ~HalfMapped() { ::munmap(start, page); }
  std::size_t page;
  std::byte* start;
};

}  // namespace

TEST_CASE("live process: single reads") {
  auto self = LiveProcess::open(::getpid());
  REQUIRE(self);
  const std::uint64_t word = 0x0123456789abcdef;
  std::uint64_t copy = 0;
  REQUIRE(self->read(address_of(&word), std::as_writable_bytes(std::span{&copy, 1})));
  CHECK(copy == word);

  HalfMapped half;
  std::array<std::byte, 16> into{};
  CHECK(self->read(address_of(half.start + half.page - 16), into));
  CHECK(self->read(address_of(half.start + half.page - 8), into).error().code == Errc::unreadable);
  CHECK(self->read({0}, into).error().code == Errc::unreadable);
  CHECK(self->read({0xfffffffffffffff8}, into).error().code == Errc::unreadable);
  CHECK(self->read({0x8000000000000000}, into).error().code == Errc::unreadable);
}

TEST_CASE("live process: a vectored read answers with the whole leading ranges") {
  auto self = LiveProcess::open(::getpid());
  REQUIRE(self);
  HalfMapped half;
  std::array<std::byte, 16> a{};
  std::array<std::byte, 16> b{};
  std::array<std::byte, 16> c{};
  const Address good = address_of(half.start);
  const Address edge = address_of(half.start + half.page - 8);
  CHECK(*self->read_many(std::array{Range{good, a}, Range{good + 16, b}, Range{good, c}}) == 3);
  CHECK(a[0] == std::byte{7});
  CHECK(*self->read_many(std::array{Range{good, a}, Range{edge, b}, Range{good, c}}) == 1);
  CHECK(self->read_many(std::array{Range{edge, a}, Range{good, b}}).error().code ==
        Errc::unreadable);
  CHECK(*self->read_many({}) == 0);
}

TEST_CASE("live process: more ranges than one call takes") {
  auto self = LiveProcess::open(::getpid());
  REQUIRE(self);
  std::vector<std::uint32_t> from(3000);
  std::iota(from.begin(), from.end(), 0U);
  std::vector<std::uint32_t> to(from.size());
  std::vector<Range> ranges;
  for (std::size_t i = 0; i < from.size(); ++i) {
    ranges.push_back({address_of(&from[i]), std::as_writable_bytes(std::span{&to[i], 1})});
  }
  CHECK(*self->read_many(ranges) == from.size());
  CHECK(to == from);
  ranges[2500].at = {0};
  CHECK(*self->read_many(ranges) == 2500);
  ranges[1024].at = {0};
  CHECK(*self->read_many(ranges) == 1024);
}

TEST_CASE("live process: an ended process is told from an unreadable address") {
  Child child{sleep_for_ever};
  auto process = LiveProcess::open(child.pid());
  REQUIRE(process);
  REQUIRE(process->verify());
  static const int known = 42;
  int copy = 0;
  const auto into = std::as_writable_bytes(std::span{&copy, 1});
  REQUIRE(process->read(address_of(&known), into));
  const pid_t pid = child.pid();
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  CHECK(process->read(address_of(&known), into).error().code == Errc::no_such_process);
  CHECK(LiveProcess::open(pid).error().code == Errc::is_zombie);
  child.end();
  CHECK(process->verify().error().code == Errc::no_such_process);
  CHECK(process->read_many(std::array{Range{address_of(&known), into}}).error().code ==
        Errc::no_such_process);
  CHECK(LiveProcess::open(pid).error().code == Errc::no_such_process);
}

TEST_CASE("live process: another program under the same pid is noticed") {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    char go;
    ::close(pipe[1]);
    if (::read(pipe[0], &go, 1) == 0) ::execl("/bin/sleep", "sleep", "100", nullptr);
    ::_exit(1);
  }
  auto process = LiveProcess::open(pid);
  REQUIRE(process);
  REQUIRE(process->verify());
  ::close(pipe[1]);
  ::close(pipe[0]);
  Errc code = Errc::ok;
  for (int i = 0; i < 60'000 && code == Errc::ok; ++i) {
    code = process->verify().error().code;
    ::usleep(1000);
  }
  CHECK(code == Errc::process_changed);
  static const int known = 42;
  std::array<std::byte, 4> into{};
  CHECK(process->read(address_of(&known), into).error().code == Errc::process_changed);
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

// Until it execs, a child of vfork lives in its parent's memory, and that stays when it goes.
TEST_CASE("live process: a child that leaves the memory it shared is noticed") {
  static const int known = 42;
  int go[2], said[2];
  REQUIRE(::pipe(go) == 0);
  REQUIRE(::pipe(said) == 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::close(go[1]);
    if (::vfork() == 0) {
      const pid_t self = ::getpid();
      char end;
      (void)!::write(said[1], &self, sizeof self);
      if (::read(go[0], &end, 1) == 0) ::execl("/bin/sleep", "sleep", "100", nullptr);
      ::_exit(1);
    }
    for (;;) ::pause();
  }
  ::close(go[0]);
  pid_t child = 0;
  REQUIRE(::read(said[0], &child, sizeof child) == sizeof child);
  auto process = LiveProcess::open(child);
  REQUIRE(process);
  CHECK(process->verify());
  std::array<std::byte, 4> into{};
  const std::array ranges{Range{address_of(&known), into}};
  CHECK(process->read_many(ranges).value_or(std::size_t{0}) == 1);
  ::close(go[1]);
  Errc code = Errc::ok;
  for (int i = 0; i < 60'000 && (code == Errc::ok || code == Errc::unreadable); ++i) {
    code = process->read_many(ranges).error().code;
    ::usleep(1000);
  }
  CHECK(code == Errc::process_changed);
  CHECK(process->verify().error().code == Errc::process_changed);
  for (const pid_t pid : {child, parent}) ::kill(pid, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  for (const int end : {said[0], said[1]}) ::close(end);
}

TEST_CASE("live process: CAP_SYS_PTRACE alone opens no file, and is enough") {
  if (::geteuid() != 0) {
    WARN("skipped: only root can be somebody else and keep CAP_SYS_PTRACE");
    return;
  }
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    char go;
    ::close(pipe[1]);
    if (::read(pipe[0], &go, 1) == 0) ::execl("/bin/sleep", "sleep", "100", nullptr);
    ::_exit(1);
  }
  // Files are opened as nobody from here on; what else root may do stays.
  ::setfsuid(65534);
  CHECK_FALSE(open_for_reading(detail::ProcPath{"/proc/"}.add(pid).add("/mem").c_str()));
  auto process = LiveProcess::open(pid);
  REQUIRE(process);
  CHECK(process->verify());
  static const int known = 42;
  int copy = 0;
  const auto into = std::as_writable_bytes(std::span{&copy, 1});
  CHECK(process->read(address_of(&known), into));
  CHECK(copy == 42);
  CHECK(*process->read_many(std::array{Range{address_of(&known), into}}) == 1);
  CHECK(process->read({0}, into).error().code == Errc::unreadable);
  CHECK(process->read_many(std::array{Range{{0}, into}}).error().code == Errc::unreadable);
  // Another program under the same pid.
  ::close(pipe[1]);
  ::close(pipe[0]);
  Errc code = Errc::ok;
  for (int i = 0; i < 60'000 && code == Errc::ok; ++i) {
    code = process->verify().error().code;
    ::usleep(1000);
  }
  CHECK(code == Errc::process_changed);
  CHECK(process->read({0}, into).error().code == Errc::process_changed);
  CHECK(process->read_many(std::array{Range{{0}, into}}).error().code == Errc::process_changed);
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  CHECK(process->read(address_of(&known), into).error().code == Errc::no_such_process);
  ::setfsuid(0);
  ::waitpid(pid, nullptr, 0);
}

TEST_CASE("live process: the main thread may have ended before the others") {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  static int write_end;
  write_end = ready[1];
  Child child{[] {
    static char stack[65536];
    const auto body = +[](void*) -> int {
      (void)!::write(write_end, "x", 1);
      sleep_for_ever();
      return 0;
    };
    ::clone(body, stack + sizeof stack,
            CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
            nullptr);
    ::syscall(SYS_exit, 0);
  }};
  char go;
  REQUIRE(::read(ready[0], &go, 1) == 1);
  const auto directory =
      open_for_reading(detail::ProcPath{"/proc/"}.add(child.pid()).c_str(), O_DIRECTORY | O_PATH);
  REQUIRE(directory);
  for (int i = 0; i < 60'000 && detail::read_process_stat(*directory)->state != 'Z'; ++i) {
    ::usleep(1000);
  }
  auto process = LiveProcess::open(child.pid());
  REQUIRE(process);
  static const int known = 42;
  int copy = 0;
  const auto into = std::as_writable_bytes(std::span{&copy, 1});
  CHECK(process->read(address_of(&known), into));
  CHECK(copy == 42);
  copy = 0;
  CHECK(*process->read_many(std::array{Range{address_of(&known), into}}) == 1);
  CHECK(copy == 42);
  CHECK(process->verify());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("live process: the main thread may end while we read") {
  static int ready[2], go[2];
  REQUIRE(::pipe(ready) == 0);
  REQUIRE(::pipe(go) == 0);
  Child child{[] {
    static char stack[65536];
    const auto body = +[](void*) -> int {
      (void)!::write(ready[1], "x", 1);
      sleep_for_ever();
      return 0;
    };
    ::clone(body, stack + sizeof stack,
            CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
            nullptr);
    char word;
    (void)!::read(go[0], &word, 1);
    ::syscall(SYS_exit, 0);
  }};
  char word;
  REQUIRE(::read(ready[0], &word, 1) == 1);
  auto process = LiveProcess::open(child.pid());
  REQUIRE(process);
  CHECK(process->task() == child.pid());
  REQUIRE(::write(go[1], "x", 1) == 1);
  for (int i = 0; i < 60'000 && detail::read_process_stat(process->directory())->state != 'Z';
       ++i) {
    ::usleep(1000);
  }
  static const int known = 42;
  for (int i = 0; i < 2; ++i) {
    int copy = 0;
    const auto into = std::as_writable_bytes(std::span{&copy, 1});
    CHECK(process->read_many(std::array{Range{address_of(&known), into}}).value_or(0U) == 1);
    CHECK(copy == 42);
  }
  CHECK(process->task() != child.pid());
  CHECK(process->verify());
  for (const int end : {ready[0], ready[1], go[0], go[1]}) ::close(end);
}

TEST_CASE("live process: kernel threads and pids out of range") {
  const auto second = open_for_reading("/proc/2", O_DIRECTORY | O_PATH);
  const auto stat = second ? detail::read_process_stat(*second) : Result<ProcessStat>{Errc::system};
  if (stat && stat->kernel_thread) {
    CHECK(LiveProcess::open(2).error().code == Errc::is_kernel_thread);
  } else {
    WARN("skipped: no kernel thread is visible in this pid namespace");
  }
  CHECK(LiveProcess::open(0).error().code == Errc::no_such_process);
  CHECK(LiveProcess::open(-5).error().code == Errc::no_such_process);
  CHECK(LiveProcess::open(0x7fffffff).error().code == Errc::no_such_process);
}
