#pragma once

#include <mpi.h>

namespace cageopt::optimizer {

/// A differentiable stand-in for the largest of many numbers v_i >= 0, scaled so that it has the true value:
///   c P,   P = (sum_i v_i^p)^(1/p),   c = max_i v_i / P,
/// Le, Norato, Bruns, Ha & Tortorelli (2010), doi:10.1007/s00158-009-0440-y, without damping of c. In derivatives c
/// counts as a constant. Frozen, c keeps the value of the last adaptation, and c P is one function. Numbers are added
/// one by one, so that none need be kept.
class AggregatedMaximum
{
public:
  AggregatedMaximum(MPI_Comm comm, double exponent) : comm(comm), p(exponent) {}

  void freeze(const bool is_frozen) { frozen = is_frozen; }
  void start() { largest = sum = 0; }
  void add(double value);
  /// The value for what all ranks have added since start(): c P if frozen, else the maximum. `adapt` moves c, unless it
  /// is frozen; the first value ever sets it in any case. Collective.
  double finish(bool adapt);
  /// d(c P)/dv for one of the numbers of the latest finish().
  double slope(double value) const;

private:
  MPI_Comm comm;
  double p;
  double largest = 0, sum = 0; ///< sum of (v / largest)^p
  double norm = 0, scale = 0;  ///< P, and c once it is known
  bool frozen = false;
};

} // namespace cageopt::optimizer
