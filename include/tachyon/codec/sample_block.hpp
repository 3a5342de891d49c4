#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/codec/column.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/table_block.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>
#include <tachyon/sample/sample.hpp>

// The 'S' block: samples, tick by tick. The two sides of one small machine, drawn in
// recording_format.hpp: slots that hold a thread and what it does, edits that say what changed,
// groups of ticks in which nothing did.
namespace tachyon::recording {

// What stands in front of the compressed part.
struct SampleSpan {
  std::uint64_t epoch = 0;
  std::uint64_t samples_before = 0;
  std::uint64_t ticks_before = 0;
  std::uint64_t samples = 0;
  std::uint64_t ticks = 0;
  std::uint64_t begin = 0;  // units: the tick before the first
  std::uint64_t end = 0;    // units: the last tick
  std::int64_t step = 0;    // units: what most ticks took
};

template <Sink S>
void put_span(S& sink, const SampleSpan& span) {
  for (const std::uint64_t value :
       {span.epoch, span.samples_before, span.ticks_before, span.samples, span.ticks, span.begin}) {
    put_varint(sink, value);
  }
  put_svarint(sink, static_cast<std::int64_t>(span.end - span.begin));
  put_svarint(sink, span.step);
}

inline SampleSpan read_span(Cursor& from) noexcept {
  SampleSpan span;
  for (std::uint64_t* value : {&span.epoch, &span.samples_before, &span.ticks_before, &span.samples,
                               &span.ticks, &span.begin}) {
    *value = from.varint();
  }
  span.end = span.begin + static_cast<std::uint64_t>(from.svarint());
  span.step = from.svarint();
  if (span.samples > most_samples || span.ticks > most_samples) from.fail();
  return span;
}

// A tick as it is written: in units, and with the rule for its weight.
struct CodedTick {
  std::uint64_t outcome = 0;
  WeightRule rule = WeightRule::step;
  std::uint64_t weight = 0;  // units; only of a given one
  std::uint64_t missed = 0;

  friend constexpr bool operator==(const CodedTick&, const CodedTick&) noexcept = default;
};

class SampleWriter {
 public:
  SampleWriter(std::uint64_t unit, std::uint64_t interval) noexcept
      : unit_{unit}, interval_{interval} {}

  bool empty() const noexcept { return steps_.empty(); }
  std::uint64_t ticks() const noexcept { return steps_.size(); }
  std::uint64_t samples() const noexcept { return samples_; }
  std::size_t bytes() const noexcept {
    return heads_.size() + edits_.size() + states_.size() + defined_.size() + extras_.size() +
           steps_.size();
  }
  std::uint64_t groups() const noexcept { return groups_; }

  // One tick with its samples. `number_of` gives the file's numbers of stacks and threads.
  template <class NumberOf>
  void add(const Tick& tick, std::uint64_t outcome, const std::vector<Sample>& samples,
           NumberOf&& number_of);

  // Appends the payload of a block with all there is, and begins anew.
  void append_to(std::string& out, SampleSpan span, Compressor& compressor);

 private:
  static constexpr std::uint32_t absent = 0;
  static constexpr std::size_t many_slots = 4096;

  struct Slot {
    ThreadIndex thread{};
    std::uint32_t state = absent;
    StackId stack{};
    Status status{};
  };
  struct Edit {
    std::uint32_t slot;
    std::uint32_t state;
    ThreadIndex thread;
    bool inserts;
  };
  struct State {
    Status status;
    std::uint32_t next;  // another state with the same stack
  };
  struct Use {
    std::uint32_t block = 0;  // which block the state belongs to
    std::uint32_t state = absent;
  };

