#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/state_intervals.hpp>
#include <tachyon/collect/thread_names.hpp>
#include <tachyon/collect/timeline.hpp>

// A profile for the Firefox Profiler (profiler.firefox.com): its processed format, version 57, with
// the keys that CPython's own sampling profiler writes.
//
// The format is a set of tables stored by column, so a row's values lie far apart in the file: all
// stacks of a thread, then all its times, and so on. Nothing of that is built in memory; each
// column is one more pass over the lane in the timeline, which is cheap because decoding
// a sample is.
//
//   {"meta":{...}, "libs":[], "pages":[],
//    "threads":[{"name":"MainThread", "samples":{"stack":[..],"time":[..],...}, "markers":{...},
//                "stackTable":{...}, "frameTable":{...}, "funcTable":{...}, ...}, ...],
//    "shared":{"stringArray":["(root)",...], "sources":{...}}}
//
// Against the reference: pid is the target's, startTime is unix time, threads have their names,
// synthetic frames their categories (GC, Native) and frozen modules are Python, file names are
// whole paths, and every kind of marker has a schema, without which the viewer does not show it. An
// asyncio task is a thread of its own, without markers, as its thread's state is not the task's.
namespace tachyon {

struct GeckoOptions {};

class GeckoWriter {
 public:
  using Options = GeckoOptions;
  explicit GeckoWriter(Options) {}

  template <Sink S>
  void write(S& sink, const Timeline& timeline, const Run& run) const;
};

using Gecko = FromTimeline<GeckoWriter>;

namespace detail {

enum class GeckoCategory : std::uint8_t {
  other,
  python,
  native,
  gc,
  gil,
  cpu,
  code_type,
  opcodes,
  exception
};
struct GeckoCategoryInfo {
  std::string_view name, colour;
};
inline constexpr GeckoCategoryInfo gecko_categories[] = {
    {"Other", "grey"},    {"Python", "yellow"},   {"Native", "blue"},
    {"GC", "orange"},     {"GIL", "green"},       {"CPU", "purple"},
    {"Code Type", "red"}, {"Opcodes", "magenta"}, {"Exception", "lightblue"},
};

struct GeckoMarkerInfo {
  std::string_view name;
  std::string_view type;  // the name without blanks: how data and schema find each other
  GeckoCategory category;
};
inline constexpr GeckoMarkerInfo gecko_markers[state_count] = {
    {"Has GIL", "HasGIL", GeckoCategory::gil},
    {"No GIL", "NoGIL", GeckoCategory::gil},
    {"Waiting for GIL", "WaitingforGIL", GeckoCategory::gil},
    {"On CPU", "OnCPU", GeckoCategory::cpu},
    {"Off CPU", "OffCPU", GeckoCategory::cpu},
    {"Python Code", "PythonCode", GeckoCategory::code_type},
    {"Native Code", "NativeCode", GeckoCategory::code_type},
    {"Has Exception", "HasException", GeckoCategory::exception},
    {"No Exception", "NoException", GeckoCategory::exception},
    {"GC Collecting", "GCCollecting", GeckoCategory::gc},
    {"Opcode", "Opcode", GeckoCategory::opcodes},
};

// The profile's one array of strings.
class GeckoStrings {
 public:
  explicit GeckoStrings(const FrameTable& frames)
      : frames_{frames}, of_id_(frames.string_count(), none) {
    (void)of("(root)");
  }

  std::uint32_t of(std::string_view text) {
    const auto found = of_text_.find(text);
    if (found != of_text_.end()) return found->second;
    const auto index = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(of_text_.emplace(text, index).first->first);
    return index;
  }
  std::uint32_t of(StringId id) {
    std::uint32_t& known = of_id_[static_cast<std::uint32_t>(id)];
    if (known == none) known = of(frames_[id]);
    return known;
  }
  const std::vector<std::string_view>& texts() const noexcept { return texts_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  const FrameTable& frames_;
  std::vector<std::uint32_t> of_id_;
  std::map<std::string, std::uint32_t, std::less<>> of_text_;
  std::vector<std::string_view> texts_;
};

// Numbers that a thread's tables give to what it uses of a larger table, in order of first use.
class LocalIds {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit LocalIds(std::size_t size) : local_(size, none) {}

