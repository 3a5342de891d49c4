#include <array>
#include <cstdlib>
#include <map>
#include <random>

#include <catch2/catch.hpp>

#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/codec/recording_writer.hpp>

#include "../support/in_full.hpp"
#include "../support/places.hpp"
#include "by_hand.hpp"

using namespace tachyon;

namespace {

// A profile as text: one line for each sample and tick.
// Two recordings that show the same are the same.
struct Shown {
  explicit Shown(const Tables& of) : tables{of} {}

  void add(const Sample& s) {
    const Thread& t = tables.threads[s.thread];
    text += std::to_string(t.process) + ":" + std::to_string(t.id) + "/" +
            std::to_string(t.interpreter);
    text += " @" + std::to_string(s.time) + "+" + std::to_string(s.weight) + " s" +
            std::to_string(static_cast<unsigned>(s.status));
    std::vector<FrameId> frames;
    tables.frames.frames_of(s.stack, frames);
    for (const FrameId id : frames) {
      const Frame& f = tables.frames[id];
      const ExecutedOpcode& o = tables.frames[f.opcode];
      text += " " + std::string{tables.frames.file_of(id)} + ":" +
              std::string{tables.frames.name_of(id)};
      for (const std::int32_t n : {tables.frames.function_of(id).first_line, f.location.line,
                                   f.location.end_line, f.location.column, f.location.end_column}) {
        text += "," + std::to_string(n);
      }
      text += "," + std::to_string(static_cast<int>(f.kind)) + "," + std::to_string(o.number) +
              std::string{tables.frames[o.name]} + "=" + std::string{tables.frames[o.base]} +
              (o.specialized ? "!" : "");
    }
    text += "\n";
    ++samples;
  }
  void end_tick(const Tick& t) {
    text += "tick @" + std::to_string(t.time) + "+" + std::to_string(t.weight) + " o" +
            std::to_string(static_cast<int>(t.outcome)) + " m" + std::to_string(t.missed) + "\n";
  }

