#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/unwind/rebuild.hpp>
#include <tachyon/unwind/scan.hpp>
#include <tachyon/unwind/threads.hpp>

// One thread, looked at again and again.
//
// The problem. A running thread pushes and pops frames every few dozen nanoseconds, a remote read
// takes two microseconds, and within one system call the copies of two ranges lie about 0.45 us
// apart while 1 KB of one range is copied in 0.1 us. So a stack must come out of one range, not be
// pieced together from pointers that were read at different moments. The usual way (read the
// current frame, follow `previous`) gives stacks that never existed; reading again until two copies
// agree makes them vanish but favours states that last, and biases the profile.
//
// What we do. All frames that the thread owns lie in one contiguous piece of memory, the end of its
// data stack. We copy that piece in one go and scan it:
//
//   prepare()    which ranges: the window, generators, the thread state    window.hpp
//   interpret()  who the thread is, and whether there is a stack to begin with
//                what the bytes say                                         scan.hpp
//                what the scan wants besides is read here, and it goes on
//                the stack, out of links that stay and frames that are new  chain.hpp
//   or, where nothing is known: the whole stack, and a look again           rebuild.hpp
//
// Parents are not read again. Below the window they are believed as long as the first frame inside
// it is unchanged; recheck_parents() reads them on a random few per cent of the looks and keeps the
// score.
//
// When the target cannot run (it is stopped, or we occupy its processor), `certain` says so: then
// the current frame is the top, and what it and its callers lead to is the stack.
namespace tachyon {

// What a look came to.
enum class LookResult : std::uint8_t {
  stack,  // chain().stack() is the thread's stack; it may be empty
  again,  // the prediction was wrong; it is right now, read again
  torn,   // what was read breaks the rules
  gone,   // the thread state is not this thread's any more
};

template <class L>
class ThreadReader {
 public:
  ThreadReader(const L& layout, Address thread, Address interpreter)
      : layout_{layout}, at_{thread}, interpreter_{interpreter} {}

  Address at() const noexcept { return at_; }
  const ThreadCopy& copy() const noexcept { return copy_; }
  const Chain& chain() const noexcept { return chain_; }
  std::uint64_t id() const noexcept { return id_; }
  std::uint64_t native_id() const noexcept { return native_id_; }
  bool has_frames() const noexcept { return has_frames_; }
  // Had the thread moved on when its current frame was read, right after the stack? Few do: then a
  // running target is read as well as a stopped one. Where most do, what was on top of the stack is
  // partly guesswork, and an exact reading is worth its price.
  bool moved() const noexcept { return moved_; }
  // The frame that ran at the last look, whatever came of the look. It need not exist.
  Address current_frame() const noexcept { return current_; }

  // Reads the thread state alone, and learns who the thread is.
  template <Memory M>
  Result<void> identify(M& memory) {
    if (const auto ok = copy_.fetch(memory, at_, layout_); !ok) return ok;
    if (copy_[layout_.thread.interp] != interpreter_) return Error{Errc::torn, 0, at_};
    id_ = copy_[layout_.thread.id];
    native_id_ = copy_[layout_.thread.native_thread_id];
    return {};
  }

  // The ranges of the next look, in the order in which they must be copied.
  void prepare(std::vector<Range>& out) {
    window_.foreign.clear();
    if (!layout_.traits.popped_frames_are_cleared) {
      first_current_ = {};
      out.push_back({current_frame_at(), bytes_of(first_current_)});
    }
    if (window_.aim(layout_, chain_)) window_.add_ranges(layout_, chain_, out);
    if (layout_.thread.cframe.present()) {
      second_current_ = {};
      out.push_back({current_frame_at(), bytes_of(second_current_)});
    }
    out.push_back(copy_.range(at_, layout_));
  }

  // For a thread that cannot have moved: the state alone. Its stack stays what it was, as long as
  // the thread is still there.
  void prepare_state(std::vector<Range>& out) { out.push_back(copy_.range(at_, layout_)); }
  // A thread that is being started bears its creator's number until it runs.
  bool is_still_there() const noexcept {
    return copy_[layout_.thread.interp] == interpreter_ && copy_[layout_.thread.id] == id_ &&
           copy_[layout_.thread.native_thread_id] == native_id_;
  }