  std::uint32_t of(std::uint32_t global) {
    if (local_[global] == none) {
      local_[global] = static_cast<std::uint32_t>(used_.size());
      used_.push_back(global);
    }
    return local_[global];
  }
  std::uint32_t operator[](std::uint32_t global) const { return local_[global]; }
  const std::vector<std::uint32_t>& used() const noexcept { return used_; }
  void clear() {
    for (const std::uint32_t global : used_) local_[global] = none;
    used_.clear();
  }

 private:
  std::vector<std::uint32_t> local_;
  std::vector<std::uint32_t> used_;
};

// Stacks are kept in more detail than the format has: the ends of locations, and instructions.
// Those that would look the same are written once, as the first of them.
class GeckoLooks {
 public:
  explicit GeckoLooks(const FrameTable& frames) {
    Interner<CodeKey> keys;
    std::vector<std::uint32_t> frame_of_key, look_of_frame;
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      const Frame& frame = frames[FrameId{i}];
      const Function& function = frames[frame.function];
      const std::uint32_t key =
          keys.intern({function.file, function.name, frame.location.line, function.first_line,
                       frame.location.column, static_cast<std::int32_t>(frame.kind)});
      if (key == frame_of_key.size()) frame_of_key.push_back(i);
      look_of_frame.push_back(frame_of_key[key]);
    }
    Interner<FoldKey> stacks;
    std::vector<std::uint32_t> stack_of_key;
    of_.push_back(0);
    for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
      const StackNode& node = frames[StackId{i}];
      const std::uint32_t key =
          stacks.intern({of_[static_cast<std::uint32_t>(node.parent)],
                         look_of_frame[static_cast<std::uint32_t>(node.frame)]});
      if (key == stack_of_key.size()) stack_of_key.push_back(i);
      of_.push_back(stack_of_key[key]);
    }
    look_of_frame_ = std::move(look_of_frame);
  }

  std::uint32_t of(StackId stack) const { return of_[static_cast<std::uint32_t>(stack)]; }
  std::uint32_t of(FrameId frame) const {
    return look_of_frame_[static_cast<std::uint32_t>(frame)];
  }

 private:
  std::vector<std::uint32_t> of_;  // by StackId: the first that looks like it
  std::vector<std::uint32_t> look_of_frame_;
};

// One run of the writer.
template <Sink S>
class GeckoProfile {
 public:
  GeckoProfile(S& sink, const Timeline& timeline, const Run& run)
      : json_{sink},
        timeline_{timeline},
        frames_{timeline.frames()},
        run_{run},
        strings_{frames_},
        looks_{frames_},
        states_{timeline, run.target.free_threaded},
        stacks_{frames_.stack_count()},
        frame_ids_{frames_.frame_count()},
        functions_{frames_.function_count()},
        files_{frames_.string_count()},
        opcode_names_(frames_.opcode_count(), LocalIds::none) {}

  void write() {
    name_threads();
    json_.begin_object();
    write_meta();
    write_empty_list("libs");
    write_empty_list("pages");
    json_.key("threads");
    json_.begin_array();
    for (std::uint32_t lane = 0; lane < timeline_.lanes().size(); ++lane) write_thread(lane);
    json_.end_array();
    write_shared();
    json_.end_object();
  }

 private:
  void write_empty_list(std::string_view key) {
    json_.key(key);
    json_.begin_array();
    json_.end_array();
  }
  void write_time(std::uint64_t nanoseconds) {  // as milliseconds with three decimals at most
    char text[32];
    const std::uint64_t microseconds = (nanoseconds + 500) / 1000;
    char* end = std::to_chars(text, text + sizeof text, microseconds / 1000).ptr;
    const auto rest = static_cast<unsigned>(microseconds % 1000);
    if (rest != 0) {
      *end++ = '.';
      *end++ = static_cast<char>('0' + rest / 100);
      if (rest % 100 != 0) *end++ = static_cast<char>('0' + rest / 10 % 10);
      if (rest % 10 != 0) *end++ = static_cast<char>('0' + rest % 10);
    }
    json_.raw({text, static_cast<std::size_t>(end - text)});
  }
  void write_line(std::int32_t line) {
    if (line > 0) return json_.value(line);
    json_.null();
  }

  // One column: `each` is called with what writes its values.
  template <class Each>
  void column(std::string_view name, Each&& each) {
    json_.key(name);
    json_.begin_array();
    each();
    json_.end_array();
  }
  template <class Rows, class Write>
  void column(std::string_view name, const Rows& rows, Write&& write_value) {
    column(name, [&] {
      for (const auto& row : rows) write_value(row);
    });
  }
  template <class Rows>
  void constant(std::string_view name, const Rows& rows, std::string_view raw) {
    column(name, rows, [&](const auto&) { json_.raw(raw); });
  }

