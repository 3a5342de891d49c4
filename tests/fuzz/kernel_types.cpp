// Type information as a kernel has it.
#include <tachyon/kernel/btf.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tachyon::Bytes file{reinterpret_cast<const std::byte*>(data), size};
  (void)tachyon::kernel::btf_member(file, "task_struct", "__state");
  (void)tachyon::kernel::btf_member(file, "", "");
  return 0;
}
