// The table in which a target says where its members are. The input is what differs from a recorded
// one, word by word, so that an empty input is a good table.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include <tachyon/layout/verify.hpp>

#include "layout/tables.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  std::vector<std::uint64_t> words{test::recorded_3_15_2.begin(), test::recorded_3_15_2.end()};
  for (std::size_t i = 0; i + 9 <= size; i += 9) {
    std::uint64_t change = 0;
    std::memcpy(&change, data + i + 1, sizeof change);
    words[data[i] % words.size()] ^= change;
  }
  if (size % 9 != 0) words.resize(data[size - 1] % (words.size() + 1));
  const Bytes table = test::as_table(words);
  const auto layout = read_published(layouts::All_x86_64{}, table, Arch::x86_64);
  if (layout && !test::is_safe(*layout)) std::abort();
  const auto chosen = with_published_layout(layouts::All_x86_64{}, table, Arch::x86_64,
                                            [](const auto&) -> Result<void> { return {}; });
  if (chosen.has_value() != layout.has_value()) std::abort();
  return 0;
}
