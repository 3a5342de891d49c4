#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <unordered_map>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/memory/concept.hpp>

// Many small pieces of another memory that are looked at again and again: all tasks of an event
// loop, their coroutines and their names, fifty thousand pieces a hundred times a second.
//
// A range of a vectored read costs as much as copying some four kilobytes, and pieces of one kind
// lie close together. So pieces are read in a plan: sorted by address, neighbours joined together
// with the gap between them where the gap is small, each joint range copied in one go.
//
//   pieces    [a]  [b][c]                          [d]
//   ranges    |---------|                          |-|    -> one vectored read, 1024 ranges a call
//
// Each piece knows where its bytes will be, so after the read nothing is looked up. The plan is
// kept; pieces added since are read as ranges of their own until there are enough of them for a new
// plan. A piece that could not be read (its memory was given back) has no bytes until it can.
//
// What is not known yet is read page by page, and these pages are only believed until forget():
// neighbours of something new are often new themselves.
namespace tachyon {

enum class PieceId : std::uint32_t { none = 0xffffffff };

template <Memory M>
class Gathered {
 public:
  static constexpr std::size_t page_size = 4096;
  static constexpr std::size_t most_pages = std::size_t{1} << 11;  // 8 MiB
  static constexpr std::size_t most_pieces = std::size_t{1} << 17;
  static constexpr std::size_t most_bytes = std::size_t{1} << 24;    // of all pieces
  static constexpr std::size_t most_planned = std::size_t{1} << 25;  // with the gaps between them
  static constexpr std::uint32_t largest_piece = std::uint32_t{1} << 16;

  explicit Gathered(M& memory) : memory_{memory} {}

  // Takes a piece into the reads to come. Its bytes are there at once where they can be had.
  PieceId add(Address at, std::size_t size);
  void drop(PieceId id) noexcept;

  // The bytes of a piece as of the last read that covered it; empty where it failed.
  Bytes bytes(PieceId id) const noexcept {
    const Piece& piece = pieces_[static_cast<std::uint32_t>(id)];
    if (!piece.read) return {};
    return {buffer_.data() + piece.offset, piece.size};
  }
  Address at(PieceId id) const noexcept { return pieces_[static_cast<std::uint32_t>(id)].at; }

  // Reads every piece, in address order.
  void read_all();
  // Reads these pieces, in the order given.
  void read_some(std::span<const PieceId> ids);
  // For who never reads everything: frees the room of what was dropped, once there is much of it.
  void tidy() {
    if (changes_ > std::max<std::size_t>(1024, pieces_.size())) plan();
  }

  // For a read that somebody else makes: where a piece's bytes go. Nothing may be added between
  // this and set_read(), which says whether they arrived.
  Range range(PieceId id) noexcept {
    const Piece& piece = pieces_[static_cast<std::uint32_t>(id)];
    return {piece.at, {buffer_.data() + piece.offset, piece.size}};
  }
  void set_read(PieceId id, bool arrived) noexcept {
    pieces_[static_cast<std::uint32_t>(id)].read = arrived;
  }

  // A read of what is no piece (yet), through pages.
  Result<void> read(Address at, std::span<std::byte> into) noexcept;
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto ok = read(ranges[i].at, ranges[i].into);
      if (!ok && i == 0) return ok.error();
      if (!ok) return i;
    }
    return ranges.size();
  }
  void forget() noexcept {
    pages_.clear();
    last_page_ = none;
  }

  bool is_crowded() const noexcept {
    return kept_ > most_bytes / 2 || piece_count() > most_pieces / 2;
  }
  std::size_t piece_count() const noexcept { return pieces_.size() - free_.size(); }
  std::size_t range_count() const noexcept { return plan_.size(); }
  std::size_t byte_count() const noexcept { return buffer_.size(); }

 private:
  struct Piece {
    Address at{};
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
    std::uint32_t range = 0;  // of the plan
    bool used = false;
    bool read = false;
  };
  struct Planned {
    Address at{};
    std::uint32_t size = 0;
    std::uint32_t offset = 0;
    bool arrived = false;
  };
  static constexpr std::size_t none = ~std::size_t{0};
  static constexpr std::uint64_t smallest_gap = 2048;         // what one more range costs
  static constexpr std::uint64_t longest_range = 256 * 1024;  // one bad page spoils no more than it

  void plan();
  void read_ranges();
  std::size_t page(std::uint64_t number) noexcept;

  M& memory_;
  std::vector<Piece> pieces_;
  std::vector<std::uint32_t> free_;
  std::vector<Planned> plan_;
  std::vector<Range> ranges_;
  std::vector<std::uint32_t> order_;
  std::vector<std::byte> buffer_;
  std::vector<std::byte> next_buffer_;
  std::vector<std::uint32_t> moved_;
  std::size_t kept_ = 0;     // bytes of all pieces
  std::size_t changes_ = 0;  // pieces added and dropped since it was made

  std::unordered_map<std::uint64_t, std::size_t> pages_;
  std::vector<std::byte> page_bytes_;
  std::uint64_t last_number_ = 0;
  std::size_t last_page_ = none;
};

