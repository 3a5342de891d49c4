#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <tachyon/sample/run.hpp>
#include <tachyon/sampler/polled_source.hpp>

#include "files.hpp"
#include "outputs.hpp"
#include "report.hpp"

// What is said after sampling. The first three lines are those of Python's own profiler, to the
// letter, because scripts look for them; where an output goes to standard output they move to
// standard error. Then, always on standard error, how far the figures can be trusted: every look is
// accounted for.
namespace tachyon::tool {

// 12345678 nanoseconds and similar as text.
inline std::string fixed(double value, int decimals) {
  char text[64];
  const int length = std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return std::string(text, static_cast<std::size_t>(std::clamp(length, 0, 63)));
}
inline std::string percent(std::uint64_t part, std::uint64_t whole, int decimals = 1) {
  if (whole == 0) return "0 %";
  return concat(fixed(100. * static_cast<double>(part) / static_cast<double>(whole), decimals),
                " %");
}
// Captured, rate, error rate.
inline std::string capture_lines(const Run& run) {
  const ReadQuality& quality = run.quality;
  const double seconds = static_cast<double>(run.duration) * 1e-9;
  const double rate = seconds > 0 ? static_cast<double>(quality.ticks) / seconds : 0;
  const double errors = quality.attempts > 0
                            ? 100. * static_cast<double>(quality.attempts - quality.valid) /
                                  static_cast<double>(quality.attempts)
                            : 0;
  std::string text;
  if (run.interrupted) text += "Interrupted by the user.\n";
  text += concat("Captured ", counted(quality.ticks, "sample"), " in ", fixed(seconds, 2),
                 " seconds\n", "Sample rate: ", fixed(rate, 2), " samples/sec\n",
                 "Error rate: ", fixed(errors, 2), "\n");
  return text;
}

// One line; what is zero is not worth a word.
inline std::string quality_line(const ReadQuality& quality) {
  std::string text =
      concat(std::to_string(quality.valid), " of ", counted(quality.attempts, "stack"), " valid");
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) text += concat(", ", std::to_string(count), " ", what);
  };
  add(quality.distinct, "distinct");
  add(quality.first_rejected, "first tries rejected");
  add(quality.retried, "retried");
  add(quality.given_up, "given up");
  add(quality.unnamed, "with freed code");
  const std::uint64_t read = quality.by_strategy.total();
  if (read != 0) {
    text += "; read";
    for (const Strategy one : strategies) {
      const std::uint64_t count = quality.by_strategy[one];
      if (count != 0) text += concat(" ", name_of(one), " ", percent(count, read));
    }
  }
  if (const Distance& distance = quality.fast_distance; distance.known()) {
    text += concat("; fast reading is ", fixed(distance.value, 2), " ± ",
                   fixed(std::max(distance.error, 0.01), 2), " from exact here");
  }
  if (quality.reused_checked != 0) {
    text += concat("; ", std::to_string(quality.reused_wrong), " of ",
                   std::to_string(quality.reused_checked), " reused parents were stale");
  }
  add(quality.late, "ticks late");
  add(quality.missed, "missed");
  if (quality.target_cost > 0) {
    text += concat("; cost to the target about ", fixed(100 * quality.target_cost, 1), " %");
  }
  text +=
      concat("; ", fixed(static_cast<double>(quality.profiler_cpu) * 1e-9, 2), " s of our own CPU");
  return text;
}

// Ticks that should have been and were not, if that is worth a warning.
inline std::string missed_warning(const Run& run) {
  const ReadQuality& quality = run.quality;
  if (quality.missed == 0 || run.interrupted) return {};
  const std::uint64_t expected = quality.ticks + quality.missed;
  if (quality.missed * 200 < expected) return {};  // half a per cent is noise
  return concat("missed ", std::to_string(quality.missed), " of ", std::to_string(expected),
                " looks (", percent(quality.missed, expected),
                "); a lower --sampling-rate would keep up");
}

// Threads that are nowhere in the outputs.
inline std::string unseen_warning(const Run& run) {
  const std::uint64_t threads = run.quality.unseen_threads;
  if (threads == 0) return {};
  return concat("no stack of ", counted(threads, "thread"),
                " could be read: the outputs do not know ", threads == 1 ? "it" : "them");
}

// What became of one output. Returns whether it is where it was wanted, or needed no more.
inline bool report_output(std::string_view what, const std::string& path, const Written& written,
                          std::FILE* to) {
  if (written.wanted.code == Errc::ok) {
    if (path == "-") return true;
    const std::string line = concat(what, " written to ", printable(written.path), "\n");
    std::fwrite(line.data(), 1, line.size(), to);
    return true;
  }
  if (path == "-" && written.wanted.sys == EPIPE) return true;  // `| head` has seen enough
  std::string text = describe_output(path, written.wanted);
  text += !written.kept()  ? "; nothing could be kept"
          : written.partly ? concat("; what could be written is in ", written.path)
                           : concat("; kept in ", written.path);
  say_error(text);
  return false;
}

// What became of all of them. Returns whether all are where they were wanted.
inline bool report_outputs(const std::vector<Finished>& outputs, std::FILE* to) {
  bool fine = true;
  for (const Finished& one : outputs) {
    for (const std::string& note : one.notes) say_warning(concat(one.path, ": ", note));
    fine &= report_output(info_of(one.format).option, one.path, one.written, to);
  }
  std::fflush(to);
  return fine;
}

// A line a second while sampling (--realtime-stats); it overwrites itself on a terminal only.
class RealtimeLine {
 public:
  explicit RealtimeLine(std::uint64_t interval, int descriptor = STDERR_FILENO)
      : fd_{descriptor}, in_place_{::isatty(fd_) == 1}, interval_{interval} {}

  void show(const Progress& progress) {
    const ReadQuality& quality = *progress.quality;
    const double seconds = static_cast<double>(progress.now) * 1e-9;
    const double ticks = static_cast<double>(quality.ticks - before_.ticks);
    const double span = seconds - seconds_;
    if (span <= 0) return;
    std::string text = concat(
        "Stats: ", fixed(ticks / span, 1), "Hz (", fixed(ticks > 0 ? 1e6 * span / ticks : 0, 1),
        "µs) N=", std::to_string(quality.ticks), " valid ",
        percent(quality.valid - before_.valid, quality.attempts - before_.attempts), " late ",
        std::to_string(quality.late - before_.late), " missed ",
        std::to_string(quality.missed - before_.missed));
    if (progress.interval > interval_) {
      text +=
          concat(" slowed down to ", fixed(1e9 / static_cast<double>(progress.interval), 1), "Hz");
    }
    put(in_place_ ? concat("\r\x1b[K", text) : text + "\n");
    before_ = quality;
    seconds_ = seconds;
    shown_ = true;
  }
  void end() {
    if (shown_ && in_place_) put("\n");
  }

 private:
  void put(std::string_view text) const { (void)!::write(fd_, text.data(), text.size()); }

  int fd_;
  bool in_place_;
  bool shown_ = false;
  ReadQuality before_{};
  double seconds_ = 0;
  std::uint64_t interval_;  // that was asked for
};

}  // namespace tachyon::tool
