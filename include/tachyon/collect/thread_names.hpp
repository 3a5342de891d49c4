#pragma once

#include <string>

#include <tachyon/sample/sample.hpp>

namespace tachyon {

// What outputs call a thread: its name for Python, else for the system, else its number. The system
// calls a main thread by the program's name, which tells nothing; it is Python's MainThread. The
// same thread in another interpreter than the main one says so. The text is the target's:
// escape it.
inline std::string thread_name(const Thread& thread) {
  std::string name = !thread.python_name.empty() ? thread.python_name
                     : thread.main               ? "MainThread"
                     : !thread.name.empty()      ? thread.name
                                                 : "Thread-" + std::to_string(thread.id);
  if (thread.interpreter != 0) {
    name += " (interpreter " + std::to_string(thread.interpreter) + ")";
  }
  return name;
}

}  // namespace tachyon
