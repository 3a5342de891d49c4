// core_file FILE: the stacks of a Python that is no more, from its core.
//
// A core is another model of Memory. The walking code cannot tell it from a live process.
#include <cstdio>

#include <tachyon/tachyon.hpp>

using namespace tachyon;

int main(int count, char** words) {
  auto core = CoreFile::open(count > 1 ? words[1] : "core");
  if (!core) return std::fputs("no core file there\n", stderr), 1;
  const auto site = find_runtime(*core, CoreModules{*core});
  if (!site) return std::fputs("no Python in it\n", stderr), 1;
  SharedTables tables;
  CoreHost host{*core, site->asyncio_debug};
  StillStrategy reading;
  const auto dump = with_layout_of(*site, [&](const auto& layout) {
    const PublishedLayout told = as_published(layout);
    return take_dump(told, *core, host, reading, *site, tables, {{.all_threads = true}});
  });
  if (!dump) return std::fputs("it could not be read\n", stderr), 1;
  for (const DumpedThread& thread : dump->threads) {
    const Tables& known = tables.unguarded();
    std::printf("thread %lu\n", static_cast<unsigned long>(known.threads[thread.thread].id));
    for (const DumpedFrame& frame : thread.frames) {
      std::printf("  %s:%d %s\n", std::string{known.frames.file_of(frame.frame)}.c_str(),
                  known.frames[frame.frame].location.line,
                  std::string{known.frames.name_of(frame.frame)}.c_str());
    }
  }
}
