#pragma once

#include <cstddef>
#include <cstdint>

#include <tachyon/kernel/bpf.hpp>
#include <tachyon/kernel/program_emitter.hpp>
#include <tachyon/kernel/program_shape.hpp>
#include <tachyon/kernel/record.hpp>

// The program (program.hpp) in the order in which it is written: a record is begun, the thread and its
// interpreter are read, the frames are followed (program_frames.hpp), and the record is put out.
namespace tachyon::kernel::detail {

template <class L>
class ProgramWriter {
 public:
  constexpr ProgramWriter(const L& layout, const ProgramNeeds& needs) noexcept
      : l_{layout}, needs_{needs}, words_{thread_words(layout)}, frame_{frame_words(layout)} {}

  constexpr ProgramCode write() noexcept {
    find_scratch();
    begin_record();
    read_thread();
    read_interpreter();
    if (needs_.exception) read_exception();
    find_leaf();
    follow_frames();
    output();
    return a_.finish();
  }
  constexpr bool good() const noexcept {
    return a_.good() && words_.size <= ThreadWords::most && frame_.size <= FrameWords::most;
  }

 private:
  using E = ProgramEmitter;
  using R = E::R;
  using W = E::W;
  using C = E::C;
  using H = E::H;

  static constexpr R counter = E::counter, scratch = E::scratch, at = E::at, slot = E::slot;
  static constexpr std::int32_t context = E::context, key = E::key, word = E::word, seen = E::seen;
  static constexpr std::int32_t item = E::item, frame_copy = E::frame_copy;
  static constexpr std::int32_t most_items = 16;

  static constexpr std::int32_t thread_at = E::in_record(sizeof(RecordHeader));
  constexpr std::int32_t frames_at() const noexcept {
    return thread_at + static_cast<std::int32_t>(words_.size);
  }
  template <class F>
  constexpr std::int32_t of_thread(const F& member) const noexcept {
    return thread_at + static_cast<std::int32_t>(member.offset - words_.first);
  }
  template <class F>
  constexpr std::int32_t of_frame(const F& member) const noexcept {
    return frame_copy + static_cast<std::int32_t>(member.offset - frame_.first);
  }

  constexpr void find_scratch() noexcept;
  constexpr void begin_record() noexcept;
  constexpr void read_switch() noexcept;
  constexpr void read_thread() noexcept;
  constexpr void read_interpreter() noexcept;
  constexpr void read_gil_holder() noexcept;
  constexpr void read_exception() noexcept;
  constexpr void find_leaf() noexcept;
  constexpr void find_seen() noexcept;
  constexpr void look_whether_seen() noexcept;
  constexpr void follow_frames() noexcept;
  constexpr void copy_frame() noexcept;
  constexpr void output() noexcept;

  const L& l_;
  ProgramNeeds needs_;
  ThreadWords words_;
  FrameWords frame_;
  ProgramEmitter e_{};
  bpf::Assembler<512>& a_ = e_.assembler;
  // Made here, since they are jumped to from everywhere.
  bpf::Label leave_ = a_.label();
  bpf::Label resume_ = a_.label();
  bpf::Label finish_ = a_.label();
  bpf::Label unreadable_ = a_.label();
};

}  // namespace tachyon::kernel::detail
