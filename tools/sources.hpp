#pragma once

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/sample/frame_table.hpp>
#include <tachyon/sample/run.hpp>

// The text of the files that were sampled, so that pages and recordings can show it where the
// program ran no more and on machines that never had it. Paths are the target's: they are looked up
// below its root folder (a container's is not ours), which is held open from the beginning, because
// the target may be gone when the report is written. Links inside are resolved inside.
namespace tachyon::tool {

class SourceFiles {
 public:
  SourceFiles() = default;
  // `process_folder`: /proc/PID, opened. Without one it is our own root and current folder.
  SourceFiles(int process_folder, std::string working_folder) : folder_{std::move(working_folder)} {
    root_ = Descriptor{::openat(process_folder, "root", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  }

  std::optional<std::string> read(std::string_view file) const {
    if (file.empty() || file.front() == '<' || file.front() == '~') return std::nullopt;
    std::string path{file};
    if (path.front() != '/') path = folder_.empty() ? path : folder_ + "/" + path;
    const Descriptor opened{open_below_root(path)};
    if (!opened) return std::nullopt;
    struct stat status {};
    if (::fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    if (status.st_size <= 0 || status.st_size > largest) return std::nullopt;
    std::string text(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t filled = 0;
    while (filled < text.size()) {
      const ssize_t got = ::pread(opened.get(), text.data() + filled, text.size() - filled,
                                  static_cast<off_t>(filled));
      if (got <= 0) break;
      filled += static_cast<std::size_t>(got);
    }
    text.resize(filled);
    if (text.find('\0') != std::string::npos) return std::nullopt;  // no text
    return text;
  }

 private:
  static constexpr std::int64_t largest = std::int64_t{4} << 20;

  int open_below_root(const std::string& path) const {
    open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    if (!root_) return ::open(path.c_str(), static_cast<int>(how.flags));
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const long fd = ::syscall(SYS_openat2, root_.get(), path.c_str(), &how, sizeof how);
    return static_cast<int>(fd);
  }

  Descriptor root_{};
  std::string folder_{};
};

// Adds the texts that the run does not have yet.
inline void load_sources(Run& run, const FrameTable& frames, const SourceFiles& files) {
  constexpr std::size_t most = std::size_t{64} << 20;
  std::size_t total = 0;
  for (std::uint32_t i = 0; i < frames.function_count(); ++i) {
    const std::string_view file = frames[frames[FunctionId{i}].file];
    if (run.sources.find(file) != run.sources.end()) continue;
    auto text = files.read(file);
    if (!text || total + text->size() > most) continue;
    total += text->size();
    run.sources.emplace(std::string{file}, std::move(*text));
  }
}

}  // namespace tachyon::tool
