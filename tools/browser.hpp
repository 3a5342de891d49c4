#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

#include "outputs.hpp"
#include "program.hpp"
#include "report.hpp"

// Shows a page that was written: $BROWSER, else what the desktop opens files with. Over ssh, in a
// container or from a service there is none; then that is said.
namespace tachyon::tool {

// Whether something was started. It outlives us and has no part in our terminal.
inline bool open_in_browser(const std::string& path) {
  std::string program;
  if (const char* const chosen = std::getenv("BROWSER"); chosen && *chosen) {
    const std::string_view first =
        std::string_view{chosen}.substr(0, std::string_view{chosen}.find(':'));
    program = detail::find_program(first).value_or("");
  }
  const bool desktop = std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
  if (program.empty() && desktop) {
    for (const char* const name : {"xdg-open", "sensible-browser", "www-browser"}) {
      if (program.empty()) program = detail::find_program(name).value_or("");
    }
  }
  if (program.empty()) return false;

  // Two forks: nobody has to wait for the browser.
  const pid_t pid = ::fork();
  if (pid == 0) {
    if (::fork() != 0) ::_exit(0);
    (void)::setsid();
    sigset_t none;
    sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(nothing, fd);
    (void)::execl(program.c_str(), program.c_str(), path.c_str(), nullptr);
    ::_exit(127);
  }
  return pid > 0 && ::waitpid(pid, nullptr, 0) == pid;
}

inline void open_pages(const Outputs& outputs) {
  for (const std::string& page : outputs.pages()) {
    if (open_in_browser(page)) continue;
    say_warning(
        "--browser: there is no desktop here and BROWSER names no program; open the page "
        "yourself");
    return;
  }
}

}  // namespace tachyon::tool
