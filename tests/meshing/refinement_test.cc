// Meshes of a segment that are finer where marks ask for it.

#include <gtest/gtest.h>

#include <meshing/patient_domain.h>
#include <tests/meshing/coarse_domain.h>

using namespace cageopt::inputs;
using namespace cageopt::meshing;
using namespace cageopt::tests;

namespace {

template <typename Condition>
std::vector<Refinement::Mark> marks_where(const DesignDomain &domain, const Condition &condition)
{
  std::vector<Refinement::Mark> own;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell)
    if (condition(domain.region[cell], domain.cell_centre(cell)))
      own.push_back({domain.corner(cell), domain.edge(cell)});
  return gathered(MPI_COMM_WORLD, own);
}

TEST(RefinementMpi, MarksHalveCellsDownToTheSmallest)
{
  auto parameters = coarse_mesh();
  parameters.fine_distance = parameters.medium_distance = 0.;
  const PatientDomain before(coarse_patient(), CageParameters(), parameters, MPI_COMM_WORLD);
  // The cranial half of the bone is marked, and of it what has the smallest size already, too.
  const auto &mesh = before.domain().mesh;
  Refinement refinement;
  refinement.marks = marks_where(before.domain(), [](const Region region, const Point &centre) {
    return is_bone(region) && centre[0] > 0 && centre[2] > 0;
  });
  const PatientDomain after(coarse_patient(), CageParameters(), parameters, MPI_COMM_WORLD, refinement);
  EXPECT_GT(after.domain().mesh.n_global_cells(), mesh.n_global_cells());
  EXPECT_EQ(after.report().cells_by_region[4], before.report().cells_by_region[4]) << "the cage stays as it is";
  double n_inside = 0, n_large = 0, n_untouched = 0;
  for (std::uint32_t cell = 0; cell < after.domain().mesh.n_cells(); ++cell) {
    const auto centre = after.domain().cell_centre(cell);
    const double edge = after.domain().edge(cell);
    EXPECT_GE(edge, parameters.cell_size);
    n_untouched += centre[0] < -8. && edge == 4. * parameters.cell_size;
    for (const auto &mark : refinement.marks)
      if (std::abs(centre[0] - mark.corner[0] - .5 * mark.edge) < .5 * mark.edge &&
          std::abs(centre[1] - mark.corner[1] - .5 * mark.edge) < .5 * mark.edge &&
          std::abs(centre[2] - mark.corner[2] - .5 * mark.edge) < .5 * mark.edge) {
        n_inside += 1;
        n_large += edge > std::max(.5 * mark.edge, parameters.cell_size);
      }
  }
  EXPECT_GT(sum_over_ranks(n_inside), double(refinement.marks.size()));
  EXPECT_EQ(sum_over_ranks(n_large), 0.);
  EXPECT_GT(sum_over_ranks(n_untouched), 0.) << "away from the marks cells stay large";
}

TEST(RefinementMpi, MarkedCageCellsAreHalvedBelowTheCellSize)
{
  const PatientDomain before(coarse_patient(), CageParameters(), coarse_mesh(), MPI_COMM_WORLD);
  Refinement refinement;
  refinement.halvings = 1;
  refinement.marks = marks_where(before.domain(), [](const Region region, const Point &centre) {
    return region == Region::design && centre[0] > 4.;
  });
  ASSERT_GT(refinement.marks.size(), 10u);
  const PatientDomain after(coarse_patient(), CageParameters(), coarse_mesh(), MPI_COMM_WORLD, refinement);
  const auto &domain = after.domain();
  EXPECT_EQ(domain.unit, .5 * coarse_mesh().cell_size);
  double n_small = 0, n_wrong = 0;
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const bool is_small = domain.edge(cell) < coarse_mesh().cell_size;
    n_small += is_small;
    n_wrong += is_small != (domain.region[cell] == Region::design && domain.cell_centre(cell)[0] > 4.);
  }
  EXPECT_EQ(sum_over_ranks(n_small), 8. * double(refinement.marks.size()));
  EXPECT_EQ(sum_over_ranks(n_wrong), 0.) << "nothing else changes its size";
  for (int region = 1; region <= 6; ++region)
    EXPECT_NEAR(after.report().volume_by_region[region], before.report().volume_by_region[region], 1e-9)
        << "region " << region;
  EXPECT_NEAR(after.report().bone_volume, before.report().bone_volume, 1e-9);
  EXPECT_EQ(after.report().z_top, before.report().z_top);
}

} // namespace
