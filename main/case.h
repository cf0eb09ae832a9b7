#pragma once

#include <string>

#include <mpi.h>

#include <inputs/case_file.h>
#include <inputs/load_case.h>
#include <inputs/patient.h>
#include <inputs/specimen_parameters.h>
#include <main/pareto_parameters.h>
#include <meshing/cantilever_domain.h>
#include <meshing/patient_domain.h>
#include <meshing/planned_correction.h>
#include <optimizer/convergence.h>
#include <optimizer/goal.h>
#include <optimizer/helmholtz_filter.h>
#include <optimizer/interface_parameters.h>
#include <optimizer/level_set_optimizer.h>
#include <optimizer/optimizer_parameters.h>
#include <optimizer/parametrisation_parameters.h>
#include <optimizer/refinement_parameters.h>
#include <optimizer/scenarios.h>
#include <optimizer/stiffness_law.h>
#include <postprocess/pvd_series.h>
#include <postprocess/vtu_writer.h>
#include <solver/solver_parameters.h>

namespace cageopt {

/// All entries of a case, each in the struct of the stage that uses it.
struct CaseEntries
{
  bool is_patient() const { return problem == "patient"; }
  bool is_specimen() const { return problem == "specimen"; }

  std::string problem = "patient";
  inputs::PatientParameters patient;
  inputs::LoadParameters loads;
  meshing::CorrectionParameters correction;
  meshing::CageParameters cage;
  meshing::FixationParameters fixation;
  meshing::MeshParameters mesh;
  meshing::CantileverParameters cantilever;
  inputs::SpecimenParameters specimen;
  solver::SolverParameters solver;
  optimizer::LawParameters law;
  optimizer::FilterParameters filter;
  optimizer::ParametrisationParameters parametrisation;
  optimizer::RefinementParameters refinement;
  optimizer::InterfaceParameters interface;
  optimizer::GoalParameters goal;
  optimizer::UncertaintyParameters uncertainty;
  optimizer::OptimizerParameters optimizer;
  optimizer::ConvergenceParameters convergence;
  optimizer::LevelSetParameters level_set;
  ParetoParameters pareto;
  postprocess::VtuWriterParameters field_files;
  postprocess::PvdSeriesParameters series;
  std::string data_directory; ///< where relative paths start
};

/// The entries, and the file they were read from.
class Case : public CaseEntries
{
public:
  Case();

  /// Reads and checks; relative paths start at `data_option`, or at the case file's folder. Collective.
  void read(const std::string &path, const std::string &data_option, MPI_Comm comm,
            const std::vector<std::string> &overrides = {});

  const inputs::CaseFile &file() const { return case_file; }

private:
  /// Throws InputError for a stated entry whose subsection another problem uses.
  void refuse_other_problems() const;

  inputs::CaseFile case_file;
};

} // namespace cageopt
