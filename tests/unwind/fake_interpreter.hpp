#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/memory/image.hpp>
#include <tachyon/target/runtime.hpp>
#include <tachyon/target/thread_clock.hpp>
#include <tachyon/unwind/frames.hpp>

// An interpreter built from a layout, field by field, in an image: the same program in every
// version, also in those that nobody here can run. What it cannot show is a wrong offset.
namespace tachyon::test {

// Code of eight instructions or so, one line each, with the caches of the version behind them:
//
//     unit 0   RESUME      line first
//     call     CALL        line first + 1
//     iterate  FOR_ITER    line first + 2
//     end      NOP         line first + 3
struct FakeCode {
  Address at{};
  std::uint32_t call = 0, iterate = 0, end = 0, units = 0;
  std::uint32_t frame_bytes = 0;
  std::uint32_t call_caches = 0;
  std::vector<std::byte> bytecode{};
  Address copies{};
};

struct FakeThread {
  Address at{};
  Address chunk{};
  Address next{};     // where the next frame goes
  Address current{};  // the leaf
  Address cframe{};
  std::int32_t copy = 0;  // index of its bytecode
};

class FakeInterpreter {
 public:
  explicit FakeInterpreter(const PublishedLayout& layout) : layout_{layout} {
    site.runtime = allocate(layout.runtime.size);
    site.version = layout.version_hex;
    site.free_threaded = layout.build.free_threaded;
    site.state = RuntimeState::running;
    type_ = type("type", 0);
    none_ = object(type("NoneType", 0));
    str_ = type("str", flag(layout.type_flags.unicode_subclass));
    int_ = type("int", flag(layout.type_flags.long_subclass));
    bytes_ = type("bytes", flag(layout.type_flags.bytes_subclass));
    dict_ = type("dict", flag(layout.type_flags.dict_subclass));
    code_ = type("code", 0);
    site.objects.code_type = code_;
    site.objects.none = none_;
  }

  Image image{};
  RuntimeSite site{};

  const PublishedLayout& layout() const { return layout_; }
  Address none() const { return none_; }

  Address allocate(std::size_t size) {
    used_ += 64;  // instances have words in front of them
    const Address at = arena_ + used_;
    used_ += (size + 63) / 64 * 64;
    for (; used_ >= mapped_; mapped_ += arena_step_) {
      REQUIRE(image.map(arena_ + mapped_, arena_step_));
    }
    return at;
  }
  template <class T, class V>
  void put(Address object, Field<T> field, V value) {
    if (!field.present()) return;
    if constexpr (std::is_same_v<T, Address>) {
      REQUIRE(image.store(field.at(object), Address{value}));
    } else {
      REQUIRE(image.store(field.at(object), static_cast<T>(value)));
    }
  }
  void put(Address object, Bits bits, std::uint32_t value) {
    if (!bits.present()) return;
    std::uint32_t word = 0;
    REQUIRE(image.read(object + bits.offset, std::as_writable_bytes(std::span{&word, 1})));
    word |= value << std::countr_zero(bits.mask) & bits.mask;
    REQUIRE(image.store(object + bits.offset, word));
  }
  void put_word(Address at, std::uint64_t word) { REQUIRE(image.store(at, word)); }

  void set_current(FakeThread& thread, Address frame) {
    thread.current = frame;
    put(thread.at, layout_.thread.current_frame, frame);
    if (thread.cframe) put(thread.cframe, layout_.cframe.current_frame, frame);
  }

