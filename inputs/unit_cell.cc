#include <inputs/unit_cell.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>

#include <deal.II/base/function_parser.h>

#include <inputs/error.h>
#include <inputs/nearest_name.h>

namespace cageopt::inputs {

namespace {

constexpr double pi = 3.14159265358979323846;

using LevelSet = double (*)(double x, double y, double z);

double gyroid(const double x, const double y, const double z)
{
  return std::sin(x) * std::cos(y) + std::sin(y) * std::cos(z) + std::sin(z) * std::cos(x);
}

double diamond(const double x, const double y, const double z)
{
  return std::sin(x) * std::sin(y) * std::sin(z) + std::sin(x) * std::cos(y) * std::cos(z) +
         std::cos(x) * std::sin(y) * std::cos(z) + std::cos(x) * std::cos(y) * std::sin(z);
}

double primitive(const double x, const double y, const double z) { return std::cos(x) + std::cos(y) + std::cos(z); }

double iwp(const double x, const double y, const double z)
{
  return 2. * (std::cos(x) * std::cos(y) + std::cos(y) * std::cos(z) + std::cos(z) * std::cos(x)) -
         (std::cos(2. * x) + std::cos(2. * y) + std::cos(2. * z));
}

UnitCell level_set(const std::string &name, const LevelSet f, const std::string &formula, const bool is_sheet,
                   const double sign = 1)
{
  const std::string side = is_sheet ? "|f| <= t" : sign > 0 ? "f <= t" : "-f <= t";
  return {name, "f = " + formula + ", X = 2 pi x / L; the solid is " + side, {{4, 4, 4}}, [=](const Point &x) {
            const double value = sign * f(2. * pi * x[0], 2. * pi * x[1], 2. * pi * x[2]);
            return is_sheet ? std::abs(value) : value;
          }};
}

struct Segment
{
  Point begin, step;
};

double distance(const Point &x, const Segment &segment)
{
  Point to_x;
  double along = 0, square = 0;
  for (unsigned int d = 0; d < 3; ++d) {
    to_x[d] = x[d] - segment.begin[d];
    along += to_x[d] * segment.step[d];
    square += segment.step[d] * segment.step[d];
  }
  const double s = std::clamp(along / square, 0., 1.);
  double sum = 0;
  for (unsigned int d = 0; d < 3; ++d)
    sum += (to_x[d] - s * segment.step[d]) * (to_x[d] - s * segment.step[d]);
  return std::sqrt(sum);
}

/// Round struts from every point of the lattice (`nodes` and all that lie a period away) along `steps`. The distance to
/// the nearest axis is evaluated in the first octant, so the struts must be mirror symmetric about planes x = 0, 1/2.
UnitCell struts(const std::string &name, const std::string &definition, const std::vector<Point> &nodes,
                const std::vector<Point> &steps)
{
  std::vector<Segment> segments;
  for (int k = -1; k <= 1; ++k)
    for (int j = -1; j <= 1; ++j)
      for (int i = -1; i <= 1; ++i)
        for (const auto &node : nodes)
          for (const auto &step : steps) {
            const Segment segment = {{node[0] + i, node[1] + j, node[2] + k}, step};
            if (distance({.25, .25, .25}, segment) < .9) // within reach of the octant
              segments.push_back(segment);
          }
  return {name, definition, {{4, 4, 4}}, [segments](const Point &x) {
            Point folded;
            for (unsigned int d = 0; d < 3; ++d)
              folded[d] = std::abs(x[d] - std::round(x[d]));
            double nearest = 1;
            for (const auto &segment : segments)
              nearest = std::min(nearest, distance(folded, segment));
            return nearest;
          }};
}

UnitCell octet(const std::string &name)
{
  std::vector<Point> steps;
  for (unsigned int d = 0; d < 3; ++d)
    for (const double sign : {-.5, .5}) {
      Point step = {.5, .5, .5};
      step[d] = 0;
      step[(d + 1) % 3] = sign;
      steps.push_back(step);
    }
  return struts(name,
                "octet: round struts between nearest neighbours of the face-centred cubic lattice; t = radius / L",
                {{0, 0, 0}, {.5, .5, 0}, {.5, 0, .5}, {0, .5, .5}}, steps);
}

UnitCell bcc(const std::string &name)
{
  std::vector<Point> steps;
  for (unsigned int corner = 0; corner < 8; ++corner)
    steps.push_back({corner & 1 ? .5 : -.5, corner & 2 ? .5 : -.5, corner & 4 ? .5 : -.5});
  return struts(name, "BCC: round struts from the centre to the corners; t = radius / L", {{.5, .5, .5}}, steps);
}

/// Voronoi walls of a centred rectangular lattice of 1 x 7/4; 7/4 is sqrt(3) but for 1 %.
UnitCell honeycomb(const std::string &name)
{
  return {name,
          "honeycomb: hexagons in the plane of x and y, L wide, walls along z; period L x 7/4 L x L/4 (7/4 for "
          "sqrt 3); t = half the wall / L",
          {{4, 7, 1}},
          [](const Point &x) {
            constexpr double height = 1.75;
            std::vector<std::array<double, 2>> sites;
            for (int j = -1; j <= 2; ++j)
              for (int i = -1; i <= 2; ++i) {
                sites.push_back({double(i), height * j});
                sites.push_back({i + .5, height * (j + .5)});
              }
            const auto square = [&](const auto &site) {
              return (x[0] - site[0]) * (x[0] - site[0]) + (x[1] - site[1]) * (x[1] - site[1]);
            };
            const auto own = *std::min_element(sites.begin(), sites.end(),
                                               [&](const auto &a, const auto &b) { return square(a) < square(b); });
            double nearest = 1;
            for (const auto &site : sites)
              if (site != own)
                nearest = std::min(nearest, (square(site) - square(own)) /
                                                (2. * std::hypot(site[0] - own[0], site[1] - own[1])));
            return nearest;
          }};
}

using Maker = std::function<UnitCell(const std::string &name)>;

const std::map<std::string, Maker> &makers()
{
  static const std::map<std::string, Maker> table = [] {
    std::map<std::string, Maker> result = {{"octet", octet}, {"bcc", bcc}, {"honeycomb", honeycomb}};
    const auto add = [&](const std::string &name, const LevelSet f, const std::string &formula,
                         const double skeleton_sign) {
      result["sheet_" + name] = [=](const std::string &full) { return level_set(full, f, formula, true); };
      result["skeletal_" + name] = [=](const std::string &full) {
        return level_set(full, f, formula, false, skeleton_sign);
      };
    };
    add("gyroid", gyroid, "sin X cos Y + sin Y cos Z + sin Z cos X", 1);
    add("diamond", diamond, "sin X sin Y sin Z + sin X cos Y cos Z + cos X sin Y cos Z + cos X cos Y sin Z", 1);
    add("primitive", primitive, "cos X + cos Y + cos Z", 1);
    // The side of the body-centred points, which are joined by eight struts each; the other one has no name of its own.
    add("iwp", iwp, "2 (cos X cos Y + cos Y cos Z + cos Z cos X) - cos 2X - cos 2Y - cos 2Z", -1);
    return result;
  }();
  return table;
}

} // namespace

std::vector<std::string> UnitCell::names()
{
  std::vector<std::string> result;
  for (const auto &entry : makers())
    result.push_back(entry.first);
  return result;
}

UnitCell UnitCell::of(const std::string &name)
{
  const auto maker = makers().find(name);
  if (maker == makers().end()) {
    std::string list;
    for (const auto &known : names())
      list += (list.empty() ? "" : ", ") + known;
    throw InputError("'--cell'", "'" + name + "'", "it must be one of " + list,
                     "did you mean '" + nearest_name(name, names()) + "'? Other cells are given by '--function'");
  }
  return maker->second(name);
}

UnitCell UnitCell::from_formula(const std::string &formula, const bool is_sheet)
{
  const std::string way_out = "write a formula of X, Y, Z (2 pi x / L, ...), for example 'cos(X) + cos(Y) + cos(Z)'";
  const auto parser = std::make_shared<dealii::FunctionParser<3>>();
  const auto value = [parser, is_sheet](const Point &x) {
    const double f = parser->value({2. * pi * x[0], 2. * pi * x[1], 2. * pi * x[2]});
    return is_sheet ? std::abs(f) : f;
  };
  auto *const terminal = std::cerr.rdbuf(nullptr); // the library prints there, besides throwing
  try {
    parser->initialize("X,Y,Z", formula, {{"pi", pi}});
    value({.3, .4, .5});
    std::cerr.rdbuf(terminal);
    std::cerr.clear();
  } catch (const std::exception &error) {
    std::cerr.rdbuf(terminal);
    std::cerr.clear();
    // The parser's own sentence, out of the library's report.
    std::string reason = error.what();
    const auto begin = reason.find("Parsing Error"), end = reason.find('\n', begin == std::string::npos ? 0 : begin);
    reason = begin == std::string::npos ? "it cannot be read" : reason.substr(begin, end - begin);
    throw InputError("'--function'", "'" + formula + "'", reason, way_out);
  }
  constexpr int n = 12;
  double largest = 0, difference = 0;
  for (int j = 0; j < n; ++j)
    for (int i = 0; i < n; ++i)
      for (unsigned int d = 0; d < 3; ++d) {
        Point low, high;
        low[d] = 0;
        high[d] = 1;
        low[(d + 1) % 3] = high[(d + 1) % 3] = (i + .37) / n;
        low[(d + 2) % 3] = high[(d + 2) % 3] = (j + .37) / n;
        const double a = value(low), b = value(high);
        if (!std::isfinite(a) || !std::isfinite(b))
          throw InputError("'--function'", "'" + formula + "'", "it is not finite at every point of the cell", way_out);
        largest = std::max({largest, std::abs(a), std::abs(b)});
        difference = std::max(difference, std::abs(a - b));
      }
  if (difference > 1e-6 * largest)
    throw InputError("'--function'", "'" + formula + "'", "it differs between opposite faces of the cell: no period",
                     "use functions of period 2 pi in X, Y and Z");
  return {"formula",
          "f = " + formula + ", X = 2 pi x / L; the solid is " + (is_sheet ? "|f| <= t" : "f <= t"),
          {{4, 4, 4}},
          value};
}

} // namespace cageopt::inputs
