#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/column.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/run_block.hpp>
#include <tachyon/codec/sample_block.hpp>
#include <tachyon/codec/table_block.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// Reads the file of recording_format.hpp, whatever state it is in: finished, still being written,
// cut by a kill or a full disk, damaged in the middle. Opening it runs over all blocks once, so
// that what there is and what is missing is known before the first sample; replaying runs over them
// again. Only blocks with the right checksum are looked into. Memory is one block and the tables.
//
// A recording ends with its end block, or where another one begins (two files that were put behind
// each other): blocks do not say whose they are, and those of another would be read with the wrong
// tables. What follows is counted and left alone.
namespace tachyon {

// What is not there, or not as it was written.
struct Recovery {
  bool finished = false;           // the writer came to its end
  std::uint64_t lost_blocks = 0;   // that are known to have been there
  std::uint64_t lost_samples = 0;  // in them; behind the last block nobody knows
  std::uint64_t lost_ticks = 0;
  std::uint64_t damaged_bytes = 0;     // in no good block
  std::uint64_t cut_bytes = 0;         // of a block at the end that is not complete
  std::uint64_t foreign_bytes = 0;     // behind the end; they belong to no recording or another one
  bool another_recording = false;      // they do begin like one
  std::uint64_t dropped_samples = 0;   // on purpose: the recording was a ring
  std::uint64_t nameless_samples = 0;  // stack or thread was in a lost block; after replay

  bool complete() const noexcept {
    return finished && lost_blocks == 0 && damaged_bytes == 0 && cut_bytes == 0;
  }
};

// Part of a recording, in nanoseconds of its own time; blocks that lie outside are not unpacked.
// Samples at its edges are the caller's business: blocks are not cut.
struct TimeWindow {
  std::uint64_t from = 0;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
};

namespace detail {

// Good blocks, one after the other.
class BlockRow {
 public:
  explicit BlockRow(const InputFile& file) noexcept
      : file_{file}, at_{recording::lead_size}, work_left_{file.size() * 4 + (1 << 26)} {}

  // False at the end of the recording, or when it cannot be read.
  Result<bool> next();
  // Nothing more belongs to this recording.
  void end() noexcept { ended_ = true; }
  bool another_follows() const { return begins_recording(at_); }

  recording::BlockHead head{};
  std::vector<char> payload{};
  std::uint64_t skipped = 0;  // bytes in front of this block, or of the end, that are no block
  bool cut = false;           // they are the beginning of a block, and the file's end
  std::uint64_t position() const noexcept { return at_; }

 private:
  enum class Look : std::uint8_t { good, bad, beyond_end };
  Result<Look> look(std::uint64_t at);
  // Of this version or another.
  bool begins_recording(std::uint64_t at) const {
    char bytes[recording::lead_size];
    if (!file_.read(at, bytes)) return false;
    const auto lead = recording::read_lead(as_bytes({bytes, sizeof bytes}));
    return lead || lead.error().code == Errc::unsupported;
  }
  bool stop_at(std::uint64_t at) noexcept {
    skipped = at - at_;
    cut = skipped != 0;  // what began there was never finished
    at_ = at;
    ended_ = true;
    return false;
  }
  Result<std::uint64_t> next_sync(std::uint64_t from);

  const InputFile& file_;
  std::uint64_t at_;
  std::uint64_t work_left_;  // bytes that failed candidates may still cost
  bool ended_ = false;
  std::vector<char> window_{};
};

// Whether a good block begins at `at`; if so it is in `head` and `payload`.
inline Result<BlockRow::Look> BlockRow::look(std::uint64_t at) {
  char bytes[recording::block_head_size];
  const auto got = file_.read_some(at, bytes);
  if (!got) return got.error();
  const std::string_view text{bytes, *got};
  if (*got < sizeof bytes) {
    const std::size_t known = std::min(*got, recording::sync.size());
    return text.substr(0, known) == recording::sync.substr(0, known) ? Look::beyond_end : Look::bad;
  }
  recording::BlockHead found;
  if (!recording::read_block_head(as_bytes(text), found)) return Look::bad;
  if (found.size > file_.size() - at - sizeof bytes) return Look::beyond_end;
  payload.resize(found.size);
  if (const auto read = file_.read(at + sizeof bytes, view_of(payload)); !read) return read.error();
  Crc32c crc;
  crc.add(as_bytes(text.substr(0, 12)));
  crc.add(as_bytes({payload.data(), payload.size()}));
  if (crc.value() != found.checksum) {
    work_left_ -= std::min<std::uint64_t>(work_left_, found.size);
    return Look::bad;
  }
  head = found;
  return Look::good;
}

// The next place that looks like a block's beginning; the file's size if there is none.
inline Result<std::uint64_t> BlockRow::next_sync(std::uint64_t from) {
  constexpr std::size_t step = 1 << 16;
  window_.resize(step + recording::sync.size() - 1);
  for (; from < file_.size(); from += step) {
    const auto got = file_.read_some(from, view_of(window_));
    if (!got) return got.error();
    const std::size_t found = std::string_view{window_.data(), *got}.find(recording::sync);
    if (found != std::string_view::npos) return from + found;
  }
  return file_.size();
}

inline Result<bool> BlockRow::next() {
  const std::uint64_t begin = at_;
  skipped = 0;
  cut = false;
  if (ended_) return false;
  bool first_is_cut = false;
  for (std::uint64_t at = at_; at < file_.size();) {
    const auto seen = look(at);
    if (!seen) return seen.error();
    if (*seen != Look::good && at == begin && begins_recording(at)) return stop_at(at);
    if (*seen == Look::good && at - begin >= recording::lead_size &&
        begins_recording(at - recording::lead_size)) {
      return stop_at(at - recording::lead_size);
    }
    if (*seen == Look::good) {
      skipped = at - begin;
      at_ = at + recording::block_head_size + head.size;
      return true;
    }
    if (at == begin) first_is_cut = *seen == Look::beyond_end;
    if (work_left_ == 0) break;  // a file made to keep us busy
    const auto following = next_sync(at + 1);
    if (!following) return following.error();
    at = *following;
  }
  skipped = file_.size() - begin;
  cut = first_is_cut && skipped != 0;
  at_ = file_.size();
  return false;
}

}  // namespace detail

class RecordingReader {
 public:
  static Result<RecordingReader> open(InputFile file);

