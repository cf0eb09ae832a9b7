#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <main/study.h>

namespace cageopt {

/// What the validation page states of a meshed study, the same on all ranks; on any number of ranks but for rounding.
struct ValidationFigures
{
  /// Collective.
  explicit ValidationFigures(const Study &study);

  /// A load case with the resultant of its nodal forces about the disc centre, N and N mm.
  struct Load
  {
    std::string name, citation;
    double weight = 0;
    std::array<double, 6> stated, integrated;
    /// Largest difference, of forces relative to the largest force, of moments to the largest moment (or to the largest
    /// force at an arm of 1 mm, where no moment is stated).
    double difference() const;
  };
  static constexpr double resultant_tolerance = 1e-9;

  /// Densities of the voxels of one label between the model's end planes, mg/cm3.
  struct Density
  {
    std::string name;
    std::size_t n_voxels = 0;
    double mean = 0, standard_deviation = 0;
    std::array<double, 5> percentiles{};  ///< 5, 25, 50, 75, 95
    std::size_t n_below = 0, n_above = 0; ///< outside the densities that the bone law rests on
    std::vector<float> values;            ///< sorted
  };
  /// Young's modulus of the mesh's bone cells before surgery, weighted by volume.
  struct Modulus
  {
    double volume = 0, mean = 0;   ///< mm^3, MPa
    std::vector<double> histogram; ///< mm^3 in each bin of `modulus_edges`
  };

  std::vector<Load> loads;
  std::uint64_t n_support_nodes = 0, n_loaded_nodes = 0;
  double support_area = 0, loaded_area = 0;      ///< mm^2 of cell faces on the lower and upper plane
  std::map<double, std::uint64_t> cells_by_edge; ///< mm
  inputs::Point low, high;                       ///< corners of the mesh's box, mm

  // The rest needs a patient.
  std::vector<Density> densities;    ///< cranial body, caudal body, disc
  std::array<double, 2> law_range{}; ///< of the patient's densities, mg/cm3
  std::vector<double> modulus_edges; ///< MPa
  std::array<Modulus, 2> moduli;     ///< cranial, caudal bone

private:
  void add_loads(const Study &study);
  void add_mesh(const meshing::DesignDomain &domain);
  void add_densities(const Study &study);
  void add_moduli(const meshing::DesignDomain &domain);
};

} // namespace cageopt
