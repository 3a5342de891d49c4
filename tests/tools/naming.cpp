#include "naming.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <catch2/catch.hpp>
#include <tachyon/render/assets.hpp>

#include "parse.hpp"

using namespace tachyon::tool;

namespace {

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/tachyon-naming-XXXXXX";
    REQUIRE(::mkdtemp(name));
    path_ = name;
  }
  ~Folder() { CHECK(std::system(concat("rm -r ", path_).c_str()) == 0); }
  std::string operator/(std::string_view name) const { return concat(path_, "/", name); }

 private:
  std::string path_;
};

PlannedOutputs planned(std::vector<const char*> words, NamingRules rules = {7, false}) {
  const Parsed parsed = parse(Command::attach, words);
  REQUIRE(std::holds_alternative<CommandLine>(parsed));
  const Options& options = std::get<CommandLine>(parsed).options;
  return plan_outputs(options.formats, options.files.output, rules);
}
std::vector<std::string> paths(std::vector<const char*> words, NamingRules rules = {7, false}) {
  const PlannedOutputs all = planned(std::move(words), rules);
  if (const auto* why = std::get_if<std::string>(&all)) FAIL(*why);
  std::vector<std::string> names;
  for (const auto& one : std::get<std::vector<PlannedOutput>>(all)) names.push_back(one.path);
  return names;
}
std::string refused(std::vector<const char*> words) {
  const PlannedOutputs all = planned(std::move(words));
  REQUIRE(std::holds_alternative<std::string>(all));
  return std::get<std::string>(all);
}
using Names = std::vector<std::string>;

// Standard output is something else for a while.
class Redirected {
 public:
  explicit Redirected(const std::string& to) : before_{::dup(STDOUT_FILENO)} {
    const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT, 0644);
    REQUIRE(fd >= 0);
    REQUIRE(::dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
    ::close(fd);
  }
  ~Redirected() {
    (void)::dup2(before_, STDOUT_FILENO);
    ::close(before_);
  }

 private:
  int before_;
};
void touch(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT, 0644);
  REQUIRE(fd >= 0);
  ::close(fd);
}

}  // namespace

TEST_CASE("without a path: the format, the process, the extension") {
  CHECK(paths({}) == Names{"-"});
  CHECK(paths({"--collapsed", "--flamegraph", "--diff-flamegraph=b", "--heatmap", "--gecko",
               "--jsonl", "--binary"}) == Names{"collapsed_7.txt", "flamegraph_7.html",
                                                "diff_flamegraph_7.html", "heatmap_7",
                                                "gecko_7.json", "jsonl_7.jsonl", "binary_7.bin"});
  CHECK(paths({"--speedscope", "--pprof", "--chrome-trace"}) ==
        Names{"speedscope_7.speedscope.json", "pprof_7.pb.gz", "chrome_trace_7.json"});
}

TEST_CASE("pstats is a table until it has a path") {
  const auto table = [](std::vector<const char*> words) {
    return std::get<std::vector<PlannedOutput>>(planned(std::move(words)))[0].table;
  };
  CHECK(table({}));
  CHECK(table({"--pstats", "--gecko"}));
  CHECK(table({"-o", "-"}));
  CHECK_FALSE(table({"-o", "x.pstats"}));
  CHECK_FALSE(table({"--pstats=x.pstats"}));
}

