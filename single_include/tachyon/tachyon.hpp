// tachyon in one header. Written by gen/amalgamate.py; do not edit.
//
// MIT License
//
// Copyright (c) 2026 The tachyon authors
//
// Permission is hereby granted, free of charge, to any person obtaining a copy
// of this software and associated documentation files (the "Software"), to deal
// in the Software without restriction, including without limitation the rights
// to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
// copies of the Software, and to permit persons to whom the Software is
// furnished to do so, subject to the following conditions:
//
// The above copyright notice and this permission notice shall be included in all
// copies or substantial portions of the Software.
//
// THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
// IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
// FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
// AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
// LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
// OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
// SOFTWARE.
#pragma once

#if __cplusplus < 202002L
#error "tachyon needs C++20: compile with -std=c++20"
#endif
#if !__has_include(<boost/pfr.hpp>)
#error "tachyon needs the headers of Boost.PFR, 1.75 or newer (Debian: apt-get install libboost1.81-dev)"
#endif

// ---- tachyon/version.hpp ----

#include <string_view>

#define TACHYON_VERSION_MAJOR 0
#define TACHYON_VERSION_MINOR 1
#define TACHYON_VERSION_PATCH 0

namespace tachyon {

inline constexpr std::string_view version = "0.1.0";

}  // namespace tachyon

// ---- tachyon/base/address.hpp ----

#include <compare>
#include <cstdint>

namespace tachyon {

// A place in the target's address space. It is not a pointer: nobody can dereference it by accident,
// and arithmetic wraps instead of being undefined, because the numbers come from a process that may
// be torn, hostile or gone.
struct Address {
  std::uint64_t value = 0;

  constexpr explicit operator bool() const noexcept { return value != 0; }
  friend constexpr auto operator<=>(Address, Address) noexcept = default;
  friend constexpr Address operator+(Address a, std::uint64_t n) noexcept { return {a.value + n}; }
  friend constexpr Address operator-(Address a, std::uint64_t n) noexcept { return {a.value - n}; }
  friend constexpr std::uint64_t operator-(Address a, Address b) noexcept {
    return a.value - b.value;
  }
};

}  // namespace tachyon

// ---- tachyon/base/bytes.hpp ----

#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

// Foreign bytes are read by copying, never by casting: no alignment, no aliasing, no surprise.
// All targets we know are little-endian LP64, as we are; formats that travel say their byte order.
namespace tachyon {

using Bytes = std::span<const std::byte>;

// The T at `offset`; the caller has checked that it fits.
template <class T>
  requires std::is_trivially_copyable_v<T>
T load(Bytes from, std::size_t offset) noexcept {
  T value;
  std::memcpy(&value, from.data() + offset, sizeof value);
  return value;
}

template <class T>
  requires std::is_trivially_copyable_v<T>
std::optional<T> load_checked(Bytes from, std::size_t offset) noexcept {
  if (offset > from.size() || from.size() - offset < sizeof(T)) return std::nullopt;
  return load<T>(from, offset);
}

// `length` bytes from `offset`, or nothing when they are not all there. No sum can overflow.
inline std::optional<Bytes> slice(Bytes from, std::uint64_t offset, std::uint64_t length) noexcept {
  if (offset > from.size() || from.size() - offset < length) return std::nullopt;
  return from.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}

}  // namespace tachyon

// ---- tachyon/base/result.hpp ----

#include <cassert>
#include <utility>
#include <variant>

// Errors are values. A target that moves under the reader makes a failed read an ordinary outcome:
// a returned error cost 4 ns where this was measured, a thrown one 2,150 ns. `Result` has the member
// names of std::expected, which g++ 12 lacks, so that it can become an alias one day. Text is made in
// one place, describe(Error) in target/diagnose.hpp, and it names the remedy.
namespace tachyon {

enum class Errc : std::uint16_t {
  ok = 0,
  // The target moved while it was read: drop this read, count it, try again.
  torn,
  unreadable,  // EFAULT: nothing is mapped there (any more)
  too_deep,    // a list or chain of the target did not end within its bound
  bad_value,   // a length, tag or offset that cannot be
  // The target as a whole.
  no_such_process,
  not_permitted,
  is_kernel_thread,
  is_zombie,
  not_python,
  not_started,  // the interpreter has not finished starting
  finalizing,   // the interpreter is shutting down
  unsupported_version,
  unsupported_prerelease,
  unsupported_arch,
  process_changed,  // exec'ed, or the pid belongs to another process now
  timed_out,
  // Files.
  cannot_open,
  cannot_read,
  cannot_write,
  not_a_recording,
  not_a_core,
  damaged,      // checksum or structure is wrong
  truncated,    // ends too early
  unsupported,  // well-formed, but not something this build can do
  limit,        // a documented limit of a format was reached
  // The machine.
  system,  // see sys
};

struct Error {
  Errc code = Errc::ok;
  std::int32_t sys = 0;  // errno where one belongs to it, otherwise 0
  Address at{};          // address in the target, or offset in a file

  friend constexpr bool operator==(const Error&, const Error&) noexcept = default;
};
static_assert(sizeof(Error) == 16);

// "Drop this sample and count it" against "the session is over". Only the session loop asks.
constexpr bool is_transient(Errc code) noexcept {
  return code == Errc::torn || code == Errc::unreadable || code == Errc::too_deep ||
         code == Errc::bad_value;
}

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = Error;

  constexpr Result(T value) noexcept(std::is_nothrow_move_constructible_v<T>)
      : state_{std::in_place_index<0>, std::move(value)} {}
  constexpr Result(Error error) noexcept : state_{std::in_place_index<1>, error} {}
  constexpr Result(Errc code) noexcept : Result{Error{code, 0, {}}} {}

  constexpr bool has_value() const noexcept { return state_.index() == 0; }
  constexpr explicit operator bool() const noexcept { return has_value(); }

  constexpr T& value() & noexcept { return *get(); }
  constexpr const T& value() const& noexcept { return *get(); }
  constexpr T&& value() && noexcept { return std::move(*get()); }
  constexpr T& operator*() & noexcept { return *get(); }
  constexpr const T& operator*() const& noexcept { return *get(); }
  constexpr T&& operator*() && noexcept { return std::move(*get()); }
  constexpr T* operator->() noexcept { return get(); }
  constexpr const T* operator->() const noexcept { return get(); }

  constexpr Error error() const noexcept {
    const Error* error = std::get_if<1>(&state_);
    return error ? *error : Error{};
  }
  template <class U>
  constexpr T value_or(U&& other) const& {
    return has_value() ? **this : static_cast<T>(std::forward<U>(other));
  }

 private:
  constexpr T* get() noexcept {
    T* value = std::get_if<0>(&state_);
    assert(value && "Result read without a value");
    return value;
  }
  constexpr const T* get() const noexcept {
    const T* value = std::get_if<0>(&state_);
    assert(value && "Result read without a value");
    return value;
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  using error_type = Error;

  constexpr Result() noexcept = default;
  constexpr Result(Error error) noexcept : error_{error} {}
  constexpr Result(Errc code) noexcept : error_{code, 0, {}} {}

  constexpr bool has_value() const noexcept { return error_.code == Errc::ok; }
  constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr void value() const noexcept { assert(has_value()); }
  constexpr Error error() const noexcept { return error_; }

 private:
  Error error_{};
};

}  // namespace tachyon

// ---- tachyon/base/descriptor.hpp ----

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace tachyon {

// An open file descriptor, closed with its owner.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_{number} {}
  Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  explicit operator bool() const noexcept { return number_ >= 0; }
  int get() const noexcept { return number_; }

 private:
  int number_ = -1;
};

// Reading only, close-on-exec; `flags` adds to that. The error keeps errno, the caller knows what
// the file was for and picks the code that says so.
inline Result<Descriptor> open_for_reading(const char* path, int flags = 0,
                                           int directory = AT_FDCWD) noexcept {
  for (;;) {
    const int number = ::openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
    if (number >= 0) return Descriptor{number};
    if (errno != EINTR) return Error{Errc::cannot_open, errno, {}};
  }
}

// Up to into.size() bytes; fewer only at the end of the file.
inline Result<std::size_t> read_at(const Descriptor& file, std::uint64_t offset,
                                   std::span<std::byte> into) noexcept {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(file.get(), into.data() + done, into.size() - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{Errc::cannot_read, errno, {offset + done}};
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// A whole file whose size is not known beforehand (everything in /proc). More than `limit` bytes is
// an error: nothing that we read this way has a reason to be larger.
inline Result<std::string> read_whole(const Descriptor& file, std::size_t limit) {
  std::string text;
  std::size_t used = 0;
  for (;;) {
    if (text.size() == used) text.resize(used == 0 ? 4096 : used * 2);
    const ssize_t n = ::read(file.get(), text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{Errc::cannot_read, errno, {used}};
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
    if (used > limit) return Error{Errc::limit, 0, {used}};
  }
  text.resize(used);
  return text;
}

}  // namespace tachyon

// ---- tachyon/base/interner.hpp ----

#include <vector>

// Equal things get equal small numbers. Everything that repeats in a profile (strings, functions,
// frames, stacks) is kept once and named by its index, so comparing is comparing integers and a
// collector can use plain vectors instead of maps.
//
// One open-addressing index serves both interners: a power-of-two table of indices into the values,
// at most 70 % full, linear probing. Values live in a vector in order of first appearance, which is
// also the order in which files list them.
namespace tachyon {

// A mixer good enough for linear probing (the finaliser of a multiply-xorshift hash).
constexpr std::uint64_t mix_bits(std::uint64_t x) noexcept {
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93U;
  x ^= x >> 32;
  x *= 0xd6e8feb86659fd93U;
  x ^= x >> 32;
  return x;
}

constexpr std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t h = 0xcbf29ce484222325U;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix_bits(h);
}

namespace detail {

class ProbeTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  // Index of the value with this hash that `equal` accepts, or `none`.
  template <class Equal>
  std::uint32_t find(std::uint64_t hash, Equal&& equal) const {
    if (slots_.empty()) return none;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.index == none) return none;
      if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && equal(slot.index)) {
        return slot.index;
      }
    }
  }

  // `rehash(index)` gives the full hash of a value again when the table grows.
  template <class Rehash>
  void insert(std::uint64_t hash, std::uint32_t index, Rehash&& rehash) {
    if ((used_ + 1) * 10 > slots_.size() * 7) {
      std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
      old.swap(slots_);
      for (const Slot& slot : old) {
        if (slot.index != none) place(rehash(slot.index), slot.index);
      }
    }
    place(hash, index);
    ++used_;
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t index = none;
  };

  void place(std::uint64_t hash, std::uint32_t index) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t i = hash & mask;
    while (slots_[i].index != none) i = (i + 1) & mask;
    slots_[i] = {static_cast<std::uint32_t>(hash >> 32), index};
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace detail

// Small trivially comparable keys; Key needs == and a free or member `hash_of(key)` found by ADL.
template <class Key>
class Interner {
 public:
  static constexpr std::uint32_t none = detail::ProbeTable::none;

  std::uint32_t intern(const Key& key) {
    const std::uint64_t hash = hash_of(key);
    const std::uint32_t known = find(key, hash);
    if (known != none) return known;
    const auto index = static_cast<std::uint32_t>(values_.size());
    values_.push_back(key);
    table_.insert(hash, index, [&](std::uint32_t i) { return hash_of(values_[i]); });
    return index;
  }

  std::uint32_t find(const Key& key) const { return find(key, hash_of(key)); }
  const Key& operator[](std::uint32_t index) const { return values_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(values_.size()); }

 private:
  std::uint32_t find(const Key& key, std::uint64_t hash) const {
    return table_.find(hash, [&](std::uint32_t i) { return values_[i] == key; });
  }

  std::vector<Key> values_;
  detail::ProbeTable table_;
};

// Text, kept in blocks that never move: a view once given stays valid for the table's life.
class StringInterner {
 public:
  std::uint32_t intern(std::string_view text) {
    const std::uint64_t hash = hash_text(text);
    const std::uint32_t known =
        table_.find(hash, [&](std::uint32_t i) { return values_[i] == text; });
    if (known != detail::ProbeTable::none) return known;
    const auto index = static_cast<std::uint32_t>(values_.size());
    values_.push_back(keep(text));
    table_.insert(hash, index, [&](std::uint32_t i) { return hash_text(values_[i]); });
    return index;
  }

  std::string_view operator[](std::uint32_t index) const { return values_[index]; }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(values_.size()); }

 private:
  static constexpr std::size_t block = 65536;

  std::string_view keep(std::string_view text) {
    if (text.size() > block / 4) {  // on its own, so that a block is never mostly wasted
      large_.push_back(std::vector<char>(text.begin(), text.end()));
      return {large_.back().data(), text.size()};
    }
    if (blocks_.empty() || block - used_ < text.size()) {
      blocks_.emplace_back(block);
      used_ = 0;
    }
    char* to = blocks_.back().data() + used_;
    text.copy(to, text.size());
    used_ += text.size();
    return {to, text.size()};
  }

  std::vector<std::vector<char>> blocks_;
  std::vector<std::vector<char>> large_;
  std::size_t used_ = 0;
  std::vector<std::string_view> values_;
  detail::ProbeTable table_;
};

}  // namespace tachyon

// ---- tachyon/base/text.hpp ----

// Text that comes out of a target is UTF-8 most of the time and anything at all the rest of it.
// Here is what every reader of such text needs: one code point at a time, and a form that is safe
// to show.
namespace tachyon {

struct Utf8 {
  char32_t code;
  std::size_t length;  // 0: these bytes are no UTF-8
};

// The code point at the start of `text`, which is not empty. Surrogates pass (Python keeps
// undecodable bytes of file names as such), everything else that is not UTF-8 does not.
constexpr Utf8 decode_utf8(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first < 0xc2   ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || text.size() < length) return {0, 0};
  char32_t code = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return {0, 0};
    code = code << 6 | (at(i) & 0x3fU);
  }
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < smallest[length] || code > 0x10ffff ? Utf8{0, 0} : Utf8{code, length};
}

namespace detail {

// Moves the cursor, starts a command to the terminal, ends a line, or reorders its neighbours.
constexpr bool is_harmful(char32_t code) noexcept {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         (code >= 0xd800 && code < 0xe000);
}

inline void append_escape(std::string& out, char32_t code) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (code == '\n') return void(out += "\\n");
  if (code == '\t') return void(out += "\\t");
  if (code == '\r') return void(out += "\\r");
  out += code < 0x100 ? "\\x" : "\\u";
  for (int shift = code < 0x100 ? 4 : 12; shift >= 0; shift -= 4) out += digits[code >> shift & 15];
}

}  // namespace detail

// A name of the target as it may be shown on a terminal or in a line of text: control characters,
// line ends, direction marks, lone surrogates and bytes that are no UTF-8 appear as \n, \x1b,
// \u202e. What comes out is valid UTF-8 on one line that commands no terminal. Nothing else
// changes, and most names are copied as they are.
inline void append_printable(std::string& out, std::string_view text) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7f) ++plain;
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const Utf8 next = decode_utf8(text);
    const std::size_t length = next.length == 0 ? 1 : next.length;
    if (next.length == 0) {
      detail::append_escape(out, static_cast<unsigned char>(text[0]));
    } else if (detail::is_harmful(next.code)) {
      detail::append_escape(out, next.code);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

inline std::string printable(std::string_view text) {
  std::string out;
  append_printable(out, text);
  return out;
}

// The part of a path behind its last slash; all of it where there is none.
constexpr std::string_view base_name(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1);
}

}  // namespace tachyon

// ---- tachyon/memory/concept.hpp ----

#include <concepts>

// How remote bytes get here. Four models: a live process, a paused one, a core file, and an image in
// our own memory for tests and fuzzers. Whoever walks cannot tell them apart.
namespace tachyon {

// One remote range and the place its bytes go to.
struct Range {
  Address at;
  std::span<std::byte> into;
};

// `read` copies all bytes or fails. `read_many` copies ranges in order, as one step as far as the
// model can (one system call for a live process), and returns how many *whole leading ranges*
// arrived; it fails only when none did. Ranges are copied in the order given, which is what makes a
// leading and a trailing copy of the same word bracket everything between them.
template <class M>
concept Memory = requires(M& memory, Address at, std::span<std::byte> into,
                          std::span<const Range> ranges) {
  { memory.read(at, into) } -> std::same_as<Result<void>>;
  { memory.read_many(ranges) } -> std::same_as<Result<std::size_t>>;
  requires noexcept(memory.read(at, into));
  requires noexcept(memory.read_many(ranges));
};

}  // namespace tachyon

// ---- tachyon/memory/file_bytes.hpp ----

namespace tachyon {

// A file read as if it were memory: the address is the offset. One reader then serves an ELF file on
// disk and its image in a process. It preads and does not map: a file that shrinks under a mapping
// kills the reader with SIGBUS, and whose file it is was not our choice.
class FileBytes {
 public:
  explicit FileBytes(Descriptor file) noexcept : file_{std::move(file)} {}

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    if (at.value > max_offset || into.size() > max_offset) return Error{Errc::unreadable, 0, at};
    const auto size = read_at(file_, at.value, into);
    if (!size) return size.error();
    if (*size != into.size()) return Error{Errc::unreadable, 0, at + *size};
    return {};
  }

  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

  const Descriptor& file() const noexcept { return file_; }

 private:
  static constexpr std::uint64_t max_offset = std::uint64_t{1} << 62;

  Descriptor file_;
};
static_assert(Memory<FileBytes>);

}  // namespace tachyon

// ---- tachyon/memory/image.hpp ----

#include <algorithm>

// An address space in our own memory: segments of bytes at addresses, the rest unmapped. Tests
// build one field by field, fuzzers fill one with anything, `tests/images` restores recorded ones.
// It has no notion of layouts; what knows them writes through store().
namespace tachyon {

class Image {
 public:
  // Maps `size` zero bytes. Overlapping what is there already is refused: a builder's mistake.
  Result<void> map(Address at, std::size_t size) {
    if (size == 0 || at.value + (size - 1) < at.value) return Error{Errc::bad_value, 0, at};
    const auto after = first_after(at);
    if (after != segments_.end() && after->at - at < size) return Error{Errc::bad_value, 0, at};
    if (after != segments_.begin()) {
      const Segment& before = *std::prev(after);
      if (at - before.at < before.bytes.size()) return Error{Errc::bad_value, 0, at};
    }
    segments_.insert(after, Segment{at, std::vector<std::byte>(size)});
    return {};
  }

  Result<void> map(Address at, Bytes bytes) {
    if (auto mapped = map(at, bytes.size()); !mapped) return mapped;
    return write(at, bytes);
  }

  // Into what is mapped; a write may span segments that touch.
  Result<void> write(Address at, Bytes bytes) noexcept {
    return each_piece(at, bytes.size(), [&](std::span<std::byte> piece, std::size_t done) {
      std::memcpy(piece.data(), bytes.data() + done, piece.size());
    });
  }

  template <class T>
  requires std::is_trivially_copyable_v<T> Result<void> store(Address at, const T& value)
  noexcept { return write(at, std::as_bytes(std::span{&value, 1})); }

  Result<void> unmap(Address at) {
    const auto found = std::find_if(segments_.begin(), segments_.end(),
                                    [&](const Segment& segment) { return segment.at == at; });
    if (found == segments_.end()) return Error{Errc::unreadable, 0, at};
    segments_.erase(found);
    return {};
  }

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    return each_piece(at, into.size(), [&](std::span<std::byte> piece, std::size_t done) {
      std::memcpy(into.data() + done, piece.data(), piece.size());
    });
  }

  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

  struct Segment {
    Address at;
    std::vector<std::byte> bytes;
  };
  std::span<const Segment> segments() const noexcept { return segments_; }

 private:
  std::vector<Segment>::iterator first_after(Address at) noexcept {
    return std::upper_bound(segments_.begin(), segments_.end(), at,
                            [](Address a, const Segment& segment) { return a < segment.at; });
  }

  template <class Take>
  Result<void> each_piece(Address at, std::size_t size, Take&& take) noexcept {
    for (std::size_t done = 0; done < size;) {
      const Address here = at + done;
      auto segment = first_after(here);
      if (segment == segments_.begin()) return Error{Errc::unreadable, 0, here};
      --segment;
      const std::uint64_t offset = here - segment->at;
      if (offset >= segment->bytes.size()) return Error{Errc::unreadable, 0, here};
      const auto skip = static_cast<std::size_t>(offset);
      const std::size_t n = std::min(size - done, segment->bytes.size() - skip);
      take(std::span{segment->bytes}.subspan(skip, n), done);
      done += n;
    }
    return {};
  }

  std::vector<Segment> segments_;  // by address, never overlapping
};
static_assert(Memory<Image>);

}  // namespace tachyon

// ---- tachyon/memory/process_stat.hpp ----

#include <charconv>

// One line of /proc/PID/stat, for a process or a thread. The second field is the name in brackets
// and belongs to the target: it may hold brackets, blanks and line feeds, so everything is counted
// from the *last* closing bracket. A thread named "a) S b" must not look asleep.
//
//   1234 (a) S b) R 1 1234 1234 0 -1 4194304 ...
//                 ^ field 3: counting starts here
namespace tachyon {

struct ProcessStat {
  char state = '?';  // R S D Z T t I X
  std::int32_t parent = 0;
  bool kernel_thread = false;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::int32_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot: with the pid it names a process for good
  std::int32_t cpu = -1;          // the one it runs on, or ran on last
};

namespace detail {

// Field `number` (3 = state) of the blank-separated rest.
class StatFields {
 public:
  explicit StatFields(std::string_view rest) noexcept : rest_{rest} {}

  std::string_view field(int number) noexcept {
    while (next_ <= number && !rest_.empty()) {
      const std::size_t end = rest_.find_first_of(" \n");
      current_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++next_;
    }
    return next_ > number ? current_ : std::string_view{};
  }

  template <class T>
  bool number(int index, T& into) noexcept {
    const std::string_view text = field(index);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
    return code == std::errc{} && end == text.data() + text.size();
  }

 private:
  std::string_view rest_;
  std::string_view current_;
  int next_ = 3;
};

}  // namespace detail

inline std::optional<ProcessStat> parse_process_stat(std::string_view line) noexcept {
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string_view::npos || line.size() - bracket < 4) return std::nullopt;
  detail::StatFields fields{line.substr(bracket + 2)};
  ProcessStat stat;
  const std::string_view state = fields.field(3);
  if (state.size() != 1) return std::nullopt;
  stat.state = state[0];
  std::uint32_t flags = 0;
  const bool complete = fields.number(4, stat.parent) && fields.number(9, flags) &&
                        fields.number(14, stat.user_ticks) &&
                        fields.number(15, stat.system_ticks) && fields.number(20, stat.threads) &&
                        fields.number(22, stat.start_ticks) && fields.number(39, stat.cpu);
  if (!complete) return std::nullopt;
  stat.kernel_thread = (flags & 0x00200000U) != 0;  // PF_KTHREAD
  return stat;
}

}  // namespace tachyon

// ---- tachyon/memory/live_process.hpp ----

#include <array>
#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/uio.h>

// The memory of a running process, read with the two calls the kernel has for it.
//
// One range: pread on /proc/PID/mem, opened once. It is the cheapest read there is (1.5 us against
// 2.0 for process_vm_readv where we measured) and it is bound to the address space, not to the
// number: after an exec or an exit it reads nothing, whoever has the pid by then.
//
// Several ranges: process_vm_readv, which copies them in the order given in one call. It takes a
// pid, so verify() is there to be asked once in a while whether that is still the same process; the
// descriptors of the /proc directory and the pidfd answer that without a race.
//
//   ranges    | A | B | C | D |      the kernel copied 5,000 of the 8,000 bytes asked for:
//   copied    |#######~~~|           A whole, B whole, of C some pages. The answer is 2.
//
// A main thread may have ended while others run on (its pid is a zombie then, with no memory of its
// own); the address space is reached through one of the threads that are left.
//
// ptrace is not used and nothing is ever written: the descriptor is opened for reading only.
namespace tachyon {

namespace detail {

// "/proc/1234" and the like, without allocating.
class ProcPath {
 public:
  explicit ProcPath(std::string_view prefix) noexcept { add(prefix); }
  ProcPath& add(std::string_view text) noexcept {
    const std::size_t n = text.size() < room() ? text.size() : room();
    std::memcpy(text_.data() + used_, text.data(), n);
    used_ += n;
    text_[used_] = '\0';
    return *this;
  }
  ProcPath& add(std::int64_t number) noexcept {
    const auto end = std::to_chars(text_.data() + used_, text_.data() + used_ + room(), number).ptr;
    used_ = static_cast<std::size_t>(end - text_.data());
    text_[used_] = '\0';
    return *this;
  }
  const char* c_str() const noexcept { return text_.data(); }

 private:
  std::size_t room() const noexcept { return text_.size() - 1 - used_; }

  std::array<char, 96> text_{};
  std::size_t used_ = 0;
};

// What an errno from /proc/PID or a memory call says about the process.
inline Error process_error(int number, Address at = {}) noexcept {
  switch (number) {
    case EFAULT:
    case EIO:
    case EINVAL:
      return {Errc::unreadable, number, at};
    case ENOENT:
    case ESRCH:
      return {Errc::no_such_process, number, at};
    case EPERM:
    case EACCES:
      return {Errc::not_permitted, number, at};
    default:
      return {Errc::system, number, at};
  }
}

inline Result<ProcessStat> read_process_stat(const Descriptor& directory,
                                             const char* name = "stat") noexcept {
  auto file = open_for_reading(name, 0, directory.get());
  if (!file) return process_error(file.error().sys);
  std::array<std::byte, 1024> text;
  const auto size = read_at(*file, 0, text);
  if (!size) return process_error(size.error().sys);
  const auto stat = parse_process_stat(as_text(Bytes{text}.first(*size)));
  if (!stat) return Errc::bad_value;
  return *stat;
}

// Calls `take` with each number that names an entry of a /proc directory, without allocating, until
// it answers false.
template <class Take>
Result<void> each_task(const Descriptor& directory, Take&& take) {
  alignas(dirent64) std::array<char, 8192> entries;
  for (;;) {
    const long size = ::syscall(SYS_getdents64, directory.get(), entries.data(), entries.size());
    if (size < 0) return process_error(errno);
    if (size == 0) return {};
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries.data() + at);
      at += entry->d_reclen;
      std::int32_t task = 0;
      const char* const end = entry->d_name + std::strlen(entry->d_name);
      if (std::from_chars(entry->d_name, end, task).ptr != end || task <= 0) continue;
      if (!take(task)) return {};
    }
  }
}

}  // namespace detail

class LiveProcess {
 public:
  static Result<LiveProcess> open(std::int32_t pid) noexcept;

  Result<void> read(Address at, std::span<std::byte> into) noexcept;
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept;

  // Still the process that was opened, not ended and (where it can be told) not another program.
  Result<void> verify() noexcept;

  std::int32_t pid() const noexcept { return pid_; }
  // A thread that was alive at open(): the main one unless that had ended.
  std::int32_t task() const noexcept { return task_; }
  std::uint64_t start_ticks() const noexcept { return start_ticks_; }
  // Becomes readable when the process ends: for poll(). -1 on kernels before 5.3.
  int exit_descriptor() const noexcept { return pidfd_.get(); }
  // /proc/PID as it was at open(); paths relative to it cannot reach a later owner of the pid.
  const Descriptor& directory() const noexcept { return directory_; }

 private:
  static constexpr std::size_t most_ranges = 1024;  // UIO_MAXIOV

  LiveProcess() noexcept = default;
  bool ended() noexcept;
  Error gone(Address at) noexcept;
  Result<void> open_memory(const ProcessStat& stat) noexcept;
  Result<std::size_t> read_batch(std::span<const Range> ranges) noexcept;

  std::int32_t pid_ = 0;
  std::int32_t task_ = 0;  // the thread through which the address space is reached
  std::uint64_t start_ticks_ = 0;
  Descriptor directory_;
  Descriptor pidfd_;
  Descriptor memory_;
};
static_assert(Memory<LiveProcess>);

inline Result<LiveProcess> LiveProcess::open(std::int32_t pid) noexcept {
  LiveProcess process;
  process.pid_ = process.task_ = pid;
  auto directory =
      open_for_reading(detail::ProcPath{"/proc/"}.add(pid).c_str(), O_DIRECTORY | O_PATH);
  if (!directory) return detail::process_error(directory.error().sys);
  process.directory_ = std::move(*directory);
  process.pidfd_ = Descriptor{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  // Read through the directory *after* the pidfd was made: if this works, both are one process.
  const auto stat = detail::read_process_stat(process.directory_);
  if (!stat) return stat.error();
  process.start_ticks_ = stat->start_ticks;
  if (stat->kernel_thread) return Errc::is_kernel_thread;
  if (stat->state == 'Z' && stat->threads <= 1) return Errc::is_zombie;
  if (const auto opened = process.open_memory(*stat); !opened) return opened.error();
  return process;
}

inline Result<void> LiveProcess::open_memory(const ProcessStat& stat) noexcept {
  if (stat.state != 'Z') {
    auto memory = open_for_reading("mem", 0, directory_.get());
    if (!memory) return detail::process_error(memory.error().sys);
    memory_ = std::move(*memory);
    return {};
  }
  auto tasks = open_for_reading("task", O_DIRECTORY, directory_.get());
  if (!tasks) return detail::process_error(tasks.error().sys);
  const auto listed = detail::each_task(*tasks, [&](std::int32_t task) {
    if (task == pid_) return true;
    auto memory =
        open_for_reading(detail::ProcPath{""}.add(task).add("/mem").c_str(), 0, tasks->get());
    if (!memory) return true;  // this thread has just ended; the next one may not
    memory_ = std::move(*memory);
    task_ = task;
    return false;
  });
  if (!listed) return listed.error();
  if (memory_) return {};
  return Errc::is_zombie;
}

inline Result<void> LiveProcess::read(Address at, std::span<std::byte> into) noexcept {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(memory_.get(), into.data() + done, into.size() - done,
                              static_cast<off_t>(at.value + done));
    if (n == 0) return gone(at);
    if (n < 0 && errno != EINTR) return detail::process_error(errno, at + done);
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  return {};
}

inline Result<std::size_t> LiveProcess::read_many(std::span<const Range> ranges) noexcept {
  std::size_t done = 0;
  while (done < ranges.size()) {
    const std::size_t size = std::min(most_ranges, ranges.size() - done);
    const auto batch = read_batch(ranges.subspan(done, size));
    if (!batch && done == 0) return batch.error();
    if (!batch) break;
    done += *batch;
    if (*batch < size) break;
  }
  return done;
}

inline Result<std::size_t> LiveProcess::read_batch(std::span<const Range> ranges) noexcept {
  // Left uninitialised: 32 KiB, of which a usual call touches the first few lines.
  std::array<iovec, most_ranges> remote;
  std::array<iovec, most_ranges> local;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    remote[i] = {reinterpret_cast<void*>(ranges[i].at.value), ranges[i].into.size()};
    local[i] = {ranges[i].into.data(), ranges[i].into.size()};
  }
  ssize_t copied;
  do {
    copied =
        ::process_vm_readv(task_, local.data(), ranges.size(), remote.data(), ranges.size(), 0);
  } while (copied < 0 && errno == EINTR);
  if (copied < 0) return detail::process_error(errno, ranges[0].at);
  std::size_t whole = 0;
  auto left = static_cast<std::size_t>(copied);
  while (whole < ranges.size() && ranges[whole].into.size() <= left) {
    left -= ranges[whole++].into.size();
  }
  if (whole == 0) return Error{Errc::unreadable, EFAULT, ranges[0].at};
  return whole;
}

inline Result<void> LiveProcess::verify() noexcept {
  if (ended()) return Errc::no_such_process;
  // Any readable word will do; only "nothing at all" (0 bytes) says that the space is gone.
  std::byte probe;
  if (::pread(memory_.get(), &probe, 1, 0) == 0) return gone({});
  return {};
}

inline bool LiveProcess::ended() noexcept {
  if (!pidfd_) return ::faccessat(directory_.get(), "stat", F_OK, 0) != 0;
  pollfd waiting{pidfd_.get(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

inline Error LiveProcess::gone(Address at) noexcept {
  return {ended() ? Errc::no_such_process : Errc::process_changed, 0, at};
}

}  // namespace tachyon

// ---- tachyon/memory/paused_process.hpp ----

#include <csignal>
#include <ctime>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

// A process that can be made to stand still while it is read: exact, and dearer than any other way.
//
// Threads are seized with ptrace, once, and interrupted for each pause. Seizing needs no signal,
// shows nowhere in the target, and a thread that is not paused runs as before. The alternative,
// SIGSTOP, is seen by the target's parent, and attaching anew for each pause takes three times as
// long.
//
//   attach  --seize-->  running  --interrupt-->  stopped  --continue-->  running  --detach-->
//                          ^                        |
//                          +---- killed, we exit: the kernel does this for us
//
// Nothing stays behind. A Pause resumes what it stopped when it goes out of scope, the destructor
// detaches, and when we die instead, by any signal, the kernel detaches every thread and lets it
// run.
//
// While a thread is seized the kernel shows us its signals before it gets them. They are passed on
// as they came: at once when one arrives while a pause begins, otherwise by service(), which
// whoever keeps a process seized calls now and then. A thread that job control had stopped is put
// back to that stop and not continued.
//
// Three things to know: ptrace answers only the thread that seized; a second tracer (a debugger) is
// refused by the kernel; and a thread inside an uninterruptible system call cannot stop before that
// returns, so a pause counts it as not stopped instead of waiting: it does not run Python either.
namespace tachyon {

class PausedProcess {
 public:
  // While it lives, the threads stand still. Must not outlive the PausedProcess or see it moved.
  class Pause {
   public:
    Pause(Pause&& other) noexcept
        : owner_{std::exchange(other.owner_, nullptr)}, unstopped_{other.unstopped_} {}
    Pause& operator=(Pause&&) = delete;
    ~Pause() {
      if (owner_) owner_->resume();
    }
    // Threads that were in the kernel and could not be stopped.
    std::size_t unstopped() const noexcept { return unstopped_; }

   private:
    friend PausedProcess;
    Pause(PausedProcess& owner, std::size_t unstopped) noexcept
        : owner_{&owner}, unstopped_{unstopped} {}

    PausedProcess* owner_;
    std::size_t unstopped_;
  };

  // `live` must outlive this. Fails here, not at the first pause, when we may not trace.
  static Result<PausedProcess> attach(LiveProcess& live);
  PausedProcess(PausedProcess&&) noexcept = default;
  PausedProcess& operator=(PausedProcess&&) = delete;
  ~PausedProcess() { detach(); }

  // Every thread, those included that start while the others are being stopped.
  Result<Pause> pause();
  // These alone; the others run on. Threads that have ended are passed over.
  Result<Pause> pause(std::span<const std::int32_t> tasks);

  // Passes on the signals that have arrived for seized threads, and lets go of ended ones.
  void service() noexcept;
  // Lets go of every thread. A later pause seizes anew.
  void detach() noexcept;

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    return live_->read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    return live_->read_many(ranges);
  }
  LiveProcess& live() noexcept { return *live_; }

 private:
  enum class State : std::uint8_t {
    running,
    interrupted,    // asked to stop, has not yet
    stopped,        // by us
    group_stopped,  // by job control: stays so
    ended,
  };
  struct Seized {
    std::int32_t task;
    State state;
  };
  static constexpr std::uint64_t longest_wait = 2'000'000'000;  // ns
  static constexpr std::uint64_t patience = 2'000'000;  // before looking why one does not stop
  static constexpr std::uint64_t spin = 100'000;
  static constexpr int most_rounds = 100;

  explicit PausedProcess(LiveProcess& live) noexcept : live_{&live} {}

  // Threads are asked for in the order in which they were seized, nearly always.
  Seized* find(std::int32_t task) noexcept {
    for (std::size_t step = 0; step < seized_.size(); ++step) {
      Seized& candidate = seized_[hint_++ % seized_.size()];
      if (candidate.task == task) return &candidate;
    }
    return nullptr;
  }
  Result<Seized*> seize(std::int32_t task);
  void interrupt(Seized& thread) noexcept;
  Result<void> await(Seized& thread, std::uint64_t since) noexcept;
  bool collect(Seized& thread) noexcept;
  void take_stop(Seized& thread, int status) noexcept;
  void resume() noexcept;
  void drop_ended() noexcept;
  char state_of(std::int32_t task) const noexcept;
  Pause finish() noexcept;

  static std::uint64_t now() noexcept {
    timespec time;
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U +
           static_cast<std::uint64_t>(time.tv_nsec);
  }

  LiveProcess* live_;
  bool own_child_ = false;  // its exit status is its parent's to collect, and we are that
  std::vector<Seized> seized_;
  std::size_t hint_ = 0;
};
static_assert(Memory<PausedProcess>);

inline Result<PausedProcess> PausedProcess::attach(LiveProcess& live) {
  PausedProcess process{live};
  const auto stat = detail::read_process_stat(live.directory());
  if (!stat) return stat.error();
  process.own_child_ = stat->parent == ::getpid();
  if (const auto first = process.seize(live.task()); !first) return first.error();
  return process;
}

inline Result<PausedProcess::Seized*> PausedProcess::seize(std::int32_t task) {
  if (Seized* known = find(task)) return known;
  if (::ptrace(PTRACE_SEIZE, task, nullptr, nullptr) != 0) {
    // EPERM is also what a thread answers that has ended but is still listed.
    const int reason = errno;
    const char state = state_of(task);
    const bool over = state == 'Z' || state == 'X' || state == '?';
    if (over && task == live_->pid() && task == live_->task()) return Errc::no_such_process;
    if (over || reason == ESRCH) return static_cast<Seized*>(nullptr);
    return detail::process_error(reason);
  }
  seized_.push_back({task, State::running});
  return &seized_.back();
}

inline Result<PausedProcess::Pause> PausedProcess::pause() {
  // A thread that still runs can start another one: done when a full round finds nothing new.
  for (int round = 0; round < most_rounds; ++round) {
    auto directory = open_for_reading("task", O_DIRECTORY, live_->directory().get());
    Result<void> outcome;
    bool more = false;
    if (!directory) outcome = detail::process_error(directory.error().sys);
    if (outcome) {
      const auto listed = detail::each_task(*directory, [&](std::int32_t task) {
        const auto thread = seize(task);
        if (!thread) outcome = thread.error();
        if (thread && *thread && (*thread)->state == State::running) {
          interrupt(**thread);
          more = true;
        }
        return static_cast<bool>(outcome);
      });
      if (!listed) outcome = listed.error();
    }
    const std::uint64_t since = now();
    for (Seized& thread : seized_) {
      if (outcome) outcome = await(thread, since);
    }
    if (!outcome) {
      resume();
      return outcome.error();
    }
    if (!more) {
      auto paused = finish();
      if (seized_.empty()) return Errc::no_such_process;
      return paused;
    }
  }
  resume();
  return Errc::too_deep;
}

inline Result<PausedProcess::Pause> PausedProcess::pause(std::span<const std::int32_t> tasks) {
  Result<void> outcome;
  for (const std::int32_t task : tasks) {
    const auto thread = seize(task);
    if (!thread) {
      outcome = thread.error();
      break;
    }
    if (*thread) interrupt(**thread);
  }
  const std::uint64_t since = now();
  for (const std::int32_t task : tasks) {
    Seized* const thread = find(task);
    if (outcome && thread) outcome = await(*thread, since);
  }
  if (outcome) return finish();
  resume();
  return outcome.error();
}

inline PausedProcess::Pause PausedProcess::finish() noexcept {
  drop_ended();
  const auto unstopped = std::count_if(seized_.begin(), seized_.end(), [](const Seized& s) {
    return s.state == State::interrupted;
  });
  return Pause{*this, static_cast<std::size_t>(unstopped)};
}

inline void PausedProcess::interrupt(Seized& thread) noexcept {
  // What it has reported since belongs to its past: a signal to pass on, a stop that came late.
  while (thread.state == State::running && collect(thread)) continue;
  if (thread.state != State::running) return;
  thread.state = State::interrupted;
  if (::ptrace(PTRACE_INTERRUPT, thread.task, nullptr, nullptr) != 0) collect(thread);
}

// Stopping takes some 20 us, much less than going to sleep for it would; so it is polled, first
// without pause, then with short ones.
inline Result<void> PausedProcess::await(Seized& thread, std::uint64_t since) noexcept {
  while (thread.state == State::interrupted) {
    if (collect(thread) || thread.state != State::interrupted) continue;
    const std::uint64_t waited = now() - since;
    if (waited > longest_wait) return Errc::timed_out;
    if (waited > patience && state_of(thread.task) == 'D') return {};
    if (waited > spin) {
      const timespec nap{0, 50'000};
      ::nanosleep(&nap, nullptr);
    } else if (waited > spin / 2) {
      ::sched_yield();
    }
  }
  return {};
}

// What the kernel has to say about this thread, if anything.
inline bool PausedProcess::collect(Seized& thread) noexcept {
  if (thread.task == live_->pid() && own_child_) {
    siginfo_t info{};
    const int peeked = ::waitid(P_PID, static_cast<id_t>(thread.task), &info,
                                WEXITED | WSTOPPED | WNOHANG | WNOWAIT | __WALL);
    if (peeked != 0 || info.si_pid == 0) return false;
    if (info.si_code == CLD_EXITED || info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED) {
      thread.state = State::ended;
      return true;
    }
  }
  int status = 0;
  const pid_t who = ::waitpid(thread.task, &status, __WALL | WNOHANG);
  if (who == thread.task) {
    if (WIFSTOPPED(status)) {
      take_stop(thread, status);
    } else {
      thread.state = State::ended;
    }
    return true;
  }
  if (who < 0 && errno == ECHILD) thread.state = State::ended;
  return false;
}

inline void PausedProcess::take_stop(Seized& thread, int status) noexcept {
  const int signal = WSTOPSIG(status);
  if (status >> 16 == PTRACE_EVENT_STOP) {
    const bool job_control =
        signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    // One that was not asked to stop now has come late, or was stopped by job control meanwhile.
    const bool wanted = thread.state == State::interrupted;
    thread.state = job_control ? State::group_stopped : State::stopped;
    if (wanted) return;
    const auto request = job_control ? PTRACE_LISTEN : PTRACE_CONT;
    if (::ptrace(request, thread.task, nullptr, nullptr) == 0) thread.state = State::running;
    return;
  }
  // A signal on its way to the thread, and it goes on. This stop has taken the place of the one
  // that we asked for; asked for again now, it comes before the thread runs any of its own code.
  const long passed_on = status >> 16 == 0 ? signal : 0;
  if (thread.state == State::interrupted) {
    ::ptrace(PTRACE_INTERRUPT, thread.task, nullptr, nullptr);
  }
  ::ptrace(PTRACE_CONT, thread.task, nullptr, reinterpret_cast<void*>(passed_on));
}

inline void PausedProcess::resume() noexcept {
  for (Seized& thread : seized_) {
    if (thread.state == State::stopped || thread.state == State::group_stopped) {
      const auto request = thread.state == State::stopped ? PTRACE_CONT : PTRACE_LISTEN;
      // ESRCH: killed while it stood still; its end is collected like any other.
      ::ptrace(request, thread.task, nullptr, nullptr);
      thread.state = State::running;
    } else if (thread.state == State::interrupted) {
      // Still to stop. Seen as running, its stop is answered by service() or by the next pause.
      thread.state = State::running;
    }
  }
}

inline void PausedProcess::service() noexcept {
  for (Seized& thread : seized_) {
    while (thread.state == State::running && collect(thread)) continue;
  }
  drop_ended();
}

inline void PausedProcess::detach() noexcept {
  resume();
  service();
  for (Seized& thread : seized_) interrupt(thread);
  const std::uint64_t since = now();
  for (Seized& thread : seized_) {
    // The kernel detaches a thread only while it stands. What cannot stop now is let go when the
    // thread that seized it ends.
    if (const auto stood = await(thread, since); !stood) continue;
    ::ptrace(PTRACE_DETACH, thread.task, nullptr, nullptr);
  }
  seized_.clear();
}

inline void PausedProcess::drop_ended() noexcept {
  seized_.erase(std::remove_if(seized_.begin(), seized_.end(),
                               [](const Seized& s) { return s.state == State::ended; }),
                seized_.end());
}

inline char PausedProcess::state_of(std::int32_t task) const noexcept {
  const auto stat = detail::read_process_stat(
      live_->directory(), detail::ProcPath{"task/"}.add(task).add("/stat").c_str());
  return stat ? stat->state : '?';
}

}  // namespace tachyon

// ---- tachyon/sample/frame_table.hpp ----

// What a stack is made of, each thing kept once:
//
//   StringId    text
//   FunctionId  name, file, first line
//   FrameId     function, location, opcode, kind
//   StackId     parent stack, frame           (a node of one prefix tree; 0 is the empty stack)
//
// A stack is a single number. Its frames are found by following parents from the leaf to the root, so
// a sampler that knows which frames did not change since the last sample interns only the new ones,
// and a collector that wants totals per stack needs nothing but a vector indexed by StackId.
// Parents always have smaller numbers than their children: one backward pass over all nodes adds
// children to parents without recursion, however deep the stacks are.
namespace tachyon {

enum class StringId : std::uint32_t { empty = 0 };
enum class FunctionId : std::uint32_t {};
enum class FrameId : std::uint32_t {};
enum class StackId : std::uint32_t { empty = 0 };
enum class OpcodeId : std::uint16_t { none = 0 };

// Line 0: no location at all (synthetic frames). Columns are UTF-8 byte offsets, -1 = unknown.
struct Location {
  std::int32_t line = 0;
  std::int32_t end_line = 0;
  std::int32_t column = -1;
  std::int32_t end_column = -1;

  friend constexpr bool operator==(const Location&, const Location&) noexcept = default;
};

// Synthetic frames have the file "~" (<GC>, <native>, <truncated ...>) or "<task>" (asyncio).
enum class FrameKind : std::uint8_t { python, native, gc, task, truncated, idle };

struct Function {
  StringId name{};              // qualified: A.B.method.<locals>.inner
  StringId file{};              // as the code object says
  std::int32_t first_line = 0;  // of its definition; 0 = unknown

  friend constexpr bool operator==(const Function&, const Function&) noexcept = default;
};

struct Frame {
  FunctionId function{};
  Location location{};
  OpcodeId opcode = OpcodeId::none;
  FrameKind kind = FrameKind::python;

  friend constexpr bool operator==(const Frame&, const Frame&) noexcept = default;
};

struct StackNode {
  StackId parent{};
  FrameId frame{};

  friend constexpr bool operator==(const StackNode&, const StackNode&) noexcept = default;
};

// One executed instruction kind: its number in that interpreter, its name, and what it is a
// specialisation of (the same name when it is none). Names keep the numbers of different versions apart.
struct ExecutedOpcode {
  std::uint16_t number = 0;
  StringId name{};
  StringId base{};
  bool specialized = false;

  friend constexpr bool operator==(const ExecutedOpcode&, const ExecutedOpcode&) noexcept = default;
};

constexpr std::uint64_t hash_of(const Function& f) noexcept {
  return mix_bits((static_cast<std::uint64_t>(f.name) << 32 | static_cast<std::uint32_t>(f.file)) ^
                  mix_bits(static_cast<std::uint32_t>(f.first_line)));
}
constexpr std::uint64_t hash_of(const Frame& f) noexcept {
  const auto word = [](std::int32_t high, std::int32_t low) {
    return static_cast<std::uint64_t>(static_cast<std::uint32_t>(high)) << 32 |
           static_cast<std::uint32_t>(low);
  };
  std::uint64_t h = word(static_cast<std::int32_t>(f.function), f.location.line);
  h = mix_bits(h) ^ word(f.location.end_line, f.location.column);
  h = mix_bits(h) ^ word(f.location.end_column,
                         static_cast<std::int32_t>(static_cast<unsigned>(f.opcode) << 8 |
                                                   static_cast<unsigned>(f.kind)));
  return mix_bits(h);
}
constexpr std::uint64_t hash_of(const StackNode& n) noexcept {
  return mix_bits(static_cast<std::uint64_t>(n.parent) << 32 | static_cast<std::uint32_t>(n.frame));
}
constexpr std::uint64_t hash_of(const ExecutedOpcode& o) noexcept {
  return mix_bits(static_cast<std::uint64_t>(o.name) << 32 ^ static_cast<std::uint64_t>(o.base) << 17 ^
                  o.number ^ (o.specialized ? 1U << 16 : 0U));
}

class FrameTable {
 public:
  FrameTable() {
    strings_.intern("");
    stacks_.intern({StackId{0xffffffff}, FrameId{0xffffffff}});
    depths_.push_back(0);
    opcodes_.intern({});
  }

  StringId string(std::string_view text) { return StringId{strings_.intern(text)}; }
  FunctionId function(const Function& f) { return FunctionId{functions_.intern(f)}; }
  FrameId frame(const Frame& f) { return FrameId{frames_.intern(f)}; }
  OpcodeId opcode(const ExecutedOpcode& o) { return OpcodeId{static_cast<std::uint16_t>(opcodes_.intern(o))}; }

  // The stack that is `parent` with `leaf` called on top of it.
  StackId push(StackId parent, FrameId leaf) {
    const std::uint32_t index = stacks_.intern({parent, leaf});
    if (index == depths_.size()) depths_.push_back(depths_[static_cast<std::uint32_t>(parent)] + 1);
    return StackId{index};
  }

  std::string_view operator[](StringId id) const { return strings_[static_cast<std::uint32_t>(id)]; }
  const Function& operator[](FunctionId id) const {
    return functions_[static_cast<std::uint32_t>(id)];
  }
  const Frame& operator[](FrameId id) const { return frames_[static_cast<std::uint32_t>(id)]; }
  const StackNode& operator[](StackId id) const { return stacks_[static_cast<std::uint32_t>(id)]; }
  const ExecutedOpcode& operator[](OpcodeId id) const { return opcodes_[static_cast<std::uint16_t>(id)]; }

  StackId parent(StackId id) const { return (*this)[id].parent; }
  FrameId leaf(StackId id) const { return (*this)[id].frame; }
  std::uint32_t depth(StackId id) const { return depths_[static_cast<std::uint32_t>(id)]; }

  // Short cuts for writers.
  const Function& function_of(FrameId id) const { return (*this)[(*this)[id].function]; }
  std::string_view name_of(FrameId id) const { return (*this)[function_of(id).name]; }
  std::string_view file_of(FrameId id) const { return (*this)[function_of(id).file]; }

  // Frames of a stack, root first, into a buffer that the caller keeps for the next time.
  void frames_of(StackId id, std::vector<FrameId>& out) const {
    out.resize(depth(id));
    for (std::size_t i = out.size(); i-- > 0; id = parent(id)) out[i] = leaf(id);
  }

  std::uint32_t string_count() const noexcept { return strings_.size(); }
  std::uint32_t function_count() const noexcept { return functions_.size(); }
  std::uint32_t frame_count() const noexcept { return frames_.size(); }
  std::uint32_t stack_count() const noexcept { return stacks_.size(); }  // the empty one included
  std::uint32_t opcode_count() const noexcept { return opcodes_.size(); }

 private:
  StringInterner strings_;
  Interner<Function> functions_;
  Interner<Frame> frames_;
  Interner<StackNode> stacks_;
  Interner<ExecutedOpcode> opcodes_;
  std::vector<std::uint32_t> depths_;
};

}  // namespace tachyon

// ---- tachyon/sample/sample.hpp ----

namespace tachyon {

// Bits 0-5 have the values that CPython's own profiler writes into its files.
enum class Status : std::uint16_t {
  none = 0,
  has_gil = 1,
  on_cpu = 2,
  unknown = 4,  // on_cpu was not asked for, or could not be read
  gil_requested = 8,
  has_exception = 16,
  main_thread = 32,
  in_gc = 64,
  in_jit = 128,     // tier-2 code was running: lines are less exact
  truncated = 256,  // the stack is incomplete and says so in a frame
};
constexpr Status operator|(Status a, Status b) noexcept {
  return Status(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr Status operator&(Status a, Status b) noexcept {
  return Status(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
constexpr Status& operator|=(Status& a, Status b) noexcept { return a = a | b; }
constexpr bool has(Status set, Status bit) noexcept { return (set & bit) != Status::none; }

// A thread of a target as outputs name it. The same kernel thread in two interpreters is two of these.
struct Thread {
  std::int64_t process = 0;
  std::uint64_t id = 0;            // kernel thread id; 0: an asyncio task whose thread has ended
  std::uint32_t interpreter = 0;   // 0 = main
  std::string name{};              // as the system knows it
  std::string python_name{};       // as threading knows it, where it differs and could be read
  bool main = false;               // of its interpreter
};
enum class ThreadIndex : std::uint32_t {};

class ThreadTable {
 public:
  // The index of this (process, id, interpreter); names of an earlier sight are kept up to date.
  ThreadIndex intern(const Thread& thread) {
    const Key key{thread.process, thread.id, thread.interpreter};
    const std::uint32_t index = keys_.intern(key);
    if (index == threads_.size()) {
      threads_.push_back(thread);
    } else {
      if (!thread.name.empty()) threads_[index].name = thread.name;
      if (!thread.python_name.empty()) threads_[index].python_name = thread.python_name;
      threads_[index].main = threads_[index].main || thread.main;
    }
    return ThreadIndex{index};
  }
  const Thread& operator[](ThreadIndex index) const {
    return threads_[static_cast<std::uint32_t>(index)];
  }
  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(threads_.size()); }

 private:
  struct Key {
    std::int64_t process;
    std::uint64_t id;
    std::uint32_t interpreter;
    friend constexpr bool operator==(const Key&, const Key&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const Key& k) noexcept {
      return mix_bits(mix_bits(static_cast<std::uint64_t>(k.process)) ^ k.id ^
                      static_cast<std::uint64_t>(k.interpreter) << 48);
    }
  };

  Interner<Key> keys_;
  std::vector<Thread> threads_;
};

// Everything a sample refers to. One for a session, whatever the number of processes and collectors.
struct Tables {
  FrameTable frames;
  ThreadTable threads;
};

// One thread's stack at one moment. Times are nanoseconds since the session began; `weight` is the
// elapsed time the sample stands for, measured, not the nominal interval.
struct Sample {
  ThreadIndex thread{};
  StackId stack{};
  Status status{};
  std::uint64_t time = 0;
  std::uint64_t weight = 0;
};

// One look at the target, whatever came of it. Comes after the samples that belong to it.
enum class TickOutcome : std::uint8_t {
  taken,     // every thread asked for was read
  partial,   // some threads could not be read
  torn,      // nothing could be read consistently, retries included
  filtered,  // read, but the mode kept no thread
};
struct Tick {
  std::uint64_t time = 0;
  std::uint64_t weight = 0;
  TickOutcome outcome{};
  std::uint32_t missed = 0;  // deadlines that passed unused before this one
};

}  // namespace tachyon

// ---- tachyon/sample/run.hpp ----

#include <map>

// What is known about a run as a whole: what was profiled, how, and how far the figures can be
// trusted. Plain data; recordings keep it, every output that can carry it shows it.
namespace tachyon {

enum class ModeKind : std::uint8_t { wall = 0, cpu = 1, gil = 2, all = 3, exception = 4, unknown = 255 };

constexpr const char* name_of(ModeKind mode) noexcept {
  switch (mode) {
    case ModeKind::wall: return "wall";
    case ModeKind::cpu: return "cpu";
    case ModeKind::gil: return "gil";
    case ModeKind::all: return "all";
    case ModeKind::exception: return "exception";
    case ModeKind::unknown: break;
  }
  return "unknown";
}

struct CaptureOptions {
  bool all_threads = false;
  bool native = false;
  bool gc = true;
  bool opcodes = false;
  bool blocking = false;
  bool async_aware = false;
  bool async_all = false;
};

struct Target {
  std::int64_t process = 0;
  std::string command_line{};
  std::string executable{};
  std::string working_directory{};
  std::vector<std::string> import_paths{};  // the target's sys.path, where it could be read
  std::uint8_t major = 0, minor = 0, micro = 0;
  bool free_threaded = false;
  std::uint64_t started = 0;  // unix time in nanoseconds; 0 = unknown
};

// How the reads went. `attempts` counts thread reads asked for, `valid` stacks accepted; the rest is
// accounted for, nothing is dropped in silence.
struct Trust {
  std::uint64_t ticks = 0;            // looks at the target
  std::uint64_t attempts = 0;         // stacks asked for
  std::uint64_t valid = 0;            // stacks accepted
  std::uint64_t distinct = 0;         // different stacks among them
  std::uint64_t first_rejected = 0;   // first tries that failed the rules
  std::uint64_t retried = 0;          // stacks that needed more than one try
  std::uint64_t given_up = 0;         // stacks lost although retried
  std::uint64_t late = 0;             // ticks that began more than half an interval late
  std::uint64_t missed = 0;           // deadlines skipped because we were late
  std::uint64_t exact = 0;            // stacks by strategy
  std::uint64_t fast = 0;
  std::uint64_t blocking = 0;
  std::uint64_t reused_checked = 0;   // random full re-reads of reused parents ...
  std::uint64_t reused_wrong = 0;     // ... and how many disagreed
  std::uint64_t wall = 0;             // ns from first to last tick
  std::uint64_t profiler_cpu = 0;     // ns of CPU the profiler used
  double target_cost = 0;             // estimated share of the target's time taken, 0..1
};

struct Run {
  Target target{};
  ModeKind mode = ModeKind::unknown;
  CaptureOptions options{};
  std::uint64_t interval = 0;      // ns between ticks that was asked for; 0 = unknown
  bool fixed_clock = false;        // deadlines on a fixed grid instead of a jittered one
  std::uint64_t started = 0;       // unix time of session time 0, nanoseconds
  std::uint64_t duration = 0;      // ns
  Trust trust{};
  bool replayed = false;
  bool interrupted = false;
  // Source text by file name as the frames spell it, for files that could be read.
  std::map<std::string, std::string, std::less<>> sources{};
};

}  // namespace tachyon

// ---- tachyon/codec/checksum.hpp ----

// CRC-32 in its two usual polynomials: gzip wants the old one, our recordings use Castagnoli's,
// which finds more. Both find every error that is confined to 32 bits in a row. Eight tables let
// the loop take eight bytes at a time; measured here at about 1.6 GB/s, which is far above what
// zstd delivers, so no processor instruction is asked for.
namespace tachyon {

namespace detail {

using CrcTables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr CrcTables crc_tables(std::uint32_t reversed_polynomial) noexcept {
  CrcTables tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? reversed_polynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < 8; ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 0xff];
    }
  }
  return tables;
}

template <std::uint32_t reversed_polynomial>
class Crc {
 public:
  void add(Bytes bytes) noexcept {
    std::uint32_t crc = crc_;
    while (bytes.size() >= 8) {
      const auto word = load<std::uint64_t>(bytes, 0) ^ crc;
      crc = 0;
      for (std::size_t i = 0; i < 8; ++i) crc ^= tables_[7 - i][word >> (8 * i) & 0xff];
      bytes = bytes.subspan(8);
    }
    for (const std::byte byte : bytes) {
      crc = crc >> 8 ^ tables_[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
    }
    crc_ = crc;
  }
  std::uint32_t value() const noexcept { return ~crc_; }

 private:
  static constexpr CrcTables tables_ = crc_tables(reversed_polynomial);

  std::uint32_t crc_ = 0xffffffff;
};

}  // namespace detail

using Crc32 = detail::Crc<0xedb88320>;   // gzip
using Crc32c = detail::Crc<0x82f63b78>;  // recordings

}  // namespace tachyon

// ---- tachyon/codec/sink.hpp ----

namespace tachyon {

// Where encoders put their bytes. `put` never fails at the call: a sink that cannot write remembers
// its first error and tells it when it is closed, so that encoders stay free of error plumbing.
template <class S>
concept Sink = requires(S& sink, std::string_view text, char c) {
  { sink.put(text) } -> std::same_as<void>;
  { sink.put(c) } -> std::same_as<void>;
};

// Keeps everything in memory: tests, and library users who want a string.
class StringSink {
 public:
  void put(std::string_view text) { text_.append(text); }
  void put(char c) { text_.push_back(c); }
  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace tachyon

// ---- tachyon/codec/varint.hpp ----

// Small numbers in few bytes: LEB128. Seven bits a byte, low ones first, the high bit says "more".
// Signed numbers are zigzagged first (0, -1, 1, -2 become 0, 1, 2, 3), so that small stays small.
//
//   300 = 0b10'0101100   ->   ac 02
//   -2  ->  zigzag 3     ->   03
//
// Encoders write through a Sink or into a buffer; the one decoder is a cursor with a sticky
// failure: a field that is not all there, or a number of more than 64 bits, yields zeros from then
// on and `ok()` says so once at the end. That keeps checks out of every line of a decoder, and a
// decoder that forgets one loops at most as long as the counts it has checked.
namespace tachyon {

inline constexpr std::size_t longest_varint = 10;

constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
}

// Writes at most `longest_varint` bytes and returns the place behind them.
constexpr char* write_varint(char* to, std::uint64_t value) noexcept {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

constexpr std::size_t varint_size(std::uint64_t value) noexcept {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

template <Sink S>
void put_varint(S& sink, std::uint64_t value) {
  if (value < 0x80) return sink.put(static_cast<char>(value));
  char buffer[longest_varint];
  const char* const end = write_varint(buffer, value);
  sink.put(std::string_view{buffer, static_cast<std::size_t>(end - buffer)});
}
template <Sink S>
void put_svarint(S& sink, std::int64_t value) {
  put_varint(sink, zigzag(value));
}

// Length, then the bytes.
template <Sink S>
void put_text(S& sink, std::string_view text) {
  put_varint(sink, text.size());
  sink.put(text);
}

// Fixed width, little-endian.
template <Sink S, class T>
requires std::is_integral_v<T>
void put_fixed(S& sink, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    bytes[i] = static_cast<char>(static_cast<std::make_unsigned_t<T>>(value) >> (8 * i) & 0xff);
  }
  sink.put(std::string_view{bytes, sizeof bytes});
}

// Reads foreign bytes front to back.
class Cursor {
 public:
  Cursor() noexcept = default;
  explicit Cursor(Bytes bytes) noexcept
      : begin_{bytes.data()}, at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

  bool ok() const noexcept { return !failed_; }
  bool at_end() const noexcept { return at_ == end_; }
  std::size_t position() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  void fail() noexcept {
    failed_ = true;
    at_ = end_;
  }

  std::uint8_t byte() noexcept {
    if (at_ == end_) {
      fail();
      return 0;
    }
    return static_cast<std::uint8_t>(*at_++);
  }

  std::uint64_t varint() noexcept {
    if (at_ != end_ && static_cast<std::uint8_t>(*at_) < 0x80) {
      return static_cast<std::uint8_t>(*at_++);
    }
    return long_varint();
  }
  std::int64_t svarint() noexcept { return unzigzag(varint()); }

  // A number that must be at most `most`; anything larger is a failure, and yields 0.
  std::uint64_t varint_up_to(std::uint64_t most) noexcept {
    const std::uint64_t value = varint();
    if (value <= most) return value;
    fail();
    return 0;
  }

  template <class T>
  requires std::is_integral_v<T> T fixed()
  noexcept {
    if (left() < sizeof(T)) {
      fail();
      return 0;
    }
    std::make_unsigned_t<T> value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<std::make_unsigned_t<T>>(
          value |
          static_cast<std::make_unsigned_t<T>>(std::to_integer<std::uint64_t>(at_[i]) << (8 * i)));
    }
    at_ += sizeof(T);
    return static_cast<T>(value);
  }

  Bytes bytes(std::uint64_t length) noexcept {
    if (length > left()) {
      fail();
      return {};
    }
    const Bytes found{at_, static_cast<std::size_t>(length)};
    at_ += length;
    return found;
  }
  std::string_view text() noexcept {
    const std::uint64_t length = varint();
    return as_text(bytes(length));
  }

 private:
  std::uint64_t long_varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ != end_; shift += 7) {
      const auto byte = static_cast<std::uint8_t>(*at_++);
      if (shift == 63 && byte > 1) break;  // bits beyond the 64th, or an eleventh byte
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }

  const std::byte* begin_ = nullptr;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  bool failed_ = false;
};

}  // namespace tachyon

// ---- tachyon/codec/gzip.hpp ----

// gzip, the writing half: a few formats are only known compressed this way (pprof), and zlib is not
// among the libraries we link. One deflate stream with the fixed codes of RFC 1951: greedy matches
// of 4 to 258 bytes found through one hash table of last places, no lazy matching, no own code
// tables. Measured on pprof profiles this comes out about a third larger than gzip -6 and at
// several times its speed; the files are small either way.
//
//   1f 8b 08 00 00000000 00 ff | blocks | crc32 of the text | its length       (all little-endian)
//
//   ""  =  1f 8b 08 00 00 00 00 00 00 ff  03 00  00 00 00 00  00 00 00 00
namespace tachyon {

namespace detail {

// Deflate fills bytes from the low bit up; Huffman codes go in with their first bit first.
template <Sink S>
class BitSink {
 public:
  explicit BitSink(S& sink) noexcept : sink_{sink} {}

  void bits(std::uint32_t value, unsigned count) {
    held_ |= static_cast<std::uint64_t>(value) << used_;
    used_ += count;
    while (used_ >= 8) {
      sink_.put(static_cast<char>(held_ & 0xff));
      held_ >>= 8;
      used_ -= 8;
    }
  }
  void code(std::uint32_t value, unsigned count) {
    std::uint32_t turned = 0;
    for (unsigned i = 0; i < count; ++i) turned |= (value >> i & 1) << (count - 1 - i);
    bits(turned, count);
  }
  void finish() {
    if (used_ != 0) bits(0, 8 - used_);
  }

 private:
  S& sink_;
  std::uint64_t held_ = 0;
  unsigned used_ = 0;
};

// Lengths and distances are coded as a class and extra bits; classes grow in powers of two.
struct DeflateClass {
  std::uint16_t base;
  std::uint8_t extra;
};
inline constexpr auto deflate_lengths = [] {
  std::array<DeflateClass, 29> classes{};
  std::uint16_t base = 3;
  for (std::size_t i = 0; i < 28; ++i) {
    const auto extra = static_cast<std::uint8_t>(i < 4 ? 0 : i / 4 - 1);
    classes[i] = {base, extra};
    base = static_cast<std::uint16_t>(base + (1 << extra));
  }
  classes[28] = {258, 0};
  return classes;
}();
inline constexpr auto deflate_distances = [] {
  std::array<DeflateClass, 30> classes{};
  std::uint16_t base = 1;
  for (std::size_t i = 0; i < 30; ++i) {
    const auto extra = static_cast<std::uint8_t>(i < 2 ? 0 : i / 2 - 1);
    classes[i] = {base, extra};
    base = static_cast<std::uint16_t>(base + (1 << extra));
  }
  return classes;
}();

template <std::size_t n>
constexpr std::size_t deflate_class(const std::array<DeflateClass, n>& classes,
                                    std::size_t value) noexcept {
  std::size_t found = n - 1;
  while (classes[found].base > value) --found;
  return found;
}

// The fixed literal and length code.
template <Sink S>
void put_fixed_symbol(BitSink<S>& out, std::uint32_t symbol) {
  if (symbol < 144) return out.code(0x30 + symbol, 8);
  if (symbol < 256) return out.code(0x190 + symbol - 144, 9);
  if (symbol < 280) return out.code(symbol - 256, 7);
  out.code(0xc0 + symbol - 280, 8);
}

}  // namespace detail

// One deflate stream of `text`.
template <Sink S>
void put_deflated(S& sink, std::string_view text) {
  constexpr std::size_t window = 32768, longest = 258, shortest = 4;
  constexpr unsigned hash_bits = 15;
  constexpr auto nowhere = ~std::size_t{0};
  std::vector<std::size_t> last(std::size_t{1} << hash_bits, nowhere);
  const Bytes bytes = as_bytes(text);
  detail::BitSink out{sink};
  out.bits(1, 1);  // the only block
  out.bits(1, 2);  // fixed codes

  const auto slot_of = [&](std::size_t at) {
    return load<std::uint32_t>(bytes, at) * 2654435761U >> (32 - hash_bits);
  };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0, distance = 0;
    if (text.size() - at >= shortest) {
      std::size_t& known = last[slot_of(at)];
      if (known != nowhere && at - known <= window) {
        const std::size_t most = std::min(longest, text.size() - at);
        while (length < most && text[known + length] == text[at + length]) ++length;
        distance = at - known;
      }
      known = at;
    }
    if (length < shortest) {
      detail::put_fixed_symbol(out, static_cast<unsigned char>(text[at++]));
      continue;
    }
    const std::size_t l = detail::deflate_class(detail::deflate_lengths, length);
    const std::size_t d = detail::deflate_class(detail::deflate_distances, distance);
    detail::put_fixed_symbol(out, static_cast<std::uint32_t>(257 + l));
    out.bits(static_cast<std::uint32_t>(length - detail::deflate_lengths[l].base),
             detail::deflate_lengths[l].extra);
    out.code(static_cast<std::uint32_t>(d), 5);
    out.bits(static_cast<std::uint32_t>(distance - detail::deflate_distances[d].base),
             detail::deflate_distances[d].extra);
    const std::size_t end = at + length;
    for (++at; at < end; ++at) {
      if (text.size() - at >= shortest) last[slot_of(at)] = at;
    }
  }
  detail::put_fixed_symbol(out, 256);
  out.finish();
}

// A gzip file of `text`, without a name or a time in it: the same input gives the same file.
template <Sink S>
void put_gzip(S& sink, std::string_view text) {
  sink.put(std::string_view{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10});
  put_deflated(sink, text);
  Crc32 crc;
  crc.add(as_bytes(text));
  put_fixed(sink, crc.value());
  put_fixed(sink, static_cast<std::uint32_t>(text.size()));
}

}  // namespace tachyon

// ---- tachyon/codec/json.hpp ----

#include <cmath>

// JSON, written as it comes: nothing is built in memory. The writer knows only whether a comma is
// due.
//
// Names come from the target as UTF-8 in which lone surrogates may stand as their three bytes (that
// is how Python keeps undecodable bytes of file names: 0xff is U+DCFF). JSON text must be valid
// UTF-8 whatever we are handed, so a surrogate is written as \udcff, which Python, browsers and our
// pages read back as the same string, and bytes that are no UTF-8 at all become U+FFFD.
//
// Text that goes into a page is written for `JsonUse::page`: `<`, `>` and `&` are escaped, so that
// no name can end a script element, and so are U+2028 and U+2029, which older script engines take
// for line ends.
namespace tachyon {

enum class JsonUse : bool { file, page };

namespace detail {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

// What a byte means to the string writer: 0 plain, 1 look closer, 2 starts or continues UTF-8.
template <JsonUse use>
inline constexpr auto json_classes = [] {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t i = 0; i < 0x20; ++i) classes[i] = 1;
  for (std::size_t i = 0x80; i < 0x100; ++i) classes[i] = 2;
  classes['"'] = classes['\\'] = classes[0x7f] = 1;
  if (use == JsonUse::page) classes['<'] = classes['>'] = classes['&'] = 1;
  return classes;
}();

template <Sink S>
void put_json_unit(S& sink, char32_t unit) {
  const char text[] = {'\\',
                       'u',
                       hex_digits[unit >> 12 & 15],
                       hex_digits[unit >> 8 & 15],
                       hex_digits[unit >> 4 & 15],
                       hex_digits[unit & 15]};
  sink.put(std::string_view{text, sizeof text});
}

template <Sink S>
void put_json_ascii(S& sink, char c) {
  switch (c) {
    case '"':
      return sink.put(R"(\")");
    case '\\':
      return sink.put(R"(\\)");
    case '\n':
      return sink.put(R"(\n)");
    case '\r':
      return sink.put(R"(\r)");
    case '\t':
      return sink.put(R"(\t)");
    default:
      return put_json_unit(sink, static_cast<unsigned char>(c));
  }
}

}  // namespace detail

// A JSON string with its quotes.
template <JsonUse use = JsonUse::file, Sink S>
void put_json_text(S& sink, std::string_view text) {
  sink.put('"');
  std::size_t done = 0;
  std::size_t i = 0;
  const auto flush = [&](std::size_t next) {
    if (i > done) sink.put(text.substr(done, i - done));
    i = done = next;
  };
  while (i < text.size()) {
    const char c = text[i];
    const std::uint8_t kind = detail::json_classes<use>[static_cast<unsigned char>(c)];
    if (kind == 0) {
      ++i;
    } else if (kind == 1) {
      flush(i + 1);
      detail::put_json_ascii(sink, c);
    } else if (const auto [code, length] = decode_utf8(text.substr(i)); length == 0) {
      flush(i + 1);
      sink.put("\xef\xbf\xbd");
    } else if ((code >= 0xd800 && code < 0xe000) ||
               (use == JsonUse::page && (code == 0x2028 || code == 0x2029))) {
      flush(i + length);
      detail::put_json_unit(sink, code);
    } else {
      i += length;
    }
  }
  flush(i);
  sink.put('"');
}

template <Sink S, JsonUse use = JsonUse::file>
class JsonWriter {
 public:
  explicit JsonWriter(S& sink) noexcept : sink_{sink} {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name) {
    separate();
    put_json_text<use>(sink_, name);
    sink_.put(':');
    comma_due_ = false;
  }

  void value(std::string_view text) {
    separate();
    put_json_text<use>(sink_, text);
  }
  void value(const char* text) { value(std::string_view{text}); }
  template <std::same_as<bool> B>
  void value(B truth) {
    raw(truth ? "true" : "false");
  }
  template <std::integral I>
  requires(!std::same_as<I, bool> && !std::same_as<I, char>) void value(I number) {
    char text[24];
    raw({text,
         static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
  }
  // The shortest text that reads back as the same number; what JSON cannot say becomes null.
  void value(double number) {
    if (!std::isfinite(number)) return null();
    char text[32];
    raw({text,
         static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
  }
  // At most `decimals` digits behind the point, without zeros at the end.
  void value(double number, int decimals) {
    char text[352];
    if (!std::isfinite(number)) return null();
    char* end =
        std::to_chars(text, text + sizeof text, number, std::chars_format::fixed, decimals).ptr;
    if (decimals > 0) {
      while (end[-1] == '0') --end;
      if (end[-1] == '.') --end;
    }
    const std::string_view digits{text, static_cast<std::size_t>(end - text)};
    raw(digits == "-0" ? "0" : digits);
  }
  void null() { raw("null"); }

  template <class T>
  void member(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  void member(std::string_view name, double number, int decimals) {
    key(name);
    value(number, decimals);
  }

  // A value that is JSON already.
  void raw(std::string_view json) {
    separate();
    sink_.put(json);
  }
  // Between records of a line-oriented file.
  void newline() {
    assert(depth_ == 0);
    sink_.put('\n');
    comma_due_ = false;
  }

 private:
  void separate() {
    if (comma_due_) sink_.put(',');
    comma_due_ = true;
  }
  void open(char bracket) {
    separate();
    sink_.put(bracket);
    comma_due_ = false;
    ++depth_;
  }
  void close(char bracket) {
    assert(depth_ > 0);
    sink_.put(bracket);
    comma_due_ = true;
    --depth_;
  }

  S& sink_;
  bool comma_due_ = false;
  int depth_ = 0;
};

// For `JsonWriter json = page_json(sink);` where naming both arguments would be noise.
template <Sink S>
auto page_json(S& sink) noexcept {
  return JsonWriter<S, JsonUse::page>{sink};
}

}  // namespace tachyon

// ---- tachyon/codec/utf8.hpp ----

// Names come from the target as UTF-8 in which lone surrogates may stand as their three bytes (that
// is how Python keeps undecodable bytes of file names: 0xff is U+DCFF, ed b3 bf), and a torn or
// hostile target may hand us anything. Formats differ in what they bear; each says it with one of
// two repairs, so that no output is unreadable because of one name.
namespace tachyon {

namespace detail {

constexpr bool is_surrogate(char32_t code) noexcept { return code >= 0xd800 && code < 0xe000; }

}  // namespace detail

enum class Surrogates : bool { replaced, kept };

// The text with everything that is no UTF-8 as U+FFFD, and surrogates too unless they are kept.
template <Surrogates surrogates = Surrogates::replaced, Sink S>
void put_repaired(S& sink, std::string_view text) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8 point = decode_utf8(text.substr(i));
    if (point.length != 0 &&
        (surrogates == Surrogates::kept || !detail::is_surrogate(point.code))) {
      i += point.length;
      continue;
    }
    sink.put(text.substr(done, i - done));
    sink.put("\xef\xbf\xbd");
    done = i += point.length ? point.length : 1;
  }
  sink.put(text.substr(done));
}

// How many bytes put_repaired will put.
template <Surrogates surrogates = Surrogates::replaced>
constexpr std::size_t repaired_size(std::string_view text) noexcept {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Utf8 point = decode_utf8(text.substr(i));
    const bool fits =
        point.length != 0 && (surrogates == Surrogates::kept || !detail::is_surrogate(point.code));
    size += fits ? point.length : 3;
    i += point.length ? point.length : 1;
  }
  return size;
}

}  // namespace tachyon

// ---- tachyon/codec/marshal.hpp ----

#include <bit>
#include <limits>

// Python's marshal, as far as profiles need it: what `marshal.load` turns into dicts, tuples,
// strings and numbers. One type byte, then the value, little-endian:
//
//   N T F             None, True, False
//   i + 4 bytes       int, 32 bits              l + count + 15-bit digits    any other int
//   g + 8 bytes       float                     u + length + UTF-8           str
//   ) + 1 byte count  tuple, items follow       { key value ... 0            dict
//   r + 4 bytes       the object that was the n-th to carry the flag 0x80 in its type byte
//
//   {("a", 1): True}  =  7b  29 02 75 01000000 61 69 01000000  54  30
//
// The flag matters for size: a profile names the same few functions again and again, as keys and as
// callers of others. `mark()` before a value makes it one that `reference(n)` can repeat; the
// numbers count marked values in the order in which they begin. Strings may hold surrogates:
// marshal does too.
namespace tachyon {

template <Sink S>
class MarshalWriter {
 public:
  explicit MarshalWriter(S& sink) noexcept : sink_{sink} {}

  // The next value can be referred to by the number returned.
  std::uint32_t mark() noexcept {
    assert(flag_ == 0);
    flag_ = 0x80;
    return marked_++;
  }
  void reference(std::uint32_t marked) {
    assert(marked < marked_ && flag_ == 0);
    type('r');
    put_fixed(sink_, marked);
  }

  void none() { type('N'); }
  void truth(bool value) { type(value ? 'T' : 'F'); }
  void integer(std::int64_t value) {
    if (value >= std::numeric_limits<std::int32_t>::min() &&
        value <= std::numeric_limits<std::int32_t>::max()) {
      type('i');
      return put_fixed(sink_, static_cast<std::int32_t>(value));
    }
    long_integer(value);
  }
  void real(double value) {
    type('g');
    put_fixed(sink_, std::bit_cast<std::uint64_t>(value));
  }
  void text(std::string_view value) {
    type('u');
    put_fixed(sink_, static_cast<std::uint32_t>(repaired_size<Surrogates::kept>(value)));
    put_repaired<Surrogates::kept>(sink_, value);
  }

  // The items follow.
  void tuple(std::uint8_t count) {
    type(')');
    sink_.put(static_cast<char>(count));
  }
  // Keys and values follow by turns, then the end.
  void begin_dict() { type('{'); }
  void end_dict() { sink_.put('0'); }

 private:
  void type(char code) {
    sink_.put(static_cast<char>(code | flag_));
    flag_ = 0;
  }
  void long_integer(std::int64_t value) {
    auto magnitude = static_cast<std::uint64_t>(value);
    if (value < 0) magnitude = 0 - magnitude;
    std::int32_t digits = 0;
    for (std::uint64_t rest = magnitude; rest != 0; rest >>= 15) ++digits;
    type('l');
    put_fixed(sink_, value < 0 ? -digits : digits);
    for (; magnitude != 0; magnitude >>= 15) {
      put_fixed(sink_, static_cast<std::uint16_t>(magnitude & 0x7fff));
    }
  }

  S& sink_;
  std::uint32_t marked_ = 0;
  int flag_ = 0;
};

}  // namespace tachyon

// ---- tachyon/codec/output_file.hpp ----

#include <climits>
#include <cstdlib>
#include <sys/stat.h>

// A file that is either written whole or not there.
//
// A profile costs minutes of somebody's time; it must not be lost because a folder is missing, a
// disk is full or a name is a directory, and a good older file must not be ruined by a failing run.
// So:
//
// - `create` is the probe. It opens everything that can be opened, before the program is sampled,
// and
//   an impossible place is an error there and then.
// - The bytes go into a nameless file in the destination's folder (O_TMPFILE), so that a killed
//   profiler leaves no litter; where the file system has no such files, into a hidden one. `close`
//   gives it the final name in one step. Until then an older file of that name is untouched.
// - Devices, pipes and standard output ("-") are written straight through. So is an existing file
// in
//   a folder where we may not create one.
// - Modes follow the umask; an existing file keeps its own, and a symbolic link keeps pointing.
// - Writing never fails at the call. The first error is kept, the rest of the bytes are dropped,
// and
//   `close` tells. The caller still has the data then and writes it to a `fallback`.
//
// A recording cannot wait for the end to be visible: it has to survive the death of its writer.
// Files created with `Finish::never` are opened under their own name and grow there.
namespace tachyon {

enum class Finish : bool {
  whole,  // appears under its name when it is closed
  never,  // grows under its name from the start
};

class OutputFile {
 public:
  static Result<OutputFile> create(std::string path, Finish finish = Finish::whole);

  // A file for what could not be written where it was meant to go: TMPDIR, /tmp, then the current
  // folder. The name is new (an existing file is never reused) and keeps the wanted name's end.
  static Result<OutputFile> fallback(std::string_view wanted);

  OutputFile(OutputFile&& other) noexcept { swap(other); }
  OutputFile& operator=(OutputFile&& other) noexcept {
    OutputFile{std::move(other)}.swap(*this);
    return *this;
  }
  ~OutputFile() { discard(); }

  void put(std::string_view text) {
    if (text.size() > capacity - used_) return put_large(text);
    text.copy(buffer_.data() + used_, text.size());
    used_ += text.size();
  }
  void put(char c) {
    if (used_ == capacity) flush();
    buffer_[used_++] = c;
  }

  // Hands what is buffered to the system.
  void flush() noexcept {
    write_out({buffer_.data(), used_});
    used_ = 0;
  }

  Error error() const noexcept { return error_; }
  const std::string& path() const noexcept { return path_; }
  // Bytes accepted so far, buffered ones included.
  std::uint64_t size() const noexcept { return written_ + used_; }
  bool is_standard_output() const noexcept { return path_ == "-" || path_ == "/dev/stdout"; }
  int descriptor() const noexcept { return fd_; }

  // Writes the rest and gives the file its name. The first error of the file's life, if any.
  Result<void> close();

  // Forgets the file; an older one of that name stays as it was.
  void discard() noexcept;

 private:
  static constexpr std::size_t capacity = 65536;
  enum class Way : std::uint8_t { direct, nameless, hidden };

  OutputFile() : buffer_(capacity) {}
  void swap(OutputFile& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(real_, other.real_);
    std::swap(hidden_, other.hidden_);
    std::swap(buffer_, other.buffer_);
    std::swap(used_, other.used_);
    std::swap(written_, other.written_);
    std::swap(fd_, other.fd_);
    std::swap(way_, other.way_);
    std::swap(truncate_, other.truncate_);
    std::swap(error_, other.error_);
  }

  Result<void> open(Finish finish);
  bool open_beside(mode_t mode);
  void put_large(std::string_view text);
  void write_out(std::string_view text) noexcept;
  Result<void> name_it();
  std::string hidden_name(unsigned attempt) const;
  void fail(int error) noexcept {
    if (error_.code == Errc::ok) error_ = {Errc::cannot_write, error, {}};
  }

  std::string path_{};    // as the user wrote it
  std::string real_{};    // behind symbolic links
  std::string hidden_{};  // name of the hidden file while there is one
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::uint64_t written_ = 0;
  int fd_ = -1;
  Way way_ = Way::direct;
  bool truncate_ = false;  // an existing file is emptied by the first write, not by the probe
  Error error_{};
};

// What became of an output in the end: where it is, and why not where it was wanted.
struct Written {
  std::string path{};
  Error wanted{};    // why the wanted place failed; ok if it did not
  Error fallback{};  // why the fallback failed too; then nothing was written
  bool kept() const noexcept { return wanted.code == Errc::ok || fallback.code == Errc::ok; }
};

// Runs `write(sink)` on the file, and once more on a fallback if the first could not be kept.
// Standard output has no fallback: what is behind it has gone away on purpose.
template <class Write>
Written write_or_fall_back(OutputFile file, Write&& write) {
  write(file);
  const Result<void> closed = file.close();
  if (closed || file.is_standard_output()) {
    return {file.path(), closed.error(), closed ? Error{} : closed.error()};
  }
  Result<OutputFile> other = OutputFile::fallback(file.path());
  if (!other) return {file.path(), closed.error(), other.error()};
  write(*other);
  const Result<void> rescued = other->close();
  return {other->path(), closed.error(), rescued.error()};
}

namespace detail {

inline std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}
inline std::string_view name_in(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace detail

inline Result<OutputFile> OutputFile::create(std::string path, Finish finish) {
  OutputFile file;
  file.path_ = std::move(path);
  if (const auto opened = file.open(finish); !opened) return opened.error();
  return file;
}

inline Result<OutputFile> OutputFile::fallback(std::string_view wanted) {
  const char* const chosen = ::getenv("TMPDIR");
  const std::string_view name = detail::name_in(wanted);
  Error first{};
  for (const char* folder : {chosen && *chosen ? chosen : "/tmp", "/tmp", "."}) {
    for (unsigned attempt = 0; attempt < 100; ++attempt) {
      OutputFile file;
      file.path_ = std::string{folder} + "/tachyon-" + std::to_string(::getpid()) + "-" +
                   (attempt ? std::to_string(attempt) + "-" : "") +
                   std::string{name.empty() ? "output" : name.substr(0, 200)};
      file.fd_ =
          ::open(file.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (file.fd_ >= 0) return file;
      if (first.code == Errc::ok) first = {Errc::cannot_open, errno, {}};
      if (errno != EEXIST) break;
    }
  }
  return first;
}

inline Result<void> OutputFile::open(Finish finish) {
  if (is_standard_output()) {
    fd_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    return fd_ < 0 ? Result<void>{{Errc::cannot_open, errno, {}}} : Result<void>{};
  }
  real_ = path_;
  if (detail::name_in(path_).empty()) return Error{Errc::cannot_open, ENOENT, {}};

  // The place a symbolic link leads to, also when nothing is there yet. The links of the system's
  // own folders stand for open files, not for places.
  const bool device = path_.starts_with("/dev/") || path_.starts_with("/proc/");
  for (int links = 0; !device && links < 40; ++links) {
    char target[PATH_MAX];
    const ssize_t length = ::readlink(real_.c_str(), target, sizeof target);
    if (length < 0) break;
    const std::string_view text{target, static_cast<std::size_t>(length)};
    real_ = text.starts_with('/') ? std::string{text}
                                  : detail::folder_of(real_) + "/" + std::string{text};
  }

  struct stat status {};
  const bool exists = ::stat(real_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return Error{Errc::cannot_open, EISDIR, {}};
  const bool regular = !exists || S_ISREG(status.st_mode);
  if (exists && ::access(real_.c_str(), W_OK) != 0) return Error{Errc::cannot_open, errno, {}};
  if (finish == Finish::whole && regular && !device &&
      open_beside(exists ? status.st_mode & 0777 : 0))
    return {};

  // Not O_TRUNC: a probe that is given up must not have emptied anything. A pipe without a reader
  // would block here; O_NONBLOCK turns that into an error that says so.
  const int mode = regular ? O_CREAT : exists && S_ISFIFO(status.st_mode) ? O_NONBLOCK : 0;
  fd_ = ::open(real_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | mode, 0666);
  if (fd_ < 0) return Error{Errc::cannot_open, errno, {}};
  if (!regular) (void)::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
  truncate_ = exists && regular;
  return {};
}

// A file without a name in the destination's folder, or one with a hidden name. `mode` of 0 leaves
// the choice to the umask.
inline bool OutputFile::open_beside(mode_t mode) {
  const std::string folder = detail::folder_of(real_);
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  way_ = Way::nameless;
  if (fd_ < 0) {
    way_ = Way::hidden;
    for (unsigned attempt = 0; fd_ < 0 && attempt < 100; ++attempt) {
      hidden_ = hidden_name(attempt);
      fd_ = ::open(hidden_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (fd_ < 0 && errno != EEXIST) break;
    }
  }
  if (fd_ < 0) {
    hidden_.clear();
    way_ = Way::direct;
    return false;
  }
  if (mode != 0) (void)::fchmod(fd_, mode);
  return true;
}

inline std::string OutputFile::hidden_name(unsigned attempt) const {
  return detail::folder_of(real_) + "/." + std::string{detail::name_in(real_).substr(0, 200)} +
         "." + std::to_string(::getpid()) + (attempt ? "-" + std::to_string(attempt) : "") +
         ".part";
}

inline void OutputFile::put_large(std::string_view text) {
  flush();
  if (text.size() >= capacity) return write_out(text);
  text.copy(buffer_.data(), text.size());
  used_ = text.size();
}

inline void OutputFile::write_out(std::string_view text) noexcept {
  written_ += text.size();
  if (error_.code != Errc::ok || fd_ < 0) return;
  if (std::exchange(truncate_, false) && ::ftruncate(fd_, 0) != 0) return fail(errno);
  while (!text.empty()) {
    const ssize_t done = ::write(fd_, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(done < 0 ? errno : ENOSPC);
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

inline Result<void> OutputFile::close() {
  if (fd_ < 0) return error_.code == Errc::ok ? Result<void>{} : Result<void>{error_};
  flush();
  if (error_.code == Errc::ok) {
    if (const auto named = name_it(); !named) error_ = named.error();
  }
  // Some file systems report a full disk only here.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) fail(errno);
  if (!hidden_.empty()) (void)::unlink(std::exchange(hidden_, {}).c_str());
  return error_.code == Errc::ok ? Result<void>{} : Result<void>{error_};
}

inline Result<void> OutputFile::name_it() {
  if (way_ == Way::direct) return {};
  if (way_ == Way::nameless) {
    // linkat cannot replace a file, so the nameless one gets a hidden name first.
    const std::string self = "/proc/self/fd/" + std::to_string(fd_);
    for (unsigned attempt = 0;; ++attempt) {
      hidden_ = hidden_name(attempt);
      if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, hidden_.c_str(), AT_SYMLINK_FOLLOW) == 0)
        break;
      const int error = errno;
      hidden_.clear();
      if (error != EEXIST || attempt == 100) return Error{Errc::cannot_write, error, {}};
    }
  }
  if (::rename(hidden_.c_str(), real_.c_str()) != 0) return Error{Errc::cannot_write, errno, {}};
  hidden_.clear();
  return {};
}

inline void OutputFile::discard() noexcept {
  if (fd_ >= 0) (void)::close(std::exchange(fd_, -1));
  if (!hidden_.empty()) (void)::unlink(hidden_.c_str());
  hidden_.clear();
}

}  // namespace tachyon

// ---- tachyon/codec/protobuf.hpp ----

// Protocol buffers, the writing half. A message is a row of fields in any order; a field is a tag
// (number and wire type) and a value. Numbers are varints; text, nested messages and packed rows of
// numbers carry their length in front, so whoever writes a nested message builds it first:
//
//   08 96 01             field 1, number 150
//   12 02 68 69          field 2, text "hi"
//   1a 03 08 96 01       field 3, a message with field 1 = 150
//   22 03 01 ac 02       field 4, packed numbers 1, 300
//
// A zero and an empty text are what a missing field means, so they are left out; a packed row or a
// nested message is written as given.
namespace tachyon {

template <Sink S>
class ProtobufWriter {
 public:
  explicit ProtobufWriter(S& sink) noexcept : sink_{sink} {}

  void number(std::uint32_t field, std::uint64_t value) {
    if (value == 0) return;
    put_varint(sink_, std::uint64_t{field} << 3);
    put_varint(sink_, value);
  }
  // int64: negative numbers take ten bytes, as the format demands.
  void integer(std::uint32_t field, std::int64_t value) {
    number(field, static_cast<std::uint64_t>(value));
  }
  void truth(std::uint32_t field, bool value) { number(field, value ? 1 : 0); }
  // Readers refuse a message with a string that is no UTF-8: repaired here.
  void text(std::uint32_t field, std::string_view value) {
    if (value.empty()) return;
    head(field, repaired_size(value));
    put_repaired(sink_, value);
  }
  // One more item of a repeated string, where the empty one counts too.
  void text_item(std::uint32_t field, std::string_view value) {
    head(field, repaired_size(value));
    put_repaired(sink_, value);
  }
  void message(std::uint32_t field, std::string_view encoded) {
    head(field, encoded.size());
    sink_.put(encoded);
  }
  // Any range of unsigned numbers that can be run through twice.
  template <class Numbers>
  void packed(std::uint32_t field, const Numbers& numbers) {
    std::size_t size = 0;
    for (const auto value : numbers) size += varint_size(static_cast<std::uint64_t>(value));
    if (size == 0) return;
    head(field, size);
    for (const auto value : numbers) put_varint(sink_, static_cast<std::uint64_t>(value));
  }

 private:
  void head(std::uint32_t field, std::size_t length) {
    put_varint(sink_, std::uint64_t{field} << 3 | 2);
    put_varint(sink_, length);
  }

  S& sink_;
};

}  // namespace tachyon

// ---- tachyon/codec/zstd.hpp ----

#if !defined(TACHYON_NO_ZSTD) && __has_include(<zstd.h>)
#include <zstd.h>
#define TACHYON_HAS_ZSTD 1
#else
#define TACHYON_HAS_ZSTD 0
#endif

// zstd, if the program is built with it. Without it (no header found, or TACHYON_NO_ZSTD defined)
// recordings are written uncompressed, and reading a compressed one is `unsupported`. Nothing
// outside this file asks which of the two it is except through `has_zstd`.
//
// Every size comes from the caller and is checked there; a frame that wants to become larger than
// it was said to be is damaged, so no input can make us allocate what it likes.
namespace tachyon {

#if TACHYON_HAS_ZSTD

inline constexpr bool has_zstd = true;

// Single frames, one after the other, with one set of work buffers.
class Compressor {
 public:
  explicit Compressor(int level = 3) noexcept : context_{ZSTD_createCCtx()} {
    if (context_) (void)ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
  }
  Compressor(Compressor&& other) noexcept : context_{std::exchange(other.context_, nullptr)} {}
  Compressor& operator=(Compressor&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~Compressor() { (void)ZSTD_freeCCtx(context_); }

  // Appends the frame to `out`; false, and nothing appended, when it would not be smaller.
  bool compress(std::string_view text, std::string& out) {
    if (!context_ || text.empty()) return false;
    const std::size_t before = out.size();
    out.resize(before + text.size());
    const std::size_t size =
        ZSTD_compress2(context_, out.data() + before, text.size() - 1, text.data(), text.size());
    const bool smaller = ZSTD_isError(size) == 0;
    out.resize(before + (smaller ? size : 0));
    return smaller;
  }

 private:
  ZSTD_CCtx* context_;
};

class Decompressor {
 public:
  Decompressor() noexcept : context_{ZSTD_createDCtx()} {}
  Decompressor(Decompressor&& other) noexcept : context_{std::exchange(other.context_, nullptr)} {}
  Decompressor& operator=(Decompressor&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~Decompressor() { (void)ZSTD_freeDCtx(context_); }

  // One frame that must fill `into` exactly.
  Result<void> decompress(Bytes frame, std::span<char> into) noexcept {
    if (!context_) return Error{Errc::system, 12 /* ENOMEM */, {}};
    const std::size_t size =
        ZSTD_decompressDCtx(context_, into.data(), into.size(), frame.data(), frame.size());
    return ZSTD_isError(size) || size != into.size() ? Result<void>{Errc::damaged} : Result<void>{};
  }

 private:
  ZSTD_DCtx* context_;
};

// One frame that is written bit by bit.
class StreamCompressor {
 public:
  explicit StreamCompressor(int level) noexcept : context_{ZSTD_createCCtx()} {
    if (context_) (void)ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
  }
  StreamCompressor(StreamCompressor&& other) noexcept
      : context_{std::exchange(other.context_, nullptr)} {}
  StreamCompressor& operator=(StreamCompressor&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
  }
  ~StreamCompressor() { (void)ZSTD_freeCCtx(context_); }

  // Appends what is ready to `out`. After `last` the frame is complete.
  Result<void> add(std::string_view text, bool last, std::string& out) {
    if (!context_) return Error{Errc::system, 12 /* ENOMEM */, {}};
    ZSTD_inBuffer from{text.data(), text.size(), 0};
    char buffer[16384];
    for (;;) {
      ZSTD_outBuffer to{buffer, sizeof buffer, 0};
      const std::size_t left =
          ZSTD_compressStream2(context_, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left)) return Errc::system;
      out.append(buffer, to.pos);
      if (last ? left == 0 : from.pos == from.size) return {};
    }
  }

 private:
  ZSTD_CCtx* context_;
};

// The bytes of one frame as they become ready, in memory that does not grow with the frame.
class StreamDecompressor {
 public:
  StreamDecompressor() noexcept : context_{ZSTD_createDCtx()} {
    // A frame may ask for a window of this many bytes (2^27) and no more.
    if (context_) (void)ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 27);
  }
  StreamDecompressor(StreamDecompressor&& other) noexcept
      : context_{std::exchange(other.context_, nullptr)}, done_{other.done_} {}
  StreamDecompressor& operator=(StreamDecompressor&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(done_, other.done_);
    return *this;
  }
  ~StreamDecompressor() { (void)ZSTD_freeDCtx(context_); }

  // Takes bytes from the front of `from` and fills the front of `into`; how many were filled.
  Result<std::size_t> take(Bytes& from, std::span<char> into) noexcept {
    if (!context_) return Error{Errc::system, 12 /* ENOMEM */, {}};
    if (done_) return std::size_t{0};
    ZSTD_inBuffer in{from.data(), from.size(), 0};
    ZSTD_outBuffer out{into.data(), into.size(), 0};
    const std::size_t left = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(left)) return Errc::damaged;
    from = from.subspan(in.pos);
    done_ = left == 0;
    return out.pos;
  }
  bool done() const noexcept { return done_; }

 private:
  ZSTD_DCtx* context_;
  bool done_ = false;
};

#else

inline constexpr bool has_zstd = false;

class Compressor {
 public:
  explicit Compressor(int = 0) noexcept {}
  bool compress(std::string_view, std::string&) { return false; }
};
class Decompressor {
 public:
  Result<void> decompress(Bytes, std::span<char>) noexcept { return Errc::unsupported; }
};
class StreamCompressor {
 public:
  explicit StreamCompressor(int) noexcept {}
  Result<void> add(std::string_view, bool, std::string&) { return Errc::unsupported; }
};
class StreamDecompressor {
 public:
  Result<std::size_t> take(Bytes&, std::span<char>) noexcept { return Errc::unsupported; }
  bool done() const noexcept { return true; }
};

#endif
#undef TACHYON_HAS_ZSTD

}  // namespace tachyon

// ---- tachyon/layout/field.hpp ----

// Where things are inside a remote struct, and nothing about what they mean.
//
// CPython promises no layout of its structs: members move with the minor version, with free
// threading, with the size of a mutex on the architecture. So a reader never writes an offset; it
// asks a layout. A layout comes in two models with the same member names. A compiled one (layouts/,
// generated from the headers of one build) consists of constants, so `layout.thread.next.in(bytes)`
// is one load with an immediate. A published one is filled at attach from the table that a 3.13 or
// newer target carries. Code cannot tell which it has been given.
//
// A member that a build does not have is absent. That is the only way an ability is optional:
// nobody outside layouts/ compares version numbers.
namespace tachyon {

// A member of type T of a remote struct.
template <class T>
struct Field {
  static constexpr std::uint32_t absent = 0xffffffff;

  std::uint32_t offset = absent;

  constexpr bool present() const noexcept { return offset != absent; }
  // One past its last byte: how much of the object has to be here. 0 when it is absent.
  constexpr std::uint32_t end() const noexcept {
    return present() ? offset + static_cast<std::uint32_t>(sizeof(T)) : 0;
  }
  // Its value in a copy of the object, of which the caller has at least end() bytes.
  T in(Bytes object) const noexcept {
    assert(present() && end() <= object.size());
    return load<T>(object, offset);
  }
  // Its place in an object at `object`.
  constexpr Address at(Address object) const noexcept { return object + offset; }

  friend constexpr bool operator==(Field, Field) noexcept = default;
};

// The first byte of something embedded: an array, or another struct. Only its place matters.
using Start = Field<std::byte>;

// Adjacent bits of a 32-bit word. `mask` is what the compiler sets for an all-ones field.
//
//   state word of a str, low byte:   7 6 5 4 3 2 1 0
//                                      a c k k k i i     mask of kind 0x1c, kind of 0x64 = 1
struct Bits {
  std::uint32_t offset = Field<std::uint32_t>::absent;
  std::uint32_t mask = 0;

  constexpr bool present() const noexcept { return offset != Field<std::uint32_t>::absent; }
  constexpr std::uint32_t end() const noexcept { return present() ? offset + 4 : 0; }
  constexpr std::uint32_t of(std::uint32_t word) const noexcept {
    return mask == 0 ? 0 : (word & mask) >> std::countr_zero(mask);
  }
  std::uint32_t in(Bytes object) const noexcept {
    assert(present() && end() <= object.size());
    return of(load<std::uint32_t>(object, offset));
  }

  friend constexpr bool operator==(Bits, Bits) noexcept = default;
};

// A constant of the interpreter's that this build may lack; an absent one equals nothing read.
struct Value {
  static constexpr std::int64_t absent = INT64_MIN;

  std::int64_t number = absent;

  constexpr bool present() const noexcept { return number != absent; }
  // Does `read`, a member of the target, have this value?
  constexpr bool is(std::int64_t read) const noexcept { return present() && number == read; }
  // Is any bit of this mask set in `read`?
  constexpr bool in(std::uint64_t read) const noexcept {
    return present() && (read & static_cast<std::uint64_t>(number)) != 0;
  }

  friend constexpr bool operator==(Value, Value) noexcept = default;
};

enum class Arch : std::uint8_t { x86_64, aarch64 };

constexpr std::string_view name_of(Arch arch) noexcept {
  return arch == Arch::x86_64 ? "x86_64" : "aarch64";
}

#if defined(__aarch64__)
inline constexpr Arch native_arch = Arch::aarch64;
#else
inline constexpr Arch native_arch = Arch::x86_64;
#endif

// What decides the places of all members that we read, up to the patch release. The major is 3.
struct BuildId {
  std::uint8_t minor = 0;
  bool free_threaded = false;
  Arch arch = native_arch;

  friend constexpr bool operator==(BuildId, BuildId) noexcept = default;
};

}  // namespace tachyon

// ---- tachyon/layout/opcode.hpp ----

// What an instruction byte says in one minor version.
//
// The byte at a frame's instruction pointer is seldom what the compiler wrote: the interpreter
// specialises hot instructions in place (CALL becomes CALL_PY_EXACT_ARGS), puts instrumented twins
// in their place while a debugger or coverage tool listens, and overwrites one with ENTER_EXECUTOR
// when it has optimised what follows. All three keep the number of inline cache units of the
// instruction they stand for. Numbers change with every minor version, so nothing here is a
// constant of ours.
namespace tachyon {

struct Opcode {
  enum class Kind : std::uint8_t { unassigned, plain, specialised, instrumented, executor };

  std::string_view name{};
  std::uint8_t base = 0;  // the instruction it stands for; itself when it is that one or unknowable
  std::uint8_t caches = 0;  // code units of inline cache behind it
  Kind kind = Kind::unassigned;
};

// Opcode 0 is CACHE in every version, so 0 says "this version has none" for the named ones.
struct OpcodeTable {
  std::array<Opcode, 256> all{};
  std::uint8_t resume = 0;
  std::uint8_t send = 0;
  std::uint8_t for_iter = 0;
  std::uint8_t enter_executor = 0;
  std::uint8_t instrumented_line = 0;
  std::uint8_t instrumented_instruction = 0;
};

// The table of a layout. For a minor version that no table is known of it is empty: known() is
// false, every name is empty, and no rule that depends on an instruction may be applied.
class Opcodes {
 public:
  constexpr Opcodes() noexcept = default;
  constexpr explicit Opcodes(const OpcodeTable& table) noexcept : table_{&table} {}

  constexpr bool known() const noexcept { return table_ != nullptr; }
  constexpr Opcode operator[](std::uint8_t raw) const noexcept {
    return known() ? table_->all[raw] : Opcode{{}, raw, 0, Opcode::Kind::unassigned};
  }
  constexpr Opcode base_of(std::uint8_t raw) const noexcept { return (*this)[(*this)[raw].base]; }

  // Which instructions may be where a frame stands whose direct callee is a generator's frame:
  // iteration and delegation, in any specialised or instrumented form. Every other resumption
  // of a generator goes through C and puts an entry frame between the two.
  constexpr bool resumes_generators(std::uint8_t raw) const noexcept {
    const std::uint8_t base = (*this)[raw].base;
    return known() && ((table_->send != 0 && base == table_->send) ||
                       (table_->for_iter != 0 && base == table_->for_iter));
  }
  constexpr bool is_resume(std::uint8_t raw) const noexcept {
    return known() && (*this)[raw].base == table_->resume;
  }
  constexpr bool is_executor(std::uint8_t raw) const noexcept {
    return known() && table_->enter_executor != 0 && raw == table_->enter_executor;
  }
  // These two keep what they replaced in the code object's monitoring data.
  constexpr bool is_instrumented_line(std::uint8_t raw) const noexcept {
    return known() && table_->instrumented_line != 0 && raw == table_->instrumented_line;
  }
  constexpr bool is_instrumented_instruction(std::uint8_t raw) const noexcept {
    return known() && table_->instrumented_instruction != 0 &&
           raw == table_->instrumented_instruction;
  }

 private:
  const OpcodeTable* table_ = nullptr;
};

}  // namespace tachyon

// ---- tachyon/layout/published_map.hpp ----

// How a minor version's published table (layout/published.hpp) answers for our members: which of
// its 64-bit words, and what to do with them. Generated; the position of a word is a property of
// the minor.
namespace tachyon {

struct PublishedWord {
  enum class When : std::uint8_t {
    always,
    nonzero,        // 0 stands for "this build has none"
    free_threaded,  // filled in free-threaded builds only
  };

  std::uint8_t group;      // position in schema::for_each_group
  std::uint8_t member;     // position in the group
  std::uint16_t word;      // the value is table[word] + table[plus] - table[minus]
  std::uint16_t plus = 0;  // word 0 is the cookie, so 0 says "nothing to add"
  std::uint16_t minus = 0;
  When when = When::always;
};

struct PublishedMap {
  std::uint16_t count = 0;  // words in the table, the cookie included; 0: this minor publishes none
  std::span<const PublishedWord> words{};
};

}  // namespace tachyon

// ---- tachyon/layouts/schema.hpp ----

// The members that layouts answer for, grouped by the struct they are in.
// Generated by gen/emit.py from gen/schema.py; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::schema {

// The process-wide root, _PyRuntime.
struct Runtime {
  std::uint32_t size{0};  // sizeof(_PyRuntimeState)
  Field<Address> finalizing{};  // _finalizing
  Field<Address> interpreters_head{};  // interpreters.head
  Field<Address> interpreters_main{};  // interpreters.main
  Field<std::uint64_t> main_thread{};  // main_thread
  Field<Address> gilstate_tstate_current{};  // gilstate.tstate_current
  Start gil{};  // ceval.gil; embedded, where there is one GIL a process
  Start main_interpreter{};  // _main_interpreter; embedded; options of a build move it where a table is published

  static constexpr std::string_view group = "runtime";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 8> names{
      "size", "finalizing", "interpreters_head", "interpreters_main", "main_thread",
      "gilstate_tstate_current", "gil", "main_interpreter"};
};

// One interpreter; the first is embedded in the runtime.
struct Interpreter {
  std::uint32_t size{0};  // sizeof(PyInterpreterState)
  Field<std::int64_t> id{};  // id
  Field<Address> next{};  // next
  Field<Address> runtime{};  // runtime
  Field<Address> threads_head{};  // threads.head
  Field<Address> threads_main{};  // threads.main
  Field<std::uint64_t> threads_next_unique_id{};  // threads.next_unique_id
  Field<Address> gil{};  // ceval.gil; own or shared
  Start own_gil{};  // _gil; embedded; in use only when `gil` points at it
  Field<std::int32_t> gil_drop_request{};  // ceval.gil_drop_request
  Field<std::int32_t> gc_collecting{};  // gc.collecting
  Field<Address> gc_frame{};  // gc.frame
  Field<std::uint64_t> code_object_generation{};  // _code_object_generation
  Field<std::uint32_t> tlbc_generation{};  // tlbc_indices.tlbc_generation
  Field<Address> imports_modules{};  // imports.modules, modules
  Field<Address> sysdict{};  // sysdict
  Field<Address> builtins{};  // builtins

  static constexpr std::string_view group = "interpreter";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 17> names{
      "size", "id", "next", "runtime", "threads_head", "threads_main", "threads_next_unique_id",
      "gil", "own_gil", "gil_drop_request", "gc_collecting", "gc_frame", "code_object_generation",
      "tlbc_generation", "imports_modules", "sysdict", "builtins"};
};

// The global interpreter lock.
struct Gil {
  std::uint32_t size{0};  // sizeof(struct _gil_runtime_state)
  Field<std::int32_t> enabled{};  // enabled
  Field<Address> last_holder{};  // last_holder
  Field<std::int32_t> locked{};  // locked

  static constexpr std::string_view group = "gil";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 4> names{
      "size", "enabled", "last_holder", "locked"};
};

// One thread state. The object is longer than its struct: see base_frame.
struct Thread {
  std::uint32_t size{0};  // sizeof(PyThreadState)
  Field<Address> prev{};  // prev
  Field<Address> next{};  // next
  Field<Address> interp{};  // interp
  Field<Address> cframe{};  // cframe
  Start root_cframe{};  // root_cframe; embedded
  Field<Address> current_frame{};  // current_frame
  Field<Address> base_frame{};  // base_frame
  Field<Address> last_profiled_frame{};  // last_profiled_frame
  Field<std::uint64_t> last_profiled_frame_seq{};  // last_profiled_frame_seq
  Bits status_bound{};  // _status.bound
  Bits status_unbound{};  // _status.unbound
  Bits status_active{};  // _status.active
  Bits status_holds_gil{};  // _status.holds_gil
  Bits status_finalizing{};  // _status.finalizing
  Bits status_cleared{};  // _status.cleared
  Field<std::int32_t> holds_gil{};  // holds_gil
  Field<std::int32_t> gil_requested{};  // gil_requested
  Field<std::int32_t> state{};  // state
  Field<std::uint64_t> eval_breaker{};  // eval_breaker
  Field<Address> current_exception{};  // current_exception, curexc_value
  Field<Address> exc_info{};  // exc_info
  Start exc_state{};  // exc_state; embedded error item
  Field<std::uint64_t> thread_id{};  // thread_id; a pthread_t
  Field<std::uint64_t> native_thread_id{};  // native_thread_id
  Field<std::uint64_t> id{};  // id
  Field<Address> datastack_chunk{};  // datastack_chunk
  Field<Address> datastack_top{};  // datastack_top
  Field<Address> datastack_limit{};  // datastack_limit
  Field<Address> current_executor{};  // current_executor
  Field<Address> asyncio_running_loop{};  // _PyThreadStateImpl.asyncio_running_loop
  Field<Address> asyncio_running_task{};  // _PyThreadStateImpl.asyncio_running_task
  Start asyncio_tasks_head{};  // _PyThreadStateImpl.asyncio_tasks_head; embedded list node

  static constexpr std::string_view group = "thread";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 33> names{
      "size", "prev", "next", "interp", "cframe", "root_cframe", "current_frame", "base_frame",
      "last_profiled_frame", "last_profiled_frame_seq", "status_bound", "status_unbound",
      "status_active", "status_holds_gil", "status_finalizing", "status_cleared", "holds_gil",
      "gil_requested", "state", "eval_breaker", "current_exception", "exc_info", "exc_state",
      "thread_id", "native_thread_id", "id", "datastack_chunk", "datastack_top", "datastack_limit",
      "current_executor", "asyncio_running_loop", "asyncio_running_task", "asyncio_tasks_head"};
};

// The C-stack record between a thread and its current frame.
struct CFrame {
  std::uint32_t size{0};  // sizeof(_PyCFrame)
  Field<Address> current_frame{};  // current_frame
  Field<Address> previous{};  // previous

  static constexpr std::string_view group = "cframe";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "current_frame", "previous"};
};

// A piece of a thread's data stack.
struct Chunk {
  std::uint32_t size{0};  // sizeof(_PyStackChunk)
  Field<Address> previous{};  // previous
  Field<std::uint64_t> bytes{};  // size; of the whole piece
  Field<std::uint64_t> top{};  // top; words in use when the next piece was started
  Start data{};  // data

  static constexpr std::string_view group = "chunk";
  static constexpr bool lasting = true;
  static constexpr std::array<std::string_view, 5> names{
      "size", "previous", "bytes", "top", "data"};
};

// One call.
struct Frame {
  std::uint32_t size{0};  // sizeof(_PyInterpreterFrame)
  Field<Address> executable{};  // f_executable, f_code; tagged: see Traits::executable_mask
  Field<Address> previous{};  // previous
  Field<Address> locals{};  // f_locals
  Field<Address> instruction{};  // instr_ptr, prev_instr
  Field<std::int32_t> stacktop{};  // stacktop; index into localsplus
  Field<Address> stackpointer{};  // stackpointer
  Field<std::int32_t> tlbc_index{};  // tlbc_index
  Field<std::uint16_t> return_offset{};  // return_offset
  Field<std::uint8_t> is_entry{};  // is_entry
  Field<std::uint8_t> owner{};  // owner
  Start localsplus{};  // localsplus

  static constexpr std::string_view group = "frame";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 12> names{
      "size", "executable", "previous", "locals", "instruction", "stacktop", "stackpointer",
      "tlbc_index", "return_offset", "is_entry", "owner", "localsplus"};
};

// A code object.
struct Code {
  std::uint32_t size{0};  // sizeof(PyCodeObject)
  Field<std::int64_t> units{};  // ob_base.ob_size; code units of two bytes
  Field<std::int32_t> flags{};  // co_flags
  Field<std::int32_t> argcount{};  // co_argcount
  Field<std::int32_t> posonlyargcount{};  // co_posonlyargcount
  Field<std::int32_t> kwonlyargcount{};  // co_kwonlyargcount
  Field<std::int32_t> stacksize{};  // co_stacksize
  Field<std::int32_t> firstlineno{};  // co_firstlineno
  Field<std::int32_t> nlocalsplus{};  // co_nlocalsplus
  Field<std::int32_t> framesize{};  // co_framesize; words
  Field<Address> consts{};  // co_consts
  Field<Address> filename{};  // co_filename
  Field<Address> name{};  // co_name
  Field<Address> qualname{};  // co_qualname
  Field<Address> linetable{};  // co_linetable
  Field<Address> localsplusnames{};  // co_localsplusnames
  Field<Address> localspluskinds{};  // co_localspluskinds
  Field<Address> executors{};  // co_executors
  Field<Address> monitoring{};  // _co_monitoring
  Field<std::int32_t> firsttraceable{};  // _co_firsttraceable; index of the first RESUME
  Field<Address> tlbc{};  // co_tlbc
  Start bytecode{};  // co_code_adaptive

  static constexpr std::string_view group = "code";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 22> names{
      "size", "units", "flags", "argcount", "posonlyargcount", "kwonlyargcount", "stacksize",
      "firstlineno", "nlocalsplus", "framesize", "consts", "filename", "name", "qualname",
      "linetable", "localsplusnames", "localspluskinds", "executors", "monitoring",
      "firsttraceable", "tlbc", "bytecode"};
};

// Thread-local copies of one code object's bytecode.
struct TlbcArray {
  std::uint32_t size{0};  // sizeof(_PyCodeArray)
  Field<std::int64_t> count{};  // size
  Start entries{};  // entries

  static constexpr std::string_view group = "tlbc_array";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "count", "entries"};
};

// What instrumented instructions replaced.
struct Monitoring {
  std::uint32_t size{0};  // sizeof(_PyCoMonitoringData)
  Field<Address> lines{};  // lines
  Field<Address> per_instruction_opcodes{};  // per_instruction_opcodes

  static constexpr std::string_view group = "monitoring";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "lines", "per_instruction_opcodes"};
};

// Behind Monitoring::lines: one entry a code unit.
struct LineData {
  Field<std::uint8_t> entry_size{};  // bytes_per_entry; absent: LineData::fixed_entry_size bytes each
  Start entries{};  // data, original_opcode; the first byte of an entry is the replaced opcode
  Value fixed_entry_size{};  // sizeof(_PyCoLineInstrumentationData)

  static constexpr std::string_view group = "line_data";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "entry_size", "entries", "fixed_entry_size"};
};

// Behind Code::executors.
struct ExecutorArray {
  std::uint32_t size{0};  // sizeof(_PyExecutorArray)
  Field<std::int32_t> count{};  // size
  Start entries{};  // executors

  static constexpr std::string_view group = "executor_array";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "count", "entries"};
};

// Optimised code that took an instruction's place.
struct Executor {
  std::uint32_t size{0};  // sizeof(_PyExecutorObject)
  Field<std::uint8_t> opcode{};  // vm_data.opcode; the replaced instruction
  Field<std::uint8_t> oparg{};  // vm_data.oparg

  static constexpr std::string_view group = "executor";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "opcode", "oparg"};
};

// Any object.
struct Object {
  std::uint32_t size{0};  // sizeof(PyObject)
  Field<Address> type{};  // ob_type

  static constexpr std::string_view group = "object";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "type"};
};

// Any object with a length of its own.
struct VarObject {
  std::uint32_t size{0};  // sizeof(PyVarObject)
  Field<std::int64_t> count{};  // ob_size

  static constexpr std::string_view group = "var_object";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "count"};
};

// A class.
struct TypeObject {
  std::uint32_t size{0};  // sizeof(PyTypeObject)
  Field<Address> name{};  // tp_name; NUL-terminated bytes
  Field<std::uint64_t> flags{};  // tp_flags
  Field<std::int64_t> basicsize{};  // tp_basicsize
  Field<std::int64_t> dictoffset{};  // tp_dictoffset

  static constexpr std::string_view group = "type_object";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 5> names{
      "size", "name", "flags", "basicsize", "dictoffset"};
};

// A class made by Python code.
struct HeapType {
  std::uint32_t size{0};  // sizeof(PyHeapTypeObject)
  Field<Address> cached_keys{};  // ht_cached_keys

  static constexpr std::string_view group = "heap_type";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "cached_keys"};
};

// A module.
struct ModuleObject {
  std::uint32_t size{0};  // sizeof(PyModuleObject)
  Field<Address> dict{};  // md_dict

  static constexpr std::string_view group = "module_object";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "dict"};
};

// A bytes object; its length is VarObject::count.
struct BytesObject {
  std::uint32_t size{0};  // sizeof(PyBytesObject)
  Start data{};  // ob_sval

  static constexpr std::string_view group = "bytes";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "data"};
};

// A str. Names in code objects are always compact.
struct Unicode {
  std::uint32_t size{0};  // sizeof(PyUnicodeObject)
  Field<std::int64_t> length{};  // PyASCIIObject.length; code points
  Bits kind{};  // PyASCIIObject.state.kind; bytes a code point: 1, 2 or 4
  Bits compact{};  // PyASCIIObject.state.compact
  Bits ascii{};  // PyASCIIObject.state.ascii
  Start ascii_data{};  // sizeof(PyASCIIObject)
  Start compact_data{};  // sizeof(PyCompactUnicodeObject)

  static constexpr std::string_view group = "unicode";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 7> names{
      "size", "length", "kind", "compact", "ascii", "ascii_data", "compact_data"};
};

// A tuple; its length is VarObject::count.
struct Tuple {
  std::uint32_t size{0};  // sizeof(PyTupleObject)
  Start items{};  // ob_item

  static constexpr std::string_view group = "tuple";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "items"};
};

// A list; its length is VarObject::count.
struct List {
  std::uint32_t size{0};  // sizeof(PyListObject)
  Field<Address> items{};  // ob_item

  static constexpr std::string_view group = "list";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "items"};
};

// A set.
struct Set {
  std::uint32_t size{0};  // sizeof(PySetObject)
  Field<std::int64_t> used{};  // used
  Field<std::int64_t> mask{};  // mask
  Field<Address> table{};  // table

  static constexpr std::string_view group = "set";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 4> names{
      "size", "used", "mask", "table"};
};

// A slot of Set::table.
struct SetEntry {
  std::uint32_t size{0};  // sizeof(setentry)
  Field<Address> key{};  // key
  Field<std::int64_t> hash{};  // hash

  static constexpr std::string_view group = "set_entry";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "key", "hash"};
};

// A dict.
struct Dict {
  std::uint32_t size{0};  // sizeof(PyDictObject)
  Field<std::int64_t> used{};  // ma_used
  Field<Address> keys{};  // ma_keys
  Field<Address> values{};  // ma_values

  static constexpr std::string_view group = "dict";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 4> names{
      "size", "used", "keys", "values"};
};

// Behind Dict::keys: indices, then entries.
struct DictKeys {
  std::uint32_t size{0};  // sizeof(struct _dictkeysobject)
  Field<std::uint8_t> log2_size{};  // dk_log2_size
  Field<std::uint8_t> log2_index_bytes{};  // dk_log2_index_bytes
  Field<std::uint8_t> kind{};  // dk_kind
  Field<std::int64_t> nentries{};  // dk_nentries
  Start indices{};  // dk_indices

  static constexpr std::string_view group = "dict_keys";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 6> names{
      "size", "log2_size", "log2_index_bytes", "kind", "nentries", "indices"};
};

// An entry of a general dict.
struct DictEntry {
  std::uint32_t size{0};  // sizeof(PyDictKeyEntry)
  Field<Address> key{};  // me_key
  Field<Address> value{};  // me_value

  static constexpr std::string_view group = "dict_entry";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "key", "value"};
};

// An entry of a dict whose keys are all str.
struct DictUnicodeEntry {
  std::uint32_t size{0};  // sizeof(PyDictUnicodeEntry)
  Field<Address> key{};  // me_key
  Field<Address> value{};  // me_value

  static constexpr std::string_view group = "dict_unicode_entry";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "key", "value"};
};

// Values of a dict that shares its keys.
struct DictValues {
  Start values{};  // values

  static constexpr std::string_view group = "dict_values";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 1> names{
      "values"};
};

// An int: digits of 30 bits.
struct LongObject {
  std::uint32_t size{0};  // sizeof(PyLongObject)
  Field<std::uint64_t> tag{};  // long_value.lv_tag; digits << 3 | sign; absent: VarObject::count, negative for negative
  Start digits{};  // long_value.ob_digit, ob_digit

  static constexpr std::string_view group = "long_object";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "tag", "digits"};
};

// A float.
struct FloatObject {
  std::uint32_t size{0};  // sizeof(PyFloatObject)
  Field<double> value{};  // ob_fval

  static constexpr std::string_view group = "float_object";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "size", "value"};
};

// A generator, coroutine or asynchronous generator.
struct Generator {
  std::uint32_t size{0};  // sizeof(PyGenObject)
  Field<Address> name{};  // gi_name
  Field<Address> qualname{};  // gi_qualname
  Start exc_state{};  // gi_exc_state; embedded error item
  Field<std::int8_t> frame_state{};  // gi_frame_state
  Start frame{};  // gi_iframe; embedded

  static constexpr std::string_view group = "generator";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 6> names{
      "size", "name", "qualname", "exc_state", "frame_state", "frame"};
};

// An exception being handled.
struct ErrItem {
  std::uint32_t size{0};  // sizeof(_PyErr_StackItem)
  Field<Address> value{};  // exc_value
  Field<Address> previous{};  // previous_item

  static constexpr std::string_view group = "err_item";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "value", "previous"};
};

// A node of a circular list.
struct LinkedList {
  std::uint32_t size{0};  // sizeof(struct llist_node)
  Field<Address> next{};  // next
  Field<Address> prev{};  // prev

  static constexpr std::string_view group = "llist";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "size", "next", "prev"};
};

// Values of Frame::owner. Unknown ones from 3 up are not Python frames.
struct Owners {
  Value thread{};  // FRAME_OWNED_BY_THREAD
  Value generator{};  // FRAME_OWNED_BY_GENERATOR
  Value frame_object{};  // FRAME_OWNED_BY_FRAME_OBJECT
  Value interpreter{};  // FRAME_OWNED_BY_INTERPRETER
  Value cstack{};  // FRAME_OWNED_BY_CSTACK

  static constexpr std::string_view group = "owners";
  static constexpr bool lasting = true;
  static constexpr std::array<std::string_view, 5> names{
      "thread", "generator", "frame_object", "interpreter", "cstack"};
};

// Values of Generator::frame_state.
struct States {
  Value created{};  // FRAME_CREATED
  Value suspended{};  // FRAME_SUSPENDED
  Value suspended_yield_from{};  // FRAME_SUSPENDED_YIELD_FROM
  Value suspended_yield_from_locked{};  // FRAME_SUSPENDED_YIELD_FROM_LOCKED
  Value executing{};  // FRAME_EXECUTING
  Value completed{};  // FRAME_COMPLETED
  Value cleared{};  // FRAME_CLEARED

  static constexpr std::string_view group = "states";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 7> names{
      "created", "suspended", "suspended_yield_from", "suspended_yield_from_locked", "executing",
      "completed", "cleared"};
};

// Values of Thread::state.
struct Attach {
  Value detached{};  // _Py_THREAD_DETACHED
  Value attached{};  // _Py_THREAD_ATTACHED
  Value suspended{};  // _Py_THREAD_SUSPENDED
  Value shutting_down{};  // _Py_THREAD_SHUTTING_DOWN

  static constexpr std::string_view group = "attach";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 4> names{
      "detached", "attached", "suspended", "shutting_down"};
};

// Bits of Thread::eval_breaker, as masks.
struct Breaker {
  Value gil_drop_request{};  // _PY_GIL_DROP_REQUEST_BIT
  Value gc_scheduled{};  // _PY_GC_SCHEDULED_BIT

  static constexpr std::string_view group = "breaker";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 2> names{
      "gil_drop_request", "gc_scheduled"};
};

// Bits of Code::flags.
struct CodeFlags {
  Value varargs{};  // CO_VARARGS
  Value varkeywords{};  // CO_VARKEYWORDS
  Value generator{};  // CO_GENERATOR
  Value coroutine{};  // CO_COROUTINE
  Value iterable_coroutine{};  // CO_ITERABLE_COROUTINE
  Value async_generator{};  // CO_ASYNC_GENERATOR

  static constexpr std::string_view group = "code_flags";
  static constexpr bool lasting = true;
  static constexpr std::array<std::string_view, 6> names{
      "varargs", "varkeywords", "generator", "coroutine", "iterable_coroutine", "async_generator"};
};

// Bits of the bytes in Code::localspluskinds.
struct LocalKinds {
  Value local{};  // CO_FAST_LOCAL
  Value cell{};  // CO_FAST_CELL
  Value free{};  // CO_FAST_FREE
  Value hidden{};  // CO_FAST_HIDDEN

  static constexpr std::string_view group = "local_kinds";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 4> names{
      "local", "cell", "free", "hidden"};
};

// Bits of TypeObject::flags.
struct TypeFlags {
  Value long_subclass{};  // Py_TPFLAGS_LONG_SUBCLASS
  Value list_subclass{};  // Py_TPFLAGS_LIST_SUBCLASS
  Value tuple_subclass{};  // Py_TPFLAGS_TUPLE_SUBCLASS
  Value bytes_subclass{};  // Py_TPFLAGS_BYTES_SUBCLASS
  Value unicode_subclass{};  // Py_TPFLAGS_UNICODE_SUBCLASS
  Value dict_subclass{};  // Py_TPFLAGS_DICT_SUBCLASS
  Value managed_dict{};  // Py_TPFLAGS_MANAGED_DICT
  Value inline_values{};  // Py_TPFLAGS_INLINE_VALUES

  static constexpr std::string_view group = "type_flags";
  static constexpr bool lasting = true;
  static constexpr std::array<std::string_view, 8> names{
      "long_subclass", "list_subclass", "tuple_subclass", "bytes_subclass", "unicode_subclass",
      "dict_subclass", "managed_dict", "inline_values"};
};

// Values of DictKeys::kind.
struct KeysKinds {
  Value general{};  // DICT_KEYS_GENERAL
  Value unicode{};  // DICT_KEYS_UNICODE
  Value split{};  // DICT_KEYS_SPLIT

  static constexpr std::string_view group = "keys_kinds";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 3> names{
      "general", "unicode", "split"};
};

// Where an instance keeps its dict, as a distance from it.
struct Instance {
  Value managed_dict{};  // MANAGED_DICT_OFFSET

  static constexpr std::string_view group = "instance";
  static constexpr bool lasting = false;
  static constexpr std::array<std::string_view, 1> names{
      "managed_dict"};
};

// Behaviour that goes with a build and that no offset shows.
struct Traits {
  std::uint64_t executable_mask = 0;  // what to keep of Frame::executable to get an address
  bool popped_frames_are_cleared = false;  // a returned frame's executable reads as null: references are tagged
  bool instruction_is_previous = false;  // Frame::instruction is the unit before the next instruction
  bool has_shims = false;  // a frame of the C stack stands where C called Python; without: Frame::is_entry
  bool caller_stops_at_last_cache = false;  // a caller's instruction is the last cache unit of its call
  std::uint8_t awaited_slot_back = 0;  // words from the stack top down to what a suspended coroutine awaits
  bool thread_names_are_os_names = false;  // the kernel knows the names given in Python

  friend constexpr bool operator==(const Traits&, const Traits&) noexcept = default;
};

// The model that is filled at run time; see layout/published.hpp.
struct Published {
  BuildId build{};
  std::uint32_t version_hex = 0;
  Traits traits{};
  Opcodes opcodes{};
  Runtime runtime{};
  Interpreter interpreter{};
  Gil gil{};
  Thread thread{};
  CFrame cframe{};
  Chunk chunk{};
  Frame frame{};
  Code code{};
  TlbcArray tlbc_array{};
  Monitoring monitoring{};
  LineData line_data{};
  ExecutorArray executor_array{};
  Executor executor{};
  Object object{};
  VarObject var_object{};
  TypeObject type_object{};
  HeapType heap_type{};
  ModuleObject module_object{};
  BytesObject bytes{};
  Unicode unicode{};
  Tuple tuple{};
  List list{};
  Set set{};
  SetEntry set_entry{};
  Dict dict{};
  DictKeys dict_keys{};
  DictEntry dict_entry{};
  DictUnicodeEntry dict_unicode_entry{};
  DictValues dict_values{};
  LongObject long_object{};
  FloatObject float_object{};
  Generator generator{};
  ErrItem err_item{};
  LinkedList llist{};
  Owners owners{};
  States states{};
  Attach attach{};
  Breaker breaker{};
  CodeFlags code_flags{};
  LocalKinds local_kinds{};
  TypeFlags type_flags{};
  KeysKinds keys_kinds{};
  Instance instance{};
};

// Every group of a layout, in order.
template <class L, class Visit>
constexpr void for_each_group(L& layout, Visit&& visit) {
  visit(layout.runtime);
  visit(layout.interpreter);
  visit(layout.gil);
  visit(layout.thread);
  visit(layout.cframe);
  visit(layout.chunk);
  visit(layout.frame);
  visit(layout.code);
  visit(layout.tlbc_array);
  visit(layout.monitoring);
  visit(layout.line_data);
  visit(layout.executor_array);
  visit(layout.executor);
  visit(layout.object);
  visit(layout.var_object);
  visit(layout.type_object);
  visit(layout.heap_type);
  visit(layout.module_object);
  visit(layout.bytes);
  visit(layout.unicode);
  visit(layout.tuple);
  visit(layout.list);
  visit(layout.set);
  visit(layout.set_entry);
  visit(layout.dict);
  visit(layout.dict_keys);
  visit(layout.dict_entry);
  visit(layout.dict_unicode_entry);
  visit(layout.dict_values);
  visit(layout.long_object);
  visit(layout.float_object);
  visit(layout.generator);
  visit(layout.err_item);
  visit(layout.llist);
  visit(layout.owners);
  visit(layout.states);
  visit(layout.attach);
  visit(layout.breaker);
  visit(layout.code_flags);
  visit(layout.local_kinds);
  visit(layout.type_flags);
  visit(layout.keys_kinds);
  visit(layout.instance);
}

// The same groups of two layouts, side by side.
template <class A, class B, class Visit>
constexpr void for_each_group(A& a, B& b, Visit&& visit) {
  visit(a.runtime, b.runtime);
  visit(a.interpreter, b.interpreter);
  visit(a.gil, b.gil);
  visit(a.thread, b.thread);
  visit(a.cframe, b.cframe);
  visit(a.chunk, b.chunk);
  visit(a.frame, b.frame);
  visit(a.code, b.code);
  visit(a.tlbc_array, b.tlbc_array);
  visit(a.monitoring, b.monitoring);
  visit(a.line_data, b.line_data);
  visit(a.executor_array, b.executor_array);
  visit(a.executor, b.executor);
  visit(a.object, b.object);
  visit(a.var_object, b.var_object);
  visit(a.type_object, b.type_object);
  visit(a.heap_type, b.heap_type);
  visit(a.module_object, b.module_object);
  visit(a.bytes, b.bytes);
  visit(a.unicode, b.unicode);
  visit(a.tuple, b.tuple);
  visit(a.list, b.list);
  visit(a.set, b.set);
  visit(a.set_entry, b.set_entry);
  visit(a.dict, b.dict);
  visit(a.dict_keys, b.dict_keys);
  visit(a.dict_entry, b.dict_entry);
  visit(a.dict_unicode_entry, b.dict_unicode_entry);
  visit(a.dict_values, b.dict_values);
  visit(a.long_object, b.long_object);
  visit(a.float_object, b.float_object);
  visit(a.generator, b.generator);
  visit(a.err_item, b.err_item);
  visit(a.llist, b.llist);
  visit(a.owners, b.owners);
  visit(a.states, b.states);
  visit(a.attach, b.attach);
  visit(a.breaker, b.breaker);
  visit(a.code_flags, b.code_flags);
  visit(a.local_kinds, b.local_kinds);
  visit(a.type_flags, b.type_flags);
  visit(a.keys_kinds, b.keys_kinds);
  visit(a.instance, b.instance);
}

// A layout has every group, whichever model it is.
template <class L>
concept HasGroups = requires(const L& layout) {
  { layout.runtime } -> std::same_as<const Runtime&>;
  { layout.interpreter } -> std::same_as<const Interpreter&>;
  { layout.gil } -> std::same_as<const Gil&>;
  { layout.thread } -> std::same_as<const Thread&>;
  { layout.cframe } -> std::same_as<const CFrame&>;
  { layout.chunk } -> std::same_as<const Chunk&>;
  { layout.frame } -> std::same_as<const Frame&>;
  { layout.code } -> std::same_as<const Code&>;
  { layout.tlbc_array } -> std::same_as<const TlbcArray&>;
  { layout.monitoring } -> std::same_as<const Monitoring&>;
  { layout.line_data } -> std::same_as<const LineData&>;
  { layout.executor_array } -> std::same_as<const ExecutorArray&>;
  { layout.executor } -> std::same_as<const Executor&>;
  { layout.object } -> std::same_as<const Object&>;
  { layout.var_object } -> std::same_as<const VarObject&>;
  { layout.type_object } -> std::same_as<const TypeObject&>;
  { layout.heap_type } -> std::same_as<const HeapType&>;
  { layout.module_object } -> std::same_as<const ModuleObject&>;
  { layout.bytes } -> std::same_as<const BytesObject&>;
  { layout.unicode } -> std::same_as<const Unicode&>;
  { layout.tuple } -> std::same_as<const Tuple&>;
  { layout.list } -> std::same_as<const List&>;
  { layout.set } -> std::same_as<const Set&>;
  { layout.set_entry } -> std::same_as<const SetEntry&>;
  { layout.dict } -> std::same_as<const Dict&>;
  { layout.dict_keys } -> std::same_as<const DictKeys&>;
  { layout.dict_entry } -> std::same_as<const DictEntry&>;
  { layout.dict_unicode_entry } -> std::same_as<const DictUnicodeEntry&>;
  { layout.dict_values } -> std::same_as<const DictValues&>;
  { layout.long_object } -> std::same_as<const LongObject&>;
  { layout.float_object } -> std::same_as<const FloatObject&>;
  { layout.generator } -> std::same_as<const Generator&>;
  { layout.err_item } -> std::same_as<const ErrItem&>;
  { layout.llist } -> std::same_as<const LinkedList&>;
  { layout.owners } -> std::same_as<const Owners&>;
  { layout.states } -> std::same_as<const States&>;
  { layout.attach } -> std::same_as<const Attach&>;
  { layout.breaker } -> std::same_as<const Breaker&>;
  { layout.code_flags } -> std::same_as<const CodeFlags&>;
  { layout.local_kinds } -> std::same_as<const LocalKinds&>;
  { layout.type_flags } -> std::same_as<const TypeFlags&>;
  { layout.keys_kinds } -> std::same_as<const KeysKinds&>;
  { layout.instance } -> std::same_as<const Instance&>;
};

// Content: without these members there is no way from the runtime to a line of source.
template <class L>
  requires HasGroups<L>
constexpr bool is_walkable(const L& layout) noexcept {
  return layout.runtime.interpreters_head.present() &&
         layout.interpreter.next.present() &&
         layout.interpreter.id.present() &&
         layout.interpreter.threads_head.present() &&
         layout.thread.next.present() &&
         layout.thread.interp.present() &&
         layout.thread.native_thread_id.present() &&
         (layout.thread.current_frame.present() || layout.thread.cframe.present()) &&
         (layout.thread.current_frame.present() || layout.cframe.current_frame.present()) &&
         layout.frame.executable.present() &&
         layout.frame.previous.present() &&
         layout.frame.instruction.present() &&
         layout.frame.owner.present() &&
         layout.frame.localsplus.present() &&
         layout.code.filename.present() &&
         layout.code.qualname.present() &&
         layout.code.linetable.present() &&
         layout.code.firstlineno.present() &&
         layout.code.bytecode.present() &&
         layout.object.type.present() &&
         layout.var_object.count.present() &&
         layout.bytes.data.present() &&
         layout.unicode.length.present() &&
         layout.unicode.kind.present() &&
         layout.unicode.compact.present() &&
         layout.unicode.ascii.present() &&
         layout.unicode.ascii_data.present() &&
         layout.unicode.compact_data.present();
}

}  // namespace tachyon::schema

// ---- tachyon/layout/concept.hpp ----

// What everything that walks a target may ask of a layout.
namespace tachyon {

// Shape: the groups of gen/schema.py, the build they are of, its instructions, its behaviour.
template <class L>
concept Layout = schema::HasGroups<L> && requires(const L& layout) {
  { layout.build } -> std::same_as<const BuildId&>;
  { layout.version_hex } -> std::same_as<const std::uint32_t&>;
  { layout.opcodes } -> std::same_as<const Opcodes&>;
  { layout.traits } -> std::same_as<const schema::Traits&>;
};

// A layout whose answers are constants: all of a sampler's offsets become immediates.
template <class L>
concept CompiledLayout = Layout<L> && requires {
  { L::tag } -> std::same_as<const std::string_view&>;
  { L::published_map } -> std::same_as<const PublishedMap&>;
  requires(L::build.minor != 0);
  requires(schema::is_walkable(L{}));
};

}  // namespace tachyon

// ---- tachyon/layout/type_list.hpp ----

namespace tachyon {

// Types as a value, for choosing among them.
template <class... Ts>
struct TypeList {
  static constexpr auto size = sizeof...(Ts);
};

}  // namespace tachyon

// ---- tachyon/layouts/opcodes_3_11.hpp ----

// The instructions of CPython 3.11.
// Generated by gen/emit.py from layouts/facts/cpython-3.11-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr OpcodeTable opcodes_3_11{
    .all = {{
        {"CACHE", 0, 0, Opcode::Kind::plain},  // 0
        {"POP_TOP", 1, 0, Opcode::Kind::plain},  // 1
        {"PUSH_NULL", 2, 0, Opcode::Kind::plain},  // 2
        {"BINARY_OP_ADAPTIVE", 122, 1, Opcode::Kind::specialised},  // 3
        {"BINARY_OP_ADD_FLOAT", 122, 1, Opcode::Kind::specialised},  // 4
        {"BINARY_OP_ADD_INT", 122, 1, Opcode::Kind::specialised},  // 5
        {"BINARY_OP_ADD_UNICODE", 122, 1, Opcode::Kind::specialised},  // 6
        {"BINARY_OP_INPLACE_ADD_UNICODE", 122, 1, Opcode::Kind::specialised},  // 7
        {"BINARY_OP_MULTIPLY_FLOAT", 122, 1, Opcode::Kind::specialised},  // 8
        {"NOP", 9, 0, Opcode::Kind::plain},  // 9
        {"UNARY_POSITIVE", 10, 0, Opcode::Kind::plain},  // 10
        {"UNARY_NEGATIVE", 11, 0, Opcode::Kind::plain},  // 11
        {"UNARY_NOT", 12, 0, Opcode::Kind::plain},  // 12
        {"BINARY_OP_MULTIPLY_INT", 122, 1, Opcode::Kind::specialised},  // 13
        {"BINARY_OP_SUBTRACT_FLOAT", 122, 1, Opcode::Kind::specialised},  // 14
        {"UNARY_INVERT", 15, 0, Opcode::Kind::plain},  // 15
        {"BINARY_OP_SUBTRACT_INT", 122, 1, Opcode::Kind::specialised},  // 16
        {"BINARY_SUBSCR_ADAPTIVE", 25, 4, Opcode::Kind::specialised},  // 17
        {"BINARY_SUBSCR_DICT", 25, 4, Opcode::Kind::specialised},  // 18
        {"BINARY_SUBSCR_GETITEM", 25, 4, Opcode::Kind::specialised},  // 19
        {"BINARY_SUBSCR_LIST_INT", 25, 4, Opcode::Kind::specialised},  // 20
        {"BINARY_SUBSCR_TUPLE_INT", 25, 4, Opcode::Kind::specialised},  // 21
        {"CALL_ADAPTIVE", 171, 4, Opcode::Kind::specialised},  // 22
        {"CALL_PY_EXACT_ARGS", 171, 4, Opcode::Kind::specialised},  // 23
        {"CALL_PY_WITH_DEFAULTS", 171, 4, Opcode::Kind::specialised},  // 24
        {"BINARY_SUBSCR", 25, 4, Opcode::Kind::plain},  // 25
        {"COMPARE_OP_ADAPTIVE", 107, 2, Opcode::Kind::specialised},  // 26
        {"COMPARE_OP_FLOAT_JUMP", 107, 2, Opcode::Kind::specialised},  // 27
        {"COMPARE_OP_INT_JUMP", 107, 2, Opcode::Kind::specialised},  // 28
        {"COMPARE_OP_STR_JUMP", 107, 2, Opcode::Kind::specialised},  // 29
        {"GET_LEN", 30, 0, Opcode::Kind::plain},  // 30
        {"MATCH_MAPPING", 31, 0, Opcode::Kind::plain},  // 31
        {"MATCH_SEQUENCE", 32, 0, Opcode::Kind::plain},  // 32
        {"MATCH_KEYS", 33, 0, Opcode::Kind::plain},  // 33
        {"EXTENDED_ARG_QUICK", 144, 0, Opcode::Kind::specialised},  // 34
        {"PUSH_EXC_INFO", 35, 0, Opcode::Kind::plain},  // 35
        {"CHECK_EXC_MATCH", 36, 0, Opcode::Kind::plain},  // 36
        {"CHECK_EG_MATCH", 37, 0, Opcode::Kind::plain},  // 37
        {"JUMP_BACKWARD_QUICK", 140, 0, Opcode::Kind::specialised},  // 38
        {"LOAD_ATTR_ADAPTIVE", 106, 4, Opcode::Kind::specialised},  // 39
        {"LOAD_ATTR_INSTANCE_VALUE", 106, 4, Opcode::Kind::specialised},  // 40
        {"LOAD_ATTR_MODULE", 106, 4, Opcode::Kind::specialised},  // 41
        {"LOAD_ATTR_SLOT", 106, 4, Opcode::Kind::specialised},  // 42
        {"LOAD_ATTR_WITH_HINT", 106, 4, Opcode::Kind::specialised},  // 43
        {"LOAD_CONST__LOAD_FAST", 100, 0, Opcode::Kind::specialised},  // 44
        {"LOAD_FAST__LOAD_CONST", 124, 0, Opcode::Kind::specialised},  // 45
        {"LOAD_FAST__LOAD_FAST", 124, 0, Opcode::Kind::specialised},  // 46
        {"LOAD_GLOBAL_ADAPTIVE", 116, 5, Opcode::Kind::specialised},  // 47
        {"LOAD_GLOBAL_BUILTIN", 116, 5, Opcode::Kind::specialised},  // 48
        {"WITH_EXCEPT_START", 49, 0, Opcode::Kind::plain},  // 49
        {"GET_AITER", 50, 0, Opcode::Kind::plain},  // 50
        {"GET_ANEXT", 51, 0, Opcode::Kind::plain},  // 51
        {"BEFORE_ASYNC_WITH", 52, 0, Opcode::Kind::plain},  // 52
        {"BEFORE_WITH", 53, 0, Opcode::Kind::plain},  // 53
        {"END_ASYNC_FOR", 54, 0, Opcode::Kind::plain},  // 54
        {"LOAD_GLOBAL_MODULE", 116, 5, Opcode::Kind::specialised},  // 55
        {"LOAD_METHOD_ADAPTIVE", 160, 10, Opcode::Kind::specialised},  // 56
        {"LOAD_METHOD_CLASS", 160, 10, Opcode::Kind::specialised},  // 57
        {"LOAD_METHOD_MODULE", 160, 10, Opcode::Kind::specialised},  // 58
        {"LOAD_METHOD_NO_DICT", 160, 10, Opcode::Kind::specialised},  // 59
        {"STORE_SUBSCR", 60, 1, Opcode::Kind::plain},  // 60
        {"DELETE_SUBSCR", 61, 0, Opcode::Kind::plain},  // 61
        {"LOAD_METHOD_WITH_DICT", 160, 10, Opcode::Kind::specialised},  // 62
        {"LOAD_METHOD_WITH_VALUES", 160, 10, Opcode::Kind::specialised},  // 63
        {"PRECALL_ADAPTIVE", 166, 1, Opcode::Kind::specialised},  // 64
        {"PRECALL_BOUND_METHOD", 166, 1, Opcode::Kind::specialised},  // 65
        {"PRECALL_BUILTIN_CLASS", 166, 1, Opcode::Kind::specialised},  // 66
        {"PRECALL_BUILTIN_FAST_WITH_KEYWORDS", 166, 1, Opcode::Kind::specialised},  // 67
        {"GET_ITER", 68, 0, Opcode::Kind::plain},  // 68
        {"GET_YIELD_FROM_ITER", 69, 0, Opcode::Kind::plain},  // 69
        {"PRINT_EXPR", 70, 0, Opcode::Kind::plain},  // 70
        {"LOAD_BUILD_CLASS", 71, 0, Opcode::Kind::plain},  // 71
        {"PRECALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS", 166, 1, Opcode::Kind::specialised},  // 72
        {"PRECALL_NO_KW_BUILTIN_FAST", 166, 1, Opcode::Kind::specialised},  // 73
        {"LOAD_ASSERTION_ERROR", 74, 0, Opcode::Kind::plain},  // 74
        {"RETURN_GENERATOR", 75, 0, Opcode::Kind::plain},  // 75
        {"PRECALL_NO_KW_BUILTIN_O", 166, 1, Opcode::Kind::specialised},  // 76
        {"PRECALL_NO_KW_ISINSTANCE", 166, 1, Opcode::Kind::specialised},  // 77
        {"PRECALL_NO_KW_LEN", 166, 1, Opcode::Kind::specialised},  // 78
        {"PRECALL_NO_KW_LIST_APPEND", 166, 1, Opcode::Kind::specialised},  // 79
        {"PRECALL_NO_KW_METHOD_DESCRIPTOR_FAST", 166, 1, Opcode::Kind::specialised},  // 80
        {"PRECALL_NO_KW_METHOD_DESCRIPTOR_NOARGS", 166, 1, Opcode::Kind::specialised},  // 81
        {"LIST_TO_TUPLE", 82, 0, Opcode::Kind::plain},  // 82
        {"RETURN_VALUE", 83, 0, Opcode::Kind::plain},  // 83
        {"IMPORT_STAR", 84, 0, Opcode::Kind::plain},  // 84
        {"SETUP_ANNOTATIONS", 85, 0, Opcode::Kind::plain},  // 85
        {"YIELD_VALUE", 86, 0, Opcode::Kind::plain},  // 86
        {"ASYNC_GEN_WRAP", 87, 0, Opcode::Kind::plain},  // 87
        {"PREP_RERAISE_STAR", 88, 0, Opcode::Kind::plain},  // 88
        {"POP_EXCEPT", 89, 0, Opcode::Kind::plain},  // 89
        {"STORE_NAME", 90, 0, Opcode::Kind::plain},  // 90
        {"DELETE_NAME", 91, 0, Opcode::Kind::plain},  // 91
        {"UNPACK_SEQUENCE", 92, 1, Opcode::Kind::plain},  // 92
        {"FOR_ITER", 93, 0, Opcode::Kind::plain},  // 93
        {"UNPACK_EX", 94, 0, Opcode::Kind::plain},  // 94
        {"STORE_ATTR", 95, 4, Opcode::Kind::plain},  // 95
        {"DELETE_ATTR", 96, 0, Opcode::Kind::plain},  // 96
        {"STORE_GLOBAL", 97, 0, Opcode::Kind::plain},  // 97
        {"DELETE_GLOBAL", 98, 0, Opcode::Kind::plain},  // 98
        {"SWAP", 99, 0, Opcode::Kind::plain},  // 99
        {"LOAD_CONST", 100, 0, Opcode::Kind::plain},  // 100
        {"LOAD_NAME", 101, 0, Opcode::Kind::plain},  // 101
        {"BUILD_TUPLE", 102, 0, Opcode::Kind::plain},  // 102
        {"BUILD_LIST", 103, 0, Opcode::Kind::plain},  // 103
        {"BUILD_SET", 104, 0, Opcode::Kind::plain},  // 104
        {"BUILD_MAP", 105, 0, Opcode::Kind::plain},  // 105
        {"LOAD_ATTR", 106, 4, Opcode::Kind::plain},  // 106
        {"COMPARE_OP", 107, 2, Opcode::Kind::plain},  // 107
        {"IMPORT_NAME", 108, 0, Opcode::Kind::plain},  // 108
        {"IMPORT_FROM", 109, 0, Opcode::Kind::plain},  // 109
        {"JUMP_FORWARD", 110, 0, Opcode::Kind::plain},  // 110
        {"JUMP_IF_FALSE_OR_POP", 111, 0, Opcode::Kind::plain},  // 111
        {"JUMP_IF_TRUE_OR_POP", 112, 0, Opcode::Kind::plain},  // 112
        {"PRECALL_NO_KW_METHOD_DESCRIPTOR_O", 166, 1, Opcode::Kind::specialised},  // 113
        {"POP_JUMP_FORWARD_IF_FALSE", 114, 0, Opcode::Kind::plain},  // 114
        {"POP_JUMP_FORWARD_IF_TRUE", 115, 0, Opcode::Kind::plain},  // 115
        {"LOAD_GLOBAL", 116, 5, Opcode::Kind::plain},  // 116
        {"IS_OP", 117, 0, Opcode::Kind::plain},  // 117
        {"CONTAINS_OP", 118, 0, Opcode::Kind::plain},  // 118
        {"RERAISE", 119, 0, Opcode::Kind::plain},  // 119
        {"COPY", 120, 0, Opcode::Kind::plain},  // 120
        {"PRECALL_NO_KW_STR_1", 166, 1, Opcode::Kind::specialised},  // 121
        {"BINARY_OP", 122, 1, Opcode::Kind::plain},  // 122
        {"SEND", 123, 0, Opcode::Kind::plain},  // 123
        {"LOAD_FAST", 124, 0, Opcode::Kind::plain},  // 124
        {"STORE_FAST", 125, 0, Opcode::Kind::plain},  // 125
        {"DELETE_FAST", 126, 0, Opcode::Kind::plain},  // 126
        {"PRECALL_NO_KW_TUPLE_1", 166, 1, Opcode::Kind::specialised},  // 127
        {"POP_JUMP_FORWARD_IF_NOT_NONE", 128, 0, Opcode::Kind::plain},  // 128
        {"POP_JUMP_FORWARD_IF_NONE", 129, 0, Opcode::Kind::plain},  // 129
        {"RAISE_VARARGS", 130, 0, Opcode::Kind::plain},  // 130
        {"GET_AWAITABLE", 131, 0, Opcode::Kind::plain},  // 131
        {"MAKE_FUNCTION", 132, 0, Opcode::Kind::plain},  // 132
        {"BUILD_SLICE", 133, 0, Opcode::Kind::plain},  // 133
        {"JUMP_BACKWARD_NO_INTERRUPT", 134, 0, Opcode::Kind::plain},  // 134
        {"MAKE_CELL", 135, 0, Opcode::Kind::plain},  // 135
        {"LOAD_CLOSURE", 136, 0, Opcode::Kind::plain},  // 136
        {"LOAD_DEREF", 137, 0, Opcode::Kind::plain},  // 137
        {"STORE_DEREF", 138, 0, Opcode::Kind::plain},  // 138
        {"DELETE_DEREF", 139, 0, Opcode::Kind::plain},  // 139
        {"JUMP_BACKWARD", 140, 0, Opcode::Kind::plain},  // 140
        {"PRECALL_NO_KW_TYPE_1", 166, 1, Opcode::Kind::specialised},  // 141
        {"CALL_FUNCTION_EX", 142, 0, Opcode::Kind::plain},  // 142
        {"PRECALL_PYFUNC", 166, 1, Opcode::Kind::specialised},  // 143
        {"EXTENDED_ARG", 144, 0, Opcode::Kind::plain},  // 144
        {"LIST_APPEND", 145, 0, Opcode::Kind::plain},  // 145
        {"SET_ADD", 146, 0, Opcode::Kind::plain},  // 146
        {"MAP_ADD", 147, 0, Opcode::Kind::plain},  // 147
        {"LOAD_CLASSDEREF", 148, 0, Opcode::Kind::plain},  // 148
        {"COPY_FREE_VARS", 149, 0, Opcode::Kind::plain},  // 149
        {"RESUME_QUICK", 151, 0, Opcode::Kind::specialised},  // 150
        {"RESUME", 151, 0, Opcode::Kind::plain},  // 151
        {"MATCH_CLASS", 152, 0, Opcode::Kind::plain},  // 152
        {"STORE_ATTR_ADAPTIVE", 95, 4, Opcode::Kind::specialised},  // 153
        {"STORE_ATTR_INSTANCE_VALUE", 95, 4, Opcode::Kind::specialised},  // 154
        {"FORMAT_VALUE", 155, 0, Opcode::Kind::plain},  // 155
        {"BUILD_CONST_KEY_MAP", 156, 0, Opcode::Kind::plain},  // 156
        {"BUILD_STRING", 157, 0, Opcode::Kind::plain},  // 157
        {"STORE_ATTR_SLOT", 95, 4, Opcode::Kind::specialised},  // 158
        {"STORE_ATTR_WITH_HINT", 95, 4, Opcode::Kind::specialised},  // 159
        {"LOAD_METHOD", 160, 10, Opcode::Kind::plain},  // 160
        {"STORE_FAST__LOAD_FAST", 125, 0, Opcode::Kind::specialised},  // 161
        {"LIST_EXTEND", 162, 0, Opcode::Kind::plain},  // 162
        {"SET_UPDATE", 163, 0, Opcode::Kind::plain},  // 163
        {"DICT_MERGE", 164, 0, Opcode::Kind::plain},  // 164
        {"DICT_UPDATE", 165, 0, Opcode::Kind::plain},  // 165
        {"PRECALL", 166, 1, Opcode::Kind::plain},  // 166
        {"STORE_FAST__STORE_FAST", 125, 0, Opcode::Kind::specialised},  // 167
        {"STORE_SUBSCR_ADAPTIVE", 60, 1, Opcode::Kind::specialised},  // 168
        {"STORE_SUBSCR_DICT", 60, 1, Opcode::Kind::specialised},  // 169
        {"STORE_SUBSCR_LIST_INT", 60, 1, Opcode::Kind::specialised},  // 170
        {"CALL", 171, 4, Opcode::Kind::plain},  // 171
        {"KW_NAMES", 172, 0, Opcode::Kind::plain},  // 172
        {"POP_JUMP_BACKWARD_IF_NOT_NONE", 173, 0, Opcode::Kind::plain},  // 173
        {"POP_JUMP_BACKWARD_IF_NONE", 174, 0, Opcode::Kind::plain},  // 174
        {"POP_JUMP_BACKWARD_IF_FALSE", 175, 0, Opcode::Kind::plain},  // 175
        {"POP_JUMP_BACKWARD_IF_TRUE", 176, 0, Opcode::Kind::plain},  // 176
        {"UNPACK_SEQUENCE_ADAPTIVE", 92, 1, Opcode::Kind::specialised},  // 177
        {"UNPACK_SEQUENCE_LIST", 92, 1, Opcode::Kind::specialised},  // 178
        {"UNPACK_SEQUENCE_TUPLE", 92, 1, Opcode::Kind::specialised},  // 179
        {"UNPACK_SEQUENCE_TWO_TUPLE", 92, 1, Opcode::Kind::specialised},  // 180
        {{}, 181, 0, Opcode::Kind::unassigned},
        {{}, 182, 0, Opcode::Kind::unassigned},
        {{}, 183, 0, Opcode::Kind::unassigned},
        {{}, 184, 0, Opcode::Kind::unassigned},
        {{}, 185, 0, Opcode::Kind::unassigned},
        {{}, 186, 0, Opcode::Kind::unassigned},
        {{}, 187, 0, Opcode::Kind::unassigned},
        {{}, 188, 0, Opcode::Kind::unassigned},
        {{}, 189, 0, Opcode::Kind::unassigned},
        {{}, 190, 0, Opcode::Kind::unassigned},
        {{}, 191, 0, Opcode::Kind::unassigned},
        {{}, 192, 0, Opcode::Kind::unassigned},
        {{}, 193, 0, Opcode::Kind::unassigned},
        {{}, 194, 0, Opcode::Kind::unassigned},
        {{}, 195, 0, Opcode::Kind::unassigned},
        {{}, 196, 0, Opcode::Kind::unassigned},
        {{}, 197, 0, Opcode::Kind::unassigned},
        {{}, 198, 0, Opcode::Kind::unassigned},
        {{}, 199, 0, Opcode::Kind::unassigned},
        {{}, 200, 0, Opcode::Kind::unassigned},
        {{}, 201, 0, Opcode::Kind::unassigned},
        {{}, 202, 0, Opcode::Kind::unassigned},
        {{}, 203, 0, Opcode::Kind::unassigned},
        {{}, 204, 0, Opcode::Kind::unassigned},
        {{}, 205, 0, Opcode::Kind::unassigned},
        {{}, 206, 0, Opcode::Kind::unassigned},
        {{}, 207, 0, Opcode::Kind::unassigned},
        {{}, 208, 0, Opcode::Kind::unassigned},
        {{}, 209, 0, Opcode::Kind::unassigned},
        {{}, 210, 0, Opcode::Kind::unassigned},
        {{}, 211, 0, Opcode::Kind::unassigned},
        {{}, 212, 0, Opcode::Kind::unassigned},
        {{}, 213, 0, Opcode::Kind::unassigned},
        {{}, 214, 0, Opcode::Kind::unassigned},
        {{}, 215, 0, Opcode::Kind::unassigned},
        {{}, 216, 0, Opcode::Kind::unassigned},
        {{}, 217, 0, Opcode::Kind::unassigned},
        {{}, 218, 0, Opcode::Kind::unassigned},
        {{}, 219, 0, Opcode::Kind::unassigned},
        {{}, 220, 0, Opcode::Kind::unassigned},
        {{}, 221, 0, Opcode::Kind::unassigned},
        {{}, 222, 0, Opcode::Kind::unassigned},
        {{}, 223, 0, Opcode::Kind::unassigned},
        {{}, 224, 0, Opcode::Kind::unassigned},
        {{}, 225, 0, Opcode::Kind::unassigned},
        {{}, 226, 0, Opcode::Kind::unassigned},
        {{}, 227, 0, Opcode::Kind::unassigned},
        {{}, 228, 0, Opcode::Kind::unassigned},
        {{}, 229, 0, Opcode::Kind::unassigned},
        {{}, 230, 0, Opcode::Kind::unassigned},
        {{}, 231, 0, Opcode::Kind::unassigned},
        {{}, 232, 0, Opcode::Kind::unassigned},
        {{}, 233, 0, Opcode::Kind::unassigned},
        {{}, 234, 0, Opcode::Kind::unassigned},
        {{}, 235, 0, Opcode::Kind::unassigned},
        {{}, 236, 0, Opcode::Kind::unassigned},
        {{}, 237, 0, Opcode::Kind::unassigned},
        {{}, 238, 0, Opcode::Kind::unassigned},
        {{}, 239, 0, Opcode::Kind::unassigned},
        {{}, 240, 0, Opcode::Kind::unassigned},
        {{}, 241, 0, Opcode::Kind::unassigned},
        {{}, 242, 0, Opcode::Kind::unassigned},
        {{}, 243, 0, Opcode::Kind::unassigned},
        {{}, 244, 0, Opcode::Kind::unassigned},
        {{}, 245, 0, Opcode::Kind::unassigned},
        {{}, 246, 0, Opcode::Kind::unassigned},
        {{}, 247, 0, Opcode::Kind::unassigned},
        {{}, 248, 0, Opcode::Kind::unassigned},
        {{}, 249, 0, Opcode::Kind::unassigned},
        {{}, 250, 0, Opcode::Kind::unassigned},
        {{}, 251, 0, Opcode::Kind::unassigned},
        {{}, 252, 0, Opcode::Kind::unassigned},
        {{}, 253, 0, Opcode::Kind::unassigned},
        {{}, 254, 0, Opcode::Kind::unassigned},
        {"DO_TRACING", 0, 0, Opcode::Kind::specialised},  // 255
    }},
    .resume = 151,
    .send = 123,
    .for_iter = 93,
    .enter_executor = 0,
    .instrumented_line = 0,
    .instrumented_instruction = 0,
};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/cpython_3_11_aarch64.hpp ----

// CPython 3.11.2, aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.11-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_11_aarch64 {
  static constexpr BuildId build{11, false, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030b02f0;
  static constexpr std::string_view tag = "3.11.2";
  static constexpr Opcodes opcodes{opcodes_3_11};
  static constexpr PublishedMap published_map{};
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = true, .has_shims = false, .caller_stops_at_last_cache = true,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 166704, .finalizing = {24}, .interpreters_head = {40}, .interpreters_main = {48},
      .main_thread = {80}, .gilstate_tstate_current = {592}, .gil = {360},
      .main_interpreter = {58952}};
  static constexpr schema::Interpreter interpreter{
      .size = 107752, .id = {48}, .next = {0}, .runtime = {40}, .threads_head = {16},
      .threads_next_unique_id = {8}, .gil_drop_request = {104}, .gc_collecting = {848},
      .imports_modules = {888}, .sysdict = {904}, .builtins = {912}};
  static constexpr schema::Gil gil{
      .size = 224, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 360, .prev = {0}, .next = {8}, .interp = {16}, .cframe = {56}, .root_cframe = {336},
      .current_exception = {104}, .exc_info = {120}, .exc_state = {320}, .thread_id = {152},
      .native_thread_id = {160}, .id = {240}, .datastack_chunk = {296}, .datastack_top = {304},
      .datastack_limit = {312}};
  static constexpr schema::CFrame cframe{
      .size = 24, .current_frame = {8}, .previous = {16}};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {32}, .previous = {48}, .locals = {24}, .instruction = {56},
      .stacktop = {64}, .is_entry = {68}, .owner = {69}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 192, .units = {16}, .flags = {48}, .argcount = {56}, .posonlyargcount = {60},
      .kwonlyargcount = {64}, .stacksize = {68}, .firstlineno = {72}, .nlocalsplus = {76},
      .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128}, .linetable = {136},
      .localsplusnames = {96}, .localspluskinds = {104}, .firsttraceable = {168}, .bytecode = {184}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{};
  static constexpr schema::LineData line_data{};
  static constexpr schema::ExecutorArray executor_array{};
  static constexpr schema::Executor executor{};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 408, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 904, .cached_keys = {872}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {48}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 32, .items = {24}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {0}};
  static constexpr schema::LongObject long_object{
      .size = 32, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 88, .name = {32}, .qualname = {40}, .exc_state = {48}, .frame_state = {75},
      .frame = {80}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}};
  static constexpr schema::States states{
      .created = {-2}, .suspended = {-1}, .executing = {0}, .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{};
  static constexpr schema::Breaker breaker{};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_11_aarch64>);

// ---- tachyon/layouts/cpython_3_11_x86_64.hpp ----

// CPython 3.11.2, x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.11-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_11_x86_64 {
  static constexpr BuildId build{11, false, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030b02f0;
  static constexpr std::string_view tag = "3.11.2";
  static constexpr Opcodes opcodes{opcodes_3_11};
  static constexpr PublishedMap published_map{};
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = true, .has_shims = false, .caller_stops_at_last_cache = true,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 166688, .finalizing = {24}, .interpreters_head = {40}, .interpreters_main = {48},
      .main_thread = {80}, .gilstate_tstate_current = {576}, .gil = {360},
      .main_interpreter = {58936}};
  static constexpr schema::Interpreter interpreter{
      .size = 107752, .id = {48}, .next = {0}, .runtime = {40}, .threads_head = {16},
      .threads_next_unique_id = {8}, .gil_drop_request = {104}, .gc_collecting = {848},
      .imports_modules = {888}, .sysdict = {904}, .builtins = {912}};
  static constexpr schema::Gil gil{
      .size = 208, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 360, .prev = {0}, .next = {8}, .interp = {16}, .cframe = {56}, .root_cframe = {336},
      .current_exception = {104}, .exc_info = {120}, .exc_state = {320}, .thread_id = {152},
      .native_thread_id = {160}, .id = {240}, .datastack_chunk = {296}, .datastack_top = {304},
      .datastack_limit = {312}};
  static constexpr schema::CFrame cframe{
      .size = 24, .current_frame = {8}, .previous = {16}};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {32}, .previous = {48}, .locals = {24}, .instruction = {56},
      .stacktop = {64}, .is_entry = {68}, .owner = {69}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 192, .units = {16}, .flags = {48}, .argcount = {56}, .posonlyargcount = {60},
      .kwonlyargcount = {64}, .stacksize = {68}, .firstlineno = {72}, .nlocalsplus = {76},
      .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128}, .linetable = {136},
      .localsplusnames = {96}, .localspluskinds = {104}, .firsttraceable = {168}, .bytecode = {184}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{};
  static constexpr schema::LineData line_data{};
  static constexpr schema::ExecutorArray executor_array{};
  static constexpr schema::Executor executor{};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 408, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 904, .cached_keys = {872}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {48}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 32, .items = {24}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {0}};
  static constexpr schema::LongObject long_object{
      .size = 32, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 88, .name = {32}, .qualname = {40}, .exc_state = {48}, .frame_state = {75},
      .frame = {80}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}};
  static constexpr schema::States states{
      .created = {-2}, .suspended = {-1}, .executing = {0}, .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{};
  static constexpr schema::Breaker breaker{};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_11_x86_64>);

// ---- tachyon/layouts/opcodes_3_12.hpp ----

// The instructions of CPython 3.12.
// Generated by gen/emit.py from layouts/facts/cpython-3.12-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr OpcodeTable opcodes_3_12{
    .all = {{
        {"CACHE", 0, 0, Opcode::Kind::plain},  // 0
        {"POP_TOP", 1, 0, Opcode::Kind::plain},  // 1
        {"PUSH_NULL", 2, 0, Opcode::Kind::plain},  // 2
        {"INTERPRETER_EXIT", 3, 0, Opcode::Kind::plain},  // 3
        {"END_FOR", 4, 0, Opcode::Kind::plain},  // 4
        {"END_SEND", 5, 0, Opcode::Kind::plain},  // 5
        {"BINARY_OP_ADD_FLOAT", 122, 1, Opcode::Kind::specialised},  // 6
        {"BINARY_OP_ADD_INT", 122, 1, Opcode::Kind::specialised},  // 7
        {"BINARY_OP_ADD_UNICODE", 122, 1, Opcode::Kind::specialised},  // 8
        {"NOP", 9, 0, Opcode::Kind::plain},  // 9
        {"BINARY_OP_INPLACE_ADD_UNICODE", 122, 1, Opcode::Kind::specialised},  // 10
        {"UNARY_NEGATIVE", 11, 0, Opcode::Kind::plain},  // 11
        {"UNARY_NOT", 12, 0, Opcode::Kind::plain},  // 12
        {"BINARY_OP_MULTIPLY_FLOAT", 122, 1, Opcode::Kind::specialised},  // 13
        {"BINARY_OP_MULTIPLY_INT", 122, 1, Opcode::Kind::specialised},  // 14
        {"UNARY_INVERT", 15, 0, Opcode::Kind::plain},  // 15
        {"BINARY_OP_SUBTRACT_FLOAT", 122, 1, Opcode::Kind::specialised},  // 16
        {"RESERVED", 17, 0, Opcode::Kind::plain},  // 17
        {"BINARY_OP_SUBTRACT_INT", 122, 1, Opcode::Kind::specialised},  // 18
        {"BINARY_SUBSCR_DICT", 25, 1, Opcode::Kind::specialised},  // 19
        {"BINARY_SUBSCR_GETITEM", 25, 1, Opcode::Kind::specialised},  // 20
        {"BINARY_SUBSCR_LIST_INT", 25, 1, Opcode::Kind::specialised},  // 21
        {"BINARY_SUBSCR_TUPLE_INT", 25, 1, Opcode::Kind::specialised},  // 22
        {"CALL_PY_EXACT_ARGS", 171, 3, Opcode::Kind::specialised},  // 23
        {"CALL_PY_WITH_DEFAULTS", 171, 3, Opcode::Kind::specialised},  // 24
        {"BINARY_SUBSCR", 25, 1, Opcode::Kind::plain},  // 25
        {"BINARY_SLICE", 26, 0, Opcode::Kind::plain},  // 26
        {"STORE_SLICE", 27, 0, Opcode::Kind::plain},  // 27
        {"CALL_BOUND_METHOD_EXACT_ARGS", 171, 3, Opcode::Kind::specialised},  // 28
        {"CALL_BUILTIN_CLASS", 171, 3, Opcode::Kind::specialised},  // 29
        {"GET_LEN", 30, 0, Opcode::Kind::plain},  // 30
        {"MATCH_MAPPING", 31, 0, Opcode::Kind::plain},  // 31
        {"MATCH_SEQUENCE", 32, 0, Opcode::Kind::plain},  // 32
        {"MATCH_KEYS", 33, 0, Opcode::Kind::plain},  // 33
        {"CALL_BUILTIN_FAST_WITH_KEYWORDS", 171, 3, Opcode::Kind::specialised},  // 34
        {"PUSH_EXC_INFO", 35, 0, Opcode::Kind::plain},  // 35
        {"CHECK_EXC_MATCH", 36, 0, Opcode::Kind::plain},  // 36
        {"CHECK_EG_MATCH", 37, 0, Opcode::Kind::plain},  // 37
        {"CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS", 171, 3, Opcode::Kind::specialised},  // 38
        {"CALL_NO_KW_BUILTIN_FAST", 171, 3, Opcode::Kind::specialised},  // 39
        {"CALL_NO_KW_BUILTIN_O", 171, 3, Opcode::Kind::specialised},  // 40
        {"CALL_NO_KW_ISINSTANCE", 171, 3, Opcode::Kind::specialised},  // 41
        {"CALL_NO_KW_LEN", 171, 3, Opcode::Kind::specialised},  // 42
        {"CALL_NO_KW_LIST_APPEND", 171, 3, Opcode::Kind::specialised},  // 43
        {"CALL_NO_KW_METHOD_DESCRIPTOR_FAST", 171, 3, Opcode::Kind::specialised},  // 44
        {"CALL_NO_KW_METHOD_DESCRIPTOR_NOARGS", 171, 3, Opcode::Kind::specialised},  // 45
        {"CALL_NO_KW_METHOD_DESCRIPTOR_O", 171, 3, Opcode::Kind::specialised},  // 46
        {"CALL_NO_KW_STR_1", 171, 3, Opcode::Kind::specialised},  // 47
        {"CALL_NO_KW_TUPLE_1", 171, 3, Opcode::Kind::specialised},  // 48
        {"WITH_EXCEPT_START", 49, 0, Opcode::Kind::plain},  // 49
        {"GET_AITER", 50, 0, Opcode::Kind::plain},  // 50
        {"GET_ANEXT", 51, 0, Opcode::Kind::plain},  // 51
        {"BEFORE_ASYNC_WITH", 52, 0, Opcode::Kind::plain},  // 52
        {"BEFORE_WITH", 53, 0, Opcode::Kind::plain},  // 53
        {"END_ASYNC_FOR", 54, 0, Opcode::Kind::plain},  // 54
        {"CLEANUP_THROW", 55, 0, Opcode::Kind::plain},  // 55
        {"CALL_NO_KW_TYPE_1", 171, 3, Opcode::Kind::specialised},  // 56
        {"COMPARE_OP_FLOAT", 107, 1, Opcode::Kind::specialised},  // 57
        {"COMPARE_OP_INT", 107, 1, Opcode::Kind::specialised},  // 58
        {"COMPARE_OP_STR", 107, 1, Opcode::Kind::specialised},  // 59
        {"STORE_SUBSCR", 60, 1, Opcode::Kind::plain},  // 60
        {"DELETE_SUBSCR", 61, 0, Opcode::Kind::plain},  // 61
        {"FOR_ITER_LIST", 93, 1, Opcode::Kind::specialised},  // 62
        {"FOR_ITER_TUPLE", 93, 1, Opcode::Kind::specialised},  // 63
        {"FOR_ITER_RANGE", 93, 1, Opcode::Kind::specialised},  // 64
        {"FOR_ITER_GEN", 93, 1, Opcode::Kind::specialised},  // 65
        {"LOAD_SUPER_ATTR_ATTR", 141, 1, Opcode::Kind::specialised},  // 66
        {"LOAD_SUPER_ATTR_METHOD", 141, 1, Opcode::Kind::specialised},  // 67
        {"GET_ITER", 68, 0, Opcode::Kind::plain},  // 68
        {"GET_YIELD_FROM_ITER", 69, 0, Opcode::Kind::plain},  // 69
        {"LOAD_ATTR_CLASS", 106, 9, Opcode::Kind::specialised},  // 70
        {"LOAD_BUILD_CLASS", 71, 0, Opcode::Kind::plain},  // 71
        {"LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN", 106, 9, Opcode::Kind::specialised},  // 72
        {"LOAD_ATTR_INSTANCE_VALUE", 106, 9, Opcode::Kind::specialised},  // 73
        {"LOAD_ASSERTION_ERROR", 74, 0, Opcode::Kind::plain},  // 74
        {"RETURN_GENERATOR", 75, 0, Opcode::Kind::plain},  // 75
        {"LOAD_ATTR_MODULE", 106, 9, Opcode::Kind::specialised},  // 76
        {"LOAD_ATTR_PROPERTY", 106, 9, Opcode::Kind::specialised},  // 77
        {"LOAD_ATTR_SLOT", 106, 9, Opcode::Kind::specialised},  // 78
        {"LOAD_ATTR_WITH_HINT", 106, 9, Opcode::Kind::specialised},  // 79
        {"LOAD_ATTR_METHOD_LAZY_DICT", 106, 9, Opcode::Kind::specialised},  // 80
        {"LOAD_ATTR_METHOD_NO_DICT", 106, 9, Opcode::Kind::specialised},  // 81
        {"LOAD_ATTR_METHOD_WITH_VALUES", 106, 9, Opcode::Kind::specialised},  // 82
        {"RETURN_VALUE", 83, 0, Opcode::Kind::plain},  // 83
        {"LOAD_CONST__LOAD_FAST", 100, 0, Opcode::Kind::specialised},  // 84
        {"SETUP_ANNOTATIONS", 85, 0, Opcode::Kind::plain},  // 85
        {"LOAD_FAST__LOAD_CONST", 124, 0, Opcode::Kind::specialised},  // 86
        {"LOAD_LOCALS", 87, 0, Opcode::Kind::plain},  // 87
        {"LOAD_FAST__LOAD_FAST", 124, 0, Opcode::Kind::specialised},  // 88
        {"POP_EXCEPT", 89, 0, Opcode::Kind::plain},  // 89
        {"STORE_NAME", 90, 0, Opcode::Kind::plain},  // 90
        {"DELETE_NAME", 91, 0, Opcode::Kind::plain},  // 91
        {"UNPACK_SEQUENCE", 92, 1, Opcode::Kind::plain},  // 92
        {"FOR_ITER", 93, 1, Opcode::Kind::plain},  // 93
        {"UNPACK_EX", 94, 0, Opcode::Kind::plain},  // 94
        {"STORE_ATTR", 95, 4, Opcode::Kind::plain},  // 95
        {"DELETE_ATTR", 96, 0, Opcode::Kind::plain},  // 96
        {"STORE_GLOBAL", 97, 0, Opcode::Kind::plain},  // 97
        {"DELETE_GLOBAL", 98, 0, Opcode::Kind::plain},  // 98
        {"SWAP", 99, 0, Opcode::Kind::plain},  // 99
        {"LOAD_CONST", 100, 0, Opcode::Kind::plain},  // 100
        {"LOAD_NAME", 101, 0, Opcode::Kind::plain},  // 101
        {"BUILD_TUPLE", 102, 0, Opcode::Kind::plain},  // 102
        {"BUILD_LIST", 103, 0, Opcode::Kind::plain},  // 103
        {"BUILD_SET", 104, 0, Opcode::Kind::plain},  // 104
        {"BUILD_MAP", 105, 0, Opcode::Kind::plain},  // 105
        {"LOAD_ATTR", 106, 9, Opcode::Kind::plain},  // 106
        {"COMPARE_OP", 107, 1, Opcode::Kind::plain},  // 107
        {"IMPORT_NAME", 108, 0, Opcode::Kind::plain},  // 108
        {"IMPORT_FROM", 109, 0, Opcode::Kind::plain},  // 109
        {"JUMP_FORWARD", 110, 0, Opcode::Kind::plain},  // 110
        {"LOAD_GLOBAL_BUILTIN", 116, 4, Opcode::Kind::specialised},  // 111
        {"LOAD_GLOBAL_MODULE", 116, 4, Opcode::Kind::specialised},  // 112
        {"STORE_ATTR_INSTANCE_VALUE", 95, 4, Opcode::Kind::specialised},  // 113
        {"POP_JUMP_IF_FALSE", 114, 0, Opcode::Kind::plain},  // 114
        {"POP_JUMP_IF_TRUE", 115, 0, Opcode::Kind::plain},  // 115
        {"LOAD_GLOBAL", 116, 4, Opcode::Kind::plain},  // 116
        {"IS_OP", 117, 0, Opcode::Kind::plain},  // 117
        {"CONTAINS_OP", 118, 0, Opcode::Kind::plain},  // 118
        {"RERAISE", 119, 0, Opcode::Kind::plain},  // 119
        {"COPY", 120, 0, Opcode::Kind::plain},  // 120
        {"RETURN_CONST", 121, 0, Opcode::Kind::plain},  // 121
        {"BINARY_OP", 122, 1, Opcode::Kind::plain},  // 122
        {"SEND", 123, 1, Opcode::Kind::plain},  // 123
        {"LOAD_FAST", 124, 0, Opcode::Kind::plain},  // 124
        {"STORE_FAST", 125, 0, Opcode::Kind::plain},  // 125
        {"DELETE_FAST", 126, 0, Opcode::Kind::plain},  // 126
        {"LOAD_FAST_CHECK", 127, 0, Opcode::Kind::plain},  // 127
        {"POP_JUMP_IF_NOT_NONE", 128, 0, Opcode::Kind::plain},  // 128
        {"POP_JUMP_IF_NONE", 129, 0, Opcode::Kind::plain},  // 129
        {"RAISE_VARARGS", 130, 0, Opcode::Kind::plain},  // 130
        {"GET_AWAITABLE", 131, 0, Opcode::Kind::plain},  // 131
        {"MAKE_FUNCTION", 132, 0, Opcode::Kind::plain},  // 132
        {"BUILD_SLICE", 133, 0, Opcode::Kind::plain},  // 133
        {"JUMP_BACKWARD_NO_INTERRUPT", 134, 0, Opcode::Kind::plain},  // 134
        {"MAKE_CELL", 135, 0, Opcode::Kind::plain},  // 135
        {"LOAD_CLOSURE", 136, 0, Opcode::Kind::plain},  // 136
        {"LOAD_DEREF", 137, 0, Opcode::Kind::plain},  // 137
        {"STORE_DEREF", 138, 0, Opcode::Kind::plain},  // 138
        {"DELETE_DEREF", 139, 0, Opcode::Kind::plain},  // 139
        {"JUMP_BACKWARD", 140, 0, Opcode::Kind::plain},  // 140
        {"LOAD_SUPER_ATTR", 141, 1, Opcode::Kind::plain},  // 141
        {"CALL_FUNCTION_EX", 142, 0, Opcode::Kind::plain},  // 142
        {"LOAD_FAST_AND_CLEAR", 143, 0, Opcode::Kind::plain},  // 143
        {"EXTENDED_ARG", 144, 0, Opcode::Kind::plain},  // 144
        {"LIST_APPEND", 145, 0, Opcode::Kind::plain},  // 145
        {"SET_ADD", 146, 0, Opcode::Kind::plain},  // 146
        {"MAP_ADD", 147, 0, Opcode::Kind::plain},  // 147
        {"STORE_ATTR_SLOT", 95, 4, Opcode::Kind::specialised},  // 148
        {"COPY_FREE_VARS", 149, 0, Opcode::Kind::plain},  // 149
        {"YIELD_VALUE", 150, 0, Opcode::Kind::plain},  // 150
        {"RESUME", 151, 0, Opcode::Kind::plain},  // 151
        {"MATCH_CLASS", 152, 0, Opcode::Kind::plain},  // 152
        {"STORE_ATTR_WITH_HINT", 95, 4, Opcode::Kind::specialised},  // 153
        {"STORE_FAST__LOAD_FAST", 125, 0, Opcode::Kind::specialised},  // 154
        {"FORMAT_VALUE", 155, 0, Opcode::Kind::plain},  // 155
        {"BUILD_CONST_KEY_MAP", 156, 0, Opcode::Kind::plain},  // 156
        {"BUILD_STRING", 157, 0, Opcode::Kind::plain},  // 157
        {"STORE_FAST__STORE_FAST", 125, 0, Opcode::Kind::specialised},  // 158
        {"STORE_SUBSCR_DICT", 60, 1, Opcode::Kind::specialised},  // 159
        {"STORE_SUBSCR_LIST_INT", 60, 1, Opcode::Kind::specialised},  // 160
        {"UNPACK_SEQUENCE_LIST", 92, 1, Opcode::Kind::specialised},  // 161
        {"LIST_EXTEND", 162, 0, Opcode::Kind::plain},  // 162
        {"SET_UPDATE", 163, 0, Opcode::Kind::plain},  // 163
        {"DICT_MERGE", 164, 0, Opcode::Kind::plain},  // 164
        {"DICT_UPDATE", 165, 0, Opcode::Kind::plain},  // 165
        {"UNPACK_SEQUENCE_TUPLE", 92, 1, Opcode::Kind::specialised},  // 166
        {"UNPACK_SEQUENCE_TWO_TUPLE", 92, 1, Opcode::Kind::specialised},  // 167
        {"SEND_GEN", 123, 1, Opcode::Kind::specialised},  // 168
        {{}, 169, 0, Opcode::Kind::unassigned},
        {{}, 170, 0, Opcode::Kind::unassigned},
        {"CALL", 171, 3, Opcode::Kind::plain},  // 171
        {"KW_NAMES", 172, 0, Opcode::Kind::plain},  // 172
        {"CALL_INTRINSIC_1", 173, 0, Opcode::Kind::plain},  // 173
        {"CALL_INTRINSIC_2", 174, 0, Opcode::Kind::plain},  // 174
        {"LOAD_FROM_DICT_OR_GLOBALS", 175, 0, Opcode::Kind::plain},  // 175
        {"LOAD_FROM_DICT_OR_DEREF", 176, 0, Opcode::Kind::plain},  // 176
        {{}, 177, 0, Opcode::Kind::unassigned},
        {{}, 178, 0, Opcode::Kind::unassigned},
        {{}, 179, 0, Opcode::Kind::unassigned},
        {{}, 180, 0, Opcode::Kind::unassigned},
        {{}, 181, 0, Opcode::Kind::unassigned},
        {{}, 182, 0, Opcode::Kind::unassigned},
        {{}, 183, 0, Opcode::Kind::unassigned},
        {{}, 184, 0, Opcode::Kind::unassigned},
        {{}, 185, 0, Opcode::Kind::unassigned},
        {{}, 186, 0, Opcode::Kind::unassigned},
        {{}, 187, 0, Opcode::Kind::unassigned},
        {{}, 188, 0, Opcode::Kind::unassigned},
        {{}, 189, 0, Opcode::Kind::unassigned},
        {{}, 190, 0, Opcode::Kind::unassigned},
        {{}, 191, 0, Opcode::Kind::unassigned},
        {{}, 192, 0, Opcode::Kind::unassigned},
        {{}, 193, 0, Opcode::Kind::unassigned},
        {{}, 194, 0, Opcode::Kind::unassigned},
        {{}, 195, 0, Opcode::Kind::unassigned},
        {{}, 196, 0, Opcode::Kind::unassigned},
        {{}, 197, 0, Opcode::Kind::unassigned},
        {{}, 198, 0, Opcode::Kind::unassigned},
        {{}, 199, 0, Opcode::Kind::unassigned},
        {{}, 200, 0, Opcode::Kind::unassigned},
        {{}, 201, 0, Opcode::Kind::unassigned},
        {{}, 202, 0, Opcode::Kind::unassigned},
        {{}, 203, 0, Opcode::Kind::unassigned},
        {{}, 204, 0, Opcode::Kind::unassigned},
        {{}, 205, 0, Opcode::Kind::unassigned},
        {{}, 206, 0, Opcode::Kind::unassigned},
        {{}, 207, 0, Opcode::Kind::unassigned},
        {{}, 208, 0, Opcode::Kind::unassigned},
        {{}, 209, 0, Opcode::Kind::unassigned},
        {{}, 210, 0, Opcode::Kind::unassigned},
        {{}, 211, 0, Opcode::Kind::unassigned},
        {{}, 212, 0, Opcode::Kind::unassigned},
        {{}, 213, 0, Opcode::Kind::unassigned},
        {{}, 214, 0, Opcode::Kind::unassigned},
        {{}, 215, 0, Opcode::Kind::unassigned},
        {{}, 216, 0, Opcode::Kind::unassigned},
        {{}, 217, 0, Opcode::Kind::unassigned},
        {{}, 218, 0, Opcode::Kind::unassigned},
        {{}, 219, 0, Opcode::Kind::unassigned},
        {{}, 220, 0, Opcode::Kind::unassigned},
        {{}, 221, 0, Opcode::Kind::unassigned},
        {{}, 222, 0, Opcode::Kind::unassigned},
        {{}, 223, 0, Opcode::Kind::unassigned},
        {{}, 224, 0, Opcode::Kind::unassigned},
        {{}, 225, 0, Opcode::Kind::unassigned},
        {{}, 226, 0, Opcode::Kind::unassigned},
        {{}, 227, 0, Opcode::Kind::unassigned},
        {{}, 228, 0, Opcode::Kind::unassigned},
        {{}, 229, 0, Opcode::Kind::unassigned},
        {{}, 230, 0, Opcode::Kind::unassigned},
        {{}, 231, 0, Opcode::Kind::unassigned},
        {{}, 232, 0, Opcode::Kind::unassigned},
        {{}, 233, 0, Opcode::Kind::unassigned},
        {{}, 234, 0, Opcode::Kind::unassigned},
        {{}, 235, 0, Opcode::Kind::unassigned},
        {{}, 236, 0, Opcode::Kind::unassigned},
        {"INSTRUMENTED_LOAD_SUPER_ATTR", 141, 1, Opcode::Kind::instrumented},  // 237
        {"INSTRUMENTED_POP_JUMP_IF_NONE", 129, 0, Opcode::Kind::instrumented},  // 238
        {"INSTRUMENTED_POP_JUMP_IF_NOT_NONE", 128, 0, Opcode::Kind::instrumented},  // 239
        {"INSTRUMENTED_RESUME", 151, 0, Opcode::Kind::instrumented},  // 240
        {"INSTRUMENTED_CALL", 171, 3, Opcode::Kind::instrumented},  // 241
        {"INSTRUMENTED_RETURN_VALUE", 83, 0, Opcode::Kind::instrumented},  // 242
        {"INSTRUMENTED_YIELD_VALUE", 150, 0, Opcode::Kind::instrumented},  // 243
        {"INSTRUMENTED_CALL_FUNCTION_EX", 142, 0, Opcode::Kind::instrumented},  // 244
        {"INSTRUMENTED_JUMP_FORWARD", 110, 0, Opcode::Kind::instrumented},  // 245
        {"INSTRUMENTED_JUMP_BACKWARD", 140, 0, Opcode::Kind::instrumented},  // 246
        {"INSTRUMENTED_RETURN_CONST", 121, 0, Opcode::Kind::instrumented},  // 247
        {"INSTRUMENTED_FOR_ITER", 93, 1, Opcode::Kind::instrumented},  // 248
        {"INSTRUMENTED_POP_JUMP_IF_FALSE", 114, 0, Opcode::Kind::instrumented},  // 249
        {"INSTRUMENTED_POP_JUMP_IF_TRUE", 115, 0, Opcode::Kind::instrumented},  // 250
        {"INSTRUMENTED_END_FOR", 4, 0, Opcode::Kind::instrumented},  // 251
        {"INSTRUMENTED_END_SEND", 5, 0, Opcode::Kind::instrumented},  // 252
        {"INSTRUMENTED_INSTRUCTION", 253, 0, Opcode::Kind::instrumented},  // 253
        {"INSTRUMENTED_LINE", 254, 0, Opcode::Kind::instrumented},  // 254
        {{}, 255, 0, Opcode::Kind::unassigned},
    }},
    .resume = 151,
    .send = 123,
    .for_iter = 93,
    .enter_executor = 0,
    .instrumented_line = 254,
    .instrumented_instruction = 253,
};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/cpython_3_12_aarch64.hpp ----

// CPython 3.12.1, aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.12-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_12_aarch64 {
  static constexpr BuildId build{12, false, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030c01f0;
  static constexpr std::string_view tag = "3.12.1";
  static constexpr Opcodes opcodes{opcodes_3_12};
  static constexpr PublishedMap published_map{};
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = true, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 459960, .finalizing = {24}, .interpreters_head = {40}, .interpreters_main = {48},
      .main_thread = {64}, .main_interpreter = {76392}};
  static constexpr schema::Interpreter interpreter{
      .size = 383568, .id = {8}, .next = {0}, .runtime = {96}, .threads_head = {72},
      .threads_next_unique_id = {64}, .gil = {384}, .own_gil = {1040}, .gil_drop_request = {372},
      .gc_collecting = {312}, .imports_modules = {944}, .sysdict = {352}, .builtins = {360}};
  static constexpr schema::Gil gil{
      .size = 224, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 288, .prev = {0}, .next = {8}, .interp = {16}, .cframe = {56}, .root_cframe = {272},
      .status_bound = {24, 0x2}, .status_unbound = {24, 0x4}, .status_active = {24, 0x10},
      .status_finalizing = {24, 0x20}, .status_cleared = {24, 0x40}, .current_exception = {96},
      .exc_info = {104}, .exc_state = {256}, .thread_id = {136}, .native_thread_id = {144},
      .id = {224}, .datastack_chunk = {232}, .datastack_top = {240}, .datastack_limit = {248}};
  static constexpr schema::CFrame cframe{
      .size = 16, .current_frame = {0}, .previous = {8}};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stacktop = {64}, .return_offset = {68}, .owner = {70}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 200, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .monitoring = {168},
      .firsttraceable = {176}, .bytecode = {192}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 72, .lines = {40}, .per_instruction_opcodes = {56}};
  static constexpr schema::LineData line_data{
      .entries = {0}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{};
  static constexpr schema::Executor executor{};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 416, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 920, .cached_keys = {880}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 32, .items = {24}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {0}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 80, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .cstack = {3}};
  static constexpr schema::States states{
      .created = {-2}, .suspended = {-1}, .executing = {0}, .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{};
  static constexpr schema::Breaker breaker{};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_12_aarch64>);

// ---- tachyon/layouts/cpython_3_12_x86_64.hpp ----

// CPython 3.12.1, x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.12-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_12_x86_64 {
  static constexpr BuildId build{12, false, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030c01f0;
  static constexpr std::string_view tag = "3.12.1";
  static constexpr Opcodes opcodes{opcodes_3_12};
  static constexpr PublishedMap published_map{};
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = true, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 459944, .finalizing = {24}, .interpreters_head = {40}, .interpreters_main = {48},
      .main_thread = {64}, .main_interpreter = {76392}};
  static constexpr schema::Interpreter interpreter{
      .size = 383552, .id = {8}, .next = {0}, .runtime = {96}, .threads_head = {72},
      .threads_next_unique_id = {64}, .gil = {384}, .own_gil = {1040}, .gil_drop_request = {372},
      .gc_collecting = {312}, .imports_modules = {944}, .sysdict = {352}, .builtins = {360}};
  static constexpr schema::Gil gil{
      .size = 208, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 288, .prev = {0}, .next = {8}, .interp = {16}, .cframe = {56}, .root_cframe = {272},
      .status_bound = {24, 0x2}, .status_unbound = {24, 0x4}, .status_active = {24, 0x10},
      .status_finalizing = {24, 0x20}, .status_cleared = {24, 0x40}, .current_exception = {96},
      .exc_info = {104}, .exc_state = {256}, .thread_id = {136}, .native_thread_id = {144},
      .id = {224}, .datastack_chunk = {232}, .datastack_top = {240}, .datastack_limit = {248}};
  static constexpr schema::CFrame cframe{
      .size = 16, .current_frame = {0}, .previous = {8}};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stacktop = {64}, .return_offset = {68}, .owner = {70}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 200, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .monitoring = {168},
      .firsttraceable = {176}, .bytecode = {192}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 72, .lines = {40}, .per_instruction_opcodes = {56}};
  static constexpr schema::LineData line_data{
      .entries = {0}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{};
  static constexpr schema::Executor executor{};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 416, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 920, .cached_keys = {880}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 32, .items = {24}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {0}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 80, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .cstack = {3}};
  static constexpr schema::States states{
      .created = {-2}, .suspended = {-1}, .executing = {0}, .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{};
  static constexpr schema::Breaker breaker{};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_12_x86_64>);

// ---- tachyon/layouts/opcodes_3_13.hpp ----

// The instructions of CPython 3.13.
// Generated by gen/emit.py from layouts/facts/cpython-3.13-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr OpcodeTable opcodes_3_13{
    .all = {{
        {"CACHE", 0, 0, Opcode::Kind::plain},  // 0
        {"BEFORE_ASYNC_WITH", 1, 0, Opcode::Kind::plain},  // 1
        {"BEFORE_WITH", 2, 0, Opcode::Kind::plain},  // 2
        {"BINARY_OP_INPLACE_ADD_UNICODE", 45, 1, Opcode::Kind::specialised},  // 3
        {"BINARY_SLICE", 4, 0, Opcode::Kind::plain},  // 4
        {"BINARY_SUBSCR", 5, 1, Opcode::Kind::plain},  // 5
        {"CHECK_EG_MATCH", 6, 0, Opcode::Kind::plain},  // 6
        {"CHECK_EXC_MATCH", 7, 0, Opcode::Kind::plain},  // 7
        {"CLEANUP_THROW", 8, 0, Opcode::Kind::plain},  // 8
        {"DELETE_SUBSCR", 9, 0, Opcode::Kind::plain},  // 9
        {"END_ASYNC_FOR", 10, 0, Opcode::Kind::plain},  // 10
        {"END_FOR", 11, 0, Opcode::Kind::plain},  // 11
        {"END_SEND", 12, 0, Opcode::Kind::plain},  // 12
        {"EXIT_INIT_CHECK", 13, 0, Opcode::Kind::plain},  // 13
        {"FORMAT_SIMPLE", 14, 0, Opcode::Kind::plain},  // 14
        {"FORMAT_WITH_SPEC", 15, 0, Opcode::Kind::plain},  // 15
        {"GET_AITER", 16, 0, Opcode::Kind::plain},  // 16
        {"RESERVED", 17, 0, Opcode::Kind::plain},  // 17
        {"GET_ANEXT", 18, 0, Opcode::Kind::plain},  // 18
        {"GET_ITER", 19, 0, Opcode::Kind::plain},  // 19
        {"GET_LEN", 20, 0, Opcode::Kind::plain},  // 20
        {"GET_YIELD_FROM_ITER", 21, 0, Opcode::Kind::plain},  // 21
        {"INTERPRETER_EXIT", 22, 0, Opcode::Kind::plain},  // 22
        {"LOAD_ASSERTION_ERROR", 23, 0, Opcode::Kind::plain},  // 23
        {"LOAD_BUILD_CLASS", 24, 0, Opcode::Kind::plain},  // 24
        {"LOAD_LOCALS", 25, 0, Opcode::Kind::plain},  // 25
        {"MAKE_FUNCTION", 26, 0, Opcode::Kind::plain},  // 26
        {"MATCH_KEYS", 27, 0, Opcode::Kind::plain},  // 27
        {"MATCH_MAPPING", 28, 0, Opcode::Kind::plain},  // 28
        {"MATCH_SEQUENCE", 29, 0, Opcode::Kind::plain},  // 29
        {"NOP", 30, 0, Opcode::Kind::plain},  // 30
        {"POP_EXCEPT", 31, 0, Opcode::Kind::plain},  // 31
        {"POP_TOP", 32, 0, Opcode::Kind::plain},  // 32
        {"PUSH_EXC_INFO", 33, 0, Opcode::Kind::plain},  // 33
        {"PUSH_NULL", 34, 0, Opcode::Kind::plain},  // 34
        {"RETURN_GENERATOR", 35, 0, Opcode::Kind::plain},  // 35
        {"RETURN_VALUE", 36, 0, Opcode::Kind::plain},  // 36
        {"SETUP_ANNOTATIONS", 37, 0, Opcode::Kind::plain},  // 37
        {"STORE_SLICE", 38, 0, Opcode::Kind::plain},  // 38
        {"STORE_SUBSCR", 39, 1, Opcode::Kind::plain},  // 39
        {"TO_BOOL", 40, 3, Opcode::Kind::plain},  // 40
        {"UNARY_INVERT", 41, 0, Opcode::Kind::plain},  // 41
        {"UNARY_NEGATIVE", 42, 0, Opcode::Kind::plain},  // 42
        {"UNARY_NOT", 43, 0, Opcode::Kind::plain},  // 43
        {"WITH_EXCEPT_START", 44, 0, Opcode::Kind::plain},  // 44
        {"BINARY_OP", 45, 1, Opcode::Kind::plain},  // 45
        {"BUILD_CONST_KEY_MAP", 46, 0, Opcode::Kind::plain},  // 46
        {"BUILD_LIST", 47, 0, Opcode::Kind::plain},  // 47
        {"BUILD_MAP", 48, 0, Opcode::Kind::plain},  // 48
        {"BUILD_SET", 49, 0, Opcode::Kind::plain},  // 49
        {"BUILD_SLICE", 50, 0, Opcode::Kind::plain},  // 50
        {"BUILD_STRING", 51, 0, Opcode::Kind::plain},  // 51
        {"BUILD_TUPLE", 52, 0, Opcode::Kind::plain},  // 52
        {"CALL", 53, 3, Opcode::Kind::plain},  // 53
        {"CALL_FUNCTION_EX", 54, 0, Opcode::Kind::plain},  // 54
        {"CALL_INTRINSIC_1", 55, 0, Opcode::Kind::plain},  // 55
        {"CALL_INTRINSIC_2", 56, 0, Opcode::Kind::plain},  // 56
        {"CALL_KW", 57, 0, Opcode::Kind::plain},  // 57
        {"COMPARE_OP", 58, 1, Opcode::Kind::plain},  // 58
        {"CONTAINS_OP", 59, 1, Opcode::Kind::plain},  // 59
        {"CONVERT_VALUE", 60, 0, Opcode::Kind::plain},  // 60
        {"COPY", 61, 0, Opcode::Kind::plain},  // 61
        {"COPY_FREE_VARS", 62, 0, Opcode::Kind::plain},  // 62
        {"DELETE_ATTR", 63, 0, Opcode::Kind::plain},  // 63
        {"DELETE_DEREF", 64, 0, Opcode::Kind::plain},  // 64
        {"DELETE_FAST", 65, 0, Opcode::Kind::plain},  // 65
        {"DELETE_GLOBAL", 66, 0, Opcode::Kind::plain},  // 66
        {"DELETE_NAME", 67, 0, Opcode::Kind::plain},  // 67
        {"DICT_MERGE", 68, 0, Opcode::Kind::plain},  // 68
        {"DICT_UPDATE", 69, 0, Opcode::Kind::plain},  // 69
        {"ENTER_EXECUTOR", 70, 0, Opcode::Kind::executor},  // 70
        {"EXTENDED_ARG", 71, 0, Opcode::Kind::plain},  // 71
        {"FOR_ITER", 72, 1, Opcode::Kind::plain},  // 72
        {"GET_AWAITABLE", 73, 0, Opcode::Kind::plain},  // 73
        {"IMPORT_FROM", 74, 0, Opcode::Kind::plain},  // 74
        {"IMPORT_NAME", 75, 0, Opcode::Kind::plain},  // 75
        {"IS_OP", 76, 0, Opcode::Kind::plain},  // 76
        {"JUMP_BACKWARD", 77, 1, Opcode::Kind::plain},  // 77
        {"JUMP_BACKWARD_NO_INTERRUPT", 78, 0, Opcode::Kind::plain},  // 78
        {"JUMP_FORWARD", 79, 0, Opcode::Kind::plain},  // 79
        {"LIST_APPEND", 80, 0, Opcode::Kind::plain},  // 80
        {"LIST_EXTEND", 81, 0, Opcode::Kind::plain},  // 81
        {"LOAD_ATTR", 82, 9, Opcode::Kind::plain},  // 82
        {"LOAD_CONST", 83, 0, Opcode::Kind::plain},  // 83
        {"LOAD_DEREF", 84, 0, Opcode::Kind::plain},  // 84
        {"LOAD_FAST", 85, 0, Opcode::Kind::plain},  // 85
        {"LOAD_FAST_AND_CLEAR", 86, 0, Opcode::Kind::plain},  // 86
        {"LOAD_FAST_CHECK", 87, 0, Opcode::Kind::plain},  // 87
        {"LOAD_FAST_LOAD_FAST", 88, 0, Opcode::Kind::plain},  // 88
        {"LOAD_FROM_DICT_OR_DEREF", 89, 0, Opcode::Kind::plain},  // 89
        {"LOAD_FROM_DICT_OR_GLOBALS", 90, 0, Opcode::Kind::plain},  // 90
        {"LOAD_GLOBAL", 91, 4, Opcode::Kind::plain},  // 91
        {"LOAD_NAME", 92, 0, Opcode::Kind::plain},  // 92
        {"LOAD_SUPER_ATTR", 93, 1, Opcode::Kind::plain},  // 93
        {"MAKE_CELL", 94, 0, Opcode::Kind::plain},  // 94
        {"MAP_ADD", 95, 0, Opcode::Kind::plain},  // 95
        {"MATCH_CLASS", 96, 0, Opcode::Kind::plain},  // 96
        {"POP_JUMP_IF_FALSE", 97, 1, Opcode::Kind::plain},  // 97
        {"POP_JUMP_IF_NONE", 98, 1, Opcode::Kind::plain},  // 98
        {"POP_JUMP_IF_NOT_NONE", 99, 1, Opcode::Kind::plain},  // 99
        {"POP_JUMP_IF_TRUE", 100, 1, Opcode::Kind::plain},  // 100
        {"RAISE_VARARGS", 101, 0, Opcode::Kind::plain},  // 101
        {"RERAISE", 102, 0, Opcode::Kind::plain},  // 102
        {"RETURN_CONST", 103, 0, Opcode::Kind::plain},  // 103
        {"SEND", 104, 1, Opcode::Kind::plain},  // 104
        {"SET_ADD", 105, 0, Opcode::Kind::plain},  // 105
        {"SET_FUNCTION_ATTRIBUTE", 106, 0, Opcode::Kind::plain},  // 106
        {"SET_UPDATE", 107, 0, Opcode::Kind::plain},  // 107
        {"STORE_ATTR", 108, 4, Opcode::Kind::plain},  // 108
        {"STORE_DEREF", 109, 0, Opcode::Kind::plain},  // 109
        {"STORE_FAST", 110, 0, Opcode::Kind::plain},  // 110
        {"STORE_FAST_LOAD_FAST", 111, 0, Opcode::Kind::plain},  // 111
        {"STORE_FAST_STORE_FAST", 112, 0, Opcode::Kind::plain},  // 112
        {"STORE_GLOBAL", 113, 0, Opcode::Kind::plain},  // 113
        {"STORE_NAME", 114, 0, Opcode::Kind::plain},  // 114
        {"SWAP", 115, 0, Opcode::Kind::plain},  // 115
        {"UNPACK_EX", 116, 0, Opcode::Kind::plain},  // 116
        {"UNPACK_SEQUENCE", 117, 1, Opcode::Kind::plain},  // 117
        {"YIELD_VALUE", 118, 0, Opcode::Kind::plain},  // 118
        {{}, 119, 0, Opcode::Kind::unassigned},
        {{}, 120, 0, Opcode::Kind::unassigned},
        {{}, 121, 0, Opcode::Kind::unassigned},
        {{}, 122, 0, Opcode::Kind::unassigned},
        {{}, 123, 0, Opcode::Kind::unassigned},
        {{}, 124, 0, Opcode::Kind::unassigned},
        {{}, 125, 0, Opcode::Kind::unassigned},
        {{}, 126, 0, Opcode::Kind::unassigned},
        {{}, 127, 0, Opcode::Kind::unassigned},
        {{}, 128, 0, Opcode::Kind::unassigned},
        {{}, 129, 0, Opcode::Kind::unassigned},
        {{}, 130, 0, Opcode::Kind::unassigned},
        {{}, 131, 0, Opcode::Kind::unassigned},
        {{}, 132, 0, Opcode::Kind::unassigned},
        {{}, 133, 0, Opcode::Kind::unassigned},
        {{}, 134, 0, Opcode::Kind::unassigned},
        {{}, 135, 0, Opcode::Kind::unassigned},
        {{}, 136, 0, Opcode::Kind::unassigned},
        {{}, 137, 0, Opcode::Kind::unassigned},
        {{}, 138, 0, Opcode::Kind::unassigned},
        {{}, 139, 0, Opcode::Kind::unassigned},
        {{}, 140, 0, Opcode::Kind::unassigned},
        {{}, 141, 0, Opcode::Kind::unassigned},
        {{}, 142, 0, Opcode::Kind::unassigned},
        {{}, 143, 0, Opcode::Kind::unassigned},
        {{}, 144, 0, Opcode::Kind::unassigned},
        {{}, 145, 0, Opcode::Kind::unassigned},
        {{}, 146, 0, Opcode::Kind::unassigned},
        {{}, 147, 0, Opcode::Kind::unassigned},
        {{}, 148, 0, Opcode::Kind::unassigned},
        {"RESUME", 149, 0, Opcode::Kind::plain},  // 149
        {"BINARY_OP_ADD_FLOAT", 45, 1, Opcode::Kind::specialised},  // 150
        {"BINARY_OP_ADD_INT", 45, 1, Opcode::Kind::specialised},  // 151
        {"BINARY_OP_ADD_UNICODE", 45, 1, Opcode::Kind::specialised},  // 152
        {"BINARY_OP_MULTIPLY_FLOAT", 45, 1, Opcode::Kind::specialised},  // 153
        {"BINARY_OP_MULTIPLY_INT", 45, 1, Opcode::Kind::specialised},  // 154
        {"BINARY_OP_SUBTRACT_FLOAT", 45, 1, Opcode::Kind::specialised},  // 155
        {"BINARY_OP_SUBTRACT_INT", 45, 1, Opcode::Kind::specialised},  // 156
        {"BINARY_SUBSCR_DICT", 5, 1, Opcode::Kind::specialised},  // 157
        {"BINARY_SUBSCR_GETITEM", 5, 1, Opcode::Kind::specialised},  // 158
        {"BINARY_SUBSCR_LIST_INT", 5, 1, Opcode::Kind::specialised},  // 159
        {"BINARY_SUBSCR_STR_INT", 5, 1, Opcode::Kind::specialised},  // 160
        {"BINARY_SUBSCR_TUPLE_INT", 5, 1, Opcode::Kind::specialised},  // 161
        {"CALL_ALLOC_AND_ENTER_INIT", 53, 3, Opcode::Kind::specialised},  // 162
        {"CALL_BOUND_METHOD_EXACT_ARGS", 53, 3, Opcode::Kind::specialised},  // 163
        {"CALL_BOUND_METHOD_GENERAL", 53, 3, Opcode::Kind::specialised},  // 164
        {"CALL_BUILTIN_CLASS", 53, 3, Opcode::Kind::specialised},  // 165
        {"CALL_BUILTIN_FAST", 53, 3, Opcode::Kind::specialised},  // 166
        {"CALL_BUILTIN_FAST_WITH_KEYWORDS", 53, 3, Opcode::Kind::specialised},  // 167
        {"CALL_BUILTIN_O", 53, 3, Opcode::Kind::specialised},  // 168
        {"CALL_ISINSTANCE", 53, 3, Opcode::Kind::specialised},  // 169
        {"CALL_LEN", 53, 3, Opcode::Kind::specialised},  // 170
        {"CALL_LIST_APPEND", 53, 3, Opcode::Kind::specialised},  // 171
        {"CALL_METHOD_DESCRIPTOR_FAST", 53, 3, Opcode::Kind::specialised},  // 172
        {"CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS", 53, 3, Opcode::Kind::specialised},  // 173
        {"CALL_METHOD_DESCRIPTOR_NOARGS", 53, 3, Opcode::Kind::specialised},  // 174
        {"CALL_METHOD_DESCRIPTOR_O", 53, 3, Opcode::Kind::specialised},  // 175
        {"CALL_NON_PY_GENERAL", 53, 3, Opcode::Kind::specialised},  // 176
        {"CALL_PY_EXACT_ARGS", 53, 3, Opcode::Kind::specialised},  // 177
        {"CALL_PY_GENERAL", 53, 3, Opcode::Kind::specialised},  // 178
        {"CALL_STR_1", 53, 3, Opcode::Kind::specialised},  // 179
        {"CALL_TUPLE_1", 53, 3, Opcode::Kind::specialised},  // 180
        {"CALL_TYPE_1", 53, 3, Opcode::Kind::specialised},  // 181
        {"COMPARE_OP_FLOAT", 58, 1, Opcode::Kind::specialised},  // 182
        {"COMPARE_OP_INT", 58, 1, Opcode::Kind::specialised},  // 183
        {"COMPARE_OP_STR", 58, 1, Opcode::Kind::specialised},  // 184
        {"CONTAINS_OP_DICT", 59, 1, Opcode::Kind::specialised},  // 185
        {"CONTAINS_OP_SET", 59, 1, Opcode::Kind::specialised},  // 186
        {"FOR_ITER_GEN", 72, 1, Opcode::Kind::specialised},  // 187
        {"FOR_ITER_LIST", 72, 1, Opcode::Kind::specialised},  // 188
        {"FOR_ITER_RANGE", 72, 1, Opcode::Kind::specialised},  // 189
        {"FOR_ITER_TUPLE", 72, 1, Opcode::Kind::specialised},  // 190
        {"LOAD_ATTR_CLASS", 82, 9, Opcode::Kind::specialised},  // 191
        {"LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN", 82, 9, Opcode::Kind::specialised},  // 192
        {"LOAD_ATTR_INSTANCE_VALUE", 82, 9, Opcode::Kind::specialised},  // 193
        {"LOAD_ATTR_METHOD_LAZY_DICT", 82, 9, Opcode::Kind::specialised},  // 194
        {"LOAD_ATTR_METHOD_NO_DICT", 82, 9, Opcode::Kind::specialised},  // 195
        {"LOAD_ATTR_METHOD_WITH_VALUES", 82, 9, Opcode::Kind::specialised},  // 196
        {"LOAD_ATTR_MODULE", 82, 9, Opcode::Kind::specialised},  // 197
        {"LOAD_ATTR_NONDESCRIPTOR_NO_DICT", 82, 9, Opcode::Kind::specialised},  // 198
        {"LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES", 82, 9, Opcode::Kind::specialised},  // 199
        {"LOAD_ATTR_PROPERTY", 82, 9, Opcode::Kind::specialised},  // 200
        {"LOAD_ATTR_SLOT", 82, 9, Opcode::Kind::specialised},  // 201
        {"LOAD_ATTR_WITH_HINT", 82, 9, Opcode::Kind::specialised},  // 202
        {"LOAD_GLOBAL_BUILTIN", 91, 4, Opcode::Kind::specialised},  // 203
        {"LOAD_GLOBAL_MODULE", 91, 4, Opcode::Kind::specialised},  // 204
        {"LOAD_SUPER_ATTR_ATTR", 93, 1, Opcode::Kind::specialised},  // 205
        {"LOAD_SUPER_ATTR_METHOD", 93, 1, Opcode::Kind::specialised},  // 206
        {"RESUME_CHECK", 149, 0, Opcode::Kind::specialised},  // 207
        {"SEND_GEN", 104, 1, Opcode::Kind::specialised},  // 208
        {"STORE_ATTR_INSTANCE_VALUE", 108, 4, Opcode::Kind::specialised},  // 209
        {"STORE_ATTR_SLOT", 108, 4, Opcode::Kind::specialised},  // 210
        {"STORE_ATTR_WITH_HINT", 108, 4, Opcode::Kind::specialised},  // 211
        {"STORE_SUBSCR_DICT", 39, 1, Opcode::Kind::specialised},  // 212
        {"STORE_SUBSCR_LIST_INT", 39, 1, Opcode::Kind::specialised},  // 213
        {"TO_BOOL_ALWAYS_TRUE", 40, 3, Opcode::Kind::specialised},  // 214
        {"TO_BOOL_BOOL", 40, 3, Opcode::Kind::specialised},  // 215
        {"TO_BOOL_INT", 40, 3, Opcode::Kind::specialised},  // 216
        {"TO_BOOL_LIST", 40, 3, Opcode::Kind::specialised},  // 217
        {"TO_BOOL_NONE", 40, 3, Opcode::Kind::specialised},  // 218
        {"TO_BOOL_STR", 40, 3, Opcode::Kind::specialised},  // 219
        {"UNPACK_SEQUENCE_LIST", 117, 1, Opcode::Kind::specialised},  // 220
        {"UNPACK_SEQUENCE_TUPLE", 117, 1, Opcode::Kind::specialised},  // 221
        {"UNPACK_SEQUENCE_TWO_TUPLE", 117, 1, Opcode::Kind::specialised},  // 222
        {{}, 223, 0, Opcode::Kind::unassigned},
        {{}, 224, 0, Opcode::Kind::unassigned},
        {{}, 225, 0, Opcode::Kind::unassigned},
        {{}, 226, 0, Opcode::Kind::unassigned},
        {{}, 227, 0, Opcode::Kind::unassigned},
        {{}, 228, 0, Opcode::Kind::unassigned},
        {{}, 229, 0, Opcode::Kind::unassigned},
        {{}, 230, 0, Opcode::Kind::unassigned},
        {{}, 231, 0, Opcode::Kind::unassigned},
        {{}, 232, 0, Opcode::Kind::unassigned},
        {{}, 233, 0, Opcode::Kind::unassigned},
        {{}, 234, 0, Opcode::Kind::unassigned},
        {{}, 235, 0, Opcode::Kind::unassigned},
        {"INSTRUMENTED_RESUME", 149, 0, Opcode::Kind::instrumented},  // 236
        {"INSTRUMENTED_END_FOR", 11, 0, Opcode::Kind::instrumented},  // 237
        {"INSTRUMENTED_END_SEND", 12, 0, Opcode::Kind::instrumented},  // 238
        {"INSTRUMENTED_RETURN_VALUE", 36, 0, Opcode::Kind::instrumented},  // 239
        {"INSTRUMENTED_RETURN_CONST", 103, 0, Opcode::Kind::instrumented},  // 240
        {"INSTRUMENTED_YIELD_VALUE", 118, 0, Opcode::Kind::instrumented},  // 241
        {"INSTRUMENTED_LOAD_SUPER_ATTR", 93, 1, Opcode::Kind::instrumented},  // 242
        {"INSTRUMENTED_FOR_ITER", 72, 1, Opcode::Kind::instrumented},  // 243
        {"INSTRUMENTED_CALL", 53, 3, Opcode::Kind::instrumented},  // 244
        {"INSTRUMENTED_CALL_KW", 57, 0, Opcode::Kind::instrumented},  // 245
        {"INSTRUMENTED_CALL_FUNCTION_EX", 54, 0, Opcode::Kind::instrumented},  // 246
        {"INSTRUMENTED_INSTRUCTION", 247, 0, Opcode::Kind::instrumented},  // 247
        {"INSTRUMENTED_JUMP_FORWARD", 79, 0, Opcode::Kind::instrumented},  // 248
        {"INSTRUMENTED_JUMP_BACKWARD", 77, 1, Opcode::Kind::instrumented},  // 249
        {"INSTRUMENTED_POP_JUMP_IF_TRUE", 100, 1, Opcode::Kind::instrumented},  // 250
        {"INSTRUMENTED_POP_JUMP_IF_FALSE", 97, 1, Opcode::Kind::instrumented},  // 251
        {"INSTRUMENTED_POP_JUMP_IF_NONE", 98, 1, Opcode::Kind::instrumented},  // 252
        {"INSTRUMENTED_POP_JUMP_IF_NOT_NONE", 99, 1, Opcode::Kind::instrumented},  // 253
        {"INSTRUMENTED_LINE", 254, 0, Opcode::Kind::instrumented},  // 254
        {{}, 255, 0, Opcode::Kind::unassigned},
    }},
    .resume = 149,
    .send = 104,
    .for_iter = 72,
    .enter_executor = 70,
    .instrumented_line = 254,
    .instrumented_instruction = 247,
};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/published_3_13.hpp ----

// Where CPython 3.13 publishes what: word positions in its own offset table.
// Generated by gen/emit.py from layouts/facts/cpython-3.13-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr std::array<PublishedWord, 72> published_3_13_words{{
    {0, 0, 3, 0, 0},  // runtime.size
    {0, 1, 4, 0, 0},  // runtime.finalizing
    {0, 2, 5, 0, 0},  // runtime.interpreters_head
    {1, 0, 6, 0, 0},  // interpreter.size
    {1, 1, 7, 0, 0},  // interpreter.id
    {1, 2, 8, 0, 0},  // interpreter.next
    {1, 4, 9, 0, 0},  // interpreter.threads_head
    {1, 7, 14, 0, 0},  // interpreter.gil
    {1, 8, 15, 0, 0},  // interpreter.own_gil
    {1, 10, 10, 72, 0},  // interpreter.gc_collecting
    {1, 14, 11, 0, 0},  // interpreter.imports_modules
    {1, 15, 12, 0, 0},  // interpreter.sysdict
    {1, 16, 13, 0, 0},  // interpreter.builtins
    {2, 1, 16, 0, 0, PublishedWord::When::free_threaded},  // gil.enabled
    {2, 2, 18, 0, 15},  // gil.last_holder
    {2, 3, 17, 0, 15},  // gil.locked
    {3, 0, 19, 0, 0},  // thread.size
    {3, 1, 20, 0, 0},  // thread.prev
    {3, 2, 21, 0, 0},  // thread.next
    {3, 3, 22, 0, 0},  // thread.interp
    {3, 6, 23, 0, 0},  // thread.current_frame
    {3, 10, 27, 0, 0},  // thread.status_bound
    {3, 11, 27, 0, 0},  // thread.status_unbound
    {3, 12, 27, 0, 0},  // thread.status_active
    {3, 13, 27, 0, 0},  // thread.status_holds_gil
    {3, 14, 27, 0, 0},  // thread.status_finalizing
    {3, 15, 27, 0, 0},  // thread.status_cleared
    {3, 23, 24, 0, 0},  // thread.thread_id
    {3, 24, 25, 0, 0},  // thread.native_thread_id
    {3, 26, 26, 0, 0},  // thread.datastack_chunk
    {6, 0, 28, 0, 0},  // frame.size
    {6, 1, 30, 0, 0},  // frame.executable
    {6, 2, 29, 0, 0},  // frame.previous
    {6, 4, 31, 0, 0},  // frame.instruction
    {6, 10, 33, 0, 0},  // frame.owner
    {6, 11, 32, 0, 0},  // frame.localsplus
    {7, 0, 34, 0, 0},  // code.size
    {7, 3, 40, 0, 0},  // code.argcount
    {7, 7, 39, 0, 0},  // code.firstlineno
    {7, 11, 35, 0, 0},  // code.filename
    {7, 12, 36, 0, 0},  // code.name
    {7, 13, 37, 0, 0},  // code.qualname
    {7, 14, 38, 0, 0},  // code.linetable
    {7, 15, 41, 0, 0},  // code.localsplusnames
    {7, 16, 42, 0, 0},  // code.localspluskinds
    {7, 21, 43, 0, 0},  // code.bytecode
    {13, 0, 44, 0, 0},  // object.size
    {13, 1, 45, 0, 0},  // object.type
    {14, 1, 52, 0, 0},  // var_object.count
    {15, 0, 46, 0, 0},  // type_object.size
    {15, 1, 47, 0, 0},  // type_object.name
    {15, 2, 49, 0, 0},  // type_object.flags
    {18, 0, 64, 0, 0},  // bytes.size
    {18, 1, 66, 0, 0},  // bytes.data
    {19, 0, 67, 0, 0},  // unicode.size
    {19, 1, 69, 0, 0},  // unicode.length
    {19, 2, 68, 0, 0},  // unicode.kind
    {19, 3, 68, 0, 0},  // unicode.compact
    {19, 4, 68, 0, 0},  // unicode.ascii
    {19, 5, 70, 0, 0},  // unicode.ascii_data
    {20, 0, 50, 0, 0},  // tuple.size
    {20, 1, 51, 0, 0},  // tuple.items
    {21, 0, 53, 0, 0},  // list.size
    {21, 1, 54, 0, 0},  // list.items
    {24, 0, 56, 0, 0},  // dict.size
    {24, 2, 57, 0, 0},  // dict.keys
    {24, 3, 58, 0, 0},  // dict.values
    {29, 0, 61, 0, 0},  // long_object.size
    {29, 1, 62, 0, 0},  // long_object.tag
    {29, 2, 63, 0, 0},  // long_object.digits
    {30, 0, 59, 0, 0},  // float_object.size
    {30, 1, 60, 0, 0},  // float_object.value
}};
inline constexpr PublishedMap published_3_13{73, published_3_13_words};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/cpython_3_13_aarch64.hpp ----

// CPython 3.13.5, aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.13-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_13_aarch64 {
  static constexpr BuildId build{13, false, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030d05f0;
  static constexpr std::string_view tag = "3.13.5";
  static constexpr Opcodes opcodes{opcodes_3_13};
  static constexpr PublishedMap published_map = published_3_13;
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 283392, .finalizing = {608}, .interpreters_head = {632}, .interpreters_main = {640},
      .main_thread = {656}};
  static constexpr schema::Interpreter interpreter{
      .size = 194992, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7344},
      .threads_main = {7352}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7752},
      .gc_collecting = {7600}, .imports_modules = {7656}, .sysdict = {7640}, .builtins = {7648}};
  static constexpr schema::Gil gil{
      .size = 224, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 304, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_holds_gil = {32, 0x20}, .status_finalizing = {32, 0x40},
      .status_cleared = {32, 0x80}, .state = {40}, .eval_breaker = {24},
      .current_exception = {112}, .exc_info = {120}, .exc_state = {256}, .thread_id = {152},
      .native_thread_id = {160}, .id = {224}, .datastack_chunk = {232}, .datastack_top = {240},
      .datastack_limit = {248}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stacktop = {64}, .return_offset = {68}, .owner = {70}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 208, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .executors = {152},
      .monitoring = {176}, .firsttraceable = {184}, .bytecode = {200}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 64, .lines = {32}, .per_instruction_opcodes = {48}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 144, .opcode = {32}, .oparg = {33}};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 416, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 928, .cached_keys = {880}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 32, .items = {24}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 80, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .cstack = {3}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_13_aarch64>);

// ---- tachyon/layouts/cpython_3_13_x86_64.hpp ----

// CPython 3.13.5, x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.13-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_13_x86_64 {
  static constexpr BuildId build{13, false, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030d05f0;
  static constexpr std::string_view tag = "3.13.5";
  static constexpr Opcodes opcodes{opcodes_3_13};
  static constexpr PublishedMap published_map = published_3_13;
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 283376, .finalizing = {608}, .interpreters_head = {632}, .interpreters_main = {640},
      .main_thread = {656}};
  static constexpr schema::Interpreter interpreter{
      .size = 194976, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7344},
      .threads_main = {7352}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7752},
      .gc_collecting = {7600}, .imports_modules = {7656}, .sysdict = {7640}, .builtins = {7648}};
  static constexpr schema::Gil gil{
      .size = 208, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 304, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_holds_gil = {32, 0x20}, .status_finalizing = {32, 0x40},
      .status_cleared = {32, 0x80}, .state = {40}, .eval_breaker = {24},
      .current_exception = {112}, .exc_info = {120}, .exc_state = {256}, .thread_id = {152},
      .native_thread_id = {160}, .id = {224}, .datastack_chunk = {232}, .datastack_top = {240},
      .datastack_limit = {248}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stacktop = {64}, .return_offset = {68}, .owner = {70}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 208, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .executors = {152},
      .monitoring = {176}, .firsttraceable = {184}, .bytecode = {200}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 64, .lines = {32}, .per_instruction_opcodes = {48}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 144, .opcode = {32}, .oparg = {33}};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 416, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 928, .cached_keys = {880}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 32, .items = {24}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 80, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .cstack = {3}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_13_x86_64>);

// ---- tachyon/layouts/cpython_3_13t_aarch64.hpp ----

// CPython 3.13.5, free-threaded aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.13t-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_13t_aarch64 {
  static constexpr BuildId build{13, true, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030d05f0;
  static constexpr std::string_view tag = "3.13.5t";
  static constexpr Opcodes opcodes{opcodes_3_13};
  static constexpr PublishedMap published_map = published_3_13;
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 328384, .finalizing = {608}, .interpreters_head = {632}, .interpreters_main = {640},
      .main_thread = {656}};
  static constexpr schema::Interpreter interpreter{
      .size = 215680, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7344},
      .threads_main = {7352}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7760},
      .gc_collecting = {7600}, .imports_modules = {7664}, .sysdict = {7648}, .builtins = {7656}};
  static constexpr schema::Gil gil{
      .size = 232, .enabled = {0}, .last_holder = {16}, .locked = {24}};
  static constexpr schema::Thread thread{
      .size = 304, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_holds_gil = {32, 0x20}, .status_finalizing = {32, 0x40},
      .status_cleared = {32, 0x80}, .state = {40}, .eval_breaker = {24},
      .current_exception = {112}, .exc_info = {120}, .exc_state = {256}, .thread_id = {152},
      .native_thread_id = {160}, .id = {224}, .datastack_chunk = {232}, .datastack_top = {240},
      .datastack_limit = {248}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stacktop = {64}, .return_offset = {68}, .owner = {70}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 224, .units = {32}, .flags = {64}, .argcount = {68}, .posonlyargcount = {72},
      .kwonlyargcount = {76}, .stacksize = {80}, .firstlineno = {84}, .nlocalsplus = {88},
      .framesize = {92}, .consts = {40}, .filename = {128}, .name = {136}, .qualname = {144},
      .linetable = {152}, .localsplusnames = {112}, .localspluskinds = {120}, .executors = {168},
      .monitoring = {192}, .firsttraceable = {200}, .bytecode = {216}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 64, .lines = {32}, .per_instruction_opcodes = {48}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 160, .opcode = {48}, .oparg = {49}};
  static constexpr schema::Object object{
      .size = 32, .type = {24}};
  static constexpr schema::VarObject var_object{
      .size = 40, .count = {32}};
  static constexpr schema::TypeObject type_object{
      .size = 432, .name = {40}, .flags = {184}, .basicsize = {48}, .dictoffset = {304}};
  static constexpr schema::HeapType heap_type{
      .size = 944, .cached_keys = {896}};
  static constexpr schema::ModuleObject module_object{
      .size = 80, .dict = {32}};
  static constexpr schema::BytesObject bytes{
      .size = 56, .data = {48}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {32}, .kind = {48, 0x1c}, .compact = {48, 0x20}, .ascii = {48, 0x40},
      .ascii_data = {56}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 48, .items = {40}};
  static constexpr schema::List list{
      .size = 56, .items = {40}};
  static constexpr schema::Set set{
      .size = 216, .used = {40}, .mask = {48}, .table = {56}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 64, .used = {32}, .keys = {48}, .values = {56}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 48, .tag = {32}, .digits = {40}};
  static constexpr schema::FloatObject float_object{
      .size = 40, .value = {32}};
  static constexpr schema::Generator generator{
      .size = 96, .name = {40}, .qualname = {48}, .exc_state = {56}, .frame_state = {83},
      .frame = {88}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .cstack = {3}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-8}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_13t_aarch64>);

// ---- tachyon/layouts/cpython_3_13t_x86_64.hpp ----

// CPython 3.13.5, free-threaded x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.13t-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_13t_x86_64 {
  static constexpr BuildId build{13, true, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030d05f0;
  static constexpr std::string_view tag = "3.13.5t";
  static constexpr Opcodes opcodes{opcodes_3_13};
  static constexpr PublishedMap published_map = published_3_13;
  static constexpr schema::Traits traits{
      .executable_mask = 0xffffffffffffffff, .popped_frames_are_cleared = false,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = false};
  static constexpr schema::Runtime runtime{
      .size = 328320, .finalizing = {608}, .interpreters_head = {632}, .interpreters_main = {640},
      .main_thread = {656}};
  static constexpr schema::Interpreter interpreter{
      .size = 215616, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7344},
      .threads_main = {7352}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7760},
      .gc_collecting = {7600}, .imports_modules = {7664}, .sysdict = {7648}, .builtins = {7656}};
  static constexpr schema::Gil gil{
      .size = 216, .enabled = {0}, .last_holder = {16}, .locked = {24}};
  static constexpr schema::Thread thread{
      .size = 304, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_holds_gil = {32, 0x20}, .status_finalizing = {32, 0x40},
      .status_cleared = {32, 0x80}, .state = {40}, .eval_breaker = {24},
      .current_exception = {112}, .exc_info = {120}, .exc_state = {256}, .thread_id = {152},
      .native_thread_id = {160}, .id = {224}, .datastack_chunk = {232}, .datastack_top = {240},
      .datastack_limit = {248}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 80, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stacktop = {64}, .return_offset = {68}, .owner = {70}, .localsplus = {72}};
  static constexpr schema::Code code{
      .size = 224, .units = {32}, .flags = {64}, .argcount = {68}, .posonlyargcount = {72},
      .kwonlyargcount = {76}, .stacksize = {80}, .firstlineno = {84}, .nlocalsplus = {88},
      .framesize = {92}, .consts = {40}, .filename = {128}, .name = {136}, .qualname = {144},
      .linetable = {152}, .localsplusnames = {112}, .localspluskinds = {120}, .executors = {168},
      .monitoring = {192}, .firsttraceable = {200}, .bytecode = {216}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 64, .lines = {32}, .per_instruction_opcodes = {48}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 160, .opcode = {48}, .oparg = {49}};
  static constexpr schema::Object object{
      .size = 32, .type = {24}};
  static constexpr schema::VarObject var_object{
      .size = 40, .count = {32}};
  static constexpr schema::TypeObject type_object{
      .size = 432, .name = {40}, .flags = {184}, .basicsize = {48}, .dictoffset = {304}};
  static constexpr schema::HeapType heap_type{
      .size = 944, .cached_keys = {896}};
  static constexpr schema::ModuleObject module_object{
      .size = 80, .dict = {32}};
  static constexpr schema::BytesObject bytes{
      .size = 56, .data = {48}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {32}, .kind = {48, 0x1c}, .compact = {48, 0x20}, .ascii = {48, 0x40},
      .ascii_data = {56}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 48, .items = {40}};
  static constexpr schema::List list{
      .size = 56, .items = {40}};
  static constexpr schema::Set set{
      .size = 216, .used = {40}, .mask = {48}, .table = {56}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 64, .used = {32}, .keys = {48}, .values = {56}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 48, .tag = {32}, .digits = {40}};
  static constexpr schema::FloatObject float_object{
      .size = 40, .value = {32}};
  static constexpr schema::Generator generator{
      .size = 96, .name = {40}, .qualname = {48}, .exc_state = {56}, .frame_state = {83},
      .frame = {88}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .cstack = {3}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-8}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_13t_x86_64>);

// ---- tachyon/layouts/opcodes_3_14.hpp ----

// The instructions of CPython 3.14.
// Generated by gen/emit.py from layouts/facts/cpython-3.14-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr OpcodeTable opcodes_3_14{
    .all = {{
        {"CACHE", 0, 0, Opcode::Kind::plain},  // 0
        {"BINARY_SLICE", 1, 0, Opcode::Kind::plain},  // 1
        {"BUILD_TEMPLATE", 2, 0, Opcode::Kind::plain},  // 2
        {"BINARY_OP_INPLACE_ADD_UNICODE", 44, 5, Opcode::Kind::specialised},  // 3
        {"CALL_FUNCTION_EX", 4, 0, Opcode::Kind::plain},  // 4
        {"CHECK_EG_MATCH", 5, 0, Opcode::Kind::plain},  // 5
        {"CHECK_EXC_MATCH", 6, 0, Opcode::Kind::plain},  // 6
        {"CLEANUP_THROW", 7, 0, Opcode::Kind::plain},  // 7
        {"DELETE_SUBSCR", 8, 0, Opcode::Kind::plain},  // 8
        {"END_FOR", 9, 0, Opcode::Kind::plain},  // 9
        {"END_SEND", 10, 0, Opcode::Kind::plain},  // 10
        {"EXIT_INIT_CHECK", 11, 0, Opcode::Kind::plain},  // 11
        {"FORMAT_SIMPLE", 12, 0, Opcode::Kind::plain},  // 12
        {"FORMAT_WITH_SPEC", 13, 0, Opcode::Kind::plain},  // 13
        {"GET_AITER", 14, 0, Opcode::Kind::plain},  // 14
        {"GET_ANEXT", 15, 0, Opcode::Kind::plain},  // 15
        {"GET_ITER", 16, 0, Opcode::Kind::plain},  // 16
        {"RESERVED", 17, 0, Opcode::Kind::plain},  // 17
        {"GET_LEN", 18, 0, Opcode::Kind::plain},  // 18
        {"GET_YIELD_FROM_ITER", 19, 0, Opcode::Kind::plain},  // 19
        {"INTERPRETER_EXIT", 20, 0, Opcode::Kind::plain},  // 20
        {"LOAD_BUILD_CLASS", 21, 0, Opcode::Kind::plain},  // 21
        {"LOAD_LOCALS", 22, 0, Opcode::Kind::plain},  // 22
        {"MAKE_FUNCTION", 23, 0, Opcode::Kind::plain},  // 23
        {"MATCH_KEYS", 24, 0, Opcode::Kind::plain},  // 24
        {"MATCH_MAPPING", 25, 0, Opcode::Kind::plain},  // 25
        {"MATCH_SEQUENCE", 26, 0, Opcode::Kind::plain},  // 26
        {"NOP", 27, 0, Opcode::Kind::plain},  // 27
        {"NOT_TAKEN", 28, 0, Opcode::Kind::plain},  // 28
        {"POP_EXCEPT", 29, 0, Opcode::Kind::plain},  // 29
        {"POP_ITER", 30, 0, Opcode::Kind::plain},  // 30
        {"POP_TOP", 31, 0, Opcode::Kind::plain},  // 31
        {"PUSH_EXC_INFO", 32, 0, Opcode::Kind::plain},  // 32
        {"PUSH_NULL", 33, 0, Opcode::Kind::plain},  // 33
        {"RETURN_GENERATOR", 34, 0, Opcode::Kind::plain},  // 34
        {"RETURN_VALUE", 35, 0, Opcode::Kind::plain},  // 35
        {"SETUP_ANNOTATIONS", 36, 0, Opcode::Kind::plain},  // 36
        {"STORE_SLICE", 37, 0, Opcode::Kind::plain},  // 37
        {"STORE_SUBSCR", 38, 1, Opcode::Kind::plain},  // 38
        {"TO_BOOL", 39, 3, Opcode::Kind::plain},  // 39
        {"UNARY_INVERT", 40, 0, Opcode::Kind::plain},  // 40
        {"UNARY_NEGATIVE", 41, 0, Opcode::Kind::plain},  // 41
        {"UNARY_NOT", 42, 0, Opcode::Kind::plain},  // 42
        {"WITH_EXCEPT_START", 43, 0, Opcode::Kind::plain},  // 43
        {"BINARY_OP", 44, 5, Opcode::Kind::plain},  // 44
        {"BUILD_INTERPOLATION", 45, 0, Opcode::Kind::plain},  // 45
        {"BUILD_LIST", 46, 0, Opcode::Kind::plain},  // 46
        {"BUILD_MAP", 47, 0, Opcode::Kind::plain},  // 47
        {"BUILD_SET", 48, 0, Opcode::Kind::plain},  // 48
        {"BUILD_SLICE", 49, 0, Opcode::Kind::plain},  // 49
        {"BUILD_STRING", 50, 0, Opcode::Kind::plain},  // 50
        {"BUILD_TUPLE", 51, 0, Opcode::Kind::plain},  // 51
        {"CALL", 52, 3, Opcode::Kind::plain},  // 52
        {"CALL_INTRINSIC_1", 53, 0, Opcode::Kind::plain},  // 53
        {"CALL_INTRINSIC_2", 54, 0, Opcode::Kind::plain},  // 54
        {"CALL_KW", 55, 3, Opcode::Kind::plain},  // 55
        {"COMPARE_OP", 56, 1, Opcode::Kind::plain},  // 56
        {"CONTAINS_OP", 57, 1, Opcode::Kind::plain},  // 57
        {"CONVERT_VALUE", 58, 0, Opcode::Kind::plain},  // 58
        {"COPY", 59, 0, Opcode::Kind::plain},  // 59
        {"COPY_FREE_VARS", 60, 0, Opcode::Kind::plain},  // 60
        {"DELETE_ATTR", 61, 0, Opcode::Kind::plain},  // 61
        {"DELETE_DEREF", 62, 0, Opcode::Kind::plain},  // 62
        {"DELETE_FAST", 63, 0, Opcode::Kind::plain},  // 63
        {"DELETE_GLOBAL", 64, 0, Opcode::Kind::plain},  // 64
        {"DELETE_NAME", 65, 0, Opcode::Kind::plain},  // 65
        {"DICT_MERGE", 66, 0, Opcode::Kind::plain},  // 66
        {"DICT_UPDATE", 67, 0, Opcode::Kind::plain},  // 67
        {"END_ASYNC_FOR", 68, 0, Opcode::Kind::plain},  // 68
        {"EXTENDED_ARG", 69, 0, Opcode::Kind::plain},  // 69
        {"FOR_ITER", 70, 1, Opcode::Kind::plain},  // 70
        {"GET_AWAITABLE", 71, 0, Opcode::Kind::plain},  // 71
        {"IMPORT_FROM", 72, 0, Opcode::Kind::plain},  // 72
        {"IMPORT_NAME", 73, 0, Opcode::Kind::plain},  // 73
        {"IS_OP", 74, 0, Opcode::Kind::plain},  // 74
        {"JUMP_BACKWARD", 75, 1, Opcode::Kind::plain},  // 75
        {"JUMP_BACKWARD_NO_INTERRUPT", 76, 0, Opcode::Kind::plain},  // 76
        {"JUMP_FORWARD", 77, 0, Opcode::Kind::plain},  // 77
        {"LIST_APPEND", 78, 0, Opcode::Kind::plain},  // 78
        {"LIST_EXTEND", 79, 0, Opcode::Kind::plain},  // 79
        {"LOAD_ATTR", 80, 9, Opcode::Kind::plain},  // 80
        {"LOAD_COMMON_CONSTANT", 81, 0, Opcode::Kind::plain},  // 81
        {"LOAD_CONST", 82, 0, Opcode::Kind::plain},  // 82
        {"LOAD_DEREF", 83, 0, Opcode::Kind::plain},  // 83
        {"LOAD_FAST", 84, 0, Opcode::Kind::plain},  // 84
        {"LOAD_FAST_AND_CLEAR", 85, 0, Opcode::Kind::plain},  // 85
        {"LOAD_FAST_BORROW", 86, 0, Opcode::Kind::plain},  // 86
        {"LOAD_FAST_BORROW_LOAD_FAST_BORROW", 87, 0, Opcode::Kind::plain},  // 87
        {"LOAD_FAST_CHECK", 88, 0, Opcode::Kind::plain},  // 88
        {"LOAD_FAST_LOAD_FAST", 89, 0, Opcode::Kind::plain},  // 89
        {"LOAD_FROM_DICT_OR_DEREF", 90, 0, Opcode::Kind::plain},  // 90
        {"LOAD_FROM_DICT_OR_GLOBALS", 91, 0, Opcode::Kind::plain},  // 91
        {"LOAD_GLOBAL", 92, 4, Opcode::Kind::plain},  // 92
        {"LOAD_NAME", 93, 0, Opcode::Kind::plain},  // 93
        {"LOAD_SMALL_INT", 94, 0, Opcode::Kind::plain},  // 94
        {"LOAD_SPECIAL", 95, 0, Opcode::Kind::plain},  // 95
        {"LOAD_SUPER_ATTR", 96, 1, Opcode::Kind::plain},  // 96
        {"MAKE_CELL", 97, 0, Opcode::Kind::plain},  // 97
        {"MAP_ADD", 98, 0, Opcode::Kind::plain},  // 98
        {"MATCH_CLASS", 99, 0, Opcode::Kind::plain},  // 99
        {"POP_JUMP_IF_FALSE", 100, 1, Opcode::Kind::plain},  // 100
        {"POP_JUMP_IF_NONE", 101, 1, Opcode::Kind::plain},  // 101
        {"POP_JUMP_IF_NOT_NONE", 102, 1, Opcode::Kind::plain},  // 102
        {"POP_JUMP_IF_TRUE", 103, 1, Opcode::Kind::plain},  // 103
        {"RAISE_VARARGS", 104, 0, Opcode::Kind::plain},  // 104
        {"RERAISE", 105, 0, Opcode::Kind::plain},  // 105
        {"SEND", 106, 1, Opcode::Kind::plain},  // 106
        {"SET_ADD", 107, 0, Opcode::Kind::plain},  // 107
        {"SET_FUNCTION_ATTRIBUTE", 108, 0, Opcode::Kind::plain},  // 108
        {"SET_UPDATE", 109, 0, Opcode::Kind::plain},  // 109
        {"STORE_ATTR", 110, 4, Opcode::Kind::plain},  // 110
        {"STORE_DEREF", 111, 0, Opcode::Kind::plain},  // 111
        {"STORE_FAST", 112, 0, Opcode::Kind::plain},  // 112
        {"STORE_FAST_LOAD_FAST", 113, 0, Opcode::Kind::plain},  // 113
        {"STORE_FAST_STORE_FAST", 114, 0, Opcode::Kind::plain},  // 114
        {"STORE_GLOBAL", 115, 0, Opcode::Kind::plain},  // 115
        {"STORE_NAME", 116, 0, Opcode::Kind::plain},  // 116
        {"SWAP", 117, 0, Opcode::Kind::plain},  // 117
        {"UNPACK_EX", 118, 0, Opcode::Kind::plain},  // 118
        {"UNPACK_SEQUENCE", 119, 1, Opcode::Kind::plain},  // 119
        {"YIELD_VALUE", 120, 0, Opcode::Kind::plain},  // 120
        {{}, 121, 0, Opcode::Kind::unassigned},
        {{}, 122, 0, Opcode::Kind::unassigned},
        {{}, 123, 0, Opcode::Kind::unassigned},
        {{}, 124, 0, Opcode::Kind::unassigned},
        {{}, 125, 0, Opcode::Kind::unassigned},
        {{}, 126, 0, Opcode::Kind::unassigned},
        {{}, 127, 0, Opcode::Kind::unassigned},
        {"RESUME", 128, 0, Opcode::Kind::plain},  // 128
        {"BINARY_OP_ADD_FLOAT", 44, 5, Opcode::Kind::specialised},  // 129
        {"BINARY_OP_ADD_INT", 44, 5, Opcode::Kind::specialised},  // 130
        {"BINARY_OP_ADD_UNICODE", 44, 5, Opcode::Kind::specialised},  // 131
        {"BINARY_OP_EXTEND", 44, 5, Opcode::Kind::specialised},  // 132
        {"BINARY_OP_MULTIPLY_FLOAT", 44, 5, Opcode::Kind::specialised},  // 133
        {"BINARY_OP_MULTIPLY_INT", 44, 5, Opcode::Kind::specialised},  // 134
        {"BINARY_OP_SUBSCR_DICT", 44, 5, Opcode::Kind::specialised},  // 135
        {"BINARY_OP_SUBSCR_GETITEM", 44, 5, Opcode::Kind::specialised},  // 136
        {"BINARY_OP_SUBSCR_LIST_INT", 44, 5, Opcode::Kind::specialised},  // 137
        {"BINARY_OP_SUBSCR_LIST_SLICE", 44, 5, Opcode::Kind::specialised},  // 138
        {"BINARY_OP_SUBSCR_STR_INT", 44, 5, Opcode::Kind::specialised},  // 139
        {"BINARY_OP_SUBSCR_TUPLE_INT", 44, 5, Opcode::Kind::specialised},  // 140
        {"BINARY_OP_SUBTRACT_FLOAT", 44, 5, Opcode::Kind::specialised},  // 141
        {"BINARY_OP_SUBTRACT_INT", 44, 5, Opcode::Kind::specialised},  // 142
        {"CALL_ALLOC_AND_ENTER_INIT", 52, 3, Opcode::Kind::specialised},  // 143
        {"CALL_BOUND_METHOD_EXACT_ARGS", 52, 3, Opcode::Kind::specialised},  // 144
        {"CALL_BOUND_METHOD_GENERAL", 52, 3, Opcode::Kind::specialised},  // 145
        {"CALL_BUILTIN_CLASS", 52, 3, Opcode::Kind::specialised},  // 146
        {"CALL_BUILTIN_FAST", 52, 3, Opcode::Kind::specialised},  // 147
        {"CALL_BUILTIN_FAST_WITH_KEYWORDS", 52, 3, Opcode::Kind::specialised},  // 148
        {"CALL_BUILTIN_O", 52, 3, Opcode::Kind::specialised},  // 149
        {"CALL_ISINSTANCE", 52, 3, Opcode::Kind::specialised},  // 150
        {"CALL_KW_BOUND_METHOD", 55, 3, Opcode::Kind::specialised},  // 151
        {"CALL_KW_NON_PY", 55, 3, Opcode::Kind::specialised},  // 152
        {"CALL_KW_PY", 55, 3, Opcode::Kind::specialised},  // 153
        {"CALL_LEN", 52, 3, Opcode::Kind::specialised},  // 154
        {"CALL_LIST_APPEND", 52, 3, Opcode::Kind::specialised},  // 155
        {"CALL_METHOD_DESCRIPTOR_FAST", 52, 3, Opcode::Kind::specialised},  // 156
        {"CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS", 52, 3, Opcode::Kind::specialised},  // 157
        {"CALL_METHOD_DESCRIPTOR_NOARGS", 52, 3, Opcode::Kind::specialised},  // 158
        {"CALL_METHOD_DESCRIPTOR_O", 52, 3, Opcode::Kind::specialised},  // 159
        {"CALL_NON_PY_GENERAL", 52, 3, Opcode::Kind::specialised},  // 160
        {"CALL_PY_EXACT_ARGS", 52, 3, Opcode::Kind::specialised},  // 161
        {"CALL_PY_GENERAL", 52, 3, Opcode::Kind::specialised},  // 162
        {"CALL_STR_1", 52, 3, Opcode::Kind::specialised},  // 163
        {"CALL_TUPLE_1", 52, 3, Opcode::Kind::specialised},  // 164
        {"CALL_TYPE_1", 52, 3, Opcode::Kind::specialised},  // 165
        {"COMPARE_OP_FLOAT", 56, 1, Opcode::Kind::specialised},  // 166
        {"COMPARE_OP_INT", 56, 1, Opcode::Kind::specialised},  // 167
        {"COMPARE_OP_STR", 56, 1, Opcode::Kind::specialised},  // 168
        {"CONTAINS_OP_DICT", 57, 1, Opcode::Kind::specialised},  // 169
        {"CONTAINS_OP_SET", 57, 1, Opcode::Kind::specialised},  // 170
        {"FOR_ITER_GEN", 70, 1, Opcode::Kind::specialised},  // 171
        {"FOR_ITER_LIST", 70, 1, Opcode::Kind::specialised},  // 172
        {"FOR_ITER_RANGE", 70, 1, Opcode::Kind::specialised},  // 173
        {"FOR_ITER_TUPLE", 70, 1, Opcode::Kind::specialised},  // 174
        {"JUMP_BACKWARD_JIT", 75, 1, Opcode::Kind::specialised},  // 175
        {"JUMP_BACKWARD_NO_JIT", 75, 1, Opcode::Kind::specialised},  // 176
        {"LOAD_ATTR_CLASS", 80, 9, Opcode::Kind::specialised},  // 177
        {"LOAD_ATTR_CLASS_WITH_METACLASS_CHECK", 80, 9, Opcode::Kind::specialised},  // 178
        {"LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN", 80, 9, Opcode::Kind::specialised},  // 179
        {"LOAD_ATTR_INSTANCE_VALUE", 80, 9, Opcode::Kind::specialised},  // 180
        {"LOAD_ATTR_METHOD_LAZY_DICT", 80, 9, Opcode::Kind::specialised},  // 181
        {"LOAD_ATTR_METHOD_NO_DICT", 80, 9, Opcode::Kind::specialised},  // 182
        {"LOAD_ATTR_METHOD_WITH_VALUES", 80, 9, Opcode::Kind::specialised},  // 183
        {"LOAD_ATTR_MODULE", 80, 9, Opcode::Kind::specialised},  // 184
        {"LOAD_ATTR_NONDESCRIPTOR_NO_DICT", 80, 9, Opcode::Kind::specialised},  // 185
        {"LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES", 80, 9, Opcode::Kind::specialised},  // 186
        {"LOAD_ATTR_PROPERTY", 80, 9, Opcode::Kind::specialised},  // 187
        {"LOAD_ATTR_SLOT", 80, 9, Opcode::Kind::specialised},  // 188
        {"LOAD_ATTR_WITH_HINT", 80, 9, Opcode::Kind::specialised},  // 189
        {"LOAD_CONST_IMMORTAL", 82, 0, Opcode::Kind::specialised},  // 190
        {"LOAD_CONST_MORTAL", 82, 0, Opcode::Kind::specialised},  // 191
        {"LOAD_GLOBAL_BUILTIN", 92, 4, Opcode::Kind::specialised},  // 192
        {"LOAD_GLOBAL_MODULE", 92, 4, Opcode::Kind::specialised},  // 193
        {"LOAD_SUPER_ATTR_ATTR", 96, 1, Opcode::Kind::specialised},  // 194
        {"LOAD_SUPER_ATTR_METHOD", 96, 1, Opcode::Kind::specialised},  // 195
        {"RESUME_CHECK", 128, 0, Opcode::Kind::specialised},  // 196
        {"SEND_GEN", 106, 1, Opcode::Kind::specialised},  // 197
        {"STORE_ATTR_INSTANCE_VALUE", 110, 4, Opcode::Kind::specialised},  // 198
        {"STORE_ATTR_SLOT", 110, 4, Opcode::Kind::specialised},  // 199
        {"STORE_ATTR_WITH_HINT", 110, 4, Opcode::Kind::specialised},  // 200
        {"STORE_SUBSCR_DICT", 38, 1, Opcode::Kind::specialised},  // 201
        {"STORE_SUBSCR_LIST_INT", 38, 1, Opcode::Kind::specialised},  // 202
        {"TO_BOOL_ALWAYS_TRUE", 39, 3, Opcode::Kind::specialised},  // 203
        {"TO_BOOL_BOOL", 39, 3, Opcode::Kind::specialised},  // 204
        {"TO_BOOL_INT", 39, 3, Opcode::Kind::specialised},  // 205
        {"TO_BOOL_LIST", 39, 3, Opcode::Kind::specialised},  // 206
        {"TO_BOOL_NONE", 39, 3, Opcode::Kind::specialised},  // 207
        {"TO_BOOL_STR", 39, 3, Opcode::Kind::specialised},  // 208
        {"UNPACK_SEQUENCE_LIST", 119, 1, Opcode::Kind::specialised},  // 209
        {"UNPACK_SEQUENCE_TUPLE", 119, 1, Opcode::Kind::specialised},  // 210
        {"UNPACK_SEQUENCE_TWO_TUPLE", 119, 1, Opcode::Kind::specialised},  // 211
        {{}, 212, 0, Opcode::Kind::unassigned},
        {{}, 213, 0, Opcode::Kind::unassigned},
        {{}, 214, 0, Opcode::Kind::unassigned},
        {{}, 215, 0, Opcode::Kind::unassigned},
        {{}, 216, 0, Opcode::Kind::unassigned},
        {{}, 217, 0, Opcode::Kind::unassigned},
        {{}, 218, 0, Opcode::Kind::unassigned},
        {{}, 219, 0, Opcode::Kind::unassigned},
        {{}, 220, 0, Opcode::Kind::unassigned},
        {{}, 221, 0, Opcode::Kind::unassigned},
        {{}, 222, 0, Opcode::Kind::unassigned},
        {{}, 223, 0, Opcode::Kind::unassigned},
        {{}, 224, 0, Opcode::Kind::unassigned},
        {{}, 225, 0, Opcode::Kind::unassigned},
        {{}, 226, 0, Opcode::Kind::unassigned},
        {{}, 227, 0, Opcode::Kind::unassigned},
        {{}, 228, 0, Opcode::Kind::unassigned},
        {{}, 229, 0, Opcode::Kind::unassigned},
        {{}, 230, 0, Opcode::Kind::unassigned},
        {{}, 231, 0, Opcode::Kind::unassigned},
        {{}, 232, 0, Opcode::Kind::unassigned},
        {{}, 233, 0, Opcode::Kind::unassigned},
        {"INSTRUMENTED_END_FOR", 9, 0, Opcode::Kind::instrumented},  // 234
        {"INSTRUMENTED_POP_ITER", 30, 0, Opcode::Kind::instrumented},  // 235
        {"INSTRUMENTED_END_SEND", 10, 0, Opcode::Kind::instrumented},  // 236
        {"INSTRUMENTED_FOR_ITER", 70, 1, Opcode::Kind::instrumented},  // 237
        {"INSTRUMENTED_INSTRUCTION", 238, 0, Opcode::Kind::instrumented},  // 238
        {"INSTRUMENTED_JUMP_FORWARD", 77, 0, Opcode::Kind::instrumented},  // 239
        {"INSTRUMENTED_NOT_TAKEN", 28, 0, Opcode::Kind::instrumented},  // 240
        {"INSTRUMENTED_POP_JUMP_IF_TRUE", 103, 1, Opcode::Kind::instrumented},  // 241
        {"INSTRUMENTED_POP_JUMP_IF_FALSE", 100, 1, Opcode::Kind::instrumented},  // 242
        {"INSTRUMENTED_POP_JUMP_IF_NONE", 101, 1, Opcode::Kind::instrumented},  // 243
        {"INSTRUMENTED_POP_JUMP_IF_NOT_NONE", 102, 1, Opcode::Kind::instrumented},  // 244
        {"INSTRUMENTED_RESUME", 128, 0, Opcode::Kind::instrumented},  // 245
        {"INSTRUMENTED_RETURN_VALUE", 35, 0, Opcode::Kind::instrumented},  // 246
        {"INSTRUMENTED_YIELD_VALUE", 120, 0, Opcode::Kind::instrumented},  // 247
        {"INSTRUMENTED_END_ASYNC_FOR", 68, 0, Opcode::Kind::instrumented},  // 248
        {"INSTRUMENTED_LOAD_SUPER_ATTR", 96, 1, Opcode::Kind::instrumented},  // 249
        {"INSTRUMENTED_CALL", 52, 3, Opcode::Kind::instrumented},  // 250
        {"INSTRUMENTED_CALL_KW", 55, 3, Opcode::Kind::instrumented},  // 251
        {"INSTRUMENTED_CALL_FUNCTION_EX", 4, 0, Opcode::Kind::instrumented},  // 252
        {"INSTRUMENTED_JUMP_BACKWARD", 75, 1, Opcode::Kind::instrumented},  // 253
        {"INSTRUMENTED_LINE", 254, 0, Opcode::Kind::instrumented},  // 254
        {"ENTER_EXECUTOR", 255, 0, Opcode::Kind::executor},  // 255
    }},
    .resume = 128,
    .send = 106,
    .for_iter = 70,
    .enter_executor = 255,
    .instrumented_line = 254,
    .instrumented_instruction = 238,
};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/published_3_14.hpp ----

// Where CPython 3.14 publishes what: word positions in its own offset table.
// Generated by gen/emit.py from layouts/facts/cpython-3.14-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr std::array<PublishedWord, 89> published_3_14_words{{
    {0, 0, 3, 0, 0},  // runtime.size
    {0, 1, 4, 0, 0},  // runtime.finalizing
    {0, 2, 5, 0, 0},  // runtime.interpreters_head
    {1, 0, 6, 0, 0},  // interpreter.size
    {1, 1, 7, 0, 0},  // interpreter.id
    {1, 2, 8, 0, 0},  // interpreter.next
    {1, 4, 9, 0, 0},  // interpreter.threads_head
    {1, 5, 10, 0, 0},  // interpreter.threads_main
    {1, 7, 15, 0, 0},  // interpreter.gil
    {1, 8, 16, 0, 0},  // interpreter.own_gil
    {1, 10, 11, 82, 0},  // interpreter.gc_collecting
    {1, 12, 20, 0, 0},  // interpreter.code_object_generation
    {1, 13, 21, 0, 0, PublishedWord::When::nonzero},  // interpreter.tlbc_generation
    {1, 14, 12, 0, 0},  // interpreter.imports_modules
    {1, 15, 13, 0, 0},  // interpreter.sysdict
    {1, 16, 14, 0, 0},  // interpreter.builtins
    {2, 1, 17, 0, 0, PublishedWord::When::free_threaded},  // gil.enabled
    {2, 2, 19, 0, 16},  // gil.last_holder
    {2, 3, 18, 0, 16},  // gil.locked
    {3, 0, 22, 0, 0},  // thread.size
    {3, 1, 23, 0, 0},  // thread.prev
    {3, 2, 24, 0, 0},  // thread.next
    {3, 3, 25, 0, 0},  // thread.interp
    {3, 6, 26, 0, 0},  // thread.current_frame
    {3, 10, 30, 0, 0},  // thread.status_bound
    {3, 11, 30, 0, 0},  // thread.status_unbound
    {3, 12, 30, 0, 0},  // thread.status_active
    {3, 13, 30, 0, 0},  // thread.status_holds_gil
    {3, 14, 30, 0, 0},  // thread.status_finalizing
    {3, 15, 30, 0, 0},  // thread.status_cleared
    {3, 19, 89, 0, 0},  // thread.eval_breaker
    {3, 23, 27, 0, 0},  // thread.thread_id
    {3, 24, 28, 0, 0},  // thread.native_thread_id
    {3, 26, 29, 0, 0},  // thread.datastack_chunk
    {6, 0, 31, 0, 0},  // frame.size
    {6, 1, 33, 0, 0},  // frame.executable
    {6, 2, 32, 0, 0},  // frame.previous
    {6, 4, 34, 0, 0},  // frame.instruction
    {6, 6, 37, 0, 0},  // frame.stackpointer
    {6, 7, 38, 0, 0, PublishedWord::When::nonzero},  // frame.tlbc_index
    {6, 10, 36, 0, 0},  // frame.owner
    {6, 11, 35, 0, 0},  // frame.localsplus
    {7, 0, 39, 0, 0},  // code.size
    {7, 3, 45, 0, 0},  // code.argcount
    {7, 7, 44, 0, 0},  // code.firstlineno
    {7, 11, 40, 0, 0},  // code.filename
    {7, 12, 41, 0, 0},  // code.name
    {7, 13, 42, 0, 0},  // code.qualname
    {7, 14, 43, 0, 0},  // code.linetable
    {7, 15, 46, 0, 0},  // code.localsplusnames
    {7, 16, 47, 0, 0},  // code.localspluskinds
    {7, 20, 49, 0, 0, PublishedWord::When::nonzero},  // code.tlbc
    {7, 21, 48, 0, 0},  // code.bytecode
    {13, 0, 50, 0, 0},  // object.size
    {13, 1, 51, 0, 0},  // object.type
    {14, 1, 58, 0, 0},  // var_object.count
    {15, 0, 52, 0, 0},  // type_object.size
    {15, 1, 53, 0, 0},  // type_object.name
    {15, 2, 55, 0, 0},  // type_object.flags
    {18, 0, 74, 0, 0},  // bytes.size
    {18, 1, 76, 0, 0},  // bytes.data
    {19, 0, 77, 0, 0},  // unicode.size
    {19, 1, 79, 0, 0},  // unicode.length
    {19, 2, 78, 0, 0},  // unicode.kind
    {19, 3, 78, 0, 0},  // unicode.compact
    {19, 4, 78, 0, 0},  // unicode.ascii
    {19, 5, 80, 0, 0},  // unicode.ascii_data
    {20, 0, 56, 0, 0},  // tuple.size
    {20, 1, 57, 0, 0},  // tuple.items
    {21, 0, 59, 0, 0},  // list.size
    {21, 1, 60, 0, 0},  // list.items
    {22, 0, 62, 0, 0},  // set.size
    {22, 1, 63, 0, 0},  // set.used
    {22, 2, 65, 0, 0},  // set.mask
    {22, 3, 64, 0, 0},  // set.table
    {24, 0, 66, 0, 0},  // dict.size
    {24, 2, 67, 0, 0},  // dict.keys
    {24, 3, 68, 0, 0},  // dict.values
    {29, 0, 71, 0, 0},  // long_object.size
    {29, 1, 72, 0, 0},  // long_object.tag
    {29, 2, 73, 0, 0},  // long_object.digits
    {30, 0, 69, 0, 0},  // float_object.size
    {30, 1, 70, 0, 0},  // float_object.value
    {31, 0, 83, 0, 0},  // generator.size
    {31, 1, 84, 0, 0},  // generator.name
    {31, 4, 86, 0, 0},  // generator.frame_state
    {31, 5, 85, 0, 0},  // generator.frame
    {33, 1, 87, 0, 0},  // llist.next
    {33, 2, 88, 0, 0},  // llist.prev
}};
inline constexpr PublishedMap published_3_14{95, published_3_14_words};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/cpython_3_14_aarch64.hpp ----

// CPython 3.14.10, aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.14-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_14_aarch64 {
  static constexpr BuildId build{14, false, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030e0af0;
  static constexpr std::string_view tag = "3.14.10";
  static constexpr Opcodes opcodes{opcodes_3_14};
  static constexpr PublishedMap published_map = published_3_14;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffc, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 316632, .finalizing = {784}, .interpreters_head = {808}, .interpreters_main = {816},
      .main_thread = {832}};
  static constexpr schema::Interpreter interpreter{
      .size = 225880, .id = {7280}, .next = {7272}, .runtime = {7384}, .threads_head = {7344},
      .threads_main = {7360}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7784},
      .gc_collecting = {7600}, .code_object_generation = {8008}, .imports_modules = {7688},
      .sysdict = {7672}, .builtins = {7680}};
  static constexpr schema::Gil gil{
      .size = 224, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 832, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .state = {44}, .eval_breaker = {24}, .current_exception = {112}, .exc_info = {120},
      .exc_state = {256}, .thread_id = {152}, .native_thread_id = {160}, .id = {224},
      .datastack_chunk = {232}, .datastack_top = {240}, .datastack_limit = {248},
      .current_executor = {272}, .asyncio_running_loop = {864}, .asyncio_running_task = {872},
      .asyncio_tasks_head = {880}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .return_offset = {72}, .owner = {74}, .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 216, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .executors = {152},
      .monitoring = {176}, .firsttraceable = {192}, .bytecode = {208}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 128, .lines = {96}, .per_instruction_opcodes = {112}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 144, .opcode = {32}, .oparg = {33}};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 416, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 936, .cached_keys = {880}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 40, .items = {32}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 160, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}, .cstack = {4}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_14_aarch64>);

// ---- tachyon/layouts/cpython_3_14_x86_64.hpp ----

// CPython 3.14.10, x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.14-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_14_x86_64 {
  static constexpr BuildId build{14, false, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030e0af0;
  static constexpr std::string_view tag = "3.14.10";
  static constexpr Opcodes opcodes{opcodes_3_14};
  static constexpr PublishedMap published_map = published_3_14;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffc, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 316616, .finalizing = {784}, .interpreters_head = {808}, .interpreters_main = {816},
      .main_thread = {832}};
  static constexpr schema::Interpreter interpreter{
      .size = 225864, .id = {7280}, .next = {7272}, .runtime = {7384}, .threads_head = {7344},
      .threads_main = {7360}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7784},
      .gc_collecting = {7600}, .code_object_generation = {7992}, .imports_modules = {7688},
      .sysdict = {7672}, .builtins = {7680}};
  static constexpr schema::Gil gil{
      .size = 208, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 832, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .state = {44}, .eval_breaker = {24}, .current_exception = {112}, .exc_info = {120},
      .exc_state = {256}, .thread_id = {152}, .native_thread_id = {160}, .id = {224},
      .datastack_chunk = {232}, .datastack_top = {240}, .datastack_limit = {248},
      .current_executor = {272}, .asyncio_running_loop = {864}, .asyncio_running_task = {872},
      .asyncio_tasks_head = {880}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .return_offset = {72}, .owner = {74}, .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 216, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .executors = {152},
      .monitoring = {176}, .firsttraceable = {192}, .bytecode = {208}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 128, .lines = {96}, .per_instruction_opcodes = {112}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 144, .opcode = {32}, .oparg = {33}};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 416, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 936, .cached_keys = {880}};
  static constexpr schema::ModuleObject module_object{
      .size = 56, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 40, .items = {32}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 160, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}, .cstack = {4}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_14_x86_64>);

// ---- tachyon/layouts/cpython_3_14t_aarch64.hpp ----

// CPython 3.14.10, free-threaded aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.14t-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_14t_aarch64 {
  static constexpr BuildId build{14, true, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030e0af0;
  static constexpr std::string_view tag = "3.14.10t";
  static constexpr Opcodes opcodes{opcodes_3_14};
  static constexpr PublishedMap published_map = published_3_14;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffe, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 365640, .finalizing = {784}, .interpreters_head = {808}, .interpreters_main = {816},
      .main_thread = {832}};
  static constexpr schema::Interpreter interpreter{
      .size = 249992, .id = {7280}, .next = {7272}, .runtime = {7384}, .threads_head = {7344},
      .threads_main = {7360}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7808},
      .gc_collecting = {7600}, .code_object_generation = {8040}, .tlbc_generation = {17316},
      .imports_modules = {7712}, .sysdict = {7696}, .builtins = {7704}};
  static constexpr schema::Gil gil{
      .size = 232, .enabled = {0}, .last_holder = {16}, .locked = {24}};
  static constexpr schema::Thread thread{
      .size = 832, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .state = {44}, .eval_breaker = {24}, .current_exception = {112}, .exc_info = {120},
      .exc_state = {256}, .thread_id = {152}, .native_thread_id = {160}, .id = {224},
      .datastack_chunk = {232}, .datastack_top = {240}, .datastack_limit = {248},
      .current_executor = {272}, .asyncio_running_loop = {864}, .asyncio_running_task = {872},
      .asyncio_tasks_head = {880}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .tlbc_index = {72}, .return_offset = {76}, .owner = {78},
      .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 240, .units = {32}, .flags = {64}, .argcount = {68}, .posonlyargcount = {72},
      .kwonlyargcount = {76}, .stacksize = {80}, .firstlineno = {84}, .nlocalsplus = {88},
      .framesize = {92}, .consts = {40}, .filename = {128}, .name = {136}, .qualname = {144},
      .linetable = {152}, .localsplusnames = {112}, .localspluskinds = {120}, .executors = {168},
      .monitoring = {192}, .firsttraceable = {208}, .tlbc = {224}, .bytecode = {232}};
  static constexpr schema::TlbcArray tlbc_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Monitoring monitoring{
      .size = 128, .lines = {96}, .per_instruction_opcodes = {112}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 160, .opcode = {48}, .oparg = {49}};
  static constexpr schema::Object object{
      .size = 32, .type = {24}};
  static constexpr schema::VarObject var_object{
      .size = 40, .count = {32}};
  static constexpr schema::TypeObject type_object{
      .size = 432, .name = {40}, .flags = {184}, .basicsize = {48}, .dictoffset = {304}};
  static constexpr schema::HeapType heap_type{
      .size = 960, .cached_keys = {896}};
  static constexpr schema::ModuleObject module_object{
      .size = 80, .dict = {32}};
  static constexpr schema::BytesObject bytes{
      .size = 56, .data = {48}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {32}, .kind = {48, 0x700}, .compact = {48, 0x800},
      .ascii = {48, 0x1000}, .ascii_data = {56}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 56, .items = {48}};
  static constexpr schema::List list{
      .size = 56, .items = {40}};
  static constexpr schema::Set set{
      .size = 216, .used = {40}, .mask = {48}, .table = {56}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 64, .used = {32}, .keys = {48}, .values = {56}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 48, .tag = {32}, .digits = {40}};
  static constexpr schema::FloatObject float_object{
      .size = 40, .value = {32}};
  static constexpr schema::Generator generator{
      .size = 176, .name = {40}, .qualname = {48}, .exc_state = {56}, .frame_state = {83},
      .frame = {88}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}, .cstack = {4}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-8}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_14t_aarch64>);

// ---- tachyon/layouts/cpython_3_14t_x86_64.hpp ----

// CPython 3.14.10, free-threaded x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.14t-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_14t_x86_64 {
  static constexpr BuildId build{14, true, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030e0af0;
  static constexpr std::string_view tag = "3.14.10t";
  static constexpr Opcodes opcodes{opcodes_3_14};
  static constexpr PublishedMap published_map = published_3_14;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffe, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 1, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 365624, .finalizing = {784}, .interpreters_head = {808}, .interpreters_main = {816},
      .main_thread = {832}};
  static constexpr schema::Interpreter interpreter{
      .size = 249976, .id = {7280}, .next = {7272}, .runtime = {7384}, .threads_head = {7344},
      .threads_main = {7360}, .threads_next_unique_id = {7336}, .gil = {16}, .own_gil = {7808},
      .gc_collecting = {7600}, .code_object_generation = {8024}, .tlbc_generation = {17300},
      .imports_modules = {7712}, .sysdict = {7696}, .builtins = {7704}};
  static constexpr schema::Gil gil{
      .size = 216, .enabled = {0}, .last_holder = {16}, .locked = {24}};
  static constexpr schema::Thread thread{
      .size = 832, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .state = {44}, .eval_breaker = {24}, .current_exception = {112}, .exc_info = {120},
      .exc_state = {256}, .thread_id = {152}, .native_thread_id = {160}, .id = {224},
      .datastack_chunk = {232}, .datastack_top = {240}, .datastack_limit = {248},
      .current_executor = {272}, .asyncio_running_loop = {864}, .asyncio_running_task = {872},
      .asyncio_tasks_head = {880}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .tlbc_index = {72}, .return_offset = {76}, .owner = {78},
      .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 240, .units = {32}, .flags = {64}, .argcount = {68}, .posonlyargcount = {72},
      .kwonlyargcount = {76}, .stacksize = {80}, .firstlineno = {84}, .nlocalsplus = {88},
      .framesize = {92}, .consts = {40}, .filename = {128}, .name = {136}, .qualname = {144},
      .linetable = {152}, .localsplusnames = {112}, .localspluskinds = {120}, .executors = {168},
      .monitoring = {192}, .firsttraceable = {208}, .tlbc = {224}, .bytecode = {232}};
  static constexpr schema::TlbcArray tlbc_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Monitoring monitoring{
      .size = 128, .lines = {96}, .per_instruction_opcodes = {112}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 160, .opcode = {48}, .oparg = {49}};
  static constexpr schema::Object object{
      .size = 32, .type = {24}};
  static constexpr schema::VarObject var_object{
      .size = 40, .count = {32}};
  static constexpr schema::TypeObject type_object{
      .size = 432, .name = {40}, .flags = {184}, .basicsize = {48}, .dictoffset = {304}};
  static constexpr schema::HeapType heap_type{
      .size = 960, .cached_keys = {896}};
  static constexpr schema::ModuleObject module_object{
      .size = 80, .dict = {32}};
  static constexpr schema::BytesObject bytes{
      .size = 56, .data = {48}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {32}, .kind = {48, 0x700}, .compact = {48, 0x800},
      .ascii = {48, 0x1000}, .ascii_data = {56}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 56, .items = {48}};
  static constexpr schema::List list{
      .size = 56, .items = {40}};
  static constexpr schema::Set set{
      .size = 216, .used = {40}, .mask = {48}, .table = {56}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 64, .used = {32}, .keys = {48}, .values = {56}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 48, .tag = {32}, .digits = {40}};
  static constexpr schema::FloatObject float_object{
      .size = 40, .value = {32}};
  static constexpr schema::Generator generator{
      .size = 176, .name = {40}, .qualname = {48}, .exc_state = {56}, .frame_state = {83},
      .frame = {88}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}, .cstack = {4}};
  static constexpr schema::States states{
      .created = {-3}, .suspended = {-2}, .suspended_yield_from = {-1}, .executing = {0},
      .completed = {1}, .cleared = {4}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-8}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_14t_x86_64>);

// ---- tachyon/layouts/opcodes_3_15.hpp ----

// The instructions of CPython 3.15.
// Generated by gen/emit.py from layouts/facts/cpython-3.15-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr OpcodeTable opcodes_3_15{
    .all = {{
        {"CACHE", 0, 0, Opcode::Kind::plain},  // 0
        {"BINARY_SLICE", 1, 0, Opcode::Kind::plain},  // 1
        {"BUILD_TEMPLATE", 2, 0, Opcode::Kind::plain},  // 2
        {"BINARY_OP_INPLACE_ADD_UNICODE", 42, 5, Opcode::Kind::specialised},  // 3
        {"CALL_FUNCTION_EX", 4, 1, Opcode::Kind::plain},  // 4
        {"CHECK_EG_MATCH", 5, 0, Opcode::Kind::plain},  // 5
        {"CHECK_EXC_MATCH", 6, 0, Opcode::Kind::plain},  // 6
        {"CLEANUP_THROW", 7, 0, Opcode::Kind::plain},  // 7
        {"DELETE_SUBSCR", 8, 0, Opcode::Kind::plain},  // 8
        {"END_FOR", 9, 0, Opcode::Kind::plain},  // 9
        {"END_SEND", 10, 0, Opcode::Kind::plain},  // 10
        {"EXIT_INIT_CHECK", 11, 0, Opcode::Kind::plain},  // 11
        {"FORMAT_SIMPLE", 12, 0, Opcode::Kind::plain},  // 12
        {"FORMAT_WITH_SPEC", 13, 0, Opcode::Kind::plain},  // 13
        {"GET_AITER", 14, 0, Opcode::Kind::plain},  // 14
        {"GET_ANEXT", 15, 0, Opcode::Kind::plain},  // 15
        {"GET_LEN", 16, 0, Opcode::Kind::plain},  // 16
        {"RESERVED", 17, 0, Opcode::Kind::plain},  // 17
        {"INTERPRETER_EXIT", 18, 0, Opcode::Kind::plain},  // 18
        {"LOAD_BUILD_CLASS", 19, 0, Opcode::Kind::plain},  // 19
        {"LOAD_LOCALS", 20, 0, Opcode::Kind::plain},  // 20
        {"MAKE_FUNCTION", 21, 0, Opcode::Kind::plain},  // 21
        {"MATCH_KEYS", 22, 0, Opcode::Kind::plain},  // 22
        {"MATCH_MAPPING", 23, 0, Opcode::Kind::plain},  // 23
        {"MATCH_SEQUENCE", 24, 0, Opcode::Kind::plain},  // 24
        {"NOP", 25, 0, Opcode::Kind::plain},  // 25
        {"NOT_TAKEN", 26, 0, Opcode::Kind::plain},  // 26
        {"POP_EXCEPT", 27, 0, Opcode::Kind::plain},  // 27
        {"POP_ITER", 28, 0, Opcode::Kind::plain},  // 28
        {"POP_TOP", 29, 0, Opcode::Kind::plain},  // 29
        {"PUSH_EXC_INFO", 30, 0, Opcode::Kind::plain},  // 30
        {"PUSH_NULL", 31, 0, Opcode::Kind::plain},  // 31
        {"RETURN_GENERATOR", 32, 0, Opcode::Kind::plain},  // 32
        {"RETURN_VALUE", 33, 0, Opcode::Kind::plain},  // 33
        {"SETUP_ANNOTATIONS", 34, 0, Opcode::Kind::plain},  // 34
        {"STORE_SLICE", 35, 0, Opcode::Kind::plain},  // 35
        {"STORE_SUBSCR", 36, 1, Opcode::Kind::plain},  // 36
        {"TO_BOOL", 37, 3, Opcode::Kind::plain},  // 37
        {"UNARY_INVERT", 38, 0, Opcode::Kind::plain},  // 38
        {"UNARY_NEGATIVE", 39, 0, Opcode::Kind::plain},  // 39
        {"UNARY_NOT", 40, 0, Opcode::Kind::plain},  // 40
        {"WITH_EXCEPT_START", 41, 0, Opcode::Kind::plain},  // 41
        {"BINARY_OP", 42, 5, Opcode::Kind::plain},  // 42
        {"BUILD_INTERPOLATION", 43, 0, Opcode::Kind::plain},  // 43
        {"BUILD_LIST", 44, 0, Opcode::Kind::plain},  // 44
        {"BUILD_MAP", 45, 0, Opcode::Kind::plain},  // 45
        {"BUILD_SET", 46, 0, Opcode::Kind::plain},  // 46
        {"BUILD_SLICE", 47, 0, Opcode::Kind::plain},  // 47
        {"BUILD_STRING", 48, 0, Opcode::Kind::plain},  // 48
        {"BUILD_TUPLE", 49, 0, Opcode::Kind::plain},  // 49
        {"CALL", 50, 3, Opcode::Kind::plain},  // 50
        {"CALL_INTRINSIC_1", 51, 0, Opcode::Kind::plain},  // 51
        {"CALL_INTRINSIC_2", 52, 0, Opcode::Kind::plain},  // 52
        {"CALL_KW", 53, 3, Opcode::Kind::plain},  // 53
        {"COMPARE_OP", 54, 1, Opcode::Kind::plain},  // 54
        {"CONTAINS_OP", 55, 1, Opcode::Kind::plain},  // 55
        {"CONVERT_VALUE", 56, 0, Opcode::Kind::plain},  // 56
        {"COPY", 57, 0, Opcode::Kind::plain},  // 57
        {"COPY_FREE_VARS", 58, 0, Opcode::Kind::plain},  // 58
        {"DELETE_ATTR", 59, 0, Opcode::Kind::plain},  // 59
        {"DELETE_DEREF", 60, 0, Opcode::Kind::plain},  // 60
        {"DELETE_FAST", 61, 0, Opcode::Kind::plain},  // 61
        {"DELETE_GLOBAL", 62, 0, Opcode::Kind::plain},  // 62
        {"DELETE_NAME", 63, 0, Opcode::Kind::plain},  // 63
        {"DICT_MERGE", 64, 0, Opcode::Kind::plain},  // 64
        {"DICT_UPDATE", 65, 0, Opcode::Kind::plain},  // 65
        {"END_ASYNC_FOR", 66, 0, Opcode::Kind::plain},  // 66
        {"EXTENDED_ARG", 67, 0, Opcode::Kind::plain},  // 67
        {"FOR_ITER", 68, 1, Opcode::Kind::plain},  // 68
        {"GET_AWAITABLE", 69, 0, Opcode::Kind::plain},  // 69
        {"GET_ITER", 70, 1, Opcode::Kind::plain},  // 70
        {"IMPORT_FROM", 71, 0, Opcode::Kind::plain},  // 71
        {"IMPORT_NAME", 72, 0, Opcode::Kind::plain},  // 72
        {"IS_OP", 73, 0, Opcode::Kind::plain},  // 73
        {"JUMP_BACKWARD", 74, 1, Opcode::Kind::plain},  // 74
        {"JUMP_BACKWARD_NO_INTERRUPT", 75, 0, Opcode::Kind::plain},  // 75
        {"JUMP_FORWARD", 76, 0, Opcode::Kind::plain},  // 76
        {"LIST_APPEND", 77, 0, Opcode::Kind::plain},  // 77
        {"LIST_EXTEND", 78, 0, Opcode::Kind::plain},  // 78
        {"LOAD_ATTR", 79, 9, Opcode::Kind::plain},  // 79
        {"LOAD_COMMON_CONSTANT", 80, 0, Opcode::Kind::plain},  // 80
        {"LOAD_CONST", 81, 0, Opcode::Kind::plain},  // 81
        {"LOAD_DEREF", 82, 0, Opcode::Kind::plain},  // 82
        {"LOAD_FAST", 83, 0, Opcode::Kind::plain},  // 83
        {"LOAD_FAST_AND_CLEAR", 84, 0, Opcode::Kind::plain},  // 84
        {"LOAD_FAST_BORROW", 85, 0, Opcode::Kind::plain},  // 85
        {"LOAD_FAST_BORROW_LOAD_FAST_BORROW", 86, 0, Opcode::Kind::plain},  // 86
        {"LOAD_FAST_CHECK", 87, 0, Opcode::Kind::plain},  // 87
        {"LOAD_FAST_LOAD_FAST", 88, 0, Opcode::Kind::plain},  // 88
        {"LOAD_FROM_DICT_OR_DEREF", 89, 0, Opcode::Kind::plain},  // 89
        {"LOAD_FROM_DICT_OR_GLOBALS", 90, 0, Opcode::Kind::plain},  // 90
        {"LOAD_GLOBAL", 91, 4, Opcode::Kind::plain},  // 91
        {"LOAD_NAME", 92, 0, Opcode::Kind::plain},  // 92
        {"LOAD_SMALL_INT", 93, 0, Opcode::Kind::plain},  // 93
        {"LOAD_SPECIAL", 94, 0, Opcode::Kind::plain},  // 94
        {"LOAD_SUPER_ATTR", 95, 1, Opcode::Kind::plain},  // 95
        {"MAKE_CELL", 96, 0, Opcode::Kind::plain},  // 96
        {"MAP_ADD", 97, 0, Opcode::Kind::plain},  // 97
        {"MATCH_CLASS", 98, 0, Opcode::Kind::plain},  // 98
        {"POP_JUMP_IF_FALSE", 99, 1, Opcode::Kind::plain},  // 99
        {"POP_JUMP_IF_NONE", 100, 1, Opcode::Kind::plain},  // 100
        {"POP_JUMP_IF_NOT_NONE", 101, 1, Opcode::Kind::plain},  // 101
        {"POP_JUMP_IF_TRUE", 102, 1, Opcode::Kind::plain},  // 102
        {"RAISE_VARARGS", 103, 0, Opcode::Kind::plain},  // 103
        {"RERAISE", 104, 0, Opcode::Kind::plain},  // 104
        {"SEND", 105, 1, Opcode::Kind::plain},  // 105
        {"SET_ADD", 106, 0, Opcode::Kind::plain},  // 106
        {"SET_FUNCTION_ATTRIBUTE", 107, 0, Opcode::Kind::plain},  // 107
        {"SET_UPDATE", 108, 0, Opcode::Kind::plain},  // 108
        {"STORE_ATTR", 109, 4, Opcode::Kind::plain},  // 109
        {"STORE_DEREF", 110, 0, Opcode::Kind::plain},  // 110
        {"STORE_FAST", 111, 0, Opcode::Kind::plain},  // 111
        {"STORE_FAST_LOAD_FAST", 112, 0, Opcode::Kind::plain},  // 112
        {"STORE_FAST_STORE_FAST", 113, 0, Opcode::Kind::plain},  // 113
        {"STORE_GLOBAL", 114, 0, Opcode::Kind::plain},  // 114
        {"STORE_NAME", 115, 0, Opcode::Kind::plain},  // 115
        {"SWAP", 116, 0, Opcode::Kind::plain},  // 116
        {"UNPACK_EX", 117, 0, Opcode::Kind::plain},  // 117
        {"UNPACK_SEQUENCE", 118, 1, Opcode::Kind::plain},  // 118
        {"YIELD_VALUE", 119, 0, Opcode::Kind::plain},  // 119
        {{}, 120, 0, Opcode::Kind::unassigned},
        {{}, 121, 0, Opcode::Kind::unassigned},
        {{}, 122, 0, Opcode::Kind::unassigned},
        {{}, 123, 0, Opcode::Kind::unassigned},
        {{}, 124, 0, Opcode::Kind::unassigned},
        {{}, 125, 0, Opcode::Kind::unassigned},
        {{}, 126, 0, Opcode::Kind::unassigned},
        {{}, 127, 0, Opcode::Kind::unassigned},
        {"RESUME", 128, 1, Opcode::Kind::plain},  // 128
        {"BINARY_OP_ADD_FLOAT", 42, 5, Opcode::Kind::specialised},  // 129
        {"BINARY_OP_ADD_INT", 42, 5, Opcode::Kind::specialised},  // 130
        {"BINARY_OP_ADD_UNICODE", 42, 5, Opcode::Kind::specialised},  // 131
        {"BINARY_OP_EXTEND", 42, 5, Opcode::Kind::specialised},  // 132
        {"BINARY_OP_MULTIPLY_FLOAT", 42, 5, Opcode::Kind::specialised},  // 133
        {"BINARY_OP_MULTIPLY_INT", 42, 5, Opcode::Kind::specialised},  // 134
        {"BINARY_OP_SUBSCR_DICT", 42, 5, Opcode::Kind::specialised},  // 135
        {"BINARY_OP_SUBSCR_GETITEM", 42, 5, Opcode::Kind::specialised},  // 136
        {"BINARY_OP_SUBSCR_LIST_INT", 42, 5, Opcode::Kind::specialised},  // 137
        {"BINARY_OP_SUBSCR_LIST_SLICE", 42, 5, Opcode::Kind::specialised},  // 138
        {"BINARY_OP_SUBSCR_STR_INT", 42, 5, Opcode::Kind::specialised},  // 139
        {"BINARY_OP_SUBSCR_TUPLE_INT", 42, 5, Opcode::Kind::specialised},  // 140
        {"BINARY_OP_SUBSCR_USTR_INT", 42, 5, Opcode::Kind::specialised},  // 141
        {"BINARY_OP_SUBTRACT_FLOAT", 42, 5, Opcode::Kind::specialised},  // 142
        {"BINARY_OP_SUBTRACT_INT", 42, 5, Opcode::Kind::specialised},  // 143
        {"CALL_ALLOC_AND_ENTER_INIT", 50, 3, Opcode::Kind::specialised},  // 144
        {"CALL_BOUND_METHOD_EXACT_ARGS", 50, 3, Opcode::Kind::specialised},  // 145
        {"CALL_BOUND_METHOD_GENERAL", 50, 3, Opcode::Kind::specialised},  // 146
        {"CALL_BUILTIN_CLASS", 50, 3, Opcode::Kind::specialised},  // 147
        {"CALL_BUILTIN_FAST", 50, 3, Opcode::Kind::specialised},  // 148
        {"CALL_BUILTIN_FAST_WITH_KEYWORDS", 50, 3, Opcode::Kind::specialised},  // 149
        {"CALL_BUILTIN_O", 50, 3, Opcode::Kind::specialised},  // 150
        {"CALL_EX_NON_PY_GENERAL", 4, 1, Opcode::Kind::specialised},  // 151
        {"CALL_EX_PY", 4, 1, Opcode::Kind::specialised},  // 152
        {"CALL_ISINSTANCE", 50, 3, Opcode::Kind::specialised},  // 153
        {"CALL_KW_BOUND_METHOD", 53, 3, Opcode::Kind::specialised},  // 154
        {"CALL_KW_NON_PY", 53, 3, Opcode::Kind::specialised},  // 155
        {"CALL_KW_PY", 53, 3, Opcode::Kind::specialised},  // 156
        {"CALL_LEN", 50, 3, Opcode::Kind::specialised},  // 157
        {"CALL_LIST_APPEND", 50, 3, Opcode::Kind::specialised},  // 158
        {"CALL_METHOD_DESCRIPTOR_FAST", 50, 3, Opcode::Kind::specialised},  // 159
        {"CALL_METHOD_DESCRIPTOR_FAST_WITH_KEYWORDS", 50, 3, Opcode::Kind::specialised},  // 160
        {"CALL_METHOD_DESCRIPTOR_NOARGS", 50, 3, Opcode::Kind::specialised},  // 161
        {"CALL_METHOD_DESCRIPTOR_O", 50, 3, Opcode::Kind::specialised},  // 162
        {"CALL_NON_PY_GENERAL", 50, 3, Opcode::Kind::specialised},  // 163
        {"CALL_PY_EXACT_ARGS", 50, 3, Opcode::Kind::specialised},  // 164
        {"CALL_PY_GENERAL", 50, 3, Opcode::Kind::specialised},  // 165
        {"CALL_STR_1", 50, 3, Opcode::Kind::specialised},  // 166
        {"CALL_TUPLE_1", 50, 3, Opcode::Kind::specialised},  // 167
        {"CALL_TYPE_1", 50, 3, Opcode::Kind::specialised},  // 168
        {"COMPARE_OP_FLOAT", 54, 1, Opcode::Kind::specialised},  // 169
        {"COMPARE_OP_INT", 54, 1, Opcode::Kind::specialised},  // 170
        {"COMPARE_OP_STR", 54, 1, Opcode::Kind::specialised},  // 171
        {"CONTAINS_OP_DICT", 55, 1, Opcode::Kind::specialised},  // 172
        {"CONTAINS_OP_SET", 55, 1, Opcode::Kind::specialised},  // 173
        {"FOR_ITER_GEN", 68, 1, Opcode::Kind::specialised},  // 174
        {"FOR_ITER_LIST", 68, 1, Opcode::Kind::specialised},  // 175
        {"FOR_ITER_RANGE", 68, 1, Opcode::Kind::specialised},  // 176
        {"FOR_ITER_TUPLE", 68, 1, Opcode::Kind::specialised},  // 177
        {"FOR_ITER_VIRTUAL", 68, 1, Opcode::Kind::specialised},  // 178
        {"GET_ITER_SELF", 70, 1, Opcode::Kind::specialised},  // 179
        {"GET_ITER_VIRTUAL", 70, 1, Opcode::Kind::specialised},  // 180
        {"JUMP_BACKWARD_JIT", 74, 1, Opcode::Kind::specialised},  // 181
        {"JUMP_BACKWARD_NO_JIT", 74, 1, Opcode::Kind::specialised},  // 182
        {"LOAD_ATTR_CLASS", 79, 9, Opcode::Kind::specialised},  // 183
        {"LOAD_ATTR_CLASS_WITH_METACLASS_CHECK", 79, 9, Opcode::Kind::specialised},  // 184
        {"LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN", 79, 9, Opcode::Kind::specialised},  // 185
        {"LOAD_ATTR_INSTANCE_VALUE", 79, 9, Opcode::Kind::specialised},  // 186
        {"LOAD_ATTR_METHOD_LAZY_DICT", 79, 9, Opcode::Kind::specialised},  // 187
        {"LOAD_ATTR_METHOD_NO_DICT", 79, 9, Opcode::Kind::specialised},  // 188
        {"LOAD_ATTR_METHOD_WITH_VALUES", 79, 9, Opcode::Kind::specialised},  // 189
        {"LOAD_ATTR_MODULE", 79, 9, Opcode::Kind::specialised},  // 190
        {"LOAD_ATTR_NONDESCRIPTOR_NO_DICT", 79, 9, Opcode::Kind::specialised},  // 191
        {"LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES", 79, 9, Opcode::Kind::specialised},  // 192
        {"LOAD_ATTR_PROPERTY", 79, 9, Opcode::Kind::specialised},  // 193
        {"LOAD_ATTR_SLOT", 79, 9, Opcode::Kind::specialised},  // 194
        {"LOAD_ATTR_WITH_HINT", 79, 9, Opcode::Kind::specialised},  // 195
        {"LOAD_GLOBAL_BUILTIN", 91, 4, Opcode::Kind::specialised},  // 196
        {"LOAD_GLOBAL_MODULE", 91, 4, Opcode::Kind::specialised},  // 197
        {"LOAD_SUPER_ATTR_ATTR", 95, 1, Opcode::Kind::specialised},  // 198
        {"LOAD_SUPER_ATTR_METHOD", 95, 1, Opcode::Kind::specialised},  // 199
        {"RESUME_CHECK", 128, 1, Opcode::Kind::specialised},  // 200
        {"RESUME_CHECK_JIT", 128, 1, Opcode::Kind::specialised},  // 201
        {"SEND_ASYNC_GEN", 105, 1, Opcode::Kind::specialised},  // 202
        {"SEND_GEN", 105, 1, Opcode::Kind::specialised},  // 203
        {"SEND_VIRTUAL", 105, 1, Opcode::Kind::specialised},  // 204
        {"STORE_ATTR_INSTANCE_VALUE", 109, 4, Opcode::Kind::specialised},  // 205
        {"STORE_ATTR_SLOT", 109, 4, Opcode::Kind::specialised},  // 206
        {"STORE_ATTR_WITH_HINT", 109, 4, Opcode::Kind::specialised},  // 207
        {"STORE_SUBSCR_DICT", 36, 1, Opcode::Kind::specialised},  // 208
        {"STORE_SUBSCR_LIST_INT", 36, 1, Opcode::Kind::specialised},  // 209
        {"TO_BOOL_ALWAYS_TRUE", 37, 3, Opcode::Kind::specialised},  // 210
        {"TO_BOOL_BOOL", 37, 3, Opcode::Kind::specialised},  // 211
        {"TO_BOOL_INT", 37, 3, Opcode::Kind::specialised},  // 212
        {"TO_BOOL_LIST", 37, 3, Opcode::Kind::specialised},  // 213
        {"TO_BOOL_NONE", 37, 3, Opcode::Kind::specialised},  // 214
        {"TO_BOOL_STR", 37, 3, Opcode::Kind::specialised},  // 215
        {"UNPACK_SEQUENCE_LIST", 118, 1, Opcode::Kind::specialised},  // 216
        {"UNPACK_SEQUENCE_TUPLE", 118, 1, Opcode::Kind::specialised},  // 217
        {"UNPACK_SEQUENCE_TWO_TUPLE", 118, 1, Opcode::Kind::specialised},  // 218
        {{}, 219, 0, Opcode::Kind::unassigned},
        {{}, 220, 0, Opcode::Kind::unassigned},
        {{}, 221, 0, Opcode::Kind::unassigned},
        {{}, 222, 0, Opcode::Kind::unassigned},
        {{}, 223, 0, Opcode::Kind::unassigned},
        {{}, 224, 0, Opcode::Kind::unassigned},
        {{}, 225, 0, Opcode::Kind::unassigned},
        {{}, 226, 0, Opcode::Kind::unassigned},
        {{}, 227, 0, Opcode::Kind::unassigned},
        {{}, 228, 0, Opcode::Kind::unassigned},
        {{}, 229, 0, Opcode::Kind::unassigned},
        {{}, 230, 0, Opcode::Kind::unassigned},
        {{}, 231, 0, Opcode::Kind::unassigned},
        {{}, 232, 0, Opcode::Kind::unassigned},
        {"INSTRUMENTED_END_FOR", 9, 0, Opcode::Kind::instrumented},  // 233
        {"INSTRUMENTED_POP_ITER", 28, 0, Opcode::Kind::instrumented},  // 234
        {"INSTRUMENTED_END_SEND", 10, 0, Opcode::Kind::instrumented},  // 235
        {"INSTRUMENTED_FOR_ITER", 68, 1, Opcode::Kind::instrumented},  // 236
        {"INSTRUMENTED_INSTRUCTION", 237, 0, Opcode::Kind::instrumented},  // 237
        {"INSTRUMENTED_JUMP_FORWARD", 76, 0, Opcode::Kind::instrumented},  // 238
        {"INSTRUMENTED_NOT_TAKEN", 26, 0, Opcode::Kind::instrumented},  // 239
        {"INSTRUMENTED_POP_JUMP_IF_TRUE", 102, 1, Opcode::Kind::instrumented},  // 240
        {"INSTRUMENTED_POP_JUMP_IF_FALSE", 99, 1, Opcode::Kind::instrumented},  // 241
        {"INSTRUMENTED_POP_JUMP_IF_NONE", 100, 1, Opcode::Kind::instrumented},  // 242
        {"INSTRUMENTED_POP_JUMP_IF_NOT_NONE", 101, 1, Opcode::Kind::instrumented},  // 243
        {"INSTRUMENTED_RESUME", 128, 1, Opcode::Kind::instrumented},  // 244
        {"INSTRUMENTED_RETURN_VALUE", 33, 0, Opcode::Kind::instrumented},  // 245
        {"INSTRUMENTED_YIELD_VALUE", 119, 0, Opcode::Kind::instrumented},  // 246
        {"INSTRUMENTED_END_ASYNC_FOR", 66, 0, Opcode::Kind::instrumented},  // 247
        {"INSTRUMENTED_LOAD_SUPER_ATTR", 95, 1, Opcode::Kind::instrumented},  // 248
        {"INSTRUMENTED_CALL", 50, 3, Opcode::Kind::instrumented},  // 249
        {"INSTRUMENTED_CALL_KW", 53, 3, Opcode::Kind::instrumented},  // 250
        {"INSTRUMENTED_CALL_FUNCTION_EX", 4, 1, Opcode::Kind::instrumented},  // 251
        {"INSTRUMENTED_JUMP_BACKWARD", 74, 1, Opcode::Kind::instrumented},  // 252
        {"INSTRUMENTED_LINE", 253, 0, Opcode::Kind::instrumented},  // 253
        {"ENTER_EXECUTOR", 254, 0, Opcode::Kind::executor},  // 254
        {"TRACE_RECORD", 255, 0, Opcode::Kind::plain},  // 255
    }},
    .resume = 128,
    .send = 105,
    .for_iter = 68,
    .enter_executor = 254,
    .instrumented_line = 253,
    .instrumented_instruction = 237,
};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/published_3_15.hpp ----

// Where CPython 3.15 publishes what: word positions in its own offset table.
// Generated by gen/emit.py from layouts/facts/cpython-3.15-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

inline constexpr std::array<PublishedWord, 103> published_3_15_words{{
    {0, 0, 3, 0, 0},  // runtime.size
    {0, 1, 4, 0, 0},  // runtime.finalizing
    {0, 2, 5, 0, 0},  // runtime.interpreters_head
    {1, 0, 6, 0, 0},  // interpreter.size
    {1, 1, 7, 0, 0},  // interpreter.id
    {1, 2, 8, 0, 0},  // interpreter.next
    {1, 4, 9, 0, 0},  // interpreter.threads_head
    {1, 5, 10, 0, 0},  // interpreter.threads_main
    {1, 7, 15, 0, 0},  // interpreter.gil
    {1, 8, 16, 0, 0},  // interpreter.own_gil
    {1, 10, 11, 95, 0},  // interpreter.gc_collecting
    {1, 11, 11, 96, 0},  // interpreter.gc_frame
    {1, 12, 20, 0, 0},  // interpreter.code_object_generation
    {1, 13, 21, 0, 0, PublishedWord::When::nonzero},  // interpreter.tlbc_generation
    {1, 14, 12, 0, 0},  // interpreter.imports_modules
    {1, 15, 13, 0, 0},  // interpreter.sysdict
    {1, 16, 14, 0, 0},  // interpreter.builtins
    {2, 1, 17, 0, 0, PublishedWord::When::free_threaded},  // gil.enabled
    {2, 2, 19, 0, 16},  // gil.last_holder
    {2, 3, 18, 0, 16},  // gil.locked
    {3, 0, 22, 0, 0},  // thread.size
    {3, 1, 23, 0, 0},  // thread.prev
    {3, 2, 24, 0, 0},  // thread.next
    {3, 3, 25, 0, 0},  // thread.interp
    {3, 6, 26, 0, 0},  // thread.current_frame
    {3, 7, 27, 0, 0},  // thread.base_frame
    {3, 8, 28, 0, 0},  // thread.last_profiled_frame
    {3, 9, 29, 0, 0},  // thread.last_profiled_frame_seq
    {3, 10, 33, 0, 0},  // thread.status_bound
    {3, 11, 33, 0, 0},  // thread.status_unbound
    {3, 12, 33, 0, 0},  // thread.status_active
    {3, 13, 33, 0, 0},  // thread.status_holds_gil
    {3, 14, 33, 0, 0},  // thread.status_finalizing
    {3, 15, 33, 0, 0},  // thread.status_cleared
    {3, 16, 34, 0, 0},  // thread.holds_gil
    {3, 17, 35, 0, 0},  // thread.gil_requested
    {3, 19, 105, 0, 0},  // thread.eval_breaker
    {3, 20, 36, 0, 0},  // thread.current_exception
    {3, 22, 37, 0, 0},  // thread.exc_state
    {3, 23, 30, 0, 0},  // thread.thread_id
    {3, 24, 31, 0, 0},  // thread.native_thread_id
    {3, 26, 32, 0, 0},  // thread.datastack_chunk
    {6, 0, 39, 0, 0},  // frame.size
    {6, 1, 41, 0, 0},  // frame.executable
    {6, 2, 40, 0, 0},  // frame.previous
    {6, 4, 42, 0, 0},  // frame.instruction
    {6, 6, 45, 0, 0},  // frame.stackpointer
    {6, 7, 46, 0, 0, PublishedWord::When::nonzero},  // frame.tlbc_index
    {6, 10, 44, 0, 0},  // frame.owner
    {6, 11, 43, 0, 0},  // frame.localsplus
    {7, 0, 47, 0, 0},  // code.size
    {7, 3, 53, 0, 0},  // code.argcount
    {7, 7, 52, 0, 0},  // code.firstlineno
    {7, 11, 48, 0, 0},  // code.filename
    {7, 12, 49, 0, 0},  // code.name
    {7, 13, 50, 0, 0},  // code.qualname
    {7, 14, 51, 0, 0},  // code.linetable
    {7, 15, 54, 0, 0},  // code.localsplusnames
    {7, 16, 55, 0, 0},  // code.localspluskinds
    {7, 20, 57, 0, 0, PublishedWord::When::nonzero},  // code.tlbc
    {7, 21, 56, 0, 0},  // code.bytecode
    {13, 0, 58, 0, 0},  // object.size
    {13, 1, 59, 0, 0},  // object.type
    {14, 1, 70, 0, 0},  // var_object.count
    {15, 0, 60, 0, 0},  // type_object.size
    {15, 1, 61, 0, 0},  // type_object.name
    {15, 2, 63, 0, 0},  // type_object.flags
    {15, 3, 64, 0, 0},  // type_object.basicsize
    {15, 4, 65, 0, 0},  // type_object.dictoffset
    {16, 0, 66, 0, 0},  // heap_type.size
    {16, 1, 67, 0, 0},  // heap_type.cached_keys
    {18, 0, 86, 0, 0},  // bytes.size
    {18, 1, 88, 0, 0},  // bytes.data
    {19, 0, 89, 0, 0},  // unicode.size
    {19, 1, 91, 0, 0},  // unicode.length
    {19, 2, 90, 0, 0},  // unicode.kind
    {19, 3, 90, 0, 0},  // unicode.compact
    {19, 4, 90, 0, 0},  // unicode.ascii
    {19, 5, 92, 0, 0},  // unicode.ascii_data
    {19, 6, 93, 0, 0},  // unicode.compact_data
    {20, 0, 68, 0, 0},  // tuple.size
    {20, 1, 69, 0, 0},  // tuple.items
    {21, 0, 71, 0, 0},  // list.size
    {21, 1, 72, 0, 0},  // list.items
    {22, 0, 74, 0, 0},  // set.size
    {22, 1, 75, 0, 0},  // set.used
    {22, 2, 77, 0, 0},  // set.mask
    {22, 3, 76, 0, 0},  // set.table
    {24, 0, 78, 0, 0},  // dict.size
    {24, 2, 79, 0, 0},  // dict.keys
    {24, 3, 80, 0, 0},  // dict.values
    {29, 0, 83, 0, 0},  // long_object.size
    {29, 1, 84, 0, 0},  // long_object.tag
    {29, 2, 85, 0, 0},  // long_object.digits
    {30, 0, 81, 0, 0},  // float_object.size
    {30, 1, 82, 0, 0},  // float_object.value
    {31, 0, 99, 0, 0},  // generator.size
    {31, 1, 100, 0, 0},  // generator.name
    {31, 4, 102, 0, 0},  // generator.frame_state
    {31, 5, 101, 0, 0},  // generator.frame
    {32, 1, 38, 0, 0},  // err_item.value
    {33, 1, 103, 0, 0},  // llist.next
    {33, 2, 104, 0, 0},  // llist.prev
}};
inline constexpr PublishedMap published_3_15{111, published_3_15_words};

}  // namespace tachyon::layouts

// ---- tachyon/layouts/cpython_3_15_aarch64.hpp ----

// CPython 3.15.2, aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.15-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_15_aarch64 {
  static constexpr BuildId build{15, false, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030f02f0;
  static constexpr std::string_view tag = "3.15.2";
  static constexpr Opcodes opcodes{opcodes_3_15};
  static constexpr PublishedMap published_map = published_3_15;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffc, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 2, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 346576, .finalizing = {912}, .interpreters_head = {936}, .interpreters_main = {944},
      .main_thread = {960}};
  static constexpr schema::Interpreter interpreter{
      .size = 226248, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7336},
      .threads_main = {7352}, .threads_next_unique_id = {7328}, .gil = {16}, .own_gil = {7736},
      .gc_collecting = {7512}, .gc_frame = {7520}, .code_object_generation = {7960},
      .imports_modules = {7592}, .sysdict = {7576}, .builtins = {7584}};
  static constexpr schema::Gil gil{
      .size = 224, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 888, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .base_frame = {80}, .last_profiled_frame = {88}, .last_profiled_frame_seq = {96},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .gil_requested = {40}, .state = {48}, .eval_breaker = {24}, .current_exception = {136},
      .exc_info = {144}, .exc_state = {288}, .thread_id = {176}, .native_thread_id = {184},
      .id = {248}, .datastack_chunk = {256}, .datastack_top = {264}, .datastack_limit = {272},
      .current_executor = {304}, .asyncio_running_loop = {1024}, .asyncio_running_task = {1032},
      .asyncio_tasks_head = {1048}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .return_offset = {72}, .owner = {74}, .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 216, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .executors = {152},
      .monitoring = {176}, .firsttraceable = {192}, .bytecode = {208}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 136, .lines = {104}, .per_instruction_opcodes = {120}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 120, .opcode = {32}, .oparg = {33}};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 424, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 944, .cached_keys = {888}};
  static constexpr schema::ModuleObject module_object{
      .size = 104, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 40, .items = {32}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 160, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}};
  static constexpr schema::States states{
      .created = {0}, .suspended = {1}, .suspended_yield_from = {2},
      .suspended_yield_from_locked = {3}, .executing = {4}, .cleared = {5}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_15_aarch64>);

// ---- tachyon/layouts/cpython_3_15_x86_64.hpp ----

// CPython 3.15.2, x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.15-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_15_x86_64 {
  static constexpr BuildId build{15, false, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030f02f0;
  static constexpr std::string_view tag = "3.15.2";
  static constexpr Opcodes opcodes{opcodes_3_15};
  static constexpr PublishedMap published_map = published_3_15;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffc, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 2, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 346560, .finalizing = {912}, .interpreters_head = {936}, .interpreters_main = {944},
      .main_thread = {960}};
  static constexpr schema::Interpreter interpreter{
      .size = 226232, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7336},
      .threads_main = {7352}, .threads_next_unique_id = {7328}, .gil = {16}, .own_gil = {7736},
      .gc_collecting = {7512}, .gc_frame = {7520}, .code_object_generation = {7944},
      .imports_modules = {7592}, .sysdict = {7576}, .builtins = {7584}};
  static constexpr schema::Gil gil{
      .size = 208, .last_holder = {8}, .locked = {16}};
  static constexpr schema::Thread thread{
      .size = 888, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .base_frame = {80}, .last_profiled_frame = {88}, .last_profiled_frame_seq = {96},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .gil_requested = {40}, .state = {48}, .eval_breaker = {24}, .current_exception = {136},
      .exc_info = {144}, .exc_state = {288}, .thread_id = {176}, .native_thread_id = {184},
      .id = {248}, .datastack_chunk = {256}, .datastack_top = {264}, .datastack_limit = {272},
      .current_executor = {304}, .asyncio_running_loop = {1024}, .asyncio_running_task = {1032},
      .asyncio_tasks_head = {1048}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .return_offset = {72}, .owner = {74}, .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 216, .units = {16}, .flags = {48}, .argcount = {52}, .posonlyargcount = {56},
      .kwonlyargcount = {60}, .stacksize = {64}, .firstlineno = {68}, .nlocalsplus = {72},
      .framesize = {76}, .consts = {24}, .filename = {112}, .name = {120}, .qualname = {128},
      .linetable = {136}, .localsplusnames = {96}, .localspluskinds = {104}, .executors = {152},
      .monitoring = {176}, .firsttraceable = {192}, .bytecode = {208}};
  static constexpr schema::TlbcArray tlbc_array{};
  static constexpr schema::Monitoring monitoring{
      .size = 136, .lines = {104}, .per_instruction_opcodes = {120}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 120, .opcode = {32}, .oparg = {33}};
  static constexpr schema::Object object{
      .size = 16, .type = {8}};
  static constexpr schema::VarObject var_object{
      .size = 24, .count = {16}};
  static constexpr schema::TypeObject type_object{
      .size = 424, .name = {24}, .flags = {168}, .basicsize = {32}, .dictoffset = {288}};
  static constexpr schema::HeapType heap_type{
      .size = 944, .cached_keys = {888}};
  static constexpr schema::ModuleObject module_object{
      .size = 104, .dict = {16}};
  static constexpr schema::BytesObject bytes{
      .size = 40, .data = {32}};
  static constexpr schema::Unicode unicode{
      .size = 64, .length = {16}, .kind = {32, 0x1c}, .compact = {32, 0x20}, .ascii = {32, 0x40},
      .ascii_data = {40}, .compact_data = {56}};
  static constexpr schema::Tuple tuple{
      .size = 40, .items = {32}};
  static constexpr schema::List list{
      .size = 40, .items = {24}};
  static constexpr schema::Set set{
      .size = 200, .used = {24}, .mask = {32}, .table = {40}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 48, .used = {16}, .keys = {32}, .values = {40}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 32, .tag = {16}, .digits = {24}};
  static constexpr schema::FloatObject float_object{
      .size = 24, .value = {16}};
  static constexpr schema::Generator generator{
      .size = 160, .name = {24}, .qualname = {32}, .exc_state = {40}, .frame_state = {67},
      .frame = {72}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}};
  static constexpr schema::States states{
      .created = {0}, .suspended = {1}, .suspended_yield_from = {2},
      .suspended_yield_from_locked = {3}, .executing = {4}, .cleared = {5}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-24}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_15_x86_64>);

// ---- tachyon/layouts/cpython_3_15t_aarch64.hpp ----

// CPython 3.15.2, free-threaded aarch64.
// Generated by gen/emit.py from layouts/facts/cpython-3.15t-aarch64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_15t_aarch64 {
  static constexpr BuildId build{15, true, Arch::aarch64};
  static constexpr std::uint32_t version_hex = 0x030f02f0;
  static constexpr std::string_view tag = "3.15.2t";
  static constexpr Opcodes opcodes{opcodes_3_15};
  static constexpr PublishedMap published_map = published_3_15;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffc, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 2, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 409312, .finalizing = {912}, .interpreters_head = {936}, .interpreters_main = {944},
      .main_thread = {960}};
  static constexpr schema::Interpreter interpreter{
      .size = 250344, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7336},
      .threads_main = {7352}, .threads_next_unique_id = {7328}, .gil = {16}, .own_gil = {7736},
      .gc_collecting = {7512}, .gc_frame = {7520}, .code_object_generation = {7968},
      .tlbc_generation = {17268}, .imports_modules = {7592}, .sysdict = {7576}, .builtins = {7584}};
  static constexpr schema::Gil gil{
      .size = 232, .enabled = {0}, .last_holder = {16}, .locked = {24}};
  static constexpr schema::Thread thread{
      .size = 888, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .base_frame = {80}, .last_profiled_frame = {88}, .last_profiled_frame_seq = {96},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .gil_requested = {40}, .state = {48}, .eval_breaker = {24}, .current_exception = {136},
      .exc_info = {144}, .exc_state = {288}, .thread_id = {176}, .native_thread_id = {184},
      .id = {248}, .datastack_chunk = {256}, .datastack_top = {264}, .datastack_limit = {272},
      .current_executor = {304}, .asyncio_running_loop = {1024}, .asyncio_running_task = {1032},
      .asyncio_tasks_head = {1048}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .tlbc_index = {72}, .return_offset = {76}, .owner = {78},
      .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 240, .units = {32}, .flags = {64}, .argcount = {68}, .posonlyargcount = {72},
      .kwonlyargcount = {76}, .stacksize = {80}, .firstlineno = {84}, .nlocalsplus = {88},
      .framesize = {92}, .consts = {40}, .filename = {128}, .name = {136}, .qualname = {144},
      .linetable = {152}, .localsplusnames = {112}, .localspluskinds = {120}, .executors = {168},
      .monitoring = {192}, .firsttraceable = {208}, .tlbc = {224}, .bytecode = {232}};
  static constexpr schema::TlbcArray tlbc_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Monitoring monitoring{
      .size = 136, .lines = {104}, .per_instruction_opcodes = {120}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 136, .opcode = {48}, .oparg = {49}};
  static constexpr schema::Object object{
      .size = 32, .type = {24}};
  static constexpr schema::VarObject var_object{
      .size = 40, .count = {32}};
  static constexpr schema::TypeObject type_object{
      .size = 440, .name = {40}, .flags = {184}, .basicsize = {48}, .dictoffset = {304}};
  static constexpr schema::HeapType heap_type{
      .size = 968, .cached_keys = {904}};
  static constexpr schema::ModuleObject module_object{
      .size = 120, .dict = {32}};
  static constexpr schema::BytesObject bytes{
      .size = 56, .data = {48}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {32}, .kind = {48, 0x700}, .compact = {48, 0x800},
      .ascii = {48, 0x1000}, .ascii_data = {56}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 56, .items = {48}};
  static constexpr schema::List list{
      .size = 56, .items = {40}};
  static constexpr schema::Set set{
      .size = 216, .used = {40}, .mask = {48}, .table = {56}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 64, .used = {32}, .keys = {48}, .values = {56}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 48, .tag = {32}, .digits = {40}};
  static constexpr schema::FloatObject float_object{
      .size = 40, .value = {32}};
  static constexpr schema::Generator generator{
      .size = 176, .name = {40}, .qualname = {48}, .exc_state = {56}, .frame_state = {83},
      .frame = {88}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}};
  static constexpr schema::States states{
      .created = {0}, .suspended = {1}, .suspended_yield_from = {2},
      .suspended_yield_from_locked = {3}, .executing = {4}, .cleared = {5}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-8}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_15t_aarch64>);

// ---- tachyon/layouts/cpython_3_15t_x86_64.hpp ----

// CPython 3.15.2, free-threaded x86_64.
// Generated by gen/emit.py from layouts/facts/cpython-3.15t-x86_64.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

struct cpython_3_15t_x86_64 {
  static constexpr BuildId build{15, true, Arch::x86_64};
  static constexpr std::uint32_t version_hex = 0x030f02f0;
  static constexpr std::string_view tag = "3.15.2t";
  static constexpr Opcodes opcodes{opcodes_3_15};
  static constexpr PublishedMap published_map = published_3_15;
  static constexpr schema::Traits traits{
      .executable_mask = 0xfffffffffffffffc, .popped_frames_are_cleared = true,
      .instruction_is_previous = false, .has_shims = true, .caller_stops_at_last_cache = false,
      .awaited_slot_back = 2, .thread_names_are_os_names = true};
  static constexpr schema::Runtime runtime{
      .size = 409296, .finalizing = {912}, .interpreters_head = {936}, .interpreters_main = {944},
      .main_thread = {960}};
  static constexpr schema::Interpreter interpreter{
      .size = 250328, .id = {7272}, .next = {7264}, .runtime = {7376}, .threads_head = {7336},
      .threads_main = {7352}, .threads_next_unique_id = {7328}, .gil = {16}, .own_gil = {7736},
      .gc_collecting = {7512}, .gc_frame = {7520}, .code_object_generation = {7952},
      .tlbc_generation = {17252}, .imports_modules = {7592}, .sysdict = {7576}, .builtins = {7584}};
  static constexpr schema::Gil gil{
      .size = 216, .enabled = {0}, .last_holder = {16}, .locked = {24}};
  static constexpr schema::Thread thread{
      .size = 888, .prev = {0}, .next = {8}, .interp = {16}, .current_frame = {72},
      .base_frame = {80}, .last_profiled_frame = {88}, .last_profiled_frame_seq = {96},
      .status_bound = {32, 0x2}, .status_unbound = {32, 0x4}, .status_active = {32, 0x10},
      .status_finalizing = {32, 0x20}, .status_cleared = {32, 0x40}, .holds_gil = {36},
      .gil_requested = {40}, .state = {48}, .eval_breaker = {24}, .current_exception = {136},
      .exc_info = {144}, .exc_state = {288}, .thread_id = {176}, .native_thread_id = {184},
      .id = {248}, .datastack_chunk = {256}, .datastack_top = {264}, .datastack_limit = {272},
      .current_executor = {304}, .asyncio_running_loop = {1024}, .asyncio_running_task = {1032},
      .asyncio_tasks_head = {1048}};
  static constexpr schema::CFrame cframe{};
  static constexpr schema::Chunk chunk{
      .size = 32, .previous = {0}, .bytes = {8}, .top = {16}, .data = {24}};
  static constexpr schema::Frame frame{
      .size = 88, .executable = {0}, .previous = {8}, .locals = {40}, .instruction = {56},
      .stackpointer = {64}, .tlbc_index = {72}, .return_offset = {76}, .owner = {78},
      .localsplus = {80}};
  static constexpr schema::Code code{
      .size = 240, .units = {32}, .flags = {64}, .argcount = {68}, .posonlyargcount = {72},
      .kwonlyargcount = {76}, .stacksize = {80}, .firstlineno = {84}, .nlocalsplus = {88},
      .framesize = {92}, .consts = {40}, .filename = {128}, .name = {136}, .qualname = {144},
      .linetable = {152}, .localsplusnames = {112}, .localspluskinds = {120}, .executors = {168},
      .monitoring = {192}, .firsttraceable = {208}, .tlbc = {224}, .bytecode = {232}};
  static constexpr schema::TlbcArray tlbc_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Monitoring monitoring{
      .size = 136, .lines = {104}, .per_instruction_opcodes = {120}};
  static constexpr schema::LineData line_data{
      .entry_size = {0}, .entries = {1}, .fixed_entry_size = {2}};
  static constexpr schema::ExecutorArray executor_array{
      .size = 16, .count = {0}, .entries = {8}};
  static constexpr schema::Executor executor{
      .size = 136, .opcode = {48}, .oparg = {49}};
  static constexpr schema::Object object{
      .size = 32, .type = {24}};
  static constexpr schema::VarObject var_object{
      .size = 40, .count = {32}};
  static constexpr schema::TypeObject type_object{
      .size = 440, .name = {40}, .flags = {184}, .basicsize = {48}, .dictoffset = {304}};
  static constexpr schema::HeapType heap_type{
      .size = 968, .cached_keys = {904}};
  static constexpr schema::ModuleObject module_object{
      .size = 120, .dict = {32}};
  static constexpr schema::BytesObject bytes{
      .size = 56, .data = {48}};
  static constexpr schema::Unicode unicode{
      .size = 80, .length = {32}, .kind = {48, 0x700}, .compact = {48, 0x800},
      .ascii = {48, 0x1000}, .ascii_data = {56}, .compact_data = {72}};
  static constexpr schema::Tuple tuple{
      .size = 56, .items = {48}};
  static constexpr schema::List list{
      .size = 56, .items = {40}};
  static constexpr schema::Set set{
      .size = 216, .used = {40}, .mask = {48}, .table = {56}};
  static constexpr schema::SetEntry set_entry{
      .size = 16, .key = {0}, .hash = {8}};
  static constexpr schema::Dict dict{
      .size = 64, .used = {32}, .keys = {48}, .values = {56}};
  static constexpr schema::DictKeys dict_keys{
      .size = 32, .log2_size = {8}, .log2_index_bytes = {9}, .kind = {10}, .nentries = {24},
      .indices = {32}};
  static constexpr schema::DictEntry dict_entry{
      .size = 24, .key = {8}, .value = {16}};
  static constexpr schema::DictUnicodeEntry dict_unicode_entry{
      .size = 16, .key = {0}, .value = {8}};
  static constexpr schema::DictValues dict_values{
      .values = {8}};
  static constexpr schema::LongObject long_object{
      .size = 48, .tag = {32}, .digits = {40}};
  static constexpr schema::FloatObject float_object{
      .size = 40, .value = {32}};
  static constexpr schema::Generator generator{
      .size = 176, .name = {40}, .qualname = {48}, .exc_state = {56}, .frame_state = {83},
      .frame = {88}};
  static constexpr schema::ErrItem err_item{
      .size = 16, .value = {0}, .previous = {8}};
  static constexpr schema::LinkedList llist{
      .size = 16, .next = {0}, .prev = {8}};
  static constexpr schema::Owners owners{
      .thread = {0}, .generator = {1}, .frame_object = {2}, .interpreter = {3}};
  static constexpr schema::States states{
      .created = {0}, .suspended = {1}, .suspended_yield_from = {2},
      .suspended_yield_from_locked = {3}, .executing = {4}, .cleared = {5}};
  static constexpr schema::Attach attach{
      .detached = {0}, .attached = {1}, .suspended = {2}, .shutting_down = {3}};
  static constexpr schema::Breaker breaker{
      .gil_drop_request = {1}, .gc_scheduled = {16}};
  static constexpr schema::CodeFlags code_flags{
      .varargs = {4}, .varkeywords = {8}, .generator = {32}, .coroutine = {128},
      .iterable_coroutine = {256}, .async_generator = {512}};
  static constexpr schema::LocalKinds local_kinds{
      .local = {32}, .cell = {64}, .free = {128}, .hidden = {16}};
  static constexpr schema::TypeFlags type_flags{
      .long_subclass = {16777216}, .list_subclass = {33554432}, .tuple_subclass = {67108864},
      .bytes_subclass = {134217728}, .unicode_subclass = {268435456}, .dict_subclass = {536870912},
      .managed_dict = {16}, .inline_values = {4}};
  static constexpr schema::KeysKinds keys_kinds{
      .general = {0}, .unicode = {1}, .split = {2}};
  static constexpr schema::Instance instance{
      .managed_dict = {-8}};
};

}  // namespace tachyon::layouts

static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_15t_x86_64>);

// ---- tachyon/layouts/all.hpp ----

// Every compiled layout, the list that dispatch chooses from.
// Generated by gen/emit.py from layouts/facts/*.json; do not edit. To rebuild: python3 gen/generate.py
// clang-format off

namespace tachyon::layouts {

using All_x86_64 = TypeList<
    cpython_3_11_x86_64, cpython_3_12_x86_64, cpython_3_13_x86_64, cpython_3_13t_x86_64,
    cpython_3_14_x86_64, cpython_3_14t_x86_64, cpython_3_15_x86_64, cpython_3_15t_x86_64>;

using All_aarch64 = TypeList<
    cpython_3_11_aarch64, cpython_3_12_aarch64, cpython_3_13_aarch64, cpython_3_13t_aarch64,
    cpython_3_14_aarch64, cpython_3_14t_aarch64, cpython_3_15_aarch64, cpython_3_15t_aarch64>;

}  // namespace tachyon::layouts

// ---- tachyon/layout/dispatch.hpp ----

// The build is chosen once, at attach. Inside the visitor the layout is a type, and everything that
// is asked of it is a constant:
//
//   auto done = with_layout(AllLayouts{}, {15, false, native_arch}, [&](auto layout) {
//     return sample<decltype(layout)>(process);
//   });
namespace tachyon {

// Layouts of the architecture we run on: the only live targets there are. A core file or an image
// of another architecture is read by naming its list.
#if defined(__aarch64__)
using AllLayouts = layouts::All_aarch64;
#else
using AllLayouts = layouts::All_x86_64;
#endif

// Calls `visit` with the layout of this build; Errc::unsupported_version when none is compiled in.
template <CompiledLayout First, CompiledLayout... Rest, class Visit>
constexpr auto with_layout(TypeList<First, Rest...>, BuildId id, Visit&& visit)
    -> std::invoke_result_t<Visit&, First> {
  if (First::build == id) return visit(First{});
  if constexpr (sizeof...(Rest) > 0) {
    return with_layout(TypeList<Rest...>{}, id, visit);
  } else {
    return Error{Errc::unsupported_version};
  }
}

// What a list of layouts covers, for `--version`.
struct LayoutInfo {
  BuildId build;
  std::string_view tag;  // the release whose headers it was generated from, "3.15.2t"
  std::uint32_t version_hex;
};

template <CompiledLayout... Ls>
constexpr std::array<LayoutInfo, sizeof...(Ls)> describe_layouts(TypeList<Ls...>) noexcept {
  return {{{Ls::build, Ls::tag, Ls::version_hex}...}};
}
inline constexpr auto all_layouts = describe_layouts(AllLayouts{});

}  // namespace tachyon

// ---- tachyon/layout/members.hpp ----

#include <boost/pfr/core.hpp>
#include <boost/pfr/tuple_size.hpp>

#if !__has_include(<boost/pfr/core.hpp>)
#error \
    "tachyon needs Boost.PFR, headers only: install libboost1.81-dev or put Boost 1.81 or newer on the include path"
#endif

// One loop over all members of a layout. Comparing two layouts, filling one from a target's table,
// printing, fuzzing: all of it is this loop with another body, so a new line in gen/schema.py
// reaches them all. Boost.PFR knows how many members an aggregate has and gets them by number; the
// names come from the array beside them.
namespace tachyon {

namespace detail {

template <class Group>
constexpr void check_names() noexcept {
  static_assert(boost::pfr::tuple_size_v<std::remove_cv_t<Group>> == Group::names.size(),
                "a group and its name array disagree: run gen/generate.py");
}

}  // namespace detail

// visit(group name, member name, member)
template <class L, class Visit>
constexpr void for_each_member(L& layout, Visit&& visit) {
  schema::for_each_group(layout, [&](auto& group) {
    using Group = std::remove_cvref_t<decltype(group)>;
    detail::check_names<Group>();
    boost::pfr::for_each_field(
        group, [&](auto& member, std::size_t i) { visit(Group::group, Group::names[i], member); });
  });
}

// visit(group name, member name, member of a, member of b)
template <class A, class B, class Visit>
constexpr void for_each_member(A& a, B& b, Visit&& visit) {
  schema::for_each_group(a, b, [&](auto& left, auto& right) {
    using Group = std::remove_cvref_t<decltype(left)>;
    detail::check_names<Group>();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (visit(Group::group, Group::names[I], boost::pfr::get<I>(left), boost::pfr::get<I>(right)),
       ...);
    }
    (std::make_index_sequence<Group::names.size()>{});
  });
}

}  // namespace tachyon

// ---- tachyon/layout/published.hpp ----

// The layout that a target publishes about itself.
//
// From 3.13 on an interpreter starts its runtime with a table of offsets for debuggers, one 64-bit
// word each, behind a cookie:
//
//   +----------+----------+---------------+-----------------+------------
//   | xdebugpy | version  | free-threaded | size of runtime | ...
//   +----------+----------+---------------+-----------------+------------
//     word 0     word 1     word 2          word 3
//
//   78 64 65 62 75 67 70 79  f0 02 0f 03 00 00 00 00  00 ... = 3.15.2, with a GIL
//
// The table is flat and unlabelled; which word means what is a property of the minor version, and
// the generated PublishedMap knows it. It serves builds that no compiled layout fits: debug builds,
// vendor builds with patched structs, a minor version newer than this program.
//
// The table does not say everything that we use. What it leaves out is taken from the compiled
// layout of the same minor version as long as everything that it does say about that struct agrees;
// otherwise those members are absent, and what needs them is switched off. A newer minor version is
// read with the map of the newest known one, keeps only what it publishes (and the few groups
// marked lasting), and has no instruction table. Words may have moved there, so the result has to
// make sense: nothing overlaps, everything lies inside its struct, structs that contain one another
// fit.
//
// The target may be hostile: no word is used before it has passed those checks.
namespace tachyon {

using PublishedLayout = schema::Published;

struct PublishedHeader {
  BuildId build;
  std::uint32_t version_hex = 0;

  // 0xa, 0xb, 0xc: alpha, beta, candidate; 0xf: final.
  constexpr bool is_prerelease() const noexcept { return (version_hex >> 4 & 0xf) != 0xf; }
};

inline constexpr std::string_view published_cookie = "xdebugpy";
inline constexpr std::size_t published_header_bytes = 24;

// The first three words. They alone decide what the rest means.
inline Result<PublishedHeader> published_header(Bytes table, Arch arch = native_arch) noexcept {
  if (table.size() < published_header_bytes) return Errc::truncated;
  if (as_text(table.first(8)) != published_cookie) return Errc::not_python;
  const auto version = load<std::uint64_t>(table, 8);
  const auto free_threaded = load<std::uint64_t>(table, 16);
  if (version >> 24 != 3 || free_threaded > 1) return Error{Errc::bad_value, 0, {8}};
  return PublishedHeader{{static_cast<std::uint8_t>(version >> 16), free_threaded == 1, arch},
                         static_cast<std::uint32_t>(version)};
}

// A compiled layout in the other model. Everything below works on this one type, so it is compiled
// once and not once a layout.
template <CompiledLayout L>
constexpr PublishedLayout as_published(const L& layout) noexcept {
  PublishedLayout out;
  out.build = layout.build;
  out.version_hex = layout.version_hex;
  out.traits = layout.traits;
  out.opcodes = layout.opcodes;
  schema::for_each_group(out, layout, [](auto& group, const auto& compiled) { group = compiled; });
  return out;
}
template <CompiledLayout L>
inline constexpr PublishedLayout published_form = as_published(L{});

namespace detail {

inline constexpr std::uint32_t largest_struct = 16U << 20;  // the largest known has 700 KB
inline constexpr std::uint32_t largest_unsized = 4096;      // structs whose size is not published

template <class Member>
inline constexpr bool is_size = std::is_same_v<Member, std::uint32_t>;
template <class Member>
inline constexpr bool is_value = std::is_same_v<Member, Value>;
template <class Member>
inline constexpr bool is_place = !is_size<Member> && !is_value<Member>;

// A member without its type, so that the rules below are compiled once and not once a group.
struct Cell {
  enum class Kind : std::uint8_t { field, start, bits, size, value };

  Kind kind = Kind::field;
  std::uint32_t width = 0;   // of a field or the word of a bit-field; a start may be empty
  std::uint32_t offset = 0;  // a size, too
  std::uint32_t mask = 0;
  std::int64_t number = 0;

  constexpr bool is_place() const noexcept { return kind < Kind::size; }
  constexpr bool present() const noexcept { return offset != Field<std::byte>::absent; }
  friend constexpr bool operator==(const Cell&, const Cell&) noexcept = default;
};

template <class Member>
constexpr Cell to_cell(const Member& member) noexcept {
  if constexpr (is_size<Member>) {
    return {Cell::Kind::size, 0, member, 0, 0};
  } else if constexpr (is_value<Member>) {
    return {Cell::Kind::value, 0, 0, 0, member.number};
  } else if constexpr (std::is_same_v<Member, Bits>) {
    return {Cell::Kind::bits, 4, member.offset, member.mask, 0};
  } else if constexpr (std::is_same_v<Member, Start>) {
    return {Cell::Kind::start, 0, member.offset, 0, 0};
  } else {
    return {Cell::Kind::field, Member{0}.end(), member.offset, 0, 0};
  }
}

template <class Member>
constexpr void from_cell(Member& member, const Cell& cell) noexcept {
  if constexpr (is_size<Member>) {
    member = cell.offset;
  } else if constexpr (is_value<Member>) {
    member.number = cell.number;
  } else if constexpr (std::is_same_v<Member, Bits>) {
    member = {cell.offset, cell.mask};
  } else {
    member.offset = cell.offset;
  }
}

// Fills one layout from one table. `known` is the compiled layout whose map reads the table. Only
// ever used with Target = PublishedLayout; as a template it costs nothing where it is not used.
template <class Target>
class PublishedReader {
 public:
  PublishedReader(Bytes table, PublishedHeader header, const Target& known,
                  const PublishedMap& map) noexcept
      : table_{table}, header_{header}, known_{known}, map_{map} {}

  Result<Target> read() noexcept {
    Target out;
    out.build = header_.build;
    out.version_hex = header_.version_hex;
    out.traits = known_.traits;
    if (same_minor()) out.opcodes = known_.opcodes;
    std::uint8_t number = 0;
    schema::for_each_group(out, known_, [&]<class Group>(Group& group, const Group& known) {
      std::array<Cell, Group::names.size()> before{};
      boost::pfr::for_each_field(known,
                                 [&](const auto& m, std::size_t i) { before[i] = to_cell(m); });
      std::array<Cell, Group::names.size()> after = before;
      fill(after, before, number++, Group::lasting);
      // A thread object is longer than the struct whose size is published.
      check(after, std::is_same_v<Group, schema::Thread> ? largest_unsized : 0);
      boost::pfr::for_each_field(group, [&](auto& m, std::size_t i) { from_cell(m, after[i]); });
    });
    if (error_.code == Errc::ok && !fits_together(out)) error_ = {Errc::bad_value, 0, {}};
    // A newer table that does not make sense is one whose words moved.
    if (error_.code != Errc::ok) return same_minor() ? error_ : Error{Errc::unsupported_version};
    return out;
  }

 private:
  static constexpr std::uint32_t absent = Field<std::byte>::absent;

  bool same_minor() const noexcept { return known_.build.minor == header_.build.minor; }

  const PublishedWord* find(std::uint8_t group, std::size_t member) const noexcept {
    for (const PublishedWord& word : map_.words) {
      if (word.group == group && word.member == member) return &word;
    }
    return nullptr;
  }

  std::uint64_t word(std::uint16_t at) const noexcept {
    return load<std::uint64_t>(table_, std::size_t{at} * 8);
  }

  // The offset or size that the table gives, or absent.
  std::uint32_t value_of(const PublishedWord& place) noexcept {
    std::uint64_t value = word(place.word);
    if (place.when == PublishedWord::When::nonzero && value == 0) return absent;
    if (place.when == PublishedWord::When::free_threaded && !header_.build.free_threaded) {
      return absent;
    }
    if (place.plus != 0) value += word(place.plus);
    if (place.minus != 0) value -= word(place.minus);
    if (value > largest_struct) {
      error_ = {Errc::bad_value, 0, {std::uint64_t{place.word} * 8}};
      return absent;
    }
    return static_cast<std::uint32_t>(value);
  }

  // `group` comes in as the known build has it.
  void fill(std::span<Cell> group, std::span<const Cell> known, std::uint8_t number,
            bool lasting) noexcept {
    bool agrees = true;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const PublishedWord* place = find(number, i);
      if (place == nullptr) continue;
      // The word of a bit-field is published, its mask is not: one that the known build lacks stays
      // absent.
      const bool maskless = group[i].kind == Cell::Kind::bits && group[i].mask == 0;
      group[i].offset = maskless ? absent : value_of(*place);
      if (group[i].is_place()) agrees = agrees && group[i] == known[i];
    }
    if (same_minor() ? agrees : lasting) return;
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (find(number, i) != nullptr) continue;
      if (group[i].kind == Cell::Kind::size) group[i].offset = 0;
      if (group[i].is_place()) group[i].offset = absent;
      group[i].number = Value::absent;
    }
  }

  // Inside the struct, aligned, and not on top of one another.
  void check(std::span<const Cell> group, std::uint32_t behind) noexcept {
    std::uint32_t limit = largest_unsized;
    for (const Cell& cell : group) {
      if (cell.kind == Cell::Kind::size && cell.offset != 0) limit = cell.offset + behind;
    }
    for (const Cell& a : group) {
      if (!a.is_place() || !a.present()) continue;
      const bool inside = a.offset <= limit && limit - a.offset >= a.width;
      if (!inside || (a.width != 0 && a.offset % a.width != 0)) bad(a);
      for (const Cell& b : group) {
        if (&a == &b || !b.is_place() || !b.present()) continue;
        const bool both_bits = a.kind == Cell::Kind::bits && b.kind == Cell::Kind::bits;
        if (!both_bits && a.offset >= b.offset && a.offset - b.offset < b.width) bad(a);
      }
    }
  }
  void bad(const Cell& cell) noexcept { error_ = {Errc::bad_value, 0, {cell.offset}}; }

  static bool fits_together(const Target& l) noexcept {
    return schema::is_walkable(l) && l.object.type.end() == l.object.size &&
           l.var_object.count.offset == l.object.size && l.unicode.length.offset == l.object.size &&
           l.bytes.data.offset > l.var_object.count.offset &&
           l.unicode.compact_data.offset > l.unicode.ascii_data.offset &&
           l.frame.localsplus.offset + 8 == l.frame.size && l.interpreter.size < l.runtime.size;
  }

  Bytes table_;
  PublishedHeader header_;
  const Target& known_;
  const PublishedMap& map_;
  Error error_{};
};

// Can Known's map read a table with this header? Newer minors are read with an older map.
template <class Known>
constexpr bool reads(const PublishedHeader& header) noexcept {
  return Known::published_map.count != 0 && Known::build.minor <= header.build.minor &&
         Known::build.free_threaded == header.build.free_threaded &&
         Known::build.arch == header.build.arch;
}

// The newest minor version in the list whose map can read it; 0 when there is none.
template <CompiledLayout... Ls>
constexpr std::uint8_t reader_of(TypeList<Ls...>, const PublishedHeader& header) noexcept {
  std::uint8_t newest = 0;
  ((newest = reads<Ls>(header) && Ls::build.minor > newest ? Ls::build.minor : newest), ...);
  return newest;
}

}  // namespace detail

// How many bytes of table a reader of this build wants, 0 when no layout in the list can read it.
template <CompiledLayout... Ls>
constexpr std::size_t published_table_bytes(TypeList<Ls...> layouts,
                                            const PublishedHeader& header) noexcept {
  const std::uint8_t minor = detail::reader_of(layouts, header);
  std::size_t words = 0;
  ((words = Ls::build.minor == minor ? std::size_t{Ls::published_map.count} : words), ...);
  return words * 8;
}

// The layout in `table`, read with the map of the same minor version or the newest known one.
// A pre-release is refused unless it is exactly one that a layout in the list was made from: words
// move between alphas, betas and candidates.
template <CompiledLayout... Ls>
Result<PublishedLayout> read_published(TypeList<Ls...> layouts, Bytes table,
                                       Arch arch = native_arch) noexcept {
  const auto header = published_header(table, arch);
  if (!header) return header.error();
  if (header->is_prerelease() && !((Ls::version_hex == header->version_hex) || ...)) {
    return Errc::unsupported_prerelease;
  }
  const std::size_t wanted = published_table_bytes(layouts, *header);
  if (wanted == 0) return Errc::unsupported_version;
  if (table.size() < wanted) return Errc::truncated;
  BuildId reader = header->build;
  reader.minor = detail::reader_of(layouts, *header);
  const PublishedLayout* known = nullptr;
  const PublishedMap* map = nullptr;
  ((Ls::build == reader ? (void)(known = &published_form<Ls>, map = &Ls::published_map) : (void)0),
   ...);
  return detail::PublishedReader<PublishedLayout>{table, *header, *known, *map}.read();
}

}  // namespace tachyon

// ---- tachyon/layout/verify.hpp ----

// Does the compiled layout fit the process in front of us?
//
// A version number does not say so: a debug build, a patched vendor build and a build with other
// options carry the same one. Where the target publishes its offsets they are compared member by
// member. Equal: the compiled layout is used, and all offsets are immediates. Different: the
// published one is used. Sizes are never compared: they change between patch releases of one minor
// version while every offset stays.
namespace tachyon {

struct LayoutDifference {
  std::string_view group;
  std::string_view member;
  std::uint32_t compiled;  // offset; Field<...>::absent when there is none
  std::uint32_t published;
};

// visit(LayoutDifference) for every member whose place differs.
template <Layout L, class Visit>
constexpr void for_each_difference(const L& compiled, const L& published, Visit&& visit) {
  for_each_member(compiled, published,
                  [&](std::string_view group, std::string_view name, const auto& a, const auto& b) {
                    if constexpr (detail::is_place<std::remove_cvref_t<decltype(a)>>) {
                      if (!(a == b)) visit(LayoutDifference{group, name, a.offset, b.offset});
                    }
                  });
}

template <Layout L>
constexpr bool same_places(const L& a, const L& b) noexcept {
  bool same = true;
  for_each_difference(a, b, [&](const LayoutDifference&) { same = false; });
  return same;
}

// Calls `visit` with the compiled layout when the target's table agrees with it, with the published
// one otherwise. For targets that publish a table; others are chosen by version alone,
// with_layout().
template <CompiledLayout... Ls, class Visit>
auto with_published_layout(TypeList<Ls...> layouts, Bytes table, Arch arch, Visit&& visit)
    -> std::invoke_result_t<Visit&, PublishedLayout> {
  const auto published = read_published(layouts, table, arch);
  if (!published) return published.error();
  bool agrees = false;
  ((Ls::build == published->build ? (void)(agrees = same_places(published_form<Ls>, *published))
                                  : (void)0),
   ...);
  if (agrees) return with_layout(layouts, published->build, visit);
  return visit(*published);
}

}  // namespace tachyon

// ---- tachyon/target/elf.hpp ----

#include <elf.h>

// As much of ELF as it takes to find an interpreter: sections by name, symbols by name, the build
// id, and where the file came to lie in an address space.
//
// The same code reads a file (FileBytes: an address is an offset) and an image in a target's memory.
// In a file the section headers lead to everything. They are not mapped, so in memory the way is
// program headers -> PT_DYNAMIC -> hash table, symbols, strings:
//
//   ELF header --e_phoff--> PT_LOAD ...            where each part of the file lies
//       |                   PT_DYNAMIC --> DT_GNU_HASH --> bloom | buckets | chains
//       |                                  DT_SYMTAB, DT_STRTAB    (index of a symbol)
//       +------e_shoff----> sections, named by .shstrtab
//
// The values of DT_* are virtual addresses that glibc's loader has replaced by absolute ones, while
// musl (and the kernel's own vDSO) left them alone: what lies below the load bias gets it added.
//
// A file is only believed, never trusted: counts are capped, no number read from it sizes anything
// before it was compared with a cap, chains end after a bounded number of steps, and every read is
// checked by the memory it goes to.
namespace tachyon {

namespace detail {

template <class T, Memory M>
Result<T> fetch(M& memory, Address at) noexcept {
  T value{};
  if (const auto read = memory.read(at, std::as_writable_bytes(std::span{&value, 1})); !read) {
    return read.error();
  }
  return value;
}

// `count` elements; the caller has bounded it.
template <class T, Memory M>
Result<std::vector<T>> fetch_array(M& memory, Address at, std::size_t count) {
  std::vector<T> values(count);
  if (const auto read = memory.read(at, std::as_writable_bytes(std::span{values})); !read) {
    return read.error();
  }
  return values;
}

// Does the text at `at` read `name`, closing zero included?
template <Memory M>
bool text_is(M& memory, Address at, std::string_view name) noexcept {
  std::array<std::byte, 64> buffer;
  if (name.size() >= buffer.size()) return false;
  const std::span into = std::span{buffer}.first(name.size() + 1);
  return memory.read(at, into) && as_text(into.first(name.size())) == name &&
         buffer[name.size()] == std::byte{0};
}

constexpr std::uint32_t gnu_hash(std::string_view name) noexcept {
  std::uint32_t h = 5381;
  for (const char c : name) h = h * 33 + static_cast<unsigned char>(c);
  return h;
}

constexpr std::uint32_t sysv_hash(std::string_view name) noexcept {
  std::uint32_t h = 0;
  for (const char c : name) {
    h = (h << 4) + static_cast<unsigned char>(c);
    h = (h ^ (h >> 24 & 0xf0)) & 0x0fffffff;
  }
  return h;
}

}  // namespace detail

inline constexpr std::size_t most_elf_segments = 256;
inline constexpr std::size_t most_elf_sections = 4096;

struct ElfSymbol {
  std::uint64_t value = 0;  // as the file says, without the load bias
  std::uint64_t size = 0;
};

// A hash table of dynamic symbols and what it refers to, all as addresses of one memory.
struct ElfSymbols {
  Address gnu_hash{};
  Address sysv_hash{};
  Address symbols{};
  Address strings{};

  template <Memory M>
  Result<ElfSymbol> find(M& memory, std::string_view name) const noexcept {
    if (gnu_hash) return find_gnu(memory, name);
    if (sysv_hash) return find_sysv(memory, name);
    return Errc::unsupported;
  }

 private:
  static constexpr std::uint32_t longest_chain = 4096;

  template <Memory M>
  Result<ElfSymbol> find_gnu(M& memory, std::string_view name) const noexcept {
    const auto header = detail::fetch<std::array<std::uint32_t, 4>>(memory, gnu_hash);
    if (!header) return header.error();
    const auto [buckets, first, bloom_words, shift] = *header;
    if (buckets == 0 || bloom_words == 0 || shift > 31) return Errc::bad_value;
    const std::uint32_t h = detail::gnu_hash(name);
    const Address bloom = gnu_hash + sizeof *header;
    const auto word = detail::fetch<std::uint64_t>(
        memory, bloom + std::uint64_t{8} * (h / 64 % std::uint64_t{bloom_words}));
    if (!word) return word.error();
    if ((*word >> (h % 64) & *word >> ((h >> shift) % 64) & 1) == 0) return Errc::unsupported;
    const Address bucket = bloom + std::uint64_t{8} * bloom_words;
    const auto start =
        detail::fetch<std::uint32_t>(memory, bucket + std::uint64_t{4} * (h % buckets));
    if (!start) return start.error();
    if (*start < first) return Errc::unsupported;
    const Address chain = bucket + std::uint64_t{4} * buckets;
    for (std::uint32_t i = *start, step = 0; step < longest_chain; ++i, ++step) {
      const auto hash =
          detail::fetch<std::uint32_t>(memory, chain + std::uint64_t{4} * (i - first));
      if (!hash) return hash.error();
      if ((*hash | 1) == (h | 1)) {
        if (const auto found = named(memory, i, name)) return found;
      }
      if ((*hash & 1) != 0) return Errc::unsupported;
    }
    return Errc::too_deep;
  }

  template <Memory M>
  Result<ElfSymbol> find_sysv(M& memory, std::string_view name) const noexcept {
    const auto header = detail::fetch<std::array<std::uint32_t, 2>>(memory, sysv_hash);
    if (!header) return header.error();
    const auto [buckets, chains] = *header;
    if (buckets == 0) return Errc::bad_value;
    const Address bucket = sysv_hash + sizeof *header;
    const Address chain = bucket + std::uint64_t{4} * buckets;
    auto next = detail::fetch<std::uint32_t>(
        memory, bucket + std::uint64_t{4} * (detail::sysv_hash(name) % buckets));
    for (std::uint32_t step = 0; step < longest_chain; ++step) {
      if (!next) return next.error();
      if (*next == 0 || *next >= chains) return Errc::unsupported;
      if (const auto found = named(memory, *next, name)) return found;
      next = detail::fetch<std::uint32_t>(memory, chain + std::uint64_t{4} * *next);
    }
    return Errc::too_deep;
  }

  template <Memory M>
  Result<ElfSymbol> named(M& memory, std::uint32_t index, std::string_view name) const noexcept {
    const auto symbol =
        detail::fetch<Elf64_Sym>(memory, symbols + sizeof(Elf64_Sym) * std::uint64_t{index});
    if (!symbol) return symbol.error();
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0) return Errc::unsupported;
    if (!detail::text_is(memory, strings + symbol->st_name, name)) return Errc::unsupported;
    return ElfSymbol{symbol->st_value, symbol->st_size};
  }
};

// The header and the program headers, from a file or from memory.
struct ElfProgram {
  std::uint16_t machine = 0;
  std::uint16_t type = 0;
  Elf64_Ehdr header{};
  std::vector<Elf64_Phdr> segments{};

  template <Memory M>
  static Result<ElfProgram> read(M& memory, Address at = {}) {
    const auto header = detail::fetch<Elf64_Ehdr>(memory, at);
    if (!header) return header.error();
    const bool ours = std::memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
                      header->e_ident[EI_CLASS] == ELFCLASS64 &&
                      header->e_ident[EI_DATA] == ELFDATA2LSB;
    if (!ours || header->e_phentsize != sizeof(Elf64_Phdr)) return Errc::unsupported;
    if (header->e_phnum == 0 || header->e_phnum > most_elf_segments) return Errc::bad_value;
    auto segments = detail::fetch_array<Elf64_Phdr>(memory, at + header->e_phoff, header->e_phnum);
    if (!segments) return segments.error();
    return ElfProgram{header->e_machine, header->e_type, *header, std::move(*segments)};
  }

  // The bias that puts this program where a mapping of `size` bytes from `offset` of its file, with
  // these rights, starts at `start`. Works for parts of segments that mprotect split, and whatever
  // the page size: only the distance of file offset and address within one segment counts.
  template <class Take>
  void each_bias(Address start, std::uint64_t size, std::uint64_t offset, bool executable,
                 Take&& take) const {
    for (const Elf64_Phdr& segment : segments) {
      if (segment.p_type != PT_LOAD || ((segment.p_flags & PF_X) != 0) != executable) continue;
      const bool overlaps = offset < segment.p_offset + segment.p_filesz &&
                            segment.p_offset < offset + size;
      if (overlaps) take(start.value - offset + segment.p_offset - segment.p_vaddr);
    }
  }

  const Elf64_Phdr* find(std::uint32_t kind) const noexcept {
    const auto found = std::find_if(segments.begin(), segments.end(),
                                    [&](const Elf64_Phdr& s) { return s.p_type == kind; });
    return found == segments.end() ? nullptr : &*found;
  }
};

struct ElfSection {
  std::uint32_t type = 0;
  std::uint32_t link = 0;
  std::uint64_t address = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string_view name{};  // in the file's table of names
};

// A file with its sections. Absent or damaged section headers are no sections, not an error: the
// program headers above are enough to look further.
template <Memory M>
class ElfFile {
 public:
  static Result<ElfFile> read(M& file) {
    auto program = ElfProgram::read(file);
    if (!program) return program.error();
    ElfFile elf{file, std::move(*program)};
    elf.read_sections();
    return elf;
  }

  const ElfProgram& program() const noexcept { return program_; }
  std::span<const ElfSection> sections() const noexcept { return sections_; }

  const ElfSection* section(std::string_view name) const noexcept {
    const auto found = std::find_if(sections_.begin(), sections_.end(),
                                    [&](const ElfSection& s) { return s.name == name; });
    return found == sections_.end() ? nullptr : &*found;
  }

  // Of the dynamic symbols, through the file's hash table.
  Result<ElfSymbol> dynamic_symbol(std::string_view name) const noexcept {
    return dynamic_symbols().find(*file_, name);
  }

  // Of .symtab, which a stripped file lacks. One pass over the names and one over the symbols serves
  // all that are asked for; found[i] answers names[i]. Half a megabyte of names costs about 1 ms.
  std::vector<ElfSymbol> static_symbols(std::span<const std::string_view> names) const {
    std::vector<ElfSymbol> found(names.size());
    for (const ElfSection& table : sections_) {
      if (table.type != SHT_SYMTAB || table.link >= sections_.size()) continue;
      const std::vector<NameAt> offsets = find_names(sections_[table.link], names);
      if (!offsets.empty()) match_symbols(table, offsets, found);
    }
    return found;
  }

 private:
  struct NameAt {
    std::uint32_t offset;  // in the table of strings
    std::size_t which;
  };
  static constexpr std::uint64_t largest_table = std::uint64_t{1} << 28;
  static constexpr std::size_t largest_names = std::size_t{1} << 17;
  static constexpr std::size_t step = std::size_t{1} << 16;

  ElfFile(M& file, ElfProgram program) : file_{&file}, program_{std::move(program)} {}

  void read_sections() {
    const Elf64_Ehdr& header = program_.header;
    const std::size_t count = header.e_shnum;
    if (header.e_shentsize != sizeof(Elf64_Shdr) || count == 0 || count > most_elf_sections) return;
    const auto raw = detail::fetch_array<Elf64_Shdr>(*file_, {header.e_shoff}, count);
    if (!raw || header.e_shstrndx >= count) return;
    const Elf64_Shdr& table = (*raw)[header.e_shstrndx];
    if (table.sh_size > largest_names) return;
    auto names = detail::fetch_array<char>(*file_, {table.sh_offset},
                                           static_cast<std::size_t>(table.sh_size));
    if (!names) return;
    names_ = std::move(*names);
    sections_.reserve(count);
    for (const Elf64_Shdr& s : *raw) {
      sections_.push_back({s.sh_type, s.sh_link, s.sh_addr, s.sh_offset, s.sh_size, {}});
      if (s.sh_name >= names_.size()) continue;
      const char* const name = names_.data() + s.sh_name;
      sections_.back().name = {name, ::strnlen(name, names_.size() - s.sh_name)};
    }
  }

  ElfSymbols dynamic_symbols() const noexcept {
    ElfSymbols found;
    for (const ElfSection& s : sections_) {
      if (s.type != SHT_GNU_HASH && s.type != SHT_HASH) continue;
      if (s.link >= sections_.size() || sections_[s.link].link >= sections_.size()) continue;
      (s.type == SHT_GNU_HASH ? found.gnu_hash : found.sysv_hash) = {s.offset};
      found.symbols = {sections_[s.link].offset};
      found.strings = {sections_[sections_[s.link].link].offset};
    }
    return found;
  }

  // Linkers share tails of names, so a name may begin anywhere; only its end is certain.
  std::vector<NameAt> find_names(const ElfSection& strings,
                                 std::span<const std::string_view> names) const {
    std::vector<NameAt> offsets;
    if (strings.size > largest_table) return offsets;
    constexpr std::size_t overlap = 64;  // longer than any name that is asked for
    std::vector<std::byte> block(step + overlap);
    for (std::uint64_t at = 0; at < strings.size; at += step) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), strings.size - at));
      const std::span here = std::span{block}.first(size);
      if (!file_->read({strings.offset + at}, here)) break;
      for (std::size_t which = 0; which < names.size(); ++which) {
        for (std::size_t from = 0; from < step;) {
          const std::string_view text = as_text(here);
          const std::size_t hit = text.find(names[which], from);
          if (hit == std::string_view::npos || hit >= step) break;
          from = hit + 1;
          const std::size_t end = hit + names[which].size();
          if (end < text.size() && text[end] == '\0') {
            offsets.push_back({static_cast<std::uint32_t>(at + hit), which});
          }
        }
      }
    }
    return offsets;
  }

  void match_symbols(const ElfSection& table, std::span<const NameAt> offsets,
                     std::vector<ElfSymbol>& found) const {
    if (table.size > largest_table) return;
    const std::uint64_t count = table.size / sizeof(Elf64_Sym);
    std::vector<Elf64_Sym> block(step / sizeof(Elf64_Sym));
    for (std::uint64_t at = 0; at < count; at += block.size()) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), count - at));
      const std::span here = std::span{block}.first(size);
      if (!file_->read({table.offset + at * sizeof(Elf64_Sym)}, std::as_writable_bytes(here))) break;
      for (const Elf64_Sym& symbol : here) {
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
        for (const NameAt& name : offsets) {
          if (symbol.st_name == name.offset) found[name.which] = {symbol.st_value, symbol.st_size};
        }
      }
    }
  }

  M* file_;
  ElfProgram program_;
  std::vector<char> names_;
  std::vector<ElfSection> sections_;
};

// A program as the loader left it in memory: dynamic symbols and the build id, without any file.
template <Memory M>
class ElfImage {
 public:
  // `start` is where the file's first byte is mapped.
  static Result<ElfImage> read(M& memory, Address start) {
    auto program = ElfProgram::read(memory, start);
    if (!program) return program.error();
    const Elf64_Phdr* first = nullptr;
    for (const Elf64_Phdr& segment : program->segments) {
      if (segment.p_type == PT_LOAD && segment.p_offset < largest_page) {
        first = &segment;
        break;
      }
    }
    if (!first) return Errc::bad_value;
    ElfImage image{memory, std::move(*program)};
    image.bias_ = start.value + first->p_offset - first->p_vaddr;
    image.read_dynamic();
    return image;
  }

  const ElfProgram& program() const noexcept { return program_; }
  std::uint64_t bias() const noexcept { return bias_; }

  // The address in the target.
  Result<Address> symbol(std::string_view name) const noexcept {
    const auto found = symbols_.find(*memory_, name);
    if (!found) return found.error();
    return Address{found->value + bias_};
  }

 private:
  static constexpr std::uint64_t largest_page = 65536;
  static constexpr std::uint64_t most_dynamic = 1024;

  ElfImage(M& memory, ElfProgram program) : memory_{&memory}, program_{std::move(program)} {}

  void read_dynamic() {
    const Elf64_Phdr* dynamic = program_.find(PT_DYNAMIC);
    if (!dynamic) return;
    const std::uint64_t count =
        std::min<std::uint64_t>(dynamic->p_memsz / sizeof(Elf64_Dyn), most_dynamic);
    const auto entries = detail::fetch_array<Elf64_Dyn>(*memory_, {bias_ + dynamic->p_vaddr},
                                                        static_cast<std::size_t>(count));
    if (!entries) return;
    for (const Elf64_Dyn& entry : *entries) {
      const std::uint64_t value = entry.d_un.d_ptr;
      const Address at{value < bias_ ? value + bias_ : value};
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_GNU_HASH) symbols_.gnu_hash = at;
      if (entry.d_tag == DT_HASH) symbols_.sysv_hash = at;
      if (entry.d_tag == DT_SYMTAB) symbols_.symbols = at;
      if (entry.d_tag == DT_STRTAB) symbols_.strings = at;
    }
  }

  M* memory_;
  ElfProgram program_;
  std::uint64_t bias_ = 0;
  ElfSymbols symbols_;
};

// The build id in the notes of `program`, whose segment offsets `place` turns into addresses of
// `memory` (the identity for a file; vaddr plus bias for an image). Empty when there is none.
template <Memory M, class Place>
std::vector<std::byte> read_build_id(M& memory, const ElfProgram& program, Place&& place) {
  constexpr std::uint64_t largest_notes = 65536;
  constexpr std::size_t largest_id = 64;
  for (const Elf64_Phdr& segment : program.segments) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > largest_notes) continue;
    const auto notes = detail::fetch_array<std::byte>(memory, place(segment),
                                                      static_cast<std::size_t>(segment.p_filesz));
    if (!notes) continue;
    const std::uint64_t padding = segment.p_align == 8 ? 7 : 3;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= notes->size();) {
      const auto note = load<Elf64_Nhdr>(*notes, static_cast<std::size_t>(at));
      const std::uint64_t name = at + sizeof note;
      const std::uint64_t data = (name + note.n_namesz + padding) & ~padding;
      const auto owner = slice(*notes, name, note.n_namesz);
      const auto id = slice(*notes, data, note.n_descsz);
      if (!owner || !id) break;
      if (note.n_type == NT_GNU_BUILD_ID && as_text(*owner) == std::string_view{"GNU\0", 4} &&
          id->size() <= largest_id) {
        return {id->begin(), id->end()};
      }
      at = (data + note.n_descsz + padding) & ~padding;
    }
  }
  return {};
}

}  // namespace tachyon

// ---- tachyon/target/maps.hpp ----

// What is mapped where: the table that /proc/PID/maps prints, and which core files carry as a note.
//
//   7f1c00200000-7f1c00285000 r--p 00085000 fe:01 1311 /usr/lib/libpython3.13.so.1.0 (deleted)
//   start        end          perms offset  device inode path, to the end of the line
//
// The path is the target's text: any byte but a line feed, which the kernel writes as \012. A file
// that was removed or replaced since (a package upgrade) has the marker " (deleted)" appended; it is
// taken off and remembered. Whether a path leads to the mapped file is for whoever opens it to check,
// by device and inode: the path is spelled in the kernel's idea of our root, not the target's.
namespace tachyon {

struct Mapping {
  Address start{};
  Address end{};
  std::uint64_t offset = 0;  // in the file
  std::uint64_t device = 0;  // major << 32 | minor; 0 = unknown
  std::uint64_t inode = 0;   // 0 = no file, or unknown
  bool readable = false;
  bool writable = false;
  bool executable = false;
  bool shared = false;
  bool deleted = false;
  std::string path{};  // empty, "/a/file", "[heap]", "/memfd:name"

  constexpr std::uint64_t size() const noexcept { return end - start; }
  constexpr bool contains(Address at) const noexcept { return start <= at && at < end; }
  constexpr bool of_file() const noexcept { return !path.empty() && path[0] == '/'; }
  bool same_file(const Mapping& other) const noexcept {
    return inode == other.inode && device == other.device && path == other.path;
  }
};

namespace detail {

// Takes hexadecimal or decimal digits and the one character that must follow them.
inline bool take_number(std::string_view& text, std::uint64_t& value, int base,
                        char after) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value, base);
  if (code != std::errc{} || stop == end || *stop != after) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return true;
}

inline std::string without_escapes(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const bool line_feed = text.substr(at, 4) == "\\012";
    plain += line_feed ? '\n' : text[at];
    at += line_feed ? 4 : 1;
  }
  return plain;
}

}  // namespace detail

// One line without its line feed; false when it is not a line of that file.
inline bool parse_mapping(std::string_view line, Mapping& into) {
  into = {};
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  if (!detail::take_number(line, into.start.value, 16, '-')) return false;
  if (!detail::take_number(line, into.end.value, 16, ' ')) return false;
  if (into.end <= into.start || line.size() < 5 || line[4] != ' ') return false;
  into.readable = line[0] == 'r';
  into.writable = line[1] == 'w';
  into.executable = line[2] == 'x';
  into.shared = line[3] == 's';
  line.remove_prefix(5);
  if (!detail::take_number(line, into.offset, 16, ' ')) return false;
  if (!detail::take_number(line, major, 16, ':')) return false;
  if (!detail::take_number(line, minor, 16, ' ')) return false;
  if (major > 0xffffffffU || minor > 0xffffffffU) return false;
  into.device = major << 32 | minor;
  const char* const end = line.data() + line.size();
  const auto [stop, code] = std::from_chars(line.data(), end, into.inode);
  if (code != std::errc{}) return false;
  line.remove_prefix(static_cast<std::size_t>(stop - line.data()));
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  constexpr std::string_view marker = " (deleted)";
  if (line.starts_with('/') && line.ends_with(marker)) {
    into.deleted = true;
    line.remove_suffix(marker.size());
  }
  into.path = detail::without_escapes(line);
  return true;
}

class Maps {
 public:
  Maps() = default;
  // In any order; kept by address. Overlaps do not occur in a kernel's table; a forged one only
  // makes lookups find the earlier of the two.
  explicit Maps(std::vector<Mapping> all) : all_{std::move(all)} {
    std::stable_sort(all_.begin(), all_.end(),
                     [](const Mapping& a, const Mapping& b) { return a.start < b.start; });
  }

  // Lines that do not parse are left out and counted: a kernel that adds a kind of line must not end
  // the attach.
  static Maps parse(std::string_view text) {
    std::vector<Mapping> all;
    std::size_t skipped = 0;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      Mapping mapping;
      if (parse_mapping(text.substr(0, end), mapping)) {
        all.push_back(std::move(mapping));
      } else {
        ++skipped;
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    Maps maps{std::move(all)};
    maps.skipped_ = skipped;
    return maps;
  }

  std::span<const Mapping> all() const noexcept { return all_; }
  std::size_t skipped() const noexcept { return skipped_; }

  const Mapping* find(Address at) const noexcept {
    const auto after =
        std::upper_bound(all_.begin(), all_.end(), at,
                         [](Address a, const Mapping& mapping) { return a < mapping.start; });
    if (after == all_.begin()) return nullptr;
    const Mapping& candidate = *std::prev(after);
    return candidate.contains(at) ? &candidate : nullptr;
  }

  // Indices of file mappings, mappings of one file side by side and in order of address.
  std::vector<std::uint32_t> by_file() const {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < all_.size(); ++i) {
      if (all_[i].of_file()) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      const Mapping& x = all_[a];
      const Mapping& y = all_[b];
      if (x.inode != y.inode) return x.inode < y.inode;
      if (x.device != y.device) return x.device < y.device;
      return x.path < y.path;
    });
    return order;
  }

 private:
  std::vector<Mapping> all_;
  std::size_t skipped_ = 0;
};

}  // namespace tachyon

// ---- tachyon/target/process.hpp ----

#include <sys/sysmacros.h>

// What the system says about a process. Everything is read relative to one descriptor of its /proc
// directory, opened once: when the process ends, reads fail, even if the pid has a new owner.
namespace tachyon {

// The lines of /proc/PID/status that decide what may be read and how threads are numbered.
struct ProcessStatus {
  std::string name{};
  std::int32_t process = 0;  // thread group: differs from the pid asked for if that is a thread
  std::int32_t tracer = 0;   // a debugger holds it
  std::uint32_t user = 0;    // effective
  std::uint32_t real_user = 0;
  std::uint32_t group = 0;         // effective
  std::uint64_t capabilities = 0;  // effective
  std::int32_t seccomp = 0;        // 0 off, 1 strict, 2 filter
  bool no_new_privileges = false;
  std::int32_t threads = 0;
  std::vector<std::int32_t> ids{};  // NSpid: outermost namespace first, its own last
};

namespace detail {

template <class T>
T leading_number(std::string_view text, int base = 10) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// The second of the blank-separated numbers: "real effective saved file".
inline std::string_view after_first(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  return text;
}

inline std::vector<std::int32_t> all_numbers(std::string_view text) {
  std::vector<std::int32_t> numbers;
  constexpr std::size_t deepest = 64;  // the kernel stops nesting pid namespaces at 32
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty() || numbers.size() == deepest) return numbers;
    numbers.push_back(leading_number<std::int32_t>(text));
    text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  }
}

}  // namespace detail

inline ProcessStatus parse_process_status(std::string_view text) {
  ProcessStatus status;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    using detail::leading_number;
    if (key == "Name") status.name = value.substr(std::min<std::size_t>(1, value.size()));
    if (key == "Tgid") status.process = leading_number<std::int32_t>(value);
    if (key == "TracerPid") status.tracer = leading_number<std::int32_t>(value);
    if (key == "Uid") {
      status.real_user = leading_number<std::uint32_t>(value);
      status.user = leading_number<std::uint32_t>(detail::after_first(value));
    }
    if (key == "Gid") status.group = leading_number<std::uint32_t>(detail::after_first(value));
    if (key == "CapEff") status.capabilities = leading_number<std::uint64_t>(value, 16);
    if (key == "Seccomp") status.seccomp = leading_number<std::int32_t>(value);
    if (key == "NoNewPrivs") status.no_new_privileges = leading_number<int>(value) != 0;
    if (key == "Threads") status.threads = leading_number<std::int32_t>(value);
    if (key == "NSpid") status.ids = detail::all_numbers(value);
  }
  return status;
}

// How a mapped file was reached. A session's report names it.
enum class OpenedBy : std::uint8_t { none, map_files, exe, root, path, given };

constexpr std::string_view name_of(OpenedBy by) noexcept {
  switch (by) {
    case OpenedBy::map_files:
      return "map_files";
    case OpenedBy::exe:
      return "exe link";
    case OpenedBy::root:
      return "its own root";
    case OpenedBy::path:
      return "path";
    case OpenedBy::given:
      return "file given";
    case OpenedBy::none:
      break;
  }
  return "memory only";
}

struct OpenedFile {
  Descriptor file;
  OpenedBy by = OpenedBy::none;
  bool certain = false;  // otherwise its first bytes must be compared with the mapped ones
};

class Process {
 public:
  static Result<Process> open(std::int32_t pid) noexcept;

  std::int32_t pid() const noexcept { return pid_; }
  const Descriptor& directory() const noexcept { return directory_; }

  Result<ProcessStat> stat() const noexcept { return detail::read_process_stat(directory_); }
  Result<ProcessStatus> status() const;
  Result<Maps> maps() const;
  Result<std::vector<std::string>> command_line() const;
  Result<std::string> executable() const { return link("exe"); }
  Result<std::string> working_directory() const { return link("cwd"); }
  Result<std::string> root() const { return link("root"); }
  // Of a namespace ("pid", "mnt", "user"): equal numbers are the same namespace.
  Result<std::uint64_t> name_space(std::string_view kind) const noexcept;
  // Thread ids, in the order the kernel lists them (creation).
  Result<std::vector<std::int32_t>> tasks() const;
  // Where the program headers of the executable lie (AT_PHDR): the mapping around it is the
  // program.
  Result<Address> program_headers() const noexcept;
  // How much the /proc directory may say of a thread, by its id in *our* numbering.
  Result<std::string> thread_name(std::int32_t task) const;

  // The file behind `mapping`, or an error; never another file that has its name now.
  Result<OpenedFile> open_mapped(const Mapping& mapping) const;

 private:
  static constexpr std::size_t largest_text = std::size_t{64} << 20;

  Result<std::string> text(const char* name, std::size_t limit = largest_text) const;
  Result<std::string> link(const char* name) const;

  std::int32_t pid_ = 0;
  Descriptor directory_;
};

inline Result<Process> Process::open(std::int32_t pid) noexcept {
  Process process;
  process.pid_ = pid;
  auto directory =
      open_for_reading(detail::ProcPath{"/proc/"}.add(pid).c_str(), O_DIRECTORY | O_PATH);
  if (!directory) return detail::process_error(directory.error().sys);
  process.directory_ = std::move(*directory);
  return process;
}

inline Result<std::string> Process::text(const char* name, std::size_t limit) const {
  auto file = open_for_reading(name, 0, directory_.get());
  if (!file) return detail::process_error(file.error().sys);
  auto whole = read_whole(*file, limit);
  if (!whole && whole.error().code == Errc::cannot_read) {
    return detail::process_error(whole.error().sys);
  }
  return whole;
}

inline Result<std::string> Process::link(const char* name) const {
  std::string target(4096, '\0');
  const ssize_t n = ::readlinkat(directory_.get(), name, target.data(), target.size());
  if (n < 0) return detail::process_error(errno);
  target.resize(static_cast<std::size_t>(n));
  return target;
}

inline Result<ProcessStatus> Process::status() const {
  const auto whole = text("status");
  if (!whole) return whole.error();
  return parse_process_status(*whole);
}

inline Result<Maps> Process::maps() const {
  const auto whole = text("maps");
  if (!whole) return whole.error();
  return Maps::parse(*whole);
}

inline Result<std::vector<std::string>> Process::command_line() const {
  const auto whole = text("cmdline");
  if (!whole) return whole.error();
  std::vector<std::string> arguments;
  for (std::string_view rest = *whole; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    arguments.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return arguments;
}

inline Result<std::uint64_t> Process::name_space(std::string_view kind) const noexcept {
  struct ::stat info {};
  const detail::ProcPath path = detail::ProcPath{"ns/"}.add(kind);
  if (::fstatat(directory_.get(), path.c_str(), &info, 0) != 0) return detail::process_error(errno);
  return std::uint64_t{info.st_ino};
}

inline Result<std::vector<std::int32_t>> Process::tasks() const {
  auto directory = open_for_reading("task", O_DIRECTORY, directory_.get());
  if (!directory) return detail::process_error(directory.error().sys);
  std::vector<std::int32_t> tasks;
  const auto listed = detail::each_task(*directory, [&](std::int32_t task) {
    tasks.push_back(task);
    return true;
  });
  if (!listed) return listed.error();
  return tasks;
}

inline Result<Address> Process::program_headers() const noexcept {
  auto file = open_for_reading("auxv", 0, directory_.get());
  if (!file) return detail::process_error(file.error().sys);
  std::array<Elf64_auxv_t, 64> entries{};
  const auto size = read_at(*file, 0, std::as_writable_bytes(std::span{entries}));
  if (!size) return detail::process_error(size.error().sys);
  for (const Elf64_auxv_t& entry : std::span{entries}.first(*size / sizeof entries[0])) {
    if (entry.a_type == AT_PHDR) return Address{entry.a_un.a_val};
  }
  return Errc::bad_value;
}

inline Result<std::string> Process::thread_name(std::int32_t task) const {
  auto name = text(detail::ProcPath{"task/"}.add(task).add("/comm").c_str());
  if (name && name->ends_with('\n')) name->pop_back();
  return name;
}

namespace detail {

// Overlay file systems show one device in the maps and another in stat, so the inode decides, and
// where the devices differ the caller compares contents (the first page) as well.
enum class Likeness : std::uint8_t { other, inode_only, same };

inline Likeness likeness(const Descriptor& file, const Mapping& mapping) noexcept {
  struct ::stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return Likeness::other;
  if (info.st_ino != mapping.inode) return Likeness::other;
  const std::uint64_t device = std::uint64_t{major(info.st_dev)} << 32 | minor(info.st_dev);
  return device == mapping.device ? Likeness::same : Likeness::inode_only;
}

}  // namespace detail

inline Result<OpenedFile> Process::open_mapped(const Mapping& mapping) const {
  // O_NONBLOCK: whatever lies at that path by now, opening it must not wait.
  const auto attempt = [&](const char* path, int directory) {
    return open_for_reading(path, O_NONBLOCK, directory);
  };
  // The link of the mapping itself: right in any namespace and after deletion, but it asks for
  // CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
  const auto hex = [](std::uint64_t value, std::string& into) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    into.append(digits.data(), end);
  };
  std::string path = "map_files/";
  hex(mapping.start.value, path);
  path += '-';
  hex(mapping.end.value, path);
  if (auto file = attempt(path.c_str(), directory_.get())) {
    return OpenedFile{std::move(*file), OpenedBy::map_files, true};
  }
  std::string marked = mapping.path + " (deleted)";
  const std::array ways{std::pair{std::string{"exe"}, OpenedBy::exe},
                        std::pair{"root" + mapping.path, OpenedBy::root},
                        std::pair{mapping.path, OpenedBy::path},
                        std::pair{std::move(marked), OpenedBy::path}};
  for (const auto& [name, by] : ways) {
    auto file = attempt(name.c_str(), directory_.get());
    if (!file) continue;
    const auto like = detail::likeness(*file, mapping);
    if (like == detail::Likeness::other) continue;
    return OpenedFile{std::move(*file), by, like == detail::Likeness::same};
  }
  return Error{Errc::cannot_open, ENOENT, mapping.start};
}

}  // namespace tachyon

// ---- tachyon/target/runtime.hpp ----

// Where in a process is the interpreter, and which one is it?
//
// Everything CPython knows hangs off one static object, _PyRuntime: interpreters, their threads,
// their frames. It lies in the data of the executable or of a shared library, and that file may
// have any name (an application that embeds Python), be stripped, be gone from the disk since the
// last upgrade, or live in a container's file system that we cannot see. So names decide only what
// is tried first. For every mapped program, in turn, the first that holds good wins:
//
//   section         .PyRuntime in the file's section headers            survives stripping
//   dynamic symbol  _PyRuntime through the file's hash table
//   symbol table    _PyRuntime in .symtab                               a static link, not stripped
//   memory symbol   _PyRuntime through PT_DYNAMIC of the mapped image   no file needed
//
// and when no program has it, its writable memory is searched: for the eight bytes "xdebugpy" that
// 3.13 and later put at the start of the object, and for the way the object of 3.11 and 3.12 points
// into itself (its `main` interpreter is a part of it).
//
//   3.13+   +0  x d e b u g p y | version | free-threaded | size | finalizing | interpreters.head |
//   ... 3.12    +24 finalizing  +40 interpreters.head  +48 interpreters.main = runtime + 76392
//
// A find is a claim. It is believed when memory agrees: the cookie with a version word of a CPython
// 3, or a Py_Version of 3.11 or 3.12. Among several (an embedder's copy next to the library's) the
// one that has interpreters wins. An interpreter that is still starting has none: that is an answer
// (`not_started`), to be asked again, and not a failure.
//
// The finder knows a process only as Memory and Modules, so core files work the same way.
namespace tachyon {

enum class FoundBy : std::uint8_t {
  section,
  dynamic_symbol,
  symbol_table,
  memory_symbol,
  cookie,
  structure,
};

constexpr std::string_view name_of(FoundBy by) noexcept {
  constexpr std::array<std::string_view, 6> names{
      ".PyRuntime section",       "dynamic symbol in the file", "symbol table of the file",
      "dynamic symbol in memory", "search for the cookie",      "search for the structure"};
  return names[static_cast<std::size_t>(by)];
}

enum class RuntimeState : std::uint8_t { running, not_started, finalizing };

// Objects of the interpreter that a walker compares pointers with. Zero: not exported there.
struct WellKnown {
  Address code_type{};
  Address none{};
  Address generator_type{};
  Address coroutine_type{};
  Address async_generator_type{};
  Address frame_type{};
};

// e_machine of the programs that run here.
inline constexpr std::uint16_t native_machine =
    native_arch == Arch::aarch64 ? EM_AARCH64 : EM_X86_64;

struct RuntimeSite {
  Address runtime{};
  std::uint32_t version =
      0;  // major<<24 | minor<<16 | micro<<8 | level<<4 | serial, level 15: final
  bool free_threaded = false;
  std::uint16_t machine = 0;  // e_machine
  RuntimeState state = RuntimeState::not_started;
  FoundBy found_by{};
  OpenedBy opened_by{};
  std::string file{};  // as the target's table of mappings names it; empty: anonymous memory
  bool file_deleted = false;
  WellKnown objects{};
  // 3.14+: the table of asyncio's own offsets. Zero until the target imports asyncio.
  Address asyncio_debug{};
  // The start of the object. 3.13+: begins with the table of offsets that the target publishes.
  std::vector<std::byte> table{};

  constexpr unsigned major() const noexcept { return version >> 24; }
  constexpr unsigned minor() const noexcept { return version >> 16 & 0xff; }
  constexpr unsigned micro() const noexcept { return version >> 8 & 0xff; }
  constexpr bool is_final() const noexcept { return (version >> 4 & 0xf) == 0xf; }
  constexpr BuildId build() const noexcept {
    const Arch arch = machine == EM_AARCH64 ? Arch::aarch64 : Arch::x86_64;
    return {static_cast<std::uint8_t>(minor()), free_threaded, arch};
  }
  bool publishes_offsets() const noexcept { return !table.empty(); }
};

// Can the layouts that are compiled in read it at all? A final release whose minor has a layout, or
// that publishes its offsets. A pre-release only if a layout is of that very pre-release: they move
// members, published ones too, from one to the next. The error's address is the version word.
inline Result<void> check_supported(const RuntimeSite& site) noexcept {
  if (site.machine != native_machine) return Error{Errc::unsupported_arch, 0, {site.machine}};
  const auto matches = [&](auto&& test) {
    return std::any_of(all_layouts.begin(), all_layouts.end(), test);
  };
  const BuildId build = site.build();
  if (!site.is_final()) {
    const bool exact = matches([&](const LayoutInfo& layout) {
      return layout.build == build && layout.version_hex == site.version;
    });
    if (!exact) return Error{Errc::unsupported_prerelease, 0, {site.version}};
  }
  const bool known = matches([&](const LayoutInfo& layout) { return layout.build == build; });
  if (!known && !site.publishes_offsets()) {
    return Error{Errc::unsupported_version, 0, {site.version}};
  }
  return {};
}

// A view of what is mapped and of the files behind it.
template <class V>
concept Modules = requires(const V& view, const Mapping& mapping) {
  { view.maps() } -> std::convertible_to<const Maps&>;
  { view.open(mapping) } -> std::same_as<Result<OpenedFile>>;
  { view.program_headers() } -> std::same_as<Address>;  // of the executable; zero if unknown
};

// The modules of a live process, as of its construction.
class ProcessModules {
 public:
  static Result<ProcessModules> read(const Process& process) {
    auto maps = process.maps();
    if (!maps) return maps.error();
    const auto headers = process.program_headers();
    return ProcessModules{process, std::move(*maps), headers ? *headers : Address{}};
  }

  const Maps& maps() const noexcept { return maps_; }
  Result<OpenedFile> open(const Mapping& mapping) const { return process_->open_mapped(mapping); }
  Address program_headers() const noexcept { return headers_; }

 private:
  ProcessModules(const Process& process, Maps maps, Address headers)
      : process_{&process}, maps_{std::move(maps)}, headers_{headers} {}

  const Process* process_;
  Maps maps_;
  Address headers_;
};
static_assert(Modules<ProcessModules>);

namespace detail {

inline constexpr std::uint64_t debug_cookie = 0x7970677562656478;  // "xdebugpy"
inline constexpr std::size_t published_table_size = 1024;          // 3.15 uses 888

// A release that publishes nothing (3.11, 3.12): the generated layout has to say where things are.
struct EarlyRuntime {
  std::uint8_t minor = 0;
  schema::Runtime runtime{};
  std::uint32_t threads_head = 0;        // in the interpreter
  std::uint32_t thread_interpreter = 0;  // in the thread state
};

template <CompiledLayout... Ls>
constexpr auto early_runtimes_of(TypeList<Ls...>) {
  std::array<EarlyRuntime, ((Ls::published_map.count == 0) + ...)> early;
  std::size_t used = 0;
  const auto add = [&]<class L>(L) {
    if (L::published_map.count != 0) return;
    early[used++] = {L::build.minor, L::runtime, L::interpreter.threads_head.offset,
                     L::thread.interp.offset};
  };
  (add(Ls{}), ...);
  return early;
}
inline constexpr auto early_runtimes = early_runtimes_of(AllLayouts{});

constexpr const EarlyRuntime* early_runtime(std::uint64_t minor) noexcept {
  for (const EarlyRuntime& early : early_runtimes) {
    if (early.minor == minor) return &early;
  }
  return nullptr;
}

constexpr bool plausible_version(std::uint64_t word) noexcept {
  return word >> 24 == 3 && (word >> 16 & 0xff) >= 13 && (word >> 16 & 0xff) < 64;
}

template <Memory M, Modules V>
class RuntimeFinder {
 public:
  RuntimeFinder(M& memory, const V& modules) : memory_{memory}, modules_{modules} {}

  Result<RuntimeSite> find() {
    collect_programs();
    for (Program& program : programs_) {
      in_program(program);
      if (best_ && best_->state == RuntimeState::running) break;
    }
    if (!best_ && !older_) search_memory();
    if (best_) {
      best_->asyncio_debug = find_asyncio(*best_);
      return std::move(*best_);
    }
    if (older_) return Error{Errc::unsupported_version, 0, {older_}};
    return Errc::not_python;
  }

  Address find_asyncio(const RuntimeSite& site) {
    if (site.minor() < 14) return {};
    if (programs_.empty()) collect_programs();
    for (const std::string_view part : {std::string_view{}, std::string_view{"_asyncio"}}) {
      for (Program& program : programs_) {
        const std::string& path = program.first().path;
        const bool wanted = part.empty() ? path == site.file : file_name(path).starts_with(part);
        if (!wanted) continue;
        if (const Address at = asyncio_in(program, site)) return at;
      }
    }
    return {};
  }

 private:
  // All mappings of one file.
  struct Program {
    const Maps* maps;
    std::span<const std::uint32_t> indices;
    int rank = 0;

    const Mapping& operator[](std::size_t i) const { return maps->all()[indices[i]]; }
    const Mapping& first() const { return (*this)[0]; }
    std::size_t size() const noexcept { return indices.size(); }
  };

  struct Claim {
    Address runtime{};
    std::uint64_t size = 0;
    Address version{};  // of Py_Version, if exported
    FoundBy by{};
  };

  static constexpr std::size_t most_programs = 4096;

  static std::string_view file_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
  }

  void collect_programs() {
    const Maps& maps = modules_.maps();
    order_ = maps.by_file();
    const Mapping* executable = maps.find(modules_.program_headers());
    for (std::size_t i = 0; i < order_.size() && programs_.size() < most_programs;) {
      const Mapping& first = maps.all()[order_[i]];
      std::size_t end = i;
      bool runs = false;
      for (; end < order_.size() && maps.all()[order_[end]].same_file(first); ++end) {
        runs = runs || maps.all()[order_[end]].executable;
      }
      if (runs) {
        const bool main = executable && executable->same_file(first);
        const bool named = file_name(first.path).find("python") != std::string_view::npos;
        programs_.push_back({&maps, std::span{order_}.subspan(i, end - i),
                             main    ? 0
                             : named ? 1
                                     : 2});
        if (main) executable_ = Address{first.start};
      }
      i = end;
    }
    std::stable_sort(programs_.begin(), programs_.end(),
                     [](const Program& a, const Program& b) { return a.rank < b.rank; });
  }

  // ---- one program
  // --------------------------------------------------------------------------------

  void in_program(Program& program) {
    if (auto opened = open(program)) {
      FileBytes bytes{std::move(opened->file)};
      if (auto elf = ElfFile<FileBytes>::read(bytes)) {
        if (in_file(program, *elf, opened->by)) return;
        // Section headers that led to a hash table have had their say.
        if (has_dynamic(*elf)) return;
      }
    }
    in_image(program);
  }

  static bool has_dynamic(const ElfFile<FileBytes>& elf) noexcept {
    return std::any_of(elf.sections().begin(), elf.sections().end(), [](const ElfSection& s) {
      return s.type == SHT_GNU_HASH || s.type == SHT_HASH;
    });
  }

  // A file found by a path is the mapped one only if it starts with the same bytes: the first page
  // holds the headers and, with every usual linker, the build id.
  std::optional<OpenedFile> open(const Program& program) {
    auto opened = modules_.open(program.first());
    if (!opened) return std::nullopt;
    if (opened->certain) return std::move(*opened);
    for (std::size_t i = 0; i < program.size(); ++i) {
      if (program[i].offset != 0) continue;
      std::array<std::byte, 1024> on_disk;
      std::array<std::byte, 1024> mapped;
      const auto size = read_at(opened->file, 0, on_disk);
      if (!size || *size != on_disk.size() || !memory_.read(program[i].start, mapped)) break;
      if (on_disk == mapped) return std::move(*opened);
      break;
    }
    return std::nullopt;
  }

  // The load biases at which the file is mapped to run; rarely more than one.
  std::vector<std::uint64_t> biases(const Program& program, const ElfProgram& elf) const {
    constexpr std::size_t most = 8;
    std::vector<std::uint64_t> found;
    for (std::size_t i = 0; i < program.size(); ++i) {
      const Mapping& m = program[i];
      if (!m.executable) continue;
      elf.each_bias(m.start, m.size(), m.offset, true, [&](std::uint64_t bias) {
        const bool known = std::find(found.begin(), found.end(), bias) != found.end();
        if (!known && found.size() < most) found.push_back(bias);
      });
    }
    return found;
  }

  bool in_file(const Program& program, const ElfFile<FileBytes>& elf, OpenedBy by) {
    std::array<ElfSymbol, names.size()> symbols{};
    Claim claim;
    const auto dynamic = elf.dynamic_symbol(names[0]);
    if (const ElfSection* section = elf.section(".PyRuntime")) {
      claim = {{section->address}, section->size, {}, FoundBy::section};
    } else if (dynamic) {
      claim = {{dynamic->value}, dynamic->size, {}, FoundBy::dynamic_symbol};
    }
    if (dynamic || has_dynamic(elf)) {
      for (std::size_t i = 1; claim.runtime && i < names.size(); ++i) {
        symbols[i] = elf.dynamic_symbol(names[i]).value_or(ElfSymbol{});
      }
    } else {
      const auto found = elf.static_symbols(names);
      std::copy(found.begin(), found.end(), symbols.begin());
      if (!claim.runtime && symbols[0].value) {
        claim = {{symbols[0].value}, symbols[0].size, {}, FoundBy::symbol_table};
      }
    }
    if (!claim.runtime) return false;
    for (const std::uint64_t bias : biases(program, elf.program())) {
      const auto placed = [&](std::size_t i) {
        return symbols[i].value ? Address{symbols[i].value + bias} : Address{};
      };
      const Claim here{claim.runtime + bias, claim.size, placed(1), claim.by};
      if (!believe(here, &program.first(), elf.program().machine, by)) continue;
      take_objects(placed);
      return true;
    }
    return false;
  }

  void in_image(const Program& program) {
    for (std::size_t i = 0; i < program.size(); ++i) {
      if (program[i].offset != 0) continue;
      const auto image = ElfImage<M>::read(memory_, program[i].start);
      if (!image) continue;
      const auto runtime = image->symbol(names[0]);
      if (!runtime) continue;
      const auto placed = [&](std::size_t k) {
        return image->symbol(names[k]).value_or(Address{});
      };
      const Claim claim{*runtime, 0, placed(1), FoundBy::memory_symbol};
      if (!believe(claim, &program.first(), image->program().machine, OpenedBy::none)) continue;
      take_objects(placed);
      return;
    }
  }

  template <class Placed>
  void take_objects(Placed&& placed) {
    if (!best_) return;
    WellKnown& objects = best_->objects;
    const std::array into{&objects.code_type,
                          &objects.none,
                          &objects.generator_type,
                          &objects.coroutine_type,
                          &objects.async_generator_type,
                          &objects.frame_type};
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (!*into[i]) *into[i] = placed(i + 2);
    }
    prefer_copies(into);
  }

  // An executable that was not built position-independent may hold its own copy of a library's
  // object, and then the library uses that copy.
  void prefer_copies(std::span<Address* const> into) {
    const bool elsewhere =
        executable_ && !programs_.empty() && best_->file != programs_[0].first().path;
    if (!elsewhere) return;
    const auto image = ElfImage<M>::read(memory_, executable_);
    if (!image || image->program().type != ET_EXEC) return;
    for (std::size_t i = 0; i < into.size(); ++i) {
      if (const auto copy = image->symbol(names[i + 2])) *into[i] = *copy;
    }
  }

  // ---- is it one?
  // ---------------------------------------------------------------------------------

  bool believe(const Claim& claim, const Mapping* mapping, std::uint16_t machine, OpenedBy by) {
    RuntimeSite site;
    site.runtime = claim.runtime;
    site.machine = machine;
    site.found_by = claim.by;
    site.opened_by = by;
    if (mapping && mapping->of_file()) site.file = mapping->path;
    if (mapping) site.file_deleted = mapping->deleted;
    const auto words = fetch<std::array<std::uint64_t, 7>>(memory_, claim.runtime);
    if (!words) return false;
    const bool recognised =
        (*words)[0] == debug_cookie ? examine_published(*words, site) : examine_early(claim, site);
    if (!recognised) return false;
    if (best_ && best_->state == RuntimeState::running) return false;
    if (best_ && site.state == RuntimeState::not_started) return false;
    best_ = std::move(site);
    return true;
  }

  bool examine_published(std::span<const std::uint64_t, 7> words, RuntimeSite& site) {
    constexpr std::uint64_t largest_runtime = std::uint64_t{1} << 24;
    const auto [cookie, version, free_threaded, size, finalizing, head, next] =
        std::array{words[0], words[1], words[2], words[3], words[4], words[5], words[6]};
    if (!plausible_version(version) || free_threaded > 1) return false;
    if (size < published_table_size / 2 || size > largest_runtime) return false;
    if (finalizing > size - 8 || head > size - 8) return false;
    site.version = static_cast<std::uint32_t>(version);
    site.free_threaded = free_threaded != 0;
    site.table.resize(published_table_size);
    if (!memory_.read(site.runtime, site.table)) return false;
    return read_state(site, finalizing, head);
  }

  bool examine_early(const Claim& claim, RuntimeSite& site) {
    std::uint64_t version = 0;
    if (claim.version) {
      version = fetch<std::uint64_t>(memory_, claim.version).value_or(std::uint64_t{0});
    } else {
      for (const EarlyRuntime& early : early_runtimes) {
        // Not exported: the size tells them apart. The patch release stays unknown.
        const std::uint64_t minor = early.minor;
        if (claim.size == early.runtime.size) version = 0x030000f0 | minor << 16;
      }
    }
    const EarlyRuntime* early = early_runtime(version >> 16 & 0xff);
    if (version >> 24 != 3 || !early) {
      // 3.7 to 3.10 have a runtime object too, and no Py_Version: remembered for the message.
      older_ = version ? version : 0x03000000;
      return false;
    }
    site.version = static_cast<std::uint32_t>(version);
    return read_state(site, early->runtime.finalizing.offset,
                      early->runtime.interpreters_head.offset);
  }

  bool read_state(RuntimeSite& site, std::uint64_t finalizing, std::uint64_t head) {
    const auto ends = fetch<std::uint64_t>(memory_, site.runtime + finalizing);
    const auto first = fetch<std::uint64_t>(memory_, site.runtime + head);
    if (!ends || !first) return false;
    site.state = *first == 0  ? RuntimeState::not_started
                 : *ends != 0 ? RuntimeState::finalizing
                              : RuntimeState::running;
    return true;
  }

  // ---- no program has it
  // --------------------------------------------------------------------------

  static constexpr std::uint64_t search_budget = std::uint64_t{256} << 20;
  static constexpr std::size_t block_words = 65536;

  void search_memory() {
    std::vector<std::uint64_t> block(block_words);
    for (const bool of_file : {true, false}) {
      std::uint64_t budget = search_budget;
      for (const Mapping& mapping : modules_.maps().all()) {
        const bool candidate = mapping.readable && mapping.writable && !mapping.shared &&
                               mapping.of_file() == of_file && mapping.size() <= budget;
        if (!candidate) continue;
        budget -= mapping.size();
        search_mapping(mapping, block);
        if (best_ && best_->state == RuntimeState::running) return;
      }
    }
  }

  void search_mapping(const Mapping& mapping, std::vector<std::uint64_t>& block) {
    for (Address at = mapping.start; at < mapping.end; at = at + block_words * 8) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(block_words, (mapping.end - at) / 8));
      const std::span words = std::span{block}.first(count);
      if (!memory_.read(at, std::as_writable_bytes(words))) continue;
      for (std::size_t i = 0; i < count; ++i) {
        const Address here = at + i * 8;
        if (words[i] == debug_cookie) {
          believe({here, 0, {}, FoundBy::cookie}, &mapping, native_machine, OpenedBy::none);
        }
        for (const EarlyRuntime& early : early_runtimes) {
          const std::uint64_t main = early.runtime.main_interpreter.offset;
          const Address runtime = here - early.runtime.interpreters_main.offset;
          if (words[i] == runtime.value + main) try_early(early, runtime, mapping);
        }
      }
    }
  }

  // Its `interpreters.main` is its own embedded interpreter. Does that have a thread which belongs
  // to it?
  void try_early(const EarlyRuntime& early, Address runtime, const Mapping& mapping) {
    const Address interpreter = early.runtime.main_interpreter.at(runtime);
    const auto thread = fetch<Address>(memory_, interpreter + early.threads_head);
    if (!thread || !*thread) return;
    const auto owner = fetch<Address>(memory_, *thread + early.thread_interpreter);
    if (!owner || *owner != interpreter) return;
    believe({runtime, early.runtime.size, {}, FoundBy::structure}, &mapping, native_machine,
            OpenedBy::none);
  }

  // ---- asyncio
  // ------------------------------------------------------------------------------------

  // Thirteen words, in order of address: sizes of three structures and offsets in each.
  static bool plausible_asyncio(std::span<const std::uint64_t, 13> w) noexcept {
    constexpr std::uint64_t largest = std::uint64_t{1} << 20;
    if (w[0] < 64 || w[0] > 4096 || w[7] > largest || w[9] > 65536) return false;
    const bool task = std::all_of(w.begin() + 1, w.begin() + 7, [&](std::uint64_t offset) {
      return offset != 0 && offset < w[0];
    });
    const bool thread = std::all_of(w.begin() + 10, w.end(), [&](std::uint64_t offset) {
      return offset != 0 && offset < w[9];
    });
    return task && thread && w[8] != 0 && w[8] < w[7];
  }

  Address asyncio_in(Program& program, const RuntimeSite& site) {
    if (auto opened = open(program)) {
      FileBytes bytes{std::move(opened->file)};
      const auto elf = ElfFile<FileBytes>::read(bytes);
      if (elf && !elf->sections().empty()) {
        const ElfSection* section = elf->section(".AsyncioDebug");
        if (!section) return {};
        for (const std::uint64_t bias : biases(program, elf->program())) {
          const Address at{section->address + bias};
          const auto words = fetch<std::array<std::uint64_t, 13>>(memory_, at);
          if (words && plausible_asyncio(*words)) return at;
        }
        return {};
      }
    }
    return search_asyncio(program, site);
  }

  // Nothing exports its address, but no other thirteen words look like it: the eighth is the size
  // of the interpreter, which the runtime's own table has as its seventh.
  Address search_asyncio(const Program& program, const RuntimeSite& site) {
    const auto expected = load_checked<std::uint64_t>(site.table, 6 * 8);
    if (!expected) return {};
    std::vector<std::uint64_t> block;
    for (std::size_t i = 0; i < program.size(); ++i) {
      const Mapping& m = program[i];
      if (!m.writable || m.size() > (std::uint64_t{1} << 24)) continue;
      block.resize(static_cast<std::size_t>(m.size() / 8));
      if (!memory_.read(m.start, std::as_writable_bytes(std::span{block}))) continue;
      for (std::size_t k = 0; k + 13 <= block.size(); ++k) {
        const auto words = std::span{block}.subspan(k).template first<13>();
        if (words[7] == *expected && plausible_asyncio(words)) return m.start + k * 8;
      }
    }
    return {};
  }

  static constexpr std::array<std::string_view, 8> names{
      "_PyRuntime", "Py_Version",  "PyCode_Type",     "_Py_NoneStruct",
      "PyGen_Type", "PyCoro_Type", "PyAsyncGen_Type", "PyFrame_Type"};

  M& memory_;
  const V& modules_;
  std::vector<std::uint32_t> order_;
  std::vector<Program> programs_;
  Address executable_{};
  std::optional<RuntimeSite> best_;
  std::uint64_t older_ = 0;  // the version word of an interpreter that is too old
};

}  // namespace detail

template <Memory M, Modules V>
Result<RuntimeSite> find_runtime(M& memory, const V& modules) {
  return detail::RuntimeFinder<M, V>{memory, modules}.find();
}

// asyncio may be imported long after the attach. `modules` must be read anew.
template <Memory M, Modules V>
Address find_asyncio(M& memory, const V& modules, const RuntimeSite& site) {
  return detail::RuntimeFinder<M, V>{memory, modules}.find_asyncio(site);
}

}  // namespace tachyon

// ---- tachyon/mode/concept.hpp ----

namespace tachyon {

// What a mode asks of the sampler, beyond what the thread's own state tells for free. It is read at
// compile time: a mode that does not ask for the CPU state costs no look at it.
struct Needs {
  bool on_cpu = false;

  friend constexpr Needs operator|(Needs a, Needs b) noexcept { return {a.on_cpu || b.on_cpu}; }
};

// Which threads count. The same rule serves live sampling and replay.
template <class P>
concept Mode = requires(Status status) {
  { P::name } -> std::convertible_to<std::string_view>;
  { P::kind } -> std::convertible_to<ModeKind>;
  { P::needs } -> std::convertible_to<Needs>;
  { P::accepts(status) } -> std::same_as<bool>;
};

}  // namespace tachyon

// ---- tachyon/mode/modes.hpp ----

namespace tachyon::mode {

// Every look counts: time as the clock on the wall sees it, sleeping included.
struct Wall {
  static constexpr std::string_view name = "wall";
  static constexpr ModeKind kind = ModeKind::wall;
  static constexpr Needs needs{};
  static constexpr bool accepts(Status) noexcept { return true; }
};

// Threads that were on a CPU.
struct Cpu {
  static constexpr std::string_view name = "cpu";
  static constexpr ModeKind kind = ModeKind::cpu;
  static constexpr Needs needs{.on_cpu = true};
  static constexpr bool accepts(Status status) noexcept { return has(status, Status::on_cpu); }
};

// The thread that holds the GIL of its interpreter.
struct Gil {
  static constexpr std::string_view name = "gil";
  static constexpr ModeKind kind = ModeKind::gil;
  static constexpr Needs needs{};
  static constexpr bool accepts(Status status) noexcept { return has(status, Status::has_gil); }
};

// Threads in which an exception is propagating or being handled, asleep or not.
struct Exception {
  static constexpr std::string_view name = "exception";
  static constexpr ModeKind kind = ModeKind::exception;
  static constexpr Needs needs{};
  static constexpr bool accepts(Status status) noexcept {
    return has(status, Status::has_exception);
  }
};

// Everything there is to know about every thread: for timelines and dumps.
struct All {
  static constexpr std::string_view name = "all";
  static constexpr ModeKind kind = ModeKind::all;
  static constexpr Needs needs{.on_cpu = true};
  static constexpr bool accepts(Status) noexcept { return true; }
};

// What several modes accept: AllOf<Cpu, Gil> keeps threads that compute while holding the GIL.
template <Mode... Ms>
struct AllOf {
  static constexpr std::string_view name = "combined";
  static constexpr ModeKind kind = ModeKind::unknown;
  static constexpr Needs needs = (Needs{} | ... | Ms::needs);
  static constexpr bool accepts(Status status) noexcept { return (Ms::accepts(status) && ...); }
};

}  // namespace tachyon::mode

// ---- tachyon/collect/totals.hpp ----

namespace tachyon {

// How often something was seen and how much elapsed time (nanoseconds) those samples stand for.
struct Totals {
  std::uint64_t samples = 0;
  std::uint64_t weight = 0;

  constexpr Totals& operator+=(const Totals& other) noexcept {
    samples += other.samples;
    weight += other.weight;
    return *this;
  }
  friend constexpr bool operator==(const Totals&, const Totals&) noexcept = default;
};

}  // namespace tachyon

// ---- tachyon/collect/time_slices.hpp ----

// When things were seen, coarsely: what a page's time brush needs.
//
// The length of a run is not known while it goes on, and memory must not grow with it. So time is
// cut into equal slices, 1 ms at first, and when the limit is reached neighbours are joined and the
// slice length doubles. A run of any length ends with between limit/2 and limit slices, and joining
// costs less than one addition a sample in total.
namespace tachyon {

class TimeSlices {
 public:
  // What one cell (see call_tree.hpp) got within one slice. Only where samples arrived out of order
  // may a slice hold more than one entry for a cell.
  struct Entry {
    std::uint32_t cell = 0;
    Totals totals{};
  };

  explicit TimeSlices(std::uint32_t limit) : limit_{limit < 2 ? 2 : limit} {}

  void add(std::uint32_t cell, std::uint64_t time, const Totals& totals) {
    while (time / width_ >= limit_) join_neighbours();
    put(static_cast<std::uint32_t>(time / width_), cell, totals);
  }

  std::uint64_t width() const noexcept { return width_; }  // ns a slice covers
  std::size_t size() const noexcept { return slices_.size(); }
  std::span<const Entry> operator[](std::size_t index) const { return slices_[index]; }

 private:
  struct Place {
    std::uint32_t slice = 0xffffffff;
    std::uint32_t entry = 0;
  };

  void put(std::uint32_t slice, std::uint32_t cell, const Totals& totals) {
    if (slice >= slices_.size()) slices_.resize(std::size_t{slice} + 1);
    if (cell >= last_.size()) last_.resize(std::size_t{cell} + 1);
    Place& place = last_[cell];
    if (place.slice != slice) {
      place = {slice, static_cast<std::uint32_t>(slices_[slice].size())};
      slices_[slice].push_back({cell, {}});
    }
    slices_[slice][place.entry].totals += totals;
  }

  void join_neighbours() {
    std::vector<std::vector<Entry>> old;
    old.swap(slices_);
    last_.clear();
    width_ *= 2;
    for (std::size_t i = 0; i < old.size(); ++i) {
      for (const Entry& entry : old[i]) {
        put(static_cast<std::uint32_t>(i / 2), entry.cell, entry.totals);
      }
    }
  }

  std::uint32_t limit_;
  std::uint64_t width_ = 1'000'000;
  std::vector<std::vector<Entry>> slices_;
  std::vector<Place> last_;  // by cell: its newest entry
};

}  // namespace tachyon

// ---- tachyon/collect/call_tree.hpp ----

// The one aggregation that every tree-shaped output shares.
//
// Outputs ask different questions of the same samples: totals per line, per function, per thread,
// the share with the GIL held, a tree for one thread only, callers of a function. Answering all of
// them while sampling would make each sample pay for each question. So `add` only finds a *cell*,
// the counter of one (stack, thread, status), and increments it; everything else is derived
// afterwards from the few thousand cells that even a long run has:
//
//   add()                   cells               one increment a sample
//   totals_by_stack()       self, inclusive     one pass over cells, one backward over stacks
//   fold()                  folded_tree.hpp     the stacks as a tree of functions or lines
//   code_table()            code_table.hpp      rows and caller edges of that tree
//   thread_statistics()     thread_statistics.hpp
//   opcode_table()          opcode_table.hpp
//
// Finding the cell: a thread has a page table over stack numbers, pages of 64 that exist only where
// that thread has been, because stacks of one thread have neighbouring numbers but a hundred
// threads in a hundred thousand stacks must not cost their product. The cells of the same stack and
// thread hang in a list by status, rarely longer than three. No hashing, no allocation for a known
// stack.
namespace tachyon {

// What was seen of one stack, thread and status.
struct Cell {
  StackId stack{};
  ThreadIndex thread{};
  Status status{};
  std::uint32_t next = 0;  // 1 + the cell with the same stack and thread and another status
  Totals totals{};
};

// The default for "which cells count".
struct EveryCell {
  constexpr bool operator()(const Cell&) const noexcept { return true; }
};

class CallTree {
 public:
  struct Options {
    std::uint32_t time_slices = 0;  // at most this many slices of time; 0 = no times are kept
  };

  explicit CallTree(const Tables& tables) : CallTree{tables, Options{}} {}
  CallTree(const Tables& tables, Options options) : tables_{&tables} {
    pages_.emplace_back();
    if (options.time_slices != 0) slices_.emplace(options.time_slices);
  }

  void add(const Sample& sample) { add(sample, 1); }
  // Samples that somebody has summed up already: `weight` is that of all of them.
  void add(const Sample& sample, std::uint64_t samples) {
    const std::uint32_t index = cell_of(sample);
    const Totals totals{samples, sample.weight};
    cells_[index].totals += totals;
    total_ += totals;
    if (slices_) slices_->add(index, sample.time, totals);
  }

  void end_tick(const Tick& tick) {
    ++ticks_.all;
    ticks_.missed += tick.missed;
    if (tick.outcome == TickOutcome::torn) ++ticks_.torn;
    if (tick.outcome == TickOutcome::partial) ++ticks_.partial;
    if (tick.outcome == TickOutcome::filtered) ++ticks_.filtered;
  }

  struct Ticks {
    std::uint64_t all = 0, partial = 0, torn = 0, filtered = 0, missed = 0;
  };

  const Tables& tables() const noexcept { return *tables_; }
  const FrameTable& frames() const noexcept { return tables_->frames; }
  std::span<const Cell> cells() const noexcept { return cells_; }  // by first appearance
  const Totals& total() const noexcept { return total_; }
  const Ticks& ticks() const noexcept { return ticks_; }
  const TimeSlices* slices() const noexcept { return slices_ ? &*slices_ : nullptr; }

 private:
  static constexpr std::uint32_t page_bits = 6;
  struct Page {
    std::uint32_t cell[std::size_t{1} << page_bits] = {};  // 1 + index of the first cell; 0 = none
  };
  struct PageTable {
    std::vector<std::uint32_t> page{};  // 0 = none yet
  };

  std::uint32_t cell_of(const Sample& sample) {
    std::uint32_t& head = head_of(sample);
    for (std::uint32_t at = head; at != 0; at = cells_[at - 1].next) {
      if (cells_[at - 1].status == sample.status) return at - 1;
    }
    cells_.push_back({sample.stack, sample.thread, sample.status, head, {}});
    head = static_cast<std::uint32_t>(cells_.size());
    return head - 1;
  }

  std::uint32_t& head_of(const Sample& sample) {
    const auto thread = static_cast<std::uint32_t>(sample.thread);
    const auto stack = static_cast<std::uint32_t>(sample.stack);
    if (thread >= threads_.size()) threads_.resize(std::size_t{thread} + 1);
    std::vector<std::uint32_t>& table = threads_[thread].page;
    if (stack >> page_bits >= table.size()) table.resize((std::size_t{stack} >> page_bits) + 1);
    std::uint32_t& page = table[stack >> page_bits];
    if (page == 0) {
      page = static_cast<std::uint32_t>(pages_.size());
      pages_.emplace_back();
    }
    return pages_[page].cell[stack & ((1U << page_bits) - 1)];
  }

  const Tables* tables_;
  std::vector<PageTable> threads_;
  std::vector<Page> pages_;
  std::vector<Cell> cells_;
  Totals total_;
  Ticks ticks_;
  std::optional<TimeSlices> slices_;
};

// Totals of every stack of the frame table, by StackId.
struct StackTotals {
  std::vector<Totals> self;       // samples that ended exactly there
  std::vector<Totals> inclusive;  // those and all that went deeper; [empty] is everything
};

template <class Keep = EveryCell>
StackTotals totals_by_stack(const CallTree& tree, Keep keep = {}) {
  StackTotals out;
  out.self.resize(tree.frames().stack_count());
  for (const Cell& cell : tree.cells()) {
    if (keep(cell)) out.self[static_cast<std::uint32_t>(cell.stack)] += cell.totals;
  }
  out.inclusive = out.self;
  for (std::size_t i = out.inclusive.size(); i-- > 1;) {  // children come after their parents
    const StackId parent = tree.frames().parent(StackId{static_cast<std::uint32_t>(i)});
    out.inclusive[static_cast<std::uint32_t>(parent)] += out.inclusive[i];
  }
  return out;
}

// A collector that keeps a call tree and lets `Writer` spell it at the end. Several outputs of one
// run share a tree by calling their writers on it.
template <class Writer>
class FromTree {
 public:
  using Options = typename Writer::Options;

  explicit FromTree(const Tables& tables, Options options = Options{})
      : tree_{tables}, writer_{std::move(options)} {}

  void add(const Sample& sample) { tree_.add(sample); }
  void end_tick(const Tick& tick) { tree_.end_tick(tick); }

  template <Sink S>
  void write(S& sink, const Run& run) const {
    writer_.write(sink, tree_, run);
  }
  const CallTree& tree() const noexcept { return tree_; }

 private:
  CallTree tree_;
  Writer writer_;
};

}  // namespace tachyon

// ---- tachyon/collect/folded_tree.hpp ----

// Stacks are kept in full detail: two calls on one line, or two instructions, are two stacks.
// Outputs show less, one node per function or per line. `fold` joins stacks that look the same at
// such a level of detail into one tree, with parents still before their children.
namespace tachyon {

enum class Detail : std::uint8_t {
  function,  // file, name, line of the definition
  line,      // file, name, line that was executing (what CPython's own profiler counts)
  location,  // the same with the line's end and the columns
};

// A place in code at some level of detail. For `function` where the definition's line is not known
// (recordings of CPython's format lack it), the lowest line seen executing stands in for it.
struct CodeKey {
  StringId file{};
  StringId name{};
  std::int32_t line = 0;
  std::int32_t end_line = 0;  // these three for `location` only
  std::int32_t column = -1;
  std::int32_t end_column = -1;

  friend constexpr bool operator==(const CodeKey&, const CodeKey&) noexcept = default;
};
constexpr std::uint64_t hash_of(const CodeKey& k) noexcept {
  const auto word = [](auto high, auto low) {
    return static_cast<std::uint64_t>(high) << 32 | static_cast<std::uint32_t>(low);
  };
  return mix_bits(word(k.file, k.name) ^
                  mix_bits(word(k.line, k.end_line) ^ mix_bits(word(k.column, k.end_column))));
}

// Every frame's place, as small numbers.
class CodeKeys {
 public:
  CodeKeys(const FrameTable& frames, Detail detail) {
    std::vector<std::int32_t> lines;
    if (detail == Detail::function) lines = lines_of_functions(frames);
    intern_all(frames, [&](FrameId id) {
      const Frame& frame = frames[id];
      const Function& function = frames[frame.function];
      const Location& at = frame.location;
      if (detail == Detail::location) {
        return CodeKey{function.file, function.name, at.line,
                       at.end_line,   at.column,     at.end_column};
      }
      return CodeKey{
          function.file, function.name,
          detail == Detail::line ? at.line : lines[static_cast<std::uint32_t>(frame.function)]};
    });
  }

  // Frames that `key_of(FrameId)` gives the same key are the same place.
  template <class KeyOf>
  requires std::is_invocable_r_v<CodeKey, KeyOf, FrameId> CodeKeys(const FrameTable& frames,
                                                                   KeyOf&& key_of) {
    intern_all(frames, key_of);
  }

  std::uint32_t of(FrameId frame) const { return of_frame_[static_cast<std::uint32_t>(frame)]; }
  const CodeKey& operator[](std::uint32_t code) const { return keys_[code]; }
  std::uint32_t size() const noexcept { return keys_.size(); }

 private:
  template <class KeyOf>
  void intern_all(const FrameTable& frames, KeyOf&& key_of) {
    of_frame_.reserve(frames.frame_count());
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      of_frame_.push_back(keys_.intern(key_of(FrameId{i})));
    }
  }

  static std::vector<std::int32_t> lines_of_functions(const FrameTable& frames) {
    std::vector<std::int32_t> lines(frames.function_count(), 0);
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      const Frame& frame = frames[FrameId{i}];
      std::int32_t& line = lines[static_cast<std::uint32_t>(frame.function)];
      const std::int32_t seen = frame.location.line;
      if (seen > 0 && (line == 0 || seen < line)) line = seen;
    }
    for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
      if (frames[FunctionId{i}].first_line != 0) lines[i] = frames[FunctionId{i}].first_line;
    }
    return lines;
  }

  Interner<CodeKey> keys_;
  std::vector<std::uint32_t> of_frame_;
};

struct FoldedTree {
  static constexpr std::uint32_t none = 0xffffffff;

  struct Node {
    std::uint32_t parent = 0;   // index of a node before this one; the root is its own
    std::uint32_t code = none;  // which of `keys`; the root has none
    Totals self{};
    Totals inclusive{};
  };

  CodeKeys keys;
  std::vector<Node> nodes;                // [0] is the root
  std::vector<std::uint32_t> of_stack{};  // StackId -> node; `none` for stacks without kept samples

  std::uint32_t node_of(StackId stack) const { return of_stack[static_cast<std::uint32_t>(stack)]; }
};

namespace detail {

struct FoldKey {
  std::uint32_t parent;
  std::uint32_t code;
  friend constexpr bool operator==(const FoldKey&, const FoldKey&) noexcept = default;
};
constexpr std::uint64_t hash_of(const FoldKey& k) noexcept {
  return mix_bits(static_cast<std::uint64_t>(k.parent) << 32 | k.code);
}

}  // namespace detail

// The tree of the samples that `keep` accepts. Samples of the empty stack are the root's own.
template <class Keep = EveryCell>
FoldedTree fold(const CallTree& tree, CodeKeys keys, Keep keep = {}) {
  const FrameTable& frames = tree.frames();
  const StackTotals totals = totals_by_stack(tree, keep);
  FoldedTree out{std::move(keys), {}, {}};
  out.of_stack.assign(frames.stack_count(), FoldedTree::none);
  out.of_stack[0] = 0;
  out.nodes.push_back({0, FoldedTree::none, totals.self[0], totals.inclusive[0]});
  Interner<detail::FoldKey> index;
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    if (totals.inclusive[i].samples == 0) continue;
    const StackNode& stack = frames[StackId{i}];
    const detail::FoldKey key{out.node_of(stack.parent), out.keys.of(stack.frame)};
    const std::uint32_t node = index.intern(key) + 1;
    if (node == out.nodes.size()) out.nodes.push_back({key.parent, key.code, {}, {}});
    out.of_stack[i] = node;
    out.nodes[node].self += totals.self[i];
    out.nodes[node].inclusive += totals.inclusive[i];
  }
  return out;
}

template <class Keep = EveryCell>
FoldedTree fold(const CallTree& tree, Detail detail, Keep keep = {}) {
  return fold(tree, CodeKeys{tree.frames(), detail}, keep);
}

// First child and next sibling of every node, for walks from the root; 0 ends a list.
struct Children {
  std::vector<std::uint32_t> first;
  std::vector<std::uint32_t> next;

  explicit Children(const FoldedTree& tree) : first(tree.nodes.size()), next(tree.nodes.size()) {
    for (std::uint32_t i = static_cast<std::uint32_t>(tree.nodes.size()); i-- > 1;) {
      next[i] = first[tree.nodes[i].parent];
      first[tree.nodes[i].parent] = i;
    }
  }
};

// How a node's samples split over threads: one entry per node and thread that met.
struct NodeThread {
  ThreadIndex thread{};
  std::uint32_t node = 0;
  Totals self{};
  Totals inclusive{};
};

// Grouped by thread in the order of its index; nodes ascend within a thread, so parents come first.
template <class Keep = EveryCell>
std::vector<NodeThread> split_by_thread(const CallTree& tree, const FoldedTree& folded,
                                        Keep keep = {}) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < tree.cells().size(); ++i) {
    if (keep(tree.cells()[i])) order.push_back(i);
  }
  const auto cell = [&](std::uint32_t i) -> const Cell& { return tree.cells()[i]; };
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return cell(a).thread < cell(b).thread;
  });

  std::vector<NodeThread> out;
  std::vector<std::uint32_t> place(folded.nodes.size(), 0);  // 1 + entry of this thread in `out`
  for (std::size_t from = 0; from < order.size();) {
    const ThreadIndex thread = cell(order[from]).thread;
    const std::size_t begin = out.size();
    for (; from < order.size() && cell(order[from]).thread == thread; ++from) {
      const Cell& c = cell(order[from]);
      for (std::uint32_t node = folded.node_of(c.stack); place[node] == 0;
           node = folded.nodes[node].parent) {
        out.push_back({thread, node, {}, {}});
        place[node] = static_cast<std::uint32_t>(out.size());
      }
      out[place[folded.node_of(c.stack)] - 1].self += c.totals;
    }
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(first, out.end(),
              [](const NodeThread& a, const NodeThread& b) { return a.node < b.node; });
    for (std::size_t i = begin; i < out.size(); ++i) {
      place[out[i].node] = static_cast<std::uint32_t>(i + 1);
      out[i].inclusive = out[i].self;
    }
    for (std::size_t i = out.size(); i-- > begin;) {
      const std::uint32_t parent = folded.nodes[out[i].node].parent;
      if (out[i].node != 0) out[place[parent] - 1].inclusive += out[i].inclusive;
    }
    for (std::size_t i = begin; i < out.size(); ++i) place[out[i].node] = 0;
  }
  return out;
}

}  // namespace tachyon

// ---- tachyon/collect/code_table.hpp ----

// One row per place in code and one edge per caller and callee, out of a folded tree.
//
//   direct       samples whose leaf is there
//   cumulative   samples with it anywhere on the stack, counted once however often it recurs
//   edges        every adjacent pair on every stack, recursion included
//
// "Once per stack" needs no look at each stack: a node adds its inclusive total exactly when no
// node above it has the same code, and one walk from the root knows that from a counter per code.
namespace tachyon {

struct CodeRow {
  Totals direct{};
  Totals cumulative{};
};

struct CallEdge {
  std::uint32_t caller = 0;  // indices of FoldedTree::keys
  std::uint32_t callee = 0;
  Totals totals{};
};

struct CodeTable {
  std::vector<CodeRow> rows;    // by code; all zero for code without kept samples
  std::vector<CallEdge> edges;  // by first appearance
  Totals total{};               // all samples that have a frame = sum of direct
};

namespace detail {

inline void add_cumulative(const FoldedTree& tree, std::vector<CodeRow>& rows) {
  const Children children{tree};
  std::vector<std::uint32_t> on_path(rows.size(), 0);
  std::uint32_t node = 0;
  const auto leave = [&](std::uint32_t n) {
    if (n != 0) --on_path[tree.nodes[n].code];
  };
  while (true) {  // depth first without recursion: down, else right, else up until there is a right
    if (node != 0 && on_path[tree.nodes[node].code]++ == 0) {
      rows[tree.nodes[node].code].cumulative += tree.nodes[node].inclusive;
    }
    if (children.first[node] != 0) {
      node = children.first[node];
      continue;
    }
    while (node != 0 && children.next[node] == 0) {
      leave(node);
      node = tree.nodes[node].parent;
    }
    if (node == 0) return;
    leave(node);
    node = children.next[node];
  }
}

}  // namespace detail

inline CodeTable code_table(const FoldedTree& tree) {
  CodeTable out;
  out.rows.resize(tree.keys.size());
  Interner<detail::FoldKey> pairs;
  for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
    const FoldedTree::Node& node = tree.nodes[i];
    out.rows[node.code].direct += node.self;
    out.total += node.self;
    if (node.parent == 0) continue;
    const std::uint32_t caller = tree.nodes[node.parent].code;
    const std::uint32_t edge = pairs.intern({caller, node.code});
    if (edge == out.edges.size()) out.edges.push_back({caller, node.code, {}});
    out.edges[edge].totals += node.inclusive;
  }
  detail::add_cumulative(tree, out.rows);
  return out;
}

}  // namespace tachyon

// ---- tachyon/collect/percent.hpp ----

// The one place of shares, time units and rounding: two outputs that show the same thing show the
// same digits. No locale takes part, so a profile made anywhere reads the same everywhere.
namespace tachyon {

constexpr double ratio_of(double part, double whole) noexcept {
  return whole == 0 ? 0 : part / whole;
}
constexpr double ratio_of(std::uint64_t part, std::uint64_t whole) noexcept {
  return ratio_of(static_cast<double>(part), static_cast<double>(whole));
}
constexpr double percent_of(std::uint64_t part, std::uint64_t whole) noexcept {
  return 100 * ratio_of(part, whole);
}

constexpr double seconds_of(std::uint64_t nanoseconds) noexcept {
  return static_cast<double>(nanoseconds) / 1e9;
}
constexpr double milliseconds_of(std::uint64_t nanoseconds) noexcept {
  return static_cast<double>(nanoseconds) / 1e6;
}

struct TimeUnit {
  double nanoseconds = 1e9;
  std::string_view name = "s";

  constexpr double of(std::uint64_t time) const noexcept {
    return static_cast<double>(time) / nanoseconds;
  }
};

// The unit for a column whose largest value this is.
constexpr TimeUnit unit_for(std::uint64_t largest) noexcept {
  if (largest >= 1'000'000'000) return {1e9, "s"};
  if (largest >= 1'000'000) return {1e6, "ms"};
  return {1e3, "\u03bcs"};
}

inline void append_fixed(std::string& out, double value, int decimals) {
  char digits[352];  // the largest double has 309 digits before the point
  const auto end = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed,
                                 decimals < 32 ? decimals : 32);
  out.append(digits, end.ptr);
}

inline void append_number(std::string& out, std::uint64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end.ptr);
}

}  // namespace tachyon

// ---- tachyon/collect/thread_names.hpp ----

namespace tachyon {

// What outputs call a thread: its name for Python, else for the system, else its number. The same
// thread in another interpreter than the main one says so. The text is the target's: escape it.
inline std::string thread_name(const Thread& thread) {
  std::string name = !thread.python_name.empty() ? thread.python_name
                     : !thread.name.empty()      ? thread.name
                                                 : "Thread-" + std::to_string(thread.id);
  if (thread.interpreter != 0) {
    name += " (interpreter " + std::to_string(thread.interpreter) + ")";
  }
  return name;
}

}  // namespace tachyon

// ---- tachyon/collect/collapsed.hpp ----

#include <tuple>

// One line per distinct stack of a thread, root first, and how often it was seen:
//
//   tid:4242;main.py:<module>:40;util.py:Tree.walk:14 5
//
// which flamegraph.pl, inferno, speedscope and a sort | uniq habit all read. The format has no way
// to quote, so text that would break a line is changed: `;` becomes \x3b, a line end \n, bytes that
// are no UTF-8 \xff, and a blank before digits at the end of a frame `_` (tools take a number there
// for a count). Frames that look the same are the same line: sorted by count, most first, then by
// text.
namespace tachyon {

struct CollapsedOptions {
  bool threads_by_name = false;  // NAME;... instead of tid:NUMBER;...; equal names are one
};

namespace detail {

inline void append_collapsed(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  append_printable(out, text);
  for (std::size_t at = begin; (at = out.find(';', at)) != std::string::npos;) {
    out.replace(at, 1, "\\x3b");
  }
  std::size_t digits = out.size();
  while (digits > begin &&
         ((out[digits - 1] >= '0' && out[digits - 1] <= '9') || out[digits - 1] == '.')) {
    --digits;
  }
  if (digits > begin && digits < out.size() && out[digits - 1] == ' ') out[digits - 1] = '_';
}

inline std::string collapsed_frame(const FrameTable& frames, FrameId id) {
  const Frame& frame = frames[id];
  const std::string_view file = frames.file_of(id);
  std::string out;
  if (file == "~" && frame.location.line == 0) {
    append_collapsed(out, frames.name_of(id));
    return out;
  }
  append_collapsed(out, base_name(file));
  out += ':';
  append_collapsed(out, frames.name_of(id));
  out += ':';
  out += std::to_string(frame.location.line);
  return out;
}

}  // namespace detail

class CollapsedWriter {
 public:
  using Options = CollapsedOptions;
  explicit CollapsedWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run&) const {
    const FrameTable& frames = tree.frames();
    std::map<std::string, CodeKey> key_of_text;
    std::vector<std::string_view> text_of_frame;
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      const Function& function = frames.function_of(FrameId{i});
      const CodeKey key{function.file, function.name, frames[FrameId{i}].location.line};
      text_of_frame.push_back(
          key_of_text.try_emplace(detail::collapsed_frame(frames, FrameId{i}), key).first->first);
    }
    const FoldedTree folded =
        fold(tree, CodeKeys{frames, [&](FrameId id) {
                              return key_of_text
                                  .find(std::string{text_of_frame[static_cast<std::uint32_t>(id)]})
                                  ->second;
                            }});
    std::vector<std::string_view> text_of_code(folded.keys.size());
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      text_of_code[folded.keys.of(FrameId{i})] = text_of_frame[i];
    }
    write_lines(sink, tree, folded, text_of_code);
  }

 private:
  struct Line {
    std::uint32_t label = 0;  // its place among the sorted labels
    std::uint32_t node = 0;
    std::uint64_t samples = 0;
  };

  std::string label_of(const Thread& thread) const {
    if (!options_.threads_by_name) return "tid:" + std::to_string(thread.id);
    std::string out;
    detail::append_collapsed(out, thread_name(thread));
    return out;
  }

  // One line where several have the same label and node.
  static void sum_equal(std::vector<Line>& lines) {
    std::sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
      return std::pair{a.label, a.node} < std::pair{b.label, b.node};
    });
    std::size_t kept = 0;
    for (const Line& line : lines) {
      if (kept != 0 && lines[kept - 1].label == line.label && lines[kept - 1].node == line.node) {
        lines[kept - 1].samples += line.samples;
      } else {
        lines[kept++] = line;
      }
    }
    lines.resize(kept);
  }

  // Where each node stands in the order of its text, parents first.
  static std::vector<std::uint32_t> text_order(const FoldedTree& folded,
                                               const std::vector<std::string_view>& text) {
    std::vector<std::vector<std::uint32_t>> children(folded.nodes.size());
    for (std::uint32_t i = 1; i < folded.nodes.size(); ++i) {
      children[folded.nodes[i].parent].push_back(i);
    }
    std::vector<std::uint32_t> rank(folded.nodes.size()), open{0};
    for (std::uint32_t next = 0; !open.empty(); ++next) {
      const std::uint32_t node = open.back();
      open.pop_back();
      rank[node] = next;
      std::sort(children[node].begin(), children[node].end(), [&](auto a, auto b) {
        return text[folded.nodes[a].code] > text[folded.nodes[b].code];
      });
      open.insert(open.end(), children[node].begin(), children[node].end());
    }
    return rank;
  }

  template <Sink S>
  void write_lines(S& sink, const CallTree& tree, const FoldedTree& folded,
                   const std::vector<std::string_view>& text) const {
    const ThreadTable& threads = tree.tables().threads;
    std::map<std::string, std::uint32_t> label_rank;
    for (std::uint32_t i = 0; i < threads.size(); ++i) {
      label_rank[label_of(threads[ThreadIndex{i}])] = 0;
    }
    std::vector<std::string_view> labels;
    for (auto& [label, rank] : label_rank) {
      rank = static_cast<std::uint32_t>(labels.size());
      labels.push_back(label);
    }
    std::vector<std::uint32_t> label_of_thread;
    for (std::uint32_t i = 0; i < threads.size(); ++i) {
      label_of_thread.push_back(label_rank[label_of(threads[ThreadIndex{i}])]);
    }

    std::vector<Line> lines;
    for (const Cell& cell : tree.cells()) {
      if (cell.stack == StackId::empty) continue;
      lines.push_back({label_of_thread[static_cast<std::uint32_t>(cell.thread)],
                       folded.node_of(cell.stack), cell.totals.samples});
    }
    sum_equal(lines);
    const std::vector<std::uint32_t> rank = text_order(folded, text);
    std::sort(lines.begin(), lines.end(), [&](const Line& a, const Line& b) {
      return std::tuple{b.samples, a.label, rank[a.node]} <
             std::tuple{a.samples, b.label, rank[b.node]};
    });

    std::vector<std::string_view> path;
    for (const Line& line : lines) {
      path.clear();
      for (std::uint32_t node = line.node; node != 0; node = folded.nodes[node].parent) {
        path.push_back(text[folded.nodes[node].code]);
      }
      sink.put(labels[line.label]);
      for (std::size_t i = path.size(); i-- > 0;) {
        sink.put(';');
        sink.put(path[i]);
      }
      std::string count = " ";
      append_number(count, line.samples);
      sink.put(count);
      sink.put('\n');
    }
  }

  Options options_;
};

using Collapsed = FromTree<CollapsedWriter>;

}  // namespace tachyon

// ---- tachyon/collect/concept.hpp ----

namespace tachyon {

// What is kept of the samples. A collector never interns for itself: a sample's stack and thread
// are numbers into the session's tables, and per-number vectors are all that most collectors need.
template <class C>
concept Collector = requires(C& collector, const Sample& sample) {
  { collector.add(sample) } -> std::same_as<void>;
};

// Some outputs also care about looks that yielded nothing.
template <class C>
concept TickCollector = Collector<C> && requires(C& collector, const Tick& tick) {
  { collector.end_tick(tick) } -> std::same_as<void>;
};

template <Collector C>
void end_tick(C& collector, const Tick& tick) {
  if constexpr (TickCollector<C>) collector.end_tick(tick);
}

// Several collectors fed by one run.
template <Collector... Cs>
class Fanout {
 public:
  explicit Fanout(Cs&... collectors) : all_{collectors...} {}

  void add(const Sample& sample) {
    std::apply([&](Cs&... each) { (each.add(sample), ...); }, all_);
  }
  void end_tick(const Tick& tick) {
    std::apply([&](Cs&... each) { (tachyon::end_tick(each, tick), ...); }, all_);
  }

 private:
  std::tuple<Cs&...> all_;
};

}  // namespace tachyon

// ---- tachyon/collect/display_names.hpp ----

// File and function names for tables that people read. A file is shown by its base name; files that
// share one are shown with as many folders as tell them apart (json/__init__.py, http/__init__.py).
// All of it is safe to print.
namespace tachyon {

class DisplayNames {
 public:
  DisplayNames(const FrameTable& frames, const CodeKeys& keys) : frames_{&frames} {
    std::map<std::string_view, std::vector<StringId>> by_base;
    std::vector<bool> seen(frames.string_count());
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      const StringId file = keys[i].file;
      if (seen[static_cast<std::uint32_t>(file)]) continue;
      seen[static_cast<std::uint32_t>(file)] = true;
      by_base[base_name(frames[file])].push_back(file);
    }
    for (const auto& [base, files] : by_base) name_apart(files);
  }

  const std::string& file(const CodeKey& key) const { return files_.at(key.file); }
  std::string function(const CodeKey& key) const { return printable((*frames_)[key.name]); }

 private:
  static std::string_view last_parts(std::string_view path, std::size_t count) {
    std::size_t from = path.size();
    while (count-- > 0) {
      const std::size_t slash = from == 0 ? std::string_view::npos : path.rfind('/', from - 1);
      if (slash == std::string_view::npos) return path;
      from = slash;
    }
    return path.substr(from + 1);
  }

  void name_apart(const std::vector<StringId>& same) {
    std::vector<StringId> open = same;
    for (std::size_t parts = 1; !open.empty(); ++parts) {
      std::map<std::string_view, std::vector<StringId>> by_tail;
      for (const StringId file : open) by_tail[last_parts((*frames_)[file], parts)].push_back(file);
      open.clear();
      for (const auto& [tail, files] : by_tail) {
        for (const StringId file : files) {
          if (files.size() == 1 || tail == (*frames_)[file]) {
            files_[file] = printable(tail);
          } else {
            open.push_back(file);
          }
        }
      }
    }
  }

  const FrameTable* frames_;
  std::map<StringId, std::string> files_;
};

}  // namespace tachyon

// ---- tachyon/collect/thread_statistics.hpp ----

namespace tachyon {

// In which states a thread was seen. States overlap: a thread can hold the GIL and be on a CPU.
struct ThreadStatistics {
  Totals total{};
  Totals has_gil{};
  Totals on_cpu{};
  Totals gil_requested{};
  Totals unknown{};  // the CPU state was not asked for
  Totals has_exception{};
  Totals gc{};  // collecting, or in code that a collection called
};

struct ThreadStatisticsTable {
  ThreadStatistics all;
  std::vector<ThreadStatistics> by_thread;  // by ThreadIndex; zero totals for threads not seen
};

// Which stacks, by StackId, have a <GC> frame: a collection or what it called.
inline std::vector<bool> stacks_under_gc(const FrameTable& frames) {
  std::vector<bool> out(frames.stack_count());
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    const StackNode& node = frames[StackId{i}];
    out[i] =
        frames[node.frame].kind == FrameKind::gc || out[static_cast<std::uint32_t>(node.parent)];
  }
  return out;
}

namespace detail {

inline void count_status(ThreadStatistics& s, Status status, bool gc, const Totals& totals) {
  s.total += totals;
  if (has(status, Status::has_gil)) s.has_gil += totals;
  if (has(status, Status::on_cpu)) s.on_cpu += totals;
  if (has(status, Status::gil_requested)) s.gil_requested += totals;
  if (has(status, Status::unknown)) s.unknown += totals;
  if (has(status, Status::has_exception)) s.has_exception += totals;
  if (gc) s.gc += totals;
}

}  // namespace detail

inline ThreadStatisticsTable thread_statistics(const CallTree& tree) {
  const FrameTable& frames = tree.frames();
  const std::vector<bool> under_gc = stacks_under_gc(frames);
  ThreadStatisticsTable out;
  out.by_thread.resize(tree.tables().threads.size());
  for (const Cell& cell : tree.cells()) {
    const bool gc =
        has(cell.status, Status::in_gc) || under_gc[static_cast<std::uint32_t>(cell.stack)];
    detail::count_status(out.all, cell.status, gc, cell.totals);
    detail::count_status(out.by_thread[static_cast<std::uint32_t>(cell.thread)], cell.status, gc,
                         cell.totals);
  }
  return out;
}

}  // namespace tachyon

// ---- tachyon/collect/spill.hpp ----

// Many streams of bytes that are written bit by bit and read once at the end, in bounded memory.
//
// A timeline output lists every sample, thread by thread; samples come by time, all threads mixed.
// So each thread's part has to wait somewhere until the end. Up to `budget` that is memory, which
// is all a short run needs. Beyond it, full chunks go into one nameless temporary file ($TMPDIR,
// /var/tmp, /tmp, the first that can be written), and what stays is a place of 16 bytes a chunk:
//
//   stream 0   [chunk in memory] [chunk in file] ... [open chunk]
//   stream 1   [chunk in file] ... [open chunk]
//
// Where no file can be written the chunks stay in memory: a profile is not lost for want of a disk.
// A chunk that cannot be read back ends its stream early, and `error` says so.
namespace tachyon {

class Spill {
 public:
  static constexpr std::size_t chunk_size = 16384;

  explicit Spill(std::size_t budget = std::size_t{32} << 20) : budget_{budget} {}
  Spill(Spill&& other) noexcept
      : budget_{other.budget_},
        kept_{other.kept_},
        file_size_{other.file_size_},
        fd_{std::exchange(other.fd_, -1)},
        no_file_{other.no_file_},
        streams_{std::move(other.streams_)},
        error_{other.error_} {}
  Spill& operator=(Spill&&) = delete;
  ~Spill() {
    if (fd_ >= 0) (void)::close(fd_);
  }

  // Streams are numbered from 0 in the order in which they are opened.
  std::uint32_t open() {
    streams_.emplace_back();
    return static_cast<std::uint32_t>(streams_.size() - 1);
  }

  void append(std::uint32_t stream, std::string_view bytes) {
    Stream& s = streams_[stream];
    if (s.open.size() + bytes.size() > chunk_size) close_chunk(s);
    s.open.append(bytes);
  }

  // Hands every chunk of the stream to `visit`, in order, up to the first that cannot be read. What
  // one `append` wrote is in one chunk.
  template <class Visit>
  void read(std::uint32_t stream, Visit&& visit) const {
    const Stream& s = streams_[stream];
    std::string buffer;
    for (const Chunk& chunk : s.chunks) {
      if (chunk.size == 0) {
        visit(std::string_view{s.kept[chunk.at]});
      } else {
        if (!load(chunk, buffer)) return;
        visit(std::string_view{buffer});
      }
    }
    if (!s.open.empty()) visit(std::string_view{s.open});
  }

  std::uint64_t bytes_in_file() const noexcept { return file_size_; }
  Error error() const noexcept { return error_; }

 private:
  struct Chunk {
    std::uint64_t at = 0;    // in the file; an index into `kept` when size is 0
    std::uint64_t size = 0;  // bytes in the file
  };
  struct Stream {
    std::string open{};
    std::vector<Chunk> chunks{};
    std::vector<std::string> kept{};
  };

  void close_chunk(Stream& s) {
    if (kept_ + s.open.size() > budget_ && write(s)) {
      s.open.clear();
      return;
    }
    kept_ += s.open.size();
    s.chunks.push_back({s.kept.size(), 0});
    s.kept.push_back(std::move(s.open));
    s.open = {};
  }

  bool write(Stream& s) {
    if (fd_ < 0 && !no_file_) open_file();
    if (no_file_) return false;
    std::size_t done = 0;
    while (done < s.open.size()) {
      const ssize_t n = ::pwrite(fd_, s.open.data() + done, s.open.size() - done,
                                 static_cast<off_t>(file_size_ + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        no_file_ = true;  // what is in the file already can still be read
        return false;
      }
      done += static_cast<std::size_t>(n);
    }
    s.chunks.push_back({file_size_, s.open.size()});
    file_size_ += s.open.size();
    return true;
  }

  void open_file() {
    const char* const chosen = ::getenv("TMPDIR");
    for (const char* folder : {chosen, "/var/tmp", "/tmp"}) {
      if (folder == nullptr || *folder == '\0') continue;
      fd_ = ::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      if (fd_ >= 0) return;
      std::string name = std::string{folder} + "/tachyon-XXXXXX";
      fd_ = ::mkostemp(name.data(), O_CLOEXEC);
      if (fd_ >= 0) return void(::unlink(name.c_str()));
    }
    no_file_ = true;
  }

  bool load(const Chunk& chunk, std::string& into) const {
    into.resize(chunk.size);
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t n =
          ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(chunk.at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        if (error_.code == Errc::ok) error_ = {Errc::cannot_read, n < 0 ? errno : 0, {}};
        return false;
      }
      done += static_cast<std::size_t>(n);
    }
    return true;
  }

  std::size_t budget_;
  std::size_t kept_ = 0;
  std::uint64_t file_size_ = 0;
  int fd_ = -1;
  bool no_file_ = false;
  std::vector<Stream> streams_{};
  mutable Error error_{};  // reading is const and cannot fail at the call
};

}  // namespace tachyon

// ---- tachyon/collect/timeline.hpp ----

// The one record of what happened when, for every output that is drawn over time.
//
// It keeps each sample in about five bytes, by lane: a lane is a thread, or one asyncio task on a
// thread where stacks carry task frames (several tasks are sampled at the same moment, so they
// cannot share one line). Lanes are streams of a Spill, hence memory does not grow with samples. A
// record:
//
//   +--------------------------------+----------+------------+---------------+
//   | stack step << 1 | status differs | [status] | time step  | weight - step |
//   +--------------------------------+----------+------------+---------------+
//     varint, step zigzagged            varint      varint       zigzag varint
//
// "Step" is the difference to the lane's sample before. A sample stands for the time before it, so
// its weight mostly equals its time step and the last number is 0:
//
//   00 c0 84 3d 00 = the same stack and status, 1 ms later, standing for 1 ms
namespace tachyon {

struct Lane {
  ThreadIndex thread{};
  FrameId task{};  // the task's frame where `has_task`
  bool has_task = false;
  std::uint64_t first = 0;  // times of its first and last sample
  std::uint64_t last = 0;
  Totals totals{};
};

// Consecutive samples of a lane with the same stack and status. It stands for the time from `begin`
// to `end`; where a run begins later than the one before ended, the thread was not seen in between.
struct TimelineRun {
  StackId stack{};
  Status status{};
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  Totals totals{};
};

// How much of a stretch of time the threads held the GIL, waited for it and were on a CPU, as sums
// of weights over all threads.
struct TimelineShare {
  std::uint64_t seen = 0, gil = 0, waiting = 0, cpu = 0;
  bool cpu_known = false;

  TimelineShare& operator+=(const TimelineShare& other) noexcept {
    seen += other.seen;
    gil += other.gil;
    waiting += other.waiting;
    cpu += other.cpu;
    cpu_known = cpu_known || other.cpu_known;
    return *this;
  }
};

class Timeline {
 public:
  struct Options {
    std::size_t memory = std::size_t{32} << 20;  // before samples go to a temporary file
  };

  explicit Timeline(const Tables& tables) : Timeline{tables, Options{}} {}
  Timeline(const Tables& tables, Options options) : tables_{&tables}, spill_{options.memory} {}

  void add(const Sample& sample);

  const Tables& tables() const noexcept { return *tables_; }
  const FrameTable& frames() const noexcept { return tables_->frames; }
  std::span<const Lane> lanes() const noexcept { return lanes_; }  // by first appearance
  const Totals& total() const noexcept { return total_; }
  std::uint64_t first() const noexcept { return first_; }  // times of the first and last sample
  std::uint64_t last() const noexcept { return last_; }

  // visit(const Sample&), in order.
  template <class Visit>
  void for_each_sample(std::uint32_t lane, Visit&& visit) const;

  // visit(const TimelineRun&), in order. Runs never overlap.
  template <class Visit>
  void for_each_run(std::uint32_t lane, Visit&& visit) const;

  // Shares over equal slices of time, at most 2,000 of them.
  std::span<const TimelineShare> shares() const noexcept { return shares_; }
  std::uint64_t share_width() const noexcept { return share_width_; }

  // What went wrong when kept samples were read back.
  Error error() const noexcept { return spill_.error(); }

 private:
  static constexpr std::uint32_t most_shares = 2000;
  struct LaneKey {
    ThreadIndex thread;
    std::uint32_t task;  // 1 + FrameId; 0 = none
    friend constexpr bool operator==(const LaneKey&, const LaneKey&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const LaneKey& k) noexcept {
      return mix_bits(static_cast<std::uint64_t>(k.thread) << 32 | k.task);
    }
  };
  struct Newest {  // of each lane
    std::uint32_t stack = 0;
    Status status{};
  };
  struct LastLane {  // of each thread: most samples are of the lane that the one before was of
    std::uint32_t lane = 0xffffffff;
    std::uint32_t task = 0;
  };

  std::uint32_t lane_of(const Sample& sample);
  std::uint32_t task_of(StackId stack);
  void count_share(const Sample& sample);

  const Tables* tables_;
  Spill spill_;
  Interner<LaneKey> keys_;
  std::vector<Lane> lanes_;
  std::vector<Newest> newest_;
  std::vector<LastLane> last_lane_;
  std::vector<std::uint32_t> tasks_{0};  // by StackId: 1 + the task frame nearest to the leaf
  std::vector<TimelineShare> shares_;
  std::uint64_t share_width_ = 1'000'000;
  Totals total_;
  std::uint64_t first_ = 0, last_ = 0;
};

// A collector that keeps a timeline and lets `Writer` spell it at the end.
template <class Writer>
class FromTimeline {
 public:
  using Options = typename Writer::Options;

  explicit FromTimeline(const Tables& tables, Options options = Options{})
      : timeline_{tables}, writer_{std::move(options)} {}

  void add(const Sample& sample) { timeline_.add(sample); }

  template <Sink S>
  void write(S& sink, const Run& run) const {
    writer_.write(sink, timeline_, run);
  }
  const Timeline& timeline() const noexcept { return timeline_; }

 private:
  Timeline timeline_;
  Writer writer_;
};

inline void Timeline::add(const Sample& sample) {
  const std::uint32_t index = lane_of(sample);
  Lane& lane = lanes_[index];
  Newest& newest = newest_[index];
  // Time runs forward within a lane, whatever a clock or a foreign file says.
  const std::uint64_t time =
      lane.totals.samples == 0 ? sample.time : std::max(sample.time, lane.last);
  const std::uint64_t step = lane.totals.samples == 0 ? time : time - lane.last;
  const auto stack = static_cast<std::uint32_t>(sample.stack);

  char record[4 * longest_varint];
  char* end = record;
  const bool differs = sample.status != newest.status || lane.totals.samples == 0;
  const auto stack_step =
      static_cast<std::int64_t>(stack) - static_cast<std::int64_t>(newest.stack);
  end = write_varint(end, zigzag(stack_step) << 1 | (differs ? 1U : 0U));
  if (differs) end = write_varint(end, static_cast<std::uint64_t>(sample.status));
  end = write_varint(end, step);
  end = write_varint(end, zigzag(static_cast<std::int64_t>(sample.weight - step)));
  spill_.append(index, {record, static_cast<std::size_t>(end - record)});

  newest = {stack, sample.status};
  if (lane.totals.samples == 0) lane.first = time;
  lane.last = time;
  lane.totals += {1, sample.weight};
  if (total_.samples == 0) first_ = last_ = time;
  first_ = std::min(first_, time);
  last_ = std::max(last_, time);
  total_ += {1, sample.weight};
  count_share(sample);
}

inline std::uint32_t Timeline::task_of(StackId stack) {
  const auto index = static_cast<std::uint32_t>(stack);
  while (tasks_.size() <= index) {  // parents come before their children
    const auto id = static_cast<std::uint32_t>(tasks_.size());
    const StackNode& node = frames()[StackId{id}];
    tasks_.push_back(frames()[node.frame].kind == FrameKind::task
                         ? static_cast<std::uint32_t>(node.frame) + 1
                         : tasks_[static_cast<std::uint32_t>(node.parent)]);
  }
  return tasks_[index];
}

inline std::uint32_t Timeline::lane_of(const Sample& sample) {
  const auto thread = static_cast<std::uint32_t>(sample.thread);
  const std::uint32_t task = task_of(sample.stack);
  if (thread >= last_lane_.size()) last_lane_.resize(std::size_t{thread} + 1);
  LastLane& last = last_lane_[thread];
  if (last.lane != 0xffffffff && last.task == task) return last.lane;
  const std::uint32_t lane = keys_.intern({sample.thread, task});
  if (lane == lanes_.size()) {
    lanes_.push_back({sample.thread, FrameId{task - 1}, task != 0, 0, 0, {}});
    newest_.emplace_back();
    (void)spill_.open();
  }
  last = {lane, task};
  return lane;
}

inline void Timeline::count_share(const Sample& sample) {
  while (sample.time / share_width_ >= most_shares) {
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      const TimelineShare share = std::exchange(shares_[i], {});
      shares_[i / 2] += share;
    }
    shares_.resize((shares_.size() + 1) / 2);
    share_width_ *= 2;
  }
  const auto index = static_cast<std::size_t>(sample.time / share_width_);
  if (index >= shares_.size()) shares_.resize(index + 1);
  TimelineShare& share = shares_[index];
  share.seen += sample.weight;
  if (has(sample.status, Status::has_gil)) share.gil += sample.weight;
  if (has(sample.status, Status::gil_requested)) share.waiting += sample.weight;
  if (has(sample.status, Status::on_cpu)) share.cpu += sample.weight;
  share.cpu_known = share.cpu_known || !has(sample.status, Status::unknown);
}

template <class Visit>
void Timeline::for_each_sample(std::uint32_t lane, Visit&& visit) const {
  Sample sample{lanes_[lane].thread, {}, {}, 0, 0};
  std::uint64_t stack = 0;
  spill_.read(lane, [&](std::string_view chunk) {
    for (Cursor in{as_bytes(chunk)}; !in.at_end();) {
      const std::uint64_t head = in.varint();
      stack += static_cast<std::uint64_t>(unzigzag(head >> 1));
      if ((head & 1) != 0) sample.status = Status(static_cast<std::uint16_t>(in.varint()));
      const std::uint64_t step = in.varint();
      sample.stack = StackId{static_cast<std::uint32_t>(stack)};
      sample.time += step;
      sample.weight = step + static_cast<std::uint64_t>(in.svarint());
      visit(std::as_const(sample));
    }
  });
}

template <class Visit>
void Timeline::for_each_run(std::uint32_t lane, Visit&& visit) const {
  TimelineRun run;
  for_each_sample(lane, [&](const Sample& sample) {
    const std::uint64_t asked = sample.time - std::min(sample.weight, sample.time);
    const std::uint64_t begin = std::max(asked, run.end);
    // Weights are measured and may fall a little short of the step; that is no gap.
    const bool joins = run.totals.samples != 0 && begin - run.end <= sample.weight / 2;
    if (joins && run.stack == sample.stack && run.status == sample.status) {
      run.end = std::max(run.end, sample.time);
      run.totals += {1, sample.weight};
      return;
    }
    if (run.totals.samples != 0) visit(std::as_const(run));
    run = {sample.stack,
           sample.status,
           joins ? run.end : begin,
           std::max(begin, sample.time),
           {1, sample.weight}};
  });
  if (run.totals.samples != 0) visit(std::as_const(run));
}

}  // namespace tachyon

// ---- tachyon/collect/state_intervals.hpp ----

// What a lane was doing as intervals: it held the GIL from here to there, was on a CPU from there
// on.
//
// States come in groups of which at most one is open at a time. An interval begins with the first
// sample that shows the state and ends with the first that does not; where the thread was not seen
// it ends with the last sample that showed it. What was not looked at has no interval: no CPU
// states where the status says unknown, no GIL states on a build without a GIL.
namespace tachyon {

enum class State : std::uint8_t {
  has_gil,
  no_gil,
  waiting_for_gil,
  on_cpu,
  off_cpu,
  python_code,  // holds the GIL; on a build without one: is on a CPU
  native_code,  // on a CPU without the GIL
  has_exception,
  no_exception,
  collecting,
  opcode,  // the leaf frame's instruction
  none,
};
inline constexpr std::size_t state_count = static_cast<std::size_t>(State::none);

struct StateInterval {
  State state = State::none;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  FrameId frame{};  // for `opcode`
};

class StateIntervals {
 public:
  StateIntervals(const Timeline& timeline, bool free_threaded)
      : timeline_{timeline},
        free_threaded_{free_threaded},
        under_gc_{stacks_under_gc(timeline.frames())} {}

  // visit(const StateInterval&) for one lane, in the order in which they end.
  template <class Visit>
  void for_each(std::uint32_t lane, Visit&& visit) const {
    std::array<StateInterval, groups> open{};
    std::uint64_t last = 0;
    const auto close = [&](StateInterval& interval, std::uint64_t at) {
      if (interval.state == State::none) return;
      interval.end = at;
      visit(static_cast<const StateInterval&>(interval));
      interval.state = State::none;
    };
    timeline_.for_each_sample(lane, [&](const Sample& sample) {
      if (sample.time - last > sample.weight + sample.weight / 2) {
        for (StateInterval& interval : open) close(interval, last);
      }
      const std::array<StateInterval, groups> now = states_of(sample);
      for (std::size_t i = 0; i < groups; ++i) {
        if (open[i].state == now[i].state && open[i].frame == now[i].frame) continue;
        close(open[i], sample.time);
        open[i] = now[i];
        open[i].begin = sample.time;
      }
      last = sample.time;
    });
    for (StateInterval& interval : open) close(interval, last);
  }

 private:
  static constexpr std::size_t groups = 7;

  std::array<StateInterval, groups> states_of(const Sample& sample) const {
    const bool gil = has(sample.status, Status::has_gil);
    const bool cpu_known = !has(sample.status, Status::unknown);
    const bool cpu = cpu_known && has(sample.status, Status::on_cpu);
    std::array<StateInterval, groups> now{};
    if (!free_threaded_) now[0].state = gil ? State::has_gil : State::no_gil;
    if (has(sample.status, Status::gil_requested)) now[1].state = State::waiting_for_gil;
    if (cpu_known) now[2].state = cpu ? State::on_cpu : State::off_cpu;
    if (gil || (free_threaded_ && cpu)) {
      now[3].state = State::python_code;
    } else if (cpu) {
      now[3].state = State::native_code;
    }
    now[4].state =
        has(sample.status, Status::has_exception) ? State::has_exception : State::no_exception;
    if (has(sample.status, Status::in_gc) || under_gc_[static_cast<std::uint32_t>(sample.stack)]) {
      now[5].state = State::collecting;
    }
    if (sample.stack != StackId::empty) {
      const FrameId leaf = timeline_.frames().leaf(sample.stack);
      if (timeline_.frames()[leaf].opcode != OpcodeId::none) {
        now[6].state = State::opcode;
        now[6].frame = leaf;
      }
    }
    return now;
  }

  const Timeline& timeline_;
  bool free_threaded_;
  std::vector<bool> under_gc_;
};

}  // namespace tachyon

// ---- tachyon/collect/gecko.hpp ----

// A profile for the Firefox Profiler (profiler.firefox.com): its processed format, version 57, with
// the keys that CPython's own sampling profiler writes.
//
// The format is a set of tables stored by column, so a row's values lie far apart in the file: all
// stacks of a thread, then all its times, and so on. Nothing of that is built in memory; each
// column is one more pass over the lane in the timeline, which is cheap because decoding a sample
// is.
//
//   {"meta":{...}, "libs":[], "pages":[],
//    "threads":[{"name":"MainThread", "samples":{"stack":[..],"time":[..],...}, "markers":{...},
//                "stackTable":{...}, "frameTable":{...}, "funcTable":{...}, ...}, ...],
//    "shared":{"stringArray":["(root)",...], "sources":{...}}}
//
// Against the reference: pid is the target's, startTime is unix time, threads have their names,
// synthetic frames their categories (GC, Native) and frozen modules are Python, file names are
// whole paths, and every kind of marker has a schema, without which the viewer does not show it. An
// asyncio task is a thread of its own, without markers, as its thread's state is not the task's.
namespace tachyon {

struct GeckoOptions {};

class GeckoWriter {
 public:
  using Options = GeckoOptions;
  explicit GeckoWriter(Options) {}

  template <Sink S>
  void write(S& sink, const Timeline& timeline, const Run& run) const;
};

using Gecko = FromTimeline<GeckoWriter>;

namespace detail {

enum class GeckoCategory : std::uint8_t {
  other,
  python,
  native,
  gc,
  gil,
  cpu,
  code_type,
  opcodes,
  exception
};
struct GeckoCategoryInfo {
  std::string_view name, colour;
};
inline constexpr GeckoCategoryInfo gecko_categories[] = {
    {"Other", "grey"},    {"Python", "yellow"},   {"Native", "blue"},
    {"GC", "orange"},     {"GIL", "green"},       {"CPU", "purple"},
    {"Code Type", "red"}, {"Opcodes", "magenta"}, {"Exception", "lightblue"},
};

struct GeckoMarkerInfo {
  std::string_view name;
  std::string_view type;  // the name without blanks: how data and schema find each other
  GeckoCategory category;
};
inline constexpr GeckoMarkerInfo gecko_markers[state_count] = {
    {"Has GIL", "HasGIL", GeckoCategory::gil},
    {"No GIL", "NoGIL", GeckoCategory::gil},
    {"Waiting for GIL", "WaitingforGIL", GeckoCategory::gil},
    {"On CPU", "OnCPU", GeckoCategory::cpu},
    {"Off CPU", "OffCPU", GeckoCategory::cpu},
    {"Python Code", "PythonCode", GeckoCategory::code_type},
    {"Native Code", "NativeCode", GeckoCategory::code_type},
    {"Has Exception", "HasException", GeckoCategory::exception},
    {"No Exception", "NoException", GeckoCategory::exception},
    {"GC Collecting", "GCCollecting", GeckoCategory::gc},
    {"Opcode", "Opcode", GeckoCategory::opcodes},
};

// The profile's one array of strings.
class GeckoStrings {
 public:
  explicit GeckoStrings(const FrameTable& frames)
      : frames_{frames}, of_id_(frames.string_count(), none) {
    (void)of("(root)");
  }

  std::uint32_t of(std::string_view text) {
    const auto found = of_text_.find(text);
    if (found != of_text_.end()) return found->second;
    const auto index = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(of_text_.emplace(text, index).first->first);
    return index;
  }
  std::uint32_t of(StringId id) {
    std::uint32_t& known = of_id_[static_cast<std::uint32_t>(id)];
    if (known == none) known = of(frames_[id]);
    return known;
  }
  const std::vector<std::string_view>& texts() const noexcept { return texts_; }

 private:
  static constexpr std::uint32_t none = 0xffffffff;
  const FrameTable& frames_;
  std::vector<std::uint32_t> of_id_;
  std::map<std::string, std::uint32_t, std::less<>> of_text_;
  std::vector<std::string_view> texts_;
};

// Numbers that a thread's tables give to what it uses of a larger table, in order of first use.
class LocalIds {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit LocalIds(std::size_t size) : local_(size, none) {}

  std::uint32_t of(std::uint32_t global) {
    if (local_[global] == none) {
      local_[global] = static_cast<std::uint32_t>(used_.size());
      used_.push_back(global);
    }
    return local_[global];
  }
  std::uint32_t operator[](std::uint32_t global) const { return local_[global]; }
  const std::vector<std::uint32_t>& used() const noexcept { return used_; }
  void sort() {
    std::sort(used_.begin(), used_.end());
    for (std::size_t i = 0; i < used_.size(); ++i) {
      local_[used_[i]] = static_cast<std::uint32_t>(i);
    }
  }
  void clear() {
    for (const std::uint32_t global : used_) local_[global] = none;
    used_.clear();
  }

 private:
  std::vector<std::uint32_t> local_;
  std::vector<std::uint32_t> used_;
};

// One run of the writer.
template <Sink S>
class GeckoProfile {
 public:
  GeckoProfile(S& sink, const Timeline& timeline, const Run& run)
      : json_{sink},
        timeline_{timeline},
        frames_{timeline.frames()},
        run_{run},
        strings_{frames_},
        states_{timeline, run.target.free_threaded},
        stacks_{frames_.stack_count()},
        frame_ids_{frames_.frame_count()},
        functions_{frames_.function_count()},
        files_{frames_.string_count()},
        opcode_names_(frames_.opcode_count(), LocalIds::none) {}

  void write() {
    json_.begin_object();
    write_meta();
    write_empty_list("libs");
    write_empty_list("pages");
    json_.key("threads");
    json_.begin_array();
    for (std::uint32_t lane = 0; lane < timeline_.lanes().size(); ++lane) write_thread(lane);
    json_.end_array();
    write_shared();
    json_.end_object();
  }

 private:
  void write_empty_list(std::string_view key) {
    json_.key(key);
    json_.begin_array();
    json_.end_array();
  }
  void write_time(std::uint64_t nanoseconds) {  // as milliseconds with three decimals at most
    char text[32];
    const std::uint64_t microseconds = (nanoseconds + 500) / 1000;
    char* end = std::to_chars(text, text + sizeof text, microseconds / 1000).ptr;
    const auto rest = static_cast<unsigned>(microseconds % 1000);
    if (rest != 0) {
      *end++ = '.';
      *end++ = static_cast<char>('0' + rest / 100);
      if (rest % 100 != 0) *end++ = static_cast<char>('0' + rest / 10 % 10);
      if (rest % 10 != 0) *end++ = static_cast<char>('0' + rest % 10);
    }
    json_.raw({text, static_cast<std::size_t>(end - text)});
  }
  void write_line(std::int32_t line) {
    if (line > 0) return json_.value(line);
    json_.null();
  }

  // One column: `each` is called with what writes its values.
  template <class Each>
  void column(std::string_view name, Each&& each) {
    json_.key(name);
    json_.begin_array();
    each();
    json_.end_array();
  }
  template <class Rows, class Write>
  void column(std::string_view name, const Rows& rows, Write&& write_value) {
    column(name, [&] {
      for (const auto& row : rows) write_value(row);
    });
  }
  template <class Rows>
  void constant(std::string_view name, const Rows& rows, std::string_view raw) {
    column(name, rows, [&](const auto&) { json_.raw(raw); });
  }

  void write_meta();
  void write_schemas();
  void write_trust();
  double interval() const;
  void write_thread(std::uint32_t lane);
  void write_samples(std::uint32_t lane);
  void write_markers(std::uint32_t lane);
  void write_marker_data(const Thread& thread, const StateInterval& interval);
  void write_tables();
  void write_shared();

  GeckoCategory category_of(FrameId id) const {
    switch (frames_[id].kind) {
      case FrameKind::python:
        return GeckoCategory::python;
      case FrameKind::native:
        return GeckoCategory::native;
      case FrameKind::gc:
        return GeckoCategory::gc;
      case FrameKind::task:
      case FrameKind::truncated:
      case FrameKind::idle:
        break;
    }
    return GeckoCategory::other;
  }

  // NAME, or SPECIALIZED_NAME (BASE_NAME), as an index of the strings.
  std::uint32_t opcode_name(FrameId frame) {
    const OpcodeId id = frames_[frame].opcode;
    std::uint32_t& known = opcode_names_[static_cast<std::uint16_t>(id)];
    if (known == LocalIds::none) {
      const ExecutedOpcode& opcode = frames_[id];
      std::string text{frames_[opcode.name]};
      if (opcode.specialized) text.append(" (").append(frames_[opcode.base]).append(")");
      known = strings_.of(text);
    }
    return known;
  }

  JsonWriter<S> json_;
  const Timeline& timeline_;
  const FrameTable& frames_;
  const Run& run_;
  GeckoStrings strings_;
  StateIntervals states_;
  LocalIds stacks_, frame_ids_, functions_, files_;  // of the thread being written
  std::vector<std::uint32_t> opcode_names_;          // by OpcodeId
};

template <Sink S>
double GeckoProfile<S>::interval() const {
  if (run_.interval != 0) return milliseconds_of(run_.interval);
  for (const Lane& lane : timeline_.lanes()) {
    if (lane.totals.samples > 1) {
      return milliseconds_of(lane.last - lane.first) / static_cast<double>(lane.totals.samples - 1);
    }
  }
  return 1;
}

template <Sink S>
void GeckoProfile<S>::write_meta() {
  json_.key("meta");
  json_.begin_object();
  json_.member("interval", interval(), 6);
  json_.member("startTime", milliseconds_of(run_.started), 3);
  json_.member("abi", "");
  json_.member("misc", "");
  json_.member("oscpu", "");
  json_.member("platform", "Linux");
  json_.member("processType", 0);
  column("categories", gecko_categories, [&](const GeckoCategoryInfo& category) {
    json_.begin_object();
    json_.member("name", category.name);
    json_.member("color", category.colour);
    column("subcategories", [&] { json_.value("Other"); });
    json_.end_object();
  });
  json_.member("stackwalk", 0);
  json_.member("toolkit", "");
  json_.member("version", 32);
  json_.member("preprocessedProfileVersion", 57);
  json_.member("appBuildID", "");
  if (!run_.target.command_line.empty()) json_.member("arguments", run_.target.command_line);
  json_.member("physicalCPUs", 0);
  json_.member("logicalCPUs", 0);
  json_.member("CPUName", "");
  json_.member("product", "Python");
  json_.member("symbolicated", true);
  json_.member("sourceCodeIsNotOnSearchfox", true);
  write_schemas();
  json_.member("importedFrom", "tachyon");
  json_.key("extensions");
  json_.begin_object();
  write_empty_list("id");
  write_empty_list("name");
  write_empty_list("baseURL");
  json_.member("length", 0);
  json_.end_object();
  write_trust();
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_schemas() {
  struct Field {
    std::string_view key, label, format;
  };
  constexpr Field interval_fields[] = {{"duration", "Duration", "duration"},
                                       {"tid", "Thread", "integer"}};
  constexpr Field opcode_fields[] = {{"opname", "Instruction", "string"},
                                     {"base_opname", "Base instruction", "string"},
                                     {"is_specialized", "Specialized", "string"},
                                     {"line", "Line", "integer"},
                                     {"column", "Column", "integer"},
                                     {"function", "Function", "string"},
                                     {"duration", "Duration", "duration"}};
  const auto schema = [&](const GeckoMarkerInfo& marker, std::string_view label,
                          const auto& fields) {
    json_.begin_object();
    json_.member("name", marker.type);
    json_.member("tooltipLabel", label);
    json_.member("tableLabel", label);
    json_.member("chartLabel", label);
    column("display", [&] {
      json_.value("marker-chart");
      json_.value("marker-table");
    });
    column("fields", fields, [&](const Field& field) {
      json_.begin_object();
      json_.member("key", field.key);
      json_.member("label", field.label);
      json_.member("format", field.format);
      json_.end_object();
    });
    json_.end_object();
  };
  column("markerSchema", [&] {
    for (std::size_t i = 0; i < state_count; ++i) {
      if (State(i) == State::opcode) {
        schema(gecko_markers[i], "{marker.data.opname}", opcode_fields);
      } else {
        schema(gecko_markers[i], gecko_markers[i].name, interval_fields);
      }
    }
  });
}

// How far the profile can be trusted, where the viewer shows facts about it.
template <Sink S>
void GeckoProfile<S>::write_trust() {
  const auto entry = [&](std::string_view label, std::uint64_t value) {
    json_.begin_object();
    json_.member("label", label);
    json_.member("format", "integer");
    json_.member("value", value);
    json_.end_object();
  };
  column("extra", [&] {
    json_.begin_object();
    json_.member("label", "Sampling");
    column("entries", [&] {
      entry("Stacks asked for", run_.trust.attempts);
      entry("Stacks accepted", run_.trust.valid);
      entry("Different stacks", run_.trust.distinct);
      entry("Stacks read more than once", run_.trust.retried);
      entry("Stacks lost", run_.trust.given_up);
      entry("Late looks", run_.trust.late);
      entry("Missed looks", run_.trust.missed);
    });
    json_.end_object();
  });
}

template <Sink S>
void GeckoProfile<S>::write_thread(std::uint32_t index) {
  const Lane& lane = timeline_.lanes()[index];
  const Thread& thread = timeline_.tables().threads[lane.thread];
  stacks_.clear();
  timeline_.for_each_sample(index, [&](const Sample& sample) {
    for (StackId at = sample.stack; at != StackId::empty; at = frames_.parent(at)) {
      if (stacks_[static_cast<std::uint32_t>(at)] != LocalIds::none) break;
      (void)stacks_.of(static_cast<std::uint32_t>(at));
    }
  });
  stacks_.sort();  // parents before their children

  std::string name = thread_name(thread);
  std::string task;
  if (lane.has_task) task = frames_.name_of(lane.task);
  if (lane.has_task) name += ": " + task;
  json_.begin_object();
  json_.member("name", name);
  json_.member("isMainThread", thread.main && !lane.has_task);
  json_.member("processStartupTime", 0);
  json_.key("processShutdownTime");
  json_.null();
  json_.member("registerTime", 0);
  json_.key("unregisterTime");
  json_.null();
  write_empty_list("pausedRanges");
  json_.member("pid", std::to_string(thread.process));
  if (lane.has_task) {
    json_.member("tid", std::to_string(thread.id) + "/" + task);
  } else {
    json_.member("tid", thread.id);
  }
  json_.member("processType", "default");
  json_.member("processName", "Python Process");
  json_.member("showMarkersInTimeline", true);
  write_samples(index);
  write_markers(index);
  write_tables();
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_samples(std::uint32_t lane) {
  json_.key("samples");
  json_.begin_object();
  column("stack", [&] {
    timeline_.for_each_sample(lane, [&](const Sample& sample) {
      if (sample.stack == StackId::empty) return json_.null();
      json_.value(stacks_[static_cast<std::uint32_t>(sample.stack)]);
    });
  });
  std::uint64_t count = 0;
  column("time", [&] {
    timeline_.for_each_sample(lane, [&](const Sample& sample) {
      write_time(sample.time);
      ++count;
    });
  });
  column("eventDelay", [&] {
    for (std::uint64_t i = 0; i < count; ++i) json_.null();
  });
  json_.key("weight");
  json_.null();
  json_.member("weightType", "samples");
  json_.member("length", count);
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_markers(std::uint32_t index) {
  const Lane& lane = timeline_.lanes()[index];
  const Thread& thread = timeline_.tables().threads[lane.thread];
  const auto for_each = [&](auto&& visit) {
    if (!lane.has_task) states_.for_each(index, visit);
  };
  const auto info = [](const StateInterval& interval) -> const GeckoMarkerInfo& {
    return gecko_markers[static_cast<std::size_t>(interval.state)];
  };
  json_.key("markers");
  json_.begin_object();
  column("data", [&] {
    for_each([&](const StateInterval& interval) { write_marker_data(thread, interval); });
  });
  std::uint64_t count = 0;
  column("name", [&] {
    for_each([&](const StateInterval& interval) {
      const bool opcode = interval.state == State::opcode;
      json_.value(opcode ? opcode_name(interval.frame) : strings_.of(info(interval).name));
      ++count;
    });
  });
  column("startTime",
         [&] { for_each([&](const StateInterval& interval) { write_time(interval.begin); }); });
  column("endTime",
         [&] { for_each([&](const StateInterval& interval) { write_time(interval.end); }); });
  column("phase", [&] {
    for (std::uint64_t i = 0; i < count; ++i) json_.raw("1");
  });
  column("category", [&] {
    for_each([&](const StateInterval& interval) {
      json_.value(static_cast<unsigned>(info(interval).category));
    });
  });
  json_.member("length", count);
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_marker_data(const Thread& thread, const StateInterval& interval) {
  json_.begin_object();
  json_.member("type", gecko_markers[static_cast<std::size_t>(interval.state)].type);
  if (interval.state == State::opcode) {
    const Frame& frame = frames_[interval.frame];
    const ExecutedOpcode& opcode = frames_[frame.opcode];
    json_.member("opcode", opcode.number);
    json_.member("opname", frames_[opcode.name]);
    json_.member("base_opname", frames_[opcode.base]);
    json_.member("is_specialized", opcode.specialized);
    json_.key("line");
    write_line(frame.location.line);
    json_.key("column");
    write_line(frame.location.column + 1);
    json_.member("function", frames_.name_of(interval.frame));
    json_.key("duration");
    write_time(interval.end - interval.begin);
  } else {
    json_.key("duration");
    write_time(interval.end - interval.begin);
    json_.member("tid", thread.id);
  }
  json_.end_object();
}

template <Sink S>
void GeckoProfile<S>::write_tables() {
  frame_ids_.clear();
  functions_.clear();
  files_.clear();
  const auto frame_of = [&](std::uint32_t stack) {
    return static_cast<std::uint32_t>(frames_.leaf(StackId{stack}));
  };
  const std::vector<std::uint32_t>& stacks = stacks_.used();
  const auto length = [&](std::size_t size) {
    json_.member("length", size);
    json_.end_object();
  };

  json_.key("stackTable");
  json_.begin_object();
  column("frame", stacks,
         [&](std::uint32_t stack) { json_.value(frame_ids_.of(frame_of(stack))); });
  column("category", stacks, [&](std::uint32_t stack) {
    json_.value(static_cast<unsigned>(category_of(FrameId{frame_of(stack)})));
  });
  constant("subcategory", stacks, "0");
  column("prefix", stacks, [&](std::uint32_t stack) {
    const StackId parent = frames_.parent(StackId{stack});
    if (parent == StackId::empty) return json_.null();
    json_.value(stacks_[static_cast<std::uint32_t>(parent)]);
  });
  length(stacks.size());

  const std::vector<std::uint32_t>& frames = frame_ids_.used();
  const auto location = [&](std::uint32_t frame) { return frames_[FrameId{frame}].location; };
  json_.key("frameTable");
  json_.begin_object();
  constant("address", frames, "-1");
  column("category", frames, [&](std::uint32_t frame) {
    json_.value(static_cast<unsigned>(category_of(FrameId{frame})));
  });
  constant("subcategory", frames, "0");
  column("func", frames, [&](std::uint32_t frame) {
    json_.value(functions_.of(static_cast<std::uint32_t>(frames_[FrameId{frame}].function)));
  });
  constant("innerWindowID", frames, "null");
  constant("implementation", frames, "null");
  constant("optimizations", frames, "null");
  column("line", frames, [&](std::uint32_t frame) { write_line(location(frame).line); });
  column("column", frames, [&](std::uint32_t frame) { write_line(location(frame).column + 1); });
  constant("inlineDepth", frames, "0");
  constant("nativeSymbol", frames, "null");
  length(frames.size());

  const std::vector<std::uint32_t>& functions = functions_.used();
  const auto function = [&](std::uint32_t id) -> const Function& {
    return frames_[FunctionId{id}];
  };
  // Synthetic frames are in no file.
  const auto has_file = [&](std::uint32_t id) {
    const std::string_view file = frames_[function(id).file];
    return !file.empty() && file != "~" && file != "<task>";
  };
  std::vector<std::int32_t> first_lines(functions.size(), 0);
  for (const std::uint32_t frame : frames) {
    std::int32_t& line =
        first_lines[functions_[static_cast<std::uint32_t>(frames_[FrameId{frame}].function)]];
    const std::int32_t seen = location(frame).line;
    if (seen > 0 && (line == 0 || seen < line)) line = seen;
  }
  for (std::size_t i = 0; i < functions.size(); ++i) {
    if (function(functions[i]).first_line > 0) first_lines[i] = function(functions[i]).first_line;
  }
  json_.key("funcTable");
  json_.begin_object();
  column("name", functions, [&](std::uint32_t id) { json_.value(strings_.of(function(id).name)); });
  column("isJS", functions, [&](std::uint32_t id) { json_.value(has_file(id)); });
  column("relevantForJS", functions, [&](std::uint32_t id) { json_.value(has_file(id)); });
  column("resource", functions, [&](std::uint32_t id) {
    if (!has_file(id)) return json_.value(-1);
    json_.value(files_.of(static_cast<std::uint32_t>(function(id).file)));
  });
  column("fileName", functions, [&](std::uint32_t id) {
    if (!has_file(id)) return json_.null();
    json_.value(strings_.of(function(id).file));
  });
  column("lineNumber", first_lines, [&](std::int32_t line) { write_line(line); });
  constant("columnNumber", functions, "null");
  length(functions.size());

  const std::vector<std::uint32_t>& files = files_.used();
  json_.key("resourceTable");
  json_.begin_object();
  constant("lib", files, "null");
  column("name", files,
         [&](std::uint32_t file) { json_.value(strings_.of(base_name(frames_[StringId{file}]))); });
  constant("host", files, "null");
  constant("type", files, "1");
  length(files.size());

  json_.key("nativeSymbols");
  json_.begin_object();
  for (const std::string_view name : {"libIndex", "address", "name", "functionSize"}) {
    write_empty_list(name);
  }
  length(0);
}

template <Sink S>
void GeckoProfile<S>::write_shared() {
  json_.key("shared");
  json_.begin_object();
  column("stringArray", strings_.texts(), [&](std::string_view text) { json_.value(text); });
  json_.key("sources");
  json_.begin_object();
  json_.member("length", 0);
  write_empty_list("uuid");
  write_empty_list("filename");
  json_.end_object();
  json_.end_object();
}

}  // namespace detail

template <Sink S>
void GeckoWriter::write(S& sink, const Timeline& timeline, const Run& run) const {
  detail::GeckoProfile<S>{sink, timeline, run}.write();
}

}  // namespace tachyon

// ---- tachyon/collect/jsonl.hpp ----

// A profile as JSON lines with totals per frame, record by record what CPython's own profiler
// writes:
//
//   {"type":"meta","v":0,"run_id":"00..ff","sample_interval_usec":1000,"mode":"wall"}
//   {"type":"string_table",...,"strings":[{"str_id":0,"value":"parse"},...]}
//   {"type":"frame_table",...,"frames":[{"frame_id":0,"path_str_id":1,"func_str_id":0,"line":12},...]}
//   {"type":"agg",...,"kind":"frame","scope":"final","samples_total":7,"entries":[...]}
//   {"type":"end",...,"samples_total":7}
//
// Lists are cut into records of 256 entries. Frames are told apart by file, function and location;
// what is unknown of a location is left out. For one object a sample see jsonl_events.hpp.
namespace tachyon {

struct JsonlOptions {
  std::string run_id{};  // 32 hex digits; empty: made from the run, so that a replay repeats it
};

class JsonlWriter {
 public:
  using Options = JsonlOptions;
  explicit JsonlWriter(Options options) : options_{std::move(options)} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const;

  // The default run id: a digest of what was profiled and when.
  static std::string run_id_of(const Run& run);

 private:
  static constexpr std::size_t chunk = 256;
  struct Ids {
    std::vector<std::uint32_t> codes{};    // frame_id -> code
    std::vector<StringId> strings{};       // str_id -> text
    std::vector<std::uint32_t> str_ids{};  // StringId -> str_id
  };
  static Ids number_them(const FoldedTree& folded, const CodeTable& table,
                         const FrameTable& frames);

  Options options_;
};

using Jsonl = FromTree<JsonlWriter>;

inline std::string JsonlWriter::run_id_of(const Run& run) {
  const std::uint64_t one = mix_bits(run.started ^ mix_bits(run.duration ^ run.interval));
  const std::uint64_t two = mix_bits(one ^ static_cast<std::uint64_t>(run.target.process) ^
                                     hash_text(run.target.command_line));
  std::string id;
  for (const std::uint64_t word : {one, two}) {
    for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[word >> shift & 15];
  }
  return id;
}

inline JsonlWriter::Ids JsonlWriter::number_them(const FoldedTree& folded, const CodeTable& table,
                                                 const FrameTable& frames) {
  constexpr std::uint32_t none = 0xffffffff;
  Ids ids;
  ids.str_ids.assign(frames.string_count(), none);
  const auto string = [&](StringId text) {
    std::uint32_t& id = ids.str_ids[static_cast<std::uint32_t>(text)];
    if (id != none) return;
    id = static_cast<std::uint32_t>(ids.strings.size());
    ids.strings.push_back(text);
  };
  for (std::uint32_t code = 0; code < table.rows.size(); ++code) {
    if (table.rows[code].cumulative.samples == 0) continue;
    string(folded.keys[code].name);
    string(folded.keys[code].file);
    ids.codes.push_back(code);
  }
  return ids;
}

template <Sink S>
void JsonlWriter::write(S& sink, const CallTree& tree, const Run& run) const {
  const FrameTable& frames = tree.frames();
  const FoldedTree folded = fold(tree, Detail::location);
  const CodeTable table = code_table(folded);
  const Ids ids = number_them(folded, table, frames);
  const std::string run_id = options_.run_id.empty() ? run_id_of(run) : options_.run_id;

  JsonWriter json{sink};
  const auto record = [&](std::string_view type, auto&& body) {
    json.begin_object();
    json.member("type", type);
    json.member("v", 0);
    json.member("run_id", run_id);
    body();
    json.end_object();
    json.newline();
  };
  const auto chunks = [&](std::string_view type, std::size_t size, auto&& head, auto&& entry,
                          std::string_view list) {
    for (std::size_t from = 0; from < size; from += chunk) {
      record(type, [&] {
        head();
        json.key(list);
        json.begin_array();
        for (std::size_t i = from; i < std::min(size, from + chunk); ++i) {
          json.begin_object();
          entry(i);
          json.end_object();
        }
        json.end_array();
      });
    }
  };
  const auto nothing = [] {};

  record("meta", [&] {
    json.member("sample_interval_usec", run.interval / 1000);
    if (run.mode != ModeKind::unknown) json.member("mode", name_of(run.mode));
  });
  chunks(
      "string_table", ids.strings.size(), nothing,
      [&](std::size_t i) {
        json.member("str_id", i);
        json.member("value", frames[ids.strings[i]]);
      },
      "strings");
  chunks(
      "frame_table", ids.codes.size(), nothing,
      [&](std::size_t i) {
        const CodeKey& key = folded.keys[ids.codes[i]];
        json.member("frame_id", i);
        json.member("path_str_id", ids.str_ids[static_cast<std::uint32_t>(key.file)]);
        json.member("func_str_id", ids.str_ids[static_cast<std::uint32_t>(key.name)]);
        json.member("line", key.line);
        if (key.end_line > 0) json.member("end_line", key.end_line);
        if (key.column >= 0) json.member("col", key.column);
        if (key.end_column >= 0) json.member("end_col", key.end_column);
      },
      "frames");
  chunks(
      "agg", ids.codes.size(),
      [&] {
        json.member("kind", "frame");
        json.member("scope", "final");
        json.member("samples_total", table.total.samples);
      },
      [&](std::size_t i) {
        const CodeRow& row = table.rows[ids.codes[i]];
        json.member("frame_id", i);
        json.member("self", row.direct.samples);
        json.member("cumulative", row.cumulative.samples);
      },
      "entries");
  record("end", [&] { json.member("samples_total", table.total.samples); });
}

}  // namespace tachyon

// ---- tachyon/collect/jsonl_events.hpp ----

// One flat JSON object a sample, written as the sample comes, so that a program can read along:
//
//   {"ts":1700000000.001000000,"tid":4242,"thread":"MainThread","stack":["<module>","f"],
//    "weight":0.001000000}
//
// (on one line). The stack is root first. `ts` is unix time in seconds where the run's start is
// known, else seconds since it; `weight` is the elapsed time in seconds that the sample stands for.
// Both have all nine decimals. The full form adds, as lists parallel to the stack, files and lines,
// then the status flags, and the process where there are several:
//
//    ...,"files":["/app/main.py","/app/main.py"],"lines":[40,3],"status":["has_gil","on_cpu"],"pid":4242}
namespace tachyon {

struct JsonlEventsOptions {
  bool full = false;
  std::uint64_t started = 0;  // unix time of session time 0 in nanoseconds, 0 = unknown
};

template <Sink S>
class JsonlEvents {
 public:
  using Options = JsonlEventsOptions;

  JsonlEvents(const Tables& tables, S& sink, Options options = Options{})
      : tables_{&tables}, sink_{&sink}, options_{options} {}

  void add(const Sample& sample) {
    const Thread& thread = tables_->threads[sample.thread];
    line_.clear();
    line_ += R"({"ts":)";
    append_seconds(options_.started + sample.time);
    line_ += R"(,"tid":)";
    append_integer(thread.id);
    line_ += R"(,"thread":)";
    Text text{line_};
    put_json_text(text, thread_name(thread));
    append_stack(sample);
    line_ += R"(,"weight":)";
    append_seconds(sample.weight);
    if (options_.full) append_rest(sample, thread);
    line_ += "}\n";
    sink_->put(line_);
  }

 private:
  struct Text {  // a sink over our own line
    std::string& out;
    void put(std::string_view text) { out += text; }
    void put(char c) { out += c; }
  };

  template <class I>
  void append_integer(I value) {
    char digits[24];
    line_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  }
  void append_seconds(std::uint64_t nanoseconds) {
    append_integer(nanoseconds / 1'000'000'000);
    char digits[10] = {'.'};
    std::uint64_t rest = nanoseconds % 1'000'000'000;
    for (int i = 9; i > 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
    line_.append(digits, sizeof digits);
  }

  // Threads keep their stack for many samples, so the text of each thread's last one is kept. Texts
  // of names are made once a function.
  void append_stack(const Sample& sample) {
    const auto index = static_cast<std::uint32_t>(sample.thread);
    if (index >= last_.size()) last_.resize(index + 1);
    Last& last = last_[index];
    if (last.text.empty() || last.stack != sample.stack) {
      last.stack = sample.stack;
      last.text.clear();
      tables_->frames.frames_of(sample.stack, frames_);
      append_list(last.text, R"(,"stack":[)", [&](FrameId id) { return name_text(id); });
      if (options_.full) {
        append_list(last.text, R"(,"files":[)", [&](FrameId id) { return file_text(id); });
        append_list(last.text, R"(,"lines":[)",
                    [&](FrameId id) { return std::to_string(tables_->frames[id].location.line); });
      }
    }
    line_ += last.text;
  }

  template <class TextOf>
  void append_list(std::string& out, std::string_view head, TextOf text_of) {
    out += head;
    for (std::size_t i = 0; i < frames_.size(); ++i) {
      if (i != 0) out += ',';
      out += text_of(frames_[i]);
    }
    out += ']';
  }

  const std::string& cached(std::vector<std::string>& cache, std::uint32_t index,
                            std::string_view raw) {
    if (index >= cache.size()) cache.resize(std::size_t{index} + 1);
    if (cache[index].empty()) {
      Text text{cache[index]};
      put_json_text(text, raw);
    }
    return cache[index];
  }
  const std::string& name_text(FrameId id) {
    const StringId name = tables_->frames.function_of(id).name;
    return cached(strings_, static_cast<std::uint32_t>(name), tables_->frames[name]);
  }
  const std::string& file_text(FrameId id) {
    const StringId file = tables_->frames.function_of(id).file;
    return cached(strings_, static_cast<std::uint32_t>(file), tables_->frames[file]);
  }

  void append_rest(const Sample& sample, const Thread& thread) {
    constexpr std::string_view names[] = {"has_gil",   "on_cpu",      "unknown", "gil_requested",
                                          "exception", "main_thread", "gc",      "jit",
                                          "truncated"};
    line_ += R"(,"status":[)";
    bool first = true;
    for (unsigned bit = 0; bit < 9; ++bit) {
      if (!has(sample.status, Status(1U << bit))) continue;
      if (!first) line_ += ',';
      first = false;
      line_.append("\"").append(names[bit]).append("\"");
    }
    line_ += R"(],"pid":)";
    append_integer(thread.process);
  }

  struct Last {
    StackId stack{};
    std::string text{};
  };

  const Tables* tables_;
  S* sink_;
  Options options_;
  std::string line_;
  std::vector<FrameId> frames_;
  std::vector<Last> last_;            // by thread
  std::vector<std::string> strings_;  // by StringId, as JSON
};

}  // namespace tachyon

// ---- tachyon/collect/opcode_table.hpp ----

namespace tachyon {

// What the leaf frames were executing. `known` leaves out samples whose leaf has no instruction
// (<GC>, <native>, runs without --opcodes).
struct OpcodeRow {
  OpcodeId opcode{};
  Totals totals{};
};

struct OpcodeUse {
  std::vector<OpcodeRow> rows;  // most samples first, then by first appearance
  Totals known{};
  Totals specialized{};
};

template <class Keep = EveryCell>
OpcodeUse opcode_table(const CallTree& tree, Keep keep = {}) {
  const FrameTable& frames = tree.frames();
  std::vector<OpcodeRow> rows(frames.opcode_count());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    rows[i].opcode = OpcodeId{static_cast<std::uint16_t>(i)};
  }
  for (const Cell& cell : tree.cells()) {
    if (cell.stack == StackId::empty || !keep(cell)) continue;
    const OpcodeId opcode = frames[frames.leaf(cell.stack)].opcode;
    rows[static_cast<std::uint16_t>(opcode)].totals += cell.totals;
  }
  OpcodeUse out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (rows[i].totals.samples == 0) continue;
    out.known += rows[i].totals;
    if (frames[rows[i].opcode].specialized) out.specialized += rows[i].totals;
    out.rows.push_back(rows[i]);
  }
  std::stable_sort(out.rows.begin(), out.rows.end(), [](const OpcodeRow& a, const OpcodeRow& b) {
    return a.totals.samples > b.totals.samples;
  });
  return out;
}

}  // namespace tachyon

// ---- tachyon/collect/pstats.hpp ----

#include <numeric>

// The table that a profile is read as first: one row per function (or per executing line), with the
// columns, units, order and legend that CPython's own sampling profiler prints.
//
//          nsamples   sample%   tottime (ms)    cumul%   cumtime (ms)  filename:lineno(function)
//               5/7      25.0          5.000      35.0          8.000  util.py:14(Tree.walk)
//
// Three things differ on purpose. Times are the elapsed time that samples stand for, not their
// number times the interval that was asked for, so lost and late samples do not shrink them. Files
// of equal base name stay apart, each shown with as much of its path as tells it from the others.
// The summary judges all functions, not only the rows that the limit left. With opcodes, a second
// table says what the interpreter was executing and how much of it ran specialised.
namespace tachyon {

enum class PstatsSort : std::uint8_t {
  samples,             // nsamples
  sample_percent,      // sample-pct
  time,                // tottime
  cumulative_time,     // cumtime
  cumulative_percent,  // cumul-pct
  cumulative_samples,  // nsamples-cumul
  name,
};

struct PstatsOptions {
  Detail detail = Detail::function;
  PstatsSort sort = PstatsSort::samples;
  std::uint32_t limit = 15;
  bool summary = true;
  bool colour = false;
};

class PstatsWriter {
 public:
  using Options = PstatsOptions;
  explicit PstatsWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const;

 private:
  struct Table {
    FoldedTree folded;
    CodeTable code;
    DisplayNames names;
  };
  enum class Ink : std::uint8_t { heading, file, line, function };

  void append_inked(std::string& out, Ink ink, std::string_view text) const;
  std::vector<std::uint32_t> sorted_rows(const Table& table, const FrameTable& frames) const;
  void append_rows(std::string& out, const Table& table,
                   const std::vector<std::uint32_t>& shown) const;
  void append_legend(std::string& out) const;
  void append_summary(std::string& out, const CallTree& tree) const;
  void append_opcodes(std::string& out, const CallTree& tree) const;

  Options options_;
};

using Pstats = FromTree<PstatsWriter>;

namespace detail {

inline void append_right(std::string& out, std::string_view text, std::size_t width) {
  if (text.size() < width) out.append(width - text.size(), ' ');
  out += text;
}

// A number column, two blanks before it. The unit's mu is one column but two bytes.
inline void append_cell(std::string& out, double value, int decimals, std::size_t width) {
  std::string digits;
  append_fixed(digits, value, decimals);
  out += "  ";
  append_right(out, digits, width);
}

struct TimeColumn {
  TimeUnit unit{};
  std::string title{};
  std::size_t width = 12;

  TimeColumn(std::string_view name, std::uint64_t largest) : unit{unit_for(largest)} {
    title.append(name).append(" (").append(unit.name).append(")");
    const std::size_t columns = title.size() - (unit.name.size() > 2 ? 1 : 0);
    width = std::max(width, columns);
    title.insert(0, width - columns, ' ');
  }
};

}  // namespace detail

template <Sink S>
void PstatsWriter::write(S& sink, const CallTree& tree, const Run& run) const {
  FoldedTree folded = fold(tree, options_.detail);
  CodeTable code = code_table(folded);
  std::string out;
  if (code.total.samples == 0) {
    out += "No samples were collected.\n";
    if (run.mode == ModeKind::cpu) {
      out += "In cpu mode this means that no thread was running: all of them waited or slept.\n";
    }
    sink.put(out);
    return;
  }
  DisplayNames names{tree.frames(), folded.keys};
  const Table table{std::move(folded), std::move(code), std::move(names)};
  std::vector<std::uint32_t> shown = sorted_rows(table, tree.frames());
  if (shown.size() > options_.limit) shown.resize(options_.limit);
  append_inked(out, Ink::heading, "Profile Stats:");
  out += '\n';
  append_rows(out, table, shown);
  append_legend(out);
  if (options_.summary) append_summary(out, tree);
  append_opcodes(out, tree);
  if (const std::uint64_t bare = tree.total().samples - table.code.total.samples; bare != 0) {
    out += "\n";
    append_number(out, bare);
    out += bare == 1 ? " sample had no Python frame and is in no row.\n"
                     : " samples had no Python frame and are in no row.\n";
  }
  sink.put(out);
}

inline void PstatsWriter::append_inked(std::string& out, Ink ink, std::string_view text) const {
  constexpr std::string_view start[] = {"\x1b[1;34m", "\x1b[32m", "\x1b[33m", "\x1b[36m"};
  if (options_.colour) out += start[static_cast<std::size_t>(ink)];
  out += text;
  if (options_.colour) out += "\x1b[0m";
}

inline std::vector<std::uint32_t> PstatsWriter::sorted_rows(const Table& table,
                                                            const FrameTable& frames) const {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < table.code.rows.size(); ++i) {
    if (table.code.rows[i].cumulative.samples != 0) order.push_back(i);
  }
  const auto descending = [&](auto value) {
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return value(table.code.rows[a]) > value(table.code.rows[b]);
    });
  };
  switch (options_.sort) {
    case PstatsSort::samples:
    case PstatsSort::sample_percent:
      descending([](const CodeRow& row) { return row.direct.samples; });
      break;
    case PstatsSort::time:
      descending([](const CodeRow& row) { return row.direct.weight; });
      break;
    case PstatsSort::cumulative_time:
      descending([](const CodeRow& row) { return row.cumulative.weight; });
      break;
    case PstatsSort::cumulative_percent:
    case PstatsSort::cumulative_samples:
      descending([](const CodeRow& row) { return row.cumulative.samples; });
      break;
    case PstatsSort::name:
      std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
        const CodeKey &x = table.folded.keys[a], &y = table.folded.keys[b];
        if (x.file != y.file) return frames[x.file] < frames[y.file];
        if (x.line != y.line) return x.line < y.line;
        return frames[x.name] < frames[y.name];
      });
      break;
  }
  return order;
}

inline void PstatsWriter::append_rows(std::string& out, const Table& table,
                                      const std::vector<std::uint32_t>& shown) const {
  std::uint64_t largest_direct = 0, largest_cumulative = 0;
  for (const std::uint32_t i : shown) {
    largest_direct = std::max(largest_direct, table.code.rows[i].direct.weight);
    largest_cumulative = std::max(largest_cumulative, table.code.rows[i].cumulative.weight);
  }
  const detail::TimeColumn direct_time{"tottime", largest_direct};
  const detail::TimeColumn cumulative_time{"cumtime", largest_cumulative};
  append_inked(out, Ink::heading,
               "       nsamples   sample%  " + direct_time.title + "    cumul%  " +
                   cumulative_time.title + "  filename:lineno(function)");
  out += '\n';
  const std::uint64_t total = table.code.total.samples;
  for (const std::uint32_t i : shown) {
    const CodeRow& row = table.code.rows[i];
    std::string counts;
    append_number(counts, row.direct.samples);
    counts += '/';
    append_number(counts, row.cumulative.samples);
    detail::append_right(out, counts, 15);
    detail::append_cell(out, percent_of(row.direct.samples, total), 1, 8);
    detail::append_cell(out, direct_time.unit.of(row.direct.weight), 3, direct_time.width);
    detail::append_cell(out, percent_of(row.cumulative.samples, total), 1, 8);
    detail::append_cell(out, cumulative_time.unit.of(row.cumulative.weight), 3,
                        cumulative_time.width);
    out += "  ";
    append_inked(out, Ink::file, table.names.file(table.folded.keys[i]));
    out += ':';
    append_inked(out, Ink::line, std::to_string(table.folded.keys[i].line));
    out += '(';
    append_inked(out, Ink::function, table.names.function(table.folded.keys[i]));
    out += ")\n";
  }
}

inline void PstatsWriter::append_legend(std::string& out) const {
  out += '\n';
  append_inked(out, Ink::heading, "Legend:");
  out += R"(
  nsamples: samples where it was executing itself / where it was anywhere on the stack
  sample%: share of all samples where it was executing itself
  tottime: time it was executing itself
  cumul%: share of all samples where it was anywhere on the stack
  cumtime: time it was anywhere on the stack, what it called included
  filename:lineno(function): )";
  out += options_.detail == Detail::function ? "where the function is defined, and its name\n"
                                             : "the line that was executing, and its function\n";
}

inline void PstatsWriter::append_summary(std::string& out, const CallTree& tree) const {
  const FoldedTree folded = fold(tree, Detail::function);
  const CodeTable code = code_table(folded);
  const DisplayNames names{tree.frames(), folded.keys};
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < code.rows.size(); ++i) {
    if (code.rows[i].cumulative.samples != 0) order.push_back(i);
  }
  const auto indirect = [&](std::uint32_t i) {
    return code.rows[i].cumulative.samples - code.rows[i].direct.samples;
  };
  const auto place = [&](std::uint32_t i) {
    out.append(names.file(folded.keys[i])).append(":(");
    out.append(names.function(folded.keys[i])).append(")\n");
  };
  // The three best of those that `counts`, by `score`; more samples decide between equals.
  const auto section = [&](std::string_view title, auto counts, auto score, auto line) {
    std::vector<std::uint32_t> best;
    std::copy_if(order.begin(), order.end(), std::back_inserter(best), counts);
    std::stable_sort(best.begin(), best.end(), [&](std::uint32_t a, std::uint32_t b) {
      if (score(a) != score(b)) return score(a) > score(b);
      return code.rows[a].cumulative.samples > code.rows[b].cumulative.samples;
    });
    if (best.size() > 3) best.resize(3);
    if (best.empty()) return;
    out += '\n';
    append_inked(out, Ink::heading, title);
    out += '\n';
    for (const std::uint32_t i : best) {
      out += "  ";
      line(i);
      place(i);
    }
  };
  const auto direct = [&](std::uint32_t i) { return code.rows[i].direct.samples; };
  const auto cumulative = [&](std::uint32_t i) { return code.rows[i].cumulative.samples; };
  const std::uint64_t total = code.total.samples;

  out += '\n';
  append_inked(out, Ink::heading, "Summary of Interesting Functions:");
  out += '\n';
  section(
      "Highest direct/cumulative ratio (hot spots):", [&](auto i) { return direct(i) > 0; },
      [&](auto i) { return ratio_of(direct(i), cumulative(i)); },
      [&](auto i) {
        append_fixed(out, ratio_of(direct(i), cumulative(i)), 3);
        out += " direct/cumulative ratio, ";
        append_fixed(out, percent_of(direct(i), total), 1);
        out += "% direct samples: ";
      });
  section(
      "Highest call frequency (indirect calls):", [&](auto i) { return indirect(i) > 0; }, indirect,
      [&](auto i) {
        append_number(out, indirect(i));
        out += " indirect calls, ";
        append_fixed(out, percent_of(cumulative(i), total), 1);
        out += "% total stack presence: ";
      });
  section(
      "Highest call magnification (cumulative/direct):",
      [&](auto i) { return direct(i) > 0 && indirect(i) > 0; },
      [&](auto i) { return ratio_of(cumulative(i), direct(i)); },
      [&](auto i) {
        append_fixed(out, ratio_of(cumulative(i), direct(i)), 1);
        out += "x call magnification, ";
        append_number(out, indirect(i));
        out += " indirect calls from ";
        append_number(out, direct(i));
        out += " direct: ";
      });
}

inline void PstatsWriter::append_opcodes(std::string& out, const CallTree& tree) const {
  const OpcodeUse table = opcode_table(tree);
  if (table.known.samples == 0) return;
  const FrameTable& frames = tree.frames();
  const std::size_t count = std::min<std::size_t>(table.rows.size(), options_.limit);
  std::size_t opcode_width = 6, base_width = 4;
  for (std::size_t i = 0; i < count; ++i) {
    const ExecutedOpcode& opcode = frames[table.rows[i].opcode];
    opcode_width = std::max(opcode_width, printable(frames[opcode.name]).size());
    base_width = std::max(base_width, printable(frames[opcode.base]).size());
  }
  const auto left = [](std::string& to, const std::string& text, std::size_t width) {
    to.append("  ").append(text).append(width - std::min(width, text.size()), ' ');
  };
  std::string titles = "       nsamples   sample%";
  left(titles, "opcode", opcode_width);
  left(titles, "base", base_width);
  out += '\n';
  append_inked(out, Ink::heading, "Opcodes:");
  out += '\n';
  append_inked(out, Ink::heading, titles + "  specialized");
  out += '\n';
  for (std::size_t i = 0; i < count; ++i) {
    const ExecutedOpcode& opcode = frames[table.rows[i].opcode];
    std::string samples;
    append_number(samples, table.rows[i].totals.samples);
    detail::append_right(out, samples, 15);
    detail::append_cell(out, percent_of(table.rows[i].totals.samples, table.known.samples), 1, 8);
    left(out, printable(frames[opcode.name]), opcode_width);
    left(out, printable(frames[opcode.base]), base_width);
    out += opcode.specialized ? "  yes\n" : "  no\n";
  }
  append_fixed(out, percent_of(table.specialized.samples, table.known.samples), 1);
  out += "% of ";
  append_number(out, table.known.samples);
  out += " samples with a known instruction ran specialized code.\n";
}

}  // namespace tachyon

// ---- tachyon/collect/pstats_file.hpp ----

// The file that Python's pstats module loads: a marshalled dict.
//
//   ("__sampled__",): True                       says that counts are samples, not calls
//   (file, line, function): (direct, cumulative, direct_seconds, cumulative_seconds,
//                            {caller: samples, ...})
//
// Keys hold whole paths. A key is marked when it first appears, whether as a row or as a caller,
// and referred to by number afterwards; a third of the size, and Python shares the tuple too.
namespace tachyon {

struct PstatsFileOptions {
  Detail detail = Detail::function;
};

class PstatsFileWriter {
 public:
  using Options = PstatsFileOptions;
  explicit PstatsFileWriter(Options options) : options_{options} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run&) const {
    const FrameTable& frames = tree.frames();
    const FoldedTree folded = fold(tree, options_.detail);
    const CodeTable table = code_table(folded);
    MarshalWriter out{sink};
    constexpr std::uint32_t none = 0xffffffff;
    std::vector<std::uint32_t> known_keys(folded.keys.size(), none);
    std::vector<std::uint32_t> known_texts(frames.string_count(), none);

    const auto put_text = [&](StringId text) {
      std::uint32_t& known = known_texts[static_cast<std::uint32_t>(text)];
      if (known != none) return out.reference(known);
      known = out.mark();
      out.text(frames[text]);
    };
    const auto put_key = [&](std::uint32_t code) {
      if (known_keys[code] != none) return out.reference(known_keys[code]);
      known_keys[code] = out.mark();
      const CodeKey& key = folded.keys[code];
      out.tuple(3);
      put_text(key.file);
      out.integer(key.line);
      put_text(key.name);
    };

    out.begin_dict();
    out.tuple(1);
    out.text("__sampled__");
    out.truth(true);
    const std::vector<std::vector<std::uint32_t>> edges = edges_by_callee(table);
    for (std::uint32_t code = 0; code < table.rows.size(); ++code) {
      const CodeRow& row = table.rows[code];
      if (row.cumulative.samples == 0) continue;
      put_key(code);
      out.tuple(5);
      out.integer(static_cast<std::int64_t>(row.direct.samples));
      out.integer(static_cast<std::int64_t>(row.cumulative.samples));
      out.real(seconds_of(row.direct.weight));
      out.real(seconds_of(row.cumulative.weight));
      out.begin_dict();
      for (const std::uint32_t edge : edges[code]) {
        put_key(table.edges[edge].caller);
        out.integer(static_cast<std::int64_t>(table.edges[edge].totals.samples));
      }
      out.end_dict();
    }
    out.end_dict();
  }

 private:
  static std::vector<std::vector<std::uint32_t>> edges_by_callee(const CodeTable& table) {
    std::vector<std::vector<std::uint32_t>> out(table.rows.size());
    for (std::uint32_t i = 0; i < table.edges.size(); ++i) {
      out[table.edges[i].callee].push_back(i);
    }
    return out;
  }

  Options options_;
};

using PstatsFile = FromTree<PstatsFileWriter>;

}  // namespace tachyon
