#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <tachyon/base/bytes.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/sample/run.hpp>

// The 'R' block: what is known of a run, as tagged values. A reader of today skips what a writer of
// tomorrow adds, and a missing tag means the value of a default-made Run.
namespace tachyon::recording {

// The counts of ReadQuality by their numbers in the file; none: a strategy's.
inline constexpr std::uint64_t ReadQuality::*plain_counters[] = {&ReadQuality::ticks,
                                                                 &ReadQuality::attempts,
                                                                 &ReadQuality::valid,
                                                                 &ReadQuality::distinct,
                                                                 &ReadQuality::first_rejected,
                                                                 &ReadQuality::retried,
                                                                 &ReadQuality::given_up,
                                                                 &ReadQuality::late,
                                                                 &ReadQuality::missed,
                                                                 nullptr,
                                                                 nullptr,
                                                                 nullptr,
                                                                 &ReadQuality::reused_checked,
                                                                 &ReadQuality::reused_wrong,
                                                                 &ReadQuality::wall,
                                                                 &ReadQuality::profiler_cpu,
                                                                 nullptr,
                                                                 &ReadQuality::unnamed,
                                                                 &ReadQuality::unseen_threads};
inline constexpr std::array<unsigned, strategies.size()> strategy_numbers{10, 9, 11, 16};
inline constexpr unsigned quality_counts = std::size(plain_counters);

// Null where no count has this number.
constexpr std::uint64_t* quality_count(ReadQuality& quality, std::uint64_t number) noexcept {
  for (const Strategy strategy : strategies) {
    if (strategy_numbers[static_cast<std::size_t>(strategy)] == number) {
      return &quality.by_strategy[strategy];
    }
  }
  if (number >= quality_counts || plain_counters[number] == nullptr) return nullptr;
  return &(quality.*plain_counters[number]);
}

inline constexpr bool CaptureOptions::*capture_options[] = {
    &CaptureOptions::all_threads, &CaptureOptions::native,   &CaptureOptions::gc,
    &CaptureOptions::opcodes,     &CaptureOptions::blocking, &CaptureOptions::async_aware,
    &CaptureOptions::async_all,   &CaptureOptions::c_calls};

// A number that has no name yet is a mode of tomorrow.
constexpr ModeKind known_mode(std::uint64_t number) noexcept {
  if (number == 0 || number > 255) return ModeKind::unknown;
  const auto mode = static_cast<ModeKind>(number - 1);
  return name_of(mode) == std::string_view{"unknown"} ? ModeKind::unknown : mode;
}
static_assert(known_mode(5) == ModeKind::exception && known_mode(200) == ModeKind::unknown);

// What is no share of anything counts as unknown.
constexpr double share_of_bits(std::uint64_t bits) noexcept {
  const double share = std::bit_cast<double>(bits);
  return share >= 0 && share <= 1 ? share : 0;
}
static_assert(share_of_bits(~std::uint64_t{0}) == 0);

inline std::string run_block(const Run& run) {
  StringSink out;
  const auto text = [&](Tag tag, std::string_view value) {
    put_varint(out, static_cast<std::uint64_t>(tag));
    put_text(out, value.substr(0, longest_text));
  };
  const auto number = [&](unsigned tag, std::uint64_t value) {
    if (value == 0) return;
    put_varint(out, tag);
    put_varint(out, varint_size(value));
    put_varint(out, value);
  };
  const auto tagged = [&](Tag tag, std::uint64_t value) {
    number(static_cast<unsigned>(tag), value);
  };
  const Target& target = run.target;

  tagged(Tag::interval, run.interval);
  // Wall mode is 0 and unknown the default, so the value is moved by one.
  tagged(Tag::mode, run.mode == ModeKind::unknown ? 0 : static_cast<std::uint64_t>(run.mode) + 1);
  std::uint64_t options = 0;
  for (std::size_t i = 0; i < std::size(capture_options); ++i) {
    if (run.options.*capture_options[i]) options |= std::uint64_t{1} << i;
  }
  tagged(Tag::options, options + 1);  // no option at all differs from no tag
  tagged(Tag::flags, (run.fixed_clock ? 1U : 0U) | (run.interrupted ? 2U : 0U) |
                         (run.counts_samples ? 4U : 0U));
  tagged(Tag::started, run.started);
  tagged(Tag::duration, run.duration);
  tagged(Tag::process, zigzag(target.process));
  if (!target.command_line.empty()) text(Tag::command_line, target.command_line);
  if (!target.executable.empty()) text(Tag::executable, target.executable);
  if (!target.working_directory.empty()) text(Tag::working_directory, target.working_directory);
  for (const std::string& path : target.import_paths) text(Tag::import_path, path);
  const char python[] = {static_cast<char>(target.major), static_cast<char>(target.minor),
                         static_cast<char>(target.micro)};
  if (target.major != 0) text(Tag::python, {python, sizeof python});
  tagged(Tag::free_threaded, target.free_threaded);
  tagged(Tag::target_started, target.started);
  const Distance& distance = run.quality.fast_distance;
  tagged(Tag::target_cost, std::bit_cast<std::uint64_t>(run.quality.target_cost));
  tagged(Tag::fast_distance, std::bit_cast<std::uint64_t>(distance.value));
  tagged(Tag::fast_distance_error, std::bit_cast<std::uint64_t>(distance.error));
  ReadQuality quality = run.quality;
  for (unsigned i = 0; i < quality_counts; ++i) {
    number(static_cast<unsigned>(Tag::quality) + i, *quality_count(quality, i));
  }
  return out.take();
}

// What a file that lost its beginning on purpose adds to its first block.
inline std::string dropped_tags(std::uint64_t samples, std::uint64_t ticks) {
  StringSink out;
  for (const auto& [tag, value] :
       {std::pair{Tag::dropped_samples, samples}, std::pair{Tag::dropped_ticks, ticks}}) {
    put_varint(out, static_cast<std::uint64_t>(tag));
    put_varint(out, varint_size(value));
    put_varint(out, value);
  }
  return out.take();
}

struct Dropped {
  bool any = false;
  std::uint64_t samples = 0;
  std::uint64_t ticks = 0;
};

// False when the block is not what it should be.
inline bool read_run_block(Bytes payload, Run& run, Dropped& dropped) {
  Cursor block{payload};
  run = {};
  while (block.ok() && !block.at_end()) {
    const std::uint64_t tag = block.varint();
    const Bytes bytes = as_bytes(block.text());
    Cursor value{bytes};
    switch (Tag(tag)) {
      case Tag::interval:
        run.interval = value.varint();
        break;
      case Tag::mode: {
        const std::uint64_t mode = value.varint();
        run.mode = known_mode(mode);
        break;
      }
      case Tag::options: {
        const std::uint64_t options = value.varint() - 1;
        for (std::size_t i = 0; i < std::size(capture_options); ++i) {
          run.options.*capture_options[i] = options >> i & 1;
        }
        break;
      }
      case Tag::flags: {
        const std::uint64_t flags = value.varint();
        run.fixed_clock = flags & 1;
        run.interrupted = flags & 2;
        run.counts_samples = flags & 4;
        break;
      }
      case Tag::started:
        run.started = value.varint();
        break;
      case Tag::duration:
        run.duration = value.varint();
        break;
      case Tag::process:
        run.target.process = value.svarint();
        break;
      case Tag::command_line:
        run.target.command_line = as_text(bytes);
        break;
      case Tag::executable:
        run.target.executable = as_text(bytes);
        break;
      case Tag::working_directory:
        run.target.working_directory = as_text(bytes);
        break;
      case Tag::import_path:
        run.target.import_paths.emplace_back(as_text(bytes));
        break;
      case Tag::python:
        run.target.major = value.byte();
        run.target.minor = value.byte();
        run.target.micro = value.byte();
        break;
      case Tag::free_threaded:
        run.target.free_threaded = value.varint() != 0;
        break;
      case Tag::target_started:
        run.target.started = value.varint();
        break;
      case Tag::target_cost:
        run.quality.target_cost = share_of_bits(value.varint());
        break;
      case Tag::fast_distance:
        run.quality.fast_distance.value = share_of_bits(value.varint());
        break;
      case Tag::fast_distance_error:
        run.quality.fast_distance.error = share_of_bits(value.varint());
        break;
      case Tag::dropped_samples:
        dropped.any = true;
        dropped.samples = value.varint();
        break;
      case Tag::dropped_ticks:
        dropped.ticks = value.varint();
        break;
      default:
        if (tag < static_cast<std::uint64_t>(Tag::quality)) break;
        if (std::uint64_t* const count =
                quality_count(run.quality, tag - static_cast<std::uint64_t>(Tag::quality))) {
          *count = value.varint();
        }
    }
    if (!value.ok()) return false;
  }
  return block.ok();
}

}  // namespace tachyon::recording
