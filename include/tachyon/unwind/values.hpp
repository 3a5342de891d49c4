#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/text.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/unwind/dict.hpp>
#include <tachyon/unwind/objects.hpp>

// Objects of the target as short text, the way repr() would begin: 'text', b'bytes', 12, 1.5, None,
// [1, 2, ... 98 more], {'a': 1}, <Cart object>. No code of the target runs, so an object without a
// built-in type is named by its type.
//
// Values are for dumps and the names of tasks, and this code is in the tool once for each layout: it
// is compiled for size.
//
// Everything is bounded: characters, items, depth, and reads altogether. Values of a running target
// change under the reader; what comes out is then wrong, never endless.
namespace tachyon {

struct ValueLimits {
  std::uint64_t characters = 120;
  std::uint64_t items = 6;
  int depth = 3;
  int reads = 400;  // for one value with everything in it
};

template <class L>
class ValueReader {
 public:
  explicit ValueReader(const L& layout, ValueLimits limits = {})
      : layout_{layout}, limits_{limits} {}

  // The text of the object behind a reference; "?" when it cannot be read.
  template <Memory M>
  std::string show(M& memory, Address reference) {
    reads_ = 0;
    std::string out;
    append(memory, reference, limits_.depth, out);
    return out;
  }

  // The name of a type object, without its module.
  template <Memory M>
  [[gnu::cold]] std::string type_name(M& memory, Address type) {
    const auto at = read_value<Address>(memory, layout_.type_object.name.at(type));
    if (!at) return "?";
    std::array<char, 96> text{};
    // A name may end right before memory that is not mapped: read it in small steps.
    for (std::size_t i = 0; i + 16 <= text.size(); i += 16) {
      const auto into = bytes_of(text).subspan(i, 16);
      if (!memory.read(*at + i, into)) break;
      if (std::memchr(text.data() + i, 0, 16) != nullptr) break;
    }
    text.back() = '\0';
    const std::string_view name{text.data()};
    return printable(name.substr(name.rfind('.') + 1));
  }

 private:
  struct Head {
    Address type{};
    std::uint64_t flags = 0;
    std::string name{};
  };

  template <Memory M>
  [[gnu::cold]] void append(M& memory, Address reference, int depth, std::string& out) {
    const std::uint64_t tag = reference.value & 3;
    if (tag == 3 && layout_.traits.popped_frames_are_cleared) {  // an integer in the reference
      out += std::to_string(static_cast<std::int64_t>(reference.value) >> 2);
      return;
    }
    const Address at{reference.value & layout_.traits.executable_mask};
    if (!at) {
      out += "<unset>";
      return;
    }
    if (++reads_ > limits_.reads) {
      out += "...";
      return;
    }
    const auto head = head_of(memory, at);
    if (!head) {
      out += '?';
      return;
    }
    const auto is = [&](Value flag) { return flag.in(head->flags); };
    const auto& flags = layout_.type_flags;
    if (head->name == "NoneType") {
      out += "None";
    } else if (is(flags.unicode_subclass)) {
      append_text(memory, at, out);
    } else if (is(flags.bytes_subclass)) {
      append_bytes(memory, at, out);
    } else if (head->name == "bool") {
      const auto value = read_long(memory, at);
      out += value == "0" ? "False" : value == "1" ? "True" : "?";
    } else if (is(flags.long_subclass)) {
      out += read_long(memory, at);
    } else if (head->name == "float") {
      append_float(memory, at, out);
    } else if (is(flags.tuple_subclass)) {
      append_items(memory, at, head->name, depth, '(', ')', layout_.tuple.items.at(at), out);
    } else if (is(flags.list_subclass)) {
      const auto items = read_value<Address>(memory, layout_.list.items.at(at));
      append_items(memory, at, head->name, depth, '[', ']', items.value_or(Address{}), out);
    } else if (is(flags.dict_subclass)) {
      append_dict(memory, at, depth, out);
    } else if (head->name == "set" || head->name == "frozenset") {
      append_set(memory, at, *head, depth, out);
    } else {
      out += '<' + head->name + " object>";
    }
  }

