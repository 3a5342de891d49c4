#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/gecko_parts.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/state_intervals.hpp>
#include <tachyon/collect/timeline.hpp>
#include <tachyon/sample/run.hpp>

// The frame of the file: what is said of the run, and what threads share. What is written of each
// thread stands in gecko_threads.hpp.
namespace tachyon::detail {

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
  void write_quality();
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
  write_quality();
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
void GeckoProfile<S>::write_quality() {
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

}  // namespace tachyon::detail
