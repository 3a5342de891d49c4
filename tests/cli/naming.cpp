#include "naming.hpp"

#include <cstdlib>
#include <catch2/catch.hpp>

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
  CHECK(std::system(concat("touch ", report, "/index.html").c_str()) == 0);
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
