#include <tachyon/layout/published.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

#include <tachyon/layout/verify.hpp>

#include "layout/tables.hpp"

using namespace tachyon;
using test::as_table;
using test::cookie;
using test::recorded_3_15_2;
using test::table_of;

namespace {

template <class List = layouts::All_x86_64>
Result<PublishedLayout> read(const std::vector<std::uint64_t>& words, Arch arch = Arch::x86_64) {
  return read_published(List{}, as_table(words), arch);
}

std::vector<std::uint64_t> recorded() { return {recorded_3_15_2.begin(), recorded_3_15_2.end()}; }

// Position of the word that a member is read from.
template <class L>
std::uint16_t word_of(std::string_view group, std::string_view name) {
  std::uint8_t g = 0;
  std::uint16_t found = 0;
  schema::for_each_group(published_form<L>, [&](const auto& members) {
    using Group = std::remove_cvref_t<decltype(members)>;
    for (std::size_t m = 0; m < Group::names.size(); ++m) {
      for (const PublishedWord& word : L::published_map.words) {
        if (word.group == g && word.member == m && Group::group == group && Group::names[m] == name)
          found = word.word;
      }
    }
    ++g;
  });
  return found;
}

using L15 = layouts::cpython_3_15_x86_64;

}  // namespace

TEST_CASE("the first words say which build it is") {
  // 78 64 65 62 75 67 70 79  f0 02 0f 03 00 00 00 00  00 00 00 00 00 00 00 00
  const auto header = published_header(as_table(recorded_3_15_2).first(24), Arch::x86_64);
  REQUIRE(header);
  CHECK(header->build == BuildId{15, false, Arch::x86_64});
  CHECK(header->version_hex == 0x030f02f0);
  CHECK(!header->is_prerelease());
  CHECK(published_table_bytes(layouts::All_x86_64{}, *header) == 888);

  CHECK(published_header(as_table(recorded_3_15_2).first(23)).error().code == Errc::truncated);
  CHECK(published_header({}).error().code == Errc::truncated);
  const auto with = [](std::size_t at, std::uint64_t value) {
    auto words = recorded();
    words[at] = value;
    return published_header(as_table(words)).error().code;
  };
  CHECK(with(0, cookie + 1) == Errc::not_python);
  CHECK(with(1, 0x040f02f0) == Errc::bad_value);
  CHECK(with(1, 0x1030f02f0) == Errc::bad_value);
  CHECK(with(2, 2) == Errc::bad_value);
}

TEST_CASE("a recorded table is the compiled layout") {
  const auto layout = read(recorded());
  REQUIRE(layout);
  CHECK(same_places(published_form<L15>, *layout));
  CHECK(layout->build == L15::build);
  CHECK(layout->traits == L15::traits);
  CHECK(layout->opcodes.known());
  CHECK(layout->owners.generator.is(1));
  // Published nowhere, taken over because everything that is published about the struct agrees.
  CHECK(layout->thread.datastack_limit == L15::thread.datastack_limit);
  CHECK(layout->unicode.kind == L15::unicode.kind);
}

TEST_CASE("every layout that has a table is read back from one") {
  test::for_each_layout([](auto layout) {
    if (layout.published_map.count == 0) return;
    INFO(std::string(decltype(layout)::tag) + " " + std::string(name_of(layout.build.arch)));
    const auto words = table_of(layout);
    const auto read_back = layout.build.arch == Arch::x86_64
                               ? read<layouts::All_x86_64>(words, Arch::x86_64)
                               : read<layouts::All_aarch64>(words, Arch::aarch64);
    REQUIRE(read_back);
    for_each_difference(as_published(layout), *read_back, [](const LayoutDifference& difference) {
      FAIL_CHECK(std::string(difference.group) + "." + std::string(difference.member));
    });
    CHECK(read_back->frame.tlbc_index.present() == layout.frame.tlbc_index.present());
    CHECK(read_back->gil.enabled.present() == layout.build.free_threaded);
  });
}

