#include <meshing/planned_correction.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <deal.II/base/parameter_handler.h>

#include <inputs/available_memory.h>
#include <inputs/collective.h>
#include <inputs/disc_between.h>
#include <inputs/error.h>
#include <inputs/formatted.h>
#include <inputs/labelled_structures.h>
#include <inputs/surface_labels.h>
#include <meshing/design_frame.h>
#include <meshing/endplate_surfaces.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

constexpr double degree = 3.14159265358979323846 / 180.;

Affine turn(const int from, const int to, const double angle)
{
  Affine result;
  result.linear[from][from] = result.linear[to][to] = std::cos(angle);
  result.linear[to][from] = std::sin(angle);
  result.linear[from][to] = -std::sin(angle);
  return result;
}

Affine shift(const Point &by)
{
  Affine result;
  result.offset = by;
  return result;
}

/// Of the disc space.
struct Space
{
  double height, anterior, posterior; // mm: at the centre and at the ends of the mid-sagittal line, of the planes
  double lordosis, coronal;           // degrees
  Affine design_to_world;

  explicit Space(const Patient &patient)
  {
    const DesignFrame frame = DesignFrame::fit(patient);
    const EndplateSurfaces surfaces(patient, frame.design_to_world);
    const auto &lower = surfaces.lower_plane(), &upper = surfaces.upper_plane();
    height = upper.a - lower.a;
    anterior = height + .5 * surfaces.depth() * (upper.c - lower.c);
    posterior = height - .5 * surfaces.depth() * (upper.c - lower.c);
    lordosis = frame.lordosis;
    coronal = (std::atan(lower.b) - std::atan(upper.b)) / degree;
    design_to_world = frame.design_to_world;
  }
};

std::string change(const char *name, const double before, const double after, const char *unit)
{
  return std::string(name) + formatted(" %.1f", before) + formatted(" -> %.1f ", after) + unit;
}

