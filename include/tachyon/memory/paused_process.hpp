#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <elf.h>
#include <sched.h>
#include <span>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <tachyon/base/clock.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/memory/process_stat.hpp>

// A process that can be made to stand still while it is read: exact, and dearer than any other way.
//
// Threads are seized with ptrace, once, and interrupted for each pause. Seizing needs no signal,
// shows nowhere in the target, and a thread that is not paused runs as before. The alternative,
// SIGSTOP, is seen by the target's parent, and attaching anew for each pause takes three
// times as long.
//
//   attach  --seize-->  running  --interrupt-->  stopped  --continue-->  running  --detach-->
//                          ^                        |
//                          +---- killed, we exit: the kernel does this for us
//
// Nothing stays behind. A Pause resumes what it stopped when it goes out of scope, the destructor
// detaches, and when we die instead, by any signal, the kernel detaches every thread and
// lets it run.
//
// While a thread is seized the kernel shows us its signals before it gets them. They are passed on
// as they came: at once when one arrives while a pause begins, otherwise by service(), which
// whoever keeps a process seized calls now and then. A thread that job control had stopped is put
// back to that stop and not continued.
//
// Three things to know: ptrace answers only the thread that seized; a second tracer (a debugger) is
// refused by the kernel; and a thread inside an uninterruptible system call cannot stop before that
// returns, so a pause counts it as not stopped instead of waiting: it does not run Python either
// (but a thread that it was about to start will).
namespace tachyon {

class PausedProcess {
 public:
  // While it lives, the threads stand still. Must not outlive the PausedProcess or see it moved.
  class Pause {
   public:
    Pause(Pause&& other) noexcept
        : owner_{std::exchange(other.owner_, nullptr)}, unstopped_{other.unstopped_} {}
    Pause& operator=(Pause&&) = delete;
    ~Pause() {
      if (owner_) owner_->resume();
    }
    // Threads that were in the kernel and could not be stopped.
    std::size_t unstopped() const noexcept { return unstopped_; }

   private:
    friend PausedProcess;
    Pause(PausedProcess& owner, std::size_t unstopped) noexcept
        : owner_{&owner}, unstopped_{unstopped} {}

    PausedProcess* owner_;
    std::size_t unstopped_;
  };

  // `live` must outlive this. Fails here, not at the first pause, when we may not trace.
  static Result<PausedProcess> attach(LiveProcess& live);
  PausedProcess(PausedProcess&&) noexcept = default;
  PausedProcess& operator=(PausedProcess&&) = delete;
  ~PausedProcess() { detach(); }

  // Every thread, those included that start while the others are being stopped.
  Result<Pause> pause();

  // Did our stopping wake this thread from a sleep in the kernel? While it stands still only. Such
  // a thread is runnable until it has gone back to sleep, for which a busy machine may not give it
  // a CPU before the next pause; it was not running all the same.
  bool was_asleep(std::int32_t task) noexcept;

  // Passes on the signals that have arrived for seized threads, and lets go of ended ones.
  void service() noexcept;
  // Lets go of every thread. A later pause seizes anew.
  void detach() noexcept;

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    return live_->read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    return live_->read_many(ranges);
  }
  LiveProcess& live() noexcept { return *live_; }

 private:
  enum class State : std::uint8_t {
    running,
    interrupted,    // asked to stop, has not yet
    stopped,        // by us
    group_stopped,  // by job control: stays so
    ended,
  };
  struct Seized {
    std::int32_t task;
    State state;
  };
  static constexpr std::uint64_t longest_wait = 2'000'000'000;  // ns
  static constexpr std::uint64_t patience = 2'000'000;  // before looking why one does not stop
  static constexpr std::uint64_t spin = 100'000;
  static constexpr int most_rounds = 100;

  explicit PausedProcess(LiveProcess& live) noexcept : live_{&live} {}

