#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/thread_names.hpp>
#include <tachyon/collect/timeline.hpp>

// The Trace Event format, which the Perfetto UI and chrome://tracing open: function calls as begin
// and end events of a thread.
//
//   {"traceEvents":[
//     {"ph":"M","pid":4242,"tid":4242,"name":"thread_name","args":{"name":"MainThread"}},
//     {"ph":"B","pid":4242,"tid":4242,"ts":1000,"name":"<module>","args":{"file":"a.py","line":1}},
//     {"ph":"E","pid":4242,"tid":4242,"ts":6000},
//     {"ph":"C","pid":4242,"ts":0,"name":"GIL","args":{"held %":80,"waited for %":5}}, ...],
//    "displayTimeUnit":"ms"}
//
// From one sample to the next, functions that both stacks share go on and the others end or begin,
// so events nest by construction, and each begin has its end: when the stack changes, when the
// thread was not seen for a while, at the latest with its last sample. What looks like one long
// call may be many short ones: a sampler cannot see returns between samples. Times are microseconds
// since the session began, with three decimals. A task is a lane of its own, numbered beyond the
// kernel's thread ids.
namespace tachyon {

struct ChromeTraceOptions {
  Detail detail = Detail::function;
};

class ChromeTraceWriter {
 public:
  using Options = ChromeTraceOptions;
  explicit ChromeTraceWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const Timeline& timeline, const Run& run) const;

 private:
  Options options_;
};

using ChromeTrace = FromTimeline<ChromeTraceWriter>;

namespace detail {

template <Sink S>
class ChromeTraceEvents {
 public:
  ChromeTraceEvents(S& sink, const Timeline& timeline, const Run& run, Detail detail)
      : json_{sink},
        timeline_{timeline},
        frames_{timeline.frames()},
        run_{run},
        keys_{frames_, detail} {}

  void write() {
    json_.begin_object();
    json_.key("traceEvents");
    json_.begin_array();
    name_processes();
    for (std::uint32_t lane = 0; lane < timeline_.lanes().size(); ++lane) write_lane(lane);
    write_counters();
    json_.end_array();
    json_.member("displayTimeUnit", "ms");
    json_.key("otherData");
    json_.begin_object();
    json_.member("exporter", "tachyon");
    json_.member("command_line", run_.target.command_line);
    json_.member("started_unix_ns", run_.started);
    json_.member("samples", timeline_.total().samples);
    json_.member("lost", run_.quality.given_up);
    json_.member("missed", run_.quality.missed);
    json_.end_object();
    json_.end_object();
  }

 private:
  // Kernel thread ids end below this (PID_MAX_LIMIT is 4,194,304).
  static constexpr std::uint64_t first_task_lane = 10'000'000;

  void time(std::string_view name, std::uint64_t nanoseconds) {
    char text[32];
    char* end = std::to_chars(text, text + sizeof text, nanoseconds / 1000).ptr;
    const auto rest = static_cast<unsigned>(nanoseconds % 1000);
    if (rest != 0) {
      *end++ = '.';
      *end++ = static_cast<char>('0' + rest / 100);
      *end++ = static_cast<char>('0' + rest / 10 % 10);
      *end++ = static_cast<char>('0' + rest % 10);
    }
    json_.key(name);
    json_.raw({text, static_cast<std::size_t>(end - text)});
  }

  void head(std::string_view phase, std::int64_t process, std::uint64_t thread) {
    json_.begin_object();
    json_.member("ph", phase);
    json_.member("pid", process);
    json_.member("tid", thread);
  }
  template <class Value>
  void metadata(std::int64_t process, std::uint64_t thread, std::string_view kind,
                std::string_view key, const Value& value) {
    head("M", process, thread);
    json_.member("name", kind);
    json_.key("args");
    json_.begin_object();
    json_.member(key, value);
    json_.end_object();
    json_.end_object();
  }

