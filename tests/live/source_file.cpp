#include <tachyon/live/source_file.hpp>

#include <cstdio>
#include <string>

#include <unistd.h>

#include <catch2/catch.hpp>

using namespace tachyon::live;

TEST_CASE("source files are read within limits", "[live]") {
  std::string folder = "/tmp/tachyon-source-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/a.py";
  std::FILE* file = std::fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  std::fputs("x = 1\n", file);
  std::fclose(file);

  CHECK(read_source("", "", path) == "x = 1\n");
  CHECK(read_source("", folder, "a.py") == "x = 1\n");
  CHECK(read_source("/nowhere", folder, "a.py") == "x = 1\n");
  CHECK(read_source(folder, "", "/a.py") == "x = 1\n");
  CHECK(read_source("", "", "<string>").empty());
  CHECK(read_source("", "", "/dev/zero").empty());
  CHECK(read_source("", "", folder).empty());
  CHECK(read_source("", "", "").empty());
  CHECK(read_source("", folder, "missing.py").empty());

  const std::string pipe = folder + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(read_source("", "", pipe).empty());
  ::unlink(pipe.c_str());

  REQUIRE(::truncate(path.c_str(), static_cast<off_t>(longest_source * 2)) == 0);
  CHECK(read_source("", "", path).size() <= longest_source + 16384);
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}