  std::uint64_t rounded(std::uint64_t weight) const noexcept {
    return (weight + unit_ / 2) / unit_;
  }
  CodedTick coded(const Tick& tick, std::uint64_t outcome) const noexcept;
  bool have_own_times(const Tick& tick, const std::vector<Sample>& samples) const noexcept;
  template <class NumberOf>
  void match_slots(const std::vector<Sample>& samples, NumberOf&& number_of);
  std::size_t slot_for(ThreadIndex thread, std::size_t from);
  void insert_slot(std::size_t at, ThreadIndex thread);
  template <class NumberOf>
  std::uint32_t state_of(const Sample& sample, NumberOf&& number_of);
  template <class NumberOf>
  void put_edits(NumberOf&& number_of);
  void put_extras(const Tick& tick, const CodedTick& coded, std::uint64_t flags,
                  const std::vector<Sample>& samples);
  void end_group();

  std::uint64_t unit_;
  std::uint64_t interval_;

  std::vector<Slot> slots_{};
  std::vector<std::uint32_t> slot_of_{};  // by thread; a hint
  std::vector<Use> uses_{};               // by stack
  std::vector<State> known_states_{};
  std::uint32_t block_ = 1;
  std::uint64_t last_stack_ = 0;
  std::vector<Edit> edit_list_{};

  std::uint64_t group_ticks_ = 0;
  std::uint64_t group_flags_ = 0;
  CodedTick group_tick_{};

  std::uint64_t last_time_ = 0;  // ns
  std::uint64_t last_units_ = 0;
  std::uint64_t begin_units_ = 0;  // of the block
  std::vector<std::int64_t> steps_{};
  std::vector<std::int64_t> sorted_{};
  std::uint64_t samples_ = 0;
  std::uint64_t groups_ = 0;
  Column heads_{}, edits_{}, states_{}, defined_{}, times_{}, extras_{};
};

inline CodedTick SampleWriter::coded(const Tick& tick, std::uint64_t outcome) const noexcept {
  CodedTick coded{outcome, WeightRule::step, 0, tick.missed};
  if (tick.weight == tick.time - last_time_) return coded;
  const std::uint64_t weight = rounded(tick.weight);
  if (tick.weight == interval_) {
    coded.rule = WeightRule::interval;
  } else if (weight != tick.time / unit_ - last_units_) {
    coded.rule = WeightRule::given;
    coded.weight = weight;
  }
  return coded;
}

inline bool SampleWriter::have_own_times(const Tick& tick,
                                         const std::vector<Sample>& samples) const noexcept {
  return std::any_of(samples.begin(), samples.end(), [&](const Sample& sample) {
    return (sample.time != tick.time && sample.time / unit_ != tick.time / unit_) ||
           (sample.weight != tick.weight && rounded(sample.weight) != rounded(tick.weight));
  });
}

// Where in the row, at `from` or behind, this thread's slot is; the row's end if it is not there.
inline std::size_t SampleWriter::slot_for(ThreadIndex thread, std::size_t from) {
  const auto index = static_cast<std::uint32_t>(thread);
  if (index >= slot_of_.size()) slot_of_.resize(std::size_t{index} + 1, 0xffffffff);
  const std::uint32_t hint = slot_of_[index];
  return hint >= from && hint < slots_.size() && slots_[hint].thread == thread ? hint
                                                                               : slots_.size();
}

inline void SampleWriter::insert_slot(std::size_t at, ThreadIndex thread) {
  slots_.insert(slots_.begin() + static_cast<std::ptrdiff_t>(at), Slot{thread, absent, {}, {}});
  for (std::size_t i = slots_.size(); i-- > at;) {
    slot_of_[static_cast<std::uint32_t>(slots_[i].thread)] = static_cast<std::uint32_t>(i);
  }
}

template <class NumberOf>
std::uint32_t SampleWriter::state_of(const Sample& sample, NumberOf&& number_of) {
  const auto index = static_cast<std::uint32_t>(sample.stack);
  if (index >= uses_.size()) uses_.resize(std::max<std::size_t>(index + 1, uses_.size() * 2));
  Use& use = uses_[index];
  if (use.block != block_) use = {block_, absent};
  for (std::uint32_t state = use.state; state != absent; state = known_states_[state - 1].next) {
    if (known_states_[state - 1].status == sample.status) return state;
  }
  const std::uint64_t stack = number_of(sample.stack);
  put_svarint(defined_, static_cast<std::int64_t>(stack) - static_cast<std::int64_t>(last_stack_));
  put_varint(defined_, static_cast<std::uint64_t>(sample.status));
  last_stack_ = stack;
  known_states_.push_back({sample.status, use.state});
  return use.state = static_cast<std::uint32_t>(known_states_.size());
}

// Brings the row of slots up to the tick's samples and lists what had to be changed.
template <class NumberOf>
void SampleWriter::match_slots(const std::vector<Sample>& samples, NumberOf&& number_of) {
  edit_list_.clear();
  std::size_t at = 0;
  const auto leave_until = [&](std::size_t end) {
    for (; at < end; ++at) {
      if (slots_[at].state == absent) continue;
      slots_[at].state = absent;
      edit_list_.push_back({static_cast<std::uint32_t>(at), absent, {}, false});
    }
  };
  for (const Sample& sample : samples) {
    bool inserts = false;
    if (at == slots_.size() || slots_[at].thread != sample.thread) {
      const std::size_t found = slot_for(sample.thread, at);
      inserts = found == slots_.size();
      if (inserts) {
        insert_slot(at, sample.thread);
      } else {
        leave_until(found);
      }
    }
    Slot& slot = slots_[at];
    if (slot.state == absent || slot.stack != sample.stack || slot.status != sample.status) {
      slot = {sample.thread, state_of(sample, number_of), sample.stack, sample.status};
      edit_list_.push_back({static_cast<std::uint32_t>(at), slot.state, sample.thread, inserts});
    }
    ++at;
  }
  leave_until(slots_.size());
}

template <class NumberOf>
void SampleWriter::put_edits(NumberOf&& number_of) {
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < edit_list_.size(); ++i) {
    const Edit& edit = edit_list_[i];
    put_varint(edits_, std::uint64_t{edit.slot - next} << 2 |
                           (edit.inserts ? recording::insert_slot : 0) |
                           (i + 1 == edit_list_.size() ? last_edit : 0));
    if (edit.inserts) put_varint(edits_, number_of(edit.thread));
    put_varint(states_, edit.state);
    next = edit.slot + 1;
  }
}

