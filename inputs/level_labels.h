#pragma once

#include <cstdint>
#include <string>

namespace cageopt::inputs {

/// The label numbers of one motion segment. Default numbering (VerSe): body v (C1 1 ... C7 7, T1 8 ... T12 19, L1 20
/// ... L5 24, S1 26), posterior elements 100 + v, disc below the vertebra 200 + v.
struct LevelLabels
{
  std::string name; ///< "L3/L4"
  std::uint16_t cranial = 0;
  std::uint16_t disc = 0;
  std::uint16_t caudal = 0;
  std::uint16_t cranial_posterior = 0; ///< 0: not told apart
  std::uint16_t caudal_posterior = 0;  ///< 0: not told apart
};

/// Reads "L3/L4" or "L3/4", C2/C3 to L5/S1. `numbers`, if not empty, replaces the label numbers: "cranial, disc,
/// caudal" or those and "cranial posterior, caudal posterior". Throws InputError with the nearest level.
LevelLabels parse_level(const std::string &level, const std::string &numbers = "");

/// "L3" for 22; empty for a number that is no vertebral body in VerSe's numbering.
std::string vertebra_name(std::uint16_t label);

} // namespace cageopt::inputs
