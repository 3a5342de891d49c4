#pragma once

#include <string>
#include <string_view>

#include <tachyon/codec/json.hpp>
#include <tachyon/sampler/dump.hpp>
#include <tachyon/target/runtime.hpp>

#include "dump_text.hpp"

// A dump as JSON. The schema is versioned: members may be added, none is renamed or removed
// without a new number.
//
//   {"schema": "tachyon.dump/1",
//    "processes": [{"pid", "python", "free_threaded", "runtime_file", "found_by", "error"?,
//                   "lost_tasks"?,
//      "tasks"?: [{"id", "name", "thread", "running"?, "awaited_by": [ids], "frames": [...]}],
//      "threads": [{"id", "interpreter", "main", "name", "python_name"?, "status": [words],
//                   "complete", "task"?,
//        "frames": [{"function", "file", "kind", "first_line"?, "line"?, "end_line"?, "column"?,
//                    "end_column"?, "opcode"?: {"name", "base", "specialized"},
//                    "locals"?: [{"name", "value"}], "locals_changed"?: true}]}]}]}
//
// Frames stand oldest first. `kind`: python, native, gc, task, truncated, idle. Columns are byte
// offsets in the UTF-8 line, counted from 0. `locals_changed`: variables that changed while they
// were read are left out. `task`: the id of the innermost asyncio task. `tasks` has the frames of
// each by itself, without those of the tasks that wait for it; `thread` is 0 if that has ended.
namespace tachyon::tool {

constexpr std::string_view kind_word(FrameKind kind) noexcept {
  switch (kind) {
    case FrameKind::python:
      return "python";
    case FrameKind::native:
      return "native";
    case FrameKind::gc:
      return "gc";
    case FrameKind::task:
      return "task";
    case FrameKind::truncated:
      return "truncated";
    case FrameKind::idle:
      break;
  }
  return "idle";
}

template <Sink S>
class DumpJson {
 public:
  explicit DumpJson(S& sink) : json_{sink} {
    json_.begin_object();
    json_.member("schema", "tachyon.dump/1");
    json_.key("processes");
    json_.begin_array();
  }
  void end() {
    json_.end_array();
    json_.end_object();
    json_.newline();
  }

  void process(std::int64_t pid, const RuntimeSite& site, const Tables& tables, const Dump& dump) {
    json_.begin_object();
    json_.member("pid", pid);
    const std::string version = std::to_string(site.major()) + "." + std::to_string(site.minor()) +
                                "." + std::to_string(site.micro());
    json_.member("python", std::string_view{version});
    json_.member("free_threaded", site.free_threaded);
    json_.member("runtime_file", std::string_view{site.file});
    json_.member("found_by", name_of(site.found_by));
    json_.key("threads");
    json_.begin_array();
    for (const DumpedThread& thread : dump.threads) show(thread, dump, tables);
    json_.end_array();
    if (!dump.tasks.empty()) show_tasks(dump, tables);
    if (dump.lost_tasks != 0) json_.member("lost_tasks", dump.lost_tasks);
    json_.end_object();
  }
  void failure(std::int64_t pid, std::string_view why) {
    json_.begin_object();
    json_.member("pid", pid);
    json_.member("error", why);
    json_.end_object();
  }

 private:
  void show_tasks(const Dump& dump, const Tables& tables) {
    json_.key("tasks");
    json_.begin_array();
    for (const DumpedTask& task : dump.tasks) {
      json_.begin_object();
      json_.member("id", task.node.at.value);
      json_.member("name", std::string_view{task.node.name});
      json_.member("thread", tables.threads[task.thread].id);
      if (task.node.running) json_.member("running", true);
      json_.key("awaited_by");
      json_.begin_array();
      for (const std::size_t node : task.node.awaited_by) {
        json_.value(dump.tasks[node].node.at.value);
      }
      json_.end_array();
      json_.key("frames");
      json_.begin_array();
      for (const FrameId frame : task.node.frames) show({frame}, tables.frames);
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  void show(const DumpedThread& shown, const Dump& dump, const Tables& tables) {
    const Thread& thread = tables.threads[shown.thread];
    json_.begin_object();
    json_.member("id", thread.id);
    json_.member("interpreter", thread.interpreter);
    json_.member("main", thread.main);
    json_.member("name", std::string_view{thread.name});
    if (!thread.python_name.empty()) {
      json_.member("python_name", std::string_view{thread.python_name});
    }
    json_.key("status");
    json_.begin_array();
    for (const std::string& word : status_words(shown.status)) json_.value(std::string_view{word});
    json_.end_array();
    json_.member("complete", shown.problem.code == Errc::ok);
    if (shown.innermost != no_node) {
      json_.member("task", dump.tasks[shown.innermost].node.at.value);
    }
    json_.key("frames");
    json_.begin_array();
    for (const DumpedFrame& frame : shown.frames) show(frame, tables.frames);
    json_.end_array();
    json_.end_object();
  }

  void show(const DumpedFrame& shown, const FrameTable& frames) {
    const Frame& frame = frames[shown.frame];
    const Function& function = frames[frame.function];
    json_.begin_object();
    json_.member("function", frames[function.name]);
    json_.member("file", frames[function.file]);
    json_.member("kind", kind_word(frame.kind));
    if (function.first_line > 0) json_.member("first_line", function.first_line);
    if (frame.location.line > 0) {
      json_.member("line", frame.location.line);
      json_.member("end_line", frame.location.end_line);
    }
    if (frame.location.column >= 0) {
      json_.member("column", frame.location.column);
      json_.member("end_column", frame.location.end_column);
    }
    if (frame.opcode != OpcodeId::none) {
      const ExecutedOpcode& opcode = frames[frame.opcode];
      json_.key("opcode");
      json_.begin_object();
      json_.member("name", frames[opcode.name]);
      json_.member("base", frames[opcode.base]);
      json_.member("specialized", opcode.specialized);
      json_.end_object();
    }
    if (!shown.locals.empty()) {
      json_.key("locals");
      json_.begin_array();
      for (const LocalVariable& local : shown.locals) {
        json_.begin_object();
        json_.member("name", std::string_view{local.name});
        json_.member("value", std::string_view{local.value});
        json_.end_object();
      }
      json_.end_array();
    }
    if (shown.locals_changed) json_.member("locals_changed", true);
    json_.end_object();
  }

  JsonWriter<S> json_;
};

}  // namespace tachyon::tool
