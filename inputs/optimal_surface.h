#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace cageopt::inputs {

/// A surface that crosses each of many columns of nodes once: which node of each column?
struct SurfaceProblem
{
  int n_levels = 0;
  std::vector<float> costs;                   ///< of the surface at level k of column i: costs[k + n_levels * i]
  std::vector<std::array<int, 2>> neighbours; ///< pairs of columns, each pair once
  int largest_step = 1;                       ///< most levels between neighbours
};

/// The level of each column that minimises the sum of the costs under |k_i - k_j| <= largest_step: the global minimum,
/// as a minimum cut (Li, Wu, Chen & Sonka 2006, IEEE Trans Pattern Anal Mach Intell 28:119), by Boost's algorithm of
/// Boykov and Kolmogorov. Costs are between -1e4 and 1e4 and count to 1/1000.
std::vector<int> optimal_surface(const SurfaceProblem &problem);

} // namespace cageopt::inputs
