#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/code_table.hpp>
#include <tachyon/collect/display_names.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/opcode_table.hpp>
#include <tachyon/collect/percent.hpp>

// The table that a profile is read as first: one row per function (or per executing line), with the
// columns, units, order and legend that CPython's own sampling profiler prints.
//
//          nsamples   sample%   tottime (ms)    cumul%   cumtime (ms)  filename:lineno(function)
//               5/7      25.0          5.000      35.0          8.000  util.py:14(Tree.walk)
//
// Four things differ on purpose. Times are the elapsed time that samples stand for, not their
// number times the interval that was asked for, so lost and late samples do not shrink them. Shares
// are shares of that time, and the order is, but where `samples` are asked for; see measure_of(). Files
// of equal base name stay apart, each shown with as much of its path as tells it from the others.
// The summary judges all functions, not only the rows that the limit left. With opcodes, a second
// table says what the interpreter was executing and how much of it ran specialised.
namespace tachyon {

enum class PstatsSort : std::uint8_t {
  samples,             // nsamples
  sample_percent,      // sample-pct
  time,                // tottime
  cumulative_time,     // cumtime
  cumulative_percent,  // cumul-pct
  cumulative_samples,  // nsamples-cumul
  name,
};

struct PstatsOptions {
  Detail detail = Detail::function;
  PstatsSort sort = PstatsSort::sample_percent;
  std::uint32_t limit = 15;
  bool summary = true;
  bool colour = false;
};

class PstatsWriter {
 public:
  using Options = PstatsOptions;
  explicit PstatsWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const;

 private:
  struct Table {
    FoldedTree folded;
    CodeTable code;
    DisplayNames names;
  };
  enum class Ink : std::uint8_t { heading, file, line, function };

  void append_inked(std::string& out, Ink ink, std::string_view text) const;
  std::vector<std::uint32_t> sorted_rows(const Table& table, const FrameTable& frames,
                                         Measure measure) const;
  void append_rows(std::string& out, const Table& table, const std::vector<std::uint32_t>& shown,
                   Measure measure) const;
  void append_legend(std::string& out, Measure measure) const;
  void append_summary(std::string& out, const CallTree& tree, Measure measure) const;
  void append_opcodes(std::string& out, const CallTree& tree, Measure measure) const;

  Options options_;
};

using Pstats = FromTree<PstatsWriter>;

namespace detail {

inline void append_right(std::string& out, std::string_view text, std::size_t width) {
  if (text.size() < width) out.append(width - text.size(), ' ');
  out += text;
}

// A number column, two blanks before it. The unit's mu is one column but two bytes.
inline void append_cell(std::string& out, double value, int decimals, std::size_t width) {
  std::string digits;
  append_fixed(digits, value, decimals);
  out += "  ";
  append_right(out, digits, width);
}

struct TimeColumn {
  TimeUnit unit{};
  std::string title{};
  std::size_t width = 12;

  TimeColumn(std::string_view name, std::uint64_t largest) : unit{unit_for(largest)} {
    title.append(name).append(" (").append(unit.name).append(")");
    const std::size_t columns = title.size() - (unit.name.size() > 2 ? 1 : 0);
    width = std::max(width, columns);
    title.insert(0, width - columns, ' ');
  }
};

}  // namespace detail

template <Sink S>
void PstatsWriter::write(S& sink, const CallTree& tree, const Run& run) const {
  FoldedTree folded = fold(tree, options_.detail);
  CodeTable code = code_table(folded);
  std::string out;
  if (code.total.samples == 0) {
    out += "No samples were collected.\n";
    if (run.mode == ModeKind::cpu) {
      out += "In cpu mode this means that no thread was running: all of them waited or slept.\n";
    }
    sink.put(out);
    return;
  }
  DisplayNames names{tree.frames(), folded.keys};
  const Table table{std::move(folded), std::move(code), std::move(names)};
  const Measure measure = measure_of(run);
  std::vector<std::uint32_t> shown = sorted_rows(table, tree.frames(), measure);
  if (shown.size() > options_.limit) shown.resize(options_.limit);
  append_inked(out, Ink::heading, "Profile Stats:");
  out += '\n';
  append_rows(out, table, shown, measure);
  append_legend(out, measure);
  if (options_.summary) append_summary(out, tree, measure);
  append_opcodes(out, tree, measure);
  if (const std::uint64_t bare = tree.total().samples - table.code.total.samples; bare != 0) {
    out += "\n";
    append_number(out, bare);
    out += bare == 1 ? " sample had no Python frame and is in no row.\n"
                     : " samples had no Python frame and are in no row.\n";
  }
  sink.put(out);
}

inline void PstatsWriter::append_inked(std::string& out, Ink ink, std::string_view text) const {
  constexpr std::string_view start[] = {"\x1b[1;34m", "\x1b[32m", "\x1b[33m", "\x1b[36m"};
  if (options_.colour) out += start[static_cast<std::size_t>(ink)];
  out += text;
  if (options_.colour) out += "\x1b[0m";
}

// Rows that are equal are ordered by the other of the two figures: the caller of everything is not lost
// among functions that were seen for a moment.
inline std::vector<std::uint32_t> PstatsWriter::sorted_rows(const Table& table,
                                                            const FrameTable& frames,
                                                            Measure measure) const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < table.code.rows.size(); ++i) {
    if (table.code.rows[i].cumulative.samples != 0) order.push_back(i);
  }
  using Figure = Totals CodeRow::*;
  const auto descending = [&](Figure figure, Measure by) {
    const Figure other = figure == &CodeRow::direct ? &CodeRow::cumulative : &CodeRow::direct;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const CodeRow &x = table.code.rows[a], &y = table.code.rows[b];
      if (x.*figure.*by != y.*figure.*by) return x.*figure.*by > y.*figure.*by;
      return x.*other.*by > y.*other.*by;
    });
  };
  switch (options_.sort) {
    case PstatsSort::samples:
      descending(&CodeRow::direct, &Totals::samples);
      break;
    case PstatsSort::sample_percent:
      descending(&CodeRow::direct, measure);
      break;
    case PstatsSort::time:
      descending(&CodeRow::direct, &Totals::weight);
      break;
    case PstatsSort::cumulative_time:
      descending(&CodeRow::cumulative, &Totals::weight);
      break;
    case PstatsSort::cumulative_percent:
      descending(&CodeRow::cumulative, measure);
      break;
    case PstatsSort::cumulative_samples:
      descending(&CodeRow::cumulative, &Totals::samples);
      break;
    case PstatsSort::name:
      std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const CodeKey &x = table.folded.keys[a], &y = table.folded.keys[b];
        if (x.file != y.file) return frames[x.file] < frames[y.file];
        if (x.line != y.line) return x.line < y.line;
        return frames[x.name] < frames[y.name];
      });
      break;
  }
  return order;
}

