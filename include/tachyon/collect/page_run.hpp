#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tachyon/sample/run.hpp>
#include <tachyon/version.hpp>

namespace tachyon {

// What a page says about the run as a whole: what was profiled, how, and how far to trust it.
template <class Json>
void put_page_run(Json& json, const Run& run, std::string_view diff_by) {
  const Target& target = run.target;
  std::string python;
  if (target.major != 0) {
    python = std::to_string(target.major) + '.' + std::to_string(target.minor) + '.' +
             std::to_string(target.micro) + (target.free_threaded ? " free-threaded" : "");
  }
  json.begin_object();
  json.member("version", library_version);
  json.member("command", std::string_view{target.command_line});
  json.member("process", target.process);
  json.member("python", std::string_view{python});
  json.member("freeThreaded", target.free_threaded);
  json.member("mode", name_of(run.mode));
  json.member("modeNumber", static_cast<unsigned>(run.mode));
  json.member("interval", run.interval);
  json.member("duration", run.duration);
  json.member("started", run.started);
  json.member("fixedClock", run.fixed_clock);
  json.member("replayed", run.replayed);
  json.member("interrupted", run.interrupted);
  if (!diff_by.empty()) json.member("diffBy", diff_by);
  json.key("options");
  json.begin_array();
  const CaptureOptions& o = run.options;
  for (const auto& [on, name] : {std::pair{o.all_threads, "all threads"},
                                 {o.native, "native"},
                                 {o.gc, "gc"},
                                 {o.opcodes, "opcodes"},
                                 {o.blocking, "blocking"},
                                 {o.async_aware, "async"},
                                 {o.async_all, "all tasks"},
                                 {o.c_calls, "C calls"}}) {
    if (on) json.value(name);
  }
  json.end_array();
  const ReadQuality& t = run.quality;
  json.key("trust");
  json.begin_object();
  json.member("ticks", t.ticks);
  json.member("attempts", t.attempts);
  json.member("valid", t.valid);
  json.member("distinct", t.distinct);
  json.member("first_rejected", t.first_rejected);
  json.member("retried", t.retried);
  json.member("given_up", t.given_up);
  json.member("unnamed", t.unnamed);
  json.member("unseen_threads", t.unseen_threads);
  json.member("late", t.late);
  json.member("missed", t.missed);
  for (const Strategy one : strategies) json.member(name_of(one), t.by_strategy[one]);
  json.member("reused_checked", t.reused_checked);
  json.member("reused_wrong", t.reused_wrong);
  json.member("wall", t.wall);
  json.member("profiler_cpu", t.profiler_cpu);
  json.member("target_cost", t.target_cost, 5);
  json.member("fast_distance", t.fast_distance.value, 4);
  json.member("fast_distance_error", t.fast_distance.error, 4);
  json.end_object();
  json.end_object();
}

}  // namespace tachyon
