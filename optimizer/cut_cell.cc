#include <optimizer/cut_cell.h>

#include <algorithm>
#include <utility>

namespace cageopt::optimizer {

namespace {

using Four = std::array<double, 4>;

/// One positive value p, three that are not.
double one_positive(const double p, const std::array<double, 3> &others, double &by_p, std::array<double, 3> &by_others)
{
  by_p = 0;
  by_others = {};
  if (!(p > 0))
    return 0;
  double share = 1, sum = 0;
  for (const double value : others) {
    share *= p / (p - value);
    sum += 1. / (p - value);
  }
  by_p = share * (3. / p - sum);
  for (int k = 0; k < 3; ++k)
    by_others[k] = share / (p - others[k]);
  return share;
}

/// Two positive values a and b, two that are not, c and d; the divided difference without its removable pole at a = b.
double two_positive(const double a, const double b, const double c, const double d, Four &derivative)
{
  const double sum = c + d, product = c * d;
  const double numerator = a * a * b * b - a * b * (a + b) * sum + product * (a * a + a * b + b * b);
  const double ac = 1. / (a - c), ad = 1. / (a - d), bc = 1. / (b - c), bd = 1. / (b - d);
  const double inverse = ac * ad * bc * bd, share = numerator * inverse;
  derivative[0] = (2. * a * b * b - (2. * a * b + b * b) * sum + product * (2. * a + b)) * inverse - share * (ac + ad);
  derivative[1] = (2. * a * a * b - (2. * a * b + a * a) * sum + product * (2. * b + a)) * inverse - share * (bc + bd);
  derivative[2] = (-a * b * (a + b) + d * (a * a + a * b + b * b)) * inverse + share * (ac + bc);
  derivative[3] = (-a * b * (a + b) + c * (a * a + a * b + b * b)) * inverse + share * (ad + bd);
  return share;
}

double tetrahedron(const Four &v, Four &derivative)
{
  derivative = {};
  std::array<int, 4> order;
  int n_positive = 0, n_others = 0;
  for (int j = 0; j < 4; ++j)
    (v[j] > 0 ? order[n_positive++] : order[3 - n_others++]) = j;
  if (n_positive == 0)
    return 0;
  if (n_positive == 4)
    return 1;
  if (n_positive == 2) {
    Four sorted;
    const double share = two_positive(v[order[0]], v[order[1]], v[order[2]], v[order[3]], sorted);
    for (int k = 0; k < 4; ++k)
      derivative[order[k]] = sorted[k];
    return share;
  }
  // With one value that is not positive, the rest of one minus the share of the negative field.
  const bool is_rest = n_positive == 3;
  const double sign = is_rest ? -1. : 1.;
  const int single = is_rest ? order[3] : order[0], first = is_rest ? 0 : 1;
  std::array<double, 3> by_others;
  const double share =
      one_positive(sign * v[single], {sign * v[order[first]], sign * v[order[first + 1]], sign * v[order[first + 2]]},
                   derivative[single], by_others);
  for (int k = 0; k < 3; ++k)
    derivative[order[first + k]] = by_others[k];
  return is_rest ? 1. - share : share;
}

} // namespace

CutCell CutCell::of(const std::array<double, 8> &value)
{
  CutCell result;
  const auto [low, high] = std::minmax_element(value.begin(), value.end());
  if (!(*high > 0))
    return result;
  if (*low > 0) {
    result.share = 1;
    return result;
  }
  double centre = 0;
  for (const double corner : value)
    centre += corner / 8.;
  double by_centre = 0;
  for (int axis = 0; axis < 3; ++axis)
    for (int side = 0; side < 2; ++side) {
      const int u = 1 << (axis + 1) % 3, w = 1 << (axis + 2) % 3, base = side << axis;
      const std::array<int, 4> ring = {base, base + u, base + u + w, base + w};
      double middle = 0, by_middle = 0;
      for (const int corner : ring)
        middle += value[corner] / 4.;
      for (int k = 0; k < 4; ++k) {
        const int a = ring[k], b = ring[(k + 1) % 4];
        Four derivative;
        result.share += tetrahedron({value[a], value[b], middle, centre}, derivative) / 24.;
        result.derivative[a] += derivative[0] / 24.;
        result.derivative[b] += derivative[1] / 24.;
        by_middle += derivative[2] / 24.;
        by_centre += derivative[3] / 24.;
      }
      for (const int corner : ring)
        result.derivative[corner] += by_middle / 4.;
    }
  for (double &derivative : result.derivative)
    derivative += by_centre / 8.;
  return result;
}

} // namespace cageopt::optimizer
