#pragma once

#include <cstdint>
#include <span>

// How a minor version's published table (layout/published.hpp) answers for our members: which of
// its 64-bit words, and what to do with them. Generated; the position of a word is a property of
// the minor.
namespace tachyon {

struct PublishedWord {
  enum class When : std::uint8_t {
    always,
    nonzero,        // 0 stands for "this build has none"
    free_threaded,  // filled in free-threaded builds only
  };

  std::uint8_t group;      // position in schema::for_each_group
  std::uint8_t member;     // position in the group
  std::uint16_t word;      // the value is table[word] + table[plus] - table[minus]
  std::uint16_t plus = 0;  // word 0 is the cookie, so 0 says "nothing to add"
  std::uint16_t minus = 0;
  When when = When::always;
};

struct PublishedMap {
  std::uint16_t count = 0;  // words in the table, the cookie included; 0: this minor publishes none
  std::span<const PublishedWord> words{};
};

}  // namespace tachyon
