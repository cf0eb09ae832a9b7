#include <inputs/tissue_calibration.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

constexpr std::array<double, 9> energies = {{20, 30, 40, 50, 60, 80, 100, 150, 200}}; // keV
using Table = std::array<double, 9>;                                                  // cm2/g

struct NamedTable
{
  const char *name;
  Table values;
};
constexpr std::array<NamedTable, 5> tissue_tables = {
    {{"air", {{.7779, .3538, .2485, .2080, .1875, .1662, .1541, .1356, .1233}}},
     {"fat", {{.5677, .3063, .2396, .2123, .1974, .1800, .1688, .1500, .1368}}},
     {"blood", {{.8428, .3852, .2715, .2278, .2057, .1827, .1695, .1492, .1358}}},
     {"muscle", {{.8205, .3783, .2685, .2262, .2048, .1823, .1693, .1492, .1358}}},
     {"cortical_bone", {{4.001, 1.331, .6655, .4242, .3148, .2229, .1855, .1480, .1309}}}}};
constexpr Table water = {{.8096, .3756, .2683, .2269, .2059, .1837, .1707, .1505, .1370}},
                k2hpo4 = {{6.180, 1.975, .9327, .5573, .3890, .2508, .1972, .1480, .1283}},
                caha = {{6.560, 2.099, .9877, .5867, .4067, .2589, .2019, .1501, .1297}},
                triglyceride = {{.4811, .2815, .2293, .2072, .1945, .1789, .1683, .1499, .1369}};

constexpr double energy_step = .5;              // keV
constexpr double least_correlation = .98;       // R^2; a mix-up of two tissues falls below
constexpr std::size_t fewest_voxels = 30;       // in a tissue
constexpr double highest_native_blood = 80;     // HU; without contrast medium about 30 to 60
constexpr double usual_energies[2] = {50, 110}; // keV; of scans at 80 to 140 kVp

double at(const Table &table, const double energy)
{
  const auto upper = std::lower_bound(energies.begin() + 1, energies.end() - 1, energy);
  const auto i = upper - energies.begin();
  const double share = (energy - energies[i - 1]) / (energies[i] - energies[i - 1]);
  return (1 - share) * table[i - 1] + share * table[i];
}

const Table &table_of(const std::string &tissue)
{
  return std::find_if(tissue_tables.begin(), tissue_tables.end(), [&](const auto &t) { return t.name == tissue; })
      ->values;
}

struct Line
{
  double intercept, slope, r_squared;
};

Line fitted_line(const std::vector<double> &x, const std::vector<double> &y)
{
  const double n = double(x.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    mean_x += x[i] / n;
    mean_y += y[i] / n;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  const double slope = xy / xx;
  return {mean_y - slope * mean_x, slope, xy * xy / (xx * yy)};
}

void check_samples(const std::vector<TissueSample> &samples)
{
  std::set<std::string> seen;
  for (const TissueSample &sample : samples) {
    const std::string name = "Calibration tissue '" + sample.tissue + "'";
    if (!seen.insert(sample.tissue).second)
      throw InputError(name, "given twice", "each tissue is one sample", "remove one");
    if (sample.n_voxels < fewest_voxels)
      throw InputError(name, "of " + std::to_string(sample.n_voxels) + " voxels",
                       "its mean needs at least " + std::to_string(fewest_voxels),
                       "mark a larger region, or leave the tissue out of 'Patient/Calibration/Tissue labels'");
    if (sample.tissue == "blood" && sample.mean > highest_native_blood)
      throw InputError(name, formatted("%.0f HU on average", sample.mean),
                       formatted("blood without contrast medium is below %.0f HU", highest_native_blood),
                       "calibrate a native scan, or leave blood out; the contrast medium in the marrow stays and "
                       "raises the density");
  }
  if (samples.size() < 3)
    throw InputError("The calibration's tissues", std::to_string(samples.size()),
                     "an energy and a line need at least three",
                     "name more in 'Patient/Calibration/Tissue labels', among them air and fat");
}

} // namespace

std::vector<std::string> TissueCalibration::tissues()
{
  std::vector<std::string> names;
  for (const auto &table : tissue_tables)
    names.push_back(table.name);
  return names;
}

TissueCalibration::TissueCalibration(std::vector<TissueSample> given, const double given_energy)
    : samples(std::move(given)), energy_was_given(given_energy > 0)
{
  for (const TissueSample &sample : samples)
    if (const auto known = tissues(); std::find(known.begin(), known.end(), sample.tissue) == known.end())
      throw InputError("Calibration tissue '" + sample.tissue + "'", "not known", "the tissues are " + join(known),
                       "did you mean '" + nearest_name(sample.tissue, known) + "'?");
  check_samples(samples);
  if (energy_was_given && (given_energy < lowest_energy || given_energy > highest_energy))
    throw InputError("'Patient/Calibration/Effective energy'", formatted("%g keV", given_energy),
                     formatted("the tables go from %g", lowest_energy) + formatted(" to %g keV", highest_energy),
                     "give an energy between them, or 0 to have it fitted");
  std::vector<double> hounsfield;
  for (const TissueSample &sample : samples)
    hounsfield.push_back(sample.mean);
  const auto attenuation_at = [&](const double energy) {
    std::vector<double> values;
    for (const TissueSample &sample : samples)
      values.push_back(at(table_of(sample.tissue), energy));
    return values;
  };
  effective_energy = given_energy;
  if (!energy_was_given) {
    double best = -1;
    for (double energy = lowest_energy; energy <= highest_energy; energy += energy_step)
      if (const double r2 = fitted_line(hounsfield, attenuation_at(energy)).r_squared; r2 > best) {
        best = r2;
        effective_energy = energy;
      }
  }
  const auto values = attenuation_at(effective_energy);
  const Line line = fitted_line(hounsfield, values);
  correlation = line.r_squared;
  if (!(correlation >= least_correlation && line.slope > 0)) {
    std::string means;
    for (const TissueSample &sample : samples)
      means += (means.empty() ? "" : ", ") + sample.tissue + formatted(" %.0f", sample.mean);
    throw InputError("The tissue calibration", formatted("of R^2 %.4f", correlation) + " (HU: " + means + ")",
                     formatted("HU and tabulated attenuation lie on a line, R^2 at least %.2f", least_correlation),
                     "check that 'Patient/Calibration/Tissue labels' names the right regions");
  }
  attenuation = {{line.intercept, line.slope}};
  std::vector<double> densities;
  for (std::size_t i = 0; i < samples.size(); ++i)
    densities.push_back((1 + hounsfield[i] / 1000) * at(water, effective_energy) / values[i]);
  const Line density_fit = fitted_line(hounsfield, densities);
  density = {{density_fit.intercept, density_fit.slope}};
}

