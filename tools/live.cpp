#include "live.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <list>
#include <mutex>
#include <thread>
#include <tachyon/codec/recording_ring.hpp>
#include <tachyon/live/app.hpp>
#include <tachyon/sampler/describe_target.hpp>
#include <tachyon/target/diagnose.hpp>

#include "commands.hpp"
#include "files.hpp"
#include "live_save.hpp"
#include "member.hpp"
#include "processes.hpp"
#include "report.hpp"
#include "rules.hpp"
#include "snapshots.hpp"

namespace tachyon::tool {
namespace {

live::Environment environment() {
  return {std::getenv("TERM"),   std::getenv("COLORTERM"), std::getenv("NO_COLOR"),
          std::getenv("LC_ALL"), std::getenv("LC_CTYPE"),  std::getenv("LANG")};
}

// A folder that is nobody else's, where names cannot be guessed and nothing can be put in our way.
class PrivateFolder {
 public:
  PrivateFolder() {
    const char* const chosen = std::getenv("TMPDIR");
    path_ = concat(chosen && *chosen ? chosen : "/tmp", "/tachyon-live-XXXXXX");
    if (::mkdtemp(path_.data()) == nullptr) path_.clear();
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;
  ~PrivateFolder() {
    if (!path_.empty()) (void)::rmdir(path_.c_str());
  }
  // Empty where no folder could be had.
  std::string file(std::string_view name) const {
    return path_.empty() ? std::string{} : concat(path_, "/", name);
  }

 private:
  std::string path_{};
};

// What is being watched. The display asks from its thread, sampling is a thread, descendants have
// one each; the recording that `w` saves is written behind a lock of its own.
class LiveSession {
 public:
  LiveSession(const CommandLine& line, std::int64_t pid, Seek::Kind kind)
      : line_{line}, pid_{pid}, kind_{kind}, run_{run_of(line, pid, unix_now())} {
    stopped_ = ::eventfd(0, EFD_CLOEXEC);
    open_recording();
  }
  LiveSession(const LiveSession&) = delete;
  LiveSession& operator=(const LiveSession&) = delete;
  ~LiveSession() {
    stop();
    for (std::thread& thread : saves_) thread.join();
    if (!record_path_.empty()) (void)::unlink(record_path_.c_str());
    (void)::close(stopped_);
  }

  SharedTables& tables() noexcept { return tables_; }
  void stop() noexcept {
    const std::lock_guard hold{mailbox_lock_};  // nobody speaks to the screen any more
    stop_.store(true);
    const std::uint64_t one = 1;
    (void)!::write(stopped_, &one, sizeof one);
  }
  const Run& run() const noexcept { return run_; }  // as long as nothing samples
  void program_ended() noexcept { program_ended_.store(true); }
  live::Ending sample(live::Feed& feed);
  void save(std::string path, live::Mailbox& mailbox);
  void snapshot(live::Mailbox& mailbox) { save(snapshot_path(default_name()), mailbox); }
  std::string default_name() const { return concat("tachyon_", std::to_string(pid_), ".bin"); }

 private:
  struct Controls final : Control {
    Controls(LiveSession& owner, int target, live::Mailbox* box, std::uint64_t asked)
        : session{owner}, end{owner.stopped_, target}, mailbox{box}, interval{asked} {}
    bool stop() override {
      return session.stop_.load(std::memory_order_relaxed) || end.target_ended();
    }
    int descriptor() override { return end.descriptor(); }
    void progress(const Progress& progress) override {
      if (mailbox == nullptr || progress.interval == interval) return;
      interval = progress.interval;
      mailbox->interval(interval);
    }
    LiveSession& session;
    EndWatch end;
    live::Mailbox* mailbox;  // of the main target, whose rate is shown
    std::uint64_t interval;
  };
  // A sample goes to the screen and into the recording, in the time of the whole run.
  struct Sink final : SampleSink {
    Sink(LiveSession& owner, live::Feed& to, std::uint64_t after)
        : session{owner}, feed{to}, offset{after} {}
    void add(const Sample& sample) override {
      Sample moved = sample;
      moved.time += offset;
      feed.add(moved);
      session.record([&](RecordingRing& ring) { ring.add(moved); });
    }
    void end_tick(const Tick& tick) override {
      Tick moved = tick;
      moved.time += offset;
      feed.end_tick(moved);
      session.record([&](RecordingRing& ring) { ring.end_tick(moved); });
    }
    LiveSession& session;
    live::Feed& feed;
    std::uint64_t offset;
  };

