#pragma once

#include <string>
#include <vector>

#include <main/study.h>

namespace cageopt {

/// The design that `cageopt solve --design` asks for:
///   solid         titanium in all design cells
///   uniform=RHO   lattice of one relative density
///   intact        before surgery, disc in place of the cage
///   FILE          the density that a run wrote, field/density_patient.nii.gz; where the run's fields were two_field or
///                 level_set, lattice_share_patient.nii.gz and lattice_density_patient.nii.gz are read beside it
class DesignChoice
{
public:
  /// Throws InputError for a density that is none and for a file that is not there.
  explicit DesignChoice(const std::string &text);

  bool is_intact() const { return text == "intact"; }
  const std::string &name() const { return text; }
  /// What state() reads: the density, or share and density of the lattice; nothing for a design that is no file.
  std::vector<std::string> files(const optimizer::ParametrisationParameters &fields) const;
  /// In the design cells of a prepared study: each takes the voxel at its centre. `fields`: of
  /// ParametrisationParameters. Throws InputError for a density outside the law's range, a file that cannot be read,
  /// and one that does not reach over all design cells. Collective.
  optimizer::DesignState state(const Study &study, const optimizer::ParametrisationParameters &fields) const;

private:
  bool is_file() const { return !is_intact() && text != "solid" && !is_uniform; }

  std::string text;
  bool is_uniform = false;
  double density = 0;
};

} // namespace cageopt
