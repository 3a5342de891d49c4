#pragma once

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <span>
#include <string>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>
#include <utility>

#include <tachyon/base/result.hpp>

namespace tachyon {

// An open file descriptor, closed with its owner.
class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int number) noexcept : number_{number} {}
  Descriptor(Descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }

  explicit operator bool() const noexcept { return number_ >= 0; }
  int get() const noexcept { return number_; }

 private:
  int number_ = -1;
};

// Reading only, close-on-exec; `flags` adds to that. The error keeps errno, the caller knows what
// the file was for and picks the code that says so.
inline Result<Descriptor> open_for_reading(const char* path, int flags = 0,
                                           int directory = AT_FDCWD) noexcept {
  for (;;) {
    const int number = ::openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | flags);
    if (number >= 0) return Descriptor{number};
    if (errno != EINTR) return Error{Errc::cannot_open, errno, {}};
  }
}

// For a path that somebody else chose (a core file, a target's table of mappings): nothing but a
// regular file is opened, since opening alone can wait for a writer,
// rewind a tape or arm a watchdog.
inline Result<Descriptor> open_regular(const char* path, int directory = AT_FDCWD) noexcept {
  struct ::stat info {};
  if (::fstatat(directory, path, &info, 0) != 0) return Error{Errc::cannot_open, errno, {}};
  if (!S_ISREG(info.st_mode)) return Error{Errc::cannot_open, EINVAL, {}};
  auto file = open_for_reading(path, O_NONBLOCK, directory);
  if (!file) return file;
  // It may have been exchanged in between.
  if (::fstat(file->get(), &info) != 0) return Error{Errc::cannot_open, errno, {}};
  if (!S_ISREG(info.st_mode)) return Error{Errc::cannot_open, EINVAL, {}};
  return file;
}

// Up to into.size() bytes; fewer only at the end of the file.
inline Result<std::size_t> read_at(const Descriptor& file, std::uint64_t offset,
                                   std::span<std::byte> into) noexcept {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(file.get(), into.data() + done, into.size() - done,
                              static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{Errc::cannot_read, errno, {offset + done}};
    if (n == 0) break;
    done += static_cast<std::size_t>(n);
  }
  return done;
}

// A whole file whose size is not known beforehand (everything in /proc). More than `limit` bytes is
// an error: nothing that we read this way has a reason to be larger.
inline Result<std::string> read_whole(const Descriptor& file, std::size_t limit) {
  std::string text;
  std::size_t used = 0;
  for (;;) {
    if (text.size() == used) text.resize(used == 0 ? 4096 : used * 2);
    const ssize_t n = ::read(file.get(), text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Error{Errc::cannot_read, errno, {used}};
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
    if (used > limit) return Error{Errc::limit, 0, {used}};
  }
  text.resize(used);
  return text;
}

}  // namespace tachyon
