#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include <tachyon/layout/field.hpp>
#include <tachyon/layout/opcode.hpp>
#include <tachyon/layout/published_map.hpp>
#include <tachyon/layouts/schema.hpp>

// What everything that walks a target may ask of a layout.
namespace tachyon {

// Shape: the groups of gen/schema.py, the build they are of, its instructions, its behaviour.
template <class L>
concept Layout = schema::HasGroups<L> && requires(const L& layout) {
  { layout.build } -> std::same_as<const BuildId&>;
  { layout.version_hex } -> std::same_as<const std::uint32_t&>;
  { layout.opcodes } -> std::same_as<const Opcodes&>;
  { layout.traits } -> std::same_as<const schema::Traits&>;
};

// Content: without these members there is no way from the runtime to a line of source. Either the
// thread has its current frame, or it has the record on the C stack that has it.
template <class L>
  requires Layout<L>
constexpr bool is_walkable(const L& layout) noexcept {
  const bool runtime = layout.runtime.interpreters_head.present();
  const bool interpreter = layout.interpreter.next.present() &&
                           layout.interpreter.id.present() &&
                           layout.interpreter.threads_head.present();
  const bool current = layout.thread.current_frame.present() ||
                       (layout.thread.cframe.present() && layout.cframe.current_frame.present());
  const bool thread = layout.thread.next.present() && layout.thread.interp.present() &&
                      layout.thread.native_thread_id.present() && current;
  const bool frame = layout.frame.executable.present() && layout.frame.previous.present() &&
                     layout.frame.instruction.present() && layout.frame.owner.present() &&
                     layout.frame.localsplus.present();
  const bool code = layout.code.filename.present() && layout.code.qualname.present() &&
                    layout.code.linetable.present() && layout.code.firstlineno.present() &&
                    layout.code.bytecode.present();
  const bool objects = layout.object.type.present() && layout.var_object.count.present() &&
                       layout.bytes.data.present() && layout.unicode.length.present() &&
                       layout.unicode.kind.present() && layout.unicode.compact.present() &&
                       layout.unicode.ascii.present() && layout.unicode.ascii_data.present() &&
                       layout.unicode.compact_data.present();
  return runtime && interpreter && thread && frame && code && objects;
}

// A layout whose answers are constants: all of a sampler's offsets become immediates.
template <class L>
concept CompiledLayout = Layout<L> && requires {
  { L::tag } -> std::same_as<const std::string_view&>;
  { L::published_map } -> std::same_as<const PublishedMap&>;
  requires(L::build.minor != 0);
  requires(is_walkable(L{}));
};

}  // namespace tachyon
