#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/base/glob.hpp>
#include <tachyon/base/interner.hpp>

#include "process_events.hpp"
#include "text.hpp"

// Which processes there are: by name, by control group, and the descendants of others.
//
// Watching a tree has to be prompt (a child that lives 100 ms wants samples) and cheap (most trees
// do nothing for hours). To those who may ask, the kernel tells every fork and exec: see
// process_events.hpp. The others look; listing all processes a hundred times a second does not pay,
// but /proc/loadavg ends with the number of the newest process, so one read of an open file, about
// a microsecond, says that nothing is new anywhere. When something is, only the numbers handed out
// since then are looked at, each once.
//
// A new process belongs to the tree if its parent does. Who looks may find the parent gone already
// (a daemon, a shell that ended): then the process group and session tell, as far as they are ones
// that the tree made or was alone in; and `run` has orphans of its program handed to us. What has
// forked away from family, group and session, but is still the program that it was, has the stack
// where that program had it, and addresses are drawn anew at every exec: a process with a member's
// addresses, whose parent has others, is a copy of that member. Only what has done all of this and
// exec'ed another program within 10 ms stays unknown to those whom the kernel does not tell.
namespace tachyon::tool {

namespace detail {

inline std::string read_small_file(const std::string& path, std::size_t most = 65536) {
  std::string text;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return text;
  char buffer[4096];
  while (text.size() < most) {
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  (void)::close(fd);
  return text;
}

template <class T>
std::optional<T> number_after(std::string_view text, std::string_view key) {
  std::size_t at = text.starts_with(key) ? 0 : text.find(concat("\n", key));
  if (at == std::string_view::npos) return std::nullopt;
  at += key.size() + (at == 0 && text.starts_with(key) ? 0 : 1);
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  T value{};
  const auto [rest, error] = std::from_chars(text.data() + at, text.data() + text.size(), value);
  return error == std::errc{} ? std::optional{value} : std::nullopt;
}

// Where a process has its program, its stack and its environment, as one number: drawn at every
// exec, inherited by fork. 0: not known to us.
inline std::uint64_t addresses_of(std::int64_t pid) {
  constexpr int code = 26, stack = 28, environment = 50;  // fields of the stat file, see proc(5)
  const std::string text = read_small_file(concat("/proc/", std::to_string(pid), "/stat"));
  std::size_t at = std::min(text.rfind(')'), text.size());
  std::uint64_t all = 0;
  for (int field = 3; field <= environment && at < text.size(); ++field) {
    at = std::min(text.find(' ', at), text.size() - 1) + 1;
    if (field != code && field != stack && field != environment) continue;
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data() + at, text.data() + text.size(), value);
    if (read.ec != std::errc{} || (field == stack && value == 0)) return 0;
    all = mix_bits(all ^ value);
  }
  return all;
}

template <class Each>
void each_process(Each&& each) {
  DIR* const folder = ::opendir("/proc");
  if (!folder) return;
  while (const dirent* const entry = ::readdir(folder)) {
    const std::string_view name = entry->d_name;
    std::int64_t pid = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc{} && rest == name.data() + name.size() && pid > 0) each(pid);
  }
  (void)::closedir(folder);
}

}  // namespace detail

// The words of a process's command line; none for kernel threads and zombies.
inline std::vector<std::string> command_line_of(std::int64_t pid) {
  std::vector<std::string> words;
  const std::string text =
      detail::read_small_file(concat("/proc/", std::to_string(pid), "/cmdline"), 1 << 20);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\0', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Whether there is no such process any more, or one that only waits to be waited for.
inline bool has_ended(std::int64_t pid) {
  const std::string text = detail::read_small_file(concat("/proc/", std::to_string(pid), "/stat"));
  const std::size_t state = text.rfind(") ") + 2;  // npos + 2 is 1
  return state < 2 || state >= text.size() || text[state] == 'Z' || text[state] == 'X';
}

// What a user may call a process: its program, its title, the script or module that it runs.
inline std::vector<std::string> names_of(std::int64_t pid) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name) {
    if (!name.empty()) names.emplace_back(name);
  };
  std::string title = detail::read_small_file(concat("/proc/", std::to_string(pid), "/comm"));
  if (!title.empty() && title.back() == '\n') title.pop_back();
  add(title);
  const std::vector<std::string> words = command_line_of(pid);
  if (words.empty()) return {};
  const std::size_t blank = words[0].find_first_of(" :");  // "gunicorn: master [app]" as a title
  add(base_name(std::string_view{words[0]}.substr(0, blank)));
  add(base_name(words[0]));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-m" || word == "-c") {
      if (word == "-m" && i + 1 < words.size()) add(words[i + 1]);
      break;
    }
    if (word == "-X" || word == "-W") {
      ++i;
    } else if (!word.starts_with('-')) {
      add(base_name(word));
      add(word);
      break;
    }
  }
  return names;
}

