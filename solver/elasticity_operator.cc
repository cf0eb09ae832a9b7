#include <solver/elasticity_operator.h>

#include <algorithm>
#include <stdexcept>

#include <solver/cube_kernel.h>
#include <solver/simd.h>

namespace cageopt::solver {

using meshing::OctreeMesh;

namespace {

/// src[corner][component] as SIMD values, several right-hand sides of one cell.
template <typename Value, typename Number>
inline __attribute__((always_inline)) void gather(Value (&u)[3][8], const Number *src,
                                                  const OctreeMesh::CellNodes &nodes)
{
#pragma GCC unroll 8
  for (unsigned int v = 0; v < 8; ++v) {
    const auto *values = reinterpret_cast<const Value *>(src) + std::size_t(nodes[v]) * 3;
    u[0][v] = values[0];
    u[1][v] = values[1];
    u[2][v] = values[2];
  }
}

void refresh(const OctreeMesh &mesh, BlockVector<double> &vector)
{
  mesh.halo().update_ghosts(vector.data(), vector.values_per_node());
  mesh.interpolate_hanging(vector.data(), vector.values_per_node());
}

} // namespace

template <typename Number>
ElasticityOperator<Number>::ElasticityOperator(const OctreeMesh &mesh, const double unit_length, FixedComponents fixed)
    : octree(mesh), lattice_unit(unit_length), fixed_components(std::move(fixed))
{
  fixed_components.resize(mesh.n_local_nodes(), 0);
  for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
    if (fixed_components[node] != 0)
      fixed_nodes.push_back(node);
}

template <typename Number>
void ElasticityOperator<Number>::set_stiffness(const std::vector<inputs::CellStiffness> &stiffness)
{
  const bool is_cubic = std::all_of(stiffness.begin(), stiffness.end(), [](const auto &c) { return c.is_cubic(); });
  n_constants = is_cubic ? 3 : 6;
  coefficients.resize(std::size_t(octree.n_cells()) * n_constants);
  for (std::uint32_t cell = 0; cell < octree.n_cells(); ++cell) {
    const double scale = octree.cell(cell).edge() * lattice_unit / 16.;
    const auto &c = stiffness[cell];
    Number *constants = coefficients.data() + std::size_t(cell) * n_constants;
    if (is_cubic) {
      constants[0] = Number(scale * c.c11);
      constants[1] = Number(scale * c.c12);
      constants[2] = Number(scale * c.c44);
    } else {
      const auto all = c.constants();
      for (unsigned int k = 0; k < 6; ++k)
        constants[k] = Number(scale * all[k]);
    }
  }
}

template <typename Number>
std::array<double, 6> ElasticityOperator<Number>::scaled_constants(const std::uint32_t cell) const
{
  const Number *c = coefficients.data() + std::size_t(cell) * n_constants;
  if (n_constants == 3)
    return {double(c[0]), double(c[0]), double(c[1]), double(c[1]), double(c[2]), double(c[2])};
  return {double(c[0]), double(c[1]), double(c[2]), double(c[3]), double(c[4]), double(c[5])};
}

template <typename Number>
template <unsigned int n_constants>
void ElasticityOperator<Number>::sweep_lanes(BlockVector<Number> &dst, const BlockVector<Number> &src) const
{
  using Value = Simd<Number, block_lanes>;
  using Kernel = CubeKernel<Value, Number>;
  const std::uint32_t n_cells = octree.n_cells();
  for (std::uint32_t cell = 0; cell < n_cells; ++cell) {
    const auto &nodes = octree.nodes_of(cell);
    typename Kernel::Values u;
    gather(u, src.data(), nodes);
    Kernel::remove_translation(u);
    Kernel::transform(u);
    Number constants[n_constants];
    for (unsigned int k = 0; k < n_constants; ++k)
      constants[k] = coefficients[std::size_t(cell) * n_constants + k];
    Kernel::multiply(u, constants);
    Kernel::transform(u);
#pragma GCC unroll 8
    for (unsigned int v = 0; v < 8; ++v) {
      auto *values = reinterpret_cast<Value *>(dst.data()) + std::size_t(nodes[v]) * 3;
      values[0] += u[0][v];
      values[1] += u[1][v];
      values[2] += u[2][v];
    }
  }
}

template <typename Number>
template <unsigned int n_constants>
void ElasticityOperator<Number>::sweep_cells(BlockVector<Number> &dst, const BlockVector<Number> &src) const
{
  constexpr int width = simd_cells<Number>;
  using Value = Simd<Number, width>;
  using Kernel = CubeKernel<Value, Value>;
  const std::uint32_t n_cells = octree.n_cells();
  const Number *source = src.data();
  Number *target = dst.data();
  for (std::uint32_t first = 0; first < n_cells; first += width) {
    const int n_filled = static_cast<int>(std::min<std::uint32_t>(width, n_cells - first));
    typename Kernel::Values u = {};
    Value constants[n_constants] = {};
    for (int lane = 0; lane < n_filled; ++lane) {
      const auto &nodes = octree.nodes_of(first + lane);
      for (unsigned int k = 0; k < n_constants; ++k)
        constants[k][lane] = coefficients[std::size_t(first + lane) * n_constants + k];
      for (unsigned int v = 0; v < 8; ++v) {
        const Number *values = source + std::size_t(nodes[v]) * 3;
        u[0][v][lane] = values[0];
        u[1][v][lane] = values[1];
        u[2][v][lane] = values[2];
      }
    }
    Kernel::remove_translation(u);
    Kernel::transform(u);
    Kernel::multiply(u, constants);
    Kernel::transform(u);
    for (int lane = 0; lane < n_filled; ++lane) {
      const auto &nodes = octree.nodes_of(first + lane);
      for (unsigned int v = 0; v < 8; ++v) {
        Number *values = target + std::size_t(nodes[v]) * 3;
        values[0] += u[0][v][lane];
        values[1] += u[1][v][lane];
        values[2] += u[2][v][lane];
      }
    }
  }
}

template <typename Number>
void ElasticityOperator<Number>::apply(BlockVector<Number> &dst, BlockVector<Number> &src) const
{
  const unsigned int n = src.values_per_node();
  octree.halo().update_ghosts(src.data(), n);
  octree.interpolate_hanging(src.data(), n);
  dst.clear();
  if (src.lanes() == 1)
    n_constants == 3 ? sweep_cells<3>(dst, src) : sweep_cells<6>(dst, src);
  else
    n_constants == 3 ? sweep_lanes<3>(dst, src) : sweep_lanes<6>(dst, src);
  octree.fold_hanging(dst.data(), n);
  octree.halo().add_ghosts_to_owners(dst.data(), n);
}

template <typename Number>
void ElasticityOperator<Number>::vmult(BlockVector<Number> &dst, BlockVector<Number> &src) const
{
  apply(dst, src);
  zero_fixed(dst);
}

template <typename Number>
void ElasticityOperator<Number>::zero_fixed(BlockVector<Number> &vector) const
{
  for (const auto node : fixed_nodes)
    for (unsigned int c = 0; c < 3; ++c)
      if (fixed_components[node] >> c & 1)
        for (unsigned int lane = 0; lane < vector.lanes(); ++lane)
          vector(node, c, lane) = 0;
}

template <typename Number>
std::vector<Number> ElasticityOperator<Number>::inverse_diagonal() const
{
  std::vector<double> diagonal(std::size_t(octree.n_local_nodes()) * 3, 0.);
  const std::uint32_t first_hanging = octree.first_hanging_node();
  for (std::uint32_t cell = 0; cell < octree.n_cells(); ++cell) {
    const auto &nodes = octree.nodes_of(cell);
    const auto constants = scaled_constants(cell);
    if (std::none_of(nodes.begin(), nodes.end(), [&](const auto node) { return node >= first_hanging; })) {
      for (unsigned int c = 0; c < 3; ++c) {
        const double entry = cube_diagonal(16., constants, c);
        for (const auto node : nodes)
          diagonal[std::size_t(node) * 3 + c] += entry;
      }
      continue;
    }
    // With hanging corners the entry of a master is (P^T K_e P)_ii, P the corners' weights of that master.
    struct Share
    {
      std::uint32_t node;
      unsigned int corner;
      double weight;
    };
    std::vector<Share> shares;
    for (unsigned int v = 0; v < 8; ++v)
      if (nodes[v] < first_hanging) {
        shares.push_back({nodes[v], v, 1.});
      } else {
        const auto &hanging = octree.hanging_nodes()[nodes[v] - first_hanging];
        for (unsigned int m = 0; m < hanging.n_masters; ++m)
          shares.push_back({hanging.masters[m], v, 1. / hanging.n_masters});
      }
    for (unsigned int c = 0; c < 3; ++c) {
      double entry[8];
      for (unsigned int a_xor_b = 0; a_xor_b < 8; ++a_xor_b)
        entry[a_xor_b] = cube_entry(16., constants, c, a_xor_b);
      for (const auto &a : shares)
        for (const auto &b : shares)
          if (a.node == b.node)
            diagonal[std::size_t(a.node) * 3 + c] += a.weight * b.weight * entry[a.corner ^ b.corner];
    }
  }
  octree.halo().add_ghosts_to_owners(diagonal.data(), 3);
  std::vector<Number> inverse(std::size_t(octree.n_owned_nodes()) * 3);
  for (std::uint32_t node = 0; node < octree.n_owned_nodes(); ++node)
    for (unsigned int c = 0; c < 3; ++c) {
      const double entry = diagonal[std::size_t(node) * 3 + c];
      const bool is_free = (fixed_components[node] >> c & 1) == 0 && entry > 0;
      inverse[std::size_t(node) * 3 + c] = is_free ? Number(1. / entry) : Number(0);
    }
  return inverse;
}

std::vector<std::array<double, 3>> cell_forms(const OctreeMesh &mesh, const double unit_length, BlockVector<double> &u,
                                              BlockVector<double> &v)
{
  refresh(mesh, u);
  refresh(mesh, v);
  std::vector<std::array<double, 3>> forms(mesh.n_cells());
  const auto evaluate = [&](const auto &example) {
    using Value = std::decay_t<decltype(example)>;
    using Kernel = CubeKernel<Value, double>;
    constexpr unsigned int n_lanes = sizeof(Value) / sizeof(double);
    for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
      typename Kernel::Values mode_u, mode_v;
      gather(mode_u, u.data(), mesh.nodes_of(cell));
      gather(mode_v, v.data(), mesh.nodes_of(cell));
      Kernel::transform(mode_u);
      Kernel::transform(mode_v);
      Value form[3] = {};
      Kernel::bilinear(mode_u, mode_v, form);
      const double scale = mesh.cell(cell).edge() * unit_length / 16.;
      for (unsigned int k = 0; k < 3; ++k) {
        double sum = 0;
        for (unsigned int lane = 0; lane < n_lanes; ++lane)
          sum += reinterpret_cast<const double *>(&form[k])[lane];
        forms[cell][k] = scale * sum;
      }
    }
  };
  if (u.lanes() == 1)
    evaluate(double{});
  else
    evaluate(Simd<double, block_lanes>{});
  return forms;
}

