#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <catch2/catch.hpp>
#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/output_place.hpp>

#include "scratch.hpp"

using namespace tachyon;

namespace {

using test::Folder;

// What is written to standard output by any of its names, behind what stands there already.
std::string written_by(const std::string& name, const std::string& into) {
  const int before = ::dup(STDOUT_FILENO);
  const int to = ::open(into.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644);
  REQUIRE(::dup2(to, STDOUT_FILENO) == STDOUT_FILENO);
  (void)!::write(STDOUT_FILENO, "head,", 5);
  auto file = OutputFile::create(name);
  const bool standard = file && file->is_standard_output();
  if (file) {
    file->put("data");
    (void)file->close();
  }
  (void)!::write(STDOUT_FILENO, ",tail", 5);
  (void)::dup2(before, STDOUT_FILENO);
  ::close(before);
  char text[64];
  const ssize_t size = ::pread(to, text, sizeof text, 0);
  ::close(to);
  CHECK(standard);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

TEST_CASE("names of standard output are one") {
  const Folder folder;
  const std::string o = folder / "o", link = folder / "link";
  REQUIRE(::symlink("/dev/stdout", link.c_str()) == 0);
  for (const std::string& name :
       {std::string{"-"}, std::string{"/dev/stdout"}, std::string{"/dev/fd/1"},
        std::string{"/proc/self/fd/1"}, o, link}) {
    CHECK(written_by(name, o) == "head,data,tail");
  }
  CHECK_FALSE(is_standard_output(o));
  CHECK_FALSE(is_standard_output(folder / "none"));
}

TEST_CASE("links are followed to places, not to open files") {
  const Folder folder;
  REQUIRE(::symlink("nowhere/x", (folder / "dangling").c_str()) == 0);
  REQUIRE(::symlink("dangling", (folder / "twice").c_str()) == 0);
  REQUIRE(::symlink("/dev/stdout", (folder / "stdout").c_str()) == 0);
  REQUIRE(::symlink("loop", (folder / "loop").c_str()) == 0);
  CHECK(behind_links(folder / "twice") == folder / "nowhere/x");
  CHECK(behind_links(folder / "stdout") == "/dev/stdout");
  CHECK(behind_links(folder / "loop") == folder / "loop");
  CHECK(behind_links("no link") == "no link");
}
