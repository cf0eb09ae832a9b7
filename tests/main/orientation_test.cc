// A patient is the same however the scanner's axes run: the emitted field does not depend on the order and the
// directions in which the voxels are stored.
#include <algorithm>
#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include <main/optimisation.h>
#include <postprocess/field_emission.h>
#include <tests/inputs/temporary_folder.h>

namespace {

using namespace cageopt;
using inputs::Image;

/// The image with voxel axis a along the old axis order[a], backwards where `flips` has bit a; nothing moves in space.
template <typename T>
Image<T> reordered(const Image<T> &image, const std::array<int, 3> &order, const int flips)
{
  Image<T> result;
  inputs::Affine to_old;
  for (int a = 0; a < 3; ++a) {
    const int old = order[a], last = image.grid.size[old] - 1;
    result.grid.size[a] = image.grid.size[old];
    to_old.linear[old] = {0, 0, 0};
    to_old.linear[old][a] = flips >> a & 1 ? -1 : 1;
    to_old.offset[old] = flips >> a & 1 ? last : 0;
  }
  result.grid.index_to_world = image.grid.index_to_world * to_old;
  result.values.reserve(image.values.size());
  for (int k = 0; k < result.grid.size[2]; ++k)
    for (int j = 0; j < result.grid.size[1]; ++j)
      for (int i = 0; i < result.grid.size[0]; ++i) {
        const auto old = to_old({double(i), double(j), double(k)});
        result.values.push_back(image(int(old[0]), int(old[1]), int(old[2])));
      }
  return result;
}

/// The built-in patient in a folder, on cells of 3 mm, optimised for three steps only: enough for the density to follow
/// the bone.
struct SmallCase : CaseEntries
{
  SmallCase()
  {
    patient.source = "files";
    patient.image_file = "ct.nii.gz";
    patient.label_file = "labels.nii.gz";
    patient.calibration.slope = .8;
    patient.calibration.intercept = -10;
    patient.calibration.source = "test";
    cage.window_share = .3;
    cage.inserter_width = 0;
    mesh.cell_size = 3;
    mesh.fine_distance = 3;
    filter.radius = 5;
    goal.match_modulus = false;
    goal.stated_constraints = "axial_stiffness >= 11828";
    optimizer.maximum_iterations = 3;
  }
};

Image<float> emitted_field(const tests::TemporaryFolder &folder)
{
  SmallCase given;
  given.data_directory = folder.path();
  std::ostringstream unread;
  Study study(given, MPI_COMM_SELF);
  study.prepare(unread);
  auto x = study.parametrisation().uniform(.3);
  SilentSink sink;
  optimise(study, x, sink);
  const postprocess::OutputFolder output(MPI_COMM_SELF, folder / "out", true);
  postprocess::emit_field("density", study.domain(), study.segment()->frame().design_to_world,
                          study.analysis().design_cells(), study.problem().state().density, {}, output);
  return inputs::read_image(output.field("density_patient.nii.gz"));
}

} // namespace

#ifdef DEBUG
constexpr int flips_step = 7; // two of each order; Release does all
#else
constexpr int flips_step = 1;
#endif

TEST(OrientationSlow, the_emitted_density_is_the_same_in_all_48)
{
  inputs::PhantomParameters parameters;
  parameters.voxel_in_plane = 1.2;
  parameters.voxel_slice = 1.6;
  const inputs::Phantom phantom(parameters);
  const tests::TemporaryFolder folder;
  Image<float> reference;
  double spread = 0;
  std::array<int, 3> order = {{0, 1, 2}};
  do
    for (int flips = 0; flips < 8; flips += flips_step) {
      inputs::write_image(folder / "ct.nii.gz", reordered(phantom.hounsfield(), order, flips));
      inputs::write_image(folder / "labels.nii.gz", reordered(phantom.labels(), order, flips));
      const auto field = emitted_field(folder);
      if (reference.values.empty()) {
        reference = field;
        std::vector<float> inside;
        std::copy_if(field.values.begin(), field.values.end(), std::back_inserter(inside),
                     [](const float value) { return value > 0; });
        const auto [low, high] = std::minmax_element(inside.begin(), inside.end());
        spread = *high - *low;
      }
      ASSERT_TRUE(field.grid.matches(reference.grid, 1e-3));
      double worst = 0;
      for (std::size_t i = 0; i < field.values.size(); ++i)
        worst = std::max(worst, double(std::abs(field.values[i] - reference.values[i])));
      EXPECT_LT(worst, 1e-3 * spread) << order[0] << order[1] << order[2] << ' ' << flips;
    }
  while (std::next_permutation(order.begin(), order.end()));
  EXPECT_GT(spread, .1); // the design has something to say
}