std::vector<double> TissueCalibration::residuals() const
{
  std::vector<double> result;
  for (const TissueSample &sample : samples)
    result.push_back(sample.mean - (at(table_of(sample.tissue), effective_energy) - attenuation[0]) / attenuation[1]);
  return result;
}

std::array<double, 3> TissueCalibration::polynomial(const DensityMeasure measure) const
{
  const double tau = at(triglyceride, effective_energy),
               kappa = at(measure == DensityMeasure::caha ? caha : k2hpo4, effective_energy);
  const double factor = 1000 / (kappa - tau), excess = attenuation[0] - tau;
  return {{factor * density[0] * excess, factor * (density[0] * attenuation[1] + density[1] * excess),
           factor * density[1] * attenuation[1]}};
}

std::string TissueCalibration::description() const
{
  std::ostringstream text;
  text << "tissues in the image (Michalski et al. 2020), " << (energy_was_given ? "given" : "fitted") << " energy "
       << effective_energy << " keV, R^2 " << formatted("%.4f", correlation) << ';';
  const auto left_over = residuals();
  for (std::size_t i = 0; i < samples.size(); ++i)
    text << (i > 0 ? "," : "") << ' ' << samples[i].tissue << formatted(" %.0f", samples[i].mean)
         << formatted(" HU (sd %.0f, ", samples[i].deviation) << samples[i].n_voxels
         << formatted(" voxels, off the line by %+.0f)", left_over[i]);
  return text.str();
}

std::vector<std::string> TissueCalibration::warnings() const
{
  std::vector<std::string> result;
  const bool has_bone = std::any_of(samples.begin(), samples.end(),
                                    [](const TissueSample &sample) { return sample.tissue == "cortical_bone"; });
  if (!has_bone && !energy_was_given)
    result.push_back(
        "The tissue calibration has no cortical bone: its effective energy rests on soft tissues, which "
        "hardly tell energies apart, and its slope in bone may be wrong by a third or more. Add a region of "
        "dense cortical bone, or state 'Patient/Calibration/Effective energy'.");
  if (effective_energy < usual_energies[0] || effective_energy > usual_energies[1])
    result.push_back("The tissue calibration's effective energy, " + formatted("%g keV", effective_energy) +
                     formatted(", is outside the usual %g", usual_energies[0]) +
                     formatted(" to %g keV", usual_energies[1]) + " of scans at 80 to 140 kVp.");
  return result;
}

std::vector<std::pair<std::string, std::uint16_t>> parse_tissue_labels(const std::string &text)
{
  std::vector<std::pair<std::string, std::uint16_t>> result;
  for (const std::string &entry : split(text, ';')) {
    const auto parts = split(entry, ':');
    int label = 0;
    if (parts.size() == 2 && !parts[1].empty() && parts[1].size() <= 5 &&
        parts[1].find_first_not_of("0123456789") == std::string::npos)
      label = std::stoi(parts[1]);
    if (label < 1 || label > 65535)
      throw InputError("'Patient/Calibration/Tissue labels'", "'" + text + "'",
                       "it is a list of tissues with the numbers of their regions, 1 to 65535",
                       "write for instance 'air: 5; fat: 4; muscle: 2; blood: 1'");
    result.emplace_back(parts[0], static_cast<std::uint16_t>(label));
  }
  return result;
}

std::vector<TissueSample> sample_tissues(const Image<float> &image, const Image<std::uint16_t> &regions,
                                         const std::vector<std::pair<std::string, std::uint16_t>> &tissues)
{
  std::vector<TissueSample> samples;
  for (const auto &[tissue, label] : tissues) {
    TissueSample sample;
    sample.tissue = tissue;
    double sum = 0, squares = 0;
    for (std::size_t voxel = 0; voxel < regions.values.size(); ++voxel)
      if (regions.values[voxel] == label) {
        ++sample.n_voxels;
        sum += image.values[voxel];
        squares += double(image.values[voxel]) * image.values[voxel];
      }
    if (sample.n_voxels > 0) {
      sample.mean = sum / double(sample.n_voxels);
      sample.deviation = std::sqrt(std::max(0., squares / double(sample.n_voxels) - sample.mean * sample.mean));
    }
    samples.push_back(sample);
  }
  return samples;
}

} // namespace cageopt::inputs
