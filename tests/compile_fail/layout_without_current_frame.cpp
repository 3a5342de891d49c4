// expect: CompiledLayout
#include <tachyon/layout/dispatch.hpp>

// A build whose threads do not say where their current frame is.
struct Build : tachyon::layouts::cpython_3_15_x86_64 {
  static constexpr tachyon::schema::Thread thread{
      .next = {8},
      .interp = {16},
#ifndef MISTAKE
      .current_frame = {72},
#endif
      .native_thread_id = {184},
  };
};

template <tachyon::CompiledLayout L>
void sample(L) {}

void use() { sample(Build{}); }
