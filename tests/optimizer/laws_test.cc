// Stiffness laws: tables reproduced, exact derivatives, positive definite and monotone at every density, refusals.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/lattice_law.h>
#include <optimizer/simp_law.h>

namespace cageopt::optimizer {
namespace {

using inputs::CubicStiffness;

LatticeTable shipped_table(const std::string &name)
{
  const std::string path = std::string(CAGEOPT_SOURCE_DIR) + "/inputs/laws/" + name + ".json";
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return LatticeTable::parse(text.str(), path);
}

std::string refusal(const std::function<void()> &action)
{
  try {
    action();
  } catch (const inputs::Error &error) {
    EXPECT_EQ(error.code, inputs::ExitCode::bad_input);
    return error.what();
  }
  return "no refusal";
}

void expect_derivative(const StiffnessLaw &law, const double rho)
{
  const double h = 1e-5;
  const auto numeric = 1. / (2. * h) * (law.stiffness(rho + h) + -1. * law.stiffness(rho - h));
  const auto exact = law.derivative(rho);
  EXPECT_NEAR(numeric.c11 / exact.c11, 1., 1e-7) << rho;
  EXPECT_NEAR(numeric.c12 / exact.c12, 1., 1e-7) << rho;
  EXPECT_NEAR(numeric.c44 / exact.c44, 1., 1e-7) << rho;
}

TEST(CubicStiffness, IsotropicRelations)
{
  const auto stiffness = CubicStiffness::isotropic(110000., .3);
  const double lambda = 110000. * .3 / (1.3 * .4), mu = 110000. / 2.6; // Lame
  EXPECT_NEAR(stiffness.c11, lambda + 2. * mu, 1e-9 * stiffness.c11);
  EXPECT_NEAR(stiffness.c12, lambda, 1e-9 * lambda);
  EXPECT_NEAR(stiffness.c44, mu, 1e-9 * mu);
  EXPECT_NEAR(stiffness.youngs_modulus_100(), 110000., 1e-6);
  EXPECT_NEAR(stiffness.poissons_ratio_100(), .3, 1e-14);
  EXPECT_NEAR(stiffness.zener(), 1., 1e-14);
  EXPECT_TRUE(stiffness.is_positive_definite());
  EXPECT_FALSE((CubicStiffness{1., 1., 1.}.is_positive_definite()));
}

class ShippedLattice : public testing::TestWithParam<std::string>
{
};

TEST_P(ShippedLattice, TypedNumbersAgreeWithEachOther)
{
  const auto table = shipped_table(GetParam());
  ASSERT_EQ(table.density.size(), 5u);
  EXPECT_NE(table.citation.find("[R]"), std::string::npos);
  for (std::size_t row = 0; row < 5; ++row) {
    EXPECT_DOUBLE_EQ(table.density[row], .1 * double(row + 1));
    // Five decimals each; E100 of the sparsest skeletal cell is a small difference: d E100 <= 1.6 x 0.5e-5 + 0.5e-5.
    EXPECT_NEAR(table.stiffness[row].youngs_modulus_100(), table.youngs_modulus_100[row], 1.5e-5);
  }
}

TEST_P(ShippedLattice, TypedPoissonAndZenerAgree)
{
  std::ifstream file(std::string(CAGEOPT_SOURCE_DIR) + "/inputs/laws/" + GetParam() + ".json");
  const auto table = shipped_table(GetParam());
  std::string line;
  std::size_t row = 0;
  while (std::getline(file, line)) {
    double rho, threshold, c11, c12, c44, e100, poisson, zener;
    if (std::sscanf(line.c_str(), " [%lf, %lf, %lf, %lf, %lf, %lf, %lf, %lf]", &rho, &threshold, &c11, &c12, &c44,
                    &e100, &poisson, &zener) != 8)
      continue;
    EXPECT_NEAR(table.stiffness[row].poissons_ratio_100(), poisson, 6e-4);
    EXPECT_NEAR(table.stiffness[row].zener(), zener, 6e-3);
    ++row;
  }
  EXPECT_EQ(row, 5u);
}

TEST_P(ShippedLattice, NodesAreReproducedWithTheAsBuiltFactor)
{
  const auto table = shipped_table(GetParam());
  const LatticeLaw law(table, LawParameters());
  for (std::size_t row = 0; row < table.density.size(); ++row) {
    const auto value = law.stiffness(table.density[row]);
    EXPECT_NEAR(value.c11, .4 * 110000. * table.stiffness[row].c11, 1e-8);
    EXPECT_NEAR(value.c12, .4 * 110000. * table.stiffness[row].c12, 1e-8);
    EXPECT_NEAR(value.c44, .4 * 110000. * table.stiffness[row].c44, 1e-8);
  }
}

TEST_P(ShippedLattice, SolidIsTheMetal)
{
  LawParameters parameters;
  for (const double factor : {.2, .4, 1.}) {
    parameters.as_built_factor = factor;
    const auto solid = LatticeLaw(shipped_table(GetParam()), parameters).stiffness(1.);
    EXPECT_NEAR(solid.youngs_modulus_100(), 110000., 1e-7);
    EXPECT_NEAR(solid.zener(), 1., 1e-12);
    EXPECT_NEAR(solid.poissons_ratio_100(), .3, 1e-12);
  }
}

TEST_P(ShippedLattice, AsBuiltFactorActsOnTheWholeTable)
{
  LawParameters ideal, printed;
  ideal.as_built_factor = 1.;
  printed.as_built_factor = .25;
  const auto table = shipped_table(GetParam());
  const LatticeLaw ideal_law(table, ideal), printed_law(table, printed);
  double before = .25;
  for (double rho = .1; rho < 1.; rho += .01) {
    const double ratio =
        printed_law.stiffness(rho).youngs_modulus_100() / ideal_law.stiffness(rho).youngs_modulus_100();
    if (rho <= .5) {
      EXPECT_NEAR(ratio, .25, 1e-12) << rho;
    }
    EXPECT_GE(ratio, before - 1e-12) << rho;
    before = ratio;
  }
  EXPECT_GT(before, .99);
}

TEST_P(ShippedLattice, PositiveDefiniteAndMonotoneEverywhere)
{
  for (const double factor : {.2, 1.}) {
    LawParameters parameters;
    parameters.as_built_factor = factor;
    const LatticeLaw law(shipped_table(GetParam()), parameters);
    double before = 0;
    for (int step = 0; step <= 9000; ++step) {
      const double rho = std::min(1., .1 + 1e-4 * step);
      const auto value = law.stiffness(rho);
      ASSERT_TRUE(value.is_positive_definite()) << rho;
      ASSERT_GT(value.youngs_modulus_100(), before) << rho;
      before = value.youngs_modulus_100();
    }
  }
}

TEST_P(ShippedLattice, DerivativeIsExactAndContinuous)
{
  LawParameters parameters;
  parameters.as_built_factor = .3;
  const LatticeLaw law(shipped_table(GetParam()), parameters);
  for (const double rho : {.11, .137, .25, .333, .45, .499, .51, .7, .93, .999})
    expect_derivative(law, rho);
  for (const double node : {.2, .3, .4, .5})
    EXPECT_NEAR(law.derivative(node - 1e-9).c11 / law.derivative(node + 1e-9).c11, 1., 1e-6) << node;
}

TEST_P(ShippedLattice, StaysBelowTheHashinShtrikmanBoundWherePublished)
{
  LawParameters parameters;
  parameters.as_built_factor = 1.;
  const LatticeLaw law(shipped_table(GetParam()), parameters);
  const double bulk_bound[] = {.03384, .07246, .11696, .16878, .22989}; // published-values.md 8.4, K_u
  for (int row = 0; row < 5; ++row)
    EXPECT_LT(law.stiffness(.1 * (row + 1)).volumetric() / 3. / 110000., bulk_bound[row]);
}

INSTANTIATE_TEST_SUITE_P(Laws, ShippedLattice,
                         testing::Values("skeletal_gyroid", "sheet_gyroid", "sheet_diamond", "skeletal_diamond",
                                         "sheet_primitive", "sheet_iwp", "skeletal_iwp", "octet", "bcc"),
                         [](const auto &info) { return info.param; });

TEST(LatticeLaw, DensitiesOutsideAreRefused)
{
  const auto table = shipped_table("skeletal_gyroid");
  const LatticeLaw law(table, LawParameters());
  EXPECT_EQ(law.lower_density(), .1);
  EXPECT_EQ(law.upper_density(), .5);
  EXPECT_NE(refusal([&] { law.stiffness(.09); }).find("The relative density is 0.09"), std::string::npos);
  EXPECT_NE(refusal([&] { law.derivative(1.01); }).find("defined from 0.1 to 1"), std::string::npos);
  EXPECT_NE(refusal([&] { law.stiffness(std::nan("")); }), "no refusal");

  LawParameters parameters;
  parameters.minimum_density = .05;
  EXPECT_NE(refusal([&] { LatticeLaw(table, parameters); }).find("'Stiffness law/Minimum density' is 0.05"),
            std::string::npos);
  parameters.minimum_density = .2;
  parameters.maximum_density = .6;
  EXPECT_NE(refusal([&] { LatticeLaw(table, parameters); }).find("covers 0.1 to 0.5"), std::string::npos);
  parameters.maximum_density = .3;
  const LatticeLaw narrow(table, parameters);
  EXPECT_EQ(narrow.lower_density(), .2);
  EXPECT_EQ(narrow.upper_density(), .3);
}

TEST(LatticeLaw, MalformedTablesAreRefused)
{
  const auto text = [](const std::string &rows) {
    return R"({"name": "n", "citation": "c", "mark": "R", "solid_poissons_ratio": 0.3,
               "columns": ["relative_density", "C11", "C12", "C44", "E100"], "rows": [)" +
           rows + "]}";
  };
  const std::string first = "[0.1, 0.02, 0.01, 0.01, 0.0133]", second = "[0.2, 0.06, 0.03, 0.02, 0.04]",
                    third = "[0.3, 0.1, 0.05, 0.04, 0.0667]";
  EXPECT_NO_THROW(LatticeTable::parse(text(first + "," + second + "," + third), "x.json"));
  const auto message = [&](const std::string &content) {
    return refusal([&] { LatticeTable::parse(content, "x.json"); });
  };
  EXPECT_NE(message("no json").find("The lattice file x.json is not readable"), std::string::npos);
  EXPECT_NE(message("{}").find("name"), std::string::npos);
  EXPECT_NE(message(text(first + "," + second)).find("at least 3"), std::string::npos);
  EXPECT_NE(message(text(second + "," + first + "," + third)).find("Row 2 of x.json is at relative density 0.1"),
            std::string::npos);
  EXPECT_NE(message(text(first + ", [0.2, 0.03, 0.03, 0.02, 0]," + third)).find("must be positive"), std::string::npos);
  EXPECT_NE(message(text(first + "," + second + ", [0.3, 110000, 50000, 40000, 66700]")).find("per unit of the solid"),
            std::string::npos);
}

TEST(SimpLaw, FloorCeilingAndDerivative)
{
  LawParameters parameters;
  parameters.law = "simp";
  parameters.minimum_density = 0.;
  parameters.maximum_density = 1.;
  const auto law = make_stiffness_law(parameters, ".", MPI_COMM_SELF);
  EXPECT_NEAR(law->stiffness(0.).youngs_modulus_100(), .11, 1e-12);
  EXPECT_NEAR(law->stiffness(1.).youngs_modulus_100(), 110000., 1e-6);
  EXPECT_NEAR(law->stiffness(.5).youngs_modulus_100(), .11 + .125 * (110000. - .11), 1e-6);
  EXPECT_NEAR(law->stiffness(.5).poissons_ratio_100(), .3, 1e-12);
  EXPECT_EQ(law->lower_density(), 0.);
  for (const double rho : {.1, .35, .6, .99})
    expect_derivative(*law, rho);
  EXPECT_NE(refusal([&] { law->stiffness(1.5); }).find("from 0 to 1"), std::string::npos);
}

TEST(LawParameters, EntriesAreReadAndChecked)
{
  dealii::ParameterHandler prm;
  LawParameters parameters;
  parameters.declare(prm);
  prm.parse_input_from_string("subsection Stiffness law\n set Law = simp\n set SIMP exponent = 4\n"
                              " set Solid Young's modulus = 1000\n set Maximum density = 0.9\nend\n");
  EXPECT_EQ(parameters.law, "simp");
  EXPECT_EQ(parameters.simp_exponent, 4.);
  EXPECT_EQ(parameters.solid_youngs_modulus, 1000.);
  EXPECT_EQ(parameters.maximum_density, .9);
  EXPECT_NO_THROW(parameters.check());
  parameters.minimum_density = .95;
  EXPECT_NE(refusal([&] { parameters.check(); }).find("below 'Minimum density', 0.95"), std::string::npos);
  parameters.minimum_density = 0.;
  parameters.simp_minimum_modulus = 0.;
  EXPECT_NE(refusal([&] { parameters.check(); }).find("singular"), std::string::npos);
  parameters.simp_minimum_modulus = 2000.;
  EXPECT_NE(refusal([&] { parameters.check(); }).find("is 2000 MPa"), std::string::npos);
}

TEST(LawFiles, WordsAndPaths)
{
  unsetenv("CAGEOPT_LAWS");
  EXPECT_EQ(lattice_file_path("sheet_gyroid", "/data"),
            std::string(CAGEOPT_SOURCE_DIR) + "/inputs/laws/sheet_gyroid.json");
  EXPECT_EQ(lattice_file_path("mine.json", "/data"), "/data/mine.json");
  EXPECT_EQ(lattice_file_path("sub/mine.json", "/data"), "/data/sub/mine.json");
  EXPECT_EQ(lattice_file_path("/abs/mine.json", "/data"), "/abs/mine.json");
  setenv("CAGEOPT_LAWS", "/laws", 1);
  EXPECT_EQ(lattice_file_path("sheet_gyroid", "/data"), "/laws/sheet_gyroid.json");
  unsetenv("CAGEOPT_LAWS");
}

TEST(LawFactoryMpi, ShippedAndMissingFilesOnAllRanks)
{
  LawParameters parameters;
  parameters.lattice_file = "sheet_gyroid";
  const auto law = make_stiffness_law(parameters, ".", MPI_COMM_WORLD);
  EXPECT_NEAR(law->stiffness(.3).youngs_modulus_100(), .4 * 110000. * .11502, .4 * 110000. * 1.5e-5);
  EXPECT_EQ(law->name(), "sheet_gyroid, as-built factor 0.4");
  parameters.lattice_file = "nosuch";
  EXPECT_NE(refusal([&] { make_stiffness_law(parameters, ".", MPI_COMM_WORLD); }).find("nosuch.json"),
            std::string::npos);
}

} // namespace
} // namespace cageopt::optimizer
