#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/thread_names.hpp>
#include <tachyon/collect/timeline.hpp>

// A file for speedscope (speedscope.app): one sampled profile per lane over one table of frames.
//
//   {"$schema":"https://www.speedscope.app/file-format-schema.json",
//    "shared":{"frames":[{"name":"f","file":"a.py","line":3},...]},
//    "profiles":[{"type":"sampled","name":"MainThread (4242)","unit":"nanoseconds","startValue":0,
//                 "endValue":5000000,"samples":[[0,1],[0]],"weights":[4000000,1000000]}],
//    "activeProfileIndex":0}
//
// Weights are the elapsed time that samples stand for; neighbours that look the same are one
// sample. A time in which the thread was not seen is a sample of no frames, which keeps the time
// axis true and adds to no function. A frame is a line that was executing, so a function's lines
// are told apart.
namespace tachyon {

struct SpeedscopeOptions {
  Detail detail = Detail::line;
};

class SpeedscopeWriter {
 public:
  using Options = SpeedscopeOptions;
  explicit SpeedscopeWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const Timeline& timeline, const Run& run) const {
    const FrameTable& frames = timeline.frames();
    const CodeKeys keys{frames, options_.detail};
    JsonWriter json{sink};
    json.begin_object();
    json.member("$schema", "https://www.speedscope.app/file-format-schema.json");
    json.member("name", run.target.command_line.empty() ? "tachyon" : run.target.command_line);
    json.member("exporter", "tachyon");
    json.key("shared");
    json.begin_object();
    json.key("frames");
    json.begin_array();
    for (std::uint32_t i = 0; i < keys.size(); ++i) write_frame(json, frames, keys[i]);
    json.end_array();
    json.end_object();
    json.key("profiles");
    json.begin_array();
    for (std::uint32_t lane = 0; lane < timeline.lanes().size(); ++lane) {
      write_lane(json, timeline, keys, lane);
    }
    json.end_array();
    json.member("activeProfileIndex", busiest(timeline));
    json.end_object();
  }

 private:
  // What is written of a run: neighbours are joined by what they look like, not by their status.
  struct Piece {
    StackId stack{};
    std::uint64_t weight = 0;
  };

  template <Sink S>
  static void write_frame(JsonWriter<S>& json, const FrameTable& frames, const CodeKey& key) {
    json.begin_object();
    json.member("name", frames[key.name]);
    if (const std::string_view file = frames[key.file]; file != "~" && file != "<task>") {
      json.member("file", file);
      if (key.line > 0) json.member("line", key.line);
    }
    json.end_object();
  }

  static std::string name_of(const Timeline& timeline, const Lane& lane) {
    const Thread& thread = timeline.tables().threads[lane.thread];
    std::string name = thread_name(thread) + " (" + std::to_string(thread.id) + ")";
    if (lane.has_task) name.append(": ").append(timeline.frames().name_of(lane.task));
    return name;
  }

  // visit(Piece) in order; the pieces fill the time from the lane's begin to its end.
  template <class Visit>
  static std::uint64_t for_each_piece(const Timeline& timeline, const CodeKeys& keys,
                                      std::uint32_t lane, Visit&& visit) {
    Piece piece;
    bool any = false;
    std::uint64_t begin = 0, end = 0;
    const auto put = [&](StackId stack, std::uint64_t weight) {
      if (any && looks_like(timeline.frames(), keys, piece.stack, stack)) {
        piece.weight += weight;
        return;
      }
      if (any) visit(piece);
      piece = {stack, weight};
      any = true;
    };
    timeline.for_each_run(lane, [&](const TimelineRun& run) {
      if (!any) begin = end = run.begin;
      if (run.begin > end) put(StackId::empty, run.begin - end);
      put(run.stack, run.totals.weight);
      end = run.end;
    });
    if (any) visit(piece);
    return begin;
  }

  static bool looks_like(const FrameTable& frames, const CodeKeys& keys, StackId a, StackId b) {
    if (a == b) return true;
    if (frames.depth(a) != frames.depth(b)) return false;
    for (; a != b; a = frames.parent(a), b = frames.parent(b)) {
      if (keys.of(frames.leaf(a)) != keys.of(frames.leaf(b))) return false;
    }
    return true;
  }

  template <Sink S>
  static void write_lane(JsonWriter<S>& json, const Timeline& timeline, const CodeKeys& keys,
                         std::uint32_t lane) {
    const FrameTable& frames = timeline.frames();
    json.begin_object();
    json.member("type", "sampled");
    json.member("name", name_of(timeline, timeline.lanes()[lane]));
    json.member("unit", "nanoseconds");
    std::vector<FrameId> path;
    json.key("samples");
    json.begin_array();
    std::uint64_t weight = 0;
    const std::uint64_t begin = for_each_piece(timeline, keys, lane, [&](const Piece& piece) {
      weight += piece.weight;
      frames.frames_of(piece.stack, path);
      json.begin_array();
      for (const FrameId frame : path) json.value(keys.of(frame));
      json.end_array();
    });
    json.end_array();
    json.key("weights");
    json.begin_array();
    for_each_piece(timeline, keys, lane, [&](const Piece& piece) { json.value(piece.weight); });
    json.end_array();
    json.member("startValue", begin);
    json.member("endValue", begin + weight);
    json.end_object();
  }

  static std::uint32_t busiest(const Timeline& timeline) {
    std::uint32_t best = 0;
    for (std::uint32_t i = 1; i < timeline.lanes().size(); ++i) {
      if (timeline.lanes()[i].totals.weight > timeline.lanes()[best].totals.weight) best = i;
    }
    return best;
  }

  Options options_;
};

using Speedscope = FromTimeline<SpeedscopeWriter>;

}  // namespace tachyon
