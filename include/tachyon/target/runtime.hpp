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
#include <tachyon/target/asyncio_table.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>
#include <tachyon/target/programs.hpp>
#include <tachyon/target/runtime_site.hpp>

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
// A find is a claim. It is accepted when memory agrees: the cookie with a version word of a CPython
// 3, or a Py_Version of 3.11 or 3.12. Among several (an embedder's copy next to the library's) the
// one that has interpreters wins. An interpreter that is still starting has none: that is an answer
// (`not_started`), to be asked again, and not a failure.
//
// The finder knows a process only as Memory and Modules, so core files work the same way.
namespace tachyon {

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
  RuntimeFinder(M& memory, const V& modules)
      : memory_{memory}, modules_{modules}, programs_{memory, modules} {}

  Result<RuntimeSite> find() {
    for (const Program& program : programs_.all()) {
      in_program(program);
      if (best_ && best_->state == RuntimeState::running) break;
    }
    if (!best_ && older_ <= unknown_version) search_memory();
    if (best_) {
      best_->asyncio_debug = AsyncioFinder<M, V>{memory_, programs_}.find(*best_);
      return std::move(*best_);
    }
    if (unready_) return Errc::not_started;
    if (older_) return Error{Errc::unsupported_version, 0, {older_}};
    return Errc::not_python;
  }

 private:
  struct Claim {
    Address runtime{};
    std::uint64_t size = 0;
    Address version{};  // of Py_Version, if exported
    FoundBy by{};
  };

  static constexpr std::uint64_t unknown_version = 0x03000000;

  // ---- one program ----

  void in_program(const Program& program) {
    if (auto opened = programs_.open(program)) {
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
    for (const std::uint64_t bias : programs_.biases(program, elf.program())) {
      const auto placed = [&](std::size_t i) {
        return symbols[i].value ? Address{symbols[i].value + bias} : Address{};
      };
      const Claim here{claim.runtime + bias, claim.size, placed(1), claim.by};
      if (!accept(here, &program.first(), elf.program().machine, by)) continue;
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
      if (!accept(claim, &program.first(), image->program().machine, OpenedBy::none)) continue;
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
    const bool elsewhere = programs_.executable() && best_->file != programs_.all()[0].first().path;
    if (!elsewhere) return;
    const auto image = ElfImage<M>::read(memory_, programs_.executable());
    if (!image || image->program().type != ET_EXEC) return;
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (const auto copy = image->symbol(names[i + 2])) *into[i] = *copy;
    }
  }

  // ---- is it one? ----

  bool accept(const Claim& claim, const Mapping* mapping, std::uint16_t machine, OpenedBy by) {
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
          accept({here, 0, {}, FoundBy::cookie}, &mapping, native_machine, OpenedBy::none);
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
    accept({runtime, early.runtime.size, {}, FoundBy::structure}, &mapping, native_machine,
           OpenedBy::none);
  }

  static constexpr std::array<std::string_view, 8> names{
      "_PyRuntime", "Py_Version",  "PyCode_Type",     "_Py_NoneStruct",
      "PyGen_Type", "PyCoro_Type", "PyAsyncGen_Type", "PyFrame_Type"};

  M& memory_;
  const V& modules_;
  Programs<M, V> programs_;
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

}  // namespace tachyon