  const Tables& tables;
  std::string text{};
  std::uint64_t samples = 0;
};

struct Read {
  std::string text;
  Run run;
  Recovery recovery;
  Errc error = Errc::ok;
  std::uint64_t samples = 0;
  std::vector<Thread> threads;
};

Read read(std::string_view bytes) {
  Read out;
  auto reader = RecordingReader::open(InputFile::over(as_bytes(bytes)));
  if (!reader) {
    out.error = reader.error().code;
    return out;
  }
  Tables tables;
  Shown shown{tables};
  out.error = reader->replay(tables, shown).error().code;
  if (const auto sources = reader->load_sources(); !sources && out.error == Errc::ok) {
    out.error = sources.error().code;
  }
  out.text = shown.text;
  out.run = reader->run();
  out.recovery = reader->recovery();
  out.samples = shown.samples;
  for (std::uint32_t i = 0; i < tables.threads.size(); ++i) {
    out.threads.push_back(tables.threads[ThreadIndex{i}]);
  }
  return out;
}

// The example of recording_format.hpp.
struct Example {
  Example() {
    FrameTable& f = tables.frames;
    const auto function = [&](const char* name, int line) {
      return f.function({f.string(name), f.string("a.py"), line});
    };
    outer = f.push(StackId::empty, f.frame({function("outer", 1), {3, 3, 4, 11}, {}, {}}));
    inner = f.push(outer, f.frame({function("inner", 5), {6, 6, -1, -1}, {}, {}}));
    thread = tables.threads.intern({7, 42, 0, "m", "", true});
    run.interval = 1'000'000;
    run.mode = ModeKind::wall;
    run.target.process = 7;
  }
  template <class C>
  void play(C& to) {
    tick(to, 1'000'000, 1'000'000, inner);
    tick(to, 2'000'000, 1'000'000, inner);
    tick(to, 3'010'000, 1'010'000, outer);
  }
  template <class C>
  void tick(C& to, std::uint64_t time, std::uint64_t weight, StackId stack) {
    to.add({thread, stack, Status(37), time, weight});
    to.end_tick({time, weight, TickOutcome::taken, 0});
  }
  Tables tables;
  StackId outer, inner;
  ThreadIndex thread;
  Run run;
};

// Everything a session may come up with, at random but repeatable.
struct Session {
  explicit Session(unsigned seed) : random{seed} {
    FrameTable& f = tables.frames;
    for (unsigned i = 0; i < 40; ++i) {
      const FunctionId function = f.function({f.string("f" + std::to_string(i % 13)),
                                              f.string("/x/m" + std::to_string(i % 5)),
                                              static_cast<std::int32_t>(random() % 100)});
      const auto line = static_cast<std::int32_t>(random() % 300);
      Frame frame{function, {line, line + 2, -1, -1}, {}, FrameKind(random() % 6)};
      if (i % 3 == 0) {
        frame.location = {line, line, 4, 80};
        frame.opcode = f.opcode({static_cast<std::uint16_t>(i), f.string("OP" + std::to_string(i)),
                                 f.string("BASE"), i % 2 == 0});
      }
      frames.push_back(f.frame(frame));
    }
    stacks.push_back(StackId::empty);
    for (unsigned i = 0; i < 200; ++i) {
      const FrameId leaf =
          frames[random() % frames.size()];  // one after the other, on any compiler
      const StackId parent = stacks[random() % stacks.size()];
      stacks.push_back(f.push(parent, leaf));
    }
    for (std::uint64_t id : {10U, 11U, 12U}) {
      for (std::uint32_t interpreter : {0U, 1U}) {
        threads.push_back(
            tables.threads.intern({5, id, interpreter, "t" + std::to_string(id), "", id == 10}));
      }
    }
    run.interval = 100'000;
    run.mode = ModeKind::all;
  }
  template <class C>
  void play(C& to, unsigned ticks) {
    std::map<std::uint32_t, std::pair<StackId, Status>> doing;
    std::uint64_t time = 0;
    for (unsigned i = 0; i < ticks; ++i) {
      const std::uint64_t before = time;
      time += 100'000 + random() % 7 * 1000;
      std::uint64_t weight = time - before;
      if (random() % 20 == 0) weight = 100'000;
      if (random() % 30 == 0) weight = random() % 1000 * 1000;
      const bool own = random() % 25 == 0;
      if (random() % 10 != 0) {
        for (const ThreadIndex thread : threads) {
          auto& [stack, status] = doing[static_cast<std::uint32_t>(thread)];
          if (random() % 4 == 0) stack = stacks[random() % stacks.size()];
          if (random() % 4 == 0) status = Status(random() % 512);
          if (random() % 5 == 0) continue;
          to.add({thread, stack, status, time + (own ? random() % 50 * 1000 : 0),
                  own ? random() % 300 * 1000 : weight});
          if (random() % 40 == 0) to.add({threads[0], stack, status, time, weight});
        }
      }
      to.end_tick({time, weight, TickOutcome(random() % 50 == 0 ? random() % 4 : 0),
                   random() % 40 == 0 ? static_cast<std::uint32_t>(random() % 9) : 0});
    }
  }
  std::mt19937 random;
  Tables tables;
  std::vector<FrameId> frames;
  std::vector<StackId> stacks;
  std::vector<ThreadIndex> threads;
  Run run;
};

std::string recorded(Session& session, unsigned ticks, RecordingOptions options,
                     std::string* shown) {
  Session twin = session;
  StringSink sink;
  RecordingWriter writer{sink, session.tables, session.run, options};
  session.play(writer, ticks);
  writer.finish(session.run);
  CHECK(writer.figures().bytes == sink.text().size());
  Shown live{twin.tables};
  twin.play(live, ticks);
  if (shown) *shown = live.text;
  return sink.take();
}

const char* const tables_payload =
    "00 00  01 03  00 02  00 02  01 02  01 00"
    "06 05 04 05"
    "1c 6f 75 74 65 72 61 2e 70 79 69 6e 6e 65 72"
    "0c 01 02 02  03 02 0a"
    "1c 00 04 00 08 0e 00 00  01 02 00 01 00 00 00"
    "08 00 00  00 02"
    "00"
    "10 00 0e 2a 00 01 01 6d 00";
const char* const samples_payload =
    "00 00 00 03 03 00 84 2f d0 0f"
    "04 10 00"
    "06 03 00  01"
    "04 01 02"
    "08 04 25 01 25"
    "06 00 00 14"
    "00";

}  // namespace

