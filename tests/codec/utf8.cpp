#include <catch2/catch.hpp>
#include <tachyon/codec/utf8.hpp>

using namespace tachyon;

namespace {

template <Surrogates surrogates>
std::string repaired(std::string_view text) {
  StringSink sink;
  put_repaired<surrogates>(sink, text);
  CHECK(sink.text().size() == repaired_size<surrogates>(text));
  return sink.take();
}

}  // namespace

TEST_CASE("text is repaired, and only where it is broken") {
  CHECK(repaired<Surrogates::replaced>("plain \xc3\xbc") == "plain \xc3\xbc");
  CHECK(repaired<Surrogates::replaced>("") == "");
  CHECK(repaired<Surrogates::replaced>("a\xff"
                                       "b\xed\xb3\xbf") ==
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd");
  CHECK(repaired<Surrogates::kept>("a\xff"
                                   "b\xed\xb3\xbf") ==
        "a\xef\xbf\xbd"
        "b\xed\xb3\xbf");
  CHECK(repaired<Surrogates::kept>("\xe2\x82") == "\xef\xbf\xbd\xef\xbf\xbd");
}
