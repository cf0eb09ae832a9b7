#include <main/validation_page.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include <inputs/formatted.h>
#include <main/validation_figures.h>
#include <main/validation_pictures.h>
#include <meshing/bone_integrals.h>
#include <meshing/cage_fit.h>
#include <meshing/cage_support.h>
#include <postprocess/histogram_chart.h>
#include <postprocess/html_page.h>
#include <postprocess/plot_axis.h>

namespace cageopt {

using postprocess::HistogramChart;
using postprocess::HtmlPage;

namespace {

/// With `digits` after the point, and no negative zero.
std::string fixed(const double value, const int digits)
{
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, std::abs(value) < .5 * std::pow(10., -digits) ? 0. : value);
  return text;
}

std::string percent(const double share) { return fixed(100 * share, 1) + " %"; }

std::string file_name(const std::string &path)
{
  const auto whole = std::filesystem::path(path).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

/// The sections in order.
class Writer
{
public:
  Writer(const Case &given, const Study &study, const RunMemory &memory, const std::string &case_file)
      : given(given), study(study), segment(study.segment()), figures(study),
        page("Before the solve: " + (study.patient() ? study.patient()->name : "cantilever"),
             "cageopt validate, case " + file_name(case_file) +
                 ". What would be computed; nothing is solved yet. Research use only, not a medical device.")
  {
    budget = {{memory.planned_bytes(), memory.planned_bytes()}};
    MPI_Allreduce(MPI_IN_PLACE, &budget[0], 1, MPI_DOUBLE, MPI_SUM, study.comm());
    MPI_Allreduce(MPI_IN_PLACE, &budget[1], 1, MPI_DOUBLE, MPI_MAX, study.comm());
  }

  std::string html()
  {
    warn();
    if (segment) {
      show_key_figures();
      show_subject();
      const ValidationPictures pictures(study, figures);
      show_pictures(pictures);
      show_bone();
      show_cage();
      show_support(pictures);
    }
    show_loads();
    show_mesh();
    return page.html();
  }

private:
  void warn()
  {
    std::vector<std::string> texts;
    if (segment) {
      texts = study.patient()->warnings;
      texts.insert(texts.end(), segment->report().warnings.begin(), segment->report().warnings.end());
      for (const auto &load : figures.loads)
        if (load.difference() > ValidationFigures::resultant_tolerance)
          texts.push_back("The nodal loads of " + load.name +
                          " do not add up to the stated wrench: relative difference " +
                          postprocess::plot_number(load.difference()) + ".");
    }
    page.warnings(texts, "No warnings from patient, mesh or loads");
  }

  void show_key_figures()
  {
    const auto &cage = segment->cage();
    const auto bone = segment->measure_bone(study.endplate_layer(), study.endplate_layer() + 5.);
    page.cards({{"Target modulus", fixed(*study.measured_modulus(), 1) + " MPa", given.goal.target_measure},
                {"Bone beside the cage", fixed(bone.bmd, 1) + " mg/cm3", "trabecular, 5 mm beneath the endplates"},
                {"Cage", fixed(cage.width(), 1) + " x " + fixed(cage.depth(), 1) + " mm",
                 "mean height " + fixed(cage.mean_height(), 1) + " mm"},
                {"Coverage", percent(cage.coverage()), "of the endplates' overlap"},
                {"Lordosis", fixed(segment->frame().lordosis, 1) + " deg", "between the endplates"},
                {"Load cases", std::to_string(figures.loads.size()), given.loads.set},
                {"Unknowns", std::to_string(segment->report().n_unknowns),
                 std::to_string(segment->report().n_cells) + " cells"}});
  }

  void show_subject()
  {
    const auto &patient = *study.patient();
    const auto &law = patient.bone_law;
    const auto spacing = patient.bmd.grid.spacing();
    const auto &size = patient.bmd.grid.size;
    std::string image = file_name(given.patient.image_file), labels = file_name(given.patient.label_file);
    for (const auto &[label, file] : given.patient.label_surfaces.list())
      labels += (labels.empty() ? "" : ", ") + std::to_string(label) + ": " + file_name(file);
    if (given.patient.source == "builtin")
      image = "built-in synthetic patient", labels = "built-in";
    else if (given.patient.source == "surfaces")
      image = "none: the densities are assumed";
    else if (given.patient.source == "blocks")
      image = "none: test blocks of stated modulus", labels = "the blocks, and the gap as disc";
    page.section("Patient and laws");
    page.facts(
        {{"Image", image},
         {"Labels", labels},
         {"Grid", std::to_string(size[0]) + " x " + std::to_string(size[1]) + " x " + std::to_string(size[2]) +
                      " voxels of " + fixed(spacing[0], 2) + " x " + fixed(spacing[1], 2) + " x " +
                      fixed(spacing[2], 2) + " mm"},
         {"Level", patient.level.name + ": labels " + std::to_string(patient.level.cranial) + " cranial, " +
                       std::to_string(patient.level.disc) + " disc, " + std::to_string(patient.level.caudal) +
                       " caudal"},
         {"Planned correction", study.planned_correction().empty() ? "none" : study.planned_correction()},
         {"Calibration", patient.calibration.description()},
         {"Bone law",
          law.id() + ": " + law.citation() +
              (patient.transversely_isotropic ? "; transversely isotropic, moduli along z" : "; isotropic") +
              (patient.cortex.is_on() ? "; " + patient.cortex.description() : "")},
         {"Bone, further", "Poisson's ratio " + postprocess::plot_number(patient.poissons_ratio) + ", yield strain " +
                               postprocess::plot_number(patient.yield_strain_compression) + " in compression, " +
                               postprocess::plot_number(patient.yield_strain_tension) + " in tension"},
         {"Cage's law", study.law().name() + ": " + study.law().citation()},
         {"Not modelled", "facet joints, ligaments, muscles, posterior elements"}});
  }

  void show_pictures(const ValidationPictures &pictures)
  {
    page.section("Scan, labels and cage");
    page.paragraph(
        "Planes through the origin of the design frame, the centre of the disc space (dotted lines), with x to "
        "the patient's right, y anterior and z cranial. Grey values: " +
        pictures.window + ". All pictures have the same scale; the bar is 10 mm.");
    page.legend(pictures.scan_legend);
    page.figures(pictures.scan);
    page.section("Mesh");
    page.paragraph("The same planes as meshed: every cell with its region, and bone with the modulus that the solver "
                   "gets.");
    page.legend(pictures.mesh_legend);
    page.figures({{pictures.modulus_bar, "", 1.}});
    page.figures(pictures.mesh);
  }

  void show_bone()
  {
    page.section("Bone");
    show_regions();
    show_densities();
    show_histograms();
    show_target();
  }

  void show_regions()
  {
    const auto &report = segment->report();
    std::vector<HtmlPage::Row> rows;
    double volume = 0;
    for (int region = 1; region < meshing::n_regions; ++region) {
      if (region == 7 && segment->fixation().capsules().empty())
        continue;
      rows.push_back({meshing::region_names[region], std::to_string(report.cells_by_region[region]),
                      fixed(report.volume_by_region[region], 0)});
      volume += report.volume_by_region[region];
    }
    rows.push_back({"all", std::to_string(report.n_cells), fixed(volume, 0)});
    page.table("regions", "Regions of the mesh", {"Region", "Cells", "Volume of whole cells, mm3"}, rows);
    page.paragraph("Bone in the mesh, integrated at the image's resolution: " + fixed(report.bone_volume, 0) +
                   " mm3. Labelled as the two bodies between the model's end planes: " + fixed(report.label_volume, 0) +
                   " mm3. The mesh has " + percent(std::abs(report.bone_volume / report.label_volume - 1)) +
                   (report.bone_volume < report.label_volume
                        ? " less: bone inside the cage's envelope and in cells that are mostly empty is left out."
                        : " more."));
    show_mineral();
  }

  void show_mineral()
  {
    const auto &report = segment->report();
    std::vector<HtmlPage::Row> rows;
    const auto add = [&](const std::string &name, const meshing::MineralBalance &mineral) {
      rows.push_back({name, fixed(mineral.image, 1), fixed(mineral.cells, 1), fixed(mineral.cage, 1),
                      fixed(mineral.left_out, 1), inputs::formatted("%+.1e", mineral.error())});
    };
    add("cranial body", report.mineral[meshing::cranial_body]);
    add("caudal body", report.mineral[meshing::caudal_body]);
    add("cranial body beside the disc", report.mineral_beside_disc[meshing::cranial_body]);
    add("caudal body beside the disc", report.mineral_beside_disc[meshing::caudal_body]);
    page.table("mineral", "Bone mineral between the model's end planes, mg",
               {"Body", "In the image", "In cells of bone and disc", "Where the cage is", "In cells left out",
                "Sum against the image"},
               rows);
    page.paragraph(
        "Every cell is integrated over the exact volumes in which it overlaps the voxels. Left out are cells "
        "with less tissue than 'Mesh/Minimum fraction' and those that hang on nothing.");
  }

  void show_densities()
  {
    std::vector<HtmlPage::Row> rows;
    for (const auto &density : figures.densities) {
      HtmlPage::Row row = {density.name, std::to_string(density.n_voxels), fixed(density.mean, 1),
                           fixed(density.standard_deviation, 1)};
      for (const double value : density.percentiles)
        row.push_back(fixed(value, 1));
      const bool is_body = &density != &figures.densities.back(); // the law is not for the disc
      row.push_back(is_body ? std::to_string(density.n_below) : "");
      row.push_back(is_body ? std::to_string(density.n_above) : "");
      rows.push_back(row);
    }
    page.table("densities", "Density of the voxels of each label between the model's end planes, " + measure(),
               {"Label", "Voxels", "Mean", "SD", "5 %", "25 %", "Median", "75 %", "95 %",
                "Voxels below the law's range", "Voxels above"},
               rows);
    page.paragraph("The bone law rests on specimens of " + fixed(figures.law_range[0], 0) + " to " +
                   fixed(figures.law_range[1], 0) + " " + measure() + " (" + inputs::BoneLaw::valid_range_citation() +
                   "). Outside it is an extrapolation, as it must be in the cortical shell.");
  }

  std::string measure() const { return "mg/cm3 " + inputs::name_of(study.patient()->density_measure()); }

  void show_histograms()
  {
    const char *colours[] = {"#0072b2", "#e69f00", "#009e73"};
    HistogramChart density;
    density.x_title = "Density, " + measure();
    density.y_title = "Share of the label's voxels, %";
    density.edges = HistogramChart::edges_between(-200., 800., 50, false);
    density.band_name = "range of the bone law's specimens";
    density.band_begin = figures.law_range[0];
    density.band_end = figures.law_range[1];
    for (std::size_t i = 0; i < figures.densities.size(); ++i) {
      const auto &label = figures.densities[i];
      HistogramChart::Group group{label.name, colours[i], std::vector<double>(density.edges.size() - 1, 0.)};
      for (const float value : label.values)
        group.heights[density.bin_of(value)] += 100. / double(label.n_voxels);
      density.groups.push_back(std::move(group));
    }
    HistogramChart modulus;
    modulus.x_title = "Young's modulus, MPa";
    modulus.y_title = "Share of the bone's volume, %";
    modulus.edges = figures.modulus_edges;
    const char *names[] = {"cranial bone", "caudal bone"};
    for (const std::size_t body : {0, 1}) {
      const auto &own = figures.moduli[body];
      HistogramChart::Group group{
          std::string(names[body]) + ", mean " + fixed(own.mean, 0) + " MPa", colours[body], {}};
      for (const double volume : own.histogram)
        group.heights.push_back(100. * volume / own.volume);
      modulus.groups.push_back(std::move(group));
    }
    page.figures(
        {{density.svg(), "Voxels between the end planes; what lies beyond the axis is in the last bins."},
         {modulus.svg(), "Cells of the mesh before surgery, by volume; what lies beyond the axis is in the first "
                         "or last bin."}});
  }

  void show_target()
  {
    const double layer = study.endplate_layer();
    const auto trabecular = segment->measure_bone(layer, layer + 5.), endplate = segment->measure_bone(0., layer);
    const auto row = [&](const std::string &name, const meshing::PatientDomain::BoneTarget &bone) -> HtmlPage::Row {
      return {name,
              std::to_string(bone.n_voxels),
              fixed(bone.caudal_bmd, 1),
              fixed(bone.cranial_bmd, 1),
              fixed(bone.bmd, 1),
              fixed(bone.caudal_modulus, 1),
              fixed(bone.cranial_modulus, 1),
              fixed(bone.modulus, 1)};
    };
    const std::string depth = fixed(layer, 2) + " mm";
    page.table("target", "The bone that the cage is to match",
               {"Where", "Voxels", "Caudal, mg/cm3", "Cranial, mg/cm3", "Mean, mg/cm3", "Caudal, MPa", "Cranial, MPa",
                "Law of the mean, MPa"},
               {row("trabecular, 5 mm from " + depth + " beneath the endplate", trabecular),
                row("endplate layer of " + depth, endplate)});
    const std::string source =
        given.goal.target_measure == "value" ? "given in the case" : "measured as " + given.goal.target_measure;
    page.paragraph(
        "Target modulus " + fixed(*study.measured_modulus(), 1) + " MPa, " + source +
        ". Measured beneath the cage's footprint, away from the side wall; each endplate counts the same, and "
        "the bone law is applied to the mean density.");
  }

  void show_cage()
  {
    const auto &cage = segment->cage();
    const meshing::CageFit fit(cage, segment->endplates(), *study.patient(), segment->frame().design_to_world);
    page.section("Cage and endplates");
    const auto &given_cage = cage.parameters();
    const auto &surfaces = segment->endplates();
    page.facts({{"Family and place",
                 given_cage.family + ", " + given_cage.faces + " faces, " +
                     (given_cage.family == "surface" ? "by its coordinates" : given_cage.placement) + "; its middle " +
                     fixed(cage.centre()[0] - surfaces.centroid_x(), 1) + " mm to the right and " +
                     fixed(cage.centre()[1] - surfaces.centroid_y(), 1) + " mm in front of the overlap's, turned by " +
                     fixed(given_cage.rotation, 1) + " degrees"},
                {"Footprint", fixed(cage.footprint_area(), 1) + " mm2, " + fixed(cage.width(), 1) + " x " +
                                  fixed(cage.depth(), 1) + " mm; window " + fixed(cage.window_area(), 1) + " mm2"},
                {"Coverage", percent(cage.coverage()) + " of the " + fixed(segment->endplates().area(), 1) +
                                 " mm2 over which the endplates face each other"},
                {"Heights", "mean " + fixed(cage.mean_height(), 1) + ", least " + fixed(fit.smallest_height, 1) +
                                ", greatest " + fixed(fit.largest_height, 1) + ", at the anterior edge " +
                                fixed(fit.anterior_height, 1) + ", at the posterior edge " +
                                fixed(fit.posterior_height, 1) + " mm"},
                {"Envelope", fixed(cage.envelope_volume(), 0) + " mm3"},
                {"Posterior fixation", segment->fixation().capsules().empty()
                                           ? "none"
                                           : std::to_string(segment->fixation().capsules().size()) +
                                                 " screws and rods of " + fixed(given.fixation.youngs_modulus, 0) +
                                                 " MPa, " + fixed(segment->report().metal_volume, 0) +
                                                 " mm3 in the mesh; free between body and rod, bonded to the bone"}});
    const auto row = [](const std::string &name, const meshing::CageFit::Face &face) -> HtmlPage::Row {
      return {name,
              fixed(face.gap_volume, 1),
              fixed(face.largest_gap, 2),
              fixed(face.overlap_volume, 1),
              fixed(face.largest_overlap, 2),
              fixed(face.open_area, 1)};
    };
    page.table("fit", "Faces of the cage's envelope against the labelled endplates",
               {"Face", "Gap, mm3", "Largest gap, mm", "Overlap, mm3", "Largest overlap, mm", "Without bone, mm2"},
               {row("caudal", fit.caudal), row("cranial", fit.cranial)});
    if (cage.parameters().faces == "conforming")
      page.paragraph(
          "The faces follow the endplates smoothed over a voxel: gap and overlap of about a voxel are its steps, more "
          "is a step or spike of the labels to look at. In the mesh, bone inside the envelope becomes cage, and a "
          "gap of up to two voxels is filled by the cage.");
    else
      page.paragraph("The faces do not follow the endplates. The overlap is bone that is cut away: in the mesh it is "
                     "cage. Gaps stay as they are, disc or empty.");
  }

  void show_support(const ValidationPictures &pictures)
  {
    const auto &cage = segment->cage();
    const auto &layer = segment->layer();
    const meshing::CageSupport support(cage, segment->endplates(), layer);
    page.section("What the cage stands on");
    page.legend(pictures.support_legend);
    page.figures({{pictures.density_bar, "", 1.}});
    page.figures(pictures.support);
    const auto row = [&](const std::string &name, const int side) -> HtmlPage::Row {
      return {name, fixed(support.density[side], 1), fixed(layer.mean_density(side), 1),
              fixed(support.yield_force[side], 0)};
    };
    page.table("support", "Layer of " + fixed(study.endplate_layer(), 2) + " mm beneath the cage's face",
               {"Endplate", "Beneath the cage, mg/cm3", "Whole endplate, mg/cm3", "Yields at, N"},
               {row("caudal", 0), row("cranial", 1)});
    page.paragraph(
        "Face: the footprint without its window, " + fixed(support.bearing_area, 1) + " mm2. On the rim lie " +
        percent(support.rim_share) + " of it and " + percent(support.rim_edge_share) +
        " of the footprint's edge, of the endplates' overlap " + percent(support.rim_share_of_endplates) +
        ". The rim is what lies outside the overlap scaled to 70 % of its diameter (Wang, Battie & Videman 2012, Eur "
        "Spine J 21:2316); it carries more than the middle, most at its posterolateral parts (Lowe et al. 2004, Spine "
        "29:2389). The force is the yield stress of the layer, by the bone law, integrated over the face: a measure to "
        "compare places by ('Cage/Placement = strongest' finds the best), not a failure load. Where voxels are coarse "
        "the outermost "
        "of them hold soft tissue too, and the rim looks weaker than it is.");
  }

  void show_loads()
  {
    page.section("Loads and supports");
    std::vector<HtmlPage::Row> rows;
    std::vector<std::pair<std::string, std::string>> sources;
    double worst = 0;
    const auto row = [](const std::string &name, const std::string &kind, const std::array<double, 6> &wrench) {
      HtmlPage::Row cells = {name, kind};
      for (unsigned int c = 0; c < 6; ++c)
        cells.push_back(fixed(c < 3 ? wrench[c] : wrench[c] / 1000., 4));
      return cells;
    };
    for (const auto &load : figures.loads) {
      if (segment)
        rows.push_back(row(load.name, "stated", load.stated));
      rows.push_back(row(load.name, "integrated", load.integrated));
      sources.emplace_back(load.name, "weight " + postprocess::plot_number(load.weight) + "; " + load.citation);
      worst = std::max(worst, load.difference());
    }
    page.table("loads",
               "Force and moment on the loaded face about the origin, as stated and as integrated from the nodal loads",
               {"Load case", "", "Fx, N", "Fy, N", "Fz, N", "Mx, Nm", "My, Nm", "Mz, Nm"}, rows);
    if (segment)
      page.paragraph(
          std::string("Flexion is -Mx, extension +Mx, right bending +My, left axial rotation +Mz, compression "
                      "-Fz. Stated and integrated ") +
          (worst <= ValidationFigures::resultant_tolerance ? "agree to 1e-9 of the largest component."
                                                           : "DO NOT AGREE: see the warnings."));
    page.facts(sources);
    if (!study.segment())
      return;
    page.table(
        "supports", "Where the model is held and loaded", {"Face", "Nodes", "Area, mm2", "z, mm"},
        {{"held, all displacements zero", std::to_string(figures.n_support_nodes), fixed(figures.support_area, 1),
          fixed(figures.low[2], 2)},
         {"loaded", std::to_string(figures.n_loaded_nodes), fixed(figures.loaded_area, 1), fixed(figures.high[2], 2)}});
  }

  void show_mesh()
  {
    page.section("Size of the problem");
    std::vector<HtmlPage::Row> rows;
    for (const auto &[edge, n] : figures.cells_by_edge)
      rows.push_back(
          {fixed(edge, 3) + " mm", std::to_string(n), percent(double(n) / study.domain().mesh.n_global_cells())});
    page.table("cells", "Cells by size", {"Edge", "Cells", "Share"}, rows);
    int n_ranks = 1;
    MPI_Comm_size(study.comm(), &n_ranks);
    const double n_unknowns = double(study.domain().n_unknowns());
    page.table("memory", "Unknowns, and memory that a run would take beside the program itself",
               {"Unknowns", "Ranks", "Memory, MB", "Largest rank, MB", "Bytes per unknown"},
               {{fixed(n_unknowns, 0), std::to_string(n_ranks), fixed(budget[0] / 1e6, 0), fixed(budget[1] / 1e6, 0),
                 fixed(budget[0] / n_unknowns, 0)}});
    if (segment && segment->report().n_removed_cells > 0)
      page.paragraph(std::to_string(segment->report().n_removed_cells) + " cells hung on nothing and were left out.");
  }

  const Case &given;
  const Study &study;
  const meshing::PatientDomain *segment; ///< null: cantilever
  ValidationFigures figures;
  HtmlPage page;
  std::array<double, 2> budget{}; ///< of all ranks and of the largest, bytes
};

} // namespace

std::string validation_page(const Case &given, const Study &study, const RunMemory &memory,
                            const std::string &case_file)
{
  return Writer(given, study, memory, case_file).html();
}

} // namespace cageopt
