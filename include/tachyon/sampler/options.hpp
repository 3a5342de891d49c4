#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <tachyon/tasks/stacks.hpp>

namespace tachyon {

struct SamplerOptions {
  bool all_threads = false;
  bool gc = true;
  bool native = false;
  bool c_calls = false;
  bool opcodes = false;
  bool tasks = false;  // stacks by asyncio task; all_threads goes with it
  TaskChoice task_choice = TaskChoice::running;
  TaskNames task_names = TaskNames::by_coroutine;
  std::vector<std::string> threads{};  // ids, or patterns of names; none: all of them
  unsigned tries = 6;                  // looks per tick and thread before it is given up
  std::uint32_t recheck_one_in = 64;   // how often parents that were not read are read again
};

}  // namespace tachyon
