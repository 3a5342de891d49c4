#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/sample/stack_builder.hpp>
#include <tachyon/unwind/stack.hpp>

// From raw frames to a stack that can be reported.
//
// A chain lists the frames of a thread root first. Each link remembers what it was made from (where
// the frame is, what it runs, at which instruction, who called it) and the stack up to it, so that
// next time only links that changed have to be made again: a link of which all of that is the same
// as in the last look is the same link. Its kind is part of it: a program that forges its frames
// turned an entry from C into a frame and back, and the entry has no code.
//
// Not every frame is shown. A shim (an entry from C) becomes a "<native>" frame where that is asked
// for. A frame that is still being set up has not reached its first traceable instruction, and the
// frame that CPython inserts to clean up after __init__ never does: neither is shown.
namespace tachyon {

struct Link {
  Address at{};
  Address executable{};
  Address instruction{};
  Address previous{};
  Code* code = nullptr;  // none: a shim, or it is gone
  std::uint32_t unit = 0;
  std::int32_t thread_index = 0;
  std::uint8_t owner = 0;
  bool entry = false;
  bool on_data_stack = false;
  bool shown = false;
  bool from_c = false;          // an entry from C lies between this link and the shown one below it
  std::uint8_t raw_opcode = 0;  // the byte at its instruction when it was read, if it was
  StackId stack = StackId::empty;

  RawFrame frame() const noexcept {
    return {at, executable, instruction, previous, thread_index, owner, entry};
  }
  PlacedFrame placed() const noexcept {
    return {frame(), code, unit, shown, on_data_stack, raw_opcode};
  }
  bool same_as(const RawFrame& frame) const noexcept {
    return at == frame.at && executable == frame.executable && instruction == frame.instruction &&
           previous == frame.previous && thread_index == frame.thread_index &&
           owner == frame.owner && entry == frame.entry;
  }
};

struct ShownFrames {
  bool native = false;   // "<native>" where C code called Python
  bool opcodes = false;  // what each frame executes
};

class Chain {
 public:
  const Link& operator[](std::size_t i) const noexcept { return links_[i]; }
  std::size_t size() const noexcept { return links_.size(); }
  bool empty() const noexcept { return links_.empty(); }
  const Link& top() const noexcept { return links_.back(); }
  StackId stack() const noexcept { return links_.empty() ? below_ : links_.back().stack; }

  void clear() noexcept {
    links_.clear();
    below_ = StackId::empty;
  }
  void cut(std::size_t size) noexcept {
    if (size < links_.size()) links_.resize(size);
  }
  // What lies beneath the first link: frames beyond a limit.
  void set_below(StackId stack) noexcept { below_ = stack; }

  void push_shim(const RawFrame& frame) {
    Link link = basis(frame);
    link.from_c = true;
    link.stack = stack();
    links_.push_back(link);
  }

  // Nothing is known of its code: `id` stands for it.
  void push_unnamed(const RawFrame& frame, FrameId id, StackBuilder& builder) {
    Link link = basis(frame);
    link.stack = builder.push(stack(), id);
    links_.push_back(link);
  }

  // `id` is the frame to show; a hidden one leaves the stack as it is.
  void push_python(const RawFrame& frame, Code& code, std::uint32_t unit, bool on_data_stack,
                   std::uint8_t raw_opcode, const FrameId* id, const FrameId* native,
                   StackBuilder& builder) {
    Link link = basis(frame);
    link.code = &code;
    link.unit = unit;
    link.on_data_stack = on_data_stack;
    link.raw_opcode = raw_opcode;
    link.from_c = frame.entry || (!links_.empty() && !links_.back().shown && links_.back().from_c);
    link.stack = stack();
    if (id != nullptr) {
      link.shown = true;
      if (link.from_c && native != nullptr) link.stack = builder.push(link.stack, *native);
      link.stack = builder.push(link.stack, *id);
    }
    links_.push_back(link);
  }

 private:
  static Link basis(const RawFrame& frame) noexcept {
    Link link;
    link.at = frame.at;
    link.executable = frame.executable;
    link.instruction = frame.instruction;
    link.previous = frame.previous;
    link.thread_index = frame.thread_index;
    link.owner = frame.owner;
    link.entry = frame.entry;
    return link;
  }

  std::vector<Link> links_;
  StackId below_ = StackId::empty;
};

// Turns frames into links, one thread at a time.
template <class L>
class ChainMaker {
 public:
  ChainMaker(const L& layout, SharedTables& tables, ShownFrames shown)
      : layout_{layout}, codes_{layout, tables}, builder_{tables} {
    native_ = builder_.synthetic("<native>", FrameKind::native);
    unnamed_ = builder_.synthetic("<freed code>", FrameKind::truncated);
    show_native_ = shown.native;
    wants_opcodes_ = shown.opcodes && layout.opcodes.known();
    for (unsigned raw = 0; raw < calls_c_.size(); ++raw) {
      calls_c_[raw] = layout.opcodes[static_cast<std::uint8_t>(raw)].calls_c;
    }
  }

