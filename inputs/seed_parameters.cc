#include <inputs/seed_parameters.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <deal.II/base/parameter_handler.h>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/nearest_name.h>
#include <inputs/surface_axes.h>

namespace cageopt::inputs {

namespace {

constexpr double least_distance = 10., most_distance = 70.; // mm, of neighbouring vertebrae's centres
constexpr std::uint16_t l5 = 24, s1 = 26;

bool parse(const std::string &text, double &value)
{
  char *end = nullptr;
  value = std::strtod(text.c_str(), &end);
  return !text.empty() && *end == '\0' && std::isfinite(value);
}

Seed parse_seed(const std::string &item, const Affine &to_ras)
{
  Seed seed;
  double number = 0;
  Point place{};
  const auto parts = split(item, ':');
  bool is_good =
      parts.size() == 2 && parse(parts[0], number) && number >= 1 && number <= 65535 && number == std::floor(number);
  if (is_good) {
    const auto coordinates = split(parts[1], ',');
    is_good = coordinates.size() == 3;
    for (std::size_t axis = 0; is_good && axis < 3; ++axis)
      is_good = parse(coordinates[axis], place[axis]);
  }
  if (!is_good)
    throw InputError("'Patient/Seeds'", "'" + item + "'",
                     "each seed is a label from 1 to 65535, a colon and three coordinates in mm",
                     "write it like '22: -26.0, -161.6, -64.9; 23: -24.6, -163.6, -95.9'");
  seed.label = static_cast<std::uint16_t>(number);
  seed.place = to_ras(place);
  return seed;
}

std::string named(const Seed &seed)
{
  const std::string name = vertebra_name(seed.label);
  return std::to_string(seed.label) + (name.empty() ? "" : " (" + name + ")");
}

void check_pair(const Seed &upper, const Seed &lower, const LevelLabels &level)
{
  const std::string both = named(upper) + " and " + named(lower);
  const bool is_level = upper.label == level.cranial && lower.label == level.caudal;
  if (!is_level && lower.label != upper.label + 1 && !(upper.label == l5 && lower.label == s1))
    throw InputError("'Patient/Seeds'", both + " one after the other",
                     "vertebrae are named from cranial to caudal and none is left out",
                     "order them, and give a seed for each vertebra between the first and the last");
  if (!(upper.place[2] > lower.place[2]))
    throw InputError(
        "'Patient/Seeds'",
        both + formatted(" at %.1f", upper.place[2]) +
            formatted(" and %.1f mm along the patient's superior axis", lower.place[2]),
        "the first of the two lies above the other",
        "exchange their coordinates, or check 'Patient/Seed axes' (3D Slicer shows RAS; DICOM and ITK-SNAP "
        "use LPS)");
  const double distance = norm(upper.place - lower.place);
  if (distance < least_distance || distance > most_distance)
    throw InputError("'Patient/Seeds'", both + formatted(", %.1f mm apart", distance),
                     formatted("neighbouring vertebrae's centres are %.0f to ", least_distance) +
                         formatted("%.0f mm apart", most_distance),
                     "give coordinates in mm, and a seed for each vertebra between the first and the last");
}

} // namespace

void SeedParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.add_parameter(
      "Seeds", seeds,
      "In place of a label file: a point in the middle of each vertebral body, from cranial to caudal, as "
      "'label: x, y, z; label: x, y, z', of the level's two at least. Seeds of the vertebrae above and "
      "below make the result safer. The labels found must be looked at. Unit: mm.",
      Anything());
  prm.add_parameter("Seed axes", axes,
                    "To which side of the patient x, y and z of the seeds point: R or L, A or P, S or I each. No unit.",
                    Anything());
}

void SeedParameters::check(const LevelLabels &level) const
{
  axes_to_ras(axes, "'Patient/Seed axes'");
  if (!seeds.empty())
    list(level);
  else if (axes != "RAS")
    throw InputError("'Patient/Seed axes'", "'" + axes + "'", "no seeds are given", "remove it");
}

std::vector<Seed> SeedParameters::list(const LevelLabels &level) const
{
  const Affine to_ras = axes_to_ras(axes, "'Patient/Seed axes'");
  std::vector<Seed> found;
  for (const std::string &item : split(seeds, ';'))
    if (!item.empty())
      found.push_back(parse_seed(item, to_ras));
  for (const std::uint16_t label : {level.cranial, level.caudal})
    if (std::none_of(found.begin(), found.end(), [&](const Seed &seed) { return seed.label == label; }))
      throw InputError("'Patient/Seeds'", "without " + std::to_string(label),
                       "both vertebrae of the level " + level.name + " need a seed",
                       "add '" + std::to_string(label) + ": x, y, z', or correct 'Patient/Level'");
  for (std::size_t i = 0; i + 1 < found.size(); ++i)
    check_pair(found[i], found[i + 1], level);
  return found;
}

} // namespace cageopt::inputs
