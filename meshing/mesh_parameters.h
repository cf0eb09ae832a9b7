#pragma once

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Mesh".
struct MeshParameters
{
  double cell_size = 1.;        ///< mm, in cage and adjacent bone
  double fine_distance = 3.;    ///< mm
  double medium_distance = 8.;  ///< mm
  double bone_height = 24.;     ///< mm
  double minimum_fraction = .1; ///< material in a cell that is kept
  double disc_youngs_modulus = 4.2;
  double disc_poissons_ratio = .45;
  bool disc_remnant = true;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
};

} // namespace cageopt::meshing
