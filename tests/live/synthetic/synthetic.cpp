// The live display over a program that does not exist.
//
// Tests of the display need a target whose samples are known: this one is a handful of functions of
// program.py, run by threads that follow a fixed pseudo-random sequence, at real pace. Options are
// key=value; see Script.

#include <atomic>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include <tachyon/live/app.hpp>

namespace {

using namespace tachyon;

struct Script {
  std::uint64_t rate = 1000;
  std::uint64_t functions = 0;  // more of them, besides the named ones
  std::uint64_t threads = 3;
  std::uint64_t depth = 0;      // frames below everything
  std::uint64_t duration = 0;   // ms; 0 = until stopped
  std::uint64_t torn = 0;       // of a hundred ticks
  std::uint64_t recursion = 0;  // of `checksum`
  std::uint64_t refresh = 100;  // ms
  std::uint64_t least = 200;
  std::uint64_t slowed = 0;  // us between looks from the start on, as a session says it
  std::uint64_t crash = 0;   // ms until the sampling thread crashes
  bool opcodes = false;
  bool tasks = false;
  bool processes = false;
  bool odd_names = false;
  bool exits = false;  // the duration ends as "the program has ended"
  bool gil_mode = false;
  std::string folder{"."};
};

std::uint64_t clock_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

class FakeSession {
 public:
  explicit FakeSession(const Script& script) : script_{script} {
    make_threads();
    make_stacks();
  }

  SharedTables& tables() { return shared_; }
  void stop() noexcept { stop_.store(true); }
  void save(std::string path, live::Mailbox& mailbox) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    if (file == nullptr) return mailbox.say({"cannot write " + path, false});
    std::fprintf(file, "%llu ticks\n", static_cast<unsigned long long>(ticks_.load()));
    std::fclose(file);
    mailbox.say({"saved to " + path, true});
  }

  live::Ending sample(live::Feed& feed) {
    if (script_.processes) tell_processes(feed);
    if (script_.slowed != 0) feed.mailbox().interval(script_.slowed * 1000);
    const std::uint64_t interval = 1'000'000'000 / script_.rate;
    const std::uint64_t began = clock_now();
    for (std::uint64_t n = 1; !stop_.load(); ++n) {
      const std::uint64_t due = began + n * interval;
      while (clock_now() < due && !stop_.load()) nap(due);
      const std::uint64_t time = n * interval;
      if (script_.crash != 0 && time > script_.crash * 1'000'000) std::abort();
      if (script_.duration != 0 && time > script_.duration * 1'000'000) {
        return script_.exits ? live::Ending{live::End::exited, "exit status 0"}
                             : live::Ending{live::End::duration, {}};
      }
      tick(feed, time, interval);
      ticks_.store(n);
    }
    return {live::End::stopped, {}};
  }

 private:
  void nap(std::uint64_t until) {
    const std::uint64_t now = clock_now();
    if (until <= now) return;
    const std::uint64_t rest = until - now < 50'000'000 ? until - now : 50'000'000;
    const timespec pause{0, static_cast<long>(rest)};
    nanosleep(&pause, nullptr);
  }
  std::uint64_t random() {
    seed_ = seed_ * 6364136223846793005U + 1442695040888963407U;
    return seed_ >> 33;
  }

  void tick(live::Feed& feed, std::uint64_t time, std::uint64_t interval) {
    if (random() % 100 < script_.torn) {
      feed.end_tick({time, interval, TickOutcome::torn, 0});
      return;
    }
    for (std::uint32_t i = 0; i < tables_.threads.size(); ++i) {
      const Status status = (i == 0 ? Status::main_thread | Status::has_gil : Status::none) |
                            (random() % 10 == 0 ? Status::gil_requested : Status::none);
      feed.add({ThreadIndex{i}, stacks_[random() % stacks_.size()], status, time, interval});
    }
    feed.end_tick({time, interval, TickOutcome::taken, 0});
  }

  void make_threads() {
    for (std::uint64_t i = 0; i < script_.threads; ++i) {
      Thread thread;
      thread.process = script_.processes && i % 2 == 1 ? 4322 : 4321;
      thread.id = 4321 + i;
      thread.name = i == 0 ? "python3" : "worker-" + std::to_string(i);
      thread.main = i == 0;
      tables_.threads.intern(thread);
    }
  }
  void tell_processes(live::Feed& feed) {
    feed.mailbox().processes({{4321, 1, "python3 program.py", false},
                              {4322, 4321, "python3 -c worker", false},
                              {4323, 4322, "python3 -c grandchild", true}});
  }

  FunctionId function(std::string_view name, std::string_view file, std::int32_t line) {
    FrameTable& frames = tables_.frames;
    return frames.function({frames.string(name), frames.string(file), line});
  }
  StackId call(StackId from, FunctionId function, std::int32_t line, OpcodeId opcode = {}) {
    return tables_.frames.push(
        from, tables_.frames.frame(
                  {function, {line, line, 4, 9}, script_.opcodes ? opcode : OpcodeId::none}));
  }
  StackId task(StackId from, std::string_view name) {
    Frame frame;
    frame.function = function(name, "<task>", 0);
    frame.kind = FrameKind::task;
    return tables_.frames.push(from, tables_.frames.frame(frame));
  }
  OpcodeId opcode(std::uint16_t number, std::string_view name, std::string_view base) {
    FrameTable& frames = tables_.frames;
    return frames.opcode({number, frames.string(name), frames.string(base), name != base});
  }