inline void PstatsWriter::append_rows(std::string& out, const Table& table,
                                      const std::vector<std::uint32_t>& shown,
                                      Measure measure) const {
  std::uint64_t largest_direct = 0, largest_cumulative = 0;
  for (const std::uint32_t i : shown) {
    largest_direct = std::max(largest_direct, table.code.rows[i].direct.weight);
    largest_cumulative = std::max(largest_cumulative, table.code.rows[i].cumulative.weight);
  }
  const detail::TimeColumn direct_time{"tottime", largest_direct};
  const detail::TimeColumn cumulative_time{"cumtime", largest_cumulative};
  append_inked(out, Ink::heading,
               "       nsamples   sample%  " + direct_time.title + "    cumul%  " +
                   cumulative_time.title + "  filename:lineno(function)");
  out += '\n';
  const std::uint64_t total = table.code.total.*measure;
  for (const std::uint32_t i : shown) {
    const CodeRow& row = table.code.rows[i];
    std::string counts;
    append_number(counts, row.direct.samples);
    counts += '/';
    append_number(counts, row.cumulative.samples);
    detail::append_right(out, counts, 15);
    detail::append_cell(out, percent_of(row.direct.*measure, total), 1, 8);
    detail::append_cell(out, direct_time.unit.of(row.direct.weight), 3, direct_time.width);
    detail::append_cell(out, percent_of(row.cumulative.*measure, total), 1, 8);
    detail::append_cell(out, cumulative_time.unit.of(row.cumulative.weight), 3,
                        cumulative_time.width);
    out += "  ";
    append_inked(out, Ink::file, table.names.file(table.folded.keys[i]));
    out += ':';
    append_inked(out, Ink::line, std::to_string(table.folded.keys[i].line));
    out += '(';
    append_inked(out, Ink::function, table.names.function(table.folded.keys[i]));
    out += ")\n";
  }
}

inline void PstatsWriter::append_legend(std::string& out, Measure measure) const {
  const std::string of_all =
      measure == &Totals::samples ? "share of all samples" : "share of all time";
  out += '\n';
  append_inked(out, Ink::heading, "Legend:");
  out += R"(
  nsamples: samples where it was executing itself / where it was anywhere on the stack
  sample%: )";
  out += of_all + R"( where it was executing itself
  tottime: time it was executing itself
  cumul%: )";
  out += of_all + R"( where it was anywhere on the stack
  cumtime: time it was anywhere on the stack, what it called included
  filename:lineno(function): )";
  out += options_.detail == Detail::function ? "where the function is defined, and its name\n"
                                             : "the line that was executing, and its function\n";
}

