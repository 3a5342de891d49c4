#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/live/model.hpp>

// What the user has chosen: the other half, with the model, of what a screen is made from.
namespace tachyon::live {

enum class View : std::uint8_t { functions, tree, lines, tasks, threads };
inline constexpr std::size_t view_count = 5;
constexpr std::string_view name_of(View view) noexcept {
  constexpr std::array<std::string_view, view_count> names{"Functions", "Call tree", "Lines",
                                                           "Tasks", "Threads"};
  return names[static_cast<std::size_t>(view)];
}

// In the order that `s` goes through.
enum class Sort : std::uint8_t { samples, share, self_time, total_share, total_time };
inline constexpr std::size_t sort_count = 5;

// Case does not matter; looked for in the function, the file and "file:function". The answers are
// kept, because tables of many functions are filtered anew at every refresh.
class Filter {
 public:
  const std::string& text() const noexcept { return text_; }
  bool empty() const noexcept { return text_.empty(); }
  void set(std::string text) {
    if (text == text_) return;
    text_ = std::move(text);
    lower_ = lower(text_);
    known_.clear();
  }
  bool accepts(const FrameTable& frames, FunctionId id) {
    if (empty()) return true;
    const auto i = static_cast<std::size_t>(id);
    if (i >= known_.size()) known_.resize(frames.function_count(), Answer::unknown);
    if (known_[i] == Answer::unknown) {
      const Function& function = frames[id];
      known_[i] = matches(frames[function.file], frames[function.name]) ? Answer::yes : Answer::no;
    }
    return known_[i] == Answer::yes;
  }
  bool matches(std::string_view file, std::string_view name) const {
    std::string both{file};
    both += ':';
    both += name;
    return lower(both).find(lower_) != std::string::npos;
  }

 private:
  enum class Answer : std::uint8_t { unknown, yes, no };

  static std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return out;
  }

  std::string text_;
  std::string lower_;
  std::vector<Answer> known_;  // by FunctionId
};

// A line that is being typed on the last row.
struct Prompt {
  enum class Purpose : std::uint8_t { filter, save };
  Purpose purpose = Purpose::filter;
  std::string text{};
};

// A row of any view: a FunctionId, a path, a line, a thread or a process, by the view it is in.
using RowId = std::uint32_t;
inline constexpr RowId process_row = 0x8000'0000;  // in the threads view: | index of the process

struct Ui {
  static constexpr Moment interval_step = 50'000'000;
  static constexpr Moment shortest_interval = 50'000'000;
  static constexpr Moment longest_interval = 1'000'000'000;

  View view = View::functions;
  Sort sort = Sort::self_time;
  Sort tree_sort = Sort::total_time;  // what leads to it is what one looks for in a tree
  bool paused = false;
  bool trends = true;
  bool help = false;
  Moment interval = 100'000'000;
  Filter filter{};
  std::optional<Prompt> prompt{};
  std::optional<Notice> notice{};
  Moment notice_until = 0;
  std::string save_as{};  // what the prompt for saving begins with

  // By view: which row is selected (by identity, so that it survives sorting) and what
  // is scrolled to.
  std::array<std::optional<RowId>, view_count> selected{};
  std::array<int, view_count> top{};
  int page = 10;  // rows of the table that are on the screen

  std::optional<FunctionId> function{};  // whose lines are shown
  std::vector<bool> expanded{};          // by path
  bool tree_opened = false;              // the hot path has been expanded once
  // Where clicks go; kept from the last drawing.
  int table_row = 0;
  std::vector<RowId> visible{};
  struct Tab {
    int from;
    int to;
    View view;
  };
  int tabs_row = -1;
  std::vector<Tab> tabs{};
  std::vector<std::pair<int, Sort>> headings{};  // last column of a heading, what it sorts by

  std::optional<RowId>& selection() { return selected[static_cast<std::size_t>(view)]; }
  const std::optional<RowId>& selection() const { return selected[static_cast<std::size_t>(view)]; }
  // What this view is sorted by; nothing where the order is given by what is shown.
  std::optional<Sort> order() const {
    if (view == View::tree) return tree_sort;
    if (view == View::functions || view == View::tasks) return sort;
    return std::nullopt;
  }
  void order_by(Sort by) { (view == View::tree ? tree_sort : sort) = by; }
  int& first() { return top[static_cast<std::size_t>(view)]; }
  bool is_expanded(std::uint32_t path) const { return path < expanded.size() && expanded[path]; }
  void expand(std::uint32_t path, bool on) {
    if (path >= expanded.size()) expanded.resize(path + 1);
    expanded[path] = on;
  }
};

}  // namespace tachyon::live