  // Threads are asked for in the order in which they were seized, nearly always.
  Seized* find(std::int32_t task) noexcept {
    for (std::size_t step = 0; step < seized_.size(); ++step) {
      Seized& candidate = seized_[hint_++ % seized_.size()];
      if (candidate.task == task) return &candidate;
    }
    return nullptr;
  }
  Result<Seized*> seize(std::int32_t task);
  Result<void> seize_others(bool& more);
  bool is_complete() const noexcept;
  void interrupt(Seized& thread) noexcept;
  Result<void> await(Seized& thread, std::uint64_t since) noexcept;
  Result<void> give_up_ended(Seized& thread) noexcept;
  bool collect(Seized& thread) noexcept;
  void take_stop(Seized& thread, int status) noexcept;
  void resume() noexcept;
  void drop_ended() noexcept;
  char state_of(std::int32_t task) const noexcept;
  bool is_over() const noexcept;
  Pause finish() noexcept;

  LiveProcess* live_;
  Descriptor tasks_;        // the folder of its threads, once it has been listed
  bool own_child_ = false;  // its exit status is its parent's to collect, and we are that
  std::vector<Seized> seized_;
  std::size_t hint_ = 0;
};
static_assert(Memory<PausedProcess>);

inline Result<PausedProcess> PausedProcess::attach(LiveProcess& live) {
  PausedProcess process{live};
  const auto stat = detail::read_process_stat(live.directory());
  if (!stat) return stat.error();
  process.own_child_ = stat->parent == ::getpid();
  if (const auto first = process.seize(live.task()); !first) return first.error();
  return process;
}

inline Result<PausedProcess::Seized*> PausedProcess::seize(std::int32_t task) {
  if (Seized* known = find(task)) return known;
  if (::ptrace(PTRACE_SEIZE, task, nullptr, nullptr) != 0) {
    // EPERM is also what a thread answers that has ended but is still listed.
    const int reason = errno;
    const char state = state_of(task);
    const bool over = state == 'Z' || state == 'X' || state == '?';
    if (over && task == live_->pid() && is_over()) return Errc::no_such_process;
    if (over || reason == ESRCH) return static_cast<Seized*>(nullptr);
    return detail::process_error(reason);
  }
  seized_.push_back({task, State::running});
  return &seized_.back();
}

inline Result<PausedProcess::Pause> PausedProcess::pause() {
  Result<void> outcome;
  int nobody_new = 0;
  for (int round = 0; round < most_rounds && outcome; ++round) {
    for (Seized& thread : seized_) {
      if (thread.state == State::running) interrupt(thread);
    }
    const std::uint64_t since = monotonic_now();
    for (Seized& thread : seized_) {
      if (outcome) outcome = await(thread, since);
    }
    if (!outcome) break;
    drop_ended();
    // A thread that still ran could start another one: done when there is nobody new. One listing
    // may pass over a thread while another one ends (1 pause of 800 of a program that starts and
    // ends threads all the time), so where the number disagrees two must find nobody.
    bool more = false;
    const bool complete = is_complete();
    if (!complete) outcome = seize_others(more);
    nobody_new = more ? 0 : nobody_new + 1;
    if (outcome && (complete || nobody_new == 2)) {
      auto paused = finish();
      if (seized_.empty()) return Errc::no_such_process;
      return paused;
    }
  }
  resume();
  return outcome ? Error{Errc::too_deep} : outcome.error();
}

// The folder of a process's threads has a link for each of them and two for itself: asking for that
// number takes 0.9 us of the target's pause, listing the folder 10.
inline bool PausedProcess::is_complete() const noexcept {
  struct stat folder;
  return tasks_ && ::fstat(tasks_.get(), &folder) == 0 && folder.st_nlink == seized_.size() + 2;
}

inline Result<void> PausedProcess::seize_others(bool& more) {
  auto directory = open_for_reading("task", O_DIRECTORY, live_->directory().get());
  if (!directory) return detail::process_error(directory.error().sys);
  Result<void> outcome;
  const auto listed = detail::each_task(*directory, [&](std::int32_t task) {
    const std::size_t known = seized_.size();
    const auto thread = seize(task);
    if (!thread) outcome = thread.error();
    more = more || seized_.size() > known;
    return static_cast<bool>(outcome);
  });
  tasks_ = std::move(*directory);
  return listed ? outcome : listed.error();
}

