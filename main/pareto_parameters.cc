#include <main/pareto_parameters.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt {

using inputs::InputError;

namespace {

std::vector<double> falling_list(const std::string &text, const std::string &entry, const double upper)
{
  std::vector<double> values;
  for (const auto &item : inputs::split(text, ',')) {
    std::istringstream words(item);
    double value = 0;
    std::string rest;
    if (!(words >> value) || words >> rest || !(value > 0 && value <= upper))
      throw InputError("'Pareto/" + entry + "'", "'" + item + "'",
                       "each is a number above 0 and at most " + std::to_string(upper),
                       "separate the numbers by commas");
    values.push_back(value);
  }
  if (values.empty())
    throw InputError("'Pareto/" + entry + "'", "empty", "the sweep needs at least one value", "state one");
  std::sort(values.begin(), values.end(), std::greater<double>());
  return values;
}

} // namespace

void ParetoParameters::Footprint::apply(meshing::CageParameters &cage) const
{
  if (!family.empty() || coverage > 0)
    cage = cage.of_family(family.empty() ? "alif" : family); // only alif is sized by coverage
  if (coverage > 0) {
    cage.endplate_coverage = coverage;
    cage.width = cage.depth = 0;
  } else if (width > 0) {
    cage.width = width;
    cage.depth = depth;
  }
}

void ParetoParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Pareto");
  prm.add_parameter(
      "Footprints", footprints,
      "Envelopes of the sweep, 'name: coverage; name: width x depth; name: family; name: family width x depth; "
      "...', share of the endplates or mm; families as in 'Cage/Family', without a size the largest that fits; "
      "'as stated': the one of subsection Cage.",
      Anything());
  prm.add_parameter("Modulus tolerances", modulus_tolerances,
                    "How far the effective modulus may be from the bone's, relative: one design for each. Unit: -.",
                    Anything());
  prm.add_parameter("Overstrain shares", overstrain_shares,
                    "Bounds on the overstrained bone volume, relative to that of the design without such a bound (1: "
                    "that design itself). Unit: -.",
                    Anything());
  prm.leave_subsection();
}

std::vector<ParetoParameters::Footprint> ParetoParameters::footprint_list() const
{
  if (footprints == "as stated")
    return {{"as stated", ""}};
  std::vector<Footprint> list;
  for (const auto &item : inputs::split(footprints, ';')) {
    const auto parts = inputs::split(item, ':');
    Footprint footprint;
    bool is_read = parts.size() == 2;
    if (is_read) {
      footprint.name = parts[0];
      const auto families = meshing::CageOutline::families();
      std::istringstream words(parts[1]);
      std::string word, cross, rest;
      words >> word;
      if (std::find(families.begin(), families.end(), word) != families.end()) {
        footprint.family = word;
        word.clear();
        words >> word;
      }
      std::istringstream number(word);
      double first = 0;
      is_read = word.empty() ? !footprint.family.empty() : number >> first && first > 0 && !(number >> rest);
      if (is_read && words >> cross) {
        footprint.width = first;
        is_read = cross == "x" && words >> footprint.depth && footprint.depth > 0 && !(words >> rest);
      } else {
        footprint.coverage = first;
        is_read = is_read && first <= 1 && (first == 0 || footprint.family.empty() || footprint.family == "alif");
      }
    }
    if (!is_read)
      throw InputError(
          "'Pareto/Footprints'", "'" + item + "'",
          "a footprint is 'name: coverage', 'name: width x depth' with blanks around the x, or a family with or "
          "without a size",
          "for example 'large: 0.85; narrow: 24 x 20; banana: tlif; side: llif 45 x 22'");
    list.push_back(footprint);
  }
  if (list.empty())
    throw InputError("'Pareto/Footprints'", "empty", "the sweep needs at least one", "use 'as stated'");
  return list;
}

std::vector<double> ParetoParameters::tolerance_list() const
{
  return falling_list(modulus_tolerances, "Modulus tolerances", 1e3);
}

std::vector<double> ParetoParameters::share_list() const
{
  return falling_list(overstrain_shares, "Overstrain shares", 1.);
}

void ParetoParameters::check() const
{
  footprint_list();
  tolerance_list();
  share_list();
}

} // namespace cageopt
