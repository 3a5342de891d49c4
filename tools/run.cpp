#include <algorithm>

#include "commands.hpp"
#include "fleet.hpp"
#include "live.hpp"
#include "report.hpp"

namespace tachyon::tool {
namespace {

// `python -m` finds out itself that there is no such module, but by then outputs would be open. The
// interpreter is asked, as nobody else knows its paths; nothing of the program is imported.
// Anything but a clear no leaves it to the run itself.
std::optional<std::string> missing_module(const Invocation& invocation, const std::string& module) {
  constexpr const char* question =
      "import sys\nfrom importlib.util import find_spec\n"
      "sys.exit(44 if find_spec(sys.argv[1].partition('.')[0]) is None else 0)\n";
  Invocation asked = invocation;
  const auto option = std::ranges::find(asked.words, "-m");
  if (option == asked.words.end()) return std::nullopt;
  asked.words.erase(option, asked.words.end());
  asked.words.insert(asked.words.end(), {"-c", question, module});
  auto child = Child::prepare(asked, Streams::hidden);
  if (const auto* why = std::get_if<std::string>(&child)) return *why;
  Child& python = std::get<Child>(child);
  if (auto why = python.release()) return why;
  const auto ending = python.wait_for(std::chrono::seconds{10});
  if (!ending || ending->code() != 44) return std::nullopt;
  return concat("there is no module ", quoted(module), " for ", asked.words[0],
                "; --python names another interpreter or virtual environment");
}

int failed(std::string_view text) {
  say_error(text);
  return static_cast<int>(Exit::failed);
}

}  // namespace

int run_command(const CommandLine& line) {
  const bool live = line.options.sampling.live;
  if (live) {
    if (const auto why = why_no_screen()) return failed(*why);
  }
  const ProgramOptions& program = line.options.program;
  const Planned planned =
      plan_program({line.words, program.module, program.code, line.separated, program.python});
  if (const auto* why = std::get_if<std::string>(&planned)) return failed(*why);
  const auto& invocation = std::get<Invocation>(planned);
  if (program.module) {
    if (const auto why = missing_module(invocation, line.words[0])) return failed(*why);
  }
  if (live) {  // the screen has its own way with signals
    auto hidden = Child::prepare(invocation, Streams::hidden, program.keep_running);
    if (const auto* why = std::get_if<std::string>(&hidden)) return failed(*why);
    return run_live(line, std::get<Child>(std::move(hidden)));
  }
  Signals signals;
  auto child = Child::prepare(invocation, Streams::shared, program.keep_running, &signals.before());
  if (const auto* why = std::get_if<std::string>(&child)) return failed(*why);
  Fleet fleet{line, signals};
  return fleet.run(std::get<Child>(std::move(child)), invocation.python);
}

}  // namespace tachyon::tool
