// The built-in patient: labels and image against the truth that the phantom states and against the asked parameters.
#include <algorithm>
#include <cmath>
#include <vector>

#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <inputs/phantom.h>
#include <inputs/vertebra_shape.h>

using namespace cageopt::inputs;

namespace {

constexpr double degree = 3.14159265358979323846 / 180.;

const Phantom &default_phantom()
{
  static const Phantom phantom{PhantomParameters()};
  return phantom;
}

PhantomParameters coarse(const double noise)
{
  PhantomParameters parameters;
  parameters.voxel_in_plane = parameters.voxel_slice = 1.4;
  parameters.noise = noise;
  return parameters;
}

const Phantom &coarse_noise_free()
{
  static const Phantom phantom(coarse(0.));
  return phantom;
}

template <typename Action>
void for_each_voxel(const ImageGrid &grid, const Action &action)
{
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i)
        action(i, j, k);
}

double voxel_volume(const ImageGrid &grid)
{
  const Point spacing = grid.spacing();
  return spacing[0] * spacing[1] * spacing[2];
}

std::size_t count(const Phantom &phantom, const std::uint16_t label)
{
  const auto &values = phantom.labels().values;
  return std::count(values.begin(), values.end(), label);
}

/// Design coordinates of the voxels of a label.
std::vector<Point> voxels(const Phantom &phantom, const std::uint16_t label)
{
  const auto &labels = phantom.labels();
  const Affine to_design = phantom.truth().design_to_world.inverse() * labels.grid.index_to_world;
  std::vector<Point> points;
  for_each_voxel(labels.grid, [&](const int i, const int j, const int k) {
    if (labels(i, j, k) == label)
      points.push_back(to_design({double(i), double(j), double(k)}));
  });
  return points;
}

/// World coordinates of the voxel faces between `lower` and the next voxel in z, `upper`.
std::vector<Point> faces(const Phantom &phantom, const std::uint16_t lower, const std::uint16_t upper)
{
  const auto &labels = phantom.labels();
  std::vector<Point> points;
  for_each_voxel(labels.grid, [&](const int i, const int j, const int k) {
    if (k + 1 < labels.grid.size[2] && labels(i, j, k) == lower && labels(i, j, k + 1) == upper)
      points.push_back(labels.grid.index_to_world({double(i), double(j), k + 0.5}));
  });
  return points;
}

Point mean(const std::vector<Point> &points)
{
  Point sum = {{0, 0, 0}};
  for (const auto &point : points)
    sum = sum + point;
  return (1. / points.size()) * sum;
}

/// Least squares z = z0 + a x + b y.
Phantom::Plane fit_plane(const std::vector<Point> &points)
{
  const Point centre = mean(points);
  double xx = 0, xy = 0, yy = 0, xz = 0, yz = 0;
  for (const auto &point : points) {
    const Point d = point - centre;
    xx += d[0] * d[0];
    xy += d[0] * d[1];
    yy += d[1] * d[1];
    xz += d[0] * d[2];
    yz += d[1] * d[2];
  }
  const double determinant = xx * yy - xy * xy;
  const Point normal = {{-(xz * yy - yz * xy) / determinant, -(yz * xx - xz * xy) / determinant, 1.}};
  return {centre, (1. / norm(normal)) * normal};
}

double angle_between(const Point &a, const Point &b) { return std::atan2(norm(cross(a, b)), dot(a, b)) / degree; }

/// Calibrated density of the voxels of a body at least 4 mm from its surface (along the axes).
std::vector<double> core_density(const Phantom &phantom, const std::uint16_t label)
{
  const auto &labels = phantom.labels();
  const Point spacing = labels.grid.spacing();
  std::vector<double> density;
  for_each_voxel(labels.grid, [&](const int i, const int j, const int k) {
    if (labels(i, j, k) != label)
      return;
    for (const int sign : {-1, 1}) {
      const int di = sign * int(std::ceil(4 / spacing[0])), dj = sign * int(std::ceil(4 / spacing[1])),
                dk = sign * int(std::ceil(4 / spacing[2]));
      if (labels(i + di, j, k) != label || labels(i, j + dj, k) != label || labels(i, j, k + dk) != label)
        return;
    }
    density.push_back(phantom.intercept() + phantom.slope() * phantom.hounsfield()(i, j, k));
  });
  return density;
}

