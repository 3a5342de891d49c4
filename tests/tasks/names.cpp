#include <tachyon/tasks/names.hpp>

#include <string>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

struct NamedTasks {
  SharedTables tables;
  StackBuilder builder{tables};
  TaskMarkers markers{builder};

  std::string of(const std::string& name, std::size_t awaiters = 0) {
    const FrameId frame = markers.of(name, awaiters);
    const FrameTable& frames = tables.unguarded().frames;
    CHECK(frames.file_of(frame) == "<task>");
    CHECK(frames[frame].kind == FrameKind::task);
    return std::string{frames.name_of(frame)};
  }
};

}  // namespace

TEST_CASE("task names: those that are numbers") {
  CHECK(is_numbered("Task-1"));
  CHECK(is_numbered("Task-65537"));
  for (const char* own : {"", "Task-", "Task-1a", "task-1", "Task-N", "my Task-1"}) {
    CHECK_FALSE(is_numbered(own));
  }
}

TEST_CASE("task names: numbers count as numbers") {
  CHECK(comes_before("Task-9", "Task-10"));
  CHECK_FALSE(comes_before("Task-10", "Task-9"));
  CHECK(comes_before("Task-2 a", "Task-2 b"));
  CHECK(comes_before("worker", "worker 1"));
  CHECK_FALSE(comes_before("worker 1", "worker"));
  CHECK(comes_before("a1b2", "a1b10"));
  CHECK(comes_before("A", "a"));
  CHECK_FALSE(comes_before("", ""));
  CHECK_FALSE(comes_before("same 7", "same 7"));
  CHECK(comes_before("", "x"));
  // Beyond 64 bits nothing is known of a number.
  CHECK_FALSE(comes_before("99999999999999999999999", "88888888888888888888888"));
}

TEST_CASE("task names: a marker says how many wait") {
  NamedTasks names;
  CHECK(names.of("merge") == "merge");
  CHECK(names.of("merge", 1) == "merge");
  CHECK(names.of("merge", 3) == "merge (3 parents)");
  CHECK(names.of("") == "<unnamed task>");
  CHECK(names.of("", 2) == "<unnamed task> (2 parents)");
  CHECK(names.markers.of("merge", 1) == names.markers.of("merge", 0));
  CHECK(names.markers.of("merge", 2) != names.markers.of("merge", 3));
}

TEST_CASE("task names: a server that numbers its tasks for ever fills nothing") {
  NamedTasks names;
  for (std::size_t i = 0; i < TaskMarkers::most_names; ++i) {
    (void)names.markers.of("Task-" + std::to_string(i), 0);
  }
  CHECK(names.of("Task-17") == "Task-17");
  CHECK(names.of("Task-65536") == "Task-N");
  CHECK(names.of("get /a7f1") == "get /aNfN");
  CHECK(names.of("2 of 30") == "N of N");
  CHECK(names.of("plain") == "plain");
  std::string letters;
  for (std::size_t i = 0; i < TaskMarkers::most_shapes; ++i) {
    letters.clear();
    for (std::size_t rest = i + 1; rest != 0; rest /= 26) {
      letters += static_cast<char>('a' + rest % 26);
    }
    (void)names.markers.of(letters + "?", 0);
  }
  CHECK(names.of("new") == "<other task>");
  CHECK(names.of("plain") == "plain");
  CHECK(names.of("Task-70000") == "Task-N");
}
