#include <tachyon/collect/heatmap.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include <catch2/catch.hpp>

#include "collect/golden.hpp"
#include "collect/hand_made.hpp"

using namespace tachyon;
using test::Recording;

namespace {

struct Folder {
  std::string path = "/tmp/tachyon-heatmap-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { (void)!std::system(("rm -rf " + path).c_str()); }
};

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }

Recording recursive() {
  Recording r;
  const ThreadIndex t = r.thread(1);
  const FrameId a2 = r.frame("/x/a.py", "a", 2, 1), a3 = r.frame("/x/a.py", "a", 3, 1),
                b7 = r.frame("/x/b.py", "b", 7, 0), b5 = r.frame("/x/b.py", "b", 5, 0),
                string = r.frame("<string>", "s", 1, 1), gc = r.frame("~", "<GC>", 0);
  r.add(t, r.stack({a2, a2, a3}), Status::none, 10, 4);
  r.add(t, r.stack({a2, b7, a3}), Status::none, 10, 2);
  r.add(t, r.stack({a2, b5, string}), Status::none, 10, 3);
  r.add(t, r.stack({gc}), Status::none, 10, 1);
  return r;
}

}  // namespace

TEST_CASE("a sample counts once for a line, a file and a call, however often they recur") {
  const Recording r = recursive();
  CallTree tree{r.tables};
  r.feed(tree);
  const HeatCounts counts{tree};
  REQUIRE(counts.files().size() == 2);
  const HeatFile& a = counts.files()[0];
  const HeatFile& b = counts.files()[1];
  CHECK(r.tables.frames[a.name] == "/x/a.py");
  CHECK(a.count.total == Totals{9, 90});
  CHECK(a.count.self == Totals{6, 60});
  CHECK(b.count.total == Totals{5, 50});
  CHECK(b.count.self == Totals{});
  CHECK(a.lines.at(2).total == Totals{9, 90});
  CHECK(a.lines.at(2).self == Totals{});
  CHECK(a.lines.at(3).self == Totals{6, 60});
  CHECK(b.lines.size() == 2);

  std::uint64_t recursion = 0, to_string = 0;
  for (const HeatCall& call : counts.calls()) {
    const auto name = [&](FunctionId id) { return r.tables.frames[r.tables.frames[id].name]; };
    if (name(call.caller) == "a" && name(call.callee) == "a") recursion += call.totals.samples;
    if (name(call.callee) == "s") to_string += call.totals.samples;
    if (name(call.callee) == "b") CHECK(counts.definition_of(call.callee) == 5);
    if (name(call.callee) == "a") CHECK(counts.definition_of(call.callee) == 1);
    if (name(call.callee) == "s") CHECK(counts.file_of(call.callee) == HeatCounts::none);
  }
  CHECK(recursion == 4);
  CHECK(to_string == 3);
}

TEST_CASE("stale pages go, other files stay") {
  const Folder folder;
  const Recording r = recursive();
  Heatmap heatmap{r.tables};
  r.feed(heatmap);
  const std::string where = folder.path + "/new/deep";
  REQUIRE(HeatmapWriter::prepare(where));
  test::write_file(where + "/file_0002.html",
                   "<html><meta name=\"generator\" content=\"tachyon\"></html>");
  test::write_file(where + "/file_0003.html", "<html>somebody else's</html>");
  test::write_file(where + "/file_mine.html", "<meta name=\"generator\" content=\"tachyon\">");
  const auto written = heatmap.write_folder(where, r.run);
  REQUIRE(written);
  CHECK(*written == 2);
  CHECK(exists(where + "/index.html"));
  CHECK(exists(where + "/file_0000.html"));
  CHECK(exists(where + "/file_0001.html"));
  CHECK_FALSE(exists(where + "/file_0002.html"));
  CHECK(exists(where + "/file_0003.html"));
  CHECK(exists(where + "/file_mine.html"));
}

TEST_CASE("an impossible folder is an error before anything is written") {
  const Folder folder;
  test::write_file(folder.path + "/plain", "");
  CHECK(HeatmapWriter::prepare(folder.path + "/plain").error().sys == ENOTDIR);
  CHECK(HeatmapWriter::prepare(folder.path + "/plain/below").error().code == Errc::cannot_open);
  CHECK(HeatmapWriter::folder_for("out.html") == "out");
  CHECK(HeatmapWriter::folder_for("out/") == "out");
  CHECK(HeatmapWriter::folder_for(".html") == ".html");
}

TEST_CASE("a run without samples has an index") {
  const Folder folder;
  const Recording r;
  Heatmap heatmap{r.tables};
  const auto written = heatmap.write_folder(folder.path, r.run);
  REQUIRE(written);
  CHECK(*written == 0);
  CHECK(exists(folder.path + "/index.html"));
}
