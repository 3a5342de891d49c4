// CPython's file with its offsets, counts and sizes made right, which a fuzzer seldom manages: the
// input is the counts, then strings, frames and statistics, each with its length in front,
// then samples.
#include "recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tachyon;
  Cursor input{{reinterpret_cast<const std::byte*>(data), size}};
  cpython_format::Header header;
  header.samples = input.varint();
  header.threads = static_cast<std::uint32_t>(input.varint());
  header.interval = input.varint();
  header.capture = input.byte() & 0x1f7;
  cpython_format::Footer footer;
  footer.strings = static_cast<std::uint32_t>(input.varint());
  footer.frames = static_cast<std::uint32_t>(input.varint());
  const std::string_view strings = input.text(), frames = input.text(), statistics = input.text();
  const std::string_view samples = as_text(input.bytes(input.left()));
  header.strings_at = cpython_format::header_size + samples.size();
  header.frames_at = header.strings_at + strings.size();
  StringSink file;
  cpython_format::put_header(file, header);
  for (const std::string_view part : {samples, strings, frames, statistics}) file.put(part);
  put_fixed(file, footer.strings);
  put_fixed(file, footer.frames);
  put_fixed(file, file.text().size() + 24);
  put_fixed(file, std::uint64_t{0});
  put_fixed(file, std::uint64_t{0});
  fuzz::play(as_bytes(file.text()));
  return 0;
}
