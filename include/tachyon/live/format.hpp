#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tachyon/collect/percent.hpp>

// Numbers for columns that must not grow: every function here says how wide it can get.
namespace tachyon::live {

// "45.2%", " 3.0%", "100%": five columns, whatever the value.
inline std::string percent5(double percent) {
  std::string out;
  if (percent < 9.995) out += ' ';
  append_fixed(out, percent < 0 ? 0 : percent, percent >= 99.95 ? 0 : 1);
  out += '%';
  if (out.size() < 5) out.insert(0, 5 - out.size(), ' ');
  return out.size() == 6 && out[0] == ' ' ? out.substr(1) : out;
}

// "0.0%" to "100.0%", for running text.
inline std::string percent(double value) {
  std::string out;
  append_fixed(out, value, 1);
  out += '%';
  return out;
}

// Up to six columns: "123456", "1.23M", "12.3G".
inline std::string count6(std::uint64_t count) {
  std::string out;
  if (count < 1'000'000) {
    append_number(out, count);
    return out;
  }
  double value = static_cast<double>(count);
  constexpr std::string_view units = " kMGTPE";
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  append_fixed(out, value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
  out += units[unit];
  return out;
}

// Up to ten columns: seconds with three decimals as long as they fit.
inline std::string seconds10(std::uint64_t nanoseconds) {
  for (int decimals = 3; decimals > 0; --decimals) {
    std::string out;
    append_fixed(out, seconds_of(nanoseconds), decimals);
    if (out.size() <= 10) return out;
  }
  std::string out;
  append_fixed(out, seconds_of(nanoseconds), 0);
  return out;
}

// "950.0Hz", "1.0KHz", "12.5KHz", "1.0MHz".
inline std::string frequency(double hertz) {
  std::string out;
  if (hertz >= 999'950) {
    append_fixed(out, hertz / 1e6, 1);
    return out += "MHz";
  }
  if (hertz >= 999.95) {
    append_fixed(out, hertz / 1e3, 1);
    return out += "KHz";
  }
  append_fixed(out, hertz, 1);
  return out += "Hz";
}

// "1m05s", "1h02m03s".
inline std::string uptime(std::uint64_t nanoseconds) {
  const std::uint64_t all = nanoseconds / 1'000'000'000;
  const auto two = [](std::uint64_t n) {
    std::string out = n < 10 ? "0" : "";
    append_number(out, n);
    return out;
  };
  std::string out;
  if (all >= 3600) {
    append_number(out, all / 3600);
    out += 'h';
    out += two(all / 60 % 60);
  } else {
    append_number(out, all / 60);
  }
  out += 'm';
  out += two(all % 60);
  return out += 's';
}

}  // namespace tachyon::live
