#pragma once

#include <concepts>
#include <string_view>

#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

namespace tachyon {

// What a mode asks of the sampler, beyond what the thread's own state tells for free. It is read at
// compile time: a mode that does not ask for the CPU state costs no look at it.
struct Needs {
  bool on_cpu = false;
};

// Which threads count. The same rule serves live sampling and replay. A mode asks for bits, never
// for their absence: a thread that it would not accept if all that can be learnt by reading it were
// so is not read.
template <class P>
concept Mode = requires(Status status) {
  { P::name } -> std::convertible_to<std::string_view>;
  { P::kind } -> std::convertible_to<ModeKind>;
  { P::needs } -> std::convertible_to<Needs>;
  { P::accepts(status) } -> std::same_as<bool>;
};

}  // namespace tachyon
