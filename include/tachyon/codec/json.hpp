#pragma once

#include <array>
#include <cassert>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tachyon/base/number.hpp>
#include <tachyon/base/text.hpp>
#include <tachyon/codec/sink.hpp>

// JSON, written as it comes: nothing is built in memory.
// The writer knows only whether a comma is due.
//
// Names come from the target as UTF-8 in which lone surrogates may stand as their three bytes (that
// is how Python keeps undecodable bytes of file names: 0xff is U+DCFF). JSON text must be valid
// UTF-8 whatever we are handed, so a surrogate is written as \udcff, which Python, browsers and our
// pages read back as the same string, and bytes that are no UTF-8 at all become U+FFFD.
//
// JSON is also read on terminals. What would command one, end a line or turn text round (text.hpp
// knows) is escaped in the same way, although JSON itself asks for that below 0x20 only:
//
//   "a" U+009B "b" U+202E  is written  "a\u009bb\u202e"
//
// Text that goes into a page is written for `JsonUse::page`: `<`, `>` and `&` are escaped too, so
// that no name can end a script element.
namespace tachyon {

enum class JsonUse : bool { file, page };

namespace detail {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

// What a byte means to the string writer: 0 plain, 1 look closer, 2 starts or continues UTF-8.
template <JsonUse use>
inline constexpr auto json_classes = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t i = 0; i < 0x20; ++i) classes[i] = 1;
  for (std::size_t i = 0x80; i < 0x100; ++i) classes[i] = 2;
  classes['"'] = classes['\\'] = classes[0x7f] = 1;
  if (use == JsonUse::page) classes['<'] = classes['>'] = classes['&'] = 1;
  return classes;
}();

template <Sink S>
void put_json_unit(S& sink, char32_t unit) {
  const char text[] = {'\\',
                       'u',
                       hex_digits[unit >> 12 & 15],
                       hex_digits[unit >> 8 & 15],
                       hex_digits[unit >> 4 & 15],
                       hex_digits[unit & 15]};
  sink.put(std::string_view{text, sizeof text});
}

template <Sink S>
void put_json_ascii(S& sink, char c) {
  switch (c) {
    case '"':
      return sink.put(R"(\")");
    case '\\':
      return sink.put(R"(\\)");
    case '\n':
      return sink.put(R"(\n)");
    case '\r':
      return sink.put(R"(\r)");
    case '\t':
      return sink.put(R"(\t)");
    default:
      return put_json_unit(sink, static_cast<unsigned char>(c));
  }
}

}  // namespace detail

// A JSON string with its quotes.
template <JsonUse use = JsonUse::file, Sink S>
void put_json_text(S& sink, std::string_view text) {
  sink.put('"');
  std::size_t done = 0;
  std::size_t i = 0;
  const auto flush = [&](std::size_t next) {
    if (i > done) sink.put(text.substr(done, i - done));
    i = done = next;
  };
  while (i < text.size()) {
    const char c = text[i];
    const std::uint8_t kind = detail::json_classes<use>[static_cast<unsigned char>(c)];
    if (kind == 0) {
      ++i;
    } else if (kind == 1) {
      flush(i + 1);
      detail::put_json_ascii(sink, c);
    } else if (const auto [code, length] = decode_utf8(text.substr(i)); length == 0) {
      flush(i + 1);
      sink.put("\xef\xbf\xbd");
    } else if (detail::is_harmful(code)) {
      flush(i + length);
      detail::put_json_unit(sink, code);
    } else {
      i += length;
    }
  }
  flush(i);
  sink.put('"');
}

template <Sink S, JsonUse use = JsonUse::file>
class JsonWriter {
 public:
  explicit JsonWriter(S& sink) noexcept : sink_{sink} {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    separate();
    put_json_text<use>(sink_, name);
    sink_.put(':');
    comma_due_ = false;
  }

  void value(std::string_view text) {
    separate();
    put_json_text<use>(sink_, text);
  }
  void value(const char* text) { value(std::string_view{text}); }
  template <std::same_as<bool> B>
  void value(B truth) {
    raw(truth ? "true" : "false");
  }
  template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, char>) void value(I number) {
    char text[24];
    raw({text,
         static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
  }
  // The shortest text that reads back as the same number; what JSON cannot say becomes null.
  void value(double number) {
    if (!is_finite(number)) return null();
    char text[32];
    raw({text,
         static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
  }
  // At most `decimals` digits behind the point, without zeros at the end.
  void value(double number, int decimals) {
    char text[352];
    if (!is_finite(number)) return null();
    char* end =
        std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, decimals).ptr;
    if (decimals > 0) {
      while (end[-1] == '0') --end;
      if (end[-1] == '.') --end;
    }
    const std::string_view digits{text, static_cast<std::size_t>(end - text)};
    raw(digits == "-0" ? "0" : digits);
  }
  void null() { raw("null"); }

  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  void member(std::string_view name, double number, int decimals) {
    key(name);
    value(number, decimals);
  }

  // A value that is JSON already.
  void raw(std::string_view json) {
    separate();
    sink_.put(json);
  }
  // Between records of a line-oriented file.
  void newline() {
    assert(depth_ == 0);
    sink_.put('\n');
    comma_due_ = false;
  }

 private:
  void separate() {
    if (comma_due_) sink_.put(',');
    comma_due_ = true;
  }
  void open(char bracket) {
    separate();
    sink_.put(bracket);
    comma_due_ = false;
    ++depth_;
  }
  void close(char bracket) {
    assert(depth_ > 0);
    sink_.put(bracket);
    comma_due_ = true;
    --depth_;
  }

  S& sink_;
  bool comma_due_ = false;
  int depth_ = 0;
};

// For `JsonWriter json = page_json(sink);` where naming both arguments would be noise.
template <Sink S>
auto page_json(S& sink) noexcept {
  return JsonWriter<S, JsonUse::page>{sink};
}

}  // namespace tachyon
