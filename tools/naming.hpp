#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <tachyon/codec/output_place.hpp>
#include <tachyon/render/page.hpp>

#include "formats.hpp"
#include "text.hpp"

// Where outputs go. A path of the format's own comes first (`--flamegraph=a.html`), then -o, then
// FORMAT_PID with the format's extension in the current folder. A path that is an existing folder
// means the default name inside it, `-` is standard output, `{pid}` in a path is the process id.
// pstats without a path is the table on standard output.
//
// No two outputs go to one place, however its name is spelled, and none to a file that is read: the
// recording of a replay, the baseline of a comparison.
//
// The heatmap is a folder of pages: `-o NAME` is its name, a .html ending is dropped. An existing
// folder whose index.html says that we wrote it is written again in its place; any other one gets
// the pages inside, in a folder of their own.
//
// Several processes with an output each (`--subprocesses`, several PIDs) put the process id before
// the extension: base.html becomes base_4242.html. A dump of several is one report; where it needs
// a process id, the first one's is taken.
namespace tachyon::tool {

struct PlannedOutput {
  Format format{};
  std::string path{};  // "-": standard output
  std::string baseline{};
  bool table = false;  // pstats as text
};

struct NamingRules {
  std::int64_t pid = 0;
  bool one_of_several = false;
  std::string recording{};  // that is replayed
};

using PlannedOutputs = std::variant<std::vector<PlannedOutput>, std::string>;

namespace detail {

inline bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

inline bool holds_report(const std::string& folder) {
  return is_our_page((folder + "/index.html").c_str());
}

class Namer {
 public:
  Namer(const FormatOptions& formats, const std::optional<std::string>& output, NamingRules rules)
      : wanted_{wanted_formats(formats)}, output_{output}, rules_{rules} {}

  PlannedOutputs plan() {
    const auto nameless =
        std::ranges::count_if(wanted_, [](const WantedFormat& w) { return w.path.empty(); });
    if (output_ && nameless == 0) {
      return std::string{"--output has nothing to name: every format has a path of its own"};
    }
    if (output_ && nameless > 1 && !is_directory(*output_)) {
      return concat("--output names one file, but ", std::to_string(nameless),
                    " formats have no path of their own; give them one (",
                    dashed(info_of(wanted_[0].format).option), "=FILE) or make --output a folder");
    }
    std::vector<PlannedOutput> planned;
    for (const WantedFormat& wanted : wanted_) {
      PlannedOutput output = planned_for(wanted);
      if (output.path == "-" && info_of(wanted.format).directory) {
        return concat(dashed(info_of(wanted.format).option),
                      " writes a folder; it cannot go to stdout");
      }
      if (auto why = conflict_of(output, planned); !why.empty()) return why;
      planned.push_back(std::move(output));
    }
    return planned;
  }

  // Of an output that is no format of the options: standard output unless -o says otherwise.
  std::string single(const FormatInfo& info) const {
    if (!output_ || output_->empty() || *output_ == "-") return "-";
    std::string path = from(*output_, info);
    return is_standard_output(path) ? "-" : path;
  }

 private:
  // Why this output cannot be made beside the others.
  std::string conflict_of(const PlannedOutput& output,
                          const std::vector<PlannedOutput>& others) const {
    if (!rules_.recording.empty() && is_same_place(output.path, rules_.recording)) {
      return concat(quoted(output.path), " is the recording itself");
    }
    for (const WantedFormat& wanted : wanted_) {
      if (!wanted.baseline.empty() && is_same_place(output.path, wanted.baseline)) {
        return concat(quoted(output.path), " is the baseline itself");
      }
    }
    for (const PlannedOutput& other : others) {
      if (!is_same_place(other.path, output.path)) continue;
      return concat(dashed(info_of(other.format).option), " and ",
                    dashed(info_of(output.format).option), " would both write to ",
                    output.path == "-" ? "stdout" : output.path);
    }
    return {};
  }

  PlannedOutput planned_for(const WantedFormat& wanted) const {
    const std::string given = wanted.path.empty() ? output_.value_or("") : wanted.path;
    PlannedOutput output{wanted.format, given, wanted.baseline, false};
    const FormatInfo& info = info_of(wanted.format);
    if (wanted.format == Format::pstats &&
        (given == "-" || (given.empty() && !rules_.one_of_several))) {
      output.path = "-";
      output.table = true;
    } else if (given.empty()) {
      output.path = standard(info);
    } else if (given != "-") {
      output.path = from(given, info);
      if (is_standard_output(output.path)) output.path = "-";
    }
    return output;
  }

  std::string standard(const FormatInfo& info) const {
    // Python's profiler calls the table of a child process so.
    const std::string_view stem =
        info.format == Format::pstats && rules_.one_of_several ? "profile" : info.stem;
    return concat(stem, "_", std::to_string(rules_.pid), info.extension);
  }

  std::string from(std::string path, const FormatInfo& info) const {
    const bool placed = replace_pid(path);
    if (info.directory && path.ends_with(".html")) path.resize(path.size() - 5);
    if (is_directory(path) && !(info.directory && holds_report(path))) {
      if (path.back() != '/') path += '/';
      return path + standard(info);
    }
    if (rules_.one_of_several && !placed && !stands_for_open_file(behind_links(path))) {
      const std::size_t slash = path.rfind('/');
      std::size_t dot = info.directory ? std::string::npos : path.rfind('.');
      const std::size_t name = slash == std::string::npos ? 0 : slash + 1;
      if (dot == std::string::npos || dot <= name) dot = path.size();
      path.insert(dot, concat("_", std::to_string(rules_.pid)));
    }
    return path;
  }

  bool replace_pid(std::string& path) const {
    constexpr std::string_view mark = "{pid}";
    bool found = false;
    for (std::size_t at = 0; (at = path.find(mark, at)) != std::string::npos;) {
      const std::string pid = std::to_string(rules_.pid);
      path.replace(at, mark.size(), pid);
      at += pid.size();
      found = true;
    }
    return found;
  }

  std::vector<WantedFormat> wanted_;
  const std::optional<std::string>& output_;
  NamingRules rules_;
};

}  // namespace detail

inline PlannedOutputs plan_outputs(const FormatOptions& formats,
                                   const std::optional<std::string>& output, NamingRules rules) {
  return detail::Namer{formats, output, rules}.plan();
}

inline std::string plan_dump(const std::optional<std::string>& output, bool json,
                             std::int64_t pid) {
  FormatInfo info;
  info.stem = "dump";
  info.extension = json ? ".json" : ".txt";
  return detail::Namer{{}, output, {.pid = pid}}.single(info);
}

}  // namespace tachyon::tool