  CodeCache<L>& codes() noexcept { return codes_; }
  StackBuilder& builder() noexcept { return builder_; }

  bool wants_opcodes() const noexcept { return wants_opcodes_; }

  // Does the thread whose stack this is sit in C code that its youngest frame called?
  template <Memory M>
  bool is_in_c(M& memory, const Chain& chain) {
    if (chain.empty() || !chain.top().shown) return false;
    const Link& top = chain.top();
    const Site site = top.code->sites[top.unit];
    if (site != Site::calls && site != Site::any) return false;
    const auto bytecode = codes_.bytecode_of(memory, *top.code, top.thread_index);
    if (!bytecode) return false;
    // Specialised since it was first read, perhaps.
    const auto raw =
        read_value<std::uint8_t>(memory, *bytecode + top.code->starts[top.unit] * std::uint64_t{2});
    return raw && calls_c_[*raw];
  }

  // Adds the next younger frame, of which it is known what it runs. Memory is only read for what
  // instructions stand for.
  template <Memory M>
  void push(M& memory, Chain& chain, const PlacedFrame& placed) {
    if (is_shim(layout_, placed.frame)) return chain.push_shim(placed.frame);
    FrameId id{};
    if (placed.complete) id = codes_.frame(*placed.code, placed.unit, opcode_of(memory, placed));
    chain.push_python(placed.frame, *placed.code, placed.unit, placed.on_data_stack,
                      placed.raw_opcode, placed.complete ? &id : nullptr,
                      show_native_ ? &native_ : nullptr, builder_);
  }

  // A frame that was recorded, and whose code was freed before it could be named.
  void push_unnamed(Chain& chain, const RawFrame& frame) {
    chain.push_unnamed(frame, unnamed_, builder_);
  }

  // The whole chain of a stack whose frames are placed. What the limits left out is named in a frame
  // at the root.
  template <Memory M>
  void make(M& memory, RawStack& stack, const ChunkCopies& chunks, Chain& out) {
    out.clear();
    if (stack.beyond != 0 || stack.more_beyond) out.set_below(truncation(stack));
    for (std::size_t i = stack.frames.size(); i-- > 0;) {
      PlacedFrame& placed = stack.frames[i];
      placed.on_data_stack = chunks.together(placed.frame.at, placed.frame.at);
      if (wants_opcodes_) placed.raw_opcode = read_opcode(memory, placed);
      push(memory, out, placed);
    }
  }

  // Where the instruction that a frame executes begins; nothing for frames without one.
  static Address instruction_of(const PlacedFrame& placed) noexcept {
    if (placed.code == nullptr || !placed.complete) return {};
    const std::uint64_t units = placed.unit - placed.code->starts[placed.unit];
    return placed.frame.instruction - 2 * units;
  }

  // What a frame is shown as; an error when it is not shown at all. For frames that are known to be
  // alive without being on a stack: those of coroutines.
  template <Memory M>
  Result<FrameId> shown_as(M& memory, const RawFrame& frame, std::uint64_t epoch) {
    if (is_shim(layout_, frame)) return Errc::bad_value;
    PlacedFrame placed;
    placed.frame = frame;
    if (const auto ok = place_frame(memory, layout_, codes_, epoch, placed); !ok) return ok.error();
    if (!placed.complete) return Errc::torn;
    codes_.trust(*placed.code, epoch);
    if (wants_opcodes_) placed.raw_opcode = read_opcode(memory, placed);
    return codes_.frame(*placed.code, placed.unit, opcode_of(memory, placed));
  }

  // The shown frames of `chain` from link `first` on, put on another stack.
  StackId restack(const Chain& chain, std::size_t first, StackId onto) {
    for (std::size_t i = first; i < chain.size(); ++i) {
      if (chain[i].shown) onto = builder_.push(onto, builder_.leaf(chain[i].stack));
    }
    return onto;
  }

  // The stack that stands for frames not kept: <truncated: 34464 frames>, or <truncated> where
  // they were not counted.
  StackId truncation(const RawStack& stack) {
    std::string name = "<truncated";
    if (stack.beyond != 0) {
      name += stack.more_beyond ? ": more than " : ": ";
      name += std::to_string(stack.beyond) + " frames";
    }
    name += '>';
    return builder_.push(StackId::empty, builder_.synthetic(name, FrameKind::truncated));
  }

 private:
  template <Memory M>
  static std::uint8_t read_opcode(M& memory, const PlacedFrame& placed) {
    const Address at = instruction_of(placed);
    if (!at) return 0;
    const auto byte = read_value<std::uint8_t>(memory, at);
    return byte ? *byte : std::uint8_t{0};
  }

