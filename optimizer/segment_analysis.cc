#include <optimizer/segment_analysis.h>

#include <algorithm>
#include <cmath>

namespace cageopt::optimizer {

using inputs::CellStiffness;
using meshing::Region;
using solver::BlockVector;

LoadMatrix load_matrix(const std::vector<inputs::LoadCase> &load_cases)
{
  LoadMatrix a{};
  for (const auto &load_case : load_cases)
    for (unsigned int j = 0; j < 6; ++j)
      for (unsigned int k = 0; k < 6; ++k)
        a[j][k] += load_case.weight * load_case.wrench[j] * load_case.wrench[k];
  return a;
}

double contract(const LoadMatrix &a, const LoadMatrix &b)
{
  double sum = 0;
  for (unsigned int j = 0; j < 6; ++j)
    for (unsigned int k = 0; k < 6; ++k)
      sum += a[j][k] * b[j][k];
  return sum;
}

SegmentAnalysis::SegmentAnalysis(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters,
                                 std::vector<inputs::LoadCase> load_cases)
    : shared(std::make_shared<Shared>(domain, parameters)), elasticity(shared->elasticity),
      column_loads(domain.mesh.n_local_nodes(), solver::lanes_for(domain.n_load_columns)),
      column_displacements(column_loads), meshed(domain), cases(std::move(load_cases)),
      all_loads(optimizer::load_matrix(cases)), focused_loads(all_loads)
{
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (domain.region[cell] == Region::design)
      design.push_back(cell);
  for (const auto &load : domain.loads)
    for (unsigned int column = 0; column < n_columns(); ++column)
      for (unsigned int c = 0; c < 3; ++c)
        column_loads(load.node, c, column) += load.f[column][c];
  domain.mesh.fold_hanging(column_loads.data(), column_loads.values_per_node());
  domain.mesh.halo().add_ghosts_to_owners(column_loads.data(), column_loads.values_per_node());
}

SegmentAnalysis::SegmentAnalysis(const SegmentAnalysis &other, std::vector<CellStiffness> intact,
                                 const double load_factor)
    : shared(other.shared), elasticity(shared->elasticity), column_loads(other.column_loads),
      column_displacements(column_loads.n_local_nodes(), column_loads.lanes()), meshed(other.meshed),
      own_intact(std::move(intact)), cases(other.cases), design(other.design)
{
  for (auto &load_case : cases)
    for (double &component : load_case.wrench)
      component *= load_factor;
  all_loads = focused_loads = optimizer::load_matrix(cases);
}

void SegmentAnalysis::focus(const int index)
{
  focused = index;
  focused_loads = index < 0 ? all_loads : optimizer::load_matrix({cases.at(std::size_t(index))});
}

std::vector<CellStiffness> SegmentAnalysis::with_cage(const DesignState &state) const
{
  return with_design(state.stiffness);
}

std::vector<CellStiffness> SegmentAnalysis::with_design(const std::vector<inputs::CubicStiffness> &materials) const
{
  auto stiffness = intact();
  for (std::uint32_t cell = 0; cell < stiffness.size(); ++cell)
    if (meshed.region[cell] == Region::frame)
      stiffness[cell] = meshed.frame;
    else if (meshed.region[cell] == Region::window)
      stiffness[cell] = meshed.graft;
  for (std::size_t i = 0; i < design.size(); ++i)
    stiffness[design[i]] = materials[i];
  meshed.add_fixation(stiffness);
  return stiffness;
}

std::vector<CellStiffness> SegmentAnalysis::with_envelope(const CellStiffness &material) const
{
  auto stiffness = intact();
  for (std::uint32_t cell = 0; cell < stiffness.size(); ++cell)
    if (meshing::is_cage(meshed.region[cell]))
      stiffness[cell] = material;
  return stiffness;
}

BlockVector<double> SegmentAnalysis::displacements_for(const std::vector<CellStiffness> &stiffness)
{
  is_present = false;
  shared->latest_user = this;
  elasticity.set_stiffness(stiffness);
  auto u = make_vector();
  count(elasticity.solve(u, column_loads));
  return u;
}

std::vector<CellStiffness> SegmentAnalysis::present_stiffness(std::size_t) const { return with_design(present); }

void SegmentAnalysis::count(const solver::SolveReport &report)
{
  latest = report;
  shared->iterations += report.iterations;
}

void SegmentAnalysis::update(const DesignState &state)
{
  present = state.stiffness;
  is_present = false;
  forward = solve(column_displacements, column_loads);
}

void SegmentAnalysis::restore_present()
{
  if (is_present && shared->latest_user == this)
    return;
  shared->latest_user = this;
  elasticity.set_stiffness(with_design(present));
  is_present = true;
}

solver::SolveReport SegmentAnalysis::solve(BlockVector<double> &x, const BlockVector<double> &f)
{
  restore_present();
  count(elasticity.solve(x, f));
  return latest;
}

std::vector<inputs::CubicStiffness> SegmentAnalysis::stiffness_gradient(BlockVector<double> &u,
                                                                        BlockVector<double> &v) const
{
  const auto forms = solver::cell_forms(meshed.mesh, meshed.unit, u, v);
  std::vector<inputs::CubicStiffness> gradient;
  gradient.reserve(design.size());
  for (const auto cell : design)
    gradient.push_back({forms[cell][0], forms[cell][1], forms[cell][2]});
  return gradient;
}

BlockVector<double> SegmentAnalysis::combine(const LoadMatrix &a, const BlockVector<double> &u) const
{
  BlockVector<double> result(u.n_local_nodes(), u.lanes());
  const std::size_t n_rows = std::size_t(u.n_local_nodes()) * 3, lanes = u.lanes();
  for (std::size_t i = 0; i < n_rows; ++i)
    for (unsigned int j = 0; j < n_columns(); ++j) {
      double sum = 0;
      for (unsigned int k = 0; k < n_columns(); ++k)
        sum += a[j][k] * u.data()[i * lanes + k];
      result.data()[i * lanes + j] = sum;
    }
  return result;
}

LoadMatrix SegmentAnalysis::dot_matrix(const BlockVector<double> &u, const BlockVector<double> &v) const
{
  LoadMatrix sums{};
  const std::size_t n_rows = std::size_t(meshed.mesh.n_owned_nodes()) * 3, lanes = u.lanes();
  for (std::size_t i = 0; i < n_rows; ++i)
    for (unsigned int j = 0; j < n_columns(); ++j)
      for (unsigned int k = 0; k < n_columns(); ++k)
        sums[j][k] += u.data()[i * lanes + j] * v.data()[i * lanes + k];
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), 36, MPI_DOUBLE, MPI_SUM, meshed.mesh.comm());
  return sums;
}

