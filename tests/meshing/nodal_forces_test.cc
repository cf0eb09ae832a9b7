// What the solver gets as nodal forces adds up to the stated wrench.

#include <cmath>

#include <gtest/gtest.h>

#include <meshing/nodal_forces.h>
#include <meshing/patient_domain.h>
#include <tests/meshing/coarse_domain.h>

using namespace cageopt::meshing;
using namespace cageopt::tests;

TEST(NodalForcesMpi, ResultantsAreTheStatedWrenches)
{
  const PatientDomain segment(coarse_patient(), CageParameters(), coarse_mesh(), MPI_COMM_WORLD);
  const std::array<double, 6> wrenches[] = {
      {0, 0, -400, -7500, 0, 0}, {0, 0, -400, 0, 0, 7500}, {120, -35, 60, 900, -70, 11}};
  for (const auto &wrench : wrenches) {
    const auto forces = nodal_forces(segment.domain(), wrench);
    const auto sum = resultant(segment.domain(), forces);
    double force = 0, moment = 0;
    for (unsigned int c = 0; c < 3; ++c) {
      force = std::max(force, std::abs(wrench[c]));
      moment = std::max(moment, std::abs(wrench[3 + c]));
    }
    for (unsigned int c = 0; c < 6; ++c)
      EXPECT_NEAR(sum[c], wrench[c], 1e-9 * (c < 3 ? force : moment)) << "component " << c;
  }
}

TEST(NodalForcesMpi, MomentIsForceTimesArm)
{
  const PatientDomain segment(coarse_patient(), CageParameters(), coarse_mesh(), MPI_COMM_WORLD);
  const auto &domain = segment.domain();
  // A force of 2 N along x at one node of rank 0.
  std::vector<double> forces(std::size_t(domain.mesh.n_local_nodes()) * 3, 0.);
  cageopt::inputs::Point p{};
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {
    forces[0] = 2.;
    p = domain.node_position(0);
  }
  MPI_Bcast(p.data(), 3, MPI_DOUBLE, 0, MPI_COMM_WORLD);
  const auto sum = resultant(domain, forces);
  const double expected[] = {2, 0, 0, 0, 2 * p[2], -2 * p[1]};
  for (unsigned int c = 0; c < 6; ++c)
    EXPECT_NEAR(sum[c], expected[c], 1e-12) << "component " << c;
}
