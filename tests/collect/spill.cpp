#include <tachyon/collect/spill.hpp>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

namespace tachyon {
namespace {

// Three streams of different lengths, their bytes told apart.
std::vector<std::string> fill(Spill& spill) {
  std::vector<std::string> expected(3);
  for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(spill.open() == i);
  for (std::uint32_t i = 0; i < 60'000; ++i) {
    const std::uint32_t stream = i % 7 == 0 ? 0 : i % 3 == 0 ? 1 : 2;
    const std::string bytes(1 + i % 5, static_cast<char>(i * 31 + stream));
    spill.append(stream, bytes);
    expected[stream] += bytes;
  }
  return expected;
}

std::vector<std::string> read_all(const Spill& spill) {
  std::vector<std::string> out(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    spill.read(i, [&](std::string_view chunk) { out[i] += chunk; });
  }
  return out;
}

TEST_CASE("streams come back whole, from memory, from the file and from both") {
  for (const std::size_t budget : {std::size_t{1} << 20, std::size_t{0}, std::size_t{60'000}}) {
    Spill spill{budget};
    const std::vector<std::string> expected = fill(spill);
    CHECK((spill.bytes_in_file() == 0) == (budget == std::size_t{1} << 20));
    CHECK((read_all(spill) == expected));
    CHECK((read_all(spill) == expected));
    CHECK(spill.error() == Error{});
    Spill moved{std::move(spill)};
    CHECK((read_all(moved) == expected));
  }
}

TEST_CASE("where no file can be written, streams stay in memory") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit little{50'000, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &little) == 0);
  Spill spill{0};
  const std::vector<std::string> expected = fill(spill);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  (void)std::signal(SIGXFSZ, handler);
  CHECK(spill.bytes_in_file() > 0);
  CHECK(spill.bytes_in_file() <= 50'000);
  CHECK((read_all(spill) == expected));
  CHECK(spill.error() == Error{});
}

TEST_CASE("a file that cannot be read back ends its streams early, and says so") {
  Spill spill{0};
  const std::vector<std::string> expected = fill(spill);
  int cut = 0;
  for (int fd = 3; fd < 256; ++fd) {  // the nameless file of this size is ours
    struct stat status {};
    if (::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 0 &&
        static_cast<std::uint64_t>(status.st_size) == spill.bytes_in_file()) {
      REQUIRE(::ftruncate(fd, status.st_size / 2) == 0);
      ++cut;
    }
  }
  REQUIRE(cut == 1);
  const std::vector<std::string> found = read_all(spill);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].size() < expected[i].size());
    CHECK(expected[i].compare(0, found[i].size(), found[i]) == 0);
  }
  CHECK(spill.error().code == Errc::cannot_read);
}

}  // namespace
}  // namespace tachyon
