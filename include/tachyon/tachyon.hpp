// Everything. Written by gen/amalgamate.py; do not edit.
#pragma once

#if __cplusplus < 202002L
#error "tachyon needs C++20: compile with -std=c++20"
#endif
#if !__has_include(<boost/pfr.hpp>)
#error "tachyon needs the headers of Boost.PFR, 1.75 or newer (Debian: apt-get install libboost1.81-dev)"
#endif

#include <tachyon/version.hpp>

#include <tachyon/base/address.hpp>
#include <tachyon/base/bytes.hpp>
#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/glob.hpp>
#include <tachyon/base/interner.hpp>
#include <tachyon/base/number.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/text.hpp>
#include <tachyon/base/thread.hpp>
#include <tachyon/base/view.hpp>

#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/core_file.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/memory/gathered.hpp>
#include <tachyon/memory/image.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/memory/page_cache.hpp>
#include <tachyon/memory/paused_process.hpp>
#include <tachyon/memory/process_stat.hpp>

#include <tachyon/sample/frame_table.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>
#include <tachyon/sample/shared_tables.hpp>
#include <tachyon/sample/stack_builder.hpp>

#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/column.hpp>
#include <tachyon/codec/cpython_format.hpp>
#include <tachyon/codec/cpython_reader.hpp>
#include <tachyon/codec/cpython_writer.hpp>
#include <tachyon/codec/gzip.hpp>
#include <tachyon/codec/input_file.hpp>
#include <tachyon/codec/json.hpp>
#include <tachyon/codec/marshal.hpp>
#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/output_place.hpp>
#include <tachyon/codec/protobuf.hpp>
#include <tachyon/codec/recording_format.hpp>
#include <tachyon/codec/recording_reader.hpp>
#include <tachyon/codec/recording_ring.hpp>
#include <tachyon/codec/recording_writer.hpp>
#include <tachyon/codec/run_block.hpp>
#include <tachyon/codec/sample_block.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/table_block.hpp>
#include <tachyon/codec/utf8.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>

#include <tachyon/layout/concept.hpp>
#include <tachyon/layout/copies.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/field.hpp>
#include <tachyon/layout/members.hpp>
#include <tachyon/layout/opcode.hpp>
#include <tachyon/layout/published.hpp>
#include <tachyon/layout/published_map.hpp>
#include <tachyon/layout/type_list.hpp>
#include <tachyon/layout/verify.hpp>

#include <tachyon/target/asyncio_table.hpp>
#include <tachyon/target/attach.hpp>
#include <tachyon/target/circumstances.hpp>
#include <tachyon/target/core_host.hpp>
#include <tachyon/target/core_modules.hpp>
#include <tachyon/target/diagnose.hpp>
#include <tachyon/target/doctor.hpp>
#include <tachyon/target/elf.hpp>
#include <tachyon/target/host.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>
#include <tachyon/target/programs.hpp>
#include <tachyon/target/runtime.hpp>
#include <tachyon/target/runtime_site.hpp>
#include <tachyon/target/task_numbers.hpp>
#include <tachyon/target/thread_clock.hpp>
#include <tachyon/target/thread_wait.hpp>

#include <tachyon/mode/concept.hpp>
#include <tachyon/mode/modes.hpp>

#include <tachyon/unwind/chain.hpp>
#include <tachyon/unwind/code.hpp>
#include <tachyon/unwind/dict.hpp>
#include <tachyon/unwind/follow.hpp>
#include <tachyon/unwind/frames.hpp>
#include <tachyon/unwind/generator_links.hpp>
#include <tachyon/unwind/known_code.hpp>
#include <tachyon/unwind/line_table.hpp>
#include <tachyon/unwind/locals.hpp>
#include <tachyon/unwind/objects.hpp>
#include <tachyon/unwind/rebuild.hpp>
#include <tachyon/unwind/scan.hpp>
#include <tachyon/unwind/stack.hpp>
#include <tachyon/unwind/taken_frames.hpp>
#include <tachyon/unwind/thread_names.hpp>
#include <tachyon/unwind/threads.hpp>
#include <tachyon/unwind/values.hpp>
#include <tachyon/unwind/window.hpp>

