#include <tachyon/collect/pstats.hpp>

#include <catch2/catch.hpp>

#include <tachyon/collect/pstats_file.hpp>

#include "golden.hpp"
#include "hand_made.hpp"

namespace tachyon {
namespace {

using test::Recording;

std::string table_of(const Recording& r, PstatsOptions options = {}) {
  Pstats pstats{r.tables, options};
  r.feed(pstats);
  StringSink sink;
  pstats.write(sink, r.run);
  return sink.take();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines{""};
  for (const char c : text) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += c;
    }
  }
  return lines;
}

TEST_CASE("the pstats table by function") {
  test::check_golden("pstats.txt", table_of(test::busy_recording()));
}

TEST_CASE("the pstats table by line, in colour, without its summary") {
  test::check_golden(
      "pstats-lines.txt",
      table_of(test::busy_recording(), {.detail = Detail::line, .summary = false, .colour = true}));
}

TEST_CASE("pstats sorts by every key and limits after sorting") {
  const Recording r = test::busy_recording();
  const auto first = [&](PstatsSort sort) {
    return lines_of(table_of(r, {.sort = sort, .limit = 1})).at(2);
  };
  CHECK_THAT(first(PstatsSort::samples), Catch::EndsWith("lib/util.py:10(Tree.walk)"));
  CHECK_THAT(first(PstatsSort::time), Catch::EndsWith("lib/util.py:10(Tree.walk)"));
  CHECK_THAT(first(PstatsSort::cumulative_time), Catch::EndsWith("main.py:1(<module>)"));
  CHECK_THAT(first(PstatsSort::cumulative_samples), Catch::EndsWith("main.py:1(<module>)"));
  CHECK_THAT(first(PstatsSort::name), Catch::EndsWith("lib/util.py:10(Tree.walk)"));
  CHECK(lines_of(table_of(r, {.limit = 0})).at(2).empty());
}

TEST_CASE("pstats takes times from weights and picks a unit per column") {
  Recording r;
  const FrameId f = r.frame("a.py", "f", 2, 1);
  const FrameId g = r.frame("a.py", "g", 9, 8);
  r.add(r.thread(1), r.stack({f, g}), Status::none, 400'000, 2);
  r.add(r.thread(1), r.stack({f}), Status::none, 1'200, 1);
  const auto lines = lines_of(table_of(r));
  CHECK(lines[1] ==
        "       nsamples   sample%  tottime (\xce\xbcs)    cumul%  cumtime (\xce\xbcs)"
        "  filename:lineno(function)");
  CHECK(lines[2] == "            2/2      99.9       800.000      99.9       800.000  a.py:8(g)");
  CHECK(lines[3] == "            1/3       0.1         1.200     100.0       801.200  a.py:1(f)");
}

TEST_CASE("the summary looks beyond the rows that are shown") {
  const std::string text = table_of(test::busy_recording(), {.limit = 1});
  CHECK_THAT(text, Catch::Contains("we;ird\\n.py:(</script>\\x1b[31m)"));
  CHECK_THAT(text,
             Catch::Contains("indirect calls, 65.1% total stack presence: main.py:(<module>)"));
}

TEST_CASE("the file for Python's pstats") {
  for (const Detail detail : {Detail::function, Detail::line}) {
    Recording r = test::busy_recording();
    r.run.target.minor = 15;
    PstatsFile file{r.tables, {.detail = detail}};
    r.feed(file);
    StringSink sink;
    file.write(sink, r.run);
    test::check_golden(detail == Detail::line ? "lines.pstats" : "functions.pstats", sink.text());
  }
  // {("__sampled__",): True}
  Recording empty;
  PstatsFile file{empty.tables};
  StringSink sink;
  file.write(sink, empty.run);
  CHECK(sink.text() == std::string("{)\1u\x0b\0\0\0__sampled__T0", 21));
  // What pstats before 3.15 reads: no mark.
  empty.run.target.major = 3;
  empty.run.target.minor = 14;
  StringSink earlier;
  file.write(earlier, empty.run);
  CHECK(earlier.text() == "{0");
}

TEST_CASE("nothing collected") {
  Recording r;
  CHECK(table_of(r) == "No samples were collected.\n");
  r.run.mode = ModeKind::cpu;
  CHECK_THAT(table_of(r), Catch::Contains("cpu mode"));
  r.add(r.thread(1), StackId::empty, Status::none);
  CHECK_THAT(table_of(r), Catch::StartsWith("No samples were collected.\n"));
}

TEST_CASE("files of one base name are shown with what tells them apart") {
  Recording r;
  for (const char* file : {"/a/json/__init__.py", "/a/http/__init__.py", "/b/http/__init__.py",
                           "__init__.py", "/x.py", "x.py", "", "~"}) {
    r.add(r.thread(1), r.stack({r.frame(file, "f", 3, 1)}), Status::none);
  }
  const CodeKeys keys{r.tables.frames, Detail::function};
  const DisplayNames names{r.tables.frames, keys};
  std::vector<std::string> shown;
  for (std::uint32_t i = 0; i < keys.size(); ++i) shown.push_back(names.file(keys[i]));
  CHECK(shown == std::vector<std::string>{"json/__init__.py", "a/http/__init__.py",
                                          "b/http/__init__.py", "__init__.py", "/x.py", "x.py", "",
                                          "~"});
}

}  // namespace
}  // namespace tachyon
