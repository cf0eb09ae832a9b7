#include <main/homogenise_command.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <memory>
#include <sstream>

#include <nlohmann/json.hpp>

#include <inputs/collective.h>
#include <inputs/formatted.h>
#include <inputs/specimen.h>
#include <main/case.h>
#include <main/homogenisation.h>
#include <main/terminal.h>
#include <optimizer/lattice_law.h>
#include <postprocess/output_folder.h>
#include <postprocess/provenance.h>
#include <postprocess/relief_picture.h>

namespace cageopt {

using namespace inputs;
using solver::VoigtMatrix;

namespace {

const Point directions[3] = {
    {1, 0, 0}, {std::sqrt(.5), std::sqrt(.5), 0}, {std::sqrt(1. / 3), std::sqrt(1. / 3), std::sqrt(1. / 3)}};

/// Of a comma-separated list. Throws InputError naming `option`.
std::vector<double> numbers(const std::string &text, const char separator, const std::string &option)
{
  std::vector<double> result;
  std::istringstream list(text);
  for (std::string item; std::getline(list, item, separator);) {
    std::size_t n_read = 0;
    double value = 0;
    try {
      value = std::stod(item, &n_read);
    } catch (const std::exception &) {
      n_read = 0;
    }
    if (n_read == 0 || n_read != item.size() || !std::isfinite(value))
      throw InputError(option, "'" + text + "'", "'" + item + "' is no number",
                       "write numbers separated by commas, or first:last:step");
    result.push_back(value);
  }
  return result;
}

std::vector<double> densities_of(const std::string &text)
{
  std::vector<double> result;
  if (text.find(':') == std::string::npos) {
    result = numbers(text, ',', "'--densities'");
  } else {
    const auto range = numbers(text, ':', "'--densities'");
    if (range.size() != 3 || !(range[2] > 0) || range[1] < range[0])
      throw InputError("'--densities'", "'" + text + "'", "a range is first:last:step with a step above zero",
                       "write, for example, 0.1:0.5:0.1");
    for (int i = 0; range[0] + i * range[2] <= range[1] + 1e-9; ++i)
      result.push_back(std::round((range[0] + i * range[2]) * 1e9) * 1e-9);
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  for (const double density : result)
    if (!(density > 0 && density < 1))
      throw InputError("'--densities'", formatted("%g", density),
                       "relative densities lie between 0 and 1, without them",
                       "leave it out; void has no stiffness, and the solid's is that of the material");
  return result;
}

std::vector<int> voxels_of(const std::string &text)
{
  std::vector<int> result;
  for (const double n : numbers(text, ',', "'--voxels'")) {
    if (!(n >= 8 && n <= 512 && std::fmod(n, 4.) == 0))
      throw InputError("'--voxels'", formatted("%g", n), "the edge has 8 to 512 voxels, a multiple of 4",
                       "use numbers with many factors of two, such as 32,48,64");
    result.push_back(static_cast<int>(n));
  }
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

/// What is homogenised: a cell on grids, or an image.
struct Subject
{
  std::string name, definition, command; ///< command: what makes the same again
  std::unique_ptr<UnitCell> cell;
  std::unique_ptr<CellVoxels> image;
  std::vector<double> densities;
  std::vector<int> voxels;
  double threshold = std::numeric_limits<double>::quiet_NaN(); ///< of an image whose density it sets
  double poissons_ratio = .3;
  double youngs_modulus = 1; ///< of the solid, MPa; 1: not known
};

void refuse_with(const bool is_given, const std::string &option, const std::string &rule)
{
  if (is_given)
    throw InputError("'" + option + "'", "given", rule, "leave it out");
}

std::string list_of(const std::vector<double> &values)
{
  std::string text;
  for (const double value : values)
    text += (text.empty() ? "" : ",") + formatted("%g", value);
  return text;
}

/// The segmented bone of a case, as an image of ones and zeros.
void take_specimen(Subject &subject, const CommandLine &line, MPI_Comm comm)
{
  const auto &options = line.homogenise;
  refuse_with(!options.voxels.empty(), "--voxels", "a specimen has its own");
  refuse_with(!options.densities.empty(), "--densities", "a specimen has its own");
  refuse_with(options.has_threshold, "--threshold", "the case says how its image is segmented");
  refuse_with(!std::isnan(options.poissons_ratio), "--poissons-ratio", "the case states that of the bone");
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  if (!given.is_specimen() || given.specimen.material != "constant")
    throw InputError("The case file", line.case_file, "only a specimen of one material can be taken for a cell",
                     "give a case with 'Problem = specimen' and 'Specimen/Material = constant'");
  const auto specimen = read_specimen(given.specimen, given.data_directory, comm);
  Image<float> image;
  image.grid = specimen.grid;
  for (const auto part : specimen.part)
    image.values.push_back(part == SpecimenPart::bone ? 1.f : 0.f);
  subject.image = std::make_unique<CellVoxels>(image);
  subject.threshold = -.5;
  subject.name = std::filesystem::path(line.case_file).stem().string();
  subject.definition = "the bone of the specimen, segmented as the case says, taken for one period";
  subject.command = "CASE";
  subject.poissons_ratio = given.specimen.poissons_ratio;
  subject.youngs_modulus = given.specimen.youngs_modulus;
}

Subject subject_of(const CommandLine &line, MPI_Comm comm)
{
  const auto &options = line.homogenise;
  const int n_given = int(!options.cell.empty()) + int(!options.function.empty()) + int(!options.image.empty()) +
                      int(!line.case_file.empty());
  if (n_given != 1)
    throw InputError("The cell", n_given == 0 ? "not given" : "given more than once",
                     "one of '--cell', '--function', '--image' and a case file says what is homogenised",
                     "give one of them; 'cageopt homogenise --help' lists the cells");
  if (!std::isnan(options.poissons_ratio) && !(options.poissons_ratio > -1 && options.poissons_ratio < .5))
    throw InputError("'--poissons-ratio'", formatted("%g", options.poissons_ratio), "it lies between -1 and 0.5",
                     "use that of the solid, 0.3 for most metals");
  if (!(options.yielded_share > 0 && options.yielded_share < 1))
    throw InputError("'--yielded-share'", formatted("%g", options.yielded_share), "a share lies between 0 and 1",
                     "use 0.01 for one per cent of the solid");
  Subject subject;
  if (!std::isnan(options.poissons_ratio))
    subject.poissons_ratio = options.poissons_ratio;
  refuse_with(options.is_sheet && options.function.empty(), "--sheet", "only a '--function' is made a sheet by it");
  refuse_with(line.case_file.empty() && !(line.data.empty() && line.overrides.empty()), "--data or --set",
              "only a case file has relative paths and entries");
  if (!line.case_file.empty()) {
    take_specimen(subject, line, comm);
  } else if (options.image.empty()) {
    refuse_with(options.has_threshold, "--threshold", "it is a grey value of an '--image'; cells take '--densities'");
    refuse_with(options.accept_faces, "--accept-faces", "only an '--image' may have faces that do not match");
    subject.cell = std::make_unique<UnitCell>(options.function.empty()
                                                  ? UnitCell::of(options.cell)
                                                  : UnitCell::from_formula(options.function, options.is_sheet));
    subject.name = subject.cell->name;
    subject.definition = subject.cell->definition;
    subject.densities = densities_of(options.densities.empty() ? "0.1:0.5:0.1" : options.densities);
    subject.voxels = voxels_of(options.voxels.empty() ? "32,48,64" : options.voxels);
    subject.command = options.function.empty()
                          ? "--cell " + options.cell
                          : "--function '" + options.function + "'" + (options.is_sheet ? " --sheet" : "");
    std::vector<double> grids(subject.voxels.begin(), subject.voxels.end());
    subject.command += " --densities " + list_of(subject.densities) + " --voxels " + list_of(grids);
  } else {
    refuse_with(!options.voxels.empty(), "--voxels", "an '--image' has its own");
    if (options.has_threshold == !options.densities.empty())
      throw InputError("The solid of the image", options.has_threshold ? "given twice" : "not given",
                       "either '--threshold' (solid at this grey value and above) or '--densities' (the brightest "
                       "voxels) says which voxels are solid",
                       "give one of them");
    Image<float> image;
    on_root(comm, [&] { image = read_image(options.image); });
    broadcast(comm, image);
    subject.image = std::make_unique<CellVoxels>(image);
    subject.name = "image";
    subject.definition = "voxel image; the solid is what is brightest";
    if (options.has_threshold)
      subject.threshold = -options.threshold;
    else
      subject.densities = densities_of(options.densities);
    subject.command = "--image IMAGE " + (options.has_threshold ? "--threshold " + formatted("%g", options.threshold)
                                                                : "--densities " + list_of(subject.densities));
  }
  subject.command += " --poissons-ratio " + formatted("%g", subject.poissons_ratio);
  return subject;
}

void refuse_faces(const CellVoxels &voxels, const double threshold, const HomogeniseOptions &options)
{
  const double mismatch = voxels.face_mismatch(threshold);
  if (mismatch > 3 && !options.accept_faces)
    throw InputError("The image of the cell", "not periodic",
                     "solid and void differ " + formatted("%.1f", mismatch) +
                         " times as often between opposite faces as between layers within",
                     "cut the image to one period, or accept the jump with '--accept-faces'");
}

std::string header()
{
  return "density    C11     C12     C44     E100    +-    order  nu100  Zener   E110    E111   area L  yield 100  "
         "yield xy\n";
}

std::string row(const double density, const HomogenisedDensity &result)
{
  const auto cubic = result.cubic();
  const auto compliance = solver::inverse(result.stiffness);
  std::ostringstream text;
  text << formatted("%7.4f", density) << formatted(" %7.5f", cubic.c11) << formatted(" %7.5f", cubic.c12)
       << formatted(" %7.5f", cubic.c44) << formatted(" %7.5f", cubic.youngs_modulus_100());
  if (std::isnan(result.youngs_modulus_error))
    text << "     -       -";
  else
    text << formatted(" %7.5f", result.youngs_modulus_error) << formatted("  %4.2f", result.order);
  text << formatted("  %5.3f", cubic.poissons_ratio_100()) << formatted("  %5.3f", cubic.zener())
       << formatted(" %7.5f", youngs_modulus(compliance, directions[1]))
       << formatted(" %7.5f", youngs_modulus(compliance, directions[2])) << formatted("  %6.3f", result.finest().area)
       << formatted("    %7.5f", result.finest().yield_axial) << formatted("   %7.5f", result.finest().yield_shear)
       << '\n';
  return text.str();
}

std::string spaced(std::string name)
{
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

nlohmann::json json_of(const VoigtMatrix &matrix)
{
  nlohmann::json rows = nlohmann::json::array();
  for (const auto &line : matrix)
    rows.push_back(line);
  return rows;
}

/// A law file as optimizer/lattice_law reads it, one row of numbers per line.
std::string law_text(const Subject &subject, const std::vector<double> &densities,
                     const std::vector<HomogenisedDensity> &results, const HomogeniseOptions &options)
{
  const auto quoted = [](const std::string &text) { return nlohmann::json(text).dump(); };
  double uncertainty = 0;
  std::string grids;
  for (const auto &result : results)
    uncertainty = std::max(uncertainty, result.youngs_modulus_error / result.cubic().youngs_modulus_100());
  for (const auto &grid : results.front().grids)
    grids += (grids.empty() ? "" : ", ") + std::to_string(grid.voxels);
  const bool is_study = results.front().grids.size() > 1;
  std::ostringstream text;
  text << "{\n  \"name\": " << quoted(std::filesystem::path(options.law_file).stem().string())
       << ",\n  \"cell\": " << quoted(spaced(subject.name) + ", one period of edge L")
       << ",\n  \"level_set\": " << quoted(subject.definition)
       << ",\n  \"method\": \"homogenised on one periodic cell of cubes, trilinear hexahedra, void removed"
       << (is_study ? "; extrapolated, f = f_0 + a h^p with p between 1 and 2" : "")
       << "\",\n  \"voxels_per_cell_edge\": [" << grids
       << "],\n  \"unit\": \"stiffness per unit of the solid's Young's modulus; the solid has modulus 1. Yield stress "
          "per "
          "unit of the solid's, at the macroscopic stress where von Mises's has reached it in "
       << formatted("%g", 100. * options.yielded_share)
       << " % of the solid's voxels (elastic). Area per volume, per 1/L\",\n  \"solid_poissons_ratio\": "
       << formatted("%g", subject.poissons_ratio);
  if (is_study)
    text << ",\n  \"uncertainty_percent\": " << formatted("%.1f", std::ceil(1000. * uncertainty) / 10.);
  text << ",\n  \"citation\": "
       << quoted("cageopt homogenise, periodic cells of " + grids + " trilinear cubes along the edge")
       << ",\n  \"mark\": \"R\",\n  \"made_by\": " << quoted("cageopt " + postprocess::version_text())
       << ",\n  \"command\": " << quoted("cageopt homogenise " + subject.command)
       << ",\n  \"columns\": [\"relative_density\", \"level_set_threshold\", \"C11\", \"C12\", \"C44\", \"E100\", "
          "\"poissons_ratio\", \"zener\", \"yield_100\", \"yield_shear\", \"area\"],\n  \"rows\": [\n";
  const auto number = [](const double value) { return formatted("%.7f", value); };
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto c = results[i].cubic();
    const auto &finest = results[i].finest();
    text << "    [" << formatted("%.6g", densities[i]) << ", " << formatted("%.4f", finest.threshold) << ", "
         << number(c.c11) << ", " << number(c.c12) << ", " << number(c.c44) << ", " << number(c.youngs_modulus_100())
         << ", " << formatted("%.3f", c.poissons_ratio_100()) << ", " << formatted("%.3f", c.zener()) << ", "
         << number(finest.yield_axial) << ", " << number(finest.yield_shear) << ", " << formatted("%.3f", finest.area)
         << (i + 1 < results.size() ? "],\n" : "]\n");
  }
  text << "  ]";
  if (is_study) {
    text << ",\n  \"errors\": {\n    \"columns\": [\"relative_density\", \"C11\", \"C12\", \"C44\", \"E100\", "
            "\"order\"],\n"
            "    \"rows\": [\n";
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto &error = results[i].error;
      text << "      [" << formatted("%.6g", densities[i]) << ", " << number(error[0][0]) << ", " << number(error[0][1])
           << ", " << number(error[3][3]) << ", " << number(results[i].youngs_modulus_error) << ", "
           << formatted("%.2f", results[i].order) << (i + 1 < results.size() ? "],\n" : "]\n");
    }
    text << "    ]\n  },\n  \"resolution_study\": {\n    \"columns\": [\"relative_density\", \"voxels\", \"C11\", "
            "\"C12\", "
            "\"C44\", \"E100\"],\n    \"rows\": [\n";
    for (std::size_t i = 0; i < results.size(); ++i)
      for (std::size_t g = 0; g < results[i].grids.size(); ++g) {
        const auto &grid = results[i].grids[g];
        const auto c = HomogenisedDensity::cubic_mean(grid.stiffness);
        const bool is_last = i + 1 == results.size() && g + 1 == results[i].grids.size();
        text << "      [" << formatted("%.6g", densities[i]) << ", " << grid.voxels << ", " << number(c.c11) << ", "
             << number(c.c12) << ", " << number(c.c44) << ", " << number(c.youngs_modulus_100())
             << (is_last ? "]\n" : "],\n");
      }
    text << "    ]\n  }";
  }
  text << "\n}\n";
  return text.str();
}

/// The law, read again as the optimiser will. Throws InputError where it would refuse it.
std::string checked_law(const Subject &subject, const std::vector<double> &densities,
                        const std::vector<HomogenisedDensity> &results, const HomogeniseOptions &options)
{
  for (const auto &result : results)
    if (result.deviation_from_cubic() > 1e-3)
      throw InputError(
          "The cell",
          "not cubic: a component differs by " + formatted("%.2g", 100. * result.deviation_from_cubic()) + " % of C11",
          "a law file holds C11, C12 and C44", "leave out '--law-file', or use a cell with cubic symmetry");
  const auto text = law_text(subject, densities, results, options);
  optimizer::LatticeTable::parse(text, options.law_file);
  return text;
}

std::string results_json(const Subject &subject, const std::vector<double> &densities,
                         const std::vector<HomogenisedDensity> &results, const HomogeniseOptions &options)
{
  nlohmann::ordered_json json;
  json["verb"] = "homogenise";
  json["cell"] = subject.name;
  json["definition"] = subject.definition;
  json["command"] = "cageopt homogenise " + subject.command;
  json["solid_poissons_ratio"] = subject.poissons_ratio;
  json["yielded_share"] = options.yielded_share;
  json["unit"] = "per unit of the solid's Young's modulus and yield strength, lengths per L; Voigt xx yy zz yz xz xy";
  const auto finite = [](const double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  };
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto &result = results[i];
    const auto compliance = solver::inverse(result.stiffness);
    nlohmann::ordered_json entry;
    entry["relative_density"] = densities[i];
    entry["stiffness"] = json_of(result.stiffness);
    entry["youngs_modulus_100"] = youngs_modulus(compliance, directions[0]);
    entry["youngs_modulus_110"] = youngs_modulus(compliance, directions[1]);
    entry["youngs_modulus_111"] = youngs_modulus(compliance, directions[2]);
    entry["youngs_modulus_010"] = youngs_modulus(compliance, {0, 1, 0});
    entry["youngs_modulus_001"] = youngs_modulus(compliance, {0, 0, 1});
    entry["youngs_modulus_100_error"] = finite(result.youngs_modulus_error);
    entry["order"] = finite(result.order);
    entry["deviation_from_cubic"] = result.deviation_from_cubic();
    if (options.permeability) {
      entry["permeability"] = result.permeability;
      entry["permeability_error"] = finite(result.permeability_error);
    }
    for (const auto &grid : result.grids) {
      entry["grids"].push_back({{"voxels", grid.voxels},
                                {"relative_density", grid.density},
                                {"threshold", grid.threshold},
                                {"stiffness", json_of(grid.stiffness)},
                                {"yield_100", grid.yield_axial},
                                {"yield_shear", grid.yield_shear},
                                {"area", grid.area},
                                {"unknowns", grid.n_unknowns},
                                {"iterations", grid.iterations},
                                {"removed_voxels", grid.n_removed},
                                {"seconds", grid.seconds}});
      if (options.permeability)
        entry["grids"].back()["permeability"] = grid.permeability;
    }
    json["densities"].push_back(entry);
  }
  return json.dump(2) + "\n";
}

/// The surface E(n) n with E as point data, as VTK's own text format.
std::string surface_vtk(const VoigtMatrix &compliance)
{
  constexpr int n_polar = 48, n_around = 96;
  std::ostringstream points, values, polygons;
  for (int i = 0; i <= n_polar; ++i)
    for (int j = 0; j < n_around; ++j) {
      const double theta = M_PI * i / n_polar, phi = 2. * M_PI * j / n_around;
      const Point n = {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)};
      const double modulus = youngs_modulus(compliance, n);
      points << modulus * n[0] << ' ' << modulus * n[1] << ' ' << modulus * n[2] << '\n';
      values << modulus << '\n';
      if (i < n_polar) {
        const int next = (j + 1) % n_around;
        polygons << "4 " << i * n_around + j << ' ' << (i + 1) * n_around + j << ' ' << (i + 1) * n_around + next << ' '
                 << i * n_around + next << '\n';
      }
    }
  const int n_points = (n_polar + 1) * n_around, n_quads = n_polar * n_around;
  std::ostringstream text;
  text << "# vtk DataFile Version 3.0\nYoung's modulus by direction, per unit of the solid's\nASCII\nDATASET "
          "POLYDATA\nPOINTS "
       << n_points << " double\n"
       << points.str() << "POLYGONS " << n_quads << ' ' << 5 * n_quads << '\n'
       << polygons.str() << "POINT_DATA " << n_points << "\nSCALARS youngs_modulus double 1\nLOOKUP_TABLE default\n"
       << values.str();
  return text.str();
}

std::string surface_png(const VoigtMatrix &compliance)
{
  double smallest = std::numeric_limits<double>::max(), largest = 0;
  for (int i = 0; i <= 60; ++i)
    for (int j = 0; j < 120; ++j) {
      const double theta = M_PI * i / 60, phi = M_PI * j / 60;
      const double modulus = youngs_modulus(
          compliance, {std::sin(theta) * std::cos(phi), std::sin(theta) * std::sin(phi), std::cos(theta)});
      smallest = std::min(smallest, modulus);
      largest = std::max(largest, modulus);
    }
  const auto modulus_at = [&](const Point &x) { return youngs_modulus(compliance, (1. / norm(x)) * x); };
  const auto value = [&](const Point &x) {
    const double radius = norm(x);
    return radius > 0 ? radius - modulus_at(x) / largest : -1.;
  };
  const double range = std::max(largest - smallest, 1e-3 * largest);
  return postprocess::relief_png(value, {-1, -1, -1}, {1, 1, 1}, .01, 400, [&](const Point &x) {
    return postprocess::cividis((modulus_at(x) - smallest) / range);
  });
}

std::string cell_png(const CellVoxels &voxels, const double threshold)
{
  const double edge = voxels.voxels_per_edge();
  const Point high = {voxels.size()[0] / edge, voxels.size()[1] / edge, voxels.size()[2] / edge};
  return postprocess::relief_png([&](const Point &x) { return voxels.value_at(x) - threshold; }, {0, 0, 0}, high,
                                 .4 / edge, 400,
                                 [](const Point &) {
                                   return postprocess::SlicePicture::Colour{176, 190, 205};
                                 });
}

} // namespace

