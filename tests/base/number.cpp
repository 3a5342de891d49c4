#include <limits>

#include <tachyon/base/number.hpp>

namespace {

using tachyon::is_finite;
using Limits = std::numeric_limits<double>;

static_assert(is_finite(0) && is_finite(-0.0) && is_finite(Limits::denorm_min()));
static_assert(is_finite(Limits::max()) && is_finite(Limits::lowest()));
static_assert(!is_finite(Limits::infinity()) && !is_finite(-Limits::infinity()));
static_assert(!is_finite(Limits::quiet_NaN()) && !is_finite(-Limits::signaling_NaN()));

}  // namespace