  // ---- objects
  Address object(Address type, std::size_t size = 512) {
    const Address at = allocate(size);
    put(at, layout_.object.type, type);
    return at;
  }
  Address type(std::string_view name, std::uint64_t flags, std::int64_t basic_size = 0) {
    const Address at = object(type_, 2048);
    const Address text = allocate(name.size() + 1);
    REQUIRE(image.write(text, std::as_bytes(std::span{name})));
    put(at, layout_.type_object.name, text);
    put(at, layout_.type_object.flags, flags);
    put(at, layout_.type_object.basicsize, basic_size);
    return at;
  }
  // Code points below 0x10000.
  Address text(std::u16string_view points) {
    std::uint32_t kind = 1;
    bool ascii = true;
    for (const char16_t c : points) {
      if (c > 0x7f) ascii = false;
      if (c > 0xff) kind = 2;
    }
    const Address at = object(str_, 128 + points.size() * kind);
    put(at, layout_.unicode.length, points.size());
    put(at, layout_.unicode.kind, kind);
    put(at, layout_.unicode.compact, 1);
    put(at, layout_.unicode.ascii, ascii ? 1 : 0);
    const auto start = ascii ? layout_.unicode.ascii_data : layout_.unicode.compact_data;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (kind == 1) {
        REQUIRE(image.store(start.at(at) + i, static_cast<std::uint8_t>(points[i])));
      } else {
        REQUIRE(image.store(start.at(at) + i * 2, static_cast<std::uint16_t>(points[i])));
      }
    }
    return at;
  }
  Address bytes(std::span<const std::uint8_t> data) {
    const Address at = object(bytes_, 128 + data.size());
    put(at, layout_.var_object.count, data.size());
    REQUIRE(image.write(layout_.bytes.data.at(at), std::as_bytes(data)));
    return at;
  }
  Address integer(std::uint64_t value) {
    const Address at = object(int_, 128);
    const std::uint64_t digits = value >> 30 == 0 ? 1 : value >> 60 == 0 ? 2 : 3;
    if (layout_.long_object.tag.present()) {
      put(at, layout_.long_object.tag, digits << 3);
    } else {
      put(at, layout_.var_object.count, digits);
    }
    for (std::uint64_t i = 0; i < digits; ++i) {
      const auto digit = static_cast<std::uint32_t>(value >> (30 * i) & 0x3fffffff);
      REQUIRE(image.store(layout_.long_object.digits.at(at) + i * 4, digit));
    }
    return at;
  }
  // Keys of a dict with their values, or of a class's instances without.
  Address keys(const std::vector<std::pair<Address, Address>>& items, Value kind) {
    const bool general = layout_.keys_kinds.general.number == kind.number;
    const std::size_t step = general ? layout_.dict_entry.size : layout_.dict_unicode_entry.size;
    const Address at = allocate(256 + items.size() * step);
    put(at, layout_.dict_keys.log2_index_bytes, 4);
    put(at, layout_.dict_keys.kind, kind.number);
    put(at, layout_.dict_keys.nentries, items.size());
    Address entry = layout_.dict_keys.indices.at(at) + 16;
    for (const auto& [key, value] : items) {
      if (general) {
        put(entry, layout_.dict_entry.key, key);
        put(entry, layout_.dict_entry.value, value);
      } else {
        put(entry, layout_.dict_unicode_entry.key, key);
        put(entry, layout_.dict_unicode_entry.value, value);
      }
      entry = entry + step;
    }
    return at;
  }
  Address dict(const std::vector<std::pair<Address, Address>>& items, Value kind) {
    const Address at = object(dict_);
    put(at, layout_.dict.used, items.size());
    put(at, layout_.dict.keys, keys(items, kind));
    return at;
  }
  // An instance of a class of Python, its attributes where the version puts them.
  Address instance(const std::vector<std::pair<Address, Address>>& attributes, bool with_dict) {
    constexpr std::int64_t size = 64;
    const std::uint64_t flags =
        flag(layout_.type_flags.managed_dict) | flag(layout_.type_flags.inline_values);
    const Address made = type("Thread", flags, size);
    const Address at = object(made, 1024);
    const auto in_front = [&](std::int64_t distance) {
      return Address{at.value + static_cast<std::uint64_t>(distance)};
    };
    if (with_dict) {
      const Address own = dict(attributes, layout_.keys_kinds.unicode);
      put_word(
          in_front(layout_.traits.values_pointer_is_tagged ? layout_.traits.values_pointer
                                                           : layout_.instance.managed_dict.number),
          own.value);
      return at;
    }
    put(made, layout_.heap_type.cached_keys, keys(attributes, layout_.keys_kinds.split));
    Address row = at + size;
    if (layout_.traits.values_pointer != 0) {
      row = allocate(512);
      put_word(in_front(layout_.traits.values_pointer),
               row.value - (layout_.traits.values_pointer_is_tagged ? 1 : 0));
    }
    for (std::size_t i = 0; i < attributes.size(); ++i) {
      put_word(layout_.dict_values.values.at(row) + i * 8, attributes[i].second.value);
    }
    return at;
  }

