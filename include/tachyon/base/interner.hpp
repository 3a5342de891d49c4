#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Equal things get equal small numbers. Everything that repeats in a profile (strings, functions,
// frames, stacks) is kept once and named by its index, so comparing is comparing integers and a
// collector can use plain vectors instead of maps.
//
// One open-addressing index serves both interners: a power-of-two table of indices into the values,
// at most 70 % full, linear probing. Values live in a vector in order of first appearance, which is
// also the order in which files list them.
namespace tachyon {

// A mixer good enough for linear probing (the finaliser of a multiply-xorshift hash).
constexpr std::uint64_t mix_bits(std::uint64_t x) noexcept {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93U;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93U;
  x ^= x >> 32;
  return x;
}

constexpr std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix_bits(h);
}

namespace detail {

class ProbeTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  // Index of the value with this hash that `equal` accepts, or `none`.
  template <class Equal>
  std::uint32_t find(std::uint64_t hash, Equal&& equal) const {
    if (slots_.empty()) return none;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.index == none) return none;
      if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && equal(slot.index)) {
        return slot.index;
      }
    }
  }

  // `rehash(index)` gives the full hash of a value again when the table grows.
  template <class Rehash>
  void insert(std::uint64_t hash, std::uint32_t index, Rehash&& rehash) {
    if ((used_ + 1) * 10 > slots_.size() * 7) {
      std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
      old.swap(slots_);
      for (const Slot& slot : old) {
        if (slot.index != none) place(rehash(slot.index), slot.index);
      }
    }
    place(hash, index);
    ++used_;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t index = none;
  };

  void place(std::uint64_t hash, std::uint32_t index) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash & mask;
    while (slots_[i].index != none) i = (i + 1) & mask;
    slots_[i] = {static_cast<std::uint32_t>(hash >> 32), index};
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace detail

// Small trivially comparable keys; Key needs == and a free or member `hash_of(key)` found by ADL.
template <class Key>
class Interner {
 public:
  static constexpr std::uint32_t none = detail::ProbeTable::none;

  std::uint32_t intern(const Key& key) {
    const std::uint64_t hash = hash_of(key);
    const std::uint32_t known = find(key, hash);
    if (known != none) return known;
    const auto index = static_cast<std::uint32_t>(values_.size());
    values_.push_back(key);
    table_.insert(hash, index, [&](std::uint32_t i) { return hash_of(values_[i]); });
    return index;
  }

  std::uint32_t find(const Key& key) const { return find(key, hash_of(key)); }
  const Key& operator[](std::uint32_t index) const { return values_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(values_.size()); }

 private:
  std::uint32_t find(const Key& key, std::uint64_t hash) const {
    return table_.find(hash, [&](std::uint32_t i) { return values_[i] == key; });
  }

  std::vector<Key> values_;
  detail::ProbeTable table_;
};

// Text, kept in blocks that never move: a view once given stays valid for the table's life.
class StringInterner {
 public:
  std::uint32_t intern(std::string_view text) {
    const std::uint64_t hash = hash_text(text);
    const std::uint32_t known =
        table_.find(hash, [&](std::uint32_t i) { return values_[i] == text; });
    if (known != detail::ProbeTable::none) return known;
    const auto index = static_cast<std::uint32_t>(values_.size());
    values_.push_back(keep(text));
    table_.insert(hash, index, [&](std::uint32_t i) { return hash_text(values_[i]); });
    return index;
  }

  std::string_view operator[](std::uint32_t index) const { return values_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(values_.size()); }

 private:
  static constexpr std::size_t block = 65536;

  std::string_view keep(std::string_view text) {
    if (text.size() > block / 4) {  // on its own, so that a block is never mostly wasted
      large_.push_back(std::vector<char>(text.begin(), text.end()));
      return {large_.back().data(), text.size()};
    }
    if (blocks_.empty() || block - used_ < text.size()) {
      blocks_.emplace_back(block);
      used_ = 0;
    }
    char* to = blocks_.back().data() + used_;
    text.copy(to, text.size());
    used_ += text.size();
    return {to, text.size()};
  }

  std::vector<std::vector<char>> blocks_;
  std::vector<std::vector<char>> large_;
  std::size_t used_ = 0;
  std::vector<std::string_view> values_;
  detail::ProbeTable table_;
};

}  // namespace tachyon
