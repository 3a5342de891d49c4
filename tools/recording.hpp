#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <tachyon/codec/cpython_reader.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/layouts/opcodes_3_11.hpp>
#include <tachyon/layouts/opcodes_3_12.hpp>
#include <tachyon/layouts/opcodes_3_13.hpp>
#include <tachyon/layouts/opcodes_3_14.hpp>
#include <tachyon/layouts/opcodes_3_15.hpp>

// A recording of either kind, ours or that of Python's own profiler; the first bytes tell.
namespace tachyon::tool {

namespace detail {

// What the opcode numbers of a minor version are called.
inline std::vector<cpython_format::OpcodeSpelling> opcode_names(unsigned minor) {
  const OpcodeTable* table = nullptr;
  switch (minor) {
    case 11:
      table = &layouts::opcodes_3_11;
      break;
    case 12:
      table = &layouts::opcodes_3_12;
      break;
    case 13:
      table = &layouts::opcodes_3_13;
      break;
    case 14:
      table = &layouts::opcodes_3_14;
      break;
    case 15:
      table = &layouts::opcodes_3_15;
      break;
    default:
      return {};
  }
  std::vector<cpython_format::OpcodeSpelling> names;
  for (const Opcode& opcode : table->all) {
    names.push_back(
        {opcode.name, table->all[opcode.base].name, opcode.kind == Opcode::Kind::specialised});
  }
  return names;
}

}  // namespace detail

class Recording {
 public:
  static Result<Recording> open(const std::string& path) {
    Result<InputFile> file = InputFile::open(path.c_str());
    if (!file) return file.error();
    Result<RecordingReader> ours = RecordingReader::open(std::move(*file));
    if (ours) return Recording{std::move(*ours)};
    if (ours.error().code != Errc::not_a_recording) return ours.error();
    file = InputFile::open(path.c_str());
    if (!file) return file.error();
    Result<CpythonReader> theirs = CpythonReader::open(std::move(*file));
    if (!theirs) return theirs.error();
    return Recording{std::move(*theirs)};
  }

  bool is_ours() const noexcept { return std::holds_alternative<RecordingReader>(reader_); }

  Run run() const {
    if (const auto* ours = std::get_if<RecordingReader>(&reader_)) return ours->run();
    return std::get<CpythonReader>(reader_).run();
  }
  std::uint64_t samples() const noexcept {
    if (const auto* ours = std::get_if<RecordingReader>(&reader_)) return ours->samples();
    return std::get<CpythonReader>(reader_).header().samples;
  }
  bool compressed() const noexcept {
    if (const auto* ours = std::get_if<RecordingReader>(&reader_)) return ours->compressed();
    return std::get<CpythonReader>(reader_).header().compression !=
           cpython_format::Compression::none;
  }
  // First and last moment, nanoseconds of session time.
  TimeWindow span() const noexcept {
    if (const auto* ours = std::get_if<RecordingReader>(&reader_)) {
      return {ours->begin(), ours->end()};
    }
    const Run known = run();
    return {0, known.duration};
  }
  // Source texts, where the recording has them; how many did not fit.
  Result<std::uint64_t> load_sources() {
    auto* ours = std::get_if<RecordingReader>(&reader_);
    return ours ? ours->load_sources() : Result<std::uint64_t>{std::uint64_t{0}};
  }

  template <class C, class Progress>
  Result<void> replay(Tables& tables, C& collector, TimeWindow window, Progress&& progress) {
    if (auto* ours = std::get_if<RecordingReader>(&reader_)) {
      return ours->replay(tables, collector, window, progress);
    }
    auto& theirs = std::get<CpythonReader>(reader_);
    return theirs.replay(tables, collector, detail::opcode_names(theirs.header().minor), progress);
  }

  // What is not there any more, as far as it is known after replay(); one sentence each.
  std::vector<std::string> losses() const;

 private:
  explicit Recording(RecordingReader reader) : reader_{std::move(reader)} {}
  explicit Recording(CpythonReader reader) : reader_{std::move(reader)} {}

  std::variant<RecordingReader, CpythonReader> reader_;
};

inline std::vector<std::string> Recording::losses() const {
  std::vector<std::string> all;
  const auto* ours = std::get_if<RecordingReader>(&reader_);
  if (!ours) return all;
  const Recovery& r = ours->recovery();
  if (!r.finished) {
    all.push_back(
        "the recording was not finished: what came after its last complete block, at most a "
        "second, is missing");
  }
  if (r.lost_blocks != 0 || r.damaged_bytes != 0) {
    all.push_back(concat("the recording is damaged: ", std::to_string(r.lost_samples),
                         " samples in ", std::to_string(r.lost_blocks),
                         " blocks are missing, the rest is intact"));
  }
  if (r.nameless_samples != 0) {
    all.push_back(concat(std::to_string(r.nameless_samples),
                         " samples refer to stacks in a lost block and are left out"));
  }
  return all;
}

}  // namespace tachyon::tool
