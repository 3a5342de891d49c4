#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <tachyon/live/app.hpp>

#include "files.hpp"
#include "outputs.hpp"
#include "recording.hpp"
#include "report.hpp"
#include "sources.hpp"

// What `w` saves from the live view: a recording, or another format that is made of one.
namespace tachyon::tool {

// Which format a file that is saved with `w` has: its ending tells.
inline Format format_of(std::string_view path) {
  struct FileEnding {
    std::string_view text;
    Format format;
  };
  constexpr std::array<FileEnding, 8> endings{{{".html", Format::flamegraph},
                                               {".txt", Format::collapsed},
                                               {".collapsed", Format::collapsed},
                                               {".pstats", Format::pstats},
                                               {".jsonl", Format::jsonl},
                                               {".speedscope.json", Format::speedscope},
                                               {".json", Format::gecko},
                                               {".pb.gz", Format::pprof}}};
  for (const FileEnding& ending : endings) {
    if (path.ends_with(ending.text)) return ending.format;
  }
  return Format::binary;
}

// Writes a recording as another format; the line that says how it went.
inline live::Notice convert(const std::string& recording, const std::string& path, Format format) {
  CommandLine line;
  line.command = Command::replay;
  OutputRequest wanted{true, path};
  FormatOptions& formats = line.options.formats;
  switch (format) {
    case Format::flamegraph:
      formats.flamegraph = wanted;
      break;
    case Format::collapsed:
      formats.collapsed = wanted;
      break;
    case Format::pstats:
      formats.pstats = wanted;
      break;
    case Format::jsonl:
      formats.jsonl = wanted;
      break;
    case Format::speedscope:
      formats.speedscope = wanted;
      break;
    case Format::pprof:
      formats.pprof = wanted;
      break;
    default:
      formats.gecko = wanted;
      break;
  }
  auto opened = Recording::open(recording);
  if (!opened) return {describe_recording(recording, opened.error()), false};
  Run run = opened->run();
  Tables tables;
  auto made = Outputs::open(line, tables, run, {run.target.process, false});
  if (auto* why = std::get_if<std::string>(&made)) return {std::move(*why), false};
  Outputs& outputs = std::get<Outputs>(made);
  Unattended control;
  const Outcome played = opened->play(tables, outputs, {}, control);
  if (played.end == RunEnd::failed) return {describe_recording(recording, played.error), false};
  load_sources(run, tables.frames, {});
  for (const Finished& one : outputs.finish(run)) {
    if (one.written.wanted.code != Errc::ok)
      return {describe_output(path, one.written.wanted), false};
  }
  return {concat("saved to ", path), true};
}

}  // namespace tachyon::tool
