#include <gtest/gtest.h>

#include <inputs/calibration.h>
#include <inputs/phantom.h>
#include <inputs/tissue_calibration.h>
#include <inputs/tissue_regions.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;

namespace {

/// The tissues of VerSe sub-verse004 as the calibration file of its published finite-element benchmark prints them
/// (Bonelab/spineFE-benchmark; Walle, Matheson, Boyd 2025).
const std::vector<TissueSample> published = {{"fat", 63, -82.579, 60.850},
                                             {"air", 2569, -956.834, 21.128},
                                             {"blood", 8200, 39.249, 61.562},
                                             {"cortical_bone", 3624, 1226.214, 133.869},
                                             {"muscle", 77206, 24.561, 71.951}};

std::vector<TissueSample> without(const std::string &tissue)
{
  auto samples = published;
  samples.erase(std::remove_if(samples.begin(), samples.end(), [&](const auto &s) { return s.tissue == tissue; }),
                samples.end());
  return samples;
}

/// HU = slope (tabulated - zero), as of an ideal scanner, for the tissues in the order above.
std::vector<TissueSample> on_a_line(const std::array<double, 5> &tabulated, const double slope, const double zero)
{
  auto samples = published;
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i].mean = slope * (tabulated[i] - zero);
  return samples;
}

} // namespace

TEST(TissueCalibration, gives_the_published_energy_and_lines)
{
  const TissueCalibration calibration(published);
  EXPECT_DOUBLE_EQ(calibration.energy(), 97.);
  EXPECT_NEAR(calibration.r_squared(), .998965, 5e-7);
  EXPECT_NEAR(calibration.attenuation_line()[0], .171240, 5e-7);
  EXPECT_NEAR(calibration.attenuation_line()[1], .000016, 5e-7);
  EXPECT_NEAR(calibration.density_line()[0], .968731, 5e-7);
  EXPECT_NEAR(calibration.density_line()[1], .000893, 5e-7);
  EXPECT_TRUE(calibration.warnings().empty());
}

TEST(TissueCalibration, mixes_mineral_and_fat)
{
  // Step 3 by hand at 100 HU and 97 keV: mass attenuations 0.20524 (K2HPO4) and 0.16989 (triglyceride).
  const TissueCalibration calibration(published);
  const auto c = calibration.polynomial(DensityMeasure::k2hpo4);
  const double attenuation = calibration.attenuation_line()[0] + 100 * calibration.attenuation_line()[1],
               density = calibration.density_line()[0] + 100 * calibration.density_line()[1];
  EXPECT_NEAR(c[0] + 100 * c[1] + 1e4 * c[2], 1000 * density * (attenuation - .16989) / (.20524 - .16989), .1);
  const auto caha = calibration.polynomial(DensityMeasure::caha);
  EXPECT_LT(caha[1], c[1]); // hydroxyapatite attenuates more, so less of it does the same
}

TEST(TissueCalibration, residuals_vanish_for_tissues_on_a_line)
{
  const auto samples = on_a_line({{.1800, .1662, .1827, .2229, .1823}}, 4e4, .181); // 80 keV
  const TissueCalibration calibration(samples);
  EXPECT_DOUBLE_EQ(calibration.energy(), 80.);
  EXPECT_NEAR(calibration.r_squared(), 1., 1e-12);
  for (const double residual : calibration.residuals())
    EXPECT_NEAR(residual, 0., 1e-6);
  EXPECT_TRUE(calibration.warnings().empty());
}

TEST(TissueCalibration, doubts_are_told)
{
  ASSERT_EQ(TissueCalibration(without("cortical_bone")).warnings().size(), 1u);
  expect_parts(TissueCalibration(without("cortical_bone")).warnings().front(), {"no cortical bone"});
  EXPECT_TRUE(TissueCalibration(without("cortical_bone"), 90).warnings().empty());
  const TissueCalibration soft(on_a_line({{.2396, .2485, .2715, .6655, .2685}}, 1e3, .2683)); // 40 keV
  ASSERT_EQ(soft.warnings().size(), 1u);
  expect_parts(soft.warnings().front(), {"40 keV", "50 to 110 keV"});
  expect_parts(TissueCalibration(published).description(),
               {"fitted energy 97 keV", "R^2 0.9990", "cortical_bone 1226 HU (sd 134, 3624 voxels"});
}

