#include <tachyon/kernel/btf.hpp>

#include <cstring>
#include <string>
#include <vector>
#include <catch2/catch.hpp>

namespace tachyon::kernel::test {
namespace {

// Types written by hand, behind the header that the kernel's file has.
struct FakeTypes {
  std::uint32_t name(std::string_view text) {
    const auto at = static_cast<std::uint32_t>(strings.size());
    strings += text;
    strings += '\0';
    return at;
  }
  void add(std::string_view text, std::uint32_t info, std::vector<std::uint32_t> rest) {
    types.insert(types.end(), {name(text), info, 64});
    types.insert(types.end(), rest.begin(), rest.end());
  }
  std::string file() const {
    const auto size = static_cast<std::uint32_t>(types.size() * 4);
    const detail::BtfHeader header{0xeb9f, 1,    0,    24,
                                   0,      size, size, static_cast<std::uint32_t>(strings.size())};
    std::string out(reinterpret_cast<const char*>(&header), sizeof header);
    out.append(reinterpret_cast<const char*>(types.data()), size);
    return out + strings;
  }

  std::string strings = std::string(1, '\0');
  std::vector<std::uint32_t> types{};
};

FakeTypes small_file() {
  FakeTypes made;
  made.add("int", 1U << 24, {0x20});
  made.add("", 2U << 24, {});
  made.add("list", 3U << 24, {1, 1, 8});
  made.add("task_struct", 9U << 24, {});  // not a struct
  made.add("other", 4U << 24 | 1, {made.name("__state"), 1, 64});
  made.add("task_struct", 4U << 24 | 3,
           {made.name("info"), 1, 0, made.name("__state"), 1, 192, made.name("odd"), 1, 193});
  return made;
}

}  // namespace

TEST_CASE("kernel types: where a member is", "[kernel]") {
  const std::string file = small_file().file();
  CHECK(btf_member(as_bytes(file), "task_struct", "__state") == 24);
  CHECK(btf_member(as_bytes(file), "task_struct", "info") == 0);
  CHECK(btf_member(as_bytes(file), "other", "__state") == 8);
  CHECK_FALSE(btf_member(as_bytes(file), "task_struct", "odd"));  // amid a byte
  CHECK_FALSE(btf_member(as_bytes(file), "task_struct", "__stat"));
  CHECK_FALSE(btf_member(as_bytes(file), "task_struct", "__state_"));
  CHECK_FALSE(btf_member(as_bytes(file), "task", "__state"));
}

TEST_CASE("kernel types: offsets that share their word with a width", "[kernel]") {
  FakeTypes made;
  made.add("task_struct", 1U << 31 | 4U << 24 | 1, {made.name("__state"), 1, 3U << 24 | 320});
  CHECK(btf_member(as_bytes(made.file()), "task_struct", "__state") == 40);
}

TEST_CASE("kernel types: a file that is cut off, or lies", "[kernel]") {
  const std::string file = small_file().file();
  for (std::size_t size = 0; size < file.size(); ++size) {
    CHECK_FALSE(btf_member(as_bytes(file.substr(0, size)), "task_struct", "__state"));
  }
  std::string other = file;
  other[0] = 0;
  CHECK_FALSE(btf_member(as_bytes(other), "task_struct", "__state"));
  FakeTypes made = small_file();
  made.types[1] = 30U << 24;  // a kind of tomorrow: how long it is is unknown
  CHECK_FALSE(btf_member(as_bytes(made.file()), "task_struct", "__state"));
  made = small_file();
  made.types[1] = 4U << 24 | 0xffff;
  CHECK_FALSE(btf_member(as_bytes(made.file()), "task_struct", "__state"));
}

TEST_CASE("kernel types: this kernel says where a task's state is, or does not", "[kernel]") {
  const auto state = find_task_state();
  if (!state) {
    WARN("skipped: there is no " << btf_of_kernel);
    return;
  }
  CHECK(*state > 0);
  CHECK(*state < 8192);
}

}  // namespace tachyon::kernel::test
