#include <main/bmd_command.h>

#include <sstream>

#include <inputs/bone_densities.h>
#include <inputs/collective.h>
#include <inputs/formatted.h>
#include <main/run_folder.h>

namespace cageopt {

namespace {

using inputs::BoneDensities;
using inputs::formatted;
using inputs::RegionDensity;

std::string mean_of(const RegionDensity &region)
{
  return region.n_voxels > 0 ? formatted("%11.1f", region.mean) : "          -";
}

/// For the terminal.
std::string table(const BoneDensities &densities, const inputs::Calibration &calibration)
{
  std::ostringstream text;
  text << "body   volume cm3  trabecular   (sd)      (HU)    integral  cranial EP   caudal EP  outside law\n";
  for (const auto &body : densities.bodies()) {
    text << body.name << std::string(7 - std::min<std::size_t>(6, body.name.size()), ' ')
         << formatted("%8.1f", body.volume / 1000) << (body.is_cut ? "*" : " ") << mean_of(body.trabecular);
    if (body.trabecular.n_voxels > 0)
      text << formatted(" %8.1f", body.trabecular.deviation);
    else
      text << "        -";
    if (calibration.already_calibrated() || body.trabecular.n_voxels == 0)
      text << "         -";
    else
      text << formatted(" %9.1f", calibration.image_value(body.trabecular.mean));
    text << ' ' << mean_of(body.integral) << ' ' << mean_of(body.cranial_endplate) << ' '
         << mean_of(body.caudal_endplate)
         << formatted(" %10.1f %%", 100. * double(body.n_outside_law) / double(body.integral.n_voxels)) << '\n';
  }
  return text.str();
}

/// bmd.csv
std::string densities_csv(const BoneDensities &densities)
{
  std::ostringstream text;
  text << "body,label,volume [mm3],cut_by_border,trabecular_bmd [mg/cm3],trabecular_bmd_sd [mg/cm3],trabecular_voxels,"
          "integral_bmd [mg/cm3],integral_bmd_sd [mg/cm3],integral_voxels,cranial_endplate_bmd [mg/cm3],"
          "cranial_endplate_voxels,caudal_endplate_bmd [mg/cm3],caudal_endplate_voxels,voxels_outside_law\n";
  const auto mean = [](const RegionDensity &region) {
    return region.n_voxels > 0 ? formatted("%.3f", region.mean) : std::string();
  };
  for (const auto &body : densities.bodies())
    text << body.name << ',' << body.label << ',' << body.volume << ',' << body.is_cut << ',' << mean(body.trabecular)
         << ',' << formatted("%.3f", body.trabecular.deviation) << ',' << body.trabecular.n_voxels << ','
         << mean(body.integral) << ',' << formatted("%.3f", body.integral.deviation) << ',' << body.integral.n_voxels
         << ',' << mean(body.cranial_endplate) << ',' << body.cranial_endplate.n_voxels << ','
         << mean(body.caudal_endplate) << ',' << body.caudal_endplate.n_voxels << ',' << body.n_outside_law << '\n';
  return text.str();
}

/// histogram.csv: voxels by what the image holds, HU or, where it is calibrated, mg/cm3.
std::string histograms_csv(const BoneDensities &densities, const bool already_calibrated)
{
  std::ostringstream text;
  text << (already_calibrated ? "from [mg/cm3]" : "from [HU]");
  for (const auto &body : densities.bodies())
    text << ',' << body.name << " [voxels]";
  text << '\n';
  for (int bin = 0; bin < BoneDensities::n_bins; ++bin) {
    text << BoneDensities::lowest_bin + bin * BoneDensities::bin_width;
    for (const auto &counts : densities.histograms())
      text << ',' << counts[static_cast<std::size_t>(bin)];
    text << '\n';
  }
  return text.str();
}

} // namespace

inputs::ExitCode bmd_command(const CommandLine &line, MPI_Comm comm)
{
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  if (!given.is_patient())
    throw inputs::InputError("'Problem'", "'" + given.problem + "'", "bone density is measured in a patient",
                             "give a case with 'Problem = patient'");
  const auto patient = inputs::read_patient(given.patient, given.data_directory, comm);
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  const BoneDensities densities(patient);
  out << "Patient       " << patient.name << '\n'
      << "Calibration   " << patient.calibration.description() << '\n'
      << "Density       mg/cm3, " << inputs::name_of(patient.density_measure()) << '\n'
      << "Regions       trabecular: deeper than " << densities.trabecular_depth()
      << " mm in the body; EP: the layer of " << densities.endplate_layer()
      << " mm beside the disc; integral: the whole body\n\n"
      << table(densities, patient.calibration) << '\n';
  for (const auto &body : densities.bodies())
    if (body.is_cut) {
      out << "* cut by the border of the image\n";
      break;
    }
  out << "ACR class     " << densities.density_class() << "; no T-score is formed, it belongs to DXA\n";
  for (const auto &warning : patient.warnings)
    out << "Warning: " << warning << '\n';
  inputs::on_root(comm, [&] {
    postprocess::write_atomically(folder.path() + "/bmd.csv", densities_csv(densities));
    postprocess::write_atomically(folder.path() + "/histogram.csv",
                                  histograms_csv(densities, patient.calibration.already_calibrated()));
  });
  out << "Results in " << folder.path() << ": bmd.csv, histogram.csv" << std::endl;
  terminal.close_log();
  provenance.write(folder.path());
  return inputs::ExitCode::done;
}

} // namespace cageopt
