#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/codec/column.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>
#include <tachyon/sample/sample.hpp>

// The 'T' block: strings, functions, frames, stacks, opcodes and threads get their numbers when a
// sample first needs them. The numbers are the file's own, dense and in order of use, so a file
// holds nothing that its samples do not show, whatever else is in the session's tables.
namespace tachyon::recording {

enum Table : std::size_t { strings, functions, frames, stacks, opcodes, threads, table_count };

// Turns the session's numbers into the file's, and gathers what the file does not know yet.
class TableWriter {
 public:
  explicit TableWriter(const Tables& tables) noexcept : tables_{tables} { restart(); }

  // `spill()` is called when so much is new that it should be written before there is more.
  template <class Spill>
  std::uint64_t stack(StackId id, Spill&& spill);
  std::uint64_t thread(ThreadIndex index);
  // A thread that is known to the file may have a new name by now.
  void refresh_threads();

  bool has_news() const noexcept { return news_; }
  std::size_t pending() const noexcept;
  std::uint64_t epoch() const noexcept { return epoch_; }
  std::uint64_t count(Table table) const noexcept { return next_[table]; }

  // The file forgets all numbers: what the next samples need is written again.
  void restart();
  // Appends the payload of a block with all news.
  void append_to(std::string& out, Compressor& compressor);

 private:
  static constexpr std::uint32_t unknown = 0xffffffff;
  static constexpr std::size_t large = std::size_t{1} << 20;
  using Numbers = std::vector<std::uint32_t>;

  // The place of `id` in a row of numbers that grows as needed.
  static std::uint32_t& at(Numbers& numbers, std::uint32_t id) {
    if (id >= numbers.size())
      numbers.resize(std::max<std::size_t>(id + 1, numbers.size() * 2), unknown);
    return numbers[id];
  }
  std::uint32_t number(Table table) {
    news_ = true;
    return static_cast<std::uint32_t>(next_[table]++);
  }
  std::uint64_t string(StringId id);
  std::uint64_t function(FunctionId id);
  std::uint64_t frame(FrameId id);
  std::uint64_t opcode(OpcodeId id);
  void put_thread(std::uint64_t number, const Thread& thread);

