#include <tachyon/base/prompt_thread.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

int niceness() { return ::getpriority(PRIO_PROCESS, 0); }

}  // namespace

TEST_CASE("prompt thread: while it is there, if we may, and for this thread alone") {
  const int before = niceness();
  {
    const PromptThread prompt{true};
    CHECK((niceness() < before) == prompt.raised());
    int other = -99;
    std::thread{[&] { other = niceness(); }}.join();
    CHECK(other == before);
  }
  CHECK(niceness() == before);
  const PromptThread none{false};
  CHECK_FALSE(none.raised());
  CHECK(niceness() == before);
}

TEST_CASE("prompt thread: whoever was given a place keeps it") {
  std::thread{[] {
    REQUIRE(::setpriority(PRIO_PROCESS, 0, 5) == 0);
    const PromptThread prompt{true};
    CHECK_FALSE(prompt.raised());
    CHECK(niceness() == 5);
  }}.join();
}

// Rights may be given up meanwhile. In a process of its own.
TEST_CASE("prompt thread: nothing is left behind without the right to raise it") {
  if (::geteuid() != 0) {
    WARN("skipped: only root has rights to give up");
    return;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t nobody = 65534;
    const int before = niceness();
    bool fine = false;
    {
      const PromptThread prompt{true};
      fine = ::setresuid(nobody, nobody, nobody) == 0 && (niceness() < before) == prompt.raised();
    }
    ::_exit(fine && niceness() == before ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
