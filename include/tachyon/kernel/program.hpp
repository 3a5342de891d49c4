#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <tachyon/kernel/bpf.hpp>
#include <tachyon/kernel/program_frames.hpp>
#include <tachyon/kernel/program_shape.hpp>
#include <tachyon/kernel/program_writer.hpp>
#include <tachyon/kernel/record.hpp>
#include <tachyon/layout/concept.hpp>

// The program that the kernel runs in the target's thread: it copies the Python frames there and
// then.
//
// The problem. A reader in another process has to be woken up for every sample, which took 28 us of
// processor time in the virtual machine it was measured in, and the thread runs on while it is
// read. The kernel, which interrupts the thread anyway, needs 1 to 3 us to copy its frames, and the
// thread cannot move meanwhile. The reader then wakes up ten times a second, whatever the rate.
//
// What is run. The verifier of the kernel goes through every path before it lets a program in, and
// loops are unrolled for that: 128 frames took it 7 ms, 512 took 26, 8,192 are refused. So a
// program follows 128 frames and then starts itself anew, up to 32 times, with its state in a map:
//
//   tick or switch -> thread state -> status, leaf -> 128 frames -> ... -> record into the ring
//                                         ^                |
//                                         +-- tail call ---+   state: scratch
//
// What is known when the profiler is compiled stands in the program as a number: one layout, one
// set of needs, one program. A member that a layout lacks leaves no instruction. Where the runtime
// is, which maps there are, and where this kernel keeps a task's state is filled in when the
// program is loaded.
//
// Whose thread it is. The event that the program hangs on carries a cookie: the address of the
// thread state, its lowest bit set for events that fire when the thread switches. No table of
// threads has to be asked, and no number of a thread be translated between namespaces.
//
// What never happens here: updating or deleting an element of a map (it takes locks, which an
// interrupt must not wait for), waiting, and guessing. A page that is not there ends the chain, and
// that is counted. Two programs never meet in one scratch: the kernel runs none of them while
// another is running on the same processor.
namespace tachyon::kernel {

namespace detail {

// The element of this processor. A program that has called itself goes on where it was.
template <class L>
constexpr void ProgramWriter<L>::find_scratch() noexcept {
  a_.store(W::eight, R::stack, context, R::r1);
  a_.call(H::get_smp_processor_id);
  a_.store(W::four, R::stack, key, R::r0);
  a_.map(R::r1, Place::scratch_map);
  e_.point(R::r2, R::stack, key);
  a_.call(H::map_lookup);
  a_.jump(leave_, R::r0, C::equal, 0);
  a_.move(scratch, R::r0);
  a_.load(W::eight, R::r1, scratch, Scratch::resuming);
  a_.store(W::eight, scratch, Scratch::resuming, 0);
  a_.jump(resume_, R::r1, C::not_equal, 0);
}

template <class L>
constexpr void ProgramWriter<L>::begin_record() noexcept {
  constexpr std::int32_t task_state = E::in_record(offsetof(RecordHeader, task_state));
  a_.call(H::ktime_get_ns);
  e_.store_header(offsetof(RecordHeader, time), R::r0);
  // Count, enabled and running time: three words, as the header has them.
  a_.load(W::eight, R::r1, R::stack, context);
  e_.point(R::r2, scratch, E::in_record(offsetof(RecordHeader, count)));
  a_.move(R::r3, 24);
  a_.call(H::perf_prog_read_value);
  a_.call(H::get_current_pid_tgid);
  a_.store(W::four, scratch, E::in_record(offsetof(RecordHeader, tid)), R::r0);
  for (const std::size_t member :
       {offsetof(RecordHeader, leaf), offsetof(RecordHeader, next),
        offsetof(RecordHeader, call_argument), offsetof(RecordHeader, system_call),
        offsetof(RecordHeader, collecting), offsetof(RecordHeader, gc_frame),
        offsetof(RecordHeader, generation), offsetof(RecordHeader, gil_holder),
        offsetof(RecordHeader, bottom)}) {
    a_.store(W::eight, scratch, E::in_record(member), 0);
  }
  a_.store(W::four, scratch, task_state, 0);
  a_.store(W::eight, scratch, Scratch::unknown, 0);
  a_.move(slot, 0);
  a_.load(W::eight, R::r1, R::stack, context);
  a_.call(H::get_attach_cookie);
  a_.move(at, R::r0);
  a_.bit_and(R::r0, static_cast<std::int32_t>(RecordFlag::switched));
  a_.store(W::four, scratch, E::in_record(offsetof(RecordHeader, flags)), R::r0);
  a_.bit_and(at, -8);
  e_.store_header(offsetof(RecordHeader, thread), at);
  read_switch();
}

// Why does it stop running, and in which system call? Only asked when it does.
template <class L>
constexpr void ProgramWriter<L>::read_switch() noexcept {
  const bpf::Label ticks = a_.label(), unknown = a_.label();
  a_.jump(ticks, R::r0, C::equal, 0);
  a_.number(counter, Place::task_state);
  a_.jump(unknown, counter, C::equal, 0);
  a_.call(H::get_current_task);
  a_.move(R::r3, R::r0);
  a_.add(R::r3, counter);
  e_.point(R::r1, scratch, E::in_record(offsetof(RecordHeader, task_state)));
  a_.move(R::r2, 4);
  a_.call(H::probe_read_kernel);
  a_.jump(unknown, R::r0, C::not_equal, 0);
  e_.set_flag(RecordFlag::state_known);
  a_.bind(unknown);
  if (needs_.system_call) {
    // What the thread came into the kernel with, in its registers there: the first argument, and
    // behind it the number of the call; -1: an interrupt, no call.
    const std::int32_t registers = l_.build.arch == Arch::x86_64 ? 112 : 272;
    a_.call(H::get_current_task_btf);
    a_.move(R::r1, R::r0);
    a_.call(H::task_pt_regs);
    a_.move(R::r3, R::r0);
    a_.add(R::r3, registers);
    e_.point(R::r1, scratch, E::in_record(offsetof(RecordHeader, call_argument)));
    a_.move(R::r2, l_.build.arch == Arch::x86_64 ? 16 : 12);
    static_assert(offsetof(RecordHeader, system_call) == offsetof(RecordHeader, call_argument) + 8);
    a_.call(H::probe_read_kernel);
    a_.jump(ticks, R::r0, C::not_equal, 0);
    e_.set_flag(RecordFlag::call_known);
  }
  a_.bind(ticks);
}

template <class L>
constexpr void ProgramWriter<L>::read_thread() noexcept {
  const bpf::Label there = a_.label();
  e_.read_user(scratch, thread_at, words_.size, at, words_.first);
  a_.jump(there, R::r0, C::equal, 0);
  e_.set_flag(RecordFlag::no_thread);
  a_.jump(unreadable_);
  a_.bind(there);
}

// A word that cannot be read is zero: then nothing collects, nothing is counted.
template <class L>
constexpr void ProgramWriter<L>::read_interpreter() noexcept {
  const auto& words = l_.interpreter;
  const auto read = [&](std::size_t member, const auto& field) {
    if (!field.present()) return;
    e_.read_user(scratch, E::in_record(member), field.end() - field.offset, at, field.offset);
  };
  a_.load(W::eight, at, scratch, of_thread(l_.thread.interp));
  if (needs_.gc) {
    read(offsetof(RecordHeader, collecting), words.gc_collecting);
    read(offsetof(RecordHeader, gc_frame), words.gc_frame);
  }
  read(offsetof(RecordHeader, generation), words.code_object_generation);
  const bool threads_say = l_.thread.holds_gil.present() || l_.thread.status_holds_gil.present();
  if (needs_.gil && !threads_say) read_gil_holder();
}

// The runtime knows who runs, or else the lock who took it last.
template <class L>
constexpr void ProgramWriter<L>::read_gil_holder() noexcept {
  constexpr std::int32_t holder = E::in_record(offsetof(RecordHeader, gil_holder));
  if (l_.runtime.gilstate_tstate_current.present()) {
    a_.number(R::r3, Place::runtime);
    a_.add(R::r3, static_cast<std::int32_t>(l_.runtime.gilstate_tstate_current.offset));
    e_.point(R::r1, scratch, holder);
    a_.move(R::r2, 8);
    a_.call(H::probe_read_user);
    return;
  }
  if (!l_.interpreter.gil.present() || !l_.gil.locked.present()) return;
  const bpf::Label unlocked = a_.label();
  e_.read_user(R::stack, word, 8, at, l_.interpreter.gil.offset);
  a_.load(W::eight, at, R::stack, word);
  e_.read_user(R::stack, word, 4, at, l_.gil.locked.offset);
  a_.load(W::four, R::r1, R::stack, word);
  a_.jump(unlocked, R::r1, C::not_equal, 1);
  e_.read_user(scratch, holder, 8, at, l_.gil.last_holder.offset);
  a_.bind(unlocked);
}

// Handlers push items on a chain whose bottom lies in the thread; generators bring their own. 3.11
// and 3.12 leave a reference to None where there is no exception.
template <class L>
constexpr void ProgramWriter<L>::read_exception() noexcept {
  const auto& e = l_.err_item;
  const bpf::Label none = a_.label(), some = a_.label(), next = a_.label();
  const std::uint32_t first = std::min(e.value.offset, e.previous.offset);
  const std::uint32_t size = std::max(e.value.end(), e.previous.end()) - first;
  const auto take = [&](const bpf::Label& otherwise) {  // the exception in r1
    a_.jump(otherwise, R::r1, C::equal, 0);
    a_.number(R::r2, Place::none);
    a_.jump(some, R::r1, C::not_equal, R::r2);
  };
  const bpf::Label chain = a_.label();
  a_.load(W::eight, R::r1, scratch, of_thread(l_.thread.current_exception));
  take(chain);
  a_.bind(chain);
  a_.load(W::eight, at, scratch, of_thread(l_.thread.exc_info));
  a_.move(counter, most_items);
  const bpf::Label again = a_.label();
  a_.bind(again);
  a_.jump(none, at, C::equal, 0);
  e_.read_user(R::stack, item, size, at, first);
  a_.jump(none, R::r0, C::not_equal, 0);
  a_.load(W::eight, R::r1, R::stack, item + static_cast<std::int32_t>(e.value.offset - first));
  take(next);
  a_.bind(next);
  a_.load(W::eight, at, R::stack, item + static_cast<std::int32_t>(e.previous.offset - first));
  a_.add(counter, -1);
  a_.jump(again, counter, C::not_equal, 0);
  a_.jump(none);
  a_.bind(some);
  e_.set_flag(RecordFlag::exception);
  a_.bind(none);
}

template <class L>
constexpr void ProgramWriter<L>::output() noexcept {
  constexpr std::uint32_t frames = most_frames * Scratch::slot_size;
  const bpf::Label sent = a_.label();
  a_.bind(unreadable_);
  e_.set_flag(RecordFlag::unreadable);
  e_.count_loss(Loss::unreadable);

  a_.bind(finish_);
  e_.store_header(offsetof(RecordHeader, next), at);
  a_.store(W::eight, scratch, Scratch::slot, slot);
  a_.shift_right(slot, 5);
  a_.store(W::four, scratch, E::in_record(offsetof(RecordHeader, frames)), slot);
  static_assert(Scratch::slot_size == 1 << 5);
  a_.load(W::four, R::r3, scratch, Scratch::slot);
  a_.jump(leave_, R::r3, C::greater, static_cast<std::int32_t>(frames));
  a_.add(R::r3, static_cast<std::int32_t>(sizeof(RecordHeader) + words_.size));
  a_.map(R::r1, Place::ring_map);
  e_.point(R::r2, scratch, Scratch::record);
  const bpf::Label quiet = a_.label();
  a_.load(W::eight, R::r5, scratch, Scratch::unknown);
  a_.move(R::r4, 1);  // BPF_RB_NO_WAKEUP: the reader comes by itself
  a_.jump(quiet, R::r5, C::equal, 0);
  a_.move(R::r4, 2);  // BPF_RB_FORCE_WAKEUP
  a_.bind(quiet);
  a_.call(H::ringbuf_output);
  a_.jump(sent, R::r0, C::equal, 0);
  e_.count_loss(Loss::ring_full);
  a_.bind(sent);
  a_.bind(leave_);
  a_.move(R::r0, 0);
  a_.exit();
}

}  // namespace detail

template <class L>
constexpr Program make_program(const L& layout, const ProgramNeeds& needs) noexcept {
  detail::ProgramWriter<L> writer{layout, needs};
  Program out;
  out.code = writer.write();
  out.words = thread_words(layout);
  out.good = writer.good();
  return out;
}

// Of a compiled layout, made by the compiler.
template <CompiledLayout L, ProgramNeeds needs>
inline constexpr Program program_of = make_program(L{}, needs);

}  // namespace tachyon::kernel
