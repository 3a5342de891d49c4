#include <tachyon/live/held.hpp>

#include <catch2/catch.hpp>

#include <live/support.hpp>

using namespace live_tests;

TEST_CASE("a long pause keeps every sample and little else", "[live]") {
  FakeRun run;
  HeldBatches held;
  const StackId a = run.stack({{"a", 1}});
  const StackId b = run.stack({{"b", 1}});
  const ThreadIndex thread = run.thread(1);
  for (int i = 0; i < 3'600 * 10; ++i) {  // an hour, ten refreshes a second
    run.add(thread, a);
    run.add(thread, b, 2);
    run.time += 99'000'000;
    run.tick();
    held.hold(run.batch());
  }
  Model model{example_run()};
  std::size_t entries = 0;
  for (Batch& batch : held.release()) {
    entries += batch.entries.size();
    model.refresh(std::move(batch), second);
  }
  CHECK(entries <= 2 * (History::seconds + 2));
  CHECK(held.empty());
  CHECK(model.ticks().taken == 36'000);
  CHECK(model.figures().function(find(model, "a")).self.samples == 36'000);
  CHECK(model.figures().function(find(model, "b")).self.samples == 72'000);
  CHECK(model.figures().history(find(model, "b"))->at(model.second(), 30).self > 0);
}

TEST_CASE("the end of sampling is noticed during a pause", "[live]") {
  FakeRun run;
  HeldBatches held;
  held.hold(run.batch());
  CHECK_FALSE(held.ended());
  run.mailbox.end({End::exited, {}});
  held.hold(run.batch());
  CHECK(held.ended());
}
