// expect: CompiledLayout
#include <tachyon/layouts/cpython_3_15_x86_64.hpp>

using tachyon::layouts::cpython_3_15_x86_64;

// Everything of 3.15, with frames of its own.
struct Vendor : cpython_3_15_x86_64 {
  static constexpr tachyon::schema::Frame frame{.size = 88,
                                                .executable = {0},
#ifndef MISTAKE
                                                .previous = {8},
#endif
                                                .instruction = {56},
                                                .stackpointer = {64},
                                                .owner = {74},
                                                .localsplus = {80}};
};

template <tachyon::CompiledLayout L>
void walk() {}

void use() { walk<Vendor>(); }
