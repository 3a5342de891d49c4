#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <tachyon/kernel/bpf.hpp>
#include <tachyon/kernel/record.hpp>

// What the program that the kernel runs (program.hpp) shares with those who load it and who read
// what it says: what it is asked for, what is filled into it, and the maps that it works on.
namespace tachyon::kernel {

// What is read beside the frames.
struct ProgramNeeds {
  bool opcodes = false;      // the instruction that each frame executes
  bool gc = true;            // is a garbage collection on, and where it began
  bool gil = true;           // who holds it, where threads do not say
  bool exception = true;     // is one being handled
  bool system_call = false;  // of threads that switch; asks for a kernel with type information

  friend constexpr bool operator==(const ProgramNeeds&, const ProgramNeeds&) noexcept = default;
};

// What is filled in when the program is loaded.
enum class Place : std::uint8_t {
  scratch_map,
  ring_map,
  program_map,
  loss_map,
  seen_map,    // see seen_code.hpp
  runtime,     // the target's runtime
  none,        // its None
  task_state,  // where this kernel keeps the state in its task_struct; zero: unknown
};

// The map of losses: one array of these a processor.
enum class Loss : std::uint8_t { ring_full, unreadable, truncated };
inline constexpr std::size_t loss_count = 3;

inline constexpr std::uint32_t frames_a_program = 128;
inline constexpr std::uint32_t most_frames = 4000;
// A program may call itself 33 times.
static_assert(most_frames <= frames_a_program * 33);

// The scratch of a processor, an element of the scratch map. The record is made here, and copied
// into the ring when it is complete.
//
//   +----------+-----+------+---------+---------------
//   | resuming | at  | slot | unknown | record ...
//   +----------+-----+------+---------+---------------
//     0          8     16     24        32
struct Scratch {
  static constexpr std::int32_t resuming = 0;  // not zero: the program has called itself
  static constexpr std::int32_t at = 8;        // the next frame
  static constexpr std::int32_t slot = 16;     // where in the record it goes, from the first frame
  static constexpr std::int32_t unknown = 24;  // not zero: some code has not been seen yet
  static constexpr std::int32_t record = 32;
  static constexpr std::uint32_t slot_size = sizeof(RecordFrame);

  // Of every program, so that all of them may have the same one.
  static constexpr std::uint32_t size() noexcept {
    return static_cast<std::uint32_t>(record + sizeof(RecordHeader)) + ThreadWords::most +
           most_frames * slot_size;
  }
};

using ProgramCode = bpf::Code<512>;

// The program of a layout. `good` is false where its members lie too far apart, as those that a
// target publishes may.
struct Program {
  ProgramCode code{};
  ThreadWords words{};
  bool good = false;
};

// The words of a frame that are read: all members that a record holds.
struct FrameWords {
  std::uint32_t first = 0;
  std::uint32_t size = 0;

  static constexpr std::uint32_t most = 128;
};

template <class L>
constexpr FrameWords frame_words(const L& layout) noexcept {
  const auto& f = layout.frame;
  std::uint32_t first = f.executable.offset;
  std::uint32_t end = f.executable.end();
  const auto take = [&](const auto& member) {
    if (!member.present()) return;
    first = std::min(first, member.offset);
    end = std::max(end, member.end());
  };
  take(f.instruction);
  take(f.previous);
  take(f.owner);
  take(f.is_entry);
  take(f.tlbc_index);
  first &= ~std::uint32_t{7};
  return {first, end - first};
}

}  // namespace tachyon::kernel
