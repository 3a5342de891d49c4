#pragma once

#include <cstddef>

#include <tachyon/sampler/gil_prediction.hpp>
#include <tachyon/sampler/look_report.hpp>
#include <tachyon/sampler/roster.hpp>
#include <tachyon/unwind/chain.hpp>
#include <tachyon/unwind/threads.hpp>

// What is known about a thread besides its chain of frames, and the frames that stand for it: its
// status, "<GC>" where it collects, "<C call>" where it sits in C code.
namespace tachyon {

template <Layout L, Memory M, Host H>
class StackFinish {
 public:
  StackFinish(const L& layout, M& memory, Roster<L, M, H>& roster, ChainMaker<L>& maker,
              const SamplerOptions& options, Address none)
      : layout_{layout},
        memory_{memory},
        roster_{roster},
        maker_{maker},
        options_{options},
        none_{none},
        gc_frame_{maker.builder().synthetic("<GC>", FrameKind::gc)},
        c_frame_{maker.builder().synthetic("<C call>", FrameKind::native)} {}

  // Completes `look`, whose thread has just been read.
  void operator()(KnownThread<L>& thread, ThreadLook& look) {
    const KnownInterpreter& interpreter = roster_.interpreter_of(thread);
    const GilPrediction<L> gil{layout_};
    const ThreadCopy& copy = thread.reader.copy();
    const auto exception = has_exception(memory_, layout_, thread.reader.at(), copy, none_);
    const Status kernel = look.status & (Status::on_cpu | Status::unknown | Status::stopped);
    look.status = kernel | status_of(layout_, thread.reader.at(), copy, gil.holder(interpreter),
                                     exception && *exception, thread.main);
    thread.held_gil = has(look.status, Status::has_gil);
    if (!thread.held_gil && gil.waits(thread, interpreter, look.waits_at)) {
      look.status |= Status::gil_requested;
    }
    const auto& words = layout_.interpreter;
    const bool collecting = interpreter.copy.value(layout_, words.gc_collecting) != 0;
    const Address frame = interpreter.copy.value(layout_, words.gc_frame);
    look.stack = finish(thread.reader.chain(), collecting, frame, look.status);
  }

  // The stack of a chain, while a collection is on or not; `gc_frame` is where it began.
  StackId finish(const Chain& chain, bool collecting, Address gc_frame, Status& status) {
    const StackId stack = collecting ? with_gc(chain, gc_frame, status) : chain.stack();
    // A collection that runs on top of the call is what the thread does.
    if (options_.c_calls && !has(status, Status::in_gc) && maker_.is_in_c(memory_, chain)) {
      return maker_.builder().push(stack, c_frame_);
    }
    return stack;
  }

 private:
  StackId with_gc(const Chain& chain, Address frame, Status& status) {
    if (!frame) {
      // No word says where it began: the collecting thread is the one that may run.
      if (!has(status, Status::has_gil)) return chain.stack();
      status |= Status::in_gc;
      return options_.gc ? maker_.builder().push(chain.stack(), gc_frame_) : chain.stack();
    }
    for (std::size_t i = chain.size(); i-- > 0;) {
      if (chain[i].at != frame) continue;
      status |= Status::in_gc;
      if (!options_.gc) return chain.stack();
      return maker_.restack(chain, i + 1, maker_.builder().push(chain[i].stack, gc_frame_));
    }
    return chain.stack();
  }

  const L& layout_;
  M& memory_;
  Roster<L, M, H>& roster_;
  ChainMaker<L>& maker_;
  const SamplerOptions& options_;
  Address none_;
  FrameId gc_frame_;
  FrameId c_frame_;
};

}  // namespace tachyon