  // The byte may stand for another instruction, kept where the interpreter can find it: optimised
  // code took its place, or somebody listens to line or instruction events.
  template <Memory M>
  OpcodeId opcode_of(M& memory, const PlacedFrame& placed) {
    return wants_opcodes_ ? find_opcode(memory, placed) : OpcodeId::none;
  }
  template <Memory M>
  OpcodeId find_opcode(M& memory, const PlacedFrame& placed) {
    constexpr int most_layers = 4;
    const Code& code = *placed.code;
    const Address bytecode = placed.frame.instruction - placed.unit * std::uint64_t{2};
    const std::uint32_t start = code.starts[placed.unit];
    std::uint8_t raw = placed.raw_opcode;
    for (int layer = 0; layer < most_layers; ++layer) {
      const auto under =
          layout_.opcodes.is_executor(raw)     ? replaced_by_executor(memory, code, bytecode, start)
          : layout_.opcodes.is_line_event(raw) ? replaced_by_event(memory, code, start, true)
          : layout_.opcodes.is_instruction_event(raw)
              ? replaced_by_event(memory, code, start, false)
              : Result<std::uint8_t>{Errc::unsupported};
      if (!under || *under == raw) break;
      raw = *under;
    }
    if (known_opcodes_[raw] != OpcodeId::none) return known_opcodes_[raw];
    const Opcode shown = layout_.opcodes[raw];
    const std::string number = "<" + std::to_string(raw) + ">";
    known_opcodes_[raw] = builder_.tables().with([&](Tables& tables) {
      FrameTable& frames = tables.frames;
      const StringId name =
          frames.string(shown.name.empty() ? std::string_view{number} : shown.name);
      const std::string_view base = layout_.opcodes.base_of(raw).name;
      return frames.opcode({raw, name, base.empty() ? name : frames.string(base),
                            shown.kind == Opcode::Kind::specialised});
    });
    return known_opcodes_[raw];
  }

  template <Memory M>
  Result<std::uint8_t> replaced_by_executor(M& memory, const Code& code, Address bytecode,
                                            std::uint32_t start) {
    if (!layout_.code.executors.present()) return Errc::unsupported;
    const auto oparg = read_value<std::uint8_t>(memory, bytecode + (start * std::uint64_t{2} + 1));
    if (!oparg) return oparg.error();
    const auto array = read_value<Address>(memory, layout_.code.executors.at(code.at));
    if (!array) return array.error();
    if (!*array) return Errc::torn;
    const auto count = read_value<std::int32_t>(memory, layout_.executor_array.count.at(*array));
    if (!count) return count.error();
    if (*oparg >= *count) return Errc::torn;
    const auto executor = read_value<Address>(
        memory, layout_.executor_array.entries.at(*array) + *oparg * std::uint64_t{8});
    if (!executor) return executor.error();
    return read_value<std::uint8_t>(memory, layout_.executor.opcode.at(*executor));
  }

  // Line events keep entries of a few bytes, whose first is the instruction; instruction events
  // keep one byte a unit.
  template <Memory M>
  Result<std::uint8_t> replaced_by_event(M& memory, const Code& code, std::uint32_t start,
                                         bool line) {
    if (!layout_.code.monitoring.present()) return Errc::unsupported;
    const auto data = read_value<Address>(memory, layout_.code.monitoring.at(code.at));
    if (!data) return data.error();
    if (!*data) return Errc::torn;
    const auto field = line ? layout_.monitoring.lines : layout_.monitoring.per_instruction_opcodes;
    const auto table = read_value<Address>(memory, field.at(*data));
    if (!table) return table.error();
    if (!*table) return Errc::torn;
    if (!line) return read_value<std::uint8_t>(memory, *table + start);
    auto entry = static_cast<std::uint64_t>(layout_.line_data.fixed_entry_size.present()
                                                ? layout_.line_data.fixed_entry_size.number
                                                : 1);
    Address first = layout_.line_data.entries.at(*table);
    if (layout_.line_data.entry_size.present()) {
      const auto size = read_value<std::uint8_t>(memory, layout_.line_data.entry_size.at(*table));
      if (!size) return size.error();
      // 3.13.0 still had the entries of 3.12 here, without a size before them: the byte is then the
      // first instruction, which is none of those numbered 2 to 5.
      if (*size >= 2 && *size <= 5) {
        entry = *size;
      } else {
        first = *table;
      }
    }
    return read_value<std::uint8_t>(memory, first + start * entry);
  }

  L layout_;
  CodeCache<L> codes_;
  StackBuilder builder_;
  FrameId native_{};
  FrameId unnamed_{};
  bool show_native_ = false;
  bool wants_opcodes_ = false;
  std::array<OpcodeId, 256> known_opcodes_{};
  std::array<bool, 256> calls_c_{};
};

}  // namespace tachyon
