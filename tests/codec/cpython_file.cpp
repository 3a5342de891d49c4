#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include <tachyon/codec/cpython_reader.hpp>
#include <tachyon/codec/cpython_writer.hpp>

#include "../support/in_full.hpp"
#include "by_hand.hpp"

using namespace tachyon;

namespace {

struct CpythonRead {
  std::string text;
  Run run;
  Errc error = Errc::ok;
  std::uint64_t samples = 0;
};

struct CpythonShown {
  void add(const Sample& s) {
    const Thread& t = tables.threads[s.thread];
    text += std::to_string(t.id) + "/" + std::to_string(t.interpreter) + " @" +
            std::to_string(s.time) + "+" + std::to_string(s.weight) + " s" +
            std::to_string(static_cast<unsigned>(s.status));
    std::vector<FrameId> frames;
    tables.frames.frames_of(s.stack, frames);
    for (const FrameId id : frames) {
      const Frame& f = tables.frames[id];
      text += " " + std::string{tables.frames.file_of(id)} + ":" +
              std::string{tables.frames.name_of(id)};
      for (const std::int32_t n :
           {f.location.line, f.location.end_line, f.location.column, f.location.end_column}) {
        text += "," + std::to_string(n);
      }
      text += "," + std::to_string(static_cast<int>(f.kind));
      if (f.opcode != OpcodeId::none) text += "," + std::to_string(tables.frames[f.opcode].number);
    }
    text += "\n";
    ++samples;
  }
  const Tables& tables;
  std::string text{};
  std::uint64_t samples = 0;
};

CpythonRead read_cpython(std::string_view bytes) {
  CpythonRead out;
  auto reader = CpythonReader::open(InputFile::over(as_bytes(bytes)));
  if (!reader) {
    out.error = reader.error().code;
    return out;
  }
  Tables tables;
  CpythonShown shown{tables};
  out.error = reader->replay(tables, shown).error().code;
  out.text = shown.text;
  out.samples = shown.samples;
  out.run = reader->run();
  return out;
}

// The format has none: a reader infers them.
std::string without_weights(std::string text) {
  for (std::size_t at = 0; (at = text.find('+', at)) != std::string::npos;) {
    text.erase(at, text.find(' ', at) - at);
  }
  return text;
}

using by_hand::folded;
using by_hand::number;
using by_hand::numbers;

// The whole file by hand, in either byte order.
struct Hand {
  bool foreign = false;
  std::string data, strings, frames, statistics;
  std::uint32_t string_count = 0, frame_count = 0, threads = 0, capture = 0x49, compression = 0;
  std::uint64_t samples = 0, interval = 1000;

  std::string fixed(std::uint64_t value, int width) const {
    return foreign ? by_hand::big(value, width) : by_hand::little(value, width);
  }
  std::string real(double value) const { return fixed(std::bit_cast<std::uint64_t>(value), 8); }

