#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <span>
#include <string_view>

#include <tachyon/base/text.hpp>
#include <tachyon/codec/sink.hpp>

// A page is one file: style, script and data in it, nothing fetched, so that it opens from a disk
// without a network years later. Where the pieces come from:
// gen/assets, put together by gen/embed.py.
//
//   head | title | body | data as JSON | tail
//
// Nothing that a profiled program chose becomes markup or script, for three reasons at once: data
// are JSON in which `<`, `>` and `&` are escaped, so that no name ends the element they stand in;
// the script sets text as text only; and a policy in the head names the hash of the one script and
// the one style sheet, so that a browser runs nothing else.
namespace tachyon {

struct PageParts {
  std::span<const std::string_view> head;
  std::span<const std::string_view> body;
  std::span<const std::string_view> tail;
};

// Text as HTML shows it, also between double quotes. What cannot be shown is spelled out.
template <Sink S>
void put_html_text(S& sink, std::string_view text) {
  for (const char c : printable(text)) {
    switch (c) {
      case '<':
        sink.put("&lt;");
        break;
      case '>':
        sink.put("&gt;");
        break;
      case '&':
        sink.put("&amp;");
        break;
      case '"':
        sink.put("&quot;");
        break;
      default:
        sink.put(c);
    }
  }
}

// `put_data` writes JSON for pages (JsonUse::page).
template <Sink S, class PutData>
void put_page(S& sink, const PageParts& page, std::string_view title, PutData&& put_data) {
  for (const std::string_view piece : page.head) sink.put(piece);
  put_html_text(sink, title);
  for (const std::string_view piece : page.body) sink.put(piece);
  put_data(sink);
  for (const std::string_view piece : page.tail) sink.put(piece);
}

// Whether we wrote a page: its head says so. What is somebody else's is not replaced.
inline bool is_our_page(const char* path) noexcept {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return false;
  char head[1024];
  const ssize_t size = ::read(file, head, sizeof head);
  ::close(file);
  const std::string_view text{head, static_cast<std::size_t>(size < 0 ? 0 : size)};
  return text.find("<meta name=\"generator\" content=\"tachyon\">") != text.npos;
}

}  // namespace tachyon
