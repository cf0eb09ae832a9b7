#include <main/case.h>

#include <algorithm>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <optimizer/contact_analysis.h>
#include <optimizer/response_catalogue.h>

namespace cageopt {

Case::Case()
    : case_file([this](dealii::ParameterHandler &prm) {
        prm.add_parameter(
            "Problem", problem,
            "What is computed: the cage of a patient is designed; so is the reference cantilever of Aage, Andreassen & "
            "Lazarov (2015), which tests the program (its entries: Cantilever, Stiffness law, Filter, Goal); a "
            "specimen "
            "of bone is pressed by 'cageopt solve' (its entries: Specimen, Solver). No unit.",
            dealii::Patterns::Selection("patient|cantilever|specimen"));
        patient.declare(prm);
        loads.declare(prm);
        correction.declare(prm);
        cage.declare(prm);
        fixation.declare(prm);
        mesh.declare(prm);
        cantilever.declare(prm);
        specimen.declare(prm);
        solver.declare(prm);
        law.declare(prm);
        filter.declare(prm);
        parametrisation.declare(prm);
        refinement.declare(prm);
        interface.declare(prm);
        goal.declare(prm);
        uncertainty.declare(prm);
        optimizer.declare(prm);
        convergence.declare(prm);
        level_set.declare(prm);
        pareto.declare(prm);
        field_files.declare(prm);
        series.declare(prm);
      })
{
}

void Case::refuse_other_problems() const
{
  const std::vector<std::string> of_patients = {"Patient", "Planned correction", "Loads",
                                                "Cage",    "Posterior fixation", "Mesh"};
  for (const auto &entry : case_file.stated()) {
    const std::string section = entry.substr(0, entry.find('/'));
    const bool is_of_patient = std::find(of_patients.begin(), of_patients.end(), section) != of_patients.end();
    const bool is_used =
        is_specimen()  ? section == "Problem" || section == "Specimen" || section == "Solver" || section == "Output"
        : is_patient() ? section != "Cantilever" && section != "Specimen"
                       : section != "Specimen" && !is_of_patient;
    if (!is_used)
      throw inputs::InputError("'" + entry + "'", "stated", "'Problem = " + problem + "' does not use this subsection",
                               "remove it, or state the problem it belongs to");
  }
}

void Case::read(const std::string &path, const std::string &data_option, MPI_Comm comm,
                const std::vector<std::string> &overrides)
{
  case_file.read(path, comm, overrides);
  data_directory = inputs::data_directory(path, data_option);
  refuse_other_problems();
  if (is_specimen()) {
    specimen.check(case_file.stated());
    return;
  }
  law.check();
  parametrisation.check();
  refinement.check();
  interface.check();
  if (parametrisation.coarse_levels > 0 && !is_patient())
    throw inputs::InputError("'Parametrisation/Coarse levels'", std::to_string(parametrisation.coarse_levels),
                             "the cantilever is meshed with the stated number of cells", "use 0");
  if (refinement.steps > 0 && (!is_patient() || interface.is_contact() || parametrisation.coarse_levels > 0))
    throw inputs::InputError("'Refinement/Steps'", std::to_string(refinement.steps),
                             !is_patient() ? "the cantilever is meshed with the stated number of cells"
                             : interface.is_contact()
                                 ? "the error's adjoint is that of the bonded interface"
                                 : "'Parametrisation/Coarse levels' already begins on other meshes",
                             "use 0 steps, or leave the other out");
  if (refinement.boundary_halvings > 0 && parametrisation.fields != "level_set")
    throw inputs::InputError("'Refinement/Boundary halvings'", std::to_string(refinement.boundary_halvings),
                             "'Parametrisation/Fields' is " + parametrisation.fields + ", which has no boundary",
                             "use level_set, or 0 halvings");
  if (interface.is_contact() && !is_patient())
    throw inputs::InputError("'Interface/State'", "'contact'", "the cantilever has no bone to touch", "use bonded");
  goal.check();
  uncertainty.check(law, parametrisation, is_patient());
  if (uncertainty.is_on() && interface.is_contact())
    throw inputs::InputError("'Uncertainty/Samples'", std::to_string(uncertainty.samples),
                             "scenarios are solved with a bonded interface, and 'Interface/State' is contact",
                             "use 'Interface/State = bonded', or 'Uncertainty/Samples = 0'");
  if (uncertainty.is_on() && is_patient() && patient.source == "blocks")
    throw inputs::InputError("'Uncertainty/Samples'", std::to_string(uncertainty.samples),
                             "test blocks have a stated modulus, and no calibration or bone law to be uncertain of",
                             "use 0, or another 'Patient/Source'");
  pareto.check();
  auto asked = goal.constraints();
  if (!is_patient())
    for (const auto &name : [&] {
           std::vector<std::string> names = {goal.objective};
           for (const auto &constraint : asked)
             names.push_back(constraint.response);
           return names;
         }())
      if (optimizer::ResponseCatalogue::needs_patient(name))
        throw inputs::InputError("'Goal'", "'" + name + "'", "the cantilever has no bone and no cage",
                                 "use compliance and volume_fraction");
  if (goal.objective == "compliance" && asked.empty() && !(is_patient() && goal.match_modulus))
    throw inputs::InputError("The goal", "least compliance without any constraint", "its answer is solid everywhere",
                             "add 'Goal/Constraints = volume_fraction <= 0.3' or match the effective modulus");
  // One titanium: the solid frame is of the metal that the lattice is printed from.
  cage.frame_youngs_modulus = law.solid_youngs_modulus;
  cage.frame_poissons_ratio = law.solid_poissons_ratio;
  cage.data_directory = data_directory;
  optimizer.check();
  level_set.check();
  level_set.maximum_iterations = optimizer.maximum_iterations;
  if (parametrisation.fields == "level_set" && optimizer.method != "mma")
    throw inputs::InputError("'Optimizer/Method'", "'" + optimizer.method + "'",
                             "a level set is moved by its own optimiser", "leave 'Method' out");
  if (is_patient()) {
    patient.check();
    loads.check();
    if (const auto n = inputs::load_cases(loads).size(); interface.is_contact() && n > optimizer::most_contact_cases)
      throw inputs::InputError("'Loads/Set'", std::to_string(n) + " load cases",
                               "with 'Interface/State = contact' each is solved by itself, and there is room for " +
                                   std::to_string(optimizer::most_contact_cases),
                               "choose another set, or 'custom' with fewer cases");
    if (correction.is_asked() && patient.source == "blocks")
      throw inputs::InputError("'Planned correction'", "stated", "test blocks are not operated on",
                               "remove it, or choose another 'Patient/Source'");
    cage.check();
    fixation.check();
    mesh.check();
    filter.check(mesh.cell_size);
  } else {
    filter.check(1. / cantilever.cells_along_y);
  }
}

} // namespace cageopt
