#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/codec/json.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/code_table.hpp>
#include <tachyon/collect/folded_tree.hpp>

// A profile as JSON lines with totals per frame, record by record what CPython's own profiler
// writes (each record on one line; broken here to fit):
//
//   {"type":"meta","v":0,"run_id":"00..ff","sample_interval_usec":1000,"mode":"wall"}
//   {"type":"string_table",...,"strings":[{"str_id":0,"value":"parse"},...]}
//   {"type":"frame_table",...,
//    "frames":[{"frame_id":0,"path_str_id":1,"func_str_id":0,"line":12},...]}
//   {"type":"agg",...,"kind":"frame","scope":"final","samples_total":7,"entries":[...]}
//   {"type":"end",...,"samples_total":7}
//
// Lists are cut into records of 256 entries. Frames are told apart by file, function and location;
// what is unknown of a location is left out. For one object a sample see jsonl_events.hpp.
namespace tachyon {

struct JsonlOptions {
  std::string run_id{};  // 32 hex digits; empty: made from the run, so that a replay repeats it
};

class JsonlWriter {
 public:
  using Options = JsonlOptions;
  explicit JsonlWriter(Options options) : options_{std::move(options)} {}

  template <Sink S>
  void write(S& sink, const CallTree& tree, const Run& run) const;

  // The default run id: a digest of what was profiled and when.
  static std::string run_id_of(const Run& run);

 private:
  static constexpr std::size_t chunk = 256;
  struct Ids {
    std::vector<std::uint32_t> codes{};    // frame_id -> code
    std::vector<StringId> strings{};       // str_id -> text
    std::vector<std::uint32_t> str_ids{};  // StringId -> str_id
  };
  static Ids number_them(const FoldedTree& folded, const CodeTable& table,
                         const FrameTable& frames);

  Options options_;
};

using Jsonl = FromTree<JsonlWriter>;

inline std::string JsonlWriter::run_id_of(const Run& run) {
  const std::uint64_t one = mix_bits(run.started ^ mix_bits(run.duration ^ run.interval));
  const std::uint64_t two = mix_bits(one ^ static_cast<std::uint64_t>(run.target.process) ^
                                     hash_text(run.target.command_line));
  std::string id;
  for (const std::uint64_t word : {one, two}) {
    for (int shift = 60; shift >= 0; shift -= 4) id += "0123456789abcdef"[word >> shift & 15];
  }
  return id;
}

inline JsonlWriter::Ids JsonlWriter::number_them(const FoldedTree& folded, const CodeTable& table,
                                                 const FrameTable& frames) {
  constexpr std::uint32_t none = 0xffffffff;
  Ids ids;
  ids.str_ids.assign(frames.string_count(), none);
  const auto string = [&](StringId text) {
    std::uint32_t& id = ids.str_ids[static_cast<std::uint32_t>(text)];
    if (id != none) return;
    id = static_cast<std::uint32_t>(ids.strings.size());
    ids.strings.push_back(text);
  };
  for (std::uint32_t code = 0; code < table.rows.size(); ++code) {
    if (table.rows[code].cumulative.samples == 0) continue;
    string(folded.keys[code].name);
    string(folded.keys[code].file);
    ids.codes.push_back(code);
  }
  return ids;
}

template <Sink S>
void JsonlWriter::write(S& sink, const CallTree& tree, const Run& run) const {
  const FrameTable& frames = tree.frames();
  const FoldedTree folded = fold(tree, Detail::location);
  const CodeTable table = code_table(folded);
  const Ids ids = number_them(folded, table, frames);
  const std::string run_id = options_.run_id.empty() ? run_id_of(run) : options_.run_id;

  JsonWriter json{sink};
  const auto record = [&](std::string_view type, auto&& body) {
    json.begin_object();
    json.member("type", type);
    json.member("v", 0);
    json.member("run_id", run_id);
    body();
    json.end_object();
    json.newline();
  };
  const auto chunks = [&](std::string_view type, std::size_t size, auto&& head, auto&& entry,
                          std::string_view list) {
    for (std::size_t from = 0; from < size; from += chunk) {
      record(type, [&] {
        head();
        json.key(list);
        json.begin_array();
        for (std::size_t i = from; i < std::min(size, from + chunk); ++i) {
          json.begin_object();
          entry(i);
          json.end_object();
        }
        json.end_array();
      });
    }
  };
  const auto nothing = [] {};

  record("meta", [&] {
    json.member("sample_interval_usec", run.interval / 1000);
    if (run.mode != ModeKind::unknown) json.member("mode", name_of(run.mode));
  });
  chunks(
      "string_table", ids.strings.size(), nothing,
      [&](std::size_t i) {
        json.member("str_id", i);
        json.member("value", frames[ids.strings[i]]);
      },
      "strings");
  chunks(
      "frame_table", ids.codes.size(), nothing,
      [&](std::size_t i) {
        const CodeKey& key = folded.keys[ids.codes[i]];
        json.member("frame_id", i);
        json.member("path_str_id", ids.str_ids[static_cast<std::uint32_t>(key.file)]);
        json.member("func_str_id", ids.str_ids[static_cast<std::uint32_t>(key.name)]);
        json.member("line", key.line);
        if (key.end_line > 0) json.member("end_line", key.end_line);
        if (key.column >= 0) json.member("col", key.column);
        if (key.end_column >= 0) json.member("end_col", key.end_column);
      },
      "frames");
  chunks(
      "agg", ids.codes.size(),
      [&] {
        json.member("kind", "frame");
        json.member("scope", "final");
        json.member("samples_total", table.total.samples);
      },
      [&](std::size_t i) {
        const CodeRow& row = table.rows[ids.codes[i]];
        json.member("frame_id", i);
        json.member("self", row.direct.samples);
        json.member("cumulative", row.cumulative.samples);
      },
      "entries");
  record("end", [&] { json.member("samples_total", table.total.samples); });
}

}  // namespace tachyon
