// pprof_server PORT PID: what `go tool pprof http://localhost:PORT/profile` asks for. Each request
// is answered with two seconds of the process, as profile.proto.
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <tachyon/tachyon.hpp>

std::string two_seconds_of(int pid) {
  auto target = tachyon::attach(pid);
  if (!target) return "HTTP/1.0 503 no Python\r\n\r\n";
  tachyon::SharedTables tables;
  tachyon::Pprof profile{tables.unguarded()};
  const auto run = tachyon::profile(*target, tables, profile, {.duration = 2'000'000'000});
  if (!run) return "HTTP/1.0 503 not readable\r\n\r\n";
  tachyon::StringSink body;
  profile.write(body, *run);
  return "HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n" + body.take();
}

int main(int count, char** words) {
  if (count < 3) return std::fputs("usage: pprof_server PORT PID\n", stderr), 2;
  const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto port = static_cast<std::uint16_t>(std::atoi(words[1]));
  sockaddr_in here{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
  if (::bind(door, reinterpret_cast<sockaddr*>(&here), sizeof here) || ::listen(door, 8)) {
    return std::perror("pprof_server"), 1;
  }
  for (int guest; (guest = ::accept(door, nullptr, nullptr)) >= 0; ::close(guest)) {
    char request[2048];
    if (::read(guest, request, sizeof request) <= 0) continue;
    const std::string answer = two_seconds_of(std::atoi(words[2]));
    (void)!::send(guest, answer.data(), answer.size(), MSG_NOSIGNAL);  // it blocks: all or nothing
  }
}
