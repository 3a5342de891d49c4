#pragma once

#include <algorithm>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <tachyon/base/result.hpp>
#include <tachyon/codec/json.hpp>
#include <tachyon/codec/output_file.hpp>
#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/heat_counts.hpp>
#include <tachyon/collect/page_run.hpp>
#include <tachyon/render/assets.hpp>
#include <tachyon/render/page.hpp>
#include <tachyon/render/page_column.hpp>
#include <tachyon/render/source_place.hpp>

// The heatmap: a folder with index.html and one page for each source file, every line with how
// often it was seen.
//
//   index.html       files by project, standard library, site-packages, as the target sees them
//   file_0000.html   the file with the most samples; file_0001.html the next
//
// Source comes from the run, which is to say from the recording where there is one: pages of a
// replay do not depend on what lies on this disk today. A file whose source is not known still has
// its page, with the lines that were seen.
//
// A folder is written again and again. Pages of an earlier heatmap that this one has no use for
// are removed, if they say that we wrote them; nothing else in the folder is touched.
namespace tachyon {

class HeatmapWriter {
 public:
  // Where the pages go for a name that was asked for: a folder, so `.html` at its end is dropped.
  static std::string folder_for(std::string_view name) {
    while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
    if (name.size() > 5 && name.ends_with(".html")) name.remove_suffix(5);
    return std::string{name};
  }

  // Makes the folder and tries whether files can be written there; before anything is sampled.
  static Result<void> prepare(const std::string& folder);

  // Writes all pages; the number of files that have one. After a failure those of this time are
  // gone again, but for a folder that had an index already.
  Result<std::size_t> write(const std::string& folder, const CallTree& tree, const Run& run) const;

 private:
  using Json = JsonWriter<OutputFile, JsonUse::page>;

  struct Report {
    const FrameTable& frames;
    const Run& run;
    const HeatCounts& counts;
    std::vector<SourcePlace> places;  // by file
    Totals all;
  };

  static Result<std::size_t> write_all(const std::string& folder, const CallTree& tree,
                                       const Run& run);
  static std::string page_name(std::size_t number);
  static Result<void> write_index(const std::string& path, const Report& report);
  static Result<void> write_file(const std::string& path, const Report& report, std::uint32_t file,
                                 const std::vector<const HeatCall*>& calls,
                                 const std::vector<FrameId>& instructions);
  static void put_lines(Json& json, const HeatFile& file);
  static void put_calls(Json& json, const Report& report, std::uint32_t file,
                        const std::vector<const HeatCall*>& calls);
  static void put_instructions(Json& json, const Report& report,
                               const std::vector<FrameId>& instructions);
  static void remove_stale(const std::string& folder, std::size_t pages);
};

inline std::string HeatmapWriter::page_name(std::size_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return "file_" + digits + ".html";
}

inline Result<void> HeatmapWriter::prepare(const std::string& folder) {
  for (std::size_t at = 1; at <= folder.size(); ++at) {
    if (at != folder.size() && folder[at] != '/') continue;
    const std::string part = folder.substr(0, at);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      return Error{Errc::cannot_open, errno, {}};
    }
  }
  struct stat status {};
  if (::stat(folder.c_str(), &status) != 0) return Error{Errc::cannot_open, errno, {}};
  if (!S_ISDIR(status.st_mode)) return Error{Errc::cannot_open, ENOTDIR, {}};
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return Error{Errc::cannot_open, errno, {}};
  return {};
}

inline Result<std::size_t> HeatmapWriter::write(const std::string& folder, const CallTree& tree,
                                                const Run& run) const {
  if (const auto ready = prepare(folder); !ready) return ready.error();
  const auto pages = write_all(folder, tree, run);
  if (!pages && !is_our_page((folder + "/index.html").c_str())) remove_stale(folder, 0);
  return pages;
}

