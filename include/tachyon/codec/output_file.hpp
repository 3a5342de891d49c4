#pragma once

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <tachyon/base/result.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/output_place.hpp>
#include <tachyon/codec/sink.hpp>

// A file that is either written whole or not there.
//
// A profile costs minutes of somebody's time; it must not be lost because a folder is missing, a
// disk is full or a name is a directory, and a good older file must not be ruined by a
// failing run. So:
//
// - `create` is the probe. It opens everything that can be opened, before the program is sampled,
//   and an impossible place is an error there and then.
// - The bytes go into a nameless file in the destination's folder (O_TMPFILE), so that a killed
//   profiler leaves no litter; where the file system has no such files, into a hidden one. `close`
//   gives it the final name in one step. Until then an older file of that name is untouched.
// - Devices, pipes and standard output ("-", or what it is) are written straight through. So is an
//   existing file in a folder where we may not create one.
// - Modes follow the umask; an existing file keeps its own, and a symbolic link keeps pointing.
// - Writing never fails at the call. The first error is kept, the rest of the bytes are dropped,
//   and `close` tells. The caller still has the data then and writes it to a `fallback`.
//
// A recording cannot wait for the end to be visible: it has to survive the death of its writer.
// Files created with `Finish::never` are opened under their own name and grow there. Such a file is
// one writer's: it is locked (flock, so that the lock goes with the process, however that ends),
// and nobody who asks as we do, for a growing file or a whole one, gets its name meanwhile.
namespace tachyon {

enum class Finish : bool {
  whole,  // appears under its name when it is closed
  never,  // grows under its name from the start
};

class OutputFile {
 public:
  static Result<OutputFile> create(std::string path, Finish finish = Finish::whole);

  // A file that is to take the name of this one, which grows: made beside it, locked as it is.
  Result<OutputFile> successor() const;

  // A file for what could not be written where it was meant to go: TMPDIR, /tmp, then the current
  // folder. The name is new (an existing file is never reused) and keeps the wanted name's end.
  static Result<OutputFile> fallback(std::string_view wanted);

  OutputFile(OutputFile&& other) noexcept { swap(other); }
  OutputFile& operator=(OutputFile&& other) noexcept {
    OutputFile{std::move(other)}.swap(*this);
    return *this;
  }
  ~OutputFile() { discard(); }

  void put(std::string_view text) {
    if (text.size() > capacity - used_) return put_large(text);
    text.copy(buffer_.data() + used_, text.size());
    used_ += text.size();
  }
  void put(char c) {
    if (used_ == capacity) flush();
    buffer_[used_++] = c;
  }

  // Hands what is buffered to the system.
  void flush() noexcept {
    write_out({buffer_.data(), used_});
    used_ = 0;
  }

  Error error() const noexcept { return error_; }
  const std::string& path() const noexcept { return path_; }
  // Bytes accepted so far, buffered ones included.
  std::uint64_t size() const noexcept { return written_ + used_; }
  bool is_standard_output() const noexcept { return standard_; }
  int descriptor() const noexcept { return fd_; }

  // Of a file that grows under its own name:
  bool grows() const noexcept { return grows_; }
  // Whether its name still leads to it; if not, the name it has been given, empty without one.
  bool is_in_place() const noexcept;
  std::string moved_to() const;
  // Its bytes, whatever its name.
  Result<InputFile> reopen() const;
  // Forgets everything behind `size`, the first error too, and goes on there. False where that
  // cannot be; then nothing has changed.
  bool retract(std::uint64_t size) noexcept;

  // Gives the file its name now, and goes on.
  Result<void> publish();

  // Writes the rest and gives the file its name. The first error of the file's life, if any.
  Result<void> close();

  // Forgets the file; an older one of that name stays as it was.
  void discard() noexcept;

 private:
  static constexpr std::size_t capacity = 65536;
  enum class Way : std::uint8_t { direct, nameless, hidden };

