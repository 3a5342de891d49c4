// Texts of /proc: the table of mappings, and the lines about processes and threads. A program
// chooses its own name and those of its files.
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>
#include <tachyon/target/thread_clock.hpp>

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Maps maps = Maps::parse(text);
  for (const Mapping& mapping : maps.all()) {
    if (mapping.end <= mapping.start) std::abort();
    if (!maps.find(mapping.start)) std::abort();
  }
  for (const std::uint32_t i : maps.by_file()) {
    if (!maps.all()[i].of_file()) std::abort();
  }
  (void)parse_process_stat(text);
  (void)parse_process_status(text);
  (void)parse_schedstat(text);
  return 0;
}
