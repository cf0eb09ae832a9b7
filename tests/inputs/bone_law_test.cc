#include <cmath>
#include <type_traits>

#include <gtest/gtest.h>

#include <inputs/bone_law.h>
#include <inputs/calibration.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;

namespace {

using QctLaw = DensityLaw<DensityMeasure::k2hpo4>;

// A law takes its own density and nothing else; a QCT image can feed a law of the library, bare numbers, ash and
// apparent densities cannot.
template <typename Law, typename Argument, typename = void>
struct Accepts : std::false_type
{
};
template <typename Law, typename Argument>
struct Accepts<Law, Argument,
               std::void_t<decltype(std::declval<const Law &>().youngs_modulus(std::declval<Argument>()))>>
    : std::true_type
{
};

static_assert(Accepts<QctLaw, K2hpo4Density>::value);
static_assert(!Accepts<QctLaw, CahaDensity>::value);
static_assert(!Accepts<QctLaw, AshDensity>::value);
static_assert(!Accepts<QctLaw, WetApparentDensity>::value);
static_assert(!Accepts<QctLaw, double>::value);
static_assert(Accepts<BoneLaw, K2hpo4Density>::value && Accepts<BoneLaw, CahaDensity>::value);
static_assert(!Accepts<BoneLaw, AshDensity>::value && !Accepts<BoneLaw, WetApparentDensity>::value);
static_assert(!Accepts<BoneLaw, double>::value);
static_assert(!std::is_convertible_v<K2hpo4Density, AshDensity> && !std::is_convertible_v<double, AshDensity>);

template <DensityMeasure measure>
double modulus_in_own_measure(const std::string &id, const double g_per_cm3)
{
  return std::get<DensityLaw<measure>>(BoneLaw(id).law()).youngs_modulus(Density<measure>(1000 * g_per_cm3));
}

} // namespace

// published-values.md 1.2, "Exact evaluations for unit tests", as printed there.
TEST(BoneLaw, kopperdahl_2002_takes_the_published_table)
{
  const double rho[] = {0.05, 0.08, 0.10, 0.12, 0.15, 0.20};
  const double power_modulus[] = {128.273, 210.117, 265.593, 321.630, 406.548, 549.918};
  const double power_yield[] = {0.58135, 1.11729, 1.52360, 1.96306, 2.67694, 3.99304};
  const double linear_modulus[] = {126.80, 223.70, 288.30, 352.90, 449.80, 611.30};
  const double linear_yield[] = {0.4950, 1.2420, 1.7400, 2.2380, 2.9850, 4.2300};
  const BoneLaw power("kopperdahl2002_power"), linear("kopperdahl2002_linear");
  for (int i = 0; i < 6; ++i) {
    const K2hpo4Density density(1000 * rho[i]);
    EXPECT_NEAR(power.youngs_modulus(density), power_modulus[i], 5.01e-4);
    EXPECT_NEAR(power.yield_stress(density).value(), power_yield[i], 5.01e-6);
    EXPECT_NEAR(linear.youngs_modulus(density), linear_modulus[i], 5.01e-3);
    EXPECT_NEAR(linear.yield_stress(density).value(), linear_yield[i], 5.01e-5);
  }
}

TEST(BoneLaw, other_laws_take_the_published_values_in_their_own_measure)
{
  constexpr auto wet = DensityMeasure::wet_apparent;
  const double rho[] = {0.10, 0.15, 0.20, 0.25, 0.30};
  const double morgan[] = {130.275, 245.224, 384.121, 544.061, 723.053};
  for (int i = 0; i < 5; ++i)
    EXPECT_NEAR(modulus_in_own_measure<wet>("morgan2003_vertebra", rho[i]), morgan[i], 5.01e-4);
  EXPECT_NEAR(modulus_in_own_measure<DensityMeasure::ash>("keller1994_spine", 0.10), 22.7228, 5.01e-5);
  EXPECT_NEAR(modulus_in_own_measure<wet>("kopperdahl_keaveny1998", 0.2), 340., 1e-9);
  EXPECT_NEAR(modulus_in_own_measure<wet>("keaveny1997_lumbar", 0.2), 250., 1e-9);
  EXPECT_FALSE(BoneLaw("morgan2003_vertebra").yield_stress(K2hpo4Density(100)).has_value());
}

TEST(BoneLaw, floor_holds_for_empty_and_negative_densities)
{
  for (const std::string &id : BoneLaw::ids())
    for (const double density : {-2000., -500.}) {
      EXPECT_EQ(BoneLaw(id).youngs_modulus(K2hpo4Density(density)), 1e-4) << id;
      EXPECT_EQ(BoneLaw(id).youngs_modulus(CahaDensity(density)), 1e-4) << id;
    }
  EXPECT_EQ(BoneLaw("kopperdahl2002_power").youngs_modulus(K2hpo4Density(0)), 1e-4);
  EXPECT_EQ(BoneLaw("kopperdahl2002_linear").youngs_modulus(K2hpo4Density(10)), 1e-4);
  EXPECT_EQ(BoneLaw("kopperdahl2002_linear").yield_stress(K2hpo4Density(10)).value(), 0.);
}

