#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/tasks/stacks.hpp>

#include "layout/tables.hpp"
#include "unwind/fake_interpreter.hpp"

// A thread with an event loop and its tasks, built field by field from a layout that has such
// lists; and ticks that look at it, between whose reads the program goes on.
namespace tachyon::test {

// Counts vectored reads, and lets something happen right before one of them.
class EventfulMemory {
 public:
  explicit EventfulMemory(Image& image) : image_{image} {}

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    return image_.read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    if (const auto event = events_.find(reads_++); event != events_.end()) event->second();
    if (always_) always_();
    return image_.read_many(ranges);
  }

  // From here on the first read is number 0.
  void restart() {
    reads_ = 0;
    events_.clear();
    always_ = nullptr;
  }
  void before(int read, std::function<void()> event) { events_[read] = std::move(event); }
  void before_each(std::function<void()> event) { always_ = std::move(event); }
  int reads() const noexcept { return reads_; }

 private:
  Image& image_;
  std::map<int, std::function<void()>> events_{};
  std::function<void()> always_{};
  int reads_ = 0;
};
static_assert(Memory<EventfulMemory>);

class FakeTasks {
 public:
  using Names = std::vector<std::u16string_view>;

  // The reads of a tick without a running task: the thread's words, then everything.
  static constexpr int first_read = 1;

  explicit FakeTasks(const PublishedLayout& layout)
      : fake{layout}, memory{fake.image}, layout_{layout}, maker_{layout, tables_, {}} {
    fake.site.objects.coroutine_type = fake.type("coroutine", 0);
    thread = fake.allocate(128);
    interpreter = fake.allocate(128);
    set_ = fake.type("set", 0);
    offsets_.name = 16;
    offsets_.awaited_by = 24;
    offsets_.is_task = 32;
    offsets_.awaited_by_is_set = 33;
    offsets_.coro = 40;
    offsets_.node = 48;
    offsets_.interpreter_tasks = 0;
    offsets_.running_loop = 64;
    offsets_.running_task = 72;
    offsets_.thread_tasks = 0;
    link({}, {});
    stacks.emplace(layout_, memory, maker_, offsets_, fake.site.objects);
  }

  FakeInterpreter fake;
  EventfulMemory memory;
  Address thread{}, interpreter{};
  std::optional<TaskStacks<PublishedLayout, EventfulMemory>> stacks{};
  Chain chain{};
  const AsyncioOffsets& offsets() const { return offsets_; }

  // ---- the program

  // What it awaits is in its frame; the innermost awaits something that is no coroutine.
  Address coroutine(std::u16string_view name, Address awaits = {}) {
    const FakeCode code = fake.code(name, u"app.py", 10);
    const Address at = fake.object(fake.site.objects.coroutine_type,
                                   layout_.generator.frame.offset + code.frame_bytes + 64);
    const Address frame = frame_of(at);
    fake.put_frame(frame, code, code.end, layout_.owners.generator);
    const Address slot = frame + (layout_.frame.localsplus.offset + 24);
    fake.put(frame, layout_.frame.stackpointer, slot + layout_.traits.awaited_slot_back * 8U);
    fake.put_word(slot, awaits.value);
    suspend(at);
    return at;
  }
  // What an asynchronous generator puts between itself and its user.
  Address wrap(std::string_view type, Address inner) {
    const Address at = fake.object(fake.type(type, 0));
    fake.put_word(at + layout_.object.size, inner.value);
    return at;
  }
  void suspend(Address coroutine) { set_state(coroutine, layout_.states.suspended_yield_from); }
  void execute(Address coroutine) { set_state(coroutine, layout_.states.executing); }
  void finish_coroutine(Address coroutine) { set_state(coroutine, layout_.states.cleared); }
  Address frame_of(Address coroutine) const { return layout_.generator.frame.at(coroutine); }

