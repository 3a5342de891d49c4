#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>

#include <tachyon/layout/concept.hpp>
#include <tachyon/memory/gathered.hpp>
#include <tachyon/target/runtime.hpp>
#include <tachyon/unwind/values.hpp>

namespace tachyon {

enum class ObjectKind : std::uint8_t {
  other,
  text,
  number,
  generator,  // a coroutine, or a generator that is awaited like one
  wrapper,    // stands between a coroutine and the generator that it drives
};

// Which of the kinds that tasks are made of an object is, by its type. Types are few, and each is
// read once.
//
// Not all types of the interpreter can be found by a symbol: the others are known by their names.
// They are static types, and their names contain no module. A class of Python, or a type of an
// extension, may have the same name, but is another kind of object: Cython's coroutines are
// instances of `_cython_3_0.coroutine`.
template <class L>
class ObjectKinds {
 public:
  ObjectKinds(const L& layout, const WellKnown& types)
      : layout_{layout}, types_{types}, values_{layout} {}

  template <Memory M>
  ObjectKind of(Gathered<M>& memory, Address object) {
    if (!object) return ObjectKind::other;
    const auto type = read_value<Address>(memory, layout_.object.type.at(object));
    if (!type || !*type) return ObjectKind::other;
    if (*type == types_.coroutine_type || *type == types_.generator_type ||
        *type == types_.async_generator_type) {
      return ObjectKind::generator;
    }
    if (const auto known = kinds_.find(type->value); known != kinds_.end()) return known->second;
    return of_new_type(memory, *type);
  }

  // A number as text.
  template <Memory M>
  std::string number(Gathered<M>& memory, Address object) {
    return values_.show(memory, object);
  }

 private:
  template <Memory M>
  [[gnu::cold]] ObjectKind of_new_type(Gathered<M>& memory, Address type) {
    constexpr std::size_t most_types = 4096;
    ObjectKind kind = ObjectKind::other;
    const auto flags = read_value<std::uint64_t>(memory, layout_.type_object.flags.at(type));
    if (flags && layout_.type_flags.unicode_subclass.in(*flags)) {
      kind = ObjectKind::text;
    } else if (flags && layout_.type_flags.long_subclass.in(*flags)) {
      kind = ObjectKind::number;
    } else if (flags && (*flags & heap_type) == 0) {
      kind = of_static_type(memory, type);
    }
    if (kinds_.size() >= most_types) kinds_.clear();
    kinds_.emplace(type.value, kind);
    return kind;
  }

  template <Memory M>
  [[gnu::cold]] ObjectKind of_static_type(Gathered<M>& memory, Address type) {
    const auto at = read_value<Address>(memory, layout_.type_object.name.at(type));
    if (!at) return ObjectKind::other;
    std::array<char, 33> text{};
    // In small steps: a short name may end right before memory that is not mapped.
    for (std::size_t i = 0; i < 32 && std::strlen(text.data()) == i; i += 8) {
      if (!memory.read(*at + i, bytes_of(text).subspan(i, 8))) break;
    }
    const std::string_view name{text.data()};
    if (name == "coroutine" || name == "generator" || name == "async_generator") {
      return ObjectKind::generator;
    }
    const bool wraps = name == "async_generator_asend" || name == "async_generator_athrow" ||
                       name == "coroutine_wrapper" || name == "anext_awaitable";
    return wraps ? ObjectKind::wrapper : ObjectKind::other;
  }

  // Py_TPFLAGS_HEAPTYPE, which is part of the stable ABI.
  static constexpr std::uint64_t heap_type = 1U << 9;

  L layout_;
  WellKnown types_;
  ValueReader<L> values_;
  std::unordered_map<std::uint64_t, ObjectKind> kinds_;  // by type
};

}  // namespace tachyon
