#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/interner.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/sample/shared_tables.hpp>
#include <tachyon/unwind/line_table.hpp>
#include <tachyon/unwind/objects.hpp>

// Code objects, read once. A frame points at its code object and at an instruction in it;
// everything a report says about the frame (name, file, line, columns) follows from these two.
// Reading a code object takes about ten remote reads, so what was read is kept by address.
//
// Addresses are reused: of 1000 functions made by exec, 20-46 % got an address that an earlier one
// had had. From 3.14 the interpreter counts deallocations of code objects, and a cached object is
// trusted while that counter stands still; before, it is trusted for a short time, and for none
// while objects are seen to be replaced. After that it is checked: its head must be what it was,
// and so must the contents of its name, its file's name and its line table. Their addresses are not
// enough, as those are reused along with the object's: of a program that runs one generated module
// after the other, a third of the samples were put on the module before.
//
//   code --+-- qualname:   length, hash, state, "f27"
//          +-- filename:   ...                  "/v/f27.py"     one read of four pieces,
//          +-- line table: length, hash,        80 00 d8 ...    of which a hash is kept
namespace tachyon {

struct Code {
  // Equal for the same object, different for another one at the same address.
  struct Print {
    std::uint64_t qualname = 0, filename = 0, line_table = 0;
    std::int64_t units = 0;
    std::int32_t first_line = 0;
    friend bool operator==(const Print&, const Print&) = default;
  };

  // Of what it points at, as much as tells it from another object.
  struct Piece {
    Address at{};
    std::size_t size = 0;
  };

  Address at{};
  Print print{};
  std::array<Piece, 3> pieces{};
  std::uint64_t contents = 0;  // a hash of what they hold
  FunctionId function{};
  std::uint32_t units = 0;
  std::uint32_t first_traceable = 0;
  std::uint32_t frame_bytes = 0;  // on the data stack, locals and evaluation stack included
  Address bytecode{};
  std::uint64_t validated = ~std::uint64_t{0};  // the epoch in which it was seen alive: see trust()
  std::uint64_t checked = 0;                    // the walk in which it was what it is here
  LineTable lines{};
  std::vector<Site> sites{};            // by code unit; caches belong to their instruction
  std::vector<std::uint32_t> starts{};  // by code unit: where its instruction begins
  std::vector<FrameId> frames{};        // by code unit, made when first asked for
  std::unordered_map<std::uint64_t, FrameId> frames_with_opcode{};
  std::vector<Address> thread_copies{};  // free-threaded: bytecode of each thread index
  std::uint64_t copies_asked = 0;        // since when they were asked for: forget_thread_copies()

  static constexpr FrameId no_frame{0xffffffff};
};

struct CodeLimits {
  std::int64_t units = 1 << 20;       // of one object: a function of some 300,000 lines
  std::uint64_t all_units = 1 << 21;  // of all that are kept; some 25 bytes each
  std::uint64_t line_table = 1 << 23;
  std::size_t objects = 1 << 20;  // then the cache starts anew: exec in a loop must not fill memory
};

template <class L>
class CodeCache {
 public:
  CodeCache(const L& layout, SharedTables& tables) : layout_{layout}, tables_{tables} {}

  // The type object of code objects, where the symbol was found;
  // otherwise it is recognised by name.
  void set_code_type(Address type) noexcept { code_type_ = type; }

  // What is known, without reading; null when unknown or no longer trusted at this epoch.
  Code* known(Address at, std::uint64_t epoch) noexcept {
    const auto found = codes_.find(at.value);
    if (found == codes_.end()) return nullptr;
    Code& code = *found->second;
    return code.validated == epoch || code.checked == walk_ || memory_is_gone_ ? &code : nullptr;
  }

  // An object that is alive cannot become another one while the epoch lasts. A dead one can, and is
  // what it was until its memory is used again: so it is only for the walk that checked an object
  // to use it, until it is seen in a frame that has been accepted. (Frames that have returned still
  // name their code; of a program that runs one generated module after the other 3 % of the samples
  // in 3.14 were put on the one before, whose death was the last for a while.)
  static void trust(Code& code, std::uint64_t epoch) noexcept { code.validated = epoch; }

