#include <meshing/fixation_parameters.h>

#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/nearest_name.h>
#include <inputs/surface_axes.h>

namespace cageopt::meshing {

using inputs::InputError;

void FixationParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Posterior fixation");
  prm.add_parameter(
      "Hardware", hardware,
      "Metal beside the cage: none; pedicle_screws: a screw on each side of both bodies and a rod on each side, by the "
      "entries below; stated: those of 'Capsules'. It is bonded to the bone; the references of the strain mismatch "
      "have "
      "none. The pedicles are not in the model, so that the screws are free between body and rod. No unit.",
      Selection("none|pedicle_screws|stated"));
  prm.add_parameter("Capsules", capsules,
                    "Screws and rods as cylinders with round ends, 'x1, y1, z1, x2, y2, z2, diameter; ...'. Unit: mm.",
                    Anything());
  prm.add_parameter("Axes", axes,
                    "Of their coordinates: 'design', or three letters as in 'Cage/Envelope axes'. No unit.",
                    Anything());
  prm.add_parameter("Screw diameter", screw_diameter, "Of pedicle screws. Unit: mm.", Double(2., 12.));
  prm.add_parameter("Screw depth", screw_depth, "Length in the body, from its posterior wall. Unit: mm.",
                    Double(5., 60.));
  prm.add_parameter("Screw spread", screw_spread,
                    "Distance between the axes of the two screws of a body, at its posterior wall. Unit: mm.",
                    Double(8., 60.));
  prm.add_parameter("Screw convergence", screw_convergence, "Angle of each screw towards the middle. Unit: degrees.",
                    Double(0., 45.));
  prm.add_parameter("Cranial screw distance", cranial_screw_distance,
                    "Of the cranial body's screws from its endplate at the disc, to which they are parallel. Unit: mm.",
                    Double(2., 50.));
  prm.add_parameter("Caudal screw distance", caudal_screw_distance, "Likewise of the caudal body's. Unit: mm.",
                    Double(2., 50.));
  prm.add_parameter("Head distance", head_distance,
                    "How far behind the posterior wall the rods join the screws. Unit: mm.", Double(5., 60.));
  prm.add_parameter("Rod diameter", rod_diameter, "Unit: mm.", Double(2., 12.));
  prm.add_parameter("Young's modulus", youngs_modulus,
                    "Of screws and rods: 110000 for Ti6Al4V, 210000 for cobalt-chromium, 3600 for PEEK. Unit: MPa.",
                    Double(100., 1e6));
  prm.add_parameter("Poisson's ratio", poissons_ratio, "Unit: -.", Double(0., .45));
  prm.leave_subsection();
}

void FixationParameters::check() const
{
  const FixationParameters defaults;
  const auto differs = [&](const auto member) { return this->*member != defaults.*member; };
  const std::pair<const char *, bool> of_screws[] = {
      {"Screw diameter", differs(&FixationParameters::screw_diameter)},
      {"Screw depth", differs(&FixationParameters::screw_depth)},
      {"Screw spread", differs(&FixationParameters::screw_spread)},
      {"Screw convergence", differs(&FixationParameters::screw_convergence)},
      {"Cranial screw distance", differs(&FixationParameters::cranial_screw_distance)},
      {"Caudal screw distance", differs(&FixationParameters::caudal_screw_distance)},
      {"Head distance", differs(&FixationParameters::head_distance)},
      {"Rod diameter", differs(&FixationParameters::rod_diameter)}};
  const std::pair<const char *, bool> of_capsules[] = {{"Capsules", !capsules.empty()}, {"Axes", axes != "design"}};
  const std::pair<const char *, bool> of_metal[] = {{"Young's modulus", differs(&FixationParameters::youngs_modulus)},
                                                    {"Poisson's ratio", differs(&FixationParameters::poissons_ratio)}};
  const auto refuse_stated = [&](const auto &entries) {
    for (const auto &[entry, is_stated] : entries)
      if (is_stated)
        throw InputError("'Posterior fixation/" + std::string(entry) + "'", "stated",
                         "'Posterior fixation/Hardware' is " + hardware + ", which does not use it",
                         "leave it out, or choose other hardware");
  };
  if (hardware != "pedicle_screws")
    refuse_stated(of_screws);
  if (hardware != "stated")
    refuse_stated(of_capsules);
  if (hardware == "none")
    refuse_stated(of_metal);
  if (hardware == "stated") {
    if (axes != "design")
      inputs::axes_to_ras(axes, "'Posterior fixation/Axes'");
    if (stated_capsules().empty())
      throw InputError("'Posterior fixation/Capsules'", "empty", "'Hardware' is stated", "state them");
  }
}

std::vector<Capsule> FixationParameters::stated_capsules() const
{
  std::vector<Capsule> list;
  for (const auto &item : inputs::split(capsules, ';')) {
    const auto numbers = inputs::split(item, ',');
    double value[7] = {};
    bool is_read = numbers.size() == 7;
    for (std::size_t i = 0; is_read && i < 7; ++i) {
      std::istringstream words(numbers[i]);
      std::string rest;
      is_read = words >> value[i] && !(words >> rest);
    }
    const Capsule capsule{{value[0], value[1], value[2]}, {value[3], value[4], value[5]}, .5 * value[6]};
    if (!is_read || !(value[6] > 0) || capsule.begin == capsule.end)
      throw InputError("'Posterior fixation/Capsules'", "'" + item + "'",
                       "each is 'x1, y1, z1, x2, y2, z2, diameter' in mm, with two different ends",
                       "separate the capsules by semicolons");
    list.push_back(capsule);
  }
  return list;
}

} // namespace cageopt::meshing
