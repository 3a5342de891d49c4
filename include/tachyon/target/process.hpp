#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/memory/process_stat.hpp>
#include <tachyon/target/maps.hpp>

// What the system says about a process. Everything is read relative to one descriptor of its /proc
// directory, opened once: when the process ends, reads fail, even if the pid has a new owner.
namespace tachyon {

// The lines of /proc/PID/status that decide what may be read and how threads are numbered.
struct ProcessStatus {
  std::string name{};
  std::int32_t process = 0;  // thread group: differs from the pid asked for if that is a thread
  std::int32_t tracer = 0;   // a debugger holds it
  std::uint32_t user = 0;    // effective
  std::uint32_t real_user = 0;
  std::uint32_t saved_user = 0;
  std::uint32_t group = 0;  // effective
  std::uint32_t real_group = 0;
  std::uint32_t saved_group = 0;
  std::uint64_t capabilities = 0;               // effective
  std::uint64_t obtainable = ~std::uint64_t{};  // the bounding set: no program file gives more
  std::int32_t seccomp = 0;                     // 0 off, 1 strict, 2 filter
  bool no_new_privileges = false;
  std::int32_t threads = 0;
  std::vector<std::int32_t> ids{};  // NSpid: outermost namespace first, its own last
};

namespace detail {

template <class T>
T leading_number(std::string_view text, int base = 10) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

// The second of the blank-separated numbers: "real effective saved file".
inline std::string_view after_first(std::string_view text) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  return text;
}

inline std::vector<std::int32_t> all_numbers(std::string_view text) {
  std::vector<std::int32_t> numbers;
  constexpr std::size_t deepest = 64;  // the kernel stops nesting pid namespaces at 32
  for (;;) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.empty() || numbers.size() == deepest) return numbers;
    numbers.push_back(leading_number<std::int32_t>(text));
    text.remove_prefix(std::min(text.find_first_of(" \t"), text.size()));
  }
}

}  // namespace detail

inline ProcessStatus parse_process_status(std::string_view text) {
  ProcessStatus status;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view key = line.substr(0, colon);
    const std::string_view value = line.substr(std::min(colon + 1, line.size()));
    using detail::after_first;
    using detail::leading_number;
    if (key == "Name") status.name = value.substr(std::min<std::size_t>(1, value.size()));
    if (key == "Tgid") status.process = leading_number<std::int32_t>(value);
    if (key == "TracerPid") status.tracer = leading_number<std::int32_t>(value);
    if (key == "Uid") {
      status.real_user = leading_number<std::uint32_t>(value);
      status.user = leading_number<std::uint32_t>(after_first(value));
      status.saved_user = leading_number<std::uint32_t>(after_first(after_first(value)));
    }
    if (key == "Gid") {
      status.real_group = leading_number<std::uint32_t>(value);
      status.group = leading_number<std::uint32_t>(after_first(value));
      status.saved_group = leading_number<std::uint32_t>(after_first(after_first(value)));
    }
    if (key == "CapEff") status.capabilities = leading_number<std::uint64_t>(value, 16);
    if (key == "CapBnd") status.obtainable = leading_number<std::uint64_t>(value, 16);
    if (key == "Seccomp") status.seccomp = leading_number<std::int32_t>(value);
    if (key == "NoNewPrivs") status.no_new_privileges = leading_number<int>(value) != 0;
    if (key == "Threads") status.threads = leading_number<std::int32_t>(value);
    if (key == "NSpid") status.ids = detail::all_numbers(value);
  }
  return status;
}

// How a mapped file was reached. A session's report names it.
enum class OpenedBy : std::uint8_t { none, map_files, exe, root, path, given };

constexpr std::string_view name_of(OpenedBy by) noexcept {
  switch (by) {
    case OpenedBy::map_files:
      return "map_files";
    case OpenedBy::exe:
      return "exe link";
    case OpenedBy::root:
      return "its own root";
    case OpenedBy::path:
      return "path";
    case OpenedBy::given:
      return "file given";
    case OpenedBy::none:
      break;
  }
  return "memory only";
}

