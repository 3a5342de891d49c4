#pragma once

#include <arpa/inet.h>
#include <linux/cn_proc.h>
#include <linux/connector.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include <tachyon/base/clock.hpp>

// Every fork, exec and exit on the machine, as the kernel tells those who may administer the
// network and live in its first pid namespace. Nothing is missed, however short a process lives and
// whoever its parent is by the time we look; and while nothing happens, nothing is done.
//
// One message is one event:
//
//   | netlink head, 16 | connector head, 20 | what | cpu | time, 8 | up to four numbers |
//     0                  16                   36     40    44        52
//
//   fork: parent's thread, parent, child's thread, child       exec, exit: thread, process
//
// Threads start and end like processes and far more often, so a filter in the kernel drops them,
// and what else there is to tell.
namespace tachyon::tool {

class ProcessEvents {
 public:
  enum class Kind : std::uint8_t { fork, exec, exit };
  struct Event {
    Kind kind{};
    std::int64_t process = 0;
    std::int64_t parent = 0;  // of a fork
  };

  ProcessEvents() {
    fd_ = ::socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
    if (fd_ < 0) return;
    sockaddr_nl group{};
    group.nl_family = AF_NETLINK;
    group.nl_groups = CN_IDX_PROC;
    const bool listens =
        filter() && ::bind(fd_, reinterpret_cast<const sockaddr*>(&group), sizeof group) == 0 &&
        say(PROC_CN_MCAST_LISTEN) && answered();
    if (!listens) close();
  }
  ProcessEvents(const ProcessEvents&) = delete;
  ProcessEvents& operator=(const ProcessEvents&) = delete;
  ~ProcessEvents() {
    if (fd_ >= 0) (void)say(PROC_CN_MCAST_IGNORE);
    close();
  }

  bool usable() const noexcept { return fd_ >= 0; }
  int descriptor() const noexcept { return fd_; }

  // All that has happened since the last call. False: there was more than the kernel keeps.
  template <class Each>
  bool drain(Each&& each) {
    bool all = true;
    for (;;) {
      const Message message = next(all);
      if (message.what == nothing_left) return all;
      const auto number = [&](std::size_t i) { return std::int64_t{message.numbers[i]}; };
      if (message.what == forked) each(Event{Kind::fork, number(3), number(1)});
      if (message.what == executed) each(Event{Kind::exec, number(1), 0});
      if (message.what == exited) each(Event{Kind::exit, number(1), 0});
    }
  }

 private:
  static constexpr std::uint32_t answer = 0, forked = 1, executed = 2, exited = 0x80000000;
  static constexpr std::uint32_t nothing_left = 0xffffffff;
  static constexpr std::size_t what_at = 36, numbers_at = 52, longest = 256;

  struct Message {
    std::uint32_t what = nothing_left;
    std::array<std::int32_t, 4> numbers{};
  };

  // Answers, processes that fork (child's thread = child), processes that exec or exit.
  bool filter() {
    constexpr auto load = BPF_LD | BPF_W | BPF_ABS;
    constexpr auto equal = BPF_JMP | BPF_JEQ | BPF_K;
    const auto word = [](std::size_t i) { return static_cast<std::uint32_t>(numbers_at + i * 4); };
    std::array<sock_filter, 15> code{{
        /*  0 */ BPF_STMT(load, what_at),
        /*  1 */ BPF_JUMP(equal, htonl(answer), 11, 0),
        /*  2 */ BPF_JUMP(equal, htonl(forked), 6, 0),
        /*  3 */ BPF_JUMP(equal, htonl(executed), 1, 0),
        /*  4 */ BPF_JUMP(equal, htonl(exited), 0, 9),
        /*  5 */ BPF_STMT(load, word(0)),
        /*  6 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
        /*  7 */ BPF_STMT(load, word(1)),
        /*  8 */ BPF_JUMP(BPF_JMP | BPF_JA, 3, 0, 0),
        /*  9 */ BPF_STMT(load, word(2)),
        /* 10 */ BPF_STMT(BPF_MISC | BPF_TAX, 0),
        /* 11 */ BPF_STMT(load, word(3)),
        /* 12 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1),
        /* 13 */ BPF_STMT(BPF_RET | BPF_K, 0xffff),
        /* 14 */ BPF_STMT(BPF_RET | BPF_K, 0),
    }};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    return ::setsockopt(fd_, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
  }

  bool say(std::uint32_t operation) {
    std::array<std::byte, NLMSG_LENGTH(sizeof(cn_msg) + sizeof operation)> message{};
    nlmsghdr head{};
    head.nlmsg_len = message.size();
    head.nlmsg_type = NLMSG_DONE;
    cn_msg body{};
    body.id.idx = CN_IDX_PROC;
    body.id.val = CN_VAL_PROC;
    body.len = sizeof operation;
    std::memcpy(message.data(), &head, sizeof head);
    std::memcpy(message.data() + NLMSG_HDRLEN, &body, sizeof body);
    std::memcpy(message.data() + NLMSG_HDRLEN + sizeof body, &operation, sizeof operation);
    return ::send(fd_, message.data(), message.size(), 0) == static_cast<ssize_t>(message.size());
  }

  // In a pid namespace of its own nobody answers; there may be events all the same, as many as the
  // machine has, where somebody outside listens. So there is one deadline for all of them.
  bool answered() {
    constexpr std::uint64_t soon = 50'000'000;  // ns; it comes at once
    const std::uint64_t until = monotonic_now() + soon;
    pollfd one{fd_, POLLIN, 0};
    bool all = true;
    for (std::uint64_t now = monotonic_now(); now < until; now = monotonic_now()) {
      const int wait = static_cast<int>((until - now) / 1'000'000) + 1;
      if (::poll(&one, 1, wait) <= 0) break;
      const Message message = next(all);
      if (message.what == answer) return message.numbers[0] == 0;
      if (message.what == nothing_left) break;
    }
    return false;
  }

  Message next(bool& all) {
    std::array<std::byte, longest> bytes{};
    for (;;) {
      const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == ENOBUFS) {
        all = false;
        continue;
      }
      if (got < static_cast<ssize_t>(numbers_at)) return {};
      Message message;
      std::memcpy(&message.what, bytes.data() + what_at, sizeof message.what);
      std::memcpy(message.numbers.data(), bytes.data() + numbers_at, sizeof message.numbers);
      return message;
    }
  }

  void close() noexcept {
    if (const int fd = std::exchange(fd_, -1); fd >= 0) (void)::close(fd);
  }

  int fd_ = -1;
};

}  // namespace tachyon::tool
