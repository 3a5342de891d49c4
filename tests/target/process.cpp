#include <tachyon/target/process.hpp>

#include <csignal>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <catch2/catch.hpp>

using namespace tachyon;

TEST_CASE("process: the lines of status that count") {
  const ProcessStatus status = parse_process_status(
      "Name:\tpy: thon\nState:\tS "
      "(sleeping)\nTgid:\t900\nTracerPid:\t12\nUid:\t1000\t1001\t1002\t1003\n"
      "Gid:\t5\t6\t7\t8\nNSpid:\t900\t45\t1\nThreads:\t7\nCapEff:\t000001ffffffffff\n"
      "CapBnd:\t00000000a80425fb\n"
      "NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n");
  CHECK(status.name == "py: thon");
  CHECK(status.process == 900);
  CHECK(status.tracer == 12);
  CHECK(status.real_user == 1000);
  CHECK(status.user == 1001);
  CHECK(status.saved_user == 1002);
  CHECK(status.group == 6);
  CHECK(status.real_group == 5);
  CHECK(status.saved_group == 7);
  CHECK(status.obtainable == 0xa80425fb);
  CHECK(status.ids == std::vector<std::int32_t>{900, 45, 1});
  CHECK(status.threads == 7);
  CHECK(status.capabilities == 0x1ffffffffff);
  CHECK(status.no_new_privileges);
  CHECK(status.seccomp == 2);
  CHECK(parse_process_status("").ids.empty());
  CHECK(parse_process_status("NSpid:\t\nUid:\nName:\nName").ids.empty());
}

TEST_CASE("process: about ourselves") {
  const auto self = Process::open(::getpid());
  REQUIRE(self);
  CHECK(self->stat()->parent == ::getppid());
  CHECK(self->status()->process == ::getpid());
  CHECK(self->status()->user == ::geteuid());
  CHECK_FALSE(self->command_line()->empty());
  CHECK(self->executable()->starts_with("/"));
  CHECK(self->working_directory()->starts_with("/"));
  CHECK(*self->name_space("pid") != 0);
  CHECK_FALSE(self->name_space("nonsense"));
  const auto maps = self->maps();
  REQUIRE(maps);
  CHECK(maps->skipped() == 0);
  static int here = 0;
  const Mapping* own = maps->find({reinterpret_cast<std::uint64_t>(&here)});
  REQUIRE(own);
  CHECK(own->writable);
  const Mapping* program = maps->find(*self->program_headers());
  REQUIRE(program);
  CHECK(program->path == *self->executable());
}

TEST_CASE("process: threads and their names") {
  std::atomic<std::int32_t> task{0};
  std::atomic<bool> stop{false};
  std::thread thread{[&] {
    ::prctl(PR_SET_NAME, "a) S b");
    task = static_cast<std::int32_t>(::syscall(SYS_gettid));
    while (!stop) std::this_thread::yield();
  }};
  while (task == 0) std::this_thread::yield();
  const auto self = Process::open(::getpid());
  const auto tasks = self->tasks();
  REQUIRE(tasks);
  CHECK(std::count(tasks->begin(), tasks->end(), task) == 1);
  CHECK(std::count(tasks->begin(), tasks->end(), ::getpid()) == 1);
  CHECK(*self->thread_name(task) == "a) S b");
  stop = true;
  thread.join();
}

TEST_CASE("process: an ended process is not its successor") {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) ::pause();
  }
  const auto process = Process::open(pid);
  REQUIRE(process);
  CHECK(process->stat());
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  CHECK(process->stat().error().code == Errc::no_such_process);
  CHECK(process->maps().error().code == Errc::no_such_process);
  CHECK(process->tasks().error().code == Errc::no_such_process);
}

TEST_CASE("process: a mapped file is found again, replaced or not") {
  char path[] = "/tmp/tachyon-test-XXXXXX";
  const int file = ::mkstemp(path);
  REQUIRE(file >= 0);
  REQUIRE(::write(file, "mapped", 6) == 6);
  void* const at = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  ::close(file);
  const auto self = Process::open(::getpid());
  const auto find = [&] {
    const auto maps = self->maps();
    return *maps->find({reinterpret_cast<std::uint64_t>(at)});
  };
  const auto content = [](const Descriptor& f) {
    std::array<std::byte, 6> text;
    REQUIRE(read_at(f, 0, text));
    return std::string{as_text(text)};
  };
  Mapping mapping = find();
  CHECK(mapping.path == path);
  CHECK(content(self->open_mapped(mapping)->file) == "mapped");
  Mapping moved = mapping;  // no such link: the paths are tried
  moved.end = moved.end + 4096;
  const auto by_path = self->open_mapped(moved);
  REQUIRE(by_path);
  CHECK(by_path->by != OpenedBy::map_files);
  CHECK(content(by_path->file) == "mapped");
  ::unlink(path);
  const Descriptor other{::open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)};
  REQUIRE(::write(other.get(), "other!", 6) == 6);
  mapping = find();
  CHECK(mapping.deleted);
  CHECK(mapping.path == path);
  if (const auto link = self->open_mapped(mapping)) {
    CHECK(link->by == OpenedBy::map_files);
    CHECK(content(link->file) == "mapped");
  } else {
    WARN("no right to follow map_files here: the deleted file stays out of reach");
  }
  moved = mapping;
  moved.end = moved.end + 4096;
  CHECK(self->open_mapped(moved).error().code == Errc::cannot_open);
  ::unlink(path);
  ::munmap(at, 4096);
}
