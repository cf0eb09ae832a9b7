#include <optimizer/projection.h>

#include <cmath>

namespace cageopt::optimizer {

double Projection::value(const double t) const
{
  if (beta == 0)
    return t;
  const double left = std::tanh(beta * eta);
  return (left + std::tanh(beta * (t - eta))) / (left + std::tanh(beta * (1. - eta)));
}

double Projection::slope(const double t) const
{
  if (beta == 0)
    return 1.;
  const double s = std::tanh(beta * (t - eta));
  return beta * (1. - s * s) / (std::tanh(beta * eta) + std::tanh(beta * (1. - eta)));
}

} // namespace cageopt::optimizer
