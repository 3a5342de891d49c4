#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "launch.hpp"
#include "parse.hpp"

// --live: the terminal profiler over a process that runs, or one that we start.
namespace tachyon::tool {

// Why there can be no screen, if so; asked before a program is started.
std::optional<std::string> why_no_screen();

int watch_live(const CommandLine& line, std::int64_t pid);
// The program has been prepared with Streams::hidden; what it wrote to its standard error is
// printed when the screen is gone.
int run_live(const CommandLine& line, Child child);

}  // namespace tachyon::tool