  void write_meta();
  void write_schemas();
  void write_trust();
  double interval() const;
  void name_threads();
  void number_stacks(std::uint32_t lane);
  void write_thread(std::uint32_t lane);
  void write_samples(std::uint32_t lane);
  void write_markers(std::uint32_t lane);
  void write_marker_data(const Thread& thread, const StateInterval& interval);
  void write_tables();
  void write_shared();

  GeckoCategory category_of(FrameId id) const {
    switch (frames_[id].kind) {
      case FrameKind::python:
        return GeckoCategory::python;
      case FrameKind::native:
        return GeckoCategory::native;
      case FrameKind::gc:
        return GeckoCategory::gc;
      case FrameKind::task:
      case FrameKind::truncated:
      case FrameKind::idle:
        break;
    }
    return GeckoCategory::other;
  }

  // NAME, or SPECIALIZED_NAME (BASE_NAME), as an index of the strings.
  std::uint32_t opcode_name(FrameId frame) {
    const OpcodeId id = frames_[frame].opcode;
    std::uint32_t& known = opcode_names_[static_cast<std::uint16_t>(id)];
    if (known == LocalIds::none) {
      const ExecutedOpcode& opcode = frames_[id];
      std::string text{frames_[opcode.name]};
      if (opcode.specialized) text.append(" (").append(frames_[opcode.base]).append(")");
      known = strings_.of(text);
    }
    return known;
  }

