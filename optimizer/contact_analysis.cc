#include <optimizer/contact_analysis.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <inputs/error.h>

namespace cageopt::optimizer {

using inputs::CellStiffness;
using solver::BlockVector;

namespace {

constexpr double least_band = 1e-6, widest_band = 1e-2; // of the largest normal strain
constexpr double widening = 10.;                        // with each change of a cell from its second on

/// The load cases as columns of their own.
std::vector<inputs::LoadCase> single_columns(std::vector<inputs::LoadCase> cases, const unsigned int n_columns)
{
  if (cases.size() > std::min(n_columns, most_contact_cases))
    throw inputs::InputError("The number of load cases", std::to_string(cases.size()),
                             "with 'Interface/State = contact' each is solved by itself, and there is room for " +
                                 std::to_string(n_columns),
                             "choose another 'Loads/Set', or 'custom' with fewer cases");
  for (std::size_t index = 0; index < cases.size(); ++index) {
    cases[index].wrench = {};
    cases[index].wrench[index] = 1.;
  }
  return cases;
}

BlockVector<double> column_of(const BlockVector<double> &block, const unsigned int column)
{
  BlockVector<double> result(block.n_local_nodes(), 1);
  for (std::size_t i = 0; i < result.size(); ++i)
    result.data()[i] = block.data()[i * block.lanes() + column];
  return result;
}

void set_column(BlockVector<double> &block, const unsigned int column, const BlockVector<double> &values)
{
  for (std::size_t i = 0; i < values.size(); ++i)
    block.data()[i * block.lanes() + column] = values.data()[i];
}

} // namespace

ContactAnalysis::ContactAnalysis(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters,
                                 std::vector<inputs::LoadCase> load_cases,
                                 const InterfaceParameters &interface_parameters)
    : SegmentAnalysis(domain, parameters, single_columns(load_cases, domain.n_load_columns)),
      applied(std::move(load_cases)), layer(domain, interface_parameters),
      maximum_solves(interface_parameters.maximum_iterations), unsettled_share(interface_parameters.unsettled_share),
      in_layer(domain.mesh.n_cells(), 0), sets(applied.size(), InterfaceLayer::ClosedSet(layer.cells().size(), 1)),
      reports(applied.size())
{
  column_loads = in_columns(column_loads);
  for (const auto cell : layer.cell_indices()) {
    in_layer[cell] = 1;
    const auto place = std::lower_bound(design_cells().begin(), design_cells().end(), cell);
    const bool is_design = place != design_cells().end() && *place == cell;
    design_of_layer.push_back(is_design ? place - design_cells().begin() : -1);
  }
}

BlockVector<double> ContactAnalysis::in_columns(const BlockVector<double> &unit_columns) const
{
  LoadMatrix wrenches{};
  for (std::size_t index = 0; index < applied.size(); ++index)
    wrenches[index] = applied[index].wrench;
  return combine(wrenches, unit_columns);
}

std::vector<CellStiffness> ContactAnalysis::present_stiffness(const std::size_t index) const
{
  auto stiffness = with_design(present);
  layer.apply(stiffness, sets.at(index));
  return stiffness;
}

void ContactAnalysis::hold(const std::size_t index)
{
  if (is_present && held == index)
    return;
  elasticity.set_stiffness(present_stiffness(index));
  is_present = true;
  held = index;
}

double ContactAnalysis::closed_share(const InterfaceLayer::ClosedSet &closed) const
{
  double areas[2] = {0, 0};
  for (std::size_t i = 0; i < closed.size(); ++i) {
    areas[0] += closed[i] ? layer.cells()[i].area : 0.;
    areas[1] += layer.cells()[i].area;
  }
  MPI_Allreduce(MPI_IN_PLACE, areas, 2, MPI_DOUBLE, MPI_SUM, domain().mesh.comm());
  return areas[1] > 0 ? areas[0] / areas[1] : 0.;
}

void ContactAnalysis::find_set(const std::size_t index)
{
  auto u = column_of(column_displacements, index);
  const auto f = column_of(column_loads, index);
  auto &closed = sets[index];
  std::vector<double> band(closed.size(), std::clamp(10. * relative_tolerance(), least_band, widest_band));
  std::uint64_t n_changes = 0;
  for (unsigned int n_solves = 1; n_solves <= maximum_solves; ++n_solves) {
    hold(index);
    const auto report = elasticity.solve(u, f);
    forward.iterations += report.iterations;
    forward.seconds += report.seconds;
    forward.relative_residual[index] = report.relative_residual[0];

    const auto strain = layer.normal_strain(u, 0);
    double largest = 0;
    for (const double value : strain)
      largest = std::max(largest, std::abs(value));
    MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, domain().mesh.comm());
    const auto changes = [&](const std::size_t i) {
      return closed[i] ? strain[i] > band[i] * largest : strain[i] < -band[i] * largest;
    };
    n_changes = 0;
    for (std::size_t i = 0; i < strain.size(); ++i)
      n_changes += changes(i);
    MPI_Allreduce(MPI_IN_PLACE, &n_changes, 1, MPI_UINT64_T, MPI_SUM, domain().mesh.comm());
    const double tolerated = 2 * n_solves > maximum_solves ? unsettled_share * double(layer.n_global_cells()) : 0.;
    if (sets_are_held || double(n_changes) <= tolerated) {
      set_column(column_displacements, index, u);
      reports[index] = {n_solves, closed_share(closed)};
      return;
    }
    for (std::size_t i = 0; i < strain.size(); ++i)
      if (changes(i)) {
        closed[i] = !closed[i];
        band[i] = std::min(widening * band[i], widest_band);
      }
    is_present = false;
  }
  std::fill(closed.begin(), closed.end(), 1); // the next design does not start from here
  std::ostringstream text;
  text << "The contact of cage and bone did not settle for load case '" << applied[index].name << "': after "
       << maximum_solves << " solves " << n_changes << " of " << layer.n_global_cells()
       << " cells of the interface still open or close. Way out: raise 'Interface/Maximum iterations' or "
          "'Interface/Unsettled "
          "share', or tighten 'Solver/Relative tolerance'.";
  throw inputs::Error(inputs::ExitCode::not_converged, text.str());
}

