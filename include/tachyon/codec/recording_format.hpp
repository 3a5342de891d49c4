#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/varint.hpp>

// The recording: everything a run has seen, so that every output and every filter works later, on
// another machine, and after the profiler was killed.
//
// What that asks for, and what was chosen:
//
// - It survives its writer. The file is a row of blocks; each is handed to the system whole, at the
//   latest a second after its first sample, and stands for itself: length, place in the row,
//   checksum. A reader takes every block that is whole, finds the next one behind a hole, and can
//   say what is missing, because blocks count samples from the beginning. There is no table of
//   contents to lose: each block says which time it covers in front of its compressed part, so
//   running over the block heads is the index.
// - It is small. A sample is a node of the prefix tree of stacks, which is written once, and a
//   thread that goes on doing what it did costs nothing. What is left is how long each tick took,
//   and which new thing a thread does. Each kind of number has its own column, because a row of
//   like numbers is what zstd compresses best. Measured on the same samples: 53 to 61 % of the
//   bytes of CPython's file, three quarters of them the ticks' times, kept to the microsecond.
// - It is quick to read: bytes, no bits, and few decisions a tick.
// - Old blocks can be dropped. A tables block may tell the reader to forget all numbers given
//   before; from there on the file stands for itself. A ring recording is cut in front of one.
//
//   file   =  lead block block block ...
//
//   lead    0 "TACHYON\n"   8 version u16 (1)   10 0 u16   12 features u32   16 unit ns u32
//          20 crc32c of bytes 0-19 u32
//
//   block   0 sync 54 42 c6 0a    4 kind u8    5 payload size u24    8 number u32
//          12 crc32c of bytes 0-11 and the payload u32    16 payload
//
// Fixed numbers are little-endian, all others varints (codec/varint.hpp; s: zigzagged). Features
// are bits that a reader must know to read on. A block of a kind that a reader does not know is
// skipped if the kind is a lower-case letter, and an error otherwise. Times are in the lead's unit.
//
// Columns. A column is its size << 1, plus 1 if it is compressed; then for a compressed one the
// size of the zstd frame; then the bytes.
//
// 'R' what is known of the run, at the beginning and, complete, at the end (the last one counts):
//     (tag, length, value)*, tags below. Unknown tags are skipped. If blocks were dropped on
//     purpose, the first 'R' has the number of the last of them and tells how many samples and
//     ticks they held.
//
// 'T' new numbers for strings, functions, frames, stacks, opcodes and threads:
//     flags (1 = forget everything before), epoch (how often that was said), then for each of the
//     five tables: first new number, how many. Then seven columns:
//       string lengths; string bytes
//       functions: name, file, s first line
//       frames: function, s line - first line, s end line - line, s column, s end column - column,
//               opcode, kind
//       stacks: number - 1 - parent, s frame - the frame of the stack before
//       opcodes: number, name, base, specialised
//       threads: number, s process, id, interpreter, main, name (length, bytes), Python's name
//     String 0 is empty, stack 0 is the empty stack, opcode 0 is none. Threads may come again, with
//     a new name.
//
// 'S' samples:
//     epoch, samples before this block, ticks before, samples, ticks, time before the first tick,
//     s time of the last tick - that, s expected step. Then six columns, described below.
//
// 'F' a source file: name (length, bytes), then one column, its text.
//
// 'E' the end: samples, ticks, blocks. A file without it was not finished.
//
// Samples. The reader keeps a row of slots, empty when a block begins. A slot is a thread and a
// state; a state is a stack and a status, numbered in the block in order of appearance; state 0 is
// "absent". A tick yields one sample for each slot that is not absent, in order. Ticks that differ
// in nothing but their time form a group:
//
//   heads    (ticks - 1) << 4 | flags     1 samples have own times and weights
//                                         2 tick has own outcome, weight or missed deadlines
//                                         4 all slots as before      8 remove all slots first
//   edits    unless 4: a row of           gap << 2 | flags       1 last edit of the group
//                                                                2 insert a slot here
//            gap: slots skipped since the last edit; an insertion is followed by the thread
//   states   for each edit                the slot's new state; the first unused number defines one
//   defined  for each definition          s stack - the stack defined before, status
//   times    for each tick                s step since the tick before - expected step
//   extras   with 2:                      outcome | rule << 3 | 32 if missed > 0;
//                                         then, with rule 2, the weight; then, with 32, missed
//            with 1, for each sample:     s time - tick's, s weight - tick's
//
// Outcomes are those of sample.hpp, and 4 for samples that came without a tick. A tick's weight is,
// by rule: 0 the step since the tick before, 1 the run's interval, 2 given. Without flag 2 the
// outcome is `taken`, the rule 0 and nothing missed; without flag 1 a sample has its tick's time
// and weight.
//
// Three ticks of thread 42 "m" of process 7: twice in inner (a.py:6) called by outer (a.py:3), once
// in outer alone, 10 us late. The tables block, the samples block and the end:
//
//   54 42 c6 0a 54 440000 01000000 62cd09c5
//     00 00                                         nothing forgotten, epoch 0
//     01 03  00 02  00 02  01 02  01 00             3 strings from 1 on, 2 functions from 0, ...
//     06 05 04 05                                   string lengths
//     1c 6f 75 74 65 72 61 2e 70 79 69 6e 6e 65 72  "outer" "a.py" "inner"
//     0c 01 02 02  03 02 0a                         functions: 1 in 2, line 1; 3 in 2, line 5
//     1c 00 04 00 08 0e 00 00                       frames: line 3 of outer, columns 4-11;
//        01 02 00 01 00 00 00                       line 6 of inner, no columns
//     08 00 00  00 02                               stacks: 1 = frame 0 on 0, 2 = frame 1 on 1
//     00                                            no opcodes
//     10 00 0e 2a 00 01 01 6d 00                    thread 0: process 7, id 42, interpreter 0,
//                                                   main, "m"
//   54 42 c6 0a 53 1e0000 02000000 28be727a
//     00 00 00 03 03 00 84 2f d0 0f                 3 samples, 3 ticks, from 0 to 3,010, step 1,000
//     04 10 00                                      heads: 2 ticks, 1 tick
//     06 03 00  01                                  edits: insert thread 0; change slot 0
//     04 01 02                                      states
//     08 04 25 01 25                                1 = stack 2, status 37; 2 = stack 1, status 37
//     06 00 00 14                                   times: 1,000 1,000 1,010
//     00                                            no extras
//   54 42 c6 0a 45 030000 04000000 c09005d2  03 03 04
namespace tachyon::recording {

inline constexpr std::string_view magic = "TACHYON\n";
inline constexpr std::uint16_t version = 1;
inline constexpr std::uint32_t known_features = 0;
inline constexpr std::size_t lead_size = 24;

inline constexpr std::string_view sync = "TB\xc6\n";
inline constexpr std::size_t block_head_size = 16;
inline constexpr std::size_t largest_payload = (std::size_t{1} << 24) - 1;
inline constexpr std::size_t largest_column = std::size_t{1} << 24;
inline constexpr std::uint64_t most_samples = std::uint64_t{1} << 23;  // in one block
inline constexpr std::size_t longest_text = std::size_t{1} << 20;      // of one string
inline constexpr std::size_t largest_source = std::size_t{8} << 20;

enum class BlockKind : char {
  run = 'R',
  tables = 'T',
  samples = 'S',
  source = 'F',
  end = 'E',
};

enum class Tag : std::uint8_t {
  interval = 1,
  mode = 2,
  options = 3,
  flags = 4,
  started = 5,
  duration = 6,
  process = 10,
  command_line = 11,
  executable = 12,
  working_directory = 13,
  import_path = 14,  // one each
  python = 15,       // major, minor, micro
  free_threaded = 16,
  target_started = 17,
  target_cost = 18,
  dropped_samples = 19,  // in front of the first block, on purpose
  dropped_ticks = 20,
  fast_distance = 21,
  fast_distance_error = 22,
  quality = 32,  // the counts of ReadQuality, by the numbers that run_block.hpp gives them
};

inline constexpr std::uint64_t forget = 1;  // flag of a tables block

inline constexpr std::uint64_t own_samples = 1, own_tick = 2, same_slots = 4, no_slots = 8;
inline constexpr std::uint64_t insert_slot = 2, last_edit = 1;
inline constexpr std::uint64_t no_tick = 4;
inline constexpr std::uint64_t has_missed = 32;
enum class WeightRule : std::uint8_t { step = 0, interval = 1, given = 2 };

struct Lead {
  std::uint32_t features = 0;
  std::uint32_t unit = 1000;  // ns
};

template <Sink S>
void put_lead(S& sink, const Lead& lead) {
  StringSink head;
  head.put(magic);
  put_fixed(head, version);
  put_fixed(head, std::uint16_t{0});
  put_fixed(head, lead.features);
  put_fixed(head, lead.unit);
  Crc32c crc;
  crc.add(as_bytes(head.text()));
  put_fixed(head, crc.value());
  sink.put(head.text());
}

inline Result<Lead> read_lead(Bytes bytes) noexcept {
  if (!as_text(bytes).starts_with(magic)) return Errc::not_a_recording;
  if (bytes.size() < lead_size) return Error{Errc::truncated, 0, {bytes.size()}};
  Crc32c crc;
  crc.add(bytes.first(20));
  Cursor cursor{bytes.subspan(magic.size())};
  const auto of_version = cursor.fixed<std::uint16_t>();
  const auto zero = cursor.fixed<std::uint16_t>();
  Lead lead;
  lead.features = cursor.fixed<std::uint32_t>();
  lead.unit = cursor.fixed<std::uint32_t>();
  if (cursor.fixed<std::uint32_t>() != crc.value() || zero != 0 || lead.unit == 0)
    return Errc::damaged;
  if (of_version != version || (lead.features & ~known_features) != 0) return Errc::unsupported;
  return lead;
}

struct BlockHead {
  BlockKind kind{};
  std::uint32_t size = 0;  // of the payload
  std::uint32_t number = 0;
  std::uint32_t checksum = 0;
};

// Whether `bytes` begin like a block; the checksum is another matter.
inline bool read_block_head(Bytes bytes, BlockHead& head) noexcept {
  if (bytes.size() < block_head_size || !as_text(bytes).starts_with(sync)) return false;
  const auto word = load<std::uint32_t>(bytes, 4);
  head.kind = BlockKind(static_cast<char>(word & 0xff));
  head.size = word >> 8;
  head.number = load<std::uint32_t>(bytes, 8);
  head.checksum = load<std::uint32_t>(bytes, 12);
  return true;
}

// The head of a block with this payload.
inline void append_block_head(std::string& out, BlockKind kind, std::uint32_t number,
                              std::string_view payload) {
  StringSink head;
  head.put(sync);
  put_fixed(head, static_cast<std::uint32_t>(static_cast<unsigned char>(kind)) |
                      static_cast<std::uint32_t>(payload.size()) << 8);
  put_fixed(head, number);
  Crc32c crc;
  crc.add(as_bytes(head.text()));
  crc.add(as_bytes(payload));
  put_fixed(head, crc.value());
  out += head.text();
}

}  // namespace tachyon::recording
