#pragma once

#include <functional>
#include <vector>

#include <meshing/design_domain.h>
#include <optimizer/scenarios.h>

namespace cageopt::optimizer {

/// What scenarios need to know of the patient's bone.
struct BoneModel
{
  /// E [MPa] of density [mg/cm3]: of the case's law, then of the laws that scenarios may choose instead.
  std::vector<std::function<double(double)>> modulus;
  double intercept = 0; ///< of the calibration, mg/cm3
};

/// The intact segment's stiffness in a scenario, [n_cells] MPa. In cells of bone
///   C' = f C,   f = bone_factor E_law(b') / E(b),   b' = intercept + slope (b - intercept) + offset,
/// b the cell's mean density: exact where density is uniform within the cell and all of it is bone; in cells cut by the
/// bone's surface the soft tissue's share is scaled with it, and bone in cells that are mostly disc stays as it is. The
/// ratio of moduli is held between 0.1 and 10, because mean densities about zero say little of a cell's modulus.
///
/// Then the bone is moved by -shift, so that the cage lies by `shift` elsewhere in it: each bone cell takes C' from the
/// mesh there, linearly between cells of its own size, out of bone cells only (its own where there is none). The shape
/// of endplates and outlines, disc, supports and loads do not move. Collective.
std::vector<inputs::CellStiffness> scenario_stiffness(const meshing::DesignDomain &domain, const Scenario &scenario,
                                                      const BoneModel &bone);

} // namespace cageopt::optimizer
