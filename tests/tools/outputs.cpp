#include "outputs.hpp"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;

namespace {

// A folder of its own that is the current one.
class EmptyFolder {
 public:
  EmptyFolder() {
    char name[] = "/tmp/tachyon-outputs-XXXXXX";
    REQUIRE(::mkdtemp(name));
    folder_ = name;
    char before[4096];
    REQUIRE(::getcwd(before, sizeof before));
    before_ = before;
    REQUIRE(::chdir(name) == 0);
  }
  ~EmptyFolder() {
    CHECK(::chdir(before_.c_str()) == 0);
    CHECK(std::system(concat("chmod -R u+w ", folder_, "; rm -r ", folder_).c_str()) == 0);
  }

 private:
  std::string folder_, before_;
};

std::string content(const std::string& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    char buffer[4096];
    for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, file)) > 0;) {
      text.append(buffer, got);
    }
    std::fclose(file);
  }
  return text;
}
bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

struct Session {
  Tables tables{};
  Run run{};
  CommandLine line{};

  explicit Session(std::vector<const char*> words) {
    Parsed parsed = parse(Command::attach, words);
    REQUIRE(std::holds_alternative<CommandLine>(parsed));
    line = std::get<CommandLine>(std::move(parsed));
    run.interval = 1'000'000;
  }
  std::variant<Outputs, std::string> open() { return Outputs::open(line, tables, run, {7, false}); }
  Outputs opened() {
    auto outputs = open();
    if (const auto* why = std::get_if<std::string>(&outputs)) FAIL(*why);
    return std::get<Outputs>(std::move(outputs));
  }
  void feed(Outputs& outputs, std::uint64_t count) {
    FrameTable& frames = tables.frames;
    const FunctionId function =
        frames.function({frames.string("work"), frames.string("/app/a.py"), 1});
    const StackId stack = frames.push(StackId::empty, frames.frame({function, {3, 3, 0, 1}}));
    const ThreadIndex thread = tables.threads.intern({7, 70, 0, "main", "", true});
    for (std::uint64_t i = 0; i < count; ++i) {
      outputs.add({thread, stack, Status::has_gil, i * 1'000'000, 1'000'000});
      outputs.end_tick({i * 1'000'000, 1'000'000, TickOutcome::taken, 0});
    }
  }
};

}  // namespace

TEST_CASE("several outputs of one run") {
  const EmptyFolder box;
  Session session{{"--collapsed", "--jsonl=b.jsonl", "--pstats=c.pstats"}};
  Outputs outputs = session.opened();
  session.feed(outputs, 3);
  CHECK(outputs.samples() == 3);
  CHECK_FALSE(outputs.uses_stdout());
  const auto finished = outputs.finish(session.run);
  REQUIRE(finished.size() == 3);
  for (const Finished& one : finished) CHECK(one.written.wanted.code == Errc::ok);
  CHECK(content("collapsed_7.txt") == "tid:70;a.py:work:3 3\n");
  CHECK_THAT(content("b.jsonl"), Catch::Contains("\"samples_total\":3"));
  CHECK(content("c.pstats").starts_with("{"));
}

TEST_CASE("events are readable while sampling goes on") {
  const EmptyFolder box;
  Session session{{"--jsonl=e.jsonl", "--jsonl-records=events"}};
  Outputs outputs = session.opened();
  session.feed(outputs, 1000);
  CHECK_THAT(content("e.jsonl"), Catch::Contains("\"stack\":[\"work\"]"));
  (void)outputs.finish(session.run);
  const std::string all = content("e.jsonl");
  CHECK(std::count(all.begin(), all.end(), '\n') == 1000);
}

TEST_CASE("an impossible place is found before anything is sampled, and nothing is left behind") {
  const EmptyFolder box;
  REQUIRE(::mkdir("folder", 0755) == 0);
  for (const char* place : {"--collapsed=no/such/a.txt", "--collapsed=/dev/full/x"}) {
    Session session{{"--jsonl=left.jsonl", place}};
    const auto outputs = session.open();
    REQUIRE(std::holds_alternative<std::string>(outputs));
    CHECK_THAT(std::get<std::string>(outputs), Catch::StartsWith("cannot write '"));
    CHECK_FALSE(exists("left.jsonl"));
  }
  Session session{{"--collapsed=no/such/a.txt"}};
  CHECK(std::get<std::string>(session.open()) ==
        "cannot write 'no/such/a.txt': No such file or directory; make the folder first: mkdir -p "
        "no/such");
  REQUIRE(::symlink("nowhere/x", "dangling") == 0);
  Session behind_link{{"--collapsed=dangling"}};
  CHECK(std::get<std::string>(behind_link.open()) ==
        "cannot write 'dangling': No such file or directory; make the folder first: mkdir -p "
        "nowhere");
  Session pages{{"--heatmap=pages", "--gecko=no/such/g.json"}};
  CHECK(std::holds_alternative<std::string>(pages.open()));
  CHECK_FALSE(exists("pages"));
}

TEST_CASE("an output that fails in the end is kept elsewhere, the others are written") {
  const EmptyFolder box;
  Session session{{"--collapsed=/dev/full", "--jsonl=good.jsonl"}};
  Outputs outputs = session.opened();
  session.feed(outputs, 2);
  const auto finished = outputs.finish(session.run);
  REQUIRE(finished.size() == 2);
  CHECK(finished[0].written.wanted.sys == ENOSPC);
  CHECK(finished[0].written.kept());
  CHECK(content(finished[0].written.path) == "tid:70;a.py:work:3 2\n");
  CHECK(std::remove(finished[0].written.path.c_str()) == 0);
  CHECK(finished[1].written.wanted.code == Errc::ok);
  CHECK(exists("good.jsonl"));
}

TEST_CASE("an older file stays until the new one is whole") {
  const EmptyFolder box;
  CHECK(std::system("echo old > a.txt") == 0);
  Session session{{"--collapsed=a.txt"}};
  {
    Outputs outputs = session.opened();
    session.feed(outputs, 1);
    CHECK(content("a.txt") == "old\n");
  }
  CHECK(content("a.txt") == "old\n");
}