  // Coroutines outermost first.
  Address task(std::u16string_view name, const Names& coroutines) {
    Address outer{};
    for (std::size_t i = coroutines.size(); i-- > 0;) outer = coroutine(coroutines[i], outer);
    const Address at = fake.allocate(128);
    rename(at, name);
    set_task(at, true);
    give(at, outer);
    return at;
  }
  void give(Address task, Address coroutine) {
    fake.put_word(task + offsets_.coro, coroutine.value);
  }
  void rename(Address task, std::u16string_view name) { rename_to(task, fake.text(name)); }
  void rename_to(Address task, Address name) { fake.put_word(task + offsets_.name, name.value); }
  void set_task(Address at, bool is) {
    REQUIRE(fake.image.store(at + offsets_.is_task, std::uint8_t{is}));
  }
  Address coroutine_of(Address task) {
    return read_value<Address>(fake.image, task + offsets_.coro).value();
  }
  // One awaiter, a future, or none.
  void await(Address awaiter, Address awaited) {
    fake.put_word(awaited + offsets_.awaited_by, awaiter.value);
    REQUIRE(fake.image.store(awaited + offsets_.awaited_by_is_set, std::uint8_t{0}));
  }
  void await_all(const std::vector<Address>& awaiters, Address awaited) {
    const Address set = fake.object(set_);
    const Address table = fake.allocate(8 * layout_.set_entry.size);
    fake.put(set, layout_.set.table, table);
    fake.put(set, layout_.set.mask, 7);
    fake.put(set, layout_.set.used, awaiters.size());
    for (std::size_t i = 0; i < awaiters.size(); ++i) {
      const Address entry = table + (7 - i) * layout_.set_entry.size;
      fake.put(entry, layout_.set_entry.key, awaiters[i]);
      fake.put(entry, layout_.set_entry.hash, 1);
    }
    fake.put_word(awaited + offsets_.awaited_by, set.value);
    REQUIRE(fake.image.store(awaited + offsets_.awaited_by_is_set, std::uint8_t{1}));
  }
  Address future() { return fake.allocate(128); }

  // The lists of the thread and of the interpreter.
  void link(const std::vector<Address>& tasks, const std::vector<Address>& left_behind = {}) {
    link_list(thread + offsets_.thread_tasks, tasks);
    link_list(interpreter + offsets_.interpreter_tasks, left_behind);
  }
  Address node_of(Address task) const { return task + offsets_.node; }
  void put_next(Address node, Address next) { fake.put(node, layout_.llist.next, next); }

  void set_loop(std::uint64_t loop, Address task) {
    fake.put_word(thread + offsets_.running_loop, loop);
    fake.put_word(thread + offsets_.running_task, task.value);
  }

  // ---- its thread's stack

  FakeTasks& call(std::string_view name, std::string_view file = "app.py") {
    return push(name, file, {next_ += 64}, layout_.owners.thread);
  }
  FakeTasks& resume(Address coroutine, std::string_view name) {
    return push(name, "app.py", frame_of(coroutine), layout_.owners.generator);
  }
  FakeTasks& shim() {
    chain.push_shim(RawFrame{.at = {next_ += 64}});
    return *this;
  }
  // Up to where the loop runs something, and that this is a task. Its coroutine is that of the task,
  // or the one that this drives.
  void run(Address task, std::string_view name, Address coroutine = {}) {
    if (!coroutine) coroutine = coroutine_of(task);
    set_loop(0x10, task);
    execute(coroutine);
    chain.clear();
    call("main").call("Handle._run", "asyncio/events.py").shim();
    resume(coroutine, name);
  }

  // ---- looks