#include <tachyon/tasks/awaiters.hpp>
#include <tachyon/tasks/cache.hpp>
#include <tachyon/tasks/coroutines.hpp>
#include <tachyon/tasks/graph.hpp>
#include <tachyon/tasks/lists.hpp>
#include <tachyon/tasks/loop_stacks.hpp>
#include <tachyon/tasks/names.hpp>
#include <tachyon/tasks/object_kinds.hpp>
#include <tachyon/tasks/offsets.hpp>
#include <tachyon/tasks/reader.hpp>
#include <tachyon/tasks/record.hpp>
#include <tachyon/tasks/running.hpp>
#include <tachyon/tasks/segments.hpp>
#include <tachyon/tasks/stable.hpp>
#include <tachyon/tasks/stacks.hpp>

#include <tachyon/sampler/clock.hpp>
#include <tachyon/sampler/interpreter_copy.hpp>
#include <tachyon/sampler/layout_of.hpp>
#include <tachyon/sampler/name_book.hpp>
#include <tachyon/sampler/opcode_spellings.hpp>
#include <tachyon/sampler/profile.hpp>
#include <tachyon/sampler/readers.hpp>
#include <tachyon/sampler/reading.hpp>
#include <tachyon/sampler/replay.hpp>
#include <tachyon/sampler/replay_filters.hpp>
#include <tachyon/sampler/sampler.hpp>
#include <tachyon/sampler/session.hpp>
#include <tachyon/sampler/snapshot.hpp>
#include <tachyon/sampler/thread_reader.hpp>
#include <tachyon/sampler/watch.hpp>

#include <tachyon/render/assets.hpp>
#include <tachyon/render/page.hpp>
#include <tachyon/render/page_column.hpp>
#include <tachyon/render/source_place.hpp>

#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/chrome_trace.hpp>
#include <tachyon/collect/code_table.hpp>
#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/concept.hpp>
#include <tachyon/collect/diff_flamegraph.hpp>
#include <tachyon/collect/display_names.hpp>
#include <tachyon/collect/flamegraph.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/gecko.hpp>
#include <tachyon/collect/heat_counts.hpp>
#include <tachyon/collect/heatmap.hpp>
#include <tachyon/collect/jsonl.hpp>
#include <tachyon/collect/jsonl_events.hpp>
#include <tachyon/collect/opcode_table.hpp>
#include <tachyon/collect/page_profile.hpp>
#include <tachyon/collect/page_run.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/pprof.hpp>
#include <tachyon/collect/pstats.hpp>
#include <tachyon/collect/pstats_file.hpp>
#include <tachyon/collect/speedscope.hpp>
#include <tachyon/collect/spill.hpp>
#include <tachyon/collect/state_intervals.hpp>
#include <tachyon/collect/thread_names.hpp>
#include <tachyon/collect/thread_statistics.hpp>
#include <tachyon/collect/time_slices.hpp>
#include <tachyon/collect/timeline.hpp>
#include <tachyon/collect/totals.hpp>

#include <tachyon/live/aggregate.hpp>
#include <tachyon/live/app.hpp>
#include <tachyon/live/batch.hpp>
#include <tachyon/live/columns.hpp>
#include <tachyon/live/environment.hpp>
#include <tachyon/live/feed.hpp>
#include <tachyon/live/format.hpp>
#include <tachyon/live/glyph_width.hpp>
#include <tachyon/live/glyphs.hpp>
#include <tachyon/live/guardian.hpp>
#include <tachyon/live/header.hpp>
#include <tachyon/live/held.hpp>
#include <tachyon/live/help.hpp>
#include <tachyon/live/input.hpp>
#include <tachyon/live/keys.hpp>
#include <tachyon/live/mailbox.hpp>
#include <tachyon/live/model.hpp>
#include <tachyon/live/palette.hpp>
#include <tachyon/live/panel.hpp>
#include <tachyon/live/parts.hpp>
#include <tachyon/live/rows.hpp>
#include <tachyon/live/screen.hpp>
#include <tachyon/live/shapes.hpp>
#include <tachyon/live/signals.hpp>
#include <tachyon/live/source_file.hpp>
#include <tachyon/live/source_table.hpp>
#include <tachyon/live/tables.hpp>
#include <tachyon/live/terminal.hpp>
#include <tachyon/live/thread_table.hpp>
#include <tachyon/live/tree_table.hpp>
#include <tachyon/live/ui.hpp>
#include <tachyon/live/update.hpp>
#include <tachyon/live/view.hpp>