  template <Memory M>
  Result<Head> head_of(M& memory, Address at) {
    const auto type = read_value<Address>(memory, layout_.object.type.at(at));
    if (!type) return type.error();
    const auto flags = read_value<std::uint64_t>(memory, layout_.type_object.flags.at(*type));
    if (!flags) return flags.error();
    return Head{*type, *flags, type_name(memory, *type)};
  }

  void append_quoted(std::string_view text, std::string& out) {
    out += '\'';
    for (const char c : printable(text)) {
      if (c == '\'') out += '\\';
      out += c;
    }
    out += '\'';
  }

  template <Memory M>
  [[gnu::cold]] void append_text(M& memory, Address at, std::string& out) {
    const auto text = read_text(memory, layout_, at, limits_.characters);
    if (!text) {
      out += "<str object>";
      return;
    }
    append_quoted(*text, out);
  }

  template <Memory M>
  std::int64_t count_of(M& memory, Address at) {
    return read_value<std::int64_t>(memory, layout_.var_object.count.at(at)).value_or(-1);
  }

  template <Memory M>
  [[gnu::cold]] void append_bytes(M& memory, Address at, std::string& out) {
    const std::int64_t count = count_of(memory, at);
    if (count < 0) {
      out += "<bytes object>";
      return;
    }
    const auto shown = std::min(static_cast<std::uint64_t>(count), limits_.characters);
    std::vector<std::byte> data(static_cast<std::size_t>(shown));
    if (!memory.read(layout_.bytes.data.at(at), data)) data.clear();
    constexpr std::string_view digits = "0123456789abcdef";
    out += "b'";
    for (const std::byte byte : data) {
      const auto c = std::to_integer<unsigned char>(byte);
      if (c >= 0x20 && c < 0x7f) {
        if (c == '\'' || c == '\\') out += '\\';
        out += static_cast<char>(c);
      } else {
        out += "\\x";
        out += digits[c >> 4];
        out += digits[c & 15];
      }
    }
    out += '\'';
    append_more(static_cast<std::uint64_t>(count) - data.size(), out);
  }

  void append_more(std::uint64_t count, std::string& out) {
    if (count != 0) out += "... " + std::to_string(count) + " more";
  }

  // Digits of 30 bits, least significant first. Up to 128 bits are shown, more are counted.
  template <Memory M>
  [[gnu::cold]] std::string read_long(M& memory, Address at) {
    std::uint64_t digits = 0;
    bool negative = false;
    if (layout_.long_object.tag.present()) {
      const auto tag = read_value<std::uint64_t>(memory, layout_.long_object.tag.at(at));
      if (!tag) return "?";
      digits = *tag >> 3;
      negative = (*tag & 3) == 2;
      if ((*tag & 3) == 1) digits = 0;
    } else {
      const std::int64_t count = count_of(memory, at);
      negative = count < 0;
      digits = static_cast<std::uint64_t>(negative ? -count : count);
    }
    constexpr std::uint64_t most = 4;
    if (digits > most) {
      return std::string{negative ? "<negative" : "<"} + (negative ? " int of " : "int of ") +
             std::to_string(digits * 30) + " bits>";
    }
    std::array<std::uint32_t, most> words{};
    const auto into = bytes_of(words).first(static_cast<std::size_t>(digits) * sizeof words[0]);
    if (digits != 0 && !memory.read(layout_.long_object.digits.at(at), into)) return "?";
    // Long division by ten over the four words.
    std::string text;
    bool more = true;
    while (more) {
      std::uint64_t rest = 0;
      more = false;
      for (std::size_t i = words.size(); i-- > 0;) {
        const std::uint64_t value = rest << 30 | words[i];
        words[i] = static_cast<std::uint32_t>(value / 10);
        rest = value % 10;
        more = more || words[i] != 0;
      }
      text.push_back(static_cast<char>('0' + rest));
    }
    if (negative) text.push_back('-');
    std::reverse(text.begin(), text.end());
    return text;
  }

