#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/interner.hpp>
#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/cpython_format.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/utf8.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// Writes the file of cpython_format.hpp. Its header holds counts and offsets that are known only at
// the end, so what is gathered is the sample data in its packed form (about a byte a sample) and
// the file is put together by `write`; it is as little use before that as CPython's own.
//
// What the format cannot hold is left out: frames beyond the innermost 256 (`figures` tells how
// many stacks that cut), weights (its times are samples times interval), thread names, processes,
// status bits of ours, ticks without samples, and names that are no UTF-8, which are repaired.
namespace tachyon {

class CpythonRecording {
 public:
  struct Options {
    bool compress = true;
  };
  struct Figures {
    std::uint64_t samples = 0;
    std::uint64_t cut_stacks = 0;   // samples with more frames than the format holds
    std::uint64_t records[4] = {};  // by RecordKind
    std::uint64_t repeated = 0;     // samples in repeat records
    std::uint64_t frames_written = 0;
    std::uint64_t frames_saved = 0;
    std::uint64_t unpacked = 0;  // bytes of sample data before compression
  };

  explicit CpythonRecording(const Tables& tables) : CpythonRecording{tables, Options{}} {}
  CpythonRecording(const Tables& tables, Options options) : tables_{tables}, stream_{5} {
    // An empty piece takes what memory it needs; if there is none the file is written uncompressed.
    compress_ = options.compress && has_zstd && stream_.add({}, false, packed_).has_value();
  }

  void add(const Sample& sample);

  // The whole file. It may be written more than once, but nothing can be added after
  // the first time.
  template <Sink S>
  void write(S& sink, const Run& run) const;

  const Figures& figures() const noexcept { return figures_; }

 private:
  static constexpr std::size_t longest_run = 4096;
  static constexpr std::size_t chunk = 1 << 16;

  struct ThreadKey {
    std::uint64_t id;
    std::uint32_t interpreter;
    friend constexpr bool operator==(const ThreadKey&, const ThreadKey&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const ThreadKey& k) noexcept {
      return mix_bits(k.id ^ static_cast<std::uint64_t>(k.interpreter) << 40);
    }
  };
  struct ThreadState {
    ThreadKey key{};
    bool seen = false;
    StackId stack{};
    std::vector<std::uint32_t> frames{};  // of that stack, root first, as numbers of the file
    std::uint64_t time = 0;               // us
    StringSink run{};                     // times and statuses of a repeat record
    std::uint64_t run_length = 0;
  };

  ThreadState& thread_of(ThreadIndex index);
  std::uint32_t frame(FrameId id);
  std::uint32_t string(StringId id);
  void put_stack(ThreadState& thread, const Sample& sample, std::uint64_t delta);
  void begin_record(const ThreadState& thread, cpython_format::RecordKind kind) const;
  void end_run(ThreadState& thread) const;
  void pack(bool last) const;
  void put_tables(StringSink& strings, StringSink& frames) const;