  void name_processes() {
    std::vector<std::int64_t> named;
    for (const Lane& lane : timeline_.lanes()) {
      const std::int64_t process = timeline_.tables().threads[lane.thread].process;
      if (std::find(named.begin(), named.end(), process) != named.end()) continue;
      named.push_back(process);
      const bool target = process == run_.target.process && !run_.target.command_line.empty();
      metadata(process, 0, "process_name", "name",
               target ? run_.target.command_line : "python " + std::to_string(process));
    }
  }

  void write_lane(std::uint32_t index) {
    const Lane& lane = timeline_.lanes()[index];
    const Thread& thread = timeline_.tables().threads[lane.thread];
    const std::uint64_t id = lane.has_task ? first_task_lane + index : thread.id;
    std::string name = thread_name(thread);
    if (lane.has_task) name.append(": ").append(frames_.name_of(lane.task));
    metadata(thread.process, id, "thread_name", "name", name);
    metadata(thread.process, id, "thread_sort_index", "sort_index", index);

    open_.clear();
    std::uint64_t last = 0;
    timeline_.for_each_run(index, [&](const TimelineRun& run) {
      if (run.begin > last) close_to(0, thread.process, id, last);
      frames_.frames_of(run.stack, path_);
      std::size_t common = 0;
      while (common < open_.size() && common < path_.size() &&
             open_[common] == keys_.of(path_[common])) {
        ++common;
      }
      close_to(common, thread.process, id, run.begin);
      for (std::size_t i = common; i < path_.size(); ++i) {
        begin(path_[i], thread.process, id, run.begin);
      }
      last = run.end;
    });
    close_to(0, thread.process, id, last);
  }

  void begin(FrameId frame, std::int64_t process, std::uint64_t thread, std::uint64_t at) {
    const CodeKey& key = keys_[keys_.of(frame)];
    head("B", process, thread);
    time("ts", at);
    json_.member("name", frames_[key.name]);
    json_.key("args");
    json_.begin_object();
    json_.member("file", frames_[key.file]);
    json_.member("line", key.line);
    json_.end_object();
    json_.end_object();
    open_.push_back(keys_.of(frame));
  }

  void close_to(std::size_t depth, std::int64_t process, std::uint64_t thread, std::uint64_t at) {
    for (; open_.size() > depth; open_.pop_back()) {
      head("E", process, thread);
      time("ts", at);
      json_.end_object();
    }
  }

  // Shares of a slice's length, written where they change. Several threads can be on a CPU or wait
  // at a time: those may exceed 100.
  void write_counters() {
    const std::uint64_t width = timeline_.share_width();
    const auto shares = timeline_.shares();
    std::string gil, cpu, text;
    const auto percent = [&](std::string_view key, std::uint64_t part, std::uint64_t whole) {
      text.append(text.empty() ? "{" : ",").append("\"").append(key).append("\":");
      append_fixed(text, percent_of(part, whole), 1);
    };
    const auto counter = [&](std::string_view name, std::uint64_t at, std::string& before) {
      text += '}';
      if (text == before) return;
      head("C", run_.target.process, 0);
      time("ts", at);
      json_.member("name", name);
      json_.key("args");
      json_.raw(text);
      json_.end_object();
      before = text;
    };
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const std::uint64_t length = std::min(width, timeline_.last() - i * width);
      if (length == 0) break;
      if (!run_.target.free_threaded) {
        text.clear();
        percent("held %", shares[i].gil, length);
        percent("waited for %", shares[i].waiting, length);
        counter("GIL", i * width, gil);
      }
      if (shares[i].cpu_known) {
        text.clear();
        percent("used %", shares[i].cpu, length);
        counter("CPU", i * width, cpu);
      }
    }
  }

  JsonWriter<S> json_;
  const Timeline& timeline_;
  const FrameTable& frames_;
  const Run& run_;
  CodeKeys keys_;
  std::vector<std::uint32_t> open_;  // codes of the calls begun and not ended
  std::vector<FrameId> path_;
};

}  // namespace detail

template <Sink S>
void ChromeTraceWriter::write(S& sink, const Timeline& timeline, const Run& run) const {
  detail::ChromeTraceEvents<S>{sink, timeline, run, options_.detail}.write();
}

}  // namespace tachyon
