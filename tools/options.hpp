#pragma once

#include <array>
#include <cstddef>
#include <cstdlib>
#include <string_view>

#include <boost/pfr/core.hpp>

#include "values.hpp"

// Every option, once. A group is a plain struct and beside it, in the same order, a row for each of
// its fields: name, letter, value, the commands that have it, help. The parser, the help, the
// manual page and the completions walk the structs with Boost.PFR and find their row by position,
// so a new option is one field and one row here and nothing anywhere else. The field's type says
// what may be written (values.hpp), its initialiser is the default.
//
// Boost.PFR 1.81 knows no field names, hence the rows; a row too many or too few does not compile.
namespace tachyon::tool {

enum class Command : std::uint8_t { run, attach, dump, replay, doctor };

struct Commands {  // a set
  std::uint8_t bits = 0;

  constexpr bool has(Command c) const noexcept {
    return (bits >> static_cast<unsigned>(c) & 1U) != 0;
  }
  friend constexpr Commands operator|(Commands a, Commands b) noexcept {
    return {static_cast<std::uint8_t>(a.bits | b.bits)};
  }
};

namespace on {
inline constexpr Commands run{1}, attach{2}, dump{4}, replay{8}, doctor{16};
inline constexpr Commands sampled = run | attach, outputs = run | attach | replay;
inline constexpr Commands living = run | attach | dump;
}  // namespace on

struct OptionText {
  std::string_view name{};  // without its dashes
  char letter = 0;
  std::string_view value{};  // what help calls the value; an enum's words when empty
  Commands commands{};
  std::string_view help{};
  std::string_view alias{};  // another long spelling
};

template <std::size_t N>
struct GroupText {
  std::string_view title;
  std::array<OptionText, N> options;
};

struct ProgramOptions {
  bool module = false;
  bool code = false;
  std::optional<std::string> python{};
  bool keep_running = false;
  std::vector<std::string> name{};
  std::vector<std::string> cgroup{};
  std::optional<std::string> core{};
  std::optional<std::string> exe{};
  bool subprocesses = false;
  bool merge = false;

  static constexpr GroupText<10> described{
      "What to profile",
      {{
          {"module", 'm', "", on::run, "the target is a module: python -m TARGET"},
          {"code", 'c', "", on::run, "the target is program text: python -c TARGET"},
          {"python", 0, "PATH", on::run,
           "interpreter to start (default: the script's #! line, then python3 on PATH)"},
          {"keep-running", 0, "", on::run, "leave the program running when profiling ends"},
          {"name", 0, "PATTERN", on::attach | on::dump,
           "processes by program, script or module name; * and ? match (repeatable)"},
          {"cgroup", 0, "PATH", on::attach | on::dump,
           "the Python processes of a control group or container (repeatable)"},
          {"core", 0, "FILE", on::dump, "read a core file instead of a process"},
          {"exe", 0, "FILE", on::dump, "the executable that made the core file"},
          {"subprocesses", 0, "", on::sampled, "profile Python descendants too"},
          {"merge", 0, "", on::sampled, "several processes: one merged output, not one each"},
      }}};
};

struct SamplingOptions {
  std::optional<Rate> rate{};
  std::optional<Interval> interval{};
  std::optional<Duration> duration{};
  ModeKind mode = ModeKind::wall;
  Clock clock = Clock::jittered;
  bool realtime_stats = false;
  bool live = false;

  static constexpr GroupText<7> described{
      "Sampling",
      {{
          {"sampling-rate", 'r', "RATE", on::sampled,
           "looks per second: 500, 100hz, 2.5khz, up to 1mhz (default: 1khz)", "rate"},
          {"interval", 'i', "US", on::sampled, "the same as microseconds between looks"},
          {"duration", 'd', "TIME", on::sampled,
           "stop after 10, 0.5, 10s, 2m (default: when the target ends)"},
          {"mode", 0, "", on::outputs,
           "which samples count: all time, time on a CPU, holding the GIL, handling an exception"},
          {"clock", 0, "", on::sampled, "jittered avoids keeping step with the program"},
          {"realtime-stats", 0, "", on::sampled, "a line of statistics each second"},
          {"live", 0, "", on::sampled, "terminal profiler instead of a report"},
      }}};
};

struct ReadingOptions {
  StrategyChoice read = StrategyChoice::automatic;
  bool blocking = false;
  std::optional<Percent> max_overhead{};
  std::optional<Count> readers{};

  static constexpr GroupText<4> described{
      "Reading",
      {{
          {"read", 0, "", on::sampled,
           "how stacks are read; auto: by the kernel where it may, else fast, exact where torn"},
          {"blocking", 0, "", on::living, "stop the target's threads during each read"},
          {"max-overhead", 0, "PERCENT", on::sampled,
           "largest cost to the target that auto and kernel may cause (default: 2 for auto)"},
          {"readers", 0, "N", on::sampled,
           "threads that read from outside (default: 1, or 2 above 200 kHz)"},
      }}};
};

struct FrameOptions {
  bool all_threads = false;
  std::vector<std::string> thread{};
  bool native = false;
  bool c_calls = false;
  bool no_native = false;
  bool no_gc = false;
  bool opcodes = false;
  bool async_aware = false;
  std::optional<AsyncMode> async_mode{};

