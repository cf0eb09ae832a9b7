#include <meshing/segment_mesher.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <meshing/bone_integrals.h>
#include <meshing/cell_sizes.h>
#include <meshing/forest.h>

namespace cageopt::meshing {

using namespace inputs;

namespace {

constexpr double least_metal_share = .02; // of a cell that has nothing else
constexpr double emptiness = .01;         // MPa, of what a screw or rod will fill outside bone and disc

std::string millimetres(const double value) { return inputs::formatted("%.1f mm", value); }

/// The steps in order. Every rank holds the image and integrates it over its own cells.
class SegmentMesher
{
public:
  SegmentMesher(const Patient &patient, const DesignFrame &frame, const EndplateSurfaces &surfaces, const Cage &cage,
                const Fixation &fixation, const MeshParameters &parameters, const Refinement &refinement, MPI_Comm comm)
      : patient(patient), surfaces(surfaces), cage(cage), fixation(fixation), parameters(parameters),
        refinement(refinement), comm(comm), depth(CellSizes::depth(refinement)),
        unit(parameters.cell_size / (1u << refinement.halvings)),
        design_to_index(patient.labels.grid.index_to_world.inverse() * frame.design_to_world),
        index_to_design(design_to_index.inverse()), integrator(patient, design_to_index),
        disc(CubicStiffness::isotropic(parameters.disc_youngs_modulus, parameters.disc_poissons_ratio)),
        bone_unit(patient.unit_stiffness())
  {
    const auto spacing = patient.labels.grid.spacing();
    voxel = std::min({spacing[0], spacing[1], spacing[2]});
    largest_voxel = patient.resolution();
    voxel_reach = std::max(voxel, .5 * norm(spacing));
  }

  DesignDomain build(MeshReport &report)
  {
    check_borders();
    choose_planes(report);
    choose_box();
    for (unsigned int d = 0; d < 3; ++d)
      n_lattice[d] = n_roots[d] << depth;
    sizes = std::make_unique<CellSizes>(n_lattice, origin, parameters, refinement,
                                        [&](const Point &centre) { return cage.part_at(centre) != CagePart::none; });
    auto leaves = make_forest_leaves(
        comm, n_roots, depth, [&](const OctreeCell &root) { return has_material(root); },
        [&](const OctreeCell &leaf) { return wanted_level(leaf); });
    classify(leaves);
    OctreeMesh mesh(comm, kept_cells());
    const auto reached = cells_tied_to_support(mesh);
    std::uint64_t n_loose = std::count(reached.begin(), reached.end(), 0);
    MPI_Allreduce(MPI_IN_PLACE, &n_loose, 1, MPI_UINT64_T, MPI_SUM, comm);
    if (n_loose > 0) {
      drop_cells(reached);
      mesh = OctreeMesh(comm, kept_cells());
    }
    report.n_removed_cells = n_loose;
    const double frame = cage.parameters().frame_thickness;
    if (frame > 0 && frame < 1.5 * parameters.cell_size)
      report.warnings.push_back("'Cage/Frame thickness', " + millimetres(frame) + ", is less than 1.5 cells of " +
                                millimetres(parameters.cell_size) +
                                ": the ring has gaps in this mesh. A smaller 'Mesh/Cell size' closes them.");
    const double strut = cage.struts().empty() ? 1e30 : cage.parameters().strut_diameter;
    if (strut < 1.5 * parameters.cell_size)
      report.warnings.push_back("'Cage/Strut diameter', " + millimetres(strut) + ", is less than 1.5 cells of " +
                                millimetres(parameters.cell_size) +
                                ": the struts' section is wrong in this mesh. A smaller 'Mesh/Cell size' resolves it.");
    return finish(std::move(mesh), report);
  }

private:
  struct CellData
  {
    OctreeCell cell;
    Region region;
    inputs::CellStiffness intact;
    float bmd, bone_fraction, metal_share = 0;
    std::array<double, 2> mineral{}; ///< mg of each body, outside the envelope
    bool is_kept = true;
  };

  Point position(const std::array<double, 3> &lattice) const
  {
    return {origin[0] + unit * lattice[0], origin[1] + unit * lattice[1], origin[2] + unit * lattice[2]};
  }

  Point corner(const OctreeCell &cell) const
  {
    return position({double(cell.corner[0]), double(cell.corner[1]), double(cell.corner[2])});
  }