TEST_CASE("the recording as drawn, byte for byte") {
  Example example;
  StringSink sink;
  RecordingWriter writer{sink, example.tables, example.run};
  example.play(writer);
  writer.finish(example.run);

  const std::string run = by_hand::hex("01 03 c0 84 3d  02 01 01  03 01 05  0a 01 0e");
  CHECK(sink.text() == by_hand::lead() + by_hand::block('R', 0, run) +
                           by_hand::block('T', 1, by_hand::hex(tables_payload)) +
                           by_hand::block('S', 2, by_hand::hex(samples_payload)) +
                           by_hand::block('R', 3, run) +
                           by_hand::block('E', 4, by_hand::hex("03 03 04")));
  CHECK(by_hand::block('T', 1, by_hand::hex(tables_payload)).substr(0, 16) ==
        by_hand::hex("54 42 c6 0a 54 440000 01000000 62cd09c5"));
  CHECK(by_hand::block('S', 2, by_hand::hex(samples_payload)).substr(0, 16) ==
        by_hand::hex("54 42 c6 0a 53 1e0000 02000000 28be727a"));
  CHECK(by_hand::block('E', 4, by_hand::hex("03 03 04")).substr(0, 16) ==
        by_hand::hex("54 42 c6 0a 45 030000 04000000 c09005d2"));

  Shown live{example.tables};
  example.play(live);
  const Read back = read(sink.text());
  CHECK(back.error == Errc::ok);
  CHECK(back.text == live.text);
  CHECK(back.recovery.complete());
  CHECK(back.run.interval == 1'000'000);
  CHECK(back.run.mode == ModeKind::wall);
  CHECK(back.run.target.process == 7);
  CHECK(back.run.options.gc);
  REQUIRE(back.threads.size() == 1);
  CHECK(back.threads[0].name == "m");
  CHECK(back.threads[0].main);
}

