#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/interner.hpp>
#include <tachyon/codec/json.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/page_run.hpp>
#include <tachyon/render/page_column.hpp>
#include <tachyon/render/source_place.hpp>
#include <tachyon/sample/run.hpp>

// A call tree as the pages embed it.
//
// The page answers questions that are asked later: this thread only, this second only, by line, by
// instruction. So nothing is summed up here that a later question might need apart: a node is a
// (function, line, instruction) below its callers, and a record is what one thread left in one node
// in one span of time. Nothing is left out either. What makes a million nodes affordable is that
// everything which repeats is a number in a column:
//
//   strings     each text once
//   functions   name, file, module (numbers of strings), line of the definition, origin
//   frames      function, line, instruction
//   trees       nodes in preorder; `up` = levels to climb from the node before to the parent
//
//         a                 node   a  b  c  d
//        / \                up     0  0  1  0        c: up from b to a, then down
//       b   c               frame  number of its frame
//           |
//           d               records of a node: how many, then place, samples, time
//
// A record's place is twice the distance in time from the record before, or, when the thread is
// another one, twice the time plus 1 and the thread; its time is what its nanoseconds exceed
// samples times interval, zigzagged. About ten bytes a node and five a record. gen/assets/data.js
// reads it.
namespace tachyon {

class PageProfile {
 public:
  PageProfile() { text(""); }

  // Adds a run's tree; the first is the run that the page is about, a second its baseline.
  void add(const CallTree& tree, const Run& run);

  // Says which function of the first run each function is to be compared with.
  void match_functions();

  template <Sink S>
  void write(S& sink, std::string_view kind, std::string_view diff_by) const;

 private:
  struct PageFunction {
    std::uint32_t name = 0, file = 0, module = 0;
    std::uint32_t line = 0;
    Origin origin = Origin::other;
    std::string comparable{};  // name and place, the same wherever the code was checked out

    std::uint32_t tree = 0;  // which run brought it
  };
  struct PageFrame {
    std::uint32_t function = 0;
    std::uint32_t line = 0;
    std::uint32_t opcode = 0;
    friend constexpr bool operator==(const PageFrame&, const PageFrame&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const PageFrame& f) noexcept {
      return mix_bits(static_cast<std::uint64_t>(f.function) << 32 ^
                      mix_bits(static_cast<std::uint64_t>(f.opcode) << 32 | f.line));
    }
  };
  struct Edge {
    std::uint32_t parent = 0, frame = 0;
    friend constexpr bool operator==(const Edge&, const Edge&) noexcept = default;
    friend constexpr std::uint64_t hash_of(const Edge& e) noexcept {
      return mix_bits(static_cast<std::uint64_t>(e.parent) << 32 | e.frame);
    }
  };
  struct PageTree {
    std::size_t nodes = 0, records = 0;
    PageColumn up{}, frame{}, record{};
  };
  struct Record {
    std::uint32_t node = 0, thread = 0, bucket = 0;
    Totals totals{};
    friend bool operator<(const Record& a, const Record& b) noexcept {
      if (a.node != b.node) return a.node < b.node;
      return a.thread != b.thread ? a.thread < b.thread : a.bucket < b.bucket;
    }
  };
  // Where in threads and time: the distance to the place before (see the top).
  struct Place {
    std::uint32_t thread = 0, bucket = 0;
    void put(PageColumn& column, std::uint32_t next_thread, std::uint32_t next_bucket) {
      if (next_thread == thread) {
        column.put(2 * std::uint64_t{next_bucket - bucket});
      } else {
        column.put(2 * std::uint64_t{next_bucket} + 1);
        column.put(next_thread);
      }
      thread = next_thread;
      bucket = next_bucket;
    }
  };
  struct Shape {  // the nodes of one tree, parents first
    std::vector<std::uint32_t> parent, frame;
    std::vector<std::uint32_t> of_stack;
  };

  static constexpr std::uint32_t none = 0xffffffff;
  static constexpr std::size_t record_budget = 600'000;
  static constexpr std::size_t source_budget = 1'000'000;
  static constexpr std::size_t longest_line = 160;

  std::uint32_t text(std::string_view value) { return strings_.intern(value); }

