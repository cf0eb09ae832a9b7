#include <main/specimen_study.h>

#include <cmath>
#include <iomanip>
#include <ostream>

#include <inputs/bone_law.h>
#include <inputs/error.h>
#include <optimizer/strain_field.h>
#include <postprocess/domain_view.h>

namespace cageopt {

using inputs::SpecimenPart;

namespace {

const inputs::SpecimenParameters &specimen_of(const CaseEntries &given)
{
  if (!given.is_specimen())
    throw inputs::InputError("'Problem'", "'" + given.problem + "'",
                             "a single analysis is that of a specimen or a patient",
                             "set 'Problem = specimen' or 'patient', or use another verb: 'cageopt --help'");
  return given.specimen;
}

/// Text at the left of a table, numbers at the right, without leaving traces in the stream.
class Format
{
public:
  explicit Format(std::ostream &out) : out(out), flags(out.flags()), precision(out.precision()) {}
  ~Format()
  {
    out.flags(flags);
    out.precision(precision);
    out << std::flush;
  }

private:
  std::ostream &out;
  const std::ios::fmtflags flags;
  const std::streamsize precision;
};

} // namespace

SpecimenStudy::SpecimenStudy(const CaseEntries &given, MPI_Comm comm)
    : asked(specimen_of(given)), solver_settings(given.solver),
      body(inputs::read_specimen(asked, given.data_directory, comm)),
      meshed(meshing::make_specimen_domain(body, asked, comm))
{
}

void SpecimenStudy::describe(std::ostream &out) const
{
  const Format kept(out);
  const auto &size = body.grid.size;
  out << std::setprecision(5) << "Specimen      " << body.name << ", " << size[0] << " x " << size[1] << " x "
      << size[2] << " voxels of " << body.voxel_edge() << " mm"
      << (asked.segmentation.zoom != 1 ? " after resampling" : "") << "\nVoxels        bone "
      << body.n_voxels_of(SpecimenPart::bone);
  if (asked.lower_pad_label > 0)
    out << ", lower pad " << body.n_voxels_of(SpecimenPart::lower_pad);
  if (asked.upper_pad_label > 0)
    out << ", upper pad " << body.n_voxels_of(SpecimenPart::upper_pad);
  out << "; not connected over faces and left out " << body.n_removed << "; void is left out of the mesh\n";
  if (body.n_unnamed > 0)
    out << "Warning: " << body.n_unnamed << " voxels have labels that the case does not name and count as void\n";
  out << "Material      ";
  if (asked.material == "constant")
    out << asked.youngs_modulus << " MPa";
  else
    out << inputs::BoneLaw(asked.bone_law).citation() << ", " << asked.density_type
        << (asked.density_bins > 0 ? ", " + std::to_string(asked.density_bins) + " bins" : "");
  out << ", Poisson's ratio " << asked.poissons_ratio;
  if (asked.lower_pad_label > 0 || asked.upper_pad_label > 0)
    out << "; pads " << asked.pad_youngs_modulus << " MPa, " << asked.pad_poissons_ratio;
  if (!body.cortex.empty())
    out << "; " << body.cortex;
  if (body.n_softest > 0)
    out << "; " << body.n_softest << " voxels at the floor of 1e-4 MPa";
  out << "\nPlatens       along " << asked.load_axis << ", " << meshed.height << " mm apart: lower "
      << asked.lower_platen << ", " << meshed.n_lower_nodes << " nodes, at rest; upper " << asked.upper_platen << ", "
      << meshed.n_upper_nodes << " nodes, moved by " << asked.displacement << " mm towards it\n"
      << "Mesh          " << meshed.domain.mesh.n_global_cells() << " elements, " << meshed.domain.mesh.n_global_nodes()
      << " nodes, " << meshed.domain.n_unknowns() << " unknowns\n";
}

std::map<std::string, double> SpecimenStudy::counts() const
{
  std::map<std::string, double> figures = {{"elements", meshed.domain.mesh.n_global_cells()},
                                           {"nodes", meshed.domain.mesh.n_global_nodes()},
                                           {"lower_nodes", meshed.n_lower_nodes},
                                           {"upper_nodes", meshed.n_upper_nodes}};
  if (!asked.has_labels())
    figures["bone_volume_fraction_percent"] =
        100. * double(body.n_voxels_of(SpecimenPart::bone)) / double(body.grid.n_voxels());
  return figures;
}

std::map<std::string, double> SpecimenStudy::press(std::ostream &out)
{
  const unsigned int axis = asked.axis();
  compression = std::make_unique<solver::PlatenCompression>(
      meshed.domain.mesh, meshed.domain.unit, meshed.at_lower, meshed.at_upper,
      solver::PlatenCompression::Settings{axis, asked.lower_platen == "bonded", asked.upper_platen == "bonded",
                                          asked.displacement},
      solver_settings);
  const auto reactions = compression->press(meshed.domain.intact);
  force_imbalance = reactions.imbalance(axis);
  auto figures = counts();
  const double force = reactions.compression(axis);
  figures["force_n"] = force;
  figures["stiffness_n_mm"] = force / asked.displacement;
  if (!asked.has_labels()) {
    const auto &size = body.grid.size;
    const double area = std::pow(body.voxel_edge(), 2) * size[(axis + 1) % 3] * size[(axis + 2) % 3];
    figures["apparent_modulus_mpa"] = force * meshed.height / (area * asked.displacement);
  }
  const Format kept(out);
  const auto &report = compression->last_report();
  out << std::setprecision(8) << "Forces        of the lower platen " << reactions.lower[0] << ", "
      << reactions.lower[1] << ", " << reactions.lower[2] << " N, of the upper one " << reactions.upper[0] << ", "
      << reactions.upper[1] << ", " << reactions.upper[2] << " N\n"
      << std::setprecision(3) << "Balance       sum along " << asked.load_axis << " " << force_imbalance
      << " of the force; residual of the solution " << report.relative_residual.front() << " after "
      << report.iterations << " iterations, " << report.seconds << " s\n";
  return figures;
}

void SpecimenStudy::compare(const std::map<std::string, double> &figures, std::ostream &out) const
{
  const Format kept(out);
  const auto published = asked.published();
  out << '\n' << std::left << std::setw(32) << "" << std::right << std::setw(14) << "computed";
  if (!published.empty())
    out << std::setw(14) << "published" << std::setw(14) << "difference";
  out << '\n';
  for (const auto &name : inputs::SpecimenParameters::figure_names()) {
    const auto own = figures.find(name);
    if (own == figures.end())
      continue;
    out << std::left << std::setw(32) << "  " + name << std::right << std::setprecision(8) << std::setw(14)
        << own->second;
    for (const auto &[stated, value] : published)
      if (stated == name)
        out << std::setw(14) << value << std::showpos << std::fixed << std::setprecision(3) << std::setw(12)
            << 100. * (own->second / value - 1.) << " %" << std::noshowpos << std::defaultfloat;
    out << '\n';
  }
  out << std::setprecision(8);
  if (!published.empty())
    out << "Published: " << asked.published_source << '\n';
  for (const auto &[stated, value] : published)
    if (figures.count(stated) == 0)
      out << "Published " << stated << ' ' << value << " was not computed\n";
}

postprocess::GridView SpecimenStudy::view()
{
  const auto &domain = meshed.domain;
  auto view = postprocess::mesh_view_of(domain, domain.intact);
  std::vector<std::uint8_t> part;
  for (const auto which : meshed.part)
    part.push_back(static_cast<std::uint8_t>(which));
  view.cell_arrays.push_back({"part", "1", 1, std::move(part)});
  if (!body.density.empty())
    view.cell_arrays.push_back({"bmd", "mg/cm3", 1, domain.bmd});
  std::vector<std::uint8_t> platen;
  for (std::size_t node = 0; node < meshed.at_lower.size(); ++node)
    platen.push_back(meshed.at_lower[node] ? 1 : meshed.at_upper[node] ? 2 : 0);
  view.point_arrays.push_back({"platen", "1", 1, std::move(platen)});
  view.notes = {{"frame", "specimen: mm along the axes of the image, from the corner of its first voxel"},
                {"parts", "1 bone, 2 lower pad, 3 upper pad"},
                {"platens", "1 lower, 2 upper"}};
  if (!compression)
    return view;
  const std::vector<inputs::LoadCase> pressed = {{"compression", {1, 0, 0, 0, 0, 0}, 1., ""}};
  auto field = optimizer::strain_field(domain, domain.intact, pressed, compression->displacement());
  view.cell_arrays.push_back({"strain_min_principal", "1", 1, std::move(field.min_principal)});
  view.cell_arrays.push_back({"strain_max_principal", "1", 1, std::move(field.max_principal)});
  view.cell_arrays.push_back({"stress_von_mises", "MPa", 1, std::move(field.von_mises_stress)});
  view.point_arrays.push_back(
      postprocess::displacement_array("displacement", domain, compression->displacement(), pressed[0].wrench));
  return view;
}

} // namespace cageopt
