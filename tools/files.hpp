#pragma once

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include <tachyon/base/result.hpp>
#include <tachyon/codec/output_place.hpp>

#include "text.hpp"
#include "values.hpp"

// What is wrong with a file, and what to do about it.
namespace tachyon::tool {

inline std::string folder_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos
             ? "."
             : std::string{path.substr(0, std::max(slash, std::size_t{1}))};
}

inline std::string describe_output(std::string_view path, Error error) {
  if (error.code == Errc::cannot_open && error.sys == EWOULDBLOCK) {
    return concat("cannot write ", quoted(path),
                  ": another run is writing it; wait for that or choose another place");
  }
  if (error.code == Errc::cannot_write && error.sys == EEXIST) {
    return concat("cannot write ", quoted(path), ": another file has taken its name");
  }
  std::string text = concat("cannot write ", quoted(path), ": ", std::strerror(error.sys));
  const std::string folder = folder_name(behind_links(std::string{path}));
  switch (error.sys) {
    case ENOENT:
      return concat(text, "; make the folder first: mkdir -p ", folder);
    case ENOTDIR:
      return concat(text, "; a part of ", folder, " is a file");
    case EISDIR:
      return concat(text, "; name a file in it");
    case EACCES:
    case EPERM:
    case EROFS:
      return concat(text, "; choose another place with --output");
    case ENXIO:
      return concat("cannot write ", quoted(path), ": nobody reads this pipe yet");
    case ENOSPC:
    case EDQUOT:
      return concat(text, "; free some space or choose another place with --output");
    case EBADF:
      return path == "-" ? "cannot write to standard output: it is closed" : text;
    case EPIPE:
      return concat("the reader of ", path == "-" ? "standard output" : path, " has gone");
    default:
      return text;
  }
}

inline std::string describe_recording(std::string_view path, Error error) {
  const std::string name = quoted(path);
  switch (error.code) {
    case Errc::cannot_open:
    case Errc::cannot_read:
      if (error.sys == EISDIR) return concat(name, " is a folder; name the recording in it");
      if (error.sys == ESPIPE) return concat(name, " is no regular file; save it to one first");
      return concat("cannot read ", name, ": ", std::strerror(error.sys));
    case Errc::not_a_recording:
      return concat(name, " is no recording; make one with tachyon run --binary");
    case Errc::damaged:
      return concat(name, " is damaged at byte ", std::to_string(error.at.value),
                    "; nothing after that can be trusted");
    case Errc::truncated:
      return concat(name, " ends too early, at byte ", std::to_string(error.at.value));
    case Errc::unsupported:
      return concat(name, " needs a newer tachyon, or one with zstd");
    case Errc::limit:
      return concat(name, " is larger than its format allows");
    default:
      return concat("cannot read ", name);
  }
}

}  // namespace tachyon::tool
