#include "options.hpp"

#include <algorithm>
#include <set>
#include <catch2/catch.hpp>

#include "completions.hpp"
#include "manual.hpp"
#include "rules.hpp"

using namespace tachyon;
using namespace tachyon::tool;
using namespace std::chrono_literals;

namespace {

Parsed parse_words(Command command, std::vector<const char*> words) {
  return parse(command, words);
}

CommandLine line_of(Command command, std::vector<const char*> words) {
  Parsed parsed = parse_words(command, std::move(words));
  if (const auto* wrong = std::get_if<UsageError>(&parsed)) FAIL(wrong->text);
  REQUIRE(std::holds_alternative<CommandLine>(parsed));
  return std::get<CommandLine>(std::move(parsed));
}

std::string error_of(Command command, std::vector<const char*> words) {
  const Parsed parsed = parse_words(command, std::move(words));
  if (const auto* wrong = std::get_if<UsageError>(&parsed)) return wrong->text;
  if (std::holds_alternative<HelpWanted>(parsed)) return "(help)";
  return check_rules(std::get<CommandLine>(parsed)).error;
}

template <class T>
std::optional<T> read(std::string_view text) {
  T value{};
  const Complaint why = read_value(text, value);
  if (!why) return value;
  CHECK(why->find('\n') == std::string::npos);
  return std::nullopt;
}

// A value that every grammar of this kind accepts.
std::string sample_value(const OptionInfo& info) {
  if (const auto words = info.words(); !words.empty()) return std::string{words.back()};
  const std::string_view name = info.text.name;
  if (name == "sampling-rate") return "2khz";
  if (name == "max-size") return "1G";
  if (info.text.value == "US" || info.text.value == "TIME") return "5";
  if (info.text.value == "N" || info.text.value == "PERCENT") return "7";
  return "value";
}

}  // namespace

TEST_CASE("a rate is a number of hertz with a unit") {
  CHECK(read<Rate>("1khz")->interval == 1ms);
  CHECK(read<Rate>("500")->interval == 2ms);
  CHECK(read<Rate>(" 100Hz ")->interval == 10ms);
  CHECK(read<Rate>("2.5k")->interval == 400us);
  CHECK(read<Rate>("1mhz")->interval == 1us);
  CHECK(read<Rate>("0.5M")->interval == 2us);
  CHECK(read<Rate>("1000000")->interval == 1us);
  CHECK(read<Rate>("3")->interval == 333333333ns);
  CHECK(read<Rate>("0.001")->interval == 1000s);
  for (const char* wrong : {"", "khz", "-1", "+1", ".5", "5.", "1e3", "1_000", "1 khz", "1ghz", "0",
                            "0.0", "0.0005", "1000001", "1.1mhz", "nan", "inf", "1hz2"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read<Rate>(wrong));
  }
}

TEST_CASE("an interval is microseconds unless it says otherwise") {
  CHECK(read<Interval>("100")->value == 100us);
  CHECK(read<Interval>("2.5")->value == 2500ns);
  CHECK(read<Interval>("1us")->value == 1us);
  CHECK(read<Interval>("2ms")->value == 2ms);
  CHECK(read<Interval>("1000s")->value == 1000s);
  for (const char* wrong : {"", "0", "0.5", "-5", "1001s", "5ns", "fast"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read<Interval>(wrong));
  }
}

TEST_CASE("a duration is seconds unless it says otherwise") {
  CHECK(read<Duration>("10")->value == 10s);
  CHECK(read<Duration>("0.5")->value == 500ms);
  CHECK(read<Duration>("10s")->value == 10s);
  CHECK(read<Duration>("2m")->value == 120s);
  CHECK(read<Duration>("1.5h")->value == 90min);
  CHECK(read<Duration>("250ms")->value == 250ms);
  for (const char* wrong : {"", "0", "-1", "0s", "1d", "m", "1m30s", "99999999999"}) {
    CAPTURE(wrong);
    CHECK_FALSE(read<Duration>(wrong));
  }
}

