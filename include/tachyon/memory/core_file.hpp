#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/view.hpp>
#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/file_bytes.hpp>

// A core file: the memory of a process that is no more, as the kernel or a debugger wrote it.
//
//   +------------+----------------------+-------+-----------------------------------+
//   | ELF header | program headers      | notes | bytes of the segments             |
//   +------------+----------------------+-------+-----------------------------------+
//                  PT_NOTE: threads, files, auxiliary vector
//                  PT_LOAD: address, size, and how many of its bytes are in this file
//
// What had not been written to is usually left out, since it is a copy of a file: code, constants,
// the tables of symbols. Those ranges have no bytes here, but the note NT_FILE says which file and
// which offset they came from, so they are read from there, if that file still begins with the same
// bytes. A range that was writable is never filled in from a file:
// its contents then are anyone's guess.
//
// Everything in such a file is foreign. Counts and steps are capped, sizes are compared with the
// file's before they are used, and a core that ends before its segments do is refused: half of a
// heap would make wrong stacks, not fewer.
namespace tachyon {

class CoreFile {
 public:
  struct Segment {
    Address at{};
    std::uint64_t size = 0;
    std::uint64_t kept = 0;    // leading bytes that are in the file
    std::uint64_t offset = 0;  // where
    std::uint32_t flags = 0;   // PF_R | PF_W | PF_X
    constexpr bool contains(Address a) const noexcept { return a - at < size; }
  };
  struct FileRange {
    Address start{};
    Address end{};
    std::uint64_t offset = 0;
    std::string path{};
    constexpr bool contains(Address a) const noexcept { return start <= a && a < end; }
  };
  struct Thread {
    std::int32_t id = 0;
    std::int32_t signal = 0;  // that it was handling; the first thread's is what killed it
  };

  // `executable` replaces the main program's file, wherever it came from; empty: as the core says.
  static Result<CoreFile> open(const std::string& path, const std::string& executable = {});

  Result<void> read(Address at, std::span<std::byte> into) noexcept;
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto outcome = read(ranges[i].at, ranges[i].into);
      if (!outcome && i == 0) return outcome.error();
      if (!outcome) return i;
    }
    return ranges.size();
  }

  std::uint16_t machine() const noexcept { return machine_; }
  std::int32_t pid() const noexcept { return pid_; }
  const std::string& command() const noexcept { return command_; }
  std::span<const Thread> threads() const noexcept { return view_of(threads_); }
  std::span<const Segment> segments() const noexcept { return view_of(segments_); }
  std::span<const FileRange> files() const noexcept { return view_of(files_); }
  Address program_headers() const noexcept { return program_headers_; }
  const FileRange* file_at(Address at) const noexcept {
    const auto later =
        std::upper_bound(files_.begin(), files_.end(), at,
                         [](Address a, const FileRange& range) { return a < range.start; });
    if (later == files_.begin()) return nullptr;
    const FileRange& candidate = *std::prev(later);
    return candidate.contains(at) ? &candidate : nullptr;
  }
  // A file that the core refers to; the program's own may have been given to open().
  const std::string& path_of(const FileRange& range) const noexcept {
    return !executable_.empty() && range.path == program_ ? executable_ : range.path;
  }
  // Files that are needed for bytes which the core lacks, and are not there or not the same.
  std::span<const std::string> missing() const noexcept { return view_of(missing_); }

 private:
  struct Source {
    std::string path;
    FileBytes bytes;
  };
  static constexpr std::uint64_t most_segments = std::uint64_t{1} << 18;
  static constexpr std::uint64_t most_notes = std::uint64_t{1} << 20;
  static constexpr std::uint64_t largest_file_note = std::uint64_t{1} << 26;
  static constexpr std::uint64_t most_files = 65536;  // as many mappings as Linux allows by default
  static constexpr std::size_t most_sources = 400;
  static constexpr std::size_t most_steps = std::size_t{1} << 22;

  explicit CoreFile(Descriptor file) noexcept : core_{std::move(file)} {}

  template <class T>
  Result<T> take(std::uint64_t offset) noexcept {
    T value;
    const auto got = core_.read({offset}, bytes_of(value));
    if (!got) return Error{Errc::truncated, 0, {offset}};
    return value;
  }

  Result<void> read_headers();
  Result<std::uint64_t> count_segments(const Elf64_Ehdr& header) noexcept;
  Result<void> add_segment(const Elf64_Phdr& header, std::uint64_t file_size);
  Result<void> read_notes(const Elf64_Phdr& header);
  void take_note(std::uint32_t type, std::uint64_t at, std::uint64_t size);
  void take_files(std::uint64_t at, std::uint64_t size);
  void take_auxiliary(std::uint64_t at, std::uint64_t size) noexcept;
  void open_sources();
  bool same_start(const FileRange& range, FileBytes& file) noexcept;
  bool covered(const FileRange& range, std::size_t& steps) const noexcept;
  static bool written_to(const FileRange& range, FileBytes& file) noexcept;

  std::vector<Segment>::const_iterator after(Address at) const noexcept {
    return std::upper_bound(segments_.begin(), segments_.end(), at,
                            [](Address a, const Segment& segment) { return a < segment.at; });
  }
  const Segment* segment(Address at) const noexcept;
  Result<std::size_t> read_piece(Address at, std::span<std::byte> into) noexcept;

  FileBytes core_;
  std::uint16_t machine_ = 0;
  std::int32_t pid_ = 0;
  std::string command_;
  std::string executable_;
  std::string program_;  // the path that `executable_` stands in for
  Address program_headers_{};
  std::vector<Segment> segments_;        // by address
  std::vector<FileRange> files_;         // by address
  std::vector<std::int32_t> source_of_;  // for each of files_: index into sources_, or -1
  std::vector<Source> sources_;
  std::vector<Thread> threads_;
  std::vector<std::string> missing_;
};
static_assert(Memory<CoreFile>);

