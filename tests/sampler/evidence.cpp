#include <tachyon/sampler/evidence.hpp>

#include <cstdint>
#include <initializer_list>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/sampler/schedule.hpp>

using namespace tachyon;

namespace {

StackId stack(std::uint64_t number) { return static_cast<StackId>(number + 1); }

// Draws stacks by their shares.
struct Program {
  std::vector<double> shares;
  StackId operator()(Random& random) const {
    double at = static_cast<double>(random.below(1'000'000)) / 1'000'000;
    for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
      at -= shares[i];
      if (at < 0) return stack(i);
    }
    return stack(shares.size() - 1);
  }
};

// ... all equally often.
struct Even {
  std::uint64_t stacks;
  StackId operator()(Random& random) const { return stack(random.below(stacks)); }
};

template <class Fast, class Exact>
void watch(Evidence& evidence, Random& random, const Fast& fast, const Exact& exact, unsigned looks,
           unsigned exact_one_in) {
  for (unsigned i = 0; i < looks; ++i) {
    const bool exactly = random.below(exact_one_in) == 0;
    evidence.add(exactly ? exact(random) : fast(random), exactly);
  }
}

}  // namespace

TEST_CASE("evidence: two ways that show the same are no distance apart, within the error") {
  Random random{7};
  for (const std::size_t stacks : {2U, 10U, 100U, 1000U}) {
    for (const unsigned looks : {2'000U, 20'000U}) {
      int outside = 0;
      for (int round = 0; round < 40; ++round) {
        Evidence evidence;
        watch(evidence, random, Even{stacks}, Even{stacks}, looks, 16);
        const auto distance = evidence.distance();
        REQUIRE(distance);
        outside += distance->value > 2 * distance->error ? 1 : 0;
      }
      INFO(stacks << " stacks, " << looks << " looks");
      CHECK(outside <= 6);
    }
  }
}

TEST_CASE("evidence: what fast reading misses is told") {
  Random random{7};
  // It takes two thirds of the looks at a short function to be looks at its caller.
  const Program truth{{0.5, 0.35, 0.15}}, shown{{0.6, 0.35, 0.05}};
  Evidence evidence;
  watch(evidence, random, shown, truth, 20'000, 16);
  const auto distance = evidence.distance();
  REQUIRE(distance);
  CHECK(distance->value == Approx(0.1).margin(3 * distance->error));
  CHECK(distance->error < 0.015);
  CHECK(distance->value > 4 * distance->error);
}

TEST_CASE("evidence: of a program that sleeps nothing is missing, as far as was looked") {
  Evidence evidence;
  for (int i = 0; i < 1600; ++i) evidence.add(stack(1), i % 16 == 0);
  const auto distance = evidence.distance();
  REQUIRE(distance);
  CHECK(distance->value == 0);
  CHECK(distance->error == Approx(0.01));
}

TEST_CASE("evidence: too little tells nothing") {
  Evidence evidence;
  CHECK_FALSE(evidence.distance());
  for (int i = 0; i < 1000; ++i) evidence.add(stack(1), false);
  for (int i = 0; i < 29; ++i) evidence.add(stack(1), true);
  CHECK_FALSE(evidence.distance());
  evidence.add(stack(1), true);
  CHECK(evidence.distance());
}

TEST_CASE("evidence: what was long ago counts little") {
  Random random{7};
  Evidence evidence;
  watch(evidence, random, Program{{0.8, 0.2}}, Program{{0.2, 0.8}}, 10'000, 16);
  CHECK(evidence.distance()->value > 0.5);
  for (int i = 0; i < 8; ++i) {
    evidence.fade();
    watch(evidence, random, Even{2}, Even{2}, 10'000, 16);
  }
  CHECK(evidence.distance()->value < 0.03);
}

TEST_CASE("evidence: more stacks than there is room for are compared all the same") {
  Random random{7};
  Evidence evidence;
  watch(evidence, random, Even{100'000}, Even{100'000}, 200'000, 4);
  auto distance = evidence.distance();
  REQUIRE(distance);
  CHECK(distance->value <= 4 * distance->error);
  for (int i = 0; i < 200'000; ++i) evidence.add(stack(7), false);
  distance = evidence.distance();
  REQUIRE(distance);
  CHECK(distance->value > 0.3);
}