TEST_CASE("moments, sizes, percentages, counts and process ids") {
  CHECK(read<Moment>("30%")->percent);
  CHECK(read<Moment>("30%")->value == 30);
  CHECK(read<Moment>("2m")->value == 120);
  CHECK_FALSE(read<Moment>("101%"));
  CHECK_FALSE(read<Moment>("-1"));
  CHECK(read<ByteSize>("1G")->bytes == 1ULL << 30);
  CHECK(read<ByteSize>("1.5MiB")->bytes == 3U << 19);
  CHECK(read<ByteSize>("200kb")->bytes == 200 * 1024);
  CHECK_FALSE(read<ByteSize>("10"));
  CHECK_FALSE(read<ByteSize>("1Q"));
  CHECK(read<Percent>("0.5%")->value == 0.5);
  CHECK_FALSE(read<Percent>("200"));
  CHECK(read<Count>("0")->value == 0);
  CHECK_FALSE(read<Count>("-1"));
  CHECK_FALSE(read<Count>("99999999999"));
  CHECK(read_pid("-5") == -5);
  CHECK_FALSE(read_pid("12x"));
}

TEST_CASE("every option parses wherever it is offered, in every spelling") {
  for (const CommandInfo& command : command_table) {
    for (std::size_t i = 0; i < option_count; ++i) {
      const OptionInfo& info = option_table[i];
      if (!info.text.commands.has(command.command) || info.text.name == "help") continue;
      const std::string value = sample_value(info);
      const std::string name = concat("--", info.text.name);
      const std::string glued = concat(name, "=", value);
      const std::string letter = concat("-", info.text.letter);
      const std::string stuck = concat(letter, value);
      std::vector<std::vector<const char*>> spellings;
      if (info.arity == Arity::none) {
        spellings.push_back({name.c_str()});
        if (info.text.letter) spellings.push_back({letter.c_str()});
      } else {
        spellings.push_back({glued.c_str()});
        if (info.arity == Arity::one) spellings.push_back({name.c_str(), value.c_str()});
        if (info.arity == Arity::perhaps) spellings.push_back({name.c_str()});
        if (info.text.letter) spellings.push_back({stuck.c_str()});
        if (info.text.letter) spellings.push_back({letter.c_str(), value.c_str()});
      }
      for (const auto& words : spellings) {
        CAPTURE(command.name, words);
        CHECK(line_of(command.command, words).given == Given{}.set(i));
      }
    }
  }
}

TEST_CASE("names and letters are unique, and every row has a text") {
  for (const CommandInfo& command : command_table) {
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const OptionInfo& info : option_table) {
      if (!info.text.commands.has(command.command)) continue;
      CHECK(names.insert(info.text.name).second);
      if (!info.text.alias.empty()) CHECK(names.insert(info.text.alias).second);
      if (info.text.letter) CHECK(letters.insert(info.text.letter).second);
      CHECK_FALSE(info.text.help.empty());
      if (info.arity != Arity::none) CHECK_FALSE(tool::detail::Parser::placeholder(info).empty());
    }
  }
}

