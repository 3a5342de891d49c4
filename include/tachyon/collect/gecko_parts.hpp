#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/state_intervals.hpp>
#include <tachyon/sample/frame_table.hpp>

// What the tables of a profile for the Firefox Profiler are made of: categories, kinds of markers,
// and the numbers that strings, stacks and frames have in the file.
namespace tachyon::detail {

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
  void clear() {
    for (const std::uint32_t global : used_) local_[global] = none;
    used_.clear();
  }

 private:
  std::vector<std::uint32_t> local_;
  std::vector<std::uint32_t> used_;
};

// Stacks are kept in more detail than the format has: the ends of locations, and instructions.
// Those that would look the same are written once, as the first of them.
class GeckoLooks {
 public:
  explicit GeckoLooks(const FrameTable& frames) {
    Interner<CodeKey> keys;
    std::vector<std::uint32_t> frame_of_key, look_of_frame;
    for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
      const Frame& frame = frames[FrameId{i}];
      const Function& function = frames[frame.function];
      const std::uint32_t key =
          keys.intern({function.file, function.name, frame.location.line, function.first_line,
                       frame.location.column, static_cast<std::int32_t>(frame.kind)});
      if (key == frame_of_key.size()) frame_of_key.push_back(i);
      look_of_frame.push_back(frame_of_key[key]);
    }
    Interner<FoldKey> stacks;
    std::vector<std::uint32_t> stack_of_key;
    of_.push_back(0);
    for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
      const StackNode& node = frames[StackId{i}];
      const std::uint32_t key =
          stacks.intern({of_[static_cast<std::uint32_t>(node.parent)],
                         look_of_frame[static_cast<std::uint32_t>(node.frame)]});
      if (key == stack_of_key.size()) stack_of_key.push_back(i);
      of_.push_back(stack_of_key[key]);
    }
    look_of_frame_ = std::move(look_of_frame);
  }

  std::uint32_t of(StackId stack) const { return of_[static_cast<std::uint32_t>(stack)]; }
  std::uint32_t of(FrameId frame) const {
    return look_of_frame_[static_cast<std::uint32_t>(frame)];
  }

 private:
  std::vector<std::uint32_t> of_;  // by StackId: the first that looks like it
  std::vector<std::uint32_t> look_of_frame_;
};

}  // namespace tachyon::detail
