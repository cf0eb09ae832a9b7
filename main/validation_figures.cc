#include <main/validation_figures.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <meshing/nodal_forces.h>
#include <postprocess/histogram_chart.h>

namespace cageopt {

using meshing::DesignDomain;

namespace {

template <typename T>
void sum_over_ranks(T *values, const int n, const MPI_Datatype type, MPI_Comm comm)
{
  MPI_Allreduce(MPI_IN_PLACE, values, n, type, MPI_SUM, comm);
}

bool in_valid_range(const inputs::Patient &patient, const double bmd)
{
  return patient.density_measure() == inputs::DensityMeasure::caha
             ? patient.bone_law.in_valid_range(inputs::CahaDensity(bmd))
             : patient.bone_law.in_valid_range(inputs::K2hpo4Density(bmd));
}

/// The bone law's range in the patient's density measure, mg/cm3: the conversions rise, so that it is one interval.
std::array<double, 2> valid_range(const inputs::Patient &patient)
{
  constexpr double lowest = -1000., highest = 5000., step = 10.;
  double inside = lowest;
  while (inside < highest && !in_valid_range(patient, inside))
    inside += step;
  std::array<double, 2> range{};
  for (const int side : {0, 1}) {
    double within = inside, beyond = side == 0 ? lowest : highest;
    for (int iteration = 0; iteration < 40; ++iteration) {
      const double middle = .5 * (within + beyond);
      (in_valid_range(patient, middle) ? within : beyond) = middle;
    }
    range[side] = within;
  }
  return range;
}

} // namespace

ValidationFigures::ValidationFigures(const Study &study)
{
  add_loads(study);
  add_mesh(study.domain());
  if (study.patient()) {
    add_densities(study);
    add_moduli(study.domain());
  }
}

double ValidationFigures::Load::difference() const
{
  double force = 0, moment = 0, difference = 0;
  for (unsigned int c = 0; c < 3; ++c) {
    force = std::max(force, std::abs(stated[c]));
    moment = std::max(moment, std::abs(stated[3 + c]));
  }
  const double arm = 1.; // mm
  for (unsigned int c = 0; c < 3; ++c) {
    difference = std::max(difference, std::abs(integrated[c] - stated[c]) / std::max(force, moment / 1000.));
    difference = std::max(difference, std::abs(integrated[3 + c] - stated[3 + c]) / std::max(moment, force * arm));
  }
  return difference;
}

void ValidationFigures::add_loads(const Study &study)
{
  const auto &domain = study.domain();
  std::vector<std::uint8_t> is_loaded(domain.mesh.n_local_nodes(), 0);
  for (const auto &load_case : study.load_cases()) {
    const auto forces = meshing::nodal_forces(domain, load_case.wrench);
    for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        is_loaded[node] |= forces[std::size_t(node) * 3 + c] != 0;
    loads.push_back(
        {load_case.name, load_case.citation, load_case.weight, load_case.wrench, meshing::resultant(domain, forces)});
  }
  for (std::uint32_t node = 0; node < domain.mesh.n_owned_nodes(); ++node) {
    n_support_nodes += domain.fixed[node] != 0;
    n_loaded_nodes += is_loaded[node];
  }
  sum_over_ranks(&n_support_nodes, 1, MPI_UINT64_T, study.comm());
  sum_over_ranks(&n_loaded_nodes, 1, MPI_UINT64_T, study.comm());
}

void ValidationFigures::add_mesh(const DesignDomain &domain)
{
  std::array<std::int32_t, 6> box; // lower corner, and the upper one negative
  box.fill(std::numeric_limits<std::int32_t>::max());
  std::array<std::uint64_t, 32> by_level{};
  for (const auto &cell : domain.mesh.cells()) {
    ++by_level[cell.level];
    for (unsigned int d = 0; d < 3; ++d) {
      box[d] = std::min(box[d], cell.corner[d]);
      box[3 + d] = std::min(box[3 + d], -cell.corner[d] - cell.edge());
    }
  }
  MPI_Allreduce(MPI_IN_PLACE, box.data(), 6, MPI_INT32_T, MPI_MIN, domain.mesh.comm());
  sum_over_ranks(by_level.data(), 32, MPI_UINT64_T, domain.mesh.comm());
  for (unsigned int level = 0; level < by_level.size(); ++level)
    if (by_level[level] > 0)
      cells_by_edge[domain.unit * (1 << level)] = by_level[level];
  for (unsigned int d = 0; d < 3; ++d) {
    low[d] = domain.origin[d] + domain.unit * box[d];
    high[d] = domain.origin[d] - domain.unit * box[3 + d];
  }
  double areas[2] = {0, 0};
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const auto &leaf = domain.mesh.cell(cell);
    const double face = domain.edge(cell) * domain.edge(cell);
    areas[0] += leaf.corner[2] == box[2] ? face : 0.;
    areas[1] += leaf.corner[2] + leaf.edge() == -box[5] && meshing::is_bone(domain.region[cell]) ? face : 0.;
  }
  sum_over_ranks(areas, 2, MPI_DOUBLE, domain.mesh.comm());
  support_area = areas[0];
  loaded_area = areas[1];
}

