// What a look copied of a thread's frames, as any bytes. Which layout and how the thread is read,
// then what the last stack was, then changes of what is copied: words of frames become others, some
// of them places where frames are. What the scan wants is read of the same bytes, or refused.
#include <cstdlib>

#include <tachyon/codec/varint.hpp>
#include <tachyon/layout/dispatch.hpp>

#include "unwind/drawn_thread.hpp"

namespace {

using namespace tachyon;
using test::DrawnThread;

constexpr std::size_t most_frames = 48;

template <class... Ls>
const PublishedLayout& layout_of(TypeList<Ls...>, unsigned number) {
  static const std::array<const PublishedLayout*, sizeof...(Ls)> all{&published_form<Ls>...};
  return *all[number % all.size()];
}

void draw(DrawnThread& thread, Cursor& from, std::vector<Address>& places) {
  constexpr std::array<const char*, 4> names{"a", "b", "c", "d"};
  const std::size_t frames = 1 + from.byte() % most_frames;
  thread.push("a");
  for (std::size_t i = 0; i < frames; ++i) {
    const std::uint8_t what = from.byte();
    const char* const name = names[what & 3];
    const Site site = static_cast<Site>((what >> 2) % 6);
    if (what >> 6 == 3) thread.enter();
    places.push_back(what >> 6 == 2 ? thread.resume(name, site) : thread.push(name, site));
  }
  for (const char* const name : names) places.push_back(thread.code_of(name).at);
}

// One word of what will be copied.
void change(DrawnThread& thread, Cursor& from, const std::vector<Address>& places) {
  const std::uint8_t what = from.byte();
  const Address at = places[from.byte() % places.size()] + (from.byte() % 20) * std::uint64_t{8};
  std::uint64_t word = from.fixed<std::uint32_t>();
  const Address other = places[word % places.size()];
  if (what % 4 == 0) word = other.value + what / 4 * std::uint64_t{8};
  if (what % 4 == 1) word = other.value - thread.layout.generator.frame.offset;
  if (what % 4 == 2) word |= word << 32;
  (void)thread.image.store(at, word);
}

void look(DrawnThread& thread, Cursor& from) {
  const std::uint8_t how = from.byte();
  if (!thread.copy()) return;
  if ((how & 2) != 0) thread.seen_current = {DrawnThread::chunk.value + from.byte() * 64};
  if ((how & 4) != 0) thread.first_current = {DrawnThread::chunk.value + from.byte() * 64};
  const ScanResult seen = thread.scan_all((how & 1) != 0);
  if (seen == ScanResult::wanted || thread.wanted > 2048) std::abort();  // it would not end
  const TakenFrames& taken = thread.scan.taken();
  if (taken.kept() > thread.chain.size()) std::abort();
  if (seen != ScanResult::stack) return;
  for (const PlacedFrame& fresh : taken.fresh()) {
    if (is_shim(thread.layout, fresh.frame)) continue;
    if (fresh.code == nullptr || fresh.unit >= fresh.code->units) std::abort();
  }
  (void)thread.names();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Cursor from{{reinterpret_cast<const std::byte*>(data), size}};
  DrawnThread thread{layout_of(layouts::All_x86_64{}, from.byte())};
  std::vector<Address> places;
  draw(thread, from, places);
  thread.remember();
  for (int i = 0; i < 4 && from.left() > 8; ++i) {
    const unsigned changes = from.byte() % 64;
    for (unsigned k = 0; k < changes && from.left() >= 7; ++k) change(thread, from, places);
    if (const std::uint8_t raw = from.byte(); raw > 128) {
      // All of the data stack.
      const Bytes bytes = from.bytes(std::min<std::size_t>(from.left() / 2, 8000));
      (void)thread.image.write(DrawnThread::chunk, bytes);
    }
    look(thread, from);
    look(thread, from);
  }
  return 0;
}
