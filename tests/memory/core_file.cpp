#include <tachyon/memory/core_file.hpp>

#include <cstdlib>
#include <string>
#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

class TempFile {
 public:
  explicit TempFile(std::string_view content) {
    const int file = ::mkstemp(path.data());
    REQUIRE(file >= 0);
    REQUIRE(::write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    ::close(file);
  }
  ~TempFile() { ::unlink(path.c_str()); }
  std::string path = "/tmp/tachyon-core-XXXXXX";
};

template <class T>
std::string raw(const T& value) {
  return std::string{as_text(std::as_bytes(std::span{&value, 1}))};
}

// A core with one thread, two kept segments and what a test adds.
struct Builder {
  void note(std::uint32_t kind, std::string content) {
    Elf64_Nhdr header{5, static_cast<Elf64_Word>(content.size()), kind};
    content.resize((content.size() + 3) / 4 * 4);
    notes += raw(header) + std::string{"CORE\0\0\0\0", 8} + content;
  }
  void thread(std::int32_t id, std::int16_t signal) {
    std::string status(336, '\0');
    status.replace(12, 2, raw(signal));
    status.replace(32, 4, raw(id));
    note(NT_PRSTATUS, status);
  }
  void process(std::int32_t pid, std::string_view arguments) {
    std::string info(136, '\0');
    info.replace(24, 4, raw(pid));
    info.replace(56, arguments.size(), arguments);
    note(NT_PRPSINFO, info);
  }
  void file(std::uint64_t start, std::uint64_t end, std::uint64_t page, const std::string& path) {
    ++file_count;
    ranges += raw(start) + raw(end) + raw(page);
    paths += path + '\0';
  }
  void segment(std::uint64_t at, std::uint64_t size, const std::string& bytes, unsigned flags) {
    Elf64_Phdr header{};
    header.p_type = PT_LOAD;
    header.p_vaddr = at;
    header.p_memsz = size;
    header.p_filesz = bytes.size();
    header.p_offset = data.size();
    header.p_flags = flags;
    segments.push_back(header);
    data += bytes;
  }
  std::string build() {
    if (file_count) note(NT_FILE, raw(file_count) + raw(std::uint64_t{4096}) + ranges + paths);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = elf_class;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_machine = machine;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<Elf64_Half>(segments.size() + 1);
    Elf64_Phdr first{};
    first.p_type = PT_NOTE;
    first.p_offset = sizeof header + (segments.size() + 1) * sizeof first;
    first.p_filesz = notes.size();
    std::string out = raw(header) + raw(first);
    for (Elf64_Phdr s : segments) {
      s.p_offset += first.p_offset + notes.size();
      out += raw(s);
    }
    return out + notes + data;
  }

  unsigned char elf_class = ELFCLASS64;
  Elf64_Half type = ET_CORE;
  Elf64_Half machine = EM_X86_64;
  std::string notes, ranges, paths, data;
  std::uint64_t file_count = 0;
  std::vector<Elf64_Phdr> segments;
};

std::string text_at(CoreFile& core, std::uint64_t at, std::size_t size) {
  std::string text(size, '?');
  const auto into = std::as_writable_bytes(std::span{text.data(), size});
  const auto read = core.read({at}, into);
  return read ? text : "error";
}

std::string page_of(char c) { return std::string(4096, c); }

}  // namespace

TEST_CASE("core: threads, process and kept memory") {
  Builder b;
  b.thread(501, 11);
  b.thread(502, 0);
  b.process(500, "python3 app.py");
  b.note(NT_AUXV, raw(Elf64_auxv_t{AT_PHDR, {0x400040}}));
  b.segment(0x20000, 4096, page_of('b'), PF_R | PF_W);
  b.segment(0x10000, 4096, page_of('a'), PF_R | PF_W);
  b.segment(0x11000, 4096, page_of('c'), PF_R | PF_W);
  const TempFile file{b.build()};
  auto core = CoreFile::open(file.path);
  REQUIRE(core);
  CHECK(core->pid() == 500);
  CHECK(core->command() == "python3 app.py");
  CHECK(core->program_headers() == Address{0x400040});
  REQUIRE(core->threads().size() == 2);
  CHECK(core->threads()[0].id == 501);
  CHECK(core->threads()[0].signal == 11);
  CHECK(text_at(*core, 0x10ffe, 4) == "aacc");
  CHECK(text_at(*core, 0x20fff, 1) == "b");
  CHECK(text_at(*core, 0x20fff, 2) == "error");
  CHECK(text_at(*core, 0xffff, 1) == "error");
  CHECK(text_at(*core, 0xfffffffffffffff0, 32) == "error");
}

