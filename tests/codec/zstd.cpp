#include <algorithm>
#include <catch2/catch.hpp>
#include <tachyon/codec/zstd.hpp>

using namespace tachyon;

TEST_CASE("frames come back, and only as large as they were said to be") {
  if (!has_zstd) {
    WARN("skipped: built without zstd");
    return;
  }
  const std::string text(5000, 'x');
  std::string frame = "before";
  Compressor compressor{3};
  REQUIRE(compressor.compress(text, frame));
  CHECK(frame.size() < 100);
  const Bytes bytes = as_bytes(frame).subspan(6);
  Decompressor decompressor;
  std::string back(text.size(), '\0');
  REQUIRE(decompressor.decompress(bytes, back));
  CHECK((back == text));
  std::string small(text.size() - 1, '\0'), large(text.size() + 1, '\0');
  CHECK(decompressor.decompress(bytes, small).error().code == Errc::damaged);
  CHECK(decompressor.decompress(bytes, large).error().code == Errc::damaged);
  CHECK(decompressor.decompress(bytes.first(bytes.size() - 1), back).error().code == Errc::damaged);
}

TEST_CASE("what does not become smaller is left alone") {
  std::string out = "before";
  Compressor compressor;
  CHECK_FALSE(compressor.compress("abc", out));
  CHECK_FALSE(compressor.compress("", out));
  CHECK(out == "before");
}

TEST_CASE("a streamed frame comes back through small buffers") {
  if (!has_zstd) {
    WARN("skipped: built without zstd");
    return;
  }
  std::string text, frame;
  StreamCompressor compressor{5};
  for (int i = 0; i < 20'000; ++i) {
    const std::string piece = std::to_string(i * 7 % 1000) + ",";
    text += piece;
    REQUIRE(compressor.add(piece, false, frame));
  }
  REQUIRE(compressor.add({}, true, frame));
  StreamDecompressor decompressor;
  std::string back;
  Bytes rest = as_bytes(frame);
  while (!decompressor.done()) {
    char buffer[100];
    Bytes some = rest.first(std::min<std::size_t>(rest.size(), 50));
    const std::size_t before = some.size();
    const auto got = decompressor.take(some, buffer);
    REQUIRE(got);
    rest = rest.subspan(before - some.size());
    back.append(buffer, *got);
  }
  CHECK(rest.empty());
  CHECK((back == text));
}