// Processes that have this name, in order of their number, without ourselves.
inline std::vector<std::int64_t> processes_named(std::string_view pattern) {
  std::vector<std::int64_t> found;
  detail::each_process([&](std::int64_t pid) {
    if (pid == ::getpid()) return;
    for (const std::string& name : names_of(pid)) {
      if (matches_glob(pattern, name)) return found.push_back(pid);
    }
  });
  std::ranges::sort(found);
  return found;
}

// The processes of a control group and of the groups below it. `name` is a path below
// /sys/fs/cgroup, a whole path there, or the last part of one: a container's id, a unit of systemd.
inline std::vector<std::int64_t> processes_in_cgroup(std::string_view name) {
  constexpr std::string_view root = "/sys/fs/cgroup";
  if (name.starts_with(root)) name.remove_prefix(root.size());
  while (name.ends_with('/')) name.remove_suffix(1);
  std::vector<std::int64_t> found;
  detail::each_process([&](std::int64_t pid) {
    if (pid == ::getpid()) return;
    const std::string groups =
        detail::read_small_file(concat("/proc/", std::to_string(pid), "/cgroup"));
    // Lines are HIERARCHY:CONTROLLERS:PATH.
    for (std::size_t at = 0; at < groups.size();) {
      const std::size_t end = std::min(groups.find('\n', at), groups.size());
      std::string_view path = std::string_view{groups}.substr(at, end - at);
      path.remove_prefix(
          std::min(path.find(':', std::min(path.find(':'), path.size() - 1) + 1), path.size()));
      if (path.starts_with(':')) path.remove_prefix(1);
      at = end + 1;
      const std::string wanted = name.starts_with('/') ? std::string{name} : concat("/", name);
      const std::size_t hit = path.find(wanted);
      const std::size_t after = hit + wanted.size();
      const bool whole_part = hit != std::string_view::npos &&
                              (after == path.size() || path[after] == '/' || path[after] == '.');
      if (whole_part && (!name.starts_with('/') || hit == 0)) return found.push_back(pid);
    }
  });
  std::ranges::sort(found);
  return found;
}

// A set of processes and everything that descends from them.
class ProcessTree {
 public:
  enum class Orphans : std::uint8_t { elsewhere, ours };

  explicit ProcessTree(const std::vector<std::int64_t>& roots, Orphans orphans = Orphans::elsewhere,
                       bool ask_kernel = true)
      : orphans_{orphans} {
    if (ask_kernel) events_.emplace();
    if (events_ && !events_->usable()) events_.reset();
    fd_ = ::open("/proc/loadavg", O_RDONLY | O_CLOEXEC);
    newest_ = newest_number();
    for (const std::int64_t pid : roots) {
      if (const auto process = read(pid)) members_.emplace(pid, *process);
    }
    for (const auto& [pid, process] : members_) {
      // What the roots share with those who forked them tells nothing.
      if (!members_.contains(process.parent)) {
        outside_.insert(detail::addresses_of(process.parent));
      }
    }
    for (const auto& [pid, process] : members_) note(pid, process);
    look_at_all();
  }
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;
  ~ProcessTree() {
    if (fd_ >= 0) (void)::close(fd_);
  }