  template <Memory M>
  [[gnu::cold]] void append_float(M& memory, Address at, std::string& out) {
    const auto value = read_value<double>(memory, layout_.float_object.value.at(at));
    if (!value) {
      out += '?';
      return;
    }
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), *value).ptr;
    const std::string_view shown{text.data(), static_cast<std::size_t>(end - text.data())};
    out += shown;
    if (shown.find_first_not_of("-0123456789") == std::string_view::npos) out += ".0";
  }

  template <Memory M>
  [[gnu::cold]] void append_items(M& memory, Address at, std::string_view name, int depth,
                                  char open, char close, Address items, std::string& out) {
    const std::int64_t count = count_of(memory, at);
    if (count < 0 || (count > 0 && !items)) {
      out += '?';
      return;
    }
    if (name != "tuple" && name != "list") out.append(name);
    out += open;
    const auto shown =
        depth > 0 ? std::min(static_cast<std::uint64_t>(count), limits_.items) : std::uint64_t{0};
    for (std::uint64_t i = 0; i < shown; ++i) {
      if (i != 0) out += ", ";
      const auto item = read_value<Address>(memory, items + i * 8);
      append(memory, item.value_or(Address{}), depth - 1, out);
    }
    if (shown == 1 && count == 1 && open == '(') out += ',';
    if (shown != 0 && static_cast<std::uint64_t>(count) > shown) out += ", ";
    append_more(static_cast<std::uint64_t>(count) - shown, out);
    out += close;
  }

  template <Memory M>
  [[gnu::cold]] void append_set(M& memory, Address at, const Head& head, int depth,
                                std::string& out) {
    const auto used = read_value<std::int64_t>(memory, layout_.set.used.at(at));
    const auto mask = read_value<std::int64_t>(memory, layout_.set.mask.at(at));
    const auto table = read_value<Address>(memory, layout_.set.table.at(at));
    if (!used || !mask || !table || *used < 0 || *mask < 0) {
      out += '?';
      return;
    }
    if (head.name == "frozenset") out += "frozenset(";
    out += '{';
    std::uint64_t shown = 0;
    constexpr std::int64_t most_slots = 256;
    for (std::int64_t slot = 0; depth > 0 && slot <= std::min(*mask, most_slots); ++slot) {
      if (shown == std::min(static_cast<std::uint64_t>(*used), limits_.items)) break;
      struct {
        Address key;
        std::int64_t hash;
      } entry{};
      const Address place = *table + static_cast<std::uint64_t>(slot) * sizeof entry;
      if (!memory.read(place, bytes_of(entry))) break;
      if (!entry.key || entry.hash == -1) continue;
      if (shown++ != 0) out += ", ";
      append(memory, entry.key, depth - 1, out);
    }
    if (shown != 0 && static_cast<std::uint64_t>(*used) > shown) out += ", ";
    append_more(
        static_cast<std::uint64_t>(*used) - std::min(shown, static_cast<std::uint64_t>(*used)),
        out);
    out += head.name == "frozenset" ? "})" : "}";
  }

  template <Memory M>
  [[gnu::cold]] void append_dict(M& memory, Address at, int depth, std::string& out) {
    constexpr std::size_t most_looked_at = 64;
    const auto used = read_value<std::int64_t>(memory, layout_.dict.used.at(at));
    if (!used || *used < 0) {
      out += '?';
      return;
    }
    const auto count = static_cast<std::uint64_t>(*used);
    const std::uint64_t wanted = depth > 0 ? std::min(count, limits_.items) : 0;
    out += '{';
    std::uint64_t shown = 0;
    if (wanted != 0) {
      const auto items = read_dict(memory, layout_, at, most_looked_at);
      for (std::size_t i = 0; items && i < items->size() && shown < wanted; ++i) {
        if (shown++ != 0) out += ", ";
        append(memory, (*items)[i].key, depth - 1, out);
        out += ": ";
        append(memory, (*items)[i].value, depth - 1, out);
      }
    }
    if (shown != 0 && count > shown) out += ", ";
    append_more(count - shown, out);
    out += '}';
  }

  L layout_;
  ValueLimits limits_;
  int reads_ = 0;
};

}  // namespace tachyon
