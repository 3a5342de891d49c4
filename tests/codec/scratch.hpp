#pragma once

#include <cstdlib>
#include <string>
#include <catch2/catch.hpp>

namespace tachyon::test {

// A folder of its own for one test, gone with all that is in it at the end.
struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    const std::string command = "chmod -R u+w '" + path + "' && rm -r '" + path + "'";
    (void)!::system(command.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return path + "/" + name; }
  std::string path = "/tmp/tachyon-test-XXXXXX";
};

}  // namespace tachyon::test
