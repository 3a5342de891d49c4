#include <tachyon/tasks/loop_stacks.hpp>

#include <string>
#include <string_view>
#include <catch2/catch.hpp>

#include <tachyon/memory/image.hpp>

#include "layout/tables.hpp"
#include "support/every_layout.hpp"

using namespace tachyon;

namespace {

using Kind = LoopStack::Kind;

// A thread's stack, grown call by call.
class LoopThread {
 public:
  explicit LoopThread(const PublishedLayout& layout)
      : layout_{layout}, maker_{layout, tables_, {}}, loops_{layout, maker_, coroutine_type} {
    (void)image_.map(Address{0x1000}, 1 << 16);
  }

  LoopThread& call(std::string_view name, std::string_view file = "app.py") {
    return push(name, file, layout_.owners.thread.number);
  }
  LoopThread& coroutine(std::string_view name) { return generator(name, coroutine_type); }
  LoopThread& generator(std::string_view name, Address type = coroutine_type + 8) {
    push(name, "app.py", layout_.owners.generator.number);
    const Address object = chain_.top().at - layout_.generator.frame.offset;
    (void)image_.store(layout_.object.type.at(object), type.value);
    return *this;
  }
  LoopThread& shim() {
    chain_.push_shim(frame(0));
    return *this;
  }
  // A frame that is still being set up.
  LoopThread& hidden() {
    chain_.push_python(frame(0), code_, 0, true, 0, nullptr, nullptr, maker_.builder());
    return *this;
  }
  // As asyncio comes to where it does something.
  LoopThread& loop() {
    call("<module>").call("run", "asyncio/runners.py");
    return call("BaseEventLoop.run_forever", "asyncio/base_events.py")
        .call("BaseEventLoop._run_once", "asyncio/base_events.py");
  }
  // As it does where the loop is written in C.
  LoopThread& runner() {
    return call("<module>")
        .call("run", "uvloop/__init__.py")
        .call("Runner.run", "asyncio/runners.py");
  }
  LoopThread& handle() { return loop().call("Handle._run", "asyncio/events.py"); }

  // Back to where so many frames are left.
  LoopThread& leave(std::size_t links) {
    chain_.cut(links);
    return *this;
  }

  LoopStack look(bool has_gil = true) { return loops_.of(image_, chain_, chain_.stack(), has_gil); }
  LoopStack look_collecting() {
    const FrameId gc = maker_.builder().synthetic("<GC>", FrameKind::gc);
    return loops_.of(image_, chain_, maker_.builder().push(chain_.stack(), gc), true);
  }
  std::string text(StackId stack) {
    const FrameTable& frames = tables_.unguarded().frames;
    std::string out;
    for (; stack != StackId::empty; stack = frames.parent(stack)) {
      const FrameId leaf = frames.leaf(stack);
      const bool marker = frames[leaf].kind == FrameKind::task;
      CHECK(marker == (frames.file_of(leaf) == "<task>"));
      const std::string name{frames.name_of(leaf)};
      out = (marker ? "[" + name + "]" : name) + (out.empty() ? "" : " ") + out;
    }
    return out;
  }

 private:
  RawFrame frame(std::int64_t owner) {
    RawFrame made;
    made.at = Address{next_ += 1024};
    made.owner = static_cast<std::uint8_t>(owner);
    return made;
  }
  LoopThread& push(std::string_view name, std::string_view file, std::int64_t owner) {
    const FrameId id = maker_.builder().synthetic(name, FrameKind::python, file);
    chain_.push_python(frame(owner), code_, 0, true, 0, &id, nullptr, maker_.builder());
    return *this;
  }

  static constexpr Address coroutine_type{0x100};

  PublishedLayout layout_;
  Image image_;
  SharedTables tables_;
  ChainMaker<PublishedLayout> maker_;
  LoopStacks<PublishedLayout> loops_;
  Chain chain_;
  Code code_;
  std::uint64_t next_ = 0x1000;
};

void expect(LoopThread& thread, Kind kind, std::string_view text) {
  const LoopStack seen = thread.look();
  CHECK(seen.kind == kind);
  CHECK(thread.text(seen.stack) == text);
  // The same stack is asked about again and again.
  CHECK(thread.look().kind == kind);
  CHECK(thread.look().stack == seen.stack);
}

using test::every_layout;

}  // namespace

