#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// What an instruction byte says in one minor version.
//
// The byte at a frame's instruction pointer is seldom what the compiler wrote: the interpreter
// specialises hot instructions in place (CALL becomes CALL_PY_EXACT_ARGS), puts instrumented twins
// in their place while a debugger or coverage tool listens, and overwrites one with ENTER_EXECUTOR
// when it has optimised what follows. All three keep the number of inline cache units of the
// instruction they stand for. Numbers change with every minor version, so nothing here is a
// constant of ours.
//
// What an instruction does to the stack of frames is written down by hand, for every one and in all
// of its forms, in gen/opcodes.py. A table of a version with an instruction that is not there is not
// generated: a call taken for something else would cut the stacks of all its callers.
namespace tachyon {

// What may stand on a frame that executes an instruction. C code runs whatever an object defines
// (`in`, `with`, import, a finaliser, a signal handler ...), so nearly every instruction can have a
// Python frame on it, with an entry from C between the two. Few put one there directly.
enum class Site : std::uint8_t {
  plain,              // runs no other code, as far as is known
  escapes,            // may run C code that runs Python
  calls,              // the same, and may push a frame itself
  resumes_generator,  // the same, and may put a generator's frame there: FOR_ITER, SEND
  returns,            // leaves the frame
  any,                // nothing is known: replaced, instrumented, of an unknown version
};

struct Opcode {
  enum class Kind : std::uint8_t { unassigned, plain, specialised, instrumented, executor };

  std::string_view name{};
  std::uint8_t base = 0;  // the instruction it stands for; itself when it is that one or unknowable
  std::uint8_t caches = 0;  // code units of inline cache behind it
  Kind kind = Kind::unassigned;
  Site site = Site::any;  // of all forms of the instruction, since it takes one after the other
  // Is a thread whose youngest frame executes it in C code that Python called? Known of forms of
  // calls that are specialised for something that is no Python function, and of a call that is not
  // specialised (yet) where everything that is no Python function has a form, too: then it is one of
  // the first few executions, and calling Python takes nanoseconds of these.
  bool calls_c = false;
};

// The three that stand for another instruction, which is kept elsewhere: with the optimised code, or
// in the code object's monitoring data. Opcode 0 is CACHE in every version, so 0 says "this version
// has none".
struct OpcodeTable {
  std::array<Opcode, 256> all{};
  std::uint8_t executor = 0;
  std::uint8_t line_event = 0;
  std::uint8_t instruction_event = 0;
};

// The table of a layout. For a minor version that no table is known of it is empty: known() is
// false, every name is empty, and no rule that depends on an instruction may be applied.
class Opcodes {
 public:
  constexpr Opcodes() noexcept = default;
  constexpr explicit Opcodes(const OpcodeTable& table) noexcept : table_{&table} {}

  constexpr bool known() const noexcept { return table_ != nullptr; }
  constexpr Opcode operator[](std::uint8_t raw) const noexcept {
    return known() ? table_->all[raw] : Opcode{{}, raw, 0, Opcode::Kind::unassigned};
  }
  constexpr Opcode base_of(std::uint8_t raw) const noexcept { return (*this)[(*this)[raw].base]; }

  constexpr bool is_executor(std::uint8_t raw) const noexcept {
    return known() && table_->executor != 0 && raw == table_->executor;
  }
  constexpr bool is_line_event(std::uint8_t raw) const noexcept {
    return known() && table_->line_event != 0 && raw == table_->line_event;
  }
  constexpr bool is_instruction_event(std::uint8_t raw) const noexcept {
    return known() && table_->instruction_event != 0 && raw == table_->instruction_event;
  }

 private:
  const OpcodeTable* table_ = nullptr;
};

}  // namespace tachyon
