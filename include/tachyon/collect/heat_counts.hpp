#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/interner.hpp>
#include <tachyon/collect/call_tree.hpp>

// What each line of each file was seen doing.
//
//   self    samples in which the line was running
//   total   samples in which it was running or waiting for a call to return
//
// Every total counts a sample once, however often a line, a file or a call recurs on its stack:
// of lines, so that recursion does not make a line busier than the program; of files, so that a
// file whose functions call each other is not counted twice. One walk over the stacks knows what is
// already open above a node from a counter for each thing.
namespace tachyon {

struct HeatCount {
  Totals self{};
  Totals total{};
};

struct HeatFile {
  StringId name{};
  HeatCount count{};
  std::map<std::int32_t, HeatCount> lines{};
};

// From a line to a function that it called.
struct HeatCall {
  std::uint32_t file = 0;  // of the caller; index of HeatCounts::files
  std::int32_t line = 0;
  FunctionId caller{}, callee{};
  Totals totals{};
};

class HeatCounts {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  explicit HeatCounts(const CallTree& tree);

  // Real files with samples, the most total samples first.
  const std::vector<HeatFile>& files() const noexcept { return files_; }
  const std::vector<HeatCall>& calls() const noexcept { return calls_; }
  // By FrameId: each has one location and one instruction.
  const std::vector<HeatCount>& frames() const noexcept { return frames_; }
  // The file that a function stands in, or `none` where that is no file on a disk.
  std::uint32_t file_of(FunctionId id) const { return function_file_[index_of(id)]; }
  // Where it begins; the first line seen running stands in where that is not known.
  std::int32_t definition_of(FunctionId id) const { return definition_[index_of(id)]; }

 private:
  struct Place {
    std::uint32_t file = 0, line = 0;
    friend constexpr bool operator==(const Place&, const Place&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const Place& p) noexcept {
      return mix_bits(static_cast<std::uint64_t>(p.file) << 32 | p.line);
    }
  };
  struct Call {
    std::uint32_t place = 0, caller = 0, callee = 0;
    friend constexpr bool operator==(const Call&, const Call&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const Call& c) noexcept {
      return mix_bits(static_cast<std::uint64_t>(c.place) << 32 ^
                      mix_bits(static_cast<std::uint64_t>(c.caller) << 32 | c.callee));
    }
  };

  template <class Id>
  static std::uint32_t index_of(Id id) noexcept {
    return static_cast<std::uint32_t>(id);
  }
  static bool is_file(std::string_view name) noexcept {
    return !name.empty() && name.front() != '<' && name.front() != '[' && name != "~";
  }

  void find_places(const FrameTable& frames);
  void walk(const FrameTable& frames, const StackTotals& totals);
  void sort_files();

  std::vector<HeatFile> files_;
  std::vector<HeatCall> calls_;
  std::vector<HeatCount> frames_;
  std::vector<std::uint32_t> function_file_;
  std::vector<std::int32_t> definition_;
  Interner<Place> places_;
  std::vector<std::uint32_t> frame_place_;  // FrameId -> number of its place, or `none`
  std::vector<HeatCount> place_counts_;
};

inline HeatCounts::HeatCounts(const CallTree& tree) {
  const FrameTable& frames = tree.frames();
  find_places(frames);
  walk(frames, totals_by_stack(tree));
  for (std::uint32_t i = 0; i < places_.size(); ++i) {
    if (place_counts_[i].total.samples == 0) continue;
    files_[places_[i].file].lines[static_cast<std::int32_t>(places_[i].line)] = place_counts_[i];
  }
  sort_files();
}

inline void HeatCounts::find_places(const FrameTable& frames) {
  Interner<Place> names;
  function_file_.assign(frames.function_count(), none);
  definition_.assign(frames.function_count(), 0);
  for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
    const Function& function = frames[FunctionId{i}];
    if (!is_file(frames[function.file])) continue;
    function_file_[i] = names.intern({index_of(function.file), 0});
    if (function_file_[i] == files_.size()) files_.push_back({function.file, {}, {}});
  }
  frame_place_.assign(frames.frame_count(), none);
  for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
    const Frame& frame = frames[FrameId{i}];
    const std::int32_t line = frame.location.line;
    const std::uint32_t file = file_of(frame.function);
    if (file == none || line <= 0) continue;
    frame_place_[i] = places_.intern({file, static_cast<std::uint32_t>(line)});
    std::int32_t& definition = definition_[index_of(frame.function)];
    if (definition == 0 || line < definition) definition = line;
  }
  for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
    const std::int32_t line = frames[FunctionId{i}].first_line;
    if (line > 0) definition_[i] = line;
  }
}

