#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <catch2/catch.hpp>

#include "../support/places.hpp"

// Goldens are files of expected output next to the tests. Catch owns the command line, so they are
// rewritten by an environment variable: TACHYON_UPDATE_GOLDENS=1 build/unit/unit
namespace tachyon::test {

inline std::string read_file(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return "(" + path + " is missing; TACHYON_UPDATE_GOLDENS=1 writes it)";
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, file)) != 0;)
    text.append(buffer, n);
  std::fclose(file);
  return text;
}

inline void write_file(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), file) == text.size());
  REQUIRE(std::fclose(file) == 0);
}

inline void check_golden(const std::string& name, const std::string& text) {
  const std::string path = tests_folder() + "/collect/golden/" + name;
  if (std::getenv("TACHYON_UPDATE_GOLDENS") != nullptr) write_file(path, text);
  CHECK(read_file(path) == text);
}

}  // namespace tachyon::test