  /// Cubes that fill a cell, about as wide as `width` mm: action(corner, edge, cage part at the middle) until it
  /// returns false.
  template <typename Action>
  void for_each_part(const OctreeCell &cell, const double width, const Action &action) const
  {
    const double edge = unit * cell.edge();
    // An odd number: with an even one, cells that a flat face halves would all go to the same side.
    const int n = std::max(3, static_cast<int>(std::ceil(edge / width)) | 1);
    const double part = edge / n;
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i) {
          const Point low = corner(cell) + part * Point{double(i), double(j), double(k)};
          if (!action(low, part,
                      cage_part_at(patient, cage, design_to_index, low + Point{.5 * part, .5 * part, .5 * part})))
            return;
        }
  }

  bool is_near_cage(const OctreeCell &cell) const
  {
    return sizes->smallest_distance(cell) <= 2. * largest_voxel + parameters.cell_size;
  }

  /// Edge of a square as large as the endplates' overlap, mm: lengths for any level, 39 in the lumbar spine and 15 in
  /// the cervical spine.
  double endplate_size() const { return std::sqrt(surfaces.area()); }
  /// Beside an endplate, mm. Cervical bodies are hardly higher than that.
  double least_bone() const { return std::min(10., .5 * endplate_size()); }

  /// A body that touches the border of the image beside its endplate is cut where it matters.
  void check_borders()
  {
    const auto &size = patient.labels.grid.size;
    const auto distance_to_endplate = [&](const Point &point, const EndplateSurfaces::Plane &plane) {
      return point[2] -
             (plane.a + plane.b * (point[0] - surfaces.centroid_x()) + plane.c * (point[1] - surfaces.centroid_y()));
    };
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i) {
          if (i > 0 && i < size[0] - 1 && j > 0 && j < size[1] - 1 && k > 0 && k < size[2] - 1) {
            i = size[0] - 2; // the inside of the image
            continue;
          }
          const auto label = patient.labels(i, j, k);
          const Point point = index_to_design({double(i), double(j), double(k)});
          if (label == patient.level.caudal)
            nearest_cut[0] = std::min(nearest_cut[0], -distance_to_endplate(point, surfaces.lower_plane()));
          if (label == patient.level.cranial)
            nearest_cut[1] = std::min(nearest_cut[1], distance_to_endplate(point, surfaces.upper_plane()));
        }
    for (int side = 0; side < 2; ++side) {
      const std::string body = side == 0 ? "caudal" : "cranial";
      if (nearest_cut[side] < least_bone())
        throw InputError("The " + body + " body of level " + patient.level.name,
                         "cut off by the image border " + millimetres(nearest_cut[side]) + " from its endplate",
                         "the endplate and at least " + millimetres(least_bone()) +
                             " of body beside it must be in the image",
                         "use an image that shows more of that vertebra, or another level");
    }
  }

  /// Area of a body's cross section at height z, mm^2.
  double section(const std::uint16_t label, const double z) const
  {
    constexpr double step = 1.;
    double area = 0;
    const int reach_x = static_cast<int>(surfaces.width()), reach_y = static_cast<int>(surfaces.depth());
    for (int j = -reach_y; j <= reach_y; ++j)
      for (int i = -reach_x; i <= reach_x; ++i)
        if (nearest(patient.labels,
                    design_to_index({surfaces.centroid_x() + i * step, surfaces.centroid_y() + j * step, z})) == label)
          area += step * step;
    return area;
  }

