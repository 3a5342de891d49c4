#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/apportion.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/thread_names.hpp>

// One line per distinct stack of a thread, root first, and how much time it has, in intervals: so often
// it would have been seen if no sample had been late.
//
//   tid:4242;main.py:<module>:40;util.py:Tree.walk:14 5
//
// which flamegraph.pl, inferno, speedscope and a sort | uniq habit all read. The format has no way
// to quote, so text that would break a line is changed: `;` becomes \x3b, a line end \n, bytes that
// are no UTF-8 \xff, and a blank before digits at the end of a frame `_` (tools take a number there
// for a count). Frames that look the same are the same line:
// sorted by count, most first, then by text.
namespace tachyon {

struct CollapsedOptions {
  bool threads_by_name = false;  // NAME;... instead of tid:NUMBER;...; equal names are one
};

namespace detail {

inline void append_collapsed(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  append_printable(out, text);
  for (std::size_t at = begin; (at = out.find(';', at)) != std::string::npos;) {
    out.replace(at, 1, "\\x3b");
  }
  std::size_t digits = out.size();
  while (digits > begin &&
         ((out[digits - 1] >= '0' && out[digits - 1] <= '9') || out[digits - 1] == '.')) {
    --digits;
  }
  if (digits > begin && digits < out.size() && out[digits - 1] == ' ') out[digits - 1] = '_';
}

inline std::string collapsed_frame(const FrameTable& frames, FrameId id) {
  const Frame& frame = frames[id];
  const std::string_view file = frames.file_of(id);
  std::string out;
  if (file == "~" && frame.location.line == 0) {
    append_collapsed(out, frames.name_of(id));
    return out;
  }
  append_collapsed(out, base_name(file));
  out += ':';
  append_collapsed(out, frames.name_of(id));
  out += ':';
  out += std::to_string(frame.location.line);
  return out;
}

}  // namespace detail

class CollapsedWriter {
 public:
  using Options = CollapsedOptions;
  explicit CollapsedWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const {
    const FrameTable& frames = tree.frames();
    std::map<std::string, CodeKey> key_of_text;
    std::vector<std::string_view> text_of_frame;
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      const Function& function = frames.function_of(FrameId{i});
      const CodeKey key{function.file, function.name, frames[FrameId{i}].location.line};
      text_of_frame.push_back(
          key_of_text.try_emplace(detail::collapsed_frame(frames, FrameId{i}), key).first->first);
    }
    const FoldedTree folded =
        fold(tree, CodeKeys{frames, [&](FrameId id) {
                              return key_of_text
                                  .find(std::string{text_of_frame[static_cast<std::uint32_t>(id)]})
                                  ->second;
                            }});
    std::vector<std::string_view> text_of_code(folded.keys.size());
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      text_of_code[folded.keys.of(FrameId{i})] = text_of_frame[i];
    }
    write_lines(sink, tree, folded, text_of_code, run);
  }

 private:
  struct Line {
    std::uint32_t label = 0;  // its place among the sorted labels
    std::uint32_t node = 0;
    Totals totals{};
    std::uint64_t count = 0;
  };

  std::string label_of(const Thread& thread) const {
    if (!options_.threads_by_name) return "tid:" + std::to_string(thread.id);
    std::string out;
    detail::append_collapsed(out, thread_name(thread));
    return out;
  }

  // One line where several have the same label and node.
  static void sum_equal(std::vector<Line>& lines) {
    std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
      return std::pair{a.label, a.node} < std::pair{b.label, b.node};
    });
    std::size_t kept = 0;
    for (const Line& line : lines) {
      if (kept != 0 && lines[kept - 1].label == line.label && lines[kept - 1].node == line.node) {
        lines[kept - 1].totals += line.totals;
      } else {
        lines[kept++] = line;
      }
    }
    lines.resize(kept);
  }

  // A run whose interval is unknown is counted in samples.
  static void count(std::vector<Line>& lines, const Run& run) {
    std::vector<std::uint64_t> weights;
    weights.reserve(lines.size());
    for (const Line& line : lines) weights.push_back(line.totals.weight);
    const bool by_time = measure_of(run) == &Totals::weight && run.interval != 0;
    const std::vector<std::uint64_t> units = apportion(weights, by_time ? run.interval : 0);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      lines[i].count = by_time && weights[i] != 0 ? units[i] : lines[i].totals.samples;
    }
  }

  // Where each node stands in the order of its text, parents first.
  static std::vector<std::uint32_t> text_order(const FoldedTree& folded,
                                               const std::vector<std::string_view>& text) {
    std::vector<std::vector<std::uint32_t>> children(folded.nodes.size());
    for (std::uint32_t i = 1; i < folded.nodes.size(); ++i) {
      children[folded.nodes[i].parent].push_back(i);
    }
    std::vector<std::uint32_t> rank(folded.nodes.size()), open{0};
    for (std::uint32_t next = 0; !open.empty(); ++next) {
      const std::uint32_t node = open.back();
      open.pop_back();
      rank[node] = next;
      std::sort(children[node].begin(), children[node].end(), [&](auto a, auto b) {
        return text[folded.nodes[a].code] > text[folded.nodes[b].code];
      });
      open.insert(open.end(), children[node].begin(), children[node].end());
    }
    return rank;
  }

  template <Sink S>
  void write_lines(S& sink, const CallTree& tree, const FoldedTree& folded,
                   const std::vector<std::string_view>& text, const Run& run) const {
    const ThreadTable& threads = tree.tables().threads;
    std::map<std::string, std::uint32_t> label_rank;
    for (std::uint32_t i = 0; i < threads.size(); ++i) {
      label_rank[label_of(threads[ThreadIndex{i}])] = 0;
    }
    std::vector<std::string_view> labels;
    for (auto& [label, rank] : label_rank) {
      rank = static_cast<std::uint32_t>(labels.size());
      labels.push_back(label);
    }
    std::vector<std::uint32_t> label_of_thread;
    for (std::uint32_t i = 0; i < threads.size(); ++i) {
      label_of_thread.push_back(label_rank[label_of(threads[ThreadIndex{i}])]);
    }

    std::vector<Line> lines;
    for (const Cell& cell : tree.cells()) {
      if (cell.stack == StackId::empty) continue;
      lines.push_back({label_of_thread[static_cast<std::uint32_t>(cell.thread)],
                       folded.node_of(cell.stack), cell.totals, 0});
    }
    sum_equal(lines);
    count(lines, run);
    const std::vector<std::uint32_t> rank = text_order(folded, text);
    std::sort(lines.begin(), lines.end(), [&](const auto& a, const auto& b) {
      return std::tuple{b.count, a.label, rank[a.node]} <
             std::tuple{a.count, b.label, rank[b.node]};
    });

    std::vector<std::string_view> path;
    for (const Line& line : lines) {
      path.clear();
      for (std::uint32_t node = line.node; node != 0; node = folded.nodes[node].parent) {
        path.push_back(text[folded.nodes[node].code]);
      }
      sink.put(labels[line.label]);
      for (std::size_t i = path.size(); i-- > 0;) {
        sink.put(';');
        sink.put(path[i]);
      }
      std::string count = " ";
      append_number(count, line.count);
      sink.put(count);
      sink.put('\n');
    }
  }

  Options options_;
};

using Collapsed = FromTree<CollapsedWriter>;

}  // namespace tachyon
