#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tachyon/base/glob.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/sampler/replay_filters.hpp>

// Part of the samples of a recording: some threads, some time, one mode, without some kinds of
// frames. Stands between the reader and the outputs. What it decides about a thread or a stack it
// remembers, so a sample costs a few comparisons.
namespace tachyon::tool {

// Whether a thread is one of those asked for: by number, or by the system's or Python's name of it.
inline bool thread_matches(const std::vector<std::string>& wanted, const Thread& thread) {
  if (wanted.empty()) return true;
  const std::string id = std::to_string(thread.id);
  for (const std::string& pattern : wanted) {
    if (pattern == id) return true;
    if (!thread.name.empty() && matches_glob(pattern, thread.name)) return true;
    if (!thread.python_name.empty() && matches_glob(pattern, thread.python_name)) return true;
  }
  return false;
}

// The same for all samples of a thread, so it is found out once: by its last names.
class ByThreadPattern {
 public:
  ByThreadPattern(const Tables& tables, std::vector<std::string> wanted, LastNames last = {})
      : tables_{tables}, wanted_{std::move(wanted)}, last_{std::move(last)} {}

  bool operator()(Sample& sample) {
    if (wanted_.empty()) return true;
    const auto index = static_cast<std::uint32_t>(sample.thread);
    if (index >= verdicts_.size()) verdicts_.resize(std::size_t{index} + 1, Verdict::open);
    Verdict& verdict = verdicts_[index];
    if (verdict == Verdict::open) {
      const Thread& thread = last_(tables_.threads[sample.thread]);
      verdict = thread_matches(wanted_, thread) ? Verdict::wanted : Verdict::unwanted;
    }
    return verdict == Verdict::wanted;
  }

 private:
  enum class Verdict : std::uint8_t { open, wanted, unwanted };

  const Tables& tables_;
  std::vector<std::string> wanted_;
  LastNames last_;
  std::vector<Verdict> verdicts_{};
};

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
