#include <solver/multigrid_back_end.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <solver/block_dot.h>

namespace cageopt::solver {

MultigridBackEnd::MultigridBackEnd(const ElasticityOperator<double> &stiffness_operator,
                                   const SolverParameters &parameters)
    : stiffness_operator(stiffness_operator), parameters(parameters),
      preconditioner(stiffness_operator.mesh(), stiffness_operator.unit_length(), stiffness_operator.fixed(),
                     parameters.multigrid)
{
}

void MultigridBackEnd::set_stiffness(const std::vector<inputs::CellStiffness> &stiffness)
{
  preconditioner.update(stiffness);
}

unsigned int MultigridBackEnd::solve(BlockVector<double> &x, BlockVector<double> &b) const
{
  const auto &octree = stiffness_operator.mesh();
  const unsigned int lanes = x.lanes();
  const std::size_t n_rows = std::size_t(octree.n_owned_nodes()) * 3;
  const BlockDot dot(octree, lanes);

  BlockVector<double> p(octree.n_local_nodes(), lanes), q(octree.n_local_nodes(), lanes);
  BlockVector<float> z(octree.n_local_nodes(), lanes), residual(octree.n_local_nodes(), lanes);
  BlockVector<double> &r = b;
  const LaneSums scale = dot(b, b);
  stiffness_operator.vmult(q, x);
  for_each_entry(n_rows, lanes, [&](const std::size_t i, unsigned int) { r.data()[i] -= q.data()[i]; });

  unsigned int iterations = 0;
  std::vector<double> history;
  LaneSums rr = dot(r, r), rz = {}, beta = {};
  const double tolerance = parameters.relative_tolerance;
  const auto is_open = [&](const unsigned int lane) {
    return !(rr[lane] <= tolerance * tolerance * scale[lane]); // so that not-a-number is not taken for converged
  };
  const auto any_is_open = [&] {
    bool any_open = false;
    for (unsigned int lane = 0; lane < lanes; ++lane)
      any_open = any_open || is_open(lane);
    return any_open;
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

  while (any_is_open()) {
    history.push_back(worst());
    if (iterations == parameters.maximum_iterations || !std::isfinite(history.back())) {
      std::ostringstream detail;
      detail << "Residual history:";
      for (std::size_t i = 0; i < history.size(); i += std::max<std::size_t>(1, history.size() / 20))
        detail << ' ' << i << ": " << history[i] << ';';
      throw not_converged(name(), iterations, history.back(), parameters, detail.str());
    }
    ++iterations;
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
      x.data()[i] += alpha[lane] * p.data()[i];
      r.data()[i] -= alpha[lane] * q.data()[i];
    });
    rr = dot(r, r);
  }
  return iterations;
}

} // namespace cageopt::solver
