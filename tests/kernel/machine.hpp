#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <tachyon/kernel/program.hpp>
#include <tachyon/memory/image.hpp>

namespace tachyon::kernel::test {

// Runs a program as the kernel would, over an image in place of the target. It refuses what the
// kernel's verifier refuses, on the path that is taken: a register or a piece of the stack that was
// never written, memory that is not the program's, a loop without an end.
class Machine {
 public:
  // One map each, by the descriptor that is filled in for it.
  static constexpr std::uint64_t scratch_map = 11, ring_map = 12, program_map = 13, loss_map = 14,
                                 seen_map = 15;
  static constexpr std::uint64_t most_executed = 1'000'000;

  Machine(const Program& program, Image& target)
      : code_{program.code}, target_{target}, words_{program.words} {
    const auto fill = [&](Place place, std::uint64_t value) {
      code_.resolve(static_cast<std::uint8_t>(place), value);
    };
    fill(Place::scratch_map, scratch_map);
    fill(Place::ring_map, ring_map);
    fill(Place::program_map, program_map);
    fill(Place::loss_map, loss_map);
    fill(Place::seen_map, seen_map);
    scratch_.resize(Scratch::size(), std::byte{0x5a});
    std::fill_n(scratch_.begin(), 8, std::byte{});  // a map's elements begin as zeroes
  }

  void set(Place place, std::uint64_t value) {
    code_.resolve(static_cast<std::uint8_t>(place), value);
  }
  // Memory of the kernel's.
  std::map<std::uint64_t, std::vector<std::byte>> kernel{};
  std::uint64_t task = 0xffff888000010000, registers = 0xffffc90000020000;
  std::uint64_t now = 1'000'000, cpu_time = 400'000;
  std::size_t ring_room = 1 << 20;

  // True: it ran to its end. Otherwise `failure` says what was wrong.
  bool run(std::uint64_t cookie);

  std::vector<std::vector<std::byte>> records{};
  std::array<std::uint64_t, loss_count> losses{};
  std::vector<std::uint64_t> seen = std::vector<std::uint64_t>(SeenCode::bytes / 8);
  bool woken = false;          // was the reader, by the last record?
  std::uint64_t executed = 0;  // instructions, of the last run
  unsigned tail_calls = 0;
  std::string failure{};

 private:
  static constexpr std::uint64_t stack_base = 0x100000, scratch_base = 0x1000000,
                                 loss_base = 0x8000000, seen_base = 0x9000000, context = 0xc0ffee00;
  static constexpr std::size_t stack_size = 512;

  bool fail(const std::string& why) {
    if (failure.empty()) failure = why + ", instruction " + std::to_string(pc_);
    return false;
  }
  std::span<std::byte> memory(std::uint64_t at, std::size_t size) {
    const auto piece = [&](std::uint64_t base, std::span<std::byte> all) {
      return at >= base && at - base <= all.size() && all.size() - (at - base) >= size
                 ? all.subspan(at - base, size)
                 : std::span<std::byte>{};
    };
    for (const auto& found : {piece(stack_base, stack_), piece(scratch_base, scratch_),
                              piece(loss_base, std::as_writable_bytes(std::span{losses})),
                              piece(seen_base, std::as_writable_bytes(std::span{seen}))}) {
      if (!found.empty()) return found;
    }
    return {};
  }
  bool in_stack(std::uint64_t at) const { return at - stack_base < stack_size; }
  bool write(std::uint64_t at, std::span<const std::byte> bytes) {
    const auto into = memory(at, bytes.size());
    if (into.empty() && !bytes.empty()) return fail("a store to memory that is not its own");
    std::copy(bytes.begin(), bytes.end(), into.begin());
    if (in_stack(at)) {
      std::fill_n(written_.begin() + static_cast<std::ptrdiff_t>(at - stack_base), bytes.size(),
                  true);
    }
    return true;
  }
  bool read(std::uint64_t at, std::span<std::byte> into) {
    const auto from = memory(at, into.size());
    if (from.empty()) return fail("a load from memory that is not its own");
    if (in_stack(at) &&
        !std::all_of(written_.begin() + static_cast<std::ptrdiff_t>(at - stack_base),
                     written_.begin() + static_cast<std::ptrdiff_t>(at - stack_base + into.size()),
                     [](bool was) { return was; })) {
      return fail("a load from a part of the stack that was never written");
    }
    std::copy(from.begin(), from.end(), into.begin());
    return true;
  }
  bool uses(unsigned number) {
    return known_[number] || fail("r" + std::to_string(number) + " was never written");
  }
  void put(unsigned number, std::uint64_t value) {
    r_[number] = value;
    known_[number] = true;
  }
  void begin() {
    known_ = {};
    written_.assign(stack_size, false);
    stack_.assign(stack_size, std::byte{0xa5});
    put(1, context);
    put(10, stack_base + stack_size);
    pc_ = 0;
  }

