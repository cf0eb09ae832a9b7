#include <optimizer/aggregated_maximum.h>

#include <cmath>

#include <optimizer/reductions.h>

namespace cageopt::optimizer {

void AggregatedMaximum::add(const double value)
{
  if (value <= 0)
    return;
  if (value > largest) {
    sum = 1. + sum * std::pow(largest / value, p);
    largest = value;
  } else {
    sum += std::pow(value / largest, p);
  }
}

double AggregatedMaximum::finish(const bool adapt)
{
  const double maximum = all_max(comm, largest);
  double total = maximum > 0 ? sum * std::pow(largest / maximum, p) : 0.;
  MPI_Allreduce(MPI_IN_PLACE, &total, 1, MPI_DOUBLE, MPI_SUM, comm);
  norm = maximum * std::pow(total, 1. / p);
  if (norm > 0 && (scale == 0 || (adapt && !frozen)))
    scale = maximum / norm;
  return frozen ? scale * norm : maximum;
}

double AggregatedMaximum::slope(const double value) const
{
  return value > 0 ? scale * std::pow(value / norm, p - 1.) : 0.;
}

} // namespace cageopt::optimizer
