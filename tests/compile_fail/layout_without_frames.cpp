// expect: Layout
#include <tachyon/layout/dispatch.hpp>

struct Build : tachyon::layouts::cpython_3_15_x86_64 {
#ifdef MISTAKE
  static constexpr int frame = 0;
#endif
};

template <tachyon::Layout L>
void walk(const L&) {}

void use(const Build& build) { walk(build); }