  bool step(bool& ended);
  bool call(std::int32_t number);
  std::uint64_t probe(bool user);
  std::uint64_t output();

  ProgramCode code_;
  Image& target_;
  ThreadWords words_;
  std::uint64_t cookie_ = 0;
  std::array<std::uint64_t, 11> r_{};
  std::array<bool, 11> known_{};
  std::vector<std::byte> stack_, scratch_;
  std::vector<bool> written_;
  std::size_t pc_ = 0;
};

inline bool Machine::run(std::uint64_t cookie) {
  cookie_ = cookie;
  executed = 0;
  tail_calls = 0;
  failure.clear();
  begin();
  for (bool ended = false; !ended;) {
    if (++executed > most_executed) return fail("it does not end");
    if (!step(ended)) return false;
  }
  return true;
}

inline bool Machine::step(bool& ended) {
  if (pc_ >= code_.size) return fail("it runs past its end");
  const bpf::Instruction at = code_.instructions[pc_++];
  const unsigned dst = at.destination(), src = at.source();
  const auto immediate = static_cast<std::uint64_t>(std::int64_t{at.immediate});
  const unsigned kind = at.opcode & 7, width = at.opcode & 0x18;
  const std::size_t bytes = width == 0x18 ? 8 : width == 0x10 ? 1 : width == 8 ? 2 : 4;
  const auto offset = static_cast<std::uint64_t>(std::int64_t{at.offset});
  switch (kind) {
    case 0: {  // a constant of 64 bits
      if (at.opcode != 0x18 || pc_ >= code_.size) return fail("half a constant");
      const auto upper = static_cast<std::uint32_t>(code_.instructions[pc_++].immediate);
      put(dst, std::uint64_t{upper} << 32 | static_cast<std::uint32_t>(at.immediate));
      return true;
    }
    case 1: {  // load
      std::uint64_t value = 0;
      if (!uses(src)) return false;
      if (!read(r_[src] + offset, std::as_writable_bytes(std::span{&value, 1}).first(bytes))) {
        return false;
      }
      put(dst, value);
      return true;
    }
    case 2:
    case 3: {  // store
      if (!uses(dst) || (kind == 3 && !uses(src))) return false;
      const std::uint64_t value = kind == 3 ? r_[src] : immediate;
      return write(r_[dst] + offset, std::as_bytes(std::span{&value, 1}).first(bytes));
    }
    case 5: {
      if (at.opcode == 0x95) {
        ended = true;
        return uses(0);
      }
      if (at.opcode == 0x85) return call(at.immediate);
      bool jumps = at.opcode == 0x05;
      if (!jumps) {
        const bool by_register = (at.opcode & 8) != 0;
        if (!uses(dst) || (by_register && !uses(src))) return false;
        const std::uint64_t other = by_register ? r_[src] : immediate;
        const unsigned condition = at.opcode & 0xf0;
        jumps = condition == 0x10   ? r_[dst] == other
                : condition == 0x20 ? r_[dst] > other
                                    : r_[dst] != other;
        if (condition != 0x10 && condition != 0x20 && condition != 0x50) return fail("what jump?");
      }
      if (jumps) pc_ += offset;
      return true;
    }
    case 7: {
      const bool by_register = (at.opcode & 8) != 0;
      if (by_register && !uses(src)) return false;
      const std::uint64_t other = by_register ? r_[src] : immediate;
      const unsigned what = at.opcode & 0xf0;
      if (what != 0xb0 && !uses(dst)) return false;
      switch (what) {
        case 0x00:
          r_[dst] += other;
          return true;
        case 0x40:
          r_[dst] |= other;
          return true;
        case 0x50:
          r_[dst] &= other;
          return true;
        case 0x60:
          r_[dst] <<= other;
          return true;
        case 0x70:
          r_[dst] >>= other;
          return true;
        case 0xa0:
          r_[dst] ^= other;
          return true;
        case 0xb0:
          put(dst, other);
          return true;
      }
      return fail("what arithmetic?");
    }
  }
  return fail("what instruction?");
}

// probe_read_user(r1, r2, r3) and the kernel's: what cannot be read is zero.
inline std::uint64_t Machine::probe(bool user) {
  std::vector<std::byte> bytes(r_[2]);
  bool good = false;
  if (user) {
    good = target_.read(Address{r_[3]}, bytes).has_value();
  } else {
    for (const auto& [at, content] : kernel) {
      if (r_[3] < at || r_[3] - at + bytes.size() > content.size()) continue;
      std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(r_[3] - at), bytes.size(),
                  bytes.begin());
      good = true;
    }
  }
  if (!good) std::fill(bytes.begin(), bytes.end(), std::byte{});
  (void)write(r_[1], bytes);
  return good ? 0 : static_cast<std::uint64_t>(-14);
}

