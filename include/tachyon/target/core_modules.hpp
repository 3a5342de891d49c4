#pragma once

#include <algorithm>
#include <elf.h>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/memory/core_file.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>
#include <tachyon/target/runtime.hpp>

// The modules of a core file: its segments, named by the note that says which file each came from.
namespace tachyon {

class CoreModules {
 public:
  // `core` must outlive this.
  explicit CoreModules(const CoreFile& core) : core_{&core} {
    std::vector<Mapping> all;
    for (const CoreFile::Segment& segment : core.segments()) {
      Mapping mapping = named(segment.at);
      mapping.end = segment.at + segment.size;
      mapping.readable = (segment.flags & PF_R) != 0;
      mapping.writable = (segment.flags & PF_W) != 0;
      mapping.executable = (segment.flags & PF_X) != 0;
      all.push_back(std::move(mapping));
    }
    maps_ = Maps{std::move(all)};
    add_unwritten();
  }

  const Maps& maps() const noexcept { return maps_; }
  Address program_headers() const noexcept { return core_->program_headers(); }

  Result<OpenedFile> open(const Mapping& mapping) const {
    if (const CoreFile::FileRange* const range = core_->file_at(mapping.start)) {
      const std::string& path = core_->path_of(*range);
      auto file = open_regular(path.c_str());
      if (!file) return file.error();
      return OpenedFile{std::move(*file), path == range->path ? OpenedBy::path : OpenedBy::given};
    }
    return Errc::cannot_open;
  }

 private:
  // The file around an address, of those that the core lists.
  Mapping named(Address at) const {
    Mapping mapping;
    mapping.start = at;
    if (const CoreFile::FileRange* const range = core_->file_at(at)) {
      mapping.path = range->path;
      mapping.offset = range->offset + (at - range->start);
      mapping.deleted = mapping.path.ends_with(" (deleted)");
    }
    return mapping;
  }

  // Parts of files for which the core has no segment. What rights they had, the file has to say.
  void add_unwritten() {
    constexpr std::size_t most_asked = 4096;
    const std::span<const Mapping> segments = maps_.all();
    std::vector<Mapping> all{segments.begin(), segments.end()};
    Address done{};  // ranges may overlap in a forged core: nothing is listed twice
    for (const CoreFile::FileRange& range : core_->files()) {
      for (Address at = std::max(range.start, done); at < range.end; done = at) {
        if (const Mapping* known = maps_.find(at)) {
          at = known->end;
          continue;
        }
        Mapping mapping = named(at);
        mapping.end = range.end;
        const auto next = std::upper_bound(segments.begin(), segments.end(), at,
                                           [](Address a, const Mapping& m) { return a < m.start; });
        if (next != segments.end()) mapping.end = std::min(mapping.end, next->start);
        mapping.readable = true;
        mapping.executable = all.size() - segments.size() < most_asked && runs(mapping);
        at = mapping.end;
        all.push_back(std::move(mapping));
      }
    }
    maps_ = Maps{std::move(all)};
  }

  bool runs(const Mapping& mapping) const {
    auto opened = open(mapping);
    if (!opened) return false;
    FileBytes bytes{std::move(opened->file)};
    const auto program = ElfProgram::read(bytes);
    bool any = false;
    if (program) {
      program->each_bias(mapping.start, mapping.size(), mapping.offset, true,
                         [&](std::uint64_t) { any = true; });
    }
    return any;
  }

  const CoreFile* core_;
  Maps maps_;
};
static_assert(Modules<CoreModules>);

}  // namespace tachyon
