#include <optimizer/mma_subproblem.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <deal.II/lac/lapack_full_matrix.h>
#include <deal.II/lac/vector.h>

#include <optimizer/reductions.h>

namespace cageopt::optimizer {

namespace {

/// Primal-dual interior-point solution; names as in Svanberg's notes (xsi, eta: multipliers of the bounds alpha, beta;
/// mu, zet: of y, z >= 0; s: slack of the constraints).
class InteriorPoint
{
public:
  InteriorPoint(MPI_Comm comm, const MmaSubproblem &problem)
      : comm(comm), sub(problem), n(sub.p0.size()), m(sub.b.size())
  {
    now.x.resize(n);
    now.xsi.resize(n);
    now.eta.resize(n);
    for (std::size_t j = 0; j < n; ++j) {
      now.x[j] = .5 * (sub.alpha[j] + sub.beta[j]);
      now.xsi[j] = sub.weight * std::max(1., 1. / (now.x[j] - sub.alpha[j]));
      now.eta[j] = sub.weight * std::max(1., 1. / (sub.beta[j] - now.x[j]));
    }
    now.y.assign(m, 1.);
    now.lambda.assign(m, 1.);
    now.s.assign(m, 1.);
    for (const double c : sub.c)
      now.mu.push_back(std::max(1., .5 * c));
  }

  /// Halts with the largest residual at most `tolerance`, or as near as rounding permits.
  void solve(const double tolerance)
  {
    for (double epsilon = 1.;; epsilon = std::max(.1 * epsilon, tolerance)) {
      residual = residuals(now, epsilon);
      for (unsigned int step = 0; step < 200 && residual.largest > .9 * epsilon; ++step)
        if (!newton_step(epsilon))
          break;
      if (epsilon <= tolerance)
        return;
    }
  }

  const std::vector<double> &x() const { return now.x; }
  const std::vector<double> &lambda() const { return now.lambda; }
  double largest_residual() const { return residual.largest; }

private:
  struct Point
  {
    std::vector<double> x, xsi, eta;      // [n]
    std::vector<double> y, lambda, mu, s; // [m]
    double z = 1, zet = 1;
  };
  struct Residual
  {
    double squared = 0, largest = 0;
    std::vector<double> g; ///< the constraints' sums
  };

  /// Derivative of the Lagrangian of the approximations with respect to t_j, and its second derivative.
  std::array<double, 2> lagrangian_slopes(const Point &point, const std::size_t j) const
  {
    const double from_upp = 1. / (sub.upp[j] - point.x[j]), from_low = 1. / (point.x[j] - sub.low[j]);
    double p = sub.p0[j], q = sub.q0[j];
    for (std::size_t i = 0; i < m; ++i) {
      p += point.lambda[i] * sub.p[i][j];
      q += point.lambda[i] * sub.q[i][j];
    }
    const double up = p * from_upp * from_upp, down = q * from_low * from_low;
    return {{up - down, 2. * (up * from_upp + down * from_low)}};
  }

  double constraint_slope(const Point &point, const std::size_t i, const std::size_t j) const
  {
    const double to_upp = sub.upp[j] - point.x[j], to_low = point.x[j] - sub.low[j];
    return sub.p[i][j] / (to_upp * to_upp) - sub.q[i][j] / (to_low * to_low);
  }

