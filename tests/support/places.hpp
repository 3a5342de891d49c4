#pragma once

#include <stdexcept>
#include <stdlib.h>
#include <string>
#include <unistd.h>

// Where tests find their data. No path of one machine is compiled in, so that objects that were
// compiled in one folder serve a checkout in another.
namespace tachyon::test {

// The folder `tests` of the checkout: what the environment says (the runner and ctest set
// TACHYON_TESTS), otherwise the nearest one above this program, which lies in build/<preset>.
inline const std::string& tests_folder() {
  static const std::string found = [] {
    const auto holds_images = [](const std::string& folder) {
      return ::access((folder + "/images").c_str(), X_OK) == 0;
    };
    if (const char* const told = ::getenv("TACHYON_TESTS"); told != nullptr && *told != '\0') {
      if (holds_images(told)) return std::string{told};
      throw std::runtime_error{std::string{"TACHYON_TESTS is "} + told +
                               ", where there is no folder images; it must be the folder tests of "
                               "the checkout"};
    }
    char buffer[4096];
    const ssize_t length = ::readlink("/proc/self/exe", buffer, sizeof buffer);
    const std::string program{buffer, static_cast<std::size_t>(length > 0 ? length : 0)};
    std::string above = program;
    for (std::size_t slash; (slash = above.rfind('/')) != std::string::npos;) {
      above.resize(slash);
      if (holds_images(above + "/tests")) return above + "/tests";
    }
    throw std::runtime_error{"no folder tests/images above " + program +
                             ": set TACHYON_TESTS to the folder tests of the checkout"};
  }();
  return found;
}

}  // namespace tachyon::test
