#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/result.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/recording_writer.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// A flight recorder: the last ten minutes, or the last gigabyte, of a program that runs for weeks.
//
// It is a recording whose beginning is dropped now and then. Every so often the writer starts its
// numbers anew, so that the file could begin there; when enough of what lies in front of such a
// place has become too old, a new file is put together beside the old one (a lead, a word on what
// was dropped, the bytes that stay) and takes its name in one step. So there is a complete
// recording under the name at every moment, a kill loses no more than it does otherwise, and each
// byte is copied a few times at most. What is kept is at least what was asked for while there is
// that much, and at most an eighth more (of a size: at least three quarters, and never more).
namespace tachyon {

struct RingOptions {
  std::uint64_t keep = 0;      // ns; 0: any length
  std::uint64_t max_size = 0;  // bytes; 0: any size
};

// A recording as it was at one moment, still to be written as a file of its own. That takes as long
// as its bytes take, so it is anybody's business but the sampling thread's. The ring may go on and
// drop its beginning meanwhile: that makes a new file, and this one is still the old one.
class RecordingCopy {
 public:
  Result<void> write(std::string path) const;

 private:
  friend class RecordingRing;
  RecordingCopy(InputFile from, std::uint64_t size, recording::Ending ending, Run run)
      : from_{std::move(from)}, size_{size}, ending_{ending}, run_{std::move(run)} {}

  InputFile from_;
  std::uint64_t size_;
  recording::Ending ending_;
  Run run_;
};

class RecordingRing {
 public:
  // The file was created with Finish::never, for this.
  RecordingRing(OutputFile file, const Tables& tables, const Run& run, RingOptions ring,
                RecordingOptions options = {})
      : sink_{std::move(file)}, run_{run}, ring_{ring}, writer_{sink_, tables, run, options} {
    begin_part(0);
  }
  RecordingRing(RecordingRing&&) = delete;  // the writer points at the sink

  void add(const Sample& sample) { writer_.add(sample); }
  void end_tick(const Tick& tick) {
    writer_.end_tick(tick);
    if (is_time_for_a_part(tick.time)) next_part(tick.time);
  }

  // What there is at this moment, as a finished recording of its own.
  Result<RecordingCopy> copy(Run run);

  // The last blocks, and the first error of the file's life.
  Result<void> finish(const Run& run) {
    writer_.finish(run);
    return sink_.file.close();
  }

  const std::string& path() const noexcept { return sink_.file.path(); }
  // How often the beginning was dropped, and how often that failed.
  std::uint64_t trims() const noexcept { return trims_; }
  Error trim_error() const noexcept { return trim_error_; }

 private:
  static constexpr std::uint64_t parts = 8;
  static constexpr std::uint64_t least_bytes =
      4096;  // of a part; below, starting anew is not worth it

  struct FileSink {
    void put(std::string_view text) { file.put(text); }
    void put(char c) { file.put(c); }
    void flush() { file.flush(); }
    OutputFile file;
  };
  using Writer = RecordingWriter<FileSink>;

  struct Part {
    std::uint64_t begin = 0;   // ns
    std::uint64_t offset = 0;  // in the file
    Writer::Place place{};
  };

  void begin_part(std::uint64_t time) {
    parts_.push_back({time, sink_.file.size(), writer_.place()});
  }
  bool is_time_for_a_part(std::uint64_t time) const noexcept {
    const std::uint64_t bytes = sink_.file.size() - parts_.back().offset;
    if (bytes < least_bytes) return false;
    return (ring_.keep != 0 && time - parts_.back().begin >= ring_.keep / parts) ||
           (ring_.max_size != 0 && bytes >= ring_.max_size / parts);
  }
  void next_part(std::uint64_t time) {
    writer_.restart();
    begin_part(time);
    const std::size_t old = too_old(time);
    if (old != 0) trim(old);
  }
  // How many parts in front are not needed any more.
  std::size_t too_old(std::uint64_t time) const noexcept {
    std::size_t count = 0;
    while (count + 2 < parts_.size()) {
      const Part& next = parts_[count + 1];
      const bool old = ring_.keep != 0 && next.begin + ring_.keep <= time;
      // Room for the part that begins now, too.
      const std::uint64_t left = sink_.file.size() - parts_[count].offset;
      const bool large = ring_.max_size != 0 && left + ring_.max_size / parts > ring_.max_size;
      if (!old && !large) break;
      ++count;
    }
    return count;
  }
  void trim(std::size_t count);

  FileSink sink_;
  Run run_;
  RingOptions ring_;
  Writer writer_;
  std::deque<Part> parts_{};
  std::uint64_t trims_ = 0;
  Error trim_error_{};
};

namespace detail {

inline Result<void> copy_bytes(const InputFile& from, std::uint64_t begin, std::uint64_t end,
                               OutputFile& to) {
  std::vector<char> buffer(std::size_t{1} << 16);
  while (begin < end) {
    const std::span<char> some{buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(
                                                  buffer.size(), end - begin))};
    if (const auto read = from.read(begin, some); !read) return read.error();
    to.put(std::string_view{some.data(), some.size()});
    begin += some.size();
  }
  return {};
}

}  // namespace detail

// A file without the first `count` parts takes the place of the one there is. If that fails the old
// one goes on, longer than was asked for, and the next part tries again.
inline void RecordingRing::trim(std::size_t count) {
  const Part first = parts_[count];
  sink_.file.flush();
  const auto attempt = [&]() -> Result<void> {
    if (sink_.file.error().code != Errc::ok) return sink_.file.error();
    auto old = InputFile::open(path().c_str());
    if (!old) return old.error();
    auto made = sink_.file.successor();
    if (!made) return made.error();
    const std::string opening = writer_.opening(run_, first.place);
    made->put(opening);
    if (const auto copied = detail::copy_bytes(*old, first.offset, sink_.file.size(), *made);
        !copied)
      return copied;
    if (const auto named = made->publish(); !named) return named;
    parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(count));
    for (Part& part : parts_) part.offset = part.offset - first.offset + opening.size();
    sink_.file = std::move(*made);
    return {};
  };
  if (const auto done = attempt(); done) {
    ++trims_;
  } else {
    trim_error_ = done.error();
  }
}

inline Result<RecordingCopy> RecordingRing::copy(Run run) {
  writer_.flush();
  if (sink_.file.error().code != Errc::ok) return sink_.file.error();
  auto from = InputFile::open(path().c_str());
  if (!from) return from.error();
  return RecordingCopy{std::move(*from), sink_.file.size(), writer_.ending(), std::move(run)};
}

inline Result<void> RecordingCopy::write(std::string path) const {
  auto to = OutputFile::create(std::move(path));
  if (!to) return to.error();
  if (const auto copied = detail::copy_bytes(from_, 0, size_, *to); !copied) return copied;
  to->put(ending_.blocks(run_));
  return to->close();
}

}  // namespace tachyon
