#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/base/view.hpp>
#include <tachyon/unwind/values.hpp>

namespace tachyon {

struct LocalVariable {
  std::string name{};
  std::string value{};

  friend bool operator==(const LocalVariable&, const LocalVariable&) = default;
};

// The local variables of a frame, in the order in which the compiler numbered them: parameters,
// locals, then cells and free variables (whose contents are shown, not the cell). Unset ones are
// left out. A frame keeps them behind its fixed part:
//
//   | fixed part | local 0 | local 1 | ... | evaluation stack ...
template <class L, Memory M>
std::vector<LocalVariable> read_locals(M& memory, const L& layout, Address frame, Address code,
                                       ValueReader<L>& values) {
  constexpr std::int32_t most = 256;
  std::vector<LocalVariable> out;
  StructCopy<copies::Code> head;
  if (!head.fetch(memory, code, layout)) return out;
  const std::int32_t count = head[layout.code.nlocalsplus];
  const Address names = head[layout.code.localsplusnames];
  if (count <= 0 || !names) return out;
  const auto kinds = read_bytes(memory, layout, head[layout.code.localspluskinds], 1 << 16);
  const auto slots = static_cast<std::size_t>(std::min(count, most));
  std::vector<Address> references(slots);
  if (!memory.read(layout.frame.localsplus.at(frame), bytes_of(references))) {
    return out;
  }
  for (std::size_t i = 0; i < slots; ++i) {
    Address value = references[i];
    if ((value.value & layout.traits.executable_mask) == 0) continue;
    const auto name_at = read_value<Address>(memory, layout.tuple.items.at(names) + i * 8);
    const auto name =
        name_at ? read_text(memory, layout, *name_at) : Result<std::string>{Errc::torn};
    if (!name) continue;
    const std::uint64_t kind =
        kinds && i < kinds->size() ? std::to_integer<std::uint64_t>((*kinds)[i]) : 0;
    std::string text = values.show(memory, value);
    const bool cell = layout.local_kinds.cell.in(kind) || layout.local_kinds.free.in(kind);
    if (cell && text == "<cell object>") {
      // A cell holds one reference behind its head.
      const Address object{value.value & layout.traits.executable_mask};
      const auto held = read_value<Address>(memory, object + layout.object.size);
      if (!held || !*held) continue;
      text = values.show(memory, *held);
    }
    out.push_back({std::move(*name), std::move(text)});
  }
  return out;
}

}  // namespace tachyon
