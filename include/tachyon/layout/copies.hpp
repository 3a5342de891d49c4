#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include <tachyon/base/result.hpp>
#include <tachyon/layout/field.hpp>
#include <tachyon/layout/type_list.hpp>

// How much of each struct of the interpreter is copied at once, and how much room there is for it.
//
// Copies lie on the stack or in objects that live long, so their room is fixed when tachyon is
// compiled. How much a build needs is in its layout. A copy that was cut without a word read every
// member behind the cut as zero: of 3.14t it was the counter that says when copies of bytecode have
// to be forgotten. So each kind of copy says here what it takes, from which members are read of it,
// and StructCopy takes exactly that. A compiled layout that needs more room does not compile; a
// published one is refused.
namespace tachyon {

namespace copies {

// Bytes [from, to) of a struct.
struct Extent {
  std::uint32_t from = 0;
  std::uint32_t to = 0;

  constexpr std::uint32_t size() const noexcept { return to > from ? to - from : 0; }
};

template <class... Fields>
constexpr std::uint32_t end_of(Fields... fields) noexcept {
  return std::max({fields.end()...});
}

// Where something embedded begins; 0 where this build has none.
constexpr std::uint32_t start_of(Start start) noexcept {
  return start.present() ? start.offset : 0;
}

// What a look reads of a thread.
struct Thread {
  static constexpr std::string_view name = "thread state";
  static constexpr std::uint32_t room = 1024;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& t = layout.thread;
    return {0, std::max({start_of(t.exc_state) + layout.err_item.value.end(),
                         end_of(t.interp, t.cframe, t.current_frame, t.base_frame, t.exc_info),
                         end_of(t.status_holds_gil, t.holds_gil, t.gil_requested),
                         end_of(t.thread_id, t.native_thread_id, t.id, t.current_exception),
                         end_of(t.datastack_chunk, t.datastack_limit, t.current_executor)})};
  }
};

// Its place in the list of threads.
struct ThreadLink {
  static constexpr std::string_view name = "head of a thread state";
  static constexpr std::uint32_t room = 64;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    return {0, end_of(layout.thread.interp, layout.thread.next)};
  }
};

// What a look reads of an interpreter, but for the counter of released thread indices.
struct Interpreter {
  static constexpr std::string_view name = "interpreter state";
  static constexpr std::uint32_t room = 2048;
  static constexpr bool starts_inside = true;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& i = layout.interpreter;
    return {std::min({i.threads_head.offset, i.threads_next_unique_id.offset,
                      i.gc_collecting.offset, i.gc_frame.offset, i.code_object_generation.offset}),
            end_of(i.threads_head, i.threads_next_unique_id, i.gc_collecting, i.gc_frame,
                   i.code_object_generation)};
  }
};

struct Gil {
  static constexpr std::string_view name = "GIL";
  static constexpr std::uint32_t room = 64;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& g = layout.gil;
    return {0, end_of(g.locked, g.last_holder, g.switch_number, g.enabled)};
  }
};

struct Chunk {
  static constexpr std::string_view name = "head of a data stack chunk";
  static constexpr std::uint32_t room = 64;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& c = layout.chunk;
    return {0, std::max(start_of(c.data), end_of(c.previous, c.bytes, c.top))};
  }
};

// A frame without its locals. (Frames are also read in copies of whole chunks, so that all of its
// members lie before the locals is one of the rules for a published layout.)
struct Frame {
  static constexpr std::string_view name = "frame";
  static constexpr std::uint32_t room = 128;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    return {0, start_of(layout.frame.localsplus)};
  }
};

// The state of a generator, and the link in the frame inside it.
struct GeneratorLink {
  static constexpr std::string_view name = "generator's state and frame";
  static constexpr std::uint32_t room = 128;
  static constexpr bool starts_inside = true;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& g = layout.generator;
    if (!g.frame_state.present() || !g.frame.present()) return {};
    return {g.frame_state.offset, g.frame.offset + layout.frame.previous.end()};
  }
};

