#include <tachyon/live/view.hpp>

#include <string>

#include <catch2/catch.hpp>

#include <live/support.hpp>

using namespace live_tests;

namespace {

struct Scene {
  FakeRun run;
  Model model;
  Ui ui;

  explicit Scene(Run about = example_run()) : model{std::move(about)} {
    const OpcodeId add = run.opcode(45, "BINARY_OP_ADD_INT", "BINARY_OP");
    const OpcodeId load = run.opcode(85, "LOAD_FAST", "LOAD_FAST");
    const ThreadIndex one = run.thread(101, "python3");
    run.add(one, run.stack({{"main", 3}, {"work", 9, "/app/main.py", add}}), 60,
            Status::has_gil | Status::main_thread);
    run.add(one, run.stack({{"main", 3}, {"work", 9, "/app/main.py", load}}), 20, Status::has_gil);
    run.add(one, run.stack({{"main", 3}, {"parse", 2, "/usr/lib/python3.13/json/decoder.py"}}), 15);
    run.add(one, run.stack({{"main", 3}}), 5, Status::gil_requested);
    for (int i = 0; i < 99; ++i) run.tick();
    run.tick(TickOutcome::torn);
    model.refresh(run.batch(), second);
    model.refresh(run.batch(), 2 * second);
  }
  Screen at(Size size, bool unicode = true) { return draw(model, ui, size, {"12:34:56"}, unicode); }
  std::string text(Size size, bool unicode = true) { return text_of(at(size, unicode)); }
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
std::string row_with(const Screen& screen, std::string_view part) {
  for (int row = 0; row < screen.rows(); ++row) {
    if (contains(screen.row_text(row), part)) return screen.row_text(row);
  }
  return "";
}

}  // namespace

TEST_CASE("columns come with width", "[live]") {
  Scene s;
  const auto heading = [&](int width) { return row_with(s.at({24, width}), "nsamples  "); };
  CHECK_FALSE(contains(heading(60), "%"));
  CHECK(contains(heading(60), "file:line"));
  CHECK(contains(heading(80), "%"));
  CHECK_FALSE(contains(heading(99), "tottime"));
  CHECK(contains(heading(100), "\u25bctottime s"));
  CHECK_FALSE(contains(heading(119), "cum%"));
  CHECK(contains(heading(120), "cum%"));
  CHECK_FALSE(contains(heading(139), "cumtime"));
  CHECK(contains(heading(140), "cumtime s"));
  CHECK_FALSE(contains(heading(159), "last 60 s"));
  CHECK(contains(heading(160), "last 60 s"));
}

TEST_CASE("the table at 140 columns", "[live]") {
  Scene s;
  const Screen screen = s.at({24, 140});
  CHECK(row_with(screen, "work    ") ==
        "         80/80  80.0%       0.080  80.0%       0.080  work                               "
        "       main.py:1");
  CHECK(row_with(screen, "parse    ") ==
        "         15/15  15.0%       0.015  15.0%       0.015  parse                              "
        "       json/decoder.py:1");
  CHECK(row_with(screen, " main    ") ==
        "         5/100   5.0%       0.005   100%       0.100  main                               "
        "       main.py:1");
}

TEST_CASE("headings stand over their columns at every width", "[live]") {
  Scene s;
  for (int width = 60; width <= 220; ++width) {
    const Screen screen = s.at({24, width});
    const std::string heading = row_with(screen, "nsamples  ");
    const std::string row = row_with(screen, "80/80");
    // Right-aligned columns end together, left-aligned ones begin together.
    REQUIRE(heading.find("nsamples") + 8 == row.find("80/80") + 5);
    const auto column = [](const std::string& text, std::string_view part) {
      return width_of(std::string_view{text}.substr(0, text.find(part)));
    };
    REQUIRE(column(heading, "function") == column(row, "work"));
    REQUIRE(column(heading, "file:line") == column(row, "main.py"));
    if (width >= 120)
      REQUIRE(column(heading, "cum%") + 4 == column(row, "  work") - (width >= 140 ? 12 : 0) -
                                                 (width >= 200   ? 32
                                                  : width >= 160 ? 22
                                                                 : 0));
  }
}

TEST_CASE("the header", "[live]") {
  Scene s;
  const std::string text = s.text({24, 120});
  CHECK(contains(text,
                 "PID: 7 \u2502 Thread: ALL \u2502 Uptime: 0m01s \u2502 Time: 12:34:56 \u2502 "
                 "Interval: 1000\u00b5s \u2502 Display: 10.0Hz"));
  CHECK(contains(text, "Samples:          99 ("));
  CHECK(contains(text, "99.0% good, 1.0% failed"));
  CHECK(contains(text,
                 "80.0% on gil \u2502 20.0% off gil \u2502 5.0% waiting for gil \u2502 0.0% exc"));
  CHECK(contains(text, "3 total \u2502 3 exec \u2502 0 stack \u2502 3 shown"));
  CHECK(contains(text, "work 80.0%"));
  CHECK(contains(text, "python3 main.py"));
}

TEST_CASE("the GIL is no news in gil mode", "[live]") {
  Run run = example_run();
  run.mode = ModeKind::gil;
  Scene s{run};
  CHECK_FALSE(contains(s.text({24, 120}), "on gil"));
  CHECK(contains(s.text({24, 120}), "0.0% GC"));
}

TEST_CASE("ASCII screens hold ASCII only", "[live]") {
  Scene s;
  s.run.mailbox.processes({{7, 1, "parent", false}, {8, 7, "child", true}});
  s.model.refresh(s.run.batch(), 3 * second);
  for (std::size_t view = 0; view < view_count; ++view) {
    s.ui.view = static_cast<View>(view);
    s.ui.function = find(s.model, "work");
    s.ui.help = view == 4;
    for (const int width : {60, 140, 200}) {
      for (const char c : s.text({30, width}, false))
        REQUIRE((c == '\n' || (c >= 0x20 && c < 0x7f)));
    }
  }
}

TEST_CASE("every size draws, and the table keeps its rows", "[live]") {
  Run about = example_run();
  about.options.opcodes = true;
  Scene s{about};
  s.run.mailbox.processes({{7, 1, "parent", false}, {8, 7, "child", true}});
  s.model.refresh(s.run.batch(), 3 * second);
  s.ui.function = find(s.model, "work");
  for (const bool finished : {false, true}) {
    if (finished) {
      s.run.mailbox.end({End::exited, "exit status 0"});
      s.model.refresh(s.run.batch(), 4 * second);
    }
    for (std::size_t view = 0; view < view_count; ++view) {
      s.ui.view = static_cast<View>(view);
      for (int rows = 0; rows <= 50; ++rows) {
        for (const int columns : {0, 1, 2, 20, 59, 60, 61, 80, 119, 200}) {
          const Screen screen = s.at({rows, columns});
          REQUIRE(screen.rows() == rows);
          if (rows >= 12 && columns >= 60) REQUIRE(s.ui.page >= 3);
        }
      }
    }
  }
}

TEST_CASE("too small a terminal says what it needs", "[live]") {
  Scene s;
  const std::string text = s.text({11, 59});
  CHECK(contains(text, "terminal too small"));
  CHECK(contains(text, "needs 60x12, this is 59x11"));
}

TEST_CASE("the finished banner", "[live]") {
  Scene s;
  s.run.mailbox.end({End::exited, "exit status 3"});
  s.model.refresh(s.run.batch(), 3 * second);
  const std::string text = s.text({30, 120});
  CHECK(contains(text, "The program has ended: exit status 3"));
  CHECK(contains(text, "FINISHED"));
  CHECK(contains(text, "Finished"));
}

TEST_CASE("the opcode panel", "[live]") {
  Run about = example_run();
  about.options.opcodes = true;
  Scene s{about};
  const std::string text = s.text({40, 120});
  CHECK(contains(text, "Opcodes of work"));
  CHECK(contains(text, "BINARY_OP_ADD_INT (BINARY_OP) 75.0% (60)"));
  CHECK(contains(text, "LOAD_FAST 25.0% (20)"));
  press(s.model, s.ui, U'j');
  CHECK(contains(s.text({40, 120}), "no instruction of this function"));
}

TEST_CASE("the call tree", "[live]") {
  Scene s;
  press(s.model, s.ui, U'2');
  const Screen screen = s.at({24, 120});
  CHECK(contains(row_with(screen, "\u25be main"), "5/100"));
  CHECK(contains(row_with(screen, "  work"), "80/80"));
}

TEST_CASE("lines with source", "[live]") {
  Scene s;
  s.model.keep_source("/app/main.py",
                      "def work(n):\n    total = 0\n\n    for i in n:\n"
                      "        total += i\n\n\n\n    return x + total\n\nmain()\n");
  press(s.model, s.ui, Key::enter);
  const Screen screen = s.at({30, 120});
  CHECK(contains(row_with(screen, "return x + total"), "80/80"));
  CHECK(contains(row_with(screen, "for i in n:"), "4  "));
  CHECK_FALSE(contains(text_of(screen), "main()"));
  CHECK(contains(text_of(screen), "work  80.0% direct, 80.0% in all  main.py:1"));
}

TEST_CASE("shares never exceed 100 %", "[live]") {
  FakeRun run;
  Model model{example_run()};
  Ui ui;
  for (std::uint64_t id = 1; id <= 3; ++id) {
    run.add(run.thread(id), run.stack({{"main", 1}, {"work", 2}}), 100);
  }
  for (int i = 0; i < 100; ++i) run.tick();
  model.refresh(run.batch(), second);
  const Screen screen = draw(model, ui, {24, 120}, {}, true);
  CHECK(contains(row_with(screen, "work   "), " 100%"));
  CHECK_FALSE(contains(text_of(screen),
                       "300"
                       "%"));
}

TEST_CASE("trends colour what changed", "[live]") {
  Scene s;
  const auto ink = [&](std::string_view name, int column) {
    const Screen screen = s.at({24, 140});
    for (int row = 0; row < screen.rows(); ++row) {
      if (!contains(screen.row_text(row), name) || !contains(screen.row_text(row), ":1")) continue;
      return screen.at(row, column).style.ink;
    }
    return Ink::text;
  };
  constexpr int share = 1 + samples_width + column_gap + share_width - 1;
  CHECK(ink("parse  ", share) == Ink::number);
  s.run.add(ThreadIndex{0},
            s.run.stack({{"main", 3}, {"parse", 2, "/usr/lib/python3.13/json/decoder.py"}}), 10);
  s.run.tick();
  s.model.refresh(s.run.batch(), 4 * second);
  CHECK(ink("parse  ", share) == Ink::up);
  CHECK(ink("work  ", share) == Ink::down);
  CHECK(ink("work  ", samples_width) == Ink::number);
  press(s.model, s.ui, U'x');
  CHECK(ink("parse  ", share) == Ink::number);
}

TEST_CASE("scrolling keeps the selection in sight", "[live]") {
  FakeRun run;
  Model model{example_run()};
  Ui ui;
  for (int i = 0; i < 300; ++i) {
    const std::string name = "f" + std::to_string(i);
    run.add(run.thread(1), run.stack({{name, 1}}), 300 - i);
  }
  run.tick();
  model.refresh(run.batch(), second);
  draw(model, ui, {24, 80}, {}, true);
  CHECK(ui.visible.front() == 0);
  for (int i = 0; i < 100; ++i) press(model, ui, U'j');
  draw(model, ui, {24, 80}, {}, true);
  CHECK(ui.visible.back() == 100);
  press(model, ui, U'k');
  draw(model, ui, {24, 80}, {}, true);
  CHECK(ui.visible.back() == 100);  // only the selection moves
  press(model, ui, Key::end);
  draw(model, ui, {24, 80}, {}, true);
  CHECK(ui.visible.back() == 299);
  press(model, ui, Key::home);
  draw(model, ui, {24, 80}, {}, true);
  CHECK(ui.visible.front() == 0);
}

TEST_CASE("a CPU state that was not looked up is not zero", "[live]") {
  FakeRun run;
  Model model{example_run()};
  Ui ui;
  ui.view = View::threads;
  run.add(run.thread(101), run.stack({{"main", 1}}), 4, Status::unknown);
  run.add(run.thread(102), run.stack({{"main", 1}}), 4, Status::on_cpu);
  run.tick();
  model.refresh(run.batch(), second);
  const Screen screen = draw(model, ui, {24, 100}, {}, true);
  CHECK(contains(row_with(screen, " 101 "), " 0.0%      -   0.0%"));
  CHECK(contains(row_with(screen, " 102 "), " 0.0%   100%   0.0%"));
}
