// One input, read as an ELF file and as the image of a program in memory.
#include <tachyon/target/elf.hpp>

#include "foreign.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  constexpr std::array<std::string_view, 3> names{"_PyRuntime", "Py_Version", "x"};
  fuzz::InputMemory file{data, size};
  if (const auto elf = ElfFile<fuzz::InputMemory>::read(file)) {
    (void)elf->section(".PyRuntime");
    for (const auto name : names) (void)elf->dynamic_symbol(name);
    (void)elf->static_symbols(names);
    (void)read_build_id(file, elf->program(),
                        [](const Elf64_Phdr& s) { return Address{s.p_offset}; });
    elf->program().each_bias({0x1000}, 0x1000, 0, true, [](std::uint64_t) {});
  }
  constexpr std::uint64_t base = 0x7f0000000000;
  fuzz::InputMemory memory{data, size, base};
  if (const auto image = ElfImage<fuzz::InputMemory>::read(memory, {base})) {
    for (const auto name : names) (void)image->symbol(name);
  }
  return 0;
}
