#include <main/benchmark/fe_evaluation_operator.h>

#include <array>
#include <cmath>

#include <deal.II/dofs/dof_handler.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/mapping_q1.h>
#include <deal.II/grid/grid_generator.h>
#include <deal.II/grid/tria.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/la_parallel_vector.h>
#include <deal.II/matrix_free/fe_evaluation.h>
#include <deal.II/matrix_free/matrix_free.h>

namespace cageopt {

using namespace dealii;

template <typename Number>
struct FeEvaluationOperator<Number>::Content
{
  using Vector = LinearAlgebra::distributed::Vector<Number>;
  using Lanes = VectorizedArray<Number>;

  explicit Content(const unsigned int n_cells) : n_cells(n_cells), dof_handler(triangulation)
  {
    // As our own meshes are: roots refined along the space-filling curve.
    unsigned int depth = 0;
    while (depth < 5 && n_cells % (2u << depth) == 0)
      ++depth;
    GridGenerator::subdivided_hyper_cube(triangulation, n_cells >> depth);
    triangulation.refine_global(depth);
    dof_handler.distribute_dofs(FESystem<3>(FE_Q<3>(1), 3));
  }

  void apply_cells(const MatrixFree<3, Number> &, Vector &dst, const Vector &src,
                   const std::pair<unsigned int, unsigned int> &range) const
  {
    FEEvaluation<3, 1, 2, 3, Number> values(matrix_free);
    for (unsigned int batch = range.first; batch < range.second; ++batch) {
      values.reinit(batch);
      values.gather_evaluate(src, EvaluationFlags::gradients);
      const Lanes lambda = lame[batch][0], two_mu = lame[batch][1];
      for (unsigned int q = 0; q < values.n_q_points; ++q) {
        const auto strain = values.get_symmetric_gradient(q);
        auto stress = two_mu * strain;
        const Lanes pressure = lambda * trace(strain);
        for (unsigned int d = 0; d < 3; ++d)
          stress[d][d] += pressure;
        values.submit_symmetric_gradient(stress, q);
      }
      values.integrate_scatter(EvaluationFlags::gradients, dst);
    }
  }

  unsigned int lattice_index(const double coordinate) const
  {
    return static_cast<unsigned int>(std::lround(coordinate * n_cells));
  }

  unsigned int n_cells;
  Triangulation<3> triangulation;
  DoFHandler<3> dof_handler;
  MatrixFree<3, Number> matrix_free;
  AlignedVector<std::array<Lanes, 2>> lame;
  std::vector<std::size_t> lattice_entry; ///< [unknown] 3 node + component, nodes with x fastest
  Vector source, result;
};

template <typename Number>
FeEvaluationOperator<Number>::FeEvaluationOperator(const unsigned int n_cells, const std::vector<double> &modulus,
                                                   const double poissons_ratio)
    : content(std::make_unique<Content>(n_cells))
{
  auto &c = *content;
  typename MatrixFree<3, Number>::AdditionalData options;
  options.tasks_parallel_scheme = MatrixFree<3, Number>::AdditionalData::none;
  options.mapping_update_flags = update_gradients | update_JxW_values;
  const AffineConstraints<Number> no_constraints;
  c.matrix_free.reinit(MappingQ1<3>(), c.dof_handler, no_constraints, QGauss<1>(2), options);
  c.matrix_free.initialize_dof_vector(c.source);
  c.matrix_free.initialize_dof_vector(c.result);

  c.lame.resize(c.matrix_free.n_cell_batches());
  for (unsigned int batch = 0; batch < c.matrix_free.n_cell_batches(); ++batch)
    for (unsigned int lane = 0; lane < c.matrix_free.n_active_entries_per_cell_batch(batch); ++lane) {
      const auto centre = c.matrix_free.get_cell_iterator(batch, lane)->center();
      std::size_t index = 0;
      for (unsigned int d = 3; d-- > 0;)
        index = index * n_cells + static_cast<unsigned int>(centre[d] * n_cells);
      const double e = modulus[index];
      c.lame[batch][0][lane] = Number(e * poissons_ratio / ((1. + poissons_ratio) * (1. - 2. * poissons_ratio)));
      c.lame[batch][1][lane] = Number(e / (1. + poissons_ratio));
    }

  c.lattice_entry.resize(c.dof_handler.n_dofs());
  std::vector<types::global_dof_index> unknowns(24);
  for (const auto &cell : c.dof_handler.active_cell_iterators()) {
    cell->get_dof_indices(unknowns);
    for (unsigned int i = 0; i < 24; ++i) {
      const auto [component, vertex] = c.dof_handler.get_fe().system_to_component_index(i);
      const auto position = cell->vertex(vertex);
      std::size_t node = 0;
      for (unsigned int d = 3; d-- > 0;)
        node = node * (n_cells + 1) + c.lattice_index(position[d]);
      c.lattice_entry[unknowns[i]] = 3 * node + component;
    }
  }
}

template <typename Number>
FeEvaluationOperator<Number>::~FeEvaluationOperator() = default;

template <typename Number>
std::size_t FeEvaluationOperator<Number>::n_unknowns() const
{
  return content->lattice_entry.size();
}

template <typename Number>
void FeEvaluationOperator<Number>::set_source(const std::vector<double> &values)
{
  for (std::size_t i = 0; i < n_unknowns(); ++i)
    content->source.local_element(static_cast<unsigned int>(i)) = Number(values[content->lattice_entry[i]]);
}

template <typename Number>
void FeEvaluationOperator<Number>::apply()
{
  content->matrix_free.cell_loop(&Content::apply_cells, content.get(), content->result, content->source, true);
}

template <typename Number>
std::vector<double> FeEvaluationOperator<Number>::result() const
{
  std::vector<double> values(n_unknowns());
  for (std::size_t i = 0; i < n_unknowns(); ++i)
    values[content->lattice_entry[i]] = content->result.local_element(static_cast<unsigned int>(i));
  return values;
}

template <typename Number>
unsigned int FeEvaluationOperator<Number>::n_lanes()
{
  return VectorizedArray<Number>::size();
}

template class FeEvaluationOperator<float>;
template class FeEvaluationOperator<double>;

} // namespace cageopt