  OutputFile() : buffer_(capacity) {}
  void swap(OutputFile& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(real_, other.real_);
    std::swap(hidden_, other.hidden_);
    std::swap(buffer_, other.buffer_);
    std::swap(used_, other.used_);
    std::swap(written_, other.written_);
    std::swap(fd_, other.fd_);
    std::swap(way_, other.way_);
    std::swap(truncate_, other.truncate_);
    std::swap(grows_, other.grows_);
    std::swap(standard_, other.standard_);
    std::swap(error_, other.error_);
  }

  Result<void> open(Finish finish);
  bool open_beside(mode_t mode);
  Result<void> open_in_place(int flags, bool regular);
  void put_large(std::string_view text);
  void write_out(std::string_view text) noexcept;
  Result<void> name_it();
  std::string hidden_name(unsigned attempt) const;
  void fail(int error) noexcept {
    if (error_.code == Errc::ok) error_ = {Errc::cannot_write, error, {}};
  }

  std::string path_{};    // as the user wrote it
  std::string real_{};    // behind symbolic links
  std::string hidden_{};  // name of the hidden file while there is one
  std::vector<char> buffer_;
  std::size_t used_ = 0;
  std::uint64_t written_ = 0;
  int fd_ = -1;
  Way way_ = Way::direct;
  bool grows_ = false;     // a regular file that was opened to grow, or a successor of one
  bool truncate_ = false;  // an existing file is emptied by the first write, not by the probe
  bool standard_ = false;  // what descriptor 1 is, whichever name it was given
  Error error_{};
};

// What became of an output in the end: where it is, and why not where it was wanted.
struct Written {
  std::string path{};
  Error wanted{};       // why the wanted place failed; ok if it did not
  Error fallback{};     // why the fallback failed too; then nothing was written
  bool partly = false;  // it could be written in part, and that is at `path`
  bool kept() const noexcept { return wanted.code == Errc::ok || fallback.code == Errc::ok; }
};

// Runs `write(sink)` on the file, and once more on a fallback if the first could not be kept.
// Standard output has no fallback: what is behind it has gone away on purpose.
template <class Write>
Written write_or_fall_back(OutputFile file, Write&& write) {
  write(file);
  const Result<void> closed = file.close();
  if (closed || file.is_standard_output()) {
    return {file.path(), closed.error(), closed ? Error{} : closed.error()};
  }
  Result<OutputFile> other = OutputFile::fallback(file.path());
  if (!other) return {file.path(), closed.error(), other.error()};
  write(*other);
  const Result<void> rescued = other->close();
  if (!rescued) (void)::unlink(other->path().c_str());  // a part is no profile
  return {other->path(), closed.error(), rescued.error()};
}

namespace detail {

// Whether somebody writes a growing file there. File systems without locks say no.
inline bool is_locked(const std::string& path) noexcept {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  (void)::close(fd);
  return locked;
}

}  // namespace detail

inline Result<OutputFile> OutputFile::create(std::string path, Finish finish) {
  OutputFile file;
  file.path_ = std::move(path);
  if (const auto opened = file.open(finish); !opened) return opened.error();
  return file;
}

inline Result<OutputFile> OutputFile::fallback(std::string_view wanted) {
  const char* const chosen = ::getenv("TMPDIR");
  const std::string_view name = detail::name_in(wanted);
  Error first{};
  for (const char* folder : {chosen && *chosen ? chosen : "/tmp", "/tmp", "."}) {
    for (unsigned attempt = 0; attempt < 100; ++attempt) {
      OutputFile file;
      file.path_ = std::string{folder} + "/tachyon-" + std::to_string(::getpid()) + "-" +
                   (attempt ? std::to_string(attempt) + "-" : "") +
                   std::string{name.empty() ? "output" : name.substr(0, 200)};
      file.fd_ =
          ::open(file.path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (file.fd_ >= 0) return file;
      if (first.code == Errc::ok) first = {Errc::cannot_open, errno, {}};
      if (errno != EEXIST) break;
    }
  }
  return first;
}

inline Result<void> OutputFile::open(Finish finish) {
  standard_ = tachyon::is_standard_output(path_);
  if (standard_) {
    const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
    if (flags >= 0 && (flags & O_ACCMODE) == O_RDONLY) return Error{Errc::cannot_open, EBADF, {}};
    fd_ = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    return fd_ < 0 ? Result<void>{{Errc::cannot_open, errno, {}}} : Result<void>{};
  }
  if (detail::name_in(path_).empty()) return Error{Errc::cannot_open, ENOENT, {}};

  real_ = behind_links(path_);
  const bool device = stands_for_open_file(real_);

  struct stat status {};
  const bool exists = ::stat(real_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) return Error{Errc::cannot_open, EISDIR, {}};
  const bool regular = !exists || S_ISREG(status.st_mode);
  if (exists && ::access(real_.c_str(), W_OK) != 0) return Error{Errc::cannot_open, errno, {}};
  if (finish == Finish::whole && regular && !device) {
    if (exists && detail::is_locked(real_)) return Error{Errc::cannot_open, EWOULDBLOCK, {}};
    if (open_beside(exists ? status.st_mode & 0777 : 0)) return {};
  }

  // Not O_TRUNC: a probe that is given up must not have emptied anything. A pipe without a reader
  // would block here; O_NONBLOCK turns that into an error that says so.
  const int mode = regular ? O_CREAT : exists && S_ISFIFO(status.st_mode) ? O_NONBLOCK : 0;
  if (const auto opened = open_in_place(mode, regular); !opened) return opened;
  if (!regular) (void)::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) & ~O_NONBLOCK);
  truncate_ = regular;
  grows_ = regular && finish == Finish::never;
  return {};
}

