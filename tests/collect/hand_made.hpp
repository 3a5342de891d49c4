#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// Samples written by hand: frames as "file:name:line", stacks as lists of them, root first.
namespace tachyon::test {

struct Recording {
  Tables tables;
  std::vector<Sample> samples;
  Run run;
  std::uint64_t now = 0;

  ThreadIndex thread(std::uint64_t id, std::string_view name = {}, bool main = false) {
    Thread t;
    t.process = 4242;
    t.id = id;
    t.name = std::string{name};
    t.main = main;
    return tables.threads.intern(t);
  }

  FrameId frame(std::string_view file, std::string_view name, std::int32_t line,
                std::int32_t first_line = 0, std::int32_t column = -1,
                OpcodeId opcode = OpcodeId::none) {
    FrameTable& f = tables.frames;
    Frame out;
    out.function = f.function({f.string(name), f.string(file), first_line});
    out.location = {line, line, column, column < 0 ? -1 : column + 10};
    if (line == 0) out.location = {};
    out.opcode = opcode;
    if (name == "<GC>" && file == "~") out.kind = FrameKind::gc;
    if (name == "<native>" && file == "~") out.kind = FrameKind::native;
    if (file == "<task>") out.kind = FrameKind::task;
    return f.frame(out);
  }

  StackId stack(std::initializer_list<FrameId> root_first) {
    StackId out = StackId::empty;
    for (const FrameId frame : root_first) out = tables.frames.push(out, frame);
    return out;
  }

  // `count` samples, one each `weight` nanoseconds, each at the end of the time it stands for.
  void add(ThreadIndex thread, StackId stack, Status status, std::uint64_t weight = 1'000'000,
           int count = 1) {
    for (int i = 0; i < count; ++i) {
      now += weight;
      samples.push_back({thread, stack, status, now, weight});
    }
  }

  template <class C>
  C& feed(C& collector) const {
    for (const Sample& sample : samples) collector.add(sample);
    return collector;
  }
};

// A small generator with a fixed sequence, so that a failing case can be repeated.
struct Random {
  std::uint64_t state = 0x9e3779b97f4a7c15U;
  std::uint32_t below(std::uint32_t limit) {
    state += 0x9e3779b97f4a7c15U;
    return static_cast<std::uint32_t>(mix_bits(state) % limit);
  }
};

// A little of everything: recursion, two files of one base name, equal names on several lines,
// tasks, <GC>, <native>, text that needs escaping, opcodes, three threads and most statuses.
inline Recording busy_recording() {
  Recording r;
  FrameTable& f = r.tables.frames;
  const StringId load = f.string("LOAD_ATTR");
  const OpcodeId plain = f.opcode({80, load, load, false});
  const OpcodeId fast = f.opcode({180, f.string("LOAD_ATTR_INSTANCE_VALUE"), load, true});
  const StringId call_name = f.string("CALL");
  const OpcodeId call = f.opcode({53, call_name, call_name, false});

  const ThreadIndex main = r.thread(4242, "MainThread", true);
  const ThreadIndex worker = r.thread(4250, "pool;1");
  const ThreadIndex odd = r.thread(4251, "a) \x1b[2J");

  const FrameId module = r.frame("/app/main.py", "<module>", 40, 1, 0, call);
  const FrameId walk12 = r.frame("/app/lib/util.py", "Tree.walk", 12, 10, 8, call);
  const FrameId walk14 = r.frame("/app/lib/util.py", "Tree.walk", 14, 10, 8, fast);
  const FrameId walk14b = r.frame("/app/lib/util.py", "Tree.walk", 14, 10, 20, plain);
  const FrameId walk_other = r.frame("/other/util.py", "Tree.walk", 14, 10, 8, fast);
  const FrameId gc = r.frame("~", "<GC>", 0);
  const FrameId native = r.frame("~", "<native>", 0);
  const FrameId task = r.frame("<task>", "Task-1", 0);
  const FrameId weird = r.frame("/app/we;ird\n.py", "</script>\x1b[31m", 7, 5, 4, call);
  const FrameId digits = r.frame("/app/main.py", "ends with 12", 3, 2, 0, plain);

  const Status busy = Status::has_gil | Status::on_cpu | Status::main_thread;
  const Status waiting = Status::gil_requested | Status::main_thread;
  r.add(main, r.stack({module, walk12, walk12, walk14}), busy, 1'000'000, 5);
  r.add(worker, r.stack({native, walk_other}), Status::on_cpu, 1'500'000, 3);
  r.add(main, r.stack({module, walk12, walk12, walk14b}), busy | Status::has_exception, 1'000'000,
        2);
  r.add(main, r.stack({module, walk12, walk12, walk14}), waiting, 2'000'000, 1);
  r.add(main, r.stack({module, walk12, gc}), busy | Status::in_gc, 1'000'000, 4);
  r.add(odd, r.stack({task, weird}), Status::none, 1'000'000, 2);
  r.add(odd, r.stack({task, weird, digits}), Status::none, 1'000'000, 1);
  r.add(odd, StackId::empty, Status::none, 1'000'000, 1);
  r.add(main, r.stack({module}), busy, 1'000'000, 1);

  r.run.target.process = 4242;
  r.run.target.command_line = "python3 main.py";
  r.run.target.major = 3;
  r.run.target.minor = 14;
  r.run.mode = ModeKind::all;
  r.run.interval = 1'000'000;
  r.run.started = 1'700'000'000'000'000'000U;
  r.run.duration = r.now;
  r.run.options.opcodes = true;
  return r;
}

}  // namespace tachyon::test
