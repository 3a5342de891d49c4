#include <tachyon/target/thread_clock.hpp>

#include <atomic>
#include <thread>
#include <catch2/catch.hpp>
#include <tachyon/target/process.hpp>

using namespace tachyon;

TEST_CASE("thread clock: three numbers") {
  CHECK(*parse_schedstat("918273645 1234567 4321\n") == CpuTime{918273645, 1234567, 4321});
  CHECK(*parse_schedstat("0 0 0") == CpuTime{});
  for (const char* text : {"", "1", "1 2", "1 2 x", "-1 2 3", "99999999999999999999 1 1"}) {
    CHECK_FALSE(parse_schedstat(text));
  }
}

TEST_CASE(
    "thread clock: a busy thread's time moves, a sleeping one's does not, an ended one has none") {
  std::atomic<std::int32_t> busy{0};
  std::atomic<std::int32_t> idle{0};
  std::atomic<bool> stop{false};
  const auto number = [] { return static_cast<std::int32_t>(::syscall(SYS_gettid)); };
  std::thread spinner{[&] {
    busy = number();
    busy.notify_all();
    while (!stop) continue;
  }};
  std::thread sleeper{[&] {
    idle = number();
    idle.notify_all();
    stop.wait(false);
  }};
  busy.wait(0);
  idle.wait(0);
  const auto self = Process::open(::getpid());
  ThreadClock spinning{self->directory(), busy};
  ThreadClock sleeping{self->directory(), idle};
  while (sleeping.stat()->state != 'S') std::this_thread::yield();
  const auto before = spinning.time();
  const auto asleep = sleeping.time();
  REQUIRE(before);
  REQUIRE(asleep);
  if (before->turns == 0) {
    WARN("skipped: this kernel keeps no schedstat");
  } else {
    for (int i = 0; i < 60'000 && spinning.time()->ran == before->ran; ++i) ::usleep(1000);
    CHECK(spinning.time()->ran > before->ran);
    CHECK(*sleeping.time() == *asleep);
  }
  CHECK(spinning.stat()->state == 'R');
  CHECK(spinning.stat()->cpu >= 0);
  stop = true;
  stop.notify_all();
  spinner.join();
  sleeper.join();
  for (int i = 0; i < 60'000 && spinning.time(); ++i) ::usleep(1000);
  CHECK(spinning.time().error().code == Errc::no_such_thread);
  CHECK(spinning.stat().error().code == Errc::no_such_thread);
  CHECK(spinning.runs().error().code == Errc::no_such_thread);
  CHECK(spinning.ended());
  CHECK(is_transient(Errc::no_such_thread));
  CHECK_FALSE(is_transient(Errc::no_such_process));
}

TEST_CASE("thread clock: a thread that has not begun costs no more than the look") {
  const auto self = Process::open(::getpid());
  REQUIRE(self);
  for (const std::int32_t task : {0, -1, 1, 0x7fffffff}) {  // 1: of somebody else
    CAPTURE(task);
    ThreadClock clock{self->directory(), task};
    CHECK_FALSE(clock.ended());
    CHECK(clock.time().error().code == Errc::no_such_thread);
    CHECK(clock.stat().error().code == Errc::no_such_thread);
    CHECK(clock.runs().error().code == Errc::no_such_thread);
    CHECK(clock.ended());
  }
}
