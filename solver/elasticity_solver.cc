#include <solver/elasticity_solver.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <sstream>

#include <inputs/error.h>

namespace cageopt::solver {

namespace {

using LaneSums = std::array<double, block_lanes>;

/// Dot products of the owned entries, by lane, on all ranks.
class Dot
{
public:
  Dot(const meshing::OctreeMesh &mesh, const unsigned int lanes)
      : comm(mesh.comm()), n_rows(std::size_t(mesh.n_owned_nodes()) * 3), lanes(lanes)
  {
  }

  LaneSums operator()(const BlockVector<double> &a, const BlockVector<double> &b) const
  {
    LaneSums sums = {};
    if (lanes == 1) {
      double sum = 0;
      for (std::size_t i = 0; i < n_rows; ++i)
        sum += a.data()[i] * b.data()[i];
      sums[0] = sum;
    } else {
      for (std::size_t i = 0; i < n_rows; ++i)
        for (unsigned int lane = 0; lane < block_lanes; ++lane)
          sums[lane] += a.data()[i * block_lanes + lane] * b.data()[i * block_lanes + lane];
    }
    MPI_Allreduce(MPI_IN_PLACE, sums.data(), static_cast<int>(lanes), MPI_DOUBLE, MPI_SUM, comm);
    return sums;
  }

private:
  MPI_Comm comm;
  std::size_t n_rows;
  unsigned int lanes;
};

/// action(index, lane) over the owned entries.
template <typename Action>
void for_each_entry(const std::size_t n_rows, const unsigned int lanes, const Action &action)
{
  if (lanes == 1)
    for (std::size_t i = 0; i < n_rows; ++i)
      action(i, 0u);
  else
    for (std::size_t i = 0; i < n_rows; ++i)
      for (unsigned int lane = 0; lane < block_lanes; ++lane)
        action(i * block_lanes + lane, lane);
}

} // namespace

ElasticitySolver::ElasticitySolver(const meshing::OctreeMesh &mesh, const double unit_length,
                                   const FixedComponents &fixed, const SolverParameters &parameters)
    : octree(mesh), parameters(parameters), stiffness_operator(mesh, unit_length, fixed),
      preconditioner(mesh, unit_length, fixed, parameters.multigrid)
{
}

void ElasticitySolver::set_stiffness(const std::vector<inputs::CellStiffness> &stiffness)
{
  stiffness_operator.set_stiffness(stiffness);
  preconditioner.update(stiffness);
}

BlockVector<double> ElasticitySolver::internal_forces(BlockVector<double> &u) const
{
  BlockVector<double> forces(octree.n_local_nodes(), u.lanes());
  stiffness_operator.apply(forces, u);
  return forces;
}

SolveReport ElasticitySolver::solve(BlockVector<double> &u, const BlockVector<double> &f) const
{
  const auto start = std::chrono::steady_clock::now();
  const unsigned int lanes = u.lanes();
  const std::size_t n_rows = std::size_t(octree.n_owned_nodes()) * 3;
  const Dot dot(octree, lanes);

  BlockVector<double> p(octree.n_local_nodes(), lanes), q(octree.n_local_nodes(), lanes),
      r(octree.n_local_nodes(), lanes);
  BlockVector<float> z(octree.n_local_nodes(), lanes), residual(octree.n_local_nodes(), lanes);

  // The scale of each column is the right-hand side of the problem for the free components, prescribed values moved
  // over, whatever the start.
  for (std::uint32_t node = 0; node < octree.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c)
      if (fixed()[node] >> c & 1)
        for (unsigned int lane = 0; lane < lanes; ++lane)
          p(node, c, lane) = u(node, c, lane);
  stiffness_operator.apply(q, p);
  for_each_entry(n_rows, lanes, [&](const std::size_t i, unsigned int) { r.data()[i] = f.data()[i] - q.data()[i]; });
  stiffness_operator.zero_fixed(r);
  const LaneSums scale = dot(r, r);

  stiffness_operator.apply(q, u);
  for_each_entry(n_rows, lanes, [&](const std::size_t i, unsigned int) { r.data()[i] = f.data()[i] - q.data()[i]; });
  stiffness_operator.zero_fixed(r);

  SolveReport report;
  std::vector<double> history;
  LaneSums rr = dot(r, r), rz = {}, beta = {};
  const double tolerance = parameters.relative_tolerance;
  const auto is_open = [&](const unsigned int lane) {
    return !(rr[lane] <= tolerance * tolerance * scale[lane]); // so that not-a-number is not taken for converged
  };
  const auto worst = [&] {
    double largest = 0;
    for (unsigned int lane = 0; lane < lanes; ++lane)
      if (!std::isfinite(rr[lane]) || !std::isfinite(scale[lane]))
        return std::numeric_limits<double>::infinity();
      else if (scale[lane] > 0)
        largest = std::max(largest, std::sqrt(rr[lane] / scale[lane]));
    return largest;
  };
  for (unsigned int lane = 0; lane < lanes; ++lane)
    if (scale[lane] == 0 && rr[lane] > 0) { // nothing drives this column: its solution is zero
      for (std::size_t i = 0; i < n_rows; ++i)
        u.data()[i * lanes + lane] = r.data()[i * lanes + lane] = 0;
      rr[lane] = 0;
    }
  p.clear();
  bool any_open = false;
  for (unsigned int lane = 0; lane < lanes; ++lane)
    any_open = any_open || is_open(lane);

  while (any_open) {
    history.push_back(worst());
    if (report.iterations == parameters.maximum_iterations || !std::isfinite(history.back())) {
      std::ostringstream message;
      message << "The linear solver did not converge: relative residual " << history.back() << " after "
              << report.iterations << " iterations, tolerance " << tolerance << " ('Solver/Relative tolerance'), limit "
              << parameters.maximum_iterations << " ('Solver/Maximum iterations'). Residual history:";
      for (std::size_t i = 0; i < history.size(); i += std::max<std::size_t>(1, history.size() / 20))
        message << ' ' << i << ": " << history[i] << ';';
      message << " Way out: look for parts without support in the output of 'cageopt validate', lower the contrast "
                 "between the stiffest and the softest material, or raise the limit.";
      throw inputs::Error(inputs::ExitCode::not_converged, message.str());
    }
    ++report.iterations;
    for_each_entry(n_rows, lanes,
                   [&](const std::size_t i, unsigned int) { residual.data()[i] = static_cast<float>(r.data()[i]); });
    preconditioner.vmult(z, residual);
    for_each_entry(n_rows, lanes, [&](const std::size_t i, unsigned int) { q.data()[i] = z.data()[i]; });
    const LaneSums rz_new = dot(r, q);
    for (unsigned int lane = 0; lane < lanes; ++lane)
      beta[lane] = rz[lane] > 0 ? rz_new[lane] / rz[lane] : 0.;
    rz = rz_new;
    for_each_entry(n_rows, lanes, [&](const std::size_t i, const unsigned int lane) {
      p.data()[i] = q.data()[i] + beta[lane] * p.data()[i];
    });
    stiffness_operator.vmult(q, p);
    const LaneSums pq = dot(p, q);
    LaneSums alpha = {};
    for (unsigned int lane = 0; lane < lanes; ++lane)
      if (is_open(lane) && pq[lane] > 0)
        alpha[lane] = rz[lane] / pq[lane];
      else
        rz[lane] = 0; // a column that is done rests, and would start afresh
    for_each_entry(n_rows, lanes, [&](const std::size_t i, const unsigned int lane) {
      u.data()[i] += alpha[lane] * p.data()[i];
      r.data()[i] -= alpha[lane] * q.data()[i];
    });
    rr = dot(r, r);
    any_open = false;
    for (unsigned int lane = 0; lane < lanes; ++lane)
      any_open = any_open || is_open(lane);
  }
  octree.halo().update_ghosts(u.data(), u.values_per_node());
  octree.interpolate_hanging(u.data(), u.values_per_node());
  for (unsigned int lane = 0; lane < lanes; ++lane)
    report.relative_residual.push_back(scale[lane] > 0 ? std::sqrt(rr[lane] / scale[lane]) : 0.);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

} // namespace cageopt::solver