  // What the ranges say.
  template <Memory M>
  LookResult interpret(M& memory, ChainMaker<L>& maker, std::uint64_t epoch, bool certain) {
    if (!is_still_there()) return LookResult::gone;
    if (layout_.thread.cframe.present() && cframe_ != copy_[layout_.thread.cframe]) {
      cframe_ = copy_[layout_.thread.cframe];
      if (cframe_) return LookResult::again;
      second_current_ = {};
    }
    current_ = layout_.thread.current_frame.present() ? copy_[layout_.thread.current_frame]
                                                      : second_current_;
    const Address base = copy_[layout_.thread.base_frame];
    has_frames_ = current_ && current_ != base;
    const bool had_none = std::exchange(frameless_, !has_frames_);
    if (!has_frames_ && (certain || !started_ || had_none)) {
      give_up();
      return LookResult::stack;
    }
    if (maker.codes().generation() != generation_) give_up();
    generation_ = maker.codes().generation();
    if (epoch != epoch_ && !revalidate(memory, maker, epoch)) chain_.clear();
    if (window_.empty() || chain_.empty() ||
        copy_[layout_.thread.datastack_chunk] != window_.chunk()) {
      return rebuild(memory, maker, certain);
    }
    return scan(memory, maker, certain);
  }

  // Reads the parents that looks take on trust and compares. False: they were wrong, and are given
  // up. Only meaningful directly after a look that gave a stack.
  template <Memory M>
  bool recheck_parents(M& memory) {
    const std::size_t first = window_.first();
    if (first == 0 || first >= chain_.size()) return true;
    const bool right = rebuild_.recheck_parents(memory, layout_, window_.chunk(), chain_, first);
    if (!right) give_up();
    return right;
  }
  bool trusts_parents() const noexcept { return window_.first() > 1; }

  // For when no look gives a stack, and a part of one is better than none. Returns why it ended.
  template <Memory M>
  [[gnu::cold]] Error read_partial(M& memory, ChainMaker<L>& maker) {
    give_up();
    if (const auto ok = identify(memory); !ok) return ok.error();
    const auto current = tachyon::current_frame(memory, layout_, copy_);
    if (!current) return current.error();
    const Rebuild::From from = where_frames_are(*current);
    if (!from.current || from.current == from.base) return {};
    return rebuild_.read_partial(memory, layout_, maker, from, chain_);
  }
  // Is the youngest frame of the last look the one that runs? One that is being set up or left is
  // not: its variables are old bytes.
  template <Memory M>
  bool still_runs(M& memory) {
    if (chain_.empty() || !identify(memory)) return false;
    const auto current = tachyon::current_frame(memory, layout_, copy_);
    return current && *current == chain_[chain_.size() - 1].at;
  }
  void forget() noexcept { give_up(); }

 private:
  static constexpr std::size_t most_wanted = 1 << 16;

  void give_up() noexcept {
    chain_.clear();
    window_.forget();
  }

  Address current_frame_at() const noexcept {
    return layout_.thread.current_frame.present()
               ? at_ + layout_.thread.current_frame.offset
               : (cframe_ ? cframe_ + layout_.cframe.current_frame.offset : at_);
  }
  Rebuild::From where_frames_are(Address current) const noexcept {
    return {copy_[layout_.thread.datastack_chunk], current, copy_[layout_.thread.base_frame],
            epoch_};
  }

  // Reads the whole stack to know where to look next time.
  template <Memory M>
  LookResult rebuild(M& memory, ChainMaker<L>& maker, bool certain) {
    give_up();
    const Rebuild::From from = where_frames_are(current_);
    window_.set_chunk(from.chunk, 0);
    const auto size = rebuild_.read_whole(memory, layout_, maker, from, certain, chain_);
    if (!size) return LookResult::torn;
    trusted_ = ~std::uint64_t{0};
    window_.set_chunk(from.chunk, *size);
    started_ = true;
    return LookResult::again;
  }

  // Scans what was copied, and reads what the scan finds to be missing.
  template <Memory M>
  LookResult scan(M& memory, ChainMaker<L>& maker, bool certain) {
    const ScanInput<L, CodeCache<L>> input{
        {layout_, window_, chain_},      maker.codes(), epoch_, current_, first_current_,
        copy_[layout_.thread.base_frame]};
    ScanResult seen = scan_.start(input, certain && has_frames_);
    for (std::size_t i = 0; seen == ScanResult::wanted && i < most_wanted; ++i) {
      read_wanted(memory, maker);
      seen = scan_.resume(input);
    }
    switch (seen) {
      case ScanResult::stack:
        commit(memory, maker, certain);
        started_ = true;
        window_.shorten();
        trust_codes();
        return LookResult::stack;
      case ScanResult::misplaced:
        commit(memory, maker, certain);
        return LookResult::torn;
      case ScanResult::wider:
        window_.reach_forward();
        return LookResult::again;
      case ScanResult::shorter:
        window_.reach_back();
        chain_.cut(window_.first());
        if (window_.first() == 0) give_up();
        return LookResult::again;
      case ScanResult::again:
        return LookResult::again;
      default:
        return LookResult::torn;
    }
  }

