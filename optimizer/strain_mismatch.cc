#include <optimizer/strain_mismatch.h>

#include <inputs/error.h>

namespace cageopt::optimizer {

using solver::BlockVector;

namespace {

BlockVector<double> difference(const BlockVector<double> &a, const BlockVector<double> &b)
{
  BlockVector<double> result = a;
  for (std::size_t i = 0; i < result.size(); ++i)
    result.data()[i] -= b.data()[i];
  return result;
}

} // namespace

std::vector<double> bone_near_cage(const meshing::DesignDomain &domain, const double distance)
{
  std::vector<double> weights(domain.mesh.n_cells(), 0.);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (meshing::is_bone(domain.region[cell]))
      weights[cell] = domain.share_within(cell, distance) * domain.bone_fraction[cell];
  return weights;
}

StrainMismatch::StrainMismatch(std::string name, SegmentAnalysis &analysis, const std::vector<double> &cells,
                               BlockVector<double> reference_displacements)
    : response_name(std::move(name)), analysis(analysis),
      strain_product(analysis.domain().mesh, analysis.domain().unit, {}), reference(std::move(reference_displacements))
{
  // eps : eps is the energy of a material with C11 = 1, C12 = 0, C44 = 1/2.
  std::vector<inputs::CellStiffness> unit(cells.size());
  for (std::size_t cell = 0; cell < cells.size(); ++cell)
    unit[cell] = inputs::CubicStiffness{cells[cell], 0., .5 * cells[cell]};
  strain_product.set_stiffness(unit);
  BlockVector<double> product(analysis.make_vector());
  strain_product.apply(product, reference);
  reference_products = analysis.dot_matrix(reference, product);
  if (!(contract(analysis.load_matrix(), reference_products) > 0))
    throw inputs::InputError("The reference strain of '" + response_name + "'", "zero",
                             "the mismatch is relative to it, and no bone near the cage is strained",
                             "check the load cases and 'Goal/Strain distance'");
}

double StrainMismatch::value_for(const BlockVector<double> &unit_displacements)
{
  BlockVector<double> product;
  return value_and_product(unit_displacements, product);
}

double StrainMismatch::value_and_product(const BlockVector<double> &unit_displacements, BlockVector<double> &product)
{
  auto deviation = difference(unit_displacements, reference);
  product = analysis.make_vector();
  strain_product.apply(product, deviation);
  return contract(analysis.load_matrix(), analysis.dot_matrix(deviation, product)) /
         contract(analysis.load_matrix(), reference_products);
}

double StrainMismatch::evaluate(const DesignState &, StateGradient *gradient)
{
  BlockVector<double> product;
  const double value = value_and_product(analysis.displacements(), product);
  if (gradient != nullptr) {
    const double denominator = contract(analysis.load_matrix(), reference_products);
    LoadMatrix scaled = analysis.focused_load_matrix();
    for (auto &row : scaled)
      for (auto &entry : row)
        entry *= -2. / denominator;
    const auto right_hand_side = analysis.combine(scaled, product);
    product = BlockVector<double>(); // a block of six is large, and the solve needs its own
    if (adjoint.size() == 0)
      adjoint = analysis.make_vector();
    analysis.solve(adjoint, right_hand_side);
    *gradient = {{}, analysis.stiffness_gradient(adjoint, analysis.displacements()), {}};
  }
  return value;
}

} // namespace cageopt::optimizer
