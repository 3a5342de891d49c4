#include <tachyon/render/source_place.hpp>

#include <string>
#include <vector>

#include <catch2/catch.hpp>

using namespace tachyon;

TEST_CASE("a file's origin and module are the target's") {
  const std::vector<std::string> import_paths{"/srv/shop", "/srv/shop/src/", "/usr/lib/python3.15",
                                              "/usr/lib/python3.15/lib-dynload"};
  const SourcePlaces places{import_paths, "/srv/here"};
  struct Case {
    const char* file;
    Origin origin;
    const char* module;
  };
  const Case cases[] = {
      {"/srv/shop/views.py", Origin::project, "views"},
      {"/srv/shop/src/deep/__init__.py", Origin::project, "deep"},
      {"/srv/here/script.py", Origin::project, "script"},
      {"script.py", Origin::project, "script"},
      {"/usr/lib/python3.15/json/decoder.py", Origin::standard_library, "json.decoder"},
      {"/opt/py/lib/python3.13t/threading.py", Origin::standard_library, "threading"},
      {"<frozen importlib._bootstrap>", Origin::standard_library, "importlib._bootstrap"},
      {"/srv/shop/.venv/lib/python3.15/site-packages/rows/cursor.py", Origin::site_packages,
       "rows.cursor"},
      {"/usr/lib/python3/dist-packages/yaml/__init__.py", Origin::site_packages, "yaml"},
      {"/elsewhere/x.py", Origin::other, "x"},
      {"<string>", Origin::other, ""},
      {"~", Origin::other, ""},
      {"", Origin::other, ""},
  };
  for (const Case& c : cases) {
    INFO(c.file);
    const SourcePlace place = places(c.file);
    CHECK(place.origin == c.origin);
    CHECK(place.module == c.module);
  }
}

TEST_CASE("without a known import path everything that is not a library is the project's") {
  const SourcePlaces places{{}, ""};
  CHECK(places("/anywhere/x.py").origin == Origin::project);
  CHECK(places("/a/lib/python3.12/os.py").origin == Origin::standard_library);
}

TEST_CASE("the same module of a moved checkout has the same path behind its import folder") {
  const std::vector<std::string> here{"/srv/a"}, there{"/opt/b"};
  CHECK(SourcePlaces{here, ""}("/srv/a/pkg/mod.py").path == "pkg/mod.py");
  CHECK(SourcePlaces{there, ""}("/opt/b/pkg/mod.py").path == "pkg/mod.py");
}
