#include <tachyon/layout/opcode.hpp>

#include <string>
#include <string_view>
#include <catch2/catch.hpp>

#include "layout/tables.hpp"

using namespace tachyon;

namespace {

constexpr int number_of(const OpcodeTable& table, std::string_view name) {
  for (std::size_t n = 0; n < table.all.size(); ++n) {
    if (table.all[n].name == name) return static_cast<int>(n);
  }
  return -1;
}

constexpr std::uint8_t in_3_15(std::string_view name) {
  return static_cast<std::uint8_t>(number_of(layouts::opcodes_3_15, name));
}
constexpr Opcodes opcodes{layouts::opcodes_3_15};

}  // namespace

static_assert(!Opcodes{}.known());
static_assert(Opcodes{}[200].name.empty() && Opcodes{}[200].base == 200);
static_assert(Opcodes{}[0].site == Site::any && !Opcodes{}[0].calls_c);

static_assert(opcodes[in_3_15("CALL_PY_EXACT_ARGS")].kind == Opcode::Kind::specialised);
static_assert(opcodes.base_of(in_3_15("CALL_PY_EXACT_ARGS")).name == "CALL");
static_assert(opcodes[in_3_15("CALL_PY_EXACT_ARGS")].caches == 3);
static_assert(opcodes[in_3_15("INSTRUMENTED_CALL")].kind == Opcode::Kind::instrumented);
static_assert(opcodes.base_of(in_3_15("INSTRUMENTED_CALL")).name == "CALL");
static_assert(opcodes[in_3_15("INSTRUMENTED_CALL")].caches == 3);
static_assert(opcodes.is_executor(in_3_15("ENTER_EXECUTOR")));
static_assert(opcodes.is_line_event(in_3_15("INSTRUMENTED_LINE")));
static_assert(opcodes.is_instruction_event(in_3_15("INSTRUMENTED_INSTRUCTION")));

// What may stand on a frame, whatever form the instruction has.
constexpr Site site(const OpcodeTable& table, std::string_view name) {
  return Opcodes{table}[static_cast<std::uint8_t>(number_of(table, name))].site;
}
static_assert(site(layouts::opcodes_3_15, "FOR_ITER_GEN") == Site::resumes_generator);
static_assert(site(layouts::opcodes_3_15, "INSTRUMENTED_FOR_ITER") == Site::resumes_generator);
static_assert(site(layouts::opcodes_3_11, "SEND") == Site::resumes_generator);
static_assert(site(layouts::opcodes_3_11, "BINARY_SUBSCR_GETITEM") == Site::calls);
static_assert(site(layouts::opcodes_3_14, "INSTRUMENTED_CALL_KW") == Site::calls);
static_assert(site(layouts::opcodes_3_13, "EXIT_INIT_CHECK") == Site::calls);
static_assert(site(layouts::opcodes_3_12, "RETURN_CONST") == Site::returns);
static_assert(site(layouts::opcodes_3_11, "POP_JUMP_FORWARD_IF_TRUE") == Site::escapes);
static_assert(site(layouts::opcodes_3_12, "CONTAINS_OP") == Site::escapes);
static_assert(site(layouts::opcodes_3_13, "CONVERT_VALUE") == Site::escapes);
static_assert(site(layouts::opcodes_3_14, "TO_BOOL_BOOL") == Site::escapes);
static_assert(site(layouts::opcodes_3_15, "JUMP_BACKWARD") == Site::escapes);
static_assert(site(layouts::opcodes_3_15, "RAISE_VARARGS") == Site::escapes);
static_assert(site(layouts::opcodes_3_11, "LOAD_FAST") == Site::plain);
static_assert(site(layouts::opcodes_3_15, "LOAD_FAST_BORROW") == Site::plain);
static_assert(site(layouts::opcodes_3_15, "ENTER_EXECUTOR") == Site::any);
static_assert(site(layouts::opcodes_3_12, "INSTRUMENTED_LINE") == Site::any);

