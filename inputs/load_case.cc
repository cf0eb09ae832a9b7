#include <inputs/load_case.h>

#include <cmath>
#include <cstdlib>
#include <set>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

constexpr double nmm_per_nm = 1000.;

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

struct LibrarySet
{
  const char *name;
  std::vector<LoadCase> cases;
};

const std::vector<LibrarySet> &library()
{
  static const std::vector<LibrarySet> sets = {
      {"default_400N_7.5Nm", preload_and_moments(400, 7.5, "400 N follower load and 7.5 Nm [C]; " + weight_citation)},
      {"alternative_500N_10Nm", preload_and_moments(500, 10, "500 N follower load and 10 Nm [C]; " + weight_citation)},
      {"combined_modes", combined_modes()},
      {"compression_1000N", compression_only(1000)},
      {"compression_2000N", compression_only(2000)}};
  return sets;
}

constexpr const char *case_form = "a case reads 'name: Fx, Fy, Fz, Mx, My, Mz, weight' with forces in N and moments in "
                                  "Nm, and cases are separated by ';'";

LoadCase read_case(const std::string &text, const Point &moment_point)
{
  const auto refuse = [&text](const std::string &rule) {
    throw InputError("'Loads/Custom cases'", "'" + text + "'", rule, case_form);
  };
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0)
    refuse("a case has no name before a ':'");
  const std::vector<std::string> words = split(text.substr(colon + 1), ',');
  if (words.size() != 7)
    refuse("a case has " + std::to_string(words.size()) + " numbers instead of 7");
  double numbers[7];
  for (int i = 0; i < 7; ++i) {
    char *end = nullptr;
    numbers[i] = std::strtod(words[i].c_str(), &end);
    if (words[i].empty() || *end != '\0' || !std::isfinite(numbers[i]))
      refuse("'" + words[i] + "' is not a number");
  }
  const Point force = {numbers[0], numbers[1], numbers[2]};
  const Point moment = nmm_per_nm * Point{numbers[3], numbers[4], numbers[5]} + cross(moment_point, force);
  return {split(text.substr(0, colon), ':').front(),
          {{force[0], force[1], force[2], moment[0], moment[1], moment[2]}},
          numbers[6],
          "stated in the case file"};
}

} // namespace

std::vector<std::string> load_set_names()
{
  std::vector<std::string> names;
  for (const LibrarySet &set : library())
    names.emplace_back(set.name);
  return names;
}

std::vector<LoadCase> load_cases(const LoadParameters &parameters)
{
  std::vector<LoadCase> cases;
  if (parameters.set == "custom") {
    if (parameters.follower_preload >= 0)
      throw InputError("'Loads/Follower preload'", std::to_string(parameters.follower_preload) + " N",
                       "it changes the library sets only", "write the force into each of the 'Custom cases'");
    for (const std::string &text : split(parameters.custom_cases, ';'))
      if (!text.empty())
        cases.push_back(read_case(text, parameters.moment_point));
    if (cases.empty())
      throw InputError("'Loads/Custom cases'", "empty", "the set 'custom' takes its cases from it", case_form);
  } else {
    if (!parameters.custom_cases.empty())
      throw InputError("'Loads/Custom cases'", "'" + parameters.custom_cases + "'",
                       "it is read only with the set 'custom', and 'Loads/Set' is '" + parameters.set + "'",
                       "set 'Loads/Set' to 'custom' or remove the cases");
    if (norm(parameters.moment_point) > 0)
      throw InputError("'Loads/Moment point'", "not the disc centre",
                       "it belongs to the custom cases; the library sets act at the disc centre",
                       "set 'Loads/Set' to 'custom' or remove the point");
    for (const LibrarySet &set : library())
      if (parameters.set == set.name)
        cases = set.cases;
    std::vector<std::string> names = load_set_names();
    names.emplace_back("custom");
    if (cases.empty())
      throw InputError("'Loads/Set'", "'" + parameters.set + "'", "the sets are " + join(names),
                       "did you mean '" + nearest_name(parameters.set, names) + "'?");
    if (parameters.follower_preload >= 0)
      for (LoadCase &load : cases) {
        load.wrench[2] = -parameters.follower_preload;
        load.citation += "; compressive force replaced by the case file";
      }
  }

  std::set<std::string> seen;
  double total_weight = 0;
  for (const LoadCase &load : cases) {
    double magnitude = 0;
    for (const double component : load.wrench)
      magnitude += std::abs(component);
    if (!(magnitude > 0))
      throw InputError("The load case '" + load.name + "'", "zero",
                       "all forces and moments vanish, so there is nothing to solve",
                       "give it a force or a moment in 'Loads', or remove it");
    if (!(load.weight > 0))
      throw InputError("The weight of load case '" + load.name + "'", std::to_string(load.weight),
                       "weights are positive", "remove the case or give it a weight above 0");
    if (!seen.insert(load.name).second)
      throw InputError("'Loads/Custom cases'", "'" + load.name + "' twice", "names of load cases are unique",
                       "rename one of them");
    total_weight += load.weight;
  }
  for (LoadCase &load : cases)
    load.weight /= total_weight;
  return cases;
}

void LoadParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Loads");
  prm.add_parameter("Set", set,
                    "Load cases by name from the library (published sets with citation), or 'custom'. Moments act on "
                    "the cranial body about the disc centre: flexion -Mx, extension +Mx, right bending +My, left axial "
                    "rotation +Mz; compression is -Fz. No unit.",
                    Selection(join(load_set_names(), "|") + "|custom"));
  prm.add_parameter("Follower preload", follower_preload,
                    "Compressive force in every case of a library set; negative: as published. Unit: N.", Double(-1.));
  prm.add_parameter("Custom cases", custom_cases,
                    "Cases of the set 'custom': 'name: Fx, Fy, Fz, Mx, My, Mz, weight; ...' in the design frame "
                    "(x right, y anterior, z cranial). Weights are scaled to add up to 1. Unit: N and Nm.",
                    Anything());
  prm.add_parameter("Moment point", moment_point,
                    "Point in the design frame (origin: disc centre) through which the forces of the custom cases act "
                    "and about which their moments are stated. Unit: mm.",
                    List(Double(-1000., 1000.), 3, 3));
  prm.leave_subsection();
}

void LoadParameters::check() const { load_cases(*this); }

} // namespace cageopt::inputs
