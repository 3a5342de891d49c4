#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <catch2/catch.hpp>

#include <tachyon/memory/image.hpp>
#include <tachyon/target/elf.hpp>

namespace tachyon::test {

// A small program image at `base`: header, one segment that loads everything, PT_DYNAMIC, a hash
// table of either kind with one symbol. Pointers in PT_DYNAMIC are relocated or not, as asked.
struct TinyElf {
  static constexpr std::uint64_t dynamic = 0x200, hash = 0x300, symbols = 0x400, strings = 0x500;

  explicit TinyElf(Image& to, std::uint64_t at, bool gnu = true, bool relocated = true,
                   std::uint64_t runtime = 0x800)
      : image{to}, base{at} {
    REQUIRE(image.map({base}, 0x1000));
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    put(0, header);
    Elf64_Phdr load{};
    load.p_type = PT_LOAD;
    load.p_flags = PF_R | PF_X;
    load.p_filesz = load.p_memsz = 0x1000;
    put(sizeof header, load);
    Elf64_Phdr dyn{};
    dyn.p_type = PT_DYNAMIC;
    dyn.p_vaddr = dyn.p_offset = dynamic;
    dyn.p_memsz = dyn.p_filesz = 5 * sizeof(Elf64_Dyn);
    put(sizeof header + sizeof load, dyn);
    const std::uint64_t bias = relocated ? base : 0;
    std::uint64_t entry = dynamic;
    for (const auto& [tag, value] :
         {std::pair<Elf64_Sxword, std::uint64_t>{gnu ? DT_GNU_HASH : DT_HASH, hash},
          {DT_SYMTAB, symbols},
          {DT_STRTAB, strings}}) {
      Elf64_Dyn d{};
      d.d_tag = tag;
      d.d_un.d_ptr = value + bias;
      put(entry, d);
      entry += sizeof d;
    }
    put_text(strings, std::string{"\0other\0_PyRuntime\0", 18});
    Elf64_Sym symbol{};
    symbol.st_name = 1;
    symbol.st_value = 0x700;
    symbol.st_shndx = 1;
    put(symbols + sizeof symbol, symbol);
    symbol.st_name = 7;
    symbol.st_value = runtime;
    symbol.st_size = 48;
    put(symbols + 2 * sizeof symbol, symbol);
    gnu ? put_gnu() : put_sysv();
  }

  void put_gnu() {
    const std::uint32_t h = detail::gnu_hash("_PyRuntime");
    put(hash, std::array<std::uint32_t, 4>{1, 1, 1, 6});
    put(hash + 16, ~std::uint64_t{0});
    put(hash + 24, std::array<std::uint32_t, 3>{1, detail::gnu_hash("other") & ~1U, h | 1});
  }
  void put_sysv() {
    // 1 bucket, 3 symbols; chain 2 -> 1 -> 0
    put(hash, std::array<std::uint32_t, 6>{1, 3, 1, 0, 2, 0});
  }
  // A third symbol, Py_Version; only the older kind of table has it.
  void put_version_symbol(std::uint64_t at) {
    put_text(strings + 18, std::string{"Py_Version\0", 11});
    Elf64_Sym symbol{};
    symbol.st_name = 18;
    symbol.st_value = at;
    symbol.st_shndx = 1;
    put(symbols + 3 * sizeof symbol, symbol);
    put(hash, std::array<std::uint32_t, 7>{1, 4, 1, 0, 2, 3, 0});
  }
  template <class T>
  void put(std::uint64_t at, const T& value) const {
    REQUIRE(image.store({base + at}, value));
  }
  void put_text(std::uint64_t at, std::string_view text) {
    REQUIRE(image.write({base + at}, as_bytes(text)));
  }

  Image& image;
  std::uint64_t base;
};

}  // namespace tachyon::test
