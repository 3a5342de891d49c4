#pragma once

#include <cstdint>
#include <vector>

#include <tachyon/codec/cpython_format.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/opcode.hpp>

namespace tachyon {

// What the opcode numbers of a minor version are called, for files that hold bare numbers. Empty
// when no table of that version is compiled in; the numbers then stay numbers.
inline std::vector<cpython_format::OpcodeSpelling> opcode_spellings(std::uint8_t minor) {
  std::vector<cpython_format::OpcodeSpelling> out;
  const auto done =
      with_layout(AllLayouts{}, {minor, false, native_arch}, [&](auto layout) -> Result<void> {
        const Opcodes& opcodes = decltype(layout)::opcodes;
        for (unsigned number = 0; number < 256 && opcodes.known(); ++number) {
          const auto raw = static_cast<std::uint8_t>(number);
          const Opcode opcode = opcodes[raw];
          out.push_back(
              {opcode.name, opcodes.base_of(raw).name, opcode.kind == Opcode::Kind::specialised});
        }
        return {};
      });
  return done ? std::move(out) : std::vector<cpython_format::OpcodeSpelling>{};
}

}  // namespace tachyon
