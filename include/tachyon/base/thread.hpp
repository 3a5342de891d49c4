#pragma once

#include <exception>
#include <pthread.h>
#include <type_traits>
#include <utility>

// A thread, and a lock, as POSIX has them. <thread> and <mutex> have the same and much more. The
// standard headers that the library includes took g++ 12 1.3 s with those two and <cmath>, and take
// 1.0 s without.
namespace tachyon {

class Mutex {
 public:
  Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex() { ::pthread_mutex_destroy(&mutex_); }

 private:
  friend class Lock;
  pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
};

// Holds a mutex as long as it lives.
class [[nodiscard]] Lock {
 public:
  explicit Lock(Mutex& mutex) noexcept : mutex_{mutex.mutex_} { ::pthread_mutex_lock(&mutex_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() { ::pthread_mutex_unlock(&mutex_); }

 private:
  pthread_mutex_t& mutex_;
};

// Runs `work()` beside us. Its end is waited for, at the latest by the destructor.
class Worker {
 public:
  Worker() noexcept = default;
  template <class Work>
  requires(!std::is_same_v<std::remove_cvref_t<Work>, Worker>) explicit Worker(Work work) {
    auto* const own = new Work{std::move(work)};
    // Out of threads: nothing that could be done about it here, and std::thread ends there, too.
    if (::pthread_create(&thread_, nullptr, run<Work>, own) != 0) std::terminate();
    running_ = true;
  }
  Worker(Worker&& other) noexcept
      : thread_{other.thread_}, running_{std::exchange(other.running_, false)} {}
  Worker& operator=(Worker&& other) noexcept {
    join();
    thread_ = other.thread_;
    running_ = std::exchange(other.running_, false);
    return *this;
  }
  ~Worker() { join(); }

  void join() noexcept {
    if (std::exchange(running_, false)) ::pthread_join(thread_, nullptr);
  }

 private:
  template <class Work>
  static void* run(void* given) {
    auto* const work = static_cast<Work*>(given);
    (*work)();
    delete work;
    return nullptr;
  }

  pthread_t thread_{};
  bool running_ = false;
};

}  // namespace tachyon
