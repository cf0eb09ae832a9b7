#include <main/benchmark/cantilever_designs.h>

#include <algorithm>

#include <main/benchmark/benchmark_options.h>
#include <meshing/cantilever_domain.h>
#include <optimizer/compliance.h>
#include <optimizer/density_parametrisation.h>
#include <optimizer/helmholtz_filter.h>
#include <optimizer/mma.h>
#include <optimizer/parametrisation.h>
#include <optimizer/response_problem.h>
#include <optimizer/simp_law.h>
#include <optimizer/volume_fraction.h>

namespace cageopt {

using namespace optimizer;

namespace {

constexpr double volume_fraction_limit = .12;

SimpLaw cantilever_law(const double contrast)
{
  LawParameters parameters;
  parameters.law = "simp";
  parameters.solid_youngs_modulus = 1.;
  parameters.solid_poissons_ratio = .3;
  parameters.simp_exponent = 3;
  parameters.simp_minimum_modulus = 1. / contrast;
  parameters.minimum_density = 0;
  parameters.maximum_density = 1;
  return SimpLaw(parameters);
}

/// Keeps the density of some iterations and stops after the last.
class Collector : public IterationObserver
{
public:
  Collector(const ResponseProblem &problem, std::map<unsigned int, std::vector<float>> &density)
      : problem(problem), density(density)
  {
  }
  Verdict on_iteration(const IterationRecord &record, const DesignVector &) override
  {
    const auto wanted = density.find(record.iteration - 1);
    if (wanted != density.end())
      wanted->second.assign(problem.state().density.begin(), problem.state().density.end());
    return record.iteration > density.rbegin()->first ? Verdict::stop : Verdict::go_on;
  }

private:
  const ResponseProblem &problem;
  std::map<unsigned int, std::vector<float>> &density;
};

} // namespace

CantileverDesigns::CantileverDesigns(const unsigned int cells, const std::vector<unsigned int> &updates, MPI_Comm comm)
    : comm(comm), cells(cells)
{
  const double start = MPI_Wtime();
  for (const auto update : updates)
    density[update];
  const auto domain = meshing::make_cantilever_domain({cells}, comm);
  solver::SolverParameters solver;
  solver.relative_tolerance = benchmark_tolerance;
  SegmentAnalysis analysis(domain, solver, {{"tip load", {1, 0, 0, 0, 0, 0}, 1., ""}});
  const auto law = cantilever_law(benchmark_contrast);
  const HelmholtzFilter filter(domain, analysis.design_cells(), 2.56 / cells);
  const DensityParametrisation parametrisation(FieldMap(&filter, nullptr, law.lower_density(), law.upper_density()),
                                               law, analysis.design_cells().size());
  Compliance compliance(analysis);
  VolumeFraction volume(domain, analysis.design_cells());
  ResponseProblem problem(analysis, parametrisation, compliance, {{&volume, true, volume_fraction_limit}}, {});
  MmaParameters parameters;
  parameters.move_limit = .2;
  parameters.maximum_iterations = density.rbegin()->first + 1;
  DesignVector x(analysis.design_cells().size(), volume_fraction_limit);
  Collector collector(problem, density);
  Mma(parameters).minimize(problem, x, collector);
  optimisation_seconds = MPI_Wtime() - start;
}

BenchmarkProblem CantileverDesigns::problem() const
{
  BenchmarkProblem problem;
  problem.name = "cantilever";
  problem.domain = std::make_shared<meshing::DesignDomain>(meshing::make_cantilever_domain({cells}, comm));
  for (const auto &entry : density) {
    const auto &rho = entry.second; // this object outlives its problems
    problem.materials.push_back(
        {"cantilever, design " + std::to_string(entry.first), [&rho](const std::optional<double> contrast) {
           const auto law = cantilever_law(contrast.value_or(benchmark_contrast));
           BenchmarkProblem::Stiffness stiffness(rho.size());
           for (std::size_t cell = 0; cell < rho.size(); ++cell)
             stiffness[cell] = law.stiffness(std::clamp(double(rho[cell]), 0., 1.));
           return stiffness;
         }});
  }
  return problem;
}

} // namespace cageopt
