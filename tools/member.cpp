#include "member.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <tachyon/base/clock.hpp>
#include <tachyon/sampler/describe_target.hpp>
#include <tachyon/target/diagnose.hpp>

#include "processes.hpp"
#include "rules.hpp"
#include "summary.hpp"

namespace tachyon::tool {
namespace {

// Feeds the outputs in the time of the whole run, whichever session and process a sample is from.
template <class Snapshot>
class Feeder final : public SampleSink {
 public:
  Feeder(Outputs& outputs, SharedTables* lock, std::uint64_t offset, const Snapshots& snapshots,
         Snapshot take_snapshot)
      : outputs_{outputs},
        lock_{lock},
        offset_{offset},
        snapshots_{snapshots},
        take_snapshot_{take_snapshot} {}

  void add(const Sample& sample) override {
    Sample moved = sample;
    moved.time += offset_;
    guarded([&] { outputs_.add(moved); });
  }
  void end_tick(const Tick& tick) override {
    Tick moved = tick;
    moved.time += offset_;
    guarded([&] {
      outputs_.end_tick(moved);
      if (outputs_.owes_copies(snapshots_.asked())) take_snapshot_(moved.time);
    });
  }

 private:
  template <class Do>
  void guarded(Do&& act) {
    if (lock_ == nullptr) return act();
    lock_->with([&](Tables&) { act(); });
  }

  Outputs& outputs_;
  SharedTables* lock_;
  std::uint64_t offset_;
  const Snapshots& snapshots_;
  Snapshot take_snapshot_;
};

class Steering final : public Control {
 public:
  Steering(Shared& shared, int target, std::uint64_t interval, bool realtime)
      : shared_{shared},
        end_{shared.stopped, target},
        realtime_{realtime},
        line_{interval},
        longest_{interval} {}
  ~Steering() override { line_.end(); }
  bool stop() override { return shared_.stop.load(std::memory_order_relaxed) || target_ended(); }
  bool target_ended() const noexcept { return end_.target_ended(); }
  int descriptor() override { return end_.descriptor(); }
  // Up to the last second. Who collects need not be who samples.
  ReadQuality quality() {
    const std::lock_guard hold{lock_};
    return quality_;
  }
  // The longest interval so far.
  std::uint64_t longest() {
    const std::lock_guard hold{lock_};
    return longest_;
  }
  void progress(const Progress& progress) override {
    {
      const std::lock_guard hold{lock_};
      quality_ = *progress.quality;
      longest_ = std::max(longest_, progress.interval);
    }
    if (realtime_) line_.show(progress);
  }

