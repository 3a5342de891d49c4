#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/programs.hpp>
#include <tachyon/target/runtime_site.hpp>

// asyncio publishes where its own structures keep what a reader of tasks needs: a table in a section
// of the extension module or, where that is built in, of the interpreter's file.
namespace tachyon {

namespace detail {

template <Memory M, Modules V>
class AsyncioFinder {
 public:
  AsyncioFinder(M& memory, Programs<M, V>& programs) noexcept
      : memory_{memory}, programs_{programs} {}

  Address find(const RuntimeSite& site) {
    if (!has_task_lists(site)) return {};
    for (const std::string_view part : {std::string_view{}, std::string_view{"_asyncio"}}) {
      for (const Program& program : programs_.all()) {
        const std::string& path = program.first().path;
        const bool wanted = part.empty() ? path == site.file : file_name(path).starts_with(part);
        if (!wanted) continue;
        if (const Address at = in_program(program, site)) return at;
      }
    }
    return {};
  }

 private:
  // Thirteen words, in order of address: sizes of three structures and offsets in each.
  static bool plausible(std::span<const std::uint64_t, 13> w) noexcept {
    constexpr std::uint64_t largest = std::uint64_t{1} << 20;
    if (w[0] < 64 || w[0] > 4096 || w[7] > largest || w[9] > 65536) return false;
    const bool task = std::all_of(w.begin() + 1, w.begin() + 7, [&](std::uint64_t offset) {
      return offset != 0 && offset < w[0];
    });
    const bool thread = std::all_of(w.begin() + 10, w.end(), [&](std::uint64_t offset) {
      return offset != 0 && offset < w[9];
    });
    return task && thread && w[8] != 0 && w[8] < w[7];
  }

  Address in_program(const Program& program, const RuntimeSite& site) {
    if (auto opened = programs_.open(program)) {
      FileBytes bytes{std::move(opened->file)};
      const auto elf = ElfFile<FileBytes>::read(bytes);
      if (elf && !elf->sections().empty()) {
        const ElfSection* section = elf->section(".AsyncioDebug");
        if (!section) return {};
        for (const std::uint64_t bias : programs_.biases(program, elf->program())) {
          const Address at{section->address + bias};
          const auto words = fetch<std::array<std::uint64_t, 13>>(memory_, at);
          if (words && plausible(*words)) return at;
        }
        return {};
      }
    }
    return search(program, site);
  }

  // Nothing exports its address, but no other thirteen words look like it: the eighth is the size
  // of the interpreter, which the runtime's own table has as its seventh.
  Address search(const Program& program, const RuntimeSite& site) {
    const auto expected = load_checked<std::uint64_t>(view_of(site.table), 6 * 8);
    if (!expected) return {};
    std::vector<std::uint64_t> block;
    for (std::size_t i = 0; i < program.size(); ++i) {
      const Mapping& m = program[i];
      if (!m.writable || m.size() > (std::uint64_t{1} << 24)) continue;
      block.resize(static_cast<std::size_t>(m.size() / 8));
      if (!memory_.read(m.start, bytes_of(block))) continue;
      for (std::size_t k = 0; k + 13 <= block.size(); ++k) {
        const auto words = view_of(block).subspan(k).template first<13>();
        if (words[7] == *expected && plausible(words)) return m.start + k * 8;
      }
    }
    return {};
  }

  M& memory_;
  Programs<M, V>& programs_;
};

}  // namespace detail

// asyncio may be imported long after the attach. `modules` must be read anew.
template <Memory M, Modules V>
Address find_asyncio(M& memory, const V& modules, const RuntimeSite& site) {
  detail::Programs<M, V> programs{memory, modules};
  return detail::AsyncioFinder<M, V>{memory, programs}.find(site);
}

}  // namespace tachyon
