// expect: Memory
#include <tachyon/memory/concept.hpp>

#ifdef MISTAKE
#define MAYBE
#else
#define MAYBE noexcept
#endif

struct Bytes {
  tachyon::Result<void> read(tachyon::Address, std::span<std::byte>) MAYBE { return {}; }
  tachyon::Result<std::size_t> read_many(std::span<const tachyon::Range> ranges) noexcept {
    return ranges.size();
  }
};

template <tachyon::Memory M>
void walk(M&) {}

void use(Bytes& bytes) { walk(bytes); }
