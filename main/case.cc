#include <main/case.h>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>

namespace cageopt {

Case::Case()
    : case_file([this](dealii::ParameterHandler &prm) {
        prm.add_parameter(
            "Problem", problem,
            "What is optimised: the cage of a patient, or the reference cantilever of Aage, Andreassen & "
            "Lazarov (2015), which tests the program (its entries: Cantilever, Stiffness law, Filter, Goal).",
            dealii::Patterns::Selection("patient|cantilever"));
        patient.declare(prm);
        loads.declare(prm);
        cage.declare(prm);
        mesh.declare(prm);
        cantilever.declare(prm);
        solver.declare(prm);
        law.declare(prm);
        filter.declare(prm);
        goal.declare(prm);
        optimizer.declare(prm);
        convergence.declare(prm);
        field_files.declare(prm);
        series.declare(prm);
      })
{
}

void Case::read(const std::string &path, const std::string &data_option, MPI_Comm comm)
{
  case_file.read(path, comm);
  data_folder = inputs::data_directory(path, data_option);
  law.check();
  goal.check();
  if (!is_patient() && goal.objective != "compliance")
    throw inputs::InputError("'Goal/Objective'", "'" + goal.objective + "'",
                             "the cantilever has no bone whose strain could be matched", "use 'compliance'");
  if (goal.objective == "compliance" && goal.maximum_volume_fraction >= 1. && !(is_patient() && goal.match_modulus))
    throw inputs::InputError("The goal", "least compliance without any constraint", "its answer is solid everywhere",
                             "set 'Goal/Maximum volume fraction' below 1, or match the effective modulus");
  // One titanium: the solid frame is of the metal that the lattice is printed from.
  cage.frame_youngs_modulus = law.solid_youngs_modulus;
  cage.frame_poissons_ratio = law.solid_poissons_ratio;
  optimizer.check();
  if (is_patient()) {
    patient.check();
    loads.check();
    cage.check();
    mesh.check();
    filter.check(mesh.cell_size);
  } else {
    filter.check(1. / cantilever.cells_along_y);
  }
}

} // namespace cageopt
