#pragma once

#include <cstdint>
#include <string_view>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/utf8.hpp>
#include <tachyon/codec/varint.hpp>

// Protocol buffers, the writing half. A message is a row of fields in any order; a field is a tag
// (number and wire type) and a value. Numbers are varints; text, nested messages and packed rows of
// numbers carry their length in front, so whoever writes a nested message builds it first:
//
//   08 96 01             field 1, number 150
//   12 02 68 69          field 2, text "hi"
//   1a 03 08 96 01       field 3, a message with field 1 = 150
//   22 03 01 ac 02       field 4, packed numbers 1, 300
//
// A zero and an empty text are what a missing field means, so they are left out; a packed row or a
// nested message is written as given.
namespace tachyon {

template <Sink S>
class ProtobufWriter {
 public:
  explicit ProtobufWriter(S& sink) noexcept : sink_{sink} {}

  void number(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return;
    put_varint(sink_, std::uint64_t{field} << 3);
    put_varint(sink_, value);
  }
  // int64: negative numbers take ten bytes, as the format demands.
  void integer(std::uint32_t field, std::int64_t value) {
    number(field, static_cast<std::uint64_t>(value));
  }
  void truth(std::uint32_t field, bool value) { number(field, value ? 1 : 0); }
  // Readers refuse a message with a string that is no UTF-8: repaired here.
  void text(std::uint32_t field, std::string_view value) {
    if (value.empty()) return;
    head(field, repaired_size(value));
    put_repaired(sink_, value);
  }
  // One more item of a repeated string, where the empty one counts too.
  void text_item(std::uint32_t field, std::string_view value) {
    head(field, repaired_size(value));
    put_repaired(sink_, value);
  }
  void message(std::uint32_t field, std::string_view encoded) {
    head(field, encoded.size());
    sink_.put(encoded);
  }
  // Any range of unsigned numbers that can be run through twice.
  template <class Numbers>
  void packed(std::uint32_t field, const Numbers& numbers) {
    std::size_t size = 0;
    for (const auto value : numbers) size += varint_size(static_cast<std::uint64_t>(value));
    if (size == 0) return;
    head(field, size);
    for (const auto value : numbers) put_varint(sink_, static_cast<std::uint64_t>(value));
  }

 private:
  void head(std::uint32_t field, std::size_t length) {
    put_varint(sink_, std::uint64_t{field} << 3 | 2);
    put_varint(sink_, length);
  }

  S& sink_;
};

}  // namespace tachyon
