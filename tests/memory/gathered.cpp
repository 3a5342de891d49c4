#include <tachyon/memory/gathered.hpp>
#include <tachyon/memory/image.hpp>

#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

constexpr Address base{0x10000};

// Four pages of words that name their own place.
Image numbered() {
  Image image;
  REQUIRE(image.map(base, 4 * 4096));
  for (std::uint64_t i = 0; i < 4 * 4096; i += 8) REQUIRE(image.store(base + i, i));
  return image;
}

std::uint64_t word(const Gathered<Image>& gathered, PieceId id) {
  return load_checked<std::uint64_t>(gathered.bytes(id), 0).value_or(~std::uint64_t{0});
}

}  // namespace

TEST_CASE("pieces are what stood there at the last read", "[memory]") {
  Image image = numbered();
  Gathered<Image> gathered{image};
  const PieceId near = gathered.add(base + 64, 16);
  const PieceId next = gathered.add(base + 128, 8);
  const PieceId far = gathered.add(base + 12288, 8);
  CHECK(word(gathered, near) == 64);
  CHECK(word(gathered, far) == 12288);
  CHECK(gathered.bytes(near).size() == 16);
  REQUIRE(image.store(base + 128, std::uint64_t{7}));
  CHECK(word(gathered, next) == 128);
  gathered.read_all();
  CHECK(word(gathered, next) == 7);
  REQUIRE(image.store(base + 128, std::uint64_t{8}));
  const std::array<PieceId, 1> some{near};
  gathered.read_some(some);
  CHECK(word(gathered, next) == 7);
}

TEST_CASE("neighbours are read together, and keep their bytes when they are planned", "[memory]") {
  Image image = numbered();
  Gathered<Image> gathered{image};
  std::vector<PieceId> pieces;
  for (std::uint64_t i = 0; i < 300; ++i) pieces.push_back(gathered.add(base + i * 32, 8));
  const PieceId alone = gathered.add(base + 16000, 8);
  CHECK(gathered.range_count() == 301);
  gathered.read_all();
  CHECK(gathered.range_count() == 2);
  for (std::uint64_t i = 0; i < 300; ++i) CHECK(word(gathered, pieces[i]) == i * 32);
  CHECK(word(gathered, alone) == 16000);
}

TEST_CASE("who cannot be read has no bytes, and costs nobody else's", "[memory]") {
  Image image = numbered();
  REQUIRE(image.map(Address{0x20000}, 4096));
  Gathered<Image> gathered{image};
  const PieceId stays = gathered.add(base, 8);
  const PieceId goes = gathered.add(Address{0x20000}, 8);
  const PieceId last = gathered.add(base + 8192, 8);
  REQUIRE(image.unmap(Address{0x20000}));
  gathered.read_all();
  CHECK(word(gathered, stays) == 0);
  CHECK(word(gathered, last) == 8192);
  CHECK(gathered.bytes(goes).empty());
}

TEST_CASE("dropped pieces give their place back; there is a limit to all of them", "[memory]") {
  Image image = numbered();
  Gathered<Image> gathered{image};
  const PieceId stays = gathered.add(base + 8, 8);
  for (int i = 0; i < 100'000; ++i) {
    const PieceId id = gathered.add(base, 4096);
    REQUIRE(id != PieceId::none);
    gathered.drop(id);
    gathered.tidy();
  }
  CHECK(gathered.piece_count() == 1);
  CHECK(gathered.byte_count() < Gathered<Image>::most_planned);
  CHECK(word(gathered, stays) == 8);
  std::size_t kept = 0;
  while (gathered.add(base, 8192) != PieceId::none) ++kept;
  CHECK(kept == Gathered<Image>::most_bytes / 8192 - 1);
  CHECK(gathered.is_crowded());
  CHECK(gathered.add(base, 0) == PieceId::none);
  CHECK(gathered.add(Address{~std::uint64_t{7}}, 64) == PieceId::none);
}