TEST_CASE("the manners of argparse") {
  SECTION("a unique prefix is enough, an exact name wins") {
    const auto rate = line_of(Command::attach, {"--sampl", "2khz", "1"}).options.sampling.rate;
    CHECK(rate->interval == 500us);
    CHECK(line_of(Command::attach, {"--no-sum"}).options.table.no_summary);
    CHECK(line_of(Command::attach, {"--read=fast"}).options.reading.read == StrategyChoice::fast);
    CHECK(error_of(Command::attach, {"--re=fast"}) ==
          "--re could be --realtime-stats, --read or --readers");
  }
  SECTION("the last of repeated options counts; lists collect") {
    const auto line =
        line_of(Command::attach, {"-r", "1khz", "-r2khz", "--thread", "a", "--thread=b"});
    CHECK(line.options.sampling.rate->interval == 500us);
    CHECK(line.options.frames.thread == std::vector<std::string>{"a", "b"});
  }
  SECTION("flags share a dash, the last of them may take a value") {
    const auto line = line_of(Command::attach, {"-vad", "5", "-r=100", "7"});
    CHECK(line.options.show.verbose);
    CHECK(line.options.frames.all_threads);
    CHECK(line.options.sampling.duration->value == 5s);
    CHECK(line.options.sampling.rate->interval == 10ms);
    CHECK(line.words == std::vector<std::string>{"7"});
  }
  SECTION("options stand anywhere, a negative number is a word") {
    const auto line = line_of(Command::dump, {"-a", "12", "--native", "-5"});
    CHECK(line.words == std::vector<std::string>{"12", "-5"});
    CHECK(line.options.frames.native);
  }
  SECTION("a single dash is a value and a word") {
    CHECK(line_of(Command::attach, {"-o", "-", "1"}).options.files.output == "-");
    CHECK(line_of(Command::replay, {"-"}).words == std::vector<std::string>{"-"});
  }
  SECTION("two dashes end the options") {
    const auto line = line_of(Command::dump, {"--", "-a"});
    CHECK(line.words == std::vector<std::string>{"-a"});
    CHECK_FALSE(line.options.frames.all_threads);
  }
  SECTION("run leaves everything after the target alone") {
    const auto line = line_of(Command::run, {"-r", "500", "prog.py", "-r", "9", "--", "-m"});
    CHECK(line.words == std::vector<std::string>{"prog.py", "-r", "9", "--", "-m"});
    CHECK(line.options.sampling.rate->interval == 2ms);
    CHECK_FALSE(line.options.program.module);
    CHECK_FALSE(line.separated);
    const auto module = line_of(Command::run, {"-m", "-r", "500", "mod", "x"});
    CHECK(module.options.program.module);
    CHECK(module.words == std::vector<std::string>{"mod", "x"});
    const auto command = line_of(Command::run, {"--", "prog.py", "-z"});
    CHECK(command.words == std::vector<std::string>{"prog.py", "-z"});
    CHECK(command.separated);
  }
  SECTION("help is noticed at once") {
    CHECK(error_of(Command::attach, {"--help"}) == "(help)");
    CHECK(error_of(Command::attach, {"-h", "--nonsense"}) == "(help)");
  }
}

TEST_CASE("what is wrong is said with its remedy") {
  const auto says = [](Command command, std::vector<const char*> words) {
    return error_of(command, std::move(words));
  };
  CHECK(says(Command::attach, {"--flamgraph", "1"}) ==
        "there is no option '--flamgraph'; did you mean --flamegraph? (tachyon attach --help lists "
        "them)");
  CHECK(says(Command::attach, {"--xyzzyplugh", "1"}) ==
        "there is no option '--xyzzyplugh' (tachyon attach --help lists them)");
  CHECK(says(Command::dump, {"--sort", "name", "1"}) ==
        "--sort is an option of run, attach and replay, not of dump");
  CHECK(says(Command::dump, {"-r5", "1"}) == "-r is an option of run and attach, not of dump");
  CHECK(says(Command::attach, {"-z"}) ==
        "there is no option '-z' (tachyon attach --help lists them)");
  CHECK(says(Command::attach, {"--native=1"}) == "--native takes no value");
  CHECK(says(Command::attach, {"--mode"}) == "--mode needs a value: --mode wall|cpu|gil|exception");
  CHECK(says(Command::attach, {"-o", "--browser"}) == "--output needs a value: --output PATH");
  CHECK(says(Command::attach, {"--mode", "walk"}) ==
        "--mode: 'walk' is none of wall, cpu, gil, exception (did you mean wall?)");
  CHECK(says(Command::attach, {"-r", "1\n2"}) ==
        "--sampling-rate: '1\\n2' is not a rate; write 500, 100hz, 2.5khz or 1mhz");
  CHECK(says(Command::attach, {"--flamegraph="}) == "--flamegraph= needs a path after it");
}

