#pragma once

#include <memory>
#include <string>
#include <variant>

#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/diff_flamegraph.hpp>

#include "files.hpp"
#include "recording.hpp"

// The recording that --diff-flamegraph compares with. It is read whole before anything is sampled:
// a missing, damaged or unfit one costs no profile.
namespace tachyon::tool {

struct Baseline {
  Tables tables{};
  CallTree tree{tables};
  Run run{};
};

inline std::variant<std::unique_ptr<Baseline>, std::string> load_baseline(const std::string& path,
                                                                          const Run& run) {
  Result<Recording> recording = Recording::open(path);
  if (!recording) return concat("baseline: ", describe_recording(path, recording.error()));
  auto baseline = std::make_unique<Baseline>();
  baseline->run = recording->run();
  const std::string_view differs =
      difference_of(run.mode, run.options, baseline->run.mode, baseline->run.options);
  if (!differs.empty()) {
    return concat("baseline: ", quoted(path), " was recorded with another --", differs,
                  "; only runs with the same options can be compared");
  }
  Unattended control;
  const Outcome read = recording->play(baseline->tables, baseline->tree, {}, control);
  if (read.end == RunEnd::failed) {
    return concat("baseline: ", describe_recording(path, read.error));
  }
  if (baseline->tree.total().samples == 0)
    return concat("baseline: ", quoted(path), " has no samples");
  return baseline;
}

}  // namespace tachyon::tool
