#pragma once

#include <optimizer/bone_overstrain.h>
#include <optimizer/cage_stress.h>
#include <optimizer/endplate_stress.h>
#include <optimizer/graft_strain_energy.h>
#include <optimizer/local_density.h>
#include <optimizer/overstrained_volume.h>
#include <optimizer/strain_distribution_mismatch.h>
#include <optimizer/strain_mismatch.h>

#include "block_segment.h"

namespace cageopt::optimizer::test {

constexpr double near_distance = 5., endplate_layer = 1.5;             // mm
constexpr double compressive_yield = .0084, tensile_yield = .0078;     // strains
constexpr double limit_strain = .04, limit_width = .05 * limit_strain; // strains, amid those of the block segment
constexpr double yield_strength = 765.;                                // MPa

/// The block segment and the responses that see strains, beside those of the local density.
struct LocalResponses : public BlockModel
{
  explicit LocalResponses(MPI_Comm comm, const double tolerance = 1e-10, const LawParameters &law_parameters = {})
      : BlockModel(comm, tolerance, law_parameters), bone(bone_near_cage(domain, near_distance)),
        reference(analysis.displacements_for(analysis.intact())),
        overstrain(analysis, bone, compressive_yield, tensile_yield), endplate(analysis, endplate_layer),
        stress(analysis, yield_strength), fatigue(CageStress::fatigue(analysis, yield_strength, .6, .3, .5)),
        volume_beyond(analysis, bone, limit_strain, limit_width),
        distribution("strain_distribution_mismatch_intact", analysis, bone, reference), graft_energy(analysis),
        averaging(domain, analysis.design_cells(), 5.), densest(comm, averaging, LocalDensity::Extreme::maximum),
        sparsest(comm, averaging, LocalDensity::Extreme::minimum)
  {
  }

  /// Those with displacements in them.
  std::vector<Response *> of_strain(const bool with_strength)
  {
    std::vector<Response *> responses = {&overstrain, &endplate, &volume_beyond, &distribution, &graft_energy};
    if (with_strength)
      responses.insert(responses.end(), {&stress, &fatigue});
    return responses;
  }

  std::vector<double> bone;
  solver::BlockVector<double> reference;
  BoneOverstrain overstrain;
  EndplateStress endplate;
  CageStress stress, fatigue;
  OverstrainedVolume volume_beyond;
  StrainDistributionMismatch distribution;
  GraftStrainEnergy graft_energy;
  HelmholtzFilter averaging;
  LocalDensity densest, sparsest;
};

} // namespace cageopt::optimizer::test