inline Result<CoreFile> CoreFile::open(const std::string& path, const std::string& executable) {
  auto file = open_for_reading(path.c_str());
  if (!file) return file.error();
  CoreFile core{std::move(*file)};
  core.executable_ = executable;
  if (const auto read = core.read_headers(); !read) return read.error();
  core.open_sources();
  return core;
}

inline Result<void> CoreFile::read_headers() {
  struct ::stat info {};
  if (::fstat(core_.file().get(), &info) != 0) return Error{Errc::cannot_read, errno, {}};
  if (!S_ISREG(info.st_mode)) return Errc::not_a_core;
  const auto file_size = static_cast<std::uint64_t>(info.st_size);
  const auto header = take<Elf64_Ehdr>(0);
  if (!header) return Errc::not_a_core;
  if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) return Errc::not_a_core;
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB) {
    return Error{Errc::unsupported_arch, 0, {header->e_machine}};
  }
  if (header->e_type != ET_CORE) return Errc::not_a_core;
  if (header->e_machine != EM_X86_64 && header->e_machine != EM_AARCH64) {
    return Error{Errc::unsupported_arch, 0, {header->e_machine}};
  }
  if (header->e_phentsize != sizeof(Elf64_Phdr)) return Errc::damaged;
  machine_ = header->e_machine;
  const auto count = count_segments(*header);
  if (!count) return count.error();
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto segment = take<Elf64_Phdr>(header->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment) return segment.error();
    Result<void> outcome;
    if (segment->p_type == PT_LOAD) outcome = add_segment(*segment, file_size);
    if (segment->p_type == PT_NOTE) outcome = read_notes(*segment);
    if (!outcome) return outcome;
  }
  std::stable_sort(segments_.begin(), segments_.end(),
                   [](const Segment& a, const Segment& b) { return a.at < b.at; });
  std::stable_sort(files_.begin(), files_.end(),
                   [](const FileRange& a, const FileRange& b) { return a.start < b.start; });
  if (pid_ == 0 && !threads_.empty()) pid_ = threads_[0].id;
  if (segments_.empty()) return Errc::damaged;
  return {};
}

// More segments than 16 bits can say are counted in the first section header.
inline Result<std::uint64_t> CoreFile::count_segments(const Elf64_Ehdr& header) noexcept {
  if (header.e_phnum != PN_XNUM) return std::uint64_t{header.e_phnum};
  const auto section = take<Elf64_Shdr>(header.e_shoff);
  if (!section) return section.error();
  if (section->sh_info > most_segments) return Errc::damaged;
  return std::uint64_t{section->sh_info};
}

