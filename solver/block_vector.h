#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace cageopt::solver {

/// Six unit wrenches travel together, padded to this many lanes, so that one lane vector is one SIMD register.
constexpr unsigned int block_lanes = 8;

/// Lanes in which `n_columns` right-hand sides are stored: 1, or block_lanes.
constexpr unsigned int lanes_for(const unsigned int n_columns) { return n_columns == 1 ? 1 : block_lanes; }

/// One or several displacement-like fields on the local nodes of an OctreeMesh, 64-byte aligned.
/// Shape [n_local_nodes][3 components][lanes]; nodes ordered owned | ghost | hanging. Zero at the start.
template <typename Number>
class BlockVector
{
public:
  BlockVector() = default;
  BlockVector(const std::uint32_t n_local_nodes, const unsigned int lanes) : n_nodes(n_local_nodes), n_lanes(lanes)
  {
    const std::size_t bytes = (size() * sizeof(Number) + 63) / 64 * 64;
    storage.reset(static_cast<Number *>(std::aligned_alloc(64, bytes + 64)));
    if (storage == nullptr)
      throw std::bad_alloc();
    clear();
  }
  BlockVector(const BlockVector &other) : BlockVector(other.n_nodes, other.n_lanes)
  {
    for (std::size_t i = 0; i < size(); ++i)
      data()[i] = other.data()[i];
  }
  BlockVector &operator=(const BlockVector &other)
  {
    BlockVector copy(other);
    return *this = static_cast<BlockVector &&>(copy);
  }
  BlockVector(BlockVector &&) noexcept = default;
  BlockVector &operator=(BlockVector &&) noexcept = default;

  void clear()
  {
    for (std::size_t i = 0; i < size(); ++i)
      storage.get()[i] = Number(0);
  }

  unsigned int lanes() const { return n_lanes; }
  std::uint32_t n_local_nodes() const { return n_nodes; }
  std::size_t size() const { return std::size_t(n_nodes) * 3 * n_lanes; }
  unsigned int values_per_node() const { return 3 * n_lanes; }
  Number *data() { return storage.get(); }
  const Number *data() const { return storage.get(); }
  Number &operator()(const std::uint32_t node, const unsigned int component, const unsigned int lane = 0)
  {
    return storage.get()[(std::size_t(node) * 3 + component) * n_lanes + lane];
  }
  Number operator()(const std::uint32_t node, const unsigned int component, const unsigned int lane = 0) const
  {
    return storage.get()[(std::size_t(node) * 3 + component) * n_lanes + lane];
  }

private:
  struct Free
  {
    void operator()(Number *memory) const { std::free(memory); }
  };
  std::uint32_t n_nodes = 0;
  unsigned int n_lanes = 1;
  std::unique_ptr<Number[], Free> storage;
};

} // namespace cageopt::solver