  const Tables& tables_;
  bool compress_ = false;
  Interner<ThreadKey> keys_{};
  std::vector<std::uint32_t> thread_numbers_{};  // by ThreadIndex, plus one
  std::vector<std::uint32_t> frame_numbers_{};   // by FrameId, plus one
  std::vector<std::uint32_t> string_numbers_{};  // by StringId, plus one
  std::vector<FrameId> frames_{};
  std::vector<StringId> strings_{};
  std::vector<std::uint32_t> fresh_{};
  // Ending the open runs and the zstd frame changes nothing that a caller can see.
  mutable std::vector<ThreadState> threads_{};
  mutable StringSink raw_{};
  mutable std::string packed_{};
  mutable StreamCompressor stream_;
  mutable bool ended_ = false;
  mutable Figures figures_{};
};

inline CpythonRecording::ThreadState& CpythonRecording::thread_of(ThreadIndex index) {
  const auto at = static_cast<std::uint32_t>(index);
  if (at >= thread_numbers_.size()) thread_numbers_.resize(at + 1);
  if (thread_numbers_[at] == 0) {
    const Thread& thread = tables_.threads[index];
    const ThreadKey key{thread.id, thread.interpreter};
    const std::uint32_t number = keys_.intern(key);
    if (number == threads_.size()) {
      threads_.emplace_back();
      threads_.back().key = key;
    }
    thread_numbers_[at] = number + 1;
  }
  return threads_[thread_numbers_[at] - 1];
}

inline std::uint32_t CpythonRecording::string(StringId id) {
  const auto at = static_cast<std::uint32_t>(id);
  if (at >= string_numbers_.size()) string_numbers_.resize(at + 1);
  if (string_numbers_[at] == 0) {
    strings_.push_back(id);
    string_numbers_[at] = static_cast<std::uint32_t>(strings_.size());
  }
  return string_numbers_[at] - 1;
}

inline std::uint32_t CpythonRecording::frame(FrameId id) {
  const auto at = static_cast<std::uint32_t>(id);
  if (at >= frame_numbers_.size()) frame_numbers_.resize(at + 1);
  if (frame_numbers_[at] == 0) {
    const Function& function = tables_.frames.function_of(id);
    (void)string(function.file);
    (void)string(function.name);
    frames_.push_back(id);
    frame_numbers_[at] = static_cast<std::uint32_t>(frames_.size());
  }
  return frame_numbers_[at] - 1;
}

inline void CpythonRecording::begin_record(const ThreadState& thread,
                                           cpython_format::RecordKind kind) const {
  put_fixed(raw_, thread.key.id);
  put_fixed(raw_, thread.key.interpreter);
  put_fixed(raw_, static_cast<std::uint8_t>(kind));
  ++figures_.records[static_cast<std::size_t>(kind)];
}

inline void CpythonRecording::end_run(ThreadState& thread) const {
  if (thread.run_length == 0) return;
  begin_record(thread, cpython_format::RecordKind::repeat);
  put_varint(raw_, thread.run_length);
  raw_.put(thread.run.text());
  figures_.repeated += thread.run_length;
  thread.run = {};
  thread.run_length = 0;
}

inline void CpythonRecording::pack(bool last) const {
  figures_.unpacked += raw_.text().size();
  if (compress_) {
    [[maybe_unused]] const auto added = stream_.add(raw_.text(), last, packed_);
    assert(added && "zstd fails for want of memory only, and has it");
  } else {
    packed_ += raw_.text();
  }
  raw_ = {};
}

// A record that changes the thread's stack.
inline void CpythonRecording::put_stack(ThreadState& thread, const Sample& sample,
                                        std::uint64_t delta) {
  using cpython_format::RecordKind;
  fresh_.clear();
  StackId at = sample.stack;
  for (; at != StackId::empty && fresh_.size() < cpython_format::deepest_stack;
       at = tables_.frames.parent(at)) {
    fresh_.push_back(frame(tables_.frames.leaf(at)));
  }
  std::reverse(fresh_.begin(), fresh_.end());
  const auto shared = static_cast<std::size_t>(
      std::mismatch(fresh_.begin(), fresh_.end(), thread.frames.begin(), thread.frames.end())
          .first -
      fresh_.begin());
  const std::size_t popped = thread.frames.size() - shared;
  const RecordKind kind = shared == 0   ? RecordKind::full
                          : popped == 0 ? RecordKind::suffix
                                        : RecordKind::pop_push;
  begin_record(thread, kind);
  put_varint(raw_, delta);
  put_fixed(raw_, static_cast<std::uint8_t>(static_cast<unsigned>(sample.status) & 0x3f));
  if (kind == RecordKind::suffix) put_varint(raw_, shared);
  if (kind == RecordKind::pop_push) put_varint(raw_, popped);
  put_varint(raw_, fresh_.size() - shared);
  for (std::size_t i = fresh_.size(); i-- > shared;) put_varint(raw_, fresh_[i]);
  figures_.frames_written += fresh_.size() - shared;
  figures_.frames_saved += shared;
  thread.frames.swap(fresh_);
}

inline void CpythonRecording::add(const Sample& sample) {
  if (ended_) return;
  ThreadState& thread = thread_of(sample.thread);
  const std::uint64_t time = sample.time / 1000;
  const std::uint64_t delta = time > thread.time ? time - thread.time : 0;
  thread.time += delta;
  ++figures_.samples;
  if (tables_.frames.depth(sample.stack) > cpython_format::deepest_stack) ++figures_.cut_stacks;
  if (thread.seen && sample.stack == thread.stack) {
    put_varint(thread.run, delta);
    put_fixed(thread.run, static_cast<std::uint8_t>(static_cast<unsigned>(sample.status) & 0x3f));
    figures_.frames_saved += thread.frames.size();
    if (++thread.run_length == longest_run) end_run(thread);
  } else {
    end_run(thread);
    put_stack(thread, sample, delta);
    thread.seen = true;
    thread.stack = sample.stack;
  }
  if (raw_.text().size() >= chunk) pack(false);
}

inline void CpythonRecording::put_tables(StringSink& strings, StringSink& frames) const {
  for (const StringId id : strings_) {
    const std::string_view text = tables_.frames[id];
    put_varint(strings, repaired_size(text));
    put_repaired(strings, text);
  }
  for (const FrameId id : frames_) {
    const Frame& f = tables_.frames[id];
    const Function& function = tables_.frames[f.function];
    Location where = f.location;
    const bool unknown = where.line == 0 && where.end_line == 0 && where.column < 0;
    if (unknown || where.line < 0) where.line = -1;
    if (where.line < 0 || where.end_line < where.line) where.end_line = where.line;
    if (where.column < 0 || where.end_column < 0) where.column = where.end_column = -1;
    put_varint(frames, string_numbers_[static_cast<std::uint32_t>(function.file)] - 1);
    put_varint(frames, string_numbers_[static_cast<std::uint32_t>(function.name)] - 1);
    put_svarint(frames, where.line);
    put_svarint(frames, std::int64_t{where.end_line} - where.line);
    put_svarint(frames, where.column);
    put_svarint(frames, std::int64_t{where.end_column} - where.column);
    const std::uint16_t opcode = tables_.frames[f.opcode].number;
    const bool known = f.opcode != OpcodeId::none && opcode < cpython_format::no_opcode;
    put_fixed(frames, known ? static_cast<std::uint8_t>(opcode) : cpython_format::no_opcode);
  }
}

template <Sink S>
void CpythonRecording::write(S& sink, const Run& run) const {
  using namespace cpython_format;
  if (!std::exchange(ended_, true)) {
    for (ThreadState& thread : threads_) end_run(thread);
    pack(true);
  }
  StringSink strings, frames;
  put_tables(strings, frames);

  Header header{run.target.major,
                run.target.minor,
                run.target.micro,
                run.started / 1000,
                run.interval / 1000,
                figures_.samples,
                static_cast<std::uint32_t>(threads_.size())};
  header.strings_at = header_size + packed_.size();
  header.frames_at = header.strings_at + strings.text().size();
  header.compression = compress_ ? Compression::zstd : Compression::none;
  header.capture = capture_of(run.mode, run.options);

  StringSink head, tail;
  put_header(head, header);
  if (run.duration != 0) {
    Statistics statistics;
    const auto share = [](std::uint64_t part, std::uint64_t rest) {
      const double all = static_cast<double>(part) + static_cast<double>(rest);
      return all > 0 ? 100 * static_cast<double>(part) / all : 0;
    };
    statistics.duration = static_cast<double>(run.duration) * 1e-9;
    statistics.rate = static_cast<double>(run.quality.ticks) / statistics.duration;
    statistics.failed = share(run.quality.given_up, run.quality.valid);
    statistics.missed = share(run.quality.missed, run.quality.ticks);
    put_statistics(tail, statistics);
  }
  put_fixed(tail, static_cast<std::uint32_t>(strings_.size()));
  put_fixed(tail, static_cast<std::uint32_t>(frames_.size()));
  put_fixed(tail, header.frames_at + frames.text().size() + tail.text().size() + 24);

  Crc32c crc;
  for (const std::string_view part :
       {std::string_view{head.text()}, std::string_view{packed_}, std::string_view{strings.text()},
        std::string_view{frames.text()}, std::string_view{tail.text()}}) {
    crc.add(as_bytes(part));
    sink.put(part);
  }
  sink.put(checksum_signature);
  put_fixed(sink, crc.value());
  put_fixed(sink, std::uint64_t{0});
}

}  // namespace tachyon
