#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <new>
#include <span>
#include <string>

#include <tachyon/layout/dispatch.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/target/diagnose.hpp>
#include <tachyon/version.hpp>

#include "commands.hpp"
#include "completions.hpp"
#include "manual.hpp"
#include "naming.hpp"
#include "report.hpp"
#include "rules.hpp"

namespace tachyon::tool {
namespace {

int usage_error(std::string_view program, std::string_view text) {
  const std::string line = std::string{program} + concat(": error: ", printable(text), "\n");
  std::fwrite(line.data(), 1, line.size(), stderr);
  return static_cast<int>(Exit::usage);
}

// Help and the like: the reader of a pipe may have gone, and that is its business.
int print(std::string_view text) {
  const bool whole = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return whole && std::fflush(stdout) == 0 ? 0 : static_cast<int>(Exit::failed);
}

// The releases that each layout was made from; other patch releases share it.
std::string version_text() {
  std::string text =
      concat("tachyon ", library_version, "\ncompiled layouts (", name_of(native_arch), "):");
  for (const LayoutInfo& layout : all_layouts) text += concat(" ", layout.tag);
  return text + "\n";
}

int perform(const CommandLine& line) {
  switch (line.command) {
    case Command::run:
      return run_command(line);
    case Command::attach:
      return attach_command(line);
    case Command::dump:
      return dump_command(line);
    case Command::replay:
      return replay_command(line);
    case Command::doctor:
      break;
  }
  return doctor_command(line);
}

// Whether outputs can be named at all; where they really go depends on the process.
std::string check_names(const CommandLine& line) {
  if (line.command == Command::dump || line.command == Command::doctor) return {};
  PlannedOutputs planned = plan_outputs(line.options.formats, line.options.files.output, {});
  auto* const why = std::get_if<std::string>(&planned);
  return why ? std::move(*why) : std::string{};
}

// A doctor says what is wrong with /proc among its findings.
bool looks_at_processes(const CommandLine& line) {
  return line.command == Command::run || line.command == Command::attach ||
         (line.command == Command::dump && !line.options.program.core);
}

int with_command(Command command, std::span<const char* const> words) {
  const std::string program = concat("tachyon ", info_of(command).name);
  const Parsed parsed = parse(command, words);
  if (std::holds_alternative<HelpWanted>(parsed)) return print(help_of(command));
  if (const auto* wrong = std::get_if<UsageError>(&parsed))
    return usage_error(program, wrong->text);
  const CommandLine& line = std::get<CommandLine>(parsed);
  const Verdict verdict = check_rules(line);
  if (!verdict.error.empty()) return usage_error(program, verdict.error);
  if (const auto wrong = check_names(line); !wrong.empty()) return usage_error(program, wrong);
  for (const std::string& warning : verdict.warnings) say_warning(warning);
  // No program is started to find out that it cannot be read.
  if (const auto ours = check_proc(); !ours && looks_at_processes(line)) {
    say_error(describe(ours.error(), {}));
    return static_cast<int>(Exit::failed);
  }
  return perform(line);
}

// The known word that is nearest to what was written, if one is near.
std::string_view nearest_of(std::string_view word, std::span<const std::string_view> known,
                            std::size_t distance) {
  std::string_view nearest;
  for (const std::string_view name : known) {
    if (const std::size_t d = edit_distance(word, name); d < distance) {
      distance = d;
      nearest = name;
    }
  }
  return nearest;
}

constexpr std::array<std::string_view, 4> without_a_command{"--help", "--version", "--man",
                                                            "--completions"};

int unknown_command(std::string_view word) {
  const std::string text = concat("there is no command ", quoted(word));
  std::string meant;
  std::array<std::string_view, command_table.size()> names;
  std::ranges::transform(command_table, names.begin(), &CommandInfo::name);
  if (read_pid(word)) {
    meant = concat("tachyon attach ", word);
  } else if (word.ends_with(".py")) {
    meant = concat("tachyon run ", word);
  } else if (word.ends_with(".bin")) {
    meant = concat("tachyon replay ", word);
  } else {
    // Of a short word more than half must be right.
    meant = nearest_of(word, names, std::min<std::size_t>(4, word.size() / 2 + 1));
  }
  if (!meant.empty()) return usage_error("tachyon", text + concat("; did you mean ", meant, "?"));
  return usage_error("tachyon", text + concat("; the commands are ", detail::command_names()));
}

int without_command(std::string_view word, std::span<const char* const> rest) {
  if (word == "--help" || word == "-h" || word == "help") {
    const auto command = rest.empty() ? std::nullopt : command_named(rest[0]);
    return print(command ? help_of(*command) : help_overview(library_version));
  }
  if (word == "--version" || word == "-V") return print(version_text());
  if (word == "--man") return print(manual_page(library_version));
  if (word == "--completions" || word.starts_with("--completions=")) {
    const std::string_view shell = word != "--completions" ? word.substr(14)
                                   : rest.empty()          ? std::string_view{}
                                                           : std::string_view{rest[0]};
    if (const auto text = completions_for(shell)) return print(*text);
    return usage_error("tachyon", "--completions needs a shell: bash, zsh or fish");
  }
  if (const auto meant = nearest_of(word, without_a_command, 3); !meant.empty()) {
    return usage_error("tachyon",
                       concat("there is no option ", quoted(word), "; did you mean ", meant, "?"));
  }
  if (word.starts_with("-")) {
    return usage_error("tachyon", concat("options come after the command: tachyon COMMAND ", word,
                                         "; the commands are ", detail::command_names()));
  }
  return unknown_command(word);
}

// The library throws nothing and cannot be told that there is no memory, or no thread, to be had.
// What has been recorded so far is in its file.
[[noreturn]] void give_up() {
  constexpr std::string_view text =
      "tachyon: error: the system gives no more memory or threads; ulimit -a shows the limits\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(static_cast<int>(Exit::failed));
}

// What we open must not get the number of a standard descriptor that is missing: messages would end
// up in it. /dev/null takes its place, in the direction that nobody uses, so that it remains as
// good as closed; for the program that we start it is closed.
void fill_missing_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    (void)!::open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
  }
}

}  // namespace
}  // namespace tachyon::tool

int main(int argc, char** argv) {
  using namespace tachyon::tool;
  fill_missing_streams();
  std::set_new_handler(give_up);
  std::set_terminate(give_up);
  const std::span<const char* const> words{argv + 1,
                                           argc > 0 ? static_cast<std::size_t>(argc - 1) : 0};
  if (words.empty()) {
    std::fputs(help_overview(tachyon::library_version).c_str(), stderr);
    return static_cast<int>(Exit::usage);
  }
  if (const auto command = command_named(words[0])) return with_command(*command, words.subspan(1));
  return without_command(words[0], words.subspan(1));
}