  // The code object at `at`, as it is now, or is known to be at this epoch.
  template <Memory M>
  Result<Code*> get(M& memory, Address at, std::uint64_t epoch) {
    if (Code* code = known(at, epoch)) return code;
    if (const auto found = codes_.find(at.value); found != codes_.end()) {
      if (is_still(memory, *found->second)) {
        found->second->checked = walk_;
        return found->second.get();
      }
      ++replaced_;
      retire(std::move(found->second));
      codes_.erase(found);
    }
    StructCopy<copies::Code> head;
    if (const auto ok = head.fetch(memory, at, layout_); !ok) return ok.error();
    if (!is_code(memory, head[layout_.object.type])) return Error{Errc::bad_value, 0, at};
    const Code::Print print = print_of(head);
    const auto units = static_cast<std::uint64_t>(std::max<std::int64_t>(print.units, 0));
    if (codes_.size() >= limits_.objects || kept_units_ + units > limits_.all_units) forget_all();
    // What was forgotten is only freed between two walks, so one walk has a limit of its own.
    if (kept_units_ + retired_units_ + units > 2 * limits_.all_units) {
      return Error{Errc::too_deep, 0, at};
    }
    auto code = load(memory, at, head, print);
    if (!code) return code.error();
    kept_units_ += units;
    (*code)->checked = walk_;
    Code* raw = code->get();
    codes_.emplace(at.value, std::move(*code));
    return raw;
  }

  // Where the bytecode that `thread_index` executes starts. Only free-threaded builds of 3.14 and
  // later give each thread a copy of its own; entries are filled when a thread first runs the code.
  // Each is kept from when its thread was seen to use it: that of an index which is free at present
  // may go before a thread has the index again, and no counter would tell.
  template <Memory M>
  Result<Address> bytecode_of(M& memory, Code& code, std::int32_t thread_index) {
    if (const Address known = known_bytecode(code, thread_index)) return known;
    const auto index = static_cast<std::size_t>(thread_index);
    if (thread_index < 0 || index > most_thread_copies) return Errc::bad_value;
    if (code.copies_asked != copies_asked_) {
      code.thread_copies.clear();
      code.copies_asked = copies_asked_;
    }
    const auto array = read_value<Address>(memory, code.at + layout_.code.tlbc.offset);
    if (!array) return array.error();
    const auto size = read_value<std::int64_t>(memory, *array + layout_.tlbc_array.count.offset);
    if (!size) return size.error();
    if (*size <= thread_index || *size > std::int64_t{most_thread_copies}) return Errc::torn;
    const Address entries = layout_.tlbc_array.entries.at(*array);
    const auto entry = read_value<Address>(memory, entries + index * 8);
    if (!entry) return entry.error();
    if (!*entry) return Errc::torn;
    if (index >= code.thread_copies.size()) code.thread_copies.resize(index + 1);
    code.thread_copies[index] = *entry;
    return *entry;
  }
  // The same without reading; zero: it is not known.
  Address known_bytecode(const Code& code, std::int32_t thread_index) const noexcept {
    if (thread_index == 0 || !layout_.code.tlbc.present()) return code.bytecode;
    const auto index = static_cast<std::size_t>(thread_index);
    const bool asked = code.copies_asked == copies_asked_ && index < code.thread_copies.size();
    return asked ? code.thread_copies[index] : Address{};
  }
  // For when the interpreter says that an index was released: the thread that has it next
  // executes other copies.
  void forget_thread_copies() noexcept { ++copies_asked_; }

  // The frame of this code at this code unit.
  FrameId frame(Code& code, std::uint32_t unit, OpcodeId opcode = OpcodeId::none) {
    if (opcode == OpcodeId::none) {
      if (code.frames[unit] == Code::no_frame) {
        code.frames[unit] = make_frame(code, unit, opcode);
      }
      return code.frames[unit];
    }
    const std::uint64_t key = std::uint64_t{unit} << 16 | static_cast<std::uint64_t>(opcode);
    const auto [at, fresh] = code.frames_with_opcode.try_emplace(key, Code::no_frame);
    if (fresh) at->second = make_frame(code, unit, opcode);
    return at->second;
  }

  // Nothing can be read any more: what is known is what it was when it was last looked at.
  void note_memory_is_gone() noexcept { memory_is_gone_ = true; }

