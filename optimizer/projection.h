#pragma once

namespace cageopt::optimizer {

/// Smooth step of a field t in [0, 1],
///   H(t) = (tanh(beta eta) + tanh(beta (t - eta))) / (tanh(beta eta) + tanh(beta (1 - eta))),
/// with H(0) = 0 and H(1) = 1; beta = 0 is the identity. Wang, Lazarov & Sigmund (2011), Struct Multidisc Optim 43:767,
/// eq. 5. With three thresholds eta it makes eroded, intermediate and dilated designs, which differ by a minimum length
/// scale (ibid.).
struct Projection
{
  double beta = 0;  ///< sharpness
  double eta = 0.5; ///< threshold

  double value(double t) const;
  double slope(double t) const; ///< dH/dt
};

} // namespace cageopt::optimizer
