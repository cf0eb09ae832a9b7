#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <optimizer/parametrisation.h>
#include <optimizer/response_catalogue.h>
#include <optimizer/scenario_bone.h>

namespace cageopt::optimizer {

/// The scenarios as segments of their own, on the mesh and with the solver of the one as stated. Bone and loads of a
/// scenario hold for the intact segment and its references as for the operated one. What is kept for each: the intact
/// stiffness, displacements (the start of the next solve), and the references and adjoints of the responses that are
/// asked for. Targets measured in the bone stay those of the case as stated.
class ScenarioSet
{
public:
  /// `analysis` and `catalogue` (made with `settings`) are those of the case as stated, and must outlive this.
  ScenarioSet(SegmentAnalysis &analysis, ResponseCatalogue &catalogue, const ResponseSettings &settings,
              std::vector<Scenario> scenarios, const BoneModel &bone);

  std::size_t size() const { return list.size(); }
  const Scenario &scenario(const std::size_t index) const { return list[index]; }
  SegmentAnalysis &analysis(const std::size_t index) { return *analyses[index]; }
  const std::vector<double> &weights() const { return all_weights; }
  /// The response of this name; those that need no segment are shared. Collective, expensive at the first call.
  Response &response(std::size_t index, const std::string &name);

  /// The cage as it turns out: the lattice's stiffness, and with it its utilisation, times the scenario's factor.
  DesignState as_built(std::size_t index, DesignState state) const;
  /// Derivatives by the state as designed from those by the state as built.
  StateGradient by_design(std::size_t index, StateGradient gradient) const;

  /// Calls `action` for each scenario with its index and the cage of `x` as built, which is the present design of its
  /// analysis then. Collective.
  void for_each(Parametrisation &parametrisation, const DesignVector &x,
                const std::function<void(std::size_t, const DesignState &)> &action);
  /// The same for a solid cage or any other whose `state` does not depend on scenarios.
  void for_each(const DesignState &state, const std::function<void(std::size_t, const DesignState &)> &action);

private:
  ResponseCatalogue &stated_catalogue;
  std::vector<Scenario> list;
  std::vector<double> all_weights;
  std::vector<std::unique_ptr<SegmentAnalysis>> analyses;
  std::vector<std::unique_ptr<ResponseCatalogue>> catalogues;
};

} // namespace cageopt::optimizer
