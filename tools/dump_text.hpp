#pragma once

#include <unistd.h>

#include <algorithm>
#include <climits>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/sampler/dump.hpp>

#include "source_lines.hpp"

// A dump as text, in the shape that Python's own profiler prints, oldest frame first:
//
//   Stack dump for PID 4242, thread 4242 (main thread, has GIL, on CPU; most recent call last):
//     File "shop/cart.py", line 12, in Cart.total  opcode=CALL_PY_EXACT_ARGS (CALL)
//       return sum(self.lines)
//              ^^^^^^^^^^^^^^^
//     <GC>
//
// A stack of asyncio tasks goes from one task to one of those that wait for it; the others are named:
//
//     File "<task>", in worker (2 parents)
//       also awaited by right
namespace tachyon::tool {

struct DumpStyle {
  bool colour = false;
  bool carets = false;
};

inline std::vector<std::string> status_words(Status status) {
  std::vector<std::string> words;
  const auto add = [&](Status bit, const char* word) {
    if (has(status, bit)) words.emplace_back(word);
  };
  add(Status::main_thread, "main thread");
  add(Status::has_gil, "has GIL");
  add(Status::on_cpu, "on CPU");
  add(Status::stopped, "stopped");
  add(Status::gil_requested, "waiting for GIL");
  add(Status::has_exception, "has exception");
  const Status busy = Status::has_gil | Status::gil_requested | Status::has_exception |
                      Status::on_cpu | Status::unknown | Status::stopped;
  if (!has(status, busy)) words.emplace_back("idle");
  return words;
}

constexpr std::string_view why_incomplete(Errc problem) noexcept {
  switch (problem) {
    case Errc::unreadable:
      return "its memory could not be read";
    case Errc::bad_value:
      return "the thread stands still, but its frames do not lead to one another";
    default:
      return "the stack changed while it was read";
  }
}

namespace detail {

inline std::size_t count_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// Names below the current directory are shown relative to it.
inline std::string_view shorten(std::string_view path, std::string_view here) {
  if (here.size() > 1 && path.starts_with(here) && path.size() > here.size() &&
      path[here.size()] == '/') {
    return path.substr(here.size() + 1);
  }
  return path;
}

inline std::string current_folder() {
  char path[PATH_MAX];
  return ::getcwd(path, sizeof path) != nullptr ? std::string{path} : std::string{};
}

}  // namespace detail

class DumpPrinter {
 public:
  DumpPrinter(const Tables& tables, SourceLines& sources, DumpStyle style)
      : tables_{tables}, sources_{sources}, style_{style}, here_{detail::current_folder()} {}

  std::string print(const Dump& dump, std::int64_t pid) {
    std::string out;
    bool first = true;
    for (const DumpedThread& thread : dump.threads) {
      if (!first) out += '\n';
      header(thread, first ? pid : 0, dump.interpreters > 1, out);
      if (thread.frames.empty() && thread.problem.code == Errc::ok) out += "  (no Python frames)\n";
      const std::vector<std::size_t> tasks = tasks_of(thread, dump);
      for (std::size_t i = 0; i < thread.frames.size(); ++i) {
        show(thread.frames[i], out);
        if (tasks[i] != no_node) other_awaiters(dump, tasks[i], out);
      }
      if (thread.problem.code != Errc::ok) {
        out += paint("33", concat("  (incomplete: ", why_incomplete(thread.problem.code), ")"));
        out += '\n';
      }
      first = false;
    }
    if (dump.lost_tasks != 0) {
      const std::string tasks = counted(dump.lost_tasks, "task");
      out += paint("33", concat("\n(", tasks, " not shown: changed while read)"));
      out += '\n';
    }
    return out;
  }

 private:
  std::string paint(std::string_view code, std::string_view text) const {
    if (!style_.colour || text.empty()) return std::string{text};
    return concat("\x1b[", code, "m", text, "\x1b[0m");
  }

  void header(const DumpedThread& shown, std::int64_t pid, bool several, std::string& out) {
    const Thread& thread = tables_.threads[shown.thread];
    std::vector<std::string> words;
    if (several) words.push_back(concat("interpreter ", std::to_string(thread.interpreter)));
    if (!shown.task) {
      for (std::string& word : status_words(shown.status)) words.push_back(std::move(word));
    }
    const std::string& name = thread.python_name.empty() ? thread.name : thread.python_name;
    if (!name.empty() && !thread.main) words.push_back(concat("named ", quoted(name)));
    std::string text = "Stack dump for ";
    if (pid != 0) text += concat("PID ", std::to_string(pid), ", ");
    text += concat("thread ", std::to_string(thread.id), " (");
    for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : ", ") + words[i];
    text += words.empty() ? "most recent call last):" : "; most recent call last):";
    out += paint("1;34", text) + '\n';
  }

