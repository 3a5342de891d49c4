#pragma once

#include <string_view>

#define TACHYON_VERSION_MAJOR 0
#define TACHYON_VERSION_MINOR 1
#define TACHYON_VERSION_PATCH 0

namespace tachyon {

inline constexpr std::string_view library_version = "0.1.0";

}  // namespace tachyon
