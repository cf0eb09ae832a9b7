#include <inputs/phantom.h>

#include <algorithm>
#include <cmath>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/gaussian_noise.h>
#include <inputs/phantom_anatomy.h>

namespace cageopt::inputs {

namespace {

using Tissue = PhantomAnatomy::Tissue;

constexpr double degree = 3.14159265358979323846 / 180.;
constexpr double fwhm_per_sigma = 2.35482004503094938;

constexpr double calibration_slope = 0.8;      // mg/cm3 per HU
constexpr double calibration_intercept = -10.; // mg/cm3
constexpr double cortical_density = 900.;      // mg/cm3, K2HPO4
constexpr double endplate_density = 600.;
constexpr double posterior_trabecular_density = 150.;

// Where the patient lies in the scanner, mm (RAS).
constexpr Point scanner_position = {{7., -132., 218.}};
// Image beyond the bodies and beyond the posterior elements, mm.
constexpr double body_margin = 13., posterior_margin = 6.;

double hounsfield_of(const double density) { return (density - calibration_intercept) / calibration_slope; }

/// HU of every tissue but the trabecular regions of the bodies.
double hounsfield_of(const Tissue tissue)
{
  switch (tissue) {
  case Tissue::fat:
    return -95.;
  case Tissue::muscle:
    return 52.;
  case Tissue::blood:
    return 42.;
  case Tissue::thecal_sac:
    return 22.;
  case Tissue::ligament:
    return 60.;
  case Tissue::disc:
    return 75.;
  case Tissue::cortical:
    return hounsfield_of(cortical_density);
  case Tissue::endplate:
    return hounsfield_of(endplate_density);
  case Tissue::posterior_trabecular:
    return hounsfield_of(posterior_trabecular_density);
  default:
    return 0.;
  }
}

/// First about x, then y, then z.
Affine rotation(const std::array<double, 3> &angles)
{
  Affine result;
  for (int axis = 0; axis < 3; ++axis) {
    const int next = (axis + 1) % 3, last = (axis + 2) % 3;
    const double cosine = std::cos(angles[axis]), sine = std::sin(angles[axis]);
    Affine turn;
    turn.linear[next][next] = turn.linear[last][last] = cosine;
    turn.linear[next][last] = -sine;
    turn.linear[last][next] = sine;
    result = turn * result;
  }
  return result;
}

ImageGrid scanner_grid(const PhantomAnatomy &anatomy, const Affine &design_to_world, const Point &spacing)
{
  Point low = {{1e9, 1e9, 1e9}}, high = {{-1e9, -1e9, -1e9}};
  const auto include = [&](const Affine &to_world, const std::array<Point, 2> &box, const double margin) {
    for (int corner = 0; corner < 8; ++corner) {
      const Point place = to_world({box[corner & 1][0], box[(corner >> 1) & 1][1], box[corner >> 2][2]});
      for (int d = 0; d < 3; ++d) {
        low[d] = std::min(low[d], place[d] - margin);
        high[d] = std::max(high[d], place[d] + margin);
      }
    }
  };
  for (const auto level : {PhantomAnatomy::l3, PhantomAnatomy::l4}) {
    const Affine to_world = design_to_world * anatomy.to_vertebra(level).inverse();
    include(to_world, anatomy.vertebra(level).body_box(), body_margin);
    include(to_world, anatomy.vertebra(level).posterior_box(), posterior_margin);
  }
  ImageGrid grid;
  for (int d = 0; d < 3; ++d) {
    grid.size[d] = int(std::ceil((high[d] - low[d]) / spacing[d]));
    grid.index_to_world.linear[d][d] = spacing[d];
    grid.index_to_world.offset[d] = low[d] + spacing[d] / 2;
  }
  return grid;
}

/// The anatomy on the voxels of an image.
struct Raster
{
  Image<float> hounsfield;       ///< of all but trabecular bone, times its share of the voxel
  Image<float> trabecular_share; ///< share of the voxel that is trabecular bone of a body
  std::vector<Tissue> tissue_at_centre;
  Image<std::uint16_t> labels;
  std::map<std::uint16_t, double> volume; ///< mm^3
};

/// Calls action(i, j, k, index) for every voxel.
template <typename Action>
void for_each_voxel(const ImageGrid &grid, const Action &action)
{
  std::size_t index = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        action(i, j, k, index++);
}

/// At most 4 x 4 x 4 samples, but no closer than 0.2 mm, in voxels at the surface of bone or disc (tissues differ
/// between the centres of the voxel and its 26 neighbours, and one of them is bone or disc), elsewhere one sample.
Raster rasterise(const PhantomAnatomy &anatomy, const ImageGrid &grid, const Affine &index_to_design)
{
  const std::vector<float> zeros(grid.n_voxels(), 0.f);
  Raster raster{{grid, zeros},
                {grid, zeros},
                std::vector<Tissue>(grid.n_voxels()),
                {grid, std::vector<std::uint16_t>(grid.n_voxels())},
                {}};
  for_each_voxel(grid, [&](const int i, const int j, const int k, const std::size_t index) {
    const auto sample = anatomy.at(index_to_design({double(i), double(j), double(k)}));
    raster.tissue_at_centre[index] = sample.tissue;
    raster.labels.values[index] = sample.label;
  });

  const auto at_surface = [&](const int i, const int j, const int k, const std::size_t index) {
    const std::array<int, 3> &size = grid.size;
    bool uniform = true, soft = true;
    for (int n = std::max(k - 1, 0); n <= std::min(k + 1, size[2] - 1); ++n)
      for (int m = std::max(j - 1, 0); m <= std::min(j + 1, size[1] - 1); ++m)
        for (int l = std::max(i - 1, 0); l <= std::min(i + 1, size[0] - 1); ++l) {
          const std::size_t neighbor = l + std::size_t(size[0]) * (m + std::size_t(size[1]) * n);
          uniform = uniform && raster.tissue_at_centre[neighbor] == raster.tissue_at_centre[index];
          soft = soft && raster.labels.values[neighbor] == 0;
        }
    return !uniform && !soft;
  };

  const Point spacing = grid.spacing();
  std::array<int, 3> n_samples;
  for (int d = 0; d < 3; ++d)
    n_samples[d] = std::min(4, int(std::ceil(spacing[d] / 0.2 - 1e-9)));
  const double sample_share = 1. / (n_samples[0] * n_samples[1] * n_samples[2]);
  const double voxel_volume = spacing[0] * spacing[1] * spacing[2];

  std::array<double, 256> shares{};
  for_each_voxel(grid, [&](const int i, const int j, const int k, const std::size_t index) {
    double trabecular = 0, hounsfield = 0;
    const auto add = [&](const PhantomAnatomy::Sample &sample, const double share) {
      if (sample.tissue == Tissue::trabecular_l3 || sample.tissue == Tissue::trabecular_l4)
        trabecular += share;
      else
        hounsfield += share * hounsfield_of(sample.tissue);
      shares[sample.label] += share;
    };
    if (at_surface(i, j, k, index)) {
      for (int c = 0; c < n_samples[2]; ++c)
        for (int b = 0; b < n_samples[1]; ++b)
          for (int a = 0; a < n_samples[0]; ++a)
            add(anatomy.at(index_to_design({i - 0.5 + (a + 0.5) / n_samples[0], j - 0.5 + (b + 0.5) / n_samples[1],
                                            k - 0.5 + (c + 0.5) / n_samples[2]})),
                sample_share);
    } else
      add({raster.tissue_at_centre[index], raster.labels.values[index]}, 1.);
    raster.trabecular_share.values[index] = float(trabecular);
    raster.hounsfield.values[index] = float(hounsfield);
  });
  for (const std::uint16_t label : {22, 23, 122, 123, 222})
    raster.volume[label] = shares[label] * voxel_volume;
  return raster;
}

/// Random part of the density in the design frame, on a lattice of a quarter of the correlation length.
Image<float> density_field(const double correlation_length, const unsigned int seed)
{
  const Point half_extent = {{30., 26., 44.}};
  const double spacing = correlation_length / 4;
  ImageGrid grid;
  for (int d = 0; d < 3; ++d) {
    const int n_half = int(std::ceil(half_extent[d] / spacing));
    grid.size[d] = 2 * n_half + 1;
    grid.index_to_world.linear[d][d] = spacing;
    grid.index_to_world.offset[d] = -n_half * spacing;
  }
  const double sigma = correlation_length / 2;
  return gaussian_noise(grid, {{sigma, sigma, sigma}}, seed);
}

} // namespace

double Phantom::slope() const { return calibration_slope; }
double Phantom::intercept() const { return calibration_intercept; }

void PhantomParameters::declare(dealii::ParameterHandler &prm)
{
  using dealii::Patterns::Double;
  prm.enter_subsection("Phantom");
  prm.add_parameter("Voxel size in plane", voxel_in_plane, "Voxel edge in the axial plane. Unit: mm.", Double(0.4, 3.));
  prm.add_parameter("Voxel size of slices", voxel_slice, "Distance of the slices. Unit: mm.", Double(0.4, 3.));
  prm.add_parameter("Point spread in plane", psf_in_plane,
                    "Full width at half maximum of the scanner's Gaussian point spread function in the axial plane, "
                    "besides the averaging over a voxel; 0: none. Unit: mm.",
                    Double(0., 5.));
  prm.add_parameter("Point spread of slices", psf_slice, "The same across the slices. Unit: mm.", Double(0., 5.));
  prm.add_parameter("Trabecular density", trabecular_density,
                    "Mean density of the trabecular bone of each vertebral body, K2HPO4 equivalent; below 80 is "
                    "osteoporosis, 80 to 120 low, above 120 normal. Unit: mg/cm3.",
                    Double(10., 300.));
  prm.add_parameter("Density heterogeneity", density_heterogeneity,
                    "Standard deviation of that density over the body, divided by its mean. Unit: none.",
                    Double(0., 0.6));
  prm.add_parameter("Correlation length", correlation_length,
                    "Distance over which the autocorrelation of the random density falls to 1/e. Unit: mm.",
                    Double(1., 20.));
  prm.add_parameter("Cortical thickness", cortical_thickness,
                    "Thickness of the side wall of the bodies (900 mg/cm3). Unit: mm.", Double(0., 3.));
  prm.add_parameter("Endplate thickness", endplate_thickness, "Thickness of the bony endplates (600 mg/cm3). Unit: mm.",
                    Double(0., 3.));
  prm.add_parameter("Disc lordosis", lordosis,
                    "Angle between the two endplates at the disc, open anteriorly. Unit: degrees.", Double(0., 20.));
  prm.add_parameter("Disc height", disc_height,
                    "Distance of the rims of the two endplates in the middle of the disc. Unit: mm.", Double(4., 16.));
  prm.add_parameter("Noise", noise, "Standard deviation of the noise in the image. Unit: HU.", Double(0., 100.));
  prm.add_parameter("Random seed", seed, "Seed of density field and noise. Unit: none.");
  const char *const axes[] = {"x", "y", "z"};
  for (int axis = 0; axis < 3; ++axis)
    prm.add_parameter(std::string("Tilt about ") + axes[axis], tilt[axis],
                      std::string("Rotation of the spine in the scanner about the ") + axes[axis] +
                          " axis (x right, y anterior, z superior; x first, then y, then z). Unit: degrees.",
                      Double(-30., 30.));
  prm.leave_subsection();
}

void PhantomParameters::check() const
{
  const PhantomAnatomy anatomy(lordosis * degree, disc_height, cortical_thickness, endplate_thickness);
  const double lever = -std::min(anatomy.vertebra(PhantomAnatomy::l3).body_box()[0][1],
                                 anatomy.vertebra(PhantomAnatomy::l4).body_box()[0][1]);
  const double lost = 2 * lever * std::sin(lordosis / 2 * degree), least = 3.;
  if (disc_height - lost < least)
    throw InputError("'Phantom/Disc height'", std::to_string(disc_height) + " mm",
                     "with 'Phantom/Disc lordosis' = " + std::to_string(lordosis) + " degrees the disc is " +
                         std::to_string(disc_height - lost) + " mm high at its posterior rim, and 3 mm are needed",
                     "use a height of at least " + std::to_string(std::ceil(10 * (least + lost)) / 10) +
                         " mm or a smaller angle");
}

Phantom::Phantom(const PhantomParameters &parameters)
{
  parameters.check();
  const PhantomAnatomy anatomy(parameters.lordosis * degree, parameters.disc_height, parameters.cortical_thickness,
                               parameters.endplate_thickness);
  const auto &tilt = parameters.tilt;
  known.design_to_world = rotation({{tilt[0] * degree, tilt[1] * degree, tilt[2] * degree}});
  const auto plane = [&](const PhantomAnatomy::Level level) {
    const Affine turn = known.design_to_world;
    return Plane{scanner_position + turn(anatomy.endplate_centre(level)), turn(anatomy.endplate_normal(level))};
  };
  known.cranial_endplate = plane(PhantomAnatomy::l3);
  known.caudal_endplate = plane(PhantomAnatomy::l4);
  known.cranial_concavity = anatomy.vertebra(PhantomAnatomy::l3).dimensions().inferior_concavity;
  known.caudal_concavity = anatomy.vertebra(PhantomAnatomy::l4).dimensions().superior_concavity;
  known.design_to_world.offset = scanner_position;

  const ImageGrid grid = scanner_grid(anatomy, known.design_to_world,
                                      {{parameters.voxel_in_plane, parameters.voxel_in_plane, parameters.voxel_slice}});
  const Affine index_to_design = known.design_to_world.inverse() * grid.index_to_world;
  Raster raster = rasterise(anatomy, grid, index_to_design);
  label_image = raster.labels;
  known.volume = raster.volume;

  // The density field, shifted and scaled to mean 0 and variance 1 over the trabecular region of each body.
  const Image<float> random = density_field(parameters.correlation_length, parameters.seed);
  const Affine design_to_random = random.grid.index_to_world.inverse();
  Image<float> field{grid, std::vector<float>(grid.n_voxels(), 0.f)};
  std::array<double, 2> volume{{}}, sum{{}}, sum_of_squares{{}};
  const auto level_of = [&](const Point &design) { return design[2] > 0 ? PhantomAnatomy::l3 : PhantomAnatomy::l4; };
  for_each_voxel(grid, [&](const int i, const int j, const int k, const std::size_t index) {
    const double share = raster.trabecular_share.values[index];
    if (share == 0)
      return;
    const Point design = index_to_design({double(i), double(j), double(k)});
    const auto level = level_of(design);
    const auto &size = anatomy.vertebra(level).dimensions();
    const Point local = anatomy.to_vertebra(level)(design);
    const double height = 2 * local[2] / size.height, anterior = 2 * local[1] / size.depth;
    const double value = interpolate(random, design_to_random(design)) + 1.5 * height * height - 0.8 * anterior;
    field.values[index] = float(value);
    volume[level] += share;
    sum[level] += share * value;
    sum_of_squares[level] += share * value * value;
  });

  Image<float> &hounsfield = raster.hounsfield;
  std::array<double, 2> mass{{}};
  for_each_voxel(grid, [&](const int i, const int j, const int k, const std::size_t index) {
    const double share = raster.trabecular_share.values[index];
    if (share == 0)
      return;
    const auto level = level_of(index_to_design({double(i), double(j), double(k)}));
    const double mean = sum[level] / volume[level];
    const double deviation = std::sqrt(sum_of_squares[level] / volume[level] - mean * mean);
    const double density = parameters.trabecular_density *
                           (1. + parameters.density_heterogeneity * (field.values[index] - mean) / deviation);
    mass[level] += share * density;
    hounsfield.values[index] += float(share * hounsfield_of(density));
  });
  const Point spacing = grid.spacing();
  for (const auto level : {PhantomAnatomy::l3, PhantomAnatomy::l4}) {
    known.trabecular_density[level] = mass[level] / volume[level];
    known.trabecular_volume[level] = volume[level] * spacing[0] * spacing[1] * spacing[2];
  }

  const double sigma_in_plane = parameters.psf_in_plane / fwhm_per_sigma;
  blur(hounsfield, {{sigma_in_plane, sigma_in_plane, parameters.psf_slice / fwhm_per_sigma}});

  hounsfield_image = {grid, std::vector<std::int16_t>(grid.n_voxels())};
  Image<float> noise{grid, {}};
  if (parameters.noise > 0)
    noise = gaussian_noise(grid, {{0.7 * spacing[0], 0.7 * spacing[1], 0.5 * spacing[2]}},
                           std::uint64_t(parameters.seed) + 0x9e3779b97f4a7c15u);
  for (std::size_t index = 0; index < grid.n_voxels(); ++index)
    hounsfield_image.values[index] = std::int16_t(
        std::lround(hounsfield.values[index] + (parameters.noise > 0 ? parameters.noise * noise.values[index] : 0.)));
}

} // namespace cageopt::inputs
