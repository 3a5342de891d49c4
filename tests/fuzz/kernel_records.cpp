// What a ring of the kernel holds, and the records in it: which layout, then the ring.
#include "layout/tables.hpp"

#include <tachyon/kernel/ring.hpp>
#include <tachyon/kernel/stack.hpp>

#include <cstdlib>
#include <cstring>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  constexpr std::size_t ring_size = 4096;
  static std::vector<std::uint64_t> ring(2 * ring_size / 8);
  if (size < 10) return 0;
  std::uint32_t taken = 0, filled = 0;
  std::memcpy(&taken, data + 1, 4);
  std::memcpy(&filled, data + 5, 4);
  auto* const bytes = reinterpret_cast<std::byte*>(ring.data());
  for (std::size_t i = 0; i < 2 * ring_size; ++i) {
    const std::size_t from = i % ring_size;
    bytes[i] = 9 + from < size ? std::byte{data[9 + from]} : std::byte{};
  }
  static const std::vector<PublishedLayout> layouts = [] {
    std::vector<PublishedLayout> all;
    test::for_each_layout([&](auto known) { all.push_back(as_published(known)); });
    return all;
  }();
  const PublishedLayout& layout = layouts[data[0] % layouts.size()];
  const std::uint32_t thread_bytes = kernel::thread_words(layout).size;
  const std::uint64_t begin = taken / 8 * std::uint64_t{8}, end = begin + filled % (2 * ring_size);
  RawStack stack;
  const std::uint64_t reached =
      kernel::detail::take_records(bytes, ring_size, begin, end, [&](Bytes record) {
        if (record.data() < bytes || record.size() > ring_size) std::abort();
        const auto parsed = kernel::Record::parse(record, thread_bytes);
        if (!parsed) return;
        kernel::raw_stack(layout, *parsed, stack);
        if (stack.frames.size() > parsed->size()) std::abort();
      });
  if (reached < begin || reached > end) std::abort();
  return 0;
}
