#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <tachyon/collect/call_tree.hpp>

namespace tachyon {

// What the leaf frames were executing. `known` leaves out samples whose leaf has no instruction
// (<GC>, <native>, runs without --opcodes).
struct OpcodeRow {
  OpcodeId opcode{};
  Totals totals{};
};

struct OpcodeUse {
  std::vector<OpcodeRow> rows;  // most samples first, then by first appearance
  Totals known{};
  Totals specialized{};
};

template <class Keep = EveryCell>
OpcodeUse opcode_table(const CallTree& tree, Measure measure, Keep keep = {}) {
  const FrameTable& frames = tree.frames();
  std::vector<OpcodeRow> rows(frames.opcode_count());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    rows[i].opcode = OpcodeId{static_cast<std::uint16_t>(i)};
  }
  for (const Cell& cell : tree.cells()) {
    if (cell.stack == StackId::empty || !keep(cell)) continue;
    const OpcodeId opcode = frames[frames.leaf(cell.stack)].opcode;
    rows[static_cast<std::uint16_t>(opcode)].totals += cell.totals;
  }
  OpcodeUse out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].totals.samples == 0) continue;
    out.known += rows[i].totals;
    if (frames[rows[i].opcode].specialized) out.specialized += rows[i].totals;
    out.rows.push_back(rows[i]);
  }
  std::stable_sort(out.rows.begin(), out.rows.end(), [&](const OpcodeRow& a, const OpcodeRow& b) {
    return a.totals.*measure > b.totals.*measure;
  });
  return out;
}

}  // namespace tachyon
