#include <algorithm>
#include <catch2/catch.hpp>

#include <tachyon/codec/cpython_writer.hpp>
#include <tachyon/codec/recording_writer.hpp>
#include <tachyon/sampler/opcode_spellings.hpp>
#include <tachyon/sampler/replay.hpp>
#include <tachyon/sampler/replay_filters.hpp>

using namespace tachyon;

namespace {

struct Shown {
  void add(const Sample& s) {
    const Thread& t = tables.threads[s.thread];
    text += t.name.empty() ? std::to_string(t.id) : t.name;
    text += "@" + std::to_string(s.time / 1'000'000);
    std::vector<FrameId> frames;
    tables.frames.frames_of(s.stack, frames);
    for (const FrameId id : frames) text += " " + std::string{tables.frames.name_of(id)};
    text += "\n";
  }
  void end_tick(const Tick& t) {
    text += "tick@" + std::to_string(t.time / 1'000'000) + " " +
            std::to_string(static_cast<int>(t.outcome)) + "\n";
  }
  const Tables& tables;
  std::string text{};
};

struct Program {
  Program() {
    FrameTable& f = tables.frames;
    const auto frame = [&](const char* name, FrameKind kind) {
      const char* const file = kind == FrameKind::python ? "m.py" : "~";
      return f.frame({f.function({f.string(name), f.string(file), 0}), {}, {}, kind});
    };
    const StackId main = f.push(StackId::empty, frame("<module>", FrameKind::python));
    work = f.push(main, frame("work", FrameKind::python));
    collect = f.push(work, frame("<GC>", FrameKind::gc));
    callback = f.push(collect, frame("callback", FrameKind::python));
    native =
        f.push(f.push(main, frame("<native>", FrameKind::native)), frame("key", FrameKind::python));
    threads = {tables.threads.intern({1, 100, 0, "python", "MainThread", true}),
               tables.threads.intern({1, 101, 0, "python", "worker", false}),
               tables.threads.intern({1, 100, 1, "", "", true})};
    run.interval = 1'000'000;
    run.mode = ModeKind::all;
  }
  template <class C>
  void play(C& to) const {
    const Status main = Status::main_thread;
    tick(to, 1,
         {{threads[0], work, main | Status::has_gil | Status::on_cpu},
          {threads[1], native, Status::on_cpu},
          {threads[2], work, main}});
    tick(to, 2,
         {{threads[0], callback, main | Status::has_gil},
          {threads[1], collect, Status::has_exception}});
    tick(to, 3, {{threads[1], native, Status::unknown}});
    tick(to, 4, {});
  }
  template <class C>
  static void tick(C& to, std::uint64_t time, std::vector<Sample> samples) {
    for (Sample& sample : samples) {
      sample.time = time * 1'000'000;
      sample.weight = 1'000'000;
      to.add(static_cast<const Sample&>(sample));
    }
    to.end_tick(Tick{time * 1'000'000, 1'000'000, TickOutcome::taken, 0});
  }
  std::string live() const {
    Shown shown{tables};
    play(shown);
    return shown.text;
  }
  std::string recording() const {
    StringSink sink;
    RecordingWriter writer{sink, tables, run};
    play(writer);
    writer.finish(run);
    return sink.take();
  }
  std::string cpython() const {
    struct NoTicks {
      void add(const Sample& s) { to.add(s); }
      void end_tick(const Tick&) {}
      CpythonRecording& to;
    };
    CpythonRecording recording{tables};
    NoTicks to{recording};
    play(to);
    StringSink sink;
    recording.write(sink, run);
    return sink.take();
  }

  Tables tables;
  StackId work, collect, callback, native;
  std::vector<ThreadIndex> threads;
  Run run;
};

template <class... Fs>
std::string kept(const Program& program, Fs... filters) {
  Shown shown{program.tables};
  Filtered filtered{shown, filters...};
  program.play(filtered);
  return shown.text;
}

}  // namespace

TEST_CASE("a recording replays what was live") {
  const Program program;
  const std::string file = program.recording();
  auto replay = Replay::over(InputFile::over(as_bytes(file)));
  REQUIRE(replay);
  CHECK(replay->format() == Replay::Format::tachyon);
  CHECK(replay->samples() == 6);
  CHECK(replay->run().replayed);
  CHECK(replay->recovery().complete());
  Tables tables;
  Shown shown{tables};
  std::uint64_t calls = 0;
  REQUIRE(replay->play(tables, shown, {}, [&](std::uint64_t done, std::uint64_t all) {
    ++calls;
    CHECK(done <= all);
    return true;
  }));
  CHECK(calls > 0);
  CHECK(shown.text == program.live());
  CHECK(replay->extent()->to == 4'000'000);
}