  const Run& run() const noexcept { return run_; }
  const Recovery& recovery() const noexcept { return recovery_; }
  // What there is, lost blocks not counted.
  std::uint64_t samples() const noexcept { return samples_; }
  std::uint64_t ticks() const noexcept { return ticks_; }
  std::uint64_t begin() const noexcept { return begin_ * lead_.unit; }  // ns
  std::uint64_t end() const noexcept { return end_ * lead_.unit; }
  std::uint64_t unit() const noexcept { return lead_.unit; }
  bool compressed() const noexcept { return compressed_; }

  // Feeds samples and ticks to `collector`. `progress(done, all)` is called after every block, in
  // bytes of the file, and stops the reading (with `timed_out`) when it returns false.
  template <class C, class Progress>
  Result<void> replay(Tables& tables, C& collector, TimeWindow window, Progress&& progress);
  template <class C>
  Result<void> replay(Tables& tables, C& collector) {
    return replay(tables, collector, {}, [](std::uint64_t, std::uint64_t) { return true; });
  }

  // Reads the source texts into the run, as far as they fit; how many did not.
  Result<std::uint64_t> load_sources();

 private:
  explicit RecordingReader(InputFile file) noexcept : file_{std::move(file)} {}

  Result<void> survey();
  Result<void> count(const recording::BlockHead& head, Bytes payload);
  void complete_run();
  Error damaged(const detail::BlockRow& row, bool unsupported) const noexcept {
    return {unsupported ? Errc::unsupported : Errc::damaged, 0, {row.position()}};
  }

