#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>

// One column of a recording's block: a row of like numbers, compressed if that makes it smaller.
//
//   06 61 62 63            3 bytes as they are: "abc"
//   d1 0f 12 <18 bytes>    1,000 bytes in a zstd frame of 18
namespace tachyon::recording {

// A column that is being filled.
class Column {
 public:
  void put(std::string_view text) { bytes_.append(text); }
  void put(char c) { bytes_.push_back(c); }
  std::size_t size() const noexcept { return bytes_.size(); }
  void clear() noexcept { bytes_.clear(); }

  void append_to(std::string& out, Compressor& compressor) const {
    frame_.clear();
    StringSink head;
    // Below some size a frame's own head eats what it saves.
    const bool packed = bytes_.size() >= 16 && compressor.compress(bytes_, frame_);
    put_varint(head, bytes_.size() << 1 | (packed ? 1U : 0U));
    if (packed) put_varint(head, frame_.size());
    out += head.text();
    out += packed ? frame_ : bytes_;
  }

 private:
  std::string bytes_{};
  mutable std::string frame_{};
};

// Reads columns one after the other; the bytes stay in a buffer that is used again.
class ColumnReader {
 public:
  // What the column at the cursor holds; the cursor fails if it is not right.
  Bytes read(Cursor& from, Decompressor& decompressor) {
    const std::uint64_t head = from.varint();
    const std::uint64_t size = head >> 1;
    if ((head & 1) == 0) return from.bytes(size);
    const Bytes frame = from.bytes(from.varint());
    if (size > largest_column || !from.ok()) {
      from.fail();
      return {};
    }
    buffer_.resize(static_cast<std::size_t>(size));
    const auto unpacked = decompressor.decompress(frame, view_of(buffer_));
    if (!unpacked) {
      unsupported_ = unpacked.error().code == Errc::unsupported;
      from.fail();
      return {};
    }
    return as_bytes({buffer_.data(), buffer_.size()});
  }
  bool unsupported() const noexcept { return unsupported_; }

 private:
  std::vector<char> buffer_{};
  bool unsupported_ = false;
};

}  // namespace tachyon::recording