  /// The end planes: as far as asked, in whole root cells, while the body's cross section is there.
  void choose_planes(MeshReport &report)
  {
    const double root = unit * (1u << depth);
    for (int side = 0; side < 2; ++side) {
      const double sign = side == 0 ? -1. : 1.;
      const auto label = side == 0 ? patient.level.caudal : patient.level.cranial;
      const double low = std::min(8., .21 * endplate_size()), high = std::min(20., .52 * endplate_size());
      double largest = 0;
      for (int i = 0; i <= 6; ++i)
        largest = std::max(largest, section(label, sign * (low + (high - low) * i / 6)));
      int n = 0;
      for (int candidate = 1; candidate * root <= parameters.bone_height + 1e-9; ++candidate) {
        const double z = candidate * root;
        if (z >= low && section(label, sign * z) < .7 * largest)
          break;
        n = candidate;
      }
      const double endplate = side == 0 ? -surfaces.lower_plane().a : surfaces.upper_plane().a;
      if (n * root < endplate + least_bone())
        throw InputError(
            "The " + std::string(side == 0 ? "caudal" : "cranial") + " body of level " + patient.level.name,
            millimetres(std::max(0., n * root - endplate)) + " of full cross section beside its endplate",
            "at least " + millimetres(least_bone()) + " are needed between the endplate and the end of the model",
            "raise 'Mesh/Bone height', lower 'Mesh/Cell size' (the model ends at whole multiples of four cells), "
            "or use an image that shows more of that vertebra");
      if ((n + 1) * root <= parameters.bone_height + 1e-9)
        report.warnings.push_back(
            "The " + std::string(side == 0 ? "caudal" : "cranial") + " body " +
            (nearest_cut[side] < parameters.bone_height
                 ? "is cut off by the image border " + millimetres(nearest_cut[side]) + " from its endplate"
                 : "ends before 'Mesh/Bone height', " + millimetres(parameters.bone_height)) +
            "; the model ends at " + millimetres(n * root) + " from the disc's centre, and that plane is its " +
            (side == 0 ? "support." : "loaded face."));
      (side == 0 ? roots_below : roots_above) = n;
    }
    report.z_bottom = -roots_below * root;
    report.z_top = roots_above * root;
    beside[caudal_body] =
        std::max(report.z_bottom, -root * std::ceil((least_bone() - surfaces.lower_plane().a) / root));
    beside[cranial_body] = std::min(report.z_top, root * std::ceil((least_bone() + surfaces.upper_plane().a) / root));
  }

  void choose_box()
  {
    const double root = unit * (1u << depth);
    double low[2] = {1e30, 1e30}, high[2] = {-1e30, -1e30};
    const auto &size = patient.labels.grid.size;
    for (int k = 0; k < size[2]; ++k)
      for (int j = 0; j < size[1]; ++j)
        for (int i = 0; i < size[0]; ++i) {
          const auto label = patient.labels(i, j, k);
          if (label != patient.level.cranial && label != patient.level.caudal && label != patient.level.disc)
            continue;
          const Point point = index_to_design({double(i), double(j), double(k)});
          if (point[2] < -roots_below * root - voxel_reach || point[2] > roots_above * root + voxel_reach)
            continue;
          for (int d = 0; d < 2; ++d) {
            low[d] = std::min(low[d], point[d] - voxel_reach);
            high[d] = std::max(high[d], point[d] + voxel_reach);
          }
        }
    if (!fixation.capsules().empty()) {
      const auto box = fixation.box();
      for (int d = 0; d < 2; ++d) {
        low[d] = std::min(low[d], box[0][d]);
        high[d] = std::max(high[d], box[1][d]);
      }
      if (box[0][2] <= -roots_below * root || box[1][2] >= roots_above * root)
        throw InputError("'Posterior fixation'", "from z = " + millimetres(box[0][2]) + " to " + millimetres(box[1][2]),
                         "the model ends at " + millimetres(-roots_below * root) + " and " +
                             millimetres(roots_above * root) + ", where it is held and loaded",
                         "raise 'Mesh/Bone height', or move the screws towards the disc");
    }
    for (int d = 0; d < 2; ++d) {
      // The disc centre stays on the lattice, so that the mesh of a symmetric patient is symmetric.
      const double first = std::floor(low[d] / root), last = std::ceil(high[d] / root);
      origin[d] = first * root;
      n_roots[d] = static_cast<int>(last - first);
    }
    origin[2] = -roots_below * root;
    n_roots[2] = roots_below + roots_above;
  }

  unsigned int wanted_level(const OctreeCell &cell) const
  {
    const unsigned int level = sizes->wanted_level(cell);
    if (level <= refinement.halvings)
      return level;
    const double half = .5 * unit * cell.edge();
    if (fixation.distance(corner(cell) + Point{half, half, half}) <= std::sqrt(3.) * half)
      return refinement.halvings;
    // Cage cells are of one size but for marks, those between the smooth envelope and the labelled bone included.
    return is_near_cage(cell) && has_cage(cell, .5 * parameters.cell_size) ? refinement.halvings : level;
  }

  bool has_cage(const OctreeCell &cell, const double width) const
  {
    bool found = false;
    for_each_part(cell, width, [&](const Point &, double, const CagePart part) {
      found = part != CagePart::none;
      return !found;
    });
    return found;
  }