struct OpenedFile {
  Descriptor file;
  OpenedBy by = OpenedBy::none;
  bool certain = false;  // otherwise its first bytes must be compared with the mapped ones
};

class Process {
 public:
  static Result<Process> open(std::int32_t pid) noexcept;

  std::int32_t pid() const noexcept { return pid_; }
  const Descriptor& directory() const noexcept { return directory_; }

  Result<ProcessStat> stat() const noexcept { return detail::read_process_stat(directory_); }
  Result<ProcessStatus> status() const;
  Result<Maps> maps() const;
  Result<std::vector<std::string>> command_line() const;
  Result<std::string> executable() const { return link("exe"); }
  Result<std::string> working_directory() const { return link("cwd"); }
  Result<std::string> root() const { return link("root"); }
  // Of a namespace ("pid", "mnt", "user"): equal numbers are the same namespace.
  Result<std::uint64_t> name_space(std::string_view kind) const noexcept;
  // Thread ids, in the order the kernel lists them (creation).
  Result<std::vector<std::int32_t>> tasks() const;
  // Where the program headers of the executable lie (AT_PHDR):
  // the mapping around it is the program.
  Result<Address> program_headers() const noexcept;
  // Of a thread, by its id in *our* numbering (task_numbers.hpp):
  // what the system calls it, and more.
  Result<std::string> thread_name(std::int32_t task) const;
  Result<ProcessStatus> thread_status(std::int32_t task) const;

  // The file behind `mapping`, or an error; never another file that has its name now.
  Result<OpenedFile> open_mapped(const Mapping& mapping) const;

 private:
  static constexpr std::size_t largest_text = std::size_t{64} << 20;

  Result<std::string> text(const char* name, std::size_t limit = largest_text) const;
  Result<std::string> link(const char* name) const;

  std::int32_t pid_ = 0;
  Descriptor directory_;
};

inline Result<Process> Process::open(std::int32_t pid) noexcept {
  Process process;
  process.pid_ = pid;
  auto directory =
      open_for_reading(detail::ProcPath{"/proc/"}.add(pid).c_str(), O_DIRECTORY | O_PATH);
  if (!directory) return detail::process_error(directory.error().sys);
  process.directory_ = std::move(*directory);
  return process;
}

inline Result<std::string> Process::text(const char* name, std::size_t limit) const {
  auto file = open_for_reading(name, 0, directory_.get());
  if (!file) return detail::process_error(file.error().sys);
  auto whole = read_whole(*file, limit);
  if (!whole && whole.error().code == Errc::cannot_read) {
    return detail::process_error(whole.error().sys);
  }
  return whole;
}

inline Result<std::string> Process::link(const char* name) const {
  std::string target(4096, '\0');
  const ssize_t n = ::readlinkat(directory_.get(), name, target.data(), target.size());
  if (n < 0) return detail::process_error(errno);
  target.resize(static_cast<std::size_t>(n));
  return target;
}

inline Result<ProcessStatus> Process::status() const {
  const auto whole = text("status");
  if (!whole) return whole.error();
  return parse_process_status(*whole);
}

inline Result<Maps> Process::maps() const {
  auto whole = text("maps");
  // A main thread that has ended shows no memory; the others still have it.
  if (whole && whole->empty()) {
    const auto all = tasks();
    for (std::size_t i = 0; all && i < all->size() && (!whole || whole->empty()); ++i) {
      whole = text(detail::ProcPath{"task/"}.add((*all)[i]).add("/maps").c_str());
    }
  }
  if (!whole) return whole.error();
  return Maps::parse(*whole);
}