double mean(const std::vector<double> &values)
{
  double sum = 0;
  for (const double value : values)
    sum += value;
  return sum / values.size();
}

double standard_deviation(const std::vector<double> &values)
{
  const double centre = mean(values);
  double sum = 0;
  for (const double value : values)
    sum += (value - centre) * (value - centre);
  return std::sqrt(sum / values.size());
}

} // namespace

TEST(Phantom, DesignFrameIsRightHandedAndMidwayBetweenTheEndplates)
{
  const auto &truth = default_phantom().truth();
  const Affine &frame = truth.design_to_world;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      EXPECT_NEAR(dot(frame.linear[i], frame.linear[j]), i == j ? 1. : 0., 1e-14);
  EXPECT_NEAR(frame.determinant(), 1., 1e-14);

  const Point z_axis = frame({0, 0, 1}) - frame.offset;
  EXPECT_NEAR(angle_between(truth.cranial_endplate.normal + truth.caudal_endplate.normal, z_axis), 0., 1e-10);
  EXPECT_NEAR(angle_between(truth.cranial_endplate.normal, truth.caudal_endplate.normal), PhantomParameters().lordosis,
              1e-10);
  EXPECT_NEAR(norm(0.5 * (truth.cranial_endplate.centre + truth.caudal_endplate.centre) - frame.offset), 0., 1e-10);
  EXPECT_GT(angle_between(z_axis, {0, 0, 1}), 3.); // the scanner's axes are no shortcut
}

TEST(Phantom, EndplatesOfTheLabelsLieOnTheTrueOnes)
{
  const Phantom &phantom = default_phantom();
  const auto &truth = phantom.truth();
  const auto check = [&](const std::vector<Point> &points, const Phantom::Plane &expected) {
    ASSERT_GT(points.size(), 2000u);
    const auto plane = fit_plane(points);
    EXPECT_LT(angle_between(plane.normal, expected.normal), 0.3);
    EXPECT_LT(std::abs(dot(plane.centre - expected.centre, expected.normal)), 0.15);
    EXPECT_LT(norm(plane.centre - expected.centre), 0.4);
  };
  check(faces(phantom, 222, 22), truth.cranial_endplate);
  check(faces(phantom, 23, 222), truth.caudal_endplate);
}

TEST(Phantom, EndplatesAreAsConcaveAsPublished)
{
  // Least-squares amplitude of the profile (1 - (x/A)^2 - (y/B)^2)^(3/2) in the heights above the fitted plane; all
  // voxel faces count, since single ones are a slice thickness coarse.
  const Phantom &phantom = default_phantom();
  const Affine to_design = phantom.truth().design_to_world.inverse();
  const auto depth = [&](const std::uint16_t lower, const std::uint16_t upper, const double width,
                         const double length) {
    std::vector<Point> points;
    for (const auto &world : faces(phantom, lower, upper)) {
      const Point design = to_design(world);
      const bool on_the_waist = (lower == 0 || upper == 0) && std::abs(design[2]) < 25.;
      if (!on_the_waist)
        points.push_back(design);
    }
    const auto plane = fit_plane(points);
    std::vector<double> profile;
    for (const auto &point : points) {
      const double x = (point[0] - plane.centre[0]) / (0.8 * width / 2);
      const double y = (point[1] - plane.centre[1]) / (0.75 * length / 1.9);
      profile.push_back(std::pow(std::max(1. - x * x - y * y, 0.), 1.5));
    }
    double covariance = 0, variance = 0;
    const double mean_profile = mean(profile);
    for (std::size_t i = 0; i < points.size(); ++i) {
      covariance += (profile[i] - mean_profile) * dot(points[i] - plane.centre, plane.normal);
      variance += (profile[i] - mean_profile) * (profile[i] - mean_profile);
    }
    return covariance / variance;
  };
  EXPECT_NEAR(depth(222, 22, 47., 34.5), 2.33, 0.1);
  EXPECT_NEAR(depth(23, 222, 48.5, 35.), -1.70, 0.1);
  EXPECT_NEAR(depth(22, 0, 47., 34.5), -1.45, 0.1);
  EXPECT_NEAR(depth(0, 23, 48.5, 35.), 3.20, 0.1);
  EXPECT_EQ(phantom.truth().cranial_concavity, 2.33);
  EXPECT_EQ(phantom.truth().caudal_concavity, 1.70);
}