  bool has_material(const OctreeCell &root) const
  {
    return integrator.may_hold_tissue(corner(root), unit * root.edge()) || has_cage(root, voxel) ||
           metal_share(root) > 0;
  }

  /// Of a cell: finer than bone, because metal is so much stiffer.
  double metal_share(const OctreeCell &cell) const
  {
    constexpr int n = 8;
    const double edge = cell.edge(), half = .5 * unit * edge;
    const auto at = [&](const double i, const double j, const double k) {
      return fixation.distance(
          position({cell.corner[0] + edge * i, cell.corner[1] + edge * j, cell.corner[2] + edge * k}));
    };
    if (at(.5, .5, .5) > std::sqrt(3.) * half)
      return 0.;
    int inside = 0;
    for (int k = 0; k < n; ++k)
      for (int j = 0; j < n; ++j)
        for (int i = 0; i < n; ++i)
          inside += at((i + .5) / n, (j + .5) / n, (k + .5) / n) <= 0;
    return double(inside) / (n * n * n);
  }

  /// Region and material of a cell. `displaced`: mineral of each body in its share of the envelope, mg.
  CellData classified(const OctreeCell &cell, std::array<double, 2> &displaced) const
  {
    CellData data;
    data.cell = cell;
    BoneIntegrals rest, inside; // of the image outside the envelope and in it
    const double edge = unit * cell.edge(), volume = edge * edge * edge;
    std::array<double, 7> cage_volume{};
    bool holds_cage = false, holds_rest = true;
    if (is_near_cage(cell)) {
      holds_rest = false;
      for_each_part(cell, .7 * voxel, [&](const Point &, const double part_edge, const CagePart part) {
        (part == CagePart::none ? holds_rest : holds_cage) = true;
        if (part != CagePart::none)
          cage_volume[static_cast<int>(region_of(part))] += part_edge * part_edge * part_edge;
        return true;
      });
    }
    double outside = 0; // volume that is no cage
    if (holds_cage && holds_rest)
      for_each_part(cell, .7 * voxel, [&](const Point &low, const double part_edge, const CagePart part) {
        auto sums = integrator.over_cube(low, part_edge);
        const Point middle = low + Point{.5 * part_edge, .5 * part_edge, .5 * part_edge};
        if (part != CagePart::none && cage.part_at(middle) != CagePart::none)
          inside += sums;
        else if (part == CagePart::none && !is_body(nearest(patient.labels, design_to_index(middle)))) {
          rest += sums;
          outside += std::pow(part_edge, 3);
        } else { // where labelled bone faces the envelope there is nothing between them
          sums.disc = 0;
          rest += sums;
          outside += sums.bone[caudal_body] + sums.bone[cranial_body];
        }
        return true;
      });
    else {
      (holds_cage ? inside : rest) = integrator.over_cube(corner(cell), edge);
      outside = holds_cage ? 0. : volume;
    }
    data.mineral = rest.mineral;
    displaced = inside.mineral;

    const double in_cage = cage_volume[4] + cage_volume[5] + cage_volume[6];
    const double bone = rest.bone[caudal_body] + rest.bone[cranial_body];
    const double disc_volume = parameters.disc_remnant ? rest.disc : 0.;
    data.bone_fraction = static_cast<float>(bone / volume);
    data.bmd = bone > 0 ? static_cast<float>(1e3 * (rest.mineral[caudal_body] + rest.mineral[cranial_body]) / bone)
                        : std::numeric_limits<float>::quiet_NaN();
    if (2 * in_cage > volume) {
      data.region = static_cast<Region>(std::max_element(cage_volume.begin(), cage_volume.end()) - cage_volume.begin());
      // Before surgery there is what the image shows, also where the cage will be.
      const double whole_bone = std::min(volume, bone + inside.bone[caudal_body] + inside.bone[cranial_body]);
      data.intact.add((rest.modulus + inside.modulus) / volume, bone_unit).add(1. - whole_bone / volume, disc);
      return data;
    }
    // What lies outside the cage's share of the cell is taken for the whole cell; empty space counts as zero.
    const double metal = outside > 0 ? std::min(1., metal_share(cell) * volume / outside) : 0.;
    const bool has_tissue = bone + disc_volume > 0 && bone + disc_volume >= parameters.minimum_fraction * outside;
    data.is_kept = has_tissue || metal >= least_metal_share;
    data.region = bone < disc_volume                                  ? Region::disc
                  : rest.bone[cranial_body] >= rest.bone[caudal_body] ? Region::cranial_bone
                                                                      : Region::caudal_bone;
    if (!data.is_kept)
      return data;
    data.metal_share = static_cast<float>(metal);
    if (has_tissue)
      data.intact.add(rest.modulus / outside, bone_unit).add(disc_volume / outside, disc);
    else
      data.intact.add(emptiness / parameters.disc_youngs_modulus, disc);
    if (!has_tissue || metal > .5)
      data.region = Region::fixation;
    return data;
  }

