#include <tachyon/sample/frame_table.hpp>

#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/sample/stack_builder.hpp>

using namespace tachyon;

namespace {

FrameId frame_named(FrameTable& table, std::string_view name, std::int32_t line = 0) {
  const FunctionId function = table.function({table.string(name), table.string("a.py"), 1});
  return table.frame({function, {line, line, -1, -1}});
}

}  // namespace

TEST_CASE("frame table: the same thing has the same number") {
  FrameTable table;
  CHECK(table.string("a") == table.string("a"));
  CHECK(table.string("a") != table.string("b"));
  CHECK(table.string("") == StringId::empty);
  const FrameId one = frame_named(table, "f", 3);
  CHECK(one == frame_named(table, "f", 3));
  CHECK(one != frame_named(table, "f", 4));
  CHECK(table.name_of(one) == "f");
  CHECK(table.file_of(one) == "a.py");
}

TEST_CASE("frame table: a stack is its parent and a frame, and parents have smaller numbers") {
  FrameTable table;
  const FrameId f = frame_named(table, "f"), g = frame_named(table, "g");
  const StackId lower = table.push(StackId::empty, f);
  const StackId upper = table.push(lower, g);
  CHECK(upper > lower);
  CHECK(table.push(lower, g) == upper);
  CHECK(table.parent(upper) == lower);
  CHECK(table.leaf(upper) == g);
  CHECK(table.depth(StackId::empty) == 0);
  CHECK(table.depth(upper) == 2);
  std::vector<FrameId> frames;
  table.frames_of(upper, frames);
  CHECK(frames == std::vector<FrameId>{f, g});
  table.frames_of(StackId::empty, frames);
  CHECK(frames.empty());
}

TEST_CASE("stack builder: what it remembers is what the table says") {
  SharedTables tables;
  StackBuilder builder{tables};
  StackId stack = StackId::empty;
  std::vector<StackId> first;
  const FrameId a = builder.synthetic("a", FrameKind::native);
  const FrameId b = builder.synthetic("b", FrameKind::gc);
  CHECK(a != b);
  CHECK(a == builder.synthetic("a", FrameKind::native));
  for (int i = 0; i < 20'000; ++i) {  // more than it remembers
    stack = builder.push(stack, i % 2 == 0 ? a : b);
    first.push_back(stack);
  }
  StackId again = StackId::empty;
  for (int i = 0; i < 20'000; ++i) {
    again = builder.push(again, i % 2 == 0 ? a : b);
    REQUIRE(again == first[static_cast<std::size_t>(i)]);
  }
  CHECK(tables.unguarded().frames.depth(stack) == 20'000);
}
