#include <inputs/patient.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <set>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/case_file.h>
#include <inputs/collective.h>
#include <inputs/dicom_series.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/labelled_structures.h>
#include <inputs/nearest_name.h>
#include <inputs/seeded_segmentation.h>
#include <inputs/tissue_regions.h>

namespace cageopt::inputs {

namespace {

std::string number(const double value) { return formatted("%.4g", value); }

std::string describe(const ImageGrid &grid)
{
  const Point spacing = grid.spacing(), first = grid.index_to_world({0, 0, 0});
  std::ostringstream text;
  text << grid.size[0] << " x " << grid.size[1] << " x " << grid.size[2] << " voxels of " << number(spacing[0]) << " x "
       << number(spacing[1]) << " x " << number(spacing[2]) << " mm from (" << number(first[0]) << ", "
       << number(first[1]) << ", " << number(first[2]) << ") mm RAS";
  return text.str();
}

double median(std::vector<float> values)
{
  if (values.empty())
    return 0;
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

void check_hounsfield(const float lowest, const float highest_in_bone, const double median_in_disc,
                      const double bright_in_disc, // mm3
                      std::vector<std::string> &warnings)
{
  const std::string input = "The image in Hounsfield units";
  if (lowest >= 0 && median_in_disc > 600)
    throw InputError(input, "never below 0 and " + number(median_in_disc) + " HU (median) in the disc",
                     "a disc is within about 0-200 HU and fat and air are below 0: the numbers look like they are "
                     "stored unsigned with an offset, mostly +1024",
                     "subtract the offset in the image file");
  if (!(highest_in_bone >= 100))
    throw InputError(input, "at most " + number(highest_in_bone) + " HU in the bone of the level",
                     "cortical bone is above several 100 HU",
                     "check that image and labels belong together and that the image is in HU (an image in mg/cm3 is "
                     "'Patient/Calibration/Mode = already calibrated')");
  if (lowest >= 0)
    warnings.push_back("No voxel of the image is below 0 HU although fat and air are: is it masked or cut off at 0?");
  if (bright_in_disc > 0)
    warnings.push_back(formatted("The disc holds %.0f mm3 above 400 HU: ", bright_in_disc) +
                       "calcification, cement, an implant, or bone that the labels give to it. The model takes it for "
                       "disc and, in the cage's place, as removed.");
  if (highest_in_bone > 3000)
    warnings.push_back("Bone of the level reaches " + number(highest_in_bone) +
                       " HU: metal or an artefact; its stiffness is not that of bone.");
}

void check_density(const float highest_in_bone)
{
  if (!(highest_in_bone >= 50))
    throw InputError("The calibrated image", "at most " + number(highest_in_bone) + " mg/cm3 in the bone of the level",
                     "cortical bone is above several 100 mg/cm3",
                     "convert the image to mg/cm3 (it may hold g/cm3) and check that image and labels belong together");
  if (highest_in_bone > 5000)
    throw InputError("The calibrated image", "up to " + number(highest_in_bone) + " mg/cm3 in the bone of the level",
                     "mineral itself has about 3000 mg/cm3", "check that the image holds mg/cm3");
}

struct RawPatient
{
  std::string name;
  Image<float> image; ///< as in the file
  Image<std::uint16_t> labels;
  std::optional<Calibration> calibration;
  std::vector<std::string> warnings;
};

void check_same_grid(const std::string &path, const ImageGrid &grid, const std::string &image_path,
                     const ImageGrid &image_grid)
{
  if (!image_grid.matches(grid))
    throw InputError("The grid of the label file '" + path + "'", describe(grid),
                     "it must be that of the image '" + image_path + "', which has " + describe(image_grid) +
                         " (axes may differ in direction too)",
                     "resample the labels onto the image by nearest neighbour");
}

void calibrate_by_tissues(const CalibrationParameters &parameters, const std::string &data_directory,
                          const std::string &image_path, const LevelLabels &level, RawPatient &raw)
{
  LabelledStructures(raw.labels, level).check(); // before tissues are sought beside them
  check_image(raw.image, raw.labels, level, false);
  std::vector<TissueSample> samples;
  if (parameters.tissue_file.empty()) {
    samples = find_tissues(raw.image, raw.labels, level);
  } else {
    const std::string path = resolve_path(data_directory, parameters.tissue_file);
    const Image<std::uint16_t> regions = read_labels(path);
    check_same_grid(path, regions.grid, image_path, raw.image.grid);
    samples = sample_tissues(raw.image, regions, parse_tissue_labels(parameters.tissue_labels));
  }
  const TissueCalibration tissues(std::move(samples), parameters.effective_energy);
  const auto measure = parameters.measure();
  raw.calibration =
      Calibration::polynomial(tissues.polynomial(measure), measure,
                              tissues.description() + (parameters.source.empty() ? "" : "; " + parameters.source));
  const auto doubts = tissues.warnings();
  raw.warnings.insert(raw.warnings.end(), doubts.begin(), doubts.end());
}

RawPatient read_files(const PatientParameters &parameters, const std::string &data_directory, const LevelLabels &level)
{
  const std::string image_path = resolve_path(data_directory, parameters.image_file);
  std::error_code error;
  const bool is_folder = std::filesystem::is_directory(image_path, error);
  if (!is_folder && !parameters.series.empty())
    throw InputError("'Patient/Series'", "'" + parameters.series + "'",
                     "it chooses a series of a DICOM folder, and '" + image_path + "' is no folder",
                     "remove the entry, or name the folder in 'Patient/Image file'");
  RawPatient raw;
  raw.name = std::filesystem::path(image_path).filename().string();
  if (is_folder) {
    DicomSeries series = read_dicom_series(image_path, parameters.series);
    raw.image = std::move(series.image);
    raw.warnings = std::move(series.notes);
  } else
    raw.image = read_image(image_path);
  if (!parameters.seeds.seeds.empty()) {
    SeededSegmentation found = segment_from_seeds(raw.image, parameters.seeds.list(level), level);
    raw.labels = std::move(found.labels);
    raw.warnings.insert(raw.warnings.end(), found.warnings.begin(), found.warnings.end());
  } else if (parameters.label_surfaces.files.empty()) {
    const std::string label_path = resolve_path(data_directory, parameters.label_file);
    raw.labels = read_labels(label_path);
    check_same_grid(label_path, raw.labels.grid, image_path, raw.image.grid);
  } else
    raw.labels = label_map(read_surfaces(parameters.label_surfaces, data_directory, raw.warnings), level,
                           raw.image.grid, raw.warnings);
  if (parameters.calibration.mode == "tissues")
    calibrate_by_tissues(parameters.calibration, data_directory, image_path, level, raw);
  else
    raw.calibration = Calibration(parameters.calibration);
  return raw;
}

RawPatient from_surfaces(const PatientParameters &parameters, const std::string &data_directory,
                         const LevelLabels &level)
{
  RawPatient raw;
  raw.name = "surfaces without a CT";
  SurfacePatient made =
      make_surface_patient(parameters.surfaces, parameters.label_surfaces, level, data_directory, raw.warnings);
  raw.image = std::move(made.bmd);
  raw.labels = std::move(made.labels);
  raw.calibration = Calibration(parameters.calibration_in_use());
  return raw;
}

RawPatient from_blocks(const PatientParameters &parameters, const LevelLabels &level)
{
  RawPatient raw;
  raw.name = "test blocks";
  SurfacePatient made = make_block_patient(parameters.blocks, level);
  raw.image = std::move(made.bmd);
  raw.labels = std::move(made.labels);
  raw.calibration = Calibration(parameters.calibration_in_use());
  return raw;
}

RawPatient generate(const PhantomParameters &parameters)
{
  const Phantom phantom(parameters);
  RawPatient raw;
  raw.name = "built-in patient";
  raw.labels = phantom.labels();
  raw.image.grid = phantom.hounsfield().grid;
  raw.image.values.assign(phantom.hounsfield().values.begin(), phantom.hounsfield().values.end());
  raw.calibration = Calibration::linear(phantom.slope(), phantom.intercept(), DensityMeasure::k2hpo4,
                                        "the line the image was made with");
  return raw;
}

/// Rank 0's texts to all ranks.
void broadcast(MPI_Comm comm, std::vector<std::string> &lines)
{
  int n = static_cast<int>(lines.size());
  MPI_Bcast(&n, 1, MPI_INT, 0, comm);
  lines.resize(n);
  for (std::string &line : lines) {
    int length = static_cast<int>(line.size());
    MPI_Bcast(&length, 1, MPI_INT, 0, comm);
    line.resize(length);
    MPI_Bcast(line.data(), length, MPI_CHAR, 0, comm);
  }
}

void warn_outside_law(Patient &patient)
{
  std::size_t n_bone = 0, n_outside = 0;
  for (std::size_t voxel = 0; voxel < patient.labels.values.size(); ++voxel) {
    const std::uint16_t label = patient.labels.values[voxel];
    if (label != patient.level.cranial && label != patient.level.caudal)
      continue;
    ++n_bone;
    n_outside += !patient.in_law_range(patient.bmd.values[voxel]);
  }
  if (n_outside > 0)
    patient.warnings.push_back(std::to_string(n_outside) + " of " + std::to_string(n_bone) +
                               " voxels of the two bodies lie outside the density range on which laws like " +
                               patient.bone_law.id() + " rest (" + BoneLaw::valid_range_citation() +
                               "; cortical bone and noise do): there the law is an extrapolation.");
}

} // namespace

void PatientParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Patient");
  prm.add_parameter("Source", source,
                    "'builtin' for the synthetic patient, generated in memory, 'files' for a CT and its labels, "
                    "'surfaces' for labelled surfaces without a CT, of assumed density, or 'blocks' for the two test "
                    "blocks of ASTM F2077 and F2267 in place of a patient. No unit.",
                    Selection("builtin|files|surfaces|blocks"));
  prm.add_parameter("Image file", image_file,
                    "CT of the source 'files': NIfTI, NRRD or MHA/MHD, in HU or calibrated, or the folder of a DICOM "
                    "series. Relative paths start at the case file's folder or at --data. No unit.",
                    Anything());
  prm.add_parameter("Series", series,
                    "Series number or series instance UID, where several series share a DICOM folder. No unit.",
                    Anything());
  prm.add_parameter("Label file", label_file,
                    "Labels of vertebral bodies, posterior elements and discs on the grid of the CT. No unit.",
                    Anything());
  label_surfaces.declare(prm);
  seeds.declare(prm);
  prm.add_parameter("Level", level, "The level to be fused, C2/C3 to L5/S1. No unit.", Anything());
  prm.add_parameter(
      "Label numbers", label_numbers,
      "Label numbers 'cranial, disc, caudal' or 'cranial, disc, caudal, cranial posterior, caudal "
      "posterior'. Empty: VerSe numbering from the level (bodies 1 C1 ... 8 T1 ... 20 L1 ... 24 L5, 26 S1, "
      "posterior elements + 100, disc 200 + vertebra above). No unit.",
      Anything());
  calibration.declare(prm);
  bone_law.declare(prm);
  cortex.declare(prm);
  phantom.declare(prm);
  surfaces.declare(prm);
  blocks.declare(prm);
  prm.leave_subsection();
}

void PatientParameters::check() const
{
  seeds.check(parse_level(level, label_numbers));
  bone_law.check();
  cortex.check("Patient/Cortex");
  if (source == "files")
    check_files();
  else if (source == "surfaces")
    check_surfaces();
  else if (source == "blocks")
    check_blocks();
  else if (source == "builtin") {
    if (!image_file.empty() || !label_file.empty() || !label_surfaces.files.empty() || !seeds.seeds.empty() ||
        !series.empty())
      throw InputError("'Patient/Source'", "'builtin'",
                       "image, series, label file, label surfaces or seeds are named but would not be read",
                       "set 'Patient/Source' to 'files' or remove them");
    if (calibration.stated())
      throw InputError("'Patient/Calibration'", "stated", "the built-in patient brings its own calibration line",
                       "remove the entries or set 'Patient/Source' to 'files'");
    phantom.check();
  } else
    throw InputError("'Patient/Source'", "'" + source + "'", "it is 'builtin', 'files', 'surfaces' or 'blocks'",
                     "choose one of them");
  label_surfaces.check();
  if (source != "surfaces" && surfaces.stated())
    throw InputError("'Patient/Surfaces'", "stated",
                     "its densities would not be used beside the source '" + source + "'",
                     "remove the subsection or set 'Patient/Source' to 'surfaces'");
  if (source != "blocks" && blocks.stated())
    throw InputError("'Patient/Blocks'", "stated", "its blocks would not be used beside the source '" + source + "'",
                     "remove the subsection or set 'Patient/Source' to 'blocks'");
}

void PatientParameters::check_blocks() const
{
  if (!image_file.empty() || !label_file.empty() || !label_surfaces.files.empty() || !series.empty() ||
      !seeds.seeds.empty())
    throw InputError("'Patient/Source'", "'blocks'",
                     "image, series, label file, label surfaces or seeds are named but would not be read",
                     "set 'Patient/Source' to 'files' or remove them");
  if (calibration.stated())
    throw InputError("'Patient/Calibration'", "stated", "test blocks have a stated modulus and no density",
                     "remove the entries or set 'Patient/Source' to 'files'");
  if (bone_law.law != BoneLawParameters().law || bone_law.anisotropy != BoneLawParameters().anisotropy)
    throw InputError("'Patient/Bone law'", "stated", "test blocks have a stated, isotropic modulus",
                     "remove 'Law' and 'Anisotropy', or choose another 'Patient/Source'");
  if (cortex.is_on())
    throw InputError("'Patient/Cortex'", "stated", "test blocks have a stated, uniform modulus",
                     "remove the subsection, or choose another 'Patient/Source'");
  blocks.check();
}

void PatientParameters::check_files() const
{
  if (image_file.empty())
    throw InputError("'Patient/Image file'", "empty", "the source 'files' reads it",
                     "name the file, or set 'Patient/Source' to 'builtin'");
  check_label_source();
  calibration.check();
  if (!seeds.seeds.empty() && calibration.mode == "already calibrated")
    throw InputError("'Patient/Seeds'", "given with an image that is already calibrated",
                     "the labels are found from Hounsfield units", "give the CT in HU, or a label file");
}

void PatientParameters::check_label_source() const
{
  const bool has_surfaces = !label_surfaces.files.empty(), has_seeds = !seeds.seeds.empty();
  if (label_file.empty() && !has_surfaces && !has_seeds)
    throw InputError("'Patient/Label file'", "empty",
                     "the source 'files' reads it, or 'Patient/Label surfaces', or finds labels from 'Patient/Seeds'",
                     "name the file or the surfaces, give seeds, or set 'Patient/Source' to 'builtin'");
  if (!label_file.empty() && (has_surfaces || has_seeds))
    throw InputError("'Patient/Label file'", "'" + label_file + "'",
                     std::string(has_surfaces ? "'Patient/Label surfaces'" : "'Patient/Seeds'") +
                         " are named too, and there is one source of labels",
                     "remove one of them");
  if (has_surfaces && has_seeds)
    throw InputError("'Patient/Seeds'", "'" + seeds.seeds + "'",
                     "'Patient/Label surfaces' are named too, and there is one source of labels", "remove one of them");
}

void PatientParameters::check_surfaces() const
{
  if (!image_file.empty() || !label_file.empty() || !seeds.seeds.empty() || !series.empty())
    throw InputError("'Patient/Source'", "'surfaces'",
                     "image, series, label file or seeds are named but would not be read",
                     "set 'Patient/Source' to 'files' or remove them");
  if (label_surfaces.files.empty())
    throw InputError("'Patient/Label surfaces'", "empty", "the source 'surfaces' reads them",
                     "name them, like '22: L3.stl; 23: L4.stl'");
  if (calibration.mode != "linear" || calibration.slope != 0 || calibration.intercept != 0)
    throw InputError("'Patient/Calibration'", "stated", "the densities of 'Patient/Surfaces' are in mg/cm3 already",
                     "remove the entries but 'Density type' and 'Source'");
  surfaces.check();
}

CalibrationParameters PatientParameters::calibration_in_use() const
{
  CalibrationParameters used = calibration;
  if (source == "blocks") {
    used.mode = "already calibrated";
    used.source = "none: the modulus of the blocks is stated";
  }
  if (source == "surfaces") {
    used.mode = "already calibrated";
    used.source = "ASSUMED, NOT MEASURED" + (used.source.empty() ? "" : "; " + used.source);
  }
  return used;
}

std::vector<std::string> PatientParameters::files() const
{
  std::vector<std::string> named;
  for (const std::string &file : {image_file, label_file, calibration.tissue_file})
    if (!file.empty())
      named.push_back(file);
  for (const auto &[label, file] : label_surfaces.list())
    named.push_back(file);
  return named;
}

double Patient::youngs_modulus(const float bmd) const
{
  return density_measure() == DensityMeasure::caha ? bone_law.youngs_modulus(CahaDensity(bmd))
                                                   : bone_law.youngs_modulus(K2hpo4Density(bmd));
}

double Patient::resolution() const
{
  const Point spacing = bmd.grid.spacing();
  return scanned_voxel > 0 ? scanned_voxel : std::max({spacing[0], spacing[1], spacing[2]});
}

double Patient::youngs_modulus_of(const std::size_t voxel) const
{
  const float density = bmd.values[voxel];
  return cortex.share(voxel) > 0
             ? cortex.youngs_modulus(voxel, density,
                                     [this](const double rest) { return youngs_modulus(static_cast<float>(rest)); })
             : youngs_modulus(density);
}

CellStiffness Patient::unit_stiffness() const
{
  if (!transversely_isotropic)
    return CubicStiffness::isotropic(1., poissons_ratio);
  constexpr double transverse = 1. / 3, shear_xy = .121, shear_xz = .157;
  return CellStiffness::transversely_isotropic(1., transverse, poissons_ratio, .5 * transverse / shear_xy - 1.,
                                               shear_xz);
}

bool Patient::in_law_range(const float bmd) const
{
  return density_measure() == DensityMeasure::caha ? bone_law.in_valid_range(CahaDensity(bmd))
                                                   : bone_law.in_valid_range(K2hpo4Density(bmd));
}

std::vector<std::string> check_image(const Image<float> &image, const Image<std::uint16_t> &labels,
                                     const LevelLabels &level, const bool already_calibrated)
{
  const std::size_t n_bad =
      std::count_if(image.values.begin(), image.values.end(), [](const float value) { return !std::isfinite(value); });
  if (n_bad > 0)
    throw InputError("The image", "NaN or infinite in " + std::to_string(n_bad) + " voxels",
                     "every voxel needs a finite number", "fill them, with air (-1000 HU) where nothing was scanned");
  const auto [lowest, highest] = std::minmax_element(image.values.begin(), image.values.end());
  if (*lowest == *highest)
    throw InputError("The image", number(*lowest) + " in every voxel", "a CT varies",
                     "check that the right file was exported");

  float highest_in_bone = -std::numeric_limits<float>::max();
  std::vector<float> in_disc;
  for (std::size_t voxel = 0; voxel < labels.values.size(); ++voxel)
    if (labels.values[voxel] == level.cranial || labels.values[voxel] == level.caudal)
      highest_in_bone = std::max(highest_in_bone, image.values[voxel]);
    else if (labels.values[voxel] == level.disc)
      in_disc.push_back(image.values[voxel]);

  std::vector<std::string> warnings;
  if (already_calibrated)
    check_density(highest_in_bone);
  else {
    const auto n_bright = std::count_if(in_disc.begin(), in_disc.end(), [](const float value) { return value > 400; });
    const double volume = n_bright < .01 * double(in_disc.size())
                              ? 0.
                              : double(n_bright) * std::abs(image.grid.index_to_world.determinant());
    check_hounsfield(*lowest, highest_in_bone, median(std::move(in_disc)), volume, warnings);
  }
  return warnings;
}

Patient read_patient(const PatientParameters &parameters, const std::string &data_directory, MPI_Comm comm)
{
  parameters.check();
  const bool builtin = parameters.source == "builtin";
  const LevelLabels level = parse_level(parameters.level, parameters.label_numbers);

  RawPatient raw;
  std::array<double, 3> coefficients{};
  std::vector<std::string> lines; // name, labels, source of the calibration, warnings
  on_root(comm, [&] {
    raw = builtin                           ? generate(parameters.phantom)
          : parameters.source == "surfaces" ? from_surfaces(parameters, data_directory, level)
          : parameters.source == "blocks"   ? from_blocks(parameters, level)
                                            : read_files(parameters, data_directory, level);
    const LabelledStructures structures(raw.labels, level);
    structures.check();
    coefficients = raw.calibration->coefficients();
    lines = {raw.name, structures.summary(), raw.calibration->source()};
    for (const auto &warnings : {structures.warnings(), raw.warnings,
                                 check_image(raw.image, raw.labels, level, raw.calibration->already_calibrated())})
      lines.insert(lines.end(), warnings.begin(), warnings.end());
  });
  broadcast(comm, lines);
  MPI_Bcast(coefficients.data(), 3, MPI_DOUBLE, 0, comm);
  broadcast(comm, raw.image);
  broadcast(comm, raw.labels);

  const bool has_polynomial = builtin || parameters.calibration_in_use().mode != "already calibrated";
  const Calibration calibration =
      has_polynomial ? Calibration::polynomial(coefficients, parameters.calibration.measure(), lines[2])
                     : Calibration(parameters.calibration_in_use());
  for (float &value : raw.image.values)
    value = static_cast<float>(calibration.bmd(value));
  Patient patient{lines[0] + " " + level.name,
                  lines[1],
                  std::move(raw.image),
                  std::move(raw.labels),
                  level,
                  calibration,
                  parameters.source == "blocks"
                      ? BoneLaw::uniform(parameters.blocks.youngs_modulus, "stated modulus of the test blocks")
                      : BoneLaw(parameters.bone_law.law),
                  parameters.bone_law.poissons_ratio,
                  parameters.bone_law.anisotropy == "transverse",
                  parameters.bone_law.yield_strain_compression,
                  parameters.bone_law.yield_strain_tension,
                  0.,
                  std::vector<std::string>(lines.begin() + 3, lines.end()),
                  {}};
  if (parameters.cortex.is_on()) {
    std::vector<std::uint8_t> tissue(patient.labels.values.size());
    std::transform(patient.labels.values.begin(), patient.labels.values.end(), tissue.begin(), [&](const auto label) {
      return label == level.cranial || label == level.caudal                       ? Cortex::bone
             : label == level.cranial_posterior || label == level.caudal_posterior ? Cortex::other_bone
                                                                                   : Cortex::outside;
    });
    patient.cortex = Cortex(parameters.cortex, patient.labels.grid, tissue, patient.bmd.values);
  }
  if (!patient.bone_law.is_uniform())
    warn_outside_law(patient);
  return patient;
}

} // namespace cageopt::inputs
