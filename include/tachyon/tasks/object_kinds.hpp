#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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
    if (*type == types_.coroutine_type || *type == types_.generator_type) {
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
    } else if (flags) {
      const std::string name = values_.type_name(memory, type);
      if (name == "coroutine" || name == "generator" || name == "async_generator") {
        kind = ObjectKind::generator;
      } else if (name == "async_generator_asend" || name == "async_generator_athrow" ||
                 name == "coroutine_wrapper") {
        kind = ObjectKind::wrapper;
      }
    }
    if (kinds_.size() >= most_types) kinds_.clear();
    kinds_.emplace(type.value, kind);
    return kind;
  }

  L layout_;
  WellKnown types_;
  ValueReader<L> values_;
  std::unordered_map<std::uint64_t, ObjectKind> kinds_;  // by type
};

}  // namespace tachyon