TEST(Phantom, DiscFillsTheSpaceBetweenTheBodies)
{
  // Along every line in design z: L4, disc, L3, without a gap or an overhang.
  const Phantom &phantom = default_phantom();
  const Affine to_index = phantom.labels().grid.index_to_world.inverse() * phantom.truth().design_to_world;
  for (double x = -19; x <= 19; x += 1.)
    for (double y = -13; y <= 13; y += 1.) {
      if (x * x / 361 + y * y / 169 > 1)
        continue;
      // Less than 1 mm in a row is the staircase of the voxels, which the line crosses at an angle.
      std::vector<int> sequence;
      int previous = -1, n_in_a_row = 0;
      for (double z = -20; z <= 20; z += 0.25) {
        const int label = nearest(phantom.labels(), to_index({x, y, z}));
        n_in_a_row = label == previous ? n_in_a_row + 1 : 1;
        previous = label;
        EXPECT_TRUE(label == 23 || label == 222 || label == 22) << label;
        if (n_in_a_row == 4 && (sequence.empty() || sequence.back() != label))
          sequence.push_back(label);
      }
      EXPECT_EQ(sequence, (std::vector<int>{23, 222, 22})) << x << ' ' << y;
    }
}

TEST(Phantom, VolumesOfLabelsAreTheTrueVolumes)
{
  const Phantom &phantom = default_phantom();
  ASSERT_EQ(phantom.truth().volume.size(), 5u);
  for (const auto &[label, volume] : phantom.truth().volume)
    EXPECT_NEAR(count(phantom, label) * voxel_volume(phantom.labels().grid), volume, 0.01 * volume) << label;

  // Bodies in closed form.
  const auto &truth = default_phantom().truth();
  const double l3 = VertebraShape({47., 34.5, 28.5, 1.45, 2.33}).body_volume();
  const double l4 = VertebraShape({48.5, 35., 28., 1.70, 3.20}).body_volume();
  EXPECT_NEAR(truth.volume.at(22), l3, 1e-3 * l3);
  EXPECT_NEAR(truth.volume.at(23), l4, 1e-3 * l4);
  EXPECT_LT(truth.trabecular_volume[0], truth.volume.at(22));
  EXPECT_GT(truth.trabecular_volume[0], 0.85 * truth.volume.at(22));
}

TEST(Phantom, BodiesHaveLumbarDimensions)
{
  const Phantom &phantom = default_phantom();
  for (const std::uint16_t label : {22, 23}) {
    double x_low = 1e9, x_high = -1e9, rim_low = 1e9, rim_high = -1e9;
    for (const auto &point : voxels(phantom, label)) {
      x_low = std::min(x_low, point[0]);
      x_high = std::max(x_high, point[0]);
      if (std::abs(point[1]) < 1. && std::abs(point[0]) > 19.7) {
        rim_low = std::min(rim_low, point[2]);
        rim_high = std::max(rim_high, point[2]);
      }
    }
    EXPECT_GT(x_high - x_low, 46. - 0.7);
    EXPECT_LT(x_high - x_low, 50.);
    EXPECT_GT(rim_high - rim_low, 27. - 1.);
    EXPECT_LT(rim_high - rim_low, 29.);
  }
  const Affine to_design = phantom.truth().design_to_world.inverse();
  for (const auto &endplate : {faces(phantom, 222, 22), faces(phantom, 23, 222)}) {
    double y_low = 1e9, y_high = -1e9;
    for (const auto &world : endplate)
      if (std::abs(to_design(world)[0]) < 1.) {
        y_low = std::min(y_low, to_design(world)[1]);
        y_high = std::max(y_high, to_design(world)[1]);
      }
    EXPECT_GT(y_high - y_low, 34. - 1.);
    EXPECT_LT(y_high - y_low, 36.);
  }
}