  // ---- code and frames
  FakeCode code(std::u16string_view name, std::u16string_view file, int first_line) {
    FakeCode made;
    std::vector<std::uint8_t> lines;
    const auto add = [&](std::string_view opcode, int line_delta) {
      const std::uint8_t byte = number_of(opcode);
      const auto unit = static_cast<std::uint32_t>(made.bytecode.size() / 2);
      const std::uint32_t size = 1U + layout_.opcodes[byte].caches;
      made.bytecode.push_back(std::byte{byte});
      made.bytecode.insert(made.bytecode.end(), size * 2 - 1, std::byte{0});
      for (std::uint32_t left = size; left > 0;) {
        const std::uint32_t run = left < 8 ? left : 8;
        lines.push_back(static_cast<std::uint8_t>(0x80 | 13 << 3 | (run - 1)));
        lines.push_back(static_cast<std::uint8_t>(line_delta << 1));  // a signed varint
        line_delta = 0;
        left -= run;
      }
      return unit;
    };
    add("RESUME", 0);
    made.call = add("CALL", 1);
    made.call_caches = layout_.opcodes[number_of("CALL")].caches;
    made.iterate = add("FOR_ITER", 1);
    made.end = add("NOP", 1);
    made.units = static_cast<std::uint32_t>(made.bytecode.size() / 2);
    made.at = object(code_, layout_.code.size + made.bytecode.size());
    const auto& c = layout_.code;
    put(made.at, c.units, made.units);
    put(made.at, c.firstlineno, first_line);
    put(made.at, c.qualname, text(name));
    put(made.at, c.filename, text(file));
    put(made.at, c.linetable, bytes(lines));
    const std::uint32_t words = layout_.frame.localsplus.offset / 8 + 3 + 2;
    put(made.at, c.nlocalsplus, 3);
    put(made.at, c.stacksize, 2);
    put(made.at, c.framesize, words);
    made.frame_bytes = words * 8;
    REQUIRE(image.write(c.bytecode.at(made.at), made.bytecode));
    if (c.tlbc.present()) {
      // Slot 0 is the code's own; 1 was made; 2 and 3 not yet.
      made.copies = allocate(128);
      put(made.copies, layout_.tlbc_array.count, 4);
      put_word(layout_.tlbc_array.entries.at(made.copies), c.bytecode.at(made.at).value);
      copy_bytecode(made, 1);
      put(made.at, c.tlbc, made.copies);
    }
    return made;
  }
  // Gives a thread index a copy of the bytecode of its own, in place of one that it may have.
  void copy_bytecode(const FakeCode& code, std::uint64_t index) {
    const Address copy = allocate(code.bytecode.size());
    REQUIRE(image.write(copy, code.bytecode));
    put_word(layout_.tlbc_array.entries.at(code.copies) + index * 8, copy.value);
  }

  // ---- interpreters and threads
  Address interpreter(std::int64_t id) {
    const Address at = allocate(layout_.interpreter.size);
    put(at, layout_.interpreter.id, id);
    put(at, layout_.interpreter.next, newest_);
    if (layout_.interpreter.gil.present()) {
      put(at, layout_.interpreter.gil, layout_.interpreter.own_gil.at(at));
    }
    newest_ = at;
    put(site.runtime, layout_.runtime.interpreters_head, at);
    return at;
  }
  Address gil_of(Address interpreter) const {
    return layout_.interpreter.gil.present() ? layout_.interpreter.own_gil.at(interpreter)
                                             : layout_.runtime.gil.at(site.runtime);
  }

  FakeThread thread(Address interpreter, std::uint64_t native_id, std::uint64_t pthread) {
    FakeThread made;
    made.at = allocate(layout_.thread.size + 4096);
    const auto& t = layout_.thread;
    Address& head = heads_[interpreter.value];
    put(made.at, t.interp, interpreter);
    put(made.at, t.next, head);
    put(made.at, t.native_thread_id, native_id);
    put(made.at, t.thread_id, pthread);
    put(made.at, t.id, ++unique_);
    put(made.at, t.exc_info, t.exc_state.at(made.at));
    head = made.at;
    put(interpreter, layout_.interpreter.threads_head, made.at);
    put(interpreter, layout_.interpreter.threads_next_unique_id, unique_ + 1);
    made.chunk = allocate(chunk_size_);
    put(made.chunk, layout_.chunk.bytes, chunk_size_);
    put(made.at, t.datastack_chunk, made.chunk);
    made.next = layout_.chunk.data.at(made.chunk) + 8;
    if (t.cframe.present()) {
      made.cframe = allocate(64);
      put(made.at, t.cframe, made.cframe);
    }
    if (t.base_frame.present()) {
      const Address base = allocate(layout_.frame.size);
      put(base, layout_.frame.owner, shim_owner());
      put(base, layout_.frame.executable, none_);
      put(made.at, t.base_frame, base);
      set_current(made, base);
    }
    return made;
  }
  void main_thread(Address interpreter, const FakeThread& thread, std::uint64_t pthread) {
    put(interpreter, layout_.interpreter.threads_main, thread.at);
    put(site.runtime, layout_.runtime.main_thread, pthread);
  }

