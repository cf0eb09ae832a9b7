#include <optimizer/stiffness_law.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <deal.II/base/parameter_handler.h>

#include <inputs/collective.h>
#include <inputs/error.h>
#include <optimizer/any_modulus_law.h>
#include <optimizer/lattice_law.h>
#include <optimizer/simp_law.h>

namespace cageopt::optimizer {

using inputs::InputError;
namespace fs = std::filesystem;

namespace {

/// Rank 0's file on all ranks.
std::string read_text(const std::string &path, MPI_Comm comm)
{
  std::string text;
  inputs::on_root(comm, [&] {
    std::ifstream file(path);
    std::ostringstream content;
    if (!file || !(content << file.rdbuf()))
      throw InputError("'Stiffness law/Lattice file'", "'" + path + "'", "the file cannot be read",
                       "use skeletal_gyroid, sheet_gyroid or the path of a law file");
    text = content.str();
  });
  unsigned long long length = text.size();
  MPI_Bcast(&length, 1, MPI_UNSIGNED_LONG_LONG, 0, comm);
  text.resize(length);
  MPI_Bcast(text.data(), int(length), MPI_CHAR, 0, comm);
  return text;
}

} // namespace

double StiffnessLaw::strength(double) const { throw std::logic_error("StiffnessLaw: " + name() + " has no strength"); }

double StiffnessLaw::strength_slope(const double rho) const { return strength(rho); }

void LawParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Stiffness law");
  prm.add_parameter("Law", law,
                    "How stiffness follows from relative density. lattice: homogenised cubic constants of a printable "
                    "cell, from a table; simp: isotropic power law E_min + rho^p (E_s - E_min); any_modulus: "
                    "isotropic, any modulus between 1 MPa (density 0) and the solid's (1), printable or not: the bound "
                    "of what an envelope can do.",
                    Selection("lattice|simp|any_modulus"));
  prm.add_parameter("Lattice file", lattice_file,
                    "Table of the lattice law: skeletal_gyroid, sheet_gyroid, or the path of a JSON file of that form.",
                    Anything());
  prm.add_parameter("As-built factor", as_built_factor,
                    "Printed over ideal lattice stiffness, k_E, over the tabulated densities; rises to 1 at the solid. "
                    "Measured: 0.2 to 1. Used by lattice. Unit: 1.",
                    Double(0.01, 1.));
  prm.add_parameter("Solid Young's modulus", solid_youngs_modulus, "E_s of the solid metal. Unit: MPa.",
                    Double(1e-6, 1e9));
  prm.add_parameter("Solid Poisson's ratio", solid_poissons_ratio,
                    "Of the solid metal; with simp at all densities, with lattice at density 1 (the shipped tables "
                    "were computed with 0.3). Unit: 1.",
                    Double(0., 0.49));
  prm.add_parameter("Solid yield strength", solid_yield_strength,
                    "Of the printed solid; AMS4999A minimum for Ti6Al4V. Used by lattice. Unit: MPa.",
                    Double(1e-6, 1e6));
  prm.add_parameter(
      "Strength factor", strength_factor,
      "c of the lattice's yield strength c rho^n times the solid's over the tabulated densities, rising to "
      "the solid's at density 1. Default: open-cell foam, Gibson & Ashby 1997 [C]; printed gyroids: 13.2 MPa "
      "at 0.18 (c = 0.23), up to 81 at 0.20. Used by lattice. Unit: 1.",
      Double(1e-3, 1.));
  prm.add_parameter("Strength exponent", strength_exponent, "n of that law. Used by lattice. Unit: 1.", Double(1., 3.));
  prm.add_parameter("Minimum density", minimum_density,
                    "Lower bound of the relative density; lattice: not below the table (shipped: 0.10). Unit: 1.",
                    Double(0., 1.));
  prm.add_parameter("Maximum density", maximum_density,
                    "Upper bound of the relative density; lattice: not above the table (shipped: 0.50). Unit: 1.",
                    Double(0., 1.));
  prm.add_parameter("SIMP exponent", simp_exponent, "p of the simp law. Unit: 1.", Double(1., 10.));
  prm.add_parameter("SIMP minimum modulus", simp_minimum_modulus, "E_min of the simp law. Unit: MPa.", Double(0., 1e9));
  prm.leave_subsection();
}

void LawParameters::check() const
{
  const auto number = [](const double value) {
    std::ostringstream text;
    text << value;
    return text.str();
  };
  if (law != "lattice" && law != "simp" && law != "any_modulus")
    throw InputError("'Stiffness law/Law'", "'" + law + "'", "there is no such law",
                     "use lattice, simp or any_modulus");
  if (maximum_density < minimum_density)
    throw InputError("'Stiffness law/Maximum density'", number(maximum_density),
                     "it is below 'Minimum density', " + number(minimum_density), "exchange or widen the bounds");
  if (law == "lattice" || law == "any_modulus")
    return;
  if (simp_minimum_modulus >= solid_youngs_modulus)
    throw InputError("'Stiffness law/SIMP minimum modulus'", number(simp_minimum_modulus) + " MPa",
                     "it is not below 'Solid Young's modulus', " + number(solid_youngs_modulus) + " MPa",
                     "use about a millionth of the solid's modulus");
  if (minimum_density == 0. && simp_minimum_modulus == 0.)
    throw InputError("'Stiffness law/SIMP minimum modulus'", "0 MPa",
                     "with a minimum density of 0 the stiffness would be singular",
                     "use about a millionth of the solid's modulus, or a minimum density above 0");
}

std::string lattice_file_path(const std::string &lattice_file, const std::string &data_directory)
{
  const fs::path path(lattice_file);
  if (path.extension() == ".json" || lattice_file.find('/') != std::string::npos)
    return path.is_absolute() ? path.string() : (fs::path(data_directory) / path).string();
  const char *const laws = std::getenv("CAGEOPT_LAWS");
  if (laws != nullptr && *laws != '\0')
    return (fs::path(laws) / (lattice_file + ".json")).string();
  // Beside an installed program, or where it was built.
  std::error_code error;
  const auto installed = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path() / "share/cageopt/laws" /
                         (lattice_file + ".json");
  if (!error && fs::exists(installed, error))
    return installed.string();
  return (fs::path(CAGEOPT_LAW_DIRECTORY) / (lattice_file + ".json")).string();
}

std::unique_ptr<StiffnessLaw> make_stiffness_law(const LawParameters &parameters, const std::string &data_directory,
                                                 MPI_Comm comm)
{
  parameters.check();
  if (parameters.law == "any_modulus")
    return std::make_unique<AnyModulusLaw>(parameters);
  if (parameters.law == "simp")
    return std::make_unique<SimpLaw>(parameters);
  const std::string path = lattice_file_path(parameters.lattice_file, data_directory);
  return std::make_unique<LatticeLaw>(LatticeTable::parse(read_text(path, comm), path), parameters);
}

} // namespace cageopt::optimizer