  const Tables& tables_;
  std::array<Numbers, table_count> numbers_{};  // of the session's ids
  std::array<std::uint64_t, table_count> next_{};
  std::array<std::uint64_t, table_count> first_{};  // in this block
  std::vector<ThreadIndex> known_threads_{};
  std::vector<std::uint64_t> thread_looks_{};  // hash of what was written of each
  std::vector<StackId> path_{};
  std::uint64_t last_frame_ = 0;
  std::uint64_t epoch_ = 0;
  bool forget_ = false;
  bool news_ = false;
  Column lengths_{}, texts_{}, functions_{}, frames_{}, stacks_{}, opcodes_{}, threads_{};
};

inline void TableWriter::restart() {
  if (first_[strings] != 0 || next_[strings] != 0) {
    ++epoch_;
    forget_ = news_ = true;
  }
  for (Numbers& numbers : numbers_) numbers.clear();
  next_ = {1, 0, 0, 1, 1, 0};
  first_ = next_;
  at(numbers_[strings], 0) = at(numbers_[stacks], 0) = at(numbers_[opcodes], 0) = 0;
  known_threads_.clear();
  thread_looks_.clear();
  last_frame_ = 0;
  for (Column* column :
       {&lengths_, &texts_, &functions_, &frames_, &stacks_, &opcodes_, &threads_}) {
    column->clear();
  }
}

inline std::size_t TableWriter::pending() const noexcept {
  return lengths_.size() + texts_.size() + functions_.size() + frames_.size() + stacks_.size() +
         opcodes_.size() + threads_.size();
}

inline std::uint64_t TableWriter::string(StringId id) {
  std::uint32_t& known = at(numbers_[strings], static_cast<std::uint32_t>(id));
  if (known != unknown) return known;
  const std::string_view text = tables_.frames[id].substr(0, longest_text);
  put_varint(lengths_, text.size());
  texts_.put(text);
  return known = number(strings);
}

inline std::uint64_t TableWriter::function(FunctionId id) {
  std::uint32_t& known = at(numbers_[functions], static_cast<std::uint32_t>(id));
  if (known != unknown) return known;
  const Function& f = tables_.frames[id];
  const std::uint64_t name = string(f.name), file = string(f.file);
  put_varint(functions_, name);
  put_varint(functions_, file);
  put_svarint(functions_, f.first_line);
  return known = number(functions);
}

inline std::uint64_t TableWriter::opcode(OpcodeId id) {
  std::uint32_t& known = at(numbers_[opcodes], static_cast<std::uint32_t>(id));
  if (known != unknown) return known;
  const ExecutedOpcode& o = tables_.frames[id];
  const std::uint64_t name = string(o.name), base = string(o.base);
  put_varint(opcodes_, o.number);
  put_varint(opcodes_, name);
  put_varint(opcodes_, base);
  put_varint(opcodes_, o.specialized ? 1 : 0);
  return known = number(opcodes);
}

inline std::uint64_t TableWriter::frame(FrameId id) {
  std::uint32_t& known = at(numbers_[frames], static_cast<std::uint32_t>(id));
  if (known != unknown) return known;
  const Frame& f = tables_.frames[id];
  const std::uint64_t of = function(f.function), executed = opcode(f.opcode);
  const auto difference = [](std::int32_t a, std::int32_t b) { return std::int64_t{a} - b; };
  const Location& where = f.location;
  put_varint(frames_, of);
  put_svarint(frames_, difference(where.line, tables_.frames[f.function].first_line));
  put_svarint(frames_, difference(where.end_line, where.line));
  put_svarint(frames_, where.column);
  put_svarint(frames_, difference(where.end_column, where.column));
  put_varint(frames_, executed);
  put_varint(frames_, static_cast<std::uint64_t>(f.kind));
  return known = number(frames);
}

template <class Spill>
std::uint64_t TableWriter::stack(StackId id, Spill&& spill) {
  Numbers& numbers = numbers_[stacks];
  if (const std::uint32_t known = at(numbers, static_cast<std::uint32_t>(id)); known != unknown) {
    return known;
  }
  path_.clear();
  StackId node = id;
  for (; at(numbers, static_cast<std::uint32_t>(node)) == unknown;
       node = tables_.frames.parent(node)) {
    path_.push_back(node);
  }
  std::uint32_t parent = numbers[static_cast<std::uint32_t>(node)];
  for (std::size_t i = path_.size(); i-- > 0;) {
    const std::uint64_t leaf = frame(tables_.frames.leaf(path_[i]));
    const std::uint32_t own = number(stacks);
    put_varint(stacks_, own - 1 - parent);
    put_svarint(stacks_, static_cast<std::int64_t>(leaf) - static_cast<std::int64_t>(last_frame_));
    last_frame_ = leaf;
    at(numbers, static_cast<std::uint32_t>(path_[i])) = parent = own;
    if (pending() > large) spill();
  }
  return parent;
}

inline std::uint64_t TableWriter::thread(ThreadIndex index) {
  std::uint32_t& known = at(numbers_[threads], static_cast<std::uint32_t>(index));
  if (known != unknown) return known;
  known = number(threads);
  known_threads_.push_back(index);
  thread_looks_.push_back(0);
  refresh_threads();
  return known;
}

inline void TableWriter::refresh_threads() {
  for (std::size_t i = 0; i < known_threads_.size(); ++i) {
    const Thread& thread = tables_.threads[known_threads_[i]];
    const std::uint64_t look =
        mix_bits(hash_text(thread.name) ^ mix_bits(hash_text(thread.python_name)) ^
                 (thread.main ? 1U : 0U)) |
        1;
    if (look == thread_looks_[i]) continue;
    thread_looks_[i] = look;
    news_ = true;
    put_thread(i, thread);
  }
}

inline void TableWriter::put_thread(std::uint64_t number, const Thread& thread) {
  put_varint(threads_, number);
  put_svarint(threads_, thread.process);
  put_varint(threads_, thread.id);
  put_varint(threads_, thread.interpreter);
  put_varint(threads_, thread.main ? 1 : 0);
  put_text(threads_, std::string_view{thread.name}.substr(0, longest_text));
  put_text(threads_, std::string_view{thread.python_name}.substr(0, longest_text));
}

inline void TableWriter::append_to(std::string& out, Compressor& compressor) {
  StringSink head;
  put_varint(head, forget_ ? forget : 0);
  put_varint(head, epoch_);
  for (const Table table : {strings, functions, frames, stacks, opcodes}) {
    put_varint(head, first_[table]);
    put_varint(head, next_[table] - first_[table]);
  }
  out += head.text();
  for (Column* column :
       {&lengths_, &texts_, &functions_, &frames_, &stacks_, &opcodes_, &threads_}) {
    column->append_to(out, compressor);
    column->clear();
  }
  first_ = next_;
  last_frame_ = 0;
  forget_ = news_ = false;
}

// Turns the file's numbers into those of a session's tables. Numbers whose definition was lost with
// a damaged block stand for things that say so.
class TableReader {
 public:
  // `most` bounds how many entries the file may define in all; its size in bytes is a good measure.
  TableReader(Tables& tables, std::uint64_t most) : tables_{tables}, left_{most} { forget_all(0); }

  bool read(Bytes payload, Decompressor& decompressor);

