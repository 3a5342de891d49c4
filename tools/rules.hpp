#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <tachyon/codec/output_place.hpp>

#include "formats.hpp"
#include "parse.hpp"

// Which options go together. Checked before anything is touched, in an order that scripts written
// for Python's own profiler know: asyncio first, then what belongs to sampling, then the terminal
// profiler, then formats. Refusals name every option involved and what to do instead.
//
// What Python's profiler refuses and we allow: several formats at once, --live with --subprocesses,
// --async-aware with --binary, --mode, --all-threads or --no-gc,
// and --opcodes with the pstats table.
namespace tachyon::tool {

struct Verdict {
  std::string error{};                  // empty: go on
  std::vector<std::string> warnings{};  // said, then sampled all the same
};

// The time between two looks, from whichever option said it.
inline std::chrono::nanoseconds interval_of(const SamplingOptions& options) {
  if (options.interval) return options.interval->value;
  return options.rate.value_or(Rate{}).interval;
}

inline AsyncMode async_mode_of(const CommandLine& line) {
  const AsyncMode standard = line.command == Command::dump ? AsyncMode::all : AsyncMode::running;
  return line.options.frames.async_mode.value_or(standard);
}

inline StrategyChoice reading_of(const ReadingOptions& options) {
  return options.blocking ? StrategyChoice::blocking : options.read;
}

namespace detail {

class Rules {
  static constexpr unsigned most_readers = 64;

 public:
  explicit Rules(const CommandLine& line)
      : line_{line}, wanted_{wanted_formats(line.options.formats)} {}

  Verdict check() {
    const Command command = line_.command;
    const bool samples = command == Command::run || command == Command::attach;
    bool fine = words() && asyncio() && (!samples || sampling());
    if (fine && (samples || command == Command::replay)) fine = formats() && files();
    return std::move(verdict_);
  }

 private:
  // ---- the positional words --------------------------------------------------------------------

  bool words() {
    const std::vector<std::string>& w = line_.words;
    const ProgramOptions& program = line_.options.program;
    switch (line_.command) {
      case Command::run:
        if (w.empty()) {
          return refuse("nothing to run; write the script, -m MODULE, -c CODE or -- COMMAND");
        }
        if (program.module && program.code) return refuse("-m and -c exclude each other");
        return true;
      case Command::replay:
        if (w.empty()) return refuse("which recording? write its file name");
        if (w.size() > 1) {
          return refuse(
              concat("replay takes one recording, but ", quoted(w[1]), " is a second one"));
        }
        return true;
      case Command::doctor:
        if (w.size() > 1) return refuse("doctor takes one process id");
        return all_pids();
      case Command::dump:
        if (program.exe && !program.core) return refuse("--exe belongs to --core");
        if (program.core && (!w.empty() || !program.name.empty() || !program.cgroup.empty())) {
          return refuse("--core replaces the process; leave out PID, --name and --cgroup");
        }
        if (program.core) return true;
        [[fallthrough]];
      case Command::attach:
        if (w.empty() && program.name.empty() && program.cgroup.empty()) {
          return refuse(line_.command == Command::dump
                            ? "which process? write its PID, --name PATTERN or --core FILE"
                            : "which process? write its PID or --name PATTERN");
        }
        return all_pids();
    }
    return true;
  }

  bool all_pids() {
    for (const std::string& word : line_.words) {
      if (!read_pid(word)) {
        return refuse(quoted(word) + " is not a process id" +
                      (line_.command == Command::doctor
                           ? ""
                           : concat("; to find it by name write --name ", word)));
      }
    }
    return true;
  }

  // ---- asyncio ---------------------------------------------------------------------------------

  bool asyncio() {
    const FrameOptions& frames = line_.options.frames;
    if (frames.async_aware && frames.native) {
      return refuse(
          "--async-aware cannot be used with --native: a task's stack is joined from coroutines, "
          "where "
          "calls into C cannot be told; leave out one of them");
    }
    if (frames.async_aware && frames.c_calls) {
      return refuse(
          "--async-aware cannot be used with --c-calls: tasks are shown with the Python code they "
          "run or await; leave out one of them");
    }
    const bool asked = line_.command == Command::dump ? given(option("async-mode"))
                                                      : async_mode_of(line_) != AsyncMode::running;
    if (asked && !frames.async_aware) return refuse("--async-mode belongs to --async-aware");
    const ShowOptions& show = line_.options.show;
    if (show.tree && !frames.async_aware) return refuse("--tree belongs to --async-aware");
    if (show.tree && show.json) {
      return refuse(
          "--tree cannot be used with --json, which has the tasks that wait for a task in "
          "awaited_by; leave out one of them");
    }
    return true;
  }

  // ---- sampling --------------------------------------------------------------------------------

