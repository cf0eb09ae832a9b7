#pragma once

#include <array>
#include <cstdint>
#include <map>

#include <inputs/geometry.h>
#include <inputs/image.h>

namespace dealii {
class ParameterHandler;
}

namespace cageopt::inputs {

/// Subsection "Phantom".
struct PhantomParameters
{
  double voxel_in_plane = 0.7;        ///< mm
  double voxel_slice = 1.0;           ///< mm
  double psf_in_plane = 0.9;          ///< full width at half maximum, mm
  double psf_slice = 1.2;             ///< full width at half maximum, mm
  double trabecular_density = 75.;    ///< mg/cm3, K2HPO4
  double density_heterogeneity = 0.3; ///< standard deviation over mean
  double correlation_length = 4.;     ///< mm
  double cortical_thickness = 0.4;    ///< mm
  double endplate_thickness = 0.6;    ///< mm
  double lordosis = 9.;               ///< degrees
  double disc_height = 8.;            ///< mm
  double noise = 15.;                 ///< HU
  unsigned int seed = 1;
  std::array<double, 3> tilt{{7., 4., 2.}}; ///< degrees; no endplate is parallel to the slices

  void declare(dealii::ParameterHandler &prm);
  /// The disc must be at least 3 mm high at its posterior rim.
  void check() const;
};

/// The built-in synthetic patient: a CT image and a label map of the osteoporotic segment L3-L4, and the truth about
/// both. L3 and L4 (bodies 22 and 23, posterior elements 122 and 123) and the disc between (222), which fills the space
/// between the two concave endplates where the bodies overlap; whole bodies, at least 12 mm of image around them.
///
/// The image is the analytic anatomy averaged over each voxel (supersampled where tissues meet), convolved with the
/// scanner's point spread function (Gaussian), plus correlated Gaussian noise, in whole HU. The anatomy and its density
/// do not depend on voxel size, tilt or noise. The same parameters give the same image. Labels go by the tissue at
/// the voxel's centre.
/// Trabecular density of each body: mean (1 + heterogeneity g), g a Gaussian random field (autocorrelation
/// exp(-|r|^2/L^2), L the correlation length) plus a part that rises towards endplates and posterior wall, shifted and
/// scaled to mean 0 and variance 1 over the trabecular region. Local densities below zero occur, as in fatty marrow.
class Phantom
{
public:
  /// Calls parameters.check(). Takes a few seconds.
  explicit Phantom(const PhantomParameters &parameters);

  const Image<std::int16_t> &hounsfield() const { return hounsfield_image; }
  const Image<std::uint16_t> &labels() const { return label_image; }

  /// The line the image was made with: BMD [mg/cm3, K2HPO4] = intercept + slope HU.
  double slope() const;
  double intercept() const;

  /// A plane in world (RAS) coordinates.
  struct Plane
  {
    Point centre; ///< mean of the endplate surface over its outline, mm
    Point normal; ///< of the least-squares plane and of the rim, cranial
  };

  struct Truth
  {
    /// RAS mm. Origin midway between the endplates' centres; z cranial, normal to the mid-plane of the two planes
    /// below; y anterior; x right.
    Affine design_to_world;
    Plane cranial_endplate;                       ///< inferior endplate of L3
    Plane caudal_endplate;                        ///< superior endplate of L4
    double cranial_concavity = 0;                 ///< greatest depth of that endplate below its rim, mm
    double caudal_concavity = 0;                  ///< likewise
    std::array<double, 2> trabecular_density{{}}; ///< mean of L3 and L4, mg/cm3
    std::array<double, 2> trabecular_volume{{}};  ///< of L3 and L4, mm^3
    std::map<std::uint16_t, double> volume;       ///< by label, mm^3
  };
  const Truth &truth() const { return known; }

private:
  Image<std::int16_t> hounsfield_image;
  Image<std::uint16_t> label_image;
  Truth known;
};

} // namespace cageopt::inputs
