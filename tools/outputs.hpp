#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/recording_ring.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/timeline.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

#include "naming.hpp"
#include "parse.hpp"

// The outputs of one run: opened before anything is sampled, fed together, written at the end one
// by one, so that one that fails takes no other with it.
//
// Sampler and replay see a single collector, this one. Formats that are made from totals share one
// call tree; the others (timelines, streams, recordings) are called for each sample through
// AnyOutput, the one place where the tool erases a type. What formats there are is known in
// outputs.cpp alone: a new one is an include and a line there.
namespace tachyon::tool {

// What became of one output, for the notices at the end.
struct Finished {
  Format format{};
  std::string path{};
  Written written{};
  bool table = false;
  std::vector<std::string> notes{};  // what its reader should know
};

// What outputs share; each is kept only if some output is made from it.
struct Kept {
  std::optional<CallTree> tree{};
  std::optional<Timeline> timeline{};
};

class AnyOutput {
 public:
  enum class From : std::uint8_t { tree, timeline, samples };

  struct Model {
    virtual ~Model() = default;
    virtual From from() const noexcept = 0;
    virtual void add(const Sample&) {}  // these two only where it is made from samples
    virtual void end_tick(const Tick&) {}
    virtual Written finish(const Kept& kept, const Run& run) = 0;
    virtual std::vector<std::string> notes() const { return {}; }
    // Only a recording can be copied while it grows.
    virtual std::optional<Result<RecordingCopy>> copy(const Run&) { return std::nullopt; }
  };

  AnyOutput(PlannedOutput plan, std::unique_ptr<Model> model)
      : plan_{std::move(plan)}, model_{std::move(model)} {}

  const PlannedOutput& plan() const noexcept { return plan_; }
  From from() const noexcept { return model_->from(); }
  void add(const Sample& sample) { model_->add(sample); }
  void end_tick(const Tick& tick) { model_->end_tick(tick); }
  std::optional<Result<RecordingCopy>> copy(const Run& run) { return model_->copy(run); }
  Finished finish(const Kept& kept, const Run& run) {
    Written written = model_->finish(kept, run);
    return {plan_.format, plan_.path, std::move(written), plan_.table, model_->notes()};
  }

 private:
  PlannedOutput plan_;
  std::unique_ptr<Model> model_;
};

class Outputs {
 public:
  // Opens everything, or says which place is impossible; then nothing was made. `run` is what is
  // known before the first sample: target, mode, options, start.
  static std::variant<Outputs, std::string> open(const CommandLine& line, const Tables& tables,
                                                 const Run& run, NamingRules naming);

  void add(const Sample& sample) {
    ++samples_;
    if (kept_.tree) kept_.tree->add(sample);
    if (kept_.timeline) kept_.timeline->add(sample);
    for (AnyOutput* output : fed_) output->add(sample);
  }
  void end_tick(const Tick& tick) {
    if (kept_.tree) kept_.tree->end_tick(tick);
    for (AnyOutput* output : fed_) output->end_tick(tick);
  }

  // The recordings among them as they are now, to be written under other names, by any thread.
  struct Copy {
    std::string path{};  // of the recording
    Result<RecordingCopy> recording;
  };
  std::vector<Copy> copies(const Run& run);
  // Whether copies have been asked for more often than the last time this was called.
  bool owes_copies(unsigned asked) noexcept { return std::exchange(asked_, asked) != asked; }

  // Writes what is written at the end. Every output is tried, whatever became of the others.
  std::vector<Finished> finish(const Run& run);

  std::uint64_t samples() const noexcept { return samples_; }
  // Where those go that a browser can show.
  std::vector<std::string> pages() const;
  // Some output goes to standard output by request: what else is said goes to standard error.
  bool uses_stdout() const noexcept;

  Outputs(Outputs&&) = default;
  Outputs& operator=(Outputs&&) = delete;

 private:
  Outputs() = default;

  Kept kept_{};
  std::uint64_t samples_ = 0;
  std::vector<std::unique_ptr<AnyOutput>> all_{};
  std::vector<AnyOutput*> fed_{};
  unsigned asked_ = 0;
};

}  // namespace tachyon::tool