  template <class Do>
  void record(Do&& act) {
    if (!ring_) return;
    tables_.with([&](Tables&) { act(*ring_); });
  }
  void open_recording();
  Sampled sample_one(Attached& target, live::Feed& feed, live::Mailbox* rate_to);
  live::Ending sample_target(live::Feed& feed);
  void watch_tree(live::Mailbox& mailbox, const std::atomic<bool>& alone);
  void sample_descendant(std::int64_t pid, live::Mailbox& mailbox);

  const CommandLine& line_;
  std::int64_t pid_;
  Seek::Kind kind_;
  Run run_;
  SharedTables tables_{};
  std::uint64_t origin_ = monotonic_now();
  std::atomic<bool> stop_{false};
  std::atomic<bool> program_ended_{false};
  int stopped_ = -1;
  PrivateFolder folder_{};
  std::string record_path_{};
  std::optional<RecordingRing> ring_{};
  std::mutex mailbox_lock_{};
  std::list<std::thread> saves_{};
};

// What `w` saves. Where no file can be had, there is a screen all the same.
void LiveSession::open_recording() {
  record_path_ = folder_.file("run.bin");
  if (record_path_.empty()) return;
  auto file = OutputFile::create(record_path_, Finish::never);
  if (!file) return record_path_.clear();
  RecordingOptions options;
  options.flush_after = 0;
  ring_.emplace(std::move(*file), tables_.unguarded(), run_, RingOptions{}, options);
}

Sampled LiveSession::sample_one(Attached& target, live::Feed& feed, live::Mailbox* rate_to) {
  SamplingRequest request = request_of(line_);
  // The display takes batches from the one who samples: see mailbox.hpp.
  request.readers = 1;
  request.collects_apart = false;
  const std::uint64_t offset = (monotonic_now() - origin_) / 1000 * 1000;
  if (rate_to != nullptr) rate_to->interval(request.plan.interval);
  if (const auto duration = line_.options.sampling.duration) {
    const auto length = static_cast<std::uint64_t>(duration->value.count());
    request.plan.duration = length > offset ? length - offset : 1;
  }
  Controls controls{*this, target.memory.exit_descriptor(), rate_to, request.plan.interval};
  Sink sink{*this, feed, offset};
  Sampled sampled = sample_process(target, tables_, request, sink, controls);
  feed.publish();
  Outcome& outcome = sampled.outcome;
  if (outcome.end == RunEnd::stopped && !stop_.load()) outcome.end = RunEnd::target_ended;
  return sampled;
}

// The display goes when this returns, so everybody who feeds it is joined before.
live::Ending LiveSession::sample(live::Feed& feed) {
  if (!line_.options.program.subprocesses) return sample_target(feed);
  std::atomic<bool> alone{false};
  std::thread tree{[&] { watch_tree(feed.mailbox(), alone); }};
  live::Ending ending = sample_target(feed);
  alone.store(true);
  tree.join();
  return ending;
}

live::Ending LiveSession::sample_target(live::Feed& feed) {
  for (bool seen = false;; seen = true) {
    const bool below = kind_ == Seek::Kind::started && !line_.options.program.subprocesses;
    auto target = find_python({pid_, kind_, below, seen, &stop_, &program_ended_});
    if (stop_.load()) return {live::End::stopped, {}};
    if (!target) {
      if (seen || program_ended_.load()) return {live::End::exited, {}};
      return {live::End::failed, describe(target.error(), {static_cast<std::int32_t>(pid_)})};
    }
    describe_target(*target, run_.target);
    feed.mailbox().target(run_.target);
    const Sampled sampled = sample_one(*target, feed, &feed.mailbox());
    const Outcome& outcome = sampled.outcome;
    switch (outcome.end) {
      case RunEnd::duration:
        return {live::End::duration, {}};
      case RunEnd::stopped:
        return {live::End::stopped, {}};
      case RunEnd::failed:
        if (outcome.error.code != Errc::finalizing && outcome.error.code != Errc::not_started) {
          const StrategyChoice how = reading_of(line_.options.reading);
          if (how == StrategyChoice::kernel && !sampled.refusal.empty()) {
            return {live::End::failed, sampled.refusal};
          }
          const bool pausing = how == StrategyChoice::blocking;
          return {live::End::failed,
                  describe(outcome.error, {.pid = target->process.pid(), .pausing = pausing})};
        }
        break;
      case RunEnd::target_ended:
        break;
    }
    if (kind_ == Seek::Kind::given && outcome.error.code != Errc::process_changed) {
      return {live::End::exited, {}};
    }
  }
}

// What a process calls itself.
std::string title_of(std::int64_t pid) {
  std::string text;
  for (const std::string& word : command_line_of(pid))
    text += concat(text.empty() ? "" : " ", word);
  return text;
}

// Until we are stopped, or the target has ended (`alone`) and with it all of its descendants.
void LiveSession::watch_tree(live::Mailbox& mailbox, const std::atomic<bool>& alone) {
  constexpr std::uint64_t tidy_every = 500'000'000;
  struct Descendant {
    std::atomic<bool> done{false};
    std::thread thread{};
  };
  std::list<Descendant> descendants;
  const bool started = kind_ == Seek::Kind::started;
  ProcessTree tree{{pid_}, started ? ProcessTree::Orphans::ours : ProcessTree::Orphans::elsewhere};
  const bool adopts = started && !tree.is_told() && adopt_orphans();
  std::vector<live::Process> all{{pid_, 0, title_of(pid_), false}};
  mailbox.processes(all);
  const auto over = [&] {
    return alone.load() && std::all_of(all.begin() + 1, all.end(), [](auto& p) { return p.ended; });
  };
  std::uint64_t tidied = 0;
  while (!stop_.load() && !over()) {
    std::uint64_t now = monotonic_now();
    bool news = false;
    for (const std::int64_t pid : tree.fresh(now)) {
      const std::int64_t parent = tree.parent_of(pid);
      const bool known = std::ranges::any_of(all, [&](auto& p) { return p.id == parent; });
      all.push_back({pid, known ? parent : pid_, title_of(pid), false});
      news = true;
      Descendant& one = descendants.emplace_back();
      one.thread = std::thread{[this, pid, &mailbox, &one] {
        sample_descendant(pid, mailbox);
        one.done.store(true);
      }};
    }
    if (adopts) reap_orphans(pid_);
    if (news || now - tidied >= tidy_every) {
      tidied = now;
      descendants.remove_if([](Descendant& one) {
        const bool done = one.done.load();
        if (done) one.thread.join();
        return done;
      });
      for (live::Process& process : all) {
        if (process.ended) continue;
        process.ended = has_ended(process.id);
        std::string title = process.ended ? std::string{} : title_of(process.id);
        if (!title.empty() && title != process.command) {  // it has become something else
          process.command = std::move(title);
          news = true;
        }
        news = news || process.ended;
      }
      if (news) mailbox.processes(all);
    }
    now = monotonic_now();
    const std::uint64_t wait = std::min(tree.patience(now), tidy_every);
    pollfd wake[2] = {{stopped_, POLLIN, 0}, {tree.descriptor(), POLLIN, 0}};
    const timespec limit{0, static_cast<long>(wait)};
    (void)::ppoll(wake, 2, &limit, nullptr);
  }
  for (Descendant& one : descendants) one.thread.join();
}

void LiveSession::sample_descendant(std::int64_t pid, live::Mailbox& mailbox) {
  live::Feed feed{tables_, mailbox, live::Feed::Of::descendant};
  const std::atomic<bool> never{false};
  while (!stop_.load()) {
    auto target = find_python({pid, Seek::Kind::found, false, false, &stop_, &never});
    if (!target) return;
    const Outcome outcome = sample_one(*target, feed, nullptr).outcome;
    if (outcome.error.code != Errc::process_changed) return;
  }
}

void LiveSession::save(std::string path, live::Mailbox& mailbox) {
  const std::string name = concat("part", std::to_string(saves_.size()), ".bin");
  saves_.emplace_back([this, path = std::move(path), name, &mailbox] {
    const Format format = format_of(path);
    const std::string part = format == Format::binary ? path : folder_.file(name);
    Result<RecordingCopy> copy = Errc::unsupported;
    Run run = run_;
    run.duration = monotonic_now() - origin_;
    record([&](RecordingRing& ring) { copy = ring.copy(run); });
    const Result<void> kept = copy ? copy->write(part) : Result<void>{copy.error()};
    live::Notice notice{concat("saved to ", path), true};
    if (!kept) {
      notice = {describe_output(part, kept.error()), false};
    } else if (format != Format::binary) {
      notice = convert(part, path, format);
      (void)::unlink(part.c_str());
    }
    const std::lock_guard hold{mailbox_lock_};
    if (!stop_.load()) mailbox.say(std::move(notice));
  });
}

static_assert(live::SavingSession<LiveSession>);

int show(LiveSession& session, std::int64_t pid) {
  live::AppOptions options;
  options.environment = environment();
  options.source_root = concat("/proc/", std::to_string(pid), "/root");
  options.save_as = session.default_name();
  const live::Outcome outcome = live::run_app(session, session.run(), std::move(options));
  if (outcome.fault != live::TerminalFault::none) {
    say_error(live::describe(outcome.fault));
    return static_cast<int>(Exit::failed);
  }
  if (outcome.ending.end == live::End::failed) {
    say_error(outcome.ending.text);
    return static_cast<int>(Exit::failed);
  }
  if (outcome.too_few) {
    say_notice(concat("the screen was closed after ", counted(outcome.ticks, "look"),
                      ": too few to show; without --live there is a report"));
  }
  return outcome.signal == 0 || outcome.signal == SIGINT ? static_cast<int>(Exit::fine)
                                                         : 128 + outcome.signal;
}

}  // namespace

std::optional<std::string> why_no_screen() {
  const live::TerminalFault fault = live::check_terminal(environment());
  if (fault == live::TerminalFault::none) return std::nullopt;
  return live::describe(fault);
}

int watch_live(const CommandLine& line, std::int64_t pid) {
  LiveSession session{line, pid, Seek::Kind::given};
  return show(session, pid);
}

int run_live(const CommandLine& line, Child child) {
  if (const auto why = child.release()) {
    say_error(*why);
    return static_cast<int>(Exit::failed);
  }
  int code = 0;
  bool ended = false;
  {
    LiveSession session{line, child.pid(), Seek::Kind::started};
    // Nobody else asks the child while this does.
    std::atomic<bool> leaving{false};
    std::thread waiter{[&] {
      while (!leaving.load() && !child.wait_for(std::chrono::milliseconds{50})) {
      }
      session.program_ended();
    }};
    code = show(session, child.pid());
    leaving.store(true);
    waiter.join();
    ended = child.poll().has_value();
  }
  if (!ended && !line.options.program.keep_running) (void)child.stop(SIGTERM);
  const std::string errors = child.errors();
  std::fwrite(errors.data(), 1, errors.size(), stderr);
  return ended && code == 0 ? child.ending()->code() : code;
}

}  // namespace tachyon::tool
