#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/codec/column.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/run_block.hpp>
#include <tachyon/codec/sample_block.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/table_block.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

// A collector that keeps nothing: samples go in, blocks of recording_format.hpp come out. Memory is
// one open block and a number for each entry of the session's tables;
// whatever the length of the run.
//
// A block is closed when it holds a good many ticks, or when its first one would be older than
// `flush_after` by the next tick; after each the sink is told to hand on what it holds, so that a
// killed profiler loses less than that time. Samples that come from a file need no such haste: zero
// switches it off.
//
// A sink may have lost what it was given since it was last told to hand on: its `flush` is false
// then, and it has gone back to where it was. The disk was full for a moment; the recording goes
// on. What was lost leaves a hole in the row of blocks, which their numbers tell the reader, and
// what follows stands for itself again: the numbers begin anew,
// the file too if it has no beginning yet.
//
// The level of compression was chosen by measuring (65,536 ticks at 20 kHz and 10 kHz, bytes and
// nanoseconds of one core a sample, for the times alone): level 3: 0.40 / 0.59 B, 7 / 12 ns; level
// 9: 0.38 / 0.57 B, 40 ns; level 12: 0.37 / 0.57 B, 90 ns; level 15: 0.35 / 0.55 B, 110 to 170 ns;
// level 19: 0.35 / 0.55 B, 330 to 470 ns. 12 costs one percent of a core at 100 kHz.
namespace tachyon {

struct RecordingOptions {
  int level = 12;
  std::uint32_t unit = 1000;                  // ns; times are kept in whole units
  std::uint64_t flush_after = 1'000'000'000;  // ns
  bool sources = true;
};

namespace recording {

// A source file's block, without its head.
inline std::string source_payload(std::string_view name, std::string_view text,
                                  Compressor& compressor) {
  StringSink head;
  put_text(head, name);
  std::string payload = head.take();
  Column column;
  column.put(text);
  column.append_to(payload, compressor);
  return payload;
}

inline bool fits_as_source(std::string_view name, std::string_view text) noexcept {
  return text.size() <= largest_source && name.size() <= longest_text;
}

// How far a recording has come: what its last blocks say when it ends here.
struct Ending {
  std::uint32_t number = 0;  // of the next block
  std::uint64_t samples = 0;
  std::uint64_t ticks = 0;
  RecordingOptions options{};

  std::string payload(std::uint32_t blocks) const {
    StringSink end;
    put_varint(end, samples);
    put_varint(end, ticks);
    put_varint(end, blocks);
    return end.take();
  }
  // The blocks: the texts of the run, the run, the end.
  std::string blocks(const Run& run) const {
    std::string out;
    std::uint32_t next = number;
    const auto append = [&](BlockKind kind, std::string_view content) {
      append_block_head(out, kind, next++, content);
      out += content;
    };
    Compressor compressor{options.level};
    for (const auto& [name, text] : run.sources) {
      if (!options.sources || !fits_as_source(name, text)) continue;
      append(BlockKind::source, source_payload(name, text, compressor));
    }
    append(BlockKind::run, run_block(run));
    append(BlockKind::end, payload(next));
    return out;
  }
};

}  // namespace recording

template <Sink S>
class RecordingWriter {
 public:
  struct Figures {
    std::uint64_t samples = 0;
    std::uint64_t ticks = 0;
    std::uint64_t groups = 0;  // runs of ticks that differ in their time only
    std::uint64_t blocks = 0;
    std::uint64_t unpacked = 0;          // bytes before compression
    std::uint64_t bytes = 0;             // of the file
    std::uint64_t sources = 0;           // source files kept
    std::uint64_t sources_left_out = 0;  // too large
    std::uint64_t lost_samples = 0;  // by the sink; among `samples`, as lost blocks among `blocks`
    std::uint64_t lost_blocks = 0;
  };

  RecordingWriter(S& sink, const Tables& tables, const Run& run, RecordingOptions options = {});

  void add(const Sample& sample);
  void end_tick(const Tick& tick) { close_tick(tick, static_cast<std::uint64_t>(tick.outcome)); }

