#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <tachyon/unwind/follow.hpp>
#include <tachyon/unwind/generator_links.hpp>
#include <tachyon/unwind/known_code.hpp>
#include <tachyon/unwind/taken_frames.hpp>

// From the copy of a thread's frames to its stack.
//
// Nothing is read here. What goes in: the window's bytes, the frames copied with it, the last stack,
// the current frame, and what is known of code objects. What comes out: how many links of the last
// stack are still right, and the frames on top of them. Or what is `wanted()`, one thing at a time:
// a frame that is not in the copy, a code object that is not known. The caller reads it and lets the
// scan go on from where it was; what cannot be had is said to be so.
//
//      window, one range                                        read after the window
//     |<------------------------------------------->|           +---------+
//     | k: handle | parse | value | 0 | old bytes   |           | current |
//       ^ as it was below here     ^ top ends here
//
// The window is read upwards: a frame's size gives the address of the next one, whose `previous`
// must lead back. The stack ends
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
// Of a thread that cannot run, the current frame is the top: see follow.hpp.
namespace tachyon {

// `codes` is asked with known() and known_bytecode(), as CodeCache has them.
template <class L, class Codes>
struct ScanInput {
  StackView<L> stack;
  Codes& codes;
  std::uint64_t epoch = 0;  // as of which code is known
  Address current{};        // the frame that ran when it was read, after the window
  Address first_current{};  // the same before the window, where popped frames are not cleared
  Address base{};           // the sentinel below all frames, where there is one
};

class Scan {
 public:
  // `certain`: the thread cannot have moved since before the first byte was copied.
  template <class In>
  ScanResult start(const In& in, bool certain) {
    certain_ = certain;
    doubting_ = true;
    begin(in);
    return resume(in);
  }
  // Goes on with the same input, now that what was wanted is there or was refused.
  template <class In>
  ScanResult resume(const In& in) {
    links_.clear();
    if (step_ != Step::placing) {
      const ScanResult seen = certain_ ? follow_.run(in.stack, links_, taken_) : climb_twice(in);
      if (seen != ScanResult::stack) return seen;
      step_ = Step::placing;
    }
    // Frames elsewhere are not looked up before they are known to be on the stack.
    const Answer placed = code_.place_all(in.stack.layout, in.codes, in.epoch, taken_.fresh());
    return placed == Answer::yes  ? ScanResult::stack
           : placed == Answer::no ? ScanResult::misplaced
                                  : ScanResult::wanted;
  }

  const TakenFrames& taken() const noexcept { return taken_; }
  TakenFrames& taken() noexcept { return taken_; }
  // What is wanted: a frame outside the data stack, which is to come among the window's foreign
  // frames. Zero: it is code, which is to come into the cache, or to be refused.
  Address wanted_frame() const noexcept { return links_.wanted(); }
  const CodeLookup::Wanted& wanted_code() const noexcept { return code_.wanted(); }
  void refuse_code() noexcept { code_.refuse(); }

 private:
  // Where to go on.
  enum class Step : std::uint8_t { limit, bottom, levels, above, placing };

  // A frame of the window that others stand on, and how much had been taken with it.
  struct Level {
    PlacedFrame placed{};
    Site site = Site::any;
    std::size_t link = TakenFrames::unknown;  // of the last stack, that it is
    TakenFrames::Mark mark{};

    Address at() const noexcept { return placed.frame.at; }
    Floor floor() const noexcept { return {at(), placed.code->frame_bytes, site}; }
  };

  template <class In>
  void begin(const In& in) {
    step_ = Step::limit;
    taken_.start(in.stack.window.first());
    code_.start();
    height_ = 0;
    doubt_found_ = {};
    if (certain_) follow_.start(in.current);
  }

  // What the stack has against the rules is asked for a second time.
  template <class In>
  ScanResult climb_twice(const In& in) {
    const ScanResult seen = climb(in);
    if (seen == ScanResult::wanted || !doubting_) return seen;
    const Doubt before = doubt_;
    if (seen == ScanResult::stack) doubt_ = doubt_found_;
    if (seen != ScanResult::stack || !doubt_ || doubt_ == before) {
      asked_again_ = asked_again_ && seen != ScanResult::stack && seen != ScanResult::torn;
      return seen;
    }
    asked_again_ = !asked_again_;
    if (asked_again_) return ScanResult::again;
    doubting_ = false;
    begin(in);
    return climb(in);
  }

