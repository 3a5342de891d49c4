#include <sys/resource.h>

#include <string>
#include <utility>

#include <tachyon/kernel/btf.hpp>
#include <tachyon/kernel/program.hpp>
#include <tachyon/kernel/rights.hpp>
#include <tachyon/layout/published.hpp>
#include <tachyon/mode/modes.hpp>
#include <tachyon/sampler/kernel_source.hpp>
#include <tachyon/sampler/layout_of.hpp>

#include "sampling.hpp"

// Samples that the kernel takes. The program that it runs is made for the target's layout in any
// case, so what is left to do here costs no more with a layout that is told at run time, and is
// compiled once for each mode.
namespace tachyon::tool {
namespace {

// Is it the kernel that will not, and not the target that is not there?
bool is_refusal(const Error& error) {
  return error.code == Errc::not_permitted || error.code == Errc::unsupported ||
         error.code == Errc::system || error.code == Errc::limit;
}

// A thread takes three descriptors. Programs that we have started keep the limit that they had.
void allow_descriptors() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Sampled refused(const Error& error, const std::string& words) {
  std::string why = kernel::explain_refusal(error).line();
  if (!words.empty()) why += "\n" + words;  // those of its verifier
  return {failed_session(error), std::move(why)};
}

template <Mode P>
Sampled sample_in(const PublishedLayout& layout, Attached& target, SharedTables& tables,
                  const SamplingRequest& request, SampleSink& sink, Control& control) {
  LiveHost host{target};
  KernelSource<PublishedLayout, LiveProcess, LiveHost, P> source{
      layout, target.memory, host, target.site, tables, request.options, request.plan};
  const bool types = kernel::find_task_state().has_value();
  const auto program = kernel::make_program(layout, source.needs(request.options.opcodes, types));
  std::string words;
  if (const auto ok = source.start(program, words); !ok) {
    if (is_refusal(ok.error())) return refused(ok.error(), words);
    return {failed_session(ok.error()), {}};
  }
  if (request.reading == StrategyChoice::automatic &&
      source.sample_cost() > most_sample_cost(request.plan)) {
    return {failed_session({Errc::limit}), "an interrupt of the kernel's costs the program " +
                                               std::to_string(source.sample_cost() / 1000) +
                                               " us here, too much for that rate"};
  }
  return {source.run(sink, control), {}};
}

Sampled sample_in_mode(const PublishedLayout& layout, Attached& target, SharedTables& tables,
                       const SamplingRequest& request, SampleSink& sink, Control& control) {
  switch (request.mode) {
    case ModeKind::cpu:
      return sample_in<mode::Cpu>(layout, target, tables, request, sink, control);
    case ModeKind::gil:
      return sample_in<mode::Gil>(layout, target, tables, request, sink, control);
    case ModeKind::exception:
      return sample_in<mode::Exception>(layout, target, tables, request, sink, control);
    case ModeKind::all:
    case ModeKind::wall:
    case ModeKind::unknown:
      break;
  }
  // What the kernel tells of a thread's state costs nothing, so wall time has it, too.
  return sample_in<mode::All>(layout, target, tables, request, sink, control);
}

}  // namespace

Sampled sample_by_kernel(Attached& target, SharedTables& tables, const SamplingRequest& request,
                         SampleSink& sink, Control& control) {
  allow_descriptors();
  auto sampled = with_layout_of(target.site, [&](const auto& layout) -> Result<Sampled> {
    return sample_in_mode(as_published(layout), target, tables, request, sink, control);
  });
  return sampled ? std::move(*sampled) : Sampled{failed_session(sampled.error()), {}};
}

}  // namespace tachyon::tool