// Depth first without recursion, with a counter for each file, line, frame and call that is open on
// the way from the root.
inline void HeatCounts::walk(const FrameTable& frames, const StackTotals& totals) {
  const std::uint32_t count = frames.stack_count();
  std::vector<std::uint32_t> first(count, 0), next(count, 0);
  for (std::uint32_t i = count; i-- > 1;) {
    if (totals.inclusive[i].samples == 0) continue;
    const std::uint32_t parent = index_of(frames.parent(StackId{i}));
    next[i] = first[parent];
    first[parent] = i;
  }
  frames_.resize(frames.frame_count());
  place_counts_.resize(places_.size());
  Interner<Call> known;
  std::vector<std::uint32_t> call_of(count, none);
  std::vector<std::uint32_t> open_frame(frames.frame_count()), open_place(places_.size()),
      open_file(files_.size()), open_call;

  const auto enter = [&](std::uint32_t node) {
    const FrameId frame = frames.leaf(StackId{node});
    const std::uint32_t place = frame_place_[index_of(frame)];
    const Totals& all = totals.inclusive[node];
    frames_[index_of(frame)].self += totals.self[node];
    if (open_frame[index_of(frame)]++ == 0) frames_[index_of(frame)].total += all;
    if (place != none) {
      HeatFile& file = files_[places_[place].file];
      place_counts_[place].self += totals.self[node];
      file.count.self += totals.self[node];
      if (open_place[place]++ == 0) place_counts_[place].total += all;
      if (open_file[places_[place].file]++ == 0) file.count.total += all;
    }
    const StackId parent = frames.parent(StackId{node});
    if (parent == StackId::empty) return;
    const FrameId caller = frames.leaf(parent);
    const std::uint32_t from = frame_place_[index_of(caller)];
    if (from == none) return;
    const Call key{from, index_of(frames[caller].function), index_of(frames[frame].function)};
    const std::uint32_t call = known.intern(key);
    if (call == calls_.size()) {
      calls_.push_back({places_[from].file,
                        static_cast<std::int32_t>(places_[from].line),
                        FunctionId{key.caller},
                        FunctionId{key.callee},
                        {}});
      open_call.push_back(0);
    }
    call_of[node] = call;
    if (open_call[call]++ == 0) calls_[call].totals += all;
  };
  const auto leave = [&](std::uint32_t node) {
    const FrameId frame = frames.leaf(StackId{node});
    const std::uint32_t place = frame_place_[index_of(frame)];
    --open_frame[index_of(frame)];
    if (place != none) {
      --open_place[place];
      --open_file[places_[place].file];
    }
    if (call_of[node] != none) --open_call[call_of[node]];
  };
  for (std::uint32_t node = first[0]; node != 0;) {
    enter(node);
    if (first[node] != 0) {
      node = first[node];
      continue;
    }
    while (node != 0 && next[node] == 0) {
      leave(node);
      node = index_of(frames.parent(StackId{node}));
    }
    if (node == 0) break;
    leave(node);
    node = next[node];
  }
}

inline void HeatCounts::sort_files() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < files_.size(); ++i) {
    if (files_[i].count.total.samples != 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return files_[a].count.total.samples > files_[b].count.total.samples;
  });
  std::vector<std::uint32_t> number(files_.size(), none);
  std::vector<HeatFile> sorted;
  for (const std::uint32_t i : order) {
    number[i] = static_cast<std::uint32_t>(sorted.size());
    sorted.push_back(std::move(files_[i]));
  }
  files_ = std::move(sorted);
  for (std::uint32_t& file : function_file_) {
    if (file != none) file = number[file];
  }
  for (HeatCall& call : calls_) call.file = number[call.file];
  std::stable_sort(calls_.begin(), calls_.end(), [](const HeatCall& a, const HeatCall& b) {
    return a.totals.samples > b.totals.samples;
  });
}

}  // namespace tachyon