  // By frame: the task that it stands for.
  std::vector<std::size_t> tasks_of(const DumpedThread& shown, const Dump& dump) const {
    std::vector<std::size_t> out(shown.frames.size(), no_node);
    std::size_t task = shown.innermost;
    for (std::size_t i = out.size(); i-- > 0 && task != no_node;) {
      if (tables_.frames[shown.frames[i].frame].kind != FrameKind::task) continue;
      out[i] = task;
      task = dump.tasks[task].node.parent;
    }
    return out;
  }

  // All that wait for a task but the one that the stack goes through.
  void other_awaiters(const Dump& dump, std::size_t task, std::string& out) const {
    constexpr std::size_t most = 8;
    std::vector<std::string> names;
    std::size_t more = 0;
    for (const std::size_t awaiter : dump.tasks[task].node.awaited_by) {
      if (awaiter == dump.tasks[task].node.parent) continue;
      if (names.size() == most) {
        ++more;
      } else {
        names.push_back(printable(dump.tasks[awaiter].node.name));
      }
    }
    if (names.empty()) return;
    if (more != 0) names.push_back(concat(std::to_string(more), " more"));
    out += concat("    ", paint("90", concat("also awaited by ", joined(names, "and"))), "\n");
  }

  void show(const DumpedFrame& shown, std::string& out) {
    const FrameTable& frames = tables_.frames;
    const Frame& frame = frames[shown.frame];
    const std::string name = printable(frames.name_of(shown.frame));
    const std::string_view file = frames.file_of(shown.frame);
    if (file == "~") {
      out += concat("  ", paint("1;32", name), "\n");
      return;
    }
    out +=
        concat("  File ", paint("36", concat("\"", printable(detail::shorten(file, here_)), "\"")));
    if (frame.location.line > 0) {
      out += concat(", line ", paint("33", std::to_string(frame.location.line)));
    }
    out += concat(", in ", paint("1;32", name));
    if (frame.opcode != OpcodeId::none) {
      const ExecutedOpcode& opcode = frames[frame.opcode];
      std::string text = concat("  opcode=", frames[opcode.name]);
      if (opcode.name != opcode.base) text += concat(" (", frames[opcode.base], ")");
      out += paint("90", text);
    }
    out += '\n';
    source(file, frame.location, out);
    for (const LocalVariable& local : shown.locals) {
      out += concat("      ", paint("90", concat(printable(local.name), " = ", local.value)), "\n");
    }
    if (shown.locals_changed) {
      out += concat("      ",
                    paint("90", "(values that changed while they were read are left out)"), "\n");
    }
  }

  void source(std::string_view file, const Location& location, std::string& out) {
    const std::string_view line = sources_.line(file, location.line);
    const std::size_t indent = std::min(line.find_first_not_of(" \t\f"), line.size());
    const std::string_view text = line.substr(indent);
    if (text.empty()) return;
    // Columns are bytes of the line; an expression that goes on below is marked to the line's end.
    std::size_t from = 0, to = 0;
    if (location.column >= 0) {
      from = static_cast<std::size_t>(location.column);
      to = location.end_line > location.line
               ? line.size()
               : static_cast<std::size_t>(std::max(location.end_column, 0));
    }
    const bool marked = location.column >= 0 && from >= indent && to <= line.size() && from < to;
    const std::string before = printable(marked ? text.substr(0, from - indent) : text);
    const std::string range = marked ? printable(line.substr(from, to - from)) : std::string{};
    const std::string after = marked ? printable(line.substr(to)) : std::string{};
    out += concat("    ", before, paint("1;33", range), after, "\n");
    if (style_.carets && marked && !(before.empty() && after.empty())) {
      out += concat("    ", std::string(detail::count_points(before), ' '),
                    std::string(detail::count_points(range), '^'), "\n");
    }
  }

  const Tables& tables_;
  SourceLines& sources_;
  DumpStyle style_;
  std::string here_;
};

}  // namespace tachyon::tool
