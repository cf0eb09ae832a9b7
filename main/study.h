#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <main/case.h>
#include <optimizer/density_parametrisation.h>
#include <optimizer/level_set_parametrisation.h>
#include <optimizer/modulus_target.h>
#include <optimizer/response_catalogue.h>
#include <optimizer/response_problem.h>
#include <optimizer/scenario_problem.h>
#include <optimizer/segment_motion.h>
#include <optimizer/strain_field.h>
#include <postprocess/run_summary.h>

namespace cageopt {

/// The case as finished stages: patient, mesh, analysis, responses, problem. Built once; verbs work with it.
class Study
{
public:
  /// Reads and meshes, with what `refinement` adds; no linear system is solved yet. `given` must outlive this.
  /// Collective.
  Study(const CaseEntries &given, MPI_Comm comm, const meshing::Refinement &refinement = {});

  const CaseEntries &parameters() const { return given; }
  MPI_Comm comm() const { return communicator; }
  const meshing::DesignDomain &domain() const { return *design_domain; }
  const meshing::PatientDomain *segment() const { return patient_domain.get(); }
  const inputs::Patient *patient() const { return subject.get(); }
  /// What the planned correction changes; empty if none is planned.
  const std::string &planned_correction() const { return correction; }
  const std::vector<inputs::LoadCase> &load_cases() const { return cases; }
  const optimizer::StiffnessLaw &law() const { return *stiffness_law; }
  /// What the bone beside the cage measures, or the case gives as target, MPa; nothing for the cantilever.
  const std::optional<double> &measured_modulus() const { return bone_modulus; }
  /// The bony endplate's thickness, or a voxel where the image is coarser, mm. Needs a patient.
  double endplate_layer() const;
  /// Prints patient, frame, cage, mesh and bone.
  void describe(std::ostream &out) const;

  /// Before surgery, bonded: the motion of the cranial face under the unit wrenches, see face_motion(). Solved, by an
  /// analysis of its own, when first asked for. Needs a patient. Collective.
  const optimizer::LoadMatrix &intact_compliance();
  /// Prints how far the largest follower load of the cases turns the segment before surgery, and warns above 0.5
  /// degrees (it should go through the segment without a net moment). Degrees; nothing for cases without one.
  /// Collective.
  std::optional<double> check_follower_load(std::ostream &out);

  /// The analyses, responses and the problem. Directs the follower load where that takes a solve. Checks first whether
  /// the target modulus can be reached; throws Error{infeasible} if not and the case says stop. Solves the references
  /// that the goal needs.
  void prepare(std::ostream &out);

  /// Target and problem again, after the entries of the goal have changed. Collective.
  void restate(std::ostream &out);

  optimizer::SegmentAnalysis &analysis() { return *segment_analysis; }
  const optimizer::SegmentAnalysis &analysis() const { return *segment_analysis; }
  optimizer::ResponseCatalogue &responses() { return *catalogue; }
  optimizer::ResponseProblem &problem() { return *response_problem; }
  /// problem(), or the same over scenarios where the case asks for it: what an optimizer should see.
  optimizer::DesignProblem &optimised_problem();
  /// Of all its responses.
  void freeze_scaling(bool frozen);
  optimizer::ScenarioSet *scenarios() { return scenario_set.get(); } ///< null: nothing is uncertain
  optimizer::Parametrisation &parametrisation() { return *design_map; }
  /// The parametrisation, if it is a level set; else null.
  const optimizer::LevelSetParametrisation *level_set() const { return level_set_map; }
  /// What the bone asks of the effective modulus; nothing for the cantilever.
  const std::optional<optimizer::ModulusTarget> &modulus_target() const { return target; }
  /// Why the target cannot be reached, and what is aimed at instead; empty if it can.
  std::string infeasibility() const { return target ? target->infeasibility : ""; }
  /// "effective_modulus <= 225.6 MPa and effective_modulus >= 216.8 MPa"
  std::string describe_constraints() const;

  /// Objective, constraints' largest violation and all figures of any cage with `state` in the design cells; makes it
  /// the analysis' present design.
  struct Assessment
  {
    double objective = 0, violation = 0;
    postprocess::DesignFigures figures;
  };
  Assessment assess(const optimizer::DesignState &state);
  /// All design cells at one relative density.
  optimizer::DesignState uniform_state(double density) const;
  /// Strain and stress of the present design.
  optimizer::StrainField strain_field(const optimizer::DesignState &state);

private:
  void direct_follower_load();
  void make_parametrisation();
  void make_problem();
  /// Throws Error{infeasible} for constraints that no design keeps, as far as that is plain before any iteration.
  void refuse_impossible();

  const CaseEntries &given;
  MPI_Comm communicator;
  std::unique_ptr<inputs::Patient> subject;
  std::string correction; ///< what it changes, empty if none is planned
  std::unique_ptr<meshing::PatientDomain> patient_domain;
  std::unique_ptr<meshing::DesignDomain> cantilever;
  const meshing::DesignDomain *design_domain = nullptr;
  std::vector<inputs::LoadCase> cases;
  optimizer::Wrench follower{{0, 0, -1, 0, 0, 0}}; ///< of 1 N
  bool follower_is_directed = true;
  std::optional<optimizer::LoadMatrix> compliance_before;
  std::unique_ptr<optimizer::StiffnessLaw> stiffness_law;
  std::optional<double> bone_modulus; ///< measured or given, MPa

  std::unique_ptr<optimizer::SegmentAnalysis> segment_analysis;
  std::unique_ptr<optimizer::HelmholtzFilter> filter;
  std::unique_ptr<optimizer::SagittalSymmetry> symmetry;
  std::unique_ptr<optimizer::LevelSetGrid> level_set_grid;
  std::unique_ptr<optimizer::Parametrisation> design_map;
  const optimizer::LevelSetParametrisation *level_set_map = nullptr;
  std::unique_ptr<optimizer::ResponseCatalogue> catalogue;
  std::unique_ptr<optimizer::ResponseProblem> response_problem;
  std::unique_ptr<optimizer::ScenarioSet> scenario_set;
  std::unique_ptr<optimizer::ScenarioProblem> scenario_problem;
  std::optional<optimizer::ModulusTarget> target;
};

} // namespace cageopt