  bool is_body(const std::uint16_t label) const
  {
    return label == patient.level.cranial || label == patient.level.caudal;
  }

  static Region region_of(const CagePart part)
  {
    return part == CagePart::design ? Region::design : part == CagePart::frame ? Region::frame : Region::window;
  }

  void classify(const std::vector<OctreeCell> &leaves)
  {
    for (const auto &leaf : leaves) {
      // Parts of a cell are what the whole is: the envelope is the same however finely the design is meshed.
      const auto whole = OctreeCell::containing(leaf.corner, std::max<unsigned int>(leaf.level, refinement.halvings));
      std::array<double, 2> displaced{};
      auto data = classified(whole, displaced);
      data.cell = leaf;
      const double share = std::pow(.5, 3. * (whole.level - leaf.level));
      for (int body = 0; body < 2; ++body) {
        data.mineral[body] *= share;
        displaced[body] *= share;
      }
      book(leaf, displaced, &MineralBalance::cage);
      if (data.is_kept && is_cage(data.region))
        book(leaf, data.mineral, &MineralBalance::cage);
      if (data.is_kept)
        cells.push_back(data);
      else
        book(leaf, data.mineral, &MineralBalance::left_out);
    }
  }

  bool is_beside_disc(const OctreeCell &cell) const
  {
    const double middle = corner(cell)[2] + .5 * unit * cell.edge();
    return middle > beside[caudal_body] && middle < beside[cranial_body];
  }

  void book(const OctreeCell &cell, const std::array<double, 2> &mineral, double MineralBalance::*entry)
  {
    for (int body = 0; body < 2; ++body) {
      balance[0][body].*entry += mineral[body];
      if (is_beside_disc(cell))
        balance[1][body].*entry += mineral[body];
    }
  }

  std::vector<OctreeCell> kept_cells() const
  {
    std::vector<OctreeCell> result;
    result.reserve(cells.size());
    for (const auto &data : cells)
      result.push_back(data.cell);
    return result;
  }

  void drop_cells(const std::vector<std::uint8_t> &keep)
  {
    std::size_t n = 0;
    for (std::size_t i = 0; i < cells.size(); ++i)
      if (keep[i])
        cells[n++] = cells[i];
      else if (!is_cage(cells[i].region))
        book(cells[i].cell, cells[i].mineral, &MineralBalance::left_out);
    cells.resize(n);
  }

