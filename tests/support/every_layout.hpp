#pragma once

#include <string>
#include <catch2/catch.hpp>

#include "layout/tables.hpp"

namespace tachyon::test {

// Every layout in the form in which `dump` uses it.
template <class Visit>
void every_layout(Visit&& visit) {
  for_each_layout([&](auto compiled) {
    using L = decltype(compiled);
    INFO(std::string(L::tag) + " " + std::string(name_of(L::build.arch)));
    visit(published_form<L>);
  });
}

}  // namespace tachyon::test
