// Writes pages of hand-made recordings for tests/browser, with what other formats say of the same
// samples beside them. Usage: pages FOLDER
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/diff_flamegraph.hpp>
#include <tachyon/collect/flamegraph.hpp>

#include "collect/hand_made.hpp"

namespace {

using namespace tachyon;
using test::Recording;

std::string folder;

void save(std::string_view name, const std::string& text) {
  const std::string path = folder + "/" + std::string{name};
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr || std::fwrite(text.data(), 1, text.size(), file) != text.size() ||
      std::fclose(file) != 0) {
    std::perror(path.c_str());
    std::exit(1);
  }
}

void save_recording(const std::string& name, const Recording& recording) {
  Flamegraph page{recording.tables};
  recording.feed(page);
  StringSink html;
  page.write(html, recording.run);
  save(name + ".html", html.text());
  StringSink text;
  CollapsedWriter{CollapsedOptions{}}.write(text, page.tree(), recording.run);
  save(name + ".collapsed", text.text());
}

void save_diff(const std::string& name, const Recording& now, const Recording& then, DiffBy by) {
  CallTree baseline{then.tables};
  then.feed(baseline);
  DiffFlamegraph page{now.tables, baseline, then.run, {by}};
  now.feed(page);
  StringSink html;
  page.write(html, now.run);
  save(name + ".html", html.text());
}

// Text that tries to leave its place. If any of it runs, it sets window.hacked.
Recording hostile() {
  Recording r;
  const ThreadIndex t = r.thread(1, "</script><script>window.hacked=1</script>", true);
  const std::string attacks[] = {
      "</script><script>window.hacked=1</script>",
      "<!--<script>",
      "<img src=x onerror=window.hacked=1>",
      "\"'`\\ \n\r\t\0 end",
      "'-window.hacked=1-'",
      "${window.hacked=1}",
      "\xed\xb3\xbf lone \xed\xa0\x80",
      "\xff\xfe not utf-8",
      "\xe2\x80\xae"
      "desrever",
      "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
      "__proto__",
      "constructor",
      "",
  };
  StackId stack = StackId::empty;
  int line = 1;
  for (const std::string& attack : attacks) {
    stack = r.tables.frames.push(stack, r.frame("/app/" + attack + ".py", attack, line++, 1));
    r.add(t, stack, Status::has_gil, 1'000'000, 3);
    r.run.sources["/app/" + attack + ".py"] =
        "</script><script>window.hacked=1</script>\n" + attack + "\n";
  }
  const std::string longest(65536, 'x');
  stack = r.tables.frames.push(stack, r.frame(longest + "/f.py", longest, 1, 1));
  r.add(t, stack, Status::has_gil, 1'000'000, 3);
  r.run.target.command_line = "python3 '</title><script>window.hacked=1</script>' \"";
  r.run.interval = 1'000'000;
  r.run.duration = r.now;
  return r;
}

// Two versions of one program: the second lives elsewhere, its `fast` is slower, `old` is gone and
// `fresh` is new.
Recording edition(std::string_view root, bool second) {
  Recording r;
  const std::string file = std::string{root} + "/pkg/mod.py";
  const ThreadIndex t = r.thread(7, "main", true);
  const FrameId main = r.frame(file, "main", second ? 30 : 10, 5);
  const auto leaf = [&](std::string_view name, std::int32_t line) {
    return r.stack({main, r.frame(file, name, line, line - 1)});
  };
  r.add(t, leaf("fast", second ? 44 : 40), Status::has_gil, 1'000'000, second ? 400 : 200);
  r.add(t, leaf("steady", 50), Status::has_gil, 1'000'000, 300);
  if (!second) r.add(t, leaf("old", 60), Status::has_gil, 1'000'000, 100);
  if (second) r.add(t, leaf("fresh", 70), Status::has_gil, 1'000'000, 50);
  r.run.target.import_paths = {std::string{root}};
  r.run.mode = ModeKind::wall;
  r.run.interval = second ? 1'000'000 : 2'000'000;
  r.run.duration = r.now;
  return r;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  save_recording("busy", test::busy_recording());
  save_recording("hostile", hostile());
  Recording empty;
  empty.run.trust.ticks = 100;
  empty.run.duration = 100'000'000;
  save_recording("empty", empty);
  Recording one;
  one.add(one.thread(1, "", true), one.stack({one.frame("/app/a.py", "<module>", 3, 1)}),
          Status::has_gil);
  one.run.duration = one.now;
  save_recording("one", one);
  Recording crowd;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    crowd.add(crowd.thread(1000 + i, "w" + std::to_string(i)),
              crowd.stack({crowd.frame("/app/a.py", "run", 3, 1),
                           crowd.frame("/app/a.py", i % 2 ? "odd" : "even", 9, 7)}),
              Status::has_gil, 1'000'000, 1 + static_cast<int>(i % 3));
  }
  crowd.run.duration = crowd.now;
  save_recording("crowd", crowd);
  save_diff("diff", edition("/opt/b", true), edition("/srv/a", false), DiffBy::time);
  save_diff("diff-share", edition("/opt/b", true), edition("/srv/a", false), DiffBy::share);
  save_diff("diff-empty", edition("/opt/b", true), empty, DiffBy::time);
  return 0;
}
