#pragma once

#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/gecko_threads.hpp>
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

template <Sink S>
void GeckoWriter::write(S& sink, const Timeline& timeline, const Run& run) const {
  detail::GeckoProfile<S>{sink, timeline, run}.write();
}

}  // namespace tachyon
