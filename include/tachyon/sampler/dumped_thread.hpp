#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/sample/shared_tables.hpp>
#include <tachyon/sample/stack_builder.hpp>
#include <tachyon/sampler/thread_reader.hpp>
#include <tachyon/tasks/graph.hpp>
#include <tachyon/unwind/locals.hpp>

// What a dump shows of a thread: its frames and, where asked for, the values of their variables.
namespace tachyon {

struct DumpedFrame {
  FrameId frame{};
  std::vector<LocalVariable> locals{};
  bool locals_changed = false;  // while they were read; those that did are left out
};

struct DumpedThread {
  ThreadIndex thread{};
  Status status{};
  std::vector<DumpedFrame> frames{};  // oldest first
  Error problem{};                    // why the stack is not whole; ok: it is
  bool task = false;                  // the stack of an asyncio task; the thread may have ended
  std::size_t innermost = no_node;    // its task among those of the dump, if it has one
};

struct DumpedTask {
  TaskNode node{};
  ThreadIndex thread{};
};

namespace detail {

// The frames of a stack. Synthetic frames stand between the links of the chain, in the same order.
// Returns which link each frame is; past the end: none.
inline std::vector<std::size_t> fill_frames(const Chain& chain, StackId stack, SharedTables& tables,
                                            DumpedThread& out) {
  std::vector<FrameId> frames;
  std::vector<FrameKind> kinds;
  tables.with([&](Tables& all) {
    all.frames.frames_of(stack, frames);
    for (const FrameId frame : frames) kinds.push_back(all.frames[frame].kind);
  });
  std::vector<std::size_t> links;
  std::size_t link = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    out.frames.push_back({frames[i]});
    links.push_back(chain.size());
    if (kinds[i] != FrameKind::python) continue;
    while (link < chain.size() && !chain[link].shown) ++link;
    if (link < chain.size()) links.back() = link++;
  }
  return links;
}

// Thousands of stacks of thousands of tasks each are too many frames: all stacks together have so
// many at most, and those beyond that keep their innermost ones.
inline void keep_innermost(DumpedThread& shown, std::size_t& left, SharedTables& tables) {
  constexpr std::size_t kept = 64;
  std::vector<DumpedFrame>& frames = shown.frames;
  if (frames.size() > std::max(left, kept)) {
    const std::size_t cut = frames.size() - kept;
    frames.erase(frames.begin(), frames.begin() + static_cast<std::ptrdiff_t>(cut));
    const std::string name = "<truncated: " + std::to_string(cut) + " frames>";
    const FrameId root = StackBuilder{tables}.synthetic(name, FrameKind::truncated);
    frames.insert(frames.begin(), {root});
  }
  left -= std::min(left, frames.size());
}

// Is this link what it was? The youngest, too, stands where it stood: otherwise it may have been left
// and entered again, and what is the same at two moments would be what entering it leaves behind.
template <class L, Memory M>
bool is_still(M& memory, const L& layout, const Link& link) {
  StructCopy<copies::Frame> copy;
  return copy.fetch(memory, link.at, layout) &&
         link.same_as(raw_frame(layout, link.at, copy.bytes()));
}

// How many links of the chain, from the outermost on, are what they were.
template <class L, Memory M>
std::size_t count_standing(M& memory, const L& layout, ThreadReader<L>& reader) {
  const Chain& chain = reader.chain();
  std::size_t standing = 0;
  while (standing < chain.size() &&
         (chain[standing].code == nullptr || is_still(memory, layout, chain[standing]))) {
    ++standing;
  }
  if (standing == chain.size() && standing != 0 && !reader.still_runs(memory)) --standing;
  return standing;
}

// The locals of every frame. Of a target that runs on they are read twice, and the frames before,
// between and after. What is the same each time was so all the while, or the thread came back to
// the very instruction three times:
//
//   chain ... | frames | values | frames | values | frames |
//
// (Read once, 3 to 22 of 100 dumps of a busy program showed values of frames that had come since.)
// False: some frames had gone; they and those above them get no values.
template <class L, Memory M>
bool fill_locals(M& memory, const L& layout, ThreadReader<L>& reader,
                 const std::vector<std::size_t>& links, bool still, DumpedThread& out) {
  const Chain& chain = reader.chain();
  ValueReader<L> values{layout};
  const auto read_all = [&] {
    std::vector<std::vector<LocalVariable>> all(links.size());
    for (std::size_t i = 0; i < links.size(); ++i) {
      if (links[i] == chain.size()) continue;
      const Link& link = chain[links[i]];
      all[i] = read_locals(memory, layout, link.at, link.executable, values);
    }
    return all;
  };
  std::size_t standing = still ? chain.size() : count_standing(memory, layout, reader);
  const auto before = read_all();
  if (!still) standing = std::min(standing, count_standing(memory, layout, reader));
  const auto after = still ? before : read_all();
  if (!still) standing = std::min(standing, count_standing(memory, layout, reader));
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (links[i] == chain.size()) continue;
    DumpedFrame& frame = out.frames[i];
    if (links[i] < standing) {
      std::copy_if(before[i].begin(), before[i].end(), std::back_inserter(frame.locals),
                   [&](const LocalVariable& one) {
                     return std::find(after[i].begin(), after[i].end(), one) != after[i].end();
                   });
    }
    frame.locals_changed = frame.locals.size() != before[i].size();
  }
  return standing == chain.size();
}

}  // namespace detail

}  // namespace tachyon