  JsonWriter<S> json_;
  const Timeline& timeline_;
  const FrameTable& frames_;
  const Run& run_;
  GeckoStrings strings_;
  GeckoLooks looks_;
  StateIntervals states_;
  LocalIds stacks_, frame_ids_, functions_, files_;  // of the thread being written
  std::vector<std::uint32_t> opcode_names_;          // by OpcodeId
  std::vector<std::string> names_;                   // by ThreadIndex
};

template <Sink S>
double GeckoProfile<S>::interval() const {
  if (run_.interval != 0) return milliseconds_of(run_.interval);
  for (const Lane& lane : timeline_.lanes()) {
    if (lane.totals.samples > 1) {
      return milliseconds_of(lane.last - lane.first) / static_cast<double>(lane.totals.samples - 1);
    }
  }
  return 1;
}

template <Sink S>
void GeckoProfile<S>::write_meta() {
  json_.key("meta");
  json_.begin_object();
  json_.member("interval", interval(), 6);
  json_.member("startTime", milliseconds_of(run_.started), 3);
  json_.member("abi", "");
  json_.member("misc", "");
  json_.member("oscpu", "");
  json_.member("platform", "Linux");
  json_.member("processType", 0);
  column("categories", gecko_categories, [&](const GeckoCategoryInfo& category) {
    json_.begin_object();
    json_.member("name", category.name);
    json_.member("color", category.colour);
    column("subcategories", [&] { json_.value("Other"); });
    json_.end_object();
  });
  json_.member("stackwalk", 0);
  json_.member("toolkit", "");
  json_.member("version", 32);
  json_.member("preprocessedProfileVersion", 57);
  json_.member("appBuildID", "");
  if (!run_.target.command_line.empty()) json_.member("arguments", run_.target.command_line);
  json_.member("physicalCPUs", 0);
  json_.member("logicalCPUs", 0);
  json_.member("CPUName", "");
  json_.member("product", "Python");
  json_.member("symbolicated", true);
  json_.member("sourceCodeIsNotOnSearchfox", true);
  write_schemas();
  json_.member("importedFrom", "tachyon");
  json_.key("extensions");
  json_.begin_object();
  write_empty_list("id");
  write_empty_list("name");
  write_empty_list("baseURL");
  json_.member("length", 0);
  json_.end_object();
  write_trust();
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_schemas() {
  struct Field {
    std::string_view key, label, format;
  };
  constexpr Field interval_fields[] = {{"duration", "Duration", "duration"},
                                       {"tid", "Thread", "integer"}};
  constexpr Field opcode_fields[] = {{"opname", "Instruction", "string"},
                                     {"base_opname", "Base instruction", "string"},
                                     {"is_specialized", "Specialized", "string"},
                                     {"line", "Line", "integer"},
                                     {"column", "Column", "integer"},
                                     {"function", "Function", "string"},
                                     {"duration", "Duration", "duration"}};
  // The viewer shows a marker's name by itself; labels say what else to show, and what on its bar.
  const auto schema = [&](const GeckoMarkerInfo& marker, const auto& fields) {
    json_.begin_object();
    json_.member("name", marker.type);
    if (marker.category == GeckoCategory::opcodes) {
      json_.member("tableLabel", "{marker.data.function}, line {marker.data.line}");
    }
    json_.member("chartLabel", "{marker.name}");
    column("display", [&] {
      json_.value("marker-chart");
      json_.value("marker-table");
    });
    column("fields", fields, [&](const Field& field) {
      json_.begin_object();
      json_.member("key", field.key);
      json_.member("label", field.label);
      json_.member("format", field.format);
      json_.end_object();
    });
    json_.end_object();
  };
  column("markerSchema", [&] {
    for (const GeckoMarkerInfo& marker : gecko_markers) {
      if (marker.category != GeckoCategory::opcodes) {
        schema(marker, interval_fields);
      } else if (frames_.opcode_count() > 1) {
        schema(marker, opcode_fields);
      }
    }
  });
}

// How far the profile can be trusted, where the viewer shows facts about it.
template <Sink S>
void GeckoProfile<S>::write_trust() {
  const auto entry = [&](std::string_view label, std::uint64_t value) {
    json_.begin_object();
    json_.member("label", label);
    json_.member("format", "integer");
    json_.member("value", value);
    json_.end_object();
  };
  column("extra", [&] {
    json_.begin_object();
    json_.member("label", "Sampling");
    column("entries", [&] {
      entry("Stacks asked for", run_.quality.attempts);
      entry("Stacks accepted", run_.quality.valid);
      entry("Different stacks", run_.quality.distinct);
      entry("Stacks read more than once", run_.quality.retried);
      entry("Stacks lost", run_.quality.given_up);
      entry("Late looks", run_.quality.late);
      entry("Missed looks", run_.quality.missed);
    });
    json_.end_object();
  });
}

// The viewer shows a thread's name and not its number: threads that share one get it added.
template <Sink S>
void GeckoProfile<S>::name_threads() {
  const ThreadTable& threads = timeline_.tables().threads;
  std::map<std::pair<std::int64_t, std::string>, std::uint32_t> bearers;
  names_.resize(threads.size());
  for (const Lane& lane : timeline_.lanes()) {
    std::string& name = names_[static_cast<std::uint32_t>(lane.thread)];
    if (!name.empty()) continue;  // another lane of the same thread
    name = thread_name(threads[lane.thread]);
    ++bearers[{threads[lane.thread].process, name}];
  }
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    const Thread& thread = threads[ThreadIndex{i}];
    if (names_[i].empty() || bearers[{thread.process, names_[i]}] < 2) continue;
    names_[i] += " (" + std::to_string(thread.id) + ")";
  }
}

// Numbers for the stacks of a lane: those that most samples have come first and so are short in the
// file, each behind its parents, as the format demands.
template <Sink S>
void GeckoProfile<S>::number_stacks(std::uint32_t lane) {
  stacks_.clear();
  std::vector<std::uint64_t> samples;
  timeline_.for_each_sample(lane, [&](const Sample& sample) {
    if (sample.stack == StackId::empty) return;
    const std::uint32_t stack = stacks_.of(looks_.of(sample.stack));
    if (stack == samples.size()) samples.push_back(0);
    ++samples[stack];
  });
  std::vector<std::uint32_t> leaves = stacks_.used(), path;
  std::stable_sort(leaves.begin(), leaves.end(), [&](std::uint32_t a, std::uint32_t b) {
    return samples[stacks_[a]] > samples[stacks_[b]];
  });
  stacks_.clear();
  for (const std::uint32_t leaf : leaves) {
    path.clear();
    for (std::uint32_t at = leaf; at != 0 && stacks_[at] == LocalIds::none;
         at = looks_.of(frames_.parent(StackId{at}))) {
      path.push_back(at);
    }
    for (std::size_t i = path.size(); i-- > 0;) (void)stacks_.of(path[i]);
  }
}

template <Sink S>
void GeckoProfile<S>::write_thread(std::uint32_t index) {
  const Lane& lane = timeline_.lanes()[index];
  const Thread& thread = timeline_.tables().threads[lane.thread];
  number_stacks(index);

  std::string task;
  if (lane.has_task) task = frames_.name_of(lane.task);
  json_.begin_object();
  std::string name = names_[static_cast<std::uint32_t>(lane.thread)];
  if (lane.has_task) name.append(": ").append(task);
  json_.member("name", name);
  json_.member("isMainThread", thread.main && !lane.has_task);
  json_.member("processStartupTime", 0);
  json_.key("processShutdownTime");
  json_.null();
  json_.member("registerTime", 0);
  json_.key("unregisterTime");
  json_.null();
  write_empty_list("pausedRanges");
  json_.member("pid", std::to_string(thread.process));
  if (lane.has_task) {
    json_.member("tid", std::to_string(thread.id) + "/" + task);
  } else {
    json_.member("tid", thread.id);
  }
  json_.member("processType", "default");
  json_.member("processName", "Python Process");
  json_.member("showMarkersInTimeline", true);
  write_samples(index);
  write_markers(index);
  write_tables();
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_samples(std::uint32_t lane) {
  json_.key("samples");
  json_.begin_object();
  column("stack", [&] {
    timeline_.for_each_sample(lane, [&](const Sample& sample) {
      if (sample.stack == StackId::empty) return json_.null();
      json_.value(stacks_[looks_.of(sample.stack)]);
    });
  });
  std::uint64_t count = 0;
  column("time", [&] {
    timeline_.for_each_sample(lane, [&](const Sample& sample) {
      write_time(sample.time);
      ++count;
    });
  });
  column("eventDelay", [&] {
    for (std::uint64_t i = 0; i < count; ++i) json_.null();
  });
  json_.key("weight");
  json_.null();
  json_.member("weightType", "samples");
  json_.member("length", count);
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_markers(std::uint32_t index) {
  const Lane& lane = timeline_.lanes()[index];
  const Thread& thread = timeline_.tables().threads[lane.thread];
  const auto for_each = [&](auto&& visit) {
    if (!lane.has_task) states_.for_each(index, visit);
  };
  const auto info = [](const StateInterval& interval) -> const GeckoMarkerInfo& {
    return gecko_markers[static_cast<std::size_t>(interval.state)];
  };
  json_.key("markers");
  json_.begin_object();
  column("data", [&] {
    for_each([&](const StateInterval& interval) { write_marker_data(thread, interval); });
  });
  std::uint64_t count = 0;
  column("name", [&] {
    for_each([&](const StateInterval& interval) {
      const bool opcode = interval.state == State::opcode;
      json_.value(opcode ? opcode_name(interval.frame) : strings_.of(info(interval).name));
      ++count;
    });
  });
  column("startTime",
         [&] { for_each([&](const StateInterval& interval) { write_time(interval.begin); }); });
  column("endTime",
         [&] { for_each([&](const StateInterval& interval) { write_time(interval.end); }); });
  column("phase", [&] {
    for (std::uint64_t i = 0; i < count; ++i) json_.raw("1");
  });
  column("category", [&] {
    for_each([&](const StateInterval& interval) {
      json_.value(static_cast<unsigned>(info(interval).category));
    });
  });
  json_.member("length", count);
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_marker_data(const Thread& thread, const StateInterval& interval) {
  json_.begin_object();
  json_.member("type", gecko_markers[static_cast<std::size_t>(interval.state)].type);
  if (interval.state == State::opcode) {
    const Frame& frame = frames_[interval.frame];
    const ExecutedOpcode& opcode = frames_[frame.opcode];
    json_.member("opcode", opcode.number);
    json_.member("opname", frames_[opcode.name]);
    json_.member("base_opname", frames_[opcode.base]);
    json_.member("is_specialized", opcode.specialized);
    json_.key("line");
    write_line(frame.location.line);
    json_.key("column");
    write_line(frame.location.column + 1);
    json_.member("function", frames_.name_of(interval.frame));
    json_.key("duration");
    write_time(interval.end - interval.begin);
  } else {
    json_.key("duration");
    write_time(interval.end - interval.begin);
    json_.member("tid", thread.id);
  }
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_tables() {
  frame_ids_.clear();
  functions_.clear();
  files_.clear();
  const auto frame_of = [&](std::uint32_t stack) {
    return looks_.of(frames_.leaf(StackId{stack}));
  };
  const std::vector<std::uint32_t>& stacks = stacks_.used();
  const auto length = [&](std::size_t size) {
    json_.member("length", size);
    json_.end_object();
  };

  json_.key("stackTable");
  json_.begin_object();
  column("frame", stacks,
         [&](std::uint32_t stack) { json_.value(frame_ids_.of(frame_of(stack))); });
  column("category", stacks, [&](std::uint32_t stack) {
    json_.value(static_cast<unsigned>(category_of(FrameId{frame_of(stack)})));
  });
  constant("subcategory", stacks, "0");
  column("prefix", stacks, [&](std::uint32_t stack) {
    const StackId parent = frames_.parent(StackId{stack});
    if (parent == StackId::empty) return json_.null();
    json_.value(stacks_[looks_.of(parent)]);
  });
  length(stacks.size());

  const std::vector<std::uint32_t>& frames = frame_ids_.used();
  const auto location = [&](std::uint32_t frame) { return frames_[FrameId{frame}].location; };
  json_.key("frameTable");
  json_.begin_object();
  constant("address", frames, "-1");
  column("category", frames, [&](std::uint32_t frame) {
    json_.value(static_cast<unsigned>(category_of(FrameId{frame})));
  });
  constant("subcategory", frames, "0");
  column("func", frames, [&](std::uint32_t frame) {
    json_.value(functions_.of(static_cast<std::uint32_t>(frames_[FrameId{frame}].function)));
  });
  constant("innerWindowID", frames, "null");
  constant("implementation", frames, "null");
  constant("optimizations", frames, "null");
  column("line", frames, [&](std::uint32_t frame) { write_line(location(frame).line); });
  column("column", frames, [&](std::uint32_t frame) { write_line(location(frame).column + 1); });
  constant("inlineDepth", frames, "0");
  constant("nativeSymbol", frames, "null");
  length(frames.size());

  const std::vector<std::uint32_t>& functions = functions_.used();
  const auto function = [&](std::uint32_t id) -> const Function& {
    return frames_[FunctionId{id}];
  };
  // Synthetic frames are in no file.
  const auto has_file = [&](std::uint32_t id) {
    const std::string_view file = frames_[function(id).file];
    return !file.empty() && file != "~" && file != "<task>";
  };
  std::vector<std::int32_t> first_lines(functions.size(), 0);
  for (const std::uint32_t frame : frames) {
    std::int32_t& line =
        first_lines[functions_[static_cast<std::uint32_t>(frames_[FrameId{frame}].function)]];
    const std::int32_t seen = location(frame).line;
    if (seen > 0 && (line == 0 || seen < line)) line = seen;
  }
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (function(functions[i]).first_line > 0) first_lines[i] = function(functions[i]).first_line;
  }
  json_.key("funcTable");
  json_.begin_object();
  column("name", functions, [&](std::uint32_t id) { json_.value(strings_.of(function(id).name)); });
  column("isJS", functions, [&](std::uint32_t id) { json_.value(has_file(id)); });
  column("relevantForJS", functions, [&](std::uint32_t id) { json_.value(has_file(id)); });
  column("resource", functions, [&](std::uint32_t id) {
    if (!has_file(id)) return json_.value(-1);
    json_.value(files_.of(static_cast<std::uint32_t>(function(id).file)));
  });
  column("fileName", functions, [&](std::uint32_t id) {
    if (!has_file(id)) return json_.null();
    json_.value(strings_.of(function(id).file));
  });
  column("lineNumber", first_lines, [&](std::int32_t line) { write_line(line); });
  constant("columnNumber", functions, "null");
  length(functions.size());

  const std::vector<std::uint32_t>& files = files_.used();
  json_.key("resourceTable");
  json_.begin_object();
  constant("lib", files, "null");
  column("name", files,
         [&](std::uint32_t file) { json_.value(strings_.of(base_name(frames_[StringId{file}]))); });
  constant("host", files, "null");
  constant("type", files, "1");
  length(files.size());

  json_.key("nativeSymbols");
  json_.begin_object();
  for (const std::string_view name : {"libIndex", "address", "name", "functionSize"}) {
    write_empty_list(name);
  }
  length(0);
}

template <Sink S>
void GeckoProfile<S>::write_shared() {
  json_.key("shared");
  json_.begin_object();
  column("stringArray", strings_.texts(), [&](std::string_view text) { json_.value(text); });
  json_.key("sources");
  json_.begin_object();
  json_.member("length", 0);
  write_empty_list("uuid");
  write_empty_list("filename");
  json_.end_object();
  json_.end_object();
}

}  // namespace detail

template <Sink S>
void GeckoWriter::write(S& sink, const Timeline& timeline, const Run& run) const {
  detail::GeckoProfile<S>{sink, timeline, run}.write();
}

}  // namespace tachyon
