#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <catch2/catch.hpp>
#include <tachyon/codec/output_file.hpp>

#include "scratch.hpp"

using namespace tachyon;

namespace {

using test::Folder;

std::string content(const std::string& path) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY);
  if (fd < 0) return "<missing>";
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return text;
}

void fill(const std::string& path, std::string_view text) {
  auto file = OutputFile::create(path);
  REQUIRE(file);
  file->put(text);
  REQUIRE(file->close());
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

std::size_t entries(const std::string& path) {
  const std::string command = "ls -A '" + path + "' | wc -l > '" + path + ".count'";
  (void)!::system(command.c_str());
  const std::string text = content(path + ".count");
  ::unlink((path + ".count").c_str());
  return std::stoul(text);
}

}  // namespace

static_assert(Sink<OutputFile>);

TEST_CASE("a file appears when it is closed, not before") {
  const Folder folder;
  auto file = OutputFile::create(folder / "a");
  REQUIRE(file);
  file->put("hello ");
  file->put('w');
  file->flush();
  CHECK(content(folder / "a") == "<missing>");
  file->put("orld");
  CHECK(file->size() == 11);
  REQUIRE(file->close());
  CHECK(content(folder / "a") == "hello world");
  CHECK(entries(folder.path) == 1);
}

TEST_CASE("large and many small pieces arrive whole") {
  const Folder folder;
  const std::string large(200'000, 'x');
  std::string expected;
  auto file = OutputFile::create(folder / "a");
  REQUIRE(file);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 30'000; ++j) file->put("abc");
    file->put(large);
    for (int j = 0; j < 30'000; ++j) file->put('d');
    for (int j = 0; j < 30'000; ++j) expected += "abc";
    expected += large + std::string(30'000, 'd');
  }
  CHECK(file->size() == expected.size());
  REQUIRE(file->close());
  CHECK((content(folder / "a") == expected));
}

TEST_CASE("an older file survives a file that is given up") {
  const Folder folder;
  fill(folder / "a", "old");
  {
    auto file = OutputFile::create(folder / "a");
    REQUIRE(file);
    file->put("new");
    file->flush();
  }
  CHECK(content(folder / "a") == "old");
  CHECK(entries(folder.path) == 1);
  fill(folder / "a", "new");
  CHECK(content(folder / "a") == "new");
}

TEST_CASE("modes follow the umask, or the file that was there") {
  const Folder folder;
  const mode_t before = ::umask(027);
  fill(folder / "a", "x");
  CHECK(mode_of(folder / "a") == 0640);
  REQUIRE(::chmod((folder / "a").c_str(), 0604) == 0);
  fill(folder / "a", "y");
  CHECK(mode_of(folder / "a") == 0604);
  ::umask(before);
}

TEST_CASE("symbolic links keep pointing, dangling ones too") {
  const Folder folder;
  fill(folder / "a", "x");
  REQUIRE(::symlink("a", (folder / "link").c_str()) == 0);
  REQUIRE(::symlink("new", (folder / "dangling").c_str()) == 0);
  fill(folder / "link", "y");
  fill(folder / "dangling", "z");
  CHECK(content(folder / "a") == "y");
  CHECK(content(folder / "new") == "z");
  struct stat status {};
  REQUIRE(::lstat((folder / "link").c_str(), &status) == 0);
  CHECK(S_ISLNK(status.st_mode));
}

TEST_CASE("impossible places are errors at once") {
  const Folder folder;
  CHECK(OutputFile::create(folder.path).error().sys == EISDIR);
  CHECK(OutputFile::create(folder / "no/such/a").error().sys == ENOENT);
  CHECK(OutputFile::create("").error().sys == ENOENT);
  CHECK(OutputFile::create(folder / "b/").error().sys == ENOENT);
  REQUIRE(::mkfifo((folder / "fifo").c_str(), 0600) == 0);
  CHECK(OutputFile::create(folder / "fifo").error().sys == ENXIO);  // nobody reads it
}

TEST_CASE("a growing file is there from the start") {
  const Folder folder;
  fill(folder / "a", "a long old content");
  auto file = OutputFile::create(folder / "a", Finish::never);
  REQUIRE(file);
  CHECK(content(folder / "a") == "a long old content");  // still only probed
  file->put("one");
  file->flush();
  CHECK(content(folder / "a") == "one");
  REQUIRE(file->close());
}

TEST_CASE("a growing file has one writer") {
  const Folder folder;
  fill(folder / "a", "old");
  REQUIRE(::symlink("a", (folder / "link").c_str()) == 0);
  {
    auto file = OutputFile::create(folder / "a", Finish::never);
    REQUIRE(file);
    for (const char* name : {"a", "link"}) {
      for (const Finish finish : {Finish::never, Finish::whole}) {
        const auto second = OutputFile::create(folder / name, finish);
        CHECK(second.error().code == Errc::cannot_open);
        CHECK(second.error().sys == EWOULDBLOCK);
      }
    }
    CHECK(content(folder / "a") == "old");
    file->put("one");
    file->flush();
    // What takes its name is as much the first writer's.
    auto next = file->successor();
    REQUIRE(next);
    next->put("two");
    REQUIRE(next->publish());
    CHECK_FALSE(file->is_in_place());
    *file = std::move(*next);
    CHECK(file->is_in_place());
    CHECK(OutputFile::create(folder / "a", Finish::never).error().sys == EWOULDBLOCK);
    CHECK(content(folder / "a") == "two");
  }
  auto file = OutputFile::create(folder / "a", Finish::never);
  REQUIRE(file);
  REQUIRE(::unlink((folder / "a").c_str()) == 0);
  CHECK_FALSE(file->is_in_place());
  CHECK(OutputFile::create(folder / "a", Finish::never));  // the name is free
}

TEST_CASE("a growing file whose folder takes no other has no successor, and stays as it is") {
  auto file = OutputFile::create("/dev/null", Finish::never);
  REQUIRE(file);
  CHECK(file->successor().error().sys == ESPIPE);
  if (::geteuid() == 0) {
    WARN("skipped as root: every folder is writable");
    return;
  }
  const Folder folder;
  fill(folder / "a", "old");
  REQUIRE(::chmod(folder.path.c_str(), 0500) == 0);
  auto growing = OutputFile::create(folder / "a", Finish::never);
  REQUIRE(growing);
  growing->put("new");
  growing->flush();
  CHECK(growing->successor().error().sys == EACCES);
  CHECK(content(folder / "a") == "new");
}

TEST_CASE("the first error is kept and told, and a fallback holds the data") {
  auto file = OutputFile::create("/dev/full");
  REQUIRE(file);
  int runs = 0;
  const Written written = write_or_fall_back(std::move(*file), [&](auto& sink) {
    ++runs;
    sink.put("precious");
  });
  CHECK(runs == 2);
  CHECK(written.wanted.sys == ENOSPC);
  CHECK(written.wanted.code == Errc::cannot_write);
  CHECK(written.kept());
  CHECK(content(written.path) == "precious");
  CHECK(::unlink(written.path.c_str()) == 0);
}

TEST_CASE("a broken pipe is an error, not a signal's business") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  auto file = OutputFile::create("/dev/fd/" + std::to_string(ends[1]));
  REQUIRE(file);
  ::close(ends[0]);
  ::close(ends[1]);
  void (*const before)(int) = ::signal(SIGPIPE, SIG_IGN);
  file->put("x");
  CHECK(file->close().error().sys == EPIPE);
  CHECK(file->close().error().sys == EPIPE);
  ::signal(SIGPIPE, before);
}

TEST_CASE("existing files in a folder that is not ours are written in place") {
  if (::geteuid() == 0) {
    WARN("skipped as root: every folder is writable");
    return;
  }
  const Folder folder;
  fill(folder / "a", "a long old content");
  REQUIRE(::chmod(folder.path.c_str(), 0500) == 0);
  CHECK(OutputFile::create(folder / "b").error().sys == EACCES);
  fill(folder / "a", "new");
  CHECK(content(folder / "a") == "new");
}