  // From the window's first frame upwards, as far as one stands on the other. doubting_: and
  // farther, where the rules say no and the current frame says yes; doubt_found_ is then what they
  // say.
  template <class In>
  ScanResult climb(const In& in) {
    if (step_ == Step::limit) {
      if (!find_limit(in)) return ScanResult::wanted;
      step_ = Step::bottom;
    }
    if (step_ == Step::bottom) {
      const ScanResult seen = take_bottom(in);
      if (seen != ScanResult::stack) return seen;
      step_ = Step::levels;
    }
    if (step_ == Step::levels) {
      const ScanResult seen = take_levels(in);
      if (seen != ScanResult::stack) return seen;
      leave_top(in);
      step_ = Step::above;
    }
    return take_current(in);
  }

  // How far the window may be read: frames younger than this one are old bytes. False: a frame is
  // wanted.
  template <class In>
  bool find_limit(const In& in) {
    limit_ = {};
    if (!in.stack.layout.traits.popped_frames_are_cleared) {
      limit_ = std::max(on_stack(in, in.current), on_stack(in, in.first_current));
      if (!limit_) {
        const Address now = links_.floor_of(in.stack, in.current);
        if (links_.wanted()) return false;
        limit_ = std::max(now, links_.floor_of(in.stack, in.first_current));
        if (links_.wanted()) return false;
      }
    }
    if (!limit_) limit_ = {~std::uint64_t{0}};
    return true;
  }

  template <class In>
  ScanResult take_bottom(const In& in) {
    const Window& window = in.stack.window;
    Level& bottom = level_above();
    RawFrame& frame = bottom.placed.frame;
    if (!window.frame_at(in.stack.layout, window.at(), frame)) return ScanResult::wider;
    if (!in.stack.is_root(frame) || window.at() > limit_) return ScanResult::shorter;
    const Answer placed = place_level(in, bottom);
    if (placed == Answer::wanted) return ScanResult::wanted;
    if (placed == Answer::no) return ScanResult::torn;
    take_level(in);
    return ScanResult::stack;
  }

  template <class In>
  ScanResult take_levels(const In& in) {
    const auto& [layout, window, chain] = in.stack;
    for (;;) {
      const Address next = top_level().at() + top_level().placed.code->frame_bytes;
      if (next > limit_) return ScanResult::stack;
      Level& above = level_above();
      if (!window.frame_at(layout, next, above.placed.frame)) {
        const bool is_over = next + layout.frame.localsplus.offset > window.chunk_end();
        return is_over ? ScanResult::stack : ScanResult::wider;
      }
      const RawFrame& frame = above.placed.frame;
      if (!frame.executable || !layout.owners.thread.is(frame.owner)) return ScanResult::stack;
      const Answer stands = take_below(in, above);
      if (stands == Answer::wanted) return ScanResult::wanted;
      if (stands == Answer::no) {
        const bool is_current = in.current == next || in.first_current == next;
        return links_.is_ambiguous() && is_current ? ScanResult::torn : ScanResult::stack;
      }
      take_level(in);
    }
  }

  // Takes what is between the youngest level and the frame above it. No: that one does not stand on
  // it, and is left over from another stack.
  template <class In>
  Answer take_below(const In& in, Level& above) {
    const auto& [layout, window, chain] = in.stack;
    const RawFrame& frame = above.placed.frame;
    links_.clear();
    const bool leads = window.in_chunk(frame.previous)
                           ? frame.previous == top_level().at()
                           : links_.connect(in.stack, frame.previous, top_level().floor());
    if (links_.wanted()) return Answer::wanted;
    const RawFrame& lowest = links_.lowest_or(frame);
    const bool stands = leads && is_expected(layout, top_level().site, lowest);
    if (!stands) {
      if (!doubting_ || links_.is_ambiguous()) return Answer::no;
      if (leads && !may_stand_still(in, lowest, top_level())) return Answer::no;
      const Answer below = is_below_current(in, frame.at);
      if (below != Answer::yes) return below;
    }
    const Answer placed = place_level(in, above);
    if (placed != Answer::yes) return placed;
    if (!leads) return take_onto_older(in, above);
    if (!stands) doubt_found_.add(top_level().placed.frame, lowest);
    take_between(in);
    return Answer::yes;
  }
  // On an older level: those in between have been left, and their locals are going away.
  template <class In>
  [[gnu::cold]] Answer take_onto_older(const In& in, Level& above) {
    const RawFrame& frame = above.placed.frame;
    const Address onto = links_.lead_down(in.stack, frame.previous, true);
    if (links_.wanted()) return Answer::wanted;
    const std::size_t floor = level_at(onto);
    if ((links_.between().empty() && !frame.entry) || floor == height_) return Answer::no;
    doubt_found_.add(levels_[floor].placed.frame, links_.lowest_or(frame));
    std::swap(levels_[floor + 1], above);
    return_to(floor);
    take_between(in);
    return Answer::yes;
  }