inline void PstatsWriter::append_summary(std::string& out, const CallTree& tree,
                                         Measure measure) const {
  const FoldedTree folded = fold(tree, Detail::function);
  const CodeTable code = code_table(folded);
  const DisplayNames names{tree.frames(), folded.keys};
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < code.rows.size(); ++i) {
    if (code.rows[i].cumulative.samples != 0) order.push_back(i);
  }
  const auto indirect = [&](std::uint32_t i) {
    return code.rows[i].cumulative.samples - code.rows[i].direct.samples;
  };
  const auto place = [&](std::uint32_t i) {
    out.append(names.file(folded.keys[i])).append(":(");
    out.append(names.function(folded.keys[i])).append(")\n");
  };
  // The three best of those that `counts`, by `score`; more samples decide between equals.
  const auto section = [&](std::string_view title, auto counts, auto score, auto line) {
    std::vector<std::uint32_t> best;
    std::copy_if(order.begin(), order.end(), std::back_inserter(best), counts);
    std::stable_sort(best.begin(), best.end(), [&](std::uint32_t a, std::uint32_t b) {
      if (score(a) != score(b)) return score(a) > score(b);
      return code.rows[a].cumulative.samples > code.rows[b].cumulative.samples;
    });
    if (best.size() > 3) best.resize(3);
    if (best.empty()) return;
    out += '\n';
    append_inked(out, Ink::heading, title);
    out += '\n';
    for (const std::uint32_t i : best) {
      out += "  ";
      line(i);
      place(i);
    }
  };
  const auto direct = [&](std::uint32_t i) { return code.rows[i].direct.samples; };
  const auto cumulative = [&](std::uint32_t i) { return code.rows[i].cumulative.samples; };
  // Calls are counted, shares are measured.
  const std::uint64_t total = code.total.*measure;

  out += '\n';
  append_inked(out, Ink::heading, "Summary of Interesting Functions:");
  out += '\n';
  section(
      "Highest direct/cumulative ratio (hot spots):", [&](auto i) { return direct(i) > 0; },
      [&](auto i) { return ratio_of(direct(i), cumulative(i)); },
      [&](auto i) {
        append_fixed(out, ratio_of(direct(i), cumulative(i)), 3);
        out += " direct/cumulative ratio, ";
        append_fixed(out, percent_of(code.rows[i].direct.*measure, total), 1);
        out += measure == &Totals::samples ? "% direct samples: " : "% direct time: ";
      });
  section(
      "Highest call frequency (indirect calls):", [&](auto i) { return indirect(i) > 0; }, indirect,
      [&](auto i) {
        append_number(out, indirect(i));
        out += " indirect calls, ";
        append_fixed(out, percent_of(code.rows[i].cumulative.*measure, total), 1);
        out += "% total stack presence: ";
      });
  section(
      "Highest call magnification (cumulative/direct):",
      [&](auto i) { return direct(i) > 0 && indirect(i) > 0; },
      [&](auto i) { return ratio_of(cumulative(i), direct(i)); },
      [&](auto i) {
        append_fixed(out, ratio_of(cumulative(i), direct(i)), 1);
        out += "x call magnification, ";
        append_number(out, indirect(i));
        out += " indirect calls from ";
        append_number(out, direct(i));
        out += " direct: ";
      });
}

inline void PstatsWriter::append_opcodes(std::string& out, const CallTree& tree,
                                         Measure measure) const {
  const OpcodeUse table = opcode_table(tree, measure);
  if (table.known.samples == 0) return;
  const FrameTable& frames = tree.frames();
  const std::size_t count = std::min<std::size_t>(table.rows.size(), options_.limit);
  std::size_t opcode_width = 6, base_width = 4;
  for (std::size_t i = 0; i < count; ++i) {
    const ExecutedOpcode& opcode = frames[table.rows[i].opcode];
    opcode_width = std::max(opcode_width, printable(frames[opcode.name]).size());
    base_width = std::max(base_width, printable(frames[opcode.base]).size());
  }
  const auto left = [](std::string& to, const std::string& text, std::size_t width) {
    to.append("  ").append(text).append(width - std::min(width, text.size()), ' ');
  };
  std::string titles = "       nsamples   sample%";
  left(titles, "opcode", opcode_width);
  left(titles, "base", base_width);
  out += '\n';
  append_inked(out, Ink::heading, "Opcodes:");
  out += '\n';
  append_inked(out, Ink::heading, titles + "  specialized");
  out += '\n';
  for (std::size_t i = 0; i < count; ++i) {
    const ExecutedOpcode& opcode = frames[table.rows[i].opcode];
    std::string samples;
    append_number(samples, table.rows[i].totals.samples);
    detail::append_right(out, samples, 15);
    detail::append_cell(out, percent_of(table.rows[i].totals.*measure, table.known.*measure), 1, 8);
    left(out, printable(frames[opcode.name]), opcode_width);
    left(out, printable(frames[opcode.base]), base_width);
    out += opcode.specialized ? "  yes\n" : "  no\n";
  }
  append_fixed(out, percent_of(table.specialized.*measure, table.known.*measure), 1);
  out += "% of ";
  append_number(out, table.known.samples);
  out += " samples with a known instruction ran specialized code.\n";
}

}  // namespace tachyon
