#include <optimizer/cage_stress.h>

#include <cmath>

#include <inputs/error.h>

namespace cageopt::optimizer {

namespace {

std::vector<std::uint32_t> design_and_frame(const SegmentAnalysis &analysis)
{
  auto cells = analysis.design_cells();
  const auto &region = analysis.domain().region;
  for (std::uint32_t cell = 0; cell < region.size(); ++cell)
    if (region[cell] == meshing::Region::frame)
      cells.push_back(cell);
  return cells;
}

double checked_share(const char *what, const double share)
{
  if (!(share > 0 && share <= 1))
    throw inputs::InputError(what, std::to_string(share), "it is a share of the yield strength or of the load",
                             "use a number above 0 and up to 1");
  return share;
}

} // namespace

CageStress::CageStress(std::string name, SegmentAnalysis &analysis, const double frame_yield_strength,
                       const Factors &factors, const double exponent)
    : LocalMaximum(std::move(name), analysis, design_and_frame(analysis), true, exponent), factors(factors),
      frame_utilisation(1. / frame_yield_strength * analysis.domain().frame)
{
  if (!(frame_yield_strength > 0))
    throw inputs::InputError("The yield strength of the solid", std::to_string(frame_yield_strength) + " MPa",
                             "stresses are divided by it", "titanium alloy as printed: about 765 MPa");
}

CageStress::CageStress(SegmentAnalysis &analysis, const double frame_yield_strength, const double exponent)
    : CageStress("cage_stress", analysis, frame_yield_strength, Factors(), exponent)
{
}

CageStress CageStress::fatigue(SegmentAnalysis &analysis, const double frame_yield_strength,
                               const double amplitude_share, const double lattice_fatigue_share,
                               const double frame_fatigue_share, const double exponent)
{
  const double amplitude = checked_share("The share of the load that is cyclic", amplitude_share);
  const Factors factors{amplitude / checked_share("The fatigue strength of the lattice", lattice_fatigue_share),
                        amplitude / checked_share("The fatigue strength of the frame", frame_fatigue_share)};
  return CageStress("fatigue_utilisation", analysis, frame_yield_strength, factors, exponent);
}

std::string CageStress::citation() const
{
  const std::string stress = "macroscopic von Mises stress over the strength at the density (Gibson & Ashby 1997); "
                             "p-norm: Le et al. (2010), doi:10.1007/s00158-009-0440-y";
  return name() == "cage_stress" ? stress
                                 : "fatigue strengths as shares of yield, an input with its own source; " + stress;
}

void CageStress::check(const DesignState &state) const
{
  int is_missing = state.utilisation.size() < analysis.design_cells().size();
  MPI_Allreduce(MPI_IN_PLACE, &is_missing, 1, MPI_INT, MPI_MAX, analysis.domain().mesh.comm());
  if (is_missing)
    throw inputs::InputError("The response '" + name() + "'", "a stress over the lattice's strength",
                             "the stiffness law knows no strength", "use the law 'lattice', or another response");
}

void CageStress::measure(const std::size_t i, const Tensor6 &strain, const DesignState &state, Parts &parts) const
{
  const bool is_design = i < analysis.design_cells().size();
  const auto &c = is_design ? state.utilisation[i] : frame_utilisation;
  const double factor = is_design ? factors.lattice : factors.frame;
  // Only the deviator counts: s_k = (C11 - C12) e_k on the normal components, 2 C44 eps in shear.
  const double mean = (strain[0] + strain[1] + strain[2]) / 3.;
  Tensor6 deviator, stress;
  for (unsigned int m = 0; m < 6; ++m) {
    deviator[m] = m < 3 ? strain[m] - mean : strain[m];
    stress[m] = (m < 3 ? c.deviatoric() : 2. * c.c44) * deviator[m];
  }
  double normal = 0, shear = 0;
  for (unsigned int m = 0; m < 3; ++m) {
    normal += stress[m] * stress[m];
    shear += stress[3 + m] * stress[3 + m];
  }
  const double von_mises = std::sqrt(1.5 * normal + 3. * shear);
  auto &part = parts[0];
  part.value = factor * von_mises;
  if (!(von_mises > 0))
    return;
  double by_deviatoric = 0, by_c44 = 0;
  for (unsigned int m = 0; m < 6; ++m) {
    const double by_stress = factor * (m < 3 ? 1.5 : 3.) * stress[m] / von_mises;
    part.by_strain[m] = by_stress * (m < 3 ? c.deviatoric() : 2. * c.c44);
    (m < 3 ? by_deviatoric : by_c44) += by_stress * (m < 3 ? deviator[m] : 2. * deviator[m]);
  }
  part.by_utilisation = {by_deviatoric, -by_deviatoric, by_c44};
}

} // namespace cageopt::optimizer