  // Samples that need numbers of another epoch find nothing but lost things.
  bool knows(std::uint64_t epoch) const noexcept { return epoch == epoch_; }
  StackId stack(std::uint64_t number, bool known_epoch) {
    if (known_epoch && number < stacks_.size()) return stacks_[static_cast<std::size_t>(number)];
    return lost_stack();
  }
  ThreadIndex thread(std::uint64_t number, bool known_epoch) {
    if (known_epoch && number < threads_.size() && threads_[number].known) {
      return threads_[static_cast<std::size_t>(number)].index;
    }
    made_lost_ = true;
    return lost_thread_ = tables_.threads.intern({});
  }
  bool is_lost(const Sample& sample) const;
  bool unsupported() const noexcept {
    return std::any_of(columns_.begin(), columns_.end(),
                       [](const ColumnReader& column) { return column.unsupported(); });
  }

 private:
  struct KnownThread {
    ThreadIndex index{};
    bool known = false;
  };

  void forget_all(std::uint64_t epoch);
  StringId lost_string();
  FunctionId lost_function();
  FrameId lost_frame();
  StackId lost_stack() { return tables_.frames.push(StackId::empty, lost_frame()); }
  template <class Id>
  static Id one_of(const std::vector<Id>& ids, std::uint64_t number, Cursor& from) {
    if (number < ids.size()) return ids[static_cast<std::size_t>(number)];
    from.fail();
    return {};
  }
  template <class Id, class Lost, class Read>
  bool read_table(std::vector<Id>& ids, std::uint64_t first, std::uint64_t count, Cursor& from,
                  Lost&& lost, Read&& read);
  bool read_threads(Cursor& from);
  FrameId read_frame(Cursor& from);

  Tables& tables_;
  std::uint64_t left_;
  std::uint64_t epoch_ = 0;
  std::vector<StringId> strings_{};
  std::vector<FunctionId> functions_{};
  std::vector<FrameId> frames_{};
  std::vector<StackId> stacks_{};
  std::vector<OpcodeId> opcodes_{};
  std::vector<KnownThread> threads_{};
  std::array<ColumnReader, 7> columns_{};
  bool made_lost_ = false;
  StringId lost_string_{};
  ThreadIndex lost_thread_{0xffffffff};
};

inline void TableReader::forget_all(std::uint64_t epoch) {
  epoch_ = epoch;
  strings_ = {StringId::empty};
  stacks_ = {StackId::empty};
  opcodes_ = {OpcodeId::none};
  functions_.clear();
  frames_.clear();
  threads_.clear();
}

inline StringId TableReader::lost_string() {
  made_lost_ = true;
  return lost_string_ = tables_.frames.string("<lost in a damaged block>");
}
inline FunctionId TableReader::lost_function() {
  const StringId lost = lost_string();
  return tables_.frames.function({lost, tables_.frames.string("~"), 0});
}
inline FrameId TableReader::lost_frame() {
  return tables_.frames.frame({lost_function(), {}, OpcodeId::none, FrameKind::truncated});
}

inline bool TableReader::is_lost(const Sample& sample) const {
  if (!made_lost_) return false;
  if (sample.thread == lost_thread_) return true;
  const FrameTable& from = tables_.frames;
  for (StackId at = sample.stack; at != StackId::empty; at = from.parent(at)) {
    const Function& function = from.function_of(from.leaf(at));
    if (lost_string_ != StringId::empty &&
        (function.name == lost_string_ || function.file == lost_string_)) {
      return true;
    }
  }
  return false;
}

// Entries `first` to `first + count`. Those between what is known and `first` were lost.
template <class Id, class Lost, class Read>
bool TableReader::read_table(std::vector<Id>& ids, std::uint64_t first, std::uint64_t count,
                             Cursor& from, Lost&& lost, Read&& read) {
  if (first < ids.size() || first - ids.size() > left_) return false;
  if (const std::uint64_t gap = first - ids.size(); gap != 0) {
    left_ -= gap;
    ids.resize(static_cast<std::size_t>(first), lost());
  }
  // An entry takes at least a byte.
  if (count > from.left() || count > left_) return false;
  left_ -= count;
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) ids.push_back(read());
  return from.ok() && from.at_end();
}

