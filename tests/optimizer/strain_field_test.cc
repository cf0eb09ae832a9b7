// Strains of uniform states, principal values against deal.II's, and the volume that counts as overstrained.
#include <deal.II/base/symmetric_tensor.h>

#include <gtest/gtest.h>

#include <optimizer/strain_field.h>

#include "block_segment.h"

namespace cageopt::optimizer {
namespace {

using namespace test;
using Gradient = std::array<std::array<double, 3>, 3>;

dealii::SymmetricTensor<2, 3> tensor_of(const std::array<double, 6> &t)
{
  dealii::SymmetricTensor<2, 3> tensor;
  tensor[0][0] = t[0], tensor[1][1] = t[1], tensor[2][2] = t[2];
  tensor[0][1] = t[3], tensor[1][2] = t[4], tensor[0][2] = t[5];
  return tensor;
}

/// u = gradient x in the lane of one wrench.
void set_linear(const meshing::DesignDomain &domain, solver::BlockVector<double> &u, const unsigned int wrench,
                const Gradient &gradient)
{
  for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node) {
    const auto x = domain.node_position(node);
    for (unsigned int c = 0; c < 3; ++c)
      u(node, c, wrench) = gradient[c][0] * x[0] + gradient[c][1] * x[1] + gradient[c][2] * x[2];
  }
}

TEST(PrincipalValues, AgreeWithDealII)
{
  std::vector<std::array<double, 6>> tensors = {
      {1., 2., 3., 0., 0., 0.}, {1., 1., 1., 0., 0., 0.},   {0., 0., 0., 1., 0., 0.}, {0., 0., 0., 0., -2., 0.},
      {0., 0., 0., 0., 0., 3.}, {-1., -1., 4., 0., 0., 0.}, {0., 0., 0., 0., 0., 0.}, {2., 2., 2., 1., 1., 1.}};
  for (int k = 0; k < 200; ++k) {
    std::array<double, 6> tensor;
    for (int i = 0; i < 6; ++i)
      tensor[i] = std::sin(1. + 7.3 * k + 2.1 * i * i) * (i < 3 ? 1. : .7);
    tensors.push_back(tensor);
  }
  for (const auto &tensor : tensors) {
    const auto reference = dealii::eigenvalues(tensor_of(tensor)); // descending
    const auto values = principal_values(tensor);
    const double scale = 1e-7 * tensor_of(tensor).norm();
    for (unsigned int k = 0; k < 3; ++k)
      EXPECT_NEAR(values[k], reference[2 - k], scale);
  }
}

TEST(StrainFieldMpi, UniformStatesAndTheWorstLoadCase)
{
  const auto domain = make_block_segment(MPI_COMM_WORLD);
  solver::BlockVector<double> u(domain.mesh.n_local_nodes(), solver::block_lanes);
  // Wrench 2: uniaxial strain with a rotation, which must not count; wrench 5: a general gradient.
  set_linear(domain, u, 2, {{{0., .2, 0.}, {-.2, 0., 0.}, {0., 0., -1e-3}}});
  const Gradient general = {{{2e-3, 1e-3, -5e-4}, {3e-4, -1e-3, 7e-4}, {2e-4, -9e-4, 1.5e-3}}};
  set_linear(domain, u, 5, general);
  const std::vector<inputs::CellStiffness> stiffness(domain.mesh.n_cells(), inputs::CubicStiffness{300., 100., 60.});

  const inputs::LoadCase axial{"axial", {{0, 0, 2, 0, 0, 0}}, 1., ""};
  auto field = strain_field(domain, stiffness, {axial}, u);
  ASSERT_EQ(field.min_principal.size(), domain.mesh.n_cells());
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    EXPECT_NEAR(field.min_principal[cell], -2e-3, 1e-9);
    EXPECT_NEAR(field.max_principal[cell], 0., 1e-9);
    EXPECT_NEAR(field.von_mises_stress[cell], 200. * 2e-3, 1e-6); // (C11 - C12) |eps|
  }

