#include <tachyon/target/runtime.hpp>

#include <map>
#include <catch2/catch.hpp>
#include <tachyon/memory/image.hpp>

#include "target/tiny_elf.hpp"

using namespace tachyon;

namespace {

// Modules without files: everything has to come from memory.
struct Mapped {
  Maps table;
  const Maps& maps() const { return table; }
  Result<OpenedFile> open(const Mapping&) const { return Errc::cannot_open; }
  Address program_headers() const { return {}; }
};
static_assert(Modules<Mapped>);

constexpr Address data{0x7f0000100000};
constexpr std::size_t data_size = 0x100000;

struct World {
  World() {
    REQUIRE(image.map(data, data_size));
    modules.table = Maps::parse("7f0000100000-7f0000200000 rw-p 0 8:1 7 /opt/app/engine\n");
  }
  void put(std::uint64_t offset, std::uint64_t word) { REQUIRE(image.store(data + offset, word)); }
  void put_published(std::uint64_t at, std::uint64_t version, std::uint64_t head = 0x1234) {
    put(at, detail::debug_cookie);
    put(at + 8, version);
    put(at + 16, 0);        // free-threaded
    put(at + 24, 0x40000);  // size
    put(at + 32, 608);      // finalizing
    put(at + 40, 632);      // interpreters.head
    put(at + 632, head);
  }
  Result<RuntimeSite> find() { return find_runtime(image, modules); }

  Image image;
  Mapped modules;
};

}  // namespace

TEST_CASE("runtime: the cookie is found in memory alone") {
  World world;
  world.put_published(0x8000, 0x030d02f0);
  const auto site = world.find();
  REQUIRE(site);
  CHECK(site->runtime == data + 0x8000);
  CHECK(site->version == 0x030d02f0);
  CHECK(site->found_by == FoundBy::cookie);
  CHECK(site->state == RuntimeState::running);
  CHECK(site->file == "/opt/app/engine");
  CHECK(site->table.size() == 1024);
  CHECK(site->build() == BuildId{13, false, native_arch});
  CHECK(check_supported(*site));
}

TEST_CASE("runtime: implausible cookies are passed over") {
  World world;
  world.put_published(0x1000, 0x040d02f0);  // CPython 4
  world.put_published(0x3000, 0x030a02f0);  // 3.10 had none
  world.put_published(0x5000, 0x030d02f0);
  world.put(0x5010, 2);  // free-threaded: 2
  world.put_published(0x7000, 0x030d02f0);
  world.put(0x7018, 100);  // size
  world.put_published(0x9000, 0x030d02f0);
  world.put(0x9028, 0x50000);                // head outside
  world.put(0xffff8, detail::debug_cookie);  // at the very end
  CHECK(world.find().error().code == Errc::not_python);
  world.put_published(0xb000, 0x030f02f0);
  CHECK(world.find()->runtime == data + 0xb000);
}

TEST_CASE("runtime: one with interpreters wins over one without") {
  World world;
  world.put_published(0x1000, 0x030e01f0, 0);
  CHECK(world.find()->state == RuntimeState::not_started);
  world.put_published(0x9000, 0x030f01f0);
  CHECK(world.find()->runtime == data + 0x9000);
  world.put(0x9000 + 608, 0x77);
  CHECK(world.find()->state == RuntimeState::finalizing);
}

TEST_CASE("runtime: releases that publish nothing are known by how they point into themselves") {
  for (const detail::EarlyRuntime& early : detail::early_runtimes) {
    World world;
    const std::uint64_t runtime = 0x2340;
    const std::uint64_t interpreter = runtime + early.runtime.main_interpreter.offset;
    const std::uint64_t thread = 0xf0000;
    world.put(runtime + early.runtime.interpreters_main.offset, data.value + interpreter);
    CHECK(world.find().error().code == Errc::not_python);
    world.put(runtime + early.runtime.interpreters_head.offset, data.value + interpreter);
    world.put(interpreter + early.threads_head, data.value + thread);
    world.put(thread + early.thread_interpreter, data.value + interpreter);
    const auto site = world.find();
    REQUIRE(site);
    CHECK(site->runtime == data + runtime);
    CHECK(site->minor() == early.minor);
    CHECK(site->found_by == FoundBy::structure);
    CHECK_FALSE(site->publishes_offsets());
  }
}

TEST_CASE("runtime: what the layouts can read") {
  RuntimeSite site;
  site.machine = native_machine;
  const auto code = [&](std::uint32_t version, bool table = true) {
    site.version = version;
    site.table.resize(table ? 1024 : 0);
    return check_supported(site).error().code;
  };
  CHECK(code(0x030b02f0, false) == Errc::ok);
  CHECK(code(0x030f02f0) == Errc::ok);
  CHECK(code(0x030f00a5) == Errc::unsupported_prerelease);
  CHECK(code(0x030d00c1) == Errc::unsupported_prerelease);
  CHECK(code(0x031000f0) == Errc::ok);  // newer, but it publishes
  CHECK(code(0x031000f0, false) == Errc::unsupported_version);
  CHECK(code(0x030a01f0, false) == Errc::unsupported_version);
  site.machine = EM_RISCV;
  CHECK(code(0x030f02f0) == Errc::unsupported_arch);
}