ExitCode homogenise_command(const CommandLine &line, MPI_Comm comm)
{
  const auto &options = line.homogenise;
  Terminal terminal(comm);
  auto &out = terminal.out();
  auto subject = subject_of(line, comm);
  if (!options.law_file.empty() && subject.densities.size() < 3)
    throw InputError("'--law-file'", "'" + options.law_file + "'", "a law needs three relative densities or more",
                     "give them by '--densities', or leave out the file");
  const postprocess::OutputFolder folder(comm, line.output.empty() ? "output/homogenise_" + subject.name : line.output,
                                         line.overwrite);
  terminal.log_to(folder.path() + "/log.txt");
  postprocess::Provenance provenance(comm, line.as_given, itk_version());
  for (const auto &file : {options.image, line.case_file})
    if (!file.empty())
      provenance.add_input(file);

  const Homogenisation homogenisation(subject.poissons_ratio, options.yielded_share, options.permeability, comm);
  out << "Cell          " << subject.name << ": " << subject.definition << '\n'
      << "Solid         Young's modulus 1, Poisson's ratio " << subject.poissons_ratio << '\n'
      << "Yield         macroscopic stress, per unit of the solid's yield strength, at which von Mises's stress has\n"
      << "              reached that in " << 100. * options.yielded_share
      << " % of the solid's voxels (elastic; finest grid)\n";
  std::vector<std::unique_ptr<CellVoxels>> grids;
  for (const int n : subject.voxels)
    grids.push_back(std::make_unique<CellVoxels>(*subject.cell, n));
  if (subject.image != nullptr)
    grids.push_back(std::move(subject.image));
  const bool by_threshold = !std::isnan(subject.threshold), is_image = subject.voxels.empty();
  auto &densities = subject.densities;
  if (by_threshold)
    densities = {grids.back()->density(subject.threshold)};

  std::vector<HomogenisedDensity> results;
  out << header();
  for (const double density : densities) {
    std::vector<HomogenisedGrid> series;
    for (const auto &grid : grids) {
      if (is_image)
        refuse_faces(*grid, by_threshold ? subject.threshold : grid->threshold_for(density), options);
      series.push_back(by_threshold ? homogenisation.at_threshold(*grid, subject.threshold)
                                    : homogenisation.at_density(*grid, density));
    }
    results.emplace_back(std::move(series));
    out << row(density, results.back()) << std::flush;
  }
  std::ostringstream notes;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto &finest = results[i].finest();
    const auto &coarsest = results[i].grids.front();
    if (const double thickness = 2. * coarsest.density / coarsest.area * coarsest.voxels; thickness < 2)
      notes << "At " << densities[i] << ": walls are " << formatted("%.1f", thickness)
            << " voxels thick on the grid of " << coarsest.voxels
            << "; two or more are needed for a value to be trusted\n";
    if (finest.n_removed > 0)
      notes << "At " << densities[i] << ": " << finest.n_removed
            << " voxels of loose parts carry nothing and were left out; they count in the density\n";
    if (results[i].deviation_from_cubic() > 1e-3) {
      const auto compliance = solver::inverse(results[i].stiffness);
      notes << "At " << densities[i] << ": not cubic (a component differs by "
            << formatted("%.2g", 100. * results[i].deviation_from_cubic())
            << " % of C11); C11, C12 and C44 above are means. E along x, y, z: "
            << formatted("%.5f", youngs_modulus(compliance, {1, 0, 0})) << ", "
            << formatted("%.5f", youngs_modulus(compliance, {0, 1, 0})) << ", "
            << formatted("%.5f", youngs_modulus(compliance, {0, 0, 1})) << '\n';
      if (subject.youngs_modulus != 1)
        notes << "With " << subject.youngs_modulus << " MPa of the solid, along x, y, z: "
              << formatted("%.1f", subject.youngs_modulus * youngs_modulus(compliance, {1, 0, 0})) << ", "
              << formatted("%.1f", subject.youngs_modulus * youngs_modulus(compliance, {0, 1, 0})) << ", "
              << formatted("%.1f MPa", subject.youngs_modulus * youngs_modulus(compliance, {0, 0, 1})) << '\n';
    }
  }
  if (options.permeability)
    for (std::size_t i = 0; i < results.size(); ++i) {
      notes << "Permeability at " << densities[i] << ": " << formatted("%.4e", results[i].permeability) << " L^2";
      if (!std::isnan(results[i].permeability_error))
        notes << " +- " << formatted("%.1e", results[i].permeability_error);
      const auto &K = results[i].finest().permeability;
      notes << " (finest grid, along x, y, z: " << formatted("%.4e", K[0][0]) << ", " << formatted("%.4e", K[1][1])
            << ", " << formatted("%.4e", K[2][2]) << ")\n";
    }
  out << notes.str();
  if (options.print_matrix)
    for (std::size_t i = 0; i < results.size(); ++i) {
      out << "C at relative density " << formatted("%g", densities[i]) << " (xx yy zz yz xz xy)\n";
      for (const auto &line_of_matrix : results[i].stiffness) {
        for (const double entry : line_of_matrix)
          out << formatted(" %10.6f", std::abs(entry) < 5e-7 ? 0. : entry);
        out << '\n';
      }
    }
  const auto &first_grid = results.back().finest();
  out << "Finest grid   " << first_grid.n_unknowns << " unknowns, " << first_grid.iterations << " iterations, "
      << formatted("%.1f", first_grid.seconds) << " s (density " << formatted("%g", densities.back()) << ")\n";

  on_root(comm, [&] {
    const auto &shown = results[results.size() / 2];
    const auto compliance = solver::inverse(shown.stiffness);
    postprocess::write_atomically(folder.path() + "/cell.png", cell_png(*grids.back(), shown.finest().threshold));
    postprocess::write_atomically(folder.path() + "/youngs_modulus.png", surface_png(compliance));
    postprocess::write_atomically(folder.path() + "/youngs_modulus.vtk", surface_vtk(compliance));
    postprocess::write_atomically(folder.summary(), results_json(subject, densities, results, options));
  });
  if (!options.law_file.empty()) { // after the results, which stay where the law is refused
    const auto law = checked_law(subject, densities, results, options);
    on_root(comm, [&] { postprocess::write_atomically(options.law_file, law); });
  }
  out << "Results in " << folder.path() << ": summary.json, and at relative density "
      << formatted("%g", densities[results.size() / 2]) << " cell.png, youngs_modulus.png, youngs_modulus.vtk";
  if (!options.law_file.empty())
    out << "; law in " << options.law_file;
  out << std::endl;
  terminal.close_log();
  provenance.write(folder.path());
  return ExitCode::done;
}

} // namespace cageopt