TEST_CASE("-o names the one output that has no path, or the folder of all of them") {
  const Folder folder;
  const std::string here = folder / "";
  CHECK(paths({"-o", "a.txt", "--collapsed"}) == Names{"a.txt"});
  CHECK(paths({"-o", "a.txt", "--collapsed", "--binary=b.bin"}) == Names{"a.txt", "b.bin"});
  CHECK(paths({"-o", here.c_str(), "--collapsed", "--pstats"}) ==
        Names{folder / "pstats_7.pstats", folder / "collapsed_7.txt"});
  CHECK(paths({"--binary", "-o", here.substr(0, here.size() - 1).c_str()}) ==
        Names{folder / "binary_7.bin"});
  CHECK(paths({"-o", "run-{pid}.txt", "--collapsed"}) == Names{"run-7.txt"});
  CHECK(refused({"-o", "a", "--collapsed", "--gecko"}) ==
        "--output names one file, but 2 formats have no path of their own; give them one "
        "(--collapsed=FILE) or make --output a folder");
  CHECK(refused({"-o", "a", "--collapsed=b"}) ==
        "--output has nothing to name: every format has a path of its own");
  CHECK(refused({"--gecko=a", "--collapsed=a"}) == "--collapsed and --gecko would both write to a");
  CHECK(refused({"--gecko=-", "--pstats"}) == "--pstats and --gecko would both write to stdout");
  CHECK(refused({"--heatmap", "-o", "-"}) == "--heatmap writes a folder; it cannot go to stdout");
}

TEST_CASE("the heatmap is a folder that is written again in its place") {
  const Folder folder;
  const std::string other = folder / "other", report = folder / "report";
  REQUIRE(::mkdir(other.c_str(), 0755) == 0);
  REQUIRE(::mkdir(report.c_str(), 0755) == 0);
  CHECK(paths({"--heatmap", "-o", report.c_str()}) == Names{report + "/heatmap_7"});
  const auto write_index = [](const std::string& into, std::string_view text) {
    std::FILE* const file = std::fopen((into + "/index.html").c_str(), "w");
    REQUIRE(file);
    CHECK(std::fwrite(text.data(), 1, text.size(), file) == text.size());
    CHECK(std::fclose(file) == 0);
  };
  write_index(other, "<!doctype html>\n<title>somebody's own</title>\n");
  write_index(report, tachyon::assets::heatmap_index_head[0]);
  CHECK(paths({"--heatmap", "-o", "new.html"}) == Names{"new"});
  CHECK(paths({"--heatmap", "-o", other.c_str()}) == Names{other + "/heatmap_7"});
  CHECK(paths({"--heatmap", "-o", report.c_str()}) == Names{report});
}

TEST_CASE("processes of a tree have names of their own") {
  const NamingRules child{9, true};
  CHECK(paths({}, child) == Names{"profile_9.pstats"});
  CHECK(paths({"--gecko"}, child) == Names{"gecko_9.json"});
  CHECK(paths({"--gecko", "-o", "a.b/base.json"}, child) == Names{"a.b/base_9.json"});
  CHECK(paths({"--gecko", "-o", "a.b/base"}, child) == Names{"a.b/base_9"});
  CHECK(paths({"--gecko", "-o", ".hidden"}, child) == Names{".hidden_9"});
  CHECK(paths({"--gecko", "-o", "x-{pid}.json"}, child) == Names{"x-9.json"});
  CHECK(paths({"--heatmap", "-o", "map.d"}, child) == Names{"map.d_9"});
}

TEST_CASE("standard output by any name") {
  const Folder folder;
  const std::string file = folder / "o", link = folder / "l", other = folder / "p";
  const std::string collapsed = "--collapsed=" + file, by_link = "--jsonl=" + link;
  REQUIRE(::symlink("/dev/stdout", link.c_str()) == 0);
  for (const char* name : {"/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", link.c_str()}) {
    const std::string gecko = concat("--gecko=", name), table = concat("--pstats=", name);
    for (const std::string& to : {file, std::string{"/dev/null"}}) {
      const Redirected now{to};
      CHECK(paths({gecko.c_str()}) == Names{"-"});
      CHECK(paths({"--gecko", "-o", name}, {7, true}) == Names{"-"});
      CHECK(refused({"--collapsed=-", gecko.c_str()}) ==
            "--collapsed and --gecko would both write to stdout");
      const auto all = planned({table.c_str()});
      CHECK_FALSE(std::get<std::vector<PlannedOutput>>(all)[0].table);  // a file was asked for
    }
  }
  CHECK(paths({collapsed.c_str()}) == Names{file});
  {
    const Redirected now{file};
    CHECK(paths({collapsed.c_str()}) == Names{"-"});
    CHECK(paths({collapsed.c_str()}, {7, true}) == Names{file + "_7"});
    CHECK(refused({collapsed.c_str(), by_link.c_str()}) ==
          "--collapsed and --jsonl would both write to stdout");
    CHECK(paths({"-o", other.c_str(), "--gecko"}) == Names{other});
  }
  const Redirected now{"/dev/null"};
  CHECK(paths({"--collapsed=/dev/null", "--gecko=-"}) == Names{"/dev/null", "-"});
}