TEST_CASE("runtime: asyncio's table is known by its shape") {
  World world;
  world.put_published(0x8000, 0x030e01f0);
  world.put(0x8000 + 6 * 8, 225864);  // size of the interpreter
  world.modules.table = Maps::parse(
      "7f0000100000-7f0000110000 rw-p 0 8:1 7 /opt/app/engine\n"
      "7f0000180000-7f0000190000 rw-p 0 8:1 8 /opt/app/_asyncio.so\n"
      "7f0000190000-7f0000191000 r-xp 0 8:1 8 /opt/app/_asyncio.so\n");
  auto site = world.find();
  REQUIRE(site);
  CHECK_FALSE(site->asyncio_debug);
  const std::array<std::uint64_t, 13> words{168,    136,   96,  108, 109, 128, 152,
                                            225864, 10880, 936, 864, 872, 880};
  for (std::size_t i = 0; i < words.size(); ++i) world.put(0x80100 + i * 8, words[i]);
  CHECK(find_asyncio(world.image, world.modules, *site) == data + 0x80100);
  world.put(0x80100 + 8, 4000);  // a member outside its struct
  CHECK_FALSE(find_asyncio(world.image, world.modules, *site));
}

TEST_CASE("runtime: who has lists of tasks") {
  RuntimeSite site;
  const auto says = [&](std::uint32_t version, bool free_threaded = false) {
    site.version = version;
    site.free_threaded = free_threaded;
    return has_task_lists(site);
  };
  CHECK_FALSE(says(0x030a00f0));
  CHECK_FALSE(says(0x030b00f0));
  CHECK_FALSE(says(0x030d12f0));
  CHECK_FALSE(says(0x030d12f0, true));
  CHECK(says(0x030e01f0));
  CHECK(says(0x030e01f0, true));
  CHECK(says(0x031000f0));  // newer than all that is known
}

// The loader maps a library whole, to read only, then lays its data over that: between the two,
// where the runtime will be, there are other bytes of the file. They look like anything, here like
// an interpreter that ends.
TEST_CASE("runtime: a library that is half loaded is no interpreter yet") {
  constexpr std::uint64_t object = 0x1100;
  World world;
  const auto load = [&](std::uint64_t at, std::uint64_t finalizing) {
    const test::TinyElf elf{world.image, at, true, true, object};
    REQUIRE(world.image.map({at + 0x1000}, 0x3000));
    const std::array<std::uint64_t, 7> words{
        detail::debug_cookie, 0x030e01f0, 0, 0x40000, 608, 632, 640};
    for (std::size_t i = 0; i < words.size(); ++i) elf.put(object + i * 8, words[i]);
    elf.put(object + 608, finalizing);
    elf.put(object + 632, std::uint64_t{0x1234});
  };
  const auto find = [&](std::string_view access) {
    world.modules.table = Maps::parse(
        "7f0000300000-7f0000301000 r-xp 00000000 8:1 9 /opt/lib/libpython3.14.so\n"
        "7f0000301000-7f0000304000 " +
        std::string{access} +
        " 00001000 8:1 9 /opt/lib/libpython3.14.so\n"
        "7f0000400000-7f0000401000 r-xp 00000000 8:1 11 /opt/lib/other.so\n"
        "7f0000401000-7f0000404000 rw-p 00001000 8:1 11 /opt/lib/other.so\n");
    const auto site = world.find();
    REQUIRE(site);
    CHECK(site->found_by == FoundBy::memory_symbol);
    return *site;
  };
  const Address library{0x7f0000300000 + object}, other{0x7f0000400000 + object};
  load(0x7f0000300000, 0x77);
  for (const std::string_view access : {"r--p", "r-xp", "r--s"}) {
    CAPTURE(access);
    CHECK(find(access).runtime == library);
    CHECK(find(access).state == RuntimeState::not_started);
  }
  CHECK(find("rw-p").state == RuntimeState::finalizing);

  // One that does run is found all the same, and one that ends is the better guess.
  load(0x7f0000400000, 0);
  CHECK(find("r--p").runtime == other);
  CHECK(find("r--p").state == RuntimeState::running);
  REQUIRE(world.image.store(other + 608, std::uint64_t{0x77}));
  CHECK(find("r--p").runtime == other);
  CHECK(find("r--p").state == RuntimeState::finalizing);

  REQUIRE(world.image.store(library + 608, std::uint64_t{0}));
  CHECK(find("r--p").runtime == other);
  CHECK(find("rw-p").runtime == library);
  CHECK(find("rw-p").state == RuntimeState::running);
}

// The same moment, and the bytes look like nothing: what it says of its version stands elsewhere.
TEST_CASE("runtime: one that publishes offsets, and has not yet, is not too old") {
  constexpr std::uint64_t object = 0x1100, version = 0x900;
  World world;
  const test::TinyElf elf{world.image, 0x7f0000300000, false, true, object};
  REQUIRE(world.image.map({0x7f0000301000}, 0x3000));
  test::TinyElf{elf}.put_version_symbol(version);
  world.modules.table = Maps::parse(
      "7f0000300000-7f0000301000 r-xp 00000000 8:1 9 /opt/lib/libpython3.13.so\n"
      "7f0000301000-7f0000304000 r--p 00001000 8:1 9 /opt/lib/libpython3.13.so\n");
  const auto found = [&](std::uint64_t word) {
    elf.put(version, word);
    return world.find().error();
  };
  CHECK(found(0x030d00f0).code == Errc::not_started);
  CHECK(found(0x030f02f0).code == Errc::not_started);
  CHECK(found(0x030a0df0) == Error{Errc::unsupported_version, 0, {0x030a0df0}});
}

TEST_CASE("runtime: memory full of cookies does not keep us") {
  World world;
  for (std::uint64_t at = 0; at < data_size; at += 16) {
    world.put(at, detail::debug_cookie);
    world.put(at + 8, 0x030d02f0);
  }
  CHECK(world.find().error().code == Errc::not_python);
}
