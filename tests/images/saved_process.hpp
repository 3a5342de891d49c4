#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>
#include <tachyon/memory/image.hpp>
#include <tachyon/target/runtime.hpp>

// What was read of a real interpreter once (tests/images/record.cpp),
// to be walked again without it.
//
//   size of the rest (u64), then one zstd frame: runtime, version, state, free-threaded, the six
//   well-known objects, asyncio's table (u64 each), process (u64), table of offsets (length,
//   bytes), then (address u64, length, bytes)*
namespace saved {

struct Process {
  tachyon::RuntimeSite site{};
  std::int32_t pid = 0;
  tachyon::Image image{};
};

inline std::string packed(const Process& process) {
  using namespace tachyon;
  StringSink out;
  const RuntimeSite& site = process.site;
  const WellKnown& known = site.objects;
  for (const std::uint64_t value :
       {site.runtime.value, std::uint64_t{site.version}, static_cast<std::uint64_t>(site.state),
        std::uint64_t{site.free_threaded}, known.code_type.value, known.none.value,
        known.generator_type.value, known.coroutine_type.value, known.async_generator_type.value,
        known.frame_type.value, site.asyncio_debug.value,
        static_cast<std::uint64_t>(process.pid)}) {
    put_fixed(out, value);
  }
  put_text(out, as_text(site.table));
  for (const Image::Segment& segment : process.image.segments()) {
    put_fixed(out, segment.at.value);
    put_text(out, as_text(segment.bytes));
  }
  const std::string plain = out.take();
  std::string frame;
  Compressor compressor{19};
  (void)compressor.compress(plain, frame);
  put_fixed(out, static_cast<std::uint64_t>(plain.size()));
  return out.take() + frame;
}

inline Process unpacked(tachyon::Bytes file) {
  using namespace tachyon;
  Cursor head{file};
  std::string plain(static_cast<std::size_t>(head.fixed<std::uint64_t>()), '\0');
  Decompressor decompressor;
  Process process;
  if (!decompressor.decompress(file.subspan(8), plain)) return process;
  Cursor from{as_bytes(plain)};
  RuntimeSite& site = process.site;
  site.machine = native_machine;
  site.runtime = {from.fixed<std::uint64_t>()};
  site.version = static_cast<std::uint32_t>(from.fixed<std::uint64_t>());
  site.state = RuntimeState(from.fixed<std::uint64_t>());
  site.free_threaded = from.fixed<std::uint64_t>() != 0;
  WellKnown& known = site.objects;
  for (Address* at : {&known.code_type, &known.none, &known.generator_type, &known.coroutine_type,
                      &known.async_generator_type, &known.frame_type, &site.asyncio_debug}) {
    *at = {from.fixed<std::uint64_t>()};
  }
  process.pid = static_cast<std::int32_t>(from.fixed<std::uint64_t>());
  const Bytes table = as_bytes(from.text());
  site.table.assign(table.begin(), table.end());
  while (from.ok() && !from.at_end()) {
    const Address at{from.fixed<std::uint64_t>()};
    (void)process.image.map(at, as_bytes(from.text()));
  }
  return process;
}

inline Process load(const std::string& path) {
  using namespace tachyon;
  const auto file = InputFile::open(path.c_str());
  if (!file) return {};
  std::vector<char> bytes(static_cast<std::size_t>(file->size()));
  if (bytes.size() < 8 || !file->read(0, bytes)) return {};
  return unpacked(as_bytes({bytes.data(), bytes.size()}));
}

}  // namespace saved
