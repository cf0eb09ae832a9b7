#pragma once

#include <string>

#include <mpi.h>

#include <inputs/case_file.h>
#include <inputs/load_case.h>
#include <inputs/patient.h>
#include <meshing/cantilever_domain.h>
#include <meshing/patient_domain.h>
#include <optimizer/convergence.h>
#include <optimizer/goal.h>
#include <optimizer/helmholtz_filter.h>
#include <optimizer/mma.h>
#include <optimizer/stiffness_law.h>
#include <postprocess/pvd_series.h>
#include <postprocess/vtu_writer.h>
#include <solver/solver_parameters.h>

namespace cageopt {

/// All entries of a case, each in the struct of the stage that uses it, and the file they were read from.
class Case
{
public:
  Case();

  /// Reads and checks; relative paths start at `data_option`, or at the case file's folder. Collective.
  void read(const std::string &path, const std::string &data_option, MPI_Comm comm);

  const inputs::CaseFile &file() const { return case_file; }
  const std::string &data_directory() const { return data_folder; }
  bool is_patient() const { return problem == "patient"; }

  std::string problem = "patient";
  inputs::PatientParameters patient;
  inputs::LoadParameters loads;
  meshing::CageParameters cage;
  meshing::MeshParameters mesh;
  meshing::CantileverParameters cantilever;
  solver::SolverParameters solver;
  optimizer::LawParameters law;
  optimizer::FilterParameters filter;
  optimizer::GoalParameters goal;
  optimizer::MmaParameters optimizer;
  optimizer::ConvergenceParameters convergence;
  postprocess::VtuWriterParameters field_files;
  postprocess::PvdSeriesParameters series;

private:
  inputs::CaseFile case_file;
  std::string data_folder;
};

} // namespace cageopt