  std::vector<std::uint32_t> add_functions(const FrameTable& frames, const Run& run,
                                           const std::vector<bool>& used);
  Shape add_nodes(const CallTree& tree, const Run& run);
  std::vector<Record> records_of(const CallTree& tree, const Shape& shape);
  void add_status(const CallTree& tree);
  void put_tree(const Shape& shape, std::vector<Record> records);
  void add_sources(const Run& run);

  template <class Json>
  void put_functions(Json& json) const;

  StringInterner strings_;
  std::vector<PageFunction> functions_;
  std::vector<std::uint32_t> match_;
  Interner<PageFrame> frames_;
  struct PageOpcode {
    std::uint16_t number;
    std::uint32_t name, base;
    bool specialized;
  };
  std::vector<PageOpcode> opcodes_;
  std::vector<Thread> threads_;
  std::uint64_t bucket_width_ = 1;
  std::uint32_t bucket_count_ = 1;
  PageColumn status_;
  struct SourceLines {
    std::uint32_t file;
    std::vector<std::pair<std::uint32_t, std::string>> lines;
  };
  std::vector<SourceLines> sources_;
  std::vector<PageTree> trees_;
  std::vector<const Run*> runs_;
};

inline void PageProfile::add(const CallTree& tree, const Run& run) {
  const bool first = trees_.empty();
  runs_.push_back(&run);
  const Shape shape = add_nodes(tree, run);
  if (first) {
    for (std::uint32_t i = 0; i < tree.tables().threads.size(); ++i) {
      threads_.push_back(tree.tables().threads[ThreadIndex{i}]);
    }
  }
  put_tree(shape, records_of(tree, shape));
  if (first) {
    add_status(tree);
    add_sources(run);
  }
}

// Functions of stacks that have samples, under the numbers that the page gives them.
inline std::vector<std::uint32_t> PageProfile::add_functions(const FrameTable& frames,
                                                             const Run& run,
                                                             const std::vector<bool>& used) {
  const SourcePlaces places{run.target.import_paths, run.target.working_directory};
  std::vector<std::int32_t> lowest(frames.function_count(), 0);
  std::vector<bool> wanted(frames.function_count());
  for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
    if (!used[i]) continue;
    const Frame& frame = frames[FrameId{i}];
    const auto function = static_cast<std::uint32_t>(frame.function);
    wanted[function] = true;
    const std::int32_t line = frame.location.line;
    if (line > 0 && (lowest[function] == 0 || line < lowest[function])) lowest[function] = line;
  }
  std::vector<std::uint32_t> number(frames.function_count(), none);
  for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
    if (!wanted[i]) continue;
    const Function& function = frames[FunctionId{i}];
    const std::string_view file = frames[function.file];
    const SourcePlace place = places(file);
    const std::int32_t line = function.first_line > 0 ? function.first_line : lowest[i];
    number[i] = static_cast<std::uint32_t>(functions_.size());
    functions_.push_back({text(frames[function.name]), text(file), text(place.module),
                          static_cast<std::uint32_t>(line > 0 ? line : 0), place.origin,
                          std::string{frames[function.name]} + '\0' + std::string{place.path},
                          static_cast<std::uint32_t>(runs_.size() - 1)});
  }
  return number;
}

inline PageProfile::Shape PageProfile::add_nodes(const CallTree& tree, const Run& run) {
  const FrameTable& frames = tree.frames();
  const StackTotals totals = totals_by_stack(tree);
  std::vector<bool> used(frames.frame_count());
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    if (totals.inclusive[i].samples != 0) {
      used[static_cast<std::uint32_t>(frames.leaf(StackId{i}))] = true;
    }
  }
  const std::vector<std::uint32_t> function = add_functions(frames, run, used);

  if (opcodes_.empty()) opcodes_.push_back({0, 0, 0, false});
  std::vector<std::uint32_t> opcode(frames.opcode_count(), 0);
  for (std::uint32_t i = 1; i < frames.opcode_count(); ++i) {
    const ExecutedOpcode& o = frames[OpcodeId{static_cast<std::uint16_t>(i)}];
    opcode[i] = static_cast<std::uint32_t>(opcodes_.size());
    opcodes_.push_back({o.number, text(frames[o.name]), text(frames[o.base]), o.specialized});
  }

  Shape shape;
  shape.of_stack.assign(frames.stack_count(), none);
  Interner<Edge> index;
  const auto node_of = [&](std::uint32_t parent, const PageFrame& frame) {
    const std::uint32_t number = frames_.intern(frame);
    const std::uint32_t node = index.intern({parent, number});
    if (node == shape.parent.size()) {
      shape.parent.push_back(parent);
      shape.frame.push_back(number);
    }
    return node;
  };
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    if (totals.inclusive[i].samples == 0) continue;
    const StackNode& stack = frames[StackId{i}];
    const Frame& frame = frames[stack.frame];
    const std::int32_t line = frame.location.line;
    shape.of_stack[i] = node_of(shape.of_stack[static_cast<std::uint32_t>(stack.parent)],
                                {function[static_cast<std::uint32_t>(frame.function)],
                                 static_cast<std::uint32_t>(line > 0 ? line : 0),
                                 opcode[static_cast<std::uint16_t>(frame.opcode)]});
  }
  return shape;
}

