#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/kernel/record.hpp>
#include <tachyon/unwind/stack.hpp>

// From a record to a raw stack, as following the same frames from outside would give it. The record
// is of one moment, so there is no rule here about what may stand on what: only a chain that no
// interpreter makes is refused.
namespace tachyon::kernel {

namespace detail {

// Frames of one moment lead to the same frames whenever they are followed: if the chain is a loop,
// where it goes on is a frame that it had before.
inline bool is_loop(const Record& record) noexcept {
  std::uint64_t at = record.header().leaf;
  for (std::size_t i = 0; i < record.size(); ++i) {
    if (at == record.header().next) return true;
    at = record.frame(i).previous;
  }
  return false;
}

}  // namespace detail

template <class L>
RawFrame raw_frame(const L& layout, Address at, const RecordFrame& frame) noexcept {
  RawFrame out;
  out.at = at;
  out.executable = {frame.executable & layout.traits.executable_mask};
  out.instruction = {frame.instruction};
  out.previous = {frame.previous};
  out.thread_index = frame.thread_index;
  out.owner = frame.owner;
  out.entry = frame.entry != 0;
  return out;
}

template <class L>
void raw_stack(const L& layout, const Record& record, RawStack& out) {
  out.clear();
  Address at{record.header().leaf};
  for (std::size_t i = 0; i < record.size(); ++i) {
    const RawFrame frame = raw_frame(layout, at, record.frame(i));
    if (layout.owners.frame_object.is(frame.owner) ||
        (!is_shim(layout, frame) && !frame.executable)) {
      out.ended = {Errc::torn, 0, at};
      return;
    }
    out.frames.emplace_back();
    out.frames.back().frame = frame;
    at = frame.previous;
  }
  if (record.has(RecordFlag::unreadable)) {
    out.ended = {Errc::unreadable, 0, at};
  } else if (record.has(RecordFlag::truncated)) {
    if (detail::is_loop(record)) out.ended = {Errc::torn, 0, at};
    out.more_beyond = true;
  }
}

}  // namespace tachyon::kernel
