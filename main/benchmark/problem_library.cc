#include <main/benchmark/problem_library.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include <inputs/error.h>
#include <main/case.h>
#include <meshing/patient_domain.h>

namespace cageopt {

using inputs::CubicStiffness;
using inputs::InputError;
using meshing::Region;

namespace {

bool is_trabecular(const std::string &name) { return name == "trabecular" || name == "trabecular-traction"; }

std::string joined(const std::vector<std::string> &words)
{
  std::string text;
  for (const auto &word : words)
    text += (text.empty() ? "" : ", ") + word;
  return text;
}

} // namespace

ProblemLibrary::ProblemLibrary(const BenchmarkOptions &options, BenchmarkReport &report, MPI_Comm comm)
    : options(options), report(report), comm(comm)
{
}

const std::vector<std::string> &ProblemLibrary::names()
{
  static const std::vector<std::string> all = {"block",     "cantilever", "gyroid", "trabecular", "trabecular-traction",
                                               "inclusion", "patient"};
  return all;
}

std::vector<std::string> ProblemLibrary::choose(const std::string &suite, const std::vector<std::string> &usual,
                                                const std::vector<std::string> &allowed)
{
  std::vector<std::string> chosen;
  for (const auto &name : options.problems.empty() ? usual : options.problems)
    if (std::find(allowed.begin(), allowed.end(), name) != allowed.end())
      chosen.push_back(name);
  if (chosen.empty() && options.suites.empty()) {
    report.note("\n" + suite + ": skipped, as it has none of the problems asked for");
    return {};
  }
  if (chosen.empty())
    throw InputError("Option '--problems'", "'" + joined(options.problems) + "'",
                     "the suite '" + suite + "' can do " + joined(allowed),
                     "name one of these, or leave the option out");
  const auto absent = std::find_if(chosen.begin(), chosen.end(), is_trabecular);
  if (absent == chosen.end() || !options.problems.empty() || !options.data_directory.empty())
    return chosen;
  int is_there = std::ifstream(TrabecularBlock::image_path(benchmark_data_default)).good();
  MPI_Bcast(&is_there, 1, MPI_INT, 0, comm);
  if (!is_there) {
    if (!said_absent)
      report.note("trabecular is skipped: " + TrabecularBlock::image_path(benchmark_data_default) +
                  " is absent; --data names the folder of the data.");
    said_absent = true;
    chosen.erase(std::remove_if(chosen.begin(), chosen.end(), is_trabecular), chosen.end());
  }
  return chosen;
}

void ProblemLibrary::prepare(const std::string &name, const unsigned int cells)
{
  if (name == "cantilever" && cantilever_cells != cells) {
    cantilever.reset();
    cantilever = std::make_unique<CantileverDesigns>(cells, std::vector<unsigned int>{0, 5, 10, 20}, comm);
    cantilever_cells = cells;
    std::ostringstream text;
    text.precision(3);
    text << "  (20 iterations of the cantilever's optimisation took " << cantilever->seconds() << " s)";
    report.note(text.str());
  }
  if (name == "patient" && patient == nullptr)
    patient = std::make_unique<inputs::Patient>(inputs::read_patient({}, "", comm));
  if (is_trabecular(name) && bone_cells != cells) {
    if (cells > finest(name))
      throw InputError("Option '--cells'", std::to_string(cells),
                       "the image of the problem '" + name + "' has " + std::to_string(finest(name)) +
                           " voxels along an edge",
                       "ask for no more cells than voxels, or leave it out with '--problems'");
    bone = trabecular->bone(cells);
    bone_cells = cells;
  }
}

unsigned int ProblemLibrary::finest(const std::string &name)
{
  if (!is_trabecular(name))
    return 1u << 15;
  if (trabecular == nullptr)
    trabecular = std::make_unique<TrabecularBlock>(
        options.data_directory.empty() ? benchmark_data_default : options.data_directory, comm);
  return trabecular->n_voxels();
}

BenchmarkProblem ProblemLibrary::make(const std::string &name, const unsigned int cells)
{
  prepare(name, cells);
  if (name == "cantilever")
    return cantilever->problem();
  if (name == "patient")
    return make_patient();
  if (name == "gyroid")
    return make_cube_problem(name, cells, is_in_gyroid_sheet, TopFace::traction, comm);
  if (name == "inclusion")
    return make_cube_problem(name, cells, is_in_ball, TopFace::traction, comm);
  if (is_trabecular(name))
    return make_cube_problem(
        name, cells,
        [this, cells](const inputs::Point &centre) {
          std::size_t index = 0;
          for (unsigned int d = 3; d-- > 0;)
            index = index * cells + static_cast<std::size_t>(centre[d] * cells);
          return bone[index];
        },
        name == "trabecular" ? TopFace::platen : TopFace::traction, comm);
  return make_cube_problem(
      "block", cells, [](const inputs::Point &) { return true; }, TopFace::traction, comm);
}

BenchmarkProblem ProblemLibrary::make_patient()
{
  Case given; // the defaults are those of the built-in case
  given.mesh.cell_size = options.patient_cell;
  given.cage.frame_youngs_modulus = given.law.solid_youngs_modulus;
  given.cage.frame_poissons_ratio = given.law.solid_poissons_ratio;
  const auto segment = std::make_shared<meshing::PatientDomain>(*patient, given.cage, given.mesh, comm);
  BenchmarkProblem problem;
  problem.name = "patient";
  problem.domain = {segment, &segment->domain()};
  problem.column = 2;
  const auto titanium = CubicStiffness::isotropic(given.law.solid_youngs_modulus, given.law.solid_poissons_ratio);
  const double modulus = given.law.solid_youngs_modulus, disc_ratio = given.mesh.disc_poissons_ratio;
  problem.materials.push_back(
      {"patient, titanium cage", [domain = problem.domain, titanium, modulus, disc_ratio](const auto contrast) {
         auto stiffness = domain->intact;
         for (std::uint32_t cell = 0; cell < stiffness.size(); ++cell)
           switch (domain->region[cell]) {
           case Region::design:
           case Region::frame:
             stiffness[cell] = titanium;
             break;
           case Region::window:
             stiffness[cell] = domain->graft;
             break;
           case Region::disc:
             if (contrast)
               stiffness[cell] = CubicStiffness::isotropic(modulus / *contrast, disc_ratio);
             break;
           default:
             break;
           }
         return stiffness;
       }});
  problem.materials.push_back(
      {"patient, intact", [domain = problem.domain](const std::optional<double>) { return domain->intact; }});
  return problem;
}

} // namespace cageopt