  InputFile file_;
  recording::Lead lead_{};
  Run run_{};
  Recovery recovery_{};
  std::uint64_t samples_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t begin_ = std::numeric_limits<std::uint64_t>::max();  // units
  std::uint64_t end_ = 0;
  std::uint64_t expected_samples_ = 0;
  std::uint64_t expected_ticks_ = 0;
  std::uint64_t next_number_ = 0;
  std::uint64_t runs_ = 0;
  bool compressed_ = false;
};

inline Result<RecordingReader> RecordingReader::open(InputFile file) {
  RecordingReader reader{std::move(file)};
  char bytes[recording::lead_size];
  const auto got = reader.file_.read_some(0, bytes);
  if (!got) return got.error();
  const auto lead = recording::read_lead(as_bytes({bytes, *got}));
  if (!lead) return lead.error();
  reader.lead_ = *lead;
  if (const auto surveyed = reader.survey(); !surveyed) return surveyed.error();
  return reader;
}

inline Result<void> RecordingReader::survey() {
  detail::BlockRow row{file_};
  for (;;) {
    const auto more = row.next();
    if (!more) return more.error();
    (row.cut ? recovery_.cut_bytes : recovery_.damaged_bytes) += row.skipped;
    if (!*more) break;
    // A number that goes back is a block that does not belong here.
    if (row.head.number < next_number_) {
      recovery_.damaged_bytes += recording::block_head_size + row.head.size;
      continue;
    }
    recovery_.lost_blocks += row.head.number - next_number_;
    next_number_ = std::uint64_t{row.head.number} + 1;
    const auto counted = count(row.head, as_bytes({row.payload.data(), row.payload.size()}));
    if (!counted) return Error{counted.error().code, 0, {row.position()}};
    if (row.head.kind == recording::BlockKind::end) row.end();
  }
  recovery_.foreign_bytes = file_.size() - row.position();
  recovery_.another_recording = row.another_follows();
  complete_run();
  return {};
}

inline Result<void> RecordingReader::count(const recording::BlockHead& head, Bytes payload) {
  Cursor from{payload};
  switch (head.kind) {
    case recording::BlockKind::run: {
      recording::Dropped dropped;
      if (!recording::read_run_block(payload, run_, dropped)) return Errc::damaged;
      // Only the block that the file begins with can tell of a beginning that was dropped.
      if (dropped.any && runs_ == 0 && ticks_ == 0) {
        recovery_.lost_blocks = 0;
        recovery_.dropped_samples = expected_samples_ = dropped.samples;
        expected_ticks_ = dropped.ticks;
      }
      ++runs_;
      break;
    }
    case recording::BlockKind::samples: {
      const auto span = recording::read_span(from);
      if (!from.ok() || span.samples_before < expected_samples_ ||
          span.ticks_before < expected_ticks_) {
        return Errc::damaged;
      }
      recovery_.lost_samples += span.samples_before - expected_samples_;
      recovery_.lost_ticks += span.ticks_before - expected_ticks_;
      expected_samples_ = span.samples_before + span.samples;
      expected_ticks_ = span.ticks_before + span.ticks;
      samples_ += span.samples;
      ticks_ += span.ticks;
      begin_ = std::min(begin_, span.begin);
      end_ = std::max(end_, span.end);
      for (int i = 0; i < 6 && from.ok(); ++i) {
        const std::uint64_t column = from.varint();
        compressed_ = compressed_ || (column & 1);
        (void)from.bytes(column & 1 ? from.varint() : column >> 1);
      }
      break;
    }
    case recording::BlockKind::end: {
      const std::uint64_t samples = from.varint(), ticks = from.varint();
      if (!from.ok() || samples < expected_samples_ || ticks < expected_ticks_)
        return Errc::damaged;
      recovery_.lost_samples += samples - expected_samples_;
      recovery_.lost_ticks += ticks - expected_ticks_;
      recovery_.finished = true;
      break;
    }
    case recording::BlockKind::tables:
    case recording::BlockKind::source:
      break;
    default:
      if (static_cast<char>(head.kind) < 'a') return Errc::unsupported;
  }
  return {};
}

// A run that was not finished has told nothing of its length; the blocks do.
inline void RecordingReader::complete_run() {
  run_.replayed = true;
  if (begin_ > end_) begin_ = end_;
  if (recovery_.finished && runs_ > 1) return;
  run_.duration = run_.quality.wall = end() - begin();
  run_.quality.ticks = ticks_;
  run_.quality.attempts = run_.quality.valid = samples_;
}

template <class C, class Progress>
Result<void> RecordingReader::replay(Tables& tables, C& collector, TimeWindow window,
                                     Progress&& progress) {
  using recording::BlockKind;
  detail::BlockRow row{file_};
  // Entries of the tables take some bytes each; a file that claims many times more is made up.
  recording::TableReader table{tables, file_.size() * 8 + 65536};
  recording::SampleReader reader{lead_.unit, run_.interval};
  Decompressor decompressor;
  recovery_.nameless_samples = 0;
  std::uint64_t next_number = 0;
  for (;;) {
    const auto more = row.next();
    if (!more) return more.error();
    if (!*more) return {};
    if (row.head.number < next_number) continue;
    next_number = std::uint64_t{row.head.number} + 1;
    if (row.head.kind == BlockKind::end) row.end();
    const Bytes payload = as_bytes({row.payload.data(), row.payload.size()});
    if (row.head.kind == BlockKind::tables && !table.read(payload, decompressor)) {
      return damaged(row, table.unsupported());
    }
    if (row.head.kind == BlockKind::samples) {
      Cursor from{payload};
      const auto span = recording::read_span(from);
      const bool wanted =
          span.end * lead_.unit >= window.from && span.begin * lead_.unit <= window.to;
      if ((wanted || span.end < span.begin) &&
          !reader.read(payload, table, decompressor, collector, recovery_.nameless_samples)) {
        return damaged(row, reader.unsupported());
      }
    }
    if (!progress(row.position(), file_.size())) return Errc::timed_out;
  }
}

inline Result<std::uint64_t> RecordingReader::load_sources() {
  detail::BlockRow row{file_};
  recording::ColumnReader column;
  Decompressor decompressor;
  std::uint64_t left = file_.size() * 16 + (std::uint64_t{1} << 26), left_out = 0, next_number = 0;
  for (;;) {
    const auto more = row.next();
    if (!more) return more.error();
    if (!*more) return left_out;
    if (row.head.number < next_number) continue;
    next_number = std::uint64_t{row.head.number} + 1;
    if (row.head.kind == recording::BlockKind::end) row.end();
    if (row.head.kind != recording::BlockKind::source) continue;
    Cursor from{as_bytes({row.payload.data(), row.payload.size()})};
    const std::string_view name = from.text();
    const Bytes text = column.read(from, decompressor);
    if (!from.ok()) return damaged(row, column.unsupported());
    if (text.size() > left) {
      ++left_out;
      continue;
    }
    left -= text.size();
    run_.sources.insert_or_assign(std::string{name}, std::string{as_text(text)});
  }
}

}  // namespace tachyon
