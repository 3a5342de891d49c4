#include <tachyon/live/keys.hpp>

#include <string>

#include <catch2/catch.hpp>

#include <live/support.hpp>

using namespace live_tests;

namespace {

struct Screenful {
  FakeRun run;
  Model model;
  Ui ui;
  ThreadIndex one = run.thread(101);
  ThreadIndex two = run.thread(102);
  ThreadIndex three = run.thread(103);

  explicit Screenful(bool opcodes = false) : model{with(opcodes)} {
    run.add(one, run.stack({{"main", 3}, {"work", 9}}), 5);
    run.add(two, run.stack({{"main", 3}, {"parse", 2}}), 3);
    run.add(three, run.stack({{"main", 4}, {"Idle", 2, "/lib/queue.py"}}), 1);
    run.tick();
    model.refresh(run.batch(), second);
  }
  static Run with(bool opcodes) {
    Run run = example_run();
    run.options.opcodes = opcodes;
    return run;
  }
  void type(std::string_view text) {
    for (const char c : text) press(model, ui, static_cast<char32_t>(c));
  }
  std::string selected_name() {
    const auto row = tachyon::live::detail::selected_row(model, ui);
    return row ? std::string{model.frames()[model.frames()[FunctionId{*row}].name]} : "";
  }
};

}  // namespace

TEST_CASE("q and Ctrl-C", "[live]") {
  Screenful s;
  CHECK(press(s.model, s.ui, U'q').quit);
  CHECK(press(s.model, s.ui, U'Q').quit);
  CHECK(press(s.model, s.ui, Key::interrupt).interrupt);
  CHECK(press(s.model, s.ui, Key::suspend).suspend);
  s.ui.help = true;
  CHECK_FALSE(press(s.model, s.ui, U'q').quit);  // only closes help
  CHECK_FALSE(s.ui.help);
}

TEST_CASE("s goes through the columns and S goes back", "[live]") {
  Screenful s;
  CHECK(s.ui.sort == Sort::self_time);
  for (const Sort next :
       {Sort::total_share, Sort::total_time, Sort::samples, Sort::share, Sort::self_time}) {
    press(s.model, s.ui, U's');
    CHECK(s.ui.sort == next);
  }
  press(s.model, s.ui, U'S');
  CHECK(s.ui.sort == Sort::share);
}