  // Is every process told of, and each when it is what it will be?
  bool is_told() const noexcept { return events_.has_value(); }
  // Readable when something has happened; -1: only looking tells.
  int descriptor() const noexcept { return events_ ? events_->descriptor() : -1; }
  // When to call fresh() again at the latest, in nanoseconds from `now`.
  std::uint64_t patience(std::uint64_t now) const noexcept {
    if (!events_) return now < lively_until_ ? look_every : look_when_calm;
    std::uint64_t wait = 500'000'000;
    for (const auto& [pid, due] : young_) wait = std::min(wait, due > now ? due - now : 0);
    return wait;
  }

  // Descendants not told before. `now`: monotonic, nanoseconds.
  std::vector<std::int64_t> fresh(std::uint64_t now) {
    if (events_) {
      listen(now);
    } else {
      look();
      if (!fresh_.empty()) lively_until_ = now + lively_for;
    }
    return std::exchange(fresh_, {});
  }

  std::size_t size() const noexcept { return members_.size(); }
  // As it was when the process was told; 0: not known any more.
  std::int64_t parent_of(std::int64_t pid) const {
    const auto found = members_.find(pid);
    return found == members_.end() ? 0 : found->second.parent;
  }

 private:
  static constexpr std::int64_t most_in_a_row = 4096;
  static constexpr std::uint64_t look_every = 10'000'000;
  static constexpr std::uint64_t look_when_calm = 20'000'000;  // nothing new for a while
  static constexpr std::uint64_t lively_for = 5'000'000'000;
  static constexpr unsigned settled_after = 20;  // looks
  // A process that is forked only to become another program does so within this time.
  static constexpr std::uint64_t becomes_within = 10'000'000;
  struct Process {
    std::int64_t leader = 0, parent = 0, group = 0, session = 0;
  };

  void listen(std::uint64_t now) {
    using Kind = ProcessEvents::Kind;
    const bool all = events_->drain([&](const ProcessEvents::Event& event) {
      const auto young = young_.find(event.process);
      switch (event.kind) {
        case Kind::fork:
          if (!members_.contains(event.parent) || members_.contains(event.process)) return;
          members_.emplace(event.process, Process{event.process, event.parent, 0, 0});
          young_.emplace(event.process, now + becomes_within);
          return;
        case Kind::exec:
          if (young != young_.end()) young->second = now;
          return;
        case Kind::exit:  // its children have been told of before
          if (young != young_.end()) young_.erase(young);
          members_.erase(event.process);
          return;
      }
    });
    if (!all) look_at_all();
    for (auto at = young_.begin(); at != young_.end();) {
      if (at->second > now) {
        ++at;
        continue;
      }
      fresh_.push_back(at->first);
      at = young_.erase(at);
    }
  }

  void look() {
    constexpr unsigned often = 256;
    if (++looks_ % often == 0) forget_dead();
    for (; !settling_.empty() && settling_.front().first <= looks_; settling_.pop_front()) {
      note_addresses(settling_.front().second);
    }
    const std::int64_t newest = newest_number();
    if (newest < 0) {  // no such file: the dear way, less often
      if (++calls_ % 20 == 0) look_at_all();
    } else if (newest < newest_) {  // numbers start again from the low ones
      look_at_all();
      newest_ = newest;
    } else if (newest > newest_) {
      if (newest - newest_ > most_in_a_row) {
        look_at_all();
      } else {
        for (std::int64_t pid = newest_ + 1; pid <= newest; ++pid) unseen_[pid] = 4;
      }
      newest_ = newest;
    }
    look_again();
  }

  std::int64_t newest_number() const {
    char text[128];
    const ssize_t got = fd_ < 0 ? -1 : ::pread(fd_, text, sizeof text, 0);
    if (got <= 0) return -1;
    std::string_view line{text, static_cast<std::size_t>(got)};
    while (line.ends_with('\n')) line.remove_suffix(1);
    line.remove_prefix(line.rfind(' ') + 1);
    std::int64_t pid = -1;
    (void)std::from_chars(line.data(), line.data() + line.size(), pid);
    return pid;
  }

