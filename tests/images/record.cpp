// Saves what a walk reads of a running interpreter, for tests that have no interpreter.
//
//   g++ -std=c++20 -O1 -DTACHYON_WITH_ZSTD=1 -Iinclude -Ilayouts tests/images/record.cpp -lzstd
//   ./a.out PID tests/images/3.15.image OLD NEW
//
// The target is tests/targets/rich.py, which stands still. Bytes are kept in pieces of 256, so that
// a changed pointer finds something. With two more words of equal length, the first is replaced by
// the second wherever it is found: the names of somebody's folders are nobody's business.
#include <cstdio>
#include <cstdlib>
#include <map>

#include <tachyon/codec/output_file.hpp>
#include <tachyon/target/host.hpp>

#include "walk.hpp"

namespace {

using namespace tachyon;

class Recorder {
 public:
  explicit Recorder(LiveProcess& memory) : memory_{memory} {}

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    if (const auto done = memory_.read(at, into); !done) return done;
    const std::uint64_t last = at.value + into.size() - 1;
    for (std::uint64_t piece = at.value / size * size; piece <= last; piece += size) {
      std::vector<std::byte>& kept = pieces_[piece];
      if (!kept.empty()) continue;
      kept.resize(size);
      if (!memory_.read({piece}, kept)) kept.clear();
    }
    return {};
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }
  void save(Image& image, std::string_view old, std::string_view with) const {
    for (auto at = pieces_.begin(); at != pieces_.end();) {
      std::vector<std::byte> run = at->second;
      const std::uint64_t start = at->first;
      for (++at; at != pieces_.end() && at->first == start + run.size(); ++at) {
        run.insert(run.end(), at->second.begin(), at->second.end());
      }
      const std::span text{reinterpret_cast<char*>(run.data()), run.size()};
      for (auto found = text.begin(); !old.empty();) {
        found = std::search(found, text.end(), old.begin(), old.end());
        if (found == text.end()) break;
        std::copy(with.begin(), with.end(), found);
      }
      if (!run.empty()) (void)image.map({start}, run);
    }
  }

 private:
  static constexpr std::uint64_t size = 256;
  LiveProcess& memory_;
  std::map<std::uint64_t, std::vector<std::byte>> pieces_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) return 2;
  const std::string_view old = argc == 5 ? argv[3] : "", with = argc == 5 ? argv[4] : "";
  if (old.size() != with.size()) return 2;
  auto target = attach(std::atoi(argv[1]));
  if (!target) return std::fprintf(stderr, "cannot attach\n"), 1;
  LiveHost host{*target};
  (void)host.asyncio_table();
  saved::Process process{target->site, target->process.pid(), {}};
  Recorder recorder{target->memory};
  const auto seen = saved::walk(process, recorder);
  recorder.save(process.image, old, with);
  auto file = OutputFile::create(argv[2]);
  if (!file) return std::fprintf(stderr, "cannot write\n"), 1;
  const std::string packed = saved::packed(process);
  file->put(packed);
  const auto again = saved::walk(saved::unpacked(as_bytes(packed)), process.image);
  std::printf(
      "%zu threads, %zu frames, %zu locals, %zu tasks, %zu samples; %zu bytes; again %zu %zu %zu "
      "%zu %zu\n",
      seen.threads, seen.frames, seen.locals, seen.tasks, seen.samples, packed.size(),
      again.threads, again.frames, again.locals, again.tasks, again.samples);
  return file->close() ? 0 : 1;
}
