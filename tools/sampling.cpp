#include <tachyon/sampler/layout_of.hpp>

#include "sampling.hpp"

namespace tachyon::tool {

// Defined and instantiated in one translation unit a layout: see sampling_layout.cpp.in.
template <Layout L>
SessionOutcome sample_with(const L& layout, Attached& target, SharedTables& tables,
                           const SamplingRequest& request, SampleSink& sink, Control& control);

SessionOutcome sample_process(Attached& target, SharedTables& tables,
                              const SamplingRequest& request, SampleSink& sink, Control& control) {
  auto outcome = with_layout_of(target.site, [&](const auto& layout) -> Result<SessionOutcome> {
    return sample_with(layout, target, tables, request, sink, control);
  });
  if (outcome) return *outcome;
  SessionOutcome failed;
  failed.end = SessionEnd::failed;
  failed.error = outcome.error();
  return failed;
}

}  // namespace tachyon::tool
