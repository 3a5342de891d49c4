#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include <tachyon/sample/stack_builder.hpp>

// Names of tasks: the frames that show them, and their order.
//
// A stack shows a task as a synthetic frame, the marker, below the coroutines of the task. If
// several tasks wait for it, the marker says how many: "merge (3 parents)".
//
// A server may number its tasks for ever, and frames are never freed. So the number of markers is
// limited. Beyond the first limit names that differ only in their numbers share a marker; beyond
// the second all other names do:
//
//   Task-65537, Task-65538 -> Task-N          get /a7f, get /a8c -> get /aNf, get /aNc
namespace tachyon {

// "Task-9" before "Task-10".
inline bool comes_before(std::string_view a, std::string_view b) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      std::uint64_t x = 0, y = 0;
      const char* a_end = std::from_chars(a.data(), a.data() + a.size(), x).ptr;
      const char* b_end = std::from_chars(b.data(), b.data() + b.size(), y).ptr;
      if (x != y) return x < y;
      a.remove_prefix(static_cast<std::size_t>(a_end - a.data()));
      b.remove_prefix(static_cast<std::size_t>(b_end - b.data()));
    } else {
      if (a[0] != b[0]) return a[0] < b[0];
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

// How tasks are shown that were given no name, and so have a number: a server makes thousands, and
// what they do together is what a profile is asked for.
enum class TaskNames : std::uint8_t {
  as_given,      // "Task-7"
  by_coroutine,  // "handle_request"
};

// The name of a task that was given none.
constexpr bool is_numbered(std::string_view name) noexcept {
  constexpr std::string_view prefix = "Task-";
  return name.size() > prefix.size() && name.starts_with(prefix) &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

class TaskMarkers {
 public:
  static constexpr std::size_t most_names = 1 << 16;
  static constexpr std::size_t most_shapes = most_names;  // of names without their numbers

  explicit TaskMarkers(StackBuilder& builder) : builder_{builder} {}

  FrameId of(std::string_view name, std::size_t awaiters) {
    std::string shown{name.empty() ? std::string_view{"<unnamed task>"} : name};
    if (awaiters > 1) shown += " (" + std::to_string(awaiters) + " parents)";
    if (const auto known = known_.find(shown); known != known_.end()) return known->second;
    if (known_.size() < most_names) return make(shown);
    shown = without_numbers(shown);
    if (const auto known = known_.find(shown); known != known_.end()) return known->second;
    return make(known_.size() < most_names + most_shapes ? shown : "<other task>");
  }

 private:
  static std::string without_numbers(std::string_view name) {
    std::string out;
    for (const char c : name) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit) out += c;
      if (digit && (out.empty() || out.back() != 'N')) out += 'N';
    }
    return out;
  }

  FrameId make(const std::string& shown) {
    const FrameId frame = builder_.synthetic(shown, FrameKind::task, "<task>");
    if (known_.size() < most_names + most_shapes) known_.emplace(shown, frame);
    return frame;
  }

  StackBuilder& builder_;
  std::unordered_map<std::string, FrameId> known_;
};

}  // namespace tachyon
