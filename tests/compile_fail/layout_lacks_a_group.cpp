// expect: HasGroups
#include <tachyon/layouts/cpython_3_15_x86_64.hpp>

struct Vendor : tachyon::layouts::cpython_3_15_x86_64 {
#ifdef MISTAKE
  static constexpr int code = 0;
#endif
};

template <tachyon::Layout L>
void walk() {}

void use() { walk<Vendor>(); }