inline PausedProcess::Pause PausedProcess::finish() noexcept {
  drop_ended();
  const auto unstopped = std::count_if(seized_.begin(), seized_.end(), [](const Seized& s) {
    return s.state == State::interrupted;
  });
  return Pause{*this, static_cast<std::size_t>(unstopped)};
}

// The registers of a thread that was taken out of a system call: its number, and a result that says
// "start it again", or "interrupted" from those that are never started again (epoll_wait). A thread
// that was only passing through the kernel has its result there, one that ran its own code has no
// number. A thread that a busy machine gave no CPU since the stop before stands on the very
// instruction that starts its call again. (16 of 80 samples of --mode cpu --blocking showed a thread
// that slept.)
inline bool PausedProcess::was_asleep(std::int32_t task) noexcept {
  constexpr std::int64_t interrupted = -EINTR;
  constexpr std::int64_t first_restart = -516, last_restart = -512;  // the kernel's own, no errno
  const Seized* thread = find(task);
  if (thread == nullptr || thread->state != State::stopped) return false;
  user_regs_struct registers{};
  iovec into{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, task, NT_PRSTATUS, &into) != 0) return false;
#if defined(__x86_64__)
  const auto call = static_cast<std::int64_t>(registers.orig_rax);
  const auto result = static_cast<std::int64_t>(registers.rax);
  const Address next{registers.rip};
  constexpr std::array enters_kernel{std::byte{0x0f}, std::byte{0x05}};  // syscall
#elif defined(__aarch64__)
  std::int32_t call = -1;
  iovec number{&call, sizeof call};
  if (::ptrace(PTRACE_GETREGSET, task, NT_ARM_SYSTEM_CALL, &number) != 0) return false;
  const auto result = static_cast<std::int64_t>(registers.regs[0]);
  const Address next{registers.pc};
  constexpr std::array enters_kernel{std::byte{0x01}, std::byte{0x00}, std::byte{0x00},
                                     std::byte{0xd4}};  // svc #0
#else
  constexpr int call = -1, result = 0;  // not known: what the kernel's state says stands
  const Address next{};
  constexpr std::array<std::byte, 1> enters_kernel{};
#endif
  if (call >= 0 && (result == interrupted || (result >= first_restart && result <= last_restart))) {
    return true;
  }
  std::array<std::byte, enters_kernel.size()> instruction{};
  return next && read(next, instruction) && instruction == enters_kernel;
}

inline void PausedProcess::interrupt(Seized& thread) noexcept {
  // What it has reported since belongs to its past: a signal to pass on, a stop that came late.
  while (thread.state == State::running && collect(thread)) continue;
  if (thread.state != State::running) return;
  thread.state = State::interrupted;
  if (::ptrace(PTRACE_INTERRUPT, thread.task, nullptr, nullptr) != 0) collect(thread);
}