TEST_CASE("which options go together") {
  struct Case {
    Command command;
    std::vector<const char*> words;
    std::string_view says;  // a part of it; empty: fine
  };
  const auto run = Command::run, attach = Command::attach, dump = Command::dump,
             replay = Command::replay, doctor = Command::doctor;
  const std::vector<Case> cases{
      {run, {}, "nothing to run"},
      {run, {"-m", "-c", "x"}, "-m and -c exclude each other"},
      {run, {"a.py"}, ""},
      {attach, {}, "which process? write its PID or --name PATTERN"},
      {attach, {"nginx"}, "'nginx' is not a process id; to find it by name write --name nginx"},
      {attach, {"1", "2"}, ""},
      {attach, {"--name", "x"}, ""},
      {dump, {}, "which process? write its PID, --name PATTERN or --core FILE"},
      {dump, {"--core", "c"}, ""},
      {dump, {"--core", "c", "1"}, "--core replaces the process"},
      {dump, {"--exe", "e", "1"}, "--exe belongs to --core"},
      {replay, {}, "which recording?"},
      {replay, {"a", "b"}, "'b' is a second one"},
      {doctor, {}, ""},
      {doctor, {"x"}, "'x' is not a process id"},
      {doctor, {"1", "2"}, "one process id"},

      {attach, {"--async-aware", "--native", "1"}, "--async-aware cannot be used with --native"},
      {attach, {"--async-aware", "--binary", "--no-gc", "-a", "--mode", "cpu", "1"}, ""},
      {attach, {"--async-mode", "all", "1"}, "--async-mode belongs to --async-aware"},
      {attach, {"--async-mode", "waiting", "1"}, "--async-mode belongs to --async-aware"},
      {attach, {"--async-mode", "waiting", "--async-aware", "1"}, ""},
      {attach, {"--async-mode", "running", "1"}, ""},
      {dump, {"--async-mode", "running", "1"}, "--async-mode belongs to --async-aware"},
      {dump, {"--async-aware", "--tree", "1"}, ""},
      {dump, {"--tree", "1"}, "--tree belongs to --async-aware"},
      {dump, {"--async-aware", "--tree", "--json", "1"}, "--tree cannot be used with --json"},
      {dump, {"--async-mode", "all", "--async-aware", "1"}, ""},

      {attach, {"-r", "5", "-i", "5", "1"}, "--sampling-rate and --interval say the same thing"},
      {attach, {"--blocking", "--read", "fast", "1"}, "--blocking and --read=fast exclude"},
      {attach, {"--blocking", "--read", "blocking", "1"}, ""},
      {attach, {"--readers", "0", "1"}, "--readers needs 1 or more"},
      {attach, {"--readers", "3", "--read", "exact", "1"}, "--readers=3 needs --read=fast or auto"},
      {attach, {"--readers", "3", "1"}, ""},
      {attach, {"--max-overhead", "1", "--blocking", "1"}, "--max-overhead guides --read=auto"},

      {attach, {"--live", "--subprocesses", "1"}, ""},
      {attach, {"--live", "--pstats", "1"}, ""},
      {attach,
       {"--live", "--gecko", "--binary", "1"},
       "--live cannot be used with --gecko and --binary"},
      {attach,
       {"--live", "--sort", "nsamples", "--limit", "15", "--no-summary", "1"},
       "--live cannot be used with --sort, --limit and --no-summary"},
      {attach, {"--live", "-o", "x", "1"}, "--live cannot be used with --output"},

      {attach, {"--gecko", "--mode", "cpu", "1"}, "leave out --mode=cpu"},
      {replay, {"--gecko", "--mode", "cpu", "f"}, ""},
      {attach, {"--opcodes", "--collapsed", "1"}, "--collapsed cannot show opcodes"},
      {attach, {"--opcodes", "--collapsed", "--gecko", "1"}, ""},
      {attach, {"--opcodes", "1"}, ""},
      {attach, {"--sort", "name", "--collapsed", "1"}, "--sort belongs to the pstats table"},
      {attach, {"-l3", "--no-summary", "--gecko", "1"}, "--limit and --no-summary belong to"},
      {attach, {"-l3", "--pstats", "--gecko", "1"}, ""},
      {replay, {"--sort", "name", "--collapsed", "f"}, ""},
      {attach, {"--lines", "--gecko", "1"}, "--lines belongs to --pstats"},
      {attach, {"--lines", "1"}, ""},
      {attach, {"--binary-format", "cpython", "1"}, "--binary-format belongs to --binary"},
      {attach, {"--keep", "10m", "1"}, "--keep belongs to --binary"},
      {attach, {"--max-size", "1G", "1"}, "--max-size belongs to --binary"},
      {attach, {"--binary", "--keep", "10m", "1"}, ""},
      {attach,
       {"--binary", "--keep", "10m", "--binary-format=cpython", "1"},
       "need --binary-format=tachyon"},
      {attach, {"--jsonl-records", "events", "1"}, "--jsonl-records belongs to --jsonl"},
      {attach, {"--threads-by-name", "1"}, "--threads-by-name belongs to --collapsed"},
      {attach, {"--diff-by", "share", "1"}, "--diff-by belongs to --diff-flamegraph"},

      {attach, {"--merge", "1"}, "--merge needs several processes"},
      {attach, {"--merge", "1", "2"}, ""},
      {attach, {"--collapsed=-", "--jsonl=-", "1"}, "only one output can go to stdout"},
      {attach, {"--heatmap=-", "1"}, "--heatmap writes a folder"},
      {replay, {"--from", "5", "--to", "4", "f"}, "--from must be before --to"},
      {replay, {"--from", "5", "--to", "40%", "f"}, ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.words);
    const std::string text = error_of(c.command, c.words);
    CHECK(text.find('\n') == std::string::npos);
    if (c.says.empty()) {
      CHECK(text == "");
    } else {
      CHECK_THAT(text, Catch::Contains(std::string{c.says}));
    }
  }
}

