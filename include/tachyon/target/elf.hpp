#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <span>
#include <string_view>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/memory/concept.hpp>

// As much of ELF as it takes to find an interpreter: sections by name, symbols by name, the build
// id, and where the file came to lie in an address space.
//
// The same code reads a file (FileBytes: an address is an offset) and an image in a target's
// memory. In a file the section headers lead to everything. They are not mapped, so in memory the
// way is program headers -> PT_DYNAMIC -> hash table, symbols, strings:
//
//   ELF header --e_phoff--> PT_LOAD ...            where each part of the file lies
//       |                   PT_DYNAMIC --> DT_GNU_HASH --> bloom | buckets | chains
//       |                                  DT_SYMTAB, DT_STRTAB    (index of a symbol)
//       +------e_shoff----> sections, named by .shstrtab
//
// The values of DT_* are virtual addresses that glibc's loader has replaced by absolute ones, while
// musl (and the kernel's own vDSO) left them alone: what lies below the load bias gets it added.
//
// A file is only believed, never trusted: counts are capped, no number read from it sizes anything
// before it was compared with a cap, chains end after a bounded number of steps, and every read is
// checked by the memory it goes to.
namespace tachyon {

namespace detail {

template <class T, Memory M>
Result<T> fetch(M& memory, Address at) noexcept {
  T value{};
  if (const auto read = memory.read(at, bytes_of(value)); !read) {
    return read.error();
  }
  return value;
}

// `count` elements; the caller has bounded it.
template <class T, Memory M>
Result<std::vector<T>> fetch_array(M& memory, Address at, std::size_t count) {
  std::vector<T> values(count);
  if (const auto read = memory.read(at, bytes_of(values)); !read) {
    return read.error();
  }
  return values;
}

// Does the text at `at` read `name`, closing zero included?
template <Memory M>
bool text_is(M& memory, Address at, std::string_view name) noexcept {
  std::array<std::byte, 64> buffer;
  if (name.size() >= buffer.size()) return false;
  const std::span<std::byte> into = bytes_of(buffer).first(name.size() + 1);
  return memory.read(at, into) && as_text(into.first(name.size())) == name &&
         buffer[name.size()] == std::byte{0};
}

constexpr std::uint32_t gnu_hash(std::string_view name) noexcept {
  std::uint32_t h = 5381;
  for (const char c : name) h = h * 33 + static_cast<unsigned char>(c);
  return h;
}

constexpr std::uint32_t sysv_hash(std::string_view name) noexcept {
  std::uint32_t h = 0;
  for (const char c : name) {
    h = (h << 4) + static_cast<unsigned char>(c);
    h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
  }
  return h;
}

}  // namespace detail

inline constexpr std::size_t most_elf_segments = 256;
inline constexpr std::size_t most_elf_sections = 4096;

struct ElfSymbol {
  std::uint64_t value = 0;  // as the file says, without the load bias
  std::uint64_t size = 0;
};

// A hash table of dynamic symbols and what it refers to, all as addresses of one memory.
struct ElfSymbols {
  Address gnu_hash{};
  Address sysv_hash{};
  Address symbols{};
  Address strings{};

  template <Memory M>
  Result<ElfSymbol> find(M& memory, std::string_view name) const noexcept {
    if (gnu_hash) return find_gnu(memory, name);
    if (sysv_hash) return find_sysv(memory, name);
    return Errc::unsupported;
  }

 private:
  static constexpr std::uint32_t longest_chain = 4096;

  template <Memory M>
  Result<ElfSymbol> find_gnu(M& memory, std::string_view name) const noexcept {
    const auto header = detail::fetch<std::array<std::uint32_t, 4>>(memory, gnu_hash);
    if (!header) return header.error();
    const auto [buckets, first, bloom_words, shift] = *header;
    if (buckets == 0 || bloom_words == 0 || shift > 31) return Errc::bad_value;
    const std::uint32_t h = detail::gnu_hash(name);
    const Address bloom = gnu_hash + sizeof *header;
    const auto word = detail::fetch<std::uint64_t>(
        memory, bloom + std::uint64_t{8} * (h / 64 % std::uint64_t{bloom_words}));
    if (!word) return word.error();
    if ((*word >> (h % 64) & *word >> ((h >> shift) % 64) & 1) == 0) return Errc::unsupported;
    const Address bucket = bloom + std::uint64_t{8} * bloom_words;
    const auto start =
        detail::fetch<std::uint32_t>(memory, bucket + std::uint64_t{4} * (h % buckets));
    if (!start) return start.error();
    if (*start < first) return Errc::unsupported;
    const Address chain = bucket + std::uint64_t{4} * buckets;
    for (std::uint32_t i = *start, step = 0; step < longest_chain; ++i, ++step) {
      const auto hash =
          detail::fetch<std::uint32_t>(memory, chain + std::uint64_t{4} * (i - first));
      if (!hash) return hash.error();
      if ((*hash | 1) == (h | 1)) {
        if (const auto found = named(memory, i, name)) return found;
      }
      if ((*hash & 1) != 0) return Errc::unsupported;
    }
    return Errc::too_deep;
  }

