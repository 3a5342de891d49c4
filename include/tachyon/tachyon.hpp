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
#include <tachyon/base/interner.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/base/text.hpp>

#include <tachyon/memory/concept.hpp>
#include <tachyon/memory/file_bytes.hpp>
#include <tachyon/memory/image.hpp>
#include <tachyon/memory/live_process.hpp>
#include <tachyon/memory/paused_process.hpp>
#include <tachyon/memory/process_stat.hpp>

#include <tachyon/sample/frame_table.hpp>
#include <tachyon/sample/run.hpp>
#include <tachyon/sample/sample.hpp>

#include <tachyon/codec/checksum.hpp>
#include <tachyon/codec/gzip.hpp>
#include <tachyon/codec/json.hpp>
#include <tachyon/codec/marshal.hpp>
#include <tachyon/codec/output_file.hpp>
#include <tachyon/codec/protobuf.hpp>
#include <tachyon/codec/sink.hpp>
#include <tachyon/codec/utf8.hpp>
#include <tachyon/codec/varint.hpp>
#include <tachyon/codec/zstd.hpp>

#include <tachyon/layout/concept.hpp>
#include <tachyon/layout/dispatch.hpp>
#include <tachyon/layout/field.hpp>
#include <tachyon/layout/members.hpp>
#include <tachyon/layout/opcode.hpp>
#include <tachyon/layout/published.hpp>
#include <tachyon/layout/published_map.hpp>
#include <tachyon/layout/type_list.hpp>
#include <tachyon/layout/verify.hpp>

#include <tachyon/target/elf.hpp>
#include <tachyon/target/maps.hpp>
#include <tachyon/target/process.hpp>
#include <tachyon/target/runtime.hpp>

#include <tachyon/mode/concept.hpp>
#include <tachyon/mode/modes.hpp>

#include <tachyon/collect/call_tree.hpp>
#include <tachyon/collect/code_table.hpp>
#include <tachyon/collect/collapsed.hpp>
#include <tachyon/collect/concept.hpp>
#include <tachyon/collect/display_names.hpp>
#include <tachyon/collect/folded_tree.hpp>
#include <tachyon/collect/gecko.hpp>
#include <tachyon/collect/jsonl.hpp>
#include <tachyon/collect/jsonl_events.hpp>
#include <tachyon/collect/opcode_table.hpp>
#include <tachyon/collect/percent.hpp>
#include <tachyon/collect/pstats.hpp>
#include <tachyon/collect/pstats_file.hpp>
#include <tachyon/collect/spill.hpp>
#include <tachyon/collect/state_intervals.hpp>
#include <tachyon/collect/thread_names.hpp>
#include <tachyon/collect/thread_statistics.hpp>
#include <tachyon/collect/time_slices.hpp>
#include <tachyon/collect/timeline.hpp>
#include <tachyon/collect/totals.hpp>
