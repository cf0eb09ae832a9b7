#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::meshing {

/// Subsection "Cage".
struct CageParameters
{
  std::string family = "alif";                ///< of CageOutline, or "surface"
  std::string envelope_file;                  ///< closed surface
  std::string window_file;                    ///< likewise
  std::string envelope_axes = "design";       ///< of both
  std::string data_directory;                 ///< where their relative names start
  double endplate_coverage = 0.85;            ///< share of the endplates' overlap
  double width = 0;                           ///< mm; 0: from the coverage
  double depth = 0;                           ///< mm; 0: from the coverage
  double pair_distance = 20;                  ///< mm
  std::string placement = "centred";          ///< centred | strongest
  double offset_anterior = 0;                 ///< mm
  double offset_right = 0;                    ///< mm
  double rotation = 0;                        ///< degrees
  std::string faces = "conforming";           ///< conforming | flat | own
  double height = 0;                          ///< mm, of flat faces; 0: that of the disc space
  double lordosis = 0;                        ///< degrees, between flat faces
  double rim_margin = 1.;                     ///< mm
  double window_share = 0.4;                  ///< of the footprint's area
  std::optional<double> bearing_window_share; ///< of the face that 'Placement = strongest' weighs, if another; no entry
  double inserter_width = 10.;                ///< mm
  double inserter_depth = 4.;                 ///< mm
  double frame_thickness = 0.;                ///< mm
  double frame_height_share = 0.4;            ///< of the local cage height
  unsigned int struts = 0;                    ///< of each cage
  double strut_diameter = 2.;                 ///< mm
  double strut_height_share = 1.;             ///< of the local cage height
  double graft_youngs_modulus = 100;
  double graft_poissons_ratio = 0.2;
  double frame_youngs_modulus = 110000;
  double frame_poissons_ratio = 0.3;

  void declare(dealii::ParameterHandler &prm);
  void check() const;
  /// The same envelope, all of it free for the lattice: no window and no solid parts.
  CageParameters all_design() const;
  /// The same cage in the largest size of another family.
  CageParameters of_family(const std::string &name) const;
  /// All that are named.
  std::vector<std::string> files() const;

private:
  void check_surface() const;
};

} // namespace cageopt::meshing
