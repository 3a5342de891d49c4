#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/memory/concept.hpp>

// Where asyncio keeps its tasks.
//
// From 3.14 on the interpreter links all tasks of a thread into a list whose head is in the thread
// state. When a thread ends, its tasks move to a list of the interpreter:
//
//   thread state --head--> node in task --next--> node in task --> ... back to the head
//                             |
//                             +-- coroutine --frame--> awaited coroutine --frame--> ... future
//                             +-- awaited by: nothing, one task or future, or a set of them
//
// The module _asyncio publishes the offsets of these members in a table of its own. The table is
// read from the target and never compiled in.
namespace tachyon {

// Thirteen words, in the order of the target's table.
struct AsyncioOffsets {
  std::uint64_t task_size = 0, name = 0, awaited_by = 0, is_task = 0, awaited_by_is_set = 0,
                coro = 0, node = 0;
  std::uint64_t interpreter_size = 0, interpreter_tasks = 0;
  std::uint64_t thread_size = 0, running_loop = 0, running_task = 0, thread_tasks = 0;

  static constexpr std::size_t words = 13;

  // The table at `at`; an error if its values cannot be offsets of these members.
  template <Memory M>
  static Result<AsyncioOffsets> read(M& memory, Address at) {
    std::array<std::uint64_t, words> w{};
    const auto ok = memory.read(at, bytes_of(w));
    if (!ok) return ok.error();
    const AsyncioOffsets o{w[0], w[1], w[2], w[3],  w[4],  w[5], w[6],
                           w[7], w[8], w[9], w[10], w[11], w[12]};
    const auto inside = [](std::uint64_t offset, std::uint64_t size, std::uint64_t width) {
      return offset <= size && size - offset >= width;
    };
    const bool task = o.task_size >= 64 && o.task_size <= 4096 && inside(o.name, o.task_size, 8) &&
                      inside(o.awaited_by, o.task_size, 8) && inside(o.is_task, o.task_size, 1) &&
                      inside(o.awaited_by_is_set, o.task_size, 1) &&
                      inside(o.coro, o.task_size, 8) && inside(o.node, o.task_size, 16);
    const bool thread =
        o.thread_size >= 64 && o.thread_size <= 65536 && inside(o.running_loop, o.thread_size, 8) &&
        inside(o.running_task, o.thread_size, 8) && inside(o.thread_tasks, o.thread_size, 16);
    const bool interpreter =
        o.interpreter_size <= (1U << 24) && inside(o.interpreter_tasks, o.interpreter_size, 16);
    if (!task || !thread || !interpreter) return Error{Errc::bad_value, 0, at};
    return o;
  }
};

}  // namespace tachyon