std::vector<LaneForms> lane_forms(const OctreeMesh &mesh, const double unit_length,
                                  const std::vector<std::uint32_t> &cells, BlockVector<double> &u,
                                  BlockVector<double> &v)
{
  using Value = Simd<double, block_lanes>;
  using Kernel = CubeKernel<Value, double>;
  if (u.lanes() != block_lanes || v.lanes() != block_lanes)
    throw std::invalid_argument("lane_forms: the vectors must have block_lanes lanes");
  refresh(mesh, u);
  refresh(mesh, v);
  std::vector<LaneForms> forms;
  forms.reserve(cells.size());
  for (const auto cell : cells) {
    typename Kernel::Values mode_u, mode_v;
    gather(mode_u, u.data(), mesh.nodes_of(cell));
    gather(mode_v, v.data(), mesh.nodes_of(cell));
    Kernel::transform(mode_u);
    Kernel::transform(mode_v);
    Value form[6] = {};
    Kernel::bilinear(mode_u, mode_v, form);
    const double scale = mesh.cell(cell).edge() * unit_length / 16.;
    auto &entry = forms.emplace_back();
    for (unsigned int k = 0; k < 6; ++k)
      for (unsigned int lane = 0; lane < block_lanes; ++lane)
        entry[k][lane] = scale * form[k][lane];
  }
  return forms;
}

template class ElasticityOperator<float>;
template class ElasticityOperator<double>;

} // namespace cageopt::solver
