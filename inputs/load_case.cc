#include <inputs/load_case.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/load_library.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

constexpr double nmm_per_nm = 1000.;

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

void scale_to_body_weight(const LoadSet &set, const LoadParameters &parameters, std::vector<LoadCase> &cases)
{
  const double mass = parameters.body_weight;
  if (set.is_share && !(mass > 0))
    throw InputError("'Loads/Body weight'", "not stated",
                     "the forces of the set '" + set.name + "' are published as shares of body weight",
                     "state it in kg, or choose another 'Loads/Set'");
  if (set.reference_mass == 0 && mass > 0)
    throw InputError("'Loads/Body weight'", formatted("%.4g kg", mass),
                     "the forces of the set '" + set.name + "' do not depend on it",
                     "remove it, or choose a 'Loads/Set' that does: 'cageopt loads' lists them");
  if (set.reference_mass > 0 && parameters.follower_preload >= 0)
    throw InputError("'Loads/Follower preload'", formatted("%.4g N", parameters.follower_preload),
                     "it would replace the forces of the set '" + set.name + "', which are all that it has",
                     "remove it, or choose another 'Loads/Set'");
  if (!(mass > 0))
    return;
  for (LoadCase &load : cases) {
    for (double &component : load.wrench)
      component *= mass / set.reference_mass;
    load.citation += formatted("; for %.4g kg", mass);
  }
}

void refuse_for_bench_test(const LoadParameters &parameters)
{
  const auto refuse = [&](const std::string &entry, const std::string &value) {
    throw InputError("'Loads/" + entry + "'", value,
                     "the set '" + parameters.set +
                         "' is that of a bench test, whose machine presses through the centre",
                     "remove it, or choose another 'Loads/Set'");
  };
  if (parameters.follower_path != "disc_centre")
    refuse("Follower path", "'" + parameters.follower_path + "'");
  if (parameters.follower_preload >= 0)
    refuse("Follower preload", formatted("%.4g N", parameters.follower_preload));
}

} // namespace

std::vector<std::string> load_set_names()
{
  std::vector<std::string> names;
  for (const LoadSet &set : load_library())
    names.push_back(set.name);
  return names;
}

std::vector<LoadCase> load_cases(const LoadParameters &parameters)
{
  std::vector<LoadCase> cases;
  if (parameters.set == "custom") {
    if (parameters.body_weight > 0)
      throw InputError("'Loads/Body weight'", formatted("%.4g kg", parameters.body_weight),
                       "it scales library sets only", "write the forces into the 'Custom cases', or remove it");
    if (parameters.follower_path != "disc_centre")
      throw InputError("'Loads/Follower path'", "'" + parameters.follower_path + "'",
                       "it directs the compressive force of library sets, and custom cases say where theirs acts",
                       "leave it out, or choose a set of the library");
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
    std::vector<std::string> names = load_set_names();
    names.emplace_back("custom");
    const auto &library = load_library();
    const auto set = std::find_if(library.begin(), library.end(),
                                  [&](const LoadSet &candidate) { return candidate.name == parameters.set; });
    if (set == library.end())
      throw InputError("'Loads/Set'", "'" + parameters.set + "'", "the sets are " + join(names),
                       "did you mean '" + nearest_name(parameters.set, names) + "'?");
    cases = set->cases;
    scale_to_body_weight(*set, parameters, cases);
    if (set->is_bench_test)
      refuse_for_bench_test(parameters);
    if (parameters.follower_preload >= 0)
      for (LoadCase &load : cases) {
        load.wrench[2] = -parameters.follower_preload;
        load.citation += "; compressive force replaced by the case file";
      }
    if (!set->is_bench_test)
      for (LoadCase &load : cases)
        load.follower_load = -load.wrench[2];
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
  prm.add_parameter("Body weight", body_weight,
                    "Of the patient, for the sets whose forces are published as shares of body weight or were measured "
                    "in a man of 70 kg ('cageopt loads' lists all sets); the latter change in proportion to it, or "
                    "hold as published with 0. Unit: kg.",
                    Double(0., 300.));
  prm.add_parameter("Follower preload", follower_preload,
                    "Compressive force in every case of a library set; negative: as published. Unit: N.", Double(-1.));
  prm.add_parameter("Follower path", follower_path,
                    "How the compressive force of a library set goes through the disc, so that it turns the segment "
                    "little: 'disc_centre', along the frame's z axis through the centre of the endplates' overlap; "
                    "'vertebral_centres', from the centre of the cranial body to that of the caudal one; "
                    "'least_rotation', along z where it turns the segment before surgery about neither x nor y. The "
                    "rotation under that force alone is reported, and told above 0.5 degrees. No unit.",
                    Selection("disc_centre|vertebral_centres|least_rotation"));
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
