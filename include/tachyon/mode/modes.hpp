#pragma once

#include <string_view>

#include <tachyon/mode/concept.hpp>

namespace tachyon::mode {

// Every look counts: time as the clock on the wall sees it, sleeping included.
struct Wall {
  static constexpr std::string_view name = "wall";
  static constexpr ModeKind kind = ModeKind::wall;
  static constexpr Needs needs{};
  static constexpr bool accepts(Status) noexcept { return true; }
};

// Threads that were on a CPU.
struct Cpu {
  static constexpr std::string_view name = "cpu";
  static constexpr ModeKind kind = ModeKind::cpu;
  static constexpr Needs needs{.on_cpu = true};
  static constexpr bool accepts(Status status) noexcept { return has(status, Status::on_cpu); }
};

// The thread that holds the GIL of its interpreter.
struct Gil {
  static constexpr std::string_view name = "gil";
  static constexpr ModeKind kind = ModeKind::gil;
  static constexpr Needs needs{};
  static constexpr bool accepts(Status status) noexcept { return has(status, Status::has_gil); }
};

// Threads in which an exception is propagating or being handled, asleep or not.
struct Exception {
  static constexpr std::string_view name = "exception";
  static constexpr ModeKind kind = ModeKind::exception;
  static constexpr Needs needs{};
  static constexpr bool accepts(Status status) noexcept {
    return has(status, Status::has_exception);
  }
};

// Everything there is to know about every thread: for timelines and dumps.
struct All {
  static constexpr std::string_view name = "all";
  static constexpr ModeKind kind = ModeKind::all;
  static constexpr Needs needs{.on_cpu = true};
  static constexpr bool accepts(Status) noexcept { return true; }
};

}  // namespace tachyon::mode