// What each thread left in each node, by time. Where a long run with many stacks would need more
// records than a page should carry, time gets coarser.
inline std::vector<PageProfile::Record> PageProfile::records_of(const CallTree& tree,
                                                                const Shape& shape) {
  std::vector<Record> out;
  const auto keep = [&](const Cell& cell, std::uint32_t bucket, const Totals& totals) {
    if (cell.stack == StackId::empty) return;  // a thread without a frame has no place in a graph
    out.push_back({shape.of_stack[static_cast<std::uint32_t>(cell.stack)],
                   static_cast<std::uint32_t>(cell.thread), bucket, totals});
  };
  const TimeSlices* const slices = trees_.empty() ? tree.slices() : nullptr;
  if (slices == nullptr) {
    for (const Cell& cell : tree.cells()) keep(cell, 0, cell.totals);
    if (trees_.empty()) bucket_width_ = runs_[0]->duration > 0 ? runs_[0]->duration : 1;
    return out;
  }
  std::size_t entries = 0;
  for (std::size_t i = 0; i < slices->size(); ++i) entries += (*slices)[i].size();
  std::size_t join = 1;
  for (; entries / join > record_budget && slices->size() / join > 16; join *= 2) {
  }
  bucket_width_ = slices->width() * join;
  bucket_count_ = static_cast<std::uint32_t>((slices->size() + join - 1) / join);
  if (bucket_count_ == 0) bucket_count_ = 1;
  for (std::size_t i = 0; i < slices->size(); ++i) {
    for (const TimeSlices::Entry& entry : (*slices)[i]) {
      keep(tree.cells()[entry.cell], static_cast<std::uint32_t>(i / join), entry.totals);
    }
  }
  return out;
}

