#pragma once

#include <cstdint>
#include <vector>

#include <tachyon/codec/marshal.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/code_table.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/percent.hpp>

// The file that Python's pstats module loads: a marshalled dict.
//
//   ("__sampled__",): True                       says that counts are samples, not calls; only for
//                                                programs of Python 3.15 and later
//   (file, line, function): (direct, cumulative, direct_seconds, cumulative_seconds,
//                            {caller: samples, ...})
//
// The pstats of earlier versions fails on the mark, and whoever profiled a program of such a
// version has that one at hand. Without the mark every version reads the file:
// "ncalls" are samples then.
//
// Keys hold whole paths. A key is marked when it first appears, whether as a row or as a caller,
// and referred to by number afterwards; a third of the size, and Python shares the tuple too.
namespace tachyon {

struct PstatsFileOptions {
  Detail detail = Detail::function;
};

class PstatsFileWriter {
 public:
  using Options = PstatsFileOptions;
  explicit PstatsFileWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const {
    const FrameTable& frames = tree.frames();
    const FoldedTree folded = fold(tree, options_.detail);
    const CodeTable table = code_table(folded);
    MarshalWriter out{sink};
    constexpr std::uint32_t none = 0xffffffff;
    std::vector<std::uint32_t> known_keys(folded.keys.size(), none);
    std::vector<std::uint32_t> known_texts(frames.string_count(), none);

    const auto put_text = [&](StringId text) {
      std::uint32_t& known = known_texts[static_cast<std::uint32_t>(text)];
      if (known != none) return out.reference(known);
      known = out.mark();
      out.text(frames[text]);
    };
    const auto put_key = [&](std::uint32_t code) {
      if (known_keys[code] != none) return out.reference(known_keys[code]);
      known_keys[code] = out.mark();
      const CodeKey& key = folded.keys[code];
      out.tuple(3);
      put_text(key.file);
      out.integer(key.line);
      put_text(key.name);
    };

    out.begin_dict();
    if (pstats_knows_samples(run.target)) {
      out.tuple(1);
      out.text("__sampled__");
      out.truth(true);
    }
    const std::vector<std::vector<std::uint32_t>> edges = edges_by_callee(table);
    for (std::uint32_t code = 0; code < table.rows.size(); ++code) {
      const CodeRow& row = table.rows[code];
      if (row.cumulative.samples == 0) continue;
      put_key(code);
      out.tuple(5);
      out.integer(static_cast<std::int64_t>(row.direct.samples));
      out.integer(static_cast<std::int64_t>(row.cumulative.samples));
      out.real(seconds_of(row.direct.weight));
      out.real(seconds_of(row.cumulative.weight));
      out.begin_dict();
      for (const std::uint32_t edge : edges[code]) {
        put_key(table.edges[edge].caller);
        out.integer(static_cast<std::int64_t>(table.edges[edge].totals.samples));
      }
      out.end_dict();
    }
    out.end_dict();
  }

 private:
  // A program whose version is not known (0) gets the newest form.
  static bool pstats_knows_samples(const Target& target) noexcept {
    return target.major != 3 || target.minor >= 15;
  }

  static std::vector<std::vector<std::uint32_t>> edges_by_callee(const CodeTable& table) {
    std::vector<std::vector<std::uint32_t>> out(table.rows.size());
    for (std::uint32_t i = 0; i < table.edges.size(); ++i) {
      out[table.edges[i].callee].push_back(i);
    }
    return out;
  }

  Options options_;
};

using PstatsFile = FromTree<PstatsFileWriter>;

}  // namespace tachyon
