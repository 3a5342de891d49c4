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

// A layout whose answers are constants: all of a sampler's offsets become immediates.
template <class L>
concept CompiledLayout = Layout<L> && requires {
  { L::tag } -> std::same_as<const std::string_view&>;
  { L::published_map } -> std::same_as<const PublishedMap&>;
  requires(L::build.minor != 0);
  requires(schema::is_walkable(L{}));
};

}  // namespace tachyon