inline std::uint64_t Machine::output() {
  if (r_[4] != 1 && r_[4] != 2) fail("when is the reader woken up?");
  woken = r_[4] == 2;
  const auto from = memory(r_[2], r_[3]);
  if (from.empty()) fail("a record that is not its own");
  if (from.size() > ring_room) return static_cast<std::uint64_t>(-11);
  ring_room -= from.size();
  records.emplace_back(from.begin(), from.end());
  return 0;
}

inline bool Machine::call(std::int32_t number) {
  using bpf::Helper;
  const auto needs = [&](unsigned last) {
    for (unsigned i = 1; i <= last; ++i) {
      if (!uses(i)) return false;
    }
    return true;
  };
  std::uint64_t result = 0;
  switch (Helper(number)) {
    case Helper::map_lookup: {
      std::uint32_t element = 0;
      if (!needs(2) || !read(r_[2], std::as_writable_bytes(std::span{&element, 1}))) return false;
      if (r_[1] == scratch_map && element == 3) result = scratch_base;
      if (r_[1] == loss_map && element == 0) result = loss_base;
      if (r_[1] == seen_map && element == 0) result = seen_base;
      break;
    }
    case Helper::ktime_get_ns:
      result = now;
      break;
    case Helper::get_smp_processor_id:
      result = 3;
      break;
    case Helper::tail_call:
      if (!needs(3)) return false;
      if (r_[1] != context || r_[2] != program_map || r_[3] != 0) return fail("what tail call?");
      if (tail_calls++ < 33) {
        begin();
        return true;
      }
      break;
    case Helper::get_current_pid_tgid:
      result = std::uint64_t{100} << 32 | 101;
      break;
    case Helper::get_current_task:
    case Helper::get_current_task_btf:
      result = task;
      break;
    case Helper::task_pt_regs:
      if (!needs(1)) return false;
      if (r_[1] != task) return fail("whose registers?");
      result = registers;
      break;
    case Helper::perf_prog_read_value: {
      if (!needs(3)) return false;
      const std::array<std::uint64_t, 3> value{7, cpu_time + 5, cpu_time};
      if (r_[1] != context || r_[3] != sizeof value) return fail("what value?");
      if (!write(r_[2], std::as_bytes(std::span{value}))) return false;
      break;
    }
    case Helper::probe_read_user:
    case Helper::probe_read_kernel:
      if (!needs(3)) return false;
      result = probe(Helper(number) == Helper::probe_read_user);
      break;
    case Helper::ringbuf_output:
      if (!needs(4)) return false;
      if (r_[1] != ring_map) return fail("what ring?");
      result = output();
      break;
    case Helper::get_attach_cookie:
      if (!needs(1)) return false;
      if (r_[1] != context) return fail("whose cookie?");
      result = cookie_;
      break;
    default:
      return fail("what helper?");
  }
  if (!failure.empty()) return false;
  for (unsigned i = 1; i <= 5; ++i) known_[i] = false;
  put(0, result);
  return true;
}

}  // namespace tachyon::kernel::test
