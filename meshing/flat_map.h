#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cageopt::meshing {

/// Open-addressing hash map from 64-bit keys to 32-bit values: 12 bytes a slot at a load of at most 2/3. The mesh
/// set-up lives on look-ups of lattice positions, and a node-based map takes five times the memory of the mesh itself.
class FlatMap
{
public:
  static constexpr std::uint32_t not_found = 0xffffffffu;

  explicit FlatMap(const std::size_t expected = 16) { rehash(expected + expected / 2 + 16); }

  std::uint32_t find(const std::uint64_t key) const
  {
    for (std::size_t slot = hash(key) & mask;; slot = (slot + 1) & mask) {
      if (keys[slot] == key)
        return values[slot];
      if (keys[slot] == empty)
        return not_found;
    }
  }

  /// Inserts unless the key is there; returns the value that the map now holds for it.
  std::uint32_t insert(const std::uint64_t key, const std::uint32_t value)
  {
    if (3 * (n_entries + 1) > 2 * keys.size())
      rehash(2 * keys.size());
    for (std::size_t slot = hash(key) & mask;; slot = (slot + 1) & mask) {
      if (keys[slot] == key)
        return values[slot];
      if (keys[slot] == empty) {
        keys[slot] = key;
        values[slot] = value;
        ++n_entries;
        return value;
      }
    }
  }

  std::size_t size() const { return n_entries; }

  static std::uint64_t hash(std::uint64_t key)
  {
    key ^= key >> 31; // splitmix64's finaliser
    key *= 0x7fb5d329728ea185ull;
    key ^= key >> 27;
    key *= 0x81dadef4bc2dd44dull;
    return key ^ (key >> 33);
  }

private:
  static constexpr std::uint64_t empty = ~std::uint64_t(0);

  void rehash(const std::size_t minimum)
  {
    std::size_t n_slots = 16;
    while (n_slots < minimum)
      n_slots *= 2;
    const std::vector<std::uint64_t> old_keys = std::move(keys);
    const std::vector<std::uint32_t> old_values = std::move(values);
    keys.assign(n_slots, empty);
    values.assign(n_slots, 0);
    mask = n_slots - 1;
    n_entries = 0;
    for (std::size_t slot = 0; slot < old_keys.size(); ++slot)
      if (old_keys[slot] != empty)
        insert(old_keys[slot], old_values[slot]);
  }

  std::vector<std::uint64_t> keys;
  std::vector<std::uint32_t> values;
  std::size_t mask = 0;
  std::size_t n_entries = 0;
};

} // namespace cageopt::meshing
