#pragma once

#include <array>
#include <vector>

namespace cageopt::meshing {

/// A closed polygon; corners in order, the last joins the first.
using Contour = std::vector<std::array<double, 2>>;

/// The curves on which a field of n_x x n_y nodes (x fastest), linear along the grid's lines, has the value `level`;
/// coordinates in steps of the grid. Larger values lie to the left, so that outer curves run counter-clockwise.
/// Marching squares. The field must be below `level` along the grid's border.
std::vector<Contour> level_contours(const std::vector<float> &field, int n_x, int n_y, double level);

double length(const Contour &contour);
/// Positive counter-clockwise.
double signed_area(const Contour &contour);
/// The point at `distance` along the contour from its first corner.
std::array<double, 2> point_along(const Contour &contour, double distance);

} // namespace cageopt::meshing
