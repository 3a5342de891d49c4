#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <tachyon/sample/run.hpp>
#include <tachyon/sampler/session.hpp>

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
  const Trust& trust = run.trust;
  const double seconds = static_cast<double>(run.duration) * 1e-9;
  const double rate = seconds > 0 ? static_cast<double>(trust.ticks) / seconds : 0;
  const double errors = trust.attempts > 0
                            ? 100. * static_cast<double>(trust.attempts - trust.valid) /
                                  static_cast<double>(trust.attempts)
                            : 0;
  std::string text;
  if (run.interrupted) text += "Interrupted by the user.\n";
  text += concat("Captured ", counted(trust.ticks, "sample"), " in ", fixed(seconds, 2),
                 " seconds\n", "Sample rate: ", fixed(rate, 2), " samples/sec\n",
                 "Error rate: ", fixed(errors, 2), "\n");
  return text;
}

// One line; what is zero is not worth a word.
inline std::string trust_line(const Trust& trust) {
  std::string text =
      concat(std::to_string(trust.valid), " of ", counted(trust.attempts, "stack"), " valid");
  const auto add = [&](std::uint64_t count, std::string_view what) {
    if (count != 0) text += concat(", ", std::to_string(count), " ", what);
  };
  add(trust.distinct, "distinct");
  add(trust.first_rejected, "first tries rejected");
  add(trust.retried, "retried");
  add(trust.given_up, "given up");
  const std::uint64_t read = trust.fast + trust.exact + trust.blocking;
  if (read != 0) {
    text += "; read";
    const auto share = [&](std::uint64_t count, std::string_view how) {
      if (count != 0) text += concat(" ", how, " ", percent(count, read));
    };
    share(trust.fast, "fast");
    share(trust.exact, "exact");
    share(trust.blocking, "blocking");
  }
  if (trust.reused_checked != 0) {
    text += concat("; ", std::to_string(trust.reused_wrong), " of ",
                   std::to_string(trust.reused_checked), " reused parents were stale");
  }
  add(trust.late, "ticks late");
  add(trust.missed, "missed");
  if (trust.target_cost > 0) {
    text += concat("; cost to the target about ", fixed(100 * trust.target_cost, 1), " %");
  }
  text +=
      concat("; ", fixed(static_cast<double>(trust.profiler_cpu) * 1e-9, 2), " s of our own CPU");
  return text;
}

// Ticks that should have been and were not, if that is worth a warning.
inline std::string missed_warning(const Run& run) {
  const Trust& trust = run.trust;
  if (trust.missed == 0 || run.interrupted) return {};
  const std::uint64_t expected = trust.ticks + trust.missed;
  if (trust.missed * 200 < expected) return {};  // half a per cent is noise
  return concat("missed ", std::to_string(trust.missed), " of ", std::to_string(expected),
                " looks (", percent(trust.missed, expected),
                "); a lower --sampling-rate would keep up");
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

  void show(const SessionProgress& progress) {
    const Trust& trust = *progress.trust;
    const double seconds = static_cast<double>(progress.now) * 1e-9;
    const double ticks = static_cast<double>(trust.ticks - before_.ticks);
    const double span = seconds - seconds_;
    if (span <= 0) return;
    std::string text =
        concat("Stats: ", fixed(ticks / span, 1), "Hz (",
               fixed(ticks > 0 ? 1e6 * span / ticks : 0, 1), "µs) N=", std::to_string(trust.ticks),
               " valid ", percent(trust.valid - before_.valid, trust.attempts - before_.attempts),
               " late ", std::to_string(trust.late - before_.late), " missed ",
               std::to_string(trust.missed - before_.missed));
    if (progress.interval > interval_) {
      text +=
          concat(" slowed down to ", fixed(1e9 / static_cast<double>(progress.interval), 1), "Hz");
    }
    put(in_place_ ? concat("\r\x1b[K", text) : text + "\n");
    before_ = trust;
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
  Trust before_{};
  double seconds_ = 0;
  std::uint64_t interval_;  // that was asked for
};

}  // namespace tachyon::tool