  void text(std::string_view value) {
    strings += by_hand::text(value);
    ++string_count;
  }
  void frame(std::uint64_t file, std::uint64_t name, std::int64_t line, std::int64_t end,
             std::int64_t column, std::int64_t end_column, int opcode) {
    frames += numbers({file, name, folded(line), folded(end - line), folded(column),
                       folded(end_column - column)}) +
              std::string(1, static_cast<char>(opcode));
    ++frame_count;
  }
  void record(std::uint64_t thread, std::uint64_t interpreter, int kind, const std::string& rest) {
    data +=
        fixed(thread, 8) + fixed(interpreter, 4) + std::string(1, static_cast<char>(kind)) + rest;
  }
  std::string file() const {
    const std::uint64_t strings_at = 64 + data.size(), frames_at = strings_at + strings.size();
    const std::uint64_t size = frames_at + frames.size() + statistics.size() + 32;
    return fixed(0x54414348, 4) + fixed(1, 4) + "\x03\x0f\x02" + std::string(1, '\0') +
           fixed(5'000'000, 8) + fixed(interval, 8) + fixed(samples, 8) + fixed(threads, 4) +
           fixed(strings_at, 8) + fixed(frames_at, 8) + fixed(compression, 4) + fixed(capture, 4) +
           data + strings + frames + statistics + fixed(string_count, 4) + fixed(frame_count, 4) +
           fixed(size, 8) + std::string(16, '\0');
  }
};

// All four kinds of record, two interpreters with equal thread ids, an empty stack,
// synthetic frames.
Hand known(bool foreign) {
  Hand hand;
  hand.foreign = foreign;
  for (const char* const text : {"a.py", "<module>", "f", "~", "<GC>", "\xc3\xbc.py"})
    hand.text(text);
  hand.frame(0, 1, 10, 12, 4, 9, 255);    // 0  a.py <module>
  hand.frame(0, 2, 3, 3, -1, -1, 77);     // 1  a.py f, columns not known
  hand.frame(3, 4, -1, -1, -1, -1, 255);  // 2  <GC>, nothing known
  hand.frame(5, 2, 0, 0, 0, 0, 200);      // 3  line 0
  hand.threads = 2;
  hand.samples = 9;
  const std::string s = "\x24", t = "\x01";
  hand.record(42, 0, 1, number(7) + s + numbers({2, 1, 0}));  // <module> f
  hand.record(42, 1, 1, number(300) + t + numbers({0}));      // nothing
  hand.record(42, 0, 0, number(3) + number(10) + s + number(0) + t + number(200) + s);
  hand.record(42, 0, 2, number(5) + s + numbers({2, 1, 2}));  // <module> f <GC>
  hand.record(42, 1, 2, number(1) + s + numbers({0, 1, 3}));  // ü.py
  hand.record(42, 0, 3, number(1) + s + numbers({2, 1, 3}));  // <module> ü.py
  hand.record(42, 0, 3, number(1) + s + numbers({2, 0}));     // nothing left
  return hand;
}

const std::string module = " a.py:<module>,10,12,4,9,0", called = " a.py:f,3,3,-1,-1,0,77",
                  gc = " ~:<GC>,0,0,-1,-1,2", umlaut = " \xc3\xbc.py:f,0,0,0,0,0,200";
const std::string known_text =
    "42/0 @7000+1000000 s36" + module + called + "\n" + "42/1 @300000+1000000 s1\n" +
    "42/0 @17000+10000 s36" + module + called + "\n" + "42/0 @17000+0 s1" + module + called + "\n" +
    "42/0 @217000+200000 s36" + module + called + "\n" + "42/0 @222000+5000 s36" + module + called +
    gc + "\n" + "42/1 @301000+1000 s36" + umlaut + "\n" + "42/0 @223000+1000 s36" + module +
    umlaut + "\n" + "42/0 @224000+1000 s36\n";

struct Profile {
  explicit Profile(unsigned seed, std::size_t deepest = 40) {
    std::mt19937 random{seed};
    FrameTable& to = tables.frames;
    std::vector<StackId> stacks{StackId::empty};
    std::vector<FrameId> frames;
    for (unsigned i = 0; i < 30; ++i) {
      const auto line = static_cast<std::int32_t>(random() % 400 + 1);
      Frame frame{
          to.function({to.string("f" + std::to_string(i % 9)), to.string("m.py"), 0}), {}, {}, {}};
      if (i % 4) frame.location = {line, line + 1, 2, 8};
      if (i % 3 == 0) {
        frame.opcode =
            to.opcode({static_cast<std::uint16_t>(i), to.string(""), to.string(""), false});
      }
      frames.push_back(to.frame(frame));
    }
    for (unsigned i = 0; i < 300; ++i) {
      const StackId parent = stacks[random() % stacks.size()];
      if (to.depth(parent) < deepest)
        stacks.push_back(to.push(parent, frames[random() % frames.size()]));
    }
    std::vector<ThreadIndex> threads;
    for (const std::uint32_t interpreter : {0U, 1U, 2U}) {
      threads.push_back(tables.threads.intern({0, 99, interpreter, "", "", false}));
    }
    std::vector<StackId> doing(3);
    for (std::uint64_t time = 1; time < 2000; ++time) {
      const std::size_t i = random() % 3;
      if (random() % 3 == 0) doing[i] = stacks[random() % stacks.size()];
      samples.push_back({threads[i], doing[i], Status(random() % 64), time * 1'000'000, 1'000'000});
    }
    run.interval = 1'000'000;
  }
  std::string file(CpythonRecording::Options options = {}) const {
    CpythonRecording recording{tables, options};
    for (const Sample& sample : samples) recording.add(sample);
    StringSink sink, again;
    recording.write(sink, run);
    recording.write(again, run);
    CHECK((sink.text() == again.text()));
    return sink.take();
  }
  // By thread, as the order between threads is not kept.
  std::string text() const {
    CpythonShown shown{tables};
    for (const Sample& sample : samples) shown.add(sample);
    return sorted(shown.text);
  }
  static std::string sorted(const std::string& text) {
    std::string by_thread[3];
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at) + 1;
      by_thread[text[at + 3] - '0'] += text.substr(at, end - at);
      at = end;
    }
    return by_thread[0] + by_thread[1] + by_thread[2];
  }
  Tables tables;
  std::vector<Sample> samples;
  Run run;
};

}  // namespace

