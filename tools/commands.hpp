#pragma once

#include "parse.hpp"

// What each command does once its command line is known to be sound. The result is the exit code:
// 0 the report was written, 1 the run failed and has said why, and for `run` the program's own.
namespace tachyon::tool {

enum class Exit : int { fine = 0, failed = 1, usage = 2 };

int run_command(const CommandLine& line);
int attach_command(const CommandLine& line);
int dump_command(const CommandLine& line);
int replay_command(const CommandLine& line);
int doctor_command(const CommandLine& line);

}  // namespace tachyon::tool
