#include <csignal>
#include <cstdlib>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/codec/recording_ring.hpp>

#include "scratch.hpp"

using namespace tachyon;

namespace {

using test::Folder;

struct Program {
  Program() {
    FrameTable& f = tables.frames;
    for (int i = 0; i < 500; ++i) {
      const FunctionId function =
          f.function({f.string("function_" + std::to_string(i)), f.string("m.py"), i});
      stacks.push_back(f.push(StackId::empty, f.frame({function, {i, i, -1, -1}, {}, {}})));
    }
    thread = tables.threads.intern({1, 2, 0, "t", "", true});
    run.interval = 1'000'000;
  }
  // One tick a millisecond; what it does depends on the time alone.
  StackId at(std::uint64_t time) const { return stacks[time / 1'000'000 * 7919 % 499]; }
  template <class C>
  void play(C& to, std::uint64_t from, std::uint64_t count) const {
    for (std::uint64_t i = from; i < from + count; ++i) {
      const std::uint64_t time = (i + 1) * 1'000'000;
      to.add(Sample{thread, at(time), {}, time, 1'000'000});
      to.end_tick(Tick{time, 1'000'000, TickOutcome::taken, 0});
    }
  }
  Tables tables;
  std::vector<StackId> stacks;
  ThreadIndex thread{};
  Run run;
};

// Checks every sample against the program, by name.
struct RingCheck {
  void add(const Sample& sample) {
    const auto name = [](const FrameTable& frames, StackId stack) {
      return frames.name_of(frames.leaf(stack));
    };
    wrong +=
        name(tables.frames, sample.stack) != name(program.tables.frames, program.at(sample.time));
    wrong += !holes && last != 0 && sample.time != last + 1'000'000;
    if (first == 0) first = sample.time;
    last = sample.time;
    ++samples;
  }
  const Program& program;
  const Tables& tables;
  bool holes = false;  // time may be missing
  std::uint64_t samples = 0, wrong = 0, first = 0, last = 0;
};

void fill_growing(const std::string& path, std::string_view text) {
  auto file = OutputFile::create(path, Finish::never);
  REQUIRE(file);
  file->put(text);
  REQUIRE(file->close());
}

RingCheck check(const Program& program, const std::string& path, Recovery& recovery,
                bool holes = false) {
  auto file = InputFile::open(path.c_str());
  REQUIRE(file);
  auto reader = RecordingReader::open(std::move(*file));
  REQUIRE(reader);
  Tables tables;
  RingCheck check{program, tables, holes};
  REQUIRE(reader->replay(tables, check));
  recovery = reader->recovery();
  CHECK(reader->samples() == check.samples);
  return check;
}

std::uint64_t size_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace

TEST_CASE("a ring keeps the time that was asked for, and a readable file at every moment") {
  const Folder folder;
  const std::string path = folder / "ring.bin";
  const Program program;
  auto file = OutputFile::create(path, Finish::never);
  REQUIRE(file);
  RecordingRing ring{std::move(*file), program.tables, program.run, {40'000'000'000, 0}};
  Recovery recovery;
  std::uint64_t largest = 0;
  for (std::uint64_t second = 0; second < 200; ++second) {
    program.play(ring, second * 1000, 1000);
    if (second % 7 != 0) continue;
    const RingCheck seen = check(program, path, recovery);  // as after a kill
    CHECK(seen.wrong == 0);
    CHECK(recovery.lost_blocks == 0);
    CHECK(recovery.damaged_bytes == 0);
    const std::uint64_t now = (second + 1) * 1'000'000'000;
    CHECK(seen.last + 1'000'000'000 >= now);
    CHECK(seen.first <= (now > 40'000'000'000 ? now - 39'999'000'000 : 1'000'000));
    CHECK(seen.last - seen.first <= 47'000'000'000);
    CHECK(recovery.dropped_samples == seen.first / 1'000'000 - 1);
    largest = std::max(largest, size_of(path));
  }
  CHECK(ring.trims() > 10);
  REQUIRE(ring.finish(program.run).wanted.code == Errc::ok);
  const RingCheck seen = check(program, path, recovery);
  CHECK(seen.wrong == 0);
  CHECK(recovery.complete());
  CHECK(seen.last == 200'000'000'000);
  CHECK(largest < (has_zstd ? 100'000 : 500'000));
}

TEST_CASE("a ring stays below the size that was asked for") {
  const Folder folder;
  const std::string path = folder / "ring.bin";
  const Program program;
  auto file = OutputFile::create(path, Finish::never);
  REQUIRE(file);
  RecordingRing ring{std::move(*file), program.tables, program.run, {0, 100'000}};
  Recovery recovery;
  for (std::uint64_t second = 0; second < 300; ++second) {
    program.play(ring, second * 1000, 1000);
    REQUIRE(size_of(path) <= 100'000);
    if (second > 100) REQUIRE(size_of(path) > 70'000);
  }
  REQUIRE(ring.finish(program.run).wanted.code == Errc::ok);
  const RingCheck seen = check(program, path, recovery);
  CHECK(seen.wrong == 0);
  CHECK(recovery.complete());
  CHECK(recovery.dropped_samples + seen.samples == 300'000);
}

TEST_CASE("a snapshot is a finished recording of what there is") {
  const Folder folder;
  const Program program;
  auto file = OutputFile::create(folder / "ring.bin", Finish::never);
  REQUIRE(file);
  RecordingRing ring{std::move(*file), program.tables, program.run, {10'000'000'000, 0}};
  program.play(ring, 0, 25'500);
  Run run = program.run;
  run.sources.emplace("a.py", "pass\n");
  const auto copy = ring.copy(run);
  REQUIRE(copy);
  program.play(ring, 25'500, 20'000);
  REQUIRE(ring.trims() != 0);  // the file that was copied from has lost its name
  REQUIRE(copy->write(folder / "snapshot.bin"));
  Recovery recovery;
  const RingCheck snapshot = check(program, folder / "snapshot.bin", recovery);
  CHECK(recovery.complete());
  CHECK(snapshot.wrong == 0);
  CHECK(snapshot.last == 25'500'000'000);
  auto reader = RecordingReader::open(*InputFile::open((folder / "snapshot.bin").c_str()));
  REQUIRE(reader);
  REQUIRE(reader->load_sources());
  CHECK(reader->run().sources.at("a.py") == "pass\n");
  REQUIRE(ring.finish(program.run).wanted.code == Errc::ok);
  CHECK(check(program, folder / "ring.bin", recovery).wrong == 0);
  CHECK(recovery.complete());
}

TEST_CASE("a ring whose name is somebody else's file by now goes on as it is") {
  const Folder folder;
  const std::string path = folder / "ring.bin", moved = folder / "moved.bin";
  const Program program;
  auto file = OutputFile::create(path, Finish::never);
  REQUIRE(file);
  RecordingRing ring{std::move(*file), program.tables, program.run, {5'000'000'000, 0}};
  program.play(ring, 0, 100);
  ring.end_tick(Tick{101'000'000, 1'000'000, TickOutcome::filtered, 0});
  REQUIRE(::rename(path.c_str(), moved.c_str()) == 0);
  fill_growing(path, "theirs");
  program.play(ring, 101, 20'000);
  CHECK(ring.trims() == 0);
  CHECK(ring.trim_error().sys == EEXIST);
  CHECK(ring.name() == RecordingRing::Name::taken);
  const Written written = ring.finish(program.run);
  CHECK(written.path == moved);
  CHECK(written.wanted.code == Errc::ok);
  CHECK(size_of(path) == 6);
  Recovery recovery;
  CHECK(check(program, moved, recovery).wrong == 1);  // the look without a sample
  CHECK(recovery.complete());
}

TEST_CASE("a ring that was removed or moved is back under its name when it is trimmed") {
  const Folder folder;
  const std::string path = folder / "ring.bin";
  const Program program;
  for (const bool remove : {true, false}) {
    auto file = OutputFile::create(path, Finish::never);
    REQUIRE(file);
    RecordingRing ring{std::move(*file), program.tables, program.run, {5'000'000'000, 0}};
    program.play(ring, 0, 1000);
    REQUIRE((remove ? ::unlink(path.c_str())
                    : ::rename(path.c_str(), (folder / "moved.bin").c_str())) == 0);
    program.play(ring, 1000, 20'000);
    CHECK(ring.trims() != 0);
    CHECK(ring.trim_error().code == Errc::ok);
    CHECK(ring.name() == (remove ? RecordingRing::Name::removed : RecordingRing::Name::moved));
    REQUIRE(ring.finish(program.run).wanted.code == Errc::ok);
    Recovery recovery;
    const RingCheck seen = check(program, path, recovery);
    CHECK(seen.wrong == 0);
    CHECK(seen.last == 21'000'000'000);
    CHECK(recovery.complete());
  }
}

TEST_CASE("a recording that was removed while it grew is put back, or kept elsewhere") {
  const Folder folder;
  const std::string path = folder / "a.bin";
  const Program program;
  for (const bool taken : {false, true}) {
    auto file = OutputFile::create(path, Finish::never);
    REQUIRE(file);
    RecordingRing ring{std::move(*file), program.tables, program.run, {}};
    program.play(ring, 0, 3000);
    REQUIRE(::unlink(path.c_str()) == 0);
    if (taken) fill_growing(path, "theirs");
    const auto copy = ring.copy(program.run);
    REQUIRE(copy);
    REQUIRE(copy->write(folder / "copy.bin"));
    program.play(ring, 3000, 3000);
    const Written written = ring.finish(program.run);
    CHECK(written.kept());
    CHECK((written.path == path) == !taken);
    CHECK(written.wanted.sys == (taken ? EEXIST : 0));
    if (taken) CHECK(size_of(path) == 6);
    Recovery recovery;
    const RingCheck seen = check(program, written.path, recovery);
    CHECK(seen.wrong == 0);
    CHECK(seen.samples == 6000);
    CHECK(recovery.complete());
    CHECK(check(program, folder / "copy.bin", recovery).samples == 3000);
    CHECK(recovery.complete());
    if (taken) CHECK(::unlink(written.path.c_str()) == 0);
  }
}

namespace {

// No file may grow beyond this; a full disk for who has none.
struct Room {
  Room() {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    signal = ::signal(SIGXFSZ, SIG_IGN);
  }
  ~Room() {
    (void)::setrlimit(RLIMIT_FSIZE, &before);
    (void)::signal(SIGXFSZ, signal);
  }
  void to(rlim_t bytes) const {
    const rlimit limit{bytes, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  void free() const { REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0); }
  rlimit before{};
  void (*signal)(int) = nullptr;
};

}  // namespace

TEST_CASE("a recording goes on when there is room again, and says what it lacks") {
  const Folder folder;
  const std::string path = folder / "a.bin";
  const Program program;
  // Nothing may be written from the beginning; two thirds into a block; at its very end.
  for (const rlim_t room : std::initializer_list<rlim_t>{0, 1, 24, 700, 5000, 10'000}) {
    for (const std::uint64_t keep : {std::uint64_t{0}, std::uint64_t{5'000'000'000}}) {
      INFO(room << " " << keep);
      auto file = OutputFile::create(path, Finish::never);
      REQUIRE(file);
      const Room disk;
      RecordingOptions options;
      options.level = 0;
      if (room == 0) disk.to(0);
      RecordingRing ring{std::move(*file), program.tables, program.run, {keep, 0}, options};
      if (room != 0) program.play(ring, 0, 2000);
      const std::uint64_t before = room == 0 ? 0 : size_of(path);
      disk.to(before + room);
      program.play(ring, 2000, 7000);
      CHECK(size_of(path) <= before + room);
      CHECK(ring.error().sys == EFBIG);
      CHECK(ring.goes_on());
      CHECK(ring.lost_samples() > 0);
      Recovery recovery;
      if (room != 0) CHECK(check(program, path, recovery, true).wrong == 0);
      CHECK(recovery.damaged_bytes + recovery.cut_bytes == 0);
      disk.free();
      program.play(ring, 9000, 3000);
      const auto copy = ring.copy(program.run);
      REQUIRE(copy);
      program.play(ring, 12'000, 3000);
      const Written written = ring.finish(program.run);
      CHECK(written.wanted.sys == EFBIG);
      CHECK(written.kept());
      CHECK(written.partly);
      CHECK(written.path == path);
      const std::uint64_t all = room == 0 ? 13'000 : 15'000;
      CHECK(ring.samples() == all);
      const RingCheck seen = check(program, path, recovery, true);
      CHECK(seen.wrong == 0);
      CHECK(seen.last == 15'000'000'000);
      CHECK(recovery.finished);
      CHECK(recovery.nameless_samples == 0);
      CHECK(recovery.damaged_bytes + recovery.cut_bytes == 0);
      CHECK(seen.samples + recovery.lost_samples + recovery.dropped_samples == all);
      if (keep == 0) {
        CHECK(recovery.lost_samples == ring.lost_samples());
        CHECK(recovery.lost_blocks >= 1);
      }
      REQUIRE(copy->write(folder / "copy.bin"));
      const RingCheck copied = check(program, folder / "copy.bin", recovery, true);
      CHECK(copied.wrong == 0);
      CHECK(copied.last == 12'000'000'000);
      CHECK(recovery.finished);
      REQUIRE(::unlink(path.c_str()) == 0);
    }
  }
}

TEST_CASE("a recording that never had room keeps nothing") {
  const Folder folder;
  const Program program;
  auto file = OutputFile::create(folder / "a.bin", Finish::never);
  REQUIRE(file);
  const Room disk;
  disk.to(0);
  RecordingRing ring{std::move(*file), program.tables, program.run, {}};
  program.play(ring, 0, 3000);
  const Written written = ring.finish(program.run);
  CHECK(written.wanted.sys == EFBIG);
  CHECK_FALSE(written.kept());
  CHECK(size_of(folder / "a.bin") == 0);
}

TEST_CASE("what is whole or not there does not go on") {
  const Folder folder;
  const Program program;
  auto file = OutputFile::create(folder / "a.bin");
  REQUIRE(file);
  const Room disk;
  disk.to(3000);
  RecordingRing ring{std::move(*file), program.tables, program.run, {}};
  program.play(ring, 0, 9000);
  disk.free();
  program.play(ring, 9000, 9000);
  CHECK_FALSE(ring.goes_on());
  const Written written = ring.finish(program.run);
  CHECK(written.wanted.sys == EFBIG);
  CHECK_FALSE(written.kept());
  CHECK(::access((folder / "a.bin").c_str(), F_OK) != 0);
}
