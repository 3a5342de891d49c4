#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <tachyon/live/feed.hpp>
#include <tachyon/live/input.hpp>
#include <tachyon/live/keys.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/ui.hpp>
#include <tachyon/live/view.hpp>

namespace live_tests {

using namespace tachyon;
using namespace tachyon::live;

inline constexpr Moment second = 1'000'000'000;

// A session in a box: samples by name go in, batches come out.
class FakeRun {
 public:
  SharedTables shared;
  Tables& tables = shared.unguarded();
  Mailbox mailbox;
  Feed feed{shared, mailbox};
  std::uint64_t time = 0;

  struct Call {
    std::string_view function;
    std::int32_t line;
    std::string_view file = "/app/main.py";
    OpcodeId opcode = OpcodeId::none;
    FrameKind kind = FrameKind::python;
  };

  ThreadIndex thread(std::uint64_t id, std::string name = "worker", std::int64_t process = 7) {
    Thread thread;
    thread.process = process;
    thread.id = id;
    thread.name = std::move(name);
    thread.main = id == 1;
    return tables.threads.intern(thread);
  }
  StackId stack(std::initializer_list<Call> calls) {
    StackId at = StackId::empty;
    FrameTable& frames = tables.frames;
    for (const Call& call : calls) {
      Frame frame;
      frame.function = frames.function({frames.string(call.function), frames.string(call.file), 1});
      frame.location = {call.line, call.line, 0, 1};
      frame.opcode = call.opcode;
      frame.kind = call.kind;
      at = frames.push(at, frames.frame(frame));
    }
    return at;
  }
  OpcodeId opcode(std::uint16_t number, std::string_view name, std::string_view base) {
    FrameTable& frames = tables.frames;
    return frames.opcode({number, frames.string(name), frames.string(base), name != base});
  }
  void add(ThreadIndex thread, StackId stack, int times = 1, Status status = Status::none) {
    for (int i = 0; i < times; ++i) feed.add({thread, stack, status, time, 1'000'000});
  }
  void tick(TickOutcome outcome = TickOutcome::taken) {
    time += 1'000'000;
    feed.end_tick({time, 1'000'000, outcome, 0});
  }
  Batch batch() {
    feed.publish();
    return mailbox.take();
  }
};

inline Run example_run() {
  Run run;
  run.target.process = 7;
  run.target.command_line = "python3 main.py";
  run.target.working_directory = "/app";
  run.target.minor = 13;
  run.mode = ModeKind::wall;
  run.interval = 1'000'000;
  return run;
}

inline FunctionId find(const Model& model, std::string_view name) {
  for (std::uint32_t i = 0; i < model.frames().function_count(); ++i) {
    if (model.frames()[model.frames()[FunctionId{i}].name] == name) return FunctionId{i};
  }
  return FunctionId{0xffffffff};
}

inline Reaction press(Model& model, Ui& ui, char32_t c) {
  return handle(model, ui, Event{Key::character, c}, second);
}
inline Reaction press(Model& model, Ui& ui, Key key) {
  return handle(model, ui, Event{key}, second);
}

inline std::string text_of(const Screen& screen) {
  std::string out;
  for (int row = 0; row < screen.rows(); ++row) out += screen.row_text(row) + '\n';
  return out;
}

}  // namespace live_tests
