#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/interner.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/cpython_format.hpp>
#include <tachyon/codec/cpython_samples.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// Reads the file of cpython_format.hpp, front to back and in memory that does not grow with the
// number of samples: tables first, then one record after the other into a collector. There is
// nothing in the format to recover from: a byte that cannot be right ends the reading with
// `damaged`, and what the collector has been given by then is not a profile. So whoever reads
// checks the result before anything is written.
//
// `run` of CPython's profiler leaves the frames of its launcher in the file and hides them in every
// output, by the end of their file name. They are left out here, so that no output needs to know.
//
// Beyond what CPython's own reader checks we refuse a stored file size that is not the file's,
// unknown compressions, and, in files of ours, a wrong checksum.
namespace tachyon {

class CpythonReader {
 public:
  static Result<CpythonReader> open(InputFile file);

  const cpython_format::Header& header() const noexcept { return opened_.header; }
  const std::optional<cpython_format::Statistics>& statistics() const noexcept {
    return statistics_;
  }
  bool is_foreign_endian() const noexcept { return opened_.swapped; }

  // What the file tells about its run; `quality` holds what the statistics block implies.
  Run run() const;

  // Feeds every sample to `collector`. `progress(done, all)` is called now and then, in samples,
  // and stops the reading (with `timed_out`) when it returns false.
  template <class C, class Progress>
  Result<void> replay(Tables& tables, C& collector,
                      std::span<const cpython_format::OpcodeSpelling> opcodes, Progress&& progress);
  template <class C>
  Result<void> replay(Tables& tables, C& collector) {
    return replay(tables, collector, {}, [](std::uint64_t, std::uint64_t) { return true; });
  }

 private:
  // A frame of the program with which CPython's profiler starts another; see the essay.
  static constexpr FrameId launcher{0xffffffff};

  struct ThreadState {
    ThreadIndex index{};
    Thread thread{};
    std::uint64_t time = 0;         // us since the run began
    std::vector<StackId> stacks{};  // root first; the last one is the whole stack
    std::uint64_t usual = 0;        // ns between its samples of late; 0 = none yet

    // What a sample `step` ns after the one before stands for. The file says only when samples were
    // taken, and the interval that was asked for, which is often not what was reached. So it is the
    // step. Where a mode leaves threads out, one that it left out was not seen in the meantime: a
    // step far beyond the usual ones counts as a usual one.
    std::uint64_t weight_of(std::uint64_t step, std::uint64_t interval, bool always_seen) noexcept {
      if (usual == 0) return usual = interval == 0 ? 1000 : interval;
      const std::uint64_t weight = !always_seen && step / 16 > usual ? usual : step;
      usual = std::max<std::uint64_t>(1000, (7 * usual + std::min(step, 16 * usual)) / 8);
      return weight;
    }
  };
  struct ThreadKey {
    std::uint64_t id;
    std::uint32_t interpreter;
    friend constexpr bool operator==(const ThreadKey&, const ThreadKey&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const ThreadKey& k) noexcept {
      return mix_bits(k.id ^ static_cast<std::uint64_t>(k.interpreter) << 40);
    }
  };

  explicit CpythonReader(InputFile file) noexcept : file_{std::move(file)} {}

  Result<void> check_whole() const;
  Result<void> load_tables(Tables& tables, std::span<const cpython_format::OpcodeSpelling> opcodes);
  Result<std::string> part(std::uint64_t begin, std::uint64_t end) const;
  FrameId frame_from(Cursor& entry, Tables& tables,
                     std::span<const cpython_format::OpcodeSpelling> opcodes);
  ThreadState* thread_of(std::uint64_t id, std::uint32_t interpreter, Tables& tables);
  bool read_stack(cpython_format::RecordKind kind, detail::SampleBytes& data, ThreadState& thread,
                  FrameTable& frames);

  InputFile file_;
  cpython_format::Opened opened_{};
  cpython_format::Footer footer_{};
  std::optional<cpython_format::Statistics> statistics_{};
  std::uint64_t tables_end_ = 0;

