#include <solver/periodic_stokes.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include <inputs/error.h>

namespace cageopt::solver {

namespace {

using Vector = std::vector<double>;

constexpr double velocity_tolerance = 1e-8, pressure_tolerance = 1e-4; ///< relative; an error of p enters K squared
constexpr unsigned int velocity_limit = 20000, pressure_limit = 1000;

double dot(const Vector &a, const Vector &b)
{
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

/// The pores as unknowns: velocities on faces between two pore voxels, pressures in pore voxels. Edge of a voxel 1.
class StokesGrid
{
public:
  StokesGrid(const std::vector<std::uint8_t> &solid, const std::array<int, 3> &size) : size(size)
  {
    const std::size_t n = solid.size();
    std::vector<std::uint32_t> pressure_at(n, none);
    for (std::size_t voxel = 0; voxel < n; ++voxel)
      if (!solid[voxel])
        pressure_at[voxel] = n_pressures++;
    std::array<std::vector<std::uint32_t>, 3> face_at;
    for (unsigned int d = 0; d < 3; ++d) {
      face_at[d].assign(n, none);
      first[d] = static_cast<std::uint32_t>(faces.size());
      for (std::size_t voxel = 0; voxel < n; ++voxel) {
        const auto below = moved(voxel, d, -1);
        if (solid[voxel] || solid[below])
          continue;
        face_at[d][voxel] = static_cast<std::uint32_t>(faces.size());
        faces.push_back({{}, 0, pressure_at[below], pressure_at[voxel]});
      }
    }
    first[3] = static_cast<std::uint32_t>(faces.size());
    for (unsigned int d = 0; d < 3; ++d)
      for (std::size_t voxel = 0; voxel < n; ++voxel) {
        if (face_at[d][voxel] == none)
          continue;
        auto &face = faces[face_at[d][voxel]];
        face.diagonal = 6;
        unsigned int k = 0;
        for (unsigned int e = 0; e < 3; ++e)
          for (const int step : {-1, 1}) {
            const auto beside = moved(voxel, e, step);
            const auto neighbour = face_at[d][beside];
            face.neighbours[k++] = neighbour;
            // Between two solid voxels the wall is half a voxel away: the velocity is mirrored with its sign changed.
            if (neighbour == none && e != d && solid[beside] && solid[moved(beside, d, -1)])
              face.diagonal += 1;
          }
      }
  }

  std::size_t n_velocities() const { return faces.size(); }
  std::size_t n_pressure_unknowns() const { return n_pressures; }

  /// Sum of the velocities of a component.
  double flow(const Vector &u, const unsigned int d) const
  {
    double sum = 0;
    for (auto i = first[d]; i < first[d + 1]; ++i)
      sum += u[i];
    return sum;
  }
  void add_force(Vector &f, const unsigned int d) const
  {
    for (auto i = first[d]; i < first[d + 1]; ++i)
      f[i] += 1;
  }

  /// f -= grad p
  void subtract_gradient(Vector &f, const Vector &p) const
  {
    for (std::size_t i = 0; i < faces.size(); ++i)
      f[i] -= p[faces[i].above] - p[faces[i].below];
  }
  Vector divergence(const Vector &u) const
  {
    Vector result(n_pressures, 0.);
    for (std::size_t i = 0; i < faces.size(); ++i) {
      result[faces[i].below] += u[i];
      result[faces[i].above] -= u[i];
    }
    return result;
  }

  /// u such that -lap u = f, conjugate gradients with the diagonal.
  Vector velocity(const Vector &f) const
  {
    const std::size_t n = faces.size();
    Vector u(n, 0.), r = f, p(n, 0.), q(n);
    const double scale = dot(f, f);
    double rz = 0, rr = scale;
    for (unsigned int iteration = 0; rr > velocity_tolerance * velocity_tolerance * scale; ++iteration) {
      if (iteration == velocity_limit)
        throw inputs::Error(inputs::ExitCode::not_converged, "Stokes' flow through the cell: the velocities did not "
                                                             "converge. Way out: use fewer voxels.");
      double rz_new = 0;
      for (std::size_t i = 0; i < n; ++i)
        rz_new += r[i] * r[i] / faces[i].diagonal;
      const double beta = rz > 0 ? rz_new / rz : 0.;
      rz = rz_new;
      for (std::size_t i = 0; i < n; ++i)
        p[i] = r[i] / faces[i].diagonal + beta * p[i];
      double pq = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const auto &face = faces[i];
        double sum = face.diagonal * p[i];
        for (const auto neighbour : face.neighbours)
          if (neighbour != none)
            sum -= p[neighbour];
        q[i] = sum;
        pq += p[i] * sum;
      }
      const double alpha = rz / pq;
      rr = 0;
      for (std::size_t i = 0; i < n; ++i) {
        u[i] += alpha * p[i];
        r[i] -= alpha * q[i];
        rr += r[i] * r[i];
      }
    }
    return u;
  }

private:
  static constexpr std::uint32_t none = 0xffffffffu;
  struct Face
  {
    std::array<std::uint32_t, 6> neighbours;
    double diagonal;
    std::uint32_t below, above; ///< pressures
  };

  std::size_t moved(const std::size_t voxel, const unsigned int d, const int step) const
  {
    const std::size_t stride = d == 0 ? 1 : d == 1 ? size[0] : std::size_t(size[0]) * size[1];
    const auto at = static_cast<int>(voxel / stride % size[d]);
    const int next = (at + step + size[d]) % size[d];
    return voxel + (std::ptrdiff_t(next) - at) * std::ptrdiff_t(stride);
  }

  std::array<int, 3> size;
  std::uint32_t n_pressures = 0;
  std::array<std::uint32_t, 4> first{};
  std::vector<Face> faces;
};

/// <u> for a unit force along `direction`, times the number of voxels.
std::array<double, 3> total_flow(const StokesGrid &grid, const unsigned int direction, unsigned int &iterations)
{
  Vector f(grid.n_velocities(), 0.);
  grid.add_force(f, direction);
  Vector u = grid.velocity(f);
  Vector r = grid.divergence(u), s(r.size(), 0.); // sign: S p = r with S = div A^-1 grad', positive semidefinite
  const double scale = dot(r, r);
  // Divergence from rounding and the velocities' tolerance is no load: flow in straight channels has none.
  const double floor = std::pow(10. * velocity_tolerance, 2) * dot(u, u);
  double rr = scale, rr_old = 0;
  iterations = 0;
  while (rr > pressure_tolerance * pressure_tolerance * scale && rr > floor) {
    if (++iterations > pressure_limit)
      throw inputs::Error(inputs::ExitCode::not_converged, "Stokes' flow through the cell: the pressure did not "
                                                           "converge. Way out: use fewer voxels.");
    const double beta = rr_old > 0 ? rr / rr_old : 0.;
    for (std::size_t i = 0; i < s.size(); ++i)
      s[i] = r[i] + beta * s[i];
    // A pressure s changes the velocities by A^-1 (-grad s), and so the outflow by -S s.
    Vector force(grid.n_velocities(), 0.);
    grid.subtract_gradient(force, s);
    const Vector change = grid.velocity(force);
    const Vector outflow = grid.divergence(change);
    double curvature = 0;
    for (std::size_t i = 0; i < s.size(); ++i)
      curvature -= s[i] * outflow[i];
    const double alpha = rr / curvature;
    for (std::size_t i = 0; i < u.size(); ++i)
      u[i] += alpha * change[i];
    rr_old = rr;
    for (std::size_t i = 0; i < r.size(); ++i)
      r[i] += alpha * outflow[i];
    rr = dot(r, r);
  }
  return {grid.flow(u, 0), grid.flow(u, 1), grid.flow(u, 2)};
}

} // namespace

PeriodicStokes::PeriodicStokes(const std::vector<std::uint8_t> &solid, const std::array<int, 3> &size, MPI_Comm comm)
{
  if (*std::min_element(size.begin(), size.end()) < 2)
    throw std::invalid_argument("PeriodicStokes: a period has two voxels or more along each axis");
  int rank = 0, n_ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &n_ranks);
  std::string failure;
  {
    const StokesGrid grid(solid, size);
    for (unsigned int d = 0; d < 3; ++d)
      if (static_cast<int>(d) % n_ranks == rank)
        try {
          const auto flow = total_flow(grid, d, iterations[d]);
          for (unsigned int c = 0; c < 3; ++c)
            permeability[c][d] = flow[c] / double(solid.size());
        } catch (const inputs::Error &error) {
          failure = error.what();
        }
  }
  int has_failed = !failure.empty();
  MPI_Allreduce(MPI_IN_PLACE, &has_failed, 1, MPI_INT, MPI_MAX, comm);
  if (has_failed)
    throw inputs::Error(inputs::ExitCode::not_converged,
                        failure.empty() ? "Stokes' flow through the cell did not converge on another rank" : failure);
  MPI_Allreduce(MPI_IN_PLACE, permeability.data(), 9, MPI_DOUBLE, MPI_SUM, comm);
  MPI_Allreduce(MPI_IN_PLACE, iterations.data(), 3, MPI_UNSIGNED, MPI_SUM, comm);
  for (unsigned int c = 0; c < 3; ++c)
    for (unsigned int d = 0; d < c; ++d)
      permeability[c][d] = permeability[d][c] = .5 * (permeability[c][d] + permeability[d][c]);
}

} // namespace cageopt::solver