TEST_CASE("core: what it lacks comes from the file it names, if that is still the same") {
  const std::string content = page_of('h') + page_of('x') + page_of('y');
  const TempFile program{content};
  for (const bool changed : {false, true}) {
    Builder b;
    b.thread(1, 0);
    b.file(0x400000, 0x401000, 0, program.path);
    b.file(0x401000, 0x403000, 1, program.path);
    b.file(0x500000, 0x501000, 2, program.path);
    b.segment(0x400000, 4096, changed ? page_of('H') : page_of('h'), PF_R);
    b.segment(0x401000, 8192, "", PF_R | PF_X);            // the kernel's way
    b.segment(0x600000, 8192, page_of('d'), PF_R | PF_W);  // second page unknown
    const TempFile file{b.build()};                        // 0x500000 is not mentioned: gdb's way
    auto core = CoreFile::open(file.path);
    REQUIRE(core);
    CHECK(text_at(*core, 0x401ffe, 4) == (changed ? "error" : "xxyy"));
    CHECK(text_at(*core, 0x500ffe, 2) == (changed ? "error" : "yy"));
    CHECK(text_at(*core, 0x500fff, 2) == "error");
    CHECK(text_at(*core, 0x600ffe, 2) == "dd");
    CHECK(text_at(*core, 0x600fff, 2) == "error");
    CHECK(core->missing().size() == (changed ? 1U : 0U));
  }
}

TEST_CASE("core: the program's file may be given") {
  const TempFile program{page_of('h') + page_of('x')};
  Builder b;
  b.thread(1, 0);
  b.note(NT_AUXV, raw(Elf64_auxv_t{AT_PHDR, {0x400040}}));
  b.file(0x400000, 0x402000, 0, "/no/such/file");
  b.segment(0x400000, 4096, page_of('h'), PF_R);
  const TempFile file{b.build()};
  auto without = CoreFile::open(file.path);
  REQUIRE(without);
  CHECK(text_at(*without, 0x401000, 1) == "error");
  REQUIRE(without->missing().size() == 1);
  CHECK(without->missing()[0] == "/no/such/file");
  auto with = CoreFile::open(file.path, program.path);
  REQUIRE(with);
  CHECK(text_at(*with, 0x401000, 1) == "x");
  CHECK(with->missing().empty());
}

TEST_CASE("core: other files are refused, each for its reason") {
  const auto code = [](const std::string& content) {
    const TempFile file{content};
    return CoreFile::open(file.path).error().code;
  };
  CHECK(CoreFile::open("/no/such/core").error() == Error{Errc::cannot_open, ENOENT, {}});
  CHECK(CoreFile::open("/tmp").error().code == Errc::not_a_core);
  CHECK(code("") == Errc::not_a_core);
  CHECK(
      code("plain text, a little longer than an ELF header would be, so that it is read at all") ==
      Errc::not_a_core);
  const auto with = [](auto&& change) {
    Builder b;
    b.thread(1, 0);
    b.segment(0x1000, 4096, page_of('a'), PF_R);
    change(b);
    return b.build();
  };
  CHECK(code(with([](Builder& b) { b.type = ET_DYN; })) == Errc::not_a_core);
  CHECK(code(with([](Builder& b) { b.elf_class = ELFCLASS32; })) == Errc::unsupported_arch);
  CHECK(code(with([](Builder& b) { b.machine = EM_S390; })) == Errc::unsupported_arch);
  CHECK(code(with([](Builder& b) { b.segments[0].p_filesz = 5000; })) == Errc::damaged);
  CHECK(code(with([](Builder& b) { b.segments[0].p_vaddr = ~0ULL - 10; })) == Errc::damaged);
  CHECK(code(with([](Builder& b) { b.segments.clear(); })) == Errc::damaged);
  CHECK(code(with([](Builder&) {})) == Errc::ok);
}

TEST_CASE("core: cut off anywhere, it is refused") {
  Builder b;
  b.thread(1, 0);
  b.process(1, "x");
  b.file(0x1000, 0x2000, 0, "/a");
  b.segment(0x1000, 64, std::string(64, 'a'), PF_R);
  const std::string whole = b.build();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const TempFile file{whole.substr(0, size)};
    const Errc code = CoreFile::open(file.path).error().code;
    INFO(size);
    CHECK((code == Errc::not_a_core || code == Errc::truncated));
  }
}

TEST_CASE("core: forged tables of files cost no more than honest ones") {
  Builder b;
  b.thread(1, 0);
  b.segment(0x1000, 64, std::string(64, 'a'), PF_R);
  // All of them cover everything, and none exists.
  for (int i = 0; i < 65536; ++i) b.file(0x1000, ~0ULL, 0, "/no/such/" + std::to_string(i));
  const TempFile file{b.build()};
  auto core = CoreFile::open(file.path);
  REQUIRE(core);
  CHECK(core->files().size() == 65536);
  CHECK(core->missing().size() == 400);
  CHECK(text_at(*core, 0x1000, 2) == "aa");
}