TEST_CASE("blocking faster than 10 kHz is warned about") {
  const auto warnings = [](std::vector<const char*> words) {
    return check_rules(line_of(Command::attach, std::move(words))).warnings.size();
  };
  CHECK(warnings({"--blocking", "-r", "20khz", "1"}) == 1);
  CHECK(warnings({"--blocking", "-r", "10khz", "1"}) == 0);
  CHECK(warnings({"-r", "20khz", "1"}) == 0);
}

TEST_CASE("formats come in a fixed order, each with its path, pstats when none is asked for") {
  const auto wanted = [](std::vector<const char*> words) {
    return wanted_formats(line_of(Command::attach, std::move(words)).options.formats);
  };
  REQUIRE(wanted({"1"}).size() == 1);
  CHECK(wanted({"1"})[0].format == Format::pstats);
  const auto three = wanted({"--binary=c.bin", "--diff-flamegraph", "old.bin", "--collapsed", "1"});
  REQUIRE(three.size() == 3);
  CHECK(three[0].format == Format::collapsed);
  CHECK(three[0].path.empty());
  CHECK(three[1].baseline == "old.bin");
  CHECK(three[2].path == "c.bin");
  std::size_t next = option("pstats");
  for (const FormatInfo& info : format_table) {
    CHECK(info.option == option_table[next++].text.name);
    CHECK(&info_of(info.format) == &info);
  }
}

TEST_CASE("edit distance") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("flamegraph", "flamegraph") == 0);
  CHECK(edit_distance("flamgraph", "flamegraph") == 1);
  CHECK(edit_distance("falmegraph", "flamegraph") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("help fits 100 columns and names every option") {
  for (const CommandInfo& command : command_table) {
    const std::string help = help_of(command.command);
    for (std::size_t at = 0; at < help.size();) {
      const std::size_t end = help.find('\n', at);
      REQUIRE(end != std::string::npos);
      CAPTURE(help.substr(at, end - at));
      CHECK(end - at <= 100);
      at = end + 1;
    }
    for (const OptionInfo& info : option_table) {
      if (!info.text.commands.has(command.command)) continue;
      CAPTURE(command.name, info.text.name);
      CHECK(help.find(concat("--", info.text.name)) != std::string::npos);
    }
  }
}

TEST_CASE("the examples of the help are command lines") {
  std::vector<Example> all{first_steps.begin(), first_steps.end()};
  for (const CommandInfo& command : command_table) {
    for (const Example& example : examples_of(command.command)) all.push_back(example);
  }
  for (const Example& example : all) {
    CAPTURE(example.line);
    std::vector<std::string> words;
    std::string_view rest = example.line.substr(0, example.line.find(" | "));
    if (rest.find('\'') != std::string_view::npos) continue;  // quoting is a shell's business
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      words.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    REQUIRE(words.size() >= 2);
    const auto command = command_named(words[1]);
    REQUIRE(command);
    std::vector<const char*> arguments;
    for (std::size_t i = 2; i < words.size(); ++i) arguments.push_back(words[i].c_str());
    CHECK(error_of(*command, arguments) == "");
  }
}
