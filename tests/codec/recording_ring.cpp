#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/codec/recording_ring.hpp>

using namespace tachyon;

namespace {

struct Folder {
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() {
    const std::string command = "rm -r '" + path + "'";
    (void)!::system(command.c_str());
  }
  std::string operator/(const char* name) const { return path + "/" + name; }
  std::string path = "/tmp/tachyon-test-XXXXXX";
};

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
struct Check {
  void add(const Sample& sample) {
    const auto name = [](const FrameTable& frames, StackId stack) {
      return frames.name_of(frames.leaf(stack));
    };
    wrong +=
        name(tables.frames, sample.stack) != name(program.tables.frames, program.at(sample.time));
    wrong += last != 0 && sample.time != last + 1'000'000;
    if (first == 0) first = sample.time;
    last = sample.time;
    ++samples;
  }
  const Program& program;
  const Tables& tables;
  std::uint64_t samples = 0, wrong = 0, first = 0, last = 0;
};

Check check(const Program& program, const std::string& path, Recovery& recovery) {
  auto file = InputFile::open(path.c_str());
  REQUIRE(file);
  auto reader = RecordingReader::open(std::move(*file));
  REQUIRE(reader);
  Tables tables;
  Check check{program, tables};
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
    const Check seen = check(program, path, recovery);  // as after a kill
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
  REQUIRE(ring.finish(program.run));
  const Check seen = check(program, path, recovery);
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
  REQUIRE(ring.finish(program.run));
  const Check seen = check(program, path, recovery);
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
  const Check snapshot = check(program, folder / "snapshot.bin", recovery);
  CHECK(recovery.complete());
  CHECK(snapshot.wrong == 0);
  CHECK(snapshot.last == 25'500'000'000);
  auto reader = RecordingReader::open(*InputFile::open((folder / "snapshot.bin").c_str()));
  REQUIRE(reader);
  REQUIRE(reader->load_sources());
  CHECK(reader->run().sources.at("a.py") == "pass\n");
  REQUIRE(ring.finish(program.run));
  CHECK(check(program, folder / "ring.bin", recovery).wrong == 0);
  CHECK(recovery.complete());
}

TEST_CASE("a ring that cannot be trimmed goes on as it is") {
  const Folder folder;
  const std::string path = folder / "ring.bin";
  const Program program;
  auto file = OutputFile::create(path, Finish::never);
  REQUIRE(file);
  RecordingRing ring{std::move(*file), program.tables, program.run, {5'000'000'000, 0}};
  program.play(ring, 0, 100);
  ring.end_tick(Tick{101'000'000, 1'000'000, TickOutcome::filtered, 0});
  REQUIRE(::rename(path.c_str(), (folder / "moved.bin").c_str()) == 0);
  program.play(ring, 101, 20'000);
  CHECK(ring.trims() == 0);
  CHECK(ring.trim_error().sys == ENOENT);
  REQUIRE(ring.finish(program.run));
  auto moved = InputFile::open((folder / "moved.bin").c_str());
  REQUIRE(moved);
  auto reader = RecordingReader::open(std::move(*moved));
  REQUIRE(reader);
  CHECK(reader->recovery().complete());
  CHECK(reader->samples() == 20'100);
}