// Stopping takes some 20 us, much less than going to sleep for it would; so it is polled, first
// without pause, then with short ones.
inline Result<void> PausedProcess::await(Seized& thread, std::uint64_t since) noexcept {
  while (thread.state == State::interrupted) {
    if (collect(thread) || thread.state != State::interrupted) continue;
    const std::uint64_t waited = monotonic_now() - since;
    if (waited > longest_wait) return Errc::timed_out;
    if (waited > patience) {
      const char state = state_of(thread.task);
      if (state == 'D') return {};
      // A main thread's end is told after that of all others, which wait to be asked.
      if (state == 'Z' || state == 'X' || state == '?') return give_up_ended(thread);
    }
    if (waited > spin) {
      const timespec nap{0, 50'000};
      ::nanosleep(&nap, nullptr);
    } else if (waited > spin / 2) {
      ::sched_yield();
    }
  }
  return {};
}

inline Result<void> PausedProcess::give_up_ended(Seized& thread) noexcept {
  for (Seized& other : seized_) {
    if (&other == &thread || other.state == State::ended) continue;
    if (other.state == State::interrupted || state_of(other.task) == 'Z') collect(other);
  }
  if (!collect(thread)) thread.state = State::ended;
  return {};
}

// What the kernel has to say about this thread, if anything.
inline bool PausedProcess::collect(Seized& thread) noexcept {
  if (thread.task == live_->pid() && own_child_) {
    siginfo_t info{};
    const int peeked = ::waitid(P_PID, static_cast<id_t>(thread.task), &info,
                                WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL);
    if (peeked != 0 && errno == ECHILD) thread.state = State::ended;  // it has been waited for
    if (peeked != 0 || info.si_pid == 0) return thread.state == State::ended;
    if (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
      thread.state = State::ended;
      return true;
    }
  }
  int status = 0;
  const pid_t who = ::waitpid(thread.task, &status, __WALL | WNOHANG);
  if (who == thread.task) {
    if (WIFSTOPPED(status)) {
      take_stop(thread, status);
    } else {
      thread.state = State::ended;
    }
    return true;
  }
  if (who < 0 && errno == ECHILD) thread.state = State::ended;
  return false;
}

inline void PausedProcess::take_stop(Seized& thread, int status) noexcept {
  const int signal = WSTOPSIG(status);
  if (status >> 16 == PTRACE_EVENT_STOP) {
    const bool job_control =
        signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    // One that was not asked to stop now has come late, or was stopped by job control meanwhile.
    const bool wanted = thread.state == State::interrupted;
    thread.state = job_control ? State::group_stopped : State::stopped;
    if (wanted) return;
    const auto request = job_control ? PTRACE_LISTEN : PTRACE_CONT;
    if (::ptrace(request, thread.task, nullptr, nullptr) == 0) thread.state = State::running;
    return;
  }
  // A signal on its way to the thread, and it goes on. This stop has taken the place of the one
  // that we asked for; asked for again now, it comes before the thread runs any of its own code.
  const long passed_on = status >> 16 == 0 ? signal : 0;
  if (thread.state == State::interrupted) {
    ::ptrace(PTRACE_INTERRUPT, thread.task, nullptr, nullptr);
  }
  ::ptrace(PTRACE_CONT, thread.task, nullptr, reinterpret_cast<void*>(passed_on));
}

inline void PausedProcess::resume() noexcept {
  for (Seized& thread : seized_) {
    if (thread.state == State::stopped || thread.state == State::group_stopped) {
      const auto request = thread.state == State::stopped ? PTRACE_CONT : PTRACE_LISTEN;
      // ESRCH: killed while it stood still; its end is collected like any other.
      ::ptrace(request, thread.task, nullptr, nullptr);
      thread.state = State::running;
    } else if (thread.state == State::interrupted) {
      // Still to stop. Seen as running, its stop is answered by service() or by the next pause.
      thread.state = State::running;
    }
  }
}

inline void PausedProcess::service() noexcept {
  for (Seized& thread : seized_) {
    while (thread.state == State::running && collect(thread)) continue;
  }
  drop_ended();
}

inline void PausedProcess::detach() noexcept {
  resume();
  service();
  for (Seized& thread : seized_) interrupt(thread);
  const std::uint64_t since = monotonic_now();
  for (Seized& thread : seized_) {
    // The kernel detaches a thread only while it stands. What cannot stop now is let go when the
    // thread that seized it ends.
    if (const auto stood = await(thread, since); !stood) continue;
    ::ptrace(PTRACE_DETACH, thread.task, nullptr, nullptr);
  }
  seized_.clear();
}

inline void PausedProcess::drop_ended() noexcept {
  seized_.erase(std::remove_if(seized_.begin(), seized_.end(),
                               [](const Seized& s) { return s.state == State::ended; }),
                seized_.end());
}

// Its main thread has ended, and so has everybody else.
inline bool PausedProcess::is_over() const noexcept {
  const auto stat = detail::read_process_stat(live_->directory());
  return !stat || stat->threads <= 1;
}

inline char PausedProcess::state_of(std::int32_t task) const noexcept {
  const auto stat = detail::read_process_stat(
      live_->directory(), detail::ProcPath{"task/"}.add(task).add("/stat").c_str());
  return stat ? stat->state : '?';
}

}  // namespace tachyon