TEST(Phantom, AnteriorRightAndCranialAreWhereTheyShouldBe)
{
  const Phantom &phantom = default_phantom();
  const Point body = mean(voxels(phantom, 22)), lower_body = mean(voxels(phantom, 23));
  const auto arch = voxels(phantom, 122);
  EXPECT_GT(body[2], lower_body[2] + 30.);
  EXPECT_LT(mean(arch)[1], body[1] - 20.);
  double right = 0, left = 0, posterior = 0;
  for (const auto &point : arch) {
    right = std::max(right, point[0]);
    left = std::min(left, point[0]);
    posterior = std::min(posterior, point[1]);
  }
  EXPECT_LT(posterior, -60.);        // tip of the spinous process
  EXPECT_NEAR(right + left, 4., 1.); // the right transverse process is 4 mm longer
  // Lordosis: the disc is higher anteriorly.
  double anterior_height = 0, posterior_height = 0;
  for (const auto &point : voxels(phantom, 222)) {
    anterior_height += std::abs(point[0]) < 5 && std::abs(point[1] - 14.) < 2;
    posterior_height += std::abs(point[0]) < 5 && std::abs(point[1] + 14.) < 2;
  }
  EXPECT_NEAR((anterior_height - posterior_height) * voxel_volume(phantom.labels().grid) / 40.,
              2 * std::tan(4.5 * degree) * 28., 0.4);
}

TEST(Phantom, BodiesAreWholeWithAMarginAndThePosteriorElementsDoNotTouch)
{
  const Phantom &phantom = default_phantom();
  const auto &labels = phantom.labels();
  const Point spacing = labels.grid.spacing();
  EXPECT_LT(labels.grid.n_voxels(), 8000000u);
  EXPECT_TRUE(labels.grid.matches(phantom.hounsfield().grid, 1e-12));
  double margin = 1e9, posterior_margin = 1e9, gap = 1e9;
  for_each_voxel(labels.grid, [&](const int i, const int j, const int k) {
    const std::array<int, 3> index = {{i, j, k}};
    const int label = labels(i, j, k);
    if (label == 0)
      return;
    for (int d = 0; d < 3; ++d) {
      const double here = std::min(index[d], labels.grid.size[d] - 1 - index[d]) * spacing[d];
      (label == 22 || label == 23 ? margin : posterior_margin) =
          std::min(label == 22 || label == 23 ? margin : posterior_margin, here);
    }
    if (label == 122)
      for (int n = -3; n <= 3; ++n)
        for (int m = -4; m <= 4; ++m)
          for (int l = -4; l <= 4; ++l)
            if (labels(i + l, j + m, k + n) == 123)
              gap = std::min(gap, norm({l * spacing[0], m * spacing[1], n * spacing[2]}));
  });
  EXPECT_GE(margin, 12.);
  EXPECT_GE(posterior_margin, 4.);
  EXPECT_GE(gap, 2.);
}

TEST(Phantom, TrabecularMeanIsAsAskedByConstruction)
{
  const auto &truth = default_phantom().truth();
  EXPECT_NEAR(truth.trabecular_density[0], 75., 1e-3);
  EXPECT_NEAR(truth.trabecular_density[1], 75., 1e-3);

  // A homogeneous patient shows its density in the cores.
  PhantomParameters parameters = coarse(0.);
  parameters.density_heterogeneity = 0.;
  const Phantom homogeneous(parameters);
  EXPECT_NEAR(mean(core_density(homogeneous, 22)), 75., 0.01 * 75.);
  EXPECT_NEAR(mean(core_density(homogeneous, 23)), 75., 0.01 * 75.);

  // Heterogeneity redistributes density over the trabecular region but adds none.
  const Phantom &heterogeneous = coarse_noise_free();
  double added = 0;
  for (std::size_t i = 0; i < homogeneous.hounsfield().values.size(); ++i)
    added += heterogeneous.hounsfield().values[i] - homogeneous.hounsfield().values[i];
  const double region = truth.trabecular_volume[0] + truth.trabecular_volume[1];
  EXPECT_NEAR(homogeneous.slope() * added * voxel_volume(homogeneous.labels().grid) / region, 0., 0.005 * 75.);
  EXPECT_GT(standard_deviation(core_density(heterogeneous, 22)), 0.1 * 75.);
}

