#include <tachyon/layout/copies.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <catch2/catch.hpp>

#include "layout/tables.hpp"

using namespace tachyon;

// The counter that lies 10 KB behind the rest of what a look reads of an interpreter is no part of
// the copy.
static_assert(copies::Interpreter::extent(layouts::cpython_3_14t_x86_64{}).size() == 696);
static_assert(copies::Interpreter::extent(layouts::cpython_3_11_x86_64{}).from == 8);
static_assert(copies::Frame::extent(layouts::cpython_3_15_x86_64{}).to == 80);
static_assert(copies::Thread::extent(layouts::cpython_3_12_x86_64{}).to ==
              layouts::cpython_3_12_x86_64::thread.exc_state.offset + 8);

static_assert(copies::is_one_of<copies::Gil>(copies::All{}));
static_assert(!copies::is_one_of<int>(copies::All{}));

// A build without what a copy is for needs no room for it.
static_assert(copies::DictKeys::extent(PublishedLayout{}).size() == 0);
static_assert(copies::GeneratorLink::extent(PublishedLayout{}).size() == 0);
static_assert(copies::Interpreter::extent(PublishedLayout{}).size() == 0);
static_assert(copies::find_misfit(PublishedLayout{}, copies::All{}) == Error{});

TEST_CASE("copies: every layout fits, also as one that is published") {
  test::for_each_layout([](auto layout) {
    using L = decltype(layout);
    INFO(std::string(L::tag));
    STATIC_REQUIRE(copies_fit<L>(copies::All{}));
    CHECK(copies::find_misfit(published_form<L>, copies::All{}) == Error{});
  });
}

TEST_CASE("copies: every member that a copy is read for lies in it") {
  test::for_each_layout([](auto layout) {
    INFO(std::string(decltype(layout)::tag));
    const auto holds = [](copies::Extent extent, auto... members) {
      return (
          (!members.present() || (members.offset >= extent.from && members.end() <= extent.to)) &&
          ...);
    };
    CHECK(holds(copies::Frame::extent(layout), layout.frame.executable, layout.frame.previous,
                layout.frame.instruction, layout.frame.tlbc_index, layout.frame.is_entry,
                layout.frame.owner, layout.frame.stackpointer));
    CHECK(holds(copies::Interpreter::extent(layout), layout.interpreter.threads_head,
                layout.interpreter.threads_next_unique_id, layout.interpreter.gc_collecting,
                layout.interpreter.gc_frame, layout.interpreter.code_object_generation));
    CHECK(holds(copies::Gil::extent(layout), layout.gil.locked, layout.gil.last_holder,
                layout.gil.switch_number, layout.gil.enabled));
    CHECK(holds(copies::Thread::extent(layout), layout.thread.id, layout.thread.exc_info,
                layout.thread.current_exception, layout.thread.datastack_limit));
  });
}
