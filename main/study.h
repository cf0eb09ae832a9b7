#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <main/case.h>
#include <optimizer/compliance.h>
#include <optimizer/effective_modulus.h>
#include <optimizer/response_problem.h>
#include <optimizer/strain_field.h>
#include <optimizer/strain_mismatch.h>
#include <optimizer/volume_fraction.h>
#include <postprocess/run_summary.h>

namespace cageopt {

/// The case as finished stages: patient, mesh, analysis, references, responses. Built once; verbs work with it.
class Study
{
public:
  /// Reads and meshes; no linear system is solved yet. Collective.
  Study(const Case &given, MPI_Comm comm);

  const meshing::DesignDomain &domain() const { return *design_domain; }
  const meshing::PatientDomain *segment() const { return patient_domain.get(); }
  const inputs::Patient *patient() const { return subject.get(); }
  const std::vector<inputs::LoadCase> &load_cases() const { return cases; }
  const optimizer::StiffnessLaw &law() const { return *stiffness_law; }
  /// Prints patient, frame, cage, mesh and bone.
  void describe(std::ostream &out) const;

  /// The analyses and responses: solves for the intact segment and the graft, and builds the platen test. Checks first
  /// whether the target modulus can be reached; throws Error{infeasible} if not and the case says stop.
  void prepare(std::ostream &out);

  optimizer::SegmentAnalysis &analysis() { return *segment_analysis; }
  optimizer::ResponseProblem &problem() { return *response_problem; }
  const optimizer::Parametrisation &parametrisation() const { return *design_map; }
  /// Target from the image or the case [MPa]; nothing for the cantilever.
  const std::optional<double> &target_modulus() const { return bone_modulus; }
  /// Why the target cannot be reached, and what is aimed at instead; empty if it can.
  const std::string &infeasibility() const { return infeasible_text; }

  /// Figures of any cage with `state` in the design cells, solved afresh; for the record beside the design.
  struct Assessment
  {
    double objective = 0;
    postprocess::DesignFigures figures;
  };
  Assessment assess(const optimizer::DesignState &state);
  /// All design cells at one relative density.
  optimizer::DesignState uniform_state(double density) const;
  /// Solid titanium in all design cells: the law at density one.
  optimizer::DesignState solid_state() const;
  /// The uniform density with the lowest objective among those that meet the constraints (or break them least).
  double best_uniform_density(std::ostream &out);
  /// Effective modulus [MPa] of the same density field on cells of half the size, the envelope resolved anew.
  double refined_effective_modulus(const std::vector<double> &density) const;
  optimizer::StrainField strain_field(const optimizer::DesignState &state, solver::BlockVector<double> &displacements);

private:
  void prepare_patient(std::ostream &out);
  void check_feasibility(std::ostream &out);

  const Case &given;
  MPI_Comm comm;
  std::unique_ptr<inputs::Patient> subject;
  std::unique_ptr<meshing::PatientDomain> patient_domain;
  std::unique_ptr<meshing::DesignDomain> cantilever;
  const meshing::DesignDomain *design_domain = nullptr;
  std::vector<inputs::LoadCase> cases;
  std::unique_ptr<optimizer::StiffnessLaw> stiffness_law;

  std::unique_ptr<optimizer::SegmentAnalysis> segment_analysis;
  std::unique_ptr<optimizer::HelmholtzFilter> filter;
  std::unique_ptr<optimizer::Parametrisation> design_map;
  std::unique_ptr<optimizer::Compliance> compliance;
  std::unique_ptr<optimizer::VolumeFraction> volume_fraction;
  std::unique_ptr<optimizer::EffectiveModulus> effective_modulus;
  std::unique_ptr<optimizer::StrainMismatch> mismatch_intact, mismatch_graft;
  std::unique_ptr<optimizer::ResponseProblem> response_problem;
  std::optional<double> bone_modulus;
  double lower_bound_modulus = 0, upper_bound_modulus = 0;
  std::string infeasible_text;
};

} // namespace cageopt