void ContactAnalysis::update(const DesignState &state)
{
  present = state.stiffness;
  is_present = false;
  forward = solver::SolveReport();
  forward.relative_residual.assign(column_loads.lanes(), 0.);
  for (std::size_t index = 0; index < applied.size(); ++index)
    find_set(index);
  count(forward);
}

solver::SolveReport ContactAnalysis::solve(BlockVector<double> &x, const BlockVector<double> &f)
{
  solver::SolveReport total;
  total.relative_residual.assign(f.lanes(), 0.);
  const auto squares = dot_matrix(f, f);
  for (std::size_t index = 0; index < applied.size(); ++index) {
    BlockVector<double> x_column(x.n_local_nodes(), 1);
    if (squares[index][index] != 0) { // also for what is not a number, which the solver reports
      x_column = column_of(x, index);
      hold(index);
      const auto report = elasticity.solve(x_column, column_of(f, index));
      total.iterations += report.iterations;
      total.seconds += report.seconds;
      total.relative_residual[index] = report.relative_residual[0];
    }
    set_column(x, index, x_column);
  }
  count(total);
  return total;
}

std::vector<inputs::CubicStiffness> ContactAnalysis::stiffness_gradient(BlockVector<double> &u,
                                                                        BlockVector<double> &v) const
{
  auto gradient = SegmentAnalysis::stiffness_gradient(u, v);
  const auto forms = solver::lane_forms(domain().mesh, domain().unit, layer.cell_indices(), u, v);
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (design_of_layer[i] < 0)
      continue;
    auto &entry = gradient[design_of_layer[i]];
    entry = {};
    for (std::size_t index = 0; index < applied.size(); ++index) {
      std::array<double, 6> by_constant{};
      for (unsigned int k = 0; k < 6; ++k)
        by_constant[k] = forms[i][k][index];
      entry += layer.gradient(i, sets[index][i], present[design_of_layer[i]], by_constant);
    }
  }
  return gradient;
}

BlockVector<double> ContactAnalysis::internal_forces()
{
  auto forces = make_vector();
  for (std::size_t index = 0; index < applied.size(); ++index) {
    hold(index);
    auto u = column_of(column_displacements, index);
    set_column(forces, index, elasticity.internal_forces(u));
  }
  return forces;
}

} // namespace cageopt::optimizer
