#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "walk.hpp"

// A process that lies. Some of its words are changed: to what others hold, to places where
// something is, to lengths that nobody has. And memory that is not mapped may be there all the
// same, with contents that lead on for ever.
namespace saved {

// What an address holds at which the image has nothing.
enum class Beyond : std::uint8_t {
  nothing,
  zeros,
  ones,
  itself,
  the_next,
  far_ahead,
  small,
  noise
};
inline constexpr unsigned beyond_count = 8;

class LyingMemory {
 public:
  LyingMemory(tachyon::Image& image, Beyond beyond) : image_{image}, beyond_{beyond} {}

  tachyon::Result<void> read(tachyon::Address at, std::span<std::byte> into) noexcept {
    if (const auto done = image_.read(at, into); done || beyond_ == Beyond::nothing) return done;
    if (at.value < 65536 || at.value + into.size() < at.value) {
      return tachyon::Error{tachyon::Errc::unreadable, 0, at};
    }
    for (std::size_t done = 0; done < into.size();) {
      const Address here{at.value + done};
      const auto rest = into.subspan(done);
      const std::uint64_t next = next_known(here);
      if (next > here.value) {
        make_up(here.value, rest.first(static_cast<std::size_t>(
                                std::min<std::uint64_t>(rest.size(), next - here.value))));
        done += static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), next - here.value));
        continue;
      }
      const auto some = rest.first(static_cast<std::size_t>(
          std::min<std::uint64_t>(rest.size(), end_of_known(here) - here.value)));
      if (const auto known = image_.read(here, some); !known) return known;
      done += some.size();
    }
    return {};
  }
  tachyon::Result<std::size_t> read_many(std::span<const tachyon::Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

 private:
  using Address = tachyon::Address;

  // The first address from here on at which the image has something; and where that ends.
  std::uint64_t next_known(Address at) const noexcept {
    const auto all = image_.segments();
    const auto after = std::upper_bound(all.begin(), all.end(), at,
                                        [](Address a, const auto& s) { return a < s.at; });
    if (after != all.begin() && at - std::prev(after)->at < std::prev(after)->bytes.size()) {
      return at.value;
    }
    return after == all.end() ? ~std::uint64_t{0} : after->at.value;
  }
  std::uint64_t end_of_known(Address at) const noexcept {
    const auto all = image_.segments();
    const auto after = std::upper_bound(all.begin(), all.end(), at,
                                        [](Address a, const auto& s) { return a < s.at; });
    return std::prev(after)->at.value + std::prev(after)->bytes.size();
  }
  void make_up(std::uint64_t at, std::span<std::byte> into) const noexcept {
    std::size_t i = 0;
    const auto piece = [&](std::size_t most) {
      const std::uint64_t here = at + i, skip = here & 7;
      const std::uint64_t word = word_at(here - skip) >> skip * 8;
      const std::size_t n = std::min<std::size_t>(8 - static_cast<std::size_t>(skip), most);
      std::memcpy(into.data() + i, &word, n);
      i += n;
    };
    if ((at & 7) != 0) piece(into.size());
    for (; i + 8 <= into.size(); i += 8) {
      const std::uint64_t word = word_at(at + i);
      std::memcpy(into.data() + i, &word, 8);
    }
    if (i < into.size()) piece(into.size() - i);
  }
  std::uint64_t word_at(std::uint64_t at) const noexcept {
    switch (beyond_) {
      case Beyond::ones:
        return ~std::uint64_t{0};
      case Beyond::itself:
        return at;
      case Beyond::the_next:
        return at + 8;
      case Beyond::far_ahead:
        return at + 4096;
      case Beyond::small:
        return 1 + at / 8 % 7;
      case Beyond::noise:
        return at * 0x9e3779b97f4a7c15;
      default:
        return 0;
    }
  }

  tachyon::Image& image_;
  Beyond beyond_;
};
static_assert(tachyon::Memory<LyingMemory>);