inline void PageProfile::add_status(const CallTree& tree) {
  const FrameTable& frames = tree.frames();
  std::vector<bool> under_gc(frames.stack_count());
  for (std::uint32_t i = 1; i < frames.stack_count(); ++i) {
    const StackNode& node = frames[StackId{i}];
    under_gc[i] = frames[node.frame].kind == FrameKind::gc ||
                  under_gc[static_cast<std::uint32_t>(node.parent)];
  }
  struct Key {
    std::uint32_t thread, bucket, status;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, std::uint64_t> seen;
  const auto count = [&](const Cell& cell, std::uint32_t bucket, std::uint64_t samples) {
    if (cell.stack == StackId::empty) return;
    Status status = cell.status;
    if (under_gc[static_cast<std::uint32_t>(cell.stack)]) status |= Status::in_gc;
    seen[{static_cast<std::uint32_t>(cell.thread), bucket, static_cast<std::uint32_t>(status)}] +=
        samples;
  };
  if (const TimeSlices* const slices = tree.slices()) {
    const std::uint64_t join = bucket_width_ / slices->width();
    for (std::size_t i = 0; i < slices->size(); ++i) {
      for (const TimeSlices::Entry& entry : (*slices)[i]) {
        count(tree.cells()[entry.cell], static_cast<std::uint32_t>(i / join), entry.totals.samples);
      }
    }
  } else {
    for (const Cell& cell : tree.cells()) count(cell, 0, cell.totals.samples);
  }
  Place place;
  for (const auto& [key, samples] : seen) {
    place.put(status_, key.thread, key.bucket);
    status_.put(key.status);
    status_.put(samples);
  }
}

// Nodes in preorder with their records. No recursion: stacks may be as deep as they like.
inline void PageProfile::put_tree(const Shape& shape, std::vector<Record> records) {
  std::sort(records.begin(), records.end());
  std::size_t kept = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {  // one record for each place
    Record& last = records[kept == 0 ? 0 : kept - 1];
    if (kept != 0 && !(last < records[i])) {
      last.totals += records[i].totals;
    } else {
      records[kept++] = records[i];
    }
  }
  records.resize(kept);

  const std::size_t count = shape.parent.size();
  std::vector<std::uint32_t> first(count, none), next(count, none), begin(count + 1, 0);
  std::uint32_t root = none;
  for (std::size_t i = count; i-- > 0;) {
    std::uint32_t& head = shape.parent[i] == none ? root : first[shape.parent[i]];
    next[i] = head;
    head = static_cast<std::uint32_t>(i);
  }
  for (const Record& record : records) ++begin[record.node + 1];
  for (std::size_t i = 0; i < count; ++i) begin[i + 1] += begin[i];

  const std::uint64_t interval = runs_.back()->interval;
  PageTree out;
  out.nodes = count;
  out.records = records.size();
  std::uint32_t up = 0;
  for (std::uint32_t node = root; node != none;) {
    out.up.put(up);
    out.frame.put(shape.frame[node]);
    out.record.put(begin[node + 1] - begin[node]);
    Place place;
    for (std::uint32_t r = begin[node]; r < begin[node + 1]; ++r) {
      const Record& record = records[r];
      place.put(out.record, record.thread, record.bucket);
      out.record.put(record.totals.samples);
      out.record.put(zigzag(static_cast<std::int64_t>(record.totals.weight) -
                            static_cast<std::int64_t>(record.totals.samples * interval)));
    }
    up = 0;
    if (first[node] != none) {
      node = first[node];
      continue;
    }
    while (node != none) {  // to the nearest sibling of this node or of a caller
      ++up;
      if (next[node] != none) break;
      node = shape.parent[node];
    }
    if (node != none) node = next[node];
  }
  trees_.push_back(std::move(out));
}

// Two lines around each line that was sampled, from the sources that the run carries.
inline void PageProfile::add_sources(const Run& run) {
  std::map<std::string_view, std::set<std::uint32_t>> wanted;
  for (std::uint32_t i = 0; i < frames_.size(); ++i) {
    const PageFrame& frame = frames_[i];
    if (frame.line == 0) continue;
    std::set<std::uint32_t>& lines = wanted[strings_[functions_[frame.function].file]];
    for (std::uint32_t line = frame.line < 3 ? 1 : frame.line - 2; line <= frame.line + 2; ++line) {
      lines.insert(line);
    }
  }
  std::size_t spent = 0;
  for (const auto& [file, lines] : wanted) {
    const auto source = run.sources.find(file);
    if (source == run.sources.end() || spent > source_budget) continue;
    SourceLines out{text(file), {}};
    std::string_view rest = source->second;
    auto next = lines.begin();
    for (std::uint32_t number = 1; !rest.empty() && next != lines.end(); ++number) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      if (number == *next) {
        std::string_view line = rest.substr(0, std::min(end, longest_line));
        while (line.ends_with('\r')) line.remove_suffix(1);
        out.lines.emplace_back(number, std::string{line});
        spent += line.size() + 12;
        ++next;
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!out.lines.empty()) sources_.push_back(std::move(out));
  }
}

// A baseline's function meets the one of the same name in the same file; failing that in the same
// place below the folder it was imported from, so that a checkout may have moved; failing that in
// the one file of the same folder and name.
inline void PageProfile::match_functions() {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> by_file;
  std::map<std::string_view, std::uint32_t> by_place;
  std::map<std::string, std::uint32_t> by_tail;  // `none` where it is not unique
  const auto tail = [&](const PageFunction& f) {
    std::string_view file = strings_[f.file];
    std::size_t slash = file.rfind('/');
    if (slash != std::string_view::npos && slash > 0) slash = file.rfind('/', slash - 1);
    if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
    return std::string{strings_[f.name]} + '\0' + std::string{file};
  };
  match_.resize(functions_.size());
  for (std::uint32_t i = 0; i < functions_.size(); ++i) {
    const PageFunction& f = functions_[i];
    match_[i] = i;
    if (const auto same = by_file.find({f.name, f.file}); same != by_file.end()) {
      match_[i] = same->second;
    } else if (const auto near = by_place.find(f.comparable);
               f.tree > 0 && near != by_place.end()) {
      match_[i] = near->second;
    } else if (const auto like = by_tail.find(tail(f));
               f.tree > 0 && like != by_tail.end() && like->second != none) {
      match_[i] = like->second;
    }
    if (match_[i] != i) continue;
    by_file.emplace(std::pair{f.name, f.file}, i);
    if (f.tree > 0) continue;
    by_place.emplace(f.comparable, i);
    const auto [at, fresh] = by_tail.emplace(tail(f), i);
    if (!fresh) at->second = none;
  }
}

template <class Json>
void PageProfile::put_functions(Json& json) const {
  PageColumn name, file, module, line, origin, match;
  for (const PageFunction& f : functions_) {
    name.put(f.name);
    file.put(f.file);
    module.put(f.module);
    line.put(f.line);
    origin.put(static_cast<std::uint64_t>(f.origin));
  }
  for (const std::uint32_t m : match_) match.put(m);
  json.begin_object();
  json.member("count", functions_.size());
  const auto column = [&](std::string_view key, const PageColumn& values) {
    json.key(key);
    json.raw(values.json());
  };
  column("name", name);
  column("file", file);
  column("module", module);
  column("line", line);
  column("origin", origin);
  if (!match_.empty()) column("match", match);
  json.end_object();
}

template <Sink S>
void PageProfile::write(S& sink, std::string_view kind, std::string_view diff_by) const {
  JsonWriter<S, JsonUse::page> json{sink};
  const auto column = [&](std::string_view key, const PageColumn& values) {
    json.key(key);
    json.raw(values.json());
  };
  json.begin_object();
  json.member("format", 1);
  json.member("kind", kind);
  json.key("run");
  put_page_run(json, *runs_[0], diff_by);
  if (runs_.size() > 1) {
    json.key("baseline");
    put_page_run(json, *runs_[1], {});
  }
  json.key("functions");
  put_functions(json);

  PageColumn function, line, opcode;
  for (std::uint32_t i = 0; i < frames_.size(); ++i) {
    function.put(frames_[i].function);
    line.put(frames_[i].line);
    opcode.put(frames_[i].opcode);
  }
  json.key("frames");
  json.begin_object();
  json.member("count", frames_.size());
  column("function", function);
  column("line", line);
  column("opcode", opcode);
  json.end_object();

  json.key("opcodes");
  json.begin_array();
  for (const PageOpcode& o : opcodes_) {
    json.begin_object();
    json.member("number", o.number);
    json.member("name", strings_[o.name]);
    json.member("base", strings_[o.base]);
    json.member("specialized", o.specialized);
    json.end_object();
  }
  json.end_array();

  json.key("threads");
  json.begin_array();
  for (const Thread& t : threads_) {
    json.begin_object();
    json.member("id", t.id);
    json.member("process", t.process);
    json.member("interpreter", t.interpreter);
    json.member("name", std::string_view{t.name});
    json.member("python", std::string_view{t.python_name});
    json.member("main", t.main);
    json.end_object();
  }
  json.end_array();

  json.key("buckets");
  json.begin_object();
  json.member("count", bucket_count_);
  json.member("width", bucket_width_);
  json.end_object();
  column("status", status_);

  json.key("sources");
  json.begin_array();
  for (const SourceLines& source : sources_) {
    json.begin_array();
    json.value(source.file);
    for (const auto& [number, source_line] : source.lines) {
      json.value(number);
      json.value(std::string_view{source_line});
    }
    json.end_array();
  }
  json.end_array();

  json.key("trees");
  json.begin_array();
  for (const PageTree& tree : trees_) {
    json.begin_object();
    json.member("nodes", tree.nodes);
    column("up", tree.up);
    column("frame", tree.frame);
    json.member("recordCount", tree.records);
    column("records", tree.record);
    json.end_object();
  }
  json.end_array();

  json.key("strings");
  json.begin_array();
  for (std::uint32_t i = 0; i < strings_.size(); ++i) json.value(strings_[i]);
  json.end_array();
  json.end_object();
}

}  // namespace tachyon
