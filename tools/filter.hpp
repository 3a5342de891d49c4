#pragma once

#include <cstdint>
#include <optional>

#include <tachyon/sample/sample.hpp>
#include <tachyon/sampler/replay_filters.hpp>

// Part of the samples of a recording: some threads, some time, one mode, without some kinds of
// frames. Stands between the reader and the outputs. What it decides about a thread or a stack it
// remembers, so a sample costs a few comparisons.
namespace tachyon::tool {

// Frames are only taken out where that was asked for.
class WithoutKind {
 public:
  WithoutKind(Tables& tables, FrameKind kind, bool wanted) {
    if (wanted) without_.emplace(tables, kind);
  }
  bool operator()(Sample& sample) { return !without_ || (*without_)(sample); }

 private:
  std::optional<WithoutFrames> without_{};
};

class Counting {
 public:
  bool operator()(Sample&) noexcept { return ++count_ != 0; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  std::uint64_t count_ = 0;
};

}  // namespace tachyon::tool