TEST_CASE("a struct that differs keeps what is published and loses the rest") {
  auto words = recorded();
  const std::uint16_t at = word_of<L15>("thread", "native_thread_id");
  REQUIRE(words[at] == 184);
  words[at] = 192;
  const auto layout = read(words);
  REQUIRE(layout);
  CHECK(layout->thread.native_thread_id.offset == 192);
  CHECK(layout->thread.current_frame.offset == 72);
  CHECK(!layout->thread.datastack_limit.present());
  CHECK(!layout->thread.id.present());
  CHECK(!layout->thread.exc_info.present());
  CHECK(layout->chunk.data == L15::chunk.data);
  CHECK(layout->opcodes.known());
  CHECK(!same_places(published_form<L15>, *layout));
}

TEST_CASE("sizes are taken from the table and never compared") {
  auto words = recorded();
  words[word_of<L15>("thread", "size")] += 8;
  words[word_of<L15>("interpreter", "size")] += 4096;
  words[word_of<L15>("runtime", "size")] += 8192;
  const auto layout = read(words);
  REQUIRE(layout);
  CHECK(layout->thread.size == L15::thread.size + 8);
  CHECK(same_places(published_form<L15>, *layout));
  CHECK(layout->thread.datastack_limit.present());
}

TEST_CASE("what says how long a string is comes before its text") {
  auto words = recorded();
  words[word_of<L15>("unicode", "size")] = 4096;
  words[word_of<L15>("unicode", "kind")] = 2048;
  CHECK(read(words).error().code == Errc::bad_value);
  words[word_of<L15>("unicode", "kind")] = 32;
  words[word_of<L15>("unicode", "compact_data")] = 2048;
  CHECK(read(words).error().code == Errc::struct_too_large);
}

TEST_CASE("an unknown newer minor version has what it publishes, no instructions, no constants") {
  auto words = recorded();
  words[1] = 0x031000f0;
  words[word_of<L15>("interpreter", "size")] += 16;
  words[word_of<L15>("thread", "native_thread_id")] += 8;
  const auto layout = read(words);
  REQUIRE(layout);
  CHECK(layout->build.minor == 16);
  CHECK(layout->thread.current_frame.offset == 72);
  CHECK(layout->thread.native_thread_id.offset == 192);
  CHECK(schema::is_walkable(*layout));
  // These structs are not what they were.
  CHECK(!layout->thread.datastack_limit.present());
  CHECK(!layout->thread.status_holds_gil.present());
  CHECK(!layout->interpreter.threads_next_unique_id.present());
  // These are, as far as the table goes.
  CHECK(layout->code.framesize == L15::code.framesize);
  CHECK(layout->code.units == L15::code.units);
  CHECK(layout->chunk.data.present());
  CHECK(layout->owners.generator.present());
  CHECK(layout->unicode.kind.present());
  // Numbers change from version to version.
  CHECK(!layout->opcodes.known());
  CHECK(!layout->states.executing.present());
  CHECK(!layout->dict_keys.indices.present());
}

TEST_CASE("a newer table whose words moved is not believed") {
  for (std::size_t at = 3; at < recorded_3_15_2.size(); ++at) {
    auto words = recorded();
    words[1] = 0x031000f0;
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(at), 64);
    const auto layout = read(words);
    INFO(at);
    if (layout) {
      // Behind the words that we use, an insertion changes nothing.
      CHECK(same_places(*read([] {
        auto w = recorded();
        w[1] = 0x031000f0;
        return w;
      }()),
                        *layout));
    } else {
      CHECK(layout.error().code == Errc::unsupported_version);
    }
  }
}

TEST_CASE("pre-releases and what came before tables are refused") {
  auto words = recorded();
  words[1] = 0x030f00b3;
  CHECK(read(words).error().code == Errc::unsupported_prerelease);
  words[1] = 0x031000a1;
  CHECK(read(words).error().code == Errc::unsupported_prerelease);
  CHECK(read(words).error().at == Address{0x031000a1});
  words[1] = 0x030c01f0;
  CHECK(read(words).error() == Error{Errc::unsupported_version, 0, {0x030c01f0}});
  CHECK(read<TypeList<layouts::cpython_3_11_x86_64>>(recorded()).error().code ==
        Errc::unsupported_version);
  CHECK(read(recorded(), Arch::aarch64).error().code == Errc::unsupported_version);
}

