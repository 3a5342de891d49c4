#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>

// Where in a process is the interpreter, and which one is it?
//
// Everything CPython knows hangs off one static object, _PyRuntime: interpreters, their threads,
// their frames. It lies in the data of the executable or of a shared library, and that file may
// have any name (an application that embeds Python), be stripped, be gone from the disk since the
// last upgrade, or live in a container's file system that we cannot see. So names decide only what
// is tried first. For every mapped program, in turn, the first that holds good wins:
//
//   section         .PyRuntime in the file's section headers            survives stripping
//   dynamic symbol  _PyRuntime through the file's hash table
//   symbol table    _PyRuntime in .symtab                               a static link, not stripped
//   memory symbol   _PyRuntime through PT_DYNAMIC of the mapped image   no file needed
//
// and when no program has it, its writable memory is searched: for the eight bytes "xdebugpy" that
// 3.13 and later put at the start of the object, and for the way the object of 3.11 and 3.12 points
// into itself (its `main` interpreter is a part of it).
//
//   3.13+   +0  x d e b u g p y | version | free-threaded | size | finalizing | interpreters.head
//   3.12    +24 finalizing  +40 interpreters.head  +48 interpreters.main = runtime + 76392
//
// A find is a claim. It is believed when memory agrees: the cookie with a version word of a CPython
// 3, or a Py_Version of 3.11 or 3.12. Among several (an embedder's copy next to the library's) the
// one that has interpreters wins. An interpreter that is still starting has none: that is an answer
// (`not_started`), to be asked again, and not a failure.
//
// The finder knows a process only as Memory and Modules, so core files work the same way.
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

inline constexpr std::uint64_t debug_cookie = 0x7970677562656478;  // "xdebugpy"
inline constexpr std::size_t published_table_size = 1024;          // 3.15 uses 888

// A release that publishes nothing (3.11, 3.12): the generated layout has to say where things are.
struct EarlyRuntime {
  std::uint8_t minor = 0;
  schema::Runtime runtime{};
  std::uint32_t threads_head = 0;        // in the interpreter
  std::uint32_t thread_interpreter = 0;  // in the thread state
};

template <CompiledLayout... Ls>
constexpr auto early_runtimes_of(TypeList<Ls...>) {
  std::array<EarlyRuntime, ((Ls::published_map.count == 0) + ...)> early;
  std::size_t used = 0;
  const auto add = [&]<class L>(L) {
    if (L::published_map.count != 0) return;
    early[used++] = {L::build.minor, L::runtime, L::interpreter.threads_head.offset,
                     L::thread.interp.offset};
  };
  (add(Ls{}), ...);
  return early;
}
inline constexpr auto early_runtimes = early_runtimes_of(AllLayouts{});

constexpr const EarlyRuntime* early_runtime(std::uint64_t minor) noexcept {
  for (const EarlyRuntime& early : early_runtimes) {
    if (early.minor == minor) return &early;
  }
  return nullptr;
}

constexpr bool plausible_version(std::uint64_t word) noexcept {
  return word >> 24 == 3 && (word >> 16 & 0xff) >= 13 && (word >> 16 & 0xff) < 64;
}

template <Memory M, Modules V>
class RuntimeFinder {
 public:
  RuntimeFinder(M& memory, const V& modules) : memory_{memory}, modules_{modules} {}

  Result<RuntimeSite> find() {
    collect_programs();
    for (Program& program : programs_) {
      in_program(program);
      if (best_ && best_->state == RuntimeState::running) break;
    }
    if (!best_ && older_ <= unknown_version) search_memory();
    if (best_) {
      best_->asyncio_debug = find_asyncio(*best_);
      return std::move(*best_);
    }
    if (unready_) return Errc::not_started;
    if (older_) return Error{Errc::unsupported_version, 0, {older_}};
    return Errc::not_python;
  }

  Address find_asyncio(const RuntimeSite& site) {
    if (!has_task_lists(site)) return {};
    if (programs_.empty()) collect_programs();
    for (const std::string_view part : {std::string_view{}, std::string_view{"_asyncio"}}) {
      for (Program& program : programs_) {
        const std::string& path = program.first().path;
        const bool wanted = part.empty() ? path == site.file : file_name(path).starts_with(part);
        if (!wanted) continue;
        if (const Address at = asyncio_in(program, site)) return at;
      }
    }
    return {};
  }

 private:
  // All mappings of one file.
  struct Program {
    const Maps* maps;
    std::span<const std::uint32_t> indices;
    int rank = 0;

    const Mapping& operator[](std::size_t i) const { return maps->all()[indices[i]]; }
    const Mapping& first() const { return (*this)[0]; }
    std::size_t size() const noexcept { return indices.size(); }
  };

