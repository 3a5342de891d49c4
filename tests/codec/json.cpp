#include <limits>
#include <catch2/catch.hpp>
#include <tachyon/codec/json.hpp>

using namespace tachyon;

namespace {

template <JsonUse use = JsonUse::file>
std::string text(std::string_view raw) {
  StringSink sink;
  put_json_text<use>(sink, raw);
  return sink.take();
}

template <class T>
std::string json_number(T value) {
  StringSink sink;
  JsonWriter json{sink};
  json.value(value);
  return sink.take();
}

}  // namespace

TEST_CASE("JSON structure") {
  StringSink sink;
  JsonWriter json{sink};
  json.begin_object();
  json.member("a", 1);
  json.key("b");
  json.begin_array();
  json.value("x");
  json.begin_object();
  json.end_object();
  json.null();
  json.value(true);
  json.raw("[1,2]");
  json.end_array();
  json.member("c", std::string{"y"});
  json.end_object();
  json.newline();
  json.value(2);
  CHECK(sink.text() == "{\"a\":1,\"b\":[\"x\",{},null,true,[1,2]],\"c\":\"y\"}\n2");
}

TEST_CASE("JSON text") {
  CHECK(text("plain") == R"("plain")");
  CHECK(text("") == R"("")");
  CHECK(text("a\"b\\c\n\r\t\x01\x7f") == "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u007f\"");
  CHECK(text(std::string_view("\0x", 2)) == R"("\u0000x")");
  CHECK(text("gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\x8d") ==
        "\"gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x90\x8d\"");
}

TEST_CASE("JSON text that is no UTF-8") {
  CHECK(text("a\xed\xb3\xbfz") == R"("a\udcffz")");  // Python's undecodable byte 0xff
  CHECK(text("\xff") == "\"\xef\xbf\xbd\"");
  CHECK(text("\xc0\x80") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");  // overlong NUL
  CHECK(text("\xe2\x82") == "\"\xef\xbf\xbd\xef\xbf\xbd\"");  // cut
  CHECK(text("\xf4\x90\x80\x80").size() == 2 + 4 * 3);        // beyond U+10FFFF
  CHECK(text("\x80z") == "\"\xef\xbf\xbdz\"");
}

TEST_CASE("JSON text commands no terminal and turns no line round") {
  CHECK(text("a\xc2\x9b"
             "b\xe2\x80\xae") == R"("a\u009bb\u202e")");
  CHECK(text("\xc2\x80\xc2\x9f\xc2\xa0") == "\"\\u0080\\u009f\xc2\xa0\"");
  CHECK(text("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa") == R"("\u2028\u2029\u202a")");
  CHECK(text("\xd8\x9c\xe2\x80\x8e\xe2\x80\x8f") == R"("\u061c\u200e\u200f")");
  CHECK(text("\xe2\x81\xa6\xe2\x81\xa9") == R"("\u2066\u2069")");
  // Their neighbours: a joiner, a narrow space, what stands behind the isolates.
  CHECK(text("\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xaa") == "\"\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xaa\"");
}

TEST_CASE("every code point in JSON is either harmless or escaped") {
  for (char32_t code = 0; code < 0x110000; ++code) {
    std::string name;
    append_utf8(name, code);
    const std::string out = text(name);
    const Utf8 shown = decode_utf8(std::string_view{out}.substr(1));
    if (detail::is_harmful(shown.code) || (detail::is_harmful(code) && shown.code != '\\')) {
      FAIL("code point " << static_cast<unsigned>(code));
    }
  }
}

TEST_CASE("text in pages cannot end the script that holds it") {
  CHECK(text<JsonUse::page>("</script>&\xe2\x80\xa8") == R"("\u003c/script\u003e\u0026\u2028")");
  CHECK(text("</script>&") == R"("</script>&")");
}

TEST_CASE("JSON numbers") {
  CHECK(json_number(-5) == "-5");
  CHECK(json_number(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(json_number(std::int8_t{65}) == "65");
  CHECK(json_number(0.1) == "0.1");
  CHECK(json_number(std::numeric_limits<double>::infinity()) == "null");
  CHECK(json_number(std::numeric_limits<double>::quiet_NaN()) == "null");
  StringSink sink;
  JsonWriter json{sink};
  json.begin_array();
  json.value(1.25, 1);
  json.value(100.0, 3);
  json.value(-0.0001, 2);
  json.value(1e300, 0);
  json.end_array();
  CHECK(sink.text().starts_with("[1.2,100,0,1000"));
  CHECK(sink.text().size() == std::string_view("[1.2,100,0,").size() + 301 + 1);
}
