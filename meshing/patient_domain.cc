#include <meshing/patient_domain.h>

#include <algorithm>
#include <cmath>

#include <inputs/error.h>
#include <inputs/formatted.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

std::string millimetres(const double value) { return inputs::formatted("%.1f mm", value); }

} // namespace

PatientDomain::PatientDomain(const Patient &patient, const CageParameters &cage_parameters,
                             const MeshParameters &parameters, MPI_Comm comm, const Refinement &refinement,
                             const FixationParameters &fixation)
    : patient(patient), design_frame(DesignFrame::fit(patient)), surfaces(patient, design_frame.design_to_world),
      cage_surfaces(CageSurfaces::read(cage_parameters, design_frame.design_to_world, comm)),
      endplate_layer(patient, surfaces, design_frame.design_to_world),
      implant(
          cage_parameters, surfaces,
          [this](const int side, const double x, const double y) { return endplate_layer.yield_stress(side, x, y); },
          cage_surfaces),
      hardware(fixation, patient, surfaces, implant, design_frame.design_to_world),
      meshed(
          mesh_segment(patient, design_frame, surfaces, implant, hardware, parameters, refinement, comm, mesh_report))
{
  auto &warnings = mesh_report.warnings;
  warnings.insert(warnings.begin(), cage_surfaces.warnings.begin(), cage_surfaces.warnings.end());
}

PatientDomain::BoneTarget PatientDomain::measure_bone(const double from, const double to) const
{
  BoneTarget target;
  const auto design_to_index = patient.labels.grid.index_to_world.inverse() * design_frame.design_to_world;
  const auto index_to_design = design_to_index.inverse();
  const auto &labels = patient.labels;
  const double wall = std::max(3., 1.5 * patient.resolution());
  const double diagonal = std::sqrt(.5) * wall;
  const Point around[8] = {{wall, 0, 0},
                           {-wall, 0, 0},
                           {0, wall, 0},
                           {0, -wall, 0},
                           {diagonal, diagonal, 0},
                           {-diagonal, diagonal, 0},
                           {diagonal, -diagonal, 0},
                           {-diagonal, -diagonal, 0}};
  double sums[2] = {0, 0};
  std::size_t counts[2] = {0, 0};
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i) {
        const auto label = labels(i, j, k);
        const bool caudal = label == patient.level.caudal;
        if (!caudal && label != patient.level.cranial)
          continue;
        const Point point = index_to_design({double(i), double(j), double(k)});
        const double x = point[0], y = point[1];
        if (!surfaces.covers(x, y))
          continue;
        if (!implant.covers(x, y))
          continue;
        const double depth_below = caudal ? surfaces.lower(x, y) - point[2] : point[2] - surfaces.upper(x, y);
        if (depth_below < from || depth_below > to)
          continue;
        const bool at_side_wall = std::any_of(std::begin(around), std::end(around), [&](const Point &offset) {
          // As deep beneath the endplate, which is curved, but not so near that its own roughness counts.
          const double depth_beside = std::max(depth_below, wall);
          Point beside = point + offset;
          if (!surfaces.covers(beside[0], beside[1]))
            return true;
          beside[2] = caudal ? surfaces.lower(beside[0], beside[1]) - depth_beside
                             : surfaces.upper(beside[0], beside[1]) + depth_beside;
          const auto found = nearest(labels, design_to_index(beside));
          return found == 0 || (found != label && found != patient.level.disc &&
                                found != patient.level.cranial_posterior && found != patient.level.caudal_posterior);
        });
        if (at_side_wall)
          continue;
        sums[caudal ? 0 : 1] += patient.bmd(i, j, k);
        ++counts[caudal ? 0 : 1];
      }
  if (counts[0] == 0 || counts[1] == 0)
    throw InputError("The bone beside the cage", "empty between " + millimetres(from) + " and " + millimetres(to),
                     "the target modulus is measured there", "check the labels, or the depths of the measurement");
  target.caudal_bmd = sums[0] / counts[0];
  target.cranial_bmd = sums[1] / counts[1];
  target.caudal_modulus = patient.youngs_modulus(static_cast<float>(target.caudal_bmd));
  target.cranial_modulus = patient.youngs_modulus(static_cast<float>(target.cranial_bmd));
  target.bmd = .5 * (target.caudal_bmd + target.cranial_bmd);
  target.modulus = patient.youngs_modulus(static_cast<float>(target.bmd));
  target.n_voxels = counts[0] + counts[1];
  return target;
}

} // namespace cageopt::meshing
