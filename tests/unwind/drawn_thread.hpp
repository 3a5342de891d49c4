#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/layout/published.hpp>
#include <tachyon/memory/image.hpp>
#include <tachyon/unwind/scan.hpp>

// A thread whose frames are drawn by hand, and what a look copies of them. There is no process and
// no interpreter: frames are bytes in an image, code objects are made up where they are asked for.
namespace tachyon::test {

// Code objects by address. Unit i executes an instruction of Site i; of each, `frame_words` words of
// a frame are locals and value stack.
class DrawnCode {
 public:
  static constexpr std::uint32_t frame_words = 4;

  explicit DrawnCode(const PublishedLayout& layout) : layout_{layout} {}

  Code& make(Address at, std::uint32_t first_traceable = 0) {
    auto& code = codes_[at.value];
    code = std::make_unique<Code>();
    code->at = at;
    code->bytecode = at + layout_.code.bytecode.offset;
    code->units = units;
    code->first_traceable = first_traceable;
    code->frame_bytes = layout_.frame.localsplus.offset + frame_words * 8;
    for (std::uint32_t unit = 0; unit < units; ++unit) {
      code->sites.push_back(static_cast<Site>(unit));
      code->starts.push_back(unit);
    }
    return *code;
  }
  Code& of(Address at) { return *codes_.at(at.value); }

  // As CodeCache has them. What is hidden is not known.
  Code* known(Address at, std::uint64_t) const {
    const auto found = codes_.find(at.value);
    return found == codes_.end() || hidden.count(at.value) != 0 ? nullptr : found->second.get();
  }
  Address known_bytecode(const Code& code, std::int32_t thread_index) const {
    return thread_index == 0 ? code.bytecode : Address{};
  }

  std::set<std::uint64_t> hidden{};

 private:
  static constexpr std::uint32_t units = 6;

  PublishedLayout layout_;
  std::map<std::uint64_t, std::unique_ptr<Code>> codes_{};
};

class DrawnThread {
 public:
  static constexpr Address chunk{0x7f0000000000};
  static constexpr std::uint64_t chunk_size = 16384;
  static constexpr Address elsewhere{0x7f0000100000};  // generators, and entries from C
  static constexpr Address code_at{0x7f0000200000};

  explicit DrawnThread(const PublishedLayout& given) : layout{given}, code{given} {
    (void)image.map(chunk, chunk_size);
    (void)image.map(elsewhere, 1 << 16);
    next = layout.chunk.data.at(chunk) + 8;
    window.set_chunk(chunk, chunk_size);
  }
  DrawnThread(const DrawnThread&) = delete;

  // ---- drawing; each returns the frame's address

  // A frame on the data stack, which the current one called.
  Address push(std::string_view name, Site site = Site::calls) {
    const Address at = next;
    const Code& runs = code_of(name);
    put_frame(at, runs, site, layout.owners.thread, current);
    next = at + runs.frame_bytes;
    return current = at;
  }
  // A generator that the current frame iterates.
  Address resume(std::string_view name, Site site = Site::calls) {
    const Address at = apart();
    put_frame(at, code_of(name), site, layout.owners.generator, current);
    return current = at;
  }
  // C code called Python: what comes next stands on an entry, or is marked as one.
  Address enter() {
    if (!layout.traits.has_shims) {
      entered_ = true;
      return {};
    }
    const Address at = apart();
    // The interpreter, in every version that has shims.
    put(at, layout.frame.owner, static_cast<std::uint64_t>(layout.owners.frame_object.number + 1));
    put(at, layout.frame.executable, elsewhere.value | 1);
    put(at, layout.frame.previous, current.value);
    return current = at;
  }
  // The current frame returns; its words stay where the version leaves them.
  void pop() {
    const Address left = current;
    const Address to = previous_of(left);
    if (left - chunk < chunk_size) {
      if (layout.traits.popped_frames_are_cleared) put(left, layout.frame.executable, 0);
      next = left;
    } else {
      put(left, layout.frame.previous, 0);
    }
    current = to;
    if (current && is_entry(current)) current = previous_of(current);
  }
  void move_to(Address frame, Site site) {
    put(frame, layout.frame.instruction, code_at_frame(frame).bytecode.value + 2 * unit_of(site));
  }
  // The generator object that a frame is in, on another frame's value stack.
  void hold(Address frame, Address generator) {
    const std::uint64_t object = generator.value - layout.generator.frame.offset;
    (void)image.store(layout.frame.localsplus.at(frame) + 8, object);
  }
  void put_previous(Address frame, Address to) { put(frame, layout.frame.previous, to.value); }
  void put_executable(Address frame, Address to) { put(frame, layout.frame.executable, to.value); }
  Address previous_of(Address frame) {
    Address to;
    (void)image.read(layout.frame.previous.at(frame), bytes_of(to));
    return to;
  }
  RawFrame raw(Address frame) {
    std::vector<std::byte> bytes(layout.frame.localsplus.offset);
    (void)image.read(frame, bytes);
    return raw_frame(layout, frame, bytes);
  }
  Code& code_of(std::string_view name) {
    const auto known = names_.find(std::string{name});
    if (known != names_.end()) return code.of(known->second);
    const Address at = code_at + 4096 * names_.size();
    names_.emplace(name, at);
    return code.make(at);
  }

