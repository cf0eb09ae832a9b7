#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <inputs/cortex.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Specimen".
struct SpecimenParameters
{
  std::string image_file;
  std::string bone = "threshold"; ///< threshold | labels
  struct Segmentation
  {
    double gaussian_sigma = 0; ///< voxels
    double zoom = 1;           ///< voxels after over voxels before, along an axis
    unsigned int spline_order = 2;
    double threshold = 0;            ///< grey value
    unsigned int closing_radius = 0; ///< voxels
  } segmentation;
  std::string label_file, bone_labels;
  unsigned int lower_pad_label = 0, upper_pad_label = 0; ///< 0: no pad
  double pad_youngs_modulus = 2500;                      ///< MPa
  double pad_poissons_ratio = .3;

  std::string material = "constant"; ///< constant | density law
  double youngs_modulus = 18000;     ///< MPa
  double poissons_ratio = .3;
  std::string bone_law = "kopperdahl2002_power", density_type = "K2HPO4";
  unsigned int density_bins = 0; ///< 0: each voxel has its own density
  CortexParameters cortex;

  std::string load_axis = "z";
  std::string lower_platen = "sliding", upper_platen = "sliding"; ///< bonded | sliding
  double displacement = .01;                                      ///< mm, the platens towards each other
  std::string published_values, published_source;

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError for entries that contradict each other, and for those of `stated` ("Specimen/Entry", as
  /// CaseFile::stated()) that this specimen does not use.
  void check(const std::set<std::string> &stated = {}) const;

  bool has_labels() const { return bone == "labels"; }
  unsigned int axis() const { return load_axis == "x" ? 0 : load_axis == "y" ? 1 : 2; }
  /// Throws InputError for what is no list of whole numbers above zero, and for a label named twice.
  std::vector<std::uint16_t> bone_label_list() const;
  /// Names a figure of this analysis may have in `published_values`, and so in the report.
  static const std::vector<std::string> &figure_names();
  /// By figure_names(). Throws InputError for an unknown name (with the nearest), a value that is no number above zero.
  std::vector<std::pair<std::string, double>> published() const;

private:
  void refuse_unused(const std::set<std::string> &stated) const;
};

} // namespace cageopt::inputs