  // Source text that is known before the end. `finish` adds those of the run that are missing.
  void add_source(std::string_view name, std::string_view text);

  // Writes everything that has been given so far.
  void flush();

  // Does so, and makes what follows stand for itself:
  // a file may begin here, behind a lead and `opening`.
  void restart();
  // The blocks with which a file begins or ends that is a part of this one: `before` is what was
  // there when its first part began, see `place`.
  struct Place {
    std::uint64_t samples = 0;
    std::uint64_t ticks = 0;
    std::uint32_t blocks = 0;
  };
  Place place() const noexcept { return {figures_.samples, figures_.ticks, number_}; }
  std::string opening(const Run& run, const Place& before) const;
  recording::Ending ending() const noexcept {
    return {number_, figures_.samples, figures_.ticks, options_};
  }

  // The last blocks. The sink is the caller's to close.
  void finish(const Run& run);

  const Figures& figures() const noexcept { return figures_; }

 private:
  static constexpr std::uint64_t most_ticks = 65536;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;
  static constexpr std::size_t most_waiting = std::size_t{1} << 20;

  // The file's numbers of what samples refer to.
  struct Numbers {
    RecordingWriter& writer;
    std::uint64_t operator()(StackId id) const {
      return writer.table_.stack(id, [this] { writer.write_tables(); });
    }
    std::uint64_t operator()(ThreadIndex index) const { return writer.table_.thread(index); }
  };

  void close_tick(const Tick& tick, std::uint64_t outcome);
  void close_unmarked();
  bool is_due(std::uint64_t time) const noexcept;
  void write_tables();
  void write_block(recording::BlockKind kind, std::string_view payload);
  void begin_file();
  void hand_on();

