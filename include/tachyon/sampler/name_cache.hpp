#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/unwind/thread_names.hpp>

namespace tachyon {

// The names that threading knows, by interpreter and thread, read anew when somebody asks for one
// that is not there. A thread is seen before it has entered itself into threading's dict, so who
// finds no name asks again; programs that start a thread for every request do not make us read
// everything for each of them.
//
// The layout is told at run time: names are not worth code of their own for every layout.
template <Memory M>
class NameCache {
 public:
  static constexpr std::uint64_t read_every = 20'000'000;  // ns

  NameCache(const PublishedLayout& layout, M& memory) : layout_{layout}, memory_{memory} {}

  // Empty: it has none, or none yet.
  std::string_view name_of(Address interpreter, std::uint64_t thread_id, std::uint64_t now) {
    const auto [at, fresh] =
        pages_.try_emplace(interpreter.value, Page{{layout_, memory_, interpreter}, {}, 0});
    Page& page = at->second;
    const auto find = [&] {
      const auto found = std::lower_bound(
          page.names.begin(), page.names.end(), thread_id,
          [](const ThreadName& one, std::uint64_t id) { return one.thread_id < id; });
      if (found == page.names.end() || found->thread_id != thread_id) return std::string_view{};
      return std::string_view{found->name};
    };
    if (!fresh && now - page.read < read_every) return find();
    page.names = page.source.read();
    std::sort(page.names.begin(), page.names.end(),
              [](const ThreadName& a, const ThreadName& b) { return a.thread_id < b.thread_id; });
    page.read = now;
    return find();
  }
  // Interpreters end, and their addresses are used again.
  void keep_only(const std::vector<Address>& interpreters) {
    std::erase_if(pages_, [&](const auto& one) {
      return std::find(interpreters.begin(), interpreters.end(), Address{one.first}) ==
             interpreters.end();
    });
  }

 private:
  struct Page {
    ThreadNames<PublishedLayout, M> source;
    std::vector<ThreadName> names;
    std::uint64_t read;
  };

  PublishedLayout layout_;
  M& memory_;
  std::unordered_map<std::uint64_t, Page> pages_;
};

}  // namespace tachyon