TEST_CASE("loop stacks: no loop") {
  every_layout([](const PublishedLayout& layout) {
    LoopThread nothing{layout};
    expect(nothing, Kind::none, "");
    LoopThread plain{layout};
    expect(plain.call("<module>").call("main").call("parse"), Kind::none, "");
    LoopThread other{layout};  // somebody else's selector
    expect(other.call("serve").call("EpollSelector.select", "/lib/selectors.py"), Kind::none, "");
    LoopThread driven{layout};  // a coroutine, and no loop that drives it
    expect(driven.call("<module>").coroutine("worker"), Kind::none, "");
    LoopThread rows{layout};  // list(rows())
    expect(rows.call("<module>").shim().generator("rows"), Kind::none, "");
  });
}

TEST_CASE("loop stacks: a loop that waits") {
  every_layout([](const PublishedLayout& layout) {
    LoopThread waits{layout};
    expect(waits.loop().call("EpollSelector.select", "/lib/selectors.py"), Kind::idle, "<idle>");
    LoopThread called{layout};  // a function of its own choosing: it does not only wait
    called.loop().call("EpollSelector.select", "/lib/selectors.py").call("on_signal");
    expect(called, Kind::callback, "[<event loop>]");
    LoopThread turns{layout};  // in between
    expect(turns.loop(), Kind::callback, "[<event loop>]");
  });
}

TEST_CASE("loop stacks: between tasks, in a callback") {
  every_layout([](const PublishedLayout& layout) {
    LoopThread callback{layout};
    expect(callback.handle().call("on_timer").call("parse"), Kind::callback,
           "[<event loop>] on_timer parse");
    LoopThread bare{layout};
    expect(bare.handle(), Kind::callback, "[<event loop>]");
    LoopThread generator{layout};  // one that a callback goes through is no task
    expect(generator.handle().call("on_timer").coroutine("rows"), Kind::callback,
           "[<event loop>] on_timer rows");
    LoopThread waiting{layout};  // a callback that uses a selector is not the loop waiting
    waiting.handle().call("on_timer").call("select", "/lib/selectors.py");
    expect(waiting, Kind::callback, "[<event loop>] on_timer select");
  });
}

TEST_CASE("loop stacks: a task") {
  every_layout([](const PublishedLayout& layout) {
    LoopThread task{layout};
    task.handle().shim().coroutine("worker").coroutine("fetch").call("parse");
    expect(task, Kind::task, "[worker] worker fetch parse");
    LoopThread direct{layout};  // before 3.12 there are no shims
    expect(direct.handle().coroutine("worker"), Kind::task, "[worker] worker");
    LoopThread beginning{layout};
    expect(beginning.handle().shim().hidden(), Kind::callback, "[<event loop>]");
    LoopThread wrapped{layout};
    expect(wrapped.handle().hidden().coroutine("worker"), Kind::task, "[worker] worker");
    LoopThread nested{layout};  // a loop inside a task's call: what it runs is what runs
    nested.handle().shim().coroutine("outer").call("run_nested");
    expect(nested.handle().shim().coroutine("inner").call("parse"), Kind::task,
           "[inner] inner parse");
  });
}

TEST_CASE("loop stacks: a loop that is written in C") {
  every_layout([](const PublishedLayout& layout) {
    LoopThread known{layout};  // asyncio's runner drives it
    known.runner();
    CHECK(known.text(known.look(false).stack) == "<idle>");
    CHECK(known.look(false).kind == Kind::idle);
    CHECK(known.look(true).kind == Kind::callback);
    expect(known.shim().call("on_timer").call("parse"), Kind::callback,
           "[<event loop>] on_timer parse");
    expect(known.leave(3).shim().coroutine("worker").call("parse"), Kind::task,
           "[worker] worker parse");
    expect(known.leave(3).call("Runner._lazy_init"), Kind::none, "");
    LoopThread other{layout};  // it is driven by whoever called it, once a coroutine was seen there
    other.call("<module>").call("serve");
    expect(other, Kind::none, "");
    expect(other.shim().coroutine("worker"), Kind::task, "[worker] worker");
    CHECK(other.leave(2).look(false).kind == Kind::idle);
    expect(other.shim().call("on_data"), Kind::callback, "[<event loop>] on_data");
  });
}

TEST_CASE("loop stacks: a collection is part of what it interrupts") {
  every_layout([](const PublishedLayout& layout) {
    LoopThread task{layout};
    task.handle().shim().coroutine("worker");
    CHECK(task.text(task.look_collecting().stack) == "[worker] worker <GC>");
    CHECK(task.text(task.look().stack) == "[worker] worker");
    LoopThread waits{layout};
    waits.loop().call("EpollSelector.select", "/lib/selectors.py");
    CHECK(waits.look_collecting().kind == Kind::callback);
    CHECK(waits.look().kind == Kind::idle);
  });
}
