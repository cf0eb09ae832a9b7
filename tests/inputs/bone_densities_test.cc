#include <gtest/gtest.h>

#include <inputs/bone_densities.h>

using namespace cageopt::inputs;

namespace {

/// L2 and L3 as boxes of 20 x 20 x 16 voxels of 1 mm around a disc of 4: 200 mg/cm3 in the layer beside the disc, 300
/// in the shell, 100 inside; L3 ends at the image's border.
Patient sample_patient(const std::string &density = "K2HPO4")
{
  CalibrationParameters calibration;
  calibration.slope = .8;
  calibration.intercept = -4;
  calibration.source = "test";
  calibration.density = density;
  Patient patient{"test", "",    {},    {}, parse_level("L2/L3"), Calibration(calibration), BoneLaw(), .3,
                  false,  .0084, .0078, {}};
  patient.labels.grid.size = patient.bmd.grid.size = {{26, 26, 40}};
  patient.labels.values.assign(patient.labels.grid.n_voxels(), 0);
  patient.bmd.values.assign(patient.labels.grid.n_voxels(), -50.f);
  for (int k = 0; k < 36; ++k)
    for (int j = 3; j < 23; ++j)
      for (int i = 3; i < 23; ++i) {
        const std::size_t voxel = std::size_t(i + 26 * (j + 26 * k));
        const bool is_disc = k >= 16 && k < 20, is_cranial = k >= 20;
        patient.labels.values[voxel] = is_disc ? 221 : is_cranial ? 21 : 22;
        const bool is_layer = k == 15 || k == 20;
        const bool is_shell = i < 5 || i >= 21 || j < 5 || j >= 21 || k >= 34;
        patient.bmd.values[voxel] = is_layer ? 200.f : is_shell ? 300.f : 100.f;
      }
  return patient;
}

} // namespace

TEST(BoneDensities, regions_of_boxes)
{
  const BoneDensities densities(sample_patient());
  EXPECT_DOUBLE_EQ(densities.trabecular_depth(), 4.5);
  EXPECT_DOUBLE_EQ(densities.endplate_layer(), 1.25);
  ASSERT_EQ(densities.bodies().size(), 2u);
  const auto &cranial = densities.bodies()[0], &caudal = densities.bodies()[1];
  EXPECT_EQ(cranial.name, "L2");
  EXPECT_DOUBLE_EQ(cranial.volume, 6400.);
  EXPECT_FALSE(cranial.is_cut);
  // A voxel deeper than 4.5 mm has four others of the body on each side: 12 x 12 x 8 of them.
  EXPECT_EQ(cranial.trabecular.n_voxels, 12u * 12 * 8);
  EXPECT_DOUBLE_EQ(cranial.trabecular.mean, 100.);
  EXPECT_DOUBLE_EQ(cranial.trabecular.deviation, 0.);
  // Centres at most 1.25 mm below the disc's surface: one layer of voxels.
  EXPECT_EQ(cranial.caudal_endplate.n_voxels, 400u);
  EXPECT_DOUBLE_EQ(cranial.caudal_endplate.mean, 200.);
  EXPECT_EQ(cranial.cranial_endplate.n_voxels, 0u); // no disc above
  EXPECT_DOUBLE_EQ(caudal.cranial_endplate.mean, 200.);
  EXPECT_EQ(caudal.caudal_endplate.n_voxels, 0u);
  EXPECT_DOUBLE_EQ(cranial.integral.mean, (400 * 200. + (13 * 144 + 2 * 400) * 300. + 13 * 256 * 100.) / 6400);
}

TEST(BoneDensities, the_border_of_the_image_is_no_surface)
{
  const BoneDensities densities(sample_patient());
  const auto &caudal = densities.bodies()[1];
  EXPECT_TRUE(caudal.is_cut);
  EXPECT_EQ(caudal.trabecular.n_voxels, 12u * 12 * 12); // no erosion from below
}

TEST(BoneDensities, histograms_count_every_voxel_by_its_image_value)
{
  const BoneDensities densities(sample_patient());
  const auto &counts = densities.histograms().front();
  const auto bin_of = [](const double hounsfield) {
    return std::size_t((hounsfield - BoneDensities::lowest_bin) / BoneDensities::bin_width);
  };
  std::size_t sum = 0;
  for (const std::size_t count : counts)
    sum += count;
  EXPECT_EQ(sum, 6400u);
  EXPECT_EQ(counts[bin_of(104 / .8)], 13u * 256);
  EXPECT_EQ(counts[bin_of(204 / .8)], 400u);
}

TEST(BoneDensities, class_needs_two_whole_vertebrae_and_k2hpo4)
{
  EXPECT_EQ(BoneDensities(sample_patient()).density_class(),
            "none: it takes two whole lumbar vertebrae, and 1 is in the image");
  EXPECT_EQ(BoneDensities(sample_patient("CaHA")).density_class(),
            "none: the classes are of K2HPO4 densities, not of CaHA");
  Patient patient = sample_patient();
  for (auto &label : patient.labels.values)
    if (label == 22)
      label = 0;
  for (int k = 3; k < 16; ++k) // L3 again, but whole
    for (int j = 3; j < 23; ++j)
      for (int i = 3; i < 23; ++i)
        patient.labels.values[std::size_t(i + 26 * (j + 26 * k))] = 22;
  EXPECT_EQ(BoneDensities(patient).density_class(), "low (80 to 120 mg/cm3): 100.0 mg/cm3, mean of L2 and L3");
  for (float &bmd : patient.bmd.values)
    bmd -= 21;
  EXPECT_EQ(BoneDensities(patient).density_class(), "osteoporosis (below 80 mg/cm3): 79.0 mg/cm3, mean of L2 and L3");
  for (float &bmd : patient.bmd.values)
    bmd += 50;
  EXPECT_EQ(BoneDensities(patient).density_class(), "normal (above 120 mg/cm3): 129.0 mg/cm3, mean of L2 and L3");
}

TEST(BoneDensities, own_label_numbers_give_the_two_bodies_of_the_level)
{
  Patient patient = sample_patient();
  for (auto &label : patient.labels.values)
    label = label == 21 ? 1 : label == 22 ? 2 : label == 221 ? 3 : 0;
  patient.level = parse_level("L2/L3", "1, 3, 2");
  const BoneDensities densities(patient);
  ASSERT_EQ(densities.bodies().size(), 2u);
  EXPECT_EQ(densities.bodies()[0].name, "L2");
  EXPECT_EQ(densities.bodies()[0].caudal_endplate.n_voxels, 400u);
  EXPECT_EQ(densities.bodies()[1].name, "L3");
  EXPECT_EQ(densities.bodies()[1].cranial_endplate.n_voxels, 400u);
}
