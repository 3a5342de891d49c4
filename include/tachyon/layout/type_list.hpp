#pragma once

namespace tachyon {

// Types as a value, for choosing among them.
template <class... Ts>
struct TypeList {
  static constexpr auto size = sizeof...(Ts);
};

}  // namespace tachyon