  /// Also moves the slacks s to where they are best for the given rest: the constraints' rows are the only ones whose
  /// error grows with the square of a step while nothing else depends on it, and an inactive constraint's would force
  /// the line search to crawl.
  Residual residuals(Point &point, const double epsilon) const
  {
    Residual result;
    std::vector<double> sums(m + 1, 0.); // constraints, squares
    double largest = 0;
    const auto add = [&largest](double &squares, const double value, const double share) {
      squares += share * value * value;
      largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : std::numeric_limits<double>::infinity();
    };
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < m; ++i)
        sums[i] += sub.p[i][j] / (sub.upp[j] - point.x[j]) + sub.q[i][j] / (point.x[j] - sub.low[j]);
      const double w = sub.weight;
      add(sums[m], (lagrangian_slopes(point, j)[0] - point.xsi[j] + point.eta[j]) / w, w);
      add(sums[m], point.xsi[j] * (point.x[j] - sub.alpha[j]) / w - epsilon, w);
      add(sums[m], point.eta[j] * (sub.beta[j] - point.x[j]) / w - epsilon, w);
    }
    all_sum(comm, sums);
    largest = all_max(comm, largest);
    result.squared = sums[m];
    double z_slope = sub.a0 - point.zet;
    for (std::size_t i = 0; i < m; ++i) {
      z_slope -= sub.a[i] * point.lambda[i];
      add(result.squared, sub.c[i] + sub.d[i] * point.y[i] - point.mu[i] - point.lambda[i], 1.);
      const double excess = sums[i] - sub.a[i] * point.z - point.y[i] - sub.b[i], lambda = point.lambda[i];
      const double best = (lambda * epsilon - excess) / (1. + lambda * lambda); // of (excess + s)^2 + (lambda s - e)^2
      if (best > .1 * point.s[i])
        point.s[i] = best;
      add(result.squared, excess + point.s[i], 1.);
      add(result.squared, point.mu[i] * point.y[i] - epsilon, 1.);
      add(result.squared, point.lambda[i] * point.s[i] - epsilon, 1.);
    }
    add(result.squared, z_slope, 1.);
    add(result.squared, point.zet * point.z - epsilon, 1.);
    result.largest = largest;
    sums.resize(m);
    result.g = std::move(sums);
    return result;
  }

  /// The Newton direction: everything is eliminated but lambda (and z, which is a rank-one term).
  Point direction(const double epsilon) const
  {
    const double w = sub.weight;
    std::vector<double> slope(n), inverse_diagonal(n);
    std::vector<double> sums(m + m * (m + 1) / 2, 0.); // right-hand side, lower triangle
    std::vector<double> gradients(m);
    for (std::size_t j = 0; j < n; ++j) {
      const double above = now.x[j] - sub.alpha[j], below = sub.beta[j] - now.x[j];
      const auto slopes = lagrangian_slopes(now, j);
      slope[j] = slopes[0] - epsilon * w / above + epsilon * w / below;
      inverse_diagonal[j] = 1. / (slopes[1] + now.xsi[j] / above + now.eta[j] / below);
      for (std::size_t i = 0, entry = m; i < m; ++i) {
        gradients[i] = constraint_slope(now, i, j);
        sums[i] -= gradients[i] * slope[j] * inverse_diagonal[j];
        for (std::size_t k = 0; k <= i; ++k)
          sums[entry++] += gradients[i] * inverse_diagonal[j] * gradients[k];
      }
    }
    if (m > 0)
      all_sum(comm, sums);

    Point step;
    double z_slope = sub.a0 - epsilon / now.z;
    for (std::size_t i = 0; i < m; ++i)
      z_slope -= sub.a[i] * now.lambda[i];
    const double z_inverse = now.z / now.zet;
    std::vector<double> y_slope(m), y_diagonal(m);
    step.lambda.resize(m);
    if (m > 0) {
      dealii::LAPACKFullMatrix<double> matrix(m);
      dealii::Vector<double> solution(m);
      for (std::size_t i = 0, entry = m; i < m; ++i) {
        y_slope[i] = sub.c[i] + sub.d[i] * now.y[i] - now.lambda[i] - epsilon / now.y[i];
        y_diagonal[i] = sub.d[i] + now.mu[i] / now.y[i];
        for (std::size_t k = 0; k <= i; ++k, ++entry)
          matrix(i, k) = matrix(k, i) = sums[entry] + z_inverse * sub.a[i] * sub.a[k];
        matrix(i, i) += now.s[i] / now.lambda[i] + 1. / y_diagonal[i];
        solution(i) = sums[i] + residual.g[i] - sub.a[i] * now.z - now.y[i] - sub.b[i] + epsilon / now.lambda[i] +
                      y_slope[i] / y_diagonal[i] + sub.a[i] * z_inverse * z_slope;
      }
      matrix.set_property(dealii::LAPACKSupport::symmetric);
      matrix.compute_cholesky_factorization();
      matrix.solve(solution);
      std::copy(solution.begin(), solution.end(), step.lambda.begin());
    }

    step.x.resize(n);
    step.xsi.resize(n);
    step.eta.resize(n);
    for (std::size_t j = 0; j < n; ++j) {
      const double above = now.x[j] - sub.alpha[j], below = sub.beta[j] - now.x[j];
      double right = -slope[j];
      for (std::size_t i = 0; i < m; ++i)
        right -= constraint_slope(now, i, j) * step.lambda[i];
      step.x[j] = right * inverse_diagonal[j];
      step.xsi[j] = -now.xsi[j] + (epsilon * w - now.xsi[j] * step.x[j]) / above;
      step.eta[j] = -now.eta[j] + (epsilon * w + now.eta[j] * step.x[j]) / below;
    }
    step.y.resize(m);
    step.mu.resize(m);
    step.s.resize(m);
    double a_lambda = 0;
    for (std::size_t i = 0; i < m; ++i) {
      a_lambda += sub.a[i] * step.lambda[i];
      step.y[i] = (step.lambda[i] - y_slope[i]) / y_diagonal[i];
      step.mu[i] = -now.mu[i] + (epsilon - now.mu[i] * step.y[i]) / now.y[i];
      step.s[i] = -now.s[i] + (epsilon - now.s[i] * step.lambda[i]) / now.lambda[i];
    }
    step.z = z_inverse * (a_lambda - z_slope);
    step.zet = -now.zet + (epsilon - now.zet * step.z) / now.z;
    return step;
  }

