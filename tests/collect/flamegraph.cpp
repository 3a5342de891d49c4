#include <tachyon/collect/flamegraph.hpp>

#include <string>
#include <string_view>

#include <catch2/catch.hpp>
#include <tachyon/collect/diff_flamegraph.hpp>

#include "collect/hand_made.hpp"

using namespace tachyon;
using test::Recording;

namespace {

std::string data_of(const CallTree& tree, const Run& run) {
  PageProfile profile;
  profile.add(tree, run);
  StringSink sink;
  profile.write(sink, "flamegraph", {});
  return sink.take();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("nodes stand in preorder with their records") {
  Recording r;
  const ThreadIndex t = r.thread(1);
  const FrameId a = r.frame("/x/m.py", "a", 1, 1), b = r.frame("/x/m.py", "b", 2, 2),
                c = r.frame("/x/m.py", "c", 3, 3), d = r.frame("/x/m.py", "d", 4, 4);
  // The order of first appearance is not preorder: a, c and d come before b.
  r.add(t, r.stack({a, c, d}), Status::has_gil, 300, 2);
  r.add(t, r.stack({a, b}), Status::has_gil, 1, 1);
  CallTree tree{r.tables};
  r.feed(tree);
  const std::string data = data_of(tree, r.run);
  // a; c below it; d below c; b two levels up from below d.
  PageColumn up;
  for (const unsigned n : {0U, 0U, 0U, 2U}) up.put(n);
  CHECK(contains(data, "\"up\":" + up.json()));
  PageColumn records;
  for (const unsigned n : {0U, 0U, 1U, 0U, 2U, 1200U, 1U, 0U, 1U, 2U}) records.put(n);
  CHECK(contains(data, "\"recordCount\":2,\"records\":" + records.json()));
}

TEST_CASE("records keep threads and slices of time apart") {
  Recording r;
  const StackId stack = r.stack({r.frame("/x/m.py", "a", 1, 1)});
  r.add(r.thread(1), stack, Status::has_gil, 1'000'000, 2);
  r.add(r.thread(2), stack, Status::none, 1'000'000, 1);
  r.run.interval = 1'000'001;  // each sample is a nanosecond short
  Flamegraph page{r.tables};
  r.feed(page);
  const std::string data = data_of(page.tree(), r.run);
  PageColumn records;
  for (const unsigned n : {3U, 2U, 1U, 1U, 2U, 1U, 1U, 7U, 1U, 1U, 1U}) {
    records.put(n);
  }
  CHECK(contains(data, records.json()));
  CHECK(contains(data, "\"buckets\":{\"count\":4,\"width\":1000000}"));
}

TEST_CASE("source lines near sampled ones are embedded, others are not") {
  Recording r;
  r.add(r.thread(1), r.stack({r.frame("/x/m.py", "a", 5, 1)}), Status::none);
  r.run.sources["/x/m.py"] = "one\ntwo\nthree\nfour\nfive\r\nsix\nseven\neight";
  CallTree tree{r.tables};
  r.feed(tree);
  const std::string data = data_of(tree, r.run);
  CHECK(contains(data, ",3,\"three\",4,\"four\",5,\"five\",6,\"six\",7,\"seven\"]"));
  CHECK_FALSE(contains(data, "eight"));
}

TEST_CASE("no text ends the element that it stands in") {
  Recording r;
  r.add(r.thread(1, "</script>"), r.stack({r.frame("</script><!--", "<script>", 5, 1)}),
        Status::none);
  r.run.target.command_line = "</title></script>";
  r.run.sources["</script><!--"] = "\n\n\n\n</script>";
  Flamegraph page{r.tables};
  r.feed(page);
  StringSink sink;
  page.write(sink, r.run);
  std::size_t ends = 0;
  for (std::size_t at = 0; (at = sink.text().find("</script", at)) != std::string::npos; ++at)
    ++ends;
  CHECK(ends == 2);  // the data's and the script's own
  CHECK_FALSE(contains(sink.text(), "</title></script>"));
}

TEST_CASE("what cannot be compared is said") {
  const CaptureOptions plain{};
  CaptureOptions native{};
  native.native = true;
  CHECK(difference_of(ModeKind::wall, plain, ModeKind::wall, plain).empty());
  CHECK(difference_of(ModeKind::wall, plain, ModeKind::cpu, plain) == "mode");
  CHECK(difference_of(ModeKind::wall, plain, ModeKind::unknown, plain).empty());
  CHECK(difference_of(ModeKind::wall, plain, ModeKind::wall, native) == "native");
}

TEST_CASE("very deep stacks are written without recursion") {
  Recording r;
  StackId stack = StackId::empty;
  const FrameId f = r.frame("/x/m.py", "f", 1, 1);
  for (int i = 0; i < 200'000; ++i) stack = r.tables.frames.push(stack, f);
  r.add(r.thread(1), stack, Status::none);
  Flamegraph page{r.tables};
  r.feed(page);
  CHECK(contains(data_of(page.tree(), r.run), "\"nodes\":200000"));
}
