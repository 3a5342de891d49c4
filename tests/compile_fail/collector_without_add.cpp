// expect: Collector
#include <tachyon/sample/collector.hpp>

struct Count {
#ifndef MISTAKE
  void add(const tachyon::Sample&) { ++samples; }
#endif
  int samples = 0;
};

template <tachyon::Collector C>
void feed(C&) {}

void use(Count& count) { feed(count); }
