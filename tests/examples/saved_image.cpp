// saved_image PID: looks at a program, and then once more at the pages that this took.
//
// Memory is a concept of two functions. This model takes whole pages from a process when they are
// first asked for and keeps them in an Image, which alone then answers every later question.
#include <cstdio>
#include <cstdlib>

#include <tachyon/tachyon.hpp>

using namespace tachyon;

struct SavingMemory {
  LiveProcess& process;
  Image& image;

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    std::array<std::byte, 4096> bytes;
    for (Address page{at.value - at.value % 4096}; page.value < at.value + into.size();
         page = page + 4096) {
      if (image.read(page, bytes)) continue;  // there already
      if (const auto ok = process.read(page, bytes); !ok) return ok;
      if (const auto ok = image.map(page, bytes); !ok) return ok;
    }
    return image.read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (const Range& range : ranges) (void)read(range.at, range.into);
    return image.read_many(ranges);
  }
};

void look(Memory auto& memory, Attached& target) {
  SharedTables tables;
  LiveHost host{target};
  StillStrategy reading;
  const auto seen = with_layout_of(target.site, [&](const auto& layout) {
    const PublishedLayout told = as_published(layout);
    return take_dump(told, memory, host, reading, target.site, tables, {});
  });
  if (!seen || seen->threads.empty() || seen->threads[0].frames.empty()) return;
  const FrameId leaf = seen->threads[0].frames.back().frame;
  std::puts(std::string{tables.unguarded().frames.name_of(leaf)}.c_str());
}

int main(int count, char** words) {
  auto target = attach(count > 1 ? std::atoi(words[1]) : 0);
  if (!target) return std::fputs("no Python there\n", stderr), 1;
  Image image;
  SavingMemory saving{target->memory, image};
  look(saving, *target);
  look(image, *target);
}
