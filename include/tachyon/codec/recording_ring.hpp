#pragma once

#include <unistd.h>

#include <algorithm>
#include <cerrno>
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
//
// What may happen to a file in weeks. When the disk is full, what could not be written is lost, and
// the next block is tried again; it is the newest that a ring is for, but there is no room to put a
// shorter file together either, so the old stays until there is. When somebody takes the file's
// name away, its bytes are still there behind our descriptor: trimming puts them back under the
// name if it is free, and so does the end. A file that somebody else has put there is left alone.
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

  // The last blocks, and what has become of the file.
  Written finish(const Run& run);

  const std::string& path() const noexcept { return sink_.file.path(); }
  // How often the beginning was dropped, and why that failed the last time, if it did.
  std::uint64_t trims() const noexcept { return trims_; }
  Error trim_error() const noexcept { return trim_error_; }

  // The first error of the file's life, and whether later blocks are tried all the same.
  Error error() const noexcept { return sink_.error; }
  bool goes_on() const noexcept { return sink_.file.grows(); }
  std::uint64_t samples() const noexcept { return writer_.figures().samples; }
  std::uint64_t lost_samples() const noexcept { return writer_.figures().lost_samples; }
  // What was found to have happened to its name.
  enum class Name : std::uint8_t { kept, moved, removed, taken };
  Name name() const noexcept { return name_; }

 private:
  static constexpr std::uint64_t parts = 8;
  static constexpr std::uint64_t least_bytes =
      4096;  // of a part; below, starting anew is not worth it

  struct FileSink {
    void put(std::string_view text) { file.put(text); }
    void put(char c) { file.put(c); }
    bool flush() {
      file.flush();
      if (file.error().code == Errc::ok) {
        whole = file.size();
        return true;
      }
      if (error.code == Errc::ok) error = file.error();
      (void)file.retract(whole);
      return false;
    }
    OutputFile file;
    std::uint64_t whole = 0;  // bytes; all blocks up to there are in the file
    Error error{};            // the first one
  };
  using Writer = RecordingWriter<FileSink>;

  struct Part {
    std::uint64_t begin = 0;   // ns
    std::uint64_t offset = 0;  // in the file
    Writer::Place place{};
  };

  void begin_part(std::uint64_t time) { parts_.push_back({time, sink_.whole, writer_.place()}); }
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
  // Looks what the file's name leads to.
  Name look_at_name() const;
  Written put_back();

  FileSink sink_;
  Run run_;
  RingOptions ring_;
  Writer writer_;
  std::deque<Part> parts_{};
  std::uint64_t trims_ = 0;
  Error trim_error_{};
  Name name_ = Name::kept;
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
    const Name name = look_at_name();
    if (name != Name::kept) name_ = name;
    if (name == Name::taken) return Error{Errc::cannot_write, EEXIST, {}};
    auto old = sink_.file.reopen();
    if (!old) return old.error();
    auto made = sink_.file.successor();
    if (!made) return made.error();
    const std::string opening = writer_.opening(run_, first.place);
    made->put(opening);
    if (const auto copied = detail::copy_bytes(*old, first.offset, sink_.whole, *made); !copied)
      return copied;
    if (const auto named = made->publish(); !named) return named;
    parts_.erase(parts_.begin(), parts_.begin() + static_cast<std::ptrdiff_t>(count));
    for (Part& part : parts_) part.offset = part.offset - first.offset + opening.size();
    sink_.file = std::move(*made);
    sink_.whole = sink_.file.size();
    return {};
  };
  const auto done = attempt();
  trim_error_ = done.error();
  if (done) ++trims_;
}

inline RecordingRing::Name RecordingRing::look_at_name() const {
  const OutputFile& file = sink_.file;
  if (!file.grows() || file.is_in_place()) return Name::kept;
  if (::access(path().c_str(), F_OK) == 0 || errno != ENOENT) return Name::taken;
  return file.moved_to().empty() ? Name::removed : Name::moved;
}

inline Written RecordingRing::finish(const Run& run) {
  writer_.finish(run);
  OutputFile& file = sink_.file;
  Written written{path(), {}, {}, false};
  const Name name = look_at_name();
  if (name != Name::kept) {
    name_ = name;
    if (std::string moved = file.moved_to(); !moved.empty()) {
      written.path = std::move(moved);
    } else {
      written = put_back();
    }
  }
  const Result<void> closed = file.close();
  const Error first = sink_.error.code != Errc::ok ? sink_.error : closed.error();
  if (written.wanted.code != Errc::ok || first.code == Errc::ok) return written;
  written.wanted = first;
  written.partly = file.grows() && sink_.whole != 0;
  if (!written.partly) written.fallback = first;
  return written;
}

// The name leads nowhere, or to somebody else's file: what there is goes into a new file.
inline Written RecordingRing::put_back() {
  const auto from = sink_.file.reopen();
  if (!from) return {path(), from.error(), from.error()};
  const auto copy = [&](Result<OutputFile> to) -> Written {
    if (!to) return {path(), to.error(), to.error()};
    Result<void> done = detail::copy_bytes(*from, 0, sink_.whole, *to);
    if (done) done = to->close();
    return {to->path(), done.error(), done.error()};
  };
  Error wanted{Errc::cannot_write, EEXIST, {}};
  if (name_ != Name::taken) {
    Written there = copy(OutputFile::create(path()));
    if (there.wanted.code == Errc::ok) return there;
    wanted = there.wanted;
  }
  Written elsewhere = copy(OutputFile::fallback(path()));
  if (elsewhere.fallback.code != Errc::ok && elsewhere.path != path()) {
    (void)::unlink(elsewhere.path.c_str());  // a part without its end
  }
  elsewhere.wanted = wanted;
  return elsewhere;
}

inline Result<RecordingCopy> RecordingRing::copy(Run run) {
  writer_.flush();
  if (sink_.file.error().code != Errc::ok) return sink_.file.error();
  if (const Name name = look_at_name(); name != Name::kept) name_ = name;
  auto from = sink_.file.reopen();
  if (!from) return from.error();
  return RecordingCopy{std::move(*from), sink_.whole, writer_.ending(), std::move(run)};
}

inline Result<void> RecordingCopy::write(std::string path) const {
  auto to = OutputFile::create(std::move(path));
  if (!to) return to.error();
  if (const auto copied = detail::copy_bytes(from_, 0, size_, *to); !copied) return copied;
  to->put(ending_.blocks(run_));
  return to->close();
}

}  // namespace tachyon
