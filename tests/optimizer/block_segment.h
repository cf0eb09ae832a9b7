#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <inputs/load_case.h>
#include <meshing/forest.h>
#include <optimizer/density_parametrisation.h>
#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer::test {

constexpr double bone_poissons_ratio = .3, graft_modulus = 100.;

/// A spinal segment made of blocks, 16 x 16 x 24 mm in cells of 2 mm / refinement: bone of varying modulus below and
/// above a cage of 12 x 12 x 8 mm with a solid ring at mid-height, a graft window of 4 x 4 mm, and disc around it.
/// Cells in the outer bone are twice as large. Clamped at the bottom, unit wrenches about the disc's centre on top.
inline meshing::DesignDomain make_block_segment(MPI_Comm comm, const int refinement = 1)
{
  using meshing::OctreeCell;
  using meshing::Region;
  const int n = refinement, half_height = 6 * n;
  const auto is_outer = [=](const OctreeCell &cell) {
    return cell.corner[2] < 2 * n || cell.corner[2] >= 2 * half_height - 2 * n;
  };
  meshing::DesignDomain domain{
      meshing::OctreeMesh(comm, meshing::make_forest_leaves(
                                    comm, {4 * n, 4 * n, 6 * n}, 1, [](const OctreeCell &) { return true; },
                                    [&](const OctreeCell &cell) { return is_outer(cell) ? 1u : 0u; }))};
  const auto &mesh = domain.mesh;
  domain.unit = 2. / n;
  domain.origin = {-8., -8., -12.};
  domain.disc = inputs::CubicStiffness::isotropic(4.2, .45);
  domain.graft = inputs::CubicStiffness::isotropic(graft_modulus, .2);
  domain.frame = inputs::CubicStiffness::isotropic(110000., .3);
  std::vector<std::uint32_t> top;
  for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
    const auto p = domain.cell_centre(cell);
    const double across = std::max(std::abs(p[0]), std::abs(p[1])), along = std::abs(p[2]);
    Region region = Region::disc;
    if (along > 4.)
      region = p[2] > 0. ? Region::cranial_bone : Region::caudal_bone;
    else if (across < 2.)
      region = Region::window;
    else if (across < 6.)
      region = across > 4. && along < 2. ? Region::frame : Region::design;
    const double modulus = 250. + 100. * std::sin(.4 * p[0] + .3) * std::cos(.3 * p[1]) + 40. * std::sin(.5 * p[2]);
    const bool is_bone = meshing::is_bone(region);
    domain.region.push_back(region);
    domain.intact.push_back(is_bone ? inputs::CubicStiffness::isotropic(modulus, bone_poissons_ratio) : domain.disc);
    domain.bmd.push_back(is_bone ? float(.4 * modulus) : std::numeric_limits<float>::quiet_NaN());
    domain.bone_fraction.push_back(is_bone ? 1.f : 0.f);
    const double outside = std::max(0., across - 6.), above = std::max(0., along - 4.);
    domain.cage_distance.push_back(float(std::hypot(outside, above)));
    if (mesh.cell(cell).corner[2] + mesh.cell(cell).edge() == 2 * half_height)
      top.push_back(cell);
  }
  domain.fixed.assign(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
    if (mesh.position(node)[2] == 0)
      domain.fixed[node] = 7;
  domain.loads = meshing::unit_wrench_loads(mesh, domain.unit, domain.origin, top, {0., 0., 0.});
  return domain;
}

inline solver::SolverParameters solver_parameters(const double tolerance)
{
  solver::SolverParameters parameters;
  parameters.relative_tolerance = tolerance;
  parameters.maximum_iterations = 2000;
  return parameters;
}

/// Everything between design variables and responses, on the block segment.
struct BlockModel
{
  explicit BlockModel(MPI_Comm comm, const double tolerance = 1e-10, const LawParameters &law_parameters = {},
                      const int refinement = 1, const double filter_radius = 4.)
      : domain(make_block_segment(comm, refinement)), cases(inputs::load_cases(inputs::LoadParameters())),
        analysis(domain, solver_parameters(tolerance), cases), filter(domain, analysis.design_cells(), filter_radius),
        law(make_stiffness_law(law_parameters, ".", comm)),
        parametrisation(FieldMap(&filter, nullptr, law->lower_density(), law->upper_density()), *law,
                        analysis.design_cells().size())
  {
  }
  BlockModel(const BlockModel &) = delete;

  /// A number per design cell from a function of the cell's centre, mm.
  template <typename Function>
  DesignVector design(const Function &function) const
  {
    DesignVector x;
    for (const auto cell : analysis.design_cells())
      x.push_back(function(domain.cell_centre(cell)));
    return x;
  }

  /// A smooth design well inside the law's bounds.
  DesignVector smooth_design() const
  {
    const double lower = law->lower_density(), range = law->upper_density() - lower;
    return design([&](const inputs::Point &p) {
      return lower + range * (.5 + .3 * std::sin(.5 * p[0] + .4) * std::cos(.4 * p[1]) + .1 * std::sin(.8 * p[2]));
    });
  }

  solver::BlockVector<double> graft_displacements()
  {
    const auto graft = inputs::CubicStiffness::isotropic(200., bone_poissons_ratio);
    return analysis.displacements_for(analysis.with_envelope(graft));
  }

  meshing::DesignDomain domain;
  std::vector<inputs::LoadCase> cases;
  SegmentAnalysis analysis;
  HelmholtzFilter filter;
  std::unique_ptr<StiffnessLaw> law;
  DensityParametrisation parametrisation;
};

inline LawParameters simp_law()
{
  LawParameters parameters;
  parameters.law = "simp";
  return parameters;
}

inline double sum_over_ranks(MPI_Comm comm, double value)
{
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, comm);
  return value;
}

/// Cell values by the cell's key.
inline std::map<std::uint64_t, double> by_cell(const meshing::DesignDomain &domain,
                                               const std::vector<std::uint32_t> &cells, const DesignVector &values)
{
  std::map<std::uint64_t, double> result;
  for (std::size_t i = 0; i < cells.size(); ++i)
    result[domain.mesh.cell(cells[i]).key()] = values[i];
  return result;
}

} // namespace cageopt::optimizer::test
