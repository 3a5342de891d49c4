#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/unwind/chain.hpp>

// What is copied of a thread's frames for one look: a piece of its data stack in one range, and the
// frames of generators that the last stack had above the beginning of that piece.
//
//   newest chunk of the data stack                        older -> younger
//   +--------------------------------------------------------------------+
//   | main | parse | ... | first | ... | last top | room above it | ...  |
//   +--------------------------------------------------------------------+
//                        |<----------- window ------------------->|
//
// A range costs a system call some 0.45 us and a kilobyte of it 0.1 us, so the window reaches as
// far back as stacks usually shrink between two looks, and as far forward as they usually grow. Both
// are learned: doubled when they were too short, and made shorter again little by little.
//
// Nothing here reads. Ranges go out, the caller fills them, and the bytes are asked for frames.
namespace tachyon {

// Frames outside the data stack: those of generators, and entries from C. Some are copied with the
// window, in the same system call. Others are only known to be needed when that copy is looked at;
// they are read then, one by one.
class ForeignFrames {
 public:
  static constexpr std::size_t most_copied = 24;
  static constexpr std::size_t most_read = 512;

  ForeignFrames() { copied_.resize(most_copied); }  // ranges point into them: they must not move

  void clear() noexcept {
    used_ = 0;
    read_.clear();
  }

  // The range of one more, of which `size` bytes are copied. There are at most `most_copied`.
  Range add(Address at, std::size_t size) noexcept {
    Copied& copied = copied_[used_++];
    copied.at = at;
    return {at, bytes_of(copied.bytes).first(size)};
  }
  std::size_t copied_count() const noexcept { return used_; }
  template <class L>
  RawFrame copied(const L& layout, std::size_t i) const noexcept {
    return raw_frame(layout, copied_[i].at,
                     Bytes{copied_[i].bytes}.first(layout.frame.localsplus.offset));
  }
  template <class L>
  bool find_copied(const L& layout, Address at, RawFrame& frame) const noexcept {
    for (std::size_t i = 0; i < used_; ++i) {
      if (copied_[i].at != at) continue;
      frame = copied(layout, i);
      return true;
    }
    return false;
  }

  // One that was read since; or that could not be.
  struct Read {
    RawFrame frame{};
    bool readable = false;
  };
  void add_read(const RawFrame& frame) { read_.push_back({frame, true}); }
  void add_unreadable(Address at) {
    read_.emplace_back();
    read_.back().frame.at = at;
  }
  bool may_read_more() const noexcept { return read_.size() < most_read; }
  // They are asked for in the order in which they were read, again and again.
  const Read* find_read(Address at) const noexcept {
    for (std::size_t tried = 0; tried < read_.size(); ++tried) {
      if (next_ >= read_.size()) next_ = 0;
      const Read& read = read_[next_++];
      if (read.frame.at == at) return &read;
    }
    return nullptr;
  }

 private:
  struct Copied {
    Address at{};
    std::array<std::byte, 128> bytes{};
  };

  std::vector<Copied> copied_;
  std::size_t used_ = 0;
  std::vector<Read> read_;
  mutable std::size_t next_ = 0;
};

class Window {
 public:
  static constexpr std::size_t least_forward = 1024;  // room for frames younger than the last top
  static constexpr std::size_t least_back = 1024;
  static constexpr std::size_t most_reach = 1 << 16;
  static constexpr std::size_t whole_below = 4096;  // a short stack is copied whole

  // The chunk that the thread's youngest frames are in. Without a size nothing of it can be copied.
  void set_chunk(Address at, std::uint64_t size) noexcept {
    chunk_ = at;
    chunk_size_ = size;
  }
  Address chunk() const noexcept { return chunk_; }
  Address chunk_end() const noexcept { return chunk_ + chunk_size_; }
  bool in_chunk(Address at) const noexcept { return at - chunk_ < chunk_size_; }

  // Chooses the window: from a link not too far below the last top, to some room above it. False:
  // the last stack has no frame in the chunk, and there is nothing to copy.
  template <class L>
  bool aim(const L& layout, const Chain& chain) {
    std::size_t top = chain.size();
    while (top > 0 && !in_chunk(chain[top - 1])) --top;
    if (top == 0 || chunk_size_ == 0) {
      size_ = 0;
      return false;
    }
    --top;
    const Address top_at = chain[top].at;
    const Address start = chunk_ + layout.chunk.data.offset;
    const std::uint64_t back = top_at - start <= whole_below ? top_at - start : back_;
    const Address low = top_at - std::min<std::uint64_t>(back, top_at - start);
    first_ = top;
    for (std::size_t i = top; i-- > 0;) {
      if (!chain[i].on_data_stack) continue;
      if (!in_chunk(chain[i]) || chain[i].at < low) break;
      first_ = i;
    }
    at_ = chain[first_].at;
    const Address high = std::min(chunk_end(), top_at + (chain[top].code->frame_bytes + forward_));
    size_ = static_cast<std::size_t>(high - at_);
    if (bytes_.size() < size_) bytes_.resize(size_);
    return true;
  }
  // The window's range, then those of the generators in it, the youngest first.
  template <class L>
  void add_ranges(const L& layout, const Chain& chain, std::vector<Range>& out) {
    out.push_back({at_, view_of(bytes_).first(size_)});
    for (std::size_t i = chain.size(); i-- > first_;) {
      if (foreign.copied_count() == ForeignFrames::most_copied) break;
      const Link& link = chain[i];
      if (link.code == nullptr || link.on_data_stack) continue;
      out.push_back(foreign.add(link.at, layout.frame.localsplus.offset));
    }
  }

  // The frame at `at`, when all of its fixed part is in the window.
  template <class L>
  bool frame_at(const L& layout, Address at, RawFrame& frame) const noexcept {
    const std::size_t header = layout.frame.localsplus.offset;
    const std::uint64_t offset = at - at_;
    if (offset >= size_ || size_ - offset < header) return false;
    frame = raw_frame(layout, at, Bytes{bytes_}.subspan(static_cast<std::size_t>(offset), header));
    return true;
  }

  bool empty() const noexcept { return size_ == 0; }
  Address at() const noexcept { return at_; }
  Bytes bytes() const noexcept { return Bytes{bytes_}.first(size_); }
  // The first link of the chain that is inside. Those below are taken on trust.
  std::size_t first() const noexcept { return first_; }

  void forget() noexcept { size_ = 0; }
  // The stack reached beyond the window's end; it ended before its beginning; it did neither.
  void reach_forward() noexcept { forward_ = std::min(forward_ * 2, most_reach); }
  void reach_back() noexcept { back_ = std::min(back_ * 2, most_reach); }
  void shorten() noexcept {
    if (back_ > least_back) back_ -= back_ / 64;
  }

  ForeignFrames foreign{};

 private:
  bool in_chunk(const Link& link) const noexcept { return link.on_data_stack && in_chunk(link.at); }

  Address chunk_{};
  std::uint64_t chunk_size_ = 0;
  std::size_t first_ = 0;
  std::size_t back_ = least_back;
  std::size_t forward_ = least_forward;
  Address at_{};
  std::size_t size_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace tachyon
