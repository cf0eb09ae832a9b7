#pragma once

#include <iosfwd>
#include <map>
#include <string>

#include <main/case.h>
#include <meshing/specimen_domain.h>
#include <postprocess/grid_view.h>
#include <solver/platen_compression.h>

namespace cageopt {

/// A specimen read and meshed, and pressed on request. Figures are those of SpecimenParameters::figure_names().
class SpecimenStudy
{
public:
  /// Throws InputError for a case whose 'Problem' is another. `given` must outlive this. Collective.
  SpecimenStudy(const CaseEntries &given, MPI_Comm comm);

  /// Prints image, bone, material, mesh and platens.
  void describe(std::ostream &out) const;
  const inputs::Specimen &specimen() const { return body; }
  const meshing::SpecimenDomain &mesh() const { return meshed; }
  /// Of the mesh alone.
  std::map<std::string, double> counts() const;
  /// Solves, and adds force, stiffness and, where the image is the specimen's whole section, apparent modulus
  /// E = F H / (A displacement), H between the platens and A the section of the image. Prints forces and balance.
  /// Throws Error{not_converged}. Collective.
  std::map<std::string, double> press(std::ostream &out);
  /// |lower + upper| / |upper| of the platens' forces along the axis in the last press().
  double imbalance() const { return force_imbalance; }
  const solver::SolveReport &last_report() const { return compression->last_report(); }
  /// Each published value beside that of `figures`, as far as they hold it, and the difference in per cent.
  void compare(const std::map<std::string, double> &figures, std::ostream &out) const;
  /// Part, modulus, density and platens; after press() displacement, strain and stress. Collective.
  postprocess::GridView view();

private:
  const inputs::SpecimenParameters &asked;
  const solver::SolverParameters &solver_settings;
  const inputs::Specimen body;
  const meshing::SpecimenDomain meshed;
  std::unique_ptr<solver::PlatenCompression> compression;
  double force_imbalance = 0;
};

} // namespace cageopt
