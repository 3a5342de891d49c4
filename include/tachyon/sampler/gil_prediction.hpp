#pragma once

#include <algorithm>
#include <cstdint>

#include <tachyon/sampler/look_report.hpp>
#include <tachyon/sampler/roster.hpp>

// Which threads need not be read, because they cannot have moved since the last look.
//
// Under a GIL only its holder can change Python frames, and the GIL counts how often another thread
// took it. It is copied before any stack, so:
//
//   look k      | GIL: B, 17 | stacks of A, B, C |
//   look k + 1  | GIL: B, 17 | stack of B |         A and C have not run any Python meanwhile
//   look k + 2  | GIL: A, 18 | ...                  wrong guess: every thread is read
//
// Of eight busy threads, seven wait: a look costs what one thread costs.
namespace tachyon {

template <class L>
class GilPrediction {
 public:
  explicit GilPrediction(const L& layout) noexcept : layout_{layout} {}

  // Is it worth knowing who has not moved? Only where there is a GIL that counts.
  bool works(std::size_t threads) const noexcept {
    return threads > 1 && layout_.gil.switch_number.present();
  }
  // Do threads not say by themselves whether they hold it?
  bool needs_gil() const noexcept {
    return !layout_.thread.holds_gil.present() && !layout_.thread.status_holds_gil.present();
  }

  // The thread's stack was read while the GIL was as it is in its copy.
  void note(KnownThread<L>& thread, const KnownInterpreter& interpreter) const noexcept {
    thread.stack_age = {true, interpreter.gil_copy[layout_.gil.switch_number]};
  }
  // Has the GIL not changed hands since then, and is it another thread that has it?
  bool is_frozen(const KnownThread<L>& thread, const KnownInterpreter& interpreter) const noexcept {
    if (!thread.stack_age.known) return false;
    const auto& gil = interpreter.gil_copy;
    return gil[layout_.gil.switch_number] == thread.stack_age.switches &&
           gil[layout_.gil.last_holder] != thread.reader.at() &&
           interpreter.running != thread.reader.at() && is_enabled(interpreter);
  }
  // The GIL was copied while the thread that held it could not run: it held it all the while.
  bool is_held_still(const KnownInterpreter& interpreter, const Held& held) const noexcept {
    const auto& gil = interpreter.gil_copy;
    return gil[layout_.gil.locked] == 1 && gil[layout_.gil.last_holder] == held.thread &&
           is_enabled(interpreter);
  }

  // The thread that holds the GIL, where threads do not say so themselves; zero: none, or they say.
  Address holder(const KnownInterpreter& interpreter) const noexcept {
    if (!needs_gil()) return {};
    if (layout_.runtime.gilstate_tstate_current.present()) return interpreter.running;
    const bool locked = interpreter.gil_copy[layout_.gil.locked] == 1;
    return locked ? interpreter.gil_copy[layout_.gil.last_holder] : Address{};
  }
  // A kernel thread may have a state in several interpreters, and is in the one that has frames.
  bool waits(const KnownThread<L>& thread, const KnownInterpreter& interpreter,
             Address futex) const noexcept {
    return waits(interpreter, futex, thread.reader.has_frames());
  }
  bool waits(const KnownInterpreter& interpreter, Address futex, bool has_frames) const noexcept {
    return futex && futex - interpreter.gil < layout_.gil.size && (interpreter.main || has_frames);
  }

 private:
  bool is_enabled(const KnownInterpreter& interpreter) const noexcept {
    return !layout_.gil.enabled.present() || interpreter.gil_copy[layout_.gil.enabled] != 0;
  }

  const L& layout_;
};

}  // namespace tachyon