  struct Claim {
    Address runtime{};
    std::uint64_t size = 0;
    Address version{};  // of Py_Version, if exported
    FoundBy by{};
  };

  static constexpr std::size_t most_programs = 4096;
  static constexpr std::uint64_t unknown_version = 0x03000000;

  static std::string_view file_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
  }

  void collect_programs() {
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

  // ---- one program ----

  void in_program(Program& program) {
    if (auto opened = open(program)) {
      FileBytes bytes{std::move(opened->file)};
      if (auto elf = ElfFile<FileBytes>::read(bytes)) {
        if (in_file(program, *elf, opened->by)) return;
        // Section headers that led to a hash table have had their say.
        if (has_dynamic(*elf)) return;
      }
    }
    in_image(program);
  }

  static bool has_dynamic(const ElfFile<FileBytes>& elf) noexcept {
    return std::any_of(elf.sections().begin(), elf.sections().end(), [](const ElfSection& s) {
      return s.type == SHT_GNU_HASH || s.type == SHT_HASH;
    });
  }

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
  std::vector<std::uint64_t> biases(const Program& program, const ElfProgram& elf) const {
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

  bool in_file(const Program& program, const ElfFile<FileBytes>& elf, OpenedBy by) {
    std::array<ElfSymbol, names.size()> symbols{};
    Claim claim;
    const auto dynamic = elf.dynamic_symbol(names[0]);
    if (const ElfSection* section = elf.section(".PyRuntime")) {
      claim = {{section->address}, section->size, {}, FoundBy::section};
    } else if (dynamic) {
      claim = {{dynamic->value}, dynamic->size, {}, FoundBy::dynamic_symbol};
    }
    if (dynamic || has_dynamic(elf)) {
      for (std::size_t i = 1; claim.runtime && i < names.size(); ++i) {
        symbols[i] = elf.dynamic_symbol(names[i]).value_or(ElfSymbol{});
      }
    } else {
      const auto found = elf.static_symbols(names);
      std::copy(found.begin(), found.end(), symbols.begin());
      if (!claim.runtime && symbols[0].value) {
        claim = {{symbols[0].value}, symbols[0].size, {}, FoundBy::symbol_table};
      }
    }
    if (!claim.runtime) {
      // Before 3.7 there is no such object, but an interpreter exports this.
      if (program.rank < 2 && elf.dynamic_symbol("Py_GetVersion")) {
        older_ = version_in_name(program.first().path);
      }
      return false;
    }
    for (const std::uint64_t bias : biases(program, elf.program())) {
      const auto placed = [&](std::size_t i) {
        return symbols[i].value ? Address{symbols[i].value + bias} : Address{};
      };
      const Claim here{claim.runtime + bias, claim.size, placed(1), claim.by};
      if (!believe(here, &program.first(), elf.program().machine, by)) continue;
      take_objects(placed);
      return true;
    }
    return false;
  }

  void in_image(const Program& program) {
    constexpr std::size_t most_images = 8;  // one program loaded several times
    std::size_t images = 0;
    for (std::size_t i = 0; i < program.size() && images < most_images; ++i) {
      if (program[i].offset != 0) continue;
      ++images;
      const auto image = ElfImage<M>::read(memory_, program[i].start);
      if (!image) continue;
      const auto runtime = image->symbol(names[0]);
      if (!runtime) continue;
      const auto placed = [&](std::size_t k) {
        return image->symbol(names[k]).value_or(Address{});
      };
      const Claim claim{*runtime, 0, placed(1), FoundBy::memory_symbol};
      if (!believe(claim, &program.first(), image->program().machine, OpenedBy::none)) continue;
      take_objects(placed);
      return;
    }
  }

  template <class Placed>
  void take_objects(Placed&& placed) {
    if (!best_) return;
    WellKnown& objects = best_->objects;
    const std::array into{&objects.code_type,
                          &objects.none,
                          &objects.generator_type,
                          &objects.coroutine_type,
                          &objects.async_generator_type,
                          &objects.frame_type};
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (!*into[i]) *into[i] = placed(i + 2);
    }
    prefer_copies(into);
  }

  // An executable that was not built position-independent may hold its own copy of a library's
  // object, and then the library uses that copy.
  void prefer_copies(std::span<Address* const> into) {
    const bool elsewhere =
        executable_ && !programs_.empty() && best_->file != programs_[0].first().path;
    if (!elsewhere) return;
    const auto image = ElfImage<M>::read(memory_, executable_);
    if (!image || image->program().type != ET_EXEC) return;
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (const auto copy = image->symbol(names[i + 2])) *into[i] = *copy;
    }
  }

  // ---- is it one? ----

  bool believe(const Claim& claim, const Mapping* mapping, std::uint16_t machine, OpenedBy by) {
    ++claims_;
    RuntimeSite site;
    site.runtime = claim.runtime;
    site.machine = machine;
    site.found_by = claim.by;
    site.opened_by = by;
    if (mapping && mapping->of_file()) site.file = mapping->path;
    if (mapping) site.file_deleted = mapping->deleted;
    const auto words = fetch<std::array<std::uint64_t, 7>>(memory_, claim.runtime);
    if (!words) return false;
    const bool recognised =
        (*words)[0] == debug_cookie ? examine_published(*words, site) : examine_early(claim, site);
    if (!recognised) return false;
    // A library is first mapped whole, to read only, and its data laid over that. Until then other
    // bytes of the file are in the object's place, and look like anything.
    const Mapping* const place = modules_.maps().find(claim.runtime);
    if (place && !place->writable) site.state = RuntimeState::not_started;
    if (best_ && best_->state == RuntimeState::running) return false;
    if (best_ && site.state == RuntimeState::not_started) return false;
    best_ = std::move(site);
    return true;
  }

  bool examine_published(std::span<const std::uint64_t, 7> words, RuntimeSite& site) {
    constexpr std::uint64_t largest_runtime = std::uint64_t{1} << 24;
    const auto [cookie, version, free_threaded, size, finalizing, head, next] =
        std::array{words[0], words[1], words[2], words[3], words[4], words[5], words[6]};
    if (!plausible_version(version) || free_threaded > 1) return false;
    if (size < published_table_size / 2 || size > largest_runtime) return false;
    if (finalizing > size - 8 || head > size - 8) return false;
    site.version = static_cast<std::uint32_t>(version);
    site.free_threaded = free_threaded != 0;
    site.table.resize(published_table_size);
    if (!memory_.read(site.runtime, bytes_of(site.table))) return false;
    return read_state(site, finalizing, head);
  }

  bool examine_early(const Claim& claim, RuntimeSite& site) {
    std::uint64_t version = 0;
    if (claim.version) {
      version = fetch<std::uint64_t>(memory_, claim.version).value_or(std::uint64_t{0});
    }
    for (const EarlyRuntime& early : early_runtimes) {
      // Not exported, or not readable: the size tells them apart. The patch release stays unknown.
      const std::uint64_t minor = early.minor;
      if (version == 0 && claim.size == early.runtime.size) version = 0x030000f0 | minor << 16;
    }
    const EarlyRuntime* early = early_runtime(version >> 16 & 0xff);
    if (plausible_version(version)) {
      // It says that it publishes its offsets, and they are not there: its data is about to be laid
      // over the file's other bytes.
      unready_ = true;
      return false;
    }
    if (version >> 24 != 3 || !early) {
      // 3.7 to 3.10 have a runtime object too, and no Py_Version: remembered for the message.
      older_ = version ? version : version_in_name(site.file);
      return false;
    }
    site.version = static_cast<std::uint32_t>(version);
    return read_state(site, early->runtime.finalizing.offset,
                      early->runtime.interpreters_head.offset);
  }

  bool read_state(RuntimeSite& site, std::uint64_t finalizing, std::uint64_t head) {
    const auto ends = fetch<std::uint64_t>(memory_, site.runtime + finalizing);
    const auto first = fetch<std::uint64_t>(memory_, site.runtime + head);
    if (!ends || !first) return false;
    site.state = *first == 0  ? RuntimeState::not_started
                 : *ends != 0 ? RuntimeState::finalizing
                              : RuntimeState::running;
    return true;
  }

  // What "libpython3.10.so.1.0" calls itself, as a version word. For messages only.
  static std::uint64_t version_in_name(std::string_view path) noexcept {
    constexpr std::string_view prefix = "python";
    const std::string_view name = file_name(path);
    const std::size_t at = name.find(prefix);
    if (at == std::string_view::npos) return unknown_version;
    const char* const first = name.data() + at + prefix.size();
    const char* const end = name.data() + name.size();
    unsigned major = 0;
    unsigned minor = 0;
    const auto dot = std::from_chars(first, end, major);
    if (dot.ec != std::errc{} || dot.ptr == end || *dot.ptr != '.') return unknown_version;
    if (std::from_chars(dot.ptr + 1, end, minor).ec != std::errc{}) return unknown_version;
    if (major > 3 || minor > 99) return unknown_version;
    return std::uint64_t{major} << 24 | std::uint64_t{minor} << 16;
  }

  // ---- no program has it ----

  static constexpr std::uint64_t search_budget = std::uint64_t{256} << 20;
  static constexpr std::size_t block_words = 16384;
  static constexpr int most_claims = 1000;  // a page full of cookies must not keep us

  void search_memory() {
    std::vector<std::uint64_t> block(block_words);
    for (const bool of_file : {true, false}) {
      std::uint64_t budget = search_budget;
      for (const Mapping& mapping : modules_.maps().all()) {
        const bool candidate = mapping.readable && mapping.writable && !mapping.shared &&
                               mapping.of_file() == of_file && mapping.size() <= budget;
        if (!candidate) continue;
        budget -= mapping.size();
        search_mapping(mapping, block);
        if (best_ && best_->state == RuntimeState::running) return;
      }
    }
  }

  void search_mapping(const Mapping& mapping, std::vector<std::uint64_t>& block) {
    // By distance: behind a mapping at the very end of the address space there is no address.
    for (std::uint64_t done = 0; done < mapping.size(); done += block_words * 8) {
      const Address at = mapping.start + done;
      const auto count = static_cast<std::size_t>(
          std::min<std::uint64_t>(block_words, (mapping.size() - done) / 8));
      const std::span<const std::uint64_t> words = view_of(block).first(count);
      if (!memory_.read(at, bytes_of(block).first(count * 8))) continue;
      for (std::size_t i = 0; i < count && claims_ < most_claims; ++i) {
        const Address here = at + i * 8;
        if (words[i] == debug_cookie) {
          believe({here, 0, {}, FoundBy::cookie}, &mapping, native_machine, OpenedBy::none);
        }
        for (const EarlyRuntime& early : early_runtimes) {
          const std::uint64_t main = early.runtime.main_interpreter.offset;
          const Address runtime = here - early.runtime.interpreters_main.offset;
          if (words[i] == runtime.value + main) try_early(early, runtime, mapping);
        }
      }
    }
  }

  // Its `interpreters.main` is its own embedded interpreter. Does that have a thread which belongs
  // to it?
  void try_early(const EarlyRuntime& early, Address runtime, const Mapping& mapping) {
    const Address interpreter = early.runtime.main_interpreter.at(runtime);
    const auto thread = fetch<Address>(memory_, interpreter + early.threads_head);
    if (!thread || !*thread) return;
    const auto owner = fetch<Address>(memory_, *thread + early.thread_interpreter);
    if (!owner || *owner != interpreter) return;
    believe({runtime, early.runtime.size, {}, FoundBy::structure}, &mapping, native_machine,
            OpenedBy::none);
  }

  // ---- asyncio ----

  // Thirteen words, in order of address: sizes of three structures and offsets in each.
  static bool plausible_asyncio(std::span<const std::uint64_t, 13> w) noexcept {
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

  Address asyncio_in(Program& program, const RuntimeSite& site) {
    if (auto opened = open(program)) {
      FileBytes bytes{std::move(opened->file)};
      const auto elf = ElfFile<FileBytes>::read(bytes);
      if (elf && !elf->sections().empty()) {
        const ElfSection* section = elf->section(".AsyncioDebug");
        if (!section) return {};
        for (const std::uint64_t bias : biases(program, elf->program())) {
          const Address at{section->address + bias};
          const auto words = fetch<std::array<std::uint64_t, 13>>(memory_, at);
          if (words && plausible_asyncio(*words)) return at;
        }
        return {};
      }
    }
    return search_asyncio(program, site);
  }

  // Nothing exports its address, but no other thirteen words look like it: the eighth is the size
  // of the interpreter, which the runtime's own table has as its seventh.
  Address search_asyncio(const Program& program, const RuntimeSite& site) {
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
        if (words[7] == *expected && plausible_asyncio(words)) return m.start + k * 8;
      }
    }
    return {};
  }

  static constexpr std::array<std::string_view, 8> names{
      "_PyRuntime", "Py_Version",  "PyCode_Type",     "_Py_NoneStruct",
      "PyGen_Type", "PyCoro_Type", "PyAsyncGen_Type", "PyFrame_Type"};

  M& memory_;
  const V& modules_;
  std::vector<std::uint32_t> order_;
  std::vector<Program> programs_;
  Address executable_{};
  std::optional<RuntimeSite> best_;
  int claims_ = 0;
  bool unready_ = false;     // seen one whose object is not in its place yet
  std::uint64_t older_ = 0;  // the version word of an interpreter that is too old; 0: none seen
};

}  // namespace detail

template <Memory M, Modules V>
Result<RuntimeSite> find_runtime(M& memory, const V& modules) {
  return detail::RuntimeFinder<M, V>{memory, modules}.find();
}

// asyncio may be imported long after the attach. `modules` must be read anew.
template <Memory M, Modules V>
Address find_asyncio(M& memory, const V& modules, const RuntimeSite& site) {
  return detail::RuntimeFinder<M, V>{memory, modules}.find_asyncio(site);
}

}  // namespace tachyon
