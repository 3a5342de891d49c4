#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>
#include <tachyon/sample/run.hpp>

#include "text.hpp"

// What may stand after an option: one type for each kind of value and one grammar for each type.
// Past this file nobody sees option text, only a number with a unit, an enum or a path. A grammar
// that refuses says what it would have accepted, so that the message is the remedy.
namespace tachyon::tool {

// Why a text was refused, or nothing.
using Complaint = std::optional<std::string>;

struct Rate {  // kept as the time between two looks
  std::chrono::nanoseconds interval{1'000'000};
};
struct Interval {
  std::chrono::nanoseconds value{};
};
struct Duration {
  std::chrono::nanoseconds value{};
};
struct Moment {  // a point of a recording
  double value = 0;
  bool percent = false;
};
struct ByteSize {
  std::uint64_t bytes = 0;
};
struct Percent {
  double value = 0;
};
struct Count {
  std::uint32_t value = 0;
};
struct OutputRequest {  // a format that was asked for, perhaps with a path of its own
  bool wanted = false;
  std::string path{};
};

enum class AsyncMode : std::uint8_t { running, all, waiting };
enum class Clock : std::uint8_t { jittered, fixed };
enum class StrategyChoice : std::uint8_t { automatic, kernel, exact, fast, blocking };
enum class SortKey : std::uint8_t {
  nsamples,
  tottime,
  cumtime,
  sample_pct,
  cumul_pct,
  nsamples_cumul,
  name
};
enum class Compression : std::uint8_t { automatic, zstd, none };
enum class BinaryFormat : std::uint8_t { tachyon, cpython };
enum class JsonlRecords : std::uint8_t { summary, events, events_full };
enum class DiffBy : std::uint8_t { time, samples, share };
enum class Colour : std::uint8_t { automatic, always, never };

template <class E>
struct Choice {
  E value;
  std::string_view text;
};
template <class E>
inline constexpr auto choices = nullptr;

template <>
inline constexpr std::array<Choice<ModeKind>, 4> choices<ModeKind>{{
    {ModeKind::wall, "wall"},
    {ModeKind::cpu, "cpu"},
    {ModeKind::gil, "gil"},
    {ModeKind::exception, "exception"},
}};
template <>
inline constexpr std::array<Choice<AsyncMode>, 3> choices<AsyncMode>{{
    {AsyncMode::running, "running"},
    {AsyncMode::all, "all"},
    {AsyncMode::waiting, "waiting"},
}};
template <>
inline constexpr std::array<Choice<Clock>, 2> choices<Clock>{{
    {Clock::jittered, "jittered"},
    {Clock::fixed, "fixed"},
}};
template <>
inline constexpr std::array<Choice<StrategyChoice>, 5> choices<StrategyChoice>{{
    {StrategyChoice::automatic, "auto"},
    {StrategyChoice::kernel, "kernel"},
    {StrategyChoice::exact, "exact"},
    {StrategyChoice::fast, "fast"},
    {StrategyChoice::blocking, "blocking"},
}};
template <>
inline constexpr std::array<Choice<SortKey>, 7> choices<SortKey>{{
    {SortKey::nsamples, "nsamples"},
    {SortKey::tottime, "tottime"},
    {SortKey::cumtime, "cumtime"},
    {SortKey::sample_pct, "sample-pct"},
    {SortKey::cumul_pct, "cumul-pct"},
    {SortKey::nsamples_cumul, "nsamples-cumul"},
    {SortKey::name, "name"},
}};
template <>
inline constexpr std::array<Choice<Compression>, 3> choices<Compression>{{
    {Compression::automatic, "auto"},
    {Compression::zstd, "zstd"},
    {Compression::none, "none"},
}};
template <>
inline constexpr std::array<Choice<BinaryFormat>, 2> choices<BinaryFormat>{{
    {BinaryFormat::tachyon, "tachyon"},
    {BinaryFormat::cpython, "cpython"},
}};
template <>
inline constexpr std::array<Choice<JsonlRecords>, 3> choices<JsonlRecords>{{
    {JsonlRecords::summary, "summary"},
    {JsonlRecords::events, "events"},
    {JsonlRecords::events_full, "events-full"},
}};
template <>
inline constexpr std::array<Choice<DiffBy>, 3> choices<DiffBy>{{
    {DiffBy::time, "time"},
    {DiffBy::samples, "samples"},
    {DiffBy::share, "share"},
}};
template <>
inline constexpr std::array<Choice<Colour>, 3> choices<Colour>{{
    {Colour::automatic, "auto"},
    {Colour::always, "always"},
    {Colour::never, "never"},
}};

template <class E>
constexpr std::string_view text_of(E value) noexcept {
  for (const auto& choice : choices<E>) {
    if (choice.value == value) return choice.text;
  }
  return "?";
}

// How many single-letter edits apart two words are (insert, drop, replace, swap neighbours).
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  std::iota(above.begin(), above.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

namespace detail {

struct Scaled {
  double number = 0;
  std::string_view unit{};
};

// digits, optional .digits, then the rest as the unit; nothing when it does not start with a digit.
inline std::optional<Scaled> read_scaled(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == 0) return std::nullopt;
  if (end < text.size() && text[end] == '.') {
    const std::size_t point = end++;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == point + 1) return std::nullopt;
  }
  Scaled scaled;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + end, scaled.number);
  if (error != std::errc{} || rest != text.data() + end) return std::nullopt;
  scaled.unit = text.substr(end);
  return scaled;
}

