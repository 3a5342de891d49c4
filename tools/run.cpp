#include "commands.hpp"
#include "fleet.hpp"
#include "report.hpp"

namespace tachyon::tool {
namespace {

int failed(std::string_view text) {
  say_error(text);
  return static_cast<int>(Exit::failed);
}

}  // namespace

int run_command(const CommandLine& line) {
  Signals signals;
  const ProgramOptions& program = line.options.program;
  const Planned planned =
      plan_program({line.words, program.module, program.code, line.separated, program.python});
  if (const auto* why = std::get_if<std::string>(&planned)) return failed(*why);
  auto child = Child::prepare(std::get<Invocation>(planned),
                              line.options.sampling.live ? Streams::hidden : Streams::shared,
                              program.keep_running, &signals.before());
  if (const auto* why = std::get_if<std::string>(&child)) return failed(*why);
  Fleet fleet{line, signals};
  return fleet.run(std::get<Child>(std::move(child)));
}

}  // namespace tachyon::tool