  template <Memory M>
  Result<ElfSymbol> find_sysv(M& memory, std::string_view name) const noexcept {
    const auto header = detail::fetch<std::array<std::uint32_t, 2>>(memory, sysv_hash);
    if (!header) return header.error();
    const auto [buckets, chains] = *header;
    if (buckets == 0) return Errc::bad_value;
    const Address bucket = sysv_hash + sizeof *header;
    const Address chain = bucket + std::uint64_t{4} * buckets;
    auto next = detail::fetch<std::uint32_t>(
        memory, bucket + std::uint64_t{4} * (detail::sysv_hash(name) % buckets));
    for (std::uint32_t step = 0; step < longest_chain; ++step) {
      if (!next) return next.error();
      if (*next == 0 || *next >= chains) return Errc::unsupported;
      if (const auto found = named(memory, *next, name)) return found;
      next = detail::fetch<std::uint32_t>(memory, chain + std::uint64_t{4} * *next);
    }
    return Errc::too_deep;
  }

  template <Memory M>
  Result<ElfSymbol> named(M& memory, std::uint32_t index, std::string_view name) const noexcept {
    const auto symbol =
        detail::fetch<Elf64_Sym>(memory, symbols + sizeof(Elf64_Sym) * std::uint64_t{index});
    if (!symbol) return symbol.error();
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0) return Errc::unsupported;
    if (!detail::text_is(memory, strings + symbol->st_name, name)) return Errc::unsupported;
    return ElfSymbol{symbol->st_value, symbol->st_size};
  }
};

// The header and the program headers, from a file or from memory.
struct ElfProgram {
  std::uint16_t machine = 0;
  std::uint16_t type = 0;
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments{};

  template <Memory M>
  static Result<ElfProgram> read(M& memory, Address at = {}) {
    const auto header = detail::fetch<Elf64_Ehdr>(memory, at);
    if (!header) return header.error();
    const bool ours = std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                      header->e_ident[EI_CLASS] == ELFCLASS64 &&
                      header->e_ident[EI_DATA] == ELFDATA2LSB;
    if (!ours || header->e_phentsize != sizeof(Elf64_Phdr)) return Errc::unsupported;
    if (header->e_phnum == 0 || header->e_phnum > most_elf_segments) return Errc::bad_value;
    auto segments = detail::fetch_array<Elf64_Phdr>(memory, at + header->e_phoff, header->e_phnum);
    if (!segments) return segments.error();
    return ElfProgram{header->e_machine, header->e_type, *header, std::move(*segments)};
  }

  // The bias that puts this program where a mapping of `size` bytes from `offset` of its file, with
  // these rights, starts at `start`. Works for parts of segments that mprotect split, and whatever
  // the page size: only the distance of file offset and address within one segment counts.
  template <class Take>
  void each_bias(Address start, std::uint64_t size, std::uint64_t offset, bool executable,
                 Take&& take) const {
    for (const Elf64_Phdr& segment : segments) {
      if (segment.p_type != PT_LOAD || ((segment.p_flags & PF_X) != 0) != executable) continue;
      const bool overlaps =
          offset < segment.p_offset + segment.p_filesz && segment.p_offset < offset + size;
      if (overlaps) take(start.value - offset + segment.p_offset - segment.p_vaddr);
    }
  }

  const Elf64_Phdr* find(std::uint32_t kind) const noexcept {
    const auto found = std::find_if(segments.begin(), segments.end(),
                                    [&](const Elf64_Phdr& s) { return s.p_type == kind; });
    return found == segments.end() ? nullptr : &*found;
  }
};

struct ElfSection {
  std::uint32_t type = 0;
  std::uint32_t link = 0;
  std::uint64_t address = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string_view name{};  // in the file's table of names
};

// A file with its sections. Absent or damaged section headers are no sections, not an error: the
// program headers above are enough to look further.
template <Memory M>
class ElfFile {
 public:
  static Result<ElfFile> read(M& file) {
    auto program = ElfProgram::read(file);
    if (!program) return program.error();
    ElfFile elf{file, std::move(*program)};
    elf.read_sections();
    return elf;
  }

  const ElfProgram& program() const noexcept { return program_; }
  std::span<const ElfSection> sections() const noexcept { return view_of(sections_); }

