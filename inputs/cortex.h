#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <inputs/image.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Cortex": the thin shell of a bone that voxels are too wide to show.
struct CortexParameters
{
  double thickness = 0;      ///< mm; 0: no shell is told apart
  double density = 0;        ///< mg/cm3, in the calibration's measure
  double youngs_modulus = 0; ///< MPa
  std::string source;        ///< of the three

  void declare(dealii::ParameterHandler &prm);
  /// All four entries are stated or none. `path` is the subsection's, for messages.
  void check(const std::string &path) const;
  bool is_on() const { return thickness > 0; }
};

/// A partial-volume model of cortex and bony endplates: what share of each voxel beneath a bone's surface is shell. The
/// thickness is stated, and so is the density, as in cortical bone mapping (Treece et al. 2010, Med Image Anal 14:276),
/// where a fixed density makes the split of a blurred cortex determinate.
///
/// Voxels are told apart in layers: k is the number of steps along the axes to the surface, less one. Layers beneath a
/// plane with normal n are delta = max_i |n_i| h_i apart, so that the share f = clamp(t / delta - k, 0, 1) holds the
/// volume of a shell of thickness t. The normal points from the centre of the bone within a ball to the voxel.
/// The mineral of a voxel is kept: rho = f rho_shell + (1 - f) rho_rest. Where it does not suffice (rho_rest < 0: blur
/// has carried it out of the label), f becomes rho / rho_shell.
class Cortex
{
public:
  /// No shell.
  Cortex() = default;

  enum Tissue : std::uint8_t
  {
    outside = 0,
    bone = 1,
    other_bone = 2 ///< has no shell, and where it touches there is no surface
  };
  /// `tissue`, `density` [mg/cm3]: [n_voxels]. The border of the image is no surface.
  Cortex(const CortexParameters &parameters, const ImageGrid &grid, const std::vector<std::uint8_t> &tissue,
         const std::vector<float> &density);

  bool is_on() const { return given.is_on(); }
  /// Volume of shell over volume of the voxel, 0 to 1.
  double share(const std::size_t voxel) const { return shares.empty() ? 0. : shares[voxel]; }
  /// On other voxels, each a part of the old one whose number `origin` holds, or of none.
  Cortex resampled(const std::vector<std::size_t> &origin) const;
  static constexpr std::size_t none = ~std::size_t(0);

  /// E = f E_shell + (1 - f) E_law(rho_rest), MPa, by Voigt: right for strain along the shell. Across it the layers are
  /// in series, and this is too stiff.
  double youngs_modulus(std::size_t voxel, double density, const std::function<double(double)> &law) const;

  /// Thickness that the mineral sufficed for, mean over the surface, mm.
  double mean_thickness() const { return surface > 0 ? volume / surface : 0.; }
  double surface_area() const { return surface; }   ///< mm^2
  std::size_t n_voxels() const { return n_shell; }  ///< that hold some
  std::size_t n_thinned() const { return n_short; } ///< of these, without enough mineral
  /// For the terminal; empty without a shell.
  std::string description() const;

private:
  CortexParameters given;
  std::vector<float> shares;
  double volume = 0, surface = 0; ///< mm^3, mm^2
  std::size_t n_shell = 0, n_short = 0;
};

} // namespace cageopt::inputs
