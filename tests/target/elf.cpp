#include <tachyon/target/elf.hpp>

#include <string>
#include <catch2/catch.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/memory/image.hpp>
#include <tachyon/memory/live_process.hpp>

#include "target/tiny_elf.hpp"

using namespace tachyon;
using test::TinyElf;

TEST_CASE("elf: hash functions have their published values") {
  static_assert(detail::gnu_hash("") == 5381);
  static_assert(detail::gnu_hash("printf") == 0x156b2bb8);
  static_assert(detail::sysv_hash("printf") == 0x077905a6);
}

TEST_CASE("elf: dynamic symbols of a mapped image, both hash tables, relocated or not") {
  for (const bool gnu : {true, false}) {
    for (const bool relocated : {true, false}) {
      Image image;
      const TinyElf tiny{image, 0x7f0000000000, gnu, relocated};
      const auto elf = ElfImage<Image>::read(image, {0x7f0000000000});
      REQUIRE(elf);
      CHECK(elf->bias() == 0x7f0000000000);
      CHECK(elf->symbol("_PyRuntime")->value == 0x7f0000000800);
      CHECK(elf->symbol("other")->value == 0x7f0000000700);
      CHECK_FALSE(elf->symbol("_PyRuntim"));
      CHECK_FALSE(elf->symbol("_PyRuntimes"));
      CHECK_FALSE(elf->symbol(std::string(200, 'x')));
    }
  }
}

TEST_CASE("elf: hostile hash tables end") {
  Image image;
  TinyElf tiny{image, 0x10000};
  const auto find = [&] { return ElfImage<Image>::read(image, {0x10000})->symbol("_PyRuntime"); };
  REQUIRE(find());
  tiny.put(TinyElf::hash, std::array<std::uint32_t, 4>{0, 1, 1, 6});  // no buckets
  CHECK(find().error().code == Errc::bad_value);
  tiny.put(TinyElf::hash, std::array<std::uint32_t, 4>{1, 1, 0, 6});  // no bloom words
  CHECK(find().error().code == Errc::bad_value);
  tiny.put(TinyElf::hash, std::array<std::uint32_t, 4>{1, 1, 1, 64});  // shift too far
  CHECK(find().error().code == Errc::bad_value);
  tiny.put(TinyElf::hash, std::array<std::uint32_t, 4>{0xffffffff, 1, 0xffffffff, 6});
  CHECK(find().error().code == Errc::unreadable);
  Image circle;
  TinyElf sysv{circle, 0x10000, false};
  sysv.put(TinyElf::hash, std::array<std::uint32_t, 6>{1, 3, 1, 0, 1, 0});  // 1 -> 1
  CHECK(ElfImage<Image>::read(circle, {0x10000})->symbol("_PyRuntime").error().code ==
        Errc::too_deep);
}

TEST_CASE("elf: other files are told apart") {
  Image image;
  TinyElf tiny{image, 0x10000};
  tiny.put(EI_CLASS, ELFCLASS32);
  CHECK(ElfProgram::read(image, {0x10000}).error().code == Errc::unsupported);
  tiny.put(EI_CLASS, ELFCLASS64);
  tiny.put(EI_DATA, ELFDATA2MSB);
  CHECK(ElfProgram::read(image, {0x10000}).error().code == Errc::unsupported);
  tiny.put(EI_DATA, ELFDATA2LSB);
  tiny.put(offsetof(Elf64_Ehdr, e_phnum), std::uint16_t{0xffff});
  CHECK(ElfProgram::read(image, {0x10000}).error().code == Errc::bad_value);
  CHECK(ElfProgram::read(image, {0x90000}).error().code == Errc::unreadable);
}

TEST_CASE("elf: the load bias follows from any executable piece") {
  ElfProgram program;
  Elf64_Phdr text{};
  text.p_type = PT_LOAD;
  text.p_flags = PF_R | PF_X;
  text.p_offset = 0x86010;
  text.p_vaddr = 0x487010;
  text.p_filesz = 0x3000;
  program.segments = {text};
  const auto bias = [&](std::uint64_t start, std::uint64_t size, std::uint64_t offset) {
    std::vector<std::uint64_t> found;
    program.each_bias({start}, size, offset, true, [&](std::uint64_t b) { found.push_back(b); });
    return found;
  };
  CHECK(bias(0x7f0000487000, 0x4000, 0x86000) == std::vector<std::uint64_t>{0x7f0000000000});
  CHECK(bias(0x487000, 0x4000, 0x86000) == std::vector<std::uint64_t>{0});
  CHECK(bias(0x7f0000489000, 0x1000, 0x88000) == std::vector<std::uint64_t>{0x7f0000000000});
  CHECK(bias(0x7f0000487000, 0x1000, 0x90000).empty());
}

TEST_CASE("elf: this very program, from its file and from memory") {
  auto file = open_for_reading("/proc/self/exe");
  REQUIRE(file);
  FileBytes bytes{std::move(*file)};
  const auto elf = ElfFile<FileBytes>::read(bytes);
  REQUIRE(elf);
  REQUIRE(elf->section(".text"));
  CHECK(elf->section(".text")->size > 0);
  CHECK(elf->section(".no such section") == nullptr);
  const auto in_file =
      read_build_id(bytes, elf->program(), [](const Elf64_Phdr& s) { return Address{s.p_offset}; });
  CHECK(in_file.size() == 20);
  constexpr std::array<std::string_view, 2> names{"main", "no_such_symbol_here"};
  const auto symbols = elf->static_symbols(names);
  CHECK(symbols[0].value != 0);
  CHECK(symbols[1].value == 0);
}