inline Result<std::size_t> HeatmapWriter::write_all(const std::string& folder, const CallTree& tree,
                                                    const Run& run) {
  const HeatCounts counts{tree};
  const FrameTable& frames = tree.frames();
  Report report{frames, run, counts, {}, tree.total()};
  const SourcePlaces places{run.target.import_paths, run.target.working_directory};
  for (const HeatFile& file : counts.files()) report.places.push_back(places(frames[file.name]));

  std::vector<std::vector<const HeatCall*>> calls(counts.files().size());
  for (const HeatCall& call : counts.calls()) {
    const std::uint32_t callee = counts.file_of(call.callee);
    calls[call.file].push_back(&call);
    if (callee != HeatCounts::none && callee != call.file) calls[callee].push_back(&call);
  }
  std::vector<std::vector<FrameId>> instructions(counts.files().size());
  for (std::uint32_t i = 0; i < frames.frame_count(); ++i) {
    const Frame& frame = frames[FrameId{i}];
    const std::uint32_t file = counts.file_of(frame.function);
    if (file != HeatCounts::none && frame.location.line > 0 && frame.opcode != OpcodeId::none &&
        counts.frames()[i].total.samples != 0) {
      instructions[file].push_back(FrameId{i});
    }
  }
  // In the order of the text, not in that in which a run happened to see them.
  const auto before = [&](auto a, auto b) {
    const auto key = [&](auto id) {
      const Frame& frame = frames[id];
      const Location& at = frame.location;
      return std::tuple{at.line,
                        at.end_line,
                        at.column,
                        at.end_column,
                        frames[frames[frame.opcode].name],
                        frames.name_of(id)};
    };
    return key(a) < key(b);
  };
  for (auto& of_file : instructions) std::sort(of_file.begin(), of_file.end(), before);
  for (std::uint32_t i = 0; i < counts.files().size(); ++i) {
    const auto written =
        write_file(folder + "/" + page_name(i), report, i, calls[i], instructions[i]);
    if (!written) return written.error();
  }
  if (const auto written = write_index(folder + "/index.html", report); !written) {
    return written.error();
  }
  remove_stale(folder, counts.files().size());
  return counts.files().size();
}

inline Result<void> HeatmapWriter::write_index(const std::string& path, const Report& report) {
  auto out = OutputFile::create(path);
  if (!out) return out.error();
  const PageParts page{assets::heatmap_index_head, assets::heatmap_index_body,
                       assets::heatmap_index_tail};
  std::string title = "Heatmap";
  if (const std::string& command = report.run.target.command_line; !command.empty()) {
    title += " \xe2\x80\x93 " + command.substr(0, 120);
  }
  put_page(*out, page, title + " \xe2\x80\x93 tachyon", [&](OutputFile& sink) {
    Json json{sink};
    json.begin_object();
    json.key("run");
    put_page_run(json, report.run, {});
    json.member("samples", report.all.samples);
    json.member("time", report.all.weight);
    PageColumn origin, lines, self, total;
    for (std::size_t i = 0; i < report.places.size(); ++i) {
      const HeatFile& file = report.counts.files()[i];
      origin.put(static_cast<std::uint64_t>(report.places[i].origin));
      lines.put(file.lines.size());
      self.put(file.count.self.samples);
      total.put(file.count.total.samples);
    }
    json.member("count", report.places.size());
    for (const auto& [name, column] :
         {std::pair<std::string_view, const PageColumn&>{"origin", origin},
          {"lines", lines},
          {"self", self},
          {"total", total}}) {
      json.key(name);
      json.raw(column.json());
    }
    json.key("files");
    json.begin_array();
    for (const HeatFile& file : report.counts.files()) json.value(report.frames[file.name]);
    json.end_array();
    json.key("modules");
    json.begin_array();
    for (const SourcePlace& place : report.places) json.value(std::string_view{place.module});
    json.end_array();
    json.end_object();
  });
  return out->close();
}

inline Result<void> HeatmapWriter::write_file(const std::string& path, const Report& report,
                                              std::uint32_t file,
                                              const std::vector<const HeatCall*>& calls,
                                              const std::vector<FrameId>& instructions) {
  auto out = OutputFile::create(path);
  if (!out) return out.error();
  const PageParts page{assets::heatmap_file_head, assets::heatmap_file_body,
                       assets::heatmap_file_tail};
  const HeatFile& heat = report.counts.files()[file];
  const std::string_view name = report.frames[heat.name];
  const std::string_view shown = base_name(name).substr(0, 200);
  put_page(*out, page, std::string{shown} + " \xe2\x80\x93 heatmap \xe2\x80\x93 tachyon",
           [&](OutputFile& sink) {
             Json json{sink};
             json.begin_object();
             json.member("file", name);
             json.member("module", std::string_view{report.places[file].module});
             json.member("origin", static_cast<unsigned>(report.places[file].origin));
             json.member("page", file);
             json.member("pages", report.places.size());
             json.member("samples", report.all.samples);
             json.member("time", report.all.weight);
             json.member("hottest", report.counts.files()[0].count.total.samples);
             json.member("self", heat.count.self.samples);
             json.member("total", heat.count.total.samples);
             json.member("hasOpcodes", report.run.options.opcodes);
             put_lines(json, heat);
             put_calls(json, report, file, calls);
             put_instructions(json, report, instructions);
             json.key("source");
             const auto source = report.run.sources.find(name);
             if (source == report.run.sources.end()) {
               json.null();
             } else {
               json.value(std::string_view{source->second});
             }
             json.end_object();
           });
  return out->close();
}

