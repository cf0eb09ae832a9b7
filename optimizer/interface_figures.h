#pragma once

#include <optimizer/interface_layer.h>
#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// How hard the interface is asked to hold, over all load cases and the faces across which cage and bone touch. Stress
/// and strain are those at the centres of the layer's cells, with the material that the analysis gives them: ratio and
/// margin are questions to the bonded interface (in contact hardly any shear is left to hold), micromotion one to the
/// contact.
struct InterfaceFigures
{
  /// Shear over normal stress, |tau| / max(|sigma_n|, a tenth of the load case's mean |sigma_n|): the largest of the
  /// load cases in each cell, of that the 95th percentile by area. What friction would have to be for nothing to slide.
  double shear_to_normal = 0;
  /// Tangential displacement of one side against the other, edge * |gamma|: likewise, mm. In a bonded interface that is
  /// the elastic shear of the layer only.
  double micromotion = 0;
  /// Least over load cases and both sides (cranial, caudal) of what friction holds over what acts: mu N / |T| of the
  /// compressive and the shear resultant, and mu int p r / |M_n| of the moment about the normal through the centre of
  /// pressure (uniformly impending rotation). Below 1 the cage migrates. Infinite where no shear acts; 0 without
  /// compression.
  double migration_margin = 0;
};

/// Of the present design. `layer` must be of the analysis' domain. Collective.
InterfaceFigures interface_figures(SegmentAnalysis &analysis, const InterfaceLayer &layer, double friction_coefficient);

} // namespace cageopt::optimizer