TEST_CASE("CPython's file replays as another format of the same") {
  const Program program;
  const std::string file = program.cpython();
  auto replay = Replay::over(InputFile::over(as_bytes(file)));
  REQUIRE(replay);
  CHECK(replay->format() == Replay::Format::cpython);
  CHECK(replay->samples() == 6);
  CHECK(replay->extent()->from == 1'000'000);
  CHECK(replay->extent()->to == 3'000'000);
  Tables tables;
  Shown shown{tables};
  REQUIRE(replay->play(tables, shown));
  CHECK(shown.text.find("100@1 <module> work\n") != std::string::npos);
  CHECK(shown.text.find("101@3 <module> <native> key\n") != std::string::npos);
}

TEST_CASE("a replay can be stopped") {
  const Program program;
  for (const std::string& file : {program.recording(), program.cpython()}) {
    auto replay = Replay::over(InputFile::over(as_bytes(file)));
    REQUIRE(replay);
    if (replay->format() == Replay::Format::cpython) continue;  // too short to be asked
    Tables tables;
    Shown shown{tables};
    const auto stop = [](std::uint64_t, std::uint64_t) { return false; };
    CHECK(replay->play(tables, shown, {}, stop).error().code == Errc::timed_out);
  }
}

TEST_CASE("recordings become each other") {
  const Program program;
  const std::string ours = program.recording(), theirs = program.cpython();
  const auto converted = [](const std::string& from, bool to_cpython) {
    auto replay = Replay::over(InputFile::over(as_bytes(from)));
    REQUIRE(replay);
    Tables tables;
    StringSink sink;
    if (to_cpython) {
      CpythonRecording recording{tables};
      REQUIRE(replay->play(tables, recording));
      recording.write(sink, replay->run());
    } else {
      RecordingWriter writer{sink, tables, replay->run()};
      REQUIRE(replay->play(tables, writer));
      writer.finish(replay->run());
    }
    return sink.take();
  };
  CHECK((converted(ours, false) == ours));
  CHECK((converted(theirs, true) == theirs));
  CHECK((converted(converted(theirs, false), true) == theirs));
}

TEST_CASE("files that are neither are refused") {
  for (const std::string_view file :
       {"", "TACH", "HCAT", "what is this, and why is it here: a text of more than 64 bytes!"}) {
    CHECK(Replay::over(InputFile::over(as_bytes(file))).error().code == Errc::not_a_recording);
  }
  CHECK(Replay::open("/").error().sys == EISDIR);
  CHECK(Replay::open("/dev/null").error().code == Errc::cannot_open);
  CHECK(Replay::open("/no/such/file").error().sys == ENOENT);
}

TEST_CASE("filters keep what they are asked for") {
  const Program program;
  CHECK(kept(program, Between{2'000'000, 3'000'000}) ==
        "python@2 <module> work <GC> callback\npython@2 <module> work <GC>\ntick@2 0\n");
  CHECK(kept(program, ByMode{ModeKind::gil}) ==
        "python@1 <module> work\ntick@1 0\npython@2 <module> work <GC> callback\ntick@2 0\n"
        "tick@3 3\ntick@4 0\n");
  CHECK(kept(program, ByMode{ModeKind::exception}) ==
        "tick@1 3\npython@2 <module> work <GC>\ntick@2 0\ntick@3 3\ntick@4 0\n");
  CHECK(kept(program, ByMode{ModeKind::wall}) == program.live());
  CHECK(kept(program, ByThread{program.tables, {"worker"}}) ==
        kept(program, ByThread{program.tables, {"101"}}));
  CHECK(kept(program, ByThread{program.tables, {"worker"}}, Between{0, 2'000'000}) ==
        "python@1 <module> <native> key\ntick@1 0\n");
  CHECK(kept(program, ByThread{program.tables, {"10", "", "nobody"}}, Between{0, 2'000'000}) ==
        "tick@1 3\n");
  CHECK(kept(program, ByThread{program.tables, {"main"}}) ==
        kept(program, MainThread{program.tables}));
}

TEST_CASE("a thread goes by the last name in the file, in every block") {
  Program program;
  Tables& tables = program.tables;
  StringSink sink;
  RecordingWriter writer{sink, tables, program.run};
  const ThreadIndex thread = tables.threads.intern({1, 102, 0, "python", "first", false});
  Program::tick(writer, 1, {{thread, program.work, Status::none}});
  Program::tick(writer, 2000, {{thread, program.work, Status::none}});  // closes the block
  tables.threads.intern({1, 102, 0, "", "second", false});
  Program::tick(writer, 4000, {{thread, program.work, Status::none}});
  writer.finish(program.run);
  const std::string file = sink.take();
  const auto samples = [&](const char* name, bool ahead) {
    auto replay = Replay::over(InputFile::over(as_bytes(file)));
    REQUIRE(replay);
    auto last = replay->threads();
    REQUIRE(last);
    Tables read;
    Shown shown{read};
    Filtered filtered{shown,
                      ByThread{read, {name}, ahead ? LastNames{std::move(*last)} : LastNames{}}};
    REQUIRE(replay->play(read, filtered));
    return std::count(shown.text.begin(), shown.text.end(), '<');
  };
  CHECK(samples("second", true) == 3);
  CHECK(samples("first", true) == 0);
  CHECK(samples("first", false) == 2);  // what is not known ahead
  const std::string theirs = program.cpython();
  CHECK(Replay::over(InputFile::over(as_bytes(theirs)))->threads()->size() == 0);
}