  std::vector<StringId> strings_{};
  std::vector<FrameId> frames_{};
  Interner<ThreadKey> keys_{};
  std::vector<ThreadState> threads_{};
  std::uint32_t last_thread_ = 0;
  std::vector<FrameId> fresh_{};  // frames of one record, leaf first
};

inline Result<CpythonReader> CpythonReader::open(InputFile file) {
  using namespace cpython_format;
  CpythonReader reader{std::move(file)};
  const std::uint64_t size = reader.file_.size();
  char head[header_size];
  if (size < header_size) return Errc::not_a_recording;
  if (const auto read = reader.file_.read(0, head); !read) return read.error();
  const auto opened = read_header(as_bytes({head, sizeof head}));
  if (!opened) return opened.error();
  reader.opened_ = *opened;

  const Header& h = reader.opened_.header;
  if (size < header_size + footer_size) return Error{Errc::truncated, 0, {size}};
  const std::uint64_t footer_at = size - footer_size;
  if (h.strings_at < header_size || h.frames_at < h.strings_at) {
    return Error{Errc::damaged, 0, {40}};
  }
  if (h.frames_at > footer_at) return Error{Errc::truncated, 0, {size}};

  char tail[footer_size + statistics_size];
  const std::uint64_t tail_at =
      std::max(size - std::min<std::uint64_t>(size, sizeof tail), h.frames_at);
  const std::span<char> end{tail, static_cast<std::size_t>(size - tail_at)};
  if (const auto read = reader.file_.read(tail_at, end); !read) return read.error();
  const Bytes bytes = as_bytes({end.data(), end.size()});
  const auto footer = read_footer(bytes.last(footer_size), opened->swapped);
  if (!footer) return Error{footer.error().code, 0, {footer_at}};
  reader.footer_ = *footer;
  if (footer->file_size != size) return Error{Errc::truncated, 0, {size}};
  const auto statistics = read_statistics(bytes.first(bytes.size() - footer_size), opened->swapped);
  if (!statistics) return Error{statistics.error().code, 0, {tail_at}};
  reader.statistics_ = *statistics;
  reader.tables_end_ = footer_at;
  if (reader.statistics_) {
    reader.tables_end_ -=
        Fields{bytes, opened->swapped}.at<std::uint32_t>(bytes.size() - footer_size - 4);
  }
  if (footer->strings > h.frames_at - h.strings_at ||
      footer->frames > (reader.tables_end_ - h.frames_at) / 7) {
    return Error{Errc::damaged, 0, {footer_at}};  // more entries than bytes
  }
  if (h.compression == Compression::none && h.samples > (h.strings_at - header_size) / 2) {
    return Error{Errc::damaged, 0, {28}};
  }
  if (h.compression == Compression::zstd && !has_zstd) return Errc::unsupported;
  if (const auto whole = reader.check_whole(); !whole) return whole.error();
  return reader;
}

inline Result<void> CpythonReader::check_whole() const {
  if (!footer_.checksum) return {};
  Crc32c crc;
  std::vector<char> buffer(1 << 17);
  const std::uint64_t end = file_.size() - 16;
  for (std::uint64_t at = 0; at < end;) {
    const std::span<char> some{
        buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - at))};
    if (const auto read = file_.read(at, some); !read) return read.error();
    crc.add(as_bytes({some.data(), some.size()}));
    at += some.size();
  }
  return crc.value() == *footer_.checksum ? Result<void>{} : Result<void>{Errc::damaged};
}

inline Run CpythonReader::run() const {
  const auto& h = opened_.header;
  Run run;
  run.target.major = h.major;
  run.target.minor = h.minor;
  run.target.micro = h.micro;
  run.mode = cpython_format::mode_in(h.capture);
  run.options = cpython_format::options_in(h.capture);
  run.interval =
      h.interval > std::numeric_limits<std::uint64_t>::max() / 1000 ? 0 : h.interval * 1000;
  run.replayed = true;
  run.counts_samples = true;
  run.quality.attempts = run.quality.valid = h.samples;
  if (!statistics_) return run;
  // Percentages of ticks are all that is known of the looks that failed.
  const auto count = [](double number) {
    return number >= 1 && number < 1e18 ? static_cast<std::uint64_t>(number + 0.5) : 0;
  };
  const double ticks = statistics_->duration * statistics_->rate;
  run.duration = run.quality.wall = count(statistics_->duration * 1e9);
  run.quality.ticks = count(ticks);
  run.quality.given_up = count(ticks * statistics_->failed.value_or(0) / 100);
  const double missed = statistics_->missed.value_or(0);
  if (missed > 0 && missed < 100) run.quality.missed = count(ticks * missed / (100 - missed));
  run.quality.attempts += run.quality.given_up;
  return run;
}

