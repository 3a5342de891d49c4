#pragma once

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <vector>
#include <tachyon/live/aggregate.hpp>
#include <tachyon/live/batch.hpp>

// Batches that wait while the display is paused.
//
// A pause may last for hours, and what is kept must not grow with it. So the batches of one second
// are one, equal entries are summed, and seconds that have left the history are joined: there are
// never more entries than a minute's and one of every different kind.
namespace tachyon::live {

inline void compact(std::vector<Entry>& entries) {
  const auto before = [](const auto& a, const auto& b) -> bool {
    return std::tuple{a.thread, a.stack, a.status} < std::tuple{b.thread, b.stack, b.status};
  };
  std::stable_sort(entries.begin(), entries.end(), before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (kept != 0 && !before(entries[kept - 1], entries[i])) {  // in order, so it is equal
      entries[kept - 1].count += entries[i].count;
      entries[kept - 1].weight += entries[i].weight;
    } else {
      entries[kept++] = entries[i];
    }
  }
  entries.resize(kept);
}

class HeldBatches {
 public:
  void hold(Batch&& batch) {
    const std::uint64_t second = batch.ticks.last / 1'000'000'000;
    ended_ = ended_ || batch.ending.end != End::running;
    const bool same = !batches_.empty() && (batch.ticks.last == 0 || second == last_second_);
    if (batch.ticks.last != 0) last_second_ = second;
    if (!same) {
      batches_.push_back(std::move(batch));
      if (batches_.size() > History::seconds + 1) join_oldest();
      return;
    }
    batches_.back() += std::move(batch);
    compact(batches_.back().entries);
  }
  bool ended() const noexcept { return ended_; }  // the end of sampling is among them
  bool empty() const noexcept { return batches_.empty(); }
  // In the order they came.
  std::vector<Batch> release() {
    ended_ = false;
    return std::exchange(batches_, {});
  }

 private:
  void join_oldest() {
    batches_[0] += std::move(batches_[1]);
    compact(batches_[0].entries);
    batches_.erase(batches_.begin() + 1);
  }

  std::vector<Batch> batches_;
  std::uint64_t last_second_ = 0;
  bool ended_ = false;
};

}  // namespace tachyon::live
