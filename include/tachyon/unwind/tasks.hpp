#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/layout/concept.hpp>
#include <tachyon/target/runtime.hpp>
#include <tachyon/unwind/frames.hpp>
#include <tachyon/unwind/values.hpp>

// asyncio tasks, suspended or running, and who waits for whom.
//
// From 3.14 the interpreter links all tasks of a thread into a list that hangs on the thread state;
// tasks of threads that have ended move to a list of the interpreter. Where the members of a task
// are is published by the _asyncio module itself, in a table that is read from the target and never
// compiled in:
//
//   thread state --head--> node in task --next--> node in task --> ... back to the head
//                             |
//                             +-- coroutine --frame--> awaited coroutine --frame--> ... future
//                             +-- awaited by: nobody, one task or future, or a set of them
//
// A future between two tasks (gather() makes one) is passed through. Everything is bounded: lists,
// chains, sets, names; a list that is being changed ends early and says so.
namespace tachyon {

// Thirteen words, in the order of the target's table.
struct AsyncioOffsets {
  std::uint64_t task_size = 0, name = 0, awaited_by = 0, is_task = 0, awaited_by_is_set = 0,
                coro = 0, node = 0;
  std::uint64_t interpreter_size = 0, interpreter_tasks = 0;
  std::uint64_t thread_size = 0, running_loop = 0, running_task = 0, thread_tasks = 0;

  static constexpr std::size_t words = 13;

  // The table at `at`, refused when it cannot be one.
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

struct TaskLimits {
  std::size_t tasks = 1 << 14;
  std::size_t chain = 4096;    // coroutines awaiting one another
  std::size_t awaiters = 256;  // of one task
  std::size_t futures = 16;    // passed through between two tasks
  std::int64_t set_slots = 1 << 16;
  // Of all tasks together: sets of futures that await sets could keep us for ever.
  std::size_t steps = 1 << 17;
};

struct Task {
  Address at{};
  Address coroutine{};
  std::string name{};
  std::vector<Address> awaiters{};  // tasks
  std::vector<RawFrame> frames{};   // of its coroutines, innermost first
  std::size_t thread = 0;           // index the caller gave; `no_thread` for finished threads
  bool running = false;

  static constexpr std::size_t no_thread = ~std::size_t{0};
};

template <class L>
class TaskReader {
 public:
  TaskReader(const L& layout, const AsyncioOffsets& offsets, const WellKnown& types,
             TaskLimits limits = {})
      : layout_{layout}, offsets_{offsets}, types_{types}, limits_{limits}, values_{layout} {}

  // Before each look: what a look may cost begins anew.
  void begin() noexcept { left_ = limits_.steps; }
  // How many tasks are worth keeping.
  std::size_t most_tasks() const noexcept { return limits_.tasks; }

  // The task that a thread runs at this moment; zero between two callbacks and without a loop.
  struct Running {
    Address loop{};
    Address task{};
  };
  template <Memory M>
  Running running(M& memory, Address thread) {
    const auto loop = read_value<Address>(memory, thread + offsets_.running_loop);
    if (!loop || !*loop) return {};
    const auto task = read_value<Address>(memory, thread + offsets_.running_task);
    return {*loop, task.value_or(Address{})};
  }

  // The tasks of a thread (or, with `interpreter`, those whose threads have ended).
  // `visit(Address)` is called for each. False: the list did not come back to its head.
  template <Memory M, class Visit>
  bool each_task(M& memory, Address owner, bool interpreter, Visit&& visit) {
    const Address head = owner + (interpreter ? offsets_.interpreter_tasks : offsets_.thread_tasks);
    auto node = read_value<Address>(memory, layout_.llist.next.at(head));
    for (std::size_t i = 0; i < limits_.tasks && node && step(); ++i) {
      if (*node == head || !*node) return *node == head || i == 0;
      visit(*node - offsets_.node);
      node = read_value<Address>(memory, layout_.llist.next.at(*node));
    }
    return false;
  }

  // Everything about one task but the frames of a running one, which only its thread knows.
  template <Memory M>
  Result<Task> read(M& memory, Address at) {
    if (!step()) return Error{Errc::too_deep, 0, at};
    StructCopy<4096> copy;
    if (const auto ok = copy.fetch(memory, at, offsets_.task_size); !ok) return ok.error();
    const auto word = [&](std::uint64_t offset) {
      return load_checked<Address>(copy.bytes(), offset).value_or(Address{});
    };
    const auto byte = [&](std::uint64_t offset) {
      return load_checked<std::uint8_t>(copy.bytes(), offset).value_or(0);
    };
    if (byte(offsets_.is_task) != 1) return Error{Errc::bad_value, 0, at};
    Task task;
    task.at = at;
    task.coroutine = word(offsets_.coro);
    task.name = name_of(memory, word(offsets_.name));
    collect_awaiters(memory, word(offsets_.awaited_by), byte(offsets_.awaited_by_is_set) == 1, 0,
                     task.awaiters);
    if (task.coroutine) follow_coroutine(memory, task.coroutine, task.frames);
    return task;
  }

