#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/thread_names.hpp>
#include <tachyon/sample/sample.hpp>

// One flat JSON object a sample, written as the sample comes, so that a program can read along:
//
//   {"ts":1700000000.001000000,"tid":4242,"thread":"MainThread","stack":["<module>","f"],
//    "weight":0.001000000}
//
// (on one line). The stack is root first. `ts` is unix time in seconds where the run's start is
// known, else seconds since it; `weight` is the elapsed time in seconds that the sample stands for.
// Both have all nine decimals. The full form adds, as lists parallel to the stack, files and lines,
// then the status flags, and the process where there are several:
//
//    ...,"files":["/app/main.py","/app/main.py"],"lines":[40,3],
//    "status":["has_gil","on_cpu"],"pid":4242}
namespace tachyon {

struct JsonlEventsOptions {
  bool full = false;
  std::uint64_t started = 0;  // unix time of session time 0 in nanoseconds, 0 = unknown
};

template <Sink S>
class JsonlEvents {
 public:
  using Options = JsonlEventsOptions;

  JsonlEvents(const Tables& tables, S& sink, Options options = Options{})
      : tables_{&tables}, sink_{&sink}, options_{options} {}

  void add(const Sample& sample) {
    const Thread& thread = tables_->threads[sample.thread];
    line_.clear();
    line_ += R"({"ts":)";
    append_seconds(options_.started + sample.time);
    line_ += R"(,"tid":)";
    append_integer(thread.id);
    line_ += R"(,"thread":)";
    Text text{line_};
    put_json_text(text, thread_name(thread));
    append_stack(sample);
    line_ += R"(,"weight":)";
    append_seconds(sample.weight);
    if (options_.full) append_rest(sample, thread);
    line_ += "}\n";
    sink_->put(line_);
  }

 private:
  struct Text {  // a sink over our own line
    std::string& out;
    void put(std::string_view text) { out += text; }
    void put(char c) { out += c; }
  };

  template <class I>
  void append_integer(I value) {
    char digits[24];
    line_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void append_seconds(std::uint64_t nanoseconds) {
    append_integer(nanoseconds / 1'000'000'000);
    char digits[10] = {'.'};
    std::uint64_t rest = nanoseconds % 1'000'000'000;
    for (int i = 9; i > 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    line_.append(digits, sizeof digits);
  }

  // Threads keep their stack for many samples, so the text of each thread's last one is kept. Texts
  // of names are made once a function.
  void append_stack(const Sample& sample) {
    const auto index = static_cast<std::uint32_t>(sample.thread);
    if (index >= last_.size()) last_.resize(index + 1);
    Last& last = last_[index];
    if (last.text.empty() || last.stack != sample.stack) {
      last.stack = sample.stack;
      last.text.clear();
      tables_->frames.frames_of(sample.stack, frames_);
      append_list(last.text, R"(,"stack":[)", [&](FrameId id) { return name_text(id); });
      if (options_.full) {
        append_list(last.text, R"(,"files":[)", [&](FrameId id) { return file_text(id); });
        append_list(last.text, R"(,"lines":[)",
                    [&](FrameId id) { return std::to_string(tables_->frames[id].location.line); });
      }
    }
    line_ += last.text;
  }

  template <class TextOf>
  void append_list(std::string& out, std::string_view head, TextOf text_of) {
    out += head;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (i != 0) out += ',';
      out += text_of(frames_[i]);
    }
    out += ']';
  }

  const std::string& cached(std::vector<std::string>& cache, std::uint32_t index,
                            std::string_view raw) {
    if (index >= cache.size()) cache.resize(std::size_t{index} + 1);
    if (cache[index].empty()) {
      Text text{cache[index]};
      put_json_text(text, raw);
    }
    return cache[index];
  }
  const std::string& name_text(FrameId id) {
    const StringId name = tables_->frames.function_of(id).name;
    return cached(strings_, static_cast<std::uint32_t>(name), tables_->frames[name]);
  }
  const std::string& file_text(FrameId id) {
    const StringId file = tables_->frames.function_of(id).file;
    return cached(strings_, static_cast<std::uint32_t>(file), tables_->frames[file]);
  }

  void append_rest(const Sample& sample, const Thread& thread) {
    constexpr std::string_view names[] = {"has_gil",   "on_cpu",      "unknown", "gil_requested",
                                          "exception", "main_thread", "gc",      "jit",
                                          "truncated", "runnable",    "stopped"};
    line_ += R"(,"status":[)";
    bool first = true;
    for (unsigned bit = 0; bit < std::size(names); ++bit) {
      if (!has(sample.status, Status(1U << bit))) continue;
      if (!first) line_ += ',';
      first = false;
      line_.append("\"").append(names[bit]).append("\"");
    }
    line_ += R"(],"pid":)";
    append_integer(thread.process);
  }

  struct Last {
    StackId stack{};
    std::string text{};
  };

  const Tables* tables_;
  S* sink_;
  Options options_;
  std::string line_;
  std::vector<FrameId> frames_;
  std::vector<Last> last_;            // by thread
  std::vector<std::string> strings_;  // by StringId, as JSON
};

}  // namespace tachyon
