#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/unwind/chain.hpp>
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
// data stack. We copy that piece in one go and read it upwards: a frame's size gives the address of
// the next one, whose `previous` must lead back. The stack ends
//   - where the next frame's executable is null: from 3.14 on, a popped frame is cleared; or,
//   - in older versions, at the younger of the two current frames read before and after the copy;
//   - at a frame on which, by its instruction, the next one cannot stand. What lies above is old;
//   - below a frame that is returning: the interpreter makes its caller current first.
// The current frame read after the copy decides what the copy leaves open: whether a generator runs
// on top of the frame that iterates it. Nothing is rejected for having changed since.
//
// Instructions do not prove that a stack ends. Finalisers, signal handlers and hooks of all kinds
// run on any of them, and on top of frames that have been left and whose locals are going away. So
// where a rule ends the stack and the current frame lies further up, the rule is in doubt: the
// target is read again, and what shows twice is so (see Doubt). A thread that stands still is thus
// always shown up to its current frame.
//
//      window, one range                                        thread state, read after
//     |<------------------------------------------->|           +---------+
//     | k: handle | parse | value | 0 | old bytes   |           | current |
//       ^ believed below here      ^ top ends here
//
// Parents are not read again. Below the window they are believed as long as the first frame inside
// it is unchanged; believe() re-reads them on a random few per cent of the looks and
// keeps the score.
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
      : layout_{layout}, at_{thread}, interpreter_{interpreter} {
    extras_.resize(most_extras);  // ranges point into them: they must not move
  }

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
    extras_used_ = 0;
    if (!layout_.traits.popped_frames_are_cleared) {
      first_current_ = {};
      out.push_back({current_frame_at(), bytes_of(first_current_)});
    }
    if (aim()) {
      out.push_back({window_at_, view_of(window_).first(window_size_)});
      for (std::size_t i = chain_.size(); i-- > first_ && extras_used_ < most_extras;) {
        const Link& link = chain_[i];
        if (link.code != nullptr && !link.on_data_stack) add_extra(link.at, out);
      }
    }
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
    const Address current = layout_.thread.current_frame.present()
                                ? copy_[layout_.thread.current_frame]
                                : second_current_;
    current_ = current;
    const Address base = copy_[layout_.thread.base_frame];
    has_frames_ = current && current != base;
    const bool had_none = std::exchange(frameless_, !has_frames_);
    if (!has_frames_ && (certain || !started_ || had_none)) {
      chain_.clear();
      window_size_ = 0;
      return LookResult::stack;
    }
    if (maker.codes().generation() != generation_) give_up();
    generation_ = maker.codes().generation();
    if (epoch != epoch_ && !revalidate(memory, maker, epoch)) chain_.clear();
    if (window_size_ == 0 || chain_.empty() || copy_[layout_.thread.datastack_chunk] != chunk_) {
      return rebuild(memory, maker, current, base, certain);
    }
    const LookResult seen =
        certain && has_frames_ ? follow(memory, current) : scan(memory, maker, current, base);
    if (seen != LookResult::stack) return seen;
    return commit(memory, maker, certain, current);
  }

  // Reads the parents that looks take on trust and compares. False: the belief was wrong, and is
  // given up. Only meaningful directly after a look that gave a stack.
  template <Memory M>
  bool believe(M& memory) {
    if (first_ == 0 || first_ >= chain_.size()) return true;
    const Emptied afterwards{chunks_};
    if (!copy_chunks(memory, layout_, chunk_, chunks_)) return true;  // says nothing about them
    for (std::size_t i = first_; i-- > 0;) {
      const Link& link = chain_[i];
      if (link.code == nullptr) continue;  // a shim's place proves it: see foreign_frame()
      StructCopy<copies::Frame> apart;
      Bytes bytes = link.on_data_stack ? chunks_.find(link.at, header()) : Bytes{};
      if (bytes.empty()) {
        if (!apart.fetch(memory, link.at, layout_)) return give_up();
        bytes = apart.bytes();
      }
      if (!link.same_as(raw_frame(layout_, link.at, bytes))) return give_up();
    }
    return true;
  }
  // For when no look gives a stack, and a part of one is better than none: what can be followed
  // from the current frame, as far as it breaks no rule.
  template <Memory M>
  [[gnu::cold]] Error salvage(M& memory, ChainMaker<L>& maker) {
    give_up();
    if (const auto ok = identify(memory); !ok) return ok.error();
    const auto current = tachyon::current_frame(memory, layout_, copy_);
    if (!current) return current.error();
    const Address base = copy_[layout_.thread.base_frame];
    if (!*current || *current == base) return {};
    const Emptied afterwards{chunks_};
    const auto chunks =
        copy_chunks(memory, layout_, copy_[layout_.thread.datastack_chunk], chunks_);
    follow_frames(memory, layout_, *current, base, chunks_, {}, raw_);
    const auto followed =
        check_frames(memory, layout_, maker.codes(), epoch_, chunks_, false, walked_doubt_, raw_);
    (void)maker.make(memory, raw_, chunks_, epoch_, chain_);
    return !followed ? followed.error() : !chunks ? chunks.error() : Error{Errc::torn};
  }
  // Is the youngest frame of the last look the one that runs? One that is being set up or left is
  // not: its variables are old bytes.
  template <Memory M>
  bool still_runs(M& memory) {
    if (chain_.empty() || !identify(memory)) return false;
    const auto current = tachyon::current_frame(memory, layout_, copy_);
    return current && *current == chain_[chain_.size() - 1].at;
  }
  bool has_beliefs() const noexcept { return first_ > 1; }
  void forget() noexcept { give_up(); }

 private:
  static constexpr std::size_t most_extras = 24;
  static constexpr std::size_t least_forward = 1024;  // room for frames younger than the last top
  static constexpr std::size_t least_back = 1024;
  static constexpr std::size_t whole_below = 4096;  // a short stack is copied whole
  static constexpr std::size_t most_followed = 1 << 14;
  static constexpr std::size_t most_between = 512;  // frames outside the window, and reads of them

  // Many threads must not keep what a deep one needs for a moment.
  struct Emptied {
    ChunkCopies& copies;
    ~Emptied() { copies.clear(); }
  };

  struct Extra {
    Address at{};
    std::array<std::byte, 128> bytes{};
    bool used = false;
  };

  bool give_up() noexcept {
    chain_.clear();
    window_size_ = 0;
    return false;
  }

  std::size_t header() const noexcept { return layout_.frame.localsplus.offset; }
  Address current_frame_at() const noexcept {
    return layout_.thread.current_frame.present()
               ? at_ + layout_.thread.current_frame.offset
               : (cframe_ ? cframe_ + layout_.cframe.current_frame.offset : at_);
  }

  void add_extra(Address at, std::vector<Range>& out) {
    Extra& extra = extras_[extras_used_++];
    extra.at = at;
    out.push_back({at, bytes_of(extra.bytes).first(header())});
  }

  // Chooses the window: from a link not too far below the last top, to some room above it.
  bool aim() {
    std::size_t top = chain_.size();
    while (top > 0 && !in_chunk(chain_[top - 1])) --top;
    if (top == 0 || chunk_size_ == 0) {
      window_size_ = 0;
      return false;
    }
    --top;
    const Address end = chunk_ + chunk_size_;
    const Address top_at = chain_[top].at;
    const Address start = chunk_ + layout_.chunk.data.offset;
    const std::uint64_t back = top_at - start <= whole_below ? top_at - start : back_;
    const Address low = top_at - std::min<std::uint64_t>(back, top_at - start);
    first_ = top;
    for (std::size_t i = top; i-- > 0;) {
      if (!chain_[i].on_data_stack) continue;
      if (!in_chunk(chain_[i]) || chain_[i].at < low) break;
      first_ = i;
    }
    window_at_ = chain_[first_].at;
    const Address high = std::min(end, top_at + (chain_[top].code->frame_bytes + forward_));
    window_size_ = static_cast<std::size_t>(high - window_at_);
    if (window_.size() < window_size_) window_.resize(window_size_);
    return true;
  }
  bool in_chunk(const Link& link) const noexcept {
    return link.on_data_stack && link.at - chunk_ < chunk_size_;
  }

  // The frame at `at` in the window, when all of its fixed part is there.
  bool frame_at(Address at, RawFrame& frame) const noexcept {
    const std::uint64_t offset = at - window_at_;
    if (offset >= window_size_ || window_size_ - offset < header()) return false;
    frame =
        raw_frame(layout_, at, Bytes{window_}.subspan(static_cast<std::size_t>(offset), header()));
    return true;
  }

  template <Memory M>
  bool foreign_frame(M& memory, Address at, RawFrame& frame, bool anew = false) {
    for (std::size_t i = 0; i < extras_used_; ++i) {
      if (extras_[i].at == at) {
        frame = raw_frame(layout_, at, Bytes{extras_[i].bytes}.first(header()));
        return true;
      }
    }
    // Entries from C are not read again: the frames above and below them are contiguous on the data
    // stack and the younger one still names this entry, so it still leads to the older one. They
    // lie on the C stack: what claims to be one and lies on the data stack is forged.
    for (std::size_t i = chain_.size(); i-- > first_ && at - chunk_ >= chunk_size_ && !anew;) {
      if (chain_[i].code == nullptr && chain_[i].at == at) {
        frame = {};
        frame.at = at;
        frame.previous = chain_[i].previous;
        frame.owner = chain_[i].owner;
        return true;
      }
    }
    StructCopy<copies::Frame> copy;
    if (foreign_reads_++ == most_between || !copy.fetch(memory, at, layout_)) return false;
    frame = raw_frame(layout_, at, copy.bytes());
    return true;
  }

  // A frame of the window that others stand on, and how much had been taken with it.
  struct Level {
    RawFrame frame{};
    Code* code = nullptr;
    Site site = Site::any;
    bool complete = true;  // set up, so that it is shown
    std::size_t matched = 0;
    std::size_t fresh = 0;
  };

  // The frames outside the window from `from` down to the floor, youngest first, behind what
  // `between_` holds already. A generator that has yielded since the window was copied has no
  // caller any more. It ran, since a frame of the window, or the current frame, says so: called by
  // whom it was called by in the last look, or by the floor. But only if the floor is where
  // generators are resumed, and iterates this one: else other generators may have been in between,
  // and nobody says which. (Coroutines of 3.11 and 3.12 then seemed to stand on the event loop, 1
  // of 100; the innermost of a chain of generators on the outermost's caller, 1 of 7.)
  template <Memory M>
  bool connect(M& memory, Address from, const Level& floor) {
    between_.clear();
    ambiguous_ = false;
    bool guessed = false;
    Address at = from;
    for (std::size_t i = 0; i < most_between; ++i) {
      if (at == floor.frame.at) {
        if (between_.empty()) return true;
        const bool stands = is_expected(between_.back(), floor.site);
        if (stands && !guessed) learn(floor, between_.back().at);
        ambiguous_ =
            stands && guessed &&
            (floor.site != Site::resumes_generator || !may_iterate(floor, between_.back().at));
        return !guessed || (stands && !ambiguous_);
      }
      if (!at || at - chunk_ < chunk_size_) return false;
      RawFrame frame;
      if (!foreign_frame(memory, at, frame)) return false;
      const bool generator = layout_.owners.generator.is(frame.owner);
      if (!generator && !is_shim(layout_, frame)) return false;
      if (generator && !frame.previous) {
        frame.previous = last_caller(at);
        if (!frame.previous) {
          frame.previous = floor.frame.at;
          guessed = true;
        }
      }
      between_.push_back(frame);
      at = frame.previous;
    }
    return false;
  }

  // Who iterates a generator has it on its value stack; where C code does it (enumerate, map), the
  // frame below has that instead.
  bool may_iterate(const Level& floor, Address generator) const noexcept {
    return holds(floor, generator) || through_c_ == floor.frame.at;
  }
  void learn(const Level& floor, Address above) noexcept {
    if (!holds(floor, above)) {
      through_c_ = floor.frame.at;
    } else if (through_c_ == floor.frame.at) {
      through_c_ = {};
    }
  }
  bool holds(const Level& floor, Address generator) const noexcept {
    constexpr std::uint64_t tags = 7;
    const std::uint64_t object = generator.value - layout_.generator.frame.offset;
    const auto begin = static_cast<std::size_t>(floor.frame.at - window_at_) + header();
    const std::size_t end = std::min(begin - header() + floor.code->frame_bytes, window_size_);
    for (std::size_t at = begin; at + sizeof object <= end; at += sizeof object) {
      if ((load<std::uint64_t>(Bytes{window_}, at) & ~tags) == object) return true;
    }
    return false;
  }

  Address last_caller(Address at) const noexcept {
    for (std::size_t i = chain_.size(); i-- > first_;) {
      if (chain_[i].at == at && chain_[i].previous) return chain_[i].previous;
    }
    return {};
  }
  // Is this what is to be expected directly on a frame that executes `site`?
  bool is_expected(const RawFrame& frame, Site site) const noexcept {
    const bool entry = frame.entry || is_shim(layout_, frame);
    return entry ? may_enter_c(site) : may_call(layout_, site, frame);
  }

  // The frames outside the window from `from` down to the frame of the data stack that they stand
  // on, youngest first. None: they lead elsewhere. Entries from C are read `anew` where their place
  // does not prove them.
  template <Memory M>
  Address lead_down(M& memory, Address from, bool anew, std::vector<RawFrame>& out) {
    out.clear();
    Address at = from;
    for (std::size_t i = 0; i < most_between && at; ++i) {
      if (at - chunk_ < chunk_size_) return at;
      RawFrame frame;
      if (!foreign_frame(memory, at, frame, anew)) break;
      if (!layout_.owners.generator.is(frame.owner) && !is_shim(layout_, frame)) break;
      out.push_back(frame);
      at = frame.previous;
    }
    return {};
  }
  // The place on the data stack that this frame is at, or above.
  template <Memory M>
  Address floor_of(M& memory, Address frame) {
    return frame - chunk_ < chunk_size_ ? frame : lead_down(memory, frame, false, aside_);
  }

  // Keeps a link when nothing about it changed, otherwise notes the frame as new.
  void take(const RawFrame& frame, bool on_data_stack) {
    if (fresh_.empty() && matched_ < chain_.size() && chain_[matched_].same_as(frame)) {
      ++matched_;
    } else {
      fresh_.push_back({frame, on_data_stack});
    }
  }
  void take_between() {
    for (std::size_t i = between_.size(); i-- > 0;) take(between_[i], false);
  }

  // What the frame of a level runs, and where it stands. False: it is none.
  template <Memory M>
  bool place_level(M& memory, ChainMaker<L>& maker, Level& level) {
    const RawFrame& frame = level.frame;
    // As in the last look? What stands between it and the level below comes first.
    constexpr std::size_t most_ahead = 8;
    const std::size_t end =
        fresh_.empty() ? std::min(chain_.size(), matched_ + most_ahead) : matched_;
    for (std::size_t i = matched_; i < end; ++i) {
      const Link& link = chain_[i];
      if (link.code == nullptr || !link.same_as(frame)) continue;
      level.code = link.code;
      level.site = link.code->sites[link.unit];
      level.complete = link.shown;
      return true;
    }
    const auto code = maker.codes().get(memory, frame.executable, epoch_);
    if (!code) return false;
    const auto bytecode = maker.codes().bytecode_of(memory, **code, frame.thread_index);
    if (!bytecode) return false;
    const Placed placed = place(layout_, **code, *bytecode, frame);
    if (placed.position == Position::wrong) return false;
    level.code = *code;
    level.site = (*code)->sites[placed.unit];
    level.complete = placed.position == Position::good;
    return true;
  }
  // Levels are kept in place, from look to look: copying them cost 3 % of a look at eight threads.
  Level& level_above() {
    if (levels_.size() == height_) levels_.emplace_back();
    return levels_[height_];
  }
  const Level& top_level() const noexcept { return levels_[height_ - 1]; }
  void take_level() {
    Level& level = levels_[height_++];
    take(level.frame, true);
    level.matched = matched_;
    level.fresh = fresh_.size();
  }
  // Gives up what was taken above this level.
  void return_to(std::size_t level) {
    height_ = level + 1;
    matched_ = top_level().matched;
    fresh_.resize(top_level().fresh);
  }
  // The level at this place; past the end: there is none.
  std::size_t level_at(Address at) const noexcept {
    for (std::size_t i = height_; i-- > 0;) {
      if (levels_[i].frame.at == at) return i;
    }
    return height_;
  }

  struct Fresh {
    RawFrame frame;
    bool on_data_stack = false;
    std::uint8_t raw_opcode = 0;
  };

  // The stack of a target that cannot move: what its current frame leads to.
  template <Memory M>
  LookResult follow(M& memory, Address current) {
    matched_ = first_;
    fresh_.clear();
    path_.clear();
    foreign_reads_ = 0;
    Address above{~std::uint64_t{0}};  // the frame of the data stack that came last
    for (Address at = current;;) {
      Address onto = lead_down(memory, at, false, between_);
      if (has_entry(between_) && !touch(onto, above)) onto = lead_down(memory, at, true, between_);
      path_.insert(path_.end(), between_.begin(), between_.end());
      if (!onto || onto < window_at_) return shrunk();
      RawFrame frame;
      if (onto >= above || path_.size() > most_followed) return torn();
      if (!frame_at(onto, frame)) return miss();
      if (!frame.executable || !layout_.owners.thread.is(frame.owner)) return torn();
      path_.push_back(frame);
      if (onto == window_at_) break;
      above = onto;
      at = frame.previous;
    }
    const Link& root = chain_[first_];
    const RawFrame& lowest = path_.back();
    if (lowest.executable != root.executable || lowest.previous != root.previous) return shrunk();
    for (std::size_t i = path_.size(); i-- > 0;) {
      take(path_[i], path_[i].at - chunk_ < chunk_size_);
    }
    return LookResult::stack;
  }
  bool has_entry(const std::vector<RawFrame>& frames) const noexcept {
    return std::any_of(frames.begin(), frames.end(),
                       [&](const RawFrame& frame) { return is_shim(layout_, frame); });
  }
  // Do two frames of the data stack touch, as far as is known? Then what is between them is proven.
  bool touch(Address frame, Address above) const noexcept {
    for (std::size_t i = chain_.size(); i-- > first_;) {
      if (chain_[i].at == frame && chain_[i].code != nullptr) {
        return frame + chain_[i].code->frame_bytes == above;
      }
    }
    return false;
  }

  // The stack of a running target. What it has against the rules is asked for a second time.
  template <Memory M>
  LookResult scan(M& memory, ChainMaker<L>& maker, Address current, Address base) {
    const Doubt before = doubt_;
    const LookResult seen = climb(memory, maker, current, base, true);
    if (seen != LookResult::stack || !doubt_ || doubt_ == before) {
      asked_again_ = asked_again_ && seen == LookResult::again;
      return seen;
    }
    asked_again_ = !asked_again_;
    if (asked_again_) return LookResult::again;
    return climb(memory, maker, current, base, false);
  }

  // How far the window may be read: frames younger than this one are old bytes.
  template <Memory M>
  Address limit_of(M& memory, Address current) {
    Address limit{};
    if (!layout_.traits.popped_frames_are_cleared) {
      limit = std::max(on_stack(current), on_stack(first_current_));
      if (!limit) limit = std::max(floor_of(memory, current), floor_of(memory, first_current_));
    }
    return limit ? limit : Address{~std::uint64_t{0}};
  }

  // From the window's first frame upwards, as far as one stands on the other. `doubting`: and
  // farther, where the rules say no and the current frame says yes; doubt_ is then what they say.
  template <Memory M>
  LookResult climb(M& memory, ChainMaker<L>& maker, Address current, Address base, bool doubting) {
    matched_ = first_;
    fresh_.clear();
    height_ = 0;
    foreign_reads_ = 0;
    Doubt found;
    Doubt* const doubt = doubting ? &found : nullptr;
    const Address limit = limit_of(memory, current);
    Level& bottom = level_above();
    if (!frame_at(window_at_, bottom.frame)) return miss();
    const Link& root = chain_[first_];
    if (bottom.frame.executable != root.executable || bottom.frame.previous != root.previous ||
        window_at_ > limit) {
      return shrunk();
    }
    if (!place_level(memory, maker, bottom)) return torn();
    for (;;) {
      take_level();
      const Address next = top_level().frame.at + top_level().code->frame_bytes;
      if (next > limit) break;
      Level& above = level_above();
      if (!frame_at(next, above.frame)) {
        if (next + header() > chunk_ + chunk_size_) break;
        return miss();
      }
      if (!above.frame.executable || !layout_.owners.thread.is(above.frame.owner)) break;
      if (!take_below(memory, maker, above, current, doubt)) {
        const bool is_current = current == next || first_current_ == next;
        if (ambiguous_ && is_current) return torn();
        break;
      }
    }
    const LookResult seen = finish(memory, current, base, doubt);
    if (doubting && seen == LookResult::stack) doubt_ = found;
    return seen;
  }

  // Takes what is between the youngest level and the frame above it. False: that one does not stand
  // on it, and is left over from another stack.
  template <Memory M>
  bool take_below(M& memory, ChainMaker<L>& maker, Level& above, Address current, Doubt* doubt) {
    const RawFrame& frame = above.frame;
    between_.clear();
    ambiguous_ = false;
    const bool apart = frame.previous - chunk_ >= chunk_size_;
    const bool leads = apart ? connect(memory, frame.previous, top_level())
                             : frame.previous == top_level().frame.at;
    const auto lowest = [&] { return between_.empty() ? frame : between_.back(); };
    const bool stands = leads && is_expected(lowest(), top_level().site);
    if (!stands && (doubt == nullptr || ambiguous_)) return false;
    if (!stands && leads && !may_stand_still(lowest(), top_level())) return false;
    if (!stands && !is_below_current(memory, frame.at, current)) return false;
    if (!place_level(memory, maker, above)) return false;
    if (!leads) {
      // On an older one: those in between have been left, and their locals are going away.
      const Address onto = lead_down(memory, frame.previous, true, between_);
      const std::size_t floor = level_at(onto);
      if ((between_.empty() && !frame.entry) || floor == height_) return false;
      doubt->add(levels_[floor].frame, lowest());
      std::swap(levels_[floor + 1], above);
      return_to(floor);
    } else if (!stands) {
      doubt->add(top_level().frame, lowest());
    }
    take_between();
    return true;
  }

  // Which instructions push frames directly is well known. What stands on another one was pushed
  // after that one was copied, unless the thread was there in the last look, too: a busy program is
  // not read again for each of those.
  bool may_stand_still(const RawFrame& frame, const Level& floor) const noexcept {
    return frame.entry || is_shim(layout_, frame) || floor.fresh == 0;
  }

  // Did the thread run this frame of the data stack, or one above it, whenever it was asked?
  template <Memory M>
  bool is_below_current(M& memory, Address at, Address current) {
    if (floor_of(memory, current) < at) return false;
    return layout_.traits.popped_frames_are_cleared || first_current_ == current ||
           floor_of(memory, first_current_) >= at;
  }

  // The window's frames are known; what is on top of the last one?
  template <Memory M>
  LookResult finish(M& memory, Address current, Address base, Doubt* doubt) {
    const Level& top = top_level();
    // Being set up, or what a generator's creation left behind.
    const bool hidden = !top.complete && current != top.frame.at;
    // Returning, and no longer current when we looked again: its caller had the processor. (When it
    // is still current it is shown: dropping it, or keeping all, doubles the distance from what a
    // stopped target shows.) Where popped frames keep their words, every frame that has returned
    // looks like this one, and none can be believed.
    const bool returns = top.site == Site::returns && !top.frame.entry &&
                         (current != top.frame.at || !layout_.traits.popped_frames_are_cleared);
    if ((hidden || returns) && height_ > 1) {
      drop_top();
      --height_;
    }
    const bool elsewhere = current && current != base && current - chunk_ >= chunk_size_;
    if (elsewhere && take_above(memory, current, doubt)) return LookResult::stack;
    const Site site = top_level().site;
    if (elsewhere && ambiguous_ && (site == Site::resumes_generator || site == Site::any)) {
      return torn();
    }
    take_running_generators(site);
    return LookResult::stack;
  }

  // Takes the current frame, which is not on the data stack, and those that it stands on. False: it
  // stands on none of the window, as far as is known.
  template <Memory M>
  bool take_above(M& memory, Address current, Doubt* doubt) {
    const std::size_t top = height_ - 1;
    if (connect(memory, current, levels_[top]) && is_expected(between_.back(), levels_[top].site)) {
      return_to(top);
      take_between();
      return true;
    }
    if (doubt == nullptr || ambiguous_ || is_taken(current)) return false;
    const Address onto = lead_down(memory, current, true, between_);
    const bool agree = layout_.traits.popped_frames_are_cleared || first_current_ == current ||
                       on_stack(first_current_) > onto;
    const std::size_t floor = level_at(onto);
    if (!agree || floor > top) return false;
    const bool stands = floor == top && is_expected(between_.back(), levels_[top].site);
    if (!stands && !may_stand_still(between_.back(), levels_[floor])) return false;
    return_to(floor);
    if (!stands) doubt->add(top_level().frame, between_.back());
    take_between();
    return true;
  }
  bool is_taken(Address frame) const noexcept {
    for (std::size_t i = first_; i < matched_; ++i) {
      if (chain_[i].at == frame) return true;
    }
    return std::any_of(fresh_.begin(), fresh_.end(),
                       [&](const Fresh& fresh) { return fresh.frame.at == frame; });
  }

  // Makes what was taken the thread's stack.
  template <Memory M>
  LookResult commit(M& memory, ChainMaker<L>& maker, bool certain, Address current) {
    moved_ = !certain && current != youngest();
    if (maker.wants_opcodes()) read_opcodes(memory, maker);
    chain_.cut(matched_);
    for (const Fresh& fresh : fresh_) {
      const auto ok =
          maker.push(memory, chain_, fresh.frame, fresh.on_data_stack, epoch_, fresh.raw_opcode);
      if (!ok) return torn();
    }
    started_ = true;
    if (back_ > least_back) back_ -= back_ / 64;
    trust_codes();
    return LookResult::stack;
  }
  Address youngest() const noexcept {
    return fresh_.empty() ? chain_[matched_ - 1].at : fresh_.back().frame.at;
  }

  // What every frame of the window executes, in one read. An instruction that was specialised since
  // the last look makes its link, and those above it, new.
  template <Memory M>
  [[gnu::cold]] void read_opcodes(M& memory, ChainMaker<L>& maker) {
    constexpr std::size_t most = 256;
    const std::size_t from = std::max(first_, matched_ > most ? matched_ - most : 0);
    opcodes_.assign(matched_ - from + fresh_.size(), std::byte{0});
    opcode_ranges_.clear();
    const auto want = [&](Address at, std::size_t i) {
      if (at) opcode_ranges_.push_back({at, view_of(opcodes_).subspan(i, 1)});
    };
    for (std::size_t i = from; i < matched_; ++i) {
      want(maker.instruction_of(memory, raw_of(chain_[i]), epoch_), i - from);
    }
    for (std::size_t i = 0; i < fresh_.size(); ++i) {
      want(maker.instruction_of(memory, fresh_[i].frame, epoch_), matched_ - from + i);
    }
    if (opcode_ranges_.empty() || !memory.read_many(opcode_ranges_)) return;
    const auto opcode = [&](std::size_t i) { return std::to_integer<std::uint8_t>(opcodes_[i]); };
    for (std::size_t i = 0; i < fresh_.size(); ++i) {
      fresh_[i].raw_opcode = opcode(matched_ - from + i);
    }
    for (std::size_t i = from; i < matched_; ++i) {
      if (chain_[i].code == nullptr || chain_[i].raw_opcode == opcode(i - from)) continue;
      std::vector<Fresh> changed;
      for (std::size_t k = i; k < matched_; ++k) {
        changed.push_back({raw_of(chain_[k]), chain_[k].on_data_stack, opcode(k - from)});
      }
      fresh_.insert(fresh_.begin(), changed.begin(), changed.end());
      matched_ = i;
      return;
    }
  }
  static RawFrame raw_of(const Link& link) noexcept {
    return {link.at,           link.executable, link.instruction, link.previous,
            link.thread_index, link.owner,      link.entry};
  }

  void drop_top() {
    if (!fresh_.empty()) {
      fresh_.pop_back();
    } else if (matched_ > first_ + 1) {
      --matched_;
    }
    // Entries from C that were only there for the dropped frame.
    while (!fresh_.empty() && is_shim(layout_, fresh_.back().frame)) fresh_.pop_back();
    if (fresh_.empty()) {
      while (matched_ > first_ + 1 && chain_[matched_ - 1].code == nullptr) --matched_;
    }
  }

  // Generators that ran when they were copied, one on the other, directly or through C. `site` is
  // where the window's last frame stands.
  void take_running_generators(Site site) {
    bool on_generator = youngest() != top_level().frame.at;
    for (std::size_t depth = 0; depth <= extras_used_; ++depth) {
      const Address below = youngest();
      bool found = false;
      for (std::size_t i = 0; i < extras_used_ && !found; ++i) {
        const RawFrame frame =
            raw_frame(layout_, extras_[i].at, Bytes{extras_[i].bytes}.first(header()));
        if (!layout_.owners.generator.is(frame.owner)) continue;
        const Link* const entry = frame.previous == below ? nullptr : entry_on(below, frame);
        if (frame.previous != below && entry == nullptr) continue;
        if (!on_generator && (entry != nullptr ? !may_enter_c(site) : !is_expected(frame, site))) {
          continue;
        }
        if (entry != nullptr) take(raw_of(*entry), false);
        take(frame, false);
        found = on_generator = true;
      }
      if (!found) return;
    }
  }
  // The entry from C between these two, if it was there in the last look.
  const Link* entry_on(Address below, const RawFrame& frame) const noexcept {
    for (std::size_t i = chain_.size(); i-- > first_;) {
      const Link& link = chain_[i];
      if (link.code == nullptr && link.at == frame.previous) {
        return link.previous == below ? &link : nullptr;
      }
    }
    return nullptr;
  }

  Address on_stack(Address at) const noexcept { return at - chunk_ < chunk_size_ ? at : Address{}; }

  LookResult torn() noexcept { return LookResult::torn; }
  // The frames reach beyond the window.
  LookResult miss() noexcept {
    forward_ = std::min<std::size_t>(forward_ * 2, 1 << 16);
    return LookResult::again;
  }
  // The stack has become shorter than the window reaches down.
  LookResult shrunk() noexcept {
    back_ = std::min<std::size_t>(back_ * 2, 1 << 16);
    chain_.cut(first_);
    if (first_ == 0) give_up();
    return LookResult::again;
  }

  // Reads the whole stack to know where to look next time.
  template <Memory M>
  LookResult rebuild(M& memory, ChainMaker<L>& maker, Address current, Address base, bool certain) {
    give_up();
    chunk_ = copy_[layout_.thread.datastack_chunk];
    chunk_size_ = 0;
    if (!chunk_ || !current) return LookResult::torn;
    const auto size = read_value<std::uint64_t>(memory, chunk_ + layout_.chunk.bytes.offset);
    if (!size || *size > ChunkCopies::most_bytes) return LookResult::torn;
    const Emptied afterwards{chunks_};
    if (!copy_chunks(memory, layout_, chunk_, chunks_)) return LookResult::torn;
    follow_frames(memory, layout_, current, base, chunks_, {}, raw_);
    if (!check_frames(memory, layout_, maker.codes(), epoch_, chunks_, certain, walked_doubt_,
                      raw_)) {
      return LookResult::torn;
    }
    if (!maker.make(memory, raw_, chunks_, epoch_, chain_)) return LookResult::torn;
    trusted_ = ~std::uint64_t{0};
    chunk_size_ = *size;
    started_ = true;
    return LookResult::again;
  }

  // Those of links that are as they were have been trusted before in this epoch.
  void trust_codes() noexcept {
    for (std::size_t i = trusted_ == epoch_ ? matched_ : 0; i < chain_.size(); ++i) {
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
  bool ambiguous_ = false;  // whose generator that is
  Doubt doubt_;             // what the last scan had against the stack that the current frame says
  Doubt walked_doubt_;      // the same of the last walk through everything
  bool asked_again_ = false;
  Address through_c_{};  // the frame on which C code was seen to run a generator
  bool started_ = false;

  Chain chain_;
  Address chunk_{};
  std::uint64_t chunk_size_ = 0;
  std::size_t first_ = 0;  // first link inside the window
  std::size_t back_ = least_back;
  std::size_t forward_ = least_forward;
  Address window_at_{};
  std::size_t window_size_ = 0;
  std::vector<std::byte> window_;
  std::vector<Extra> extras_;
  std::size_t extras_used_ = 0;

  std::size_t matched_ = 0;  // links kept
  std::vector<Fresh> fresh_;
  std::vector<Level> levels_;
  std::size_t height_ = 0;  // levels taken
  std::vector<RawFrame> between_;
  std::vector<RawFrame> aside_;  // the same, where nothing is to be taken
  std::vector<RawFrame> path_;
  std::size_t foreign_reads_ = 0;
  std::vector<std::byte> opcodes_;
  std::vector<Range> opcode_ranges_;
  ChunkCopies chunks_;
  RawStack raw_;
};

}  // namespace tachyon