TEST_CASE("the refresh interval has limits", "[live]") {
  Screenful s;
  press(s.model, s.ui, U'+');
  CHECK(s.ui.interval == 50'000'000);
  press(s.model, s.ui, U'=');
  CHECK(s.ui.interval == 50'000'000);
  for (int i = 0; i < 30; ++i) press(s.model, s.ui, i % 2 == 0 ? U'-' : U'_');
  CHECK(s.ui.interval == 1'000'000'000);
}

TEST_CASE("the filter", "[live]") {
  Screenful s;
  s.type("/WORKx");
  press(s.model, s.ui, Key::backspace);
  CHECK(s.ui.prompt->text == "WORK");
  CHECK(function_rows(s.model, s.ui).size() == 4);  // not applied yet
  press(s.model, s.ui, Key::enter);
  CHECK(function_rows(s.model, s.ui).size() == 1);
  CHECK(s.selected_name() == "work");

  s.type("/");
  CHECK(s.ui.prompt->text == "WORK");
  press(s.model, s.ui, Key::escape);
  CHECK(s.ui.filter.text() == "WORK");

  s.type("c");
  CHECK(function_rows(s.model, s.ui).size() == 4);
  s.type("/queue.py:idle");
  press(s.model, s.ui, Key::enter);
  CHECK(s.selected_name() == "Idle");
  s.type("/");
  for (int i = 0; i < 20; ++i) press(s.model, s.ui, Key::backspace);
  press(s.model, s.ui, Key::enter);
  CHECK(s.ui.filter.empty());

  s.type("/q");
  CHECK(s.ui.prompt->text == "q");  // letters are text while a prompt is open
  handle(s.model, s.ui, {Key::pasted, U'!'}, second);
  CHECK(s.ui.prompt->text == "q!");
}

TEST_CASE("pasted text is no command", "[live]") {
  Screenful s;
  CHECK_FALSE(handle(s.model, s.ui, {Key::pasted, U'q'}, second).quit);
  CHECK_FALSE(s.ui.prompt);
}

TEST_CASE("threads wrap around", "[live]") {
  Screenful s;
  const auto thread = [&] { return s.model.tables().threads[s.model.scope().thread].id; };
  press(s.model, s.ui, Key::right);
  CHECK(s.model.scope().kind == Scope::Kind::thread);
  CHECK(thread() == 101);
  press(s.model, s.ui, Key::down);
  CHECK(thread() == 102);
  press(s.model, s.ui, Key::right);
  press(s.model, s.ui, Key::right);
  CHECK(thread() == 101);
  press(s.model, s.ui, Key::left);
  CHECK(thread() == 103);
  CHECK(s.model.figures().total().samples == 1);
  press(s.model, s.ui, U't');
  CHECK(s.model.scope().kind == Scope::Kind::all);
  press(s.model, s.ui, U'T');
  CHECK(thread() == 101);
}

TEST_CASE("up and down select where opcodes are shown", "[live]") {
  Screenful s{true};
  CHECK(s.selected_name() == "work");
  press(s.model, s.ui, Key::down);
  CHECK(s.model.scope().kind == Scope::Kind::all);
  CHECK(s.selected_name() == "parse");
  press(s.model, s.ui, Key::up);
  press(s.model, s.ui, Key::up);
  CHECK(s.selected_name() == "work");
  press(s.model, s.ui, Key::right);
  CHECK(s.model.scope().kind == Scope::Kind::thread);
}

TEST_CASE("the selection follows its function when the order changes", "[live]") {
  Screenful s;
  press(s.model, s.ui, U'j');
  CHECK(s.selected_name() == "parse");
  s.run.add(s.two, s.run.stack({{"main", 3}, {"parse", 2}}), 50);
  s.run.tick();
  s.model.refresh(s.run.batch(), 2 * second);
  CHECK(s.selected_name() == "parse");
  press(s.model, s.ui, U'J');
  CHECK(s.selected_name() == "work");
  press(s.model, s.ui, U'K');
  CHECK(s.selected_name() == "parse");
  press(s.model, s.ui, Key::end);
  CHECK(s.selected_name() == "main");
  press(s.model, s.ui, Key::home);
  CHECK(s.selected_name() == "parse");
}

TEST_CASE("reset, pause, trends", "[live]") {
  Screenful s;
  press(s.model, s.ui, U'x');
  CHECK_FALSE(s.ui.trends);
  press(s.model, s.ui, U'p');
  CHECK(s.ui.paused);
  press(s.model, s.ui, U'P');
  CHECK_FALSE(s.ui.paused);
  press(s.model, s.ui, U'r');
  CHECK(s.model.figures().total().samples == 0);
}

TEST_CASE("the call tree opens and closes", "[live]") {
  Screenful s;
  press(s.model, s.ui, U'2');
  CHECK(s.ui.view == View::tree);
  CHECK(tree_rows(s.model, s.ui).size() == 4);  // the hot path is open
  press(s.model, s.ui, Key::left);
  CHECK(tree_rows(s.model, s.ui).size() == 1);
  press(s.model, s.ui, Key::enter);
  CHECK(tree_rows(s.model, s.ui).size() == 4);
  press(s.model, s.ui, Key::down);
  press(s.model, s.ui, Key::left);  // to its parent
  CHECK(tachyon::live::detail::selected_row(s.model, s.ui) == tree_rows(s.model, s.ui)[0]);
  press(s.model, s.ui, Key::right);
  press(s.model, s.ui, U'j');
  press(s.model, s.ui, U'l');
  CHECK(s.ui.view == View::lines);
  CHECK(s.ui.function == find(s.model, "work"));
  press(s.model, s.ui, Key::escape);
  CHECK(s.ui.view == View::functions);
}

TEST_CASE("enter shows the lines of a function", "[live]") {
  Screenful s;
  press(s.model, s.ui, Key::enter);
  CHECK(s.ui.view == View::lines);
  CHECK(s.ui.function == find(s.model, "work"));
  CHECK(line_rows(s.model, s.ui) == std::vector<RowId>{9});
  s.model.keep_source("/app/main.py",
                      "def work():\n    a = 1\n\n    b = 2\n# end\n    c = 3\n    d = 4\n"
                      "    e = 5\n    f = 6\n    g = 7\n\n\ndef other():\n    pass\n");
  CHECK(line_rows(s.model, s.ui) == std::vector<RowId>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("choosing a thread or a process from the list", "[live]") {
  Screenful s;
  press(s.model, s.ui, U'5');
  press(s.model, s.ui, U'j');
  press(s.model, s.ui, Key::enter);
  CHECK(s.ui.view == View::functions);
  CHECK(s.model.scope() == Scope{Scope::Kind::thread, s.two, 0});

  s.run.mailbox.processes({{8, 7, "child", false}, {7, 1, "parent", false}});
  s.model.refresh(s.run.batch(), 2 * second);
  press(s.model, s.ui, U'5');
  const std::vector<RowId> rows = thread_rows(s.model, s.ui);
  REQUIRE(rows.size() == 5);
  CHECK(rows[0] == (process_row | 1));  // the parent first
  CHECK(rows[4] == (process_row | 0));
  press(s.model, s.ui, Key::home);
  press(s.model, s.ui, Key::enter);
  CHECK(s.model.scope() == Scope{Scope::Kind::process, {}, 7});
}

TEST_CASE("processes that claim to be each other's parent", "[live]") {
  Screenful s;
  s.run.mailbox.processes({{8, 9, "a", false}, {9, 8, "b", false}, {7, 7, "self", false}});
  s.model.refresh(s.run.batch(), 2 * second);
  CHECK(thread_rows(s.model, s.ui).size() == 6);
  s.ui.view = View::threads;
  draw(s.model, s.ui, {30, 100}, {}, true);
}

TEST_CASE("saving asks for a name", "[live]") {
  Screenful s;
  s.ui.save_as = "a.bin";
  s.type("w");
  CHECK(s.ui.prompt->text == "a.bin");
  press(s.model, s.ui, Key::backspace);
  CHECK(press(s.model, s.ui, Key::enter).save == "a.bi");
  s.type("w");
  CHECK_FALSE(press(s.model, s.ui, Key::escape).save);
}

TEST_CASE("clicks select, sort and change the view", "[live]") {
  Screenful s;
  draw(s.model, s.ui, {24, 100}, {}, true);
  handle(s.model, s.ui, {Key::click, 0, s.ui.table_row + 1, 30}, second);
  CHECK(s.selected_name() == "parse");
  handle(s.model, s.ui, {Key::click, 0, s.ui.table_row - 1, 5}, second);
  CHECK(s.ui.sort == Sort::samples);
  handle(s.model, s.ui, {Key::click, 0, s.ui.tabs_row, s.ui.tabs[1].from + 1}, second);
  CHECK(s.ui.view == View::tree);
  handle(s.model, s.ui, {Key::wheel_down, 0, 5, 5}, second);
  handle(s.model, s.ui, {Key::click, 0, 500, 500}, second);
  CHECK(s.ui.view == View::tree);
}

TEST_CASE("no key does harm before there are samples", "[live]") {
  for (const bool opcodes : {false, true}) {
    Model model{Screenful::with(opcodes)};
    for (std::size_t view = 0; view < view_count; ++view) {
      Ui ui;
      ui.view = static_cast<View>(view);
      for (char32_t c = 0x20; c < 0x7f; ++c) press(model, ui, c);
      for (int key = 0; key <= static_cast<int>(Key::click); ++key) {
        press(model, ui, static_cast<Key>(key));
        draw(model, ui, {24, 80}, {}, true);
      }
    }
  }
}
