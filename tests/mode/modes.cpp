#include <tachyon/mode/modes.hpp>

#include <catch2/catch.hpp>

using namespace tachyon;

namespace {

template <class... Ps>
bool all_are_modes() {
  return (Mode<Ps> && ...);
}

}  // namespace

TEST_CASE("mode: which threads count") {
  CHECK(all_are_modes<mode::Wall, mode::Cpu, mode::Gil, mode::Exception, mode::All>());
  CHECK(mode::Wall::accepts(Status::none));
  CHECK(mode::All::accepts(Status::none));
  CHECK(mode::Cpu::accepts(Status::on_cpu | Status::main_thread));
  CHECK_FALSE(mode::Cpu::accepts(Status::has_gil | Status::unknown));
  CHECK(mode::Gil::accepts(Status::has_gil));
  CHECK_FALSE(mode::Gil::accepts(Status::on_cpu | Status::gil_requested));
  CHECK(mode::Exception::accepts(Status::has_exception));
  CHECK_FALSE(mode::Exception::accepts(Status::on_cpu));
}

TEST_CASE("mode: the kernel is asked only where the mode needs it") {
  CHECK_FALSE(mode::Wall::needs.on_cpu);
  CHECK_FALSE(mode::Gil::needs.on_cpu);
  CHECK_FALSE(mode::Exception::needs.on_cpu);
  CHECK(mode::Cpu::needs.on_cpu);
  CHECK(mode::All::needs.on_cpu);
}