inline void SampleWriter::put_extras(const Tick& tick, const CodedTick& coded, std::uint64_t flags,
                                     const std::vector<Sample>& samples) {
  if (flags & own_tick) {
    put_varint(extras_, coded.outcome | static_cast<std::uint64_t>(coded.rule) << 3 |
                            (coded.missed ? has_missed : 0));
    if (coded.rule == WeightRule::given) put_varint(extras_, coded.weight);
    if (coded.missed) put_varint(extras_, coded.missed);
  }
  if (!(flags & own_samples)) return;
  for (const Sample& sample : samples) {
    put_svarint(extras_, static_cast<std::int64_t>(sample.time / unit_ - tick.time / unit_));
    put_svarint(extras_, static_cast<std::int64_t>(rounded(sample.weight) - rounded(tick.weight)));
  }
}

inline void SampleWriter::end_group() {
  if (group_ticks_ == 0) return;
  put_varint(heads_, (group_ticks_ - 1) << 4 | group_flags_);
  group_ticks_ = 0;
  ++groups_;
}

template <class NumberOf>
void SampleWriter::add(const Tick& tick, std::uint64_t outcome, const std::vector<Sample>& samples,
                       NumberOf&& number_of) {
  const CodedTick as = coded(tick, outcome);
  std::uint64_t flags = 0;
  if (have_own_times(tick, samples)) flags |= own_samples;
  if (as != CodedTick{}) flags |= own_tick;
  const bool clears = slots_.size() > many_slots + 4 * samples.size();
  if (clears) slots_.clear();
  match_slots(samples, number_of);

  const bool same = edit_list_.empty() && !clears;
  if (!same || (flags & own_samples) || group_ticks_ == 0 || (group_flags_ & own_samples) ||
      as != group_tick_) {
    end_group();
    // An edit row cannot be empty: a tick without samples after another one is "the same".
    group_flags_ = flags | (clears ? no_slots : 0) | (edit_list_.empty() ? same_slots : 0);
    group_tick_ = as;
    put_edits(number_of);
    put_extras(tick, as, flags, samples);
  }
  ++group_ticks_;
  const std::uint64_t units = tick.time / unit_;
  steps_.push_back(static_cast<std::int64_t>(units - last_units_));
  last_units_ = units;
  last_time_ = tick.time;
  samples_ += samples.size();
}

