#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/collect/gecko_profile.hpp>
#include <tachyon/collect/thread_names.hpp>

// The part of the file that each thread has: its samples, its markers, and the tables that they
// point into.
namespace tachyon::detail {

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

}  // namespace tachyon::detail