// Another writer may give the name to another file between our opening and our locking, or take it
// away: then the next look finds what is there now.
inline Result<void> OutputFile::open_in_place(int flags, bool regular) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    fd_ = ::open(real_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, 0666);
    if (fd_ < 0) return Error{Errc::cannot_open, errno, {}};
    if (!regular) return {};
    const bool taken = ::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!taken && is_in_place()) return {};
    (void)::close(std::exchange(fd_, -1));
    if (taken) break;
  }
  return Error{Errc::cannot_open, EWOULDBLOCK, {}};
}

inline bool OutputFile::is_in_place() const noexcept {
  struct stat ours {};
  struct stat there {};
  return ::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
         detail::is_one_file(ours, there);
}

inline std::string OutputFile::moved_to() const {
  const std::string self = "/proc/self/fd/" + std::to_string(fd_);
  char target[PATH_MAX];
  const ssize_t length = ::readlink(self.c_str(), target, sizeof target);
  struct stat ours {};
  struct stat there {};
  if (length <= 0 || ::fstat(fd_, &ours) != 0) return {};
  std::string path{target, static_cast<std::size_t>(length)};  // or "... (deleted)"
  if (::stat(path.c_str(), &there) != 0 || !detail::is_one_file(ours, there)) return {};
  return path;
}

inline Result<InputFile> OutputFile::reopen() const {
  return InputFile::open(("/proc/self/fd/" + std::to_string(fd_)).c_str());
}

inline bool OutputFile::retract(std::uint64_t size) noexcept {
  if (!grows_ || fd_ < 0) return false;
  const auto end = static_cast<off_t>(size);
  if (::ftruncate(fd_, end) != 0 || ::lseek(fd_, end, SEEK_SET) != end) return false;
  used_ = 0;
  written_ = size;
  truncate_ = false;
  error_ = {};
  return true;
}

inline Result<OutputFile> OutputFile::successor() const {
  struct stat status {};
  if (::fstat(fd_, &status) != 0) return Error{Errc::cannot_open, errno, {}};
  if (!S_ISREG(status.st_mode)) return Error{Errc::cannot_open, ESPIPE, {}};
  OutputFile file;
  file.path_ = path_;
  file.real_ = real_;
  if (!file.open_beside(status.st_mode & 0777)) return Error{Errc::cannot_open, errno, {}};
  (void)::flock(file.fd_, LOCK_EX | LOCK_NB);  // nobody else knows it
  file.grows_ = true;
  return file;
}

