#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/memory/page_cache.hpp>
#include <tachyon/unwind/dict.hpp>

// What the program calls its threads.
//
// Up to 3.13 the names given to threading.Thread are known to Python alone, and the kernel calls
// every thread by the program's name; from 3.14 on the kernel is told, and cuts them at 15 bytes.
// The whole names are in the dict threading._active:
//
//   interpreter --modules--> {"threading": module} --dict--> {"_active": {ident: Thread}}
//
// `ident` is what the thread state holds as thread_id. Threads that C code or _thread started are
// not in it. It is an ordinary Python object that changes while we read: a name is believed when
// its key is an int and its value a str, and the caller reads again later.
namespace tachyon {

struct ThreadName {
  std::uint64_t thread_id = 0;  // pthread_self(), as Thread::thread_id of the layouts
  std::string name{};
};

// Finds names in one interpreter, again and again.
template <class L, Memory M>
class ThreadNames {
 public:
  ThreadNames(const L& layout, M& memory, Address interpreter)
      : layout_{layout}, interpreter_{interpreter}, pages_{memory, most_pages} {}

  // Nothing when the program has not imported threading.
  std::vector<ThreadName> read() {
    constexpr std::size_t most_named = 1 << 16;
    std::vector<ThreadName> names;
    pages_.refresh();
    if (!active_ && !find_active()) return names;
    const auto items = read_dict(pages_, layout_, active_, most_named);
    if (!items) {
      active_ = {};
      return names;
    }
    for (const DictItem& item : *items) {
      const std::uint64_t id = unsigned_int(item.key);
      const Address text =
          id != 0 ? read_attribute(pages_, layout_, item.value, "_name") : Address{};
      if (!text || !has_flag(text, layout_.type_flags.unicode_subclass)) continue;
      auto name = read_text(pages_, layout_, text, longest_name);
      if (name && !name->empty()) names.push_back({id, std::move(*name)});
    }
    return names;
  }

 private:
  static constexpr std::uint64_t longest_name = 1024;

  bool find_active() {
    constexpr std::size_t most_modules = 1 << 16, most_globals = 4096;
    if (!layout_.interpreter.imports_modules.present()) return false;
    const auto modules =
        read_value<Address>(pages_, layout_.interpreter.imports_modules.at(interpreter_));
    if (!modules || !*modules) return false;
    const auto imported = read_dict(pages_, layout_, *modules, most_modules);
    if (!imported) return false;
    const Address module = find_item(pages_, layout_, *imported, "threading");
    if (!module) return false;
    const auto globals = read_value<Address>(pages_, layout_.module_object.dict.at(module));
    if (!globals || !*globals) return false;
    const auto known = read_dict(pages_, layout_, *globals, most_globals);
    if (!known) return false;
    const Address active = find_item(pages_, layout_, *known, "_active");
    if (!active || !has_flag(active, layout_.type_flags.dict_subclass)) return false;
    active_ = active;
    return true;
  }

  bool has_flag(Address object, Value flag) {
    const auto type = read_value<Address>(pages_, layout_.object.type.at(object));
    if (!type) return false;
    const auto flags = read_value<std::uint64_t>(pages_, layout_.type_object.flags.at(*type));
    return flags && flag.in(*flags);
  }

  // A positive int of up to 60 bits; 0: it is something else.
  std::uint64_t unsigned_int(Address object) {
    if (!has_flag(object, layout_.type_flags.long_subclass)) return 0;
    std::uint64_t digits = 0;
    if (layout_.long_object.tag.present()) {
      const auto tag = read_value<std::uint64_t>(pages_, layout_.long_object.tag.at(object));
      if (!tag || (*tag & 3) != 0) return 0;
      digits = *tag >> 3;
    } else {
      const auto count = read_value<std::int64_t>(pages_, layout_.var_object.count.at(object));
      if (!count || *count < 0) return 0;
      digits = static_cast<std::uint64_t>(*count);
    }
    std::array<std::uint32_t, 3> words{};
    if (digits == 0 || digits > words.size()) return 0;
    const auto into = bytes_of(words).first(static_cast<std::size_t>(digits) * sizeof words[0]);
    if (!pages_.read(layout_.long_object.digits.at(object), into)) return 0;
    return words[0] | std::uint64_t{words[1]} << 30 | std::uint64_t{words[2]} << 60;
  }

  static constexpr std::size_t most_pages = std::size_t{1} << 11;  // 8 MiB

  L layout_;
  Address interpreter_;
  PageCache<M> pages_;
  Address active_{};
};

}  // namespace tachyon
