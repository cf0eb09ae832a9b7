#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

#include <inputs/child_process.h>

using namespace cageopt::inputs;

namespace {

constexpr std::uint64_t memory = 1 << 26;

bool succeeds(const std::function<bool()> &action) { return succeeds_in_child(action, memory, 1); }

} // namespace

TEST(ChildProcess, its_result_comes_back)
{
  SharedMemory shared(sizeof(int));
  int *const number = static_cast<int *>(shared.data());
  int own = 1;
  EXPECT_TRUE(succeeds([&] {
    *number = 42;
    own = 2;
    return true;
  }));
  EXPECT_EQ(*number, 42);
  EXPECT_EQ(own, 1);
  EXPECT_FALSE(succeeds([] { return false; }));
}

TEST(ChildProcess, its_end_is_not_ours)
{
  EXPECT_FALSE(succeeds([]() -> bool { std::abort(); }));
  EXPECT_FALSE(succeeds([]() -> bool { std::exit(3); }));
  EXPECT_FALSE(succeeds([]() -> bool { throw std::runtime_error("no"); }));
  EXPECT_FALSE(succeeds([]() -> bool { return std::raise(SIGSEGV) == 0; }));
}

TEST(ChildProcess, memory_and_time_are_limited)
{
  EXPECT_TRUE(succeeds([] { return std::vector<char>(memory / 4, 1).back() == 1; }));
  EXPECT_FALSE(succeeds([] { return std::vector<char>(4 * memory, 1).back() == 1; }));
  EXPECT_FALSE(succeeds([] {
    volatile bool goes_on = true;
    while (goes_on) {
    }
    return true;
  }));
}