TEST(TissueCalibration, unusable_samples_are_refused)
{
  auto samples = published;
  samples[2].mean = 160;
  expect_parts(bad_input_message([&] { TissueCalibration{samples}; }), {"'blood'", "160 HU", "contrast"});
  samples = published;
  samples[0].n_voxels = 3;
  expect_parts(bad_input_message([&] { TissueCalibration{samples}; }), {"'fat'", "3 voxels", "at least 30"});
  samples = published;
  std::swap(samples[1].mean, samples[4].mean); // air and muscle
  expect_parts(bad_input_message([&] { TissueCalibration{samples}; }),
               {"R^2", "muscle -957", "at least 0.98", "Tissue labels"});
  samples = published;
  samples[0].tissue = "fatt";
  expect_parts(bad_input_message([&] { TissueCalibration{samples}; }), {"'fatt'", "did you mean 'fat'"});
  samples[0].tissue = "air";
  expect_parts(bad_input_message([&] { TissueCalibration{samples}; }), {"'air'", "twice"});
  samples.resize(2);
  samples[0].tissue = "fat";
  expect_parts(bad_input_message([&] { TissueCalibration{samples}; }), {"tissues is 2", "at least three"});
  expect_parts(bad_input_message([&] { TissueCalibration(published, 10); }), {"10 keV", "from 20 to 200 keV"});
}

TEST(TissueCalibration, labels_are_parsed_strictly)
{
  const auto labels = parse_tissue_labels("air: 5; fat:4");
  ASSERT_EQ(labels.size(), 2u);
  EXPECT_EQ(labels[0].first, "air");
  EXPECT_EQ(labels[1].second, 4);
  for (const char *text : {"air", "air: x", "air: 0", "air: 70000", "air: 5: 6"})
    expect_parts(bad_input_message([&] { parse_tissue_labels(text); }), {text, "write for instance"});
}

TEST(TissueCalibration, samples_are_means_and_deviations)
{
  Image<float> image;
  Image<std::uint16_t> regions;
  image.grid.size = regions.grid.size = {{4, 1, 1}};
  image.values = {10, 20, 30, 99};
  regions.values = {7, 7, 7, 8};
  const auto samples = sample_tissues(image, regions, {{"fat", 7}, {"air", 9}});
  EXPECT_EQ(samples[0].n_voxels, 3u);
  EXPECT_DOUBLE_EQ(samples[0].mean, 20.);
  EXPECT_NEAR(samples[0].deviation, std::sqrt(200. / 3), 1e-12);
  EXPECT_EQ(samples[1].n_voxels, 0u);
}

TEST(TissueCalibration, fat_and_muscle_are_found_in_an_image)
{
  PhantomParameters parameters;
  parameters.voxel_in_plane = parameters.voxel_slice = 1.5;
  const Phantom phantom(parameters);
  Image<float> image;
  image.grid = phantom.hounsfield().grid;
  image.values.assign(phantom.hounsfield().values.begin(), phantom.hounsfield().values.end());
  const auto samples = find_tissues(image, phantom.labels(), parse_level("L3/L4"));
  ASSERT_EQ(samples.size(), 2u); // its image ends inside the body
  EXPECT_EQ(samples[0].tissue, "fat");
  EXPECT_NEAR(samples[0].mean, -95, 2);
  EXPECT_EQ(samples[1].tissue, "muscle");
  EXPECT_NEAR(samples[1].mean, 52, 2);
  EXPECT_NEAR(samples[1].deviation, parameters.noise, 3);
}

TEST(Calibration, values_in_the_image_are_found_back)
{
  const auto curved = Calibration::polynomial({{40, .3, 2.5e-4}}, DensityMeasure::k2hpo4, "test");
  for (const double hounsfield : {-500., 0., 120., 1500.})
    EXPECT_NEAR(curved.image_value(curved.bmd(hounsfield)), hounsfield, 1e-9);
  EXPECT_DOUBLE_EQ(curved.image_value(-1e6), -600.); // the vertex
  EXPECT_EQ(curved.description(), "K2HPO4 density [mg/cm3] = 0.3 HU + 40 + 0.00025 HU^2 (test)");
  const auto line = Calibration::linear(.8, -5, DensityMeasure::caha, "");
  EXPECT_DOUBLE_EQ(line.image_value(line.bmd(33)), 33.);
  EXPECT_EQ(line.description(), "CaHA density [mg/cm3] = 0.8 HU - 5");
}

TEST(Calibration, each_mode_takes_its_own_entries)
{
  CalibrationParameters parameters;
  parameters.mode = "tissues";
  EXPECT_NO_THROW(parameters.check());
  parameters.slope = .8;
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'Patient/Calibration/Slope'", "both are found"});
  parameters.slope = 0;
  parameters.tissue_file = "tissues.nii.gz";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'Patient/Calibration/Tissue labels'", "empty"});
  parameters.tissue_labels = "air: 1; fat: 2; muscle: 3";
  EXPECT_NO_THROW(parameters.check());
  parameters.mode = "linear";
  expect_parts(bad_input_message([&] { parameters.check(); }), {"'linear'", "would not be used"});
}
