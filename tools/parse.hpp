#pragma once

#include <bitset>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "options.hpp"

// From words to options. The manners are those of Python's argparse, because that is what people's
// fingers and scripts know: a long option may be cut to any prefix that is still unique,
// `--opt=value` and `--opt value` are the same, `-r500` and `-r=500` are `-r 500`, flags of one
// letter may share a dash, the last of repeated options counts, a negative number is a value and
// not an option. `attach`, `dump` and `replay` take options anywhere; under `run` everything from
// the target on belongs to the program.
//
// A format's own path is only ever glued on (`--flamegraph=a.html`): otherwise `--flamegraph 1234`
// would be ambiguous.
namespace tachyon::tool {

using Given = std::bitset<option_count>;

struct CommandLine {
  Command command{};
  Options options{};
  Given given{};                     // which options stood there, whatever their value
  std::vector<std::string> words{};  // the positional arguments as they stood
  bool separated = false;            // `run -- ...`
};

// The command line is not one; the text is the whole message after "tachyon COMMAND: error: ".
struct UsageError {
  std::string text{};
};
struct HelpWanted {};

using Parsed = std::variant<CommandLine, HelpWanted, UsageError>;

namespace detail {

inline bool is_number(std::string_view text) {
  if (!text.starts_with('-')) return false;
  const auto scaled = read_scaled(text.substr(1));
  return scaled && scaled->unit.empty();
}

inline bool looks_like_option(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && !is_number(word);
}

class Parser {
 public:
  explicit Parser(Command command) { line_.command = command; }

  Parsed parse(std::span<const char* const> words) {
    bool options_end = false;
    for (std::size_t at = 0; at < words.size(); ++at) {
      const std::string_view word = words[at];
      if (!options_end && word == "--") {
        options_end = line_.separated = true;
      } else if (options_end || !looks_like_option(word)) {
        line_.words.emplace_back(word);
        if (line_.command == Command::run) options_end = true;
      } else {
        const bool fine = word.starts_with("--") ? long_option(word.substr(2), words, at)
                                                 : short_options(word.substr(1), words, at);
        if (!fine) return UsageError{problem_};
        if (line_.options.show.help) return HelpWanted{};
      }
    }
    return std::move(line_);
  }

 private:
  bool is_ours(std::size_t i) const { return option_table[i].text.commands.has(line_.command); }

  bool fail(std::string text) {
    problem_ = std::move(text);
    return false;
  }

  bool long_option(std::string_view word, std::span<const char* const> words, std::size_t& at) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    std::optional<std::string_view> value;
    if (equals != std::string_view::npos) value = word.substr(equals + 1);

    std::vector<std::string> candidates;
    std::size_t found = option_count;
    for (std::size_t i = 0; i < option_count; ++i) {
      const OptionText& text = option_table[i].text;
      if (!is_ours(i)) continue;
      if (text.name == name || (!text.alias.empty() && text.alias == name)) {
        return take(i, value, words, at);
      }
      const bool by_name = text.name.starts_with(name);
      if (by_name || (!text.alias.empty() && text.alias.starts_with(name))) {
        candidates.push_back(dashed(by_name ? text.name : text.alias));
        found = i;
      }
    }
    if (candidates.size() == 1) return take(found, value, words, at);
    if (candidates.empty()) return fail(unknown(name));
    return fail(dashed(name) + concat(" could be ", joined(candidates, "or")));
  }

  bool short_options(std::string_view letters, std::span<const char* const> words,
                     std::size_t& at) {
    while (!letters.empty()) {
      std::size_t i = 0;
      while (i < option_count && !(is_ours(i) && option_table[i].text.letter == letters[0])) ++i;
      if (i == option_count) return fail(unknown_letter(letters[0]));
      letters.remove_prefix(1);
      if (option_table[i].arity != Arity::none) {
        if (letters.empty()) return take(i, {}, words, at);
        if (letters[0] == '=') letters.remove_prefix(1);
        return take(i, letters, words, at);
      }
      if (!take(i, {}, words, at)) return false;
    }
    return true;
  }

  bool take(std::size_t i, std::optional<std::string_view> value,
            std::span<const char* const> words, std::size_t& at) {
    const OptionInfo& info = option_table[i];
    const std::string name = dashed(info.text.name);
    if (info.arity == Arity::none && value) return fail(name + " takes no value");
    if (info.arity == Arity::one && !value) {
      if (at + 1 >= words.size() || looks_like_option(words[at + 1])) {
        return fail(name + concat(" needs a value: ", name, concat(" ", placeholder(info))));
      }
      value = words[++at];
    }
    if (info.arity == Arity::perhaps && value && value->empty()) {
      return fail(name + "= needs a path after it");
    }
    if (const Complaint why = info.give(value.value_or(""), line_.options)) {
      return fail(name + concat(": ", *why));
    }
    line_.given.set(i);
    return true;
  }

  std::string unknown(std::string_view name) const {
    std::string_view nearest;
    std::size_t distance = std::max<std::size_t>(3, name.size() / 3 + 1);
    std::vector<std::string> elsewhere;
    for (std::size_t i = 0; i < option_count; ++i) {
      const OptionText& text = option_table[i].text;
      for (const std::string_view spelling : {text.name, text.alias}) {
        if (spelling.empty()) continue;
        if (!is_ours(i)) {
          if (spelling == name) elsewhere = commands_with(text.commands);
        } else if (const std::size_t d = edit_distance(name, spelling); d < distance) {
          distance = d;
          nearest = spelling;
        }
      }
    }
    if (!elsewhere.empty()) {
      return dashed(name) + concat(" is an option of ", joined(elsewhere, "and"),
                                   concat(", not of ", info_of(line_.command).name));
    }
    std::string text = concat("there is no option ", quoted(dashed(name)));
    if (!nearest.empty()) text += concat("; did you mean ", dashed(nearest), "?");
    return text + see_help();
  }

  std::string unknown_letter(char letter) const {
    for (const OptionInfo& info : option_table) {
      if (info.text.letter != letter) continue;
      return concat("-", letter, " is an option of ",
                    joined(commands_with(info.text.commands), "and"), ", not of ",
                    info_of(line_.command).name);
    }
    return concat("there is no option ", quoted(concat("-", letter)), see_help());
  }

  std::string see_help() const {
    return concat(" (tachyon ", info_of(line_.command).name, " --help lists them)");
  }

  static std::vector<std::string> commands_with(Commands commands) {
    std::vector<std::string> names;
    for (const CommandInfo& info : command_table) {
      if (commands.has(info.command)) names.emplace_back(info.name);
    }
    return names;
  }

 public:
  // What help and messages write for the value.
  static std::string placeholder(const OptionInfo& info) {
    if (!info.text.value.empty()) return std::string{info.text.value};
    std::string text;
    for (const std::string_view word : info.words()) {
      text += concat(text.empty() ? "" : "|", word);
    }
    return text;
  }

 private:
  CommandLine line_{};
  std::string problem_{};
};

}  // namespace detail

inline Parsed parse(Command command, std::span<const char* const> words) {
  return detail::Parser{command}.parse(words);
}

inline std::optional<Command> command_named(std::string_view word) {
  for (const CommandInfo& info : command_table) {
    if (info.name == word) return info.command;
  }
  return std::nullopt;
}

}  // namespace tachyon::tool
