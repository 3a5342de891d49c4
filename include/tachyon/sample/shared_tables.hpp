#pragma once

#include <string_view>

#include <tachyon/base/thread.hpp>
#include <tachyon/sample/sample.hpp>

namespace tachyon {

// The session's tables as several readers and one writer of outputs use them at the same time.
// Readers keep what they have interned in caches of their own and come here only for things never
// seen before, so on a steady workload the lock is not taken at all.
class SharedTables {
 public:
  // Calls `use(Tables&)` while nobody else can touch the tables.
  template <class Use>
  decltype(auto) with(Use&& use) {
    const Lock hold{mutex_};
    return use(tables_);
  }

  // For when all readers have stopped, and for sessions that have only one thread.
  Tables& unguarded() noexcept { return tables_; }
  const Tables& unguarded() const noexcept { return tables_; }

 private:
  Mutex mutex_;
  Tables tables_;
};

}  // namespace tachyon
