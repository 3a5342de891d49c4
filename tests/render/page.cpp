#include <tachyon/render/page.hpp>

#include <string_view>

#include <catch2/catch.hpp>
#include <tachyon/render/assets.hpp>
#include <tachyon/render/page_column.hpp>

using namespace tachyon;

TEST_CASE("a column is base64 of LEB128") {
  PageColumn column;
  CHECK(column.json() == "\"\"");
  column.put(300);
  column.put(1);
  CHECK(column.json() == "\"rAIB\"");
  column.put(0);
  CHECK(column.json() == "\"rAIBAA==\"");
  column.put(127);
  CHECK(column.json() == "\"rAIBAH8=\"");
}

TEST_CASE("text of the program stays text in HTML") {
  StringSink sink;
  put_html_text(sink, "<a href=\"x\">&\n\x1b[2J\xe2\x80\xae");
  CHECK(sink.text() == "&lt;a href=&quot;x&quot;&gt;&amp;\\n\\x1b[2J\\u202e");
}

TEST_CASE("a page is its pieces with title and data between them") {
  constexpr std::string_view head[] = {"a", "b"}, body[] = {"c"}, tail[] = {"d"};
  StringSink sink;
  put_page(sink, PageParts{head, body, tail}, "T<", [](StringSink& to) { to.put("{}"); });
  CHECK(sink.text() == "abT&lt;c{}d");
}

TEST_CASE("the pages name the script that they run and fetch nothing") {
  for (const auto& [head, tail] :
       {std::pair{assets::flamegraph_head[0], assets::flamegraph_tail[0]},
        std::pair{assets::heatmap_index_head[0], assets::heatmap_index_tail[0]},
        std::pair{assets::heatmap_file_head[0], assets::heatmap_file_tail[0]}}) {
    CHECK(head.find("script-src 'sha256-") != head.npos);
    CHECK(head.find("default-src 'none'") != head.npos);
    for (const std::string_view part : {head, tail}) {
      CHECK(part.find("unsafe-") == part.npos);
      CHECK(part.find("https://") == part.npos);
    }
  }
}