inline std::string lowered(std::string_view text) {
  constexpr std::string_view blank = " \t\n\r\f\v";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  std::string lower{text.substr(begin, text.find_last_not_of(blank) + 1 - begin)};
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

struct Unit {
  std::string_view name;
  double factor;
};

// number * factor of its unit, or nothing when the text is not of that shape.
template <std::size_t N>
std::optional<double> read_with(const std::array<Unit, N>& units, std::string_view text) {
  const std::string lower = lowered(text);
  const auto scaled = read_scaled(lower);
  if (!scaled) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == scaled->unit) return scaled->number * unit.factor;
  }
  return std::nullopt;
}

inline constexpr std::array<Unit, 7> seconds{
    {{"", 1}, {"s", 1}, {"sec", 1}, {"ms", 1e-3}, {"m", 60}, {"min", 60}, {"h", 3600}}};

// A hundred years of nanoseconds fits 64 bits; nothing longer is meant.
inline constexpr double longest = 3.15e9;

inline std::chrono::nanoseconds nanoseconds(double in_seconds) {
  return std::chrono::nanoseconds{static_cast<std::int64_t>(in_seconds * 1e9 + 0.5)};
}

}  // namespace detail

inline Complaint read_value(std::string_view text, Rate& into) {
  constexpr std::array<detail::Unit, 6> units{
      {{"", 1}, {"hz", 1}, {"k", 1e3}, {"khz", 1e3}, {"m", 1e6}, {"mhz", 1e6}}};
  const auto hertz = detail::read_with(units, text);
  if (!hertz) return quoted(text) + " is not a rate; write 500, 100hz, 2.5khz or 1mhz";
  if (*hertz == 0) return "the rate must be positive";
  if (*hertz > 1e6) return concat("the rate ", quoted(text), " is too high; the limit is 1mhz");
  if (*hertz < 0.001) return concat("the rate ", quoted(text), " is too low; the limit is 0.001hz");
  into.interval = detail::nanoseconds(1 / *hertz);
  return {};
}

inline Complaint read_value(std::string_view text, Interval& into) {
  constexpr std::array<detail::Unit, 4> units{{{"", 1e-6}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}}};
  const auto interval = detail::read_with(units, text);
  if (!interval) return quoted(text) + " is not an interval; write microseconds: 100, 50us or 2ms";
  if (*interval < 1e-6) return "the interval must be at least 1 microsecond";
  if (*interval > 1000) return "the interval must be at most 1000 seconds";
  into.value = detail::nanoseconds(*interval);
  return {};
}

inline Complaint read_value(std::string_view text, Duration& into) {
  const auto length = detail::read_with(detail::seconds, text);
  if (!length)
    return quoted(text) + " is not a duration; write seconds or a unit: 10, 0.5, 10s, 2m";
  if (*length < 1e-9) return "the duration must be positive";
  if (*length > detail::longest) return concat("the duration ", quoted(text), " is too long");
  into.value = detail::nanoseconds(*length);
  return {};
}

inline Complaint read_value(std::string_view text, Moment& into) {
  if (text.ends_with('%')) {
    const auto percent = detail::read_scaled(text);
    if (percent && percent->unit == "%" && percent->number <= 100) {
      into = {percent->number, true};
      return {};
    }
  } else if (const auto at = detail::read_with(detail::seconds, text);
             at && *at <= detail::longest) {
    into = {*at, false};
    return {};
  }
  return quoted(text) + " is not a point of a recording; write seconds or a share: 1.5, 2m, 30%";
}

