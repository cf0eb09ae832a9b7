#pragma once

#include <optimizer/aggregated_maximum.h>
#include <optimizer/cell_strains.h>

namespace cageopt::optimizer {

/// The largest value, over some cells and all load cases, of a measure of the strain at the cell's centre, as an
/// AggregatedMaximum. A measure may have up to three parts (one per principal value), of which the largest counts; as
/// all parts enter the sum, it is differentiable where principal values coincide. Cells with a law of the interface are
/// left out: their strain is not their material's.
class LocalMaximum : public Response
{
public:
  std::string name() const final { return response_name; }
  double evaluate(const DesignState &state, StateGradient *gradient) final;
  void freeze_scaling(const bool frozen) override { maximum.freeze(frozen); }
  static constexpr double default_exponent = 8;

protected:
  /// One part of a measure, and its derivatives. Negative values count as zero.
  struct Part
  {
    double value = 0;
    Tensor6 by_strain{};
    inputs::CubicStiffness by_utilisation{}; ///< of the cell, if it is a design cell
  };
  using Parts = std::array<Part, 3>;

  /// `cells`: owned cells. If `starts_with_design`, all owned design cells come first, in their order.
  /// Throws InputError if no rank has a cell. Collective.
  LocalMaximum(std::string name, SegmentAnalysis &analysis, std::vector<std::uint32_t> cells, bool starts_with_design,
               double exponent);
  /// Refuses a state that has not what the measure needs. Collective.
  virtual void check(const DesignState & /*state*/) const {}
  /// Fills `parts`, zero on entry, for the cell at position `i` of the list.
  virtual void measure(std::size_t i, const Tensor6 &strain, const DesignState &state, Parts &parts) const = 0;

  SegmentAnalysis &analysis;

private:
  std::string response_name;
  CellStrains strains;
  bool starts_with_design;
  AggregatedMaximum maximum;
};

} // namespace cageopt::optimizer