TEST_CASE("a recording put together by hand shows what was meant") {
  using by_hand::column;
  using by_hand::folded;
  using by_hand::text_column;
  // Strings: 1 "f", 2 "m.py", 3 "ADD_INT", 4 "ADD". Two threads with one id in two interpreters.
  const std::string tables =
      by_hand::numbers({0, 0, 1, 4, 0, 1, 0, 2, 1, 2, 1, 1}) + column({1, 4, 7, 3}) +
      text_column("fm.pyADD_INTADD") + column({1, 2, folded(10)}) +
      column({0, folded(-3), folded(2), folded(-1), folded(0), 1, 0,  //
              0, folded(-10), folded(0), folded(-1), folded(0), 0, 2}) +
      column({0, folded(1), 0, folded(-1)}) + column({300, 3, 4, 1}) +
      by_hand::text_column(by_hand::numbers({0, folded(9), 77, 0, 1}) + by_hand::text("") +
                           by_hand::text("") + by_hand::numbers({1, folded(9), 77, 1, 0}) +
                           by_hand::text("w") + by_hand::text("Worker"));
  // Tick 1: both threads, own times and weights. Ticks 2, 3: torn, 4 missed each, nothing read.
  // Tick 4: the first thread only, weight the interval. Tick 5: a sample without a tick.
  const std::string samples = by_hand::numbers({0, 0, 0, 4, 5, 1000}) +
                              by_hand::numbers({folded(500), folded(100)}) +
                              column({0 << 4 | 1, 1 << 4 | 2, 0 << 4 | 2, 0 << 4 | 2 | 8}) +
                              column({2 | 0, 0, 2 | 1, 1,  //
                                      0, 1,                // both leave
                                      1,                   // the first comes
                                      2 | 1, 1}) +         // the row is emptied, the second comes
                              column({1, 2, 0, 0, 3, 1}) +
                              column({folded(2), 511, folded(-1), 0, folded(-1), 4}) +
                              column({folded(0), folded(10), folded(-20), folded(10), folded(0)}) +
                              column({folded(-7), folded(1), folded(3), folded(-2),  //
                                      2 | 2 << 3 | 32, 55, 4,                        //
                                      0 | 1 << 3,                                    //
                                      4 | 0 << 3});
  const std::string file =
      by_hand::lead(10) + by_hand::block('T', 0, tables) +
      by_hand::block('x', 1, "not known to anybody") +
      by_hand::block('R', 2, by_hand::numbers({1, 2}) + by_hand::number(7000)) +
      by_hand::block('S', 3, samples) + by_hand::block('E', 4, by_hand::numbers({4, 5, 4}));
  const Read back = read(file);
  CHECK(back.error == Errc::ok);
  CHECK(back.recovery.complete());
  const std::string lower = " m.py:f,10,7,9,-1,-1,0,300ADD_INT=ADD!",
                    upper = " m.py:f,10,0,0,-1,-1,2,0=";
  CHECK(back.text == "9:77/0 @10930+1010 s511" + upper + lower +
                         "\n"
                         "9:77/1 @11030+980 s0" +
                         upper +
                         "\n"
                         "tick @11000+1000 o0 m0\n"
                         "tick @12100+550 o2 m4\n"
                         "tick @12900+550 o2 m4\n"
                         "9:77/0 @14000+7000 s4\n"
                         "tick @14000+7000 o0 m0\n"
                         "9:77/1 @15000+1000 s511" +
                         upper + lower + "\n");
  CHECK(back.run.interval == 7000);
  REQUIRE(back.threads.size() == 2);
  CHECK(back.threads[1].python_name == "Worker");
}

TEST_CASE("what a session shows live, its recording shows again") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    for (const std::uint64_t flush_after : {0U, 1'000'000U, 1'000'000'000U}) {
      Session session{seed};
      std::string live;
      RecordingOptions options;
      options.flush_after = flush_after;
      const std::string file = recorded(session, 3000, options, &live);
      const Read back = read(file);
      CHECK(back.error == Errc::ok);
      CHECK((back.text == live));
      CHECK(back.recovery.complete());
    }
  }
}

TEST_CASE("a source that tells no ticks is recorded without any") {
  Example example;
  StringSink sink;
  RecordingWriter writer{sink, example.tables, example.run};
  Shown live{example.tables};
  for (const std::uint64_t time : {5'000'000U, 5'000'000U, 6'000'000U, 2'000'000U, 3'000'000U}) {
    const Sample sample{example.thread, time % 2 ? example.outer : example.inner, Status(4), time,
                        1'000'000};
    writer.add(sample);
    live.add(sample);
  }
  writer.finish(example.run);
  const Read back = read(sink.text());
  CHECK(back.text == live.text);
}

TEST_CASE("times are kept in whole units") {
  Example example;
  StringSink sink;
  RecordingWriter writer{sink, example.tables, example.run};
  example.tick(writer, 1'000'400, 1'000'400, example.inner);
  example.tick(writer, 2'000'900, 1'000'500, example.inner);
  writer.finish(example.run);
  const std::string text = read(sink.text()).text;
  CHECK(text.find("@1000000+1000000") != std::string::npos);
  CHECK(text.find("@2000000+1000000") != std::string::npos);
}

