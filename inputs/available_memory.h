#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace cageopt::inputs {

/// What this machine may still give, bytes: the smaller of MemAvailable and what the control group (Slurm, container)
/// leaves; 0 where neither tells.
std::uint64_t available_memory();

/// The number after `key` in a file of the system, of lines "key number ..."; nothing where there is none.
std::optional<std::uint64_t> system_number(const std::string &path, const std::string &key);

/// Throws InputError when reading `input`, as the message names it, takes more `bytes` than that.
void require_memory_for(const std::string &input, double bytes);

} // namespace cageopt::inputs
