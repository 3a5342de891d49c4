#include <tachyon/memory/paused_process.hpp>

#include <atomic>
#include <csignal>
#include <string>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <thread>
#include <catch2/catch.hpp>

#include "../support/in_full.hpp"

using namespace tachyon;

namespace {

// How long what must happen may take on a machine that has other things to do.
constexpr int patience_ms = 60'000;

// What a target tells us while it is watched: memory that both sides have.
struct Shared {
  std::atomic<std::uint64_t> work;
  std::atomic<std::uint64_t> signals;
  std::atomic<std::uint64_t> values;
  std::atomic<bool> ready;
  std::atomic<bool> stop;
};

class Program {
 public:
  template <class Body>
  explicit Program(Body&& body)
      : shared{static_cast<Shared*>(::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                                           MAP_SHARED | MAP_ANONYMOUS, -1, 0))},
        pid{::fork()} {
    if (pid == 0) {
      body(*shared);
      ::_exit(7);
    }
    while (!shared->ready) {
      if (state() == 'Z') FAIL("the target ended before it was ready");
      ::usleep(500);
    }
  }
  ~Program() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    ::munmap(shared, sizeof(Shared));
  }
  std::uint64_t work() const { return shared->work; }
  bool moves(int limit_ms = patience_ms) const {
    const std::uint64_t before = work();
    for (int i = 0; i < limit_ms; ++i) {
      ::usleep(1000);
      if (work() != before) return true;
    }
    return false;
  }
  bool stands() const {
    const std::uint64_t before = work();
    ::usleep(5000);
    return work() == before;
  }
  // A signal takes its time on a busy machine. `meanwhile` is done again and again.
  template <class Do>
  bool comes_to_stand(Do&& meanwhile) const {
    for (int i = 0; i < patience_ms / 5; ++i) {
      meanwhile();
      if (stands()) return true;
    }
    return false;
  }
  bool comes_to(std::int32_t task, char wanted) const {
    for (int i = 0; i < patience_ms; ++i) {
      if (state(task) == wanted) return true;
      ::usleep(1000);
    }
    return false;
  }
  char state() const { return state(pid); }
  static char state(std::int32_t task) {
    const auto directory =
        open_for_reading(detail::ProcPath{"/proc/"}.add(task).c_str(), O_DIRECTORY | O_PATH);
    const auto stat = detail::read_process_stat(*directory);
    return stat ? stat->state : '?';
  }

  Shared* shared;
  pid_t pid;
};

void count(Shared& shared) {
  shared.ready = true;
  while (!shared.stop) ++shared.work;
}

void count_in_threads(Shared& shared) {
  for (int i = 0; i < 3; ++i) std::thread{[&] { count(shared); }}.detach();
  count(shared);
}

// Threads that live for a moment: between being listed and being stopped there are others.
void churn(Shared& shared) {
  shared.ready = true;
  while (!shared.stop) {
    std::thread a{[&] { ++shared.work; }};
    std::thread b{[&] { ++shared.work; }};
    a.join();
    b.join();
  }
}

// Sleeps in a call that is started again after a stop (read), or in one that is not (epoll_wait).
void sleep_in_calls(Shared& shared) {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) return;
  const auto tell = [&] {  // the first number is the process's own thread
    shared.values.fetch_add(1);
    return static_cast<std::int32_t>(::syscall(SYS_gettid));
  };
  std::thread{[&] {
    shared.work = static_cast<std::uint64_t>(tell());
    char byte = 0;
    while (::read(ends[0], &byte, 1) < 0) continue;
  }}.detach();
  std::thread{[&] {
    shared.signals = static_cast<std::uint64_t>(tell());
    const int file = ::epoll_create1(0);
    epoll_event event{};
    for (;;) ::epoll_wait(file, &event, 1, -1);
  }}.detach();
  while (shared.work == 0 || shared.signals == 0) continue;
  for (const std::uint64_t task : {shared.work.load(), shared.signals.load()}) {
    while (Program::state(static_cast<std::int32_t>(task)) != 'S') ::usleep(500);
  }
  shared.ready = true;
  while (!shared.stop) ++shared.values;
}

}  // namespace

