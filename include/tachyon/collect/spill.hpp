#pragma once

#include <fcntl.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/result.hpp>

// Many streams of bytes that are written bit by bit and read once at the end, in bounded memory.
//
// A timeline output lists every sample, thread by thread; samples come by time, all threads mixed.
// So each thread's part has to wait somewhere until the end. Up to `budget` that is memory, which
// is all a short run needs. Beyond it, full chunks go into one nameless temporary file ($TMPDIR,
// /var/tmp, /tmp, the first that can be written), and what stays is a place of 16 bytes a chunk:
//
//   stream 0   [chunk in memory] [chunk in file] ... [open chunk]
//   stream 1   [chunk in file] ... [open chunk]
//
// Where no file can be written the chunks stay in memory: a profile is not lost for want of a disk.
// A chunk that cannot be read back ends its stream early, and `error` says so.
namespace tachyon {

class Spill {
 public:
  static constexpr std::size_t chunk_size = 16384;

  explicit Spill(std::size_t budget = std::size_t{32} << 20) : budget_{budget} {}
  Spill(Spill&& other) noexcept
      : budget_{other.budget_},
        kept_{other.kept_},
        file_size_{other.file_size_},
        fd_{std::exchange(other.fd_, -1)},
        no_file_{other.no_file_},
        streams_{std::move(other.streams_)},
        error_{other.error_} {}
  Spill& operator=(Spill&&) = delete;
  ~Spill() {
    if (fd_ >= 0) (void)::close(fd_);
  }

  // Streams are numbered from 0 in the order in which they are opened.
  std::uint32_t open() {
    streams_.emplace_back();
    return static_cast<std::uint32_t>(streams_.size() - 1);
  }

  void append(std::uint32_t stream, std::string_view bytes) {
    Stream& s = streams_[stream];
    if (s.open.size() + bytes.size() > chunk_size) close_chunk(s);
    s.open.append(bytes);
  }

  // Hands every chunk of the stream to `visit`, in order, up to the first that cannot be read. What
  // one `append` wrote is in one chunk.
  template <class Visit>
  void read(std::uint32_t stream, Visit&& visit) const {
    const Stream& s = streams_[stream];
    std::string buffer;
    for (const Chunk& chunk : s.chunks) {
      if (chunk.size == 0) {
        visit(std::string_view{s.kept[chunk.at]});
      } else {
        if (!load(chunk, buffer)) return;
        visit(std::string_view{buffer});
      }
    }
    if (!s.open.empty()) visit(std::string_view{s.open});
  }

  std::uint64_t bytes_in_file() const noexcept { return file_size_; }
  Error error() const noexcept { return error_; }

 private:
  struct Chunk {
    std::uint64_t at = 0;    // in the file; an index into `kept` when size is 0
    std::uint64_t size = 0;  // bytes in the file
  };
  struct Stream {
    std::string open{};
    std::vector<Chunk> chunks{};
    std::vector<std::string> kept{};
  };

  void close_chunk(Stream& s) {
    if (kept_ + s.open.size() > budget_ && write(s)) {
      s.open.clear();
      return;
    }
    kept_ += s.open.size();
    s.chunks.push_back({s.kept.size(), 0});
    s.kept.emplace_back(s.open);  // a copy has no spare room
    s.open.clear();
  }

  bool write(Stream& s) {
    if (fd_ < 0 && !no_file_) open_file();
    if (no_file_) return false;
    std::size_t done = 0;
    while (done < s.open.size()) {
      const ssize_t n = ::pwrite(fd_, s.open.data() + done, s.open.size() - done,
                                 static_cast<off_t>(file_size_ + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        no_file_ = true;  // what is in the file already can still be read
        return false;
      }
      done += static_cast<std::size_t>(n);
    }
    s.chunks.push_back({file_size_, s.open.size()});
    file_size_ += s.open.size();
    return true;
  }

  void open_file() {
    const char* const chosen = ::getenv("TMPDIR");
    for (const char* folder : {chosen, "/var/tmp", "/tmp"}) {
      if (folder == nullptr || *folder == '\0') continue;
      fd_ = ::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
      if (fd_ >= 0) return;
      std::string name = std::string{folder} + "/tachyon-XXXXXX";
      fd_ = ::mkostemp(name.data(), O_CLOEXEC);
      if (fd_ >= 0) return void(::unlink(name.c_str()));
    }
    no_file_ = true;
  }

  bool load(const Chunk& chunk, std::string& into) const {
    into.resize(chunk.size);
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t n =
          ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(chunk.at + done));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        if (error_.code == Errc::ok) error_ = {Errc::cannot_read, n < 0 ? errno : 0, {}};
        return false;
      }
      done += static_cast<std::size_t>(n);
    }
    return true;
  }

  std::size_t budget_;
  std::size_t kept_ = 0;
  std::uint64_t file_size_ = 0;
  int fd_ = -1;
  bool no_file_ = false;
  std::vector<Stream> streams_{};
  mutable Error error_{};  // reading is const and cannot fail at the call
};

}  // namespace tachyon
