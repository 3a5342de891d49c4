#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/codec/gzip.hpp>
#include <tachyon/codec/protobuf.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/thread_names.hpp>

// A profile for pprof: gzip around one protocol buffer message, perftools.profiles.Profile.
//
//   sample         per distinct stack, thread and task: locations leaf first, three values, labels
//                  thread (its number), thread_name, pid, task
//   values         samples/count, wall/nanoseconds, cpu/nanoseconds; wall is shown by default
//   location       one line of code: function, line, column
//   function       name, file, line of the definition
//
// cpu is the part of the wall time in which the thread was on a CPU; a run that did not look has no
// such values at all, rather than zeros. Locations need a mapping to be shown with lines: there is
// one, the target's executable. pprof prints names to the terminal as they are, so they come
// neutralised.
namespace tachyon {

struct PprofOptions {};

class PprofWriter {
 public:
  using Options = PprofOptions;
  explicit PprofWriter(Options) {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const;
};

using Pprof = FromTree<PprofWriter>;

namespace detail {

// Builds the message of one profile.
class PprofProfile {
 public:
  PprofProfile(const CallTree& tree, const Run& run)
      : tree_{tree}, frames_{tree.frames()}, run_{run}, keys_{frames_, Detail::location} {
    (void)string("");
  }

  std::string encode() {
    for (const Cell& cell : tree_.cells()) {
      cpu_known_ = cpu_known_ || !has(cell.status, Status::unknown);
    }
    value_type(1, "samples", "count");
    value_type(1, "wall", "nanoseconds");
    if (cpu_known_) value_type(1, "cpu", "nanoseconds");
    add_samples();
    add_mapping();
    add_locations();
    ProtobufWriter out{profile_};
    out.integer(9, static_cast<std::int64_t>(run_.started));
    out.integer(10, static_cast<std::int64_t>(run_.duration));
    if (run_.interval != 0) {
      value_type(11, "wall", "nanoseconds");
      out.integer(12, static_cast<std::int64_t>(run_.interval));
    }
    if (!run_.target.command_line.empty())
      out.number(13, string(printable(run_.target.command_line)));
    out.number(14, string("wall"));
    for (const std::string& text : strings_) out.text_item(6, text);
    return profile_.take();
  }

 private:
  std::uint64_t string(std::string_view text) {
    const auto [at, added] = string_index_.try_emplace(std::string{text}, strings_.size());
    if (added) strings_.emplace_back(text);
    return at->second;
  }

  void value_type(std::uint32_t field, std::string_view type, std::string_view unit) {
    StringSink message;
    ProtobufWriter out{message};
    out.number(1, string(type));
    out.number(2, string(unit));
    ProtobufWriter{profile_}.message(field, message.text());
  }

  void label(ProtobufWriter<StringSink>& sample, std::string_view key, std::string_view text) {
    StringSink message;
    ProtobufWriter out{message};
    out.number(1, string(key));
    out.number(2, string(text));
    sample.message(3, message.text());
  }
  void label(ProtobufWriter<StringSink>& sample, std::string_view key, std::uint64_t number) {
    StringSink message;
    ProtobufWriter out{message};
    out.number(1, string(key));
    out.number(3, number);
    sample.message(3, message.text());
  }

  // Cells that differ only in status are one sample, with the time on a CPU summed over them.
  struct Place {
    ThreadIndex thread{};
    StackId stack{};
    friend bool operator<(const Place& a, const Place& b) noexcept {
      return a.thread != b.thread ? a.thread < b.thread : a.stack < b.stack;
    }
  };
  struct Values {
    Totals totals{};
    std::uint64_t cpu = 0;
  };

  void add_samples() {
    std::map<Place, Values> places;
    for (const Cell& cell : tree_.cells()) {
      if (cell.stack == StackId::empty) continue;
      Values& values = places[{cell.thread, cell.stack}];
      values.totals += cell.totals;
      if (has(cell.status, Status::on_cpu)) values.cpu += cell.totals.weight;
    }
    locations_.assign(keys_.size(), 0);
    for (const auto& [place, values] : places) add_sample(place, values);
  }

  void add_sample(const Place& place, const Values& values) {
    std::vector<std::uint64_t> ids;
    std::string_view task;
    for (StackId at = place.stack; at != StackId::empty; at = frames_.parent(at)) {
      const FrameId leaf = frames_.leaf(at);
      if (task.empty() && frames_[leaf].kind == FrameKind::task) task = frames_.name_of(leaf);
      std::uint32_t& location = locations_[keys_.of(leaf)];
      if (location == 0) {
        used_.push_back({keys_.of(leaf), frames_[leaf].function});
        location = static_cast<std::uint32_t>(used_.size());
      }
      ids.push_back(location);
    }
    std::vector<std::uint64_t> numbers{values.totals.samples, values.totals.weight};
    if (cpu_known_) numbers.push_back(values.cpu);

    const Thread& thread = tree_.tables().threads[place.thread];
    StringSink message;
    ProtobufWriter out{message};
    out.packed(1, ids);
    out.packed(2, numbers);
    label(out, "thread", thread.id);
    label(out, "thread_name", printable(thread_name(thread)));
    label(out, "pid", static_cast<std::uint64_t>(thread.process));
    if (!task.empty()) label(out, "task", printable(task));
    ProtobufWriter{profile_}.message(2, message.text());
  }

  void add_mapping() {
    StringSink message;
    ProtobufWriter out{message};
    out.number(1, 1);
    out.number(5, string(printable(run_.target.executable)));
    out.truth(7, true);
    out.truth(8, true);
    out.truth(9, true);
    ProtobufWriter{profile_}.message(3, message.text());
  }

  void add_locations() {
    std::vector<std::uint64_t> functions(frames_.function_count(), 0);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < used_.size(); ++i) {
      const Function& function = frames_[used_[i].function];
      std::uint64_t& id = functions[static_cast<std::uint32_t>(used_[i].function)];
      if (id == 0) {
        id = ++count;
        StringSink message;
        ProtobufWriter out{message};
        out.number(1, id);
        // No system name: pprof takes equal names for C++ ones and strips what is in <>.
        out.number(2, string(printable(frames_[function.name])));
        out.number(4, string(printable(frames_[function.file])));
        if (function.first_line > 0) out.integer(5, function.first_line);
        ProtobufWriter{profile_}.message(5, message.text());
      }
      const CodeKey& key = keys_[used_[i].code];
      StringSink line;
      ProtobufWriter out_line{line};
      out_line.number(1, id);
      if (key.line > 0) out_line.integer(2, key.line);
      if (key.column >= 0) out_line.integer(3, key.column + 1);
      StringSink message;
      ProtobufWriter out{message};
      out.number(1, i + 1);
      out.number(2, 1);
      out.message(4, line.text());
      ProtobufWriter{profile_}.message(4, message.text());
    }
  }

  struct Used {
    std::uint32_t code = 0;
    FunctionId function{};
  };

  const CallTree& tree_;
  const FrameTable& frames_;
  const Run& run_;
  CodeKeys keys_;
  StringSink profile_;
  std::map<std::string, std::uint64_t, std::less<>> string_index_;
  std::vector<std::string> strings_;
  std::vector<std::uint32_t> locations_;  // by code: 1 + index in `used_`
  std::vector<Used> used_;
  bool cpu_known_ = false;
};

}  // namespace detail

template <Sink S>
void PprofWriter::write(S& sink, const CallTree& tree, const Run& run) const {
  put_gzip(sink, detail::PprofProfile{tree, run}.encode());
}

}  // namespace tachyon
