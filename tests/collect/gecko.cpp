#include <tachyon/collect/gecko.hpp>

#include <utility>
#include <catch2/catch.hpp>

#include "golden.hpp"
#include "hand_made.hpp"

namespace tachyon {
namespace {

using test::Recording;

std::string gecko_of(const Recording& r) {
  Gecko gecko{r.tables};
  r.feed(gecko);
  StringSink sink;
  gecko.write(sink, r.run);
  return sink.take();
}

// test_gecko.py judges this file: lengths, indices, keys, figures.
TEST_CASE("a Firefox Profiler profile") {
  test::check_golden("gecko.json", gecko_of(test::busy_recording()));
}

TEST_CASE("a Firefox Profiler profile of nothing, and without what is not known") {
  Recording r;
  test::check_golden("gecko-empty.json", gecko_of(r));
  r.run.target.free_threaded = true;
  r.add(r.thread(1), r.stack({r.frame("a.py", "f", 3)}), Status::unknown);
  const std::string text = gecko_of(r);
  CHECK_THAT(text, !Catch::Contains(R"("type":"NoGIL")"));
  CHECK_THAT(text, !Catch::Contains(R"("type":"OffCPU")"));
  CHECK_THAT(text, Catch::Contains(R"("type":"NoException")"));
}

TEST_CASE("threads of one name are told apart, and the main one has its name from Python") {
  Recording r;
  for (const auto& [id, name] : {std::pair{10U, "python3"}, std::pair{11U, "python3"},
                                 std::pair{12U, "python3"}, std::pair{13U, "worker"}}) {
    r.add(r.thread(id, name, id == 10), r.stack({r.frame("a.py", "f", 3)}), Status::none);
  }
  const std::string text = gecko_of(r);
  for (const char* name : {"MainThread", "python3 (11)", "python3 (12)", "worker"}) {
    CHECK_THAT(text, Catch::Contains("{\"name\":\"" + std::string{name} + "\",\"isMainThread\""));
  }
}

TEST_CASE("times are milliseconds, rounded to microseconds") {
  Recording r;
  r.samples.push_back({r.thread(1), StackId::empty, Status::none, 499, 1});
  r.samples.push_back({r.thread(1), StackId::empty, Status::none, 1'000'500, 1});
  r.samples.push_back({r.thread(1), StackId::empty, Status::none, 2'030'000, 1});
  r.samples.push_back({r.thread(1), StackId::empty, Status::none, 3'400'000, 1});
  r.samples.push_back({r.thread(1), StackId::empty, Status::none, 123'456'999'999, 1});
  CHECK_THAT(gecko_of(r), Catch::Contains(R"("stack":[null,null,null,null,null])") &&
                              Catch::Contains(R"("time":[0,1.001,2.03,3.4,123457])"));
}

}  // namespace
}  // namespace tachyon
