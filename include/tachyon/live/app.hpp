#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <concepts>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/base/clock.hpp>
#include <tachyon/base/thread.hpp>
#include <tachyon/live/environment.hpp>
#include <tachyon/live/feed.hpp>
#include <tachyon/live/held.hpp>
#include <tachyon/live/input.hpp>
#include <tachyon/live/keys.hpp>
#include <tachyon/live/mailbox.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/signals.hpp>
#include <tachyon/live/source_file.hpp>
#include <tachyon/live/terminal.hpp>
#include <tachyon/live/ui.hpp>
#include <tachyon/live/update.hpp>
#include <tachyon/live/view.hpp>

// The live profiler: a session that samples in one thread, a screen and a keyboard in another.
//
// The display thread sleeps in poll() until there is a key, a signal, the time of the next refresh
// or word from the session, whichever comes first. A key is answered from what the model knows, at
// once, even if the target is stopped, gone or impossible to read;
// only a refresh takes in new samples.
namespace tachyon::live {

// What the display needs to know of a session, which may be a live target or a replayed recording.
template <class S>
concept Session = requires(S& session, Feed& feed) {
  { session.tables() } -> std::same_as<SharedTables&>;
  // Runs on a thread of its own until sampling is over; feeds every sample and tick.
  { session.sample(feed) } -> std::same_as<Ending>;
  // From any thread, any number of times: sample() should return soon.
  { session.stop() } -> std::same_as<void>;
  requires noexcept(session.stop());
};

// Starts writing what has been recorded so far, and returns; the outcome is said to the mailbox.
template <class S>
concept SavingSession = Session<S> && requires(S& session, std::string path, Mailbox& mailbox) {
  { session.save(path, mailbox) } -> std::same_as<void>;
};

struct AppOptions {
  Environment environment{};
  Moment interval = 100'000'000;
  std::uint64_t least_ticks = 200;  // a run with fewer is not worth a screen
  std::string source_root{};        // "/proc/PID/root"
  std::string save_as{};            // what the prompt of `w` begins with
};

// Why the display was left. `signal` is what ended us, if one did;
// SIGHUP also when the terminal went.
struct Outcome {
  TerminalFault fault = TerminalFault::none;
  Ending ending{};
  std::uint64_t ticks = 0;
  bool too_few = false;
  int signal = 0;
};

namespace detail {

inline Moment moment_now() noexcept { return static_cast<Moment>(monotonic_now()); }

inline std::string time_of_day() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[16];
  return std::string{text, std::strftime(text, sizeof text, "%H:%M:%S", &parts)};
}

}  // namespace detail

template <Session S>
class App {
 public:
  App(S& session, Run run, AppOptions options)
      : session_{session},
        options_{std::move(options)},
        model_{std::move(run)},
        update_{colours_of(options_.environment)},
        unicode_{unicode_of(options_.environment)} {
    ui_.interval = options_.interval;
    ui_.save_as = options_.save_as;
  }

  Outcome run();

 private:
  void loop();
  void wait();
  void on_signals();
  void on_input();
  void on_event(const Event& event);
  void on_interrupt();
  void refresh(Moment now);
  void take_in(Batch&& batch, Moment now);
  void show(Moment now);
  void load_source();
  void suspend();

  static constexpr Moment notice_time = 4'000'000'000;
  static constexpr Moment escape_time = 50'000'000;

  S& session_;
  AppOptions options_;
  Mailbox mailbox_;
  Model model_;
  Ui ui_;
  HeldBatches held_;
  InputDecoder decoder_;
  ScreenUpdate update_;
  Surroundings around_;
  bool unicode_;
  Signals signals_;
  Terminal terminal_;
  Outcome outcome_;
  Moment next_refresh_ = 0;
  Moment last_input_ = 0;
  Size size_{};
  bool dirty_ = true;
  bool done_ = false;
};

template <Session S>
Outcome App<S>::run() {
  outcome_.fault = check_terminal(options_.environment);
  if (outcome_.fault == TerminalFault::none && !terminal_.enter()) {
    outcome_.fault = TerminalFault::system;
  }
  if (outcome_.fault != TerminalFault::none) return outcome_;
  Worker sampling{[this] {
    Feed feed{session_.tables(), mailbox_};
    Ending ending = session_.sample(feed);
    feed.publish();
    mailbox_.end(std::move(ending));
  }};
  loop();
  terminal_.leave();
  session_.stop();
  sampling.join();
  if (model_.running()) take_in(mailbox_.take(), detail::moment_now());
  outcome_.ending = model_.ending();
  outcome_.ticks = model_.ticks().taken;
  return outcome_;
}

template <Session S>
void App<S>::loop() {
  while (!done_) {
    const Moment now = detail::moment_now();
    if (now >= next_refresh_) refresh(now);
    // A slow terminal gets fewer pictures, not old ones: nothing is drawn while it still has some.
    if (dirty_ && !done_ && terminal_.idle()) show(now);
    if (!terminal_.flush()) outcome_.signal = SIGHUP;
    if (outcome_.signal != 0) return;
    if (!done_) wait();
  }
}

