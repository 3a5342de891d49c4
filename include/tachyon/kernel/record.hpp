#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

#include <tachyon/base/address.hpp>
#include <tachyon/base/bytes.hpp>
#include <tachyon/layout/concept.hpp>

// What the kernel's program says of one thread at one moment. Everything is of that moment, since
// the thread could not run meanwhile. It is copied out of the target with as little thought as
// possible: what the bytes mean is found out later, by the code that reads targets from outside.
//
//   +--------+---------------------------+---------+---------+----
//   | header | thread state, words [a, b)| frame 0 | frame 1 | ...      leaf first
//   +--------+---------------------------+---------+---------+----
//     128      b - a, see ThreadWords      32        32
//
// A frame, as far as it is needed to name it. Its own address is the `previous` of the frame before
// it; that of the first is in the header.
//
//   +------------+-------------+----------+-------+-------+--------+---+--------------+
//   | executable | instruction | previous | owner | entry | opcode | 0 | thread index |
//   +------------+-------------+----------+-------+-------+--------+---+--------------+
//     8            8             8          1       1       1        1   4
namespace tachyon::kernel {

struct RecordHeader {
  std::uint64_t time = 0;      // ns, CLOCK_MONOTONIC
  std::uint64_t count = 0;     // of the event, as the kernel counts it
  std::uint64_t enabled = 0;   // ns since the event was switched on, while the thread was there
  std::uint64_t cpu_time = 0;  // ns that the thread has run since then
  std::uint64_t thread = 0;    // the thread state's address
  std::uint32_t tid = 0;       // as the initial pid namespace numbers it
  std::uint32_t flags = 0;
  std::uint32_t frames = 0;
  std::uint32_t task_state = 0;     // the kernel's, when it switched; see RecordFlag::state_known
  std::uint64_t leaf = 0;           // the current frame
  std::uint64_t next = 0;           // where the program stopped following: zero at a proper bottom
  std::uint64_t call_argument = 0;  // of the system call: its first ...
  std::uint64_t system_call = 0;    // ... and which it is, in the lower half; see call_number()
  std::uint64_t collecting = 0;     // is a garbage collection on?
  std::uint64_t gc_frame = 0;       // the frame in which it began, where the interpreter says
  std::uint64_t generation = 0;     // counts code objects that have died, where it does
  std::uint64_t gil_holder = 0;     // where threads do not say themselves
  std::uint64_t bottom = 0;         // the sentinel below all frames, where there is one
};
static_assert(sizeof(RecordHeader) == 128);

// -1: the thread was interrupted, and is in none. Only with RecordFlag::call_known.
constexpr std::int32_t call_number(const RecordHeader& header) noexcept {
  return static_cast<std::int32_t>(header.system_call & 0xffffffff);
}

enum class RecordFlag : std::uint32_t {
  switched = 1,      // it went to sleep or lost its processor; otherwise a tick of its clock
  truncated = 2,     // there were more frames
  unreadable = 4,    // a frame, or the thread state, lies in a page that was not there
  no_thread = 8,     // ... the thread state
  exception = 16,    // one is being handled or propagated
  state_known = 32,  // RecordHeader::task_state
  call_known = 64,   // RecordHeader::call_argument and system_call
};

struct RecordFrame {
  std::uint64_t executable = 0;
  std::uint64_t instruction = 0;
  std::uint64_t previous = 0;
  std::uint8_t owner = 0;
  std::uint8_t entry = 0;
  std::uint8_t opcode = 0;
  std::uint8_t unused = 0;
  std::int32_t thread_index = 0;
};
static_assert(sizeof(RecordFrame) == 32);

// Which part of the thread state is copied: from the first to the last word that is read of it.
struct ThreadWords {
  std::uint32_t first = 0;
  std::uint32_t size = 0;  // whole words

  static constexpr std::uint32_t most = 1024;
};

template <class L>
constexpr ThreadWords thread_words(const L& layout) noexcept {
  const auto& t = layout.thread;
  std::uint32_t first = std::min(t.interp.offset, t.id.offset);
  std::uint32_t end = 0;
  const auto take = [&](const auto& member) {
    if (!member.present()) return;
    first = std::min(first, member.offset);
    end = std::max(end, member.end());
  };
  take(t.interp);
  take(t.id);
  take(t.native_thread_id);
  take(t.cframe);
  take(t.current_frame);
  take(t.base_frame);
  take(t.status_holds_gil);
  take(t.holds_gil);
  take(t.gil_requested);
  take(t.current_exception);
  take(t.exc_info);
  take(t.current_executor);
  first &= ~std::uint32_t{7};
  return {first, (end - first + 7) & ~std::uint32_t{7}};
}

// A record that has been received: what it claims is checked against what is there.
class Record {
 public:
  static std::optional<Record> parse(Bytes bytes, std::uint32_t thread_bytes) noexcept {
    if (bytes.size() < sizeof(RecordHeader)) return std::nullopt;
    Record out;
    out.header_ = load<RecordHeader>(bytes, 0);
    const std::size_t rest = bytes.size() - sizeof(RecordHeader);
    if (rest < thread_bytes) return std::nullopt;
    const std::size_t frames = rest - thread_bytes;
    if (frames / sizeof(RecordFrame) < out.header_.frames) return std::nullopt;
    out.thread_ = bytes.subspan(sizeof(RecordHeader), thread_bytes);
    out.frames_ = bytes.subspan(sizeof(RecordHeader) + thread_bytes,
                                out.header_.frames * sizeof(RecordFrame));
    return out;
  }

  const RecordHeader& header() const noexcept { return header_; }
  bool has(RecordFlag flag) const noexcept {
    return (header_.flags & static_cast<std::uint32_t>(flag)) != 0;
  }
  // The words of the thread state, from ThreadWords::first on.
  Bytes thread() const noexcept { return thread_; }
  std::size_t size() const noexcept { return header_.frames; }
  RecordFrame frame(std::size_t i) const noexcept {
    return load<RecordFrame>(frames_, i * sizeof(RecordFrame));
  }

 private:
  RecordHeader header_{};
  Bytes thread_{};
  Bytes frames_{};
};

}  // namespace tachyon::kernel