  const inputs::LoadCase twist{"twist", {{0, 0, 0, 0, 0, -3}}, 0., ""}; // weights do not matter
  field = strain_field(domain, stiffness, {twist}, u);
  std::array<double, 6> strain;
  const unsigned int index[6][2] = {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {1, 2}, {0, 2}};
  for (unsigned int k = 0; k < 6; ++k)
    strain[k] = -1.5 * (general[index[k][0]][index[k][1]] + general[index[k][1]][index[k][0]]);
  const auto principal = dealii::eigenvalues(tensor_of(strain));
  dealii::SymmetricTensor<2, 3> stress;
  for (unsigned int c = 0; c < 3; ++c)
    stress[c][c] = 300. * strain[c] + 100. * (strain[(c + 1) % 3] + strain[(c + 2) % 3]);
  for (unsigned int k = 3; k < 6; ++k)
    stress[index[k][0]][index[k][1]] = 2. * 60. * strain[k];
  const double von_mises = std::sqrt(1.5) * dealii::deviator(stress).norm();
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    EXPECT_NEAR(field.min_principal[cell], principal[2], 1e-8);
    EXPECT_NEAR(field.max_principal[cell], principal[0], 1e-8);
    EXPECT_NEAR(field.von_mises_stress[cell], von_mises, 1e-6 * von_mises);
  }

  field = strain_field(domain, stiffness, {axial, twist}, u);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    EXPECT_NEAR(field.min_principal[cell], std::min(-2e-3, principal[2]), 1e-8);
    EXPECT_NEAR(field.max_principal[cell], std::max(0., principal[0]), 1e-8);
    EXPECT_NEAR(field.von_mises_stress[cell], std::max(.4, von_mises), 1e-6);
  }
}

TEST(StrainFieldMpi, TensionAllAroundHasNoCompressiveStrain)
{
  const auto domain = make_block_segment(MPI_COMM_WORLD);
  solver::BlockVector<double> u(domain.mesh.n_local_nodes(), solver::block_lanes);
  set_linear(domain, u, 0, {{{3e-3, 0., 0.}, {0., 2e-3, 0.}, {0., 0., 1e-3}}});
  const std::vector<inputs::CellStiffness> stiffness(domain.mesh.n_cells(), inputs::CubicStiffness{300., 100., 60.});
  const auto pulled = strain_field(domain, stiffness, {{"pulled", {{1, 0, 0, 0, 0, 0}}, 1., ""}}, u);
  const auto pressed = strain_field(domain, stiffness, {{"pressed", {{-1, 0, 0, 0, 0, 0}}, 1., ""}}, u);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    EXPECT_NEAR(pulled.min_principal[cell], 1e-3, 1e-9);
    EXPECT_NEAR(pulled.max_principal[cell], 3e-3, 1e-9);
    EXPECT_NEAR(pressed.min_principal[cell], -3e-3, 1e-9);
    EXPECT_NEAR(pressed.max_principal[cell], -1e-3, 1e-9);
  }
}

TEST(StrainFieldMpi, OverstrainedVolume)
{
  auto domain = make_block_segment(MPI_COMM_WORLD);
  StrainField field;
  field.von_mises_stress.assign(domain.mesh.n_cells(), 0.f);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const auto p = domain.cell_centre(cell);
    // Compression in the bone below, tension of the same size above, and beyond the threshold for x > 0 only.
    const float size = p[0] > 0. ? 5e-3f : 3e-3f;
    field.min_principal.push_back(p[2] < 0. ? -size : 0.f);
    field.max_principal.push_back(p[2] < 0. ? 0.f : size);
    if (p[2] > 0.)
      domain.bone_fraction[cell] *= .5f;
  }
  // Half the width of a body, by layers: two of 2 mm with their centres 1 and 3 mm above the cage, one of 4 mm at 6 mm.
  // Above the cage itself these are the distances, beside it the centres are 1 mm (in the large cells 0 mm) outside. A
  // cell counts with its share within 5 mm.
  const auto share = [](const double distance, const double edge) {
    return std::clamp(.5 + (5. - distance) / edge, 0., 1.);
  };
  const double inside = 6. * 12., beside = 8. * 16. - inside;
  const double one_body = inside * 2. * (share(1., 2.) + share(3., 2.)) +
                          beside * 2. * (share(std::hypot(1., 1.), 2.) + share(std::hypot(1., 3.), 2.)) +
                          8. * 16. * 4. * share(6., 4.);
  EXPECT_NEAR(overstrained_volume(domain, field, 5., 4e-3, 4e-3), 1.5 * one_body, 1e-4);
  EXPECT_NEAR(overstrained_volume(domain, field, 5., 2e-3, 2e-3), 3. * one_body, 1e-4);
  EXPECT_EQ(overstrained_volume(domain, field, 5., 6e-3, 6e-3), 0.);
  EXPECT_NEAR(overstrained_volume(domain, field, 100., 2e-3, 2e-3), 1.5 * 16. * 16. * 8., 1e-9);
}

} // namespace
} // namespace cageopt::optimizer
