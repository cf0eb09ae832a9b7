#include <inputs/distance_transform.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cageopt::inputs {

namespace {

constexpr double far_away = 1e12; // squared

/// Lower envelope of the parabolas f(q) + h^2 (p - q)^2 along one line of nodes at distance h.
class LineTransform
{
public:
  explicit LineTransform(const int n) : in(n), apex(n), border(n + 1) {}

  void operator()(float *line, const int n, const std::size_t stride, const double h)
  {
    for (int q = 0; q < n; ++q)
      in[q] = line[q * stride] / (h * h);
    const auto crossing = [&](const int p, const int q) {
      return ((in[q] + double(q) * q) - (in[p] + double(p) * p)) / (2. * (q - p));
    };
    int last = 0;
    apex[0] = 0;
    border[0] = -std::numeric_limits<double>::infinity();
    for (int q = 1; q < n; ++q) {
      double s = crossing(apex[last], q);
      while (s <= border[last])
        s = crossing(apex[--last], q);
      apex[++last] = q;
      border[last] = s;
    }
    for (int q = 0, k = 0; q < n; ++q) {
      while (k < last && border[k + 1] < q)
        ++k;
      const double offset = q - apex[k];
      line[q * stride] = static_cast<float>(std::min(far_away, h * h * (in[apex[k]] + offset * offset)));
    }
  }

private:
  std::vector<double> in;
  std::vector<int> apex;
  std::vector<double> border;
};

} // namespace

std::vector<float> distance_transform(const std::array<int, 3> &n, const std::vector<std::uint8_t> &marked,
                                      const Point &spacing)
{
  std::vector<float> values(marked.size());
  for (std::size_t i = 0; i < marked.size(); ++i)
    values[i] = marked[i] ? 0.f : static_cast<float>(far_away);
  LineTransform transform(std::max({n[0], n[1], n[2]}));
  const std::size_t row = n[0], slice = row * n[1];
  for (int k = 0; k < n[2]; ++k)
    for (int j = 0; j < n[1]; ++j)
      transform(&values[row * j + slice * k], n[0], 1, spacing[0]);
  for (int k = 0; k < n[2]; ++k)
    for (int i = 0; i < n[0]; ++i)
      transform(&values[i + slice * k], n[1], row, spacing[1]);
  for (int j = 0; j < n[1] && n[2] > 1; ++j)
    for (int i = 0; i < n[0]; ++i)
      transform(&values[i + row * j], n[2], slice, spacing[2]);
  for (auto &value : values)
    value = std::sqrt(value);
  return values;
}

} // namespace cageopt::inputs
