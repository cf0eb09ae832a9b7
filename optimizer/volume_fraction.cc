#include <optimizer/volume_fraction.h>

namespace cageopt::optimizer {

VolumeFraction::VolumeFraction(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells)
    : comm(domain.mesh.comm())
{
  double total = 0;
  for (const auto cell : cells) {
    share.push_back(domain.volume(cell));
    total += share.back();
  }
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, comm);
  for (auto &value : share)
    value /= total;
}

double VolumeFraction::evaluate(const DesignState &state, StateGradient *gradient)
{
  double sum = 0;
  for (std::size_t i = 0; i < share.size(); ++i)
    sum += share[i] * state.density[i];
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, comm);
  if (gradient != nullptr)
    *gradient = {share, {}, {}};
  return sum;
}

} // namespace cageopt::optimizer
