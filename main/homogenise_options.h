#pragma once

#include <limits>
#include <string>
#include <vector>

namespace cageopt {

/// What `cageopt homogenise` was asked for.
struct HomogeniseOptions
{
  std::string cell, function, image; ///< one of them, or the case file of a specimen
  bool is_sheet = false;             ///< of the function: its absolute value
  double threshold = 0;              ///< grey value of an image, with has_threshold
  bool has_threshold = false;
  bool accept_faces = false;                                        ///< of an image whose opposite faces do not match
  std::string densities;                                            ///< "0.1:0.5:0.1" or "0.1,0.3"; empty: the default
  std::string voxels;                                               ///< along L, "32,48,64"; empty: the default
  double poissons_ratio = std::numeric_limits<double>::quiet_NaN(); ///< not given: 0.3, or the specimen's
  double yielded_share = .01; ///< of the solid's volume at the macroscopic yield stress
  std::string law_file;       ///< empty: none is written
  bool print_matrix = false, permeability = false;
};

} // namespace cageopt