BlockVector<double> SegmentAnalysis::internal_forces()
{
  restore_present();
  return elasticity.internal_forces(column_displacements);
}

double SegmentAnalysis::reaction_imbalance()
{
  // K u - f is the support's reaction; forces and moments of loads and reactions must cancel, column by column.
  const auto forces = internal_forces();
  std::array<std::array<double, 6>, 6> sums{}, loads{};
  for (std::uint32_t node = 0; node < meshed.mesh.n_owned_nodes(); ++node) {
    const auto position = meshed.node_position(node);
    for (unsigned int column = 0; column < n_columns(); ++column) {
      const inputs::Point load = {column_loads(node, 0, column), column_loads(node, 1, column),
                                  column_loads(node, 2, column)};
      inputs::Point reaction = {0, 0, 0};
      for (unsigned int c = 0; c < 3; ++c)
        if (meshed.fixed[node] >> c & 1)
          reaction[c] = forces(node, c, column) - load[c];
      const auto moment = inputs::cross(position, inputs::operator+(load, reaction));
      const auto load_moment = inputs::cross(position, load);
      for (unsigned int c = 0; c < 3; ++c) {
        sums[column][c] += load[c] + reaction[c];
        sums[column][3 + c] += moment[c];
        loads[column][c] += load[c];
        loads[column][3 + c] += load_moment[c];
      }
    }
  }
  MPI_Allreduce(MPI_IN_PLACE, sums.data(), 36, MPI_DOUBLE, MPI_SUM, meshed.mesh.comm());
  MPI_Allreduce(MPI_IN_PLACE, loads.data(), 36, MPI_DOUBLE, MPI_SUM, meshed.mesh.comm());
  double worst = 0;
  for (unsigned int column = 0; column < n_columns(); ++column) {
    double scale = 0, difference = 0;
    for (unsigned int c = 0; c < 6; ++c) {
      const double arm = c < 3 ? 1. : .1; // moments in N mm beside forces in N: an arm of 10 mm
      scale = std::max(scale, arm * std::abs(loads[column][c]));
      difference = std::max(difference, arm * std::abs(sums[column][c]));
    }
    if (scale > 0)
      worst = std::max(worst, difference / scale);
  }
  return worst;
}

} // namespace cageopt::optimizer
