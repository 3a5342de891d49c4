#include <tachyon/base/prompt_thread.hpp>

#include <sys/resource.h>

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
