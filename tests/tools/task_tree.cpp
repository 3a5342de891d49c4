#include "task_tree.hpp"

#include <string>
#include <vector>
#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;

namespace {

struct Program {
  // Awaited by those whose numbers are given.
  std::size_t task(const std::string& name, const std::vector<std::string>& frames,
                   const std::vector<std::size_t>& awaited_by = {}) {
    DumpedTask one;
    one.node.name = name;
    for (const std::string& each : frames) one.node.frames.push_back(frame(each));
    one.node.awaited_by = awaited_by;
    dump.tasks.push_back(one);
    return dump.tasks.size() - 1;
  }
  FrameId frame(const std::string& name) {
    FrameTable& frames = tables.frames;
    const FunctionId function = frames.function({frames.string(name), frames.string("/a.py"), 1});
    return frames.frame({function, {12, 12, 0, 4}, OpcodeId::none, FrameKind::python});
  }
  // In ASCII.
  std::string print() {
    std::string text = TaskTree{tables, {}}.print(dump, 7);
    const auto replace = [&](std::string_view what, std::string_view with) {
      for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos;) {
        text.replace(at, what.size(), with);
      }
    };
    replace("\u251c\u2500\u2500", "+--");
    replace("\u2514\u2500\u2500", "`--");
    replace("\u2502", "|");
    return text;
  }

  Tables tables{};
  Dump dump{};
};

}  // namespace

TEST_CASE("task tree: below each task those that it waits for") {
  Program program;
  const auto main = program.task("Task-1", {"main"});
  const auto left = program.task("left", {"wait", "deeper"}, {main});
  const auto right = program.task("right", {}, {main});
  const auto work = program.task("work", {"work"}, {left, right});
  (void)program.task("last", {"sleep"}, {work});
  (void)program.task("", {"a"});
  program.dump.tasks[work].node.running = true;
  program.dump.lost_tasks = 2;
  program.dump.threads.push_back({});
  program.dump.threads.back().frames.push_back({program.frame("timer")});
  CHECK(program.print() == R"(Tasks of PID 7:
+-- (T) Task-1
|   `--  main /a.py:12
|       +-- (T) left
|       |   `--  wait /a.py:12
|       |       `--  deeper /a.py:12
|       |           `-- (T) work (running)
|       |               `--  work /a.py:12
|       |                   `-- (T) last
|       |                       `--  sleep /a.py:12
|       `-- (T) right
|           `-- (T) work (running) (see above)
`-- (T) <unnamed task>
    `--  a /a.py:12
`--  timer /a.py:12
(2 tasks not shown: changed while read)
)");
}

TEST_CASE("task tree: circles end") {
  Program program;
  const auto a = program.task("a", {"x"});
  const auto b = program.task("b", {"y"}, {a});
  program.dump.tasks[a].node.awaited_by = {b, a};
  CHECK(program.print() == R"(Tasks of PID 7:
`-- (T) a
    `--  x /a.py:12
        +-- (T) a (see above)
        `-- (T) b
            `--  y /a.py:12
                `-- (T) a (see above)
)");
}

TEST_CASE("task tree: thousands of tasks below one another") {
  Program program;
  std::size_t last = program.task("task 0", {"f"});
  for (int i = 1; i < 5000; ++i) {
    last = program.task("task " + std::to_string(i), {"f", "g"}, {last});
  }
  const std::string text = program.print();
  CHECK(text.size() < 5000 * 3 * 500);
  std::size_t longest = 0, lines = 0;
  for (std::size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    longest = std::max(longest, end - at);
    ++lines;
  }
  CHECK(longest < 600);
  const std::size_t deep = lines - 15'000;  // each of these stands twice
  CHECK(deep > 100);
  CHECK(deep < 200);
  std::size_t continued = 0;
  for (std::size_t at = 0; (at = text.find("(continued below)", at)) != std::string::npos; ++at) {
    ++continued;
  }
  CHECK(continued == deep);
  CHECK(text.find("(see above)") == std::string::npos);
}

TEST_CASE("task tree: thousands of coroutines of one task") {
  Program program;
  const auto deep = program.task("deep", std::vector<std::string>(4000, "f"));
  (void)program.task("below", {"g"}, {deep});
  const std::string text = program.print();
  CHECK(text.size() < 4000 * 900);
  CHECK(text.find("(T) below") != std::string::npos);
}