  // C code calls Python: a shim before the next frame, or a mark in it.
  void enter(FakeThread& thread) {
    entered_ = true;
    if (!layout_.traits.has_shims) return;
    const Address shim = allocate(layout_.frame.size);
    put(shim, layout_.frame.owner, shim_owner());
    put(shim, layout_.frame.executable, Address{none_.value | tag()});
    put(shim, layout_.frame.previous, thread.current);
    set_current(thread, shim);
  }
  // A frame at `unit` of its code, on top of the others.
  Address push(FakeThread& thread, const FakeCode& code, std::uint32_t unit,
               bool generator = false) {
    const Address at = generator ? allocate(code.frame_bytes) : thread.next;
    if (!generator) thread.next = at + code.frame_bytes;
    const Value owner = generator ? layout_.owners.generator : layout_.owners.thread;
    put_frame(at, code, unit, owner, thread.current, thread.copy);
    put(at, layout_.frame.is_entry, entered_ ? 1 : 0);
    entered_ = false;
    set_current(thread, at);
    return at;
  }

  // A frame by itself: a thread's, or that of a coroutine that is suspended.
  void put_frame(Address at, const FakeCode& code, std::uint32_t unit, Value owner,
                 Address previous = {}, std::int32_t copy = 0) {
    const bool calls = unit == code.call && layout_.traits.caller_stops_at_last_cache;
    const std::uint32_t stop = calls ? unit + code.call_caches : unit;
    Address bytecode = layout_.code.bytecode.at(code.at);
    if (code.copies) {
      const auto index = static_cast<std::uint64_t>(copy);
      REQUIRE(image.read(layout_.tlbc_array.entries.at(code.copies) + index * 8,
                         std::as_writable_bytes(std::span{&bytecode, 1})));
    }
    const auto& f = layout_.frame;
    put(at, f.executable, Address{code.at.value | tag()});
    put(at, f.previous, previous);
    put(at, f.instruction, bytecode + stop * std::uint64_t{2});
    put(at, f.owner, owner.number);
    put(at, f.tlbc_index, copy);
  }

 private:
  static std::uint64_t flag(Value value) {
    return value.present() ? static_cast<std::uint64_t>(value.number) : 0;
  }
  // The interpreter, in every version that has shims.
  std::int64_t shim_owner() const { return layout_.owners.frame_object.number + 1; }
  // References to code carry a bit where they are tagged.
  std::uint64_t tag() const { return layout_.traits.popped_frames_are_cleared ? 1 : 0; }
  std::uint8_t number_of(std::string_view name) const {
    for (unsigned i = 0; i < 256; ++i) {
      if (layout_.opcodes[static_cast<std::uint8_t>(i)].name == name) {
        return static_cast<std::uint8_t>(i);
      }
    }
    FAIL("no instruction " << std::string(name));
    return 0;
  }

  static constexpr Address arena_{0x7f0000000000};
  static constexpr std::size_t arena_step_ = 4 << 20;
  static constexpr std::uint64_t chunk_size_ = 16384;

  PublishedLayout layout_;
  std::size_t used_ = 0;
  std::size_t mapped_ = 0;
  Address type_{}, none_{}, str_{}, int_{}, bytes_{}, dict_{}, code_{};
  Address newest_{};
  std::map<std::uint64_t, Address> heads_{};
  std::uint64_t unique_ = 0;
  bool entered_ = false;
};

// Threads are numbered as the target numbers them, and the kernel knows nothing.
class FakeHost {
 public:
  std::int32_t pid() const noexcept { return 100; }
  std::int32_t ours(std::uint64_t inner) const noexcept { return static_cast<std::int32_t>(inner); }
  std::string thread_name(std::int32_t) const { return "python3"; }
  std::unique_ptr<ThreadClock> clock(std::int32_t) const noexcept { return nullptr; }
  Address futex_wait(std::int32_t task) const {
    const auto found = futexes.find(task);
    return found == futexes.end() ? Address{} : found->second;
  }
  Address asyncio_table() const noexcept { return {}; }

  std::map<std::int32_t, Address> futexes{};
};

}  // namespace tachyon::test