TEST_CASE("what the recording does not know is counted, not guessed") {
  const Program program;
  ByMode cpu{ModeKind::cpu};
  Shown shown{program.tables};
  Filtered<Shown, ByMode&> filtered{shown, cpu};
  program.play(filtered);
  CHECK(shown.text ==
        "python@1 <module> work\npython@1 <module> <native> key\ntick@1 0\ntick@2 3\n"
        "tick@3 3\ntick@4 0\n");
  CHECK(cpu.undecided() == 1);
}

TEST_CASE("stacks without frames of a kind") {
  Program program;
  Shown shown{program.tables};
  Filtered filtered{shown, WithoutFrames{program.tables, FrameKind::gc},
                    WithoutFrames{program.tables, FrameKind::native}};
  program.play(filtered);
  CHECK(shown.text ==
        "python@1 <module> work\npython@1 <module> key\n100@1 <module> work\ntick@1 0\n"
        "python@2 <module> work callback\npython@2 <module> work\ntick@2 0\n"
        "python@3 <module> key\ntick@3 0\ntick@4 0\n");
}

TEST_CASE("opcodes of CPython's files get the names of their version") {
  const auto spellings = opcode_spellings(15);
  REQUIRE(spellings.size() == 256);
  bool some_are_special = false;
  for (const auto& spelling : spellings) {
    if (!spelling.specialized) continue;
    some_are_special = true;
    CHECK(spelling.name != spelling.base);
  }
  CHECK(some_are_special);
  CHECK(opcode_spellings(2).empty());
}

namespace {

struct Stopping {
  int asked = 0;
  bool stops = false;
  bool stop() { return ++asked > 0 && stops; }
  void progress(const Progress&) {}
  int descriptor() const { return -1; }
};

}  // namespace

// Not in the header: it would be instantiated wherever that is included.
static_assert(Source<ReplaySource>);

TEST_CASE("a recording is a source like a program") {
  const Program program;
  const std::string file = program.recording();
  auto replay = Replay::over(InputFile::over(as_bytes(file)));
  REQUIRE(replay);
  SECTION("the collector gets what play() gives it, the outcome is the recorded run's") {
    Tables read, again;
    Shown played{read}, pushed{again};
    REQUIRE(replay->play(read, played));
    Stopping control;
    const Outcome outcome = ReplaySource{*replay, again}.run(pushed, control);
    CHECK(outcome.end == RunEnd::duration);
    CHECK(pushed.text == played.text);
    CHECK(outcome.duration == replay->run().duration);
    CHECK(outcome.quality.valid == replay->run().quality.valid);
    CHECK(control.asked > 0);
  }
  SECTION("it can be stopped") {
    Tables read;
    Shown shown{read};
    Stopping control;
    control.stops = true;
    CHECK(ReplaySource{*replay, read}.run(shown, control).end == RunEnd::stopped);
    CHECK(shown.text.empty());
  }
  SECTION("a damaged one fails") {
    std::string cut = program.cpython();
    cut.resize(cut.size() / 2);
    auto broken = Replay::over(InputFile::over(as_bytes(cut)));
    if (!broken) return;  // refused when it is opened
    Tables read;
    Shown shown{read};
    Stopping control;
    CHECK(ReplaySource{*broken, read}.run(shown, control).end == RunEnd::failed);
  }
}

TEST_CASE("a thread that is renamed goes by its last name, as in the outputs") {
  Tables tables;
  Sample sample;
  sample.thread = tables.threads.intern({1, 71, 0, "python3", "first", false});
  ThreadTable last;
  last.intern({1, 71, 0, "python3", "second", false});
  ByThread first{tables, {"first"}, last}, second{tables, {"sec*"}, last};
  CHECK(second(sample));
  CHECK_FALSE(first(sample));
  tables.threads.intern({1, 71, 0, "", "second", false});
  CHECK(second(sample));
  sample.thread = tables.threads.intern({1, 72, 0, "", "first", false});  // not in the table
  CHECK(first(sample));
}

TEST_CASE("a thread whose name comes later is one of them from then on") {
  Tables tables;
  const ThreadIndex worker = tables.threads.intern({1, 71, 0, "Worker-1", "", false});
  const ThreadIndex other = tables.threads.intern({1, 72, 0, "", "", false});
  ByThread filter{tables, {"Worker*"}};
  Sample sample;
  sample.thread = worker;
  CHECK(filter(sample));
  CHECK(filter(sample));
  sample.thread = other;
  CHECK_FALSE(filter(sample));
  tables.threads.intern({1, 72, 0, "Worker-2", "", false});
  CHECK(filter(sample));
}
