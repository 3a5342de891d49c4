#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <tachyon/layout/concept.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/unwind/objects.hpp>

// Interpreters, their threads, and what each thread is doing.
//
//   runtime --head--> interpreter --next--> interpreter      newest first, the main one last
//                        |
//                        `--threads.head--> thread --next--> thread      newest first
//
// Lists are read while they change, so every walk is bounded, every thread must name its
// interpreter, and a thread that cannot be read costs itself, not its neighbours.
namespace tachyon {

inline constexpr std::size_t most_interpreters = 4096;
inline constexpr std::size_t most_threads = 1 << 17;

template <class L, Memory M>
Result<std::vector<Address>> list_interpreters(M& memory, const L& layout, Address runtime) {
  std::vector<Address> all;
  auto next = read_value<Address>(memory, runtime + layout.runtime.interpreters_head.offset);
  if (!next) return next.error();
  while (*next) {
    if (all.size() == most_interpreters) return Errc::too_deep;
    all.push_back(*next);
    next = read_value<Address>(memory, *next + layout.interpreter.next.offset);
    if (!next) return next.error();
  }
  // Oldest first: the main interpreter is the first one made.
  std::reverse(all.begin(), all.end());
  return all;
}

struct ThreadList {
  std::vector<Address> threads{};
  Error ended{};  // why the list is not complete, if it is not
};

template <class L, Memory M>
ThreadList list_threads(M& memory, const L& layout, Address interpreter) {
  ThreadList out;
  auto next = read_value<Address>(memory, interpreter + layout.interpreter.threads_head.offset);
  for (; next && *next;) {
    if (out.threads.size() == most_threads) {
      out.ended = {Errc::too_deep, 0, interpreter};
      return out;
    }
    StructCopy<copies::ThreadLink> head;
    if (const auto ok = head.fetch(memory, *next, layout); !ok) {
      out.ended = ok.error();
      return out;
    }
    if (head[layout.thread.interp] != interpreter) {
      out.ended = {Errc::torn, 0, *next};
      return out;
    }
    out.threads.push_back(*next);
    next = Result<Address>{head[layout.thread.next]};
  }
  if (!next) out.ended = next.error();
  return out;
}

using ThreadCopy = StructCopy<copies::Thread>;

// The current frame. 3.11 and 3.12 keep it in a small struct on the C stack.
template <class L, Memory M>
Result<Address> current_frame(M& memory, const L& layout, const ThreadCopy& thread) noexcept {
  if (layout.thread.current_frame.present()) return thread[layout.thread.current_frame];
  const Address cframe = thread[layout.thread.cframe];
  if (!cframe) return Address{};
  return read_value<Address>(memory, cframe + layout.cframe.current_frame.offset);
}

// Who holds the GIL of an interpreter, where the threads themselves do not say. In 3.12 the lock
// does: locked, and by whom last. In 3.11 that is not enough: a thread that enters another
// interpreter changes its state without touching the lock, which then names the old state, perhaps
// one that is no more; but the runtime knows the one that runs.
//
// `holder` is the thread state that holds it; zero: nobody does, or the threads say.
template <class L>
bool holds_gil(const L& layout, Address at, const ThreadCopy& thread, Address holder) noexcept {
  if (layout.thread.holds_gil.present()) return thread[layout.thread.holds_gil] != 0;
  if (layout.thread.status_holds_gil.present()) return thread[layout.thread.status_holds_gil] != 0;
  return holder == at;
}

// Is an exception propagating, or being handled? Handlers push items on a chain whose bottom lies
// in the thread; generators bring their own, so only the whole chain tells. 3.11 and 3.12 leave a
// reference to None where there is no exception.
template <class L, Memory M>
Result<bool> has_exception(M& memory, const L& layout, Address at, const ThreadCopy& thread,
                           Address none) noexcept {
  constexpr int most_items = 256;
  const auto is_exception = [&](Address value) { return value && value != none; };
  if (is_exception(thread[layout.thread.current_exception])) return true;
  const Address bottom = at + layout.thread.exc_state.offset;
  Address item = thread[layout.thread.exc_info];
  for (int i = 0; item && i < most_items; ++i) {
    StructCopy<copies::ErrItem> copy;
    if (item == bottom) {
      return is_exception(load_checked<Address>(thread.bytes(), layout.thread.exc_state.offset +
                                                                    layout.err_item.value.offset)
                              .value_or(Address{}));
    }
    if (const auto ok = copy.fetch(memory, item, layout); !ok) {
      return ok.error();
    }
    if (is_exception(copy[layout.err_item.value])) return true;
    item = copy[layout.err_item.previous];
  }
  return false;
}

// What the thread state alone says. Whether the thread is on a CPU is the kernel's to know.
template <class L>
Status status_of(const L& layout, Address at, const ThreadCopy& thread, Address holder,
                 bool exception, bool main) noexcept {
  Status status = Status::none;
  const bool holds = holds_gil(layout, at, thread, holder);
  if (holds) status |= Status::has_gil;
  if (!holds && layout.thread.gil_requested.present() && thread[layout.thread.gil_requested] != 0) {
    status |= Status::gil_requested;
  }
  if (exception) status |= Status::has_exception;
  if (main) status |= Status::main_thread;
  if (layout.thread.current_executor.present() && thread[layout.thread.current_executor]) {
    status |= Status::in_jit;
  }
  return status;
}

}  // namespace tachyon
