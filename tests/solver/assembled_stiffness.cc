#include <tests/solver/assembled_stiffness.h>

#include <cmath>

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/tria.h>
#include <deal.II/lac/lapack_full_matrix.h>
#include <deal.II/lac/vector.h>

namespace cageopt::tests {

const std::array<ElementMatrix, 6> &element_matrices_by_quadrature()
{
  static const auto matrices = [] {
    using namespace dealii;
    std::array<ElementMatrix, 6> result{};
    Triangulation<3> cube;
    GridGenerator::hyper_cube(cube);
    const FESystem<3> element(FE_Q<3>(1), 3);
    DoFHandler<3> dof_handler(cube);
    dof_handler.distribute_dofs(element);
    const QGauss<3> quadrature(2);
    FEValues<3> values(element, quadrature, update_gradients | update_JxW_values);
    values.reinit(dof_handler.begin_active());
    // Shape function i is nodal in one corner, so its strain is that of one component.
    const auto strain = [&](const unsigned int i, const unsigned int q) {
      Tensor<2, 3> gradient;
      gradient[element.system_to_component_index(i).first] = values.shape_grad(i, q);
      return symmetrize(gradient);
    };
    const auto row = [&](const unsigned int i) {
      const auto [component, corner] = element.system_to_component_index(i);
      return 3 * corner + component;
    };
    for (unsigned int i = 0; i < 24; ++i)
      for (unsigned int j = 0; j < 24; ++j)
        for (const unsigned int q : values.quadrature_point_indices()) {
          const auto a = strain(i, q), b = strain(j, q);
          for (unsigned int d = 0; d < 3; ++d)
            for (unsigned int e = 0; e < 3; ++e)
              if (d == e)
                result[d < 2 ? 0 : 1][row(i)][row(j)] += a[d][d] * b[d][d] * values.JxW(q);
              else {
                const bool in_plane = d < 2 && e < 2;
                result[in_plane ? 2 : 3][row(i)][row(j)] += a[d][d] * b[e][e] * values.JxW(q);
                // the sum over d < e of gamma gamma
                result[in_plane ? 5 : 4][row(i)][row(j)] += 2. * a[d][e] * b[d][e] * values.JxW(q);
              }
        }
    return result;
  }();
  return matrices;
}

AssembledStiffness::AssembledStiffness(const meshing::OctreeMesh &mesh, const double unit_length,
                                       const std::vector<CellStiffness> &stiffness)
    : nodes(gather_all(mesh.comm(), mesh.cells()))
{
  const auto cells = gather_all(mesh.comm(), mesh.cells());
  const auto materials = gather_all(mesh.comm(), stiffness);
  const auto &parts = element_matrices_by_quadrature();
  const std::size_t n = size();
  matrix.assign(n * n, 0.);
  for (std::size_t cell = 0; cell < cells.size(); ++cell) {
    const double edge = cells[cell].edge() * unit_length;
    const auto constants = materials[cell].constants();
    for (unsigned int a = 0; a < 24; ++a) {
      const auto &row_masters = nodes.masters.at(cells[cell].vertex(a / 3));
      for (unsigned int b = 0; b < 24; ++b) {
        const auto &column_masters = nodes.masters.at(cells[cell].vertex(b / 3));
        double entry = 0;
        for (unsigned int k = 0; k < 6; ++k)
          entry += edge * constants[k] * parts[k][a][b];
        entry /= static_cast<double>(row_masters.size() * column_masters.size());
        for (const auto &i : row_masters)
          for (const auto &j : column_masters)
            matrix[(row_of(i) + a % 3) * n + row_of(j) + b % 3] += entry;
      }
    }
  }
}

std::vector<double> AssembledStiffness::operator*(const std::vector<double> &x) const
{
  const std::size_t n = size();
  std::vector<double> y(n, 0.);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j)
      y[i] += matrix[i * n + j] * x[j];
  return y;
}

std::vector<double> AssembledStiffness::solve(const std::vector<double> &f, const std::vector<bool> &is_fixed,
                                              const std::vector<double> &prescribed) const
{
  const std::size_t n = size();
  dealii::LAPACKFullMatrix<double> reduced(n, n);
  dealii::Vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i] = is_fixed[i] ? prescribed[i] : f[i];
    for (std::size_t j = 0; j < n; ++j)
      if (is_fixed[i] || is_fixed[j]) {
        reduced(i, j) = i == j ? 1. : 0.;
        if (!is_fixed[i])
          x[i] -= matrix[i * n + j] * prescribed[j];
      } else {
        reduced(i, j) = matrix[i * n + j];
      }
  }
  reduced.compute_lu_factorization();
  reduced.solve(x);
  return std::vector<double>(x.begin(), x.end());
}

std::vector<CellStiffness> random_materials(const meshing::OctreeMesh &mesh, const MaterialKind kind,
                                            const double decades, const std::uint64_t seed)
{
  std::vector<CellStiffness> result;
  for (const auto &cell : mesh.cells()) {
    const double scale = 1000. * std::pow(10., -decades * random_number(cell.key(), seed));
    const double a = random_number(cell.key(), seed + 1), b = random_number(cell.key(), seed + 2);
    auto of_cell = kind;
    if (kind == MaterialKind::mixed)
      of_cell = material_kinds[static_cast<unsigned int>(3. * random_number(cell.key(), seed + 3))];
    if (of_cell == MaterialKind::isotropic) // nu from -0.4 to 0.45
      result.push_back(CubicStiffness::isotropic(scale, -.4 + .85 * a));
    else if (of_cell == MaterialKind::cubic) // any positive definite one, c12 of either sign
      result.push_back(CubicStiffness::from_eigenvalues(scale, scale * (.2 + 5. * a), scale * (.05 + b)));
    else
      result.push_back(
          CellStiffness::transversely_isotropic(scale, scale * (.2 + a), .5 * b, .4 * a, scale * (.05 + b)));
  }
  return result;
}

} // namespace cageopt::tests