TEST_CASE("paused process: knows whom it woke") {
  const Program target{sleep_in_calls};
  auto live = LiveProcess::open(target.pid);
  REQUIRE(live);
  auto process = PausedProcess::attach(*live);
  REQUIRE(process);
  const auto restarted = static_cast<std::int32_t>(target.shared->work.load());
  const auto interrupted = static_cast<std::int32_t>(target.shared->signals.load());
  CHECK_FALSE(process->was_asleep(restarted));  // it has not been stopped
  int woken = 0;
  for (int i = 0; i < 20; ++i) {
    // Every other time it may be stopped again before it has begun its call again.
    const bool waited = i % 2 == 0;
    if (waited) REQUIRE(target.comes_to(restarted, 'S'));
    const auto pause = process->pause();
    REQUIRE(pause);
    CHECK_FALSE(process->was_asleep(target.pid));
    if (waited) CHECK(process->was_asleep(restarted));
    // The call that returns is made again by the program itself, which may be about to.
    woken += process->was_asleep(interrupted) ? 1 : 0;
  }
  CHECK(woken >= 5);
  // Stopped again at once, it is caught anywhere on its way back to sleep.
  int asleep = 0;
  constexpr int times = 5'000;
  for (int i = 0; i < times; ++i) {
    const auto pause = process->pause();
    REQUIRE(pause);
    asleep += process->was_asleep(restarted) ? 1 : 0;
  }
  CHECK(asleep == times);
}

TEST_CASE("paused process: stands while paused, runs before and after") {
  const Program target{count_in_threads};
  auto live = LiveProcess::open(target.pid);
  REQUIRE(live);
  auto process = PausedProcess::attach(*live);
  REQUIRE(process);
  CHECK(target.moves());
  for (int i = 0; i < 20; ++i) {
    {
      const auto pause = process->pause();
      REQUIRE(pause);
      CHECK(pause->unstopped() == 0);
      CHECK(target.stands());
    }
    CHECK(target.moves());
  }
  process->detach();
  CHECK(target.moves());
  CHECK(process->pause());
  CHECK(target.moves());
}

TEST_CASE("paused process: threads that are being started are caught") {
  const Program target{churn};
  auto live = LiveProcess::open(target.pid);
  auto process = PausedProcess::attach(*live);
  REQUIRE(process);
  int complete = 0;
  for (int i = 0; i < 200 && complete < 100; ++i) {
    {
      const auto pause = process->pause();
      REQUIRE(pause);
      const std::uint64_t before = target.work();
      ::usleep(300);
      // One that waits in the kernel, for memory that the others ask for too, cannot be stopped; it
      // may be just about to start a thread.
      if (pause->unstopped() == 0) CHECK(target.work() == before);
      complete += pause->unstopped() == 0 ? 1 : 0;
    }
    if (i % 10 == 0) CHECK(target.moves());
  }
  CHECK(complete == 100);
}

TEST_CASE("paused process: signals arrive, each once, with what they carry") {
  static Shared* own;
  const Program target{[](Shared& shared) {
    own = &shared;
    struct sigaction action {};
    action.sa_flags = SA_SIGINFO;
    action.sa_sigaction = [](int, siginfo_t* info, void*) {
      ++own->signals;
      own->values += static_cast<std::uint64_t>(info->si_value.sival_int);
    };
    ::sigaction(SIGRTMIN, &action, nullptr);
    count_in_threads(shared);
  }};
  auto live = LiveProcess::open(target.pid);
  auto process = PausedProcess::attach(*live);
  REQUIRE(process);
  std::uint64_t sum = 0;
  constexpr int sent = 500;
  for (int i = 1; i <= sent; ++i) {
    sigval value{};
    value.sival_int = i;
    sum += static_cast<std::uint64_t>(i);
    REQUIRE(::sigqueue(target.pid, SIGRTMIN, value) == 0);
    if (i % 3 == 0) {
      const auto pause = process->pause();
      REQUIRE(pause);
      const std::uint64_t before = target.work();
      if (i % 7 == 0) ::usleep(200);
      CHECK(target.work() == before);
    } else if (i % 5 == 0) {
      process->service();
    }
  }
  for (int i = 0; i < patience_ms && target.shared->signals < sent; ++i) {
    process->service();
    ::usleep(1000);
  }
  CHECK(target.shared->signals == sent);
  CHECK(target.shared->values == sum);
}

