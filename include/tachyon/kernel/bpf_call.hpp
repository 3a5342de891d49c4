#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/kernel/bpf.hpp>

// The bpf(2) system call, as far as it is needed: maps, programs, and hanging a program on an
// event. Its argument is a union of structs, one a command, of which the kernel takes as many bytes
// as it is told and wants the rest to be zero. So each command has a struct of its own here.
//
// What the kernel makes belongs to the descriptor. When the last one is closed, at the latest with
// our end, whatever ends us, nothing of it stays.
namespace tachyon::kernel {

enum class MapType : std::uint32_t { array = 2, program_array = 3, processor_array = 6, ring = 27 };

struct MapShape {
  MapType type{};
  std::uint32_t key_size = 4;
  std::uint32_t value_size = 4;
  std::uint32_t entries = 1;
  std::uint32_t flags = 0;
};
inline constexpr std::uint32_t can_be_mapped = 1 << 10;

namespace detail {

enum class BpfCommand : int {
  create_map = 0,
  lookup = 1,
  update = 2,
  load_program = 5,
  create_link = 28,
};

inline constexpr std::size_t bpf_name_size = 16;

struct CreateMap {
  std::uint32_t type = 0;
  std::uint32_t key_size = 0;
  std::uint32_t value_size = 0;
  std::uint32_t entries = 0;
  std::uint32_t flags = 0;
  std::uint32_t inner = 0;
  std::uint32_t node = 0;
  char name[bpf_name_size] = "tachyon";
};
static_assert(sizeof(CreateMap) == 44);

struct MapElement {
  std::uint32_t map = 0;
  std::uint32_t unused = 0;
  std::uint64_t key = 0;
  std::uint64_t value = 0;
  std::uint64_t flags = 0;
};

struct LoadProgram {
  std::uint32_t type = 7;  // BPF_PROG_TYPE_PERF_EVENT
  std::uint32_t instruction_count = 0;
  std::uint64_t instructions = 0;
  std::uint64_t licence = 0;
  std::uint32_t log_level = 0;
  std::uint32_t log_size = 0;
  std::uint64_t log = 0;
  std::uint32_t kernel_version = 0;
  std::uint32_t flags = 0;
  char name[bpf_name_size] = "tachyon";
};
static_assert(sizeof(LoadProgram) == 64);

struct CreateLink {
  std::uint32_t program = 0;
  std::uint32_t event = 0;
  std::uint32_t attach_type = 41;  // BPF_PERF_EVENT
  std::uint32_t flags = 0;
  std::uint64_t cookie = 0;
};
static_assert(sizeof(CreateLink) == 24);

template <class Argument>
int bpf(BpfCommand command, Argument& argument) noexcept {
  return static_cast<int>(
      ::syscall(SYS_bpf, static_cast<int>(command), &argument, sizeof argument));
}
inline std::uint64_t as_word(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace detail

// What the kernel says to a refusal, as an error of ours. The number stays in it.
inline Error refused_by_kernel(int number) noexcept {
  const bool rights = number == EPERM || number == EACCES;
  const bool missing = number == ENOSYS || number == EINVAL || number == EOPNOTSUPP;
  const Errc code = rights ? Errc::not_permitted : missing ? Errc::unsupported : Errc::system;
  return {code, number, {}};
}

inline Result<Descriptor> create_map(const MapShape& shape) noexcept {
  detail::CreateMap argument;
  argument.type = static_cast<std::uint32_t>(shape.type);
  argument.key_size = shape.key_size;
  argument.value_size = shape.value_size;
  argument.entries = shape.entries;
  argument.flags = shape.flags;
  const int number = detail::bpf(detail::BpfCommand::create_map, argument);
  if (number < 0) return refused_by_kernel(errno);
  return Descriptor{number};
}

inline Result<void> update_map(const Descriptor& map, const void* key, const void* value) noexcept {
  detail::MapElement argument;
  argument.map = static_cast<std::uint32_t>(map.get());
  argument.key = detail::as_word(key);
  argument.value = detail::as_word(value);
  if (detail::bpf(detail::BpfCommand::update, argument) < 0) return refused_by_kernel(errno);
  return {};
}

// Of an array for each processor, the values of all of them; each takes whole words.
inline Result<void> look_up(const Descriptor& map, const void* key, void* value) noexcept {
  detail::MapElement argument;
  argument.map = static_cast<std::uint32_t>(map.get());
  argument.key = detail::as_word(key);
  argument.value = detail::as_word(value);
  if (detail::bpf(detail::BpfCommand::lookup, argument) < 0) return refused_by_kernel(errno);
  return {};
}

// Where the program is refused, `words` are the verifier's: the path that it does not like.
inline Result<Descriptor> load_program(std::span<const bpf::Instruction> instructions,
                                       std::string& words) {
  constexpr std::size_t most_words = 1 << 16;
  words.clear();
  detail::LoadProgram argument;
  argument.instruction_count = static_cast<std::uint32_t>(instructions.size());
  argument.instructions = detail::as_word(instructions.data());
  argument.licence = detail::as_word("Dual MIT/GPL");
  const int number = detail::bpf(detail::BpfCommand::load_program, argument);
  if (number >= 0) return Descriptor{number};
  const Error why = refused_by_kernel(errno);
  if (why.sys == EPERM) return why;  // before it was looked at
  // Only then is it asked for words: they cost as much as the look.
  words.resize(most_words);
  argument.log_level = 1;
  argument.log_size = most_words;
  argument.log = detail::as_word(words.data());
  const int again = detail::bpf(detail::BpfCommand::load_program, argument);
  words.resize(words.find('\0') == std::string::npos ? words.size() : words.find('\0'));
  // What stands last is why.
  constexpr std::size_t shown = 2000;
  if (words.size() > shown) words.erase(0, words.size() - shown);
  if (again >= 0) return Descriptor{again};
  return why;
}

// Runs the program whenever the event fires; it is told `cookie` then. The event lives as long as
// the link does, though its own descriptor may be closed.
inline Result<Descriptor> link_program(const Descriptor& program, const Descriptor& event,
                                       std::uint64_t cookie) noexcept {
  detail::CreateLink argument;
  argument.program = static_cast<std::uint32_t>(program.get());
  argument.event = static_cast<std::uint32_t>(event.get());
  argument.cookie = cookie;
  const int number = detail::bpf(detail::BpfCommand::create_link, argument);
  if (number < 0) return refused_by_kernel(errno);
  return Descriptor{number};
}

}  // namespace tachyon::kernel