inline Result<void> CoreFile::add_segment(const Elf64_Phdr& header, std::uint64_t file_size) {
  if (header.p_memsz == 0) return {};
  const bool wraps = header.p_vaddr + (header.p_memsz - 1) < header.p_vaddr;
  if (wraps || header.p_filesz > header.p_memsz) return Error{Errc::damaged, 0, {header.p_vaddr}};
  if (header.p_filesz != 0 &&
      (header.p_offset > file_size || file_size - header.p_offset < header.p_filesz)) {
    return Error{Errc::truncated, 0, {file_size}};
  }
  segments_.push_back(
      {{header.p_vaddr}, header.p_memsz, header.p_filesz, header.p_offset, header.p_flags});
  return {};
}

inline Result<void> CoreFile::read_notes(const Elf64_Phdr& header) {
  std::uint64_t at = header.p_offset;
  if (header.p_filesz > std::numeric_limits<std::uint64_t>::max() - at) return Errc::damaged;
  const std::uint64_t end = at + header.p_filesz;
  for (std::uint64_t i = 0; i < most_notes && end - at >= sizeof(Elf64_Nhdr); ++i) {
    const auto note = take<Elf64_Nhdr>(at);
    if (!note) return note.error();
    const auto padded = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
    const std::uint64_t data = at + sizeof *note + padded(note->n_namesz);
    const std::uint64_t next = data + padded(note->n_descsz);
    if (data > end || note->n_descsz > end - data) return Error{Errc::damaged, 0, {at}};
    take_note(note->n_type, data, note->n_descsz);
    if (next >= end) break;
    at = next;
  }
  return {};
}

// Offsets of struct elf_prstatus and elf_prpsinfo, the same on both architectures.
inline void CoreFile::take_note(std::uint32_t type, std::uint64_t at, std::uint64_t size) {
  if (type == NT_PRSTATUS && size >= 36) {
    const auto signal = take<std::int16_t>(at + 12);
    const auto id = take<std::int32_t>(at + 32);
    if (signal && id) threads_.push_back({*id, *signal});
  }
  if (type == NT_PRPSINFO && size >= 136) {
    pid_ = take<std::int32_t>(at + 24).value_or(0);
    const auto arguments = take<std::array<char, 80>>(at + 56);
    if (arguments) command_.assign(arguments->data(), ::strnlen(arguments->data(), 80));
  }
  if (type == NT_FILE) take_files(at, size);
  if (type == NT_AUXV) take_auxiliary(at, size);
}