TEST(Phantom, ImageShowsOsteoporoticCoresUnderDenserEndplates)
{
  const Phantom &phantom = default_phantom();
  const auto &labels = phantom.labels();
  const double core[] = {mean(core_density(phantom, 22)), mean(core_density(phantom, 23))};
  double layer[] = {0, 0};
  int n_layer[] = {0, 0};
  for_each_voxel(labels.grid, [&](const int i, const int j, const int k) {
    if (labels(i, j, k) != 222)
      return;
    const auto density = [&](const int k) {
      return phantom.intercept() + phantom.slope() * phantom.hounsfield()(i, j, k);
    };
    if (labels(i, j, k + 1) == 22) {
      layer[0] += density(k + 1);
      ++n_layer[0];
    }
    if (labels(i, j, k - 1) == 23) {
      layer[1] += density(k - 1);
      ++n_layer[1];
    }
  });
  for (const int level : {0, 1}) {
    EXPECT_GT(core[level], 0.85 * 75.); // the cores are less dense than the region: density rises to the endplates
    EXPECT_LT(core[level], 1.0 * 75.);
    EXPECT_GT(layer[level] / n_layer[level], 2. * core[level]);
  }
}

TEST(Phantom, DependsOnTheSeedOnly)
{
  const Phantom first(coarse(15.)), second(coarse(15.));
  EXPECT_EQ(first.hounsfield().values, second.hounsfield().values);
  EXPECT_EQ(first.labels().values, second.labels().values);
  PhantomParameters parameters = coarse(0.);
  parameters.seed = 2;
  const Phantom other(parameters);
  EXPECT_NE(coarse_noise_free().hounsfield().values, other.hounsfield().values);
  EXPECT_EQ(first.labels().values, other.labels().values);

  // The noise alone.
  std::vector<double> noise;
  for (std::size_t i = 0; i < first.hounsfield().values.size(); ++i)
    noise.push_back(first.hounsfield().values[i] - coarse_noise_free().hounsfield().values[i]);
  EXPECT_NEAR(standard_deviation(noise), 15., 0.3);
  EXPECT_NEAR(mean(noise), 0., 0.2);
}

TEST(Phantom, AnatomyDoesNotDependOnTheScanner)
{
  PhantomParameters parameters = coarse(0.);
  parameters.tilt = {{-12., 8., 15.}};
  parameters.voxel_slice = 1.;
  const Phantom turned(parameters);
  for (const auto &[label, volume] : coarse_noise_free().truth().volume)
    EXPECT_NEAR(turned.truth().volume.at(label), volume, 3e-3 * volume) << label;
  EXPECT_GT(angle_between(turned.truth().cranial_endplate.normal, coarse_noise_free().truth().cranial_endplate.normal),
            10.);

  // The same density at the same place of the body.
  const auto sample = [](const Phantom &phantom) {
    const auto &image = phantom.hounsfield();
    const Image<float> smooth{image.grid, std::vector<float>(image.values.begin(), image.values.end())};
    const Affine to_index = image.grid.index_to_world.inverse() * phantom.truth().design_to_world;
    std::vector<double> values;
    for (double x = -14; x <= 14; x += 2)
      for (double y = -9; y <= 9; y += 2)
        for (double z = 13; z <= 24; z += 2)
          values.push_back(interpolate(smooth, to_index({x, y, z})));
    return values;
  };
  const auto here = sample(coarse_noise_free()), there = sample(turned);
  const double mean_here = mean(here), mean_there = mean(there);
  double covariance = 0;
  for (std::size_t i = 0; i < here.size(); ++i)
    covariance += (here[i] - mean_here) * (there[i] - mean_there) / here.size();
  EXPECT_GT(covariance / standard_deviation(here) / standard_deviation(there), 0.95);
}

TEST(Phantom, RefusesADiscThatClosesPosteriorly)
{
  PhantomParameters parameters;
  parameters.lordosis = 18.;
  parameters.disc_height = 5.;
  try {
    const Phantom phantom(parameters);
    FAIL() << "accepted";
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
    EXPECT_NE(std::string(error.what()).find("'Phantom/Disc height' is 5"), std::string::npos) << error.what();
  }
}

TEST(Phantom, ReadsItsSubsection)
{
  PhantomParameters parameters;
  dealii::ParameterHandler prm;
  parameters.declare(prm);
  prm.parse_input_from_string("subsection Phantom\n set Trabecular density = 130\n set Tilt about y = -7\n"
                              " set Random seed = 9\nend\n");
  EXPECT_EQ(parameters.trabecular_density, 130.);
  EXPECT_EQ(parameters.tilt, (std::array<double, 3>{{7., -7., 2.}}));
  EXPECT_EQ(parameters.seed, 9u);
  EXPECT_ANY_THROW(prm.parse_input_from_string("subsection Phantom\n set Disc height = -3\nend\n"));
}