inline Result<std::string> CpythonReader::part(std::uint64_t begin, std::uint64_t end) const {
  std::string bytes(static_cast<std::size_t>(end - begin), '\0');
  if (const auto read = file_.read(begin, {bytes.data(), bytes.size()}); !read) return read.error();
  return bytes;
}

inline Result<void> CpythonReader::load_tables(
    Tables& tables, std::span<const cpython_format::OpcodeSpelling> opcodes) {
  const auto& h = opened_.header;
  const auto texts = part(h.strings_at, h.frames_at);
  if (!texts) return texts.error();
  Cursor text{as_bytes(*texts)};
  strings_.clear();
  for (std::uint32_t i = 0; i < footer_.strings && text.ok(); ++i) {
    strings_.push_back(tables.frames.string(text.text()));
  }
  if (!text.ok() || !text.at_end())
    return Error{Errc::damaged, 0, {h.strings_at + text.position()}};

  const auto entries = part(h.frames_at, tables_end_);
  if (!entries) return entries.error();
  Cursor entry{as_bytes(*entries)};
  frames_.clear();
  for (std::uint32_t i = 0; i < footer_.frames && entry.ok(); ++i) {
    frames_.push_back(frame_from(entry, tables, opcodes));
  }
  if (!entry.ok() || !entry.at_end())
    return Error{Errc::damaged, 0, {h.frames_at + entry.position()}};
  return {};
}

inline FrameId CpythonReader::frame_from(Cursor& entry, Tables& tables,
                                         std::span<const cpython_format::OpcodeSpelling> opcodes) {
  const std::uint64_t file = entry.varint();
  const std::uint64_t name = entry.varint();
  if (file >= strings_.size() || name >= strings_.size()) {
    entry.fail();
    return {};
  }
  const auto number = [&](std::int64_t base) {
    std::int64_t value = 0;
    if (__builtin_add_overflow(entry.svarint(), base, &value) || value < -1 ||
        value > std::numeric_limits<std::int32_t>::max()) {
      entry.fail();
      return std::int32_t{-1};
    }
    return static_cast<std::int32_t>(value);
  };
  Location where;
  where.line = number(0);
  where.end_line = number(where.line);
  where.column = number(0);
  where.end_column = number(where.column);
  if (where.line < 0) where.line = where.end_line = 0;

  Frame frame;
  frame.location = where;
  const Function function{strings_[name], strings_[file], 0};
  const std::string_view path = tables.frames[function.file], title = tables.frames[function.name];
  if (path.ends_with("_sync_coordinator.py")) {
    (void)entry.byte();
    return launcher;
  }
  if (path == "<task>") frame.kind = FrameKind::task;
  if (path == "~") frame.kind = title == "<GC>" ? FrameKind::gc : FrameKind::native;
  const std::uint8_t opcode = entry.byte();
  if (opcode != cpython_format::no_opcode) {
    const auto spelling =
        opcode < opcodes.size() ? opcodes[opcode] : cpython_format::OpcodeSpelling{};
    frame.opcode =
        tables.frames.opcode({opcode, tables.frames.string(spelling.name),
                              tables.frames.string(spelling.base), spelling.specialized});
  }
  frame.function = tables.frames.function(function);
  return tables.frames.frame(frame);
}

inline CpythonReader::ThreadState* CpythonReader::thread_of(std::uint64_t id,
                                                            std::uint32_t interpreter,
                                                            Tables& tables) {
  const ThreadKey key{id, interpreter};
  if (last_thread_ < threads_.size() && keys_[last_thread_] == key) return &threads_[last_thread_];
  const std::uint32_t known = keys_.intern(key);
  last_thread_ = known;
  if (known == threads_.size()) {
    if (threads_.size() == opened_.header.threads) return nullptr;  // more than declared
    ThreadState state;
    state.thread.id = id;
    state.thread.interpreter = interpreter;
    state.index = tables.threads.intern(state.thread);
    threads_.push_back(std::move(state));
  }
  return &threads_[known];
}

