#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>

// The programs that are mapped in a process, with the files behind them. What is looked
// for in them is looked for through Memory and Modules, so core files work the same way.
namespace tachyon {

// A view of what is mapped and of the files behind it.
template <class V>
concept Modules = requires(const V& view, const Mapping& mapping) {
  { view.maps() } -> std::convertible_to<const Maps&>;
  { view.open(mapping) } -> std::same_as<Result<OpenedFile>>;
  { view.program_headers() } -> std::same_as<Address>;  // of the executable; zero if unknown
};

// The modules of a live process, as of its construction.
class ProcessModules {
 public:
  static Result<ProcessModules> read(const Process& process) {
    auto maps = process.maps();
    if (!maps) return maps.error();
    const auto headers = process.program_headers();
    return ProcessModules{process, std::move(*maps), headers ? *headers : Address{}};
  }

  const Maps& maps() const noexcept { return maps_; }
  Result<OpenedFile> open(const Mapping& mapping) const { return process_->open_mapped(mapping); }
  Address program_headers() const noexcept { return headers_; }

 private:
  ProcessModules(const Process& process, Maps maps, Address headers)
      : process_{&process}, maps_{std::move(maps)}, headers_{headers} {}

  const Process* process_;
  Maps maps_;
  Address headers_;
};
static_assert(Modules<ProcessModules>);

namespace detail {

// All mappings of one file.
struct Program {
  const Maps* maps;
  std::span<const std::uint32_t> indices;
  int rank = 0;

  const Mapping& operator[](std::size_t i) const { return maps->all()[indices[i]]; }
  const Mapping& first() const { return (*this)[0]; }
  std::size_t size() const noexcept { return indices.size(); }
};

inline std::string_view file_name(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

template <Memory M, Modules V>
class Programs {
 public:
  Programs(M& memory, const V& modules) noexcept : memory_{memory}, modules_{modules} {}

  // The executable first, then what is called python something, then the others.
  const std::vector<Program>& all() {
    if (order_.empty()) collect();
    return programs_;
  }
  // Where the executable is mapped; zero if unknown.
  Address executable() const noexcept { return executable_; }

  // A file found by a path is the mapped one only if it starts with the same bytes: the first page
  // holds the headers and, with every usual linker, the build id.
  std::optional<OpenedFile> open(const Program& program) {
    auto opened = modules_.open(program.first());
    if (!opened) return std::nullopt;
    if (opened->certain) return std::move(*opened);
    for (std::size_t i = 0; i < program.size(); ++i) {
      if (program[i].offset != 0) continue;
      std::array<std::byte, 1024> on_disk;
      std::array<std::byte, 1024> mapped;
      const auto size = read_at(opened->file, 0, on_disk);
      if (!size || *size != on_disk.size() || !memory_.read(program[i].start, mapped)) break;
      if (on_disk == mapped) return std::move(*opened);
      break;
    }
    return std::nullopt;
  }

  // The load biases at which the file is mapped to run; rarely more than one.
  static std::vector<std::uint64_t> biases(const Program& program, const ElfProgram& elf) {
    constexpr std::size_t most = 8;
    std::vector<std::uint64_t> found;
    for (std::size_t i = 0; i < program.size(); ++i) {
      const Mapping& m = program[i];
      if (!m.executable) continue;
      elf.each_bias(m.start, m.size(), m.offset, true, [&](std::uint64_t bias) {
        const bool known = std::find(found.begin(), found.end(), bias) != found.end();
        if (!known && found.size() < most) found.push_back(bias);
      });
    }
    return found;
  }

 private:
  static constexpr std::size_t most_programs = 4096;

  void collect() {
    const Maps& maps = modules_.maps();
    order_ = maps.by_file();
    const Mapping* executable = maps.find(modules_.program_headers());
    for (std::size_t i = 0; i < order_.size() && programs_.size() < most_programs;) {
      const Mapping& first = maps.all()[order_[i]];
      std::size_t end = i;
      bool runs = false;
      for (; end < order_.size() && maps.all()[order_[end]].same_file(first); ++end) {
        runs = runs || maps.all()[order_[end]].executable;
      }
      if (runs) {
        const bool main = executable && executable->same_file(first);
        const bool named = file_name(first.path).find("python") != std::string_view::npos;
        programs_.push_back({&maps, view_of(order_).subspan(i, end - i), main ? 0 : named ? 1 : 2});
        if (main) executable_ = Address{first.start};
      }
      i = end;
    }
    std::stable_sort(programs_.begin(), programs_.end(),
                     [](const Program& a, const Program& b) { return a.rank < b.rank; });
  }

  M& memory_;
  const V& modules_;
  std::vector<std::uint32_t> order_;
  std::vector<Program> programs_;
  Address executable_{};
};

}  // namespace detail

}  // namespace tachyon