  static constexpr GroupText<9> described{
      "Threads and frames",
      {{
          {"all-threads", 'a', "", on::living, "all threads instead of the main thread"},
          {"thread", 0, "ID|NAME", on::living | on::replay,
           "only threads with this id or name; * and ? match (repeatable)"},
          {"native", 0, "", on::living, "show where C code is on the stack as <native>"},
          {"c-calls", 0, "", on::living,
           "show a thread that sits in C code called from Python as <C call>"},
          {"no-native", 0, "", on::replay, "drop <native> and <C call> from the recording"},
          {"no-gc", 0, "", on::living | on::replay, "no <GC> frames"},
          {"opcodes", 0, "", on::living, "record the bytecode instruction of every frame"},
          {"async-aware", 0, "", on::living, "stacks of asyncio tasks instead of threads"},
          {"async-mode", 0, "", on::living,
           "running tasks, all, or those waiting (default: running; dump: all)"},
      }}};
};

struct FormatOptions {
  OutputRequest pstats{};
  OutputRequest collapsed{};
  OutputRequest flamegraph{};
  std::optional<std::string> diff_flamegraph{};
  OutputRequest heatmap{};
  OutputRequest gecko{};
  OutputRequest speedscope{};
  OutputRequest pprof{};
  OutputRequest chrome_trace{};
  OutputRequest jsonl{};
  OutputRequest binary{};

  static constexpr GroupText<11> described{
      "Output formats (any number; FILE is FORMAT_PID if none is given, like flamegraph_1234.html)",
      {{
          {"pstats", 0, "FILE", on::outputs,
           "table on the terminal, or a file for Python's pstats (default)"},
          {"collapsed", 0, "FILE", on::outputs, "one line per stack, for flame graph tools"},
          {"flamegraph", 0, "FILE", on::outputs, "interactive flame graph page"},
          {"diff-flamegraph", 0, "BASELINE", on::outputs,
           "flame graph page of what changed since the recording BASELINE"},
          {"heatmap", 0, "DIR", on::outputs, "pages of your source with hot lines"},
          {"gecko", 0, "FILE", on::outputs, "timeline for profiler.firefox.com"},
          {"speedscope", 0, "FILE", on::outputs, "timeline for speedscope.app"},
          {"pprof", 0, "FILE", on::outputs, "profile.proto for pprof"},
          {"chrome-trace", 0, "FILE", on::outputs, "timeline for ui.perfetto.dev"},
          {"jsonl", 0, "FILE", on::outputs, "records as JSON lines"},
          {"binary", 0, "FILE", on::outputs, "recording that tachyon replay turns into any format"},
      }}};
};

struct FileOptions {
  std::optional<std::string> output{};
  bool browser = false;
  Compression compression = Compression::automatic;
  std::optional<BinaryFormat> binary_format{};
  bool no_source = false;
  std::optional<Duration> keep{};
  std::optional<ByteSize> max_size{};
  std::optional<JsonlRecords> jsonl_records{};
  bool threads_by_name = false;
  std::optional<DiffBy> diff_by{};

  static constexpr GroupText<10> described{
      "Output files",
      {{
          {"output", 'o', "PATH", on::outputs | on::dump, "file, directory, or - for stdout"},
          {"browser", 0, "", on::outputs, "open the page when it is written"},
          {"compression", 0, "", on::outputs, "of the recording"},
          {"binary-format", 0, "", on::outputs,
           "whose recording to write: ours, or Python's own profiler's (default: tachyon)"},
          {"no-source", 0, "", on::outputs, "keep source text out of recordings"},
          {"keep", 0, "TIME", on::sampled, "recording: keep only the last TIME, such as 10m"},
          {"max-size", 0, "SIZE", on::sampled, "recording: keep only the last SIZE, such as 1G"},
          {"jsonl-records", 0, "", on::outputs,
           "totals at the end, or an object per sample (default: summary)"},
          {"threads-by-name", 0, "", on::outputs, "collapsed: thread names instead of ids"},
          {"diff-by", 0, "", on::outputs, "what makes two recordings comparable (default: time)"},
      }}};
};

struct TableOptions {
  std::optional<SortKey> sort{};
  std::optional<Count> limit{};
  bool no_summary = false;
  bool lines = false;

  static constexpr GroupText<4> described{
      "The pstats table",
      {{
          {"sort", 0, "", on::outputs,
           "order of the rows (default: sample-pct, the share of time)"},
          {"limit", 'l', "N", on::outputs, "number of rows (default: 15)"},
          {"no-summary", 0, "", on::outputs, "without the summary of interesting functions"},
          {"lines", 0, "", on::outputs, "a row per executing line instead of per function"},
      }}};
};

struct RangeOptions {
  std::optional<Moment> from{};
  std::optional<Moment> to{};