  // Objects replaced since the last call are only freed here: between two walks.
  void sweep() noexcept {
    ++walk_;
    retired_.clear();
    retired_units_ = 0;
  }
  std::size_t size() const noexcept { return codes_.size(); }
  // How many objects were found to be others than they had been.
  std::uint64_t replaced() const noexcept { return replaced_; }
  // Changes when everything was forgotten: who holds objects must not use them after the walk.
  std::uint64_t generation() const noexcept { return generation_; }

 private:
  static constexpr std::size_t most_thread_copies = 1 << 16;
  static constexpr std::size_t most_compared = 1024;  // of one piece: what is longer differs before

  FrameId make_frame(const Code& code, std::uint32_t unit, OpcodeId opcode) {
    const Location location = code.lines.at(unit);
    return tables_.with([&](Tables& tables) {
      return tables.frames.frame({code.function, location, opcode, FrameKind::python});
    });
  }

  template <Memory M>
  bool is_code(M& memory, Address type) noexcept {
    if (code_type_) return type == code_type_;
    const auto name_at = read_value<Address>(memory, type + layout_.type_object.name.offset);
    if (!name_at) return false;
    const auto name = read_value<std::array<char, 5>>(memory, *name_at);
    if (!name || std::string_view{name->data(), 5} != std::string_view{"code\0", 5}) return false;
    code_type_ = type;
    return true;
  }

  template <class Head>
  Code::Print print_of(const Head& head) const noexcept {
    return {head[layout_.code.qualname].value, head[layout_.code.filename].value,
            head[layout_.code.linetable].value, head[layout_.code.units],
            head[layout_.code.firstlineno]};
  }

  template <Memory M>
  bool is_still(M& memory, const Code& code) {
    StructCopy<copies::Code> head;
    const Range whole = head.range(code.at, layout_);
    const auto contents = contents_of(memory, code.pieces, whole);
    return contents && *contents == code.contents && print_of(head) == code.print;
  }

  // Reads the object's head and the pieces in one go.
  template <Memory M>
  Result<std::uint64_t> contents_of(M& memory, const std::array<Code::Piece, 3>& pieces,
                                    Range head) {
    std::array<Range, 4> ranges{head};
    std::size_t used = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      ranges[i + 1] = {pieces[i].at, std::span{compared_}.subspan(used, pieces[i].size)};
      used += pieces[i].size;
    }
    const auto copied = memory.read_many(ranges);
    if (!copied) return copied.error();
    if (*copied != ranges.size()) return Errc::unreadable;
    return hash_text(as_text(Bytes{compared_}.first(used)));
  }

  // From the length on: before it are the type and the count of references, which come and go.
  Code::Piece piece(Address at, std::size_t from, Address data,
                    std::uint64_t bytes) const noexcept {
    const std::uint64_t size = (data - at) - from + bytes;
    return {at + from, static_cast<std::size_t>(std::min<std::uint64_t>(size, most_compared))};
  }
  template <Memory M>
  Result<Code::Piece> text_piece(M& memory, std::uint64_t object) const {
    const Address at{object};
    StructCopy<copies::Text> head;
    const auto ok = head.fetch(memory, at, layout_);
    if (!ok) return ok.error();
    const auto shape = text_shape(layout_, at, head.bytes());
    if (!shape) return shape.error();
    const std::uint64_t characters = std::min<std::uint64_t>(shape->length, most_compared);
    return piece(at, layout_.unicode.length.offset, shape->data, characters * shape->kind);
  }
  template <Memory M>
  Result<std::array<Code::Piece, 3>> pieces_of(M& memory, const Code::Print& print) const {
    const auto name = text_piece(memory, print.qualname);
    if (!name) return name.error();
    const auto file = text_piece(memory, print.filename);
    if (!file) return file.error();
    const Address table{print.line_table};
    const auto count = read_value<std::int64_t>(memory, table + layout_.var_object.count.offset);
    if (!count) return count.error();
    const auto bytes = static_cast<std::uint64_t>(
        std::clamp<std::int64_t>(*count, 0, std::int64_t{most_compared}));
    return std::array{
        *name, *file,
        piece(table, layout_.var_object.count.offset, table + layout_.bytes.data.offset, bytes)};
  }

