#include <optimizer/grayness.h>

namespace cageopt::optimizer {

Grayness::Grayness(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells)
    : comm(domain.mesh.comm())
{
  double total = 0;
  for (const auto cell : cells) {
    weight.push_back(domain.volume(cell));
    total += weight.back();
  }
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, comm);
  for (auto &value : weight)
    value /= total;
}

double Grayness::evaluate(const DesignState &state, StateGradient *gradient)
{
  double sum = 0;
  for (std::size_t i = 0; i < weight.size(); ++i)
    sum += weight[i] * 4. * state.share[i] * (1. - state.share[i]);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, comm);
  if (gradient != nullptr) {
    *gradient = {};
    for (std::size_t i = 0; i < weight.size(); ++i)
      gradient->share.push_back(weight[i] * 4. * (1. - 2. * state.share[i]));
  }
  return sum;
}

} // namespace cageopt::optimizer
