#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <tachyon/base/interner.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/unwind/code.hpp>
#include <tachyon/unwind/objects.hpp>

// From a thread to its frames.
//
// A Python call pushes a small struct, the interpreter frame, and links it to its caller. Three
// kinds of memory hold these structs:
//
//     thread state                 data stack chunks (16 KiB, newest first)
//    +--------------+             +-----------------------------------------+
//    | current      |--.          | hdr | module | main | parse | free ...  |  older  ->  younger
//    | chunk        |--|--------> +-----------------------------------------+
//    +--------------+  |                               ^
//                      |      generator object         | previous
//                      |     +-------------------+     |
//                      '---> | ... frame ...     |-----'
//                            +-------------------+
//
// plus, from 3.12 on, one "shim" on the C stack for every entry of C into Python (3.11 marks the
// entered frame instead). Following `previous` from the current frame gives the stack, leaf first.
//
// Frames in one chunk are exactly contiguous: a frame's address plus its size is the address of the
// next younger one. That, and what instruction a caller can be at while a callee exists, tells a
// true chain from one that moved while it was read.
namespace tachyon {

struct RawFrame {
  Address at{};
  Address executable{};
  Address instruction{};
  Address previous{};
  std::int32_t thread_index = 0;  // whose copy of the bytecode (free-threaded builds)
  std::uint8_t owner = 0;
  bool entry = false;  // 3.11: C code called this frame
};

template <class L>
RawFrame raw_frame(const L& layout, Address at, Bytes bytes) noexcept {
  const auto& f = layout.frame;
  RawFrame frame;
  frame.at = at;
  frame.executable = {f.executable.in(bytes).value & layout.traits.executable_mask};
  frame.instruction = f.instruction.in(bytes);
  frame.previous = f.previous.in(bytes);
  if (f.tlbc_index.present()) frame.thread_index = f.tlbc_index.in(bytes);
  if (f.is_entry.present()) frame.entry = f.is_entry.in(bytes) != 0;
  frame.owner = static_cast<std::uint8_t>(f.owner.in(bytes));
  return frame;
}

// A frame that runs no Python code: an entry from C, or the sentinel at the bottom.
template <class L>
constexpr bool is_shim(const L& layout, const RawFrame& frame) noexcept {
  return std::int64_t{frame.owner} > layout.owners.frame_object.number;
}

// Copies of the data stack chunks of one thread, newest first.
class ChunkCopies {
 public:
  static constexpr std::size_t most_chunks = 4096;
  static constexpr std::uint64_t most_bytes = std::uint64_t{1} << 25;

  // Room is kept for the next time, but not that of a stack which is deep as few are.
  void clear() noexcept {
    if (total_ > most_kept) chunks_.clear();
    used_ = 0;
    total_ = 0;
  }

  // Copies `size` bytes of the chunk at `at` in one read.
  template <Memory M>
  Result<void> add(M& memory, Address at, std::uint64_t size) {
    if (size > most_bytes - total_ || used_ == most_chunks) return Errc::too_deep;
    if (used_ == chunks_.size()) chunks_.emplace_back();
    Chunk& chunk = chunks_[used_];
    chunk.at = at;
    chunk.bytes.resize(static_cast<std::size_t>(size));
    if (const auto ok = memory.read(at, chunk.bytes); !ok) return ok;
    ++used_;
    total_ += size;
    return {};
  }

  // The bytes at `at` when some copy holds all of them.
  Bytes find(Address at, std::size_t size) noexcept {
    for (std::size_t tried = 0; tried < used_; ++tried, last_ = (last_ + 1) % used_) {
      if (last_ >= used_) last_ = 0;
      const Chunk& chunk = chunks_[last_];
      const std::uint64_t offset = at - chunk.at;
      if (offset < chunk.bytes.size() && chunk.bytes.size() - offset >= size) {
        return Bytes{chunk.bytes}.subspan(static_cast<std::size_t>(offset), size);
      }
    }
    return {};
  }
  // Are both inside the same chunk?
  bool together(Address a, Address b) const noexcept {
    return std::any_of(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(used_),
                       [&](const Chunk& chunk) {
                         return a - chunk.at < chunk.bytes.size() &&
                                b - chunk.at < chunk.bytes.size();
                       });
  }
  std::size_t count() const noexcept { return used_; }
  Address newest() const noexcept { return used_ != 0 ? chunks_[0].at : Address{}; }

 private:
  static constexpr std::uint64_t most_kept = std::uint64_t{1} << 22;