  const ElfSection* section(std::string_view name) const noexcept {
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const ElfSection& s) { return s.name == name; });
    return found == sections_.end() ? nullptr : &*found;
  }

  // Of the dynamic symbols, through the file's hash table.
  Result<ElfSymbol> dynamic_symbol(std::string_view name) const noexcept {
    return dynamic_symbols().find(*file_, name);
  }

  // Of .symtab, which a stripped file lacks. One pass over the names and one over the symbols
  // serves all that are asked for; found[i] answers names[i]. Half a megabyte of names costs about
  // 1 ms.
  std::vector<ElfSymbol> static_symbols(std::span<const std::string_view> names) const {
    std::vector<ElfSymbol> found(names.size());
    for (const ElfSection& table : sections_) {
      if (table.type != SHT_SYMTAB || table.link >= sections_.size()) continue;
      const std::vector<NameAt> offsets = find_names(sections_[table.link], names);
      if (!offsets.empty()) match_symbols(table, offsets, found);
    }
    return found;
  }

 private:
  struct NameAt {
    std::uint32_t offset;  // in the table of strings
    std::size_t which;
  };
  static constexpr std::uint64_t largest_table = std::uint64_t{1} << 28;
  static constexpr std::size_t largest_names = std::size_t{1} << 17;
  static constexpr std::size_t step = std::size_t{1} << 16;

  ElfFile(M& file, ElfProgram program) : file_{&file}, program_{std::move(program)} {}

  void read_sections() {
    const Elf64_Ehdr& header = program_.header;
    const std::size_t count = header.e_shnum;
    if (header.e_shentsize != sizeof(Elf64_Shdr) || count == 0 || count > most_elf_sections) return;
    const auto raw = detail::fetch_array<Elf64_Shdr>(*file_, {header.e_shoff}, count);
    if (!raw || header.e_shstrndx >= count) return;
    const Elf64_Shdr& table = (*raw)[header.e_shstrndx];
    if (table.sh_size > largest_names) return;
    auto names = detail::fetch_array<char>(*file_, {table.sh_offset},
                                           static_cast<std::size_t>(table.sh_size));
    if (!names) return;
    names_ = std::move(*names);
    sections_.reserve(count);
    for (const Elf64_Shdr& s : *raw) {
      sections_.push_back({s.sh_type, s.sh_link, s.sh_addr, s.sh_offset, s.sh_size, {}});
      if (s.sh_name >= names_.size()) continue;
      const char* const name = names_.data() + s.sh_name;
      sections_.back().name = {name, ::strnlen(name, names_.size() - s.sh_name)};
    }
  }

  ElfSymbols dynamic_symbols() const noexcept {
    ElfSymbols found;
    for (const ElfSection& s : sections_) {
      if (s.type != SHT_GNU_HASH && s.type != SHT_HASH) continue;
      if (s.link >= sections_.size() || sections_[s.link].link >= sections_.size()) continue;
      (s.type == SHT_GNU_HASH ? found.gnu_hash : found.sysv_hash) = {s.offset};
      found.symbols = {sections_[s.link].offset};
      found.strings = {sections_[sections_[s.link].link].offset};
    }
    return found;
  }

  // Linkers share tails of names, so a name may begin anywhere; only its end is certain.
  std::vector<NameAt> find_names(const ElfSection& strings,
                                 std::span<const std::string_view> names) const {
    std::vector<NameAt> offsets;
    if (strings.size > largest_table) return offsets;
    constexpr std::size_t overlap = 64;  // longer than any name that is asked for
    std::vector<std::byte> block(step + overlap);
    for (std::uint64_t at = 0; at < strings.size; at += step) {
      const auto size =
          static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), strings.size - at));
      const std::span<std::byte> here = view_of(block).first(size);
      if (!file_->read({strings.offset + at}, here)) break;
      for (std::size_t which = 0; which < names.size(); ++which) {
        for (std::size_t from = 0; from < step;) {
          const std::string_view text = as_text(here);
          const std::size_t hit = text.find(names[which], from);
          if (hit == std::string_view::npos || hit >= step) break;
          from = hit + 1;
          const std::size_t end = hit + names[which].size();
          if (end < text.size() && text[end] == '\0') {
            offsets.push_back({static_cast<std::uint32_t>(at + hit), which});
          }
        }
      }
    }
    return offsets;
  }

  void match_symbols(const ElfSection& table, std::span<const NameAt> offsets,
                     std::vector<ElfSymbol>& found) const {
    if (table.size > largest_table) return;
    const std::uint64_t count = table.size / sizeof(Elf64_Sym);
    std::vector<Elf64_Sym> block(step / sizeof(Elf64_Sym));
    for (std::uint64_t at = 0; at < count; at += block.size()) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), count - at));
      const std::span<const Elf64_Sym> here = view_of(block).first(size);
      const std::span<std::byte> bytes = bytes_of(block).first(here.size_bytes());
      if (!file_->read({table.offset + at * sizeof(Elf64_Sym)}, bytes)) break;
      for (const Elf64_Sym& symbol : here) {
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
        for (const NameAt& name : offsets) {
          if (symbol.st_name == name.offset) found[name.which] = {symbol.st_value, symbol.st_size};
        }
      }
    }
  }

  M* file_;
  ElfProgram program_;
  std::vector<char> names_;
  std::vector<ElfSection> sections_;
};

