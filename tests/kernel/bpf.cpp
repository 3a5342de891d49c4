#include <linux/bpf.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <catch2/catch.hpp>

#include <tachyon/kernel/bpf.hpp>

namespace tachyon::bpf {
namespace {

enum class Name : std::uint8_t { table, number };

template <std::size_t N>
std::string in_hex(const Code<N>& code) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < code.size; ++i) {
    unsigned char bytes[8];
    std::memcpy(bytes, &code.instructions[i], 8);
    if (!out.empty()) out += '\n';
    for (const unsigned char byte : bytes) {
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

template <class Write>
constexpr auto assembled(Write&& write) {
  Assembler<32> a;
  write(a);
  return a.finish();
}
template <class Write>
constexpr bool is_good(Write&& write) {
  Assembler<8> a;
  write(a);
  (void)a.finish();
  return a.good();
}

}  // namespace

TEST_CASE("instructions have the bytes that the kernel's document gives", "[kernel]") {
  using enum Register;
  using enum Width;
  constexpr auto code = assembled([](auto& a) {
    a.move(r1, stack);
    a.move(r2, -16);
    a.add(r1, -16);
    a.add(r1, r9);
    a.bit_and(r3, 7);
    a.bit_or(r4, 256);
    a.bit_or(r4, r5);
    a.shift_left(r2, 32);
    a.shift_right(r2, 5);
    a.load(eight, r3, r1, 8);
    a.load(four, r3, r1, -4);
    a.load(two, r0, r6, 2);
    a.load(one, r0, r6, 74);
    a.store(eight, stack, -8, r1);
    a.store(four, r7, 60, r0);
    a.store(eight, r7, 16, 0);
    a.call(Helper::probe_read_user);
    a.exit();
  });
  CHECK(in_hex(code) ==
        "bfa1000000000000\n"
        "b7020000f0ffffff\n"
        "07010000f0ffffff\n"
        "0f91000000000000\n"
        "5703000007000000\n"
        "4704000000010000\n"
        "4f54000000000000\n"
        "6702000020000000\n"
        "7702000005000000\n"
        "7913080000000000\n"
        "6113fcff00000000\n"
        "6960020000000000\n"
        "71604a0000000000\n"
        "7b1af8ff00000000\n"
        "63073c0000000000\n"
        "7a07100000000000\n"
        "8500000070000000\n"
        "9500000000000000");
}

TEST_CASE("jumps forwards and backwards count from the instruction behind them", "[kernel]") {
  using enum Register;
  constexpr auto code = assembled([](auto& a) {
    const Label again = a.label(), end = a.label();
    a.bind(again);
    a.jump(end, r1, Condition::equal, 0);
    a.jump(end, r1, Condition::greater, r2);
    a.add(r1, -1);
    a.jump(again, r1, Condition::not_equal, 0);
    a.jump(again);
    a.bind(end);
    a.exit();
  });
  CHECK(in_hex(code) ==
        "1501040000000000\n"
        "2d21030000000000\n"
        "07010000ffffffff\n"
        "5501fcff00000000\n"
        "0500fbff00000000\n"
        "9500000000000000");
}

TEST_CASE("a constant of 64 bits is filled in wherever it is named", "[kernel]") {
  using enum Register;
  auto code = assembled([](auto& a) {
    a.map(r1, Name::table);
    a.number(r3, Name::number);
    a.map(r2, Name::table);
  });
  CHECK(in_hex(code) ==
        "1811000000000000\n0000000000000000\n"
        "1803000000000000\n0000000000000000\n"
        "1812000000000000\n0000000000000000");
  code.resolve(static_cast<std::uint8_t>(Name::table), 5);
  code.resolve(static_cast<std::uint8_t>(Name::number), 0x7f00123456789abc);
  CHECK(in_hex(code) ==
        "1811000005000000\n0000000000000000\n"
        "18030000bc9a7856\n000000003412007f\n"
        "1812000005000000\n0000000000000000");
}

TEST_CASE("a program that is too long, or jumps to nowhere, is not good", "[kernel]") {
  using enum Register;
  STATIC_REQUIRE(is_good([](auto& a) { a.exit(); }));
  STATIC_REQUIRE_FALSE(is_good([](auto& a) { a.jump(a.label()); }));
  STATIC_REQUIRE_FALSE(is_good([](auto& a) {
    for (int i = 0; i < 9; ++i) a.exit();
  }));
  STATIC_REQUIRE_FALSE(is_good([](auto& a) { a.load(Width::one, r0, r1, 40000); }));
  STATIC_REQUIRE_FALSE(is_good([](auto& a) {
    const Label twice = a.label();
    a.bind(twice);
    a.bind(twice);
  }));
}

TEST_CASE("helpers have the kernel's numbers", "[kernel]") {
  const auto number = [](Helper helper) { return static_cast<int>(helper); };
  CHECK(number(Helper::map_lookup) == BPF_FUNC_map_lookup_elem);
  CHECK(number(Helper::ktime_get_ns) == BPF_FUNC_ktime_get_ns);
  CHECK(number(Helper::get_smp_processor_id) == BPF_FUNC_get_smp_processor_id);
  CHECK(number(Helper::tail_call) == BPF_FUNC_tail_call);
  CHECK(number(Helper::get_current_pid_tgid) == BPF_FUNC_get_current_pid_tgid);
  CHECK(number(Helper::get_current_task) == BPF_FUNC_get_current_task);
  CHECK(number(Helper::perf_prog_read_value) == BPF_FUNC_perf_prog_read_value);
  CHECK(number(Helper::probe_read_user) == BPF_FUNC_probe_read_user);
  CHECK(number(Helper::probe_read_kernel) == BPF_FUNC_probe_read_kernel);
  CHECK(number(Helper::ringbuf_output) == BPF_FUNC_ringbuf_output);
  CHECK(number(Helper::get_current_task_btf) == BPF_FUNC_get_current_task_btf);
  CHECK(number(Helper::get_attach_cookie) == BPF_FUNC_get_attach_cookie);
  CHECK(number(Helper::task_pt_regs) == BPF_FUNC_task_pt_regs);
}

}  // namespace tachyon::bpf