  // ---- looking

  // What is drawn now becomes the stack of the last look.
  void remember() {
    chain.clear();
    std::vector<RawFrame> frames;
    for (Address at = current; at; at = frames.back().previous) frames.push_back(raw(at));
    for (std::size_t i = frames.size(); i-- > 0;) {
      if (is_shim(layout, frames[i])) {
        chain.push_shim(frames[i]);
        continue;
      }
      PlacedFrame placed;
      placed.frame = frames[i];
      Code& runs = code.of(frames[i].executable);
      (void)place(layout, runs, runs.bytecode, placed);
      placed.on_data_stack = frames[i].at - chunk < chunk_size;
      const FrameId id = builder_.synthetic(name_of(runs.at), FrameKind::python);
      chain.push_python(placed.frame, runs, placed.unit, placed.on_data_stack, 0,
                        placed.complete ? &id : nullptr, nullptr, builder_);
    }
  }
  // Copies what the next look would, in its order. The current frame is read before and after it.
  bool copy() {
    window.foreign.clear();
    first_current = current;
    if (!window.aim(layout, chain)) return false;
    std::vector<Range> ranges;
    window.add_ranges(layout, chain, ranges);
    for (const Range& range : ranges) (void)image.read(range.at, range.into);
    seen_current = current;
    return true;
  }
  StackView<PublishedLayout> view() const { return {layout, window, chain}; }
  ScanInput<PublishedLayout, DrawnCode> input() {
    return {view(), code, 0, seen_current, first_current, {}};
  }
  // Reads what is wanted as a reader would; counts it.
  ScanResult scan_all(bool certain = false) {
    const auto in = input();
    ScanResult seen = scan.start(in, certain);
    for (wanted = 0; seen == ScanResult::wanted && wanted < 4096; ++wanted) {
      give_wanted();
      seen = scan.resume(in);
    }
    return seen;
  }
  void give_wanted() {
    if (const Address at = scan.wanted_frame()) {
      std::vector<std::byte> bytes(layout.frame.localsplus.offset);
      if (image.read(at, bytes)) {
        window.foreign.add_read(raw_frame(layout, at, bytes));
      } else {
        window.foreign.add_unreadable(at);
      }
    } else if (code.hidden.erase(scan.wanted_code().executable.value) == 0) {
      scan.refuse_code();
    }
  }
  // The names of the stack that the last scan found, oldest first.
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < scan.taken().kept(); ++i) {
      if (chain[i].code != nullptr) all.push_back(name_of(chain[i].executable));
    }
    for (const PlacedFrame& fresh : scan.taken().fresh()) {
      if (fresh.code != nullptr) all.push_back(name_of(fresh.frame.executable));
    }
    return all;
  }
  std::vector<std::string> look(bool certain = false) {
    if (!copy()) return {"nothing to copy"};
    const ScanResult seen = scan_all(certain);
    return seen == ScanResult::stack ? names() : std::vector<std::string>{spell(seen)};
  }
  static std::string spell(ScanResult result) {
    constexpr const char* words[] = {"stack",   "wanted", "again",    "wider",
                                     "shorter", "torn",   "misplaced"};
    return std::string{"("} + words[static_cast<std::size_t>(result)] + ")";
  }

  PublishedLayout layout;
  Image image{};
  DrawnCode code;
  Window window{};
  Scan scan{};
  Chain chain{};
  Address current{};        // the frame that runs
  Address next{};           // where the next one goes
  Address first_current{};  // the current frame before the copy, and after it
  Address seen_current{};
  unsigned wanted = 0;

 private:
  static std::uint64_t unit_of(Site site) { return static_cast<std::uint64_t>(site); }
  Address apart() {
    apart_ = apart_ + 256;
    return apart_;
  }
  template <class T>
  void put(Address object, Field<T> field, std::uint64_t value) {
    if (!field.present()) return;
    if constexpr (std::is_same_v<T, Address>) {
      (void)image.store(field.at(object), value);
    } else {
      (void)image.store(field.at(object), static_cast<T>(value));
    }
  }
  void put_frame(Address at, const Code& runs, Site site, Value owner, Address previous) {
    const auto& f = layout.frame;
    put(at, f.executable, runs.at.value);
    put(at, f.instruction, runs.bytecode.value + 2 * unit_of(site));
    put(at, f.previous, previous.value);
    put(at, f.owner, static_cast<std::uint64_t>(owner.number));
    put(at, f.tlbc_index, 0);
    put(at, f.is_entry, entered_ ? 1 : 0);
    entered_ = false;
  }
  bool is_entry(Address frame) { return is_shim(layout, raw(frame)); }
  Code& code_at_frame(Address frame) { return code.of(raw(frame).executable); }
  std::string name_of(Address executable) const {
    for (const auto& [name, at] : names_) {
      if (at == executable) return name;
    }
    return "?";
  }

  SharedTables tables_{};
  StackBuilder builder_{tables_};
  std::map<std::string, Address> names_{};
  Address apart_ = elsewhere;
  bool entered_ = false;
};

}  // namespace tachyon::test
