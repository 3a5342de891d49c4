#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tachyon/base/clock.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/target/attach.hpp>

namespace tachyon {

// What a target says of itself, for a run's outputs. Its import paths are not touched.
inline void describe_target(const Attached& attached, Target& out) {
  const Process& process = attached.process;
  out.process = process.pid();
  out.major = static_cast<std::uint8_t>(attached.site.major());
  out.minor = static_cast<std::uint8_t>(attached.site.minor());
  out.micro = static_cast<std::uint8_t>(attached.site.micro());
  out.free_threaded = attached.site.free_threaded;
  out.executable = process.executable().value_or(std::string{});
  out.working_directory = process.working_directory().value_or(std::string{});
  out.command_line.clear();
  for (const std::string& word : process.command_line().value_or(std::vector<std::string>{})) {
    if (!out.command_line.empty()) out.command_line += ' ';
    out.command_line += word;
  }
  if (const auto stat = process.stat()) {
    out.started = unix_now() - detail::age_of(stat->start_ticks);
  }
}

}  // namespace tachyon
