#include <tachyon/kernel/ring.hpp>

#include <cstring>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

namespace tachyon::kernel::test {
namespace {

// A ring of 64 bytes, which is there twice.
struct FakeRing {
  void put(std::uint64_t at, std::uint32_t head, std::string_view text) {
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &head, 4);
    bytes += text;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const std::size_t place = (at + i) % size;
      data[place] = data[place + size] = static_cast<std::byte>(bytes[i]);
    }
  }
  std::vector<std::string> take(std::uint64_t taken, std::uint64_t until) {
    std::vector<std::string> out;
    reached = detail::take_records(data, size, taken, until,
                                   [&](Bytes bytes) { out.emplace_back(as_text(bytes)); });
    return out;
  }

  static constexpr std::uint64_t size = 64;
  alignas(8) std::byte data[2 * size]{};
  std::uint64_t reached = 0;
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("kernel ring: records one after the other, also over the end", "[kernel]") {
  FakeRing ring;
  ring.put(0, 3, "abc");
  ring.put(16, 8, "12345678");
  CHECK(ring.take(0, 32) == Texts{"abc", "12345678"});
  CHECK(ring.reached == 32);
  ring.put(32 + 64, 9, "ninebytes");
  ring.put(56 + 64, 12, "over the end");
  CHECK(ring.take(32 + 64, 80 + 64) == Texts{"ninebytes", "over the end"});
  CHECK(ring.reached == 144);
  CHECK(ring.take(144, 144).empty());
}

TEST_CASE("kernel ring: what is being written ends it, what is unwanted is passed over",
          "[kernel]") {
  FakeRing ring;
  ring.put(0, detail::unwanted | 3, "abc");
  ring.put(16, 3, "def");
  ring.put(32, detail::being_written | 3, "ghi");
  CHECK(ring.take(0, 48) == Texts{"def"});
  CHECK(ring.reached == 32);
}

TEST_CASE("kernel ring: no length leads out of it", "[kernel]") {
  FakeRing ring;
  ring.put(0, 57, "");
  CHECK(ring.take(0, 64).empty());
  CHECK(ring.reached == 64);
  ring.put(0, 0x3fffffff, "");
  CHECK(ring.take(0, 64).empty());
  ring.put(0, 17, "");
  CHECK(ring.take(0, 24).empty());
  CHECK(ring.reached == 24);
  // Counts that no kernel has.
  CHECK(ring.take(0, 65).empty());
  CHECK(ring.reached == 65);
  CHECK(ring.take(128, 64).empty());
  // 56 bytes, the most.
  ring.put(0, 56, std::string(56, 'x'));
  CHECK(ring.take(0, 64) == Texts{std::string(56, 'x')});
}

}  // namespace tachyon::kernel::test
