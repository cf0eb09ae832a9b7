#include <main/uniform_search.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <ostream>

namespace cageopt {

namespace {

constexpr double feasible = 1e-3; // violation that counts as none, as in 'Convergence/Constraint violation'

/// Better: less violation, or, where both are feasible, a lower objective.
bool is_better(const UniformDesign &a, const UniformDesign &b)
{
  const double broken_a = std::max(0., a.assessment.violation - feasible),
               broken_b = std::max(0., b.assessment.violation - feasible);
  return broken_a < broken_b || (broken_a == broken_b && a.assessment.objective < b.assessment.objective);
}

} // namespace

UniformDesign best_uniform_design(Study &study, std::ostream &out)
{
  const double low = study.law().lower_density(), high = study.law().upper_density();
  const auto at = [&](const double density) {
    return UniformDesign{density, study.assess(study.uniform_state(density))};
  };
  constexpr int n_scan = 6;
  std::vector<UniformDesign> scan;
  for (int i = 0; i <= n_scan; ++i)
    scan.push_back(at(low + (high - low) * i / n_scan));
  // A narrow feasible range may lie between two points of the scan. The modulus rises with the density: bisect for it.
  if (const auto &target = study.modulus_target(); target && study.parameters().goal.match_modulus) {
    for (const double bound : {target->lower_bound, target->upper_bound}) {
      auto &modulus = study.responses().effective_modulus();
      if (!(bound > 0) || modulus.evaluate(study.uniform_state(low), nullptr) > bound ||
          modulus.evaluate(study.uniform_state(high), nullptr) < bound)
        continue;
      double below = low, above = high;
      for (int iteration = 0; iteration < 16; ++iteration) {
        const double middle = .5 * (below + above);
        (modulus.evaluate(study.uniform_state(middle), nullptr) < bound ? below : above) = middle;
      }
      scan.push_back(at(.5 * (below + above)));
    }
    std::sort(scan.begin(), scan.end(), [](const auto &a, const auto &b) { return a.density < b.density; });
  }
  auto best = std::min_element(scan.begin(), scan.end(), is_better) - scan.begin();
  UniformDesign left = scan[std::max<std::ptrdiff_t>(best - 1, 0)],
                right = scan[std::min<std::size_t>(best + 1, scan.size() - 1)], result = scan[best];
  constexpr double golden = .61803398874989485;
  double a = left.density, b = right.density;
  UniformDesign first = at(b - golden * (b - a)), second = at(a + golden * (b - a));
  for (int iteration = 0; iteration < 6 && b - a > 1e-5; ++iteration) {
    for (const auto *found : {&first, &second})
      if (is_better(*found, result))
        result = *found;
    if (is_better(first, second)) {
      b = second.density;
      second = first;
      first = at(b - golden * (b - a));
    } else {
      a = first.density;
      first = second;
      second = at(a + golden * (b - a));
    }
  }
  for (const auto *found : {&first, &second})
    if (is_better(*found, result))
      result = *found;
  out << "Best uniform  density " << std::fixed << std::setprecision(4) << result.density << std::defaultfloat
      << std::setprecision(6) << ", " << study.problem().objective().name() << ' ' << result.assessment.objective;
  if (result.assessment.violation > feasible)
    out << "; no uniform density meets the constraints, this one breaks them by " << 100. * result.assessment.violation
        << " %";
  out << std::endl;
  return result;
}

} // namespace cageopt