  /// Cells that the support holds without a mechanism: three nodes that are held hold a cell, and a cell holds its
  /// nodes. One that hangs on an edge or a corner could turn freely, and the stiffness would be singular.
  std::vector<std::uint8_t> cells_tied_to_support(const OctreeMesh &mesh) const
  {
    const std::uint32_t first_hanging = mesh.first_hanging_node();
    std::vector<float> held(mesh.n_local_nodes(), 0.f);
    for (std::uint32_t node = 0; node < first_hanging; ++node)
      held[node] = mesh.position(node)[2] == 0 ? 1.f : 0.f;
    std::vector<std::uint8_t> reached(mesh.n_cells(), 0);
    for (bool changed = true; changed;) {
      int n_new = 0;
      for (int sweep = 0; sweep < 4; ++sweep) {
        for (std::size_t h = 0; h < mesh.hanging_nodes().size(); ++h) {
          // A hanging node is the mean of its masters: all of them hold it, and it holds the last free one.
          const auto &entry = mesh.hanging_nodes()[h];
          unsigned int n_free = 0;
          std::uint32_t free_master = 0;
          for (unsigned int m = 0; m < entry.n_masters; ++m)
            if (held[entry.masters[m]] == 0) {
              ++n_free;
              free_master = entry.masters[m];
            }
          if (n_free == 0)
            held[first_hanging + h] = 1.f;
          else if (n_free == 1 && held[first_hanging + h] > 0) {
            held[free_master] = 1.f;
            ++n_new;
          }
        }
        for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
          if (reached[cell])
            continue;
          const auto &nodes = mesh.nodes_of(cell);
          if (std::count_if(nodes.begin(), nodes.end(), [&](const auto node) { return held[node] > 0; }) >= 3) {
            reached[cell] = 1;
            ++n_new;
            for (const auto node : nodes)
              held[node] = 1.f;
          }
        }
      }
      mesh.halo().add_ghosts_to_owners(held.data(), 1);
      for (std::uint32_t node = 0; node < mesh.n_owned_nodes(); ++node)
        held[node] = std::min(1.f, held[node]);
      mesh.halo().update_ghosts(held.data(), 1);
      MPI_Allreduce(MPI_IN_PLACE, &n_new, 1, MPI_INT, MPI_SUM, comm);
      changed = n_new > 0;
    }
    return reached;
  }

  DesignDomain finish(OctreeMesh mesh, MeshReport &report)
  {
    const std::uint32_t n = mesh.n_cells();
    DesignDomain domain(std::move(mesh));
    domain.unit = unit;
    domain.origin = origin;
    const auto &given = cage.parameters();
    domain.disc = disc;
    domain.graft = CubicStiffness::isotropic(given.graft_youngs_modulus, given.graft_poissons_ratio);
    domain.frame = CubicStiffness::isotropic(given.frame_youngs_modulus, given.frame_poissons_ratio);
    domain.region.resize(n);
    domain.intact.resize(n);
    domain.bmd.resize(n);
    domain.bone_fraction.resize(n);
    domain.fixation = fixation.metal();
    domain.metal_share.resize(fixation.capsules().empty() ? 0 : n);
    domain.cage_distance.resize(n);
    std::vector<std::uint32_t> loaded;
    const int top = n_lattice[2];
    for (std::uint32_t i = 0; i < n; ++i) {
      const auto &data = cells[i];
      domain.region[i] = data.region;
      domain.intact[i] = data.intact;
      domain.bmd[i] = data.bmd;
      domain.bone_fraction[i] = data.bone_fraction;
      if (!domain.metal_share.empty())
        domain.metal_share[i] = data.metal_share;
      domain.cage_distance[i] = sizes->centre_distance(data.cell);
      if (data.cell.corner[2] + data.cell.edge() == top && is_bone(data.region))
        loaded.push_back(i);
    }
    domain.fixed.assign(domain.mesh.n_local_nodes(), 0);
    std::uint64_t n_fixed = 0;
    for (std::uint32_t node = 0; node < domain.mesh.n_local_nodes(); ++node)
      if (domain.mesh.position(node)[2] == 0) {
        domain.fixed[node] = 7;
        n_fixed += node < domain.mesh.n_owned_nodes();
      }
    MPI_Allreduce(MPI_IN_PLACE, &n_fixed, 1, MPI_UINT64_T, MPI_SUM, comm);
    if (n_fixed < 4)
      throw InputError("The support", std::to_string(n_fixed) + " nodes",
                       "the caudal body has no face on the lower plane of the model, so nothing is held",
                       "check 'Mesh/Bone height' and the labels of the caudal body");
    domain.loads = unit_wrench_loads(domain.mesh, domain.unit, domain.origin, loaded, {0, 0, 0});
    fill_report(domain, report);
    return domain;
  }

  void fill_report(const DesignDomain &domain, MeshReport &report)
  {
    report.n_cells = domain.mesh.n_global_cells();
    report.n_unknowns = domain.n_unknowns();
    for (std::uint32_t i = 0; i < domain.mesh.n_cells(); ++i) {
      const int region = static_cast<int>(domain.region[i]);
      ++report.cells_by_region[region];
      report.volume_by_region[region] += domain.volume(i);
      report.bone_volume += domain.bone_fraction[i] * domain.volume(i);
      report.metal_volume += domain.metal_share.empty() ? 0. : domain.metal_share[i] * domain.volume(i);
    }
    MPI_Allreduce(MPI_IN_PLACE, report.cells_by_region.data(), n_regions, MPI_UINT64_T, MPI_SUM, comm);
    MPI_Allreduce(MPI_IN_PLACE, report.volume_by_region.data(), n_regions, MPI_DOUBLE, MPI_SUM, comm);
    MPI_Allreduce(MPI_IN_PLACE, &report.bone_volume, 1, MPI_DOUBLE, MPI_SUM, comm);
    MPI_Allreduce(MPI_IN_PLACE, &report.metal_volume, 1, MPI_DOUBLE, MPI_SUM, comm);
    for (const auto &data : cells) {
      if (is_cage(data.region))
        continue;
      // What the domain's arrays say.
      const double volume = std::pow(unit * data.cell.edge(), 3);
      const double all = data.mineral[caudal_body] + data.mineral[cranial_body];
      std::array<double, 2> held = data.mineral;
      if (all != 0)
        for (double &mineral : held)
          mineral *= 1e-3 * double(data.bmd) * data.bone_fraction * volume / all;
      book(data.cell, held, &MineralBalance::cells);
    }
    report.mineral = balance[0];
    report.mineral_beside_disc = balance[1];
    for (auto *of_part : {&report.mineral, &report.mineral_beside_disc}) {
      const bool is_whole = of_part == &report.mineral;
      const auto image = is_whole ? integrator.between(report.z_bottom, report.z_top)
                                  : integrator.between(beside[caudal_body], beside[cranial_body]);
      for (int body = 0; body < 2; ++body) {
        auto &b = (*of_part)[body];
        double sums[3] = {b.cells, b.cage, b.left_out};
        MPI_Allreduce(MPI_IN_PLACE, sums, 3, MPI_DOUBLE, MPI_SUM, comm);
        b = {image.mineral[body], sums[0], sums[1], sums[2]};
      }
      if (is_whole)
        report.label_volume = image.bone[caudal_body] + image.bone[cranial_body];
    }
  }

  const Patient &patient;
  const EndplateSurfaces &surfaces;
  const Cage &cage;
  const Fixation &fixation;
  const MeshParameters &parameters;
  const Refinement &refinement;
  MPI_Comm comm;
  unsigned int depth;
  double unit; // mm
  Affine design_to_index, index_to_design;
  BoneIntegrator integrator;
  CubicStiffness disc;
  inputs::CellStiffness bone_unit;                      // per unit of Young's modulus along z
  double voxel = 1, largest_voxel = 1, voxel_reach = 1; // mm: shortest and longest edge; centre to the farthest corner
  Point origin{{0, 0, 0}};
  int roots_below = 0, roots_above = 0;
  double nearest_cut[2] = {1e30, 1e30}; // caudal, cranial: image border to endplate, mm
  std::array<int, 3> n_roots{{0, 0, 0}}, n_lattice{{0, 0, 0}};
  std::unique_ptr<CellSizes> sizes;
  std::vector<CellData> cells;
  std::array<double, 2> beside{};                         // planes that bound the layers beside the disc, mm
  std::array<std::array<MineralBalance, 2>, 2> balance{}; // of this rank: all, and those layers
};

} // namespace

