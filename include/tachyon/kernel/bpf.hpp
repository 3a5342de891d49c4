#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// An assembler for eBPF, the instruction set of programs that run inside the Linux kernel. It works
// at compile time, so that a program for a known layout is an array of constants.
//
// An instruction has eight bytes:
//
//      0        1         2..3     4..7
//   +--------+---+---+----------+-----------+
//   | opcode |src|dst|  offset  | immediate |       little-endian; offset and immediate are signed
//   +--------+---+---+----------+-----------+
//
//   79 13 08 00 00 00 00 00 = r3 = *(u64 *)(r1 + 8)
//
// Only the 64-bit constant takes two of them: the upper half stands in the immediate of the second,
// which is zero otherwise. Jumps count instructions from the one behind them.
//
// Registers: r0 results, r1-r5 arguments, which a call leaves undefined, r6-r9 kept across calls,
// r10 the end of a stack of 512 bytes.
namespace tachyon::bpf {

struct Instruction {
  std::uint8_t opcode = 0;
  std::uint8_t registers = 0;  // low half: destination, high half: source
  std::int16_t offset = 0;
  std::int32_t immediate = 0;

  constexpr unsigned destination() const noexcept { return registers & 0xf; }
  constexpr unsigned source() const noexcept { return registers >> 4; }
  friend constexpr bool operator==(const Instruction&, const Instruction&) noexcept = default;
};
static_assert(sizeof(Instruction) == 8);

enum class Register : std::uint8_t { r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, stack };

enum class Width : std::uint8_t { four = 0x00, two = 0x08, one = 0x10, eight = 0x18 };

enum class Condition : std::uint8_t {
  equal = 0x10,
  greater = 0x20,  // unsigned
  not_equal = 0x50,
};

// What a program may ask of the kernel, by number.
enum class Helper : std::int32_t {
  map_lookup = 1,
  ktime_get_ns = 5,
  get_smp_processor_id = 8,
  tail_call = 12,
  get_current_pid_tgid = 14,
  get_current_task = 35,
  perf_prog_read_value = 56,
  probe_read_user = 112,
  probe_read_kernel = 113,
  ringbuf_output = 130,
  get_current_task_btf = 158,
  get_attach_cookie = 174,
  task_pt_regs = 175,
};

// A 64-bit constant that is filled in before the program is loaded: a map by its descriptor, or a
// number that is known by then. `name` is an enumerator of the program's author.
struct Reference {
  std::uint16_t at = 0;  // the first of its two instructions
  std::uint8_t name = 0;
};

inline constexpr std::uint8_t load_constant = 0x18;
inline constexpr std::uint8_t map_by_descriptor = 1;  // as the source register of load_constant

template <std::size_t Capacity>
struct Code {
  static constexpr std::size_t most_references = 32;

  std::array<Instruction, Capacity> instructions{};
  std::size_t size = 0;
  std::array<Reference, most_references> references{};
  std::size_t reference_count = 0;

  // Fills in a map's descriptor, or a number, wherever `name` is referred to.
  constexpr void resolve(std::uint8_t name, std::uint64_t value) noexcept {
    for (std::size_t i = 0; i < reference_count; ++i) {
      if (references[i].name != name) continue;
      const std::size_t at = references[i].at;
      instructions[at].immediate = static_cast<std::int32_t>(value & 0xffffffff);
      instructions[at + 1].immediate = static_cast<std::int32_t>(value >> 32);
    }
  }
};

// A place to jump to, which may come before or behind the jump.
struct Label {
  std::uint8_t number = 0;
};

template <std::size_t Capacity>
class Assembler {
 public:
  // The finished program. A mistake in it (too long, a label that is nowhere, a jump
  // too far) shows as good() being false; at compile time it is a static_assert away.
  constexpr Code<Capacity> finish() noexcept {
    for (std::size_t i = 0; i < jumps_used_; ++i) {
      const std::int32_t target = labels_[jumps_[i].label];
      const std::int32_t distance = target - jumps_[i].at - 1;
      if (target < 0 || distance > INT16_MAX || distance < INT16_MIN) good_ = false;
      code_.instructions[static_cast<std::size_t>(jumps_[i].at)].offset =
          static_cast<std::int16_t>(distance);
    }
    return code_;
  }
  constexpr bool good() const noexcept { return good_; }

  constexpr Label label() noexcept {
    if (labels_used_ == most_labels) {
      good_ = false;
      return {};
    }
    labels_[labels_used_] = -1;
    return {static_cast<std::uint8_t>(labels_used_++)};
  }
  // The label is here.
  constexpr void bind(Label label) noexcept {
    good_ = good_ && labels_[label.number] < 0;
    labels_[label.number] = static_cast<std::int32_t>(code_.size);
  }

