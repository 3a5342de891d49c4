#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/number.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/sample/run.hpp>

// The file that CPython 3.15's own sampling profiler records and replays, so that recordings travel
// between the two tools. Our own recording (recording_format.hpp) is the better place for a
// profile: this one keeps 256 frames of a stack, no thread names and no looks that failed, has no
// checksum, and is worth nothing until it is finished. Here are its fixed parts; the reader and the
// writer are next door.
//
//   +--------+-------------+--------------+-------------+--------------+--------+
//   | header | sample data | string table | frame table | statistics ? | footer |
//   +--------+-------------+--------------+-------------+--------------+--------+
//       64     raw or zstd    to `frames`                   56 or 32       32
//
// Fixed-width numbers are in the byte order of the machine that wrote the file; the first four
// bytes tell which that was: 48 43 41 54 ("HCAT") on a little-endian one.
//
//   header      0 magic u32      4 version u32 (1)   8 Python major, minor, micro, 0
//              12 start us u64  20 interval us u64  28 samples u64   36 threads u32
//              40 strings u64   48 frames u64 (offsets)  56 compression u32   60 capture u32
//   capture     bits 0-2: mode + 1, 0 = unknown; bit 3: bits 4-8 hold all threads, native, gc,
//               opcodes, blocking
//   statistics  0 duration s f64     8 ticks a second f64    16 failed % f64   24 missed % f64
//              32 which of the last two are known u32        36 0 u32
//              40 "TACHSTAT"        48 version u32 (1)       52 size u32 (56)
//               an older form has 0, 8 and then the last three, with size 32
//   footer      0 strings u32   4 frames u32   8 file size u64   16 reserved, 16 bytes
//
// A sample record is thread u64, interpreter u32, kind u8 and what the kind asks for. Frames are
// named by index, leaf first; times are us since this thread's sample before.
//
//   0 repeat    count, count x (time, status u8)          the stack is the one before
//   1 full      time, status u8, depth, frames
//   2 suffix    time, status u8, kept, new, frames        `kept` frames at the root end stay
//   3 pop-push  time, status u8, popped, new, frames      `popped` frames at the leaf end go
//
//   2a00000000000000 00000000 03 e8 07 24 01 01 05 = thread 42, 1,000 us later, main thread, CPU
//   state not looked up, its leaf frame replaced by frame 5
//
// String: length, UTF-8. Frame: file, function (string indices), line, end line - line, column, end
// column - column (zigzagged; -1 = unknown, with difference 0), opcode u8 (255 = none).
//
// The reserved bytes of the footer are zero in CPython's files and nobody looks at them. We put
// "TCRC" and the CRC-32C of all bytes before them there, and check it when we read it back.
namespace tachyon::cpython_format {

inline constexpr std::uint32_t magic = 0x54414348;
inline constexpr std::uint32_t version = 1;
inline constexpr std::size_t header_size = 64;
inline constexpr std::size_t footer_size = 32;
inline constexpr std::size_t statistics_size = 56;
inline constexpr std::size_t old_statistics_size = 32;
inline constexpr std::string_view statistics_signature = "TACHSTAT";
inline constexpr std::string_view checksum_signature = "TCRC";
inline constexpr std::size_t deepest_stack = 256;
inline constexpr std::uint8_t no_opcode = 255;

enum class Compression : std::uint32_t { none = 0, zstd = 1 };
enum class RecordKind : std::uint8_t { repeat = 0, full = 1, suffix = 2, pop_push = 3 };

struct Header {
  std::uint8_t major = 0, minor = 0, micro = 0;
  std::uint64_t start = 0;     // us
  std::uint64_t interval = 0;  // us
  std::uint64_t samples = 0;
  std::uint32_t threads = 0;
  std::uint64_t strings_at = 0;
  std::uint64_t frames_at = 0;
  Compression compression{};
  std::uint32_t capture = 0;
};

struct Statistics {
  double duration = 0;             // seconds
  double rate = 0;                 // ticks a second
  std::optional<double> failed{};  // percent
  std::optional<double> missed{};
};

struct Footer {
  std::uint32_t strings = 0;
  std::uint32_t frames = 0;
  std::uint64_t file_size = 0;
  std::optional<std::uint32_t> checksum{};
};

// Fixed-width numbers in the file's byte order.
class Fields {
 public:
  Fields(Bytes bytes, bool swapped) noexcept : bytes_{bytes}, swapped_{swapped} {}

  template <class T>
  T at(std::size_t offset) const noexcept {
    auto raw = load<std::array<std::byte, sizeof(T)>>(bytes_, offset);
    if (swapped_) {
      for (std::size_t i = 0; i < sizeof(T) / 2; ++i) std::swap(raw[i], raw[sizeof(T) - 1 - i]);
    }
    return std::bit_cast<T>(raw);
  }

