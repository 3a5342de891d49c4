#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>
#include <tachyon/live/format.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/screen.hpp>

// What the selected function was executing, instruction by instruction (--opcodes). Only the
// innermost frame of a stack executes something, so only direct samples count.
namespace tachyon::live {

namespace detail {

struct OpcodeShare {
  OpcodeId opcode{};
  Totals totals{};
};

inline std::vector<OpcodeShare> opcodes_of(const Model& model, FunctionId function) {
  std::vector<OpcodeShare> out;
  model.figures().each_opcode(function, [&](OpcodeId opcode, const Totals& totals) {
    out.push_back({opcode, totals});
  });
  std::sort(out.begin(), out.end(), [](const OpcodeShare& a, const OpcodeShare& b) {
    return a.totals.weight != b.totals.weight ? a.totals.weight > b.totals.weight
                                              : a.opcode < b.opcode;
  });
  return out;
}

}  // namespace detail

inline void draw_opcode_panel(Screen& screen, int row, int rows, const Model& model,
                              std::optional<FunctionId> function) {
  screen.fill(row, 0, screen.columns(), screen.unicode() ? U'\u2500' : U'-', {Ink::rule});
  Pen title{screen, row, 2};
  title.put(" Opcodes ", Ink::strong);
  const int end = row + rows;
  if (!function) {
    screen.put(row + 1, 2, "no function is selected", Ink::dim);
    return;
  }
  title.put("of ", Ink::dim).put(model.frames()[model.frames()[*function].name], Ink::function);
  title.put(" ");
  const std::vector<detail::OpcodeShare> all = detail::opcodes_of(model, *function);
  if (all.empty()) {
    screen.put(row + 1, 2, "no instruction of this function was seen executing yet", Ink::dim);
    return;
  }
  std::uint64_t whole = 0;
  for (const detail::OpcodeShare& each : all) whole += each.totals.weight;
  const auto shown = std::min<std::size_t>({all.size(), 8, static_cast<std::size_t>(rows - 1)});
  for (std::size_t i = 0; i < shown; ++i) {
    const ExecutedOpcode& opcode = model.frames()[all[i].opcode];
    const int at = row + 1 + static_cast<int>(i);
    const double share = ratio_of(all[i].totals.weight, whole);
    draw_bar(screen, at, 2, 20, share, opcode.specialized ? Ink::good : Ink::bar);
    Pen pen{screen, at, 24};
    pen.put(model.frames()[opcode.name], Ink::strong);
    if (opcode.specialized) pen.put(" (").put(model.frames()[opcode.base], Ink::dim).put(")");
    std::string figures = percent(100 * share) + " (";
    append_number(figures, all[i].totals.samples);
    figures += ')';
    pen.put(" ").put(figures);
  }
  if (all.size() > shown && row + 1 + static_cast<int>(shown) < end) {
    const std::string more = "... and " + std::to_string(all.size() - shown) + " more opcodes";
    screen.put(row + 1 + static_cast<int>(shown), 2, more, Ink::dim);
  }
}

}  // namespace tachyon::live
