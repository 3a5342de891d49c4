#include <string>

#include <catch2/catch.hpp>

#include <tachyon/version.hpp>

TEST_CASE("the version is the same as a text and as three numbers") {
  const std::string numbers = std::to_string(TACHYON_VERSION_MAJOR) + "." +
                              std::to_string(TACHYON_VERSION_MINOR) + "." +
                              std::to_string(TACHYON_VERSION_PATCH);
  CHECK(numbers == tachyon::library_version);
}
