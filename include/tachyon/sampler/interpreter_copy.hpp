#pragma once

#include <cstdint>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/interner.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/unwind/objects.hpp>

// What every look reads of an interpreter besides its GIL: the head of its list of threads, its
// collector, and two counters. Nearly all of it lies within 900 bytes. The counter of released
// thread indices, which only free-threaded builds from 3.14 on have, lies some 10 KB behind them
// and is a range of its own:
//
//   | ... | threads | gc | code objects freed | ...  10 KB  ... | indices released | ...
//         `-------------- one range ----------'                 `--- another one --'
namespace tachyon {

class InterpreterCopy {
 public:
  template <class L>
  [[gnu::noinline]] void add_ranges(const L& layout, Address interpreter, std::vector<Range>& out) {
    out.push_back(near_.range(interpreter, layout));
    const auto released = layout.interpreter.tlbc_generation;
    if (released.present()) out.push_back({released.at(interpreter), bytes_of(released_indices_)});
  }

  // A member that lies in the first range; zero where this build has none.
  template <class L, class T>
  T value(const L& layout, Field<T> field) const noexcept {
    return near_.value(layout, field);
  }
  // How often a thread that ended gave back the index under which its copies of the bytecode are.
  std::uint32_t released_indices() const noexcept { return released_indices_; }

 private:
  StructCopy<copies::Interpreter> near_{};
  std::uint32_t released_indices_ = 0;
};

// A number that is another one after an index was released in any of these interpreters.
template <class Interpreters>
std::uint64_t released_indices(const Interpreters& interpreters) noexcept {
  std::uint64_t sum = 0;
  for (const auto& each : interpreters) {
    sum = mix_bits(sum + each.at.value + each.copy.released_indices());
  }
  return sum;
}

}  // namespace tachyon
