#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/view.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/unwind/objects.hpp>

// Dicts of the target, and attributes of its instances, which are dicts in disguise.
//
// A dict keeps its entries in the order of insertion behind a table of indices. The dicts of
// instances of one class share their keys, and each has only a row of values:
//
//   dict --keys--> | head | indices | key value | key value | ...       its own
//
//   dict --keys--> | head | indices | key  -    | key  -    | ...       shared by the class
//        `-values-> | head | value | value | ...
//
// Most instances have no dict at all: their values are inside them (3.13+), or hang off a word in
// front of them, and the keys are the class's. We read entries in order and never hash: strings are
// hashed with a secret of the process.
namespace tachyon {

struct DictItem {
  Address key{};
  Address value{};
};

// The entries of the keys object at `keys`, with the values from `values` where there is such a
// row. Deleted ones are left out; `most` entries are looked at.
template <class L, Memory M>
Result<std::vector<DictItem>> read_entries(M& memory, const L& layout, Address keys, Address values,
                                           std::size_t most) {
  StructCopy<copies::DictKeys> head;
  if (const auto ok = head.fetch(memory, keys, layout); !ok) return ok.error();
  constexpr unsigned largest_table = 40;
  const unsigned index_bytes = head[layout.dict_keys.log2_index_bytes];
  const std::int64_t there = head[layout.dict_keys.nentries];
  if (index_bytes > largest_table || there < 0) return Error{Errc::bad_value, 0, keys};
  const bool general = layout.keys_kinds.general.is(head[layout.dict_keys.kind]);
  const std::size_t step = general ? layout.dict_entry.size : layout.dict_unicode_entry.size;
  const auto key_field = general ? layout.dict_entry.key : layout.dict_unicode_entry.key;
  const auto value_field = general ? layout.dict_entry.value : layout.dict_unicode_entry.value;
  const std::size_t count = static_cast<std::size_t>(
      std::min<std::uint64_t>(static_cast<std::uint64_t>(there), std::uint64_t{most}));
  if (step < key_field.end() || step < value_field.end()) return Errc::unsupported;

  std::vector<std::byte> entries(count * step);
  const Address first = layout.dict_keys.indices.at(keys) + (std::uint64_t{1} << index_bytes);
  if (count != 0) {
    if (const auto ok = memory.read(first, entries); !ok) return ok.error();
  }
  std::vector<Address> row(values ? count : 0);
  if (!row.empty()) {
    const auto ok = memory.read(layout.dict_values.values.at(values), bytes_of(row));
    if (!ok) return ok.error();
  }
  std::vector<DictItem> items;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes entry = Bytes{entries}.subspan(i * step, step);
    const DictItem item{key_field.in(entry), values ? row[i] : value_field.in(entry)};
    if (item.key && item.value) items.push_back(item);
  }
  return items;
}

template <class L, Memory M>
Result<std::vector<DictItem>> read_dict(M& memory, const L& layout, Address dict,
                                        std::size_t most) {
  StructCopy<copies::Dict> head;
  if (const auto ok = head.fetch(memory, dict, layout); !ok) return ok.error();
  return read_entries(memory, layout, head[layout.dict.keys], head[layout.dict.values], most);
}

// The value whose key is the str `name`; zero: there is none.
template <class L, Memory M>
Address find_item(M& memory, const L& layout, std::span<const DictItem> items,
                  std::string_view name) {
  for (const DictItem& item : items) {
    const auto text = read_text(memory, layout, item.key, name.size() + 1);
    if (text && *text == name) return item.value;
  }
  return {};
}

// An attribute that lies in the instance itself; zero when it has none of that name, or keeps it in
// a way that this build does not tell (a slot, a class of C).
template <class L, Memory M>
Address read_attribute(M& memory, const L& layout, Address object, std::string_view name) {
  constexpr std::size_t most_attributes = 256;
  const auto type = read_value<Address>(memory, layout.object.type.at(object));
  if (!type) return {};
  const auto flags = read_value<std::uint64_t>(memory, layout.type_object.flags.at(*type));
  if (!flags || !layout.type_flags.managed_dict.in(*flags)) return {};
  const auto word = [&](std::int64_t distance) {
    const Address at{object.value + static_cast<std::uint64_t>(distance)};
    return read_value<Address>(memory, at).value_or(Address{});
  };
  Address values, dict;
  if (layout.traits.values_pointer_is_tagged) {
    const Address either = word(layout.traits.values_pointer);
    ((either.value & 1) != 0 ? values : dict) = either + (either.value & 1);
  } else {
    if (!layout.instance.managed_dict.present()) return {};
    dict = word(layout.instance.managed_dict.number);
    if (layout.traits.values_pointer != 0) {
      values = word(layout.traits.values_pointer);
    } else if (layout.type_flags.inline_values.in(*flags) &&
               layout.type_object.basicsize.present()) {
      const auto size =
          read_value<std::int64_t>(memory, layout.type_object.basicsize.at(*type)).value_or(0);
      constexpr std::int64_t largest = 1 << 20;
      if (size > 0 && size < largest) values = object + static_cast<std::uint64_t>(size);
    }
  }
  Result<std::vector<DictItem>> items = Errc::unsupported;
  if (dict) {
    items = read_dict(memory, layout, dict, most_attributes);
  } else if (values && layout.heap_type.cached_keys.present()) {
    const auto keys = read_value<Address>(memory, layout.heap_type.cached_keys.at(*type));
    if (keys && *keys) items = read_entries(memory, layout, *keys, values, most_attributes);
  }
  return items ? find_item(memory, layout, *items, name) : Address{};
}

}  // namespace tachyon