//   count | page size | start, end, page offset (count times) | names, each with its zero
inline void CoreFile::take_files(std::uint64_t at, std::uint64_t size) {
  if (size < 16 || size > largest_file_note) return;
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  const std::span<std::byte> note = bytes_of(bytes);
  if (!core_.read({at}, note)) return;
  const auto count = load<std::uint64_t>(note, 0);
  const auto page = load<std::uint64_t>(note, 8);
  if (count > (size - 16) / 24 || count > most_files) return;
  std::string_view names = as_text(note).substr(static_cast<std::size_t>(16 + count * 24));
  for (std::size_t i = 0; i < count; ++i) {
    const auto words = load<std::array<std::uint64_t, 3>>(note, 16 + i * 24);
    const std::size_t end = std::min(names.find('\0'), names.size());
    files_.push_back({{words[0]}, {words[1]}, words[2] * page, std::string{names.substr(0, end)}});
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

inline void CoreFile::take_auxiliary(std::uint64_t at, std::uint64_t size) noexcept {
  constexpr std::uint64_t most = 128;
  for (std::uint64_t i = 0; i < most && (i + 1) * sizeof(Elf64_auxv_t) <= size; ++i) {
    const auto entry = take<Elf64_auxv_t>(at + i * sizeof(Elf64_auxv_t));
    if (!entry || entry->a_type == AT_NULL) return;
    if (entry->a_type == AT_PHDR) program_headers_ = {entry->a_un.a_val};
  }
}

// Opens each file that stands behind bytes the core lacks.
inline void CoreFile::open_sources() {
  source_of_.assign(files_.size(), -1);
  for (const FileRange& range : files_) {
    if (range.contains(program_headers_)) program_ = range.path;
  }
  std::size_t steps = 0;
  for (std::size_t i = 0; i < files_.size() && missing_.size() < most_sources; ++i) {
    if (covered(files_[i], steps)) continue;
    const std::string& path = path_of(files_[i]);
    if (std::find(missing_.begin(), missing_.end(), path) != missing_.end()) continue;
    auto source = std::find_if(sources_.begin(), sources_.end(),
                               [&](const Source& s) { return s.path == path; });
    if (source == sources_.end()) {
      auto file = open_regular(path.c_str());
      FileBytes bytes{file ? std::move(*file) : Descriptor{}};
      if (!file || sources_.size() == most_sources || !same_start(files_[i], bytes)) {
        missing_.push_back(path);
        continue;
      }
      sources_.push_back({path, std::move(bytes)});
      source = std::prev(sources_.end());
    }
    if (written_to(files_[i], source->bytes)) continue;
    source_of_[i] = static_cast<std::int32_t>(source - sources_.begin());
  }
}

inline bool CoreFile::covered(const FileRange& range, std::size_t& steps) const noexcept {
  for (Address at = range.start; at < range.end && steps < most_steps; ++steps) {
    const Segment* const part = segment(at);
    if (!part || at - part->at >= part->kept) return false;
    at = part->at + part->kept;
  }
  return true;
}

// Does this range belong to a part of the program that is mapped for writing?
inline bool CoreFile::written_to(const FileRange& range, FileBytes& file) noexcept {
  Elf64_Ehdr header{};
  if (!file.read({0}, bytes_of(header))) return false;
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return false;
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(header.e_phnum, 256); ++i) {
    Elf64_Phdr part{};
    const Address at{header.e_phoff + i * sizeof part};
    if (!file.read(at, bytes_of(part))) return false;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    const bool inside = range.offset >= part.p_offset - part.p_offset % page &&
                        range.offset < part.p_offset + part.p_filesz;
    if (part.p_type == PT_LOAD && (part.p_flags & PF_W) != 0 && inside) return true;
  }
  return false;
}

// The first page of a program is in nearly every core; it has the headers and the build id.
inline bool CoreFile::same_start(const FileRange& range, FileBytes& file) noexcept {
  for (const FileRange& first : files_) {
    if (first.offset != 0 || first.path != range.path) continue;
    const Segment* const part = segment(first.start);
    std::array<std::byte, 1024> here;
    std::array<std::byte, 1024> there;
    if (!part || part->kept < here.size()) continue;
    if (!core_.read({part->offset + (first.start - part->at)}, here)) return false;
    return file.read({0}, there) && here == there;
  }
  return true;  // nothing to compare with
}

inline const CoreFile::Segment* CoreFile::segment(Address at) const noexcept {
  const auto next = after(at);
  if (next == segments_.begin()) return nullptr;
  const Segment& candidate = *std::prev(next);
  return candidate.contains(at) ? &candidate : nullptr;
}

inline Result<void> CoreFile::read(Address at, std::span<std::byte> into) noexcept {
  for (std::size_t done = 0; done < into.size();) {
    const auto size = read_piece(at + done, into.subspan(done));
    if (!size) return size.error();
    done += *size;
  }
  return {};
}

inline Result<std::size_t> CoreFile::read_piece(Address at, std::span<std::byte> into) noexcept {
  const Segment* const part = segment(at);
  if (part && at - part->at < part->kept) {
    const std::uint64_t inside = at - part->at;
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), part->kept - inside));
    if (core_.read({part->offset + inside}, into.first(size))) return size;
    return Error{Errc::unreadable, 0, at};
  }
  if (part && (part->flags & PF_W) != 0) return Error{Errc::unreadable, 0, at};
  const FileRange* const range = file_at(at);
  if (!range) return Error{Errc::unreadable, 0, at};
  const std::int32_t source = source_of_[static_cast<std::size_t>(range - files_.data())];
  if (source < 0) return Error{Errc::unreadable, 0, at};
  // Up to where the core has something to say again.
  std::uint64_t left = range->end - at;
  if (part) left = std::min(left, part->at + part->size - at);
  if (const auto next = after(at); next != segments_.end()) left = std::min(left, next->at - at);
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left));
  FileBytes& bytes = sources_[static_cast<std::size_t>(source)].bytes;
  if (bytes.read({range->offset + (at - range->start)}, into.first(size))) return size;
  return Error{Errc::unreadable, 0, at};
}

}  // namespace tachyon
