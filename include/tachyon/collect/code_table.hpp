#pragma once

#include <cstdint>
#include <vector>

#include <tachyon/base/interner.hpp>
#include <tachyon/collect/folded_tree.hpp>

// One row per place in code and one edge per caller and callee, out of a folded tree.
//
//   direct       samples whose leaf is there
//   cumulative   samples with it anywhere on the stack, counted once however often it recurs
//   edges        every adjacent pair on every stack, recursion included
//
// "Once per stack" needs no look at each stack: a node adds its inclusive total exactly when no
// node above it has the same code, and one walk from the root knows that from a counter per code.
namespace tachyon {

struct CodeRow {
  Totals direct{};
  Totals cumulative{};
};

struct CallEdge {
  std::uint32_t caller = 0;  // indices of FoldedTree::keys
  std::uint32_t callee = 0;
  Totals totals{};
};

struct CodeTable {
  std::vector<CodeRow> rows;    // by code; all zero for code without kept samples
  std::vector<CallEdge> edges;  // by first appearance
  Totals total{};               // all samples that have a frame = sum of direct
};

namespace detail {

inline void add_cumulative(const FoldedTree& tree, std::vector<CodeRow>& rows) {
  const Children children{tree};
  std::vector<std::uint32_t> on_path(rows.size(), 0);
  std::uint32_t node = 0;
  const auto leave = [&](std::uint32_t n) {
    if (n != 0) --on_path[tree.nodes[n].code];
  };
  while (true) {  // depth first without recursion: down, else right, else up until there is a right
    if (node != 0 && on_path[tree.nodes[node].code]++ == 0) {
      rows[tree.nodes[node].code].cumulative += tree.nodes[node].inclusive;
    }
    if (children.first[node] != 0) {
      node = children.first[node];
      continue;
    }
    while (node != 0 && children.next[node] == 0) {
      leave(node);
      node = tree.nodes[node].parent;
    }
    if (node == 0) return;
    leave(node);
    node = children.next[node];
  }
}

}  // namespace detail

inline CodeTable code_table(const FoldedTree& tree) {
  CodeTable out;
  out.rows.resize(tree.keys.size());
  Interner<detail::FoldKey> pairs;
  for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
    const FoldedTree::Node& node = tree.nodes[i];
    out.rows[node.code].direct += node.self;
    out.total += node.self;
    if (node.parent == 0) continue;
    const std::uint32_t caller = tree.nodes[node.parent].code;
    const std::uint32_t edge = pairs.intern({caller, node.code});
    if (edge == out.edges.size()) out.edges.push_back({caller, node.code, {}});
    out.edges[edge].totals += node.inclusive;
  }
  detail::add_cumulative(tree, out.rows);
  return out;
}

}  // namespace tachyon