  // Which instructions push frames directly is well known. What stands on another one was pushed
  // after that one was copied, unless the thread was there in the last look, too: a busy program is
  // not read again for each of those.
  template <class In>
  bool may_stand_still(const In& in, const RawFrame& frame, const Level& floor) const noexcept {
    return frame.entry || is_shim(in.stack.layout, frame) || floor.mark.fresh == 0;
  }

  // Did the thread run this frame of the data stack, or one above it, whenever it was asked?
  template <class In>
  Answer is_below_current(const In& in, Address at) {
    const Address now = links_.floor_of(in.stack, in.current);
    if (links_.wanted()) return Answer::wanted;
    if (now < at) return Answer::no;
    if (in.stack.layout.traits.popped_frames_are_cleared || in.first_current == in.current) {
      return Answer::yes;
    }
    const Address before = links_.floor_of(in.stack, in.first_current);
    if (links_.wanted()) return Answer::wanted;
    return before >= at ? Answer::yes : Answer::no;
  }

  // The window's frames are known; is the last one part of the stack?
  template <class In>
  void leave_top(const In& in) {
    const auto& layout = in.stack.layout;
    const Level& top = top_level();
    const bool is_current = in.current == top.at();
    // Being set up, or what a generator's creation left behind.
    const bool hidden = !top.placed.complete && !is_current;
    // Returning, and no longer current when we looked again: its caller had the processor. (When it
    // is still current it is shown: dropping it, or keeping all, doubles the distance from what a
    // stopped target shows.) Where popped frames keep their words, every frame that has returned
    // looks like this one, and none can be taken for the top.
    const bool returns = top.site == Site::returns && !top.placed.frame.entry &&
                         (!is_current || !layout.traits.popped_frames_are_cleared);
    if ((hidden || returns) && height_ > 1) {
      taken_.drop_top(layout, in.stack.chain);
      --height_;
      leave_yielded(in);
    }
  }

  // Generators that the dropped frame stood on, before they yielded. (Where a coroutine awaits sleep(),
  // the making of that has left one: two thirds of a uvloop's idle time seemed to be the coroutine's.)
  template <class In>
  void leave_yielded(const In& in) {
    const Chain& chain = in.stack.chain;
    for (std::size_t i = 0; i < GeneratorLinks::most_between; ++i) {
      const Address youngest = taken_.youngest(chain);
      if (youngest == top_level().at() || youngest == in.current) return;
      if (!links_.has_yielded(in.stack, youngest)) return;
      taken_.drop_top(in.stack.layout, chain);
    }
  }

  // What is on top of the window's last frame?
  template <class In>
  ScanResult take_current(const In& in) {
    const bool elsewhere =
        in.current && in.current != in.base && !in.stack.window.in_chunk(in.current);
    if (elsewhere) {
      const Answer stands = take_above(in);
      if (stands == Answer::wanted) return ScanResult::wanted;
      if (stands == Answer::yes) return ScanResult::stack;
    }
    const Site site = top_level().site;
    if (elsewhere && links_.is_ambiguous() &&
        (site == Site::resumes_generator || site == Site::any)) {
      return ScanResult::torn;
    }
    take_running_generators(in, site);
    return ScanResult::stack;
  }

