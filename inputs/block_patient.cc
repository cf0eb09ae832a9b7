#include <inputs/block_patient.h>

#include <cmath>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/formatted.h>

namespace cageopt::inputs {

namespace {

constexpr double degree = 3.14159265358979323846 / 180.;
constexpr float block_density = 1000.f; // mg/cm3

} // namespace

void BlockPatientParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Blocks");
  prm.add_parameter("Young's modulus", youngs_modulus,
                    "Of both blocks; their Poisson's ratio is that of 'Bone law'. ASTM F2077: steel 200000 to 210000 "
                    "(static), polyacetal about 3000; ASTM F2267: grade 15 polyurethane foam 123 [C]. Unit: MPa.",
                    Double(0., 1e8));
  prm.add_parameter("Width", width, "Of the blocks, from right to left. Unit: mm.", Double(20., 200.));
  prm.add_parameter("Depth", depth, "Of the blocks, from back to front. Unit: mm.", Double(20., 200.));
  prm.add_parameter("Thickness", thickness, "Of each block, in the middle. Unit: mm.", Double(12., 100.));
  prm.add_parameter("Gap", gap, "Between the blocks, in the middle: the cage's height. Unit: mm.", Double(2., 24.));
  prm.add_parameter("Lordosis", lordosis, "Angle between the blocks' faces, open in front. Unit: degrees.",
                    Double(0., 30.));
  prm.add_parameter("Grid spacing", grid_spacing, "Of the image that holds the blocks. Unit: mm.", Double(.1, 2.));
  prm.leave_subsection();
}

void BlockPatientParameters::check() const
{
  if (!(youngs_modulus > 0))
    throw InputError("'Patient/Blocks/Young's modulus'", "not stated",
                     "the source 'blocks' has no bone to take it from",
                     "state that of the test's blocks: 200000 for steel, 123 for grade 15 foam");
  const double narrowest = gap - depth * std::tan(.5 * lordosis * degree);
  if (narrowest < 2.)
    throw InputError(
        "'Patient/Blocks/Gap'", formatted("%.4g mm", gap),
        formatted("with this 'Lordosis' %.3g mm of it are left at the back, and 2 mm are needed", narrowest),
        "raise the gap, or lower 'Lordosis' or 'Depth'");
}

bool BlockPatientParameters::stated() const
{
  const BlockPatientParameters defaults;
  return youngs_modulus != defaults.youngs_modulus || width != defaults.width || depth != defaults.depth ||
         thickness != defaults.thickness || gap != defaults.gap || lordosis != defaults.lordosis ||
         grid_spacing != defaults.grid_spacing;
}

SurfacePatient make_block_patient(const BlockPatientParameters &parameters, const LevelLabels &level)
{
  constexpr double margin = 4.; // mm
  const double h = parameters.grid_spacing, slope = std::tan(.5 * parameters.lordosis * degree);
  const double reach[3] = {.5 * parameters.width, .5 * parameters.depth, .5 * parameters.gap + parameters.thickness};
  SurfacePatient patient;
  auto &grid = patient.labels.grid;
  for (unsigned int d = 0; d < 3; ++d) {
    // An even number of voxels: the planes of symmetry lie between them.
    const int half = static_cast<int>(std::ceil((reach[d] + margin) / h));
    grid.size[d] = 2 * half;
    grid.index_to_world.linear[d][d] = h;
    grid.index_to_world.offset[d] = (.5 - half) * h;
  }
  patient.bmd.grid = grid;
  patient.labels.values.assign(grid.n_voxels(), 0);
  patient.bmd.values.assign(grid.n_voxels(), 0.f);
  std::size_t voxel = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i, ++voxel) {
        const Point point = grid.index_to_world({double(i), double(j), double(k)});
        if (std::abs(point[0]) > reach[0] || std::abs(point[1]) > reach[1] || std::abs(point[2]) > reach[2])
          continue;
        const bool in_gap = std::abs(point[2]) < .5 * parameters.gap + slope * point[1];
        patient.labels.values[voxel] = static_cast<std::uint16_t>(in_gap         ? level.disc
                                                                  : point[2] > 0 ? level.cranial
                                                                                 : level.caudal);
        patient.bmd.values[voxel] = in_gap ? 0.f : block_density;
      }
  return patient;
}

} // namespace cageopt::inputs
