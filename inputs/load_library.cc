#include <inputs/load_library.h>

#include <algorithm>
#include <array>
#include <iomanip>
#include <sstream>

#include <inputs/formatted.h>

namespace cageopt::inputs {

namespace {

constexpr double nmm_per_nm = 1000.;
constexpr double standard_gravity = 9.80665; // m/s^2
constexpr double reference_mass = 70.;       // kg

struct Mode
{
  const char *name;
  int axis; ///< of the moment, -1 for none
  int sign;
  double weight; ///< Huang et al. 2023, left and right sharing equally
};

constexpr Mode moment_modes[] = {{"flexion", 0, -1, 0.215},           {"extension", 0, 1, 0.215},
                                 {"right bending", 1, 1, 0.165},      {"left bending", 1, -1, 0.165},
                                 {"left axial rotation", 2, 1, 0.12}, {"right axial rotation", 2, -1, 0.12}};

const std::string weight_citation = "weights: Huang et al. 2023, Int J Bioprinting 9(3):697 [A], left and right "
                                    "sharing equally";

LoadCase make_case(const Mode &mode, const double compression, const double moment_nm, const std::string &citation)
{
  LoadCase load{mode.name, {{0, 0, -compression, 0, 0, 0}}, mode.weight, citation};
  if (mode.axis >= 0)
    load.wrench[3 + mode.axis] = mode.sign * moment_nm * nmm_per_nm;
  return load;
}

std::vector<LoadCase> preload_and_moments(const double compression, const double moment_nm, const std::string &citation)
{
  std::vector<LoadCase> cases;
  for (const Mode &mode : moment_modes)
    cases.push_back(make_case(mode, compression, moment_nm, citation));
  return cases;
}

std::vector<LoadCase> combined_modes()
{
  const std::string citation = "combined modes, magnitudes [C]; " + weight_citation +
                               ", scaled to 6/7; standing takes an equal share of 1/7 (not published)";
  constexpr double compression[] = {1175, 500, 700, 700, 720, 720};
  constexpr double moment_nm[] = {7.5, 7.5, 7.8, 7.8, 5.5, 5.5};
  std::vector<LoadCase> cases;
  for (int i = 0; i < 6; ++i) {
    cases.push_back(make_case(moment_modes[i], compression[i], moment_nm[i], citation));
    cases.back().weight *= 6. / 7.;
  }
  cases.push_back(make_case({"standing", -1, 0, 1. / 7.}, 500, 0, citation));
  return cases;
}

std::vector<LoadCase> compression_only(const double compression)
{
  return {make_case({"compression", -1, 0, 1.}, compression, 0,
                    "compression for subsidence margins; order of magnitude of daily life: Rohlmann et al. 2014, PLoS "
                    "One 9:e98510 [A]")};
}

/// A compressive force through the disc centre: all that is published of these.
LoadCase activity(const std::string &name, const double compression, const std::string &citation)
{
  return make_case({name.c_str(), -1, 0, 1.}, compression, 0, citation + "; equal weights (not published)");
}

std::vector<LoadCase> from_disc_pressure()
{
  constexpr double area = 1800, factor = 1.5; // mm^2, mean over nuclear pressure's share
  struct
  {
    const char *name;
    double pressure; // MPa
    const char *mark;
  } const measured[] = {{"prone", .10, "[A]"},
                        {"side lying", .12, "[A]"},
                        {"standing", .50, "[A]"},
                        {"standing flexed", 1.10, "[A]"},
                        {"sitting", .46, "[A]"},
                        {"sitting flexed", .83, "[A]"},
                        {"sitting slouched", .30, "[A]"},
                        {"lifting 20kg round back", 2.3, "[A]"},
                        {"lifting 20kg bent knees", 1.7, "[A]"},
                        {"lifting 20kg close", 1.1, "[A]"},
                        {"walking", .59, "[B], middle of 0.53-0.65"}};
  std::vector<LoadCase> cases;
  for (const auto &entry : measured)
    cases.push_back(activity(
        entry.name, entry.pressure * area / factor,
        formatted("whole segment, intradiscal pressure %.2f MPa at L4-5", entry.pressure) +
            " in one man of 70 kg: Wilke et al. 1999, Spine 24:755 " + entry.mark +
            "; F = p A / k, A = 1800 mm2, k = 1.5: Nachemson, Wilke 2001, Dreischarf 2013 [B], a generic k errs up to "
            "44 %"));
  return cases;
}

std::vector<LoadCase> spinal_load()
{
  const std::string citation = "whole segment, from intradiscal pressure in 8 people: Sato et al. 1999, Spine 24:2468 "
                               "[B]";
  return {activity("prone", 144, citation), activity("side lying", 240, citation), activity("standing", 800, citation),
          activity("sitting", 996, citation)};
}

std::vector<LoadCase> implant()
{
  const std::string bending = "implant only, telemetry of a vertebral body replacement, trunk flexion: Dreischarf et "
                              "al. 2015, doi 10.1016/j.jbiomech.2015.01.007 [A]";
  return {activity("daily maximum", 1650,
                   "implant only, telemetry of a vertebral body replacement, largest of 5 patients: Rohlmann et al. "
                   "2014, PLoS One 9:e98510 [A]"),
          activity("flexion 53deg", 450, bending), activity("return from flexion", 565, bending)};
}

std::vector<LoadCase> implant_gait()
{
  constexpr double weight = reference_mass * standard_gravity; // N
  const std::string walking = "implant only, telemetry of a vertebral body replacement, 39 % of body weight, mean peak "
                              "of level walking: Damm et al. 2017, J Biomech 51:128 [B]";
  const std::string ratios = "; walking, stairs up and stairs down 171, 265 and 225 % of standing: Rohlmann et al. "
                             "2014, Gait Posture 39:750 [B]; of both together [R]";
  constexpr double standing = .39 / 1.71;
  return {activity("standing", standing * weight, walking + ratios), activity("walking", .39 * weight, walking),
          activity("walking median", .53 * weight,
                   "implant only, telemetry of a vertebral body replacement, 53 % of body weight, median of level "
                   "walking in a re-analysis [B]"),
          activity("stairs up", 2.65 * standing * weight, walking + ratios),
          activity("stairs down", 2.25 * standing * weight, walking + ratios)};
}

std::vector<LoadCase> joint_force()
{
  struct
  {
    const char *name;
    double percent; // of body weight
    const char *note;
  } const modelled[] = {{"flexion 20deg", 185, ""},
                        {"extension 15deg", 204, ""},
                        {"side bending 20deg", 136, ""},
                        {"axial rotation 15deg", 126, ", upper end of 95-126 %"}};
  std::vector<LoadCase> cases;
  for (const auto &entry : modelled)
    cases.push_back(activity(entry.name, .01 * entry.percent * reference_mass * standard_gravity,
                             formatted("whole segment, %.0f %% of body weight", entry.percent) + entry.note +
                                 ", L4-5 joint force of a musculoskeletal model (no moment published): PMC8170092 "
                                 "table 1 [A]"));
  return cases;
}

/// The loads are the yield loads that ISO 23089 asks of a lumbar cage (quoted in Huang et al. 2023): the stiffness does
/// not depend on them, and the utilisation of the cage's strength says whether it holds them.
void add_bench_tests(std::vector<LoadSet> &sets)
{
  const std::string minimum = "; at the least yield load of ISO 23089, quoted in Huang et al. 2023, Int J Bioprinting "
                              "9(3):697 [B]";
  const auto add = [&](const std::string &name, const std::array<double, 6> &wrench, const std::string &citation) {
    sets.push_back({name, {{name.substr(name.find('_') + 1), wrench, 1., citation}}, 0, false, true});
    auto &load = sets.back().cases.front().name;
    std::replace(load.begin(), load.end(), '_', ' ');
  };
  constexpr double sine = .70710678118654752440;
  add("f2077_compression", {{0, 0, -6317, 0, 0, 0}}, "ASTM F2077 static axial compression" + minimum);
  add("f2077_compression_shear", {{0, 1996 * sine, -1996 * sine, 0, 0, 0}},
      "ASTM F2077 static compression-shear, force at 45 degrees [C], forwards" + minimum);
  add("f2077_torsion", {{0, 0, -500, 0, 0, 7000}}, "ASTM F2077 static torsion under 500 N" + minimum);
  add("f2267_compression", {{0, 0, -1000, 0, 0, 0}}, "ASTM F2267 subsidence: slope of load over displacement [C]");
}

/// "daily_activities_<source>" and "<source>_<activity>".
void add_activities(const std::string &source, const std::vector<LoadCase> &cases, const double mass,
                    const bool is_share, std::vector<LoadSet> &sets)
{
  sets.push_back({"daily_activities_" + source, cases, mass, is_share});
  for (const LoadCase &load : cases) {
    std::string name = source + "_" + load.name;
    std::replace(name.begin(), name.end(), ' ', '_');
    sets.push_back({name, {load}, mass, is_share});
  }
}

} // namespace

const std::vector<LoadSet> &load_library()
{
  static const std::vector<LoadSet> library = [] {
    std::vector<LoadSet> sets = {
        {"default_400N_7.5Nm", preload_and_moments(400, 7.5, "400 N follower load and 7.5 Nm [C]; " + weight_citation)},
        {"alternative_500N_10Nm",
         preload_and_moments(500, 10, "500 N follower load and 10 Nm [C]; " + weight_citation)},
        {"combined_modes", combined_modes()},
        {"compression_1000N", compression_only(1000)},
        {"compression_2000N", compression_only(2000)}};
    add_activities("disc_pressure", from_disc_pressure(), reference_mass, false, sets);
    add_activities("spinal_load", spinal_load(), 0, false, sets);
    add_activities("joint_force", joint_force(), reference_mass, true, sets);
    add_activities("implant", implant(), 0, false, sets);
    add_activities("implant_gait", implant_gait(), reference_mass, true, sets);
    add_bench_tests(sets);
    return sets;
  }();
  return library;
}

std::string describe_load_library()
{
  std::string text;
  for (const LoadSet &set : load_library()) {
    text += set.name;
    if (set.is_share)
      text += formatted("   shares of 'Loads/Body weight', here of %.0f kg", set.reference_mass);
    else if (set.reference_mass > 0)
      text += formatted("   of a man of %.0f kg, in proportion to 'Loads/Body weight' where that is stated",
                        set.reference_mass);
    text += '\n';
    double total = 0;
    for (const LoadCase &load : set.cases)
      total += load.weight;
    for (const LoadCase &load : set.cases) {
      std::ostringstream line;
      line << "  " << std::left << std::setw(24) << load.name << std::right << std::fixed << std::setprecision(1)
           << " F";
      for (int i = 0; i < 6; ++i)
        line << (i == 3 ? " N  M" : "") << std::setw(8) << (i < 3 ? 1. : 1. / nmm_per_nm) * load.wrench[i] + 0.;
      line << " Nm  weight " << std::setprecision(3) << load.weight / total << "  " << load.citation << '\n';
      text += line.str();
    }
  }
  return text;
}

} // namespace cageopt::inputs
