#include "fleet.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <tachyon/base/clock.hpp>

#include "browser.hpp"
#include "commands.hpp"
#include "privilege.hpp"
#include "summary.hpp"

namespace tachyon::tool {
namespace {

bool wants_sources(const CommandLine& line) {
  return std::ranges::any_of(wanted_formats(line.options.formats), [&](const WantedFormat& wanted) {
    return info_of(wanted.format).page ||
           (wanted.format == Format::binary && !line.options.files.no_source);
  });
}

void print(std::string_view text, std::FILE* to) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

}  // namespace

Fleet::Fleet(const CommandLine& line, Signals& signals)
    : line_{line}, signals_{signals}, shared_{line} {
  shared_.stopped = ::eventfd(0, EFD_CLOEXEC);
  shared_.news = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

Fleet::~Fleet() {
  stop();
  members_.clear();
  (void)::close(shared_.stopped);
  (void)::close(shared_.news);
}

int Fleet::attach(const std::vector<std::int64_t>& pids) {
  start_clocks();
  if (const auto why = prepare(pids.size(), pids.front())) {
    say_error(*why);
    return static_cast<int>(Exit::failed);
  }
  begin();
  for (const std::int64_t pid : pids) add(pid, Member::Kind::given).start();
  if (line_.options.program.subprocesses) {
    tree_.emplace(pids);
    shared_.told_of_children = tree_->is_told();
  }
  watch();
  return exit_code();
}

int Fleet::run(Child child, bool is_python) {
  shared_.program_is_python = is_python;
  child_.emplace(std::move(child));
  const std::int64_t pid = child_->pid();
  if (line_.options.program.subprocesses) {
    tree_.emplace(std::vector{pid}, ProcessTree::Orphans::ours);
    shared_.told_of_children = tree_->is_told();
    if (!tree_->is_told()) adopts_ = adopt_orphans();
  }
  start_clocks();
  auto why = prepare(1, pid);
  Member* member = nullptr;
  if (!why) {
    member = &add(pid, Member::Kind::started);
    if (!merged_) why = member->open_outputs();
  }
  if (!why) why = child_->release();
  if (why) {
    say_error(*why);
    return static_cast<int>(Exit::failed);
  }
  begin();
  member->start();
  watch();
  return exit_code();
}

// What all members share, and whether each has outputs of its own.
std::optional<std::string> Fleet::prepare(std::size_t processes, std::int64_t first) {
  const ProgramOptions& program = line_.options.program;
  given_ = processes;
  if (!program.merge) {
    shared_.one_of_several = processes > 1;
    return std::nullopt;
  }
  merged_tables_ = std::make_unique<SharedTables>();
  merged_run_ = run_of(line_, first, shared_.started);
  auto made = Outputs::open(line_, merged_tables_->unguarded(), merged_run_, {first, false});
  if (auto* why = std::get_if<std::string>(&made)) return std::move(*why);
  merged_.emplace(std::move(std::get<Outputs>(made)));
  shared_.tables = merged_tables_.get();
  shared_.outputs = &*merged_;
  return std::nullopt;
}

// Outputs write times as they come, so the time of day that session time 0 stands for is settled
// before they are opened.
void Fleet::start_clocks() {
  shared_.origin = monotonic_now();
  shared_.started = unix_now();
}

void Fleet::begin() {
  shared_.begun = monotonic_now();
  if (const auto duration = line_.options.sampling.duration) {
    shared_.deadline = shared_.begun + static_cast<std::uint64_t>(duration->value.count());
  }
}

Member& Fleet::add(std::int64_t pid, Member::Kind kind) {
  members_.push_back(std::make_unique<Member>(shared_, pid, kind));
  return *members_.back();
}

// Until nobody is sampled any more; with a program of ours until that has ended, too.
void Fleet::watch() {
  while (!shared_.stop.load()) {
    wait_a_moment();
    on_signals();
    write_snapshots();
    if (child_ && child_->poll()) shared_.program_ended.store(true);
    if (adopts_) reap_orphans(child_->pid());
    if (tree_) look_for_children();
    const bool up = shared_.deadline != 0 && monotonic_now() >= shared_.deadline;
    if (up) {
      ended_by_us_ = true;
      stop();
    }
    reap(false);
    const bool program_runs = child_ && !shared_.program_ended.load() && !ended_by_us_;
    if (members_.empty() && !program_runs) break;
  }
  // Whatever was sampled is complete before the program is told to go.
  for (auto& member : members_) member->join();
  give_up_tracing();
  write_snapshots();
  if (child_ && !line_.options.program.keep_running && !child_->poll()) {
    (void)child_->stop(signal_ != 0 ? signal_ : SIGTERM);
  }
  reap(true);
  if (merged_) report_merged();
}

void Fleet::wait_a_moment() {
  std::uint64_t wait = tree_ ? tree_->patience(monotonic_now()) : 500'000'000;
  if (shared_.deadline != 0) {
    const std::uint64_t at = monotonic_now();
    wait = at >= shared_.deadline ? 0 : std::min(wait, shared_.deadline - at);
  }
  pollfd all[4] = {{signals_.descriptor(), POLLIN, 0},
                   {shared_.news, POLLIN, 0},
                   {child_ && !shared_.program_ended.load() ? child_->descriptor() : -1, POLLIN, 0},
                   {tree_ ? tree_->descriptor() : -1, POLLIN, 0}};
  const timespec limit{static_cast<time_t>(wait / 1'000'000'000),
                       static_cast<long>(wait % 1'000'000'000)};
  (void)::ppoll(all, 4, &limit, nullptr);
  std::uint64_t news = 0;
  (void)!::read(shared_.news, &news, sizeof news);
}

void Fleet::on_signals() {
  while (const auto signal = signals_.next()) {
    switch (signal->number) {
      case SIGINT:
        interrupted_ = true;
        if (!child_) {
          stop();
        } else if (!signal->from_terminal) {
          child_->send(SIGINT);  // the terminal's own Ctrl-C has reached the program already
        }
        break;
      case SIGTERM:
      case SIGHUP:
        signal_ = signal->number;
        ended_by_us_ = true;
        stop();
        break;
      case SIGUSR1:
        ask_for_snapshots();
        break;
      default:
        break;
    }
  }
}

void Fleet::ask_for_snapshots() {
  const bool recording =
      std::ranges::any_of(wanted_formats(line_.options.formats), [&](const WantedFormat& wanted) {
        return wanted.format == Format::binary &&
               line_.options.files.binary_format != BinaryFormat::cpython;
      });
  if (recording) return shared_.snapshots.ask();
  say_warning("SIGUSR1 writes a snapshot of a recording, and none is made; start with --binary");
}

void Fleet::write_snapshots() {
  for (const Outputs::Copy& copy : shared_.snapshots.take()) {
    if (!write_snapshot(copy)) failed_ = true;
  }
}

void Fleet::stop() {
  shared_.stop.store(true);
  const std::uint64_t one = 1;
  (void)!::write(shared_.stopped, &one, sizeof one);
}

void Fleet::look_for_children() {
  if (shared_.stop.load()) return;
  for (const std::int64_t pid : tree_->fresh(monotonic_now())) {
    const bool known =
        std::ranges::any_of(members_, [&](const auto& m) { return m->pid() == pid; });
    if (known) continue;
    // From the second process on, names tell processes apart; the first keeps the plain ones.
    if (!merged_) shared_.one_of_several = true;
    add(pid, Member::Kind::found).start();
  }
}

void Fleet::reap(bool all) {
  for (std::size_t i = 0; i < members_.size();) {
    if (!all && !members_[i]->finished()) {
      ++i;
      continue;
    }
    const auto member = std::move(members_[i]);
    members_.erase(members_.begin() + static_cast<std::ptrdiff_t>(i));
    member->join();
    report(*member);
  }
}

void Fleet::report(Member& member) {
  if (member.attached()) ++sampled_;
  // Descendants that are no Python, or were gone before they could be one, are nobody's business.
  if (member.kind() == Member::Kind::found && !member.attached()) return;
  if (member.error()) {
    say_error(*member.error());
    failed_ = true;
    if (!member.attached()) return;
  }
  if (why_polled_.empty()) why_polled_ = member.why_polled();
  if (const std::uint64_t interval = member.slowed_to(); interval != 0) {
    say_warning(concat("the rate was lowered, at times to ",
                       fixed(1e9 / static_cast<double>(interval), 0),
                       " Hz, to keep the cost to the program below --max-overhead"));
  }
  if (merged_) {
    Run& run = member.run();
    if (merged_run_.target.command_line.empty()) merged_run_.target = run.target;
    const std::uint64_t start = shared_.begun - shared_.origin;
    const std::uint64_t until = member.first_look() + run.duration;
    if (until > start) merged_run_.duration = std::max(merged_run_.duration, until - start);
    add_quality(merged_run_.quality, run.quality);
    merged_sources_ = member.take_sources();
    return;
  }
  if (Outputs* const outputs = member.outputs()) {
    if (!write_report(*outputs, member.run(), member.tables(), member.sources(),
                      member.first_look())) {
      failed_ = true;
    }
  }
}

void Fleet::report_merged() {
  if (sampled_ == 0 && failed_) return;
  if (!write_report(*merged_, merged_run_, merged_tables_->unguarded(), merged_sources_, 0))
    failed_ = true;
}

bool Fleet::write_report(Outputs& outputs, Run& run, const Tables& tables,
                         const SourceFiles& sources, std::uint64_t first_look) {
  run.interrupted = interrupted_;
  if (wants_sources(line_)) load_sources(run, tables.frames, sources);
  std::FILE* const to = outputs.uses_stdout() ? stderr : stdout;
  print(capture_lines(run), to);
  for (const std::string& warning : {missed_warning(run), unseen_warning(run)}) {
    if (!warning.empty()) say_warning(warning);
  }
  if (outputs.samples() == 0) {
    say_warning(line_.options.sampling.mode == ModeKind::wall
                    ? "nothing was sampled"
                    : concat("nothing was sampled: no thread was in the state that --mode ",
                             text_of(line_.options.sampling.mode), " keeps; try -a"));
  }
  const bool fine = report_outputs(outputs.finish(run), to);
  std::string quality = quality_line(run.quality);
  const std::uint64_t start = shared_.begun - shared_.origin;
  if (child_ && first_look >= start + 1'000'000) {
    quality += concat("; the first ", fixed(static_cast<double>(first_look - start) * 1e-6, 0),
                      " ms of the program were not seen");
  }
  say_notice(quality);
  if (!why_polled_.empty()) {
    say_notice(concat("read from outside, less exactly: ", std::exchange(why_polled_, {})));
  }
  if (line_.options.files.browser) open_pages(outputs);
  return fine;
}

int Fleet::exit_code() const {
  const int own = static_cast<int>(failed_ ? Exit::failed : Exit::fine);
  if (!child_) return signal_ != 0 ? 128 + signal_ : own;
  const auto ending = child_->ending();
  if (!ending) return own;                                              // it was left running
  if (ended_by_us_ && signal_ == 0 && ending->by_signal()) return own;  // -d did what it was to do
  return ending->code() != 0 ? ending->code() : own;
}

}  // namespace tachyon::tool