TEST_CASE("two names of one place") {
  const Folder folder;
  REQUIRE(::mkdir((folder / "d").c_str(), 0755) == 0);
  touch(folder / "there");
  REQUIRE(::symlink("there", (folder / "link").c_str()) == 0);
  REQUIRE(::symlink("d/new", (folder / "dangling").c_str()) == 0);
  const auto both = [&](std::string_view one, std::string_view two) {
    const std::string a = "--collapsed=" + (folder / one), b = "--gecko=" + (folder / two);
    return std::holds_alternative<std::string>(planned({a.c_str(), b.c_str()}));
  };
  CHECK(both("a", "./a"));
  CHECK(both("a", "d/../a"));
  CHECK(both("there", "d/../there"));
  CHECK(both("link", "there"));
  CHECK(both("dangling", "d/new"));
  CHECK_FALSE(both("a", "d/a"));
  CHECK_FALSE(both("there", "a"));
  CHECK_FALSE(both("no/such/a", "other/a"));
  const std::string heatmap = "--heatmap=" + (folder / "map/"),
                    file = "--gecko=" + (folder / "map");
  CHECK(std::holds_alternative<std::string>(planned({heatmap.c_str(), file.c_str()})));
}

TEST_CASE("what is read is not written") {
  const Folder folder;
  const std::string base = folder / "base.bin", recording = folder / "r.bin", link = folder / "l";
  touch(base);
  touch(recording);
  REQUIRE(::symlink("base.bin", link.c_str()) == 0);
  CHECK(refused({"--diff-flamegraph", base.c_str(), "-o", base.c_str()}) ==
        concat("'", base, "' is the baseline itself"));
  CHECK(refused({"--diff-flamegraph", base.c_str(), "--collapsed", "-o", link.c_str(),
                 "--collapsed=x"}) == concat("'", link, "' is the baseline itself"));
  const std::string binary = "--binary=" + link;
  CHECK(refused({"--diff-flamegraph", base.c_str(), binary.c_str()}) ==
        concat("'", link, "' is the baseline itself"));
  const PlannedOutputs all =
      planned({"--collapsed", "-o", recording.c_str()}, {7, false, folder / "./r.bin"});
  REQUIRE(std::holds_alternative<std::string>(all));
  CHECK(std::get<std::string>(all) == concat("'", recording, "' is the recording itself"));
}

TEST_CASE("a dump goes to standard output, or where -o says") {
  using Output = std::optional<std::string>;
  const Folder folder;
  CHECK(plan_dump({}, false, 7) == "-");
  CHECK(plan_dump("-", true, 7) == "-");
  CHECK(plan_dump("a.txt", true, 7) == "a.txt");
  CHECK(plan_dump("a_{pid}.txt", false, 7) == "a_7.txt");
  CHECK(plan_dump(Output{folder / ""}, false, 7) == folder / "dump_7.txt");
  CHECK(plan_dump(Output{folder / "."}, true, 7) == folder / "./dump_7.json");
  CHECK(plan_dump(Output{folder / "none/"}, false, 7) == folder / "none/");
  CHECK(plan_dump("/dev/stdout", false, 7) == "-");
}
