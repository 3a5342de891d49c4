// A whole file, ours or CPython's, as it may lie on a disk.
#include "recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::play({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
