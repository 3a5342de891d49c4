// Our recording behind its checksums, which a fuzzer cannot guess: the input is a row of blocks
// (kind, length in two bytes, payload), and gets its lead, heads and checksums here.
#include "recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  constexpr char kinds[] = {'R', 'T', 'S', 'F', 'E', 'z'};
  StringSink lead;
  recording::put_lead(lead, {});
  std::string file = lead.take();
  Cursor input{{reinterpret_cast<const std::byte*>(data), size}};
  for (std::uint32_t number = 0; input.left() >= 3; ++number) {
    const char kind = kinds[input.byte() % sizeof kinds];
    const std::uint64_t length = input.fixed<std::uint16_t>();
    const auto payload = as_text(input.bytes(std::min<std::uint64_t>(length, input.left())));
    recording::append_block_head(file, recording::BlockKind(kind), number, payload);
    file += payload;
  }
  fuzz::play(as_bytes(file));
  return 0;
}
