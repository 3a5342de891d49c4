#pragma once

#include <cstdint>
#include <string>

#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/page_profile.hpp>
#include <tachyon/render/assets.hpp>
#include <tachyon/render/page.hpp>

// The flame graph: one page with all samples of a run in it, and a script that draws them.
//
// CPython's own page embeds a nested object per node, leaves out what is below 0.1 %, splits
// functions over the lines they were seen at, and refuses programs that are one frame deep. Here
// every node is in the page (page_profile.hpp says how that stays small), merging by function or by
// line is the reader's choice, and any number of samples makes a page, none included.
namespace tachyon {

namespace detail {

inline std::string page_title(const char* what, const Run& run) {
  std::string title = what;
  if (!run.target.command_line.empty())
    title += " \xe2\x80\x93 " + run.target.command_line.substr(0, 120);
  return title + " \xe2\x80\x93 tachyon";
}

}  // namespace detail

class FlamegraphWriter {
 public:
  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const {
    PageProfile profile;
    profile.add(tree, run);
    const PageParts page{assets::flamegraph_head, assets::flamegraph_body, assets::flamegraph_tail};
    put_page(sink, page, detail::page_title("Flame graph", run),
             [&](S& to) { profile.write(to, "flamegraph", {}); });
  }
};

class Flamegraph {
 public:
  struct Options {
    std::uint32_t time_slices = 256;  // how finely the page's strip of time can select
  };

  explicit Flamegraph(const Tables& tables) : Flamegraph{tables, Options{}} {}
  Flamegraph(const Tables& tables, Options options)
      : tree_{tables, CallTree::Options{options.time_slices}} {}

  void add(const Sample& sample) { tree_.add(sample); }
  void end_tick(const Tick& tick) { tree_.end_tick(tick); }

  template <Sink S>
  void write(S& sink, const Run& run) const {
    FlamegraphWriter{}.write(sink, tree_, run);
  }
  const CallTree& tree() const noexcept { return tree_; }

 private:
  CallTree tree_;
};

}  // namespace tachyon