void ValidationFigures::add_densities(const Study &study)
{
  const auto &patient = *study.patient();
  const auto &report = study.segment()->report();
  const auto index_to_design = study.segment()->frame().design_to_world.inverse() * patient.labels.grid.index_to_world;
  law_range = valid_range(patient);
  const std::uint16_t labels[] = {patient.level.cranial, patient.level.caudal, patient.level.disc};
  densities.resize(3);
  const char *names[] = {"cranial body", "caudal body", "disc"};
  const auto &size = patient.labels.grid.size;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i)
        for (unsigned int d = 0; d < 3; ++d)
          if (patient.labels(i, j, k) == labels[d]) {
            const double z = index_to_design({double(i), double(j), double(k)})[2];
            if (z >= report.z_bottom && z <= report.z_top)
              densities[d].values.push_back(patient.bmd(i, j, k));
          }
  for (unsigned int d = 0; d < 3; ++d) {
    auto &density = densities[d];
    density.name = names[d];
    density.n_voxels = density.values.size();
    if (density.n_voxels == 0)
      continue;
    std::sort(density.values.begin(), density.values.end());
    double sum = 0, squares = 0;
    for (const float value : density.values)
      sum += value;
    density.mean = sum / density.n_voxels;
    for (const float value : density.values) {
      squares += (value - density.mean) * (value - density.mean);
      if (!in_valid_range(patient, value))
        ++(value < law_range[0] ? density.n_below : density.n_above);
    }
    density.standard_deviation = std::sqrt(squares / density.n_voxels);
    const double shares[] = {.05, .25, .5, .75, .95};
    for (unsigned int p = 0; p < 5; ++p)
      density.percentiles[p] = density.values[std::size_t(std::lround(shares[p] * (density.n_voxels - 1)))];
  }
}

void ValidationFigures::add_moduli(const DesignDomain &domain)
{
  postprocess::HistogramChart bins;
  bins.edges = modulus_edges = postprocess::HistogramChart::edges_between(1., 1e4, 40, true);
  for (const unsigned int body : {0u, 1u}) {
    auto &modulus = moduli[body];
    std::vector<double> sums(bins.edges.size() + 1, 0.); // of the bins, then volume and mean
    const auto region = body == 0 ? meshing::Region::cranial_bone : meshing::Region::caudal_bone;
    for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
      if (domain.region[cell] != region)
        continue;
      const double value = domain.intact[cell].youngs_modulus_z(), volume = domain.volume(cell);
      sums[bins.bin_of(value)] += volume;
      sums[sums.size() - 2] += volume;
      sums[sums.size() - 1] += volume * value;
    }
    sum_over_ranks(sums.data(), static_cast<int>(sums.size()), MPI_DOUBLE, domain.mesh.comm());
    modulus.histogram.assign(sums.begin(), sums.end() - 2);
    modulus.volume = sums[sums.size() - 2];
    modulus.mean = sums.back() / modulus.volume;
  }
}

} // namespace cageopt