TEST_CASE("paused process: a stop by job control outlives pauses, and ends with SIGCONT") {
  const Program target{count_in_threads};
  ::kill(target.pid, SIGSTOP);
  while (target.state() != 'T') ::usleep(100);
  auto live = LiveProcess::open(target.pid);
  {
    auto process = PausedProcess::attach(*live);
    REQUIRE(process);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(process->pause());
      CHECK(target.stands());
    }
  }
  CHECK(target.stands());
  CHECK(target.state() == 'T');
  ::kill(target.pid, SIGCONT);
  CHECK(target.moves());
  {
    auto process = PausedProcess::attach(*live);
    REQUIRE(process);
    REQUIRE(process->pause());
    ::kill(target.pid, SIGSTOP);
    process->service();
    for (int i = 0; i < 3; ++i) REQUIRE(process->pause());
    CHECK(target.comes_to_stand([&] { process->service(); }));
    ::kill(target.pid, SIGCONT);
    process->service();
    ::usleep(1000);
    REQUIRE(process->pause());
    process->service();
    CHECK(target.moves());
    ::kill(target.pid, SIGSTOP);
    REQUIRE(process->pause());
  }
  CHECK(target.comes_to(target.pid, 'T'));
  CHECK(target.stands());
  ::kill(target.pid, SIGCONT);
  CHECK(target.moves());
}

TEST_CASE("paused process: a target that is killed while it stands") {
  const Program target{count_in_threads};
  auto live = LiveProcess::open(target.pid);
  auto process = PausedProcess::attach(*live);
  REQUIRE(process);
  {
    const auto pause = process->pause();
    REQUIRE(pause);
    ::kill(target.pid, SIGKILL);
  }
  bool ended = false;
  for (int i = 0; i < patience_ms && !ended; ++i) {
    ended = !process->pause();
    if (!ended) ::usleep(1000);
  }
  CHECK(ended);
  process->service();
  int status = 0;
  CHECK(::waitpid(target.pid, &status, 0) == target.pid);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
}

TEST_CASE("paused process: the main thread ends before the others, then they do") {
  Program program{[](Shared& shared) {
    std::thread{[&] {
      shared.ready = true;
      for (;;) ++shared.work;
    }}.detach();
    while (!shared.stop) ::usleep(500);
    ::syscall(SYS_exit, 0);
  }};
  auto live = LiveProcess::open(program.pid);
  REQUIRE(live);
  auto paused = PausedProcess::attach(*live);
  REQUIRE(paused);
  REQUIRE(paused->pause());
  program.shared->stop = true;
  for (int i = 0; i < patience_ms && program.state() != 'Z'; ++i) ::usleep(1000);
  REQUIRE(program.state() == 'Z');
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    {
      const auto pause = paused->pause();
      REQUIRE(pause);
      CHECK(program.stands());
      std::uint64_t word = 0;
      const std::array range{
          Range{{reinterpret_cast<std::uintptr_t>(&program.pid)},
                std::as_writable_bytes(std::span{&word, 1}).first(sizeof program.pid)}};
      CHECK(*paused->read_many(range) == 1);
    }
    CHECK(program.moves());
  }
  ::kill(program.pid, SIGKILL);
  CHECK(paused->pause().error().code == Errc::no_such_process);
}