// A generator, coroutine or asynchronous generator without the locals of its frame.
struct Generator {
  static constexpr std::string_view name = "generator";
  static constexpr std::uint32_t room = 512;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& g = layout.generator;
    return {0, std::max(start_of(g.frame) + start_of(layout.frame.localsplus),
                        end_of(g.frame_state, layout.object.type))};
  }
};

struct Code {
  static constexpr std::string_view name = "code object";
  static constexpr std::uint32_t room = 512;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    return {0, layout.code.size};
  }
};

struct ErrItem {
  static constexpr std::string_view name = "item of handled exceptions";
  static constexpr std::uint32_t room = 32;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    return {0, end_of(layout.err_item.value, layout.err_item.previous)};
  }
};

// A str up to its characters.
struct Text {
  static constexpr std::string_view name = "head of a str";
  static constexpr std::uint32_t room = 128;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& u = layout.unicode;
    return {0, std::max(start_of(u.compact_data), end_of(u.length, u.kind, u.compact, u.ascii))};
  }
};

struct BytesHead {
  static constexpr std::string_view name = "head of a bytes object";
  static constexpr std::uint32_t room = 128;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    return {0, std::max(start_of(layout.bytes.data), end_of(layout.var_object.count))};
  }
};

struct Dict {
  static constexpr std::string_view name = "dict";
  static constexpr std::uint32_t room = 128;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    return {0, end_of(layout.dict.keys, layout.dict.values)};
  }
};

struct DictKeys {
  static constexpr std::string_view name = "keys of a dict";
  static constexpr std::uint32_t room = 64;

  template <class L>
  static constexpr Extent extent(const L& layout) noexcept {
    const auto& k = layout.dict_keys;
    return {0, std::max(start_of(k.indices), end_of(k.log2_index_bytes, k.kind, k.nentries))};
  }
};

// Every kind there is.
using All = TypeList<Thread, ThreadLink, Interpreter, Gil, Chunk, Frame, GeneratorLink, Generator,
                     Code, ErrItem, Text, BytesHead, Dict, DictKeys>;

template <class Kind, class L>
[[gnu::noinline]] constexpr Extent extent_at_run_time(const L& layout) noexcept {
  return Kind::extent(layout);
}
// A constant of a compiled layout. Of a published one it is worked out at each call, in one place: in
// every place that copies something it made the tool 2 KB larger.
template <class Kind, class L>
constexpr Extent extent_of(const L& layout) noexcept {
  if constexpr (std::is_empty_v<L>) {
    return Kind::extent(layout);
  } else {
    return extent_at_run_time<Kind>(layout);
  }
}

template <class Kind, class... Kinds>
constexpr bool is_one_of(TypeList<Kinds...>) noexcept {
  return (std::is_same_v<Kind, Kinds> || ...);
}

template <class... Kinds>
constexpr std::array<std::string_view, sizeof...(Kinds)> names_of(TypeList<Kinds...>) noexcept {
  return {Kinds::name...};
}

// How much too large `layout` is for the first kind that has no room for it; ok: all have. The
// error's address is the kind's position in All and, below it, the bytes that the struct takes.
template <class L, class... Kinds>
[[gnu::cold]] constexpr Error find_misfit(const L& layout, TypeList<Kinds...>) noexcept {
  Error found{};
  std::uint64_t number = 0;
  const auto look = [&](std::uint32_t size, std::uint32_t room) {
    if (found.code == Errc::ok && size > room) {
      found = {Errc::struct_too_large, 0, {number << 32 | size}};
    }
    ++number;
  };
  (look(extent_of<Kinds>(layout).size(), Kinds::room), ...);
  return found;
}

template <class Kind, class L>
concept HasRoom = (Kind::extent(L{}).size() <= Kind::room);

template <class Kind, class L>
consteval bool fits() {
  static_assert(HasRoom<Kind, L>, "a copy of this struct has too little room in layout/copies.hpp");
  return true;
}

}  // namespace copies

// Whether every copy has room for what it takes of this compiled layout; where one has not, the
// compiler names it and the layout. Each generated layout asks.
template <class L, class... Kinds>
consteval bool copies_fit(TypeList<Kinds...>) {
  return (copies::fits<Kinds, L>() && ...);
}

}  // namespace tachyon