  S& sink_;
  RecordingOptions options_;
  std::string first_run_;
  std::uint64_t interval_;
  Compressor compressor_;
  recording::TableWriter table_;
  recording::SampleWriter samples_;
  std::vector<Sample> waiting_{};  // of the tick that is not closed yet
  std::vector<std::string> source_names_{};
  std::string payload_{};
  std::string block_{};
  std::uint64_t block_began_ = 0;  // ns
  bool ticks_are_told_ = false;
  std::uint32_t number_ = 0;
  Figures figures_{};
  Figures handed_on_{};
};

template <Sink S>
RecordingWriter<S>::RecordingWriter(S& sink, const Tables& tables, const Run& run,
                                    RecordingOptions options)
    : sink_{sink},
      options_{options},
      first_run_{recording::run_block(run)},
      interval_{run.interval},
      compressor_{options.level},
      table_{tables},
      samples_{options.unit, run.interval} {
  begin_file();
}

template <Sink S>
void RecordingWriter<S>::begin_file() {
  StringSink lead;
  recording::put_lead(lead, {0, options_.unit});
  sink_.put(lead.text());
  figures_.bytes += lead.text().size();
  write_block(recording::BlockKind::run, first_run_);
}

// Everything is in blocks when this is called.
template <Sink S>
void RecordingWriter<S>::hand_on() {
  if constexpr (requires {
                  { sink_.flush() } -> std::same_as<bool>;
                }) {
    if (!sink_.flush()) {
      figures_.lost_samples += figures_.samples - handed_on_.samples;
      figures_.lost_blocks += figures_.blocks - handed_on_.blocks;
      figures_.bytes = handed_on_.bytes;
      handed_on_ = figures_;
      table_.restart();
      if (figures_.bytes == 0) begin_file();
      return;
    }
  } else if constexpr (requires { sink_.flush(); }) {
    sink_.flush();
  }
  handed_on_ = figures_;
}

template <Sink S>
void RecordingWriter<S>::add(const Sample& sample) {
  // A source that does not tell ticks is cut by time.
  // One that does has told its first by the second.
  if (!waiting_.empty() && ((!ticks_are_told_ && sample.time != waiting_.back().time) ||
                            waiting_.size() == most_waiting)) {
    close_unmarked();
  }
  waiting_.push_back(sample);
}

template <Sink S>
void RecordingWriter<S>::close_unmarked() {
  if (waiting_.empty()) return;
  const bool told = ticks_are_told_;
  close_tick({waiting_.front().time, waiting_.front().weight, TickOutcome::taken, 0},
             recording::no_tick);
  ticks_are_told_ = told;
}

template <Sink S>
void RecordingWriter<S>::close_tick(const Tick& tick, std::uint64_t outcome) {
  ticks_are_told_ = true;
  if (samples_.empty()) block_began_ = tick.time;
  // From the first look on there is a recording, however soon we are killed.
  if (figures_.ticks == 0 && samples_.empty()) hand_on();
  samples_.add(tick, outcome, waiting_, Numbers{*this});
  waiting_.clear();
  if (samples_.ticks() >= most_ticks || samples_.bytes() + table_.pending() >= most_bytes ||
      samples_.samples() + most_waiting > recording::most_samples || is_due(tick.time)) {
    flush();
  }
}

template <Sink S>
bool RecordingWriter<S>::is_due(std::uint64_t time) const noexcept {
  if (options_.flush_after == 0) return false;
  return time < block_began_ || time - block_began_ + interval_ >= options_.flush_after;
}

template <Sink S>
void RecordingWriter<S>::write_tables() {
  payload_.clear();
  figures_.unpacked += table_.pending();
  table_.append_to(payload_, compressor_);
  write_block(recording::BlockKind::tables, payload_);
}

template <Sink S>
void RecordingWriter<S>::flush() {
  if (!ticks_are_told_) close_unmarked();
  if (!samples_.empty()) {
    table_.refresh_threads();
    if (table_.has_news()) write_tables();
    recording::SampleSpan span;
    span.epoch = table_.epoch();
    span.samples_before = figures_.samples;
    span.ticks_before = figures_.ticks;
    figures_.samples += samples_.samples();
    figures_.ticks += samples_.ticks();
    figures_.unpacked += samples_.bytes();
    payload_.clear();
    samples_.append_to(payload_, span, compressor_);
    figures_.groups = samples_.groups();
    write_block(recording::BlockKind::samples, payload_);
  }
  hand_on();
}

template <Sink S>
void RecordingWriter<S>::restart() {
  flush();
  table_.restart();
}

template <Sink S>
std::string RecordingWriter<S>::opening(const Run& run, const Place& before) const {
  StringSink lead;
  recording::put_lead(lead, {0, options_.unit});
  std::string out = lead.take();
  const std::string payload =
      recording::run_block(run) + recording::dropped_tags(before.samples, before.ticks);
  // The place of the last block that was dropped: the row has no hole.
  recording::append_block_head(out, recording::BlockKind::run, before.blocks - 1, payload);
  return out + payload;
}

template <Sink S>
void RecordingWriter<S>::add_source(std::string_view name, std::string_view text) {
  if (!options_.sources) return;
  if (!recording::fits_as_source(name, text)) {
    ++figures_.sources_left_out;
    return;
  }
  source_names_.emplace_back(name);
  payload_ = recording::source_payload(name, text, compressor_);
  figures_.unpacked += text.size();
  ++figures_.sources;
  write_block(recording::BlockKind::source, payload_);
}

template <Sink S>
void RecordingWriter<S>::finish(const Run& run) {
  close_unmarked();
  flush();
  for (const auto& [name, text] : run.sources) {
    if (std::find(source_names_.begin(), source_names_.end(), name) == source_names_.end()) {
      add_source(name, text);
    }
  }
  hand_on();  // where there is no room for texts there may be for the end
  write_block(recording::BlockKind::run, recording::run_block(run));
  write_block(recording::BlockKind::end, ending().payload(number_));
  hand_on();
}

template <Sink S>
void RecordingWriter<S>::write_block(recording::BlockKind kind, std::string_view payload) {
  block_.clear();
  recording::append_block_head(block_, kind, number_++, payload);
  sink_.put(block_);
  sink_.put(payload);
  figures_.bytes += block_.size() + payload.size();
  ++figures_.blocks;
}

}  // namespace tachyon
