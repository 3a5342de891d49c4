// Everything that is read of a process, from a saved one with changes: which process, what lies
// beyond its memory, then the changes (images/hostile.hpp), eight bytes each.
#include "images/hostile.hpp"
#include "support/places.hpp"

#include <array>
#include <cstdlib>

namespace {

const saved::Process& original(unsigned number) {
  constexpr std::array<const char*, 10> names{"3.11",  "3.11d", "3.12",  "3.13", "3.13d",
                                              "3.13t", "3.14",  "3.14d", "3.15", "3.15d"};
  static const auto all = [&] {
    std::array<saved::Process, names.size()> loaded;
    for (std::size_t i = 0; i < names.size(); ++i) {
      loaded[i] = saved::load(tachyon::test::tests_folder() + "/images/" + names[i] + ".image");
      if (loaded[i].pid == 0) std::abort();
    }
    return loaded;
  }();
  return all[number % names.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  Cursor from{{reinterpret_cast<const std::byte*>(data), size}};
  const auto choice = from.fixed<std::uint16_t>();
  saved::Process process = original(choice & 0xff);
  const saved::Places places{process.image};
  for (int i = 0; i < 64; ++i) {
    const auto what = from.fixed<std::uint16_t>();
    const auto where = from.fixed<std::uint32_t>(), with = from.fixed<std::uint32_t>();
    if (!from.ok()) break;
    if (what >> 8 == 0xff && !process.site.table.empty()) {
      process.site.table[where % process.site.table.size()] = static_cast<std::byte>(with);
    } else {
      saved::change(process.image, places, what, where, with);
    }
  }
  const auto beyond = saved::Beyond((choice >> 8) % saved::beyond_count);
  if ((choice >> 15) != 0) {
    saved::RestlessMemory memory{process.image, beyond, choice};
    (void)saved::walk(process, memory);
    return 0;
  }
  saved::LyingMemory memory{process.image, beyond};
  (void)saved::walk(process, memory);
  return 0;
}
