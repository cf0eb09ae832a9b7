#include <solver/multigrid_back_end.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>

#include <solver/block_dot.h>

namespace cageopt::solver {

MultigridBackEnd::MultigridBackEnd(const ElasticityOperator<double> &stiffness_operator,
                                   const SolverParameters &parameters)
    : LinearBackEnd(parameters), stiffness_operator(stiffness_operator),
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
  return x.lanes() == 1 ? solve_lanes<1>(x, b) : solve_lanes<block_lanes>(x, b);
}

template <unsigned int lanes>
unsigned int MultigridBackEnd::solve_lanes(BlockVector<double> &x, BlockVector<double> &r) const
{
  const auto &octree = stiffness_operator.mesh();
  const std::size_t n_rows = std::size_t(octree.n_owned_nodes()) * 3;
  BlockVector<double> p(octree.n_local_nodes(), lanes), q(octree.n_local_nodes(), lanes);
  BlockVector<float> z(octree.n_local_nodes(), lanes), residual(octree.n_local_nodes(), lanes);

  using Sums = std::array<double, lanes>;
  const auto sum_over_rows = [&](const auto &action) { return lane_sums<lanes>(octree.comm(), n_rows, action); };
  double *const x_values = x.data(), *const r_values = r.data(), *const p_values = p.data(), *const q_values = q.data();
  float *const z_values = z.data(), *const residual_values = residual.data();

  const Sums scale = sum_over_rows([&](const std::size_t i, unsigned int) { return r_values[i] * r_values[i]; });
  stiffness_operator.vmult(q, x);
  Sums rr = sum_over_rows([&](const std::size_t i, unsigned int) {
    r_values[i] -= q_values[i];
    residual_values[i] = static_cast<float>(r_values[i]);
    return r_values[i] * r_values[i];
  });

  unsigned int iterations = 0;
  std::vector<double> history;
  Sums rz = {}, alpha = {}, beta = {};
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
    preconditioner.vmult(z, residual);
    const Sums rz_new =
        sum_over_rows([&](const std::size_t i, unsigned int) { return r_values[i] * double(z_values[i]); });
    for (unsigned int lane = 0; lane < lanes; ++lane)
      beta[lane] = rz[lane] > 0 ? rz_new[lane] / rz[lane] : 0.;
    rz = rz_new;
    for (std::size_t i = 0; i < n_rows; ++i)
      for (unsigned int lane = 0; lane < lanes; ++lane)
        p_values[i * lanes + lane] = z_values[i * lanes + lane] + beta[lane] * p_values[i * lanes + lane];
    stiffness_operator.vmult(q, p);
    const Sums pq = sum_over_rows([&](const std::size_t i, unsigned int) { return p_values[i] * q_values[i]; });
    for (unsigned int lane = 0; lane < lanes; ++lane)
      if (is_open(lane)) {
        if (!(rz[lane] > 0 && pq[lane] > 0)) {
          std::ostringstream detail;
          detail << "The cycle or the stiffness is not positive definite: r.z = " << rz[lane] << ", p.Kp = " << pq[lane]
                 << '.';
          throw not_converged(name(), iterations, history.back(), parameters, detail.str());
        }
        alpha[lane] = rz[lane] / pq[lane];
      } else { // a column that is done rests, and would start afresh
        alpha[lane] = 0;
        rz[lane] = 0;
      }
    rr = sum_over_rows([&](const std::size_t i, const unsigned int lane) {
      x_values[i] += alpha[lane] * p_values[i];
      r_values[i] -= alpha[lane] * q_values[i];
      residual_values[i] = static_cast<float>(r_values[i]);
      return r_values[i] * r_values[i];
    });
  }
  return iterations;
}

} // namespace cageopt::solver