inline void HeatmapWriter::put_lines(Json& json, const HeatFile& file) {
  PageColumn line, self, total, self_time, total_time;
  for (const auto& [number, count] : file.lines) {
    line.put(static_cast<std::uint64_t>(number));
    self.put(count.self.samples);
    total.put(count.total.samples);
    self_time.put(count.self.weight);
    total_time.put(count.total.weight);
  }
  json.member("count", file.lines.size());
  for (const auto& [name, column] : {std::pair<std::string_view, const PageColumn&>{"line", line},
                                     {"lineSelf", self},
                                     {"lineTotal", total},
                                     {"lineSelfTime", self_time},
                                     {"lineTotalTime", total_time}}) {
    json.key(name);
    json.raw(column.json());
  }
}

// [line here, function there, page there or -1, file there, line there, samples], most first.
// Callers stand at the line where the called function begins, callees at the line of the call.
inline void HeatmapWriter::put_calls(Json& json, const Report& report, std::uint32_t file,
                                     const std::vector<const HeatCall*>& calls) {
  const auto put = [&](std::int32_t here, FunctionId there, std::int32_t line,
                       std::uint64_t samples) {
    const std::uint32_t page = report.counts.file_of(there);
    json.begin_array();
    json.value(here);
    json.value(report.frames[report.frames[there].name]);
    json.value(page == HeatCounts::none ? -1 : static_cast<std::int64_t>(page));
    json.value(report.frames[report.frames[there].file]);
    json.value(line);
    json.value(samples);
    json.end_array();
  };
  json.key("callers");
  json.begin_array();
  for (const HeatCall* call : calls) {
    if (report.counts.file_of(call->callee) != file) continue;
    put(report.counts.definition_of(call->callee), call->caller, call->line, call->totals.samples);
  }
  json.end_array();
  json.key("callees");
  json.begin_array();
  for (const HeatCall* call : calls) {
    if (call->file != file) continue;
    put(call->line, call->callee, report.counts.definition_of(call->callee), call->totals.samples);
  }
  json.end_array();
}

// [line, end line, column, end column, instruction, self, total]; columns are bytes of UTF-8.
inline void HeatmapWriter::put_instructions(Json& json, const Report& report,
                                            const std::vector<FrameId>& instructions) {
  std::map<OpcodeId, std::size_t> number;
  json.key("instructions");
  json.begin_array();
  for (const FrameId id : instructions) {
    const Frame& frame = report.frames[id];
    const Location& at = frame.location;
    const HeatCount& count = report.counts.frames()[static_cast<std::uint32_t>(id)];
    json.begin_array();
    json.value(at.line);
    json.value(at.end_line);
    json.value(at.column);
    json.value(at.end_column);
    json.value(number.emplace(frame.opcode, number.size()).first->second);
    json.value(count.self.samples);
    json.value(count.total.samples);
    json.end_array();
  }
  json.end_array();
  std::vector<OpcodeId> used(number.size());
  for (const auto& [opcode, at] : number) used[at] = opcode;
  json.key("opcodes");
  json.begin_array();
  for (const OpcodeId opcode : used) {
    const ExecutedOpcode& o = report.frames[opcode];
    json.begin_object();
    json.member("name", report.frames[o.name]);
    json.member("base", report.frames[o.base]);
    json.member("specialized", o.specialized);
    json.end_object();
  }
  json.end_array();
}

// Pages numbered beyond ours whose head says that tachyon wrote them. That some cannot be removed
// is no failure: the index does not lead to them.
inline void HeatmapWriter::remove_stale(const std::string& folder, std::size_t pages) {
  DIR* const open = ::opendir(folder.c_str());
  if (open == nullptr) return;
  std::vector<std::string> stale;
  while (const dirent* entry = ::readdir(open)) {
    std::string_view name = entry->d_name;
    if (!name.starts_with("file_") || !name.ends_with(".html")) continue;
    const std::string_view digits = name.substr(5, name.size() - 10);
    if (digits.size() < 4 || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != digits.npos) {
      continue;
    }
    std::size_t number = 0;
    for (const char digit : digits) number = number * 10 + static_cast<std::size_t>(digit - '0');
    if (number >= pages) stale.push_back(folder + "/" + entry->d_name);
  }
  ::closedir(open);
  for (const std::string& path : stale) {
    if (is_our_page(path.c_str())) (void)::unlink(path.c_str());
  }
}

class Heatmap {
 public:
  struct Options {};

  explicit Heatmap(const Tables& tables) : tree_{tables} {}
  Heatmap(const Tables& tables, Options) : tree_{tables} {}

  void add(const Sample& sample) { tree_.add(sample); }
  void end_tick(const Tick& tick) { tree_.end_tick(tick); }

  // Writes the folder; the number of files that have a page.
  Result<std::size_t> write_folder(const std::string& folder, const Run& run) const {
    return HeatmapWriter{}.write(folder, tree_, run);
  }
  const CallTree& tree() const noexcept { return tree_; }

 private:
  CallTree tree_;
};

}  // namespace tachyon
