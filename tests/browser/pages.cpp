// Writes pages of hand-made recordings for tests/browser, with what other formats say of the same
// samples beside them. Usage: pages FOLDER
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/diff_flamegraph.hpp>
#include <tachyon/collect/flamegraph.hpp>
#include <tachyon/collect/heatmap.hpp>
#include <tachyon/collect/pstats.hpp>

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
  StringSink table;
  PstatsOptions options;
  options.limit = 1000;
  options.summary = false;
  PstatsWriter{options}.write(table, page.tree(), recording.run);
  save(name + ".pstats", table.text());
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

// A folder of pages: calls between files, recursion, instructions with columns, a file without
// source, code that stands in no file.
void save_heatmap() {
  Recording r;
  FrameTable& f = r.tables.frames;
  const std::string views = "/srv/shop/views.py", images = "/srv/shop/pkg/images.py",
                    json = "/usr/lib/python3.15/json/encoder.py",
                    rows = "/srv/shop/.venv/lib/python3.15/site-packages/rows/cursor.py";
  const auto opcode = [&](std::uint16_t number, std::string_view name, std::string_view base) {
    return f.opcode({number, f.string(name), f.string(base), name != base});
  };
  const OpcodeId call = opcode(12, "CALL_PY_EXACT_ARGS", "CALL"),
                 plain = opcode(13, "CALL", "CALL"),
                 add = opcode(11, "BINARY_OP_ADD_INT", "BINARY_OP"),
                 load = opcode(10, "LOAD_FAST", "LOAD_FAST");
  const auto frame = [&](const std::string& file, std::string_view name, std::int32_t line,
                         std::int32_t first, OpcodeId op, std::int32_t from, std::int32_t to) {
    Frame out;
    out.function = f.function({f.string(name), f.string(file), first});
    out.location = {line, line, from, to};
    out.opcode = op;
    return f.frame(out);
  };
  const ThreadIndex t = r.thread(1, "main", true);
  const FrameId top = frame(views, "<module>", 40, 1, plain, 0, 6);
  const FrameId handle = frame(views, "handle", 6, 3, call, 11, 31);
  const FrameId again = frame(views, "handle", 8, 3, call, 11, 30);
  const FrameId other = frame(views, "other", 12, 11, plain, 4, 20);
  const FrameId sum_left = frame(images, "convolve", 5, 2, add, 15, 20);
  const FrameId sum_right = frame(images, "convolve", 5, 2, load, 19, 20);
  const FrameId resize = frame(images, "resize", 9, 8, call, 11, 29);
  const FrameId encode = frame(json, "encode", 3, 2, plain, 4, 9);
  const FrameId fetch = frame(rows, "Cursor.fetch", 77, 70, plain, 0, 5);
  const FrameId eval = r.frame("<string>", "<module>", 1, 1);
  const Status busy = Status::has_gil;
  r.add(t, r.stack({top, handle, sum_left}), busy, 1'000'000, 70);
  r.add(t, r.stack({top, handle, sum_right}), busy, 1'000'000, 10);
  r.add(t, r.stack({top, handle, again, handle, resize, sum_left}), busy, 1'000'000, 20);
  r.add(t, r.stack({top, other, resize}), busy, 1'000'000, 5);
  r.add(t, r.stack({top, other, encode}), busy, 1'000'000, 4);
  r.add(t, r.stack({top, handle, fetch}), busy, 1'000'000, 3);
  r.add(t, r.stack({top, handle, eval}), busy, 1'000'000, 2);
  r.add(t, r.stack({top}), busy, 1'000'000, 1);
  std::string text =
      "import images\n\ndef handle(request):\n    if request.small:\n        # \xe2\x82\xac\n"
      "    return images.resize(request)\n\n    return handle(request.next)\n\n\ndef other():\n"
      "    images.resize(1)\n";
  for (int i = 13; i < 40; ++i) text += "# line " + std::to_string(i) + "\n";
  r.run.sources[views] = text + "main()  # </script><script>window.hacked=1</script>\n";
  std::string long_text =
      "# images\ndef convolve(pixels):\n    total = 0\n    for p in pixels:\n"
      "        total += total + p\n    return total\n\ndef resize(image):\n"
      "    return convolve(image)\n";
  for (int i = 10; i < 3000; ++i)
    long_text += "value_" + std::to_string(i) + " = " + std::to_string(i) + "\n";
  r.run.sources[images] = long_text;
  r.run.sources[json] = "# encoder\ndef encode(value):\n    value.encode()\n";
  r.run.target.command_line = "python3 -m shop";
  r.run.target.import_paths = {"/srv/shop", "/usr/lib/python3.15"};
  r.run.options.opcodes = true;
  r.run.interval = 1'000'000;
  r.run.duration = r.now;
  Heatmap heatmap{r.tables};
  r.feed(heatmap);
  const auto written = heatmap.write_folder(folder + "/heat", r.run);
  if (!written || *written != 4) std::exit(1);

  Recording many;
  const ThreadIndex worker = many.thread(1, "main", true);
  for (int i = 0; i < 3000; ++i) {
    const std::string file = "/srv/big/pkg_" + std::to_string(i % 50) + "/sub_" +
                             std::to_string(i % 7) + "/mod_" + std::to_string(i) + ".py";
    many.add(worker, many.stack({many.frame(file, "f", 1 + i % 90, 1)}), busy, 1'000'000,
             1 + i % 11);
  }
  many.run.target.import_paths = {"/srv/big"};
  many.run.duration = many.now;
  Heatmap big{many.tables};
  many.feed(big);
  if (!big.write_folder(folder + "/heat-many", many.run)) std::exit(1);

  Recording none;
  Heatmap empty{none.tables};
  if (!empty.write_folder(folder + "/heat-empty/deep/er", none.run)) std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  folder = argv[1];
  save_recording("busy", test::busy_recording());
  save_recording("hostile", hostile());
  Recording empty;
  empty.run.quality.ticks = 100;
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
  save_heatmap();
  save_diff("diff-empty", edition("/opt/b", true), empty, DiffBy::time);
  return 0;
}
