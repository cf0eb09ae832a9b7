#include <main/design_choice.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <inputs/image.h>

namespace cageopt {

using inputs::InputError;
using namespace optimizer;

namespace {

constexpr double rounding = 1e-5; // of densities in single precision

std::string number(const double value)
{
  std::ostringstream text;
  text << value;
  return text.str();
}

/// The voxels' values at the centres of the design cells.
DesignVector at_design_cells(const Study &study, const std::string &path)
{
  inputs::Image<float> image;
  inputs::on_root(study.comm(), [&] { image = inputs::read_image(path); });
  inputs::broadcast(study.comm(), image);
  const auto design_to_index = image.grid.index_to_world.inverse() * study.segment()->frame().design_to_world;
  DesignVector values;
  unsigned long long n_outside = 0;
  for (const auto cell : study.analysis().design_cells()) {
    const auto index = design_to_index(study.domain().cell_centre(cell));
    std::array<int, 3> voxel;
    bool is_inside = true;
    for (unsigned int d = 0; d < 3; ++d) {
      voxel[d] = static_cast<int>(std::floor(index[d] + .5));
      is_inside = is_inside && voxel[d] >= 0 && voxel[d] < image.grid.size[d];
    }
    const float value = is_inside ? image(voxel[0], voxel[1], voxel[2]) : 0.f;
    n_outside += !is_inside;
    values.push_back(value);
  }
  MPI_Allreduce(MPI_IN_PLACE, &n_outside, 1, MPI_UNSIGNED_LONG_LONG, MPI_SUM, study.comm());
  if (n_outside > 0)
    throw InputError("The design '" + path + "'", "without a value in " + std::to_string(n_outside) + " design cells",
                     "it must reach over the whole cage of the case",
                     "use the field that a run of the same patient, cage and mesh wrote");
  return values;
}

void require_range(const Study &study, const DesignVector &densities, const std::string &input)
{
  const double low = study.law().lower_density(), high = study.law().upper_density();
  double extremes[2] = {-1e30, -1e30}; // the lowest negative, the highest
  for (const double value : densities) {
    extremes[0] = std::max(extremes[0], -value);
    extremes[1] = std::max(extremes[1], value);
  }
  MPI_Allreduce(MPI_IN_PLACE, extremes, 2, MPI_DOUBLE, MPI_MAX, study.comm());
  if (-extremes[0] < low - rounding || extremes[1] > high + rounding)
    throw InputError(input, number(-extremes[0]) + " to " + number(extremes[1]),
                     "the law's densities go from " + number(low) + " to " + number(high),
                     "use a design of the same law and mesh; one with openings needs the run's "
                     "'Parametrisation/Fields'");
}

} // namespace

DesignChoice::DesignChoice(const std::string &text) : text(text)
{
  const std::string prefix = "uniform=";
  is_uniform = text.compare(0, prefix.size(), prefix) == 0;
  std::error_code error;
  if (is_file() && !std::filesystem::is_regular_file(text, error))
    throw InputError("Option '--design'", "'" + text + "'",
                     "it is solid, intact, uniform=RHO, or a file, and there is "
                     "no such file",
                     "name the field/density_patient.nii.gz of a run");
  if (!is_uniform)
    return;
  const std::string value = text.substr(prefix.size());
  char *end = nullptr;
  density = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !(density >= 0 && density <= 1))
    throw InputError("Option '--design'", "'" + text + "'", "a relative density is a number from 0 to 1",
                     "write it like 'uniform=0.3'");
}

std::vector<std::string> DesignChoice::files(const ParametrisationParameters &fields) const
{
  if (!is_file())
    return {};
  if (fields.fields == "density")
    return {text};
  const std::filesystem::path path(text);
  const std::string name = path.filename().string(), word = "density";
  if (name.compare(0, word.size(), word) != 0)
    throw InputError("The design '" + text + "'", "not named density...",
                     "with 'Parametrisation/Fields = " + fields.fields +
                         "' the files of its other fields are sought beside it under that name",
                     "name the run's field/density_patient.nii.gz");
  const std::string rest = name.substr(word.size());
  return {(path.parent_path() / ("lattice_share" + rest)).string(),
          (path.parent_path() / ("lattice_density" + rest)).string()};
}

DesignState DesignChoice::state(const Study &study, const ParametrisationParameters &fields) const
{
  if (text == "solid")
    return study.uniform_state(1.);
  if (is_uniform) {
    require_range(study, {density}, "Option '--design'");
    return study.uniform_state(density);
  }
  const auto &law = study.law();
  const auto clamp = [&](double value) { return std::clamp(value, law.lower_density(), law.upper_density()); };
  const auto read = files(fields);
  if (fields.fields == "density") {
    auto densities = at_design_cells(study, read.front());
    require_range(study, densities, "The density of the design '" + text + "'");
    std::transform(densities.begin(), densities.end(), densities.begin(), clamp);
    return state_of(law, std::move(densities));
  }
  const auto share = at_design_cells(study, read.front());
  auto densities = at_design_cells(study, read.back());
  require_range(study, densities, "The lattice density of the design '" + text + "'");
  // As in TwoFieldParametrisation and LevelSetParametrisation.
  const double exponent = fields.fields == "two_field" ? fields.opening_exponent : 1.;
  const auto &given = study.parameters().law;
  const double modulus = fields.fields == "two_field" || given.law == "lattice" ? fields.opening_modulus
                                                                                : 1e-4 * given.solid_youngs_modulus;
  const auto opening = inputs::CubicStiffness::isotropic(modulus, .3);
  DesignState state;
  for (std::size_t i = 0; i < densities.size(); ++i) {
    const double chi = std::clamp(share[i], 0., 1.), rho = clamp(densities[i]);
    state.share.push_back(chi);
    state.density.push_back(chi * rho);
    const auto full = law.stiffness(rho);
    state.stiffness.push_back(opening + std::pow(chi, exponent) * (full + -1. * opening));
    if (law.has_strength())
      state.utilisation.push_back(relaxed_root(chi) / law.strength(rho) * full);
  }
  return state;
}

} // namespace cageopt
