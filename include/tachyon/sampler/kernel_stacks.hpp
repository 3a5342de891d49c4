#pragma once

#include <sys/syscall.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <tachyon/kernel/record.hpp>
#include <tachyon/kernel/seen_code.hpp>
#include <tachyon/kernel/stack.hpp>
#include <tachyon/sampler/gil_prediction.hpp>
#include <tachyon/sampler/watch.hpp>

// From what the kernel has recorded to stacks: by the same code that makes them of what is read
// from outside, with the record in place of the reads.
//
// Code objects are read after the fact, up to a drain later, and one may have been freed since. A
// record says how many had died when it was made: if none has since, all of them are what they
// were. Otherwise, and where the interpreter does not count, each is checked once a drain. Of one
// that is gone, "<freed code>" is shown, and that is counted: the module that an import has just run,
// above the importer and below what it called.
//
// Most samples share their older frames with the last one of the same thread. Those are not made
// again.
namespace tachyon {

template <Layout L, Memory M, Host H>
class KernelStacks {
 public:
  static constexpr std::uint64_t no_epoch = ~std::uint64_t{0};

  // What is kept for each thread between its records.
  struct ThreadChain {
    Chain chain{};
    std::uint64_t epoch = no_epoch;
    std::uint64_t replaced = 0;  // how many code objects had been, or all been forgotten
  };
  struct Made {
    StackId stack{};
    Status status{};
    bool unnamed = false;  // code of it was gone
  };

  KernelStacks(const L& layout, M& memory, Watch<L, M, H>& watch) noexcept
      : layout_{layout}, memory_{memory}, watch_{watch}, words_{kernel::thread_words(layout)} {}

  // What is told of each code object that was looked for.
  void tell(kernel::SeenCode* seen) noexcept { seen_ = seen; }
  // How many were told.
  std::uint64_t told() const noexcept { return told_; }

  // Before the records of a drain, and before what the interpreters say is read.
  void begin_drain() noexcept {
    ++drains_;
    begun_ = monotonic_now();
    changed_.clear();
  }

  Result<Made> make(const kernel::Record& record, const KnownThread<L>& thread,
                    ThreadChain& known) {
    if (record.has(kernel::RecordFlag::no_thread)) return Errc::unreadable;
    copy_thread(record);
    if (copy_[layout_.thread.id] != thread.reader.id() ||
        copy_[layout_.thread.native_thread_id] != thread.reader.native_id()) {
      return Errc::no_such_thread;
    }
    kernel::raw_stack(layout_, record, raw_);
    if (raw_.ended.code != Errc::ok) return raw_.ended;
    if (const auto ok = make_chain(record, thread, known); !ok) return ok.error();
    Made out;
    out.status = status_of(layout_, thread.reader.at(), copy_, Address{record.header().gil_holder},
                           record.has(kernel::RecordFlag::exception), thread.main);
    if (is_about_gil(record, thread)) out.status |= Status::gil_requested;
    if (has_unnamed_) out.status |= Status::truncated;
    out.unnamed = has_unnamed_;
    out.stack = watch_.stack_finish().finish(known.chain, record.header().collecting != 0,
                                             Address{record.header().gc_frame}, out.status);
    if (raw_.more_beyond) out.status |= Status::truncated;
    return out;
  }

 private:
  // It has stopped running in a wait for a word of the lock.
  bool is_about_gil(const kernel::Record& record, const KnownThread<L>& thread) {
    if (!record.has(kernel::RecordFlag::call_known)) return false;
    if (kernel::call_number(record.header()) != SYS_futex) return false;
    return GilPrediction<L>{layout_}.waits(watch_.roster().interpreter_of(thread),
                                           Address{record.header().call_argument},
                                           !raw_.frames.empty());
  }

  void copy_thread(const kernel::Record& record) noexcept {
    const Range range = copy_.range({}, layout_);
    const std::span<std::byte> into = range.into.subspan(words_.first);
    const std::size_t size = std::min(into.size(), record.thread().size());
    std::copy_n(record.thread().begin(), size, into.begin());
  }

  static constexpr std::uint64_t of_drains = std::uint64_t{1} << 63;

  // Nothing has died since the record, or each object is to be checked in this drain.
  std::uint64_t epoch_of(const kernel::Record& record, const KnownThread<L>& thread) noexcept {
    const auto count = layout_.interpreter.code_object_generation;
    const std::uint64_t then = record.header().generation;
    const auto& interpreter = watch_.roster().interpreter_of(thread);
    const bool none_died = count.present() && interpreter.copy.value(layout_, count) == then;
    return none_died ? then : of_drains | drains_;
  }

