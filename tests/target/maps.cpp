#include <tachyon/target/maps.hpp>

#include <catch2/catch.hpp>

using namespace tachyon;

TEST_CASE("maps: the line that the header draws") {
  Mapping m;
  REQUIRE(
      parse_mapping("7f1c00200000-7f1c00285000 r--p 00085000 fe:01 1311                       "
                    "/usr/lib/libpython3.13.so.1.0 (deleted)",
                    m));
  CHECK(m.start.value == 0x7f1c00200000);
  CHECK(m.size() == 0x85000);
  CHECK(m.readable);
  CHECK_FALSE((m.writable || m.executable || m.shared));
  CHECK(m.offset == 0x85000);
  CHECK(m.device == (std::uint64_t{0xfe} << 32 | 1));
  CHECK(m.inode == 1311);
  CHECK(m.deleted);
  CHECK(m.path == "/usr/lib/libpython3.13.so.1.0");
  CHECK(m.of_file());
}

TEST_CASE("maps: names are the target's") {
  Mapping m;
  REQUIRE(parse_mapping("1000-2000 rw-s 00000000 00:01 7 /tmp/a b\\012c) (deleted) (deleted)", m));
  CHECK(m.path == "/tmp/a b\nc) (deleted)");
  CHECK(m.deleted);
  CHECK(m.shared);
  REQUIRE(parse_mapping("1000-2000 ---p 00000000 00:00 0 ", m));
  CHECK(m.path.empty());
  REQUIRE(parse_mapping("1000-2000 rw-p 00000000 00:00 0", m));
  CHECK(m.path.empty());
  REQUIRE(
      parse_mapping("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0    [vsyscall]", m));
  CHECK(m.path == "[vsyscall]");
  CHECK_FALSE(m.of_file());
  REQUIRE(parse_mapping("1000-2000 rw-p 00000000 00:00 0  [anon: (deleted)", m));
  CHECK_FALSE(m.deleted);
  REQUIRE(parse_mapping("1000-2000 r-xp 00000000 00:01 3 /memfd:\xff\x1b[31m (deleted)", m));
  CHECK(m.path == "/memfd:\xff\x1b[31m");
}

TEST_CASE("maps: other lines are skipped and counted") {
  for (const char* line :
       {"", "x", "1000", "1000-", "1000-2000", "2000-1000 r--p 0 0:0 0", "1000-1000 r--p 0 0:0 0",
        "1000-2000 r--", "1000-2000 r--p", "1000-2000 r--p 0", "1000-2000 r--p 0 0:0",
        "1000-2000 r--p 0 0:0 x", "1000-2000 r--p 0 1ffffffff:0 0 ",
        "10000000000000000-2 r--p 0 0:0 0 ", "-1000-2000 r--p 0 0:0 0 "}) {
    Mapping m;
    INFO(line);
    CHECK_FALSE(parse_mapping(line, m));
  }
  const Maps maps = Maps::parse("junk\n1000-2000 r--p 0 0:0 0 \n\n5000-6000 r--p 0 0:0 0 \n");
  CHECK(maps.all().size() == 2);
  CHECK(maps.skipped() == 2);
}

TEST_CASE("maps: find") {
  const Maps maps = Maps::parse("5000-6000 r--p 0 0:0 0 /b\n1000-2000 r--p 0 0:0 0 /a\n");
  CHECK(maps.find({0x1000})->path == "/a");
  CHECK(maps.find({0x1fff})->path == "/a");
  CHECK(maps.find({0x5800})->path == "/b");
  CHECK(maps.find({0x2000}) == nullptr);
  CHECK(maps.find({0xfff}) == nullptr);
  CHECK(maps.find({0x6000}) == nullptr);
  CHECK(Maps{}.find({0}) == nullptr);
}

TEST_CASE("maps: mappings of a file come side by side") {
  const Maps maps = Maps::parse(
      "1000-2000 r--p 0 0:1 5 /a\n"
      "2000-3000 r-xp 0 0:1 6 /b\n"
      "3000-4000 rw-p 0 0:0 0 \n"
      "4000-5000 r-xp 0 0:1 5 /a\n"
      "5000-6000 rw-p 0 0:1 5 /a (deleted)\n"
      "6000-7000 r-xp 0 0:2 5 /a\n");
  const auto order = maps.by_file();
  CHECK(order == std::vector<std::uint32_t>{0, 3, 4, 5, 1});
  CHECK(maps.all()[0].same_file(maps.all()[4]));
  CHECK_FALSE(maps.all()[0].same_file(maps.all()[5]));
}
