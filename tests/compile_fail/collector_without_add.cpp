// expect: Collector
#include <tachyon/collect/concept.hpp>

struct Count {
#ifndef MISTAKE
  void add(const tachyon::Sample&) { ++samples; }
#endif
  int samples = 0;
};

template <tachyon::Collector C>
void feed(C&) {}

void use(Count& count) { feed(count); }
