#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/unwind/frames.hpp>

// A whole stack, read from nothing: chunks copied, links followed, rules applied. This is what
// `dump` does once and what the sampler does when it knows nothing yet or when its shortcut failed.
//
// The result always holds the frames that were good, from the leaf as far as the chain could be
// followed, with the reason why it ended. Only a chain that reached a proper bottom and broke no
// rule is a stack; the rest is for `dump`, which prints a partial stack and says so.
namespace tachyon {

struct WalkLimits {
  std::size_t kept = 65536;             // innermost frames kept; more are counted, not kept
  std::size_t followed = 1 << 20;       // links followed at all
  std::size_t foreign_reads = 1 << 13;  // frames outside the data stack, each a read of its own
};

struct RawStack {
  std::vector<PlacedFrame> frames{};  // leaf first, shims included
  std::uint64_t beyond = 0;           // frames beyond the limit, root side
  bool more_beyond = false;           // ... and at least so many
  Error ended{};                      // why the chain ended early; ok at a proper bottom
  std::size_t foreign_reads = 0;

  void clear() noexcept {
    frames.clear();
    beyond = 0;
    more_beyond = false;
    ended = {};
    foreign_reads = 0;
  }
};

// A generator that runs leads to its caller; one that has yielded since leads nowhere. Only where C
// code runs it and nothing else is it a bottom, and not even there where an entry marks the call.
// One that is being resumed says that it runs and has no caller yet, for a few instructions: so it
// is asked twice, each time for both in one copy. (Asked once and apart, 1 of 8,000 dumps began
// amid a chain of generators.)
template <class L, Memory M>
bool is_run_by_c(M& memory, const L& layout, Address frame) {
  if (layout.traits.has_shims) return false;
  const Field<Address> previous{layout.generator.frame.offset + layout.frame.previous.offset};
  const Address object{frame.value - layout.generator.frame.offset};
  for (int time = 0; time < 2; ++time) {
    StructCopy<copies::GeneratorLink> copy;
    if (!copy.fetch(memory, object, layout)) return false;
    const std::int8_t state = copy.value(layout, layout.generator.frame_state);
    if (!layout.states.executing.is(state) || copy.value(layout, previous)) return false;
  }
  return true;
}

// Follows the chain from `leaf`. `base` is the sentinel at the bottom where the
// interpreter has one.
template <class L, Memory M>
void follow_frames(M& memory, const L& layout, Address leaf, Address base, ChunkCopies& chunks,
                   const WalkLimits& limits, RawStack& out) {
  out.clear();
  const std::size_t size = layout.frame.localsplus.offset;
  StructCopy<copies::Frame> apart;
  RawFrame bottom;
  Address at = leaf;
  for (std::size_t followed = 0; at && at != base; ++followed) {
    if (followed == limits.followed) {
      out.more_beyond = true;
      return;
    }
    Bytes bytes = chunks.find(at, size);
    const bool in_chunk = !bytes.empty();
    if (!in_chunk) {
      if (out.foreign_reads++ == limits.foreign_reads) {
        out.more_beyond = true;
        return;
      }
      if (const auto ok = apart.fetch(memory, at, layout); !ok) {
        out.ended = ok.error();
        return;
      }
      bytes = apart.bytes();
    }
    const RawFrame frame = raw_frame(layout, at, bytes);
    const bool python = !is_shim(layout, frame);
    if (layout.owners.frame_object.is(frame.owner) || (python && !frame.executable) ||
        (in_chunk && frame.previous >= at && chunks.together(frame.previous, at))) {
      out.ended = {Errc::torn, 0, at};
      return;
    }
    if (out.frames.size() < limits.kept) {
      out.frames.emplace_back();
      out.frames.back().frame = frame;
    } else if (python) {
      ++out.beyond;
    }
    at = frame.previous;
    bottom = frame;
  }
  const bool generator = layout.owners.generator.is(bottom.owner) && !is_shim(layout, bottom);
  if (!at && generator && !is_run_by_c(memory, layout, bottom.at)) {
    out.ended = {Errc::torn, 0, bottom.at};
  }
}

// Places the frames, and applies the rules that need code objects: every executable is code, every instruction lies inside it,
// every caller can have the callee that sits on it, neighbours on the data stack touch. The last
// two tell a chain that moved while it was read. Nothing follows from them where the target is
// `still`, nor where they say the same as of the read before, which `known` is.
template <class L, Memory M>
Result<void> check_frames(M& memory, const L& layout, CodeCache<L>& codes, std::uint64_t epoch,
                          const ChunkCopies& chunks, bool still, Doubt& known, RawStack& stack) {
  const RawFrame* callee = nullptr;
  Doubt doubt;
  std::size_t good = stack.frames.size();
  const auto end_at = [&](std::size_t i, Errc code) {
    stack.ended = {code, 0, stack.frames[i].frame.at};
    stack.frames.resize(i);
    return Result<void>{stack.ended};
  };
  for (std::size_t i = 0; i < stack.frames.size(); ++i) {
    PlacedFrame& placed = stack.frames[i];
    const RawFrame& frame = placed.frame;
    if (is_shim(layout, frame)) {
      callee = nullptr;
      continue;
    }
    const auto ok = place_frame(memory, layout, codes, epoch, placed);
    if (!ok) return end_at(std::min(i, good), ok.error().code);
    if (callee != nullptr) {
      const bool both_on_stack = layout.owners.thread.is(callee->owner) &&
                                 layout.owners.thread.is(frame.owner) && !callee->entry;
      const bool apart = both_on_stack && chunks.together(frame.at, callee->at) &&
                         frame.at + placed.code->frame_bytes != callee->at;
      if (apart || !may_call(layout, placed.code->sites[placed.unit], *callee)) {
        doubt.add(frame, *callee);
        good = std::min(good, i);
      }
    }
    callee = &frame;
  }
  const bool again = doubt == std::exchange(known, doubt);
  if (doubt && !again && !still) return end_at(good, Errc::torn);
  return stack.ended.code == Errc::ok ? Result<void>{} : Result<void>{stack.ended};
}

}  // namespace tachyon