 private:
  Bytes bytes_;
  bool swapped_;
};

struct Opened {
  Header header{};
  bool swapped = false;
};

inline Result<Opened> read_header(Bytes bytes) noexcept {
  if (bytes.size() < header_size) return Errc::not_a_recording;
  Opened opened;
  if (Fields{bytes, false}.at<std::uint32_t>(0) != magic) {
    opened.swapped = true;
    if (Fields{bytes, true}.at<std::uint32_t>(0) != magic) return Errc::not_a_recording;
  }
  const Fields fields{bytes, opened.swapped};
  Header& h = opened.header;
  if (fields.at<std::uint32_t>(4) != version) return Errc::unsupported;
  h.major = fields.at<std::uint8_t>(8);
  h.minor = fields.at<std::uint8_t>(9);
  h.micro = fields.at<std::uint8_t>(10);
  h.start = fields.at<std::uint64_t>(12);
  h.interval = fields.at<std::uint64_t>(20);
  h.samples = fields.at<std::uint64_t>(28);
  h.threads = fields.at<std::uint32_t>(36);
  h.strings_at = fields.at<std::uint64_t>(40);
  h.frames_at = fields.at<std::uint64_t>(48);
  const auto compression = fields.at<std::uint32_t>(56);
  h.capture = fields.at<std::uint32_t>(60);
  if (compression > 1) return Errc::unsupported;
  h.compression = Compression{compression};
  if (fields.at<std::uint8_t>(11) != 0 || (h.capture & 7) > 5) return Errc::damaged;
  return opened;
}

template <Sink S>
void put_header(S& sink, const Header& h) {
  put_fixed(sink, magic);
  put_fixed(sink, version);
  for (const std::uint8_t part : {h.major, h.minor, h.micro, std::uint8_t{0}})
    put_fixed(sink, part);
  put_fixed(sink, h.start);
  put_fixed(sink, h.interval);
  put_fixed(sink, h.samples);
  put_fixed(sink, h.threads);
  put_fixed(sink, h.strings_at);
  put_fixed(sink, h.frames_at);
  put_fixed(sink, static_cast<std::uint32_t>(h.compression));
  put_fixed(sink, h.capture);
}

inline Result<Footer> read_footer(Bytes bytes, bool swapped) noexcept {
  const Fields fields{bytes, swapped};
  Footer footer{fields.at<std::uint32_t>(0), fields.at<std::uint32_t>(4),
                fields.at<std::uint64_t>(8), std::nullopt};
  const Bytes reserved = bytes.subspan(16, 16);
  if (as_text(reserved).starts_with(checksum_signature)) {
    footer.checksum = fields.at<std::uint32_t>(20);
    if (fields.at<std::uint64_t>(24) != 0) return Errc::damaged;
  } else if (as_text(reserved).find_first_not_of('\0') != std::string_view::npos) {
    return Errc::damaged;
  }
  return footer;
}

// The block that ends where `bytes` ends, if there is one.
inline Result<std::optional<Statistics>> read_statistics(Bytes bytes, bool swapped) noexcept {
  using Found = std::optional<Statistics>;
  if (bytes.size() < old_statistics_size) return Found{};
  const Bytes tail = bytes.last(16);
  if (as_text(tail.first(8)) != statistics_signature) return Found{};
  const Fields end{tail, swapped};
  const auto size = end.at<std::uint32_t>(12);
  if (end.at<std::uint32_t>(8) != 1) return Errc::damaged;
  if ((size != statistics_size && size != old_statistics_size) || size > bytes.size()) {
    return Errc::damaged;
  }
  const Fields fields{bytes.last(size), swapped};
  Statistics s{fields.at<double>(0), fields.at<double>(8), std::nullopt, std::nullopt};
  if (size == statistics_size) {
    const auto known = fields.at<std::uint32_t>(32);
    if (known & 1) s.failed = fields.at<double>(16);
    if (known & 2) s.missed = fields.at<double>(24);
  }
  for (const double figure : {s.duration, s.rate, s.failed.value_or(0), s.missed.value_or(0)}) {
    if (!is_finite(figure)) return Errc::damaged;
  }
  return Found{s};
}

template <Sink S>
void put_statistics(S& sink, const Statistics& s) {
  const auto real = [&](double value) { put_fixed(sink, std::bit_cast<std::uint64_t>(value)); };
  real(s.duration);
  real(s.rate);
  real(s.failed.value_or(0));
  real(s.missed.value_or(0));
  put_fixed(sink, (s.failed ? 1U : 0U) | (s.missed ? 2U : 0U));
  put_fixed(sink, 0U);
  sink.put(statistics_signature);
  put_fixed(sink, 1U);
  put_fixed(sink, static_cast<std::uint32_t>(statistics_size));
}

constexpr std::uint32_t capture_of(ModeKind mode, const CaptureOptions& options) noexcept {
  const std::uint32_t known = mode == ModeKind::unknown ? 0 : static_cast<std::uint32_t>(mode) + 1;
  return known | 1U << 3 | (options.all_threads ? 1U << 4 : 0) | (options.native ? 1U << 5 : 0) |
         (options.gc ? 1U << 6 : 0) | (options.opcodes ? 1U << 7 : 0) |
         (options.blocking ? 1U << 8 : 0);
}
constexpr ModeKind mode_in(std::uint32_t capture) noexcept {
  return (capture & 7) == 0 ? ModeKind::unknown : ModeKind((capture & 7) - 1);
}
constexpr CaptureOptions options_in(std::uint32_t capture) noexcept {
  CaptureOptions options;
  if (!(capture >> 3 & 1)) return options;
  options.all_threads = capture >> 4 & 1;
  options.native = capture >> 5 & 1;
  options.gc = capture >> 6 & 1;
  options.opcodes = capture >> 7 & 1;
  options.blocking = capture >> 8 & 1;
  return options;
}

// Opcodes travel as bare numbers; what they are called depends on the Python that was sampled.
// Whoever has the tables (unwind/opcodes) hands the reader a row of these, by number.
struct OpcodeSpelling {
  std::string_view name{};
  std::string_view base{};
  bool specialized = false;
};

}  // namespace tachyon::cpython_format
