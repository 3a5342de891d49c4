#include "launch.hpp"

#include <thread>
#include <catch2/catch.hpp>

#include "signals.hpp"

using namespace tachyon::tool;
using namespace std::chrono_literals;

namespace {

// A folder of its own that is the current one, and a PATH of our making.
class Sandbox {
 public:
  Sandbox() {
    char name[] = "/tmp/tachyon-launch-XXXXXX";
    REQUIRE(::mkdtemp(name));
    folder_ = name;
    char before[4096];
    REQUIRE(::getcwd(before, sizeof before));
    before_ = before;
    path_ = std::getenv("PATH") ? std::getenv("PATH") : "";
    REQUIRE(::chdir(name) == 0);
    REQUIRE(::mkdir("bin", 0755) == 0);
    file("bin/python3", "#!/bin/sh\n", 0755);
    file("bin/python3.99", "#!/bin/sh\n", 0755);
    file("bin/tool", "#!/bin/sh\n", 0755);
    ::setenv("PATH", (folder_ + "/bin").c_str(), 1);
  }
  ~Sandbox() {
    ::setenv("PATH", path_.c_str(), 1);
    CHECK(::chdir(before_.c_str()) == 0);
    CHECK(std::system(("/bin/rm -r " + folder_).c_str()) == 0);
  }

  void file(const std::string& name, std::string_view text, mode_t mode = 0644) const {
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC, mode);
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(fd);
  }
  std::string bin(std::string_view name) const { return concat(folder_, "/bin/", name); }

 private:
  std::string folder_, before_, path_;
};

Invocation planned(const ProgramWords& words) {
  const Planned plan = plan_program(words);
  if (const auto* why = std::get_if<std::string>(&plan)) FAIL(*why);
  return std::get<Invocation>(plan);
}
std::string refused(const ProgramWords& words) {
  const Planned plan = plan_program(words);
  REQUIRE(std::holds_alternative<std::string>(plan));
  return std::get<std::string>(plan);
}
ProgramWords words(std::vector<std::string> all) {
  return {std::move(all), false, false, false, {}};
}
ProgramWords separated(std::vector<std::string> all) {
  return {std::move(all), false, false, true, {}};
}
using Words = std::vector<std::string>;

std::variant<Child, std::string> start(const Invocation& invocation, Streams streams,
                                       bool keep_running = false, const sigset_t* mask = nullptr) {
  auto child = Child::prepare(invocation, streams, keep_running, mask);
  if (auto* ready = std::get_if<Child>(&child)) {
    if (auto why = ready->release()) return std::move(*why);
  }
  return child;
}
Child started(const Words& all, Streams streams = Streams::shared) {
  auto child = start({all[0], all}, streams);
  if (const auto* why = std::get_if<std::string>(&child)) FAIL(*why);
  return std::get<Child>(std::move(child));
}
// A busy machine takes its time to start a shell.
bool comes_to_be(const char* path) {
  for (int i = 0; i < 60'000 && ::access(path, F_OK) != 0; ++i) std::this_thread::sleep_for(1ms);
  return ::access(path, F_OK) == 0;
}
Ending ran(std::string code) { return started({"/bin/sh", "-c", std::move(code)}).wait(); }

}  // namespace

TEST_CASE("a script runs under its own interpreter, else python3") {
  const Sandbox box;
  box.file("plain.py", "print()\n");
  box.file("newer.py", "#!/usr/bin/env -S python3.99 -O -u\n");
  box.file("fixed.py", "#!" + box.bin("python3.99") + " -X dev\n");
  box.file("gone.py", "#!/no/such/python2\n");
  box.file("-odd", "print()\n");

  CHECK(planned(words({"plain.py", "a", "-r"})).words == Words{"python3", "plain.py", "a", "-r"});
  CHECK(planned(words({"plain.py"})).executable == box.bin("python3"));
  CHECK(planned(words({"newer.py", "x"})).words ==
        Words{"python3.99", "-O", "-u", "newer.py", "x"});
  CHECK(planned(words({"newer.py"})).executable == box.bin("python3.99"));
  CHECK(planned(words({"fixed.py"})).words ==
        Words{box.bin("python3.99"), "-X", "dev", "fixed.py"});
  CHECK(planned(words({"gone.py"})).words == Words{"python3", "gone.py"});
  CHECK(planned(words({"-odd"})).words == Words{"python3", "./-odd"});
  CHECK(planned(separated({"plain.py", "-z"})).words == Words{"python3", "plain.py", "-z"});
}