  // bf sd 00 00 00 00 00 00   dst = src
  constexpr void move(Register dst, Register src) noexcept { emit(0xbf, dst, src, 0, 0); }
  // b7 0d 00 00 im im im im   dst = immediate, extended by its sign
  constexpr void move(Register dst, std::int32_t value) noexcept { emit(0xb7, dst, {}, 0, value); }
  // 07 0d 00 00 im im im im   dst += immediate
  constexpr void add(Register dst, std::int32_t value) noexcept { emit(0x07, dst, {}, 0, value); }
  // 0f sd 00 00 00 00 00 00   dst += src
  constexpr void add(Register dst, Register src) noexcept { emit(0x0f, dst, src, 0, 0); }
  // 57 0d 00 00 im im im im   dst &= immediate
  constexpr void bit_and(Register dst, std::int32_t v) noexcept { emit(0x57, dst, {}, 0, v); }
  // 47 0d 00 00 im im im im   dst |= immediate
  constexpr void bit_or(Register dst, std::int32_t v) noexcept { emit(0x47, dst, {}, 0, v); }
  // 4f sd 00 00 00 00 00 00   dst |= src
  constexpr void bit_or(Register dst, Register src) noexcept { emit(0x4f, dst, src, 0, 0); }
  // af sd 00 00 00 00 00 00   dst ^= src
  constexpr void bit_xor(Register dst, Register src) noexcept { emit(0xaf, dst, src, 0, 0); }
  // 67 0d 00 00 im 00 00 00   dst <<= immediate
  constexpr void shift_left(Register dst, std::int32_t n) noexcept { emit(0x67, dst, {}, 0, n); }
  // 77 0d 00 00 im 00 00 00   dst >>= immediate, zeroes come in
  constexpr void shift_right(Register dst, std::int32_t n) noexcept { emit(0x77, dst, {}, 0, n); }

  // 61 | 69 | 71 | 79   sd of of 00 00 00 00   dst = *(u32 | u16 | u8 | u64 *)(src + offset)
  constexpr void load(Width width, Register dst, Register src, std::int32_t offset) noexcept {
    emit(opcode(0x61, width), dst, src, offset, 0);
  }
  // 63 | 6b | 73 | 7b   sd of of 00 00 00 00   *(u32 | u16 | u8 | u64 *)(dst + offset) = src
  constexpr void store(Width width, Register dst, std::int32_t offset, Register src) noexcept {
    emit(opcode(0x63, width), dst, src, offset, 0);
  }
  // 62 | 6a | 72 | 7a   0d of of im im im im   *(u32 | u16 | u8 | u64 *)(dst + offset) = immediate
  constexpr void store(Width width, Register dst, std::int32_t offset,
                       std::int32_t value) noexcept {
    emit(opcode(0x62, width), dst, {}, offset, value);
  }

  // 18 1d 00 00 fd fd fd fd | 00 00 00 00 00 00 00 00   dst = the map with descriptor fd
  template <class Name>
  constexpr void map(Register dst, Name name) noexcept {
    refer(dst, map_by_descriptor, static_cast<std::uint8_t>(name));
  }
  // 18 0d 00 00 lo lo lo lo | 00 00 00 00 hi hi hi hi   dst = a number that is filled in later
  template <class Name>
  constexpr void number(Register dst, Name name) noexcept {
    refer(dst, 0, static_cast<std::uint8_t>(name));
  }

  // 05 00 of of 00 00 00 00   go to the label
  constexpr void jump(Label to) noexcept {
    note(to);
    emit(0x05, {}, {}, 0, 0);
  }
  // 15 | 25 | 55   0d of of im im im im   go to the label if dst ==, > or != immediate
  constexpr void jump(Label to, Register dst, Condition condition, std::int32_t value) noexcept {
    note(to);
    emit(static_cast<std::uint8_t>(0x05 | static_cast<unsigned>(condition)), dst, {}, 0, value);
  }
  // 1d | 2d | 5d   sd of of 00 00 00 00   go to the label if dst ==, > or != src
  constexpr void jump(Label to, Register dst, Condition condition, Register src) noexcept {
    note(to);
    emit(static_cast<std::uint8_t>(0x0d | static_cast<unsigned>(condition)), dst, src, 0, 0);
  }

  // 85 00 00 00 no no no no   r0 = helper(r1, ..., r5)
  constexpr void call(Helper helper) noexcept {
    emit(0x85, {}, {}, 0, static_cast<std::int32_t>(helper));
  }
  // 95 00 00 00 00 00 00 00   end; r0 is the result
  constexpr void exit() noexcept { emit(0x95, {}, {}, 0, 0); }

 private:
  static constexpr std::size_t most_labels = 64;
  static constexpr std::size_t most_jumps = 128;

  struct Jump {
    std::int32_t at = 0;
    std::uint8_t label = 0;
  };

  static constexpr std::uint8_t opcode(unsigned base, Width width) noexcept {
    return static_cast<std::uint8_t>(base | static_cast<unsigned>(width));
  }
  constexpr void emit(std::uint8_t opcode, Register dst, Register src, std::int32_t offset,
                      std::int32_t immediate) noexcept {
    if (code_.size == Capacity || offset > INT16_MAX || offset < INT16_MIN) {
      good_ = false;
      return;
    }
    code_.instructions[code_.size++] = {
        opcode,
        static_cast<std::uint8_t>(static_cast<unsigned>(dst) | static_cast<unsigned>(src) << 4),
        static_cast<std::int16_t>(offset), immediate};
  }
  constexpr void refer(Register dst, std::uint8_t how, std::uint8_t name) noexcept {
    if (code_.reference_count == code_.most_references) {
      good_ = false;
      return;
    }
    code_.references[code_.reference_count++] = {static_cast<std::uint16_t>(code_.size), name};
    emit(load_constant, dst, Register{how}, 0, 0);
    emit(0, {}, {}, 0, 0);
  }
  constexpr void note(Label label) noexcept {
    if (jumps_used_ == most_jumps) {
      good_ = false;
      return;
    }
    jumps_[jumps_used_++] = {static_cast<std::int32_t>(code_.size), label.number};
  }

  Code<Capacity> code_{};
  std::array<std::int32_t, most_labels> labels_{};
  std::array<Jump, most_jumps> jumps_{};
  std::size_t labels_used_ = 0;
  std::size_t jumps_used_ = 0;
  bool good_ = true;
};

}  // namespace tachyon::bpf