  template <Memory M>
  void read_wanted(M& memory, ChainMaker<L>& maker) {
    if (const Address at = scan_.wanted_frame()) {
      StructCopy<copies::Frame> copy;
      if (copy.fetch(memory, at, layout_)) {
        window_.foreign.add_read(raw_frame(layout_, at, copy.bytes()));
      } else {
        window_.foreign.add_unreadable(at);
      }
      return;
    }
    const CodeLookup::Wanted wanted = scan_.wanted_code();
    const auto code = maker.codes().get(memory, wanted.executable, epoch_);
    const bool known = code && maker.codes().bytecode_of(memory, **code, wanted.thread_index);
    if (!known) scan_.refuse_code();
  }

  // Makes what was taken the thread's stack.
  template <Memory M>
  void commit(M& memory, ChainMaker<L>& maker, bool certain) {
    moved_ = !certain && current_ != scan_.taken().youngest(chain_);
    if (maker.wants_opcodes()) read_opcodes(memory, maker);
    kept_ = scan_.taken().kept();
    chain_.cut(kept_);
    for (const PlacedFrame& fresh : scan_.taken().fresh()) maker.push(memory, chain_, fresh);
  }

  // What every frame of the window executes, in one read. An instruction that was specialised since
  // the last look makes its link, and those above it, new.
  template <Memory M>
  [[gnu::cold]] void read_opcodes(M& memory, ChainMaker<L>& maker) {
    constexpr std::size_t most = 256;
    TakenFrames& taken = scan_.taken();
    const std::size_t kept = taken.kept();
    std::vector<PlacedFrame>& fresh = taken.fresh();
    const std::size_t from = std::max(window_.first(), kept > most ? kept - most : 0);
    opcodes_.assign(kept - from + fresh.size(), std::byte{0});
    opcode_ranges_.clear();
    const auto want = [&](const PlacedFrame& placed, std::size_t i) {
      const Address at = maker.instruction_of(placed);
      if (at) opcode_ranges_.push_back({at, view_of(opcodes_).subspan(i, 1)});
    };
    for (std::size_t i = from; i < kept; ++i) want(chain_[i].placed(), i - from);
    for (std::size_t i = 0; i < fresh.size(); ++i) want(fresh[i], kept - from + i);
    if (opcode_ranges_.empty() || !memory.read_many(opcode_ranges_)) return;
    const auto opcode = [&](std::size_t i) { return std::to_integer<std::uint8_t>(opcodes_[i]); };
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      fresh[i].raw_opcode = opcode(kept - from + i);
    }
    for (std::size_t i = from; i < kept; ++i) {
      if (chain_[i].code == nullptr || chain_[i].raw_opcode == opcode(i - from)) continue;
      std::vector<PlacedFrame> changed;
      for (std::size_t k = i; k < kept; ++k) {
        changed.push_back(chain_[k].placed());
        changed.back().raw_opcode = opcode(k - from);
      }
      taken.renew(i, changed);
      return;
    }
  }

  // Those of links that are as they were have been trusted before in this epoch.
  void trust_codes() noexcept {
    for (std::size_t i = trusted_ == epoch_ ? kept_ : 0; i < chain_.size(); ++i) {
      if (chain_[i].code != nullptr) CodeCache<L>::trust(*chain_[i].code, epoch_);
    }
    trusted_ = epoch_;
  }

  // Code objects may have died since the last look: what the links point at must still be theirs.
  template <Memory M>
  bool revalidate(M& memory, ChainMaker<L>& maker, std::uint64_t epoch) {
    epoch_ = epoch;
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      const Link& link = chain_[i];
      if (link.code == nullptr) continue;
      const auto code = maker.codes().get(memory, link.executable, epoch);
      if (!code || *code != link.code) return false;
    }
    return true;
  }

  L layout_;
  Address at_;
  Address interpreter_;
  std::uint64_t id_ = 0;
  std::uint64_t native_id_ = 0;
  std::uint64_t epoch_ = ~std::uint64_t{0};
  std::uint64_t trusted_ = ~std::uint64_t{0};  // the epoch in which the links' code was trusted
  std::uint64_t generation_ = 0;               // of the cache that the links' code is in

  ThreadCopy copy_;
  Address cframe_{};
  Address first_current_{};
  Address second_current_{};
  Address current_{};
  bool has_frames_ = false;
  bool frameless_ = false;  // the same, the other way around, at the last read
  bool moved_ = false;
  bool started_ = false;

  Chain chain_;
  std::size_t kept_ = 0;  // links that the last look left as they were
  Window window_;
  Scan scan_;
  Rebuild rebuild_;
  std::vector<std::byte> opcodes_;
  std::vector<Range> opcode_ranges_;
};

}  // namespace tachyon
