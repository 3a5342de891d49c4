#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace tachyon {

// Where encoders put their bytes. `put` never fails at the call: a sink that cannot write remembers
// its first error and tells it when it is closed, so that encoders stay free of error plumbing.
template <class S>
concept Sink = requires(S& sink, std::string_view text, char c) {
  { sink.put(text) } -> std::same_as<void>;
  { sink.put(c) } -> std::same_as<void>;
};

// Keeps everything in memory: tests, and library users who want a string.
class StringSink {
 public:
  void put(std::string_view text) { text_.append(text); }
  void put(char c) { text_.push_back(c); }
  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace tachyon
