#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
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
//   - at a frame that stands at an instruction which cannot have a callee. What lies above is old;
//   - below a frame that is returning: the interpreter makes its caller current first.
// The current frame read after the copy only decides what the copy leaves open: whether a generator
// runs on top of the frame that iterates it. Nothing is rejected for having changed since.
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
// the current frame is the truth and the same scan only goes as far as that.
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
    thread_bytes_ =
        std::max({layout.thread.id.end(), layout.thread.datastack_limit.end(),
                  layout.thread.exc_state.offset + layout.err_item.value.end(),
                  layout.thread.native_thread_id.end(), layout.thread.current_executor.end(),
                  layout.thread.cframe.end(), layout.thread.exc_info.end()});
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
    if (const auto ok = copy_.fetch(memory, at_, thread_bytes_); !ok) return ok;
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
    out.push_back(copy_.range(at_, thread_bytes_));
  }

  // For a thread that cannot have moved: the state alone. Its stack stays what it was, as long as
  // the thread is still there.
  void prepare_state(std::vector<Range>& out) { out.push_back(copy_.range(at_, thread_bytes_)); }
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
    if (!has_frames_ && (certain || !started_)) {
      chain_.clear();
      window_size_ = 0;
      return LookResult::stack;
    }
    if (maker.codes().generation() != generation_) give_up();
    generation_ = maker.codes().generation();
    if (epoch != epoch_ && !revalidate(memory, maker, epoch)) chain_.clear();
    if (window_size_ == 0 || chain_.empty() || copy_[layout_.thread.datastack_chunk] != chunk_) {
      return rebuild(memory, maker, current, base);
    }
    const LookResult seen = scan(memory, maker, current, base, certain);
    if (seen == LookResult::stack) trust_codes();
    return seen;
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
      StructCopy<128> apart;
      Bytes bytes = link.on_data_stack ? chunks_.find(link.at, header()) : Bytes{};
      if (bytes.empty()) {
        if (!apart.fetch(memory, link.at, header())) return give_up();
        bytes = apart.bytes();
      }
      if (!link.same_as(raw_frame(layout_, link.at, bytes))) return give_up();
    }
    return true;
  }
  // For when no look gives a stack, and a part of one is better than none: what can be followed
  // from the current frame, as far as it breaks no rule.
  template <Memory M>
  Error salvage(M& memory, ChainMaker<L>& maker) {
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
    const auto followed = check_frames(memory, layout_, maker.codes(), epoch_, chunks_, raw_);
    (void)maker.make(memory, raw_, chunks_, epoch_, chain_);
    return !followed ? followed.error() : !chunks ? chunks.error() : Error{Errc::torn};
  }
  bool has_beliefs() const noexcept { return first_ > 1; }
  void forget() noexcept { give_up(); }

 private:
  static constexpr std::size_t most_extras = 24;
  static constexpr std::size_t least_forward = 1024;  // room for frames younger than the last top
  static constexpr std::size_t least_back = 1024;
  static constexpr std::size_t whole_below = 4096;  // a short stack is copied whole

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
  bool foreign_frame(M& memory, Address at, RawFrame& frame) {
    for (std::size_t i = 0; i < extras_used_; ++i) {
      if (extras_[i].at == at) {
        frame = raw_frame(layout_, at, Bytes{extras_[i].bytes}.first(header()));
        return true;
      }
    }
    // Entries from C are not read again: the frames above and below them are contiguous on the data
    // stack and the younger one still names this entry, so it still leads to the older one. They
    // lie on the C stack: what claims to be one and lies on the data stack is forged.
    for (std::size_t i = chain_.size(); i-- > first_ && at - chunk_ >= chunk_size_;) {
      if (chain_[i].code == nullptr && chain_[i].at == at) {
        frame = {};
        frame.at = at;
        frame.previous = chain_[i].previous;
        frame.owner = chain_[i].owner;
        return true;
      }
    }
    StructCopy<128> copy;
    if (!copy.fetch(memory, at, header())) return false;
    frame = raw_frame(layout_, at, copy.bytes());
    return true;
  }

  // A frame of the window that others stand on.
  struct Floor {
    Address at{};
    Site site{};
    std::size_t bytes = 0;
  };

  // The frames outside the window from `from` down to the floor, youngest first, behind what
  // `between_` holds already. A generator that has yielded since the window was copied has no
  // caller any more. It ran, since a frame of the window, or the current frame, says so: called by
  // whom it was called by in the last look, or by the floor. But only if the floor is where
  // generators are resumed, and iterates this one: else other generators may have been in between,
  // and nobody says which. (Coroutines of 3.11 and 3.12 then seemed to stand on the event loop, 1
  // of 100; the innermost of a chain of generators on the outermost's caller, 1 of 7.)
  template <Memory M>
  bool connect(M& memory, Address from, const Floor& floor, bool certain) {
    constexpr int most = 512;
    between_.clear();
    ambiguous_ = false;
    bool guessed = false;
    Address at = from;
    for (int i = 0; i < most; ++i) {
      if (at == floor.at) {
        const bool stands = certain || between_.empty() || may_stand(between_.back(), floor.site);
        ambiguous_ =
            stands && guessed &&
            (floor.site != Site::resumes_generator || !may_iterate(floor, between_.back().at));
        if (stands && !guessed && !between_.empty()) learn(floor, between_.back().at);
        return stands && !ambiguous_;
      }
      if (!at || at - chunk_ < chunk_size_) return false;
      RawFrame frame;
      if (!foreign_frame(memory, at, frame)) return false;
      const bool generator = layout_.owners.generator.is(frame.owner);
      if (!generator && !is_shim(layout_, frame)) return false;
      if (generator && !frame.previous && !certain) {
        frame.previous = last_caller(at);
        if (!frame.previous) {
          frame.previous = floor.at;
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
  bool may_iterate(const Floor& floor, Address generator) const noexcept {
    return holds(floor, generator) || through_c_ == floor.at;
  }
  void learn(const Floor& floor, Address above) noexcept {
    if (!holds(floor, above)) {
      through_c_ = floor.at;
    } else if (through_c_ == floor.at) {
      through_c_ = {};
    }
  }
  bool holds(const Floor& floor, Address generator) const noexcept {
    constexpr std::uint64_t tags = 7;
    const std::uint64_t object = generator.value - layout_.generator.frame.offset;
    const auto begin = static_cast<std::size_t>(floor.at - window_at_) + header();
    const std::size_t end = std::min(begin - header() + floor.bytes, window_size_);
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
  // On a frame that executes `site`. Entries from C may stand on anything.
  bool may_stand(const RawFrame& frame, Site site) const noexcept {
    return is_shim(layout_, frame) || may_call(layout_, site, frame);
  }

  // The frame of the window on which frames outside it stand, the youngest of them being `from`.
  template <Memory M>
  Address below_on_stack(M& memory, Address from) {
    constexpr int most = 512;
    RawFrame frame;
    frame.previous = from;
    for (int i = 0; i < most && frame.previous; ++i) {
      if (frame.previous - chunk_ < chunk_size_) return frame.previous;
      if (!foreign_frame(memory, frame.previous, frame)) break;
    }
    return Address{~std::uint64_t{0}};
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

  template <Memory M>
  Code* code_of(M& memory, ChainMaker<L>& maker, const RawFrame& frame, std::uint32_t& unit,
                Site& site) {
    if (fresh_.empty() && matched_ > first_ && chain_[matched_ - 1].at == frame.at &&
        chain_[matched_ - 1].code != nullptr) {
      const Link& link = chain_[matched_ - 1];
      unit = link.unit;
      site = link.code->sites[unit];
      return link.code;
    }
    const auto code = maker.codes().get(memory, frame.executable, epoch_);
    if (!code) return nullptr;
    const auto bytecode = maker.codes().bytecode_of(memory, **code, frame.thread_index);
    if (!bytecode) return nullptr;
    const Placed placed = place(layout_, **code, *bytecode, frame);
    if (placed.position == Position::wrong) return nullptr;
    unit = placed.unit;
    // A frame not yet set up calls nobody, whatever instruction it starts with.
    site = placed.position == Position::incomplete ? Site::plain : (*code)->sites[unit];
    if (placed.position == Position::incomplete && unit == 0) site = Site::any;
    return *code;
  }

  struct Fresh {
    RawFrame frame;
    bool on_data_stack;
    std::uint8_t raw_opcode = 0;
  };

  template <Memory M>
  LookResult scan(M& memory, ChainMaker<L>& maker, Address current, Address base, bool certain) {
    matched_ = first_;
    fresh_.clear();
    // How far the window may be read: frames younger than this one are old bytes.
    Address limit{~std::uint64_t{0}};
    if (certain) {
      limit = current - chunk_ < chunk_size_ ? current : below_on_stack(memory, current);
    } else if (!layout_.traits.popped_frames_are_cleared) {
      limit = std::max(on_stack(current), on_stack(first_current_));
      if (!limit) limit = Address{~std::uint64_t{0}};
    }
    RawFrame frame;
    if (!frame_at(window_at_, frame)) return miss();
    const Link& root = chain_[first_];
    if (frame.executable != root.executable || frame.previous != root.previous ||
        window_at_ > limit) {
      return shrunk();
    }
    std::uint32_t unit = 0;
    Site site = Site::any;
    Code* code = nullptr;
    RawFrame below{};
    Code* below_code = nullptr;
    Site below_site = Site::any;
    for (;;) {
      take(frame, true);
      code = code_of(memory, maker, frame, unit, site);
      if (code == nullptr) {
        if (fresh_.empty() || below_code == nullptr) return torn();
        fresh_.pop_back();  // not a frame: old bytes above the top
        frame = below;
        code = below_code;
        site = below_site;
        break;
      }
      if (frame.at >= limit) break;
      if (site != Site::calls && site != Site::resumes_generator && site != Site::any && !certain) {
        break;
      }
      const Address next = frame.at + code->frame_bytes;
      RawFrame above;
      if (next > limit) break;
      if (!frame_at(next, above)) {
        if (next + header() > chunk_ + chunk_size_) break;
        return miss();
      }
      if (!above.executable || !layout_.owners.thread.is(above.owner)) break;
      if (above.previous == frame.at) {
        if (!may_call(layout_, site, above)) break;
      } else {
        // Through a generator or an entry from C; anything else is left over from another stack.
        if (above.previous - chunk_ < chunk_size_ ||
            !connect(memory, above.previous, {frame.at, site, code->frame_bytes}, certain)) {
          if (ambiguous_ && (current == above.at || first_current_ == above.at)) return torn();
          break;
        }
        take_between();
      }
      below = frame;
      below_code = code;
      below_site = site;
      frame = above;
    }
    return finish(memory, maker, current, base, certain, frame,
                  {frame.at, site, code->frame_bytes});
  }

  // The window's frames are known; what sits on top of the last one?
  template <Memory M>
  LookResult finish(M& memory, ChainMaker<L>& maker, Address current, Address base, bool certain,
                    const RawFrame& top, const Floor& floor) {
    const Site site = floor.site;
    if (certain) {
      if (current != top.at) {
        if (!connect(memory, current, floor, true)) return torn();
        take_between();
      }
    } else if (site == Site::returns && !top.entry &&
               (current != top.at || !layout_.traits.popped_frames_are_cleared)) {
      // Returning, and no longer current when we looked again: its caller had the processor. (When
      // it is still current it is shown: dropping it, or keeping all, doubles the distance from
      // what a stopped target shows.) Where popped frames keep their words, every frame that has
      // returned looks like this one, and none can be believed.
      drop_top();
    } else if (site == Site::resumes_generator || site == Site::any) {
      // Does a generator run on top? The current frame tells, unless it has moved on since.
      const bool elsewhere = current && current != base && current - chunk_ >= chunk_size_;
      if (elsewhere && connect(memory, current, floor, false)) {
        take_between();
      } else if (elsewhere && ambiguous_) {
        return torn();
      } else if (site == Site::resumes_generator) {
        take_running_generator(top);
      }
    } else if (site == Site::calls) {
      const bool elsewhere = current && current != base && current - chunk_ >= chunk_size_;
      if (elsewhere && connect(memory, current, floor, false) && !between_.empty() &&
          is_shim(layout_, between_.back())) {
        take_between();
      }
    }
    moved_ =
        !certain && current != (fresh_.empty() ? chain_[matched_ - 1].at : fresh_.back().frame.at);
    if (maker.wants_opcodes()) read_opcodes(memory, maker);
    chain_.cut(matched_);
    for (const Fresh& fresh : fresh_) {
      const auto ok =
          maker.push(memory, chain_, fresh.frame, fresh.on_data_stack, epoch_, fresh.raw_opcode);
      if (!ok) return torn();
    }
    started_ = true;
    if (back_ > least_back) back_ -= back_ / 64;
    return LookResult::stack;
  }

  // What every frame of the window executes, in one read. An instruction that was specialised since
  // the last look makes its link, and those above it, new.
  template <Memory M>
  void read_opcodes(M& memory, ChainMaker<L>& maker) {
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

  void take_running_generator(const RawFrame& top) {
    Address below = top.at;
    for (std::size_t depth = 0; depth <= extras_used_; ++depth) {
      bool found = false;
      for (std::size_t i = 0; i < extras_used_ && !found; ++i) {
        const RawFrame frame =
            raw_frame(layout_, extras_[i].at, Bytes{extras_[i].bytes}.first(header()));
        if (frame.previous == below && layout_.owners.generator.is(frame.owner)) {
          take(frame, false);
          below = frame.at;
          found = true;
        }
      }
      if (!found) return;
    }
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
  LookResult rebuild(M& memory, ChainMaker<L>& maker, Address current, Address base) {
    give_up();
    chunk_ = copy_[layout_.thread.datastack_chunk];
    chunk_size_ = 0;
    if (!chunk_ || !current) return LookResult::torn;
    const auto size = read_value<std::uint64_t>(memory, chunk_ + layout_.chunk.bytes.offset);
    if (!size || *size > ChunkCopies::most_bytes) return LookResult::torn;
    const Emptied afterwards{chunks_};
    if (!copy_chunks(memory, layout_, chunk_, chunks_)) return LookResult::torn;
    follow_frames(memory, layout_, current, base, chunks_, {}, raw_);
    if (!check_frames(memory, layout_, maker.codes(), epoch_, chunks_, raw_)) {
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
  std::size_t thread_bytes_ = 0;
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
  bool moved_ = false;
  bool ambiguous_ = false;  // whose generator that is
  Address through_c_{};     // the frame on which C code was seen to run a generator
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
  std::vector<RawFrame> between_;
  std::vector<std::byte> opcodes_;
  std::vector<Range> opcode_ranges_;
  ChunkCopies chunks_;
  RawStack raw_;
};

}  // namespace tachyon