float median_of(const Patient &patient, const std::uint16_t label)
{
  std::vector<float> values;
  for (std::size_t voxel = 0; voxel < patient.labels.values.size(); ++voxel)
    if (patient.labels.values[voxel] == label)
      values.push_back(patient.bmd.values[voxel]);
  const auto middle = values.begin() + values.size() / 2;
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

constexpr double largest_height = 40.; // mm, of the opened disc
constexpr double finest_voxel = .75;   // mm

int ranks_of_this_machine(MPI_Comm comm)
{
  MPI_Comm machine;
  MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
  int n = 1;
  MPI_Comm_size(machine, &n);
  MPI_Comm_free(&machine);
  return n;
}

/// What is at a continuous index, of the labels that `counts` names.
struct Vote
{
  std::uint16_t label = 0;          ///< with the largest weight of trilinear interpolation; 0: others weigh more
  std::size_t voxel = Cortex::none; ///< the nearest voxel with that label
};

template <typename Counts>
Vote vote(const Patient &patient, const Point &index, const Counts &counts)
{
  const auto &size = patient.labels.grid.size;
  int base[3];
  double fraction[3];
  for (int d = 0; d < 3; ++d) {
    base[d] = static_cast<int>(std::floor(index[d]));
    fraction[d] = index[d] - base[d];
  }
  struct Corner
  {
    std::uint16_t label = 0;
    std::size_t voxel = Cortex::none;
    double weight = 0;
  } corners[8];
  for (int corner = 0; corner < 8; ++corner) {
    auto &[label, voxel, weight] = corners[corner];
    weight = 1;
    int at[3];
    bool inside = true;
    for (int d = 0; d < 3; ++d) {
      const int upper = corner >> d & 1;
      weight *= upper == 1 ? fraction[d] : 1. - fraction[d];
      at[d] = base[d] + upper;
      inside = inside && at[d] >= 0 && at[d] < size[d];
    }
    if (!inside)
      continue;
    const std::uint16_t found = patient.labels(at[0], at[1], at[2]);
    label = counts(found) ? found : std::uint16_t(0);
    voxel = at[0] + std::size_t(size[0]) * (at[1] + std::size_t(size[1]) * at[2]);
  }
  const Corner *best = nullptr;
  double most = 0;
  for (const Corner &candidate : corners) {
    double weight = 0;
    for (const Corner &other : corners)
      weight += other.label == candidate.label ? other.weight : 0.;
    const bool is_nearer = best != nullptr && best->label == candidate.label && candidate.weight > best->weight;
    if (weight > most || is_nearer) {
      most = std::max(most, weight);
      best = &candidate;
    }
  }
  return {best->label, best->voxel};
}

/// Lowest and highest index, in the old grid, of what stays and of what is moved.
using Box = std::array<Point, 2>;

template <typename Moves, typename Stays>
Box box_of(const Patient &patient, const Affine &index_to_moved, const Moves &moves, const Stays &stays)
{
  Box box{{{1e9, 1e9, 1e9}, {-1e9, -1e9, -1e9}}};
  const auto &size = patient.labels.grid.size;
  std::size_t voxel = 0;
  for (int k = 0; k < size[2]; ++k)
    for (int j = 0; j < size[1]; ++j)
      for (int i = 0; i < size[0]; ++i, ++voxel) {
        const auto label = patient.labels.values[voxel];
        const Point index = {double(i), double(j), double(k)};
        if (!moves(label) && !stays(label))
          continue;
        const Point at = moves(label) ? index_to_moved(index) : index;
        for (int d = 0; d < 3; ++d) {
          // A voxel around, but not beyond the border of the image: what it cuts off stays at the border.
          box[0][d] = std::min(box[0][d], moves(label) ? at[d] - 1. : std::max(0., at[d] - 1.));
          box[1][d] = std::max(box[1][d], moves(label) ? at[d] + 1. : std::min(size[d] - 1., at[d] + 1.));
        }
      }
  return box;
}

/// Old voxels of a box, each cut into equal ones of at most `finest_voxel`.
ImageGrid fine_grid(const ImageGrid &old, const Box &box)
{
  const Point spacing = old.spacing();
  ImageGrid grid;
  Point first;
  for (int d = 0; d < 3; ++d) {
    const int n = std::max(1, static_cast<int>(std::ceil(spacing[d] / finest_voxel - 1e-6)));
    const double low = std::floor(box[0][d]), high = std::ceil(box[1][d]);
    grid.size[d] = static_cast<int>(high - low + 1.) * n;
    first[d] = low - .5 + .5 / n;
    for (int row = 0; row < 3; ++row)
      grid.index_to_world.linear[row][d] = old.index_to_world.linear[row][d] / n;
  }
  grid.index_to_world.offset = old.index_to_world(first);
  return grid;
}

} // namespace

PlannedCorrection::PlannedCorrection(const Patient &patient, const CorrectionParameters &parameters, MPI_Comm comm)
    : moved(patient)
{
  resample(patient, comm); // at rest, so that before and after differ by the motion alone
  const Space before(moved);
  moved = patient;
  const Affine in_frame = shift({0, 0, parameters.height}) * turn(1, 2, parameters.lordosis * degree) *
                          turn(2, 0, parameters.coronal * degree);
  rigid = before.design_to_world * in_frame * before.design_to_world.inverse();
  resample(patient, comm);
  const Space after(moved);
  text = change("height", before.height, after.height, "mm") +
         change(" (anterior", before.anterior, after.anterior, "") +
         change("/ posterior", before.posterior, after.posterior, "mm)") +
         change(", lordosis", before.lordosis, after.lordosis, "deg") +
         change(", coronal tilt", before.coronal, after.coronal, "deg") + "; the force that distracts is not modelled";
}

