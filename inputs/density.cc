#include <inputs/density.h>

namespace cageopt::inputs {

std::string name_of(const DensityMeasure measure)
{
  switch (measure) {
  case DensityMeasure::k2hpo4:
    return "K2HPO4";
  case DensityMeasure::caha:
    return "CaHA";
  case DensityMeasure::ash:
    return "ash";
  case DensityMeasure::wet_apparent:
    return "wet apparent";
  }
  return "";
}

std::string conversion_citation(const DensityMeasure from, const DensityMeasure to)
{
  if (from == to)
    return "";
  std::string text;
  const auto add = [&text](const std::string &step) { text += (text.empty() ? "" : "; ") + step; };
  if (from == DensityMeasure::k2hpo4)
    add("ash = 1.06 K2HPO4 + 38.9 mg/cm3 (Keyak et al. 1994, J Biomed Mater Res) [B/C]");
  if (from == DensityMeasure::caha)
    add("ash = 0.877 CaHA + 79 mg/cm3 (Schileo et al. 2008) [C]");
  if (from == DensityMeasure::wet_apparent)
    add("ash = 0.60 wet apparent (Schileo et al. 2008) [B]");
  if (to == DensityMeasure::k2hpo4)
    add("K2HPO4 = (ash - 38.9 mg/cm3) / 1.06 (Keyak et al. 1994, inverted) [B/C]");
  if (to == DensityMeasure::wet_apparent)
    add("wet apparent = ash / 0.60 (Schileo et al. 2008) [B]");
  return text;
}

} // namespace cageopt::inputs