inline void SampleWriter::append_to(std::string& out, SampleSpan span, Compressor& compressor) {
  end_group();
  span.samples = samples_;
  span.ticks = steps_.size();
  span.begin = begin_units_;
  span.end = last_units_;
  if (!steps_.empty()) {
    sorted_ = steps_;
    const auto middle = sorted_.begin() + static_cast<std::ptrdiff_t>(sorted_.size() / 2);
    std::nth_element(sorted_.begin(), middle, sorted_.end());
    span.step = *middle;
  }
  for (const std::int64_t step : steps_) {
    put_varint(times_, zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(step) -
                                                        static_cast<std::uint64_t>(span.step))));
  }
  StringSink head;
  put_span(head, span);
  out += head.text();
  for (Column* column : {&heads_, &edits_, &states_, &defined_, &times_, &extras_}) {
    column->append_to(out, compressor);
    column->clear();
  }
  slots_.clear();
  known_states_.clear();
  ++block_;
  last_stack_ = 0;
  begin_units_ = last_units_;
  steps_.clear();
  samples_ = 0;
}

// Runs the machine backwards, into a collector.
class SampleReader {
 public:
  SampleReader(std::uint64_t unit, std::uint64_t interval) noexcept
      : unit_{unit}, interval_{interval} {}

  // False when the block is not what it should be; the collector has been given a part of it then.
  // `lost` counts samples whose stack or thread is not known any more.
  template <class C>
  bool read(Bytes payload, TableReader& tables, Decompressor& decompressor, C& collector,
            std::uint64_t& lost);
  bool unsupported() const noexcept {
    return std::any_of(columns_.begin(), columns_.end(),
                       [](const ColumnReader& column) { return column.unsupported(); });
  }

 private:
  struct Slot {
    ThreadIndex thread{};
    std::uint32_t state = 0;
  };
  struct State {
    StackId stack{};
    Status status{};
  };
  struct OwnTime {
    std::int64_t time;
    std::int64_t weight;
  };

  bool read_edits(TableReader& tables, bool known);
  CodedTick read_tick(std::uint64_t flags);
  void gather(std::uint64_t flags);
  template <class C>
  void emit(C& collector, const Tick& tick, std::uint64_t outcome, bool own);

  std::uint64_t unit_;
  std::uint64_t interval_;
  std::array<ColumnReader, 6> columns_{};
  Cursor heads_{}, edits_{}, new_states_{}, defined_{}, times_{}, extras_{};
  std::vector<Slot> slots_{};
  std::vector<State> states_{};
  std::uint64_t last_stack_ = 0;
  std::vector<Sample> present_{};  // of the current group
  std::vector<OwnTime> own_{};
};

inline bool SampleReader::read_edits(TableReader& tables, bool known) {
  for (std::uint64_t at = 0;; ++at) {
    const std::uint64_t edit = edits_.varint();
    const std::uint64_t gap = edit >> 2;
    if (!edits_.ok() || gap > slots_.size() - at) return false;
    at += gap;
    if (edit & recording::insert_slot) {
      const ThreadIndex thread = tables.thread(edits_.varint(), known);
      slots_.insert(slots_.begin() + static_cast<std::ptrdiff_t>(at), Slot{thread, 0});
    }
    if (at >= slots_.size()) return false;
    const std::uint64_t state = new_states_.varint();
    if (!new_states_.ok() || state > states_.size()) return false;
    if (state == states_.size()) {
      last_stack_ += static_cast<std::uint64_t>(defined_.svarint());
      const std::uint64_t status = defined_.varint_up_to(0xffff);
      states_.push_back({tables.stack(last_stack_, known), Status(status)});
    }
    slots_[at].state = static_cast<std::uint32_t>(state);
    if (edit & last_edit) return edits_.ok() && defined_.ok();
  }
}