// A file without a name in the destination's folder, or one with a hidden name. `mode` of 0 leaves
// the choice to the umask.
inline bool OutputFile::open_beside(mode_t mode) {
  const std::string folder = detail::folder_of(real_);
  fd_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  way_ = Way::nameless;
  if (fd_ < 0) {
    way_ = Way::hidden;
    for (unsigned attempt = 0; fd_ < 0 && attempt < 100; ++attempt) {
      hidden_ = hidden_name(attempt);
      fd_ = ::open(hidden_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
      if (fd_ < 0 && errno != EEXIST) break;
    }
  }
  if (fd_ < 0) {
    hidden_.clear();
    way_ = Way::direct;
    return false;
  }
  if (mode != 0) (void)::fchmod(fd_, mode);
  return true;
}

inline std::string OutputFile::hidden_name(unsigned attempt) const {
  return detail::folder_of(real_) + "/." + std::string{detail::name_in(real_).substr(0, 200)} +
         "." + std::to_string(::getpid()) + (attempt ? "-" + std::to_string(attempt) : "") +
         ".part";
}

inline void OutputFile::put_large(std::string_view text) {
  flush();
  if (text.size() >= capacity) return write_out(text);
  text.copy(buffer_.data(), text.size());
  used_ = text.size();
}

inline void OutputFile::write_out(std::string_view text) noexcept {
  written_ += text.size();
  if (error_.code != Errc::ok || fd_ < 0) return;
  if (std::exchange(truncate_, false) && ::ftruncate(fd_, 0) != 0) return fail(errno);
  while (!text.empty()) {
    const ssize_t done = ::write(fd_, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return fail(done < 0 ? errno : ENOSPC);
    text.remove_prefix(static_cast<std::size_t>(done));
  }
}

inline Result<void> OutputFile::publish() {
  flush();
  if (error_.code == Errc::ok) {
    if (const auto named = name_it(); !named) error_ = named.error();
    if (error_.code == Errc::ok) way_ = Way::direct;
  }
  return error_.code == Errc::ok ? Result<void>{} : Result<void>{error_};
}

inline Result<void> OutputFile::close() {
  if (fd_ < 0) return error_.code == Errc::ok ? Result<void>{} : Result<void>{error_};
  flush();
  if (error_.code == Errc::ok) {
    if (const auto named = name_it(); !named) error_ = named.error();
  }
  // Some file systems report a full disk only here.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) fail(errno);
  if (!hidden_.empty()) (void)::unlink(std::exchange(hidden_, {}).c_str());
  return error_.code == Errc::ok ? Result<void>{} : Result<void>{error_};
}

inline Result<void> OutputFile::name_it() {
  if (way_ == Way::direct) return {};
  if (way_ == Way::nameless) {
    // linkat cannot replace a file, so the nameless one gets a hidden name first.
    const std::string self = "/proc/self/fd/" + std::to_string(fd_);
    for (unsigned attempt = 0;; ++attempt) {
      hidden_ = hidden_name(attempt);
      if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, hidden_.c_str(), AT_SYMLINK_FOLLOW) == 0)
        break;
      const int error = errno;
      hidden_.clear();
      if (error != EEXIST || attempt == 100) return Error{Errc::cannot_write, error, {}};
    }
  }
  if (::rename(hidden_.c_str(), real_.c_str()) != 0) return Error{Errc::cannot_write, errno, {}};
  hidden_.clear();
  return {};
}

inline void OutputFile::discard() noexcept {
  if (fd_ >= 0) (void)::close(std::exchange(fd_, -1));
  if (!hidden_.empty()) (void)::unlink(hidden_.c_str());
  hidden_.clear();
}

}  // namespace tachyon
