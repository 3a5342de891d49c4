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
};

// Opcode 0 is CACHE in every version, so 0 says "this version has none" for the named ones.
struct OpcodeTable {
  std::array<Opcode, 256> all{};
  std::uint8_t resume = 0;
  std::uint8_t enter_executor = 0;
  std::uint8_t instrumented_line = 0;
  std::uint8_t instrumented_instruction = 0;
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

  constexpr bool is_resume(std::uint8_t raw) const noexcept {
    return known() && (*this)[raw].base == table_->resume;
  }
  constexpr bool is_executor(std::uint8_t raw) const noexcept {
    return known() && table_->enter_executor != 0 && raw == table_->enter_executor;
  }
  // These two keep what they replaced in the code object's monitoring data.
  constexpr bool is_instrumented_line(std::uint8_t raw) const noexcept {
    return known() && table_->instrumented_line != 0 && raw == table_->instrumented_line;
  }
  constexpr bool is_instrumented_instruction(std::uint8_t raw) const noexcept {
    return known() && table_->instrumented_instruction != 0 &&
           raw == table_->instrumented_instruction;
  }

  // Is a thread whose youngest frame stands at this instruction inside C code that Python called?
  // Known of calls that were specialised for something that is no Python function, and of ones that
  // were not specialised (yet) where Python functions and everything else both have a form of their
  // own: then it is the first few executions, and calling Python takes nanoseconds of these.
  constexpr bool calls_c(std::uint8_t raw) const noexcept {
    if (!known() || !is_call(base_of(raw).name)) return false;
    const Opcode opcode = (*this)[raw];
    if (opcode.kind == Opcode::Kind::specialised) return !calls_python(opcode.name);
    return opcode.kind == Opcode::Kind::plain && tells_all_calls_apart(raw);
  }

 private:
  static constexpr bool is_call(std::string_view base) noexcept {
    return base == "CALL" || base == "CALL_KW" || base == "CALL_FUNCTION_EX" || base == "PRECALL";
  }
  // PRECALL and CALL share the work in 3.11; what only leads to the other is as little C.
  static constexpr bool calls_python(std::string_view name) noexcept {
    constexpr std::string_view python[] = {"_PY", "PYFUNC", "BOUND_METHOD", "ENTER_INIT",
                                           "ADAPTIVE"};
    if (name.find("NON_PY") != name.npos) return false;
    for (const std::string_view part : python) {
      if (name.find(part) != name.npos) return true;
    }
    return false;
  }
  constexpr bool tells_all_calls_apart(std::uint8_t base) const noexcept {
    for (const Opcode& opcode : table_->all) {
      if (opcode.kind == Opcode::Kind::specialised && opcode.base == base &&
          opcode.name.find("NON_PY") != opcode.name.npos) {
        return true;
      }
    }
    return false;
  }

  const OpcodeTable* table_ = nullptr;
};

}  // namespace tachyon