TEST_CASE("modules, text and standard input are Python's own options") {
  const Sandbox box;
  CHECK(planned({{"json.tool", "x"}, true, false, false, {}}).words ==
        Words{"python3", "-m", "json.tool", "x"});
  CHECK(planned({{"-1", "x"}, false, true, false, {}}).words == Words{"python3", "-c", "-1", "x"});
  CHECK(planned(words({"-", "x"})).words == Words{"python3", "-", "x"});
}

TEST_CASE("--python wins; it may be a path, a name or a virtual environment") {
  const Sandbox box;
  box.file("newer.py", "#!/usr/bin/env python3.99\n");
  REQUIRE(::mkdir("venv", 0755) == 0);
  REQUIRE(::mkdir("venv/bin", 0755) == 0);
  box.file("venv/bin/python", "#!/bin/sh\n", 0755);
  const auto with = [](std::string python) {
    return ProgramWords{{"newer.py"}, false, false, false, std::move(python)};
  };
  CHECK(planned(with("python3")).words == Words{"python3", "newer.py"});
  CHECK(planned(with("venv")).executable == "venv/bin/python");
  CHECK(planned(with(box.bin("python3"))).executable == box.bin("python3"));
  CHECK_THAT(refused(with("python4")), Catch::Contains("there is no interpreter 'python4'"));
  CHECK_THAT(refused(with("newer.py")), Catch::Contains("there is no interpreter 'newer.py'"));
  CHECK_THAT(refused(with("./newer.py")), Catch::Contains("it is not executable"));
  CHECK_THAT(refused(with("bin")), Catch::Contains("'bin/bin/python'"));
}

TEST_CASE("folders and zip applications") {
  const Sandbox box;
  REQUIRE(::mkdir("app", 0755) == 0);
  CHECK_THAT(refused(words({"app"})), Catch::Contains("has no __main__.py"));
  box.file("app/__main__.py", "print()\n");
  box.file("app.pyz", "#!/usr/bin/env python3.99\nPK...");
  CHECK(planned(words({"app", "x"})).words == Words{"python3", "app", "x"});
  CHECK(planned(words({"app.pyz"})).words == Words{"python3.99", "app.pyz"});
}

TEST_CASE("commands start themselves") {
  const Sandbox box;
  box.file("wrapper", "#!/bin/sh\nexec python3 \"$@\"\n", 0755);
  box.file("script", "#!/usr/bin/env python3\n", 0755);
  box.file("text", "hello\n");
  CHECK(planned(separated({"tool", "a"})).executable == box.bin("tool"));
  CHECK(planned(separated({"tool", "a"})).words == Words{"tool", "a"});
  CHECK(planned(separated({"python3.99", "-O", "x.py"})).words ==
        Words{"python3.99", "-O", "x.py"});
  CHECK(planned(words({"./wrapper", "a"})).words == Words{"./wrapper", "a"});
  CHECK(planned(words({"./script", "a"})).words == Words{"python3", "./script", "a"});
  CHECK_THAT(refused(separated({"nothing"})), Catch::Contains("'nothing' on PATH"));
  CHECK_THAT(refused(separated({"./nothing"})), Catch::Contains("there is no command './nothing'"));
}

TEST_CASE("what cannot be started is refused before anything starts") {
  const Sandbox box;
  CHECK(refused(words({"missing.py"})) == "there is no file 'missing.py'");
  CHECK(refused(words({"tool"})) ==
        "there is no file 'tool'; to run the command write: tachyon run -- tool");
  CHECK(refused(words({"http.server"})) ==
        "there is no file 'http.server'; to run a module write: tachyon run -m http.server");
  if (::geteuid() != 0) {
    box.file("secret.py", "print()\n", 0);
    CHECK_THAT(refused(words({"secret.py"})), Catch::Contains("cannot read 'secret.py'"));
  }
  ::setenv("PATH", "/nowhere", 1);
  box.file("plain.py", "print()\n");
  CHECK(refused(words({"plain.py"})) ==
        "there is no python3 on PATH; say which interpreter with --python PATH");
}

TEST_CASE("a program's end is told as a shell tells it") {
  CHECK(ran("exit 0").code() == 0);
  CHECK(ran("exit 3").code() == 3);
  CHECK(ran("exit 255").code() == 255);
  CHECK(ran("kill -SEGV $$").code() == 139);
  CHECK(ran("kill -TERM $$").by_signal());
}

TEST_CASE("a program that cannot be executed is known at once") {
  const Sandbox box;
  box.file("noformat", "\x01\x02\x03", 0755);
  box.file("noloader", "#!/no/such/interpreter\n", 0755);
  for (const char* path : {"./noformat", "./noloader", "/no/such/file", "/etc"}) {
    const auto child = start({path, {path}}, Streams::shared);
    REQUIRE(std::holds_alternative<std::string>(child));
    CHECK_THAT(std::get<std::string>(child), Catch::StartsWith("cannot start '"));
  }
}