inline Complaint read_value(std::string_view text, ByteSize& into) {
  constexpr std::array<detail::Unit, 5> units{
      {{"", 1}, {"k", 1024}, {"m", 1 << 20}, {"g", 1 << 30}, {"t", 1024. * (1 << 30)}}};
  std::string lower = detail::lowered(text);
  for (const char ending : {'b', 'i'}) {  // 5KiB and 5KB are 5K
    if (!lower.empty() && lower.back() == ending) lower.pop_back();
  }
  const auto bytes = detail::read_with(units, lower);
  if (!bytes || *bytes > 1e18) return quoted(text) + " is not a size; write 500K, 200M or 1.5G";
  if (*bytes < 65536) return "the size must be at least 64K";
  into.bytes = static_cast<std::uint64_t>(*bytes);
  return {};
}

inline Complaint read_value(std::string_view text, Percent& into) {
  const auto percent = detail::read_scaled(text);
  if (!percent || (percent->unit != "" && percent->unit != "%") || percent->number > 100) {
    return quoted(text) + " is not a percentage; write a number from 0 to 100: 2 or 0.5%";
  }
  into.value = percent->number;
  return {};
}

inline Complaint read_value(std::string_view text, Count& into) {
  std::uint32_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size() || value > 1'000'000'000) {
    return quoted(text) + " is not a count; write a whole number, 0 or more";
  }
  into.value = value;
  return {};
}

inline Complaint read_value(std::string_view text, std::string& into) {
  if (text.empty()) return "the value is empty";
  into = text;
  return {};
}

// A process id as text; negative ones parse (and do not exist), like anything that is a number.
inline std::optional<std::int64_t> read_pid(std::string_view text) {
  std::int64_t pid = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
  return pid;
}

template <class E>
requires std::is_enum_v<E> Complaint read_value(std::string_view text, E& into) {
  std::string known;
  std::string_view nearest;
  std::size_t distance = 3;
  for (const auto& choice : choices<E>) {
    if (choice.text == text) {
      into = choice.value;
      return {};
    }
    if (const std::size_t d = edit_distance(text, choice.text); d < distance) {
      distance = d;
      nearest = choice.text;
    }
    known += concat(known.empty() ? "" : ", ", choice.text);
  }
  std::string why = quoted(text) + concat(" is none of ", known);
  if (!nearest.empty()) why += concat(" (did you mean ", nearest, "?)");
  return why;
}

// How a kind of value behaves on the command line.
enum class Arity : std::uint8_t { none, one, perhaps };

template <class T>
struct Field {  // plain values: the last one given counts
  static constexpr Arity arity = Arity::one;
  static constexpr bool repeats = false;
  using Value = T;
  static Complaint give(std::string_view text, T& field) { return read_value(text, field); }
};
template <>
struct Field<bool> {
  static constexpr Arity arity = Arity::none;
  static constexpr bool repeats = false;
  using Value = bool;
  static Complaint give(std::string_view, bool& field) {
    field = true;
    return {};
  }
};
template <>
struct Field<OutputRequest> {
  static constexpr Arity arity = Arity::perhaps;
  static constexpr bool repeats = false;
  using Value = OutputRequest;
  static Complaint give(std::string_view text, OutputRequest& field) {
    field = {true, std::string{text}};
    return {};
  }
};
template <class T>
struct Field<std::optional<T>> {
  static constexpr Arity arity = Arity::one;
  static constexpr bool repeats = false;
  using Value = T;
  static Complaint give(std::string_view text, std::optional<T>& field) {
    T value{};
    Complaint complaint = read_value(text, value);
    if (!complaint) field = std::move(value);
    return complaint;
  }
};
template <class T>
struct Field<std::vector<T>> {  // every one given counts
  static constexpr Arity arity = Arity::one;
  static constexpr bool repeats = true;
  using Value = T;
  static Complaint give(std::string_view text, std::vector<T>& field) {
    T value{};
    Complaint complaint = read_value(text, value);
    if (!complaint) field.push_back(std::move(value));
    return complaint;
  }
};

// The words that may stand there, for help and completions; empty when anything may.
template <class T>
std::vector<std::string_view> words_of() {
  std::vector<std::string_view> words;
  if constexpr (std::is_enum_v<T>) {
    for (const auto& choice : choices<T>) words.push_back(choice.text);
  }
  return words;
}

// The word that stands for this value; only enums have one.
template <class T>
constexpr std::string_view word_of(const T& value) {
  if constexpr (std::is_enum_v<T>) return text_of(value);
  return {};
}

}  // namespace tachyon::tool
