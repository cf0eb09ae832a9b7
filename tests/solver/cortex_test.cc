// What the partial-volume model of a thin shell does for the stiffness of a body that coarse voxels blur.

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <inputs/bone_law.h>
#include <inputs/cortex.h>
#include <meshing/specimen_domain.h>
#include <solver/platen_compression.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::solver;

namespace {

constexpr double radius = 12., height = 18., pad_height = 6., thickness = .5; // mm
constexpr double shell_density = 900., core_density = 100.;                   // mg/cm3
constexpr double shell_modulus = 4700., pad_modulus = 20.;                    // MPa

double law(const double density)
{
  static const BoneLaw bone;
  return bone.youngs_modulus(K2hpo4Density(density));
}

enum class Model
{
  truth,  ///< each voxel by its true shares of shell and core
  mean,   ///< the law of the voxel's mean density
  cortex, ///< Cortex
};

/// A cylinder of trabecular bone with a wall and, if it is closed, endplates; between soft pads if it is closed.
class Can
{
public:
  Can(const double edge, const bool is_closed, const Model model) : edge(edge), is_closed(is_closed)
  {
    const int across = static_cast<int>(std::lround(2. * radius / edge));
    const int pads = is_closed ? static_cast<int>(std::lround(pad_height / edge)) : 0;
    const int along = static_cast<int>(std::lround(height / edge));
    specimen.grid.size = {across, across, along + 2 * pads};
    for (unsigned int d = 0; d < 3; ++d) {
      specimen.grid.index_to_world.linear[d][d] = edge;
      specimen.grid.index_to_world.offset[d] = .5 * edge - (d < 2 ? radius : edge * pads);
    }
    const auto &grid = specimen.grid;
    std::vector<double> shell_share, core_share;
    std::vector<std::uint8_t> tissue;
    for (int k = 0; k < grid.size[2]; ++k)
      for (int j = 0; j < across; ++j)
        for (int i = 0; i < across; ++i) {
          const Point x = grid.index_to_world({double(i), double(j), double(k)});
          const bool is_pad = k < pads || k >= along + pads;
          const auto shares = shares_of(x);
          // The truth keeps every voxel that holds bone, a label map those whose centre is bone.
          const bool is_in = model == Model::truth
                                 ? std::hypot(x[0], x[1]) < radius + edge && (is_pad || shares[0] + shares[1] > .05)
                                 : std::hypot(x[0], x[1]) < radius;
          specimen.part.push_back(!is_in     ? SpecimenPart::none
                                  : !is_pad  ? SpecimenPart::bone
                                  : k < pads ? SpecimenPart::lower_pad
                                             : SpecimenPart::upper_pad);
          tissue.push_back(is_in && !is_pad ? Cortex::bone : Cortex::outside);
          specimen.density.push_back(static_cast<float>(shares[0] * shell_density + shares[1] * core_density));
          shell_share.push_back(shares[0]);
          core_share.push_back(shares[1]);
        }
    CortexParameters parameters;
    parameters.thickness = thickness;
    parameters.density = shell_density;
    parameters.youngs_modulus = shell_modulus;
    parameters.source = "this test";
    // The ends of an open can lie on the image's border, so that its bone goes on there.
    const Cortex cortex(parameters, grid, tissue, specimen.density);
    mean_thickness = cortex.mean_thickness();
    for (std::size_t voxel = 0; voxel < tissue.size(); ++voxel)
      specimen.youngs_modulus.push_back(
          specimen.part[voxel] == SpecimenPart::none   ? 0.
          : specimen.part[voxel] != SpecimenPart::bone ? pad_modulus
          : model == Model::truth  ? shell_share[voxel] * shell_modulus + core_share[voxel] * law(core_density)
          : model == Model::cortex ? cortex.youngs_modulus(voxel, specimen.density[voxel], law)
                                   : law(specimen.density[voxel]));
  }

  /// N/mm
  double stiffness() const
  {
    SpecimenParameters parameters;
    parameters.load_axis = "z";
    if (is_closed) {
      parameters.lower_pad_label = 1;
      parameters.upper_pad_label = 2;
    }
    const auto domain = make_specimen_domain(specimen, parameters, MPI_COMM_WORLD);
    SolverParameters accuracy;
    accuracy.relative_tolerance = 1e-7;
    PlatenCompression test(domain.domain.mesh, edge, domain.at_lower, domain.at_upper, {2, false, false, .01},
                           accuracy);
    return test.press(domain.domain.intact).compression(2) / .01;
  }

  double mean_thickness = 0; ///< mm, of the shell that the mineral sufficed for

private:
  /// Of shell and core in the voxel around a point.
  std::array<double, 2> shares_of(const Point &middle) const
  {
    const int n = static_cast<int>(std::lround(edge / .125));
    std::array<double, 2> shares = {0, 0};
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < n; ++i) {
        const double r = std::hypot(middle[0] + edge * ((i + .5) / n - .5), middle[1] + edge * ((j + .5) / n - .5));
        if (r >= radius)
          continue;
        for (int k = 0; k < n; ++k) {
          const double z = middle[2] + edge * ((k + .5) / n - .5);
          if (z < 0 || z > height)
            continue;
          const bool in_endplate = is_closed && (z < thickness || z > height - thickness);
          ++shares[r > radius - thickness || in_endplate ? 0 : 1];
        }
      }
    for (double &share : shares)
      share /= double(n) * n * n;
    return shares;
  }

  double edge;
  bool is_closed;
  Specimen specimen;
};

} // namespace

TEST(CortexStiffness, IsNearerToThatOfTheTrueShell)
{
  // An open tube is loaded along its shell: Voigt is exact, and what is left of the error is the mineral of the voxels
  // whose centre is not bone. In the closed can the endplates are loaded across: the series of endplate and core is
  // softer than Voigt's mean, which makes up for lost mineral; docs/bone.md has the numbers.
  const double pi = std::acos(-1.), core = radius - thickness;
  const double exact =
      (pi * core * core * law(core_density) + pi * (radius * radius - core * core) * shell_modulus) / height;
  for (const bool is_closed : {false, true}) {
    const double fine = Can(.5, is_closed, Model::truth).stiffness();
    if (!is_closed) {
      EXPECT_NEAR(fine, exact, .005 * exact);
    }
    for (const double edge : {1., 2., 3.}) {
      const Can cortex(edge, is_closed, Model::cortex);
      const double before = Can(edge, is_closed, Model::mean).stiffness() / fine - 1.,
                   after = cortex.stiffness() / fine - 1.;
      EXPECT_LT(before, 0.);
      EXPECT_LT(std::abs(after), (is_closed ? .9 : .6) * std::abs(before)) << is_closed << " " << edge;
      EXPECT_GT(cortex.mean_thickness, .65 * thickness);
      EXPECT_LE(cortex.mean_thickness, thickness);
      const std::string name = std::string(is_closed ? "can_" : "tube_") + std::to_string(int(edge)) + "_mm";
      RecordProperty(name + "_mean", std::to_string(before));
      RecordProperty(name + "_cortex", std::to_string(after));
    }
  }
}