inline CodedTick SampleReader::read_tick(std::uint64_t flags) {
  CodedTick tick;
  if (!(flags & own_tick)) return tick;
  const std::uint64_t how = extras_.varint_up_to(63);
  tick.outcome = how & 7;
  tick.rule = WeightRule(how >> 3 & 3);
  if (tick.outcome > no_tick || (how >> 3 & 3) > 2) extras_.fail();
  if (tick.rule == WeightRule::given) tick.weight = extras_.varint();
  if (how & has_missed) tick.missed = extras_.varint_up_to(0xffffffff);
  return tick;
}

inline void SampleReader::gather(std::uint64_t flags) {
  present_.clear();
  own_.clear();
  for (const Slot& slot : slots_) {
    if (slot.state == 0) continue;
    const State& state = states_[slot.state];
    present_.push_back({slot.thread, state.stack, state.status, 0, 0});
    if (!(flags & own_samples)) continue;
    const std::int64_t time = extras_.svarint();
    own_.push_back({time, extras_.svarint()});
  }
}

template <class C>
void SampleReader::emit(C& collector, const Tick& tick, std::uint64_t outcome, bool own) {
  for (std::size_t i = 0; i < present_.size(); ++i) {
    Sample sample = present_[i];
    sample.time = tick.time;
    sample.weight = tick.weight;
    if (own) {
      sample.time += static_cast<std::uint64_t>(own_[i].time) * unit_;
      sample.weight += static_cast<std::uint64_t>(own_[i].weight) * unit_;
    }
    collector.add(static_cast<const Sample&>(sample));
  }
  if constexpr (requires { collector.end_tick(tick); }) {
    if (outcome != no_tick) collector.end_tick(tick);
  }
}

template <class C>
bool SampleReader::read(Bytes payload, TableReader& tables, Decompressor& decompressor,
                        C& collector, std::uint64_t& lost) {
  Cursor block{payload};
  const SampleSpan span = read_span(block);
  std::size_t column = 0;
  for (Cursor* cursor : {&heads_, &edits_, &new_states_, &defined_, &times_, &extras_}) {
    *cursor = Cursor{columns_[column++].read(block, decompressor)};
  }
  if (!block.ok() || !block.at_end()) return false;
  const bool known = tables.knows(span.epoch);
  slots_.clear();
  states_.assign(1, {});
  last_stack_ = 0;

  std::uint64_t units = span.begin, ticks = 0, samples = 0;
  while (!heads_.at_end()) {
    const std::uint64_t head = heads_.varint();
    const std::uint64_t count = (head >> 4) + 1;
    if (!heads_.ok() || count > span.ticks - ticks) return false;
    if (head & no_slots) slots_.clear();
    if (!(head & same_slots) && !read_edits(tables, known)) return false;
    const CodedTick coded = read_tick(head);
    gather(head);
    if (!extras_.ok() || ((head & own_samples) && count > 1) ||
        (!present_.empty() && count > (span.samples - samples) / present_.size())) {
      return false;
    }
    for (const Sample& sample : present_) {
      if (tables.is_lost(sample)) lost += count;
    }
    Tick tick{0, 0, coded.outcome < no_tick ? TickOutcome(coded.outcome) : TickOutcome::taken,
              static_cast<std::uint32_t>(coded.missed)};
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t step =
          static_cast<std::uint64_t>(span.step) + static_cast<std::uint64_t>(times_.svarint());
      units += step;
      tick.time = units * unit_;
      tick.weight = coded.rule == WeightRule::step       ? step * unit_
                    : coded.rule == WeightRule::interval ? interval_
                                                         : coded.weight * unit_;
      if (!times_.ok()) return false;
      emit(collector, tick, coded.outcome, head & own_samples);
    }
    ticks += count;
    samples += count * present_.size();
  }
  return ticks == span.ticks && samples == span.samples && units == span.end && edits_.at_end() &&
         new_states_.at_end() && defined_.at_end() && times_.at_end() && extras_.at_end();
}

}  // namespace tachyon::recording