  /// One damped Newton step; false if no step reduces the residual any more.
  bool newton_step(const double epsilon)
  {
    const Point step = direction(epsilon);
    double shrink = 1.; // 1/shrink keeps 1 - 1/1.01 of the distance to every bound
    const auto limit = [&shrink](const double value, const double change) {
      shrink = std::max(shrink, -1.01 * change / value);
    };
    for (std::size_t j = 0; j < n; ++j) {
      limit(now.x[j] - sub.alpha[j], step.x[j]);
      limit(sub.beta[j] - now.x[j], -step.x[j]);
      limit(now.xsi[j], step.xsi[j]);
      limit(now.eta[j], step.eta[j]);
    }
    for (std::size_t i = 0; i < m; ++i) {
      limit(now.y[i], step.y[i]);
      limit(now.lambda[i], step.lambda[i]);
      limit(now.mu[i], step.mu[i]);
      limit(now.s[i], step.s[i]);
    }
    limit(now.z, step.z);
    limit(now.zet, step.zet);

    double length = 1. / all_max(comm, shrink);
    Point trial = now;
    const auto move = [](std::vector<double> &to, const std::vector<double> &from, const double by,
                         const std::vector<double> &along) {
      for (std::size_t j = 0; j < to.size(); ++j)
        to[j] = from[j] + by * along[j];
    };
    for (unsigned int halving = 0; halving < 40; ++halving, length *= .5) {
      move(trial.x, now.x, length, step.x);
      move(trial.xsi, now.xsi, length, step.xsi);
      move(trial.eta, now.eta, length, step.eta);
      move(trial.y, now.y, length, step.y);
      move(trial.lambda, now.lambda, length, step.lambda);
      move(trial.mu, now.mu, length, step.mu);
      move(trial.s, now.s, length, step.s);
      trial.z = now.z + length * step.z;
      trial.zet = now.zet + length * step.zet;
      Residual next = residuals(trial, epsilon);
      if (next.squared <= (1. - 1e-3 * length) * residual.squared) {
        residual = std::move(next);
        std::swap(now, trial);
        return true;
      }
    }
    return false;
  }

  const MPI_Comm comm;
  const MmaSubproblem &sub;
  const std::size_t n, m;
  Point now;
  Residual residual;
};

} // namespace

MmaSubproblemSolution solve(MPI_Comm comm, const MmaSubproblem &problem, const double tolerance)
{
  InteriorPoint interior_point(comm, problem);
  interior_point.solve(tolerance);
  return {interior_point.x(), interior_point.lambda(), interior_point.largest_residual()};
}

} // namespace cageopt::optimizer
