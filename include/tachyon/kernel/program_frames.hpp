#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/kernel/program_writer.hpp>
#include <tachyon/kernel/seen_code.hpp>

// How the program (program.hpp) follows the frames, from the current one down, and notices code that the
// reader has not seen (seen_code.hpp).
namespace tachyon::kernel::detail {

template <class L>
constexpr void ProgramWriter<L>::find_leaf() noexcept {
  if (l_.thread.current_frame.present()) {
    a_.load(W::eight, at, scratch, of_thread(l_.thread.current_frame));
  } else {
    // 3.11 and 3.12 keep it in a small struct on the C stack.
    const bpf::Label there = a_.label();
    a_.load(W::eight, at, scratch, of_thread(l_.thread.cframe));
    a_.jump(there, at, C::equal, 0);
    e_.read_user(R::stack, word, 8, at, l_.cframe.current_frame.offset);
    a_.jump(unreadable_, R::r0, C::not_equal, 0);
    a_.load(W::eight, at, R::stack, word);
    a_.bind(there);
  }
  if (l_.thread.base_frame.present()) {
    a_.load(W::eight, R::r1, scratch, of_thread(l_.thread.base_frame));
    e_.store_header(offsetof(RecordHeader, bottom), R::r1);
  }
  e_.store_header(offsetof(RecordHeader, leaf), at);
  a_.store(W::eight, scratch, Scratch::at, at);
  a_.store(W::eight, scratch, Scratch::slot, 0);
}

// Where the slots are, of each of the programs that a record takes. Has any code died?
template <class L>
constexpr void ProgramWriter<L>::find_seen() noexcept {
  a_.store(W::eight, R::stack, key, 0);
  a_.map(R::r1, Place::seen_map);
  e_.point(R::r2, R::stack, key);
  a_.call(H::map_lookup);
  a_.jump(leave_, R::r0, C::equal, 0);
  a_.store(W::eight, R::stack, seen, R::r0);
  if (!l_.interpreter.code_object_generation.present()) return;
  a_.load(W::eight, R::r1, R::r0, static_cast<std::int32_t>(SeenCode::died));
  a_.load(W::eight, R::r2, scratch, E::in_record(offsetof(RecordHeader, generation)));
  a_.bit_xor(R::r1, R::r2);
  a_.load(W::eight, R::r2, scratch, Scratch::unknown);
  a_.bit_or(R::r1, R::r2);
  a_.store(W::eight, scratch, Scratch::unknown, R::r1);
}

// Whatever the code of the frame in r2 differs from is remembered, and how often does not matter. No
// branch: the verifier would go through both.
template <class L>
constexpr void ProgramWriter<L>::look_whether_seen() noexcept {
  a_.move(R::r3, R::r2);
  a_.shift_right(R::r3, SeenCode::shift);
  a_.bit_and(R::r3, SeenCode::mask);
  a_.load(W::eight, R::r4, R::stack, seen);
  a_.add(R::r4, R::r3);
  a_.load(W::eight, R::r3, R::r4, static_cast<std::int32_t>(SeenCode::first_slot));
  a_.bit_xor(R::r3, R::r2);
  a_.load(W::eight, R::r4, scratch, Scratch::unknown);
  a_.bit_or(R::r4, R::r3);
  a_.store(W::eight, scratch, Scratch::unknown, R::r4);
}

// The verifier goes through this loop once for every frame. What it may not know from here on, so
// that it need not go through the end of the program for every frame too, is put into the scratch
// and taken out again.
template <class L>
constexpr void ProgramWriter<L>::follow_frames() noexcept {
  constexpr auto last = static_cast<std::int32_t>((most_frames - 1) * Scratch::slot_size);
  const bpf::Label again = a_.label(), too_many = a_.label();
  a_.bind(resume_);
  find_seen();
  a_.load(W::eight, at, scratch, Scratch::at);
  a_.load(W::eight, slot, scratch, Scratch::slot);
  a_.move(counter, static_cast<std::int32_t>(frames_a_program));
  a_.bind(again);
  a_.jump(finish_, at, C::equal, 0);
  if (l_.thread.base_frame.present()) {
    a_.load(W::eight, R::r1, scratch, E::in_record(offsetof(RecordHeader, bottom)));
    a_.jump(finish_, at, C::equal, R::r1);
  }
  a_.jump(too_many, slot, C::greater, last);
  e_.read_user(R::stack, frame_copy, frame_.size, at, frame_.first);
  a_.jump(unreadable_, R::r0, C::not_equal, 0);
  copy_frame();
  a_.load(W::eight, at, R::stack, of_frame(l_.frame.previous));
  a_.add(slot, static_cast<std::int32_t>(Scratch::slot_size));
  a_.add(counter, -1);
  a_.jump(again, counter, C::not_equal, 0);

  a_.store(W::eight, scratch, Scratch::at, at);
  a_.store(W::eight, scratch, Scratch::slot, slot);
  a_.store(W::eight, scratch, Scratch::resuming, 1);
  a_.load(W::eight, R::r1, R::stack, context);
  a_.map(R::r2, Place::program_map);
  a_.move(R::r3, 0);
  a_.call(H::tail_call);
  a_.store(W::eight, scratch, Scratch::resuming, 0);  // it could not

  a_.bind(too_many);
  e_.set_flag(RecordFlag::truncated);
  e_.count_loss(Loss::truncated);
  a_.jump(finish_);
}

template <class L>
constexpr void ProgramWriter<L>::copy_frame() noexcept {
  const auto& f = l_.frame;
  const auto in_slot = [&](std::size_t member) {
    return frames_at() + static_cast<std::int32_t>(member);
  };
  if (needs_.opcodes) {
    // One that cannot be read is zero.
    a_.load(W::eight, R::r3, R::stack, of_frame(f.instruction));
    e_.point(R::r1, R::stack, word);
    a_.move(R::r2, 1);
    a_.call(H::probe_read_user);
  }
  a_.move(R::r1, scratch);
  a_.add(R::r1, slot);
  a_.load(W::eight, R::r2, R::stack, of_frame(f.executable));
  a_.store(W::eight, R::r1, in_slot(offsetof(RecordFrame, executable)), R::r2);
  look_whether_seen();
  a_.load(W::eight, R::r2, R::stack, of_frame(f.instruction));
  a_.store(W::eight, R::r1, in_slot(offsetof(RecordFrame, instruction)), R::r2);
  a_.load(W::eight, R::r2, R::stack, of_frame(f.previous));
  a_.store(W::eight, R::r1, in_slot(offsetof(RecordFrame, previous)), R::r2);
  a_.load(W::one, R::r2, R::stack, of_frame(f.owner));
  const auto add_byte = [&](std::int32_t from, std::int32_t shift) {
    a_.load(W::one, R::r3, R::stack, from);
    a_.shift_left(R::r3, shift);
    a_.bit_or(R::r2, R::r3);
  };
  if (f.is_entry.present()) add_byte(of_frame(f.is_entry), 8);
  if (needs_.opcodes) add_byte(word, 16);
  if (f.tlbc_index.present()) {
    a_.load(W::four, R::r3, R::stack, of_frame(f.tlbc_index));
    a_.shift_left(R::r3, 32);
    a_.bit_or(R::r2, R::r3);
  }
  a_.store(W::eight, R::r1, in_slot(offsetof(RecordFrame, owner)), R::r2);
}

}  // namespace tachyon::kernel::detail
