#pragma once

#include <cstdint>
#include <functional>

namespace cageopt::inputs {

/// Memory that a child process shares with its parent, zeros at first.
class SharedMemory
{
public:
  explicit SharedMemory(std::size_t n_bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory &) = delete;
  SharedMemory &operator=(const SharedMemory &) = delete;

  void *data() { return start; }

private:
  std::size_t n_bytes;
  void *start;
};

/// Runs `action` in a child process, where a library may abort, crash or never end: whether it came to `true` there.
/// The child may take `memory` bytes more than this process has and `seconds` of processor time (rounded up); what it
/// prints is lost, and so is what it changes outside of SharedMemory. `action` calls neither MPI nor threads. For rank
/// 0 while it reads input: the other ranks wait then, and a copy of this process costs little. Throws InputError where
/// the system grants no process.
bool succeeds_in_child(const std::function<bool()> &action, std::uint64_t memory, unsigned int seconds);

} // namespace cageopt::inputs
