#pragma once

#include <concepts>
#include <tuple>

#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

namespace tachyon {

// What is kept of the samples. A collector never interns for itself: a sample's stack and thread
// are numbers into the session's tables, and per-number vectors are all that most collectors need.
template <class C>
concept Collector = requires(C& collector, const Sample& sample) {
  { collector.add(sample) } -> std::same_as<void>;
};

// Some outputs also care about looks that yielded nothing.
template <class C>
concept TickCollector = Collector<C> && requires(C& collector, const Tick& tick) {
  { collector.end_tick(tick) } -> std::same_as<void>;
};

template <Collector C>
void end_tick(C& collector, const Tick& tick) {
  if constexpr (TickCollector<C>) collector.end_tick(tick);
}

// Several collectors fed by one run.
template <Collector... Cs>
class Fanout {
 public:
  explicit Fanout(Cs&... collectors) : all_{collectors...} {}

  void add(const Sample& sample) {
    std::apply([&](Cs&... each) { (each.add(sample), ...); }, all_);
  }
  void end_tick(const Tick& tick) {
    std::apply([&](Cs&... each) { (tachyon::end_tick(each, tick), ...); }, all_);
  }

 private:
  std::tuple<Cs&...> all_;
};

}  // namespace tachyon
