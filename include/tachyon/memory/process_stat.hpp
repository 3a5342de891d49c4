#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

// One line of /proc/PID/stat, for a process or a thread. The second field is the name in brackets
// and belongs to the target: it may hold brackets, blanks and line feeds, so everything is counted
// from the *last* closing bracket. A thread named "a) S b" must not look asleep.
//
//   1234 (a) S b) R 1 1234 1234 0 -1 4194304 ...
//                 ^ field 3: counting starts here
namespace tachyon {

struct ProcessStat {
  char state = '?';  // R S D Z T t I X
  std::int32_t parent = 0;
  bool kernel_thread = false;
  bool exiting = false;  // on its way out: it may have no memory any more, and has not ended yet
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::int32_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot: with the pid it names a process for good
  std::uint64_t stack = 0;        // where the first thread's begins; 0 if we may not know
  std::int32_t cpu = -1;          // the one it runs on, or ran on last
};

namespace detail {

// Field `number` (3 = state) of the blank-separated rest.
class StatFields {
 public:
  explicit StatFields(std::string_view rest) noexcept : rest_{rest} {}

  std::string_view field(int number) noexcept {
    while (next_ <= number && !rest_.empty()) {
      const std::size_t end = rest_.find_first_of(" \n");
      current_ = rest_.substr(0, end);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
      ++next_;
    }
    return next_ > number ? current_ : std::string_view{};
  }

  template <class T>
  bool number(int index, T& into) noexcept {
    const std::string_view text = field(index);
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
    return code == std::errc{} && end == text.data() + text.size();
  }

 private:
  std::string_view rest_;
  std::string_view current_;
  int next_ = 3;
};

}  // namespace detail

inline std::optional<ProcessStat> parse_process_stat(std::string_view line) noexcept {
  const std::size_t bracket = line.rfind(')');
  if (bracket == std::string_view::npos || line.size() - bracket < 4) return std::nullopt;
  detail::StatFields fields{line.substr(bracket + 2)};
  ProcessStat stat;
  const std::string_view state = fields.field(3);
  if (state.size() != 1) return std::nullopt;
  stat.state = state[0];
  std::uint32_t flags = 0;
  const bool complete = fields.number(4, stat.parent) && fields.number(9, flags) &&
                        fields.number(14, stat.user_ticks) &&
                        fields.number(15, stat.system_ticks) && fields.number(20, stat.threads) &&
                        fields.number(22, stat.start_ticks) && fields.number(28, stat.stack) &&
                        fields.number(39, stat.cpu);
  if (!complete) return std::nullopt;
  stat.kernel_thread = (flags & 0x00200000U) != 0;  // PF_KTHREAD
  stat.exiting = (flags & 0x00000004U) != 0;        // PF_EXITING
  return stat;
}

}  // namespace tachyon