inline Result<std::vector<std::string>> Process::command_line() const {
  const auto whole = text("cmdline");
  if (!whole) return whole.error();
  std::vector<std::string> arguments;
  for (std::string_view rest = *whole; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\0'), rest.size());
    arguments.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return arguments;
}

inline Result<std::uint64_t> Process::name_space(std::string_view kind) const noexcept {
  struct ::stat info {};
  const detail::ProcPath path = detail::ProcPath{"ns/"}.add(kind);
  if (::fstatat(directory_.get(), path.c_str(), &info, 0) != 0) return detail::process_error(errno);
  return std::uint64_t{info.st_ino};
}

inline Result<std::vector<std::int32_t>> Process::tasks() const {
  auto directory = open_for_reading("task", O_DIRECTORY, directory_.get());
  if (!directory) return detail::process_error(directory.error().sys);
  std::vector<std::int32_t> tasks;
  const auto listed = detail::each_task(*directory, [&](std::int32_t task) {
    tasks.push_back(task);
    return true;
  });
  if (!listed) return listed.error();
  return tasks;
}

inline Result<Address> Process::program_headers() const noexcept {
  auto file = open_for_reading("auxv", 0, directory_.get());
  if (!file) return detail::process_error(file.error().sys);
  std::array<Elf64_auxv_t, 64> entries{};
  const auto size = read_at(*file, 0, bytes_of(entries));
  if (!size) return detail::process_error(size.error().sys);
  for (std::size_t i = 0; i < *size / sizeof entries[0]; ++i) {
    if (entries[i].a_type == AT_PHDR) return Address{entries[i].a_un.a_val};
  }
  return Errc::bad_value;
}

inline Result<std::string> Process::thread_name(std::int32_t task) const {
  auto name = text(detail::ProcPath{"task/"}.add(task).add("/comm").c_str());
  if (name && name->ends_with('\n')) name->pop_back();
  return name;
}

inline Result<ProcessStatus> Process::thread_status(std::int32_t task) const {
  const auto whole = text(detail::ProcPath{"task/"}.add(task).add("/status").c_str());
  if (!whole) return whole.error();
  return parse_process_status(*whole);
}

namespace detail {

// Overlay file systems show one device in the maps and another in stat, so the inode decides, and
// where the devices differ the caller compares contents (the first page) as well.
enum class Likeness : std::uint8_t { other, inode_only, same };

inline Likeness likeness(const Descriptor& file, const Mapping& mapping) noexcept {
  struct ::stat info {};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return Likeness::other;
  if (info.st_ino != mapping.inode) return Likeness::other;
  const std::uint64_t device = std::uint64_t{major(info.st_dev)} << 32 | minor(info.st_dev);
  return device == mapping.device ? Likeness::same : Likeness::inode_only;
}

}  // namespace detail

inline Result<OpenedFile> Process::open_mapped(const Mapping& mapping) const {
  const auto attempt = [](const char* path, int directory) {
    return open_regular(path, directory);
  };
  // The link of the mapping itself: right in any namespace and after deletion, but it asks for
  // CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN.
  const auto hex = [](std::uint64_t value, std::string& into) {
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    into.append(digits.data(), end);
  };
  std::string path = "map_files/";
  hex(mapping.start.value, path);
  path += '-';
  hex(mapping.end.value, path);
  if (auto file = attempt(path.c_str(), directory_.get())) {
    return OpenedFile{std::move(*file), OpenedBy::map_files, true};
  }
  std::string marked = mapping.path + " (deleted)";
  const std::array ways{std::pair{std::string{"exe"}, OpenedBy::exe},
                        std::pair{"root" + mapping.path, OpenedBy::root},
                        std::pair{mapping.path, OpenedBy::path},
                        std::pair{std::move(marked), OpenedBy::path}};
  for (const auto& [name, by] : ways) {
    auto file = attempt(name.c_str(), directory_.get());
    if (!file) continue;
    const auto like = detail::likeness(*file, mapping);
    if (like == detail::Likeness::other) continue;
    return OpenedFile{std::move(*file), by, like == detail::Likeness::same};
  }
  return Error{Errc::cannot_open, ENOENT, mapping.start};
}

}  // namespace tachyon
