#pragma once

#include <cstdint>
#include <vector>

#include <optimizer/interface_layer.h>
#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

/// Each is a column of its own.
constexpr unsigned int most_contact_cases = 6;

/// The segment with a cage that touches the bone without tension and friction, by the law of InterfaceLayer.
///
/// Which cells are closed is found for each load case by itself: all closed at first, later as for the design before;
/// then solve, open what is stretched, close what is compressed, until nothing changes (a Newton iteration on the
/// piecewise linear problem). A cell whose normal strain is within a band of the largest keeps its state: the band is
/// the solves' accuracy, and for a cell that changed before ten times as much with each change up to 1 %, so that a set
/// cannot go in circles.
///
/// Superposition does not hold, so the columns of displacements() and loads() are the load cases, and load_cases() are
/// single columns with their weights. Derivatives are those at the converged sets, exact where no set changes. The
/// solves of displacements_for() stay bonded: references are tissue, not implants.
class ContactAnalysis : public SegmentAnalysis
{
public:
  /// Throws InputError for more load cases than the domain has load columns (six), and where no cage cell touches bone.
  ContactAnalysis(const meshing::DesignDomain &domain, const solver::SolverParameters &parameters,
                  std::vector<inputs::LoadCase> load_cases, const InterfaceParameters &interface_parameters);

  /// Columns of the unit wrenches, of this domain's bonded solves, to columns of load cases.
  solver::BlockVector<double> in_columns(const solver::BlockVector<double> &unit_columns) const;

  /// Throws Error{not_converged} when a set still changes after the allowed solves, besides what solves throw.
  void update(const DesignState &state) override;
  /// Each column with the converged set of its load case; columns of zeros give zero without a solve.
  solver::SolveReport solve(solver::BlockVector<double> &x, const solver::BlockVector<double> &f) override;
  std::vector<inputs::CubicStiffness> stiffness_gradient(solver::BlockVector<double> &u,
                                                         solver::BlockVector<double> &v) const override;
  std::vector<inputs::CellStiffness> present_stiffness(std::size_t index) const override;
  void hold_interface(const bool held) override { sets_are_held = held; }
  bool is_interface(const std::uint32_t cell) const override { return in_layer[cell] != 0; }

  const InterfaceLayer &interface_layer() const { return layer; }
  /// How the present design's set of a load case was found.
  struct SetReport
  {
    unsigned int n_solves = 0;
    double closed_share = 1; ///< of the area of the interface
  };
  const std::vector<SetReport> &set_reports() const { return reports; }
  /// Of load case `index`, [n cells of the layer].
  const InterfaceLayer::ClosedSet &closed_set(const std::size_t index) const { return sets.at(index); }

protected:
  solver::BlockVector<double> internal_forces() override;

private:
  void find_set(std::size_t index);
  /// Gives the solver the present design's material as load case `index` sees it.
  void hold(std::size_t index);
  double closed_share(const InterfaceLayer::ClosedSet &closed) const;

  std::vector<inputs::LoadCase> applied; ///< wrenches as given
  InterfaceLayer layer;
  unsigned int maximum_solves;
  double unsettled_share;
  std::vector<std::uint8_t> in_layer;        ///< [n_cells] of the mesh
  std::vector<std::int64_t> design_of_layer; ///< [n layer cells] place among the design cells; -1: frame or window
  std::vector<InterfaceLayer::ClosedSet> sets;
  std::vector<SetReport> reports;
  bool sets_are_held = false;
  std::size_t held = 0; ///< load case whose material the solver has, if is_present
};

} // namespace cageopt::optimizer