TEST_CASE("a known file of CPython's format, in both byte orders") {
  for (const bool foreign : {false, true}) {
    const CpythonRead back = read_cpython(known(foreign).file());
    CHECK(back.error == Errc::ok);
    CHECK(back.text == known_text);
    CHECK(back.run.interval == 1'000'000);
    CHECK(back.run.target.minor == 15);
    CHECK(back.run.mode == ModeKind::wall);
    CHECK(back.run.options.gc);
    CHECK_FALSE(back.run.options.all_threads);
    CHECK(back.run.duration == 0);
    CHECK(back.run.quality.valid == 9);
  }
}

TEST_CASE("the record as drawn") {
  Hand hand;
  for (const char* const text : {"a", "b"}) hand.text(text);
  for (int i = 0; i < 6; ++i) hand.frame(0, 1, i + 1, i + 1, -1, -1, 255);
  hand.threads = 1;
  hand.samples = 2;
  hand.record(42, 0, 1, number(0) + "\x24" + numbers({2, 1, 0}));
  const std::string drawn = by_hand::hex("2a00000000000000 00000000 03 e8 07 24 01 01 05");
  hand.data += drawn;
  CHECK(read_cpython(hand.file()).text ==
        "42/0 @0+1000000 s36 a:b,1,1,-1,-1,0 a:b,2,2,-1,-1,0\n"
        "42/0 @1000000+1000000 s36 a:b,1,1,-1,-1,0 a:b,6,6,-1,-1,0\n");

  Tables tables;
  FrameTable& frames = tables.frames;
  const FunctionId function = frames.function({frames.string("b"), frames.string("a"), 0});
  StackId stacks[6];
  for (std::int32_t i = 0; i < 6; ++i) {
    stacks[i] = frames.push(i == 1 || i == 5 ? stacks[0] : StackId::empty,
                            frames.frame({function, {i + 1, i + 1, -1, -1}, {}, {}}));
  }
  const ThreadIndex thread = tables.threads.intern({0, 42, 0, "", "", true});
  CpythonRecording recording{tables, {false}};
  const auto status = Status(0x24);
  std::uint64_t time = 0;
  for (const int i : {0, 1, 2, 3, 4, 1, 5}) {  // so that frame numbers are as in the drawing
    recording.add({thread, stacks[i], status, time, 1});
    time += 1'000'000;
  }
  StringSink sink;
  recording.write(sink, {});
  CHECK(sink.text().find(drawn) != std::string::npos);
}

