#include <optimizer/scenario_set.h>

#include <utility>

namespace cageopt::optimizer {

ScenarioSet::ScenarioSet(SegmentAnalysis &analysis, ResponseCatalogue &catalogue, const ResponseSettings &settings,
                         std::vector<Scenario> scenarios, const BoneModel &bone)
    : stated_catalogue(catalogue), list(std::move(scenarios))
{
  for (const auto &scenario : list) {
    all_weights.push_back(scenario.weight);
    analyses.push_back(std::make_unique<SegmentAnalysis>(
        analysis, scenario_stiffness(analysis.domain(), scenario, bone), scenario.load_factor));
    catalogues.push_back(std::make_unique<ResponseCatalogue>(*analyses.back(), settings));
  }
}

Response &ScenarioSet::response(const std::size_t index, const std::string &name)
{
  auto &as_stated = stated_catalogue.get(name);
  return as_stated.needs_segment() ? catalogues[index]->get(name) : as_stated;
}

DesignState ScenarioSet::as_built(const std::size_t index, DesignState state) const
{
  const double factor = list[index].lattice_factor;
  for (auto *constants : {&state.stiffness, &state.utilisation})
    for (auto &c : *constants)
      c = factor * c;
  return state;
}

StateGradient ScenarioSet::by_design(const std::size_t index, StateGradient gradient) const
{
  const double factor = list[index].lattice_factor;
  for (auto *derivatives : {&gradient.stiffness, &gradient.utilisation})
    for (auto &d : *derivatives)
      d = factor * d;
  return gradient;
}

void ScenarioSet::for_each(Parametrisation &parametrisation, const DesignVector &x,
                           const std::function<void(std::size_t, const DesignState &)> &action)
{
  for (std::size_t i = 0; i < size(); ++i) {
    parametrisation.shift_threshold(list[i].threshold_offset);
    const auto state = as_built(i, parametrisation.state(x));
    analyses[i]->update(state);
    action(i, state);
  }
  parametrisation.shift_threshold(0.);
}

void ScenarioSet::for_each(const DesignState &state,
                           const std::function<void(std::size_t, const DesignState &)> &action)
{
  for (std::size_t i = 0; i < size(); ++i) {
    analyses[i]->update(state);
    action(i, state);
  }
}

} // namespace cageopt::optimizer