TEST_CASE("a run's description comes back whole") {
  Run run;
  run.target = {4711, "python -c 'x'", "/usr/bin/python3", "/tmp", {"/a", "", "/b"}, 3, 15, 2, true,
                99};
  run.mode = ModeKind::exception;
  run.options = {true, true, false, true, false, true, false};
  run.interval = 123;
  run.fixed_clock = run.interrupted = true;
  run.started = 1'700'000'000'000'000'000;
  run.duration = 5;
  std::uint64_t next = 1000;
  for (unsigned i = 0; i < recording::quality_counts; ++i) {
    std::uint64_t* const count = recording::quality_count(run.quality, i);
    REQUIRE(count != nullptr);
    *count = next++;
  }
  CHECK(run.quality.by_strategy[Strategy::exact] == 1009);  // numbers in files stay what they are
  CHECK(run.quality.by_strategy[Strategy::fast] == 1010);
  CHECK(run.quality.by_strategy[Strategy::blocking] == 1011);
  CHECK(run.quality.by_strategy[Strategy::kernel] == 1016);
  CHECK(run.quality.reused_checked == 1012);
  CHECK(recording::quality_count(run.quality, recording::quality_counts) == nullptr);
  run.quality.target_cost = 0.125;
  run.quality.fast_distance = {0.25, 0.0625};
  run.sources = {{"/a/x.py", "print(1)\n"}, {"b.py", std::string(100'000, '#')}};

  Tables tables;
  StringSink sink;
  RecordingWriter writer{sink, tables, Run{}};
  writer.add_source("b.py", run.sources["b.py"]);
  writer.finish(run);
  CHECK(writer.figures().sources == 2);
  const Run back = read(sink.text()).run;
  CHECK(back.target.process == 4711);
  CHECK(back.target.command_line == run.target.command_line);
  CHECK(back.target.executable == run.target.executable);
  CHECK(back.target.working_directory == "/tmp");
  CHECK(back.target.import_paths == run.target.import_paths);
  CHECK((back.target.major == 3 && back.target.minor == 15 && back.target.micro == 2));
  CHECK(back.target.free_threaded);
  CHECK(back.target.started == 99);
  CHECK(back.mode == ModeKind::exception);
  for (const auto option : recording::capture_options)
    CHECK(back.options.*option == run.options.*option);
  CHECK(back.interval == 123);
  CHECK(back.fixed_clock);
  CHECK(back.interrupted);
  CHECK(back.started == run.started);
  CHECK(back.duration == 5);
  ReadQuality counted = back.quality;
  for (unsigned i = 0; i < recording::quality_counts; ++i) {
    CHECK(*recording::quality_count(counted, i) == *recording::quality_count(run.quality, i));
  }
  CHECK(back.quality.target_cost == 0.125);
  CHECK(back.quality.fast_distance.value == 0.25);
  CHECK(back.quality.fast_distance.error == 0.0625);
  CHECK((back.sources == run.sources));

  StringSink without;
  RecordingOptions options;
  options.sources = false;
  RecordingWriter silent{without, tables, Run{}, options};
  silent.finish(run);
  CHECK(read(without.text()).run.sources.empty());
}

TEST_CASE("a thread that gets its name later has it in the end") {
  Example example;
  StringSink sink;
  RecordingOptions options;
  options.flush_after = 1;
  RecordingWriter writer{sink, example.tables, example.run, options};
  example.tick(writer, 1000, 1000, example.inner);
  (void)example.tables.threads.intern({7, 42, 0, "m2", "MainThread", true});
  example.tick(writer, 2000, 1000, example.inner);
  writer.finish(example.run);
  const Read back = read(sink.text());
  REQUIRE(back.threads.size() == 1);
  CHECK(back.threads[0].name == "m2");
  CHECK(back.threads[0].python_name == "MainThread");
}

TEST_CASE("a recording that is cut anywhere shows every block that is whole") {
  Session session{7};
  std::string live;
  RecordingOptions options;
  options.flush_after = 5'000'000;
  const std::string file = recorded(session, 60, options, &live);
  std::size_t most = 0, shorter = 0;
  for (std::size_t length = 0; length <= file.size(); ++length) {
    const Read back = read(std::string_view{file}.substr(0, length));
    if (length < recording::lead_size) {
      CHECK(back.error == (length < 8 ? Errc::not_a_recording : Errc::truncated));
      continue;
    }
    REQUIRE(back.error == Errc::ok);
    REQUIRE(live.compare(0, back.text.size(), back.text) == 0);
    REQUIRE(back.text.size() >= most);
    REQUIRE(back.recovery.lost_blocks == 0);
    REQUIRE(back.recovery.complete() == (length == file.size()));
    most = back.text.size();
    shorter += back.recovery.cut_bytes != 0;
  }
  CHECK(most == live.size());
  CHECK(shorter > file.size() / 2);
}

TEST_CASE("a recording with any byte changed shows the rest, and says what is missing") {
  Session session{8};
  std::string live;
  RecordingOptions options;
  options.flush_after = 3'000'000;
  std::string file = recorded(session, 40, options, &live);
  const std::uint64_t all = read(file).samples;
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (const std::size_t which : {0U, 1U, 2U}) {
      if (which != at % 3 && !test::in_full()) continue;  // a share: one of them for each byte
      const char change = std::array{'\x01', '\x80', '\xff'}[which];
      file[at] = static_cast<char>(file[at] ^ change);
      const Read back = read(file);
      file[at] = static_cast<char>(file[at] ^ change);
      if (at < recording::lead_size) {
        REQUIRE((back.error == Errc::not_a_recording || back.error == Errc::damaged));
        continue;
      }
      REQUIRE(back.error == Errc::ok);
      REQUIRE_FALSE(back.recovery.complete());
      REQUIRE(back.recovery.damaged_bytes + back.recovery.cut_bytes > 0);
      if (back.recovery.lost_blocks == 0) continue;  // the end block
      REQUIRE(back.samples + back.recovery.lost_samples == all);
      // Lines are missing or say that their stack is lost; none is new.
      REQUIRE(
          (back.recovery.lost_samples + back.recovery.nameless_samples > 0 || back.text == live));
    }
  }
}

TEST_CASE("a recording ends where another one begins") {
  RecordingOptions options;
  options.flush_after = 3'000'000;
  Session session{8}, longer{9};
  std::string live;
  const std::string first = recorded(session, 40, options, &live);
  const std::string second = recorded(longer, 90, options, nullptr);
  const Read both = read(first + second);
  CHECK(both.error == Errc::ok);
  CHECK(both.text == live);
  CHECK(both.recovery.complete());
  CHECK(both.recovery.foreign_bytes == second.size());
  CHECK(both.recovery.another_recording);
  const Read tail = read(first + "and so on");
  CHECK(tail.text == live);
  CHECK(tail.recovery.complete());
  CHECK(tail.recovery.foreign_bytes == 9);
  CHECK_FALSE(tail.recovery.another_recording);
  // Cut anywhere, the first does not go on in the second either.
  for (std::size_t length = recording::lead_size; length < first.size(); ++length) {
    const Read back = read(first.substr(0, length) + second);
    REQUIRE(back.error == Errc::ok);
    REQUIRE(live.compare(0, back.text.size(), back.text) == 0);
    REQUIRE(back.text == read(first.substr(0, length)).text);
    REQUIRE_FALSE(back.recovery.finished);
    REQUIRE(back.recovery.lost_blocks == 0);
    REQUIRE(back.recovery.damaged_bytes == 0);
    REQUIRE(back.recovery.foreign_bytes == second.size());
    REQUIRE(back.recovery.another_recording);
  }
  // Sources of another run are not this run's.
  Run run;
  run.sources = {{"a.py", "theirs\n"}};
  StringSink sink;
  RecordingWriter writer{sink, session.tables, run};
  writer.finish(run);
  CHECK(read(first + sink.text()).run.sources.empty());
}

TEST_CASE("lost tables leave the samples that do not need them") {
  Example example;
  StringSink sink;
  RecordingOptions options;
  options.flush_after = 1;
  RecordingWriter writer{sink, example.tables, example.run, options};
  example.tick(writer, 1'000'000, 1'000'000, example.outer);
  example.tick(writer, 2'000'000, 1'000'000, example.inner);
  example.tick(writer, 3'000'000, 1'000'000, example.outer);
  writer.finish(example.run);
  std::string file = sink.take();
  // The second tables block, which defines the stack of the second sample.
  std::size_t at = file.find("TB\xc6\nT");
  at = file.find("TB\xc6\nT", at + 1);
  file[at + 20] = static_cast<char>(file[at + 20] ^ 1);
  const Read back = read(file);
  CHECK(back.error == Errc::ok);
  CHECK(back.samples == 3);
  CHECK(back.recovery.lost_blocks == 1);
  CHECK(back.recovery.lost_samples == 0);
  CHECK(back.recovery.nameless_samples == 1);
  CHECK(back.text.find("@2000000+1000000 s37 ~:<lost in a damaged block>") != std::string::npos);
}

TEST_CASE("absurd counts are refused before anything is allocated for them") {
  using by_hand::column;
  using by_hand::text_column;
  const std::uint64_t absurd = std::uint64_t{1} << 60;
  const std::string none = text_column("") + text_column("") + text_column("") + text_column("") +
                           text_column("") + text_column("") + text_column("");
  const auto with = [](char kind, const std::string& payload) {
    return read(by_hand::lead() + by_hand::block(kind, 0, payload)).error;
  };
  for (std::size_t table = 0; table < 5; ++table) {
    std::vector<std::uint64_t> counts{0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0};
    counts[2 + 2 * table] = absurd;
    CHECK(with('T', by_hand::numbers(counts) + none) == Errc::damaged);
    counts[2 + 2 * table] = 1;
    counts[3 + 2 * table] = absurd;
    CHECK(with('T', by_hand::numbers(counts) + none) == Errc::damaged);
  }
  CHECK(with('T', by_hand::numbers({0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0}) + column({absurd})) ==
        Errc::damaged);
  CHECK(with('T', by_hand::numbers({0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, absurd * 2 + 1, 3})) ==
        Errc::damaged);
  for (std::size_t field = 3; field <= 4; ++field) {
    std::vector<std::uint64_t> span{0, 0, 0, 1, 1, 0, 0, 0};
    span[field] = absurd;
    CHECK(with('S', by_hand::numbers(span) + none) == Errc::damaged);
  }
  CHECK(with('S', by_hand::numbers({0, 0, 0, 1, 1, 0, 0, 0}) + column({absurd}) + text_column("") +
                      text_column("") + text_column("") + text_column("") + text_column("")) ==
        Errc::damaged);
  CHECK(with('S', by_hand::numbers({0, 0, 0, 1, 1, 0, 0, 0}) + column({0}) +
                      column({absurd << 2 | 3, 0}) + column({1}) + column({0, 0}) + column({0}) +
                      text_column("")) == Errc::damaged);
}

TEST_CASE("what is no recording, or one of the future, is told apart") {
  CHECK(read("").error == Errc::not_a_recording);
  CHECK(read("HCAT and so on, this is the other tool's").error == Errc::not_a_recording);
  CHECK(read("TACHYON\n").error == Errc::truncated);
  std::string head = "TACHYON\n" + by_hand::little(2, 2) + by_hand::little(0, 2) +
                     by_hand::little(0, 4) + by_hand::little(1000, 4);
  CHECK(read(head + by_hand::little(by_hand::crc32c(head), 4)).error == Errc::unsupported);
  head[8] = 1;
  head[12] = 1;  // a feature that we do not know
  CHECK(read(head + by_hand::little(by_hand::crc32c(head), 4)).error == Errc::unsupported);
  CHECK(read(by_hand::lead() + by_hand::block('Z', 0, "")).error == Errc::unsupported);
  CHECK(read(by_hand::lead() + by_hand::block('z', 0, "")).error == Errc::ok);
}

TEST_CASE("a file full of false beginnings costs bounded work") {
  std::string file = by_hand::lead();
  while (file.size() < 2'000'000) file += by_hand::hex("54 42 c6 0a 53 00 00 10");
  const Read back = read(file);
  CHECK(back.error == Errc::ok);
  CHECK(back.samples == 0);
  CHECK(back.recovery.damaged_bytes == file.size() - recording::lead_size);
}

TEST_CASE("a reader can be told to forget, so that old blocks can be dropped") {
  Example example;
  recording::TableWriter writer{example.tables};
  Compressor compressor;
  std::string first, second;
  const auto nothing = [] {};
  CHECK(writer.stack(example.inner, nothing) == 2);
  writer.append_to(first, compressor);
  writer.restart();
  CHECK(writer.stack(example.outer, nothing) == 1);
  CHECK(writer.epoch() == 1);
  writer.append_to(second, compressor);
  Tables tables;
  recording::TableReader reader{tables, 1000};
  Decompressor decompressor;
  REQUIRE(reader.read(as_bytes(second), decompressor));  // the first was dropped
  CHECK(reader.knows(1));
  CHECK(tables.frames.depth(reader.stack(1, true)) == 1);
  CHECK(tables.frames.name_of(tables.frames.leaf(reader.stack(2, true))).starts_with("<lost"));
}

TEST_CASE("parts of a recording are read without the rest") {
  Session session{9};
  RecordingOptions options;
  options.flush_after = 10'000'000;
  const std::string file = recorded(session, 2000, options, nullptr);
  auto reader = RecordingReader::open(InputFile::over(as_bytes(file)));
  REQUIRE(reader);
  Tables tables;
  Shown part{tables};
  const TimeWindow window{reader->end() / 2, reader->end() / 2 + 1'000'000};
  REQUIRE(reader->replay(tables, part, window, [](auto, auto) { return true; }));
  CHECK(part.samples > 0);
  CHECK(part.samples < reader->samples() / 8);
}

// Files of every version that was ever released, read for ever. A new version adds a file with
// TACHYON_NEW_RECORDING=N ./unit, N being its number; those that are there are never written again.
TEST_CASE("recordings of older versions show what they showed") {
  const std::string folder = test::tests_folder() + "/codec/golden/recording-";
  Session session{42};
  session.run.target.command_line = "python app.py";
  session.run.sources = {{"/x/m1", "def f():\n    pass\n"}};
  RecordingOptions options;
  options.flush_after = 10'000'000;
  std::string live;
  const std::string file = recorded(session, 300, options, &live);
  if (const char* const number = std::getenv("TACHYON_NEW_RECORDING")) {
    auto golden = OutputFile::create(folder + number + ".bin");
    REQUIRE(golden);
    golden->put(file);
    REQUIRE(golden->close());
  }
  for (int released = 1; released <= recording::version; ++released) {
    INFO("version " << released);
    auto golden = InputFile::open((folder + std::to_string(released) + ".bin").c_str());
    REQUIRE(golden);
    std::string bytes(golden->size(), '\0');
    REQUIRE(golden->read(0, bytes));
    if (!has_zstd) {
      CHECK(read(bytes).error == Errc::unsupported);
      continue;
    }
    const Read back = read(bytes);
    CHECK(back.error == Errc::ok);
    CHECK((back.text == live));
    CHECK(back.recovery.complete());
    CHECK(back.run.target.command_line == "python app.py");
    CHECK(back.run.sources.at("/x/m1") == "def f():\n    pass\n");
  }
}