  // checksum 60 %, parse 30 %, handle 10 % of what is not spread over extra functions.
  void make_stacks() {
    const std::string file = "program.py";
    const FunctionId module = function("<module>", file, 1);
    const FunctionId serve = function("serve", file, 21);
    const FunctionId handle = function("handle", file, 16);
    const FunctionId parse = function("parse", file, 11);
    const FunctionId checksum = function("checksum", file, 4);
    const OpcodeId add = opcode(45, "BINARY_OP_ADD_INT", "BINARY_OP");
    const OpcodeId load = opcode(85, "LOAD_FAST", "LOAD_FAST");
    const OpcodeId loop = opcode(70, "FOR_ITER_LIST", "FOR_ITER");

    StackId base = call(StackId::empty, module, 26);
    for (std::uint64_t i = 0; i < script_.depth; ++i) {
      base =
          call(base, function("deep_" + std::to_string(i), "/usr/lib/python3.13/deep.py", 10), 11);
    }
    base = call(base, serve, 23);
    if (script_.tasks) base = task(base, "Task-serve");
    for (int i = 0; i < 10; ++i) {
      StackId at = base;
      if (script_.tasks) at = task(base, i < 6 ? "Task-reader" : "Task-writer");
      at = call(at, handle, i < 6 ? 18 : 17);
      if (i < 6) {
        at = call(at, checksum, 7, add);
        for (std::uint64_t r = 0; r < script_.recursion; ++r) at = call(at, checksum, 7, add);
        at = i == 5 ? call(base, checksum, 6, loop) : at;
      } else if (i < 9) {
        at = call(at, parse, i == 6 ? 12 : 13, load);
      }
      stacks_.push_back(at);
    }
    const std::string library = "/usr/lib/python3.13/site-packages/shop/orders.py";
    for (std::uint64_t i = 0; i < script_.functions; ++i) {
      const FunctionId extra =
          function("order_" + std::to_string(i), library, static_cast<std::int32_t>(10 + i));
      stacks_.push_back(call(call(base, handle, 18), extra, static_cast<std::int32_t>(11 + i)));
    }
    if (script_.odd_names) {
      for (const std::string_view name :
           {"\x1b[31mred\x1b]0;title\x07", "\xe8\xa8\x88\xe7\xae\x97\xe3\x81\x99\xe3\x82\x8b",
            "cafe\xcc\x81", "left\xe2\x80\xaeright", "cut\xff\xfe", "line\nbreak"}) {
        stacks_.push_back(call(base, function(name, "odd\x1b[2J.py", 1), 2));
      }
    }
  }

  Script script_;
  SharedTables shared_;
  Tables& tables_ = shared_.unguarded();  // nothing is interned while sampling goes on
  std::vector<StackId> stacks_;
  std::uint64_t seed_ = 42;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> ticks_{0};
};
static_assert(live::SavingSession<FakeSession>);

bool read_option(Script& script, std::string_view option) {
  const std::size_t equals = option.find('=');
  const std::string_view key = option.substr(0, equals);
  if (equals == std::string_view::npos) {
    bool* flag = key == "opcodes"     ? &script.opcodes
                 : key == "tasks"     ? &script.tasks
                 : key == "processes" ? &script.processes
                 : key == "odd"       ? &script.odd_names
                 : key == "exits"     ? &script.exits
                 : key == "gil"       ? &script.gil_mode
                                      : nullptr;
    if (flag != nullptr) *flag = true;
    return flag != nullptr;
  }
  const std::string_view value = option.substr(equals + 1);
  if (key == "folder") {
    script.folder = value;
    return true;
  }
  std::uint64_t* number = key == "rate"        ? &script.rate
                          : key == "functions" ? &script.functions
                          : key == "threads"   ? &script.threads
                          : key == "depth"     ? &script.depth
                          : key == "duration"  ? &script.duration
                          : key == "torn"      ? &script.torn
                          : key == "recursion" ? &script.recursion
                          : key == "refresh"   ? &script.refresh
                          : key == "least"     ? &script.least
                          : key == "slowed"    ? &script.slowed
                          : key == "crash"     ? &script.crash
                                               : nullptr;
  if (number == nullptr) return false;
  const auto end = std::from_chars(value.data(), value.data() + value.size(), *number);
  return end.ec == std::errc{} && end.ptr == value.data() + value.size();
}

}  // namespace

int main(int argc, char** argv) {
  Script script;
  for (int i = 1; i < argc; ++i) {
    if (!read_option(script, argv[i])) {
      std::fprintf(stderr, "synthetic: what is %s?\n", argv[i]);
      return 2;
    }
  }
  Run run;
  run.target.process = 4321;
  run.target.command_line = "python3 program.py --serve";
  run.target.working_directory = script.folder;
  run.target.major = 3;
  run.target.minor = 13;
  run.target.micro = 5;
  run.mode = script.gil_mode ? ModeKind::gil : ModeKind::wall;
  run.interval = 1'000'000'000 / script.rate;
  run.options.opcodes = script.opcodes;
  run.options.async_aware = script.tasks;
  run.options.all_threads = true;

  live::AppOptions options;
  options.environment = {getenv("TERM"),   getenv("COLORTERM"), getenv("NO_COLOR"),
                         getenv("LC_ALL"), getenv("LC_CTYPE"),  getenv("LANG")};
  options.interval = script.refresh * 1'000'000;
  options.least_ticks = script.least;
  options.save_as = "profile.tachyon";

  FakeSession session{script};
  const live::Outcome outcome = live::run_app(session, std::move(run), std::move(options));
  if (outcome.fault != live::TerminalFault::none) {
    std::fprintf(stderr, "synthetic: %s\n", live::describe(outcome.fault));
    return 1;
  }
  std::printf("left after %llu ticks, signal %d%s\n",
              static_cast<unsigned long long>(outcome.ticks), outcome.signal,
              outcome.too_few ? ", too few" : "");
  return outcome.signal == 0 ? 0 : 128 + outcome.signal;
}
