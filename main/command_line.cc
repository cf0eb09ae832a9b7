#include <main/command_line.h>

#include <map>
#include <sstream>

#include <boost/program_options.hpp>

#include <inputs/error.h>
#include <inputs/nearest_name.h>
#include <inputs/unit_cell.h>

namespace cageopt {

namespace po = boost::program_options;
using inputs::InputError;

namespace {

struct Verb
{
  std::string usage, summary, explanation;
  bool needs_case = true;
};

std::string cell_names()
{
  std::string list;
  for (const auto &name : inputs::UnitCell::names())
    list += (list.empty() ? "" : ", ") + name;
  return list;
}

const std::map<std::string, Verb> &verbs()
{
  static const std::map<std::string, Verb> table = {
      {"run",
       {"cageopt run CASE [--output DIR] [--data DIR] [--overwrite]", "reads, meshes, optimises and writes",
        "Reads, meshes, optimises and writes. Under 'mpirun -n N' the work is shared by N ranks.\n"
        "Ends with 0 converged, 2 bad input, 3 iteration limit, 5 target out of reach (see the README)."}},
      {"validate",
       {"cageopt validate CASE [--output DIR] [--data DIR] [--overwrite]",
        "all but the solve: what would be computed, as a page",
        "All but the solve: checks the case and the images, fits frame and cage, meshes, and writes what would be "
        "computed:\n"
        "a page for any browser (validation.html in the output folder), and regions, bone density, moduli, supports "
        "and\n"
        "loads for ParaView (solution.pvd). Of a specimen it counts elements and nodes, beside the published counts."}},
      {"bmd",
       {"cageopt bmd CASE [--output DIR] [--data DIR] [--overwrite]",
        "bone mineral density of each labelled vertebral body",
        "Measures the volumetric bone mineral density of each labelled vertebral body: trabecular, integral and in the "
        "layer\nof 1.25 mm (or one voxel) beside each disc (EP-vBMD), with the ACR class of the lumbar spine. Writes "
        "bmd.csv and "
        "histogram.csv\n(voxels of each body by HU)."}},
      {"segment",
       {"cageopt segment CASE [--compare FILE] [--output DIR] [--data DIR] [--overwrite]",
        "writes the labels found from seeds, to be looked at",
        "Finds vertebral bodies, posterior elements and discs in a CT from a seed per vertebra (Patient/Seeds), or "
        "from\n"
        "surfaces, and writes labels.nii.gz on the CT's grid and a page with pictures (segmentation.html). Look at "
        "them,\n"
        "correct them in a viewer, and name the file in 'Patient/Label file'. With --compare, also Dice coefficients "
        "and\n"
        "surface distances to another label map (agreement.csv)."}},
      {"solve",
       {"cageopt solve CASE [--design DESIGN] [--output DIR] [--data DIR] [--overwrite]",
        "one analysis: a patient with a given cage, or a specimen of bone",
        "One analysis without any optimisation. For a patient ('Problem = patient'): the segment with the cage of\n"
        "--design, or before surgery, under the load cases. Writes how the cranial face moves and what bone is "
        "overstrained in\neach of them (load_cases.csv), the segment's stiffness matrix (stiffness.csv, bonded "
        "interface "
        "only), figures of the\ncage (summary.json), displacement and strain for ParaView (solution.pvd). The bench "
        "tests "
        "of ASTM F2077 and F2267\nare cases of this kind, with 'Patient/Source = blocks'.\n"
        "For a specimen ('Problem = specimen'): a voxel image of bone pressed between platens. Prints counts, forces,\n"
        "stiffness or apparent modulus beside the published values. Ends with 0 done, 2 bad input, 3 linear solver "
        "not\n"
        "converged."}},
      {"homogenise",
       {"cageopt homogenise --cell NAME | --function FORMULA [--sheet] | --image FILE | CASE [options]",
        "effective stiffness of a lattice cell over its density, as a law file",
        "Homogenises one periodic cell of a lattice: full stiffness, cubic constants, Young's modulus by direction, "
        "an\n"
        "estimate of the yield stress and the area of its surface, per unit of the solid's Young's modulus and yield\n"
        "strength and of the cell's edge L. The cell is cut into cubes, its void left out. Several grids give the\n"
        "extrapolated value with an error bar.\n"
        "'--law-file' writes what 'Stiffness law/Lattice file' reads. A CASE with 'Problem = specimen' takes its\n"
        "segmented bone for a period, which it is not: say '--accept-faces'.\n\n"
        "Cells: " +
            cell_names() +
            "\n"
            "Example: cageopt homogenise --cell sheet_gyroid --densities 0.1:0.5:0.05 --law-file sheet_gyroid.json",
        false}},
      {"phantom",
       {"cageopt phantom [CASE] [--output DIR] [--overwrite]", "writes the built-in synthetic patient",
        "Writes the built-in synthetic patient as ct.nii.gz (HU) and labels.nii.gz, with the calibration line on the\n"
        "terminal. A case file, if given, sets its entries (Patient/Phantom).",
        false}},
      {"template",
       {"cageopt template", "prints a commented case file",
        "Prints a commented case file with all entries, units and defaults.", false}},
      {"loads",
       {"cageopt loads", "lists the load cases that a case file can ask for by name",
        "Lists the sets that 'Loads/Set' takes, with force, moment, weight and citation of each load case. Marks: A "
        "read "
        "in\nthe primary paper, B in a secondary source, C not checked against the source, R reference calculation.",
        false}},
      {"pareto",
       {"cageopt pareto CASE [--output DIR] [--data DIR] [--overwrite]",
        "sweeps modulus, strain mismatch and overstrain against each other",
        "One job, many designs for one patient: for each footprint of subsection Pareto, each tolerance on the "
        "effective\nmodulus and each bound on the overstrained bone volume, the least strain mismatch to the intact "
        "segment. Each\ndesign begins from its neighbour. Writes pareto.csv, pareto.svg and pareto.pvd (time = number "
        "of the design), anew\nafter each design. Ends with 0 if all converged, 3 if one did not."}},
      {"gradient-check",
       {"cageopt gradient-check CASE [--data DIR]", "compares gradients with differences",
        "Compares the gradients of the objective and of every constraint with central differences at a random design\n"
        "and prints the table. Ends with 0 if all agree, 1 if not. Use a coarse mesh: it takes some hundred solves."}},
      {"benchmark",
       {"cageopt benchmark [SUITE...] [--cells N] [--patient-cell MM] [--problems LIST] [--json FILE] [--data DIR]",
        "measures operator and solver on this machine",
        "Measures operator and solver on this machine and prints tables whose ratios come from one run. Without a "
        "SUITE all\n"
        "run, in five to ten minutes on 2 cores. Under 'mpirun -n N' with N ranks; other work on the machine falsifies "
        "times.\n\n"
        "  operator       stiffness times vector in float and double, for 1 and 6 right-hand sides, against the "
        "bandwidth\n"
        "                 of the memory and deal.II's FEEvaluation\n"
        "  solve          complete solves, new densities to displacement: seconds, unknowns per second, memory\n"
        "  contrast       iterations at contrast 1e2, 1e4, 1e6, 1e9\n"
        "  refinement     iterations with N, 2 N and 4 N cells along an edge\n"
        "  columns        six right-hand sides at once against single ones\n"
        "  back-ends      the same systems by multigrid, PETSc and Trilinos, and how far their results differ\n"
        "  communication  messages, bytes and reductions per rank, counted and predicted\n\n"
        "Problems:\n"
        "  block          solid cube, clamped below, traction above\n"
        "  cantilever     reference cantilever, 2 N x N x N cells, at updates 0, 5, 10 and 20 of its optimisation\n"
        "  gyroid         sheet gyroid of 2 x 2 x 2 unit cells, 25 % of a cube\n"
        "  trabecular     bone from micro-CT, DIR/trabecular_microct_19.5um/ct.nii.gz; skipped where it is absent;\n"
        "                 clamped below, pressed by a platen above\n"
        "  trabecular-traction  the same, pulled at the cut struts instead\n"
        "  inclusion      stiff ball in a soft cube\n"
        "  patient        the built-in patient with a solid titanium cage, and intact; --cells does not change it",
        false}},
  };
  return table;
}

po::options_description options_of(const std::string &verb, CommandLine &line)
{
  po::options_description options("Options");
  options.add_options()("help,h", po::bool_switch(&line.help), "this text");
  if (verb == "segment")
    options.add_options()("compare", po::value(&line.compare)->value_name("FILE"),
                          "labels on the same grid, to measure the agreement with");
  if (verb == "run" || verb == "solve" || verb == "pareto" || verb == "validate" || verb == "bmd" ||
      verb == "segment" || verb == "phantom" || verb == "homogenise") {
    options.add_options()("output,o", po::value(&line.output)->value_name("DIR"),
                          verb == "homogenise" ? "folder for all results (default: output/homogenise_<cell>)"
                                               : "folder for all results (default: output/<name of the case>)");
    options.add_options()("overwrite", po::bool_switch(&line.overwrite), "replace a finished run in that folder");
  }
  if (verb == "solve")
    options.add_options()("design", po::value(&line.design)->value_name("DESIGN"),
                          "of a patient: solid (default), uniform=RHO (relative density), intact (before surgery), or "
                          "field/density_patient.nii.gz of a run");
  if (verb == "homogenise") {
    auto &asked = line.homogenise;
    options.add_options()("cell", po::value(&asked.cell)->value_name("NAME"), "a cell from the list above")(
        "function", po::value(&asked.function)->value_name("FORMULA"),
        "a function f of X, Y, Z = 2 pi x / L, ...; the solid is f <= t")("sheet", po::bool_switch(&asked.is_sheet),
                                                                          "the solid is |f| <= t instead")(
        "image", po::value(&asked.image)->value_name("FILE"), "a voxel image of one period (NIfTI, NRRD, MHA)")(
        "threshold", po::value<double>()->value_name("GREY"), "solid voxels of the image have this value or more")(
        "accept-faces", po::bool_switch(&asked.accept_faces),
        "take an image for a period though its faces do not match")(
        "densities", po::value(&asked.densities)->value_name("LIST"),
        "relative densities, 0.1,0.3 or first:last:step (default: 0.1:0.5:0.1)")(
        "voxels", po::value(&asked.voxels)->value_name("LIST"),
        "voxels along L, several for a resolution study (default: 32,48,64)")(
        "poissons-ratio", po::value(&asked.poissons_ratio)->value_name("NU"),
        "of the solid (default: 0.3; a CASE has its own)")(
        "yielded-share", po::value(&asked.yielded_share)->value_name("SHARE"),
        "of the solid's voxels at the macroscopic yield stress (default: 0.01)")(
        "permeability", po::bool_switch(&asked.permeability),
        "also the permeability of the pores, by Stokes' flow: some ten times the time")(
        "matrix", po::bool_switch(&asked.print_matrix), "print all constants")(
        "law-file", po::value(&asked.law_file)->value_name("FILE"), "write the law, three densities or more");
  }
  if (verb == "benchmark") {
    options.add_options()("cells", po::value(&line.benchmark.cells)->value_name("N"),
                          "cells along an edge (default: each suite's own; solve 64: 0.8 to 1.6 million unknowns)");
    options.add_options()("patient-cell", po::value(&line.benchmark.patient_cell)->value_name("MM"),
                          "smallest cells of the problem patient, mm (default: 1; 0.33 gives some 2 million unknowns)");
    options.add_options()("problems", po::value<std::string>()->value_name("LIST"),
                          "problems, separated by commas (default: those of each suite)");
    options.add_options()("json", po::value(&line.benchmark.json_file)->value_name("FILE"),
                          "also write all figures as JSON, with the unit in each key");
    options.add_options()("data", po::value(&line.benchmark.data_directory)->value_name("DIR"),
                          (std::string("folder of the data (default: ") + benchmark_data_default + ")").c_str());
  }
  if (verbs().at(verb).needs_case || verb == "homogenise")
    options.add_options()("data", po::value(&line.data)->value_name("DIR"),
                          "where relative paths in the case start (default: the case file's folder)")(
        "set", po::value(&line.overrides)->value_name("'SUBSECTION/ENTRY = VALUE'")->composing(),
        "an entry in place of the case file's; may be given several times");
  return options;
}

std::string general_help()
{
  std::ostringstream text;
  text << "cageopt designs porous titanium fusion cages that fit the patient's bone. Research use only.\n\n"
          "usage: cageopt VERB ...      each verb also runs under 'mpirun -n N'\n\n";
  for (const auto &[name, verb] : verbs())
    text << "  " << name << std::string(18 - name.size(), ' ') << verb.summary << '\n';
  text << "\n'cageopt VERB --help' tells more, 'cageopt --version' the version.\n";
  return text.str();
}

bool takes_no_case(const std::string &verb) { return verb == "template" || verb == "loads"; }

std::string list_of_verbs()
{
  std::string list;
  for (const auto &[name, verb] : verbs())
    list += (list.empty() ? "" : ", ") + name;
  return list;
}

} // namespace

CommandLine CommandLine::parse(const int argc, const char *const *argv)
{
  CommandLine line;
  line.as_given.assign(argv, argv + argc);
  if (argc < 2)
    throw InputError("The command line", "empty", "a verb is needed: " + list_of_verbs(), "see 'cageopt --help'");
  line.verb = argv[1];
  if (line.verb == "--help" || line.verb == "-h" || line.verb == "help") {
    line.help = true;
    line.help_text = general_help();
    return line;
  }
  if (line.verb == "--version") {
    line.version = true;
    return line;
  }
  const auto verb = verbs().find(line.verb);
  if (verb == verbs().end()) {
    std::vector<std::string> names;
    for (const auto &entry : verbs())
      names.push_back(entry.first);
    throw InputError("The verb", "'" + line.verb + "'", "it must be one of " + list_of_verbs(),
                     "did you mean '" + inputs::nearest_name(line.verb, names) + "'?");
  }

  po::options_description visible = options_of(line.verb, line), all;
  std::vector<std::string> positional;
  all.add(visible);
  all.add_options()("case", po::value(&positional));
  po::positional_options_description positions;
  positions.add("case", -1);
  try {
    po::variables_map values;
    po::store(po::command_line_parser(argc - 1, argv + 1).options(all).positional(positions).run(), values);
    po::notify(values);
    if (values.count("threshold") > 0) {
      line.homogenise.has_threshold = true;
      line.homogenise.threshold = values["threshold"].as<double>();
    }
    if (values.count("problems") > 0) {
      std::istringstream list(values["problems"].as<std::string>());
      for (std::string name; std::getline(list, name, ',');)
        line.benchmark.problems.push_back(name);
    }
  } catch (const po::error &error) {
    throw InputError("The command line", "not understood", error.what(), "see 'cageopt " + line.verb + " --help'");
  }
  if (line.help) {
    std::ostringstream text;
    text << "usage: " << verb->second.usage << "\n\n" << verb->second.explanation << "\n\n" << visible;
    line.help_text = text.str();
    return line;
  }
  if (line.verb == "benchmark") {
    line.benchmark.suites = positional;
    return line;
  }
  if (positional.size() > 1 || (takes_no_case(line.verb) && !positional.empty()))
    throw InputError("The command line", "too long at '" + positional.back() + "'",
                     "'cageopt " + line.verb + "' takes " + (takes_no_case(line.verb) ? "no" : "one") + " case file",
                     "usage: " + verb->second.usage);
  if (positional.empty() && verb->second.needs_case)
    throw InputError("The case file", "missing on the command line", "'cageopt " + line.verb + "' needs one",
                     "usage: " + verb->second.usage + "; 'cageopt template' prints a case to start from");
  if (!positional.empty())
    line.case_file = positional.front();
  return line;
}

} // namespace cageopt
