// Line tables: the first line and the number of code units, then the table.
#include <tachyon/unwind/line_table.hpp>

#include <cstdint>
#include <cstdlib>
#include <tachyon/codec/varint.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  Cursor from{{reinterpret_cast<const std::byte*>(data), size}};
  const auto first_line = from.fixed<std::int32_t>();
  const std::uint32_t units = from.fixed<std::uint16_t>();
  if (!from.ok()) return 0;
  const auto lines = LineTable::decode({reinterpret_cast<const std::byte*>(data) + 6, size - 6},
                                       first_line, units);
  for (std::uint32_t unit = 0; unit < units + 2; ++unit) {
    const Location at = lines.at(unit);
    if (unit >= units && at != Location{}) std::abort();
  }
  (void)lines.damaged();
  return 0;
}
