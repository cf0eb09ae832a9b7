#include <solver/largest_eigenvalue.h>

#include <algorithm>
#include <cmath>

#include <meshing/flat_map.h>
#include <solver/block_dot.h>

namespace cageopt::solver {

using meshing::OctreeMesh;

namespace {

/// The same pseudo-random vector whatever the number of ranks.
void fill_reproducibly(const OctreeMesh &mesh, BlockVector<float> &vector)
{
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node) {
    auto bits = meshing::lattice_key(mesh.position(node));
    for (unsigned int c = 0; c < 3; ++c) {
      bits = meshing::FlatMap::hash(bits + 0x9e3779b97f4a7c15ull);
      vector(node, c) = static_cast<float>(static_cast<double>(bits >> 11) / 9007199254740992. - .5);
    }
  }
}

/// Largest eigenvalue of the symmetric tridiagonal matrix, by bisection on Sturm's sequence.
double largest_tridiagonal_eigenvalue(const std::vector<double> &diagonal, const std::vector<double> &off_diagonal)
{
  double upper = 0;
  for (std::size_t i = 0; i < diagonal.size(); ++i)
    upper = std::max(upper, diagonal[i] + (i > 0 ? std::abs(off_diagonal[i - 1]) : 0.) +
                                (i + 1 < diagonal.size() ? std::abs(off_diagonal[i]) : 0.));
  double lower = 0;
  while (upper - lower > 1e-4 * upper) {
    const double middle = .5 * (lower + upper);
    unsigned int n_below = 0;
    double pivot = 1;
    for (std::size_t i = 0; i < diagonal.size(); ++i) {
      pivot = diagonal[i] - middle - (i > 0 ? off_diagonal[i - 1] * off_diagonal[i - 1] / pivot : 0.);
      if (pivot == 0)
        pivot = 1e-300;
      n_below += pivot < 0;
    }
    (n_below == diagonal.size() ? upper : lower) = middle;
  }
  return upper;
}

} // namespace

double largest_eigenvalue(const ElasticityOperator<float> &stiffness, const std::vector<float> &inverse_diagonal,
                          const Preconditioner &preconditioner, const unsigned int n_steps)
{
  const auto &mesh = stiffness.mesh();
  BlockVector<float> r(mesh.n_local_nodes(), 1), p(r), q(r), z(r);
  fill_reproducibly(mesh, r);
  // The estimate is of the spectrum, so the start need not be a residual of anything; it must not see fixed components.
  const std::size_t n = std::size_t(mesh.n_owned_nodes()) * 3;
  const auto dot = [&](const BlockVector<float> &a, const BlockVector<float> &b) {
    return lane_sums<1>(mesh.comm(), n,
                        [&](const std::size_t i, unsigned int) { return double(a.data()[i]) * b.data()[i]; })[0];
  };
  for (std::size_t i = 0; i < n; ++i)
    r.data()[i] = inverse_diagonal[i] > 0 ? r.data()[i] / std::sqrt(inverse_diagonal[i]) : 0.f;
  std::vector<double> diagonal, off_diagonal;
  double rho = 0, alpha_old = 1, beta = 0;
  for (unsigned int step = 0; step < n_steps; ++step) {
    std::copy_n(r.data(), n, q.data());
    preconditioner(z, q);
    const double rho_new = dot(r, z);
    if (!(rho_new > 1e-12 * rho))
      break;
    beta = step == 0 ? 0. : rho_new / rho;
    rho = rho_new;
    for (std::size_t i = 0; i < n; ++i)
      p.data()[i] = z.data()[i] + static_cast<float>(beta) * p.data()[i];
    stiffness.vmult(q, p);
    const double curvature = dot(p, q);
    if (!(curvature > 0))
      break;
    const double alpha = rho / curvature;
    if (step > 0)
      off_diagonal.push_back(std::sqrt(beta) / alpha_old);
    diagonal.push_back(1. / alpha + (step > 0 ? beta / alpha_old : 0.));
    alpha_old = alpha;
    for (std::size_t i = 0; i < n; ++i)
      r.data()[i] -= static_cast<float>(alpha) * q.data()[i];
  }
  return diagonal.empty() ? 1. : largest_tridiagonal_eigenvalue(diagonal, off_diagonal);
}

} // namespace cageopt::solver
