#include <solver/multigrid.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <meshing/flat_map.h>
#include <solver/level_transfer.h>

namespace cageopt::solver {

using inputs::CellStiffness;
using meshing::OctreeMesh;

struct Multigrid::Work
{
  BlockVector<float> solution, residual, direction, product;
};

struct Multigrid::Level
{
  Level(const OctreeMesh &mesh, const double unit_length, const FixedComponents &fixed)
      : mesh(mesh), stiffness_operator(mesh, unit_length, fixed)
  {
  }

  const OctreeMesh &mesh;
  ElasticityOperator<float> stiffness_operator;
  std::vector<float> inverse_diagonal;
  double largest_eigenvalue = 0;
  std::unique_ptr<meshing::CoarsenedMesh> coarsened; ///< the next level's mesh
  std::unique_ptr<LevelTransfer> transfer;           ///< to the next level
  std::array<std::unique_ptr<Work>, 2> work;         ///< for one lane, for a block
};

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

/// Lanczos by conjugate gradients with the point diagonal: the largest Ritz value of D^-1 K.
double estimate_largest_eigenvalue(const ElasticityOperator<float> &stiffness,
                                   const std::vector<float> &inverse_diagonal)
{
  constexpr unsigned int n_steps = 12;
  const auto &mesh = stiffness.mesh();
  BlockVector<float> r(mesh.n_local_nodes(), 1), p(r), q(r);
  fill_reproducibly(mesh, r);
  // The estimate is of the spectrum, so the start need not be a residual of anything; it must not see fixed components.
  const std::size_t n = std::size_t(mesh.n_owned_nodes()) * 3;
  for (std::size_t i = 0; i < n; ++i)
    r.data()[i] = inverse_diagonal[i] > 0 ? r.data()[i] / std::sqrt(inverse_diagonal[i]) : 0.f;
  std::vector<double> diagonal, off_diagonal;
  double rho = 0, alpha_old = 1, beta = 0;
  for (unsigned int step = 0; step < n_steps; ++step) {
    double rho_new = 0;
    for (std::size_t i = 0; i < n; ++i)
      rho_new += double(r.data()[i]) * inverse_diagonal[i] * r.data()[i];
    MPI_Allreduce(MPI_IN_PLACE, &rho_new, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
    if (!(rho_new > 1e-12 * rho))
      break;
    beta = step == 0 ? 0. : rho_new / rho;
    rho = rho_new;
    for (std::size_t i = 0; i < n; ++i)
      p.data()[i] = inverse_diagonal[i] * r.data()[i] + static_cast<float>(beta) * p.data()[i];
    stiffness.vmult(q, p);
    double curvature = 0;
    for (std::size_t i = 0; i < n; ++i)
      curvature += double(p.data()[i]) * q.data()[i];
    MPI_Allreduce(MPI_IN_PLACE, &curvature, 1, MPI_DOUBLE, MPI_SUM, mesh.comm());
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

} // namespace

Multigrid::Multigrid(const OctreeMesh &fine, const double unit_length, const FixedComponents &fixed,
                     const MultigridParameters &parameters)
    : parameters(parameters)
{
  levels.push_back(std::make_unique<Level>(fine, unit_length, fixed));
  while (levels.back()->mesh.n_global_nodes() * 3 > parameters.coarse_unknowns) {
    auto &level = *levels.back();
    auto next = std::make_unique<meshing::CoarsenedMesh>(meshing::coarsen(level.mesh));
    if (next->mesh.n_global_nodes() >= level.mesh.n_global_nodes())
      break;
    level.coarsened = std::move(next);
    level.transfer = std::make_unique<LevelTransfer>(level.mesh, *level.coarsened);
    levels.push_back(std::make_unique<Level>(level.coarsened->mesh, unit_length,
                                             level.transfer->coarsen_fixed(level.stiffness_operator.fixed())));
  }
  coarse =
      std::make_unique<DenseCoarseSolver>(levels.back()->mesh, unit_length, levels.back()->stiffness_operator.fixed());
}

Multigrid::~Multigrid() = default;

unsigned int Multigrid::n_levels() const { return static_cast<unsigned int>(levels.size()); }

void Multigrid::update(const std::vector<CellStiffness> &fine_stiffness)
{
  std::vector<CellStiffness> stiffness = fine_stiffness;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    auto &level = *levels[l];
    if (l + 1 == levels.size()) {
      coarse->update(stiffness);
      break;
    }
    level.stiffness_operator.set_stiffness(stiffness);
    level.inverse_diagonal = level.stiffness_operator.inverse_diagonal();
    // The Ritz value is a lower bound; the elements' bound caps the safety factor.
    level.largest_eigenvalue =
        std::min(1.2 * estimate_largest_eigenvalue(level.stiffness_operator, level.inverse_diagonal),
                 level.stiffness_operator.eigenvalue_bound());

    const auto &coarsened = *level.coarsened;
    const std::uint32_t n_coarse = coarsened.mesh.n_cells();
    std::vector<double> sums(std::size_t(n_coarse + coarsened.cell_halo.n_ghosts()) * 6, 0.);
    for (std::uint32_t cell = 0; cell < level.mesh.n_cells(); ++cell) {
      const std::uint32_t parent = coarsened.parent[cell];
      const bool unchanged = parent < n_coarse && coarsened.mesh.cell(parent).level == level.mesh.cell(cell).level;
      const double weight = unchanged ? 1. : 1. / 8.;
      const auto constants = stiffness[cell].constants();
      for (unsigned int k = 0; k < 6; ++k)
        sums[std::size_t(parent) * 6 + k] += weight * constants[k];
    }
    coarsened.cell_halo.add_ghosts_to_owners(sums.data(), 6);
    stiffness.resize(n_coarse);
    for (std::uint32_t cell = 0; cell < n_coarse; ++cell) {
      const double *sum = sums.data() + std::size_t(cell) * 6;
      auto &c = stiffness[cell];
      c.c11 = sum[0], c.c33 = sum[1], c.c12 = sum[2], c.c13 = sum[3], c.c44 = sum[4], c.c66 = sum[5];
    }
  }
}

Multigrid::Work &Multigrid::work(const std::size_t l, const unsigned int lanes) const
{
  auto &slot = levels[l]->work[lanes == 1 ? 0 : 1];
  if (slot == nullptr) {
    const auto vector = [&] { return BlockVector<float>(levels[l]->mesh.n_local_nodes(), lanes); };
    slot = std::make_unique<Work>();
    if (l > 0) { // on the finest level the caller brings these
      slot->solution = vector();
      slot->residual = vector();
    }
    if (l + 1 < levels.size()) {
      slot->direction = vector();
      slot->product = vector();
    }
  }
  return *slot;
}

namespace {

/// The Chebyshev iteration of the first kind for D^-1 K on [lambda_max / range, lambda_max], as two-term recursion.
struct ChebyshevCoefficients
{
  ChebyshevCoefficients(const double largest, const double range)
      : middle(.5 * (largest + largest / range)), half_width(.5 * (largest - largest / range)), rho(half_width / middle)
  {
  }
  float first() const { return static_cast<float>(1. / middle); }
  /// Factors of the old direction and of the preconditioned residual.
  std::array<float, 2> next()
  {
    const double rho_new = 1. / (2. * middle / half_width - rho);
    const std::array<float, 2> factors = {static_cast<float>(rho_new * rho),
                                          static_cast<float>(2. * rho_new / half_width)};
    rho = rho_new;
    return factors;
  }
  double middle, half_width, rho;
};

template <unsigned int lanes>
void first_step(const std::size_t n, const float *inverse_diagonal, const float factor, const float *residual,
                float *direction, float *solution)
{
  for (std::size_t i = 0; i < n; ++i) {
    const float scale = factor * inverse_diagonal[i];
    for (unsigned int lane = 0; lane < lanes; ++lane) {
      direction[i * lanes + lane] = scale * residual[i * lanes + lane];
      solution[i * lanes + lane] += direction[i * lanes + lane];
    }
  }
}

template <unsigned int lanes>
void next_step(const std::size_t n, const float *inverse_diagonal, const std::array<float, 2> factors,
               const float *product, float *residual, float *direction, float *solution)
{
  for (std::size_t i = 0; i < n; ++i) {
    const float scale = factors[1] * inverse_diagonal[i];
    for (unsigned int lane = 0; lane < lanes; ++lane) {
      const std::size_t k = i * lanes + lane;
      residual[k] -= product[k];
      direction[k] = factors[0] * direction[k] + scale * residual[k];
      solution[k] += direction[k];
    }
  }
}

} // namespace

void Multigrid::cycle(const std::size_t l, BlockVector<float> &x, BlockVector<float> &r) const
{
  if (l + 1 == levels.size()) {
    coarse->solve(x, r);
    return;
  }
  const auto &level = *levels[l];
  const unsigned int lanes = r.lanes();
  auto &direction = work(l, lanes).direction;
  auto &product = work(l, lanes).product;
  const std::size_t n = std::size_t(level.mesh.n_owned_nodes()) * 3;

  // On return the residual r belongs to x as it is before the last direction was added, whose product is still to come.
  const auto smooth = [&] {
    ChebyshevCoefficients chebyshev(level.largest_eigenvalue, parameters.smoothing_range);
    const auto *inverse = level.inverse_diagonal.data();
    if (lanes == 1)
      first_step<1>(n, inverse, chebyshev.first(), r.data(), direction.data(), x.data());
    else
      first_step<block_lanes>(n, inverse, chebyshev.first(), r.data(), direction.data(), x.data());
    for (unsigned int k = 1; k < parameters.smoother_degree; ++k) {
      level.stiffness_operator.vmult(product, direction);
      if (lanes == 1)
        next_step<1>(n, inverse, chebyshev.next(), product.data(), r.data(), direction.data(), x.data());
      else
        next_step<block_lanes>(n, inverse, chebyshev.next(), product.data(), r.data(), direction.data(), x.data());
    }
  };
  const auto subtract_product_of_direction = [&] {
    level.stiffness_operator.vmult(product, direction);
    for (std::size_t i = 0; i < n * lanes; ++i)
      r.data()[i] -= product.data()[i];
  };

  std::fill_n(x.data(), n * lanes, 0.f);
  smooth();
  subtract_product_of_direction();

  auto &coarse_work = work(l + 1, lanes);
  level.transfer->restrict_to(coarse_work.residual, r);
  levels[l + 1]->stiffness_operator.zero_fixed(coarse_work.residual);
  cycle(l + 1, coarse_work.solution, coarse_work.residual);
  direction.clear();
  level.transfer->prolongate_and_add(direction, coarse_work.solution);
  level.stiffness_operator.zero_fixed(direction);
  for (std::size_t i = 0; i < n * lanes; ++i)
    x.data()[i] += direction.data()[i];
  subtract_product_of_direction();
  smooth();
}

void Multigrid::vmult(BlockVector<float> &z, BlockVector<float> &r) const { cycle(0, z, r); }

} // namespace cageopt::solver
