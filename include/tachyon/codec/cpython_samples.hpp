#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/codec/cpython_format.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>

namespace tachyon {

namespace detail {

// The sample data as it becomes readable: a window over a part of the file, through zstd or not.
class SampleBytes {
 public:
  SampleBytes(const InputFile& file, std::uint64_t begin, std::uint64_t end, bool compressed)
      : file_{file}, at_{begin}, end_{end}, compressed_{compressed}, window_(capacity) {}

  Error error() const noexcept { return error_; }
  bool ok() const noexcept { return error_.code == Errc::ok; }
  // Bytes of the file used up so far.
  std::uint64_t consumed() const noexcept { return at_; }

  // True when nothing is left. An error also ends the data.
  bool at_end() {
    if (used_ == filled_) refill();
    return used_ == filled_;
  }
  std::uint8_t byte() {
    if (used_ == filled_) refill();
    if (used_ == filled_) return fail();
    return static_cast<std::uint8_t>(window_[used_++]);
  }
  std::uint64_t varint() {
    if (used_ != filled_ && static_cast<std::uint8_t>(window_[used_]) < 0x80) {
      return static_cast<std::uint8_t>(window_[used_++]);
    }
    return long_varint();
  }
  template <class T>
  T fixed(bool swapped) {
    std::byte raw[sizeof(T)];
    if (filled_ - used_ >= sizeof(T)) {
      std::memcpy(raw, window_.data() + used_, sizeof(T));
      used_ += sizeof(T);
    } else {
      for (std::byte& byte : raw) byte = std::byte{this->byte()};
    }
    return cpython_format::Fields{raw, swapped}.at<T>(0);
  }

 private:
  static constexpr std::size_t capacity = 1 << 17;

  std::uint8_t fail() noexcept {
    if (ok()) error_ = {Errc::damaged, 0, {at_}};
    used_ = filled_ = 0;
    return 0;
  }
  std::uint64_t long_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = this->byte();
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }
  void refill();
  bool load_more();

  const InputFile& file_;
  std::uint64_t at_;
  std::uint64_t end_;
  bool compressed_;
  std::vector<char> window_;
  std::size_t used_ = 0;
  std::size_t filled_ = 0;
  std::vector<char> packed_{};  // bytes of the file that zstd has not taken yet
  Bytes rest_{};
  StreamDecompressor stream_{};
  Error error_{};
};

inline void SampleBytes::refill() {
  used_ = filled_ = 0;
  if (!ok()) return;
  if (!compressed_) {
    const std::size_t length =
        static_cast<std::size_t>(std::min<std::uint64_t>(capacity, end_ - at_));
    if (const auto read = file_.read(at_, {window_.data(), length}); !read) {
      error_ = read.error();
      return;
    }
    at_ += length;
    filled_ = length;
    return;
  }
  while (filled_ == 0) {
    if (stream_.done() || (rest_.empty() && !load_more())) {
      // A frame that is cut, or bytes behind it.
      if (ok() && (!stream_.done() || at_ != end_ || !rest_.empty())) (void)fail();
      return;
    }
    const auto got = stream_.take(rest_, view_of(window_));
    if (!got) {
      error_ = {got.error().code, 0, {at_}};
      return;
    }
    filled_ = *got;
  }
}

inline bool SampleBytes::load_more() {
  const std::size_t length =
      static_cast<std::size_t>(std::min<std::uint64_t>(capacity, end_ - at_));
  if (length == 0) return false;
  packed_.resize(length);
  if (const auto read = file_.read(at_, view_of(packed_)); !read) {
    error_ = read.error();
    return false;
  }
  at_ += length;
  rest_ = as_bytes({packed_.data(), packed_.size()});
  return true;
}

}  // namespace detail

}  // namespace tachyon
