#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include <tachyon/sampler/strategy.hpp>
#include <tachyon/target/host.hpp>

// Memory, host and way of reading behind one virtual call each, for what happens once. A call costs
// two nanoseconds and a read two microseconds, but the sampler does without it.
namespace tachyon::tool {

class AnyMemory {
 public:
  template <Memory M>
  explicit AnyMemory(M& memory) : model_{std::make_unique<Model<M>>(memory)} {}

  Result<void> read(Address at, std::span<std::byte> into) noexcept {
    return model_->read(at, into);
  }
  Result<std::size_t> read_many(std::span<const Range> ranges) noexcept {
    return model_->read_many(ranges);
  }

 private:
  struct Asked {
    virtual ~Asked() = default;
    virtual Result<void> read(Address at, std::span<std::byte> into) noexcept = 0;
    virtual Result<std::size_t> read_many(std::span<const Range> ranges) noexcept = 0;
  };
  template <class M>
  struct Model final : Asked {
    explicit Model(M& m) : memory{m} {}
    Result<void> read(Address at, std::span<std::byte> into) noexcept override {
      return memory.read(at, into);
    }
    Result<std::size_t> read_many(std::span<const Range> ranges) noexcept override {
      return memory.read_many(ranges);
    }
    M& memory;
  };
  std::unique_ptr<Asked> model_;
};
static_assert(Memory<AnyMemory>);

class AnyHost {
 public:
  template <Host H>
  explicit AnyHost(H& host) : model_{std::make_unique<Model<H>>(host)} {}

  std::int32_t pid() const { return model_->pid(); }
  std::int32_t ours(std::uint64_t inner) { return model_->ours(inner); }
  std::string thread_name(std::int32_t task) const { return model_->thread_name(task); }
  std::unique_ptr<ThreadClock> clock(std::int32_t task) const { return model_->clock(task); }
  Address futex_wait(std::int32_t task) const { return model_->futex_wait(task); }
  Address asyncio_table() { return model_->asyncio_table(); }

 private:
  struct Asked {
    virtual ~Asked() = default;
    virtual std::int32_t pid() const = 0;
    virtual std::int32_t ours(std::uint64_t inner) = 0;
    virtual std::string thread_name(std::int32_t task) const = 0;
    virtual std::unique_ptr<ThreadClock> clock(std::int32_t task) const = 0;
    virtual Address futex_wait(std::int32_t task) const = 0;
    virtual Address asyncio_table() = 0;
  };
  template <class H>
  struct Model final : Asked {
    explicit Model(H& h) : host{h} {}
    std::int32_t pid() const override { return host.pid(); }
    std::int32_t ours(std::uint64_t inner) override { return host.ours(inner); }
    std::string thread_name(std::int32_t task) const override { return host.thread_name(task); }
    std::unique_ptr<ThreadClock> clock(std::int32_t task) const override {
      return host.clock(task);
    }
    Address futex_wait(std::int32_t task) const override { return host.futex_wait(task); }
    Address asyncio_table() override { return host.asyncio_table(); }
    H& host;
  };
  std::unique_ptr<Asked> model_;
};
static_assert(Host<AnyHost>);

// Only what a single look needs of a reading.
class AnyStrategy {
 public:
  template <class R>
  explicit AnyStrategy(R& reading) : model_{std::make_unique<Model<R>>(reading)} {}

  bool wait(std::uint64_t deadline) { return model_->wait(deadline); }
  Result<void> begin() { return model_->begin(); }
  bool end() { return model_->end(); }
  bool certain() const { return model_->certain(); }

 private:
  struct Asked {
    virtual ~Asked() = default;
    virtual bool wait(std::uint64_t deadline) = 0;
    virtual Result<void> begin() = 0;
    virtual bool end() = 0;
    virtual bool certain() const = 0;
  };
  template <class R>
  struct Model final : Asked {
    explicit Model(R& r) : reading{r} {}
    bool wait(std::uint64_t deadline) override { return reading.wait(deadline); }
    Result<void> begin() override { return reading.begin(); }
    bool end() override { return reading.end(); }
    bool certain() const override { return reading.certain(); }
    R& reading;
  };
  std::unique_ptr<Asked> model_;
};

}  // namespace tachyon::tool