template <Session S>
void App<S>::wait() {
  std::array<pollfd, 4> sources{{{terminal_.input(), POLLIN, 0},
                                 {signals_.descriptor(), POLLIN, 0},
                                 {mailbox_.wake_descriptor(), POLLIN, 0},
                                 {terminal_.idle() ? -1 : terminal_.output(), POLLOUT, 0}}};
  const Moment now = detail::moment_now();
  Moment until = next_refresh_;
  if (decoder_.waiting()) until = std::min(until, last_input_ + escape_time);
  const Moment rest = until > now ? until - now : 0;
  const timespec limit{static_cast<std::time_t>(rest / 1'000'000'000),
                       static_cast<long>(rest % 1'000'000'000)};
  if (::ppoll(sources.data(), sources.size(), &limit, nullptr) < 0 && errno != EINTR) {
    outcome_.signal = SIGHUP;
    done_ = true;
    return;
  }
  if (sources[1].revents != 0) on_signals();
  if (sources[0].revents != 0) on_input();
  if (sources[2].revents != 0) next_refresh_ = 0;
  if (decoder_.waiting() && detail::moment_now() >= last_input_ + escape_time) {
    decoder_.quiet([this](const Event& event) { on_event(event); });
  }
}

template <Session S>
void App<S>::on_signals() {
  while (const std::optional<int> signal = signals_.next()) {
    switch (*signal) {
      case SIGWINCH:
        dirty_ = true;
        break;
      case SIGINT:
        on_interrupt();
        break;
      case SIGUSR1:
        if constexpr (requires { session_.snapshot(mailbox_); }) session_.snapshot(mailbox_);
        break;
      case SIGCONT:
        if (!terminal_.retake()) outcome_.signal = SIGHUP;
        update_.forget();
        dirty_ = true;
        break;
      default:
        outcome_.signal = *signal;
        done_ = true;
        break;
    }
  }
}

template <Session S>
void App<S>::on_input() {
  std::array<char, 4096> bytes;
  const int n = terminal_.read(bytes);
  if (n < 0) {
    outcome_.signal = SIGHUP;
    done_ = true;
  }
  if (n <= 0) return;
  last_input_ = detail::moment_now();
  decoder_.feed({bytes.data(), static_cast<std::size_t>(n)},
                [this](const Event& event) { on_event(event); });
}

template <Session S>
void App<S>::on_event(const Event& event) {
  const Moment now = detail::moment_now();
  const Moment interval = ui_.interval;
  ui_.notice.reset();
  Reaction reaction = handle(model_, ui_, event, now);
  dirty_ = true;
  if (reaction.quit) done_ = true;
  if (reaction.interrupt) on_interrupt();
  if (reaction.suspend) suspend();
  if (reaction.repaint) update_.forget();
  if (ui_.interval != interval || (!ui_.paused && !held_.empty())) next_refresh_ = 0;
  if (reaction.save) {
    if constexpr (SavingSession<S>) {
      session_.save(std::move(*reaction.save), mailbox_);
    } else {
      mailbox_.say({"this session cannot save", false});
    }
  }
  load_source();
}

// The first one ends sampling and keeps the results on the screen, the second one leaves.
template <Session S>
void App<S>::on_interrupt() {
  if (!model_.running()) done_ = true;
  session_.stop();
}

template <Session S>
void App<S>::refresh(Moment now) {
  next_refresh_ = std::max(next_refresh_ + ui_.interval, now + ui_.interval / 2);
  if (next_refresh_ > now + ui_.interval) next_refresh_ = now + ui_.interval;
  Batch batch = mailbox_.take();
  for (Notice& notice : batch.notices) {
    ui_.notice = std::move(notice);
    ui_.notice_until = now + notice_time;
    dirty_ = true;
  }
  batch.notices.clear();
  if (ui_.notice && now >= ui_.notice_until) ui_.notice.reset();
  if (ui_.paused) {
    held_.hold(std::move(batch));
    if (!held_.ended()) {
      dirty_ = dirty_ || terminal_.size() != size_;
      return;
    }
    ui_.paused = false;  // there is nothing left to hold back
    batch = {};
  }
  for (Batch& each : held_.release()) take_in(std::move(each), now);
  take_in(std::move(batch), now);
  if (model_.running()) around_.time_of_day = detail::time_of_day();
  load_source();
  dirty_ = true;
}

template <Session S>
void App<S>::take_in(Batch&& batch, Moment now) {
  const bool was_running = model_.running();
  model_.refresh(std::move(batch), now);
  if (was_running && !model_.running()) {
    around_.time_of_day = detail::time_of_day();
    if (model_.ticks().taken < options_.least_ticks) {
      outcome_.too_few = true;
      done_ = true;
    }
  }
}

template <Session S>
void App<S>::show(Moment) {
  const Size size = terminal_.size();
  if (size != size_) update_.forget();
  size_ = size;
  const std::string update = update_.to(draw(model_, ui_, size, around_, unicode_));
  // Terminals that know "synchronized output" show it in one go; the others ignore the frame.
  if (!update.empty()) terminal_.send("\x1b[?2026h" + update + "\x1b[?2026l");
  dirty_ = false;
}

template <Session S>
void App<S>::load_source() {
  if (ui_.view != View::lines || !ui_.function) return;
  const std::string file{model_.frames()[model_.frames()[*ui_.function].file]};
  if (model_.knows_source(file)) return;
  model_.keep_source(
      file, read_source(options_.source_root, model_.run().target.working_directory, file));
}

// Ctrl-Z: as any program does. Sampling stops with us.
template <Session S>
void App<S>::suspend() {
  terminal_.leave();
  ::kill(::getpid(), SIGTSTP);
  if (!terminal_.enter()) outcome_.signal = SIGHUP;
  update_.forget();
  dirty_ = true;
}

// The whole of it: takes the terminal, samples, gives it back.
template <Session S>
Outcome run_app(S& session, Run run, AppOptions options) {
  return App<S>{session, std::move(run), std::move(options)}.run();
}

}  // namespace tachyon::live
