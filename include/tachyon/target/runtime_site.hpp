#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/result.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/process.hpp>

// What is known of an interpreter once it has been found (target/runtime.hpp), and whether it can be
// read.
namespace tachyon {

enum class FoundBy : std::uint8_t {
  section,
  dynamic_symbol,
  symbol_table,
  memory_symbol,
  cookie,
  structure,
};

constexpr std::string_view name_of(FoundBy by) noexcept {
  constexpr std::array<std::string_view, 6> names{
      ".PyRuntime section",       "dynamic symbol in the file", "symbol table of the file",
      "dynamic symbol in memory", "search for the cookie",      "search for the structure"};
  return names[static_cast<std::size_t>(by)];
}

enum class RuntimeState : std::uint8_t { running, not_started, finalizing };

// Objects of the interpreter that a walker compares pointers with. Zero: not exported there.
struct WellKnown {
  Address code_type{};
  Address none{};
  Address generator_type{};
  Address coroutine_type{};
  Address async_generator_type{};
  Address frame_type{};
};

// e_machine of the programs that run here.
inline constexpr std::uint16_t native_machine =
    native_arch == Arch::aarch64 ? EM_AARCH64 : EM_X86_64;

struct RuntimeSite {
  Address runtime{};
  std::uint32_t version =
      0;  // major<<24 | minor<<16 | micro<<8 | level<<4 | serial, level 15: final
  bool free_threaded = false;
  std::uint16_t machine = 0;  // e_machine
  RuntimeState state = RuntimeState::not_started;
  FoundBy found_by{};
  OpenedBy opened_by{};
  std::string file{};  // as the target's table of mappings names it; empty: anonymous memory
  bool file_deleted = false;
  WellKnown objects{};
  // 3.14+: the table of asyncio's own offsets. Zero until the target imports asyncio.
  Address asyncio_debug{};
  // The start of the object. 3.13+: begins with the table of offsets that the target publishes.
  std::vector<std::byte> table{};

  constexpr unsigned major() const noexcept { return version >> 24; }
  constexpr unsigned minor() const noexcept { return version >> 16 & 0xff; }
  constexpr unsigned micro() const noexcept { return version >> 8 & 0xff; }
  constexpr bool is_final() const noexcept { return (version >> 4 & 0xf) == 0xf; }
  constexpr BuildId build() const noexcept {
    const Arch arch = machine == EM_AARCH64 ? Arch::aarch64 : Arch::x86_64;
    return {static_cast<std::uint8_t>(minor()), free_threaded, arch};
  }
  bool publishes_offsets() const noexcept { return !table.empty(); }
};

// Can the layouts that are compiled in read it at all? A final release whose minor has a layout, or
// that publishes its offsets. A pre-release only if a layout is of that very pre-release: they move
// members, published ones too, from one to the next. The error's address is the version word.
inline Result<void> check_supported(const RuntimeSite& site) noexcept {
  if (site.machine != native_machine) return Error{Errc::unsupported_arch, 0, {site.machine}};
  const auto matches = [&](auto&& test) {
    return std::any_of(all_layouts.begin(), all_layouts.end(), test);
  };
  const BuildId build = site.build();
  if (!site.is_final()) {
    const bool exact = matches([&](const LayoutInfo& layout) {
      return layout.build == build && layout.version_hex == site.version;
    });
    if (!exact) return Error{Errc::unsupported_prerelease, 0, {site.version}};
  }
  const bool known = matches([&](const LayoutInfo& layout) { return layout.build == build; });
  if (!known && !site.publishes_offsets()) {
    return Error{Errc::unsupported_version, 0, {site.version}};
  }
  return {};
}

// Are there lists of asyncio tasks in it, and a table that says where, once it imports asyncio?
inline bool has_task_lists(const RuntimeSite& site) noexcept {
  const LayoutInfo* layout = nearest_layout(site.build());
  return layout != nullptr && layout->has_task_lists;
}

}  // namespace tachyon
