#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <utility>

#include <tachyon/base/thread.hpp>

namespace {

using namespace tachyon;

}  // namespace

TEST_CASE("threads that add under a lock lose nothing") {
  constexpr int rounds = 20000;
  Mutex mutex;
  int sum = 0;
  {
    std::array<Worker, 4> all;
    for (Worker& each : all) {
      each = Worker{[&] {
        for (int i = 0; i < rounds; ++i) {
          const Lock hold{mutex};
          ++sum;
        }
      }};
    }
  }
  CHECK(sum == 4 * rounds);
}

TEST_CASE("a thread owns its work, is waited for once, and can be moved") {
  const auto shared = std::make_shared<int>(0);
  Worker first{[shared] { *shared += 1; }};
  Worker second{std::move(first)};
  first.join();
  second.join();
  second.join();
  CHECK(*shared == 1);
  CHECK(shared.use_count() == 1);
}