TEST_CASE("a sample stands for the time since the one before, unless the thread was away") {
  Hand hand = known(false);
  hand.data.clear();
  hand.samples = 60;
  hand.threads = 1;
  hand.record(42, 0, 1, number(0) + "\x24" + numbers({0}));
  std::string steps;
  for (int i = 0; i < 49; ++i) steps += number(61) + "\x24";  // 1000 us were asked for
  hand.record(42, 0, 0, number(49) + steps);
  hand.record(42, 0, 0, number(1) + number(500'000) + "\x24");
  steps.clear();
  for (int i = 0; i < 9; ++i) steps += number(61) + "\x24";
  hand.record(42, 0, 0, number(9) + steps);
  for (const std::uint32_t mode : {1U, 2U}) {  // wall sees every thread, cpu does not
    hand.capture = 0x48 | mode;
    const std::string text = read_cpython(hand.file()).text;
    std::vector<std::uint64_t> weights;
    for (std::size_t at = 0; (at = text.find('+', at)) != std::string::npos; ++at) {
      weights.push_back(std::stoul(text.substr(at + 1)));
    }
    REQUIRE(weights.size() == 60);
    CHECK(weights[0] == 1'000'000);
    for (std::size_t i = 1; i < 60; ++i) {
      if (i != 50) CHECK(weights[i] == 61'000);
    }
    CHECK((mode == 1 ? weights[50] == 500'000'000 : weights[50] < 70'000));
  }
}

TEST_CASE("frames of CPython's launcher are left out") {
  Hand hand;
  for (const char* const text :
       {"/usr/lib/profiling/sampling/_sync_coordinator.py", "main", "a.py"}) {
    hand.text(text);
  }
  hand.frame(0, 1, 5, 5, -1, -1, 255);
  hand.frame(2, 1, 6, 6, -1, -1, 255);
  hand.threads = 1;
  hand.samples = 3;
  hand.record(1, 0, 1, number(1) + "\x01" + numbers({3, 1, 0, 1}));
  hand.record(1, 0, 3, number(1) + "\x01" + numbers({1, 0}));
  hand.record(1, 0, 1, number(1) + "\x01" + numbers({1, 0}));
  CHECK(read_cpython(hand.file()).text ==
        "1/0 @1000+1000000 s1 a.py:main,6,6,-1,-1,0 a.py:main,6,6,-1,-1,0\n"
        "1/0 @2000+1000 s1 a.py:main,6,6,-1,-1,0\n"
        "1/0 @3000+1000 s1\n");
}

TEST_CASE("statistics: the block of today, the older one, none") {
  for (const bool foreign : {false, true}) {
    Hand hand = known(foreign);
    hand.statistics = hand.real(2.5) + hand.real(1000) + hand.real(2) + hand.real(20) +
                      hand.fixed(3, 4) + hand.fixed(0, 4) + "TACHSTAT" + hand.fixed(1, 4) +
                      hand.fixed(56, 4);
    CpythonRead back = read_cpython(hand.file());
    CHECK(back.text == known_text);
    CHECK(back.run.duration == 2'500'000'000);
    CHECK(back.run.quality.ticks == 2500);
    CHECK(back.run.quality.given_up == 50);
    CHECK(back.run.quality.missed == 625);

    hand.statistics =
        hand.real(2.5) + hand.real(1000) + "TACHSTAT" + hand.fixed(1, 4) + hand.fixed(32, 4);
    back = read_cpython(hand.file());
    CHECK(back.text == known_text);
    CHECK(back.run.quality.ticks == 2500);
    CHECK(back.run.quality.given_up == 0);

    hand.statistics = hand.real(std::numeric_limits<double>::infinity()) + hand.real(1000) +
                      "TACHSTAT" + hand.fixed(1, 4) + hand.fixed(32, 4);
    CHECK(read_cpython(hand.file()).error == Errc::damaged);
    hand.statistics =
        hand.real(1) + hand.real(1) + "TACHSTAT" + hand.fixed(1, 4) + hand.fixed(33, 4);
    CHECK(read_cpython(hand.file()).error == Errc::damaged);
    hand.statistics = std::string(32, '\0');  // bytes that nobody asked for
    CHECK(read_cpython(hand.file()).error == Errc::damaged);
  }
}

TEST_CASE("what CPython's format does not allow is refused") {
  const auto error = [](auto&& change) {
    Hand hand = known(false);
    change(hand);
    return read_cpython(hand.file()).error;
  };
  CHECK(error([](Hand& h) { h.samples = 8; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.samples = 10; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.samples = ~std::uint64_t{0}; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.threads = 1; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.threads = 3; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.string_count = 5; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.string_count = 7; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.string_count = 0xffffffff; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.frame_count = 3; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.frame_count = 0xffffffff; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.capture = 6; }) == Errc::damaged);
  CHECK(error([](Hand& h) { h.compression = 2; }) == Errc::unsupported);
  CHECK(error([](Hand& h) { h.data += '\0'; }) == Errc::damaged);
  const auto record = [&](std::uint64_t thread, int kind, const std::string& rest) {
    return error([&](Hand& h) {
      h.record(thread, 0, kind, rest);
      h.samples = 10;
    });
  };
  CHECK(record(42, 1, "\x01\x01" + numbers({1, 3})) == Errc::ok);
  CHECK(record(42, 4, "\x01\x01" + numbers({1, 3})) == Errc::damaged);  // no such kind
  CHECK(record(42, 1, "\x01\x01" + numbers({1, 4})) == Errc::damaged);  // no such frame
  CHECK(record(42, 1, "\x01\x01" + numbers({257})) == Errc::damaged);   // too deep
  CHECK(record(42, 2, "\x01\x01" + numbers({1, 0})) == Errc::damaged);  // keeps what is not there
  CHECK(record(42, 3, "\x01\x01" + numbers({1, 0})) == Errc::damaged);  // pops what is not there
  CHECK(record(42, 0, number(0)) == Errc::damaged);                     // repeats nothing
  CHECK(record(43, 1, "\x01\x01" + numbers({0})) == Errc::damaged);     // one thread too many
  CHECK(record(42, 0, number(std::uint64_t{1} << 60)) == Errc::damaged);
  CHECK(record(42, 1, number(~std::uint64_t{0}) + "\x01" + numbers({0})) == Errc::damaged);
  CHECK(read_cpython("").error == Errc::not_a_recording);
  CHECK(read_cpython(std::string(100, 'x')).error == Errc::not_a_recording);
  std::string later = known(false).file();
  later[4] = 2;
  CHECK(read_cpython(later).error == Errc::unsupported);
}

TEST_CASE("what is written in CPython's format is read back") {
  for (const unsigned seed : {1U, 2U}) {
    const Profile profile{seed};
    for (const bool compress : {false, true}) {
      const std::string file = profile.file({compress});
      const CpythonRead back = read_cpython(file);
      CHECK(back.error == Errc::ok);
      CHECK((without_weights(Profile::sorted(back.text)) == without_weights(profile.text())));
    }
  }
}

TEST_CASE("more than 256 frames: the innermost are kept, and counted") {
  Tables tables;
  FrameTable& frames = tables.frames;
  StackId stack = StackId::empty;
  for (std::int32_t i = 1; i <= 300; ++i) {
    stack = frames.push(stack,
                        frames.frame({frames.function({frames.string("f"), frames.string("m"), 0}),
                                      {i, i, -1, -1},
                                      {},
                                      {}}));
  }
  const ThreadIndex thread = tables.threads.intern({0, 1, 0, "", "", true});
  CpythonRecording recording{tables};
  for (const StackId each : {stack, frames.parent(stack), stack, StackId::empty}) {
    recording.add({thread, each, {}, 1000, 1});
  }
  CHECK(recording.figures().cut_stacks == 3);
  StringSink sink;
  recording.write(sink, {});
  const CpythonRead back = read_cpython(sink.text());
  CHECK(back.error == Errc::ok);
  CHECK(back.samples == 4);
  CHECK(back.text.find("s0 m:f,45,45,") != std::string::npos);
  CHECK(back.text.find("s0 m:f,44,44,") != std::string::npos);
  CHECK(back.text.find("m:f,43,43,") == std::string::npos);
  CHECK(back.text.find("m:f,300,300,-1,-1,0\n") != std::string::npos);
}

TEST_CASE("a run's description in CPython's format") {
  const Tables tables;
  const CpythonRecording recording{tables};
  Run run;
  run.target.major = 3;
  run.target.minor = 14;
  run.mode = ModeKind::exception;
  run.options = {true, true, false, true, true, false, false};
  run.interval = 2'000'000;
  run.duration = 4'000'000'000;
  run.quality.ticks = 2000;
  run.quality.valid = 1900;
  run.quality.given_up = 100;
  run.quality.missed = 500;
  StringSink sink;
  recording.write(sink, run);
  const Run back = read_cpython(sink.text()).run;
  CHECK(back.target.minor == 14);
  CHECK(back.mode == ModeKind::exception);
  CHECK((back.options.all_threads && back.options.native && !back.options.gc &&
         back.options.opcodes && back.options.blocking));
  CHECK(back.interval == 2'000'000);
  CHECK(back.duration == 4'000'000'000);
  CHECK(back.quality.ticks == 2000);
  CHECK(back.quality.given_up == 100);
  CHECK(back.quality.missed == 500);
}

TEST_CASE("lines and columns that the format cannot hold are written as unknown") {
  Tables tables;
  FrameTable& frames = tables.frames;
  const FunctionId function = frames.function({frames.string("f"), frames.string("m"), 0});
  StackId stack = StackId::empty;
  for (const Location& where :
       {Location{-24, -24, 3, 9}, Location{7, 2, -1, 5}, Location{5, 6, 3, -1}}) {
    stack = frames.push(stack, frames.frame({function, where, {}, {}}));
  }
  CpythonRecording recording{tables};
  recording.add({tables.threads.intern({}), stack, {}, 0, 0});
  StringSink sink;
  recording.write(sink, {});
  CHECK(
      read_cpython(sink.text()).text.ends_with(" m:f,0,0,3,9,0 m:f,7,7,-1,-1,0 m:f,5,6,-1,-1,0\n"));
}

TEST_CASE("names that are no UTF-8 do not make a file unreadable") {
  Tables tables;
  FrameTable& frames = tables.frames;
  const StackId stack = frames.push(
      StackId::empty,
      frames.frame({frames.function({frames.string("f\xff"), frames.string("\xed\xb3\xbf.py"), 0}),
                    {1, 1, -1, -1},
                    {},
                    {}}));
  CpythonRecording recording{tables};
  recording.add({tables.threads.intern({}), stack, {}, 0, 0});
  StringSink sink;
  recording.write(sink, {});
  CHECK(read_cpython(sink.text()).text.find("\xef\xbf\xbd.py:f\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("a file of ours in CPython's format, cut anywhere or with any byte changed, is refused") {
  Profile profile{5};
  profile.samples.resize(60);
  profile.run.duration = 1'000'000'000;
  for (const bool compress : {false, true}) {
    std::string file = profile.file({compress});
    for (std::size_t length = 0; length < file.size(); ++length) {
      REQUIRE(read_cpython(std::string_view{file}.substr(0, length)).error != Errc::ok);
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
      for (const char change : {'\x01', '\x10', '\xff'}) {
        file[at] = static_cast<char>(file[at] ^ change);
        REQUIRE(read_cpython(file).error != Errc::ok);
        file[at] = static_cast<char>(file[at] ^ change);
      }
    }
  }
}

TEST_CASE("a file without a checksum, cut anywhere or with any byte changed, is read or refused") {
  for (const bool foreign : {false, true}) {
    Hand hand = known(foreign);
    hand.statistics = hand.real(2.5) + hand.real(1000) + hand.real(2) + hand.real(20) +
                      hand.fixed(3, 4) + hand.fixed(0, 4) + "TACHSTAT" + hand.fixed(1, 4) +
                      hand.fixed(56, 4);
    std::string file = hand.file();
    for (std::size_t length = 0; length < file.size(); ++length) {
      REQUIRE(read_cpython(std::string_view{file}.substr(0, length)).error != Errc::ok);
    }
    for (std::size_t at = 0; at < file.size(); ++at) {
      // A share are different changes of each byte.
      const int step = test::in_full() ? 1 : 17;
      for (int change = 1 + static_cast<int>(at) % step; change < 256; change += step) {
        file[at] = static_cast<char>(file[at] ^ change);
        const CpythonRead back = read_cpython(file);
        file[at] = static_cast<char>(file[at] ^ change);
        if (back.error == Errc::ok) REQUIRE(back.samples == 9);
      }
    }
  }
}