  template <Memory M, class Head>
  [[gnu::cold]] Result<std::unique_ptr<Code>> load(M& memory, Address at, const Head& head,
                                                   const Code::Print& print) {
    if (print.units <= 0 || print.units > limits_.units) return Error{Errc::bad_value, 0, at};
    auto code = std::make_unique<Code>();
    code->at = at;
    code->print = print;
    code->units = static_cast<std::uint32_t>(print.units);
    const std::int32_t traceable = head[layout_.code.firsttraceable];
    code->first_traceable = traceable < 0 ? 0 : static_cast<std::uint32_t>(traceable);
    code->bytecode = at + layout_.code.bytecode.offset;
    const auto size = frame_bytes(head);
    if (!size) return Error{Errc::bad_value, 0, at};
    code->frame_bytes = *size;
    const auto pieces = pieces_of(memory, print);
    if (!pieces) return pieces.error();
    StructCopy<copies::Code> same;
    const auto before = contents_of(memory, *pieces, same.range(at, layout_));
    if (!before) return before.error();
    code->pieces = *pieces;
    code->contents = *before;

    const auto name = read_text(memory, layout_, Address{print.qualname});
    if (!name) return name.error();
    const auto file = read_text(memory, layout_, Address{print.filename});
    if (!file) return file.error();
    const auto table = read_bytes(memory, layout_, Address{print.line_table}, limits_.line_table);
    if (!table) return table.error();
    code->lines = LineTable::decode(*table, print.first_line, code->units);

    std::vector<std::byte> bytecode(code->units * std::size_t{2});
    if (const auto ok = memory.read(code->bytecode, bytecode); !ok) return ok.error();
    classify(*code, bytecode);
    // All of that belongs together if nothing of it has changed meanwhile.
    if (!is_still(memory, *code)) return Error{Errc::torn, 0, at};
    code->frames.assign(code->units, Code::no_frame);
    code->function = tables_.with([&](Tables& tables) {
      return tables.frames.function(
          {tables.frames.string(*name), tables.frames.string(*file), print.first_line});
    });
    return code;
  }

  // 3.12 and later keep the frame's size; 3.11 leaves the sum to us.
  template <class Head>
  std::optional<std::uint32_t> frame_bytes(const Head& head) const noexcept {
    std::int64_t words = head[layout_.code.framesize];
    if (!layout_.code.framesize.present()) {
      words = std::int64_t{layout_.frame.localsplus.offset / 8} + head[layout_.code.nlocalsplus] +
              head[layout_.code.stacksize];
    }
    if (words < layout_.frame.localsplus.offset / 8 || words > (1 << 24)) return std::nullopt;
    return static_cast<std::uint32_t>(words * 8);
  }

  void classify(Code& code, Bytes bytecode) const {
    code.sites.assign(code.units, Site::any);
    code.starts.assign(code.units, 0);
    for (std::uint32_t unit = 0; unit < code.units;) {
      const auto raw = std::to_integer<std::uint8_t>(bytecode[unit * std::size_t{2}]);
      const Opcode opcode = layout_.opcodes[raw];
      const std::uint32_t end = std::min(code.units, unit + 1 + opcode.caches);
      for (std::uint32_t i = unit; i < end; ++i) {
        code.sites[i] = opcode.site;
        code.starts[i] = unit;
      }
      unit = end;
    }
  }

  void forget_all() {
    for (auto& [at, code] : codes_) retire(std::move(code));
    codes_.clear();
    ++generation_;
  }
  // Somebody may still hold it during this walk.
  void retire(std::unique_ptr<Code> code) {
    kept_units_ -= code->units;
    retired_units_ += code->units;
    retired_.push_back(std::move(code));
  }

  L layout_;
  SharedTables& tables_;
  CodeLimits limits_{};
  Address code_type_{};
  std::unordered_map<std::uint64_t, std::unique_ptr<Code>> codes_;
  std::vector<std::unique_ptr<Code>> retired_;
  std::uint64_t generation_ = 0;
  std::uint64_t replaced_ = 0;
  bool memory_is_gone_ = false;
  std::uint64_t walk_ = 1;
  std::uint64_t copies_asked_ = 0;
  std::uint64_t kept_units_ = 0;
  std::uint64_t retired_units_ = 0;
  std::array<std::byte, 3 * most_compared> compared_{};
};

}  // namespace tachyon
