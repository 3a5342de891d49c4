// The search for the interpreter in a process that is all input: a program, its data, other memory.
#include <cstdlib>

#include "foreign.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  constexpr std::uint64_t base = 0x7f0000000000;
  fuzz::InputMemory memory{data, size, base};
  static const fuzz::Mapped modules{
      Maps::parse("7f0000000000-7f0000000600 r-xp 0 8:1 7 /opt/python3.13\n"
                  "7f0000000600-7f0000002000 rw-p 600 8:1 7 /opt/python3.13\n"
                  "7f0000002000-7f0000010000 rw-p 0 0:0 0 \n")};
  const auto site = find_runtime(memory, modules);
  if (!site) return 0;
  if (site->runtime.value - base >= size) std::abort();
  (void)check_supported(*site);
  (void)find_asyncio(memory, modules, *site);
  return 0;
}
