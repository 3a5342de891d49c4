#include <catch2/catch.hpp>
#include <tachyon/codec/checksum.hpp>

using namespace tachyon;

namespace {

template <class C>
std::uint32_t of(std::string_view text) {
  C crc;
  crc.add(as_bytes(text));
  return crc.value();
}

}  // namespace

TEST_CASE("checksums of the usual test text") {
  CHECK(of<Crc32>("123456789") == 0xcbf43926);
  CHECK(of<Crc32c>("123456789") == 0xe3069283);
  CHECK(of<Crc32>("") == 0);
  CHECK(of<Crc32c>(std::string(32, '\0')) == 0x8a9136aa);
}

TEST_CASE("a checksum does not depend on how the text is cut") {
  const std::string_view text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Crc32c crc;
    crc.add(as_bytes(text.substr(0, cut)));
    crc.add(as_bytes(text.substr(cut)));
    CHECK(crc.value() == of<Crc32c>(text));
  }
}
