#include <tachyon/live/model.hpp>

#include <catch2/catch.hpp>

#include <live/support.hpp>

using namespace live_tests;

namespace {

struct TwoThreads {
  FakeRun run;
  Model model{example_run()};
  ThreadIndex one = run.thread(1);
  ThreadIndex two = run.thread(2, "helper", 8);
  StackId work = run.stack({{"main", 3}, {"work", 9}});
  StackId idle = run.stack({{"main", 4}, {"idle", 2}});

  void step(Moment now) {
    run.add(one, work, 3, Status::has_gil | Status::main_thread);
    run.add(two, idle, 1, Status::gil_requested);
    run.tick();
    model.refresh(run.batch(), now);
  }
};

}  // namespace

TEST_CASE("figures of all threads, of one, of a process", "[live]") {
  TwoThreads t;
  t.step(second);
  t.step(2 * second);
  const FunctionId work = find(t.model, "work");
  const FunctionId idle = find(t.model, "idle");
  CHECK(t.model.figures().total().samples == 8);
  CHECK(t.model.figures().function(work).self.samples == 6);
  CHECK(t.model.statistics().has_gil.samples == 6);
  CHECK(t.model.active_threads().size() == 2);

  t.model.choose({Scope::Kind::thread, t.two, 0});
  CHECK(t.model.figures().total().samples == 2);
  CHECK(t.model.figures().function(work).self.samples == 0);
  CHECK(t.model.figures().function(idle).self.samples == 2);
  CHECK(t.model.statistics().gil_requested.samples == 2);
  CHECK(t.model.statistics().total.samples == 2);

  t.step(3 * second);
  CHECK(t.model.figures().function(idle).self.samples == 3);
  CHECK(t.model.statistics().total.samples == 3);

  t.model.choose({Scope::Kind::process, {}, 7});
  CHECK(t.model.figures().total().samples == 9);
  t.model.choose({});
  CHECK(t.model.figures().total().samples == 12);
  CHECK(t.model.statistics().total.samples == 12);
}

TEST_CASE("trends compare with the refresh before", "[live]") {
  TwoThreads t;
  t.step(second);
  const FunctionId work = find(t.model, "work");
  CHECK(t.model.previous(work).self.samples == 0);
  t.step(2 * second);
  CHECK(t.model.previous(work).self.samples == 3);
  CHECK(t.model.previous_total().samples == 4);
}

TEST_CASE("the rate is that of the last second", "[live]") {
  FakeRun run;
  Model model{example_run()};
  model.refresh(run.batch(), second);
  CHECK(model.rate() == 0);
  for (int i = 1; i <= 50; ++i) {
    for (int k = 0; k < 100; ++k) run.tick();
    model.refresh(run.batch(), second + static_cast<Moment>(i) * second / 10);
  }
  CHECK(model.rate() == Approx(1000));
  for (int i = 1; i <= 30; ++i) {
    model.refresh(run.batch(), 6 * second + static_cast<Moment>(i) * second / 10);
  }
  CHECK(model.rate() == 0);
  CHECK(model.uptime() == 8 * second);
}

TEST_CASE("reset begins anew, but not after the end", "[live]") {
  TwoThreads t;
  t.step(second);
  t.model.choose({Scope::Kind::thread, t.one, 0});
  t.model.reset(2 * second);
  CHECK(t.model.figures().total().samples == 0);
  CHECK(t.model.ticks().taken == 0);
  CHECK(t.model.active_threads().empty());
  CHECK(t.model.uptime() == 0);
  t.step(3 * second);
  CHECK(t.model.figures().total().samples == 3);
  CHECK(t.model.uptime() == second);

  t.run.mailbox.end({End::duration, {}});
  t.model.refresh(t.run.batch(), 4 * second);
  CHECK_FALSE(t.model.running());
  t.model.reset(5 * second);
  CHECK(t.model.figures().total().samples == 3);
  t.model.refresh(t.run.batch(), 9 * second);
  CHECK(t.model.uptime() == 2 * second);  // clocks have stopped
}

TEST_CASE("tasks and collections are recognised", "[live]") {
  FakeRun run;
  Model model{example_run()};
  const ThreadIndex one = run.thread(1);
  const auto task = FrameKind::task;
  const StackId reading = run.stack({{"main", 1},
                                     {"Task-1", 0, "<task>", OpcodeId::none, task},
                                     {"serve", 5},
                                     {"Task-2", 0, "<task>", OpcodeId::none, task},
                                     {"read", 9}});
  const StackId collecting =
      run.stack({{"main", 1}, {"<GC>", 0, "~", OpcodeId::none, FrameKind::gc}, {"__del__", 3}});
  run.add(one, reading, 2);
  run.add(one, collecting, 2);
  model.refresh(run.batch(), second);
  const auto row = [&](std::string_view name) {
    return model.tasks().at(static_cast<std::size_t>(find(model, name)));
  };
  CHECK(row("Task-2").self.samples == 2);
  CHECK(row("Task-2").stack == reading);
  CHECK(row("Task-1").self.samples == 0);
  CHECK(model.figures().function(find(model, "Task-1")).total.samples == 2);
  CHECK(model.statistics().gc.samples == 2);
}

TEST_CASE("what becomes known of the target later", "[live]") {
  FakeRun run;
  Model model{example_run()};
  CHECK(model.interval() == 1'000'000);
  Target target = example_run().target;
  target.command_line = "python3 other.py";
  run.mailbox.target(target);
  run.mailbox.interval(4'000'000);
  model.refresh(run.batch(), second);
  CHECK(model.run().target.command_line == "python3 other.py");
  CHECK(model.interval() == 4'000'000);
  model.refresh(run.batch(), 2 * second);
  CHECK(model.interval() == 4'000'000);
}