 private:
  Shared& shared_;
  EndWatch end_;
  bool realtime_;
  RealtimeLine line_;
  std::mutex lock_{};
  ReadQuality quality_{};
  std::uint64_t longest_;
};

// States of threads that an output shows are looked up; --binary keeps them where that costs
// little, so that a replay can show them.
bool wants_states(const CommandLine& line) {
  const bool gentle = interval_of(line.options.sampling) >= std::chrono::microseconds{100};
  return std::ranges::any_of(wanted_formats(line.options.formats), [&](const WantedFormat& wanted) {
    return wanted.format == Format::gecko || wanted.format == Format::chrome_trace ||
           (wanted.format == Format::binary && gentle);
  });
}

// How many readers the rate asks for, and whether they need somebody else to collect. One reader
// that also collects does 250,000 looks a second where we measured, one that only reads 350,000.
void staff(SamplingRequest& request, const ReadingOptions& options) {
  constexpr std::uint64_t beyond_one = 5'000;  // ns
  cpu_set_t usable;
  const int cpus = ::sched_getaffinity(0, sizeof usable, &usable) == 0 ? CPU_COUNT(&usable) : 1;
  const bool fast =
      request.reading == StrategyChoice::fast || request.reading == StrategyChoice::automatic;
  const bool hard = request.plan.interval < beyond_one && fast && !request.options.tasks;
  request.readers = hard && cpus >= 4 ? 2 : 1;
  if (options.readers) request.readers = static_cast<unsigned>(options.readers->value);
  request.readers_wanted = options.readers.has_value();
  request.collects_apart = request.readers > 1 || (hard && cpus >= 2);
}

void sleep_for(std::uint64_t nanoseconds) {
  const timespec nap{0, static_cast<long>(nanoseconds)};
  (void)::nanosleep(&nap, nullptr);
}

// Nothing is left to attach to.
bool is_over(Errc why) {
  return why == Errc::not_python || why == Errc::is_zombie || why == Errc::no_such_process ||
         why == Errc::finalizing || why == Errc::not_started || why == Errc::process_changed;
}

bool lives(const Process& process) {
  const auto stat = process.stat();
  return stat && stat->state != 'Z' && stat->state != 'X';
}

}  // namespace

SamplingRequest request_of(const CommandLine& line) {
  const Options& options = line.options;
  SamplingRequest request;
  request.mode = options.sampling.mode;
  if (request.mode == ModeKind::wall && wants_states(line)) request.mode = ModeKind::all;
  request.reading = reading_of(options.reading);
  request.options.all_threads = options.frames.all_threads || !options.frames.thread.empty();
  request.options.gc = !options.frames.no_gc;
  request.options.native = options.frames.native;
  request.options.c_calls = options.frames.c_calls;
  request.options.opcodes = options.frames.opcodes;
  request.options.threads = options.frames.thread;
  if (options.frames.async_aware) {
    // The threads are read to know what their running tasks do: all of them.
    request.options.tasks = request.options.all_threads = true;
    request.options.task_choice = tasks_of(async_mode_of(line));
  }
  request.plan.interval = static_cast<std::uint64_t>(interval_of(options.sampling).count());
  request.plan.fixed_clock = options.sampling.clock == Clock::fixed;
  if (options.reading.max_overhead) {
    request.plan.max_overhead = options.reading.max_overhead->value / 100;
  } else if (request.reading == StrategyChoice::kernel) {
    request.plan.max_overhead = 0;  // who asks for it gets it
  }
  staff(request, options.reading);
  return request;
}

Result<Attached> find_python(const Seek& seek) {
  using Kind = Seek::Kind;
  constexpr std::uint64_t patience = 1'000'000'000;
  const std::uint64_t begun = monotonic_now();
  std::uint64_t moves_since = 0;
  std::optional<ProcessTree> tree;
  std::vector<std::int64_t> others;
  for (std::uint64_t nap = 200'000;; nap = std::min<std::uint64_t>(nap * 5 / 4, 5'000'000)) {
    auto target = attach(static_cast<std::int32_t>(seek.pid), {0, false});
    if (target) return target;
    const Errc why = target.error().code;
    if (seek.below && why == Errc::not_python) {
      if (!tree) tree.emplace(std::vector<std::int64_t>{seek.pid});
      for (const std::int64_t pid : tree->fresh(monotonic_now())) others.push_back(pid);
      for (const std::int64_t pid : others) {
        if (auto other = attach(static_cast<std::int32_t>(pid), {0, false})) return other;
      }
    }
    const bool may_become = why == Errc::not_started || why == Errc::process_changed ||
                            (why == Errc::not_python && seek.kind != Kind::given);
    // What moves under the reader can be read a moment later. What was read before, and is no
    // version that can be, is being replaced.
    const bool moves = is_transient(why) || (seek.known && why == Errc::unsupported_version);
    const std::uint64_t now = monotonic_now();
    moves_since = !moves ? 0 : moves_since == 0 ? now : moves_since;
    const bool patient = moves                        ? now - moves_since < patience
                         : seek.kind == Kind::started ? !seek.program_ended->load()
                                                      : now - begun < patience;
    if ((!may_become && !moves) || !patient || seek.stop->load()) return target;
    sleep_for(nap);
  }
}

void add_quality(ReadQuality& sum, const ReadQuality& one) {
  add_counts(sum, one);
  sum.distinct += one.distinct;
  sum.profiler_cpu = std::max(sum.profiler_cpu, one.profiler_cpu);  // of the whole of us
  const std::uint64_t wall = sum.wall + one.wall;
  if (wall != 0) {
    sum.target_cost = (sum.target_cost * static_cast<double>(sum.wall) +
                       one.target_cost * static_cast<double>(one.wall)) /
                      static_cast<double>(wall);
  }
  sum.wall = wall;
}

Run run_of(const CommandLine& line, std::int64_t pid, std::uint64_t started) {
  const Options& options = line.options;
  Run run;
  run.target.process = pid;
  run.mode = options.sampling.mode;
  run.options.all_threads = options.frames.all_threads;
  run.options.native = options.frames.native;
  run.options.c_calls = options.frames.c_calls;
  run.options.gc = !options.frames.no_gc;
  run.options.opcodes = options.frames.opcodes;
  run.options.blocking = reading_of(options.reading) == StrategyChoice::blocking;
  run.options.async_aware = options.frames.async_aware;
  run.options.async_all = options.frames.async_aware && async_mode_of(line) != AsyncMode::running;
  run.interval = static_cast<std::uint64_t>(interval_of(options.sampling).count());
  run.fixed_clock = options.sampling.clock == Clock::fixed;
  run.started = started;
  return run;
}

Member::Member(Shared& shared, std::int64_t pid, Kind kind)
    : shared_{shared}, pid_{pid}, kind_{kind}, tables_{shared.tables} {
  if (tables_ == nullptr) {
    own_tables_ = std::make_unique<SharedTables>();
    tables_ = own_tables_.get();
  }
  run_ = run_of(shared.line, pid, shared.started);
}

std::optional<std::string> Member::open_outputs() {
  auto made =
      Outputs::open(shared_.line, tables_->unguarded(), run_, {pid_, shared_.one_of_several});
  if (auto* why = std::get_if<std::string>(&made)) return std::move(*why);
  own_.emplace(std::move(std::get<Outputs>(made)));
  return std::nullopt;
}

void Member::work() {
  // A process that is forked only to become another program lives shorter than this.
  if (kind_ == Kind::found && !shared_.told_of_children) sleep_for(5'000'000);
  // Time may be up, or somebody in a hurry, before the first look: then that is what is reported.
  const bool in_any_case = kind_ != Kind::found;
  for (bool more = true; more && ((in_any_case && sessions_ == 0) || !shared_.stop.load());) {
    const bool below = kind_ == Kind::started && !shared_.line.options.program.subprocesses;
    // One that was a Python and has become another program needs a moment to be one again.
    const Kind kind = kind_ == Kind::given && sessions_ != 0 ? Kind::found : kind_;
    auto target =
        find_python({pid_, kind, below, sessions_ != 0, &shared_.stop, &shared_.program_ended});
    if (!target) {
      give_up(target.error());
      break;
    }
    describe_target(*target, run_.target);
    const bool by_coroutine = shared_.line.options.frames.async_aware &&
                              async_mode_of(shared_.line) == AsyncMode::running;
    if (by_coroutine && !knows_tasks(target->site) && !told_of_tasks_) {
      told_of_tasks_ = true;
      say_notice(about_unpublished_tasks(pid_));
    }
    sources_ = SourceFiles{target->process.directory().get(), run_.target.working_directory};
    if (shared_.outputs == nullptr && !own_ && (error_ = open_outputs())) break;
    more = sample(*target);
  }
  finished_.store(true, std::memory_order_release);
  const std::uint64_t one = 1;
  (void)!::write(shared_.news, &one, sizeof one);
}

// There is nothing to attach to, or nothing more.
void Member::give_up(Error why) {
  const bool python = kind_ == Kind::started && shared_.program_is_python;
  const bool begins = why.code == Errc::not_started || why.code == Errc::process_changed;
  if (sessions_ != 0) {
    if (is_transient(why.code)) error_ = why_not(why);
  } else if (shared_.stop.load() && begins) {
    if (shared_.outputs == nullptr && !own_) error_ = open_outputs();  // stopped before it was one
  } else if (!(python && is_over(why.code))) {
    error_ = why_not(why);
  }
}

std::string Member::why_not(Error error) const {
  if (kind_ == Kind::started && is_over(error.code)) {
    return "the program ended, and no Python was seen in it or started by it";
  }
  return describe(error, {static_cast<std::int32_t>(pid_)});
}

// Called where the outputs are fed. The counts of quality are those of the last whole second.
void Member::take_snapshot(Outputs& outputs, const ReadQuality& quality, std::uint64_t time) {
  Run run = run_;
  add_quality(run.quality, quality);
  run.duration = time - first_look_;
  load_sources(run, tables_->unguarded().frames, sources_);
  shared_.snapshots.give(outputs.copies(run));
  const std::uint64_t one = 1;
  (void)!::write(shared_.news, &one, sizeof one);
}

bool Member::sample(Attached& target) {
  SamplingRequest request = request_of(shared_.line);
  const std::uint64_t now = monotonic_now();
  if (shared_.deadline != 0) {
    if (now >= shared_.deadline && sessions_ != 0) return false;
    request.plan.duration = now < shared_.deadline ? shared_.deadline - now : 1;
  }
  // In whole microseconds, as looks are told and recordings keep them.
  const std::uint64_t offset = (now - shared_.origin) / 1000 * 1000;
  if (sessions_++ == 0) first_look_ = offset;
  Outputs& outputs = shared_.outputs ? *shared_.outputs : *own_;
  // Who collects for readers has locked the tables already.
  const bool locks = shared_.outputs != nullptr && !request.collects_apart;
  Steering steering{shared_, target.memory.exit_descriptor(), request.plan.interval,
                    shared_.line.options.sampling.realtime_stats};
  Feeder feeder{outputs, locks ? tables_ : nullptr, offset, shared_.snapshots,
                [&](std::uint64_t time) { take_snapshot(outputs, steering.quality(), time); }};
  Sampled sampled = sample_process(target, *tables_, request, feeder, steering);
  Outcome& outcome = sampled.outcome;
  if (outcome.end == RunEnd::stopped && !shared_.stop.load()) {
    outcome.end = RunEnd::target_ended;
  }
  if (request.reading == StrategyChoice::automatic) why_polled_ = sampled.refusal;
  add_quality(run_.quality, outcome.quality);
  run_.duration = offset + outcome.duration - first_look_;
  if (outcome.slowed_down) slowed_to_ = std::max(slowed_to_, steering.longest());
  // An interpreter on its way out says so in several ways; the next search tells what is left of
  // it. A child may end between being found and its first look.
  const Errc why = outcome.error.code;
  const bool leaving =
      why == Errc::finalizing || why == Errc::not_started || (kind_ == Kind::found && is_over(why));
  if (outcome.end == RunEnd::failed && !leaving) {
    const std::int32_t pid = target.process.pid();
    const bool pausing = request.reading == StrategyChoice::blocking;
    error_ = request.reading == StrategyChoice::kernel && !sampled.refusal.empty()
                 ? sampled.refusal
                 : describe(outcome.error, {.pid = pid, .pausing = pausing});
    // Refused before anything was seen: that line is all there is to say.
    if (kind_ != Kind::found && run_.quality.valid == 0) sessions_ = 0;
  }
  if (outcome.end != RunEnd::target_ended && !leaving) return false;
  // By exec it may have become another Python; a wrapper may start the next one.
  // After an exec the memory that was open is gone, and its process is not.
  const bool became = why == Errc::no_such_process && lives(target.process);
  return why == Errc::process_changed || became || kind_ == Kind::started;
}

}  // namespace tachyon::tool