  bool sampling() {
    const SamplingOptions& sampling = line_.options.sampling;
    const ReadingOptions& reading = line_.options.reading;
    if (sampling.rate && sampling.interval) {
      return refuse("--sampling-rate and --interval say the same thing; leave out one of them");
    }
    if (reading.blocking && given(option("read")) && reading.read != StrategyChoice::blocking) {
      return refuse(concat("--blocking and --read=", text_of(reading.read), " exclude each other"));
    }
    const StrategyChoice how = reading_of(reading);
    if (reading.readers && reading.readers->value == 0) return refuse("--readers needs 1 or more");
    if (reading.readers && reading.readers->value > 1 && how != StrategyChoice::automatic &&
        how != StrategyChoice::fast) {
      return refuse(concat("--readers=", std::to_string(reading.readers->value),
                           concat(" needs --read=fast or auto: ", text_of(how),
                                  " reading has one reader by its nature")));
    }
    if (reading.readers && reading.readers->value > most_readers) {
      return refuse(concat("--readers takes at most ", std::to_string(most_readers)));
    }
    if (reading.readers && reading.readers->value > 1 && line_.options.frames.async_aware) {
      return refuse("--async-aware has one reader; leave out --readers");
    }
    if (reading.max_overhead && how == StrategyChoice::blocking) {
      return refuse(
          "--max-overhead guides --read=auto; with blocking reads lower the rate instead");
    }
    if (how == StrategyChoice::kernel && line_.options.frames.async_aware) {
      return refuse(
          "--async-aware cannot be used with --read=kernel: tasks are read from outside; leave out "
          "one of them");
    }
    if (how == StrategyChoice::kernel && interval_of(sampling) < std::chrono::microseconds{10}) {
      return refuse(
          "the kernel takes at most 100,000 samples a second; lower the rate, or leave out "
          "--read=kernel");
    }
    if (how == StrategyChoice::blocking && interval_of(sampling) < std::chrono::microseconds{100}) {
      warn(
          "blocking reads above 10khz slow the program down badly; --sampling-rate 1khz is gentle");
    }
    if (!sampling.live) return true;

    std::vector<std::string> with;
    for (const WantedFormat& format : wanted_) {
      if (given(of_format(format.format))) with.push_back(dashed(info_of(format.format).option));
    }
    std::erase(with, "--pstats");
    if (!with.empty()) {
      return refuse(concat("--live cannot be used with ", joined(with, "and"),
                           "; press w in the terminal profiler to save in any format"));
    }
    add_table_options(with);
    for (const std::size_t i : {option("output"), option("browser")}) {
      if (given(i)) with.push_back(name_of(i));
    }
    if (!with.empty()) {
      return refuse(concat("--live cannot be used with ", joined(with, "and"),
                           ": it shows a screen, not a report"));
    }
    return true;
  }

  // ---- formats ---------------------------------------------------------------------------------

  bool formats() {
    const Options& options = line_.options;
    if (options.sampling.live) return true;
    const bool replay = line_.command == Command::replay;
    if (!replay && wants(Format::gecko) && options.sampling.mode != ModeKind::wall) {
      return refuse(concat("--gecko shows every state of a thread itself; leave out --mode=",
                           text_of(options.sampling.mode)));
    }
    if (options.frames.opcodes &&
        std::ranges::none_of(wanted_, [](auto& w) { return info_of(w.format).opcodes; })) {
      return refuse(dashed(info_of(wanted_[0].format).option) +
                    " cannot show opcodes; with --opcodes use --pstats, --flamegraph, --heatmap, "
                    "--gecko or --binary");
    }
    if (!replay && !wants(Format::pstats)) {
      std::vector<std::string> table;
      add_table_options(table);
      if (!table.empty()) {
        return refuse(joined(table, "and") + (table.size() == 1 ? " belongs" : " belong") +
                      " to the pstats table; add --pstats or leave out");
      }
    }
    const FileOptions& files = options.files;
    return belongs(option("lines"), Format::pstats) &&
           belongs(option("binary-format"), Format::binary) &&
           belongs(option("keep"), Format::binary) && belongs(option("max-size"), Format::binary) &&
           belongs(option("jsonl-records"), Format::jsonl) &&
           belongs(option("threads-by-name"), Format::collapsed) &&
           belongs(option("diff-by"), Format::diff_flamegraph) &&
           (!(files.binary_format == BinaryFormat::cpython && (files.keep || files.max_size)) ||
            refuse("--keep and --max-size need --binary-format=tachyon"));
  }

  bool belongs(std::size_t i, Format format) {
    if (!given(i) || wants(format)) return true;
    return refuse(name_of(i) + concat(" belongs to ", dashed(info_of(format).option)));
  }

  bool files() {
    const Options& options = line_.options;
    if (given(option("merge")) && !options.program.subprocesses && line_.words.size() < 2 &&
        options.program.name.empty() && options.program.cgroup.empty()) {
      return refuse("--merge needs several processes: add --subprocesses");
    }
    std::vector<std::string> to_stdout;
    for (const WantedFormat& wanted : wanted_) {
      if (!is_standard_output(wanted.path)) continue;
      to_stdout.push_back(dashed(info_of(wanted.format).option));
      if (info_of(wanted.format).directory) {
        return refuse(to_stdout.back() + " writes a folder; it cannot go to stdout");
      }
    }
    if (to_stdout.size() > 1) {
      return refuse(concat("only one output can go to stdout, not ", joined(to_stdout, "and")));
    }
    if (options.range.from && options.range.to &&
        options.range.from->percent == options.range.to->percent &&
        options.range.from->value >= options.range.to->value) {
      return refuse("--from must be before --to");
    }
    return true;
  }

  // ---- small things ----------------------------------------------------------------------------

  void add_table_options(std::vector<std::string>& names) const {
    for (const std::size_t i : {option("sort"), option("limit"), option("no-summary")}) {
      if (given(i)) names.push_back(name_of(i));
    }
  }
  bool wants(Format format) const {
    return std::ranges::any_of(wanted_, [&](const WantedFormat& w) { return w.format == format; });
  }
  bool given(std::size_t i) const { return line_.given.test(i); }
  static std::string name_of(std::size_t i) { return dashed(option_table[i].text.name); }
  static constexpr std::size_t of_format(Format format) {
    return option("pstats") + static_cast<std::size_t>(format);
  }
  bool refuse(std::string text) {
    verdict_.error = std::move(text);
    return false;
  }
  void warn(std::string text) { verdict_.warnings.push_back(std::move(text)); }

  const CommandLine& line_;
  std::vector<WantedFormat> wanted_;
  Verdict verdict_{};
};

}  // namespace detail

inline Verdict check_rules(const CommandLine& line) { return detail::Rules{line}.check(); }

}  // namespace tachyon::tool