  // Where the frame of a coroutine object lies.
  Address frame_of(Address coroutine) const noexcept {
    return layout_.generator.frame.at(coroutine);
  }

  // The coroutines that one awaits in turn, outermost first, as frames innermost first.
  template <Memory M>
  void follow_coroutine(M& memory, Address object, std::vector<RawFrame>& out) {
    const Address own_type =
        read_value<Address>(memory, layout_.object.type.at(object)).value_or(Address{});
    for (std::size_t i = 0; object && i < limits_.chain && step(); ++i) {
      StructCopy<512> copy;
      const std::size_t frame_at = layout_.generator.frame.offset;
      if (!copy.fetch(memory, object, frame_at + layout_.frame.localsplus.offset)) break;
      const auto state = copy[layout_.generator.frame_state];
      const bool gone = layout_.states.cleared.is(state) || layout_.states.completed.is(state);
      if (gone) break;
      out.push_back(raw_frame(layout_, object + frame_at, copy.bytes().subspan(frame_at)));
      const bool waits = layout_.states.suspended_yield_from.is(state) ||
                         layout_.states.suspended_yield_from_locked.is(state);
      if (!waits || !layout_.frame.stackpointer.present()) break;
      const Address top = layout_.frame.stackpointer.in(copy.bytes().subspan(frame_at));
      const auto awaited = read_value<Address>(memory, top - layout_.traits.awaited_slot_back * 8U);
      if (!awaited) break;
      object = Address{awaited->value & layout_.traits.executable_mask};
      const auto type = read_value<Address>(memory, layout_.object.type.at(object));
      if (!type || !(*type == own_type || *type == types_.coroutine_type ||
                     *type == types_.generator_type)) {
        break;
      }
    }
    std::reverse(out.begin(), out.end());
  }

 private:
  bool step(std::size_t cost = 1) noexcept {
    left_ -= std::min(left_, cost);
    return left_ != 0;
  }

  template <Memory M>
  std::string name_of(M& memory, Address at) {
    if (!at) return "?";
    const auto type = read_value<Address>(memory, layout_.object.type.at(at));
    if (!type) return "?";
    const auto flags = read_value<std::uint64_t>(memory, layout_.type_object.flags.at(*type));
    if (!flags) return "?";
    if (layout_.type_flags.unicode_subclass.in(*flags)) {
      constexpr std::uint64_t longest = 1024;
      return read_text(memory, layout_, at, longest).value_or("?");
    }
    // Names that nobody asked for yet are kept as a number.
    if (layout_.type_flags.long_subclass.in(*flags)) return "Task-" + values_.show(memory, at);
    return "?";
  }

  template <Memory M>
  void collect_awaiters(M& memory, Address awaiter, bool is_set, std::size_t depth,
                        std::vector<Address>& out) {
    if (!awaiter || depth > limits_.futures) return;
    if (!is_set) {
      add_awaiter(memory, awaiter, depth, out);
      return;
    }
    const auto table = read_value<Address>(memory, layout_.set.table.at(awaiter));
    const auto mask = read_value<std::int64_t>(memory, layout_.set.mask.at(awaiter));
    if (!table || !mask || *mask < 0) return;
    for (std::int64_t slot = 0; slot <= std::min(*mask, limits_.set_slots) && step(8); ++slot) {
      const Address entry = *table + static_cast<std::uint64_t>(slot) * layout_.set_entry.size;
      const auto key = read_value<Address>(memory, layout_.set_entry.key.at(entry));
      const auto hash = read_value<std::int64_t>(memory, layout_.set_entry.hash.at(entry));
      if (!key || !hash || out.size() >= limits_.awaiters) return;
      if (!*key || *hash == -1) continue;  // never used, or deleted
      add_awaiter(memory, *key, depth, out);
    }
  }

  // A task is an awaiter; a future has awaiters.
  template <Memory M>
  void add_awaiter(M& memory, Address at, std::size_t depth, std::vector<Address>& out) {
    const auto is_task = read_value<std::uint8_t>(memory, at + offsets_.is_task);
    if (!is_task) return;
    if (*is_task == 1) {
      if (std::find(out.begin(), out.end(), at) == out.end()) out.push_back(at);
      return;
    }
    const auto next = read_value<Address>(memory, at + offsets_.awaited_by);
    const auto set = read_value<std::uint8_t>(memory, at + offsets_.awaited_by_is_set);
    if (next && set) collect_awaiters(memory, *next, *set == 1, depth + 1, out);
  }

  L layout_;
  AsyncioOffsets offsets_;
  WellKnown types_;
  TaskLimits limits_;
  std::size_t left_ = limits_.steps;
  ValueReader<L> values_;
};

}  // namespace tachyon
