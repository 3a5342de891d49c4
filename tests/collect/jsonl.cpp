#include <tachyon/collect/jsonl.hpp>

#include <catch2/catch.hpp>

#include <tachyon/collect/jsonl_events.hpp>
#include <tachyon/sample/collector.hpp>

#include "golden.hpp"
#include "hand_made.hpp"

namespace tachyon {
namespace {

using test::Recording;
static_assert(Collector<JsonlEvents<StringSink>>);

std::string summary_of(const Recording& r, JsonlOptions options = {}) {
  Jsonl jsonl{r.tables, options};
  r.feed(jsonl);
  StringSink sink;
  jsonl.write(sink, r.run);
  return sink.take();
}

TEST_CASE("the records of a JSON lines profile") {
  test::check_golden("summary.jsonl", summary_of(test::busy_recording()));
}

TEST_CASE("the worked example of the format") {
  Recording r;
  const std::string id = "00112233445566778899aabbccddeeff";
  Frame parse;
  parse.function = r.tables.frames.function(
      {r.tables.frames.string("parse"), r.tables.frames.string("shop/cart.py")});
  parse.location = {12, 12, 4, 19};
  const FrameId a = r.tables.frames.frame(parse), gc = r.frame("~", "<GC>", 0);
  r.add(r.thread(1), r.stack({a}), Status::none, 1, 6);
  r.add(r.thread(1), r.stack({a, gc}), Status::none, 1, 1);
  r.run.interval = 5'000'000;
  r.run.mode = ModeKind::cpu;
  const std::string head = R"(,"v":0,"run_id":")" + id + "\",";
  CHECK(summary_of(r, {.run_id = id}) ==
        R"({"type":"meta")" + head +
            R"("sample_interval_usec":5000,"mode":"cpu"})"
            "\n"
            R"({"type":"string_table")" +
            head +
            R"("strings":[{"str_id":0,"value":"parse"},)"
            R"({"str_id":1,"value":"shop/cart.py"},{"str_id":2,"value":"<GC>"},)"
            R"({"str_id":3,"value":"~"}]})"
            "\n"
            R"({"type":"frame_table")" +
            head +
            R"("frames":[{"frame_id":0,"path_str_id":1,)"
            R"("func_str_id":0,"line":12,"end_line":12,"col":4,"end_col":19},)"
            R"({"frame_id":1,"path_str_id":3,"func_str_id":2,"line":0}]})"
            "\n"
            R"({"type":"agg")" +
            head +
            R"("kind":"frame","scope":"final","samples_total":7,)"
            R"("entries":[{"frame_id":0,"self":6,"cumulative":7},)"
            R"({"frame_id":1,"self":1,"cumulative":1}]})"
            "\n"
            R"({"type":"end")" +
            head +
            R"("samples_total":7})"
            "\n");
}

TEST_CASE("long lists are cut into records of 256 entries") {
  Recording r;
  for (int i = 0; i < 257; ++i) {
    r.add(r.thread(1), r.stack({r.frame("a.py", "f", i + 1)}), Status::none);
  }
  const std::string text = summary_of(r);
  std::size_t records = 0;
  for (std::size_t at = 0; (at = text.find(R"("type":"agg")", at)) != std::string::npos; ++at) {
    ++records;
  }
  CHECK(records == 2);
  CHECK_THAT(text, Catch::Contains(R"("entries":[{"frame_id":256,"self":1,"cumulative":1}]})"));
}

TEST_CASE("an empty profile is still meta and end") {
  Recording r;
  const std::string text = summary_of(r, {.run_id = "x"});
  CHECK(text == R"({"type":"meta","v":0,"run_id":"x","sample_interval_usec":0})"
                "\n"
                R"({"type":"end","v":0,"run_id":"x","samples_total":0})"
                "\n");
}

TEST_CASE("one object a sample") {
  const Recording r = test::busy_recording();
  for (const bool full : {false, true}) {
    StringSink sink;
    JsonlEvents events{r.tables, sink, {.full = full, .started = full ? r.run.started : 0}};
    r.feed(events);
    test::check_golden(full ? "events-full.jsonl" : "events.jsonl", sink.text());
  }
}

}  // namespace
}  // namespace tachyon
