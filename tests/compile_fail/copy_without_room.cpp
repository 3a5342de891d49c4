// expect: HasRoom
#include <tachyon/layouts/cpython_3_15_x86_64.hpp>

// Threads of a build that keeps something large in front of what we read.
struct Build : tachyon::layouts::cpython_3_15_x86_64 {
#ifdef MISTAKE
  static constexpr tachyon::schema::Thread thread{
      .next = {8}, .interp = {16}, .current_frame = {72}, .native_thread_id = {4096}};
#endif
};

static_assert(tachyon::copies_fit<Build>(tachyon::copies::All{}));