template <Memory M>
PieceId Gathered<M>::add(Address at, std::size_t size) {
  if (size == 0 || size > largest_piece || kept_ + size > most_bytes ||
      piece_count() == most_pieces || at.value + size < at.value) {
    return PieceId::none;
  }
  if (buffer_.size() + size > most_planned) plan();
  if (buffer_.size() + size > most_planned) return PieceId::none;
  std::uint32_t id;
  if (free_.empty()) {
    id = static_cast<std::uint32_t>(pieces_.size());
    pieces_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  Piece& piece = pieces_[id];
  piece.at = at;
  piece.size = static_cast<std::uint32_t>(size);
  piece.offset = static_cast<std::uint32_t>(buffer_.size());
  piece.range = static_cast<std::uint32_t>(plan_.size());
  piece.used = true;
  kept_ += size;
  buffer_.resize(buffer_.size() + size);
  plan_.push_back({at, piece.size, piece.offset, false});
  ++changes_;
  piece.read = read(at, {buffer_.data() + piece.offset, size}).has_value();
  return PieceId{id};
}

template <Memory M>
void Gathered<M>::drop(PieceId id) noexcept {
  if (id == PieceId::none) return;
  Piece& piece = pieces_[static_cast<std::uint32_t>(id)];
  kept_ -= piece.size;
  piece = {};
  free_.push_back(static_cast<std::uint32_t>(id));
  ++changes_;
}

// What was read stays readable: the bytes move to their new places.
template <Memory M>
void Gathered<M>::plan() {
  changes_ = 0;
  order_.clear();
  for (std::uint32_t i = 0; i < pieces_.size(); ++i) {
    if (pieces_[i].used) order_.push_back(i);
  }
  std::sort(order_.begin(), order_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return pieces_[a].at < pieces_[b].at; });
  plan_.clear();
  moved_.clear();
  std::uint64_t total = 0;
  for (const std::uint32_t i : order_) {
    Piece& piece = pieces_[i];
    moved_.push_back(piece.offset);
    if (!plan_.empty()) {
      Planned& last = plan_.back();
      const std::uint64_t gap = total < most_planned / 2 ? smallest_gap : 0;
      const std::uint64_t reach = piece.at - last.at + piece.size;
      if (piece.at - last.at <= last.size + gap && reach <= longest_range) {
        piece.range = static_cast<std::uint32_t>(plan_.size() - 1);
        piece.offset = last.offset + static_cast<std::uint32_t>(piece.at - last.at);
        if (reach > last.size) {
          total += reach - last.size;
          last.size = static_cast<std::uint32_t>(reach);
        }
        continue;
      }
    }
    piece.range = static_cast<std::uint32_t>(plan_.size());
    piece.offset = static_cast<std::uint32_t>(total);
    plan_.push_back({piece.at, piece.size, piece.offset, false});
    total += piece.size;
  }
  next_buffer_.resize(static_cast<std::size_t>(total));
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const Piece& piece = pieces_[order_[i]];
    std::memcpy(next_buffer_.data() + piece.offset, buffer_.data() + moved_[i], piece.size);
  }
  buffer_.swap(next_buffer_);
}

template <Memory M>
void Gathered<M>::read_all() {
  forget();
  if (changes_ > std::max<std::size_t>(256, pieces_.size() / 16)) plan();
  ranges_.clear();
  for (Planned& range : plan_) {
    ranges_.push_back({range.at, {buffer_.data() + range.offset, range.size}});
  }
  read_ranges();
  for (std::size_t i = 0; i < plan_.size(); ++i) plan_[i].arrived = !ranges_[i].into.empty();
  for (Piece& piece : pieces_) {
    piece.read = piece.used && plan_[piece.range].arrived;
    // One dead neighbour must not cost the living ones.
    if (piece.used && !piece.read) {
      piece.read = memory_.read(piece.at, {buffer_.data() + piece.offset, piece.size}).has_value();
    }
  }
}

template <Memory M>
void Gathered<M>::read_some(std::span<const PieceId> ids) {
  ranges_.clear();
  for (const PieceId id : ids) ranges_.push_back(range(id));
  read_ranges();
  for (std::size_t i = 0; i < ids.size(); ++i) set_read(ids[i], !ranges_[i].into.empty());
}

// A range that cannot be read ends the call; the next call goes on behind it. Ranges that failed
// have no place any more.
template <Memory M>
void Gathered<M>::read_ranges() {
  constexpr int most_failures = 256;
  std::size_t done = 0;
  for (int failures = 0; done < ranges_.size(); ++failures) {
    const std::span<const Range> rest = std::span{ranges_}.subspan(done);
    const auto copied =
        failures < most_failures ? memory_.read_many(rest) : Result<std::size_t>{Errc::unreadable};
    if (copied) done += *copied;
    if (done == ranges_.size()) return;
    if (failures >= most_failures) {
      for (; done < ranges_.size(); ++done) ranges_[done].into = {};
      return;
    }
    ranges_[done++].into = {};
  }
}

template <Memory M>
Result<void> Gathered<M>::read(Address at, std::span<std::byte> into) noexcept {
  while (!into.empty()) {
    const std::size_t offset = at.value % page_size;
    const std::size_t length = std::min(into.size(), page_size - offset);
    const std::size_t slot = page(at.value / page_size);
    if (slot == none) return memory_.read(at, into);
    std::memcpy(into.data(), page_bytes_.data() + slot * page_size + offset, length);
    into = into.subspan(length);
    at = at + length;
  }
  return {};
}

template <Memory M>
std::size_t Gathered<M>::page(std::uint64_t number) noexcept {
  if (last_page_ != none && last_number_ == number) return last_page_;
  const auto known = pages_.find(number);
  std::size_t slot;
  if (known != pages_.end()) {
    slot = known->second;
  } else {
    slot = pages_.size();
    if (slot == most_pages) {
      forget();
      slot = 0;
    }
    if ((slot + 1) * page_size > page_bytes_.size()) {
      page_bytes_.resize(std::max<std::size_t>(64, slot * 2) * page_size);
    }
    const std::span into{page_bytes_.data() + slot * page_size, page_size};
    if (!memory_.read(Address{number * page_size}, into)) return none;
    pages_.emplace(number, slot);
  }
  last_number_ = number;
  return last_page_ = slot;
}

}  // namespace tachyon
