#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/kernel/bpf.hpp>
#include <tachyon/kernel/program_shape.hpp>
#include <tachyon/kernel/record.hpp>

// What the program (program.hpp) is made of: which register and which piece of the stack holds
// what, and the few things that it does again and again.
namespace tachyon::kernel::detail {

class ProgramEmitter {
 public:
  using R = bpf::Register;
  using W = bpf::Width;
  using C = bpf::Condition;
  using H = bpf::Helper;

  // Kept across calls.
  static constexpr R counter = R::r6;  // of loops
  static constexpr R scratch = R::r7;
  static constexpr R at = R::r8;    // the frame, and before that what leads to it
  static constexpr R slot = R::r9;  // where in the record the frame goes

  // The stack.
  static constexpr std::int32_t context = -8;
  static constexpr std::int32_t key = -16;
  static constexpr std::int32_t word = -24;
  static constexpr std::int32_t seen = -32;  // what is in the map of that name
  static constexpr std::int32_t item = -64;  // of the chain of exceptions
  static constexpr std::int32_t frame_copy = -64 - static_cast<std::int32_t>(FrameWords::most);

  static constexpr std::int32_t in_record(std::size_t offset) noexcept {
    return Scratch::record + static_cast<std::int32_t>(offset);
  }

  bpf::Assembler<512> assembler{};

  // to = base + offset
  constexpr void point(R to, R base, std::int32_t offset) noexcept {
    assembler.move(to, base);
    assembler.add(to, offset);
  }
  // Reads `size` bytes of the target from `from` + `offset` into `base` + `into`; r0 is zero then.
  constexpr void read_user(R base, std::int32_t into, std::uint32_t size, R from,
                           std::uint32_t offset) noexcept {
    assembler.move(R::r3, from);
    if (offset != 0) assembler.add(R::r3, static_cast<std::int32_t>(offset));
    point(R::r1, base, into);
    assembler.move(R::r2, static_cast<std::int32_t>(size));
    assembler.call(H::probe_read_user);
  }
  constexpr void set_flag(RecordFlag flag) noexcept {
    constexpr std::int32_t flags = in_record(offsetof(RecordHeader, flags));
    assembler.load(W::four, R::r1, scratch, flags);
    assembler.bit_or(R::r1, static_cast<std::int32_t>(flag));
    assembler.store(W::four, scratch, flags, R::r1);
  }
  constexpr void store_header(std::size_t member, R value) noexcept {
    assembler.store(W::eight, scratch, in_record(member), value);
  }

  // One more of these; r8 and r9 stay.
  constexpr void count_loss(Loss loss) noexcept {
    const bpf::Label nowhere = assembler.label();
    const auto place = static_cast<std::int32_t>(loss) * 8;
    assembler.store(W::eight, R::stack, key, 0);
    assembler.map(R::r1, Place::loss_map);
    point(R::r2, R::stack, key);
    assembler.call(H::map_lookup);
    assembler.jump(nowhere, R::r0, C::equal, 0);
    assembler.load(W::eight, R::r1, R::r0, place);
    assembler.add(R::r1, 1);
    assembler.store(W::eight, R::r0, place, R::r1);
    assembler.bind(nowhere);
  }
};

}  // namespace tachyon::kernel::detail
