#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>

#ifdef TACHYON_WITH_ZSTD
#include <zstd.h>
#endif

// zstd, if the program asks for it by defining TACHYON_WITH_ZSTD (and links it). Without it
// recordings are written uncompressed, and reading a compressed one is `unsupported`. Nothing
// outside this file asks which of the two it is except through `has_zstd`. The library does not
// switch it on by itself: whoever drops in a header should not have to find out why it
// does not link.
//
// Every size comes from the caller and is checked there; a frame that wants to become larger than
// it was said to be is damaged, so no input can make us allocate what it likes.
namespace tachyon {

#ifdef TACHYON_WITH_ZSTD

inline constexpr bool has_zstd = true;

// Single frames, one after the other, with one set of work buffers.
class Compressor {
 public:
  // Level 0 compresses nothing.
  explicit Compressor(int level = 3) noexcept : level_{level} {}
  Compressor(Compressor&& other) noexcept
      : level_{other.level_}, context_{std::exchange(other.context_, nullptr)} {}
  Compressor& operator=(Compressor&& other) noexcept {
    std::swap(level_, other.level_);
    std::swap(context_, other.context_);
    return *this;
  }
  ~Compressor() { (void)ZSTD_freeCCtx(context_); }

  // Appends the frame to `out`; false, and nothing appended, when it would not be smaller.
  bool compress(std::string_view text, std::string& out) {
    if (text.empty() || !ready()) return false;
    const std::size_t before = out.size();
    out.resize(before + text.size());
    const std::size_t size =
        ZSTD_compress2(context_, out.data() + before, text.size() - 1, text.data(), text.size());
    const bool smaller = ZSTD_isError(size) == 0;
    out.resize(before + (smaller ? size : 0));
    return smaller;
  }

 private:
  // Work buffers are large, and many a file has nothing to compress.
  bool ready() noexcept {
    if (context_ || level_ == 0) return context_ != nullptr;
    context_ = ZSTD_createCCtx();
    if (context_) (void)ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level_);
    return context_ != nullptr;
  }

  int level_;
  ZSTD_CCtx* context_ = nullptr;
};

class Decompressor {
 public:
  Decompressor() noexcept = default;
  Decompressor(Decompressor&& other) noexcept : context_{std::exchange(other.context_, nullptr)} {}
  Decompressor& operator=(Decompressor&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~Decompressor() { (void)ZSTD_freeDCtx(context_); }

  // One frame that must fill `into` exactly.
  Result<void> decompress(Bytes frame, std::span<char> into) noexcept {
    if (!context_) context_ = ZSTD_createDCtx();
    if (!context_) return Error{Errc::system, ENOMEM, {}};
    const std::size_t size =
        ZSTD_decompressDCtx(context_, into.data(), into.size(), frame.data(), frame.size());
    return ZSTD_isError(size) || size != into.size() ? Result<void>{Errc::damaged} : Result<void>{};
  }

 private:
  ZSTD_DCtx* context_ = nullptr;
};

// One frame that is written bit by bit, with a checksum at its end.
class StreamCompressor {
 public:
  explicit StreamCompressor(int level) noexcept : context_{ZSTD_createCCtx()} {
    if (!context_) return;
    (void)ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    (void)ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  StreamCompressor(StreamCompressor&& other) noexcept
      : context_{std::exchange(other.context_, nullptr)} {}
  StreamCompressor& operator=(StreamCompressor&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~StreamCompressor() { (void)ZSTD_freeCCtx(context_); }

  // Appends what is ready to `out`. After `last` the frame is complete.
  Result<void> add(std::string_view text, bool last, std::string& out) {
    if (!context_) return Error{Errc::system, ENOMEM, {}};
    ZSTD_inBuffer from{text.data(), text.size(), 0};
    char buffer[16384];
    for (;;) {
      ZSTD_outBuffer to{buffer, sizeof buffer, 0};
      const std::size_t left =
          ZSTD_compressStream2(context_, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left)) return Errc::system;
      out.append(buffer, to.pos);
      if (last ? left == 0 : from.pos == from.size) return {};
    }
  }

 private:
  ZSTD_CCtx* context_;
};

// The bytes of one frame as they become ready, in memory that does not grow with the frame.
class StreamDecompressor {
 public:
  StreamDecompressor() noexcept : context_{ZSTD_createDCtx()} {
    // A frame may ask for a window of this many bytes (2^27) and no more.
    if (context_) (void)ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 27);
  }
  StreamDecompressor(StreamDecompressor&& other) noexcept
      : context_{std::exchange(other.context_, nullptr)}, done_{other.done_} {}
  StreamDecompressor& operator=(StreamDecompressor&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(done_, other.done_);
    return *this;
  }
  ~StreamDecompressor() { (void)ZSTD_freeDCtx(context_); }

  // Takes bytes from the front of `from` and fills the front of `into`; how many were filled.
  Result<std::size_t> take(Bytes& from, std::span<char> into) noexcept {
    if (!context_) return Error{Errc::system, ENOMEM, {}};
    if (done_) return std::size_t{0};
    ZSTD_inBuffer in{from.data(), from.size(), 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(left)) return Errc::damaged;
    from = from.subspan(in.pos);
    done_ = left == 0;
    return out.pos;
  }
  bool done() const noexcept { return done_; }

 private:
  ZSTD_DCtx* context_;
  bool done_ = false;
};

#else

inline constexpr bool has_zstd = false;

class Compressor {
 public:
  explicit Compressor(int = 0) noexcept {}
  bool compress(std::string_view, std::string&) { return false; }
};
class Decompressor {
 public:
  Result<void> decompress(Bytes, std::span<char>) noexcept { return Errc::unsupported; }
};
class StreamCompressor {
 public:
  explicit StreamCompressor(int) noexcept {}
  Result<void> add(std::string_view, bool, std::string&) { return Errc::unsupported; }
};
class StreamDecompressor {
 public:
  Result<std::size_t> take(Bytes&, std::span<char>) noexcept { return Errc::unsupported; }
  bool done() const noexcept { return true; }
};

#endif

}  // namespace tachyon
