#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tachyon/kernel/bpf_call.hpp>
#include <tachyon/kernel/perf_event.hpp>
#include <tachyon/kernel/program_shape.hpp>
#include <tachyon/kernel/ring.hpp>
#include <tachyon/kernel/seen_code.hpp>

// The program in the kernel with its maps: it records the threads that are watched, and what it has
// recorded is drained here.
namespace tachyon::kernel {

struct LossCounts {
  std::array<std::uint64_t, loss_count> counts{};

  std::uint64_t operator[](Loss loss) const noexcept {
    return counts[static_cast<std::size_t>(loss)];
  }
};

// The number of processors that this kernel may ever have: a list such as "0-3,8" ends with the
// last of them.
inline std::uint32_t count_processors(std::string_view list) noexcept {
  std::uint32_t last = 0;
  const std::size_t from = list.find_last_of("-,") + 1;  // past the end comes out as the beginning
  std::from_chars(list.data() + from, list.data() + list.size(), last);
  return std::min(last, std::uint32_t{65535}) + 1;
}

class Recorder {
 public:
  struct Places {
    Address runtime{};
    Address none{};
    std::uint32_t task_state = 0;  // zero: this kernel does not say
  };

  // `words` are the verifier's, should it refuse the program.
  static Result<Recorder> create(const Program& program, const Places& places,
                                 std::uint32_t ring_size, std::string& words);

  const Descriptor& program() const noexcept { return program_; }
  // Of the records.
  const ThreadWords& thread_words() const noexcept { return words_; }
  // Becomes readable, once, when a record has code that has not been seen.
  const Descriptor& news() const noexcept { return ring_.map(); }
  SeenCode& seen_code() noexcept { return seen_; }

  // Calls visit(Record) for all that has been recorded since the last time.
  template <class Visit>
  void drain(Visit&& visit) {
    ring_.drain([&](Bytes bytes) {
      if (const auto record = Record::parse(bytes, words_.size)) visit(*record);
    });
  }

  LossCounts losses() const {
    LossCounts out;
    const std::uint32_t key = 0;
    std::vector<LossCounts> all(processors_);
    if (!look_up(loss_map_, &key, all.data())) return out;
    for (const LossCounts& one : all) {
      for (std::size_t i = 0; i < loss_count; ++i) out.counts[i] += one.counts[i];
    }
    return out;
  }

 private:
  Recorder(Ring ring, SeenCode seen, std::uint32_t processors, ThreadWords words) noexcept
      : ring_{std::move(ring)}, seen_{std::move(seen)}, processors_{processors}, words_{words} {}

  // One for all recorders that there are: it has 130 KB for each processor, and a tree of processes
  // has a recorder for each of them.
  static Result<std::shared_ptr<const Descriptor>> share_scratch(std::uint32_t processors) {
    static std::mutex lock;
    static std::weak_ptr<const Descriptor> known;
    const std::lock_guard hold{lock};
    if (auto shared = known.lock()) return shared;
    auto map = create_map({MapType::array, 4, Scratch::size(), processors});
    if (!map) return map.error();
    auto fresh = std::make_shared<const Descriptor>(std::move(*map));
    known = fresh;
    return fresh;
  }

  static std::uint32_t processors() {
    const auto file = open_for_reading("/sys/devices/system/cpu/possible");
    const auto text = file ? read_whole(*file, 4096) : Result<std::string>{file.error()};
    return text ? count_processors(*text) : 65536;
  }

  Ring ring_;
  SeenCode seen_;
  std::uint32_t processors_;
  ThreadWords words_;
  std::shared_ptr<const Descriptor> scratch_map_;
  Descriptor program_map_;
  Descriptor loss_map_;
  Descriptor program_;
};

inline Result<Recorder> Recorder::create(const Program& program, const Places& places,
                                         std::uint32_t ring_size, std::string& words) {
  if (!program.good) return Errc::unsupported;
  auto ring = Ring::create(ring_size);
  if (!ring) return ring.error();
  auto seen = SeenCode::create();
  if (!seen) return seen.error();
  Recorder out{std::move(*ring), std::move(*seen), processors(), program.words};
  auto scratch = share_scratch(out.processors_);
  if (!scratch) return scratch.error();
  auto programs = create_map({MapType::program_array, 4, 4, 1});
  if (!programs) return programs.error();
  auto losses = create_map({MapType::processor_array, 4, sizeof(LossCounts), 1});
  if (!losses) return losses.error();
  ProgramCode code = program.code;
  const auto fill = [&](Place place, std::uint64_t value) {
    code.resolve(static_cast<std::uint8_t>(place), value);
  };
  const auto number = [](const Descriptor& map) { return static_cast<std::uint64_t>(map.get()); };
  fill(Place::scratch_map, number(**scratch));
  fill(Place::ring_map, number(out.ring_.map()));
  fill(Place::program_map, number(*programs));
  fill(Place::loss_map, number(*losses));
  fill(Place::seen_map, number(out.seen_.map()));
  fill(Place::runtime, places.runtime.value);
  fill(Place::none, places.none.value);
  fill(Place::task_state, places.task_state);
  auto loaded = load_program(std::span{code.instructions}.first(code.size), words);
  if (!loaded) return loaded.error();
  // What it calls to go on is itself.
  const std::uint32_t first = 0;
  const int itself = loaded->get();
  if (const auto ok = update_map(*programs, &first, &itself); !ok) return ok.error();
  out.scratch_map_ = std::move(*scratch);
  out.program_map_ = std::move(*programs);
  out.loss_map_ = std::move(*losses);
  out.program_ = std::move(*loaded);
  return out;
}

}  // namespace tachyon::kernel
