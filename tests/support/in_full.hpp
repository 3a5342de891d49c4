#pragma once

#include <stdlib.h>

namespace tachyon::test {

// Whether a long test is to try all that it could, which TACHYON_LONG=1 asks for, or a fair share.
inline bool in_full() { return ::getenv("TACHYON_LONG") != nullptr; }

}  // namespace tachyon::test
