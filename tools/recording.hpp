#pragma once

#include <string>
#include <vector>

#include <tachyon/sampler/opcode_spellings.hpp>
#include <tachyon/sampler/replay.hpp>

#include "text.hpp"

namespace tachyon::tool {

// A recording of either kind, its opcodes spelled.
class Recording {
 public:
  static Result<Recording> open(const std::string& path) {
    Result<Replay> replay = Replay::open(path.c_str());
    if (!replay) return replay.error();
    return Recording{std::move(*replay)};
  }

  Replay& replay() noexcept { return replay_; }
  const Run& run() const noexcept { return replay_.run(); }

  // What is inside the window goes into a collector.
  template <Collector C, RunControl Control>
  Outcome play(Tables& tables, C& collector, TimeWindow window, Control& control) {
    const auto spellings = opcode_spellings(run().target.minor);
    replay_.spell_opcodes(spellings);
    return ReplaySource{replay_, tables, window}.run(collector, control);
  }

  // What is not there any more, as far as it is known after play(); one sentence each.
  std::vector<std::string> losses() const;

 private:
  explicit Recording(Replay replay) : replay_{std::move(replay)} {}

  Replay replay_;
};

inline std::vector<std::string> Recording::losses() const {
  std::vector<std::string> all;
  const Recovery r = replay_.recovery();
  if (!r.finished) {
    all.push_back(
        "the recording was not finished: what came after its last complete block is missing; that "
        "is at most a second if it could be written until then");
  }
  if (r.lost_blocks != 0) {
    all.push_back(
        concat("the recording ",
               r.damaged_bytes != 0 ? "is damaged: " : "could not be written for a while: ",
               counted(r.lost_samples, "sample"), " in ", counted(r.lost_blocks, "block"),
               " are missing, the rest is intact"));
  } else if (r.damaged_bytes != 0) {
    all.push_back(concat("the recording is damaged: ", counted(r.damaged_bytes, "byte"),
                         " in it cannot be read, the rest is intact"));
  }
  if (r.foreign_bytes != 0) {
    all.push_back(concat(counted(r.foreign_bytes, "byte"), " behind the end of the recording are ",
                         r.another_recording ? "another one; replay it from a file of its own"
                                             : "no part of it and left out"));
  }
  if (r.nameless_samples != 0) {
    all.push_back(concat(std::to_string(r.nameless_samples),
                         " samples refer to stacks in a lost block and are left out"));
  }
  return all;
}

}  // namespace tachyon::tool
