#include "commands.hpp"
#include "report.hpp"

// Commands whose engine is not part of this build yet say so and fail.
namespace tachyon::tool {
namespace {

int absent(Command command) {
  say_error(std::string{info_of(command).name} + " is not part of this build of tachyon yet");
  return static_cast<int>(Exit::failed);
}

}  // namespace

int run_command(const CommandLine&) { return absent(Command::run); }
int attach_command(const CommandLine&) { return absent(Command::attach); }

}  // namespace tachyon::tool
