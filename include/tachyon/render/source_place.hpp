#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Whose code a file is and which module it holds, as the *target* would say: its own import path
// decides, not the one of whatever looks at the profile. Where the import path could not be read,
// the folder names that every installation has decide.
namespace tachyon {

enum class Origin : std::uint8_t {
  project = 0,
  standard_library = 1,
  site_packages = 2,
  other = 3
};

struct SourcePlace {
  Origin origin = Origin::other;
  std::string_view path{};  // what remains behind the folder it was imported from
  std::string module{};     // package.module; empty where there is none
};

class SourcePlaces {
 public:
  SourcePlaces(std::span<const std::string> import_paths, std::string_view working_directory)
      : known_{!import_paths.empty()} {
    for (const std::string& path : import_paths) add(path);
    add(working_directory);
    // The longest first: a package folder inside the project is not the project.
    std::sort(folders_.begin(), folders_.end(),
              [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
  }

  SourcePlace operator()(std::string_view file) const;

 private:
  void add(std::string_view path) {
    while (path.ends_with('/')) path.remove_suffix(1);
    if (!path.empty()) folders_.push_back(std::string{path} + '/');
  }

  bool known_;
  std::vector<std::string> folders_;
};

namespace detail {

// What stands behind the last folder of this name, or nothing.
inline std::string_view behind(std::string_view file, std::string_view folder) {
  const std::size_t at = file.rfind(folder);
  return at == std::string_view::npos ? std::string_view{} : file.substr(at + folder.size());
}

// Behind .../lib/python3.NN/ (or lib64, or 3.NNt), which is where the standard library lives.
inline std::string_view behind_library(std::string_view file) {
  for (const std::string_view lib :
       {std::string_view{"/lib/python3"}, std::string_view{"/lib64/python3"}}) {
    std::string_view rest = behind(file, lib);
    if (rest.empty()) continue;
    const std::size_t slash = rest.find('/');
    if (slash != std::string_view::npos && slash <= 4) return rest.substr(slash + 1);
  }
  return {};
}

inline std::string module_of(std::string_view path) {
  for (const std::string_view end :
       {std::string_view{".py"}, std::string_view{".pyc"}, std::string_view{".pyw"}}) {
    if (path.ends_with(end)) {
      path.remove_suffix(end.size());
      break;
    }
  }
  if (path.ends_with("/__init__")) path.remove_suffix(9);
  while (path.starts_with('/')) path.remove_prefix(1);
  std::string out{path};
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

}  // namespace detail

inline SourcePlace SourcePlaces::operator()(std::string_view file) const {
  const auto place = [](Origin origin, std::string_view path) {
    return SourcePlace{origin, path, detail::module_of(path)};
  };
  if (file.starts_with("<frozen ") && file.ends_with('>')) {
    return place(Origin::standard_library, file.substr(8, file.size() - 9));
  }
  if (file.empty() || file.front() == '<' || file == "~") return {Origin::other, file, {}};
  for (const std::string_view folder :
       {std::string_view{"/site-packages/"}, std::string_view{"/dist-packages/"}}) {
    if (const auto rest = detail::behind(file, folder); !rest.empty()) {
      return place(Origin::site_packages, rest);
    }
  }
  if (const auto rest = detail::behind_library(file); !rest.empty()) {
    return place(Origin::standard_library, rest);
  }
  if (file.front() != '/') return place(Origin::project, file);
  for (const std::string& folder : folders_) {
    if (file.starts_with(folder)) return place(Origin::project, file.substr(folder.size()));
  }
  // Somewhere else. With a known import path that means: not imported, but executed from there.
  const std::size_t slash = file.rfind('/');
  SourcePlace out = place(known_ ? Origin::other : Origin::project, file.substr(slash + 1));
  out.path = file;
  return out;
}

}  // namespace tachyon
