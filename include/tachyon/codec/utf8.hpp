#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tachyon/base/text.hpp>
#include <tachyon/codec/sink.hpp>

// Names come from the target as UTF-8 in which lone surrogates may stand as their three bytes (that
// is how Python keeps undecodable bytes of file names: 0xff is U+DCFF, ed b3 bf), and a torn or
// hostile target may hand us anything. Formats differ in what they bear; each says it with one of
// two repairs, so that no output is unreadable because of one name.
namespace tachyon {

namespace detail {

constexpr bool is_surrogate(char32_t code) noexcept { return code >= 0xd800 && code < 0xe000; }

}  // namespace detail

enum class Surrogates : bool { replaced, kept };

// The text with everything that is no UTF-8 as U+FFFD, and surrogates too unless they are kept.
template <Surrogates surrogates = Surrogates::replaced, Sink S>
void put_repaired(S& sink, std::string_view text) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8 point = decode_utf8(text.substr(i));
    if (point.length != 0 &&
        (surrogates == Surrogates::kept || !detail::is_surrogate(point.code))) {
      i += point.length;
      continue;
    }
    sink.put(text.substr(done, i - done));
    sink.put("\xef\xbf\xbd");
    done = i += point.length ? point.length : 1;
  }
  sink.put(text.substr(done));
}

// How many bytes put_repaired will put.
template <Surrogates surrogates = Surrogates::replaced>
constexpr std::size_t repaired_size(std::string_view text) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8 point = decode_utf8(text.substr(i));
    const bool fits =
        point.length != 0 && (surrogates == Surrogates::kept || !detail::is_surrogate(point.code));
    size += fits ? point.length : 3;
    i += point.length ? point.length : 1;
  }
  return size;
}

}  // namespace tachyon