TEST(Density, conversions_are_the_published_lines)
{
  EXPECT_NEAR(ash_density(K2hpo4Density(-31)).mg_per_cm3, 6., 0.05); // the check given with the line
  EXPECT_DOUBLE_EQ(ash_density(K2hpo4Density(100)).mg_per_cm3, 144.9);
  EXPECT_DOUBLE_EQ(ash_density(CahaDensity(100)).mg_per_cm3, 166.7);
  EXPECT_DOUBLE_EQ(wet_apparent_density(AshDensity(120)).mg_per_cm3, 200.);
  EXPECT_NEAR(convert<DensityMeasure::wet_apparent>(K2hpo4Density(100)).mg_per_cm3, 241.5, 1e-10);
  EXPECT_NEAR(convert<DensityMeasure::k2hpo4>(CahaDensity(100)).mg_per_cm3, 127.8 / 1.06, 1e-10);
  EXPECT_NEAR(convert<DensityMeasure::k2hpo4>(ash_density(K2hpo4Density(70))).mg_per_cm3, 70., 1e-12);
  EXPECT_EQ(conversion_citation(DensityMeasure::k2hpo4, DensityMeasure::k2hpo4), "");
  expect_parts(conversion_citation(DensityMeasure::caha, DensityMeasure::wet_apparent), {"0.877 CaHA", "ash / 0.60"});
}

TEST(BoneLaw, library_converts_to_the_law_s_measure)
{
  // K2HPO4 100 -> ash 144.9 -> wet apparent 241.5 mg/cm3
  EXPECT_NEAR(BoneLaw("morgan2003_vertebra").youngs_modulus(K2hpo4Density(100)), 4730 * std::pow(0.2415, 1.56), 1e-9);
  EXPECT_NEAR(BoneLaw("keller1994_spine").youngs_modulus(CahaDensity(100)), 1890 * std::pow(0.1667, 1.92), 1e-9);
  EXPECT_NEAR(BoneLaw().youngs_modulus(CahaDensity(100)), 2980 * std::pow(0.1278 / 1.06, 1.05), 1e-9);
}

TEST(BoneLaw, valid_range_is_that_of_tested_bone)
{
  const auto wet = BoneLaw("morgan2003_vertebra").valid_range();
  EXPECT_NEAR(wet.first, 0.09, 1e-12);
  EXPECT_NEAR(wet.second, 0.35, 1e-12);
  const BoneLaw law;
  EXPECT_NEAR(law.valid_range().second, (0.6 * 350 - 38.9) / 1.06e3, 1e-12);
  EXPECT_TRUE(law.in_valid_range(K2hpo4Density(75)));
  EXPECT_FALSE(law.in_valid_range(K2hpo4Density(600)));
  EXPECT_FALSE(law.in_valid_range(K2hpo4Density(-20)));
}

TEST(BoneLaw, every_law_has_citation_and_mark_and_unknown_ones_are_refused)
{
  EXPECT_EQ(BoneLaw::ids().size(), 6u);
  EXPECT_EQ(BoneLaw::ids().front(), BoneLaw().id());
  for (const std::string &id : BoneLaw::ids())
    EXPECT_NE(BoneLaw(id).citation().find(std::string("[") + BoneLaw(id).mark() + "]"), std::string::npos);
  expect_parts(bad_input_message([] { BoneLaw("morgan2003"); }),
               {"'morgan2003'", "did you mean 'morgan2003_vertebra'"});
}

TEST(Calibration, line_and_record)
{
  const Calibration line = Calibration::linear(0.8, -5, DensityMeasure::caha, "phantom scan of the day");
  EXPECT_DOUBLE_EQ(line.bmd(100), 75.);
  EXPECT_EQ(line.density_measure(), DensityMeasure::caha);
  EXPECT_EQ(line.description(), "CaHA density [mg/cm3] = 0.8 HU - 5 (phantom scan of the day)");
  CalibrationParameters parameters;
  parameters.mode = "already calibrated";
  const Calibration identity(parameters);
  EXPECT_TRUE(identity.already_calibrated());
  EXPECT_DOUBLE_EQ(identity.bmd(123.5), 123.5);
}

TEST(Calibration, missing_slope_and_source_are_refused)
{
  CalibrationParameters parameters;
  expect_parts(bad_input_message([&] { Calibration{parameters}; }), {"Slope", "mg/cm3 per HU", "stated"});
  parameters.slope = 0.8;
  expect_parts(bad_input_message([&] { Calibration{parameters}; }), {"Source", "empty"});
  parameters.mode = "already calibrated";
  expect_parts(bad_input_message([&] { Calibration{parameters}; }), {"Slope", "no line is applied"});
}
