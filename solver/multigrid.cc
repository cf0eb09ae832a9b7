#include <solver/multigrid.h>

#include <algorithm>
#include <array>

#include <solver/largest_eigenvalue.h>
#include <solver/level_transfer.h>

namespace cageopt::solver {

using inputs::CellStiffness;
using meshing::OctreeMesh;

struct Multigrid::Sweep
{
  unsigned int degree;
  double range; ///< it damps [lambda_max / range, lambda_max]
};

namespace {

/// The coarsest level is factored up to this many times MultigridParameters::coarse_unknowns.
constexpr std::uint64_t direct_limit = 4;
/// Beyond that, an error of 2 exp(-2 degree / sqrt(range)) = 0.07 is left; a porous block of 25 cells has a condition
/// of some 800.
constexpr unsigned int coarse_degree = 48;
constexpr double coarse_range = 800;

} // namespace

struct Multigrid::Work
{
  BlockVector<float> solution, residual, direction, product;
  BlockVector<float> right_hand_side, correction; ///< where the level is visited twice
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
  std::unique_ptr<meshing::CoarsenedMesh> coarsened;       ///< the next level's mesh
  std::unique_ptr<LevelTransfer> transfer;                 ///< to the next level
  std::vector<std::pair<std::uint32_t, double>> stiffened; ///< of the next level, see LevelTransfer::CoarseSupport
  bool is_visited_twice = false;
  double visit_factor = 1;                   ///< of the corrections of a level that is visited twice
  std::array<std::unique_ptr<Work>, 2> work; ///< for one lane, for a block
};

Multigrid::Multigrid(const OctreeMesh &fine, const double unit_length, const FixedComponents &fixed,
                     const MultigridParameters &parameters)
    : parameters(parameters)
{
  levels.push_back(std::make_unique<Level>(fine, unit_length, fixed));
  while (levels.back()->mesh.n_global_nodes() * 3 > parameters.coarse_unknowns &&
         meshing::can_be_coarsened(levels.back()->mesh)) {
    auto &level = *levels.back();
    auto next = std::make_unique<meshing::CoarsenedMesh>(meshing::coarsen(level.mesh));
    if (next->mesh.n_global_nodes() >= level.mesh.n_global_nodes())
      break;
    level.coarsened = std::move(next);
    level.transfer = std::make_unique<LevelTransfer>(level.mesh, *level.coarsened);
    auto support = level.transfer->coarsen_support(level.stiffness_operator.fixed());
    level.stiffened = std::move(support.stiffened);
    levels.push_back(std::make_unique<Level>(level.coarsened->mesh, unit_length, support.fixed));
  }
  // A second visit pays where it is cheap, and on two levels brings what visits on all of them would.
  for (std::size_t l = 1; l + 1 < levels.size() && l <= 2; ++l)
    levels[l]->is_visited_twice = 4 * levels[l]->mesh.n_global_nodes() <= levels[l - 1]->mesh.n_global_nodes();
  const auto &last = *levels.back();
  if (last.mesh.n_global_nodes() * 3 <= direct_limit * parameters.coarse_unknowns)
    coarse = std::make_unique<DenseCoarseSolver>(last.mesh, unit_length, last.stiffness_operator.fixed());
}

Multigrid::~Multigrid() = default;

bool Multigrid::is_visited_twice(const unsigned int level) const { return levels.at(level)->is_visited_twice; }

unsigned int Multigrid::n_levels() const { return static_cast<unsigned int>(levels.size()); }

void Multigrid::update(const std::vector<CellStiffness> &fine_stiffness)
{
  std::vector<CellStiffness> coarse_stiffness;
  for (std::size_t l = 0; l < levels.size(); ++l) {
    auto &level = *levels[l];
    const auto &stiffness = l == 0 ? fine_stiffness : coarse_stiffness;
    const bool is_last = l + 1 == levels.size();
    if (is_last && coarse != nullptr) {
      coarse->update(stiffness);
      break;
    }
    level.stiffness_operator.set_stiffness(stiffness);
    level.inverse_diagonal = level.stiffness_operator.inverse_diagonal();
    const auto jacobi = [&level](BlockVector<float> &z, const BlockVector<float> &r) {
      for (std::size_t i = 0; i < level.inverse_diagonal.size(); ++i)
        z.data()[i] = level.inverse_diagonal[i] * r.data()[i];
    };
    level.largest_eigenvalue = 1.2 * largest_eigenvalue(level.stiffness_operator, level.inverse_diagonal, jacobi, 8);
    if (is_last)
      break;

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
    coarse_stiffness.resize(n_coarse);
    for (std::uint32_t cell = 0; cell < n_coarse; ++cell) {
      const double *sum = sums.data() + std::size_t(cell) * 6;
      auto &c = coarse_stiffness[cell];
      c.c11 = sum[0], c.c33 = sum[1], c.c12 = sum[2], c.c13 = sum[3], c.c44 = sum[4], c.c66 = sum[5];
    }
    for (const auto &[cell, factor] : level.stiffened) {
      auto &c = coarse_stiffness[cell];
      for (double *constant : {&c.c11, &c.c33, &c.c12, &c.c13, &c.c44, &c.c66})
        *constant *= factor;
    }
  }

  // From below, since the cycle of a level uses those under it. Two visits with factor f times the cycle's correction
  // leave (1 - f t)^2 of an error with eigenvalue t of (cycle K): less than all of it while f t < 2.
  for (std::size_t l = levels.size() - 1; l-- > 1;)
    if (auto &level = *levels[l]; level.is_visited_twice)
      level.visit_factor =
          std::min(1.15, 1.7 / largest_eigenvalue(
                                   level.stiffness_operator, level.inverse_diagonal,
                                   [&](BlockVector<float> &z, BlockVector<float> &r) { cycle<1>(l, z, r); }, 5));
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
    if (l + 1 < levels.size() || coarse == nullptr) {
      slot->direction = vector();
      slot->product = vector();
    }
    if (levels[l]->is_visited_twice) {
      slot->right_hand_side = vector();
      slot->correction = vector();
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

/// One step of the iteration with the product K d of the old direction d, for rows [n] of several lanes:
///   r -= K d,   d = factors[0] d + factors[1] D^-1 r,   x += d.
/// The first step of a sweep has no old direction; it also starts x where that is zero as yet.
template <unsigned int lanes, bool is_first, bool x_is_zero>
void chebyshev_step(const std::size_t n, const float *inverse_diagonal, const std::array<float, 2> factors,
                    const float *product, float *residual, float *direction, float *solution)
{
  for (std::size_t i = 0; i < n; ++i) {
    const float scale = factors[1] * inverse_diagonal[i];
    for (unsigned int lane = 0; lane < lanes; ++lane) {
      const std::size_t k = i * lanes + lane;
      if constexpr (is_first) {
        direction[k] = scale * residual[k];
      } else {
        residual[k] -= product[k];
        direction[k] = factors[0] * direction[k] + scale * residual[k];
      }
      if constexpr (x_is_zero)
        solution[k] = direction[k];
      else
        solution[k] += direction[k];
    }
  }
}

} // namespace

/// A sweep of the smoother. On return the residual r belongs to x as it is before the last direction was added, whose
/// product is still to come.
template <unsigned int lanes>
void Multigrid::smooth(const Level &level, const Sweep &sweep, Work &work, BlockVector<float> &x, BlockVector<float> &r,
                       const bool x_is_zero) const
{
  const std::size_t n = std::size_t(level.mesh.n_owned_nodes()) * 3;
  ChebyshevCoefficients chebyshev(level.largest_eigenvalue, sweep.range);
  const float *inverse = level.inverse_diagonal.data();
  float *direction = work.direction.data(), *product = work.product.data();
  const std::array<float, 2> first = {0.f, chebyshev.first()};
  if (x_is_zero)
    chebyshev_step<lanes, true, true>(n, inverse, first, product, r.data(), direction, x.data());
  else
    chebyshev_step<lanes, true, false>(n, inverse, first, product, r.data(), direction, x.data());
  for (unsigned int k = 1; k < sweep.degree; ++k) {
    level.stiffness_operator.vmult(work.product, work.direction);
    chebyshev_step<lanes, false, false>(n, inverse, chebyshev.next(), product, r.data(), direction, x.data());
  }
}

template <unsigned int lanes>
void Multigrid::visit_twice(const std::size_t l) const
{
  const auto &level = *levels[l];
  auto &own = work(l, lanes);
  const std::size_t n_values = std::size_t(level.mesh.n_owned_nodes()) * 3 * lanes;
  const float factor = static_cast<float>(level.visit_factor);
  float *b = own.right_hand_side.data(), *first = own.correction.data(), *second = own.solution.data(),
        *residual = own.residual.data();
  std::copy_n(residual, n_values, b);
  cycle<lanes>(l, own.correction, own.residual);
  level.stiffness_operator.vmult(own.residual, own.correction);
  for (std::size_t i = 0; i < n_values; ++i)
    residual[i] = b[i] - factor * residual[i];
  cycle<lanes>(l, own.solution, own.residual);
  for (std::size_t i = 0; i < n_values; ++i)
    second[i] = factor * (first[i] + second[i]);
}

template <unsigned int lanes>
void Multigrid::cycle(const std::size_t l, BlockVector<float> &x, BlockVector<float> &r) const
{
  if (l + 1 == levels.size() && coarse != nullptr) {
    coarse->solve(x, r);
    return;
  }
  const auto &level = *levels[l];
  auto &fine_work = work(l, lanes);
  if (l + 1 == levels.size()) {
    smooth<lanes>(level, {coarse_degree, coarse_range}, fine_work, x, r, true);
    return;
  }
  const Sweep smoother = {parameters.smoother_degree, parameters.smoothing_range};
  const std::size_t n_values = std::size_t(level.mesh.n_owned_nodes()) * 3 * lanes;
  const auto subtract = [](BlockVector<float> &target, const BlockVector<float> &product, const std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      target.data()[i] -= product.data()[i];
  };

  smooth<lanes>(level, smoother, fine_work, x, r, true);
  level.stiffness_operator.vmult(fine_work.product, fine_work.direction);
  subtract(r, fine_work.product, n_values);

  const auto &next = *levels[l + 1];
  auto &coarse_work = work(l + 1, lanes);
  level.transfer->restrict_to(coarse_work.residual, r);
  next.stiffness_operator.zero_fixed(coarse_work.residual);
  if (next.is_visited_twice)
    visit_twice<lanes>(l + 1);
  else
    cycle<lanes>(l + 1, coarse_work.solution, coarse_work.residual);
  level.transfer->prolongate(fine_work.direction, coarse_work.solution);
  level.stiffness_operator.zero_fixed(fine_work.direction);
  for (std::size_t i = 0; i < n_values; ++i)
    x.data()[i] += fine_work.direction.data()[i];
  level.stiffness_operator.vmult(fine_work.product, fine_work.direction);
  subtract(r, fine_work.product, n_values);
  smooth<lanes>(level, smoother, fine_work, x, r, false);
}

void Multigrid::vmult(BlockVector<float> &z, BlockVector<float> &r) const
{
  if (r.lanes() == 1)
    cycle<1>(0, z, r);
  else
    cycle<block_lanes>(0, z, r);
}

} // namespace cageopt::solver
