#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "text.hpp"
#include "values.hpp"

// What `tachyon run` starts. The words after the options become one plain command line, the very
// one that a user would type without us:
//
//   run script.py args         PYTHON script.py args
//   run -m module args         PYTHON -m module args
//   run -c code args           PYTHON -c code args
//   run folder, run app.pyz    PYTHON folder, if it has a __main__.py
//   run -- command args        command args, found like a shell finds it
//   run -- script.py args      as without --, if that is no command but a Python file
//
// PYTHON is --python, else what the script's #! line says, else python3 on PATH. Nothing is put
// before the program: no launcher module, no changed sys.path. So what is wrong must be found here,
// before anything starts, and said with its remedy; Python's own words would come after outputs
// were opened.
namespace tachyon::tool {

struct ProgramWords {
  std::vector<std::string> words{};  // the target and its arguments
  bool module = false;
  bool code = false;
  bool separated = false;  // written after --
  std::optional<std::string> python{};
};

// A command line that can be executed: `executable` is a path, words[0] what the program sees.
struct Invocation {
  std::string executable{};
  std::vector<std::string> words{};
  bool python = false;  // an interpreter that was asked for, not a command that may become one
};

using Planned = std::variant<Invocation, std::string>;  // or why not

namespace detail {

inline bool is_folder(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}
inline bool is_there(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
inline bool is_program(const std::string& path) {
  return !is_folder(path) && ::access(path.c_str(), X_OK) == 0;
}
inline bool has_ending(std::string_view path) {
  return path.ends_with(".py") || path.ends_with(".pyw") || path.ends_with(".pyz") ||
         path.ends_with(".pyc");
}

// A program as a shell finds it: a name with a slash is a path, any other is looked up.
inline std::optional<std::string> find_program(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string_view::npos) {
    return is_program(std::string{name}) ? std::optional{std::string{name}} : std::nullopt;
  }
  const char* const path = std::getenv("PATH");
  std::string_view rest = path ? path : "/usr/local/bin:/usr/bin:/bin";
  while (true) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string_view folder = rest.substr(0, end);
    std::string found = concat(folder.empty() ? "." : folder, "/", name);
    if (is_program(found)) return found;
    if (end == rest.size()) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
}

// The words of a script's #! line without "env" and its -S; empty when there is none. The kernel
// takes everything after the interpreter as one word, "env -S" splits it;
// splitting suits both here.
inline std::vector<std::string> shebang_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return {};
  char text[512];
  const ssize_t got = ::read(fd, text, sizeof text);
  (void)::close(fd);
  if (got < 3 || text[0] != '#' || text[1] != '!') return {};
  std::string_view line{text + 2, static_cast<std::size_t>(got) - 2};
  line = line.substr(0, line.find('\n'));

  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
    words.emplace_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  if (!words.empty() && (words[0] == "env" || words[0].ends_with("/env"))) {
    words.erase(words.begin());
    if (!words.empty() && words[0] == "-S") words.erase(words.begin());
  }
  return words;
}

inline bool is_python_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  return path.starts_with("python") || path.starts_with("pypy");
}

class Planner {
 public:
  explicit Planner(const ProgramWords& program) : program_{program} {}

  Planned plan() {
    const std::string& target = program_.words[0];
    if (program_.module) return with_python({"-m"}, {});
    if (program_.code) return with_python({"-c"}, {});
    if (target == "-") return with_python({}, {});
    if (program_.separated && !is_script(target)) return command();
    if (!is_there(target)) return missing();
    if (!is_script(target)) return command();
    return script();
  }

 private:
  // A file for a Python interpreter: by its name, its #! line, its folder, or for want of any other
  // way to start it. An executable whose #! line names something else starts itself.
  bool is_script(const std::string& path) const {
    if (!is_there(path)) return false;
    if (is_folder(path) || has_ending(path)) return true;
    if (program_.separated && path.find('/') == std::string::npos && find_program(path))
      return false;
    const std::vector<std::string> shebang = shebang_of(path);
    if (!shebang.empty() && is_python_name(shebang[0])) return true;
    return !is_program(path);
  }

  Planned script() {
    const std::string& path = program_.words[0];
    if (::access(path.c_str(), R_OK) != 0) {
      return concat("cannot read ", quoted(path), ": ", std::strerror(errno));
    }
    if (is_folder(path)) {
      if (!is_there(path + "/__main__.py")) {
        return concat("the folder ", quoted(path),
                      " has no __main__.py; name the script to run in it");
      }
      return with_python({}, {});
    }
    return with_python({}, shebang_of(path));
  }

  Planned command() {
    const std::string& name = program_.words[0];
    if (const auto found = find_program(name)) return Invocation{*found, program_.words, false};
    if (is_folder(name)) return concat(quoted(name), " is a folder");
    if (name.find('/') != std::string::npos && is_there(name)) {
      return concat(quoted(name),
                    " is not executable; chmod +x it, or leave out -- if it is Python");
    }
    return concat("there is no command ", quoted(name),
                  name.find('/') == std::string::npos ? " on PATH; write its path" : "");
  }

  Planned missing() const {
    const std::string& name = program_.words[0];
    std::string text = concat("there is no file ", quoted(name));
    if (find_program(name))
      return concat(text, "; to run the command write: tachyon run -- ", name);
    if (name.find('/') == std::string::npos && !has_ending(name)) {
      return concat(text, "; to run a module write: tachyon run -m ", name);
    }
    return text;
  }

  Planned with_python(std::vector<std::string> options, std::vector<std::string> shebang) {
    Invocation invocation;
    invocation.python = true;
    if (program_.python) {
      const std::string inside = *program_.python + "/bin/python";  // a virtual environment
      const std::string& wanted = is_folder(*program_.python) ? inside : *program_.python;
      const auto found = find_program(wanted);
      if (!found) {
        return concat("there is no interpreter ", quoted(wanted),
                      is_there(wanted) ? ": it is not executable" : "",
                      "; --python takes a path, a name on PATH or a virtual environment");
      }
      invocation.executable = *found;
      invocation.words = {wanted};
    } else if (const auto named = shebang.empty() || !is_python_name(shebang[0])
                                      ? std::nullopt
                                      : find_program(shebang[0])) {
      invocation.executable = *named;
      invocation.words = std::move(shebang);
    } else if (const auto usual = find_program("python3")) {
      invocation.executable = *usual;
      invocation.words = {"python3"};
    } else if (const auto other = find_program("python")) {
      invocation.executable = *other;
      invocation.words = {"python"};
    } else {
      return "there is no python3 on PATH; say which interpreter with --python PATH";
    }
    for (std::string& word : options) invocation.words.push_back(std::move(word));
    const bool as_option = options.empty() && program_.words[0].size() > 1 &&
                           program_.words[0][0] == '-';  // a file called -x is no option
    invocation.words.push_back((as_option ? "./" : "") + program_.words[0]);
    invocation.words.insert(invocation.words.end(), program_.words.begin() + 1,
                            program_.words.end());
    return invocation;
  }

  const ProgramWords& program_;
};

}  // namespace detail

inline Planned plan_program(const ProgramWords& program) { return detail::Planner{program}.plan(); }

}  // namespace tachyon::tool
