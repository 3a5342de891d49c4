#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

// The output formats as the command line knows them. The enumerators stand in the order of the
// fields of FormatOptions, which is also the order in which outputs are written.
namespace tachyon::tool {

enum class Format : std::uint8_t {
  pstats,
  collapsed,
  flamegraph,
  diff_flamegraph,
  heatmap,
  gecko,
  speedscope,
  pprof,
  chrome_trace,
  jsonl,
  binary
};

struct FormatInfo {
  Format format{};
  std::string_view option{};
  std::string_view stem{};  // of default names: STEM_PID.EXTENSION
  std::string_view extension{};
  bool directory = false;  // writes a folder of files
  bool page = false;       // --browser can open it
  bool opcodes = false;    // shows what --opcodes records
};
inline constexpr std::array<FormatInfo, 11> format_table{{
    {Format::pstats, "pstats", "pstats", ".pstats", false, false, true},
    {Format::collapsed, "collapsed", "collapsed", ".txt", false, false, false},
    {Format::flamegraph, "flamegraph", "flamegraph", ".html", false, true, true},
    {Format::diff_flamegraph, "diff-flamegraph", "diff_flamegraph", ".html", false, true, true},
    {Format::heatmap, "heatmap", "heatmap", "", true, true, true},
    {Format::gecko, "gecko", "gecko", ".json", false, false, true},
    {Format::speedscope, "speedscope", "speedscope", ".speedscope.json", false, false, false},
    {Format::pprof, "pprof", "pprof", ".pb.gz", false, false, false},
    {Format::chrome_trace, "chrome-trace", "chrome_trace", ".json", false, false, false},
    {Format::jsonl, "jsonl", "jsonl", ".jsonl", false, false, false},
    {Format::binary, "binary", "binary", ".bin", false, false, true},
}};
static_assert(format_table.size() == boost::pfr::tuple_size_v<FormatOptions>);

constexpr const FormatInfo& info_of(Format format) noexcept {
  return format_table[static_cast<std::size_t>(format)];
}

struct WantedFormat {
  Format format{};
  std::string path{};      // its own; empty: -o or the default decides
  std::string baseline{};  // diff-flamegraph
};

// What was asked for; pstats when nothing was.
inline std::vector<WantedFormat> wanted_formats(const FormatOptions& options) {
  std::vector<WantedFormat> wanted;
  std::uint8_t next = 0;
  boost::pfr::for_each_field(options, [&]<class T>(const T& field) {
    const auto format = static_cast<Format>(next++);
    if constexpr (std::is_same_v<T, OutputRequest>) {
      if (field.wanted) wanted.push_back({format, field.path, {}});
    } else {
      if (field) wanted.push_back({format, {}, *field});
    }
  });
  if (wanted.empty()) wanted.push_back({});
  return wanted;
}

}  // namespace tachyon::tool