// A program as the loader left it in memory: dynamic symbols and the build id, without any file.
template <Memory M>
class ElfImage {
 public:
  // `start` is where the file's first byte is mapped.
  static Result<ElfImage> read(M& memory, Address start) {
    auto program = ElfProgram::read(memory, start);
    if (!program) return program.error();
    const Elf64_Phdr* first = nullptr;
    for (const Elf64_Phdr& segment : program->segments) {
      if (segment.p_type == PT_LOAD && segment.p_offset < largest_page) {
        first = &segment;
        break;
      }
    }
    if (!first) return Errc::bad_value;
    ElfImage image{memory, std::move(*program)};
    image.bias_ = start.value + first->p_offset - first->p_vaddr;
    image.read_dynamic();
    return image;
  }

  const ElfProgram& program() const noexcept { return program_; }
  std::uint64_t bias() const noexcept { return bias_; }

  // The address in the target.
  Result<Address> symbol(std::string_view name) const noexcept {
    const auto found = symbols_.find(*memory_, name);
    if (!found) return found.error();
    return Address{found->value + bias_};
  }

 private:
  static constexpr std::uint64_t largest_page = 65536;
  static constexpr std::uint64_t most_dynamic = 1024;

  ElfImage(M& memory, ElfProgram program) : memory_{&memory}, program_{std::move(program)} {}

  void read_dynamic() {
    const Elf64_Phdr* dynamic = program_.find(PT_DYNAMIC);
    if (!dynamic) return;
    const std::uint64_t count =
        std::min<std::uint64_t>(dynamic->p_memsz / sizeof(Elf64_Dyn), most_dynamic);
    const auto entries = detail::fetch_array<Elf64_Dyn>(*memory_, {bias_ + dynamic->p_vaddr},
                                                        static_cast<std::size_t>(count));
    if (!entries) return;
    for (const Elf64_Dyn& entry : *entries) {
      const std::uint64_t value = entry.d_un.d_ptr;
      const Address at{value < bias_ ? value + bias_ : value};
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_GNU_HASH) symbols_.gnu_hash = at;
      if (entry.d_tag == DT_HASH) symbols_.sysv_hash = at;
      if (entry.d_tag == DT_SYMTAB) symbols_.symbols = at;
      if (entry.d_tag == DT_STRTAB) symbols_.strings = at;
    }
  }

  M* memory_;
  ElfProgram program_;
  std::uint64_t bias_ = 0;
  ElfSymbols symbols_;
};

// The build id in the notes of `program`, whose segment offsets `place` turns into addresses of
// `memory` (the identity for a file; vaddr plus bias for an image). Empty when there is none.
template <Memory M, class Place>
std::vector<std::byte> read_build_id(M& memory, const ElfProgram& program, Place&& place) {
  constexpr std::uint64_t largest_notes = 65536;
  constexpr std::size_t largest_id = 64;
  for (const Elf64_Phdr& segment : program.segments) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > largest_notes) continue;
    const auto notes = detail::fetch_array<std::byte>(memory, place(segment),
                                                      static_cast<std::size_t>(segment.p_filesz));
    if (!notes) continue;
    const std::uint64_t padding = segment.p_align == 8 ? 7 : 3;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= notes->size();) {
      const auto note = load<Elf64_Nhdr>(*notes, static_cast<std::size_t>(at));
      const std::uint64_t name = at + sizeof note;
      const std::uint64_t data = (name + note.n_namesz + padding) & ~padding;
      const auto owner = slice(*notes, name, note.n_namesz);
      const auto id = slice(*notes, data, note.n_descsz);
      if (!owner || !id) break;
      if (note.n_type == NT_GNU_BUILD_ID && as_text(*owner) == std::string_view{"GNU\0", 4} &&
          id->size() <= largest_id) {
        return {id->begin(), id->end()};
      }
      at = (data + note.n_descsz + padding) & ~padding;
    }
  }
  return {};
}

}  // namespace tachyon