// Where the image has bytes: one of its aligned words.
class Places {
 public:
  explicit Places(const tachyon::Image& image) {
    for (const auto& segment : image.segments()) {
      starts_.push_back({count_, segment.at.value});
      count_ += segment.bytes.size() / 8;
    }
  }
  tachyon::Address word(std::uint64_t number) const {
    number %= std::max<std::uint64_t>(count_, 1);
    const auto after =
        std::upper_bound(starts_.begin(), starts_.end(), number,
                         [](std::uint64_t n, const auto& start) { return n < start.first; });
    return {std::prev(after)->second + (number - std::prev(after)->first) * 8};
  }
  std::uint64_t number_of(tachyon::Address at) const {
    const auto after =
        std::upper_bound(starts_.begin(), starts_.end(), at.value,
                         [](std::uint64_t a, const auto& start) { return a < start.second; });
    if (after == starts_.begin()) return 0;
    return std::prev(after)->first + (at.value - std::prev(after)->second) / 8;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> starts_{};  // first word's number, address
  std::uint64_t count_ = 0;
};

// One change of the image; three numbers say which.
inline void change(tachyon::Image& image, const Places& places, std::uint64_t what,
                   std::uint64_t where, std::uint64_t with) {
  using namespace tachyon;
  const Address at = places.word(where);
  const Address other = places.word(with);
  std::uint64_t word = 0, value = 0;
  (void)image.read(at, std::as_writable_bytes(std::span{&word, 1}));
  (void)image.read(other, std::as_writable_bytes(std::span{&value, 1}));
  switch (what % 10) {
    case 0:  // a bit
      value = word ^ std::uint64_t{1} << with % 64;
      break;
    case 1:  // what another word holds
      break;
    case 2:  // a place where something is
      value = other.value;
      break;
    case 3:  // its own place
      value = at.value;
      break;
    case 4:  // a length that nobody has
      value = std::uint64_t{1} << with % 64;
      break;
    case 5:
      value = ~std::uint64_t{0} >> with % 64;
      break;
    case 6:  // a somewhat larger or smaller number
      value = word + with % 129 - 64;
      break;
    case 7:  // half of it
      value = (word & 0xffffffff) | with << 32;
      break;
    case 8:  // nowhere
      value = 0x7f1200000000 + with % 1024 * 4096;
      break;
    default: {  // a structure in the place of another
      std::vector<std::byte> piece(8 + with / 7 % 32 * 8);
      if (image.read(other, piece)) (void)image.write(at, piece);
      return;
    }
  }
  (void)image.store(at, value);
}

// A process that never stands still: between reads some of the words that were read lately become
// others, and what they were again. What is remembered of one look is wrong in the next.
class RestlessMemory {
 public:
  RestlessMemory(tachyon::Image& image, Beyond beyond, std::uint64_t seed)
      : image_{image}, before_{image}, places_{image}, memory_{image, beyond}, random_{seed} {}

  tachyon::Result<void> read(tachyon::Address at, std::span<std::byte> into) noexcept {
    move();
    note(at, into.size());
    return memory_.read(at, into);
  }
  tachyon::Result<std::size_t> read_many(std::span<const tachyon::Range> ranges) noexcept {
    move();
    for (const tachyon::Range& range : ranges) note(range.at, range.into.size());
    return memory_.read_many(ranges);
  }

 private:
  static constexpr std::size_t remembered = 256;

  void note(tachyon::Address at, std::size_t size) noexcept {
    const std::uint64_t words = std::max<std::uint64_t>(size / 8, 1);
    const tachyon::Address first{at.value & ~std::uint64_t{7}};
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(words, 4); ++i) {
      lately_[noted_++ % remembered] = first + random_() % words * 8;
    }
  }
  void move() noexcept {
    if (noted_ == 0 || random_() % 2 == 0) return;
    const tachyon::Address at = lately_[random_() % std::min(noted_, remembered)];
    std::uint64_t word = 0, byte = random_() % 8;
    const auto bytes = std::as_writable_bytes(std::span{&word, 1});
    if (!before_.read(at, bytes)) return;
    switch (random_() % 4) {
      case 0:  // a byte that says what kind of thing this is
        bytes[byte] = static_cast<std::byte>(random_() % 5);
        (void)image_.store(at, word);
        break;
      case 1:
        change(image_, places_, random_(), places_.number_of(at), random_());
        break;
      default:
        (void)image_.store(at, word);
    }
  }

  tachyon::Image& image_;
  tachyon::Image before_;
  Places places_;
  LyingMemory memory_;
  std::mt19937_64 random_;
  std::array<tachyon::Address, remembered> lately_{};
  std::size_t noted_ = 0;
};
static_assert(tachyon::Memory<RestlessMemory>);

// The same image for the same number, everywhere.
inline Counts walk_hostile(const Process& original, std::uint64_t number) {
  Process process = original;
  const Places places{process.image};
  std::mt19937_64 random{number};
  const std::uint64_t changes = random() % 8 == 0 ? 400 : 1 + random() % 40;
  for (std::uint64_t i = 0; i < changes; ++i) {
    const std::uint64_t what = random(), where = random(), with = random();
    change(process.image, places, what, where, with);
  }
  // Published offsets are as untrusted as the rest.
  if (!process.site.table.empty() && random() % 4 == 0) {
    const std::size_t at = random() % process.site.table.size();
    process.site.table[at] ^= static_cast<std::byte>(1 << random() % 8);
  }
  LyingMemory memory{process.image, Beyond(random() % beyond_count)};
  return walk(process, memory);
}

// An honest one to begin with, which then does not stand still.
inline Counts walk_restless(const Process& original, std::uint64_t number) {
  Process process = original;
  std::mt19937_64 random{number};
  RestlessMemory memory{process.image, Beyond(random() % beyond_count), random()};
  return walk(process, memory);
}

}  // namespace saved
