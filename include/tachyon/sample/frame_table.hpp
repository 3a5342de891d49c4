#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <tachyon/base/interner.hpp>

// What a stack is made of, each thing kept once:
//
//   StringId    text
//   FunctionId  name, file, first line
//   FrameId     function, location, opcode, kind
//   StackId     parent stack, frame           (a node of one prefix tree; 0 is the empty stack)
//
// A stack is a single number. Its frames are found by following parents from the leaf to the root,
// so a sampler that knows which frames did not change since the last sample interns only the new
// ones, and a collector that wants totals per stack needs nothing but a vector indexed by StackId.
// Parents always have smaller numbers than their children: one backward pass over all nodes adds
// children to parents without recursion, however deep the stacks are.
namespace tachyon {

enum class StringId : std::uint32_t { empty = 0 };
enum class FunctionId : std::uint32_t {};
enum class FrameId : std::uint32_t {};
enum class StackId : std::uint32_t { empty = 0 };
enum class OpcodeId : std::uint16_t { none = 0 };

// Line 0: no location at all (synthetic frames). Columns are UTF-8 byte offsets, -1 = unknown.
struct Location {
  std::int32_t line = 0;
  std::int32_t end_line = 0;
  std::int32_t column = -1;
  std::int32_t end_column = -1;

  friend constexpr bool operator==(const Location&, const Location&) noexcept = default;
};

// Synthetic frames have the file "~" (<GC>, <native>, <truncated ...>) or "<task>" (asyncio).
enum class FrameKind : std::uint8_t { python, native, gc, task, truncated, idle };

struct Function {
  StringId name{};              // qualified: A.B.method.<locals>.inner
  StringId file{};              // as the code object says
  std::int32_t first_line = 0;  // of its definition; 0 = unknown

  friend constexpr bool operator==(const Function&, const Function&) noexcept = default;
};

struct Frame {
  FunctionId function{};
  Location location{};
  OpcodeId opcode = OpcodeId::none;
  FrameKind kind = FrameKind::python;

  friend constexpr bool operator==(const Frame&, const Frame&) noexcept = default;
};

struct StackNode {
  StackId parent{};
  FrameId frame{};

  friend constexpr bool operator==(const StackNode&, const StackNode&) noexcept = default;
};

// One executed instruction kind: its number in that interpreter, its name, and what it is a
// specialisation of (the same name when it is none).
// Names keep the numbers of different versions apart.
struct ExecutedOpcode {
  std::uint16_t number = 0;
  StringId name{};
  StringId base{};
  bool specialized = false;

  friend constexpr bool operator==(const ExecutedOpcode&, const ExecutedOpcode&) noexcept = default;
};

constexpr std::uint64_t hash_of(const Function& f) noexcept {
  return mix_bits((static_cast<std::uint64_t>(f.name) << 32 | static_cast<std::uint32_t>(f.file)) ^
                  mix_bits(static_cast<std::uint32_t>(f.first_line)));
}
constexpr std::uint64_t hash_of(const Frame& f) noexcept {
  const auto word = [](std::int32_t high, std::int32_t low) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32 |
           static_cast<std::uint32_t>(low);
  };
  std::uint64_t h = word(static_cast<std::int32_t>(f.function), f.location.line);
  h = mix_bits(h) ^ word(f.location.end_line, f.location.column);
  h = mix_bits(h) ^
      word(f.location.end_column, static_cast<std::int32_t>(static_cast<unsigned>(f.opcode) << 8 |
                                                            static_cast<unsigned>(f.kind)));
  return mix_bits(h);
}
constexpr std::uint64_t hash_of(const StackNode& n) noexcept {
  return mix_bits(static_cast<std::uint64_t>(n.parent) << 32 | static_cast<std::uint32_t>(n.frame));
}
constexpr std::uint64_t hash_of(const ExecutedOpcode& o) noexcept {
  return mix_bits(static_cast<std::uint64_t>(o.name) << 32 ^
                  static_cast<std::uint64_t>(o.base) << 17 ^ o.number ^
                  (o.specialized ? 1U << 16 : 0U));
}

class FrameTable {
 public:
  FrameTable() {
    strings_.intern("");
    stacks_.intern({StackId{0xffffffff}, FrameId{0xffffffff}});
    depths_.push_back(0);
    opcodes_.intern({});
  }

  StringId string(std::string_view text) { return StringId{strings_.intern(text)}; }
  FunctionId function(const Function& f) { return FunctionId{functions_.intern(f)}; }
  FrameId frame(const Frame& f) { return FrameId{frames_.intern(f)}; }
  OpcodeId opcode(const ExecutedOpcode& o) {
    return OpcodeId{static_cast<std::uint16_t>(opcodes_.intern(o))};
  }

  // The stack that is `parent` with `leaf` called on top of it.
  StackId push(StackId parent, FrameId leaf) {
    const std::uint32_t index = stacks_.intern({parent, leaf});
    if (index == depths_.size()) depths_.push_back(depths_[static_cast<std::uint32_t>(parent)] + 1);
    return StackId{index};
  }

  std::string_view operator[](StringId id) const {
    return strings_[static_cast<std::uint32_t>(id)];
  }
  const Function& operator[](FunctionId id) const {
    return functions_[static_cast<std::uint32_t>(id)];
  }
  const Frame& operator[](FrameId id) const { return frames_[static_cast<std::uint32_t>(id)]; }
  const StackNode& operator[](StackId id) const { return stacks_[static_cast<std::uint32_t>(id)]; }
  const ExecutedOpcode& operator[](OpcodeId id) const {
    return opcodes_[static_cast<std::uint16_t>(id)];
  }

  StackId parent(StackId id) const { return (*this)[id].parent; }
  FrameId leaf(StackId id) const { return (*this)[id].frame; }
  std::uint32_t depth(StackId id) const { return depths_[static_cast<std::uint32_t>(id)]; }

  // Short cuts for writers.
  const Function& function_of(FrameId id) const { return (*this)[(*this)[id].function]; }
  std::string_view name_of(FrameId id) const { return (*this)[function_of(id).name]; }
  std::string_view file_of(FrameId id) const { return (*this)[function_of(id).file]; }

  // Frames of a stack, root first, into a buffer that the caller keeps for the next time.
  void frames_of(StackId id, std::vector<FrameId>& out) const {
    out.resize(depth(id));
    for (std::size_t i = out.size(); i-- > 0; id = parent(id)) out[i] = leaf(id);
  }

  std::uint32_t string_count() const noexcept { return strings_.size(); }
  std::uint32_t function_count() const noexcept { return functions_.size(); }
  std::uint32_t frame_count() const noexcept { return frames_.size(); }
  std::uint32_t stack_count() const noexcept { return stacks_.size(); }  // the empty one included
  std::uint32_t opcode_count() const noexcept { return opcodes_.size(); }

 private:
  StringInterner strings_;
  Interner<Function> functions_;
  Interner<Frame> frames_;
  Interner<StackNode> stacks_;
  Interner<ExecutedOpcode> opcodes_;
  std::vector<std::uint32_t> depths_;
};

}  // namespace tachyon
