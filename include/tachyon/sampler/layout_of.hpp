#pragma once

#include <utility>

#include <tachyon/layout/verify.hpp>
#include <tachyon/target/runtime.hpp>

namespace tachyon {

// Calls `visit(layout)` with the layout that fits this target: the compiled one when what the
// target publishes agrees with it, or when it publishes nothing; otherwise the published one.
template <class Visit>
auto with_layout_of(const RuntimeSite& site, Visit&& visit)
    -> std::invoke_result_t<Visit&, PublishedLayout> {
  if (!site.publishes_offsets()) return with_layout(AllLayouts{}, site.build(), visit);
  return with_published_layout(AllLayouts{}, site.table, native_arch, visit);
}

// Can asyncio tasks that do not run be found in this target? (It need not have imported asyncio.)
inline bool publishes_tasks(const RuntimeSite& site) {
  if (site.asyncio_debug) return true;
  const auto known = with_layout_of(site, [](const auto& layout) -> Result<bool> {
    return layout.thread.asyncio_tasks_head.present();
  });
  return known && *known;
}

}  // namespace tachyon