CagePart cage_part_at(const Patient &patient, const Cage &cage, const Affine &design_to_index, const Point &point)
{
  const auto part = cage.part_at(point);
  if (part != CagePart::none)
    return part;
  const double largest_gap = 2. * patient.resolution();
  const auto beside = cage.part_at(point, largest_gap);
  if (beside == CagePart::none)
    return beside;
  // No bone may lie here, nor on the way to the envelope: beyond it would be the outside of the body's wall.
  constexpr double step = .2; // mm, finer than any cell
  for (const double direction : {-1., 1.})
    for (double distance = 0; distance <= largest_gap + step; distance += step) {
      const Point on_the_way = {point[0], point[1], point[2] + direction * distance};
      if (cage.part_at(on_the_way) != CagePart::none)
        return beside;
      const auto label = nearest(patient.labels, design_to_index(on_the_way));
      if (label == patient.level.cranial || label == patient.level.caudal)
        break;
    }
  return CagePart::none;
}

DesignDomain mesh_segment(const Patient &patient, const DesignFrame &frame, const EndplateSurfaces &surfaces,
                          const Cage &cage, const Fixation &fixation, const MeshParameters &parameters,
                          const Refinement &refinement, MPI_Comm comm, MeshReport &report)
{
  parameters.check();
  return SegmentMesher(patient, frame, surfaces, cage, fixation, parameters, refinement, comm).build(report);
}

} // namespace cageopt::meshing
