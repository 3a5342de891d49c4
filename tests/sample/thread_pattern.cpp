#include <tachyon/sample/thread_pattern.hpp>

#include <catch2/catch.hpp>

using namespace tachyon;

TEST_CASE("thread pattern: by number and by name") {
  const Thread thread{1, 4242, 0, "python3", "Worker-1", false};
  CHECK(thread_matches({}, thread));
  CHECK(thread_matches({"4242"}, thread));
  CHECK(thread_matches({"Worker-*"}, thread));
  CHECK(thread_matches({"x", "pyth*"}, thread));
  CHECK_FALSE(thread_matches({"424"}, thread));
  CHECK_FALSE(thread_matches({"worker-1"}, thread));
  CHECK_FALSE(thread_matches({"*"}, {1, 5, 0, "", "", false}));
}

TEST_CASE("thread pattern: the main thread is that of the main interpreter") {
  CHECK(thread_matches({"main"}, {1, 5, 0, "python3", "MainThread", true}));
  CHECK_FALSE(thread_matches({"main"}, {1, 5, 1, "python3", "", true}));
  CHECK_FALSE(thread_matches({"main"}, {1, 6, 0, "python3", "", false}));
  CHECK(thread_matches({"main"}, {1, 6, 0, "main", "", false}));  // it is called so
  CHECK_FALSE(thread_matches({""}, {1, 6, 0, "", "", false}));
}