TEST_CASE("a program is stopped in order, or the hard way") {
  Child obeys = started({"/bin/sleep", "60"});
  CHECK_FALSE(obeys.poll());
  CHECK(obeys.stop(SIGTERM).signal() == SIGTERM);
  CHECK(obeys.poll()->code() == 128 + SIGTERM);

  const Sandbox box;
  Child stubborn = started(
      {"/bin/sh", "-c", "trap '' TERM; echo; echo > deaf; while :; do /bin/sleep 0.05; done"},
      Streams::hidden);
  CHECK(comes_to_be("deaf"));
  CHECK(stubborn.stop(SIGTERM, 100ms).signal() == SIGKILL);

  Child polite = started(
      {"/bin/sh", "-c", "trap 'exit 5' TERM; echo > hears; while :; do /bin/sleep 0.01; done"});
  CHECK(comes_to_be("hears"));
  CHECK(polite.stop(SIGTERM, 60s).code() == 5);
}

TEST_CASE("a program that is never released does not start") {
  const Sandbox box;
  {
    const auto child = Child::prepare({"/bin/sh", {"sh", "-c", "echo > started"}});
    REQUIRE(std::holds_alternative<Child>(child));
    CHECK(std::get<Child>(child).pid() > 0);
    std::this_thread::sleep_for(50ms);
  }
  CHECK(::access("started", F_OK) != 0);
  {
    auto child = Child::prepare({"/bin/sh", {"sh", "-c", "echo > started"}});
    CHECK_FALSE(std::get<Child>(child).release());
    CHECK(std::get<Child>(child).wait().code() == 0);
  }
  CHECK(::access("started", F_OK) == 0);
}

TEST_CASE("a forgotten program is ended, one to be kept is not") {
  pid_t forgotten = 0, kept = 0;
  {
    Child child = started({"/bin/sleep", "60"});
    forgotten = child.pid();
    auto other = start({"/bin/sleep", {"sleep", "60"}}, Streams::shared, true);
    kept = std::get<Child>(other).pid();
  }
  CHECK(::kill(forgotten, 0) != 0);
  CHECK(::kill(kept, SIGKILL) == 0);
  CHECK(::waitpid(kept, nullptr, 0) == kept);
}

TEST_CASE("hidden streams: nothing in, nothing out, errors kept") {
  Child child = started({"/bin/sh", "-c", "cat; echo out; echo err >&2"}, Streams::hidden);
  CHECK(child.wait().code() == 0);
  CHECK(child.errors() == "err\n");
}

TEST_CASE("the program gets the signals that we came with, and hangs up when we die") {
  // A process in between stands for tachyon: it blocks signals, starts a program, and dies.
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t middle = ::fork();
  if (middle == 0) {
    const Signals signals;
    // The last word is said when the program is there and waits.
    const Invocation invocation{
        "/bin/sh",
        {"sh", "-c", "grep SigBlk /proc/self/status >&$0; echo >&8; exec sleep 60", "9"}};
    int there[2];
    if (::pipe(there) != 0) ::_exit(1);
    (void)::dup2(there[1], 8);
    (void)::dup2(ends[1], 9);
    auto child = start(invocation, Streams::shared, false, &signals.before());
    auto* started_child = std::get_if<Child>(&child);
    const pid_t pid = started_child ? started_child->pid() : 0;
    char byte = 0;
    if (pid != 0) (void)!::read(there[0], &byte, 1);
    (void)!::write(ends[1], &pid, sizeof pid);
    ::kill(::getpid(), SIGKILL);
  }
  ::close(ends[1]);
  std::string told;
  char buffer[256];
  // The program holds the other end: end of file comes when it has gone.
  for (ssize_t got = 0; (got = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
    told.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  CHECK(::waitpid(middle, nullptr, 0) == middle);
  CHECK_THAT(told, Catch::Contains("SigBlk:\t0000000000000000"));
  pid_t program = 0;
  REQUIRE(told.size() >= sizeof program);
  std::memcpy(&program, told.data() + told.size() - sizeof program, sizeof program);
  CHECK(program > 0);
}

TEST_CASE("signals are read, not suffered") {
  const pid_t child = ::fork();
  if (child == 0) {
    Signals signals;
    if (signals.next()) ::_exit(1);
    ::kill(::getpid(), SIGTERM);
    ::kill(::getpid(), SIGPIPE);
    const auto got = signals.next();
    ::_exit(got && got->number == SIGTERM && !got->from_terminal && !signals.next() ? 42 : 2);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WEXITSTATUS(status) == 42);
}
