#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/unwind/chain.hpp>

// The stack of a thread of which nothing is known yet, or nothing that is still right: read from the
// current frame down, with the checks of stack.hpp. It is pieced together from several reads, so it
// is no sample of a thread that runs. It says where the thread's frames are, for a window to be
// aimed at.
namespace tachyon {

class Rebuild {
 public:
  // Where the thread says its frames are.
  struct From {
    Address chunk{};
    Address current{};
    Address base{};
    std::uint64_t epoch = 0;  // as of which code is known
  };

  // Makes `chain` the whole stack, and returns the size of the newest chunk. `still`: the thread
  // cannot run meanwhile.
  template <class L, Memory M>
  Result<std::uint64_t> read_whole(M& memory, const L& layout, ChainMaker<L>& maker,
                                   const From& from, bool still, Chain& chain) {
    if (!from.chunk || !from.current) return Errc::torn;
    const auto size = read_value<std::uint64_t>(memory, layout.chunk.bytes.at(from.chunk));
    if (!size) return size.error();
    if (*size > ChunkCopies::most_bytes) return Errc::torn;
    const Emptied afterwards{chunks_};
    if (const auto ok = copy_chunks(memory, layout, from.chunk, chunks_); !ok) return ok.error();
    follow_frames(memory, layout, from.current, from.base, chunks_, {}, raw_);
    const auto ok =
        check_frames(memory, layout, maker.codes(), from.epoch, chunks_, still, doubt_, raw_);
    if (!ok) return ok.error();
    maker.make(memory, raw_, chunks_, chain);
    return *size;
  }

  // For when no look gives a stack, and a part of one is better than none: what can be followed
  // from the current frame, as far as it breaks no rule. Returns why it ended.
  template <class L, Memory M>
  [[gnu::cold]] Error read_partial(M& memory, const L& layout, ChainMaker<L>& maker,
                                   const From& from, Chain& chain) {
    const Emptied afterwards{chunks_};
    const auto chunks = copy_chunks(memory, layout, from.chunk, chunks_);
    follow_frames(memory, layout, from.current, from.base, chunks_, {}, raw_);
    const auto followed =
        check_frames(memory, layout, maker.codes(), from.epoch, chunks_, false, doubt_, raw_);
    maker.make(memory, raw_, chunks_, chain);
    return !followed ? followed.error() : !chunks ? chunks.error() : Error{Errc::torn};
  }

  // Reads the links below `end`, which looks take on trust, and compares. False: some are wrong.
  template <class L, Memory M>
  bool recheck_parents(M& memory, const L& layout, Address chunk, const Chain& chain,
                       std::size_t end) {
    const std::size_t header = layout.frame.localsplus.offset;
    const Emptied afterwards{chunks_};
    if (!copy_chunks(memory, layout, chunk, chunks_)) return true;  // says nothing about them
    for (std::size_t i = end; i-- > 0;) {
      const Link& link = chain[i];
      if (link.code == nullptr) continue;  // an entry's place proves it: see GeneratorLinks
      StructCopy<copies::Frame> apart;
      Bytes bytes = link.on_data_stack ? chunks_.find(link.at, header) : Bytes{};
      if (bytes.empty()) {
        if (!apart.fetch(memory, link.at, layout)) return false;
        bytes = apart.bytes();
      }
      if (!link.same_as(raw_frame(layout, link.at, bytes))) return false;
    }
    return true;
  }

 private:
  // Many threads must not keep what a deep one needs for a moment.
  struct Emptied {
    ChunkCopies& copies;
    ~Emptied() { copies.clear(); }
  };

  ChunkCopies chunks_;
  RawStack raw_;
  Doubt doubt_;  // what the last walk had against the rules
};

}  // namespace tachyon