// The rest of a record that changes the stack, behind its time and status.
inline bool CpythonReader::read_stack(cpython_format::RecordKind kind, detail::SampleBytes& data,
                                      ThreadState& thread, FrameTable& frames) {
  using cpython_format::RecordKind;
  std::vector<StackId>& stacks = thread.stacks;
  std::uint64_t kept = 0;
  if (kind == RecordKind::suffix) kept = data.varint();
  if (kind == RecordKind::pop_push) {
    const std::uint64_t popped = data.varint();
    if (popped > stacks.size()) return false;
    kept = stacks.size() - popped;
  }
  const std::uint64_t fresh = data.varint();
  if (kept > stacks.size() || fresh > cpython_format::deepest_stack ||
      kept + fresh > cpython_format::deepest_stack) {
    return false;
  }
  fresh_.clear();
  for (std::uint64_t i = 0; i < fresh; ++i) {
    const std::uint64_t index = data.varint();
    if (index >= frames_.size()) return false;
    fresh_.push_back(frames_[index]);
  }
  stacks.resize(kept);
  for (std::size_t i = fresh_.size(); i-- > 0;) {
    const StackId below = stacks.empty() ? StackId::empty : stacks.back();
    stacks.push_back(fresh_[i] == launcher ? below : frames.push(below, fresh_[i]));
  }
  return data.ok();
}

template <class C, class Progress>
Result<void> CpythonReader::replay(Tables& tables, C& collector,
                                   std::span<const cpython_format::OpcodeSpelling> opcodes,
                                   Progress&& progress) {
  using cpython_format::RecordKind;
  constexpr std::uint64_t latest = std::numeric_limits<std::uint64_t>::max() / 1000;
  const auto& h = opened_.header;
  if (const auto loaded = load_tables(tables, opcodes); !loaded) return loaded.error();
  keys_ = {};
  threads_.clear();
  detail::SampleBytes data{file_, cpython_format::header_size, h.strings_at,
                           h.compression == cpython_format::Compression::zstd};
  const auto damaged = [&] {
    return data.ok() ? Error{Errc::damaged, 0, {data.consumed()}} : data.error();
  };
  const std::uint64_t interval = run().interval;
  const bool always_seen = run().mode == ModeKind::wall || run().mode == ModeKind::all ||
                           run().mode == ModeKind::unknown;
  std::uint64_t done = 0, told = 0;
  while (!data.at_end()) {
    const auto id = data.fixed<std::uint64_t>(opened_.swapped);
    const auto interpreter = data.fixed<std::uint32_t>(opened_.swapped);
    const auto kind = data.byte();
    if (!data.ok() || kind > 3) return damaged();
    ThreadState* const thread = thread_of(id, interpreter, tables);
    if (!thread) return damaged();
    std::uint64_t count = 1;
    if (RecordKind{kind} == RecordKind::repeat) count = data.varint();
    if (count == 0 || count > h.samples - done) return damaged();
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t delta = data.varint();
      const std::uint8_t status = data.byte();
      if (!data.ok() || delta > latest - thread->time) return damaged();
      thread->time += delta;
      if (RecordKind{kind} != RecordKind::repeat &&
          !read_stack(RecordKind{kind}, data, *thread, tables.frames)) {
        return damaged();
      }
      if (has(Status{status}, Status::main_thread) && !thread->thread.main) {
        thread->thread.main = true;
        (void)tables.threads.intern(thread->thread);
      }
      collector.add(Sample{thread->index,
                           thread->stacks.empty() ? StackId::empty : thread->stacks.back(),
                           Status{status}, thread->time * 1000,
                           thread->weight_of(delta * 1000, interval, always_seen)});
    }
    done += count;
    if (done - told >= 65536) {
      told = done;
      if (!progress(done, h.samples)) return Errc::timed_out;
    }
  }
  if (!data.ok() || done != h.samples || threads_.size() != h.threads) return damaged();
  (void)progress(done, h.samples);
  return {};
}

}  // namespace tachyon