TEST_CASE("a table that ends early is refused") {
  for (std::size_t words : {3U, 4U, 50U, 110U}) {
    CHECK(read_published(AllLayouts{}, as_table(recorded_3_15_2).first(words * 8), L15::build.arch)
              .error()
              .code == (native_arch == Arch::x86_64 ? Errc::truncated : Errc::unsupported_version));
  }
}

TEST_CASE("no word gets through that is not a place in its struct") {
  const auto refused = [](std::string_view group, std::string_view name, std::uint64_t value) {
    auto words = recorded();
    words[word_of<L15>(group, name)] = value;
    return !read(words).has_value();
  };
  CHECK(refused("thread", "current_frame", 73));          // not aligned
  CHECK(refused("thread", "current_frame", 80));          // on top of base_frame
  CHECK(refused("thread", "current_frame", 1U << 20));    // outside
  CHECK(refused("thread", "current_frame", ~0ULL));       // -1
  CHECK(refused("thread", "current_frame", 1ULL << 32));  // 0 once truncated
  CHECK(refused("frame", "owner", 88));
  CHECK(refused("frame", "size", 1ULL << 40));
  CHECK(refused("frame", "size", 0));
  CHECK(refused("code", "bytecode", 4096));
  CHECK(refused("object", "type", 0));
  CHECK(refused("unicode", "ascii_data", 56));
  CHECK(refused("interpreter", "own_gil", ~0ULL - 7));
  CHECK(refused("interpreter", "gc_collecting", ~0ULL - 3));
  CHECK(refused("interpreter", "size", 400'000));
}

// A word more in front of a member is one thing, a page another.
TEST_CASE("a build of which more would be copied than there is room for is refused") {
  const auto refusal = [](std::string_view group, std::string_view name, std::uint64_t value) {
    auto words = recorded();
    words[word_of<L15>(group, name)] = value;
    const auto layout = read(words);
    return layout ? Error{} : layout.error();
  };
  const auto thread = refusal("thread", "native_thread_id", copies::Thread::room);
  CHECK(thread == Error{Errc::struct_too_large, 0, {copies::Thread::room + 8}});
  CHECK(refusal("thread", "native_thread_id", copies::Thread::room - 8).code == Errc::ok);
  const std::uint64_t far = L15::interpreter.threads_head.offset + 2 * copies::Interpreter::room;
  const auto interpreter = refusal("interpreter", "code_object_generation", far);
  CHECK(interpreter.code == Errc::struct_too_large);
  CHECK(copies::names_of(copies::All{})[interpreter.at.value >> 32] == "interpreter state");
  CHECK(refusal("code", "size", copies::Code::room + 8).code == Errc::struct_too_large);
  // Nor is a frame read beyond the beginning of its locals.
  CHECK(refusal("frame", "instruction", L15::frame.localsplus.offset).code == Errc::bad_value);
}

TEST_CASE("whatever a hostile table says, an accepted layout is safe to use") {
  std::mt19937_64 random{20261121};
  const auto pick = [&](std::uint64_t n) { return random() % n; };
  const std::uint64_t interesting[] = {
      0, 1, 7, 8, 16, 64, 72, 255, 4096, 1U << 20, 0xffffffff, 1ULL << 32, 1ULL << 63, ~0ULL};
  int accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    auto words = recorded();
    if (pick(2)) words[1] = 0x03000000 | (13 + pick(5)) << 16 | 0xf0;
    if (pick(4) == 0) words[2] = pick(2);
    for (std::uint64_t changes = pick(4); changes > 0; --changes) {
      std::uint64_t& word = words[3 + pick(words.size() - 3)];
      switch (pick(3)) {
        case 0:
          word = interesting[pick(std::size(interesting))];
          break;
        case 1:
          word ^= 1ULL << pick(64);
          break;
        default:
          word = words[3 + pick(words.size() - 3)];
          break;
      }
    }
    if (pick(16) == 0) words.resize(pick(words.size()));
    const auto layout = read(words);
    if (!layout) continue;
    ++accepted;
    REQUIRE(test::is_safe(*layout));
  }
  CHECK(accepted > 100);
}