  static constexpr GroupText<2> described{
      "Part of the recording",
      {{
          {"from", 0, "TIME", on::replay, "leave out what came before: 1.5, 2m, 30%"},
          {"to", 0, "TIME", on::replay, "leave out what came after"},
      }}};
};

struct ShowOptions {
  bool locals = false;
  bool json = false;
  bool carets = false;
  bool tree = false;
  std::optional<Colour> colour{};
  bool verbose = false;
  bool help = false;

  static constexpr GroupText<7> described{
      "What is shown",
      {{
          {"locals", 0, "", on::dump, "local variables of every frame"},
          {"json", 0, "", on::dump | on::doctor, "JSON instead of text"},
          {"carets", 0, "", on::dump, "mark the executing expression with carets, not colour"},
          {"tree", 0, "", on::dump, "asyncio tasks as a tree: who waits for whom"},
          {"color", 0, "", on::living | on::replay | on::doctor,
           "when to use colour (default: auto)", "colour"},
          {"verbose", 'v', "", on::living | on::replay | on::doctor,
           "say how the interpreter was found and read"},
          {"help", 'h', "", on::living | on::replay | on::doctor, "print this and exit"},
      }}};
};

// All of it, in the order of the help.
struct Options {
  ProgramOptions program{};
  SamplingOptions sampling{};
  ReadingOptions reading{};
  FrameOptions frames{};
  FormatOptions formats{};
  FileOptions files{};
  TableOptions table{};
  RangeOptions range{};
  ShowOptions show{};
};

// What is known of one option at run time, made from its field and row.
struct OptionInfo {
  OptionText text{};
  std::string_view group{};
  Arity arity{};
  bool repeats = false;
  std::vector<std::string_view> (*words)() = nullptr;  // that may stand there; none: anything
  std::string_view (*standard)() = nullptr;  // the default, where the field has a word for it
  Complaint (*give)(std::string_view, Options&) = nullptr;
};

namespace detail {

template <std::size_t G>
using GroupAt = boost::pfr::tuple_element_t<G, Options>;
template <std::size_t G, std::size_t F>
using FieldAt = boost::pfr::tuple_element_t<F, GroupAt<G>>;
inline constexpr std::size_t group_count = boost::pfr::tuple_size_v<Options>;

template <std::size_t... G>
constexpr std::size_t count_options(std::index_sequence<G...>) {
  return (0 + ... + boost::pfr::tuple_size_v<GroupAt<G>>);
}

template <std::size_t G, std::size_t F>
constexpr OptionInfo option_info() {
  using Type = FieldAt<G, F>;
  return {GroupAt<G>::described.options[F],
          GroupAt<G>::described.title,
          Field<Type>::arity,
          Field<Type>::repeats,
          &words_of<typename Field<Type>::Value>,
          [] { return word_of(boost::pfr::get<F>(GroupAt<G>{})); },
          [](std::string_view text, Options& options) {
            return Field<Type>::give(text, boost::pfr::get<F>(boost::pfr::get<G>(options)));
          }};
}

}  // namespace detail

inline constexpr std::size_t option_count =
    detail::count_options(std::make_index_sequence<detail::group_count>{});

namespace detail {

constexpr auto make_option_table() {
  std::array<OptionInfo, option_count> table{};
  std::size_t at = 0;
  const auto group = [&]<std::size_t G, std::size_t... F>(std::integral_constant<std::size_t, G>,
                                                          std::index_sequence<F...>) {
    static_assert(sizeof...(F) == GroupAt<G>::described.options.size(),
                  "an option's row is missing, or has no field");
    ((table[at++] = option_info<G, F>()), ...);
  };
  [&]<std::size_t... G>(std::index_sequence<G...>) {
    (group(std::integral_constant<std::size_t, G>{},
           std::make_index_sequence<boost::pfr::tuple_size_v<GroupAt<G>>>{}),
     ...);
  }
  (std::make_index_sequence<group_count>{});
  return table;
}

}  // namespace detail

inline constexpr auto option_table = detail::make_option_table();

// The number of an option by its name, for the rules; a wrong name does not compile.
consteval std::size_t option(std::string_view name) {
  for (std::size_t i = 0; i < option_table.size(); ++i) {
    if (option_table[i].text.name == name) return i;
  }
  std::abort();  // not in a constant expression: a row that is not there does not compile
}

struct CommandInfo {
  Command command{};
  std::string_view name{};
  std::string_view words{};    // the positional arguments
  std::string_view summary{};  // one line of the overview
};
inline constexpr std::array<CommandInfo, 5> command_table{{
    {Command::run, "run", "TARGET [ARGUMENT...]", "start a program and profile it"},
    {Command::attach, "attach", "PID...", "profile a process that is running"},
    {Command::dump, "dump", "PID...", "print the stack of a process, once"},
    {Command::replay, "replay", "FILE", "turn a recording into any output"},
    {Command::doctor, "doctor", "[PID]", "what stands between you and a profile"},
}};
constexpr const CommandInfo& info_of(Command command) noexcept {
  return command_table[static_cast<std::size_t>(command)];
}

}  // namespace tachyon::tool