void PlannedCorrection::resample(const Patient &patient, MPI_Comm comm)
{
  const auto &level = patient.level;
  const auto &old = patient.labels.grid;
  const Affine index_to_moved = old.index_to_world.inverse() * rigid * old.index_to_world;
  const auto is_cranial = [&](const std::uint16_t label) {
    return label != 0 && (label == level.cranial || label == level.cranial_posterior);
  };
  const auto is_caudal = [&](const std::uint16_t label) {
    return label != 0 && (label == level.caudal || label == level.caudal_posterior);
  };
  const auto stays = [&](const std::uint16_t label) { return is_caudal(label) || label == level.disc; };

  moved.scanned_voxel = patient.resolution();
  moved.labels.grid = moved.bmd.grid = fine_grid(old, box_of(patient, index_to_moved, is_cranial, stays));
  const auto &grid = moved.labels.grid;
  const double bytes = double(grid.n_voxels()) * (sizeof(float) + sizeof(std::uint16_t) + sizeof(std::size_t));
  const int n_ranks = ranks_of_this_machine(comm);
  on_root(comm, [&] { require_memory_for("The corrected patient", n_ranks * bytes); });
  moved.labels.values.assign(grid.n_voxels(), 0);
  moved.bmd.values.assign(grid.n_voxels(), median_of(patient, level.disc));
  const Affine to_old = old.index_to_world.inverse() * grid.index_to_world;
  const Affine to_old_cranial = index_to_moved.inverse() * to_old;
  std::vector<std::size_t> old_disc, origin(grid.n_voxels(), Cortex::none);
  std::size_t voxel = 0, n_bodies = 0, n_facets = 0;
  for (int k = 0; k < grid.size[2]; ++k)
    for (int j = 0; j < grid.size[1]; ++j)
      for (int i = 0; i < grid.size[0]; ++i, ++voxel) {
        const Point index = {double(i), double(j), double(k)};
        const Vote at_rest = vote(patient, to_old(index), stays),
                   arrives = vote(patient, to_old_cranial(index), is_cranial);
        const bool is_bone = is_caudal(at_rest.label);
        if (is_bone && arrives.label != 0)
          ++(at_rest.label == level.caudal && arrives.label == level.cranial ? n_bodies : n_facets);
        const Vote &kept = arrives.label != 0 && !is_bone ? arrives : at_rest;
        if (kept.label == level.disc)
          old_disc.push_back(voxel);
        else if (kept.label != 0) {
          moved.labels.values[voxel] = kept.label;
          moved.bmd.values[voxel] = patient.bmd.values[kept.voxel];
          origin[voxel] = kept.voxel;
        } else if (const Point there = to_old(index); !is_cranial(nearest(patient.labels, there)))
          moved.bmd.values[voxel] = static_cast<float>(interpolate(patient.bmd, there));
      }
  moved.cortex = patient.cortex.resampled(origin);
  const double voxel_volume = std::abs(grid.index_to_world.determinant());
  if (n_bodies > 0)
    throw InputError("'Planned correction'",
                     formatted("a motion after which the bodies overlap in %.1f mm3", double(n_bodies) * voxel_volume),
                     "the cranial body turns about the disc's centre, so that the disc closes on one side as far as it "
                     "opens on the other",
                     "raise 'Planned correction/Height', or correct by a smaller angle");
  if (n_facets > 0)
    moved.warnings.push_back("After the planned correction posterior elements overlap in " +
                             formatted("%.0f mm3", double(n_facets) * voxel_volume) +
                             ": the operation has to resect the facet joints that far.");
  fill_disc(moved.labels, level.cranial, level.disc, level.caudal, line_of_centres(moved.labels, level),
            largest_height);
  for (const std::size_t number : old_disc) // its bulge
    if (moved.labels.values[number] == 0)
      moved.labels.values[number] = level.disc;
  const LabelledStructures structures(moved.labels, level);
  structures.check();
  moved.label_summary = structures.summary();
}

void CorrectionParameters::declare(dealii::ParameterHandler &prm)
{
  using namespace dealii::Patterns;
  prm.enter_subsection("Planned correction");
  prm.add_parameter("Height", height,
                    "By how much the operation raises the disc space at its centre: the cranial vertebra is moved "
                    "before anything is meshed. Unit: mm.",
                    Double(-10., 15.));
  prm.add_parameter("Lordosis", lordosis,
                    "Angle by which the disc space is opened in front, about the disc's centre. Unit: degrees.",
                    Double(-30., 30.));
  prm.add_parameter("Coronal tilt", coronal,
                    "Angle by which the cranial vertebra is tilted to the patient's right. Unit: degrees.",
                    Double(-30., 30.));
  prm.leave_subsection();
}

} // namespace cageopt::meshing