  // Threads have such a file, too; their leader is another number.
  static std::optional<Process> read(std::int64_t pid) {
    const std::string text =
        detail::read_small_file(concat("/proc/", std::to_string(pid), "/status"));
    const auto leader = detail::number_after<std::int64_t>(text, "Tgid:");
    if (!leader) return std::nullopt;
    const auto parent = detail::number_after<std::int64_t>(text, "PPid:");
    const auto group = detail::number_after<std::int64_t>(text, "NSpgid:");
    const auto session = detail::number_after<std::int64_t>(text, "NSsid:");
    return Process{*leader, parent.value_or(0), group.value_or(0), session.value_or(0)};
  }

  // False when there is nothing to see (yet).
  bool consider(std::int64_t pid) {
    if (members_.contains(pid) || pid == ::getpid()) return true;
    const auto process = read(pid);
    if (!process) return false;
    const bool orphan = process->parent <= 1;
    const bool adopted = orphans_ == Orphans::ours && process->parent == ::getpid();
    if (process->leader != pid) return true;  // a thread
    if (adopted || members_.contains(process->parent) ||
        (orphan && (groups_.contains(process->group) || groups_.contains(process->session))) ||
        is_copy(pid, process->parent)) {
      add(pid, *process);
    }
    return true;
  }

  void add(std::int64_t pid, const Process& process) {
    members_.emplace(pid, process);
    fresh_.push_back(pid);
    note(pid, process);
  }
  void note(std::int64_t pid, const Process& process) {
    if (process.group == pid || process.session == pid) groups_.insert(pid);
    if (events_) return;  // copies are told of
    note_addresses(pid);
    settling_.emplace_back(looks_ + settled_after, pid);  // it may be about to exec
  }
  void note_addresses(std::int64_t pid) {
    const std::uint64_t addresses = detail::addresses_of(pid);
    if (addresses != 0 && !outside_.contains(addresses)) addresses_.insert(addresses);
  }
  bool is_copy(std::int64_t pid, std::int64_t parent) const {
    const std::uint64_t addresses = detail::addresses_of(pid);
    return addresses_.contains(addresses) && detail::addresses_of(parent) != addresses;
  }

  // Their numbers may be given to others.
  void forget_dead() {
    std::erase_if(members_, [](const auto& one) {
      return ::kill(static_cast<pid_t>(one.first), 0) != 0 && errno == ESRCH;
    });
  }

  void look_again() {
    for (auto at = unseen_.begin(); at != unseen_.end();) {
      at = consider(at->first) || --at->second == 0 ? unseen_.erase(at) : std::next(at);
    }
  }

  void look_at_all() {
    std::map<std::int64_t, Process> all;
    detail::each_process([&](std::int64_t pid) {
      if (members_.contains(pid) || pid == ::getpid()) return;
      if (const auto process = read(pid)) all.emplace(pid, *process);
    });
    for (bool found = true; found;) {
      found = false;
      for (auto at = all.begin(); at != all.end();) {
        if (members_.contains(at->second.parent)) {
          add(at->first, at->second);
          at = all.erase(at);
          found = true;
        } else {
          ++at;
        }
      }
    }
  }

  Orphans orphans_;
  std::optional<ProcessEvents> events_{};
  std::map<std::int64_t, std::uint64_t> young_{};  // told of, and when to pass it on
  int fd_ = -1;
  unsigned calls_ = 0;
  unsigned looks_ = 0;
  std::uint64_t lively_until_ = 0;
  std::int64_t newest_ = 0;
  std::map<std::int64_t, Process> members_{};
  std::set<std::int64_t> groups_{};
  std::set<std::uint64_t> addresses_{}, outside_{};  // of members; of who started the roots
  std::deque<std::pair<unsigned, std::int64_t>> settling_{};  // when to note a member's once more
  std::map<std::int64_t, int> unseen_{};                      // and how often still to look
  std::vector<std::int64_t> fresh_{};
};

// Has the kernel hand us the orphans of what we start, instead of the first process: a daemon then
// stays in the tree, however quickly it parts from it. Who has such children must wait for them.
inline bool adopt_orphans() noexcept { return ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0; }

// Waits for orphans that have ended; not for `child`, whose end somebody else wants to know.
inline void reap_orphans(std::int64_t child) noexcept {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return;
    if (info.si_pid == 0 || info.si_pid == child) return;
    (void)::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

}  // namespace tachyon::tool