inline FrameId TableReader::read_frame(Cursor& from) {
  Frame frame;
  frame.function = one_of(functions_, from.varint(), from);
  const std::int64_t lines = from.svarint(), end_lines = from.svarint(), column = from.svarint(),
                     columns = from.svarint();
  frame.opcode = one_of(opcodes_, from.varint(), from);
  frame.kind = FrameKind(from.varint_up_to(static_cast<std::uint64_t>(FrameKind::idle)));
  if (!from.ok()) return {};
  const auto sum = [&](std::int64_t base, std::int64_t difference) {
    std::int64_t value = 0;
    if (__builtin_add_overflow(base, difference, &value) ||
        value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max()) {
      from.fail();
    }
    return static_cast<std::int32_t>(value);
  };
  Location& where = frame.location;
  where.line = sum(tables_.frames[frame.function].first_line, lines);
  where.end_line = sum(where.line, end_lines);
  where.column = sum(0, column);
  where.end_column = sum(where.column, columns);
  return from.ok() ? tables_.frames.frame(frame) : FrameId{};
}

inline bool TableReader::read_threads(Cursor& from) {
  while (from.ok() && !from.at_end()) {
    const std::uint64_t number = from.varint();
    Thread thread;
    thread.process = from.svarint();
    thread.id = from.varint();
    thread.interpreter = static_cast<std::uint32_t>(from.varint_up_to(0xffffffff));
    thread.main = from.varint_up_to(1) != 0;
    thread.name = from.text();
    thread.python_name = from.text();
    if (!from.ok() || number > threads_.size() + left_) return false;
    if (number >= threads_.size()) {
      left_ -= std::min(left_, number + 1 - threads_.size());
      threads_.resize(static_cast<std::size_t>(number) + 1);
    }
    threads_[static_cast<std::size_t>(number)] = {tables_.threads.intern(thread), true};
  }
  return from.ok();
}

inline bool TableReader::read(Bytes payload, Decompressor& decompressor) {
  Cursor block{payload};
  const std::uint64_t flags = block.varint(), epoch = block.varint();
  std::uint64_t first[5], count[5];
  for (std::size_t i = 0; i < 5; ++i) {
    first[i] = block.varint();
    count[i] = block.varint();
  }
  if (!block.ok() || flags > forget) return false;
  // Whether this block says it or one that was lost did.
  if (epoch != epoch_) forget_all(epoch);

  FrameTable& to = tables_.frames;
  std::size_t column = 0;
  const auto next = [&] { return Cursor{columns_[column++].read(block, decompressor)}; };
  Cursor lengths = next(), texts = next();
  if (!block.ok()) return false;
  if (!read_table(
          strings_, first[strings], count[strings], lengths, [&] { return lost_string(); },
          [&] {
            const Bytes text = texts.bytes(lengths.varint());
            if (!texts.ok()) lengths.fail();
            return to.string(as_text(text));
          }) ||
      !texts.at_end()) {
    return false;
  }
  // Functions and frames name each other's tables, opcodes stand behind both: three passes in the
  // order of need, over columns that are all unpacked by then.
  Cursor of_functions = next(), of_frames = next(), of_stacks = next(), of_opcodes = next(),
         of_threads = next();
  if (!block.ok() || !block.at_end()) return false;

  std::uint64_t last_frame = 0;
  return read_table(
             opcodes_, first[opcodes], count[opcodes], of_opcodes, [] { return OpcodeId::none; },
             [&] {
               ExecutedOpcode o;
               o.number = static_cast<std::uint16_t>(of_opcodes.varint_up_to(0xffff));
               o.name = one_of(strings_, of_opcodes.varint(), of_opcodes);
               o.base = one_of(strings_, of_opcodes.varint(), of_opcodes);
               o.specialized = of_opcodes.varint_up_to(1) != 0;
               if (to.opcode_count() >= 0xffff) of_opcodes.fail();
               return of_opcodes.ok() ? to.opcode(o) : OpcodeId::none;
             }) &&
         read_table(
             functions_, first[functions], count[functions], of_functions,
             [&] { return lost_function(); },
             [&] {
               Function f;
               f.name = one_of(strings_, of_functions.varint(), of_functions);
               f.file = one_of(strings_, of_functions.varint(), of_functions);
               const std::int64_t line = of_functions.svarint();
               f.first_line = static_cast<std::int32_t>(line);
               if (f.first_line != line) of_functions.fail();
               return to.function(f);
             }) &&
         read_table(
             frames_, first[frames], count[frames], of_frames, [&] { return lost_frame(); },
             [&] { return read_frame(of_frames); }) &&
         read_table(
             stacks_, first[stacks], count[stacks], of_stacks, [&] { return lost_stack(); },
             [&] {
               const std::uint64_t back = of_stacks.varint();
               last_frame += static_cast<std::uint64_t>(of_stacks.svarint());
               if (back >= stacks_.size() || last_frame >= frames_.size()) of_stacks.fail();
               return of_stacks.ok() ? to.push(stacks_[stacks_.size() - 1 - back],
                                               frames_[static_cast<std::size_t>(last_frame)])
                                     : StackId::empty;
             }) &&
         read_threads(of_threads);
}

}  // namespace tachyon::recording
