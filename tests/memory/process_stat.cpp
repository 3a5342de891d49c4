#include <tachyon/memory/process_stat.hpp>

#include <string>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {
std::string line(std::string_view name, std::string_view state) {
  return "1234 (" + std::string{name} + ") " + std::string{state} +
         " 77 1234 1234 0 -1 4194304 1 2 3 4 500 60 7 8 20 0 3 0 98765 1000 200 "
         "18446744073709551615 1 1 140737488351232 0 0 0 0 0 0 0 0 0 17 2 0 0 0 0 0 0 0 0 0 0 0 0 "
         "0\n";
}
}  // namespace

TEST_CASE("process_stat: fields are counted from the last bracket") {
  for (const char* name : {"python", "a) S b", "z) R", "(((", ")))", "", "x\ny) Z 1"}) {
    const auto stat = parse_process_stat(line(name, "R"));
    REQUIRE(stat);
    CHECK(stat->state == 'R');
    CHECK(stat->parent == 77);
    CHECK(stat->user_ticks == 500);
    CHECK(stat->system_ticks == 60);
    CHECK(stat->threads == 3);
    CHECK(stat->start_ticks == 98765);
    CHECK(stat->cpu == 2);
    CHECK(stat->stack == 140737488351232);
    CHECK_FALSE(stat->kernel_thread);
    CHECK_FALSE(stat->exiting);
  }
}

TEST_CASE("process_stat: what is on its way out says so") {
  std::string text = line("python", "R");
  text.replace(text.find("4194304"), 7, "4194308");
  const auto stat = parse_process_stat(text);
  REQUIRE(stat);
  CHECK(stat->exiting);
  CHECK_FALSE(stat->kernel_thread);
}

TEST_CASE("process_stat: short or broken lines are refused") {
  const std::string whole = line("python", "S");
  for (std::size_t n = 0; n < whole.find(" 2 0 0 0 0 0 0"); ++n) {
    CHECK_FALSE(parse_process_stat(whole.substr(0, n)));
  }
  CHECK_FALSE(parse_process_stat("1 (x) RR 1 2 3"));
}