  Result<void> make_chain(const kernel::Record& record, const KnownThread<L>& thread,
                          ThreadChain& known) {
    ChainMaker<L>& maker = watch_.maker();
    Chain& chain = known.chain;
    const std::uint64_t epoch = epoch_of(record, thread);
    const std::size_t depth = raw_.frames.size();
    const bool usable = known.epoch == epoch && known.replaced == replaced() && !raw_.more_beyond;
    std::size_t same = 0;
    const bool lone = lacks_caller();
    if (lone) {
      if (!put_caller_below(known)) return Errc::torn;
    } else if (usable) {
      while (same < std::min(chain.size(), depth) &&
             is_same(chain[same], raw_.frames[depth - 1 - same].frame, record, depth - 1 - same)) {
        ++same;
      }
      chain.cut(same);
    } else {
      chain.clear();
      if (raw_.more_beyond) chain.set_below(maker.truncation(raw_));
    }
    known.epoch = no_epoch;
    has_unnamed_ = false;
    read_new_code(record, depth - same, epoch);
    for (std::size_t i = same; i < depth; ++i) {
      PlacedFrame& placed = raw_.frames[depth - 1 - i];
      if (!is_shim(layout_, placed.frame)) {
        if (!place(record, placed, epoch)) {
          has_unnamed_ = true;
          maker.push_unnamed(chain, placed.frame);
          continue;
        }
        placed.raw_opcode = opcode(placed, record, depth - 1 - i);
        maker.codes().trust(*placed.code, epoch);
      }
      maker.push(memory_, chain, placed);
    }
    // What lies below a chain that was cut short, or was put there, is not for the next one.
    if (!raw_.more_beyond && !has_unnamed_ && !lone) known.epoch = epoch;
    known.replaced = replaced();
    return {};
  }

  // A generator that is just being left leads nowhere, and is still the current frame: an instant of
  // one or two instructions. (A program that does little else was interrupted in it once in 45
  // times.)
  bool lacks_caller() const noexcept {
    if (raw_.frames.empty() || raw_.more_beyond) return false;
    const RawFrame& oldest = raw_.frames.back().frame;
    return layout_.owners.generator.is(oldest.owner) && !oldest.previous && !oldest.entry;
  }
  // Its caller is who called it in the last record of the thread, if that has it.
  bool put_caller_below(ThreadChain& known) {
    if (known.replaced != replaced()) return false;
    const Address at = raw_.frames.back().frame.at;
    for (std::size_t i = known.chain.size(); i-- > 1;) {
      if (known.chain[i].at != at) continue;
      known.chain.cut(i);
      return true;
    }
    return false;
  }

  // What runs in the frame; false: it cannot be told. An object that was another one when it was last
  // looked at may have been either when this was recorded, unless that was just now.
  bool place(const kernel::Record& record, PlacedFrame& placed, std::uint64_t epoch) {
    constexpr std::uint64_t just_now = 300'000;
    CodeCache<L>& codes = watch_.maker().codes();
    const Address code = placed.frame.executable;
    const std::uint64_t before = codes.replaced();
    const bool placeable = place_frame(memory_, layout_, codes, epoch, placed).has_value();
    if (codes.replaced() != before) changed_.push_back(code);
    const bool some_died = (epoch & of_drains) != 0 && record.header().time + just_now < begun_;
    if (some_died && std::find(changed_.begin(), changed_.end(), code) != changed_.end()) {
      return false;
    }
    return placeable;
  }

  // Youngest first, as those may soon be gone; the rest of the stack then takes its time. Named or
  // not, the program is told of each: there is nothing more to be had of it.
  void read_new_code(const kernel::Record& record, std::size_t frames, std::uint64_t epoch) {
    if (seen_ == nullptr) return;
    for (std::size_t i = 0; i < frames; ++i) {
      if (!seen_->add(record.frame(i).executable)) continue;
      ++told_;
      const RawFrame& frame = raw_.frames[i].frame;
      if (!is_shim(layout_, frame))
        (void)watch_.maker().codes().get(memory_, frame.executable, epoch);
    }
  }

  std::uint64_t replaced() const noexcept {
    return watch_.maker().codes().generation() + watch_.maker().codes().replaced();
  }
  // A caller of 3.11 stands behind its instruction, so the byte there says nothing.
  bool has_opcodes() const noexcept {
    return watch_.maker().wants_opcodes() && !layout_.traits.caller_stops_at_last_cache;
  }
  bool is_same(const Link& link, const RawFrame& frame, const kernel::Record& record,
               std::size_t i) const noexcept {
    return link.same_as(frame) && (!has_opcodes() || link.raw_opcode == record.frame(i).opcode);
  }
  std::uint8_t opcode(const PlacedFrame& placed, const kernel::Record& record, std::size_t i) {
    if (!watch_.maker().wants_opcodes()) return 0;
    if (has_opcodes()) return record.frame(i).opcode;
    const Address at = watch_.maker().instruction_of(placed);
    return at ? read_value<std::uint8_t>(memory_, at).value_or(std::uint8_t{0}) : std::uint8_t{0};
  }

  L layout_;
  M& memory_;
  Watch<L, M, H>& watch_;
  kernel::ThreadWords words_;
  ThreadCopy copy_{};
  RawStack raw_{};
  kernel::SeenCode* seen_ = nullptr;
  std::uint64_t told_ = 0;
  std::uint64_t drains_ = 0;
  std::uint64_t begun_ = 0;       // when the drain did
  std::vector<Address> changed_;  // code objects that were found to be others, in this drain
  bool has_unnamed_ = false;      // the chain that was made last
};

}  // namespace tachyon
