#include <main/segment_command.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <inputs/collective.h>
#include <inputs/formatted.h>
#include <inputs/label_agreement.h>
#include <inputs/labelled_structures.h>
#include <main/run_folder.h>
#include <postprocess/html_page.h>
#include <postprocess/slice_picture.h>

namespace cageopt {

using namespace inputs;

namespace {

using postprocess::HtmlPage;
using postprocess::SlicePicture;

constexpr double pixel = .25;                             // mm
constexpr Point half_picture = {50., 60., 50.};           // mm around the disc's centre
constexpr double black = -200., white = 600.;             // HU
constexpr std::uint8_t outside_image[] = {205, 215, 228}; // RGB
const HtmlPage::LegendEntry kinds[] = {{"cranial body", "#56b4e9", "", false},
                                       {"caudal body", "#e69f00", "", false},
                                       {"disc", "#009e73", "", false},
                                       {"all other labels", "#cc79a7", "", false}};

void check_case(const Case &given)
{
  if (!given.is_patient())
    throw InputError("'Problem'", "'" + given.problem + "'", "labels are found in a patient",
                     "give a case with 'Problem = patient'");
  if (given.patient.source != "files" || !given.patient.label_file.empty())
    throw InputError("The source of labels",
                     given.patient.source == "files" ? "'Patient/Label file'" : "'" + given.patient.source + "'",
                     "labels are made from 'Patient/Seeds' or 'Patient/Label surfaces' in a CT",
                     "remove 'Patient/Label file', set 'Patient/Source' to 'files' and give seeds");
}

std::string name_of(const std::uint16_t label, const LevelLabels &level)
{
  const auto slash = level.name.find('/');
  const std::string upper = level.name.substr(0, slash), lower = level.name.substr(slash + 1);
  if (label == level.cranial)
    return "body " + upper;
  if (label == level.caudal)
    return "body " + lower;
  if (label == level.disc)
    return "disc " + level.name;
  return vertebra_name(label).empty() ? "label" : "body " + vertebra_name(label);
}

std::string agreement_table(const std::vector<LabelAgreement> &rows, const LevelLabels &level)
{
  std::ostringstream text;
  text << "structure          Dice  distance mm: mean   95 %    max   volume cm3  (other)\n";
  for (const auto &row : rows) {
    std::string name = name_of(row.label, level) + " " + std::to_string(row.label) + (row.is_cut ? "*" : "");
    name.resize(17, ' ');
    text << name << formatted("%6.3f", row.dice) << formatted("%18.2f", row.mean_distance)
         << formatted("%7.2f", row.distance_95) << formatted("%7.2f", row.largest_distance)
         << formatted("%13.1f", row.volume / 1000) << formatted("%9.1f", row.reference_volume / 1000) << '\n';
  }
  if (std::any_of(rows.begin(), rows.end(), [](const auto &row) { return row.is_cut; }))
    text << "* cut by the border of the image\n";
  return text.str();
}

std::string agreement_csv(const std::vector<LabelAgreement> &rows)
{
  std::ostringstream text;
  text << "label,dice,mean_surface_distance [mm],surface_distance_95 [mm],largest_surface_distance [mm],volume [mm3],"
          "reference_volume [mm3],cut_by_border\n";
  for (const auto &row : rows)
    text << row.label << ',' << row.dice << ',' << row.mean_distance << ',' << row.distance_95 << ','
         << row.largest_distance << ',' << row.volume << ',' << row.reference_volume << ',' << row.is_cut << '\n';
  return text.str();
}

/// Three planes through the disc's centre: the scan, and the labels' outlines.
std::vector<HtmlPage::Figure> pictures(const Patient &patient, const LabelledStructures &structures)
{
  const auto &found = structures.structures(); // cranial body, disc, caudal body, ...
  const auto to_index = patient.bmd.grid.index_to_world.inverse() *
                        frame_at(found[1].centre, found[0].centre - found[2].centre, {0, 1, 0});
  const auto grey = [&](const Point &point) -> SlicePicture::Colour {
    const Point index = to_index(point);
    for (int axis = 0; axis < 3; ++axis)
      if (index[axis] < -.5 || index[axis] > patient.bmd.grid.size[axis] - .5)
        return {{outside_image[0], outside_image[1], outside_image[2]}};
    const double value = patient.calibration.image_value(interpolate(patient.bmd, index));
    const auto level = static_cast<std::uint8_t>(255 * std::clamp((value - black) / (white - black), 0., 1.));
    return {{level, level, level}};
  };
  const std::uint16_t own[] = {patient.level.cranial, patient.level.caudal, patient.level.disc};
  std::vector<HtmlPage::Figure> figures;
  for (const auto &view : postprocess::SliceView::sagittal_coronal_axial(-1. * half_picture, half_picture)) {
    SlicePicture picture(view, pixel);
    picture.paint([&](const std::size_t at) { return grey(picture.position(at)); });
    const auto labels = picture.classes([&](const Point &point) { return nearest(patient.labels, to_index(point)); });
    for (std::size_t kind = 0; kind < 4; ++kind) {
      SlicePicture::Classes inside;
      for (const std::uint32_t label : labels)
        inside.push_back(kind < 3 ? label == own[kind]
                                  : (std::find(std::begin(own), std::end(own), label) == std::end(own) ? label : 0));
      picture.outline(inside, {kinds[kind].colour, .35, ""});
    }
    figures.push_back({picture.svg(), view.title + ", through the disc's centre", picture.width_mm()});
  }
  return figures;
}

std::string page(const Patient &patient, const LabelledStructures &structures,
                 const std::vector<LabelAgreement> &agreement, const std::string &compared)
{
  HtmlPage page(patient.name + ": labels", structures.summary());
  page.warnings(patient.warnings, "No warnings");
  page.section("Scan and labels");
  page.paragraph("-200 to 600 HU from black to white. Do the outlines follow the outer border of the bone, on every "
                 "slice? Look at labels.nii.gz over the CT in a viewer, and correct it there.");
  page.legend({std::begin(kinds), std::end(kinds)});
  page.figures(pictures(patient, structures));
  if (!agreement.empty()) {
    page.section("Agreement");
    std::vector<HtmlPage::Row> rows;
    for (const auto &row : agreement)
      rows.push_back({name_of(row.label, patient.level) + " " + std::to_string(row.label) +
                          (row.is_cut ? ", cut by the border" : ""),
                      formatted("%.3f", row.dice), formatted("%.2f", row.mean_distance),
                      formatted("%.2f", row.distance_95), formatted("%.2f", row.largest_distance)});
    page.table("agreement", "With " + compared + "; distances between the surfaces, mm",
               {"Structure", "Dice", "Mean", "95th percentile", "Maximum"}, rows);
  }
  return page.html();
}

} // namespace

inputs::ExitCode segment_command(const CommandLine &line, MPI_Comm comm)
{
  Terminal terminal(comm);
  auto &out = terminal.out();
  Case given;
  given.read(line.case_file, line.data, comm, line.overrides);
  check_case(given);
  const auto patient = read_patient(given.patient, given.data_directory, comm);
  std::vector<LabelAgreement> agreement;
  on_root(comm, [&] {
    if (!line.compare.empty())
      agreement = label_agreement(patient.labels, read_labels(line.compare));
  });
  const auto folder = open_run_folder(line, given, terminal, comm);
  auto provenance = start_provenance(line, given, comm);
  if (!line.compare.empty())
    provenance.add_input(line.compare);
  out << "Patient       " << patient.name << "\nLabels        " << patient.label_summary << '\n';
  for (const auto &warning : patient.warnings)
    out << "Warning: " << warning << '\n';
  const std::string labels = folder.path() + "/labels.nii.gz", html = folder.path() + "/segmentation.html";
  on_root(comm, [&] {
    write_image(labels, patient.labels);
    const LabelledStructures structures(patient.labels, patient.level);
    postprocess::write_atomically(html, page(patient, structures, agreement, line.compare));
    if (!line.compare.empty()) {
      out << '\n' << "Agreement with " << line.compare << '\n' << agreement_table(agreement, patient.level) << '\n';
      postprocess::write_atomically(folder.path() + "/agreement.csv", agreement_csv(agreement));
    }
  });
  out << "Wrote " << labels << ". Look at " << html
      << " in a browser and at the labels over the CT in a viewer, such as 3D Slicer, correct them, and name the file "
         "in "
         "'Patient/Label file' in place of the seeds"
      << std::endl;
  terminal.close_log();
  provenance.write(folder.path());
  return ExitCode::done;
}

} // namespace cageopt