// All of its threads are told to us, and the main one after the others.
TEST_CASE("paused process: a target of several threads that is killed while it runs") {
  for (int round = 0; round < 20; ++round) {
    Program program{count_in_threads};
    auto live = LiveProcess::open(program.pid);
    auto paused = PausedProcess::attach(*live);
    REQUIRE(paused);
    REQUIRE(paused->pause());
    ::kill(program.pid, SIGKILL);
    Result<void> outcome;
    for (int i = 0; i < patience_ms && outcome; ++i) {
      const auto pause = paused->pause();
      if (!pause) outcome = pause.error();
      if (outcome && i > 100) ::usleep(1000);
    }
    CHECK(outcome.error().code == Errc::no_such_process);
  }
}

TEST_CASE("paused process: our own child's exit status stays ours to collect") {
  const Program target{count};
  auto live = LiveProcess::open(target.pid);
  auto process = PausedProcess::attach(*live);
  REQUIRE(process);
  REQUIRE(process->pause());
  target.shared->stop = true;
  for (int i = 0; i < 100; ++i) {
    process->service();
    (void)process->pause();
    ::usleep(100);
  }
  int status = 0;
  CHECK(::waitpid(target.pid, &status, 0) == target.pid);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 7));
}

TEST_CASE("paused process: our own child, waited for by another thread while it is being stopped") {
  for (int round = 0; round < 30; ++round) {
    const Program target{count};
    auto live = LiveProcess::open(target.pid);
    auto process = PausedProcess::attach(*live);
    REQUIRE(process);
    std::thread waiting{[&] {
      siginfo_t seen{};
      do {  // an end only; the stops are not this thread's
        ::usleep(50);
        ::waitid(P_PID, static_cast<id_t>(target.pid), &seen, WEXITED | WNOWAIT);
      } while (seen.si_code == CLD_TRAPPED);
      ::waitpid(target.pid, nullptr, 0);
    }};
    Errc why = Errc::ok;
    target.shared->stop = true;
    while (why == Errc::ok) {
      const auto pause = process->pause();
      if (!pause) why = pause.error().code;
    }
    waiting.join();
    CHECK(why != Errc::timed_out);
  }
}

TEST_CASE("paused process: another tracer is refused, and says so") {
  const Program target{count};
  auto live = LiveProcess::open(target.pid);
  auto first = PausedProcess::attach(*live);
  REQUIRE(first);
  const pid_t other = ::fork();
  if (other == 0) {
    auto again = LiveProcess::open(target.pid);
    auto second = PausedProcess::attach(*again);
    ::_exit(!second && second.error().code == Errc::not_permitted ? 0 : 1);
  }
  int status = 1;
  ::waitpid(other, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("paused process: killed at any moment, we leave the target running") {
  const Program target{count_in_threads};
  unsigned seed = 1;
  const int rounds = test::in_full() ? 200 : 60;
  for (int round = 0; round < rounds; ++round) {
    const pid_t profiler = ::fork();
    if (profiler == 0) {
      auto live = LiveProcess::open(target.pid);
      auto process = PausedProcess::attach(*live);
      while (process) {
        const auto pause = process->pause();
        if (!pause) ::_exit(1);
        ::usleep(20);
      }
      ::_exit(1);
    }
    seed = seed * 1103515245 + 12345;
    ::usleep(200 + (seed >> 16) % 3000);
    REQUIRE(::kill(profiler, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(profiler, &status, 0) == profiler);
    REQUIRE((WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
    REQUIRE(target.moves());
  }
  auto live = LiveProcess::open(target.pid);
  const auto tasks = open_for_reading("task", O_DIRECTORY, live->directory().get());
  int running = 0;
  for (int i = 0; i < patience_ms && running != 4; ++i) {  // those that were stopped need a CPU
    running = 0;
    const auto listed = detail::each_task(*tasks, [&](std::int32_t task) {
      const auto path = detail::ProcPath{"task/"}.add(task).add("/stat");
      running += detail::read_process_stat(live->directory(), path.c_str())->state == 'R';
      return true;
    });
    REQUIRE(listed);
    ::usleep(1000);
  }
  CHECK(running == 4);
}