  // Takes the current frame, which is not on the data stack, and those that it stands on. No: it
  // stands on none of the window, as far as is known.
  template <class In>
  Answer take_above(const In& in) {
    const auto& layout = in.stack.layout;
    const std::size_t top = height_ - 1;
    const bool leads = links_.connect(in.stack, in.current, top_level().floor());
    if (links_.wanted()) return Answer::wanted;
    if (leads && is_expected(layout, top_level().site, links_.between().back())) {
      return_to(top);
      take_between(in);
      return Answer::yes;
    }
    if (!doubting_ || links_.is_ambiguous()) return Answer::no;
    if (taken_.contains(in.stack.chain, in.current)) return Answer::no;
    const Address onto = links_.lead_down(in.stack, in.current, true);
    if (links_.wanted()) return Answer::wanted;
    const bool agree = layout.traits.popped_frames_are_cleared || in.first_current == in.current ||
                       on_stack(in, in.first_current) > onto;
    const std::size_t floor = level_at(onto);
    if (!agree || floor > top) return Answer::no;
    const RawFrame& lowest = links_.between().back();
    const bool stands = floor == top && is_expected(layout, levels_[top].site, lowest);
    if (!stands && !may_stand_still(in, lowest, levels_[floor])) return Answer::no;
    return_to(floor);
    if (!stands) doubt_found_.add(top_level().placed.frame, lowest);
    take_between(in);
    return Answer::yes;
  }

  // Generators that ran when they were copied, one on the other. `site` is where the window's last
  // frame stands.
  template <class In>
  void take_running_generators(const In& in, Site site) {
    const Chain& chain = in.stack.chain;
    bool on_generator = taken_.youngest(chain) != top_level().at();
    for (std::size_t depth = 0; depth <= in.stack.window.foreign.copied_count(); ++depth) {
      GeneratorLinks::Running running;
      const Address below = taken_.youngest(chain);
      if (!links_.find_running(in.stack, below, site, on_generator, running)) return;
      if (running.entry != nullptr) taken_.take(chain, running.entry->frame());
      taken_.take(chain, running.frame);
      on_generator = true;
    }
  }

  // What the frame of a level runs, and where it stands. No: it is none.
  template <class In>
  Answer place_level(const In& in, Level& level) {
    // As in the last look? What stands between it and the level below comes first.
    constexpr std::size_t most_ahead = 8;
    const Chain& chain = in.stack.chain;
    PlacedFrame& placed = level.placed;
    placed.on_data_stack = true;
    const std::size_t kept = taken_.kept();
    const std::size_t end =
        taken_.fresh().empty() ? std::min(chain.size(), kept + most_ahead) : kept;
    for (std::size_t i = kept; i < end; ++i) {
      const Link& link = chain[i];
      if (link.code == nullptr || !link.same_as(placed.frame)) continue;
      placed.code = link.code;
      placed.unit = link.unit;
      placed.complete = link.shown;
      level.site = link.code->sites[link.unit];
      level.link = i;
      return Answer::yes;
    }
    level.link = TakenFrames::unknown;
    const Answer found = code_.place_frame(in.stack.layout, in.codes, in.epoch, placed);
    if (found == Answer::yes) level.site = placed.code->sites[placed.unit];
    return found;
  }

  template <class In>
  void take_between(const In& in) {
    const std::vector<RawFrame>& between = links_.between();
    for (std::size_t i = between.size(); i-- > 0;) taken_.take(in.stack.chain, between[i]);
  }

  // Levels are kept in place, from look to look: copying them cost 3 % of a look at eight threads.
  Level& level_above() {
    if (levels_.size() == height_) levels_.emplace_back();
    return levels_[height_];
  }
  const Level& top_level() const noexcept { return levels_[height_ - 1]; }
  template <class In>
  void take_level(const In& in) {
    Level& level = levels_[height_++];
    taken_.take(in.stack.chain, level.link, level.placed);
    level.mark = taken_.mark();
  }
  // Gives up what was taken above this level.
  void return_to(std::size_t level) {
    height_ = level + 1;
    taken_.return_to(top_level().mark);
  }
  // The level at this place; past the end: there is none.
  std::size_t level_at(Address at) const noexcept {
    for (std::size_t i = height_; i-- > 0;) {
      if (levels_[i].at() == at) return i;
    }
    return height_;
  }
  template <class In>
  static Address on_stack(const In& in, Address at) noexcept {
    return in.stack.window.in_chunk(at) ? at : Address{};
  }

  GeneratorLinks links_;
  CodeLookup code_;
  TakenFrames taken_;
  Follow follow_;
  Step step_ = Step::limit;
  bool certain_ = false;
  bool doubting_ = false;
  bool asked_again_ = false;
  Doubt doubt_;        // what the last scan had against the stack that the current frame says
  Doubt doubt_found_;  // the same of this one
  Address limit_{};
  std::vector<Level> levels_;
  std::size_t height_ = 0;  // levels taken
};

}  // namespace tachyon
