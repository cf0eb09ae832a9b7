#pragma once

#include <array>
#include <vector>

#include <inputs/patient.h>
#include <meshing/endplate_surfaces.h>

namespace cageopt::meshing {

/// The bone on which a cage stands, column by column of the overlap: mean density of a layer beneath each endplate, the
/// yield stress that the bone law gives it, and the rim. Sides: 0 caudal, 1 cranial. Rank-local.
class EndplateLayer
{
public:
  EndplateLayer(const inputs::Patient &patient, const EndplateSurfaces &surfaces,
                const inputs::Affine &design_to_world);

  /// 1.25 mm, or one voxel if that is more; mm.
  static double thickness(const inputs::Patient &patient);

  /// mg/cm3, of the column nearest to (x, y); NaN outside the overlap, or where none of that body's bone lies within
  /// the layer.
  double density(int side, double x, double y) const;
  /// Young's modulus of that density times the patient's yield strain in compression, MPa; 0 where there is no density.
  double yield_stress(int side, double x, double y) const;
  /// Mean over all columns of the overlap, mg/cm3.
  double mean_density(int side) const { return means[side]; }

  /// Whether (x, y) lies in the rim: in the overlap, but not in the overlap scaled to 70 % about its centroid. The
  /// central endplate has about 70 % of the whole endplate's diameter, and the epiphyseal rim is 3 to 7 mm wide (591
  /// lumbar endplates, Wang, Battie & Videman 2012, Eur Spine J 21:2316).
  bool in_rim(double x, double y) const;

private:
  static constexpr double central_share = .7; ///< of the diameter
  std::size_t column(double x, double y) const;

  const inputs::Patient &patient;
  const EndplateSurfaces &surfaces;
  double x_begin = 0, y_begin = 0;
  int n_x = 0, n_y = 0;
  std::array<std::vector<float>, 2> densities; ///< NaN: none
  std::array<double, 2> means{};
};

} // namespace cageopt::meshing