  struct Chunk {
    Address at{};
    std::vector<std::byte> bytes{};
  };
  std::vector<Chunk> chunks_;
  std::size_t used_ = 0;
  std::size_t last_ = 0;
  std::uint64_t total_ = 0;
};

// Copies the whole live data stack: the newest chunk first, since only that one is changing.
template <class L, Memory M>
Result<void> copy_chunks(M& memory, const L& layout, Address newest, ChunkCopies& out) {
  constexpr std::uint64_t usual = 16384;
  out.clear();
  Address at = newest;
  while (at) {
    StructCopy<copies::Chunk> head;
    if (const auto ok = head.fetch(memory, at, layout); !ok) return ok;
    const std::uint64_t size = head[layout.chunk.bytes];
    const std::uint64_t top = head[layout.chunk.top];
    if (size < usual / 4 || size > ChunkCopies::most_bytes || size % 8 != 0) return Errc::torn;
    // `top` counts the used words of older chunks; in the newest one it is stale.
    std::uint64_t used = size;
    if (at != newest && top > 0 && layout.chunk.data.offset + top * 8 < size) {
      used = layout.chunk.data.offset + top * 8;
    }
    if (const auto ok = out.add(memory, at, used); !ok) return ok;
    at = head[layout.chunk.previous];
  }
  return {};
}

// Where an instruction pointer stands in its code.
enum class Position : std::uint8_t { good, incomplete, wrong };
struct Placed {
  Position position = Position::wrong;
  std::uint32_t unit = 0;
};

template <class L>
Placed place(const L& layout, const Code& code, Address bytecode, const RawFrame& frame) noexcept {
  const std::uint64_t offset = frame.instruction - bytecode;
  // A frame just made by 3.11 or 3.12 points one unit before its first instruction.
  if (layout.traits.instruction_is_previous && offset + 2 == 0) return {Position::incomplete, 0};
  if (offset >= std::uint64_t{code.units} * 2 || offset % 2 != 0) return {};
  const auto unit = static_cast<std::uint32_t>(offset / 2);
  const bool complete = layout.owners.generator.is(frame.owner) || unit >= code.first_traceable;
  return {complete ? Position::good : Position::incomplete, unit};
}

// A frame of which it is known what it runs, and where in it. An entry from C runs nothing.
struct PlacedFrame {
  RawFrame frame{};
  Code* code = nullptr;
  std::uint32_t unit = 0;
  bool complete = false;  // set up, so that it is shown
  bool on_data_stack = false;
  std::uint8_t raw_opcode = 0;  // the byte at its instruction, where that is wanted and was read
};

// Fills in what the frame runs. False: its instruction is not in this code.
template <class L>
bool place(const L& layout, Code& code, Address bytecode, PlacedFrame& out) noexcept {
  const Placed placed = place(layout, code, bytecode, out.frame);
  out.code = &code;
  out.unit = placed.unit;
  out.complete = placed.position == Position::good;
  return placed.position != Position::wrong;
}

// The same where the code has to be read, as far as it is not known.
template <class L, Memory M>
Result<void> place_frame(M& memory, const L& layout, CodeCache<L>& codes, std::uint64_t epoch,
                         PlacedFrame& out) {
  const auto code = codes.get(memory, out.frame.executable, epoch);
  if (!code) return code.error();
  const auto bytecode = codes.bytecode_of(memory, **code, out.frame.thread_index);
  if (!bytecode) return bytecode.error();
  if (!place(layout, **code, *bytecode, out)) return Error{Errc::torn, 0, out.frame.at};
  return {};
}

// May `callee` stand directly on a caller that executes `site`? Entries from C may
// stand on anything.
template <class L>
constexpr bool may_call(const L& layout, Site site, const RawFrame& callee) noexcept {
  if (site == Site::any || callee.entry) return true;
  if (layout.owners.generator.is(callee.owner)) return site == Site::resumes_generator;
  return site == Site::calls;
}

// Is an entry from C to be expected on a frame that executes `site`? Elsewhere there may be one all
// the same, as for a finaliser, but what looks like one is more often left over.
constexpr bool may_enter_c(Site site) noexcept {
  return site != Site::plain && site != Site::returns;
}

// Is this what is to be expected directly on a frame that executes `site`?
template <class L>
constexpr bool is_expected(const L& layout, Site site, const RawFrame& frame) noexcept {
  const bool entry = frame.entry || is_shim(layout, frame);
  return entry ? may_enter_c(site) : may_call(layout, site, frame);
}

// What a stack has against these rules, as a number; 0: nothing. Either its frames were read at
// different moments, or a rule does not know all of Python. Two reads that show the same are the
// latter: what stands there has not moved.
class Doubt {
 public:
  void add(const RawFrame& caller, const RawFrame& callee) noexcept {
    for (const Address part :
         {caller.at, caller.executable, caller.instruction, callee.at, callee.executable}) {
      value_ = mix_bits(value_ + part.value) | 1;
    }
  }
  explicit operator bool() const noexcept { return value_ != 0; }
  friend bool operator==(const Doubt&, const Doubt&) noexcept = default;

 private:
  std::uint64_t value_ = 0;
};

}  // namespace tachyon