  // As a sampler does it, a tick every 10 ms: the thread's words around its stack, then the tasks.
  std::vector<std::string> look(TaskChoice choice = TaskChoice::all) {
    begin();
    tries = 1;
    while (!try_thread()) ++tries;
    return finish(choice);
  }
  void begin() {
    now_ += 10'000'000;
    stacks->begin_tick(1, now_);
  }
  bool try_thread() {
    std::vector<Range> ranges;
    stacks->add_ranges_before(0, thread, ranges);
    const std::size_t own = ranges.size();
    stacks->add_ranges_after(ranges);
    const auto copied = memory.read_many(ranges);
    REQUIRE(copied);
    stacks->set_read(*copied - own);
    return stacks->identify(0, chain, 1);
  }
  std::vector<std::string> finish(TaskChoice choice) {
    const std::vector<ThreadView> threads{{thread, &chain, chain.stack(), 1}};
    const std::vector<Address> interpreters{interpreter};
    stacks->make_stacks(choice, threads, interpreters, found);
    std::vector<std::string> out;
    for (const TaskStack& one : found) {
      out.push_back((one.running ? "* " : one.idle ? "- " : "") + text(one.stack));
    }
    return out;
  }
  // Of what was found last: a line for each task, "left <- main: l".
  std::vector<std::string> graph() {
    const std::vector<ThreadView> threads{{thread, &chain, chain.stack(), 1}};
    const TaskGraph graph = stacks->graph(threads, found);
    CHECK(graph.leaves.size() == found.size());
    leaves = graph.leaves;
    const FrameTable& frames = tables_.unguarded().frames;
    std::vector<std::string> out;
    for (const TaskNode& node : graph.nodes) {
      std::string line = (node.running ? "* " : "") + node.name;
      for (const std::size_t awaiter : node.awaited_by) {
        line += (awaiter == node.parent ? " <- " : " <. ") + graph.nodes[awaiter].name;
      }
      line += ":";
      for (const FrameId frame : node.frames) line += " " + std::string{frames.name_of(frame)};
      out.push_back(line);
    }
    return out;
  }
  std::vector<std::size_t> leaves{};  // of that
  int tries = 0;
  std::vector<TaskStack> found{};

 private:
  void set_state(Address coroutine, Value state) {
    fake.put(coroutine, layout_.generator.frame_state, state.number);
  }
  void link_list(Address head, const std::vector<Address>& tasks) {
    Address before = head;
    for (const Address task : tasks) {
      put_next(before, node_of(task));
      before = node_of(task);
    }
    put_next(before, head);
  }
  FakeTasks& push(std::string_view name, std::string_view file, Address at, Value owner) {
    RawFrame frame;
    frame.at = at;
    frame.owner = static_cast<std::uint8_t>(owner.number);
    const FrameId id = maker_.builder().synthetic(name, FrameKind::python, file);
    chain.push_python(frame, code_, 0, true, 0, &id, nullptr, maker_.builder());
    return *this;
  }
  // Markers in brackets, then coroutines; root first.
  std::string text(StackId stack) {
    const FrameTable& frames = tables_.unguarded().frames;
    std::string out;
    for (; stack != StackId::empty; stack = frames.parent(stack)) {
      const FrameId leaf = frames.leaf(stack);
      const std::string name{frames.name_of(leaf)};
      const bool marker = frames[leaf].kind == FrameKind::task;
      out = (marker ? "[" + name + "]" : name) + (out.empty() ? "" : " ") + out;
    }
    return out;
  }

  PublishedLayout layout_;
  AsyncioOffsets offsets_{};
  SharedTables tables_{};
  ChainMaker<PublishedLayout> maker_;
  Address set_{};
  Code code_{};
  std::uint64_t next_ = 0x1000;
  std::uint64_t now_ = 1'000'000'000;
};

// Reads single tasks of such a program.
struct FakeReader {
  explicit FakeReader(FakeTasks& world, TaskLimits limits = {})
      : pieces{world.memory},
        reader{world.fake.layout(), world.offsets(), world.fake.site.objects, limits} {}

  bool read(Address task) {
    pieces.forget();
    record.at = task;
    return reader.read(pieces, record);
  }
  // Everything is read again: is the task what it was?
  bool is_unchanged() {
    pieces.read_all();
    return reader.is_unchanged(pieces, record);
  }
  bool is_same_task() {
    pieces.read_all();
    return reader.is_same_task(pieces, record);
  }

  Gathered<EventfulMemory> pieces;
  TaskReader<PublishedLayout> reader;
  TaskRecord record{};
};

// Interpreters that have lists of tasks.
template <class Visit>
void each_with_tasks(Visit&& visit) {
  for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    if constexpr (L::thread.asyncio_tasks_head.present()) {
      INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
      visit(published_form<L>);
    }
  });
}

}  // namespace tachyon::test
