#include "filter.hpp"

#include <catch2/catch.hpp>

using namespace tachyon;
using namespace tachyon::tool;

TEST_CASE("kinds of frames are taken out only where that was asked for") {
  Tables tables;
  FrameTable& frames = tables.frames;
  const FunctionId function = frames.function({frames.string("<GC>"), frames.string("~"), 0});
  const FrameId gc = frames.frame({function, {}, OpcodeId::none, FrameKind::gc});
  Sample sample;
  sample.stack = frames.push(StackId::empty, gc);
  WithoutKind keeps{tables, FrameKind::gc, false}, drops{tables, FrameKind::gc, true};
  CHECK(keeps(sample));
  CHECK(frames.depth(sample.stack) == 1);
  CHECK(drops(sample));
  CHECK(sample.stack == StackId::empty);
}