// What runs C code while the frame below it is the youngest: specialised for it, or not specialised
// at all where everything has a form of its own.
constexpr bool runs_c(const OpcodeTable& table, std::string_view name) {
  return Opcodes{table}[static_cast<std::uint8_t>(number_of(table, name))].calls_c;
}
static_assert(runs_c(layouts::opcodes_3_11, "PRECALL_NO_KW_BUILTIN_O"));
static_assert(!runs_c(layouts::opcodes_3_11, "PRECALL_PYFUNC"));
static_assert(!runs_c(layouts::opcodes_3_11, "PRECALL_ADAPTIVE"));
static_assert(!runs_c(layouts::opcodes_3_11, "CALL_PY_WITH_DEFAULTS"));
static_assert(!runs_c(layouts::opcodes_3_11, "CALL"));
static_assert(runs_c(layouts::opcodes_3_12, "CALL_NO_KW_METHOD_DESCRIPTOR_O"));
static_assert(!runs_c(layouts::opcodes_3_12, "CALL_BOUND_METHOD_EXACT_ARGS"));
static_assert(!runs_c(layouts::opcodes_3_12, "CALL"));
static_assert(runs_c(layouts::opcodes_3_13, "CALL"));
static_assert(runs_c(layouts::opcodes_3_13, "CALL_NON_PY_GENERAL"));
static_assert(!runs_c(layouts::opcodes_3_13, "CALL_KW"));
static_assert(!runs_c(layouts::opcodes_3_13, "CALL_ALLOC_AND_ENTER_INIT"));
static_assert(runs_c(layouts::opcodes_3_14, "CALL_KW"));
static_assert(!runs_c(layouts::opcodes_3_14, "CALL_FUNCTION_EX"));
static_assert(runs_c(layouts::opcodes_3_15, "CALL_FUNCTION_EX"));
static_assert(!runs_c(layouts::opcodes_3_15, "CALL_EX_PY"));
static_assert(!runs_c(layouts::opcodes_3_15, "CALL_KW_BOUND_METHOD"));
static_assert(!runs_c(layouts::opcodes_3_15, "INSTRUMENTED_CALL"));
static_assert(!runs_c(layouts::opcodes_3_15, "LOAD_FAST"));

// Cache counts that decoding depends on, by version.
static_assert(layouts::opcodes_3_11.all[171].name == "CALL" &&
              layouts::opcodes_3_11.all[171].caches == 4);
static_assert(layouts::opcodes_3_11.executor == 0);
static_assert(!Opcodes{layouts::opcodes_3_11}.is_executor(0));
static_assert(layouts::opcodes_3_12.line_event == 254);
static_assert(layouts::opcodes_3_13.executor == 70);
static_assert(layouts::opcodes_3_14.executor == 255);

TEST_CASE("every table is closed: a base is its own base, and shares its caches") {
  test::for_each_layout([](auto layout) {
    INFO(std::string(decltype(layout)::tag));
    std::size_t assigned = 0;
    for (int n = 0; n < 256; ++n) {
      const Opcode raw = layout.opcodes[static_cast<std::uint8_t>(n)];
      const Opcode base = layout.opcodes.base_of(static_cast<std::uint8_t>(n));
      if (raw.kind == Opcode::Kind::unassigned) {
        CHECK(raw.name.empty());
        continue;
      }
      ++assigned;
      INFO(std::string(raw.name));
      CHECK(!raw.name.empty());
      CHECK(layout.opcodes.base_of(raw.base).name == base.name);
      CHECK(raw.caches == base.caches);
      if (raw.kind == Opcode::Kind::specialised) CHECK(raw.base != n);
      if (raw.kind == Opcode::Kind::plain) CHECK(raw.base == n);
    }
    CHECK(assigned > 170);
    CHECK(layout.opcodes[0].name == "CACHE");
  });
}
