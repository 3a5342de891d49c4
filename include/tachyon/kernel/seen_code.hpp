#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <tachyon/base/descriptor.hpp>
#include <tachyon/base/mapped_pages.hpp>
#include <tachyon/base/result.hpp>
#include <tachyon/kernel/bpf_call.hpp>

// Which code objects the reader has seen, as the program in the kernel is told: so that it wakes the
// reader when there is another one, and only then. A code object has to be read while it is there,
// and that of a module is gone as soon as an import has run it: of a program that imports for half a
// second a quarter of the samples had one that was freed within the millisecond.
//
//   address of a code object:  ... xxxx xxxx xxxx xxxx xxxx 0000
//                                      `--- slot ---'            16,384 of them
//   +------+-----------+---------+---------+---------+----
//   | died |           | address | address |    0    | ...      what was seen last that has this slot
//   +------+-----------+---------+---------+---------+----
//     0                  4096
//
// The first word is how many code objects had died when the reader last asked, where the interpreter
// counts them: another one may lie now where one has died.
//
// Two that share a slot and take turns are both taken for unknown: then the reader is woken in vain,
// sees that, and listens less.
namespace tachyon::kernel {

class SeenCode {
 public:
  static constexpr std::uint32_t slots = 1 << 14;
  static constexpr std::uint32_t died = 0;
  static constexpr std::uint32_t first_slot = 4096;
  static constexpr std::uint32_t bytes = first_slot + slots * 8;
  // From an address to the offset of its slot among the slots: shifted to the right, and masked.
  static constexpr std::int32_t shift = 1;
  static constexpr std::int32_t mask = static_cast<std::int32_t>(slots * 8 - 8);

  static constexpr std::size_t offset_of(std::uint64_t executable) noexcept {
    return first_slot +
           static_cast<std::size_t>(executable >> shift & static_cast<std::uint64_t>(mask));
  }

  static Result<SeenCode> create() noexcept {
    auto map = create_map({MapType::array, 4, bytes, 1, can_be_mapped});
    if (!map) return map.error();
    SeenCode out;
    out.map_ = std::move(*map);
    out.words_ = MappedPages{out.map_, bytes, PROT_READ | PROT_WRITE};
    if (!out.words_) return refused_by_kernel(errno);
    return out;
  }

  const Descriptor& map() const noexcept { return map_; }

  void set_died(std::uint64_t count) noexcept { word(died) = count; }
  // False: it was known.
  bool add(std::uint64_t executable) noexcept {
    return std::exchange(word(offset_of(executable)), executable) != executable;
  }

 private:
  SeenCode() noexcept = default;

  std::uint64_t& word(std::size_t offset) noexcept {
    return static_cast<std::uint64_t*>(words_.at())[offset / 8];
  }

  Descriptor map_;
  MappedPages words_;
};
static_assert(SeenCode::offset_of(0x7fff'0000'0010) == SeenCode::first_slot + 8);

}  // namespace tachyon::kernel
