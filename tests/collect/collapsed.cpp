#include <tachyon/collect/collapsed.hpp>

#include <catch2/catch.hpp>

#include "golden.hpp"
#include "hand_made.hpp"

namespace tachyon {
namespace {

using test::Recording;

std::string collapsed_of(const Recording& r, CollapsedOptions options = {}) {
  Collapsed collapsed{r.tables, options};
  r.feed(collapsed);
  StringSink sink;
  collapsed.write(sink, r.run);
  return sink.take();
}

TEST_CASE("collapsed stacks") {
  test::check_golden("collapsed.txt", collapsed_of(test::busy_recording()));
}

TEST_CASE("collapsed stacks by thread name join threads of one name") {
  Recording r;
  const FrameId f = r.frame("/x/a.py", "f", 2);
  const FrameId same = r.frame("/y/a.py", "f", 2, 1, 7);
  r.add(r.thread(1, "pool 1"), r.stack({f}), Status::none, 1, 2);
  r.add(r.thread(2, "pool 1"), r.stack({same}), Status::has_gil, 1, 3);
  r.add(r.thread(3, "b;c"), r.stack({f, same}), Status::none, 1, 1);
  r.add(r.thread(4), r.stack({f}), Status::none, 1, 1);
  CHECK(collapsed_of(r, {.threads_by_name = true}) ==
        "pool_1;a.py:f:2 5\n"
        "Thread-4;a.py:f:2 1\n"
        "b\\x3bc;a.py:f:2;a.py:f:2 1\n");
  CHECK(collapsed_of(r) ==
        "tid:2;a.py:f:2 3\n"
        "tid:1;a.py:f:2 2\n"
        "tid:3;a.py:f:2;a.py:f:2 1\n"
        "tid:4;a.py:f:2 1\n");
}

TEST_CASE("no text breaks a line apart") {
  Recording r;
  for (const char* name : {"a;b", "a\nb 3", "<truncated> 12", "x 1.5", "\xed\xb3\xbf", "\xff"}) {
    r.add(r.thread(1), r.stack({r.frame("~", name, 0)}), Status::none, 1, 2);
  }
  const std::string text = collapsed_of(r);
  CHECK(text ==
        "tid:1;<truncated>_12 2\n"
        "tid:1;\\udcff 2\n"
        "tid:1;\\xff 2\n"
        "tid:1;a\\nb_3 2\n"
        "tid:1;a\\x3bb 2\n"
        "tid:1;x_1.5 2\n");
}

}  // namespace
}  // namespace tachyon
