// A core file: its notes, its segments, and the interpreter in it.
#include <tachyon/target/core_modules.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  static const Descriptor file{::memfd_create("core", MFD_CLOEXEC)};
  static const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), data, size, 0) != static_cast<ssize_t>(size)) {
    std::abort();
  }
  auto core = CoreFile::open(path);
  if (!core) return 0;
  std::array<std::byte, 64> into;
  for (const CoreFile::Segment& segment : core->segments()) {
    (void)core->read(segment.at, into);
    (void)core->read(segment.at + segment.size - 1, into);
  }
  for (const CoreFile::FileRange& range : core->files()) (void)core->read(range.start, into);
  const CoreModules modules{*core};
  const auto site = find_runtime(*core, modules);
  if (site) (void)check_supported(*site);
  return 0;
}
