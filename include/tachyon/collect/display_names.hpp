#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/base/text.hpp>
#include <tachyon/collect/folded_tree.hpp>

// File and function names for tables that people read. A file is shown by its base name; files that
// share one are shown with as many folders as tell them apart (json/__init__.py, http/__init__.py).
// All of it is safe to print.
namespace tachyon {

class DisplayNames {
 public:
  DisplayNames(const FrameTable& frames, const CodeKeys& keys) : frames_{&frames} {
    std::map<std::string_view, std::vector<StringId>> by_base;
    std::vector<bool> seen(frames.string_count());
    for (std::uint32_t i = 0; i < keys.size(); ++i) {
      const StringId file = keys[i].file;
      if (seen[static_cast<std::uint32_t>(file)]) continue;
      seen[static_cast<std::uint32_t>(file)] = true;
      by_base[base_name(frames[file])].push_back(file);
    }
    for (const auto& [base, files] : by_base) name_apart(files);
  }

  const std::string& file(const CodeKey& key) const { return files_.at(key.file); }
  std::string function(const CodeKey& key) const { return printable((*frames_)[key.name]); }

 private:
  static std::string_view last_parts(std::string_view path, std::size_t count) {
    std::size_t from = path.size();
    while (count-- > 0) {
      const std::size_t slash = from == 0 ? std::string_view::npos : path.rfind('/', from - 1);
      if (slash == std::string_view::npos) return path;
      from = slash;
    }
    return path.substr(from + 1);
  }

  void name_apart(const std::vector<StringId>& same) {
    std::vector<StringId> open = same;
    for (std::size_t parts = 1; !open.empty(); ++parts) {
      std::map<std::string_view, std::vector<StringId>> by_tail;
      for (const StringId file : open) by_tail[last_parts((*frames_)[file], parts)].push_back(file);
      open.clear();
      for (const auto& [tail, files] : by_tail) {
        for (const StringId file : files) {
          if (files.size() == 1 || tail == (*frames_)[file]) {
            files_[file] = printable(tail);
          } else {
            open.push_back(file);
          }
        }
      }
    }
  }

  const FrameTable* frames_;
  std::map<StringId, std::string> files_;
};

}  // namespace tachyon
