#include <optimizer/lattice_law.h>

#include <math.h> // not <cmath>: pchip.hpp of Boost 1.74 calls ::isnan

#include <algorithm>
#include <sstream>

#include <boost/math/interpolators/pchip.hpp>
#include <nlohmann/json.hpp>

#include <inputs/error.h>

namespace cageopt::optimizer {

using inputs::CubicStiffness;
using inputs::InputError;

namespace {

std::string number(const double value)
{
  std::ostringstream text;
  text << value;
  return text.str();
}

bool rises(const CubicStiffness &from, const CubicStiffness &to)
{
  return to.deviatoric() > from.deviatoric() && to.volumetric() > from.volumetric() && to.c44 > from.c44;
}

void check_table(const LatticeTable &table, const std::string &source)
{
  const std::size_t n_rows = table.density.size();
  if (n_rows < 3)
    throw InputError("The number of rows in " + source, std::to_string(n_rows), "a law needs at least 3 densities",
                     "add rows to the table");
  const auto solid = CubicStiffness::isotropic(1., table.solid_poissons_ratio);
  for (std::size_t row = 0; row < n_rows; ++row) {
    const double rho = table.density[row];
    const std::string where = "Row " + std::to_string(row + 1) + " of " + source;
    if (!(rho > (row == 0 ? 0. : table.density[row - 1]) && rho < 1.))
      throw InputError(where, "at relative density " + number(rho), "densities rise strictly between 0 and 1",
                       "sort the rows and leave out the solid, which is added by the law");
    if (!table.stiffness[row].is_positive_definite())
      throw InputError(where,
                       "C11 " + number(table.stiffness[row].c11) + ", C12 " + number(table.stiffness[row].c12) +
                           ", C44 " + number(table.stiffness[row].c44),
                       "C11 - C12, C11 + 2 C12 and C44 must be positive", "correct the constants");
    const std::string correction = "correct the constants; they are per unit of the solid's Young's modulus";
    if (row > 0 && !rises(table.stiffness[row - 1], table.stiffness[row]))
      throw InputError(where, "not stiffer than the row before",
                       "C11 - C12, C11 + 2 C12 and C44 must rise with density", correction);
    if (row + 1 == n_rows && !rises(table.stiffness[row], solid))
      throw InputError(where, "not softer than the solid",
                       "C11 - C12, C11 + 2 C12 and C44 must rise with density up to the solid of modulus 1",
                       correction);
  }
}

using Pchip = boost::math::interpolators::pchip<std::vector<double>>;

} // namespace

LatticeTable LatticeTable::parse(const std::string &text, const std::string &source)
{
  LatticeTable table;
  try {
    const auto json = nlohmann::json::parse(text);
    table.name = json.at("name").get<std::string>();
    table.citation = json.at("citation").get<std::string>() + " [" + json.at("mark").get<std::string>() + "]";
    table.solid_poissons_ratio = json.at("solid_poissons_ratio").get<double>();
    const auto columns = json.at("columns").get<std::vector<std::string>>();
    const auto column = [&](const std::string &name) {
      const auto position = std::find(columns.begin(), columns.end(), name);
      if (position == columns.end())
        throw InputError("The list 'columns' of " + source, "without '" + name + "'",
                         "a law file has relative_density, C11, C12, C44 and E100",
                         "compare it with a file in inputs/laws");
      return std::size_t(position - columns.begin());
    };
    const std::size_t rho = column("relative_density"), c11 = column("C11"), c12 = column("C12"), c44 = column("C44"),
                      e100 = column("E100");
    for (const auto &row : json.at("rows")) {
      table.density.push_back(row.at(rho).get<double>());
      table.stiffness.push_back({row.at(c11).get<double>(), row.at(c12).get<double>(), row.at(c44).get<double>()});
      table.youngs_modulus_100.push_back(row.at(e100).get<double>());
    }
  } catch (const nlohmann::json::exception &error) {
    throw InputError("The lattice file " + source, std::string("not readable (") + error.what() + ")",
                     "a law is JSON with name, citation, mark, solid_poissons_ratio, columns and rows",
                     "compare it with a file in inputs/laws");
  }
  if (!(table.solid_poissons_ratio > -1. && table.solid_poissons_ratio < .5))
    throw InputError("'solid_poissons_ratio' in " + source, number(table.solid_poissons_ratio),
                     "it lies between -1 and 0.5", "correct the file");
  check_table(table, source);
  return table;
}

struct LatticeLaw::Interpolants
{
  Pchip deviatoric, volumetric, c44;
};

LatticeLaw::LatticeLaw(const LatticeTable &lattice_table, const LawParameters &parameters)
    : table(lattice_table), solid_modulus(parameters.solid_youngs_modulus), as_built_factor(parameters.as_built_factor),
      solid_strength(parameters.solid_yield_strength), strength_factor(parameters.strength_factor),
      strength_exponent(parameters.strength_exponent), lower(parameters.minimum_density),
      upper(parameters.maximum_density)
{
  const double first = table.density.front(), last = table.density.back();
  const std::string range = "the table '" + table.name + "' covers " + number(first) + " to " + number(last);
  if (lower < first || lower > last)
    throw InputError("'Stiffness law/Minimum density'", number(lower), range,
                     "use at least " + number(first) + " or a lattice file that reaches lower");
  if (upper > last || upper < lower)
    throw InputError("'Stiffness law/Maximum density'", number(upper), range,
                     "use at most " + number(last) + " or a lattice file that reaches higher");

  const auto solid = CubicStiffness::isotropic(1., parameters.solid_poissons_ratio);
  if (!rises(table.stiffness.back(), solid))
    throw InputError("'Stiffness law/Solid Poisson's ratio'", number(parameters.solid_poissons_ratio),
                     "the solid would be softer than the lattice '" + table.name + "' at " + number(last),
                     "use the ratio of the table, " + number(table.solid_poissons_ratio));
  const auto interpolant = [&](double (*quantity)(const CubicStiffness &)) {
    std::vector<double> x = table.density, y;
    for (const auto &row : table.stiffness)
      y.push_back(quantity(row));
    x.push_back(1.);
    y.push_back(quantity(solid));
    return Pchip(std::move(x), std::move(y));
  };
  interpolants.reset(new Interpolants{interpolant([](const CubicStiffness &c) { return c.deviatoric(); }),
                                      interpolant([](const CubicStiffness &c) { return c.volumetric(); }),
                                      interpolant([](const CubicStiffness &c) { return c.c44; })});
}

LatticeLaw::~LatticeLaw() = default;

void LatticeLaw::check_density(const double rho) const
{
  if (!(rho >= table.density.front() && rho <= 1.))
    throw InputError("The relative density", std::to_string(rho),
                     "the lattice law '" + table.name + "' is defined from " + number(table.density.front()) + " to 1",
                     "keep the design's densities within these bounds");
}

CubicStiffness LatticeLaw::stiffness(const double rho) const
{
  check_density(rho);
  const double s = std::max(0., (rho - table.density.back()) / (1. - table.density.back()));
  const double factor = as_built_factor + (1. - as_built_factor) * s * s * (3. - 2. * s);
  return solid_modulus * factor *
         CubicStiffness::from_eigenvalues(interpolants->deviatoric(rho), interpolants->volumetric(rho),
                                          interpolants->c44(rho));
}

CubicStiffness LatticeLaw::derivative(const double rho) const
{
  check_density(rho);
  const double width = 1. - table.density.back();
  const double s = std::max(0., (rho - table.density.back()) / width);
  const double factor = as_built_factor + (1. - as_built_factor) * s * s * (3. - 2. * s);
  const double factor_slope = (1. - as_built_factor) * 6. * s * (1. - s) / width;
  const auto value = CubicStiffness::from_eigenvalues(interpolants->deviatoric(rho), interpolants->volumetric(rho),
                                                      interpolants->c44(rho));
  const auto slope = CubicStiffness::from_eigenvalues(
      interpolants->deviatoric.prime(rho), interpolants->volumetric.prime(rho), interpolants->c44.prime(rho));
  return solid_modulus * (factor * slope + factor_slope * value);
}

double LatticeLaw::strength(const double rho) const
{
  check_density(rho);
  const double s = std::max(0., (rho - table.density.back()) / (1. - table.density.back()));
  const double blend = s * s * (3. - 2. * s);
  return solid_strength * (strength_factor * std::pow(rho, strength_exponent) * (1. - blend) + blend);
}

double LatticeLaw::strength_slope(const double rho) const
{
  check_density(rho);
  const double width = 1. - table.density.back(), s = std::max(0., (rho - table.density.back()) / width);
  const double blend = s * s * (3. - 2. * s), blend_slope = 6. * s * (1. - s) / width;
  const double power = strength_factor * std::pow(rho, strength_exponent);
  return solid_strength * (power * strength_exponent / rho * (1. - blend) + (1. - power) * blend_slope);
}

std::string LatticeLaw::name() const { return table.name + ", as-built factor " + number(as_built_factor); }

} // namespace cageopt::optimizer
