#include <inputs/vertebra_split.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace cageopt::inputs {

namespace {

constexpr double half_slab = 3.;             // mm on either side of the mid-sagittal plane
constexpr double pedicles_and_laminae = 20.; // mm from that plane; beyond, transverse processes differ in length
constexpr double smallest_piece = 50.;       // mm^2 behind the canal
constexpr double deep = 0.7;                 // of the greatest depth of the body's section

/// The section of one label through the mid-sagittal plane of a frame, and its pieces.
class MidSection
{
public:
  MidSection(const Image<std::uint16_t> &labels, const std::uint16_t label, const Affine &frame_to_world,
             const std::array<Point, 2> &box)
  {
    const Point spacing = labels.grid.spacing();
    step = std::min({spacing[0], spacing[1], spacing[2]});
    y_begin = box[0][1] - step;
    z_begin = box[0][2] - step;
    n_y = static_cast<int>((box[1][1] - box[0][1]) / step) + 4;
    n_z = static_cast<int>((box[1][2] - box[0][2]) / step) + 4;
    piece.assign(std::size_t(n_y) * n_z, outside);
    const Affine frame_to_index = labels.grid.index_to_world.inverse() * frame_to_world;
    constexpr int n_x = 7;
    for (int k = 0; k < n_z; ++k)
      for (int j = 0; j < n_y; ++j) {
        int n_inside = 0;
        for (int i = 0; i < n_x; ++i) {
          const double x = half_slab * (2. * i / (n_x - 1) - 1.);
          n_inside += nearest(labels, frame_to_index({x, y_begin + j * step, z_begin + k * step})) == label;
        }
        if (2 * n_inside > n_x)
          piece[j + std::size_t(n_y) * k] = unseen;
      }
    find_pieces();
  }

  /// Whether there is something behind the canal.
  bool is_divided() const { return area_behind >= smallest_piece; }

  /// y of the posterior wall at a height.
  double wall(const double z) const
  {
    const int k = std::clamp(static_cast<int>(std::lround((z - z_begin) / step)), lowest, highest);
    return wall_of[k];
  }

private:
  static constexpr int outside = -1, unseen = -2;

  struct Piece
  {
    int n = 0;
    double sum_y = 0;
  };

  void find_pieces()
  {
    std::vector<Piece> pieces;
    std::vector<int> part;
    for (std::size_t seed = 0; seed < piece.size(); ++seed) {
      if (piece[seed] != unseen)
        continue;
      const int number = static_cast<int>(pieces.size());
      pieces.emplace_back();
      part.assign(1, static_cast<int>(seed));
      piece[seed] = number;
      for (std::size_t next = 0; next < part.size(); ++next) {
        const int j = part[next] % n_y, k = part[next] / n_y;
        ++pieces[number].n;
        pieces[number].sum_y += j;
        const std::array<int, 2> neighbours[] = {{j - 1, k}, {j + 1, k}, {j, k - 1}, {j, k + 1}};
        for (const auto &[y, z] : neighbours) {
          const int to = y + n_y * z;
          if (y >= 0 && y < n_y && z >= 0 && z < n_z && piece[to] == unseen) {
            piece[to] = number;
            part.push_back(to);
          }
        }
      }
    }
    find_wall(pieces);
  }

  void find_wall(const std::vector<Piece> &pieces)
  {
    int largest = 0, body = -1;
    for (const Piece &candidate : pieces)
      largest = std::max(largest, candidate.n);
    for (int number = 0; number < static_cast<int>(pieces.size()); ++number)
      if (5 * pieces[number].n > largest &&
          (body < 0 || pieces[number].sum_y / pieces[number].n > pieces[body].sum_y / pieces[body].n))
        body = number;
    if (body < 0)
      return;
    const double middle = pieces[body].sum_y / pieces[body].n;
    for (const Piece &other : pieces)
      if (other.sum_y / other.n < middle)
        area_behind += other.n * step * step;

    std::vector<int> depth(n_z, 0), last(n_z, 0);
    for (int k = 0; k < n_z; ++k)
      for (int j = n_y - 1; j >= 0; --j)
        if (piece[j + std::size_t(n_y) * k] == body) {
          ++depth[k];
          last[k] = j;
        }
    const double least = deep * *std::max_element(depth.begin(), depth.end());
    wall_of.assign(n_z, 0.);
    for (int k = 0; k < n_z; ++k)
      if (depth[k] >= least) {
        lowest = lowest < 0 ? k : lowest;
        highest = k;
      }
    for (int k = lowest, deep_slice = lowest; k <= highest; ++k) {
      deep_slice = depth[k] >= least ? k : deep_slice;
      wall_of[k] = y_begin + (last[deep_slice] - .5) * step;
    }
  }

  double step = 1, y_begin = 0, z_begin = 0; // mm
  int n_y = 0, n_z = 0;
  std::vector<int> piece;
  double area_behind = 0; // mm^2
  int lowest = -1, highest = -1;
  std::vector<double> wall_of;
};

} // namespace

std::size_t split_posterior_elements(Image<std::uint16_t> &labels, const std::uint16_t vertebra,
                                     const std::uint16_t posterior, const Point &cranial)
{
  std::vector<std::size_t> voxels;
  std::vector<Point> places;
  Point centre{{0, 0, 0}};
  std::size_t voxel = 0;
  for (int k = 0; k < labels.grid.size[2]; ++k)
    for (int j = 0; j < labels.grid.size[1]; ++j)
      for (int i = 0; i < labels.grid.size[0]; ++i, ++voxel)
        if (labels.values[voxel] == vertebra) {
          voxels.push_back(voxel);
          places.push_back(labels.grid.index_to_world({double(i), double(j), double(k)}));
          centre = centre + places.back();
        }
  centre = (1. / std::max<std::size_t>(voxels.size(), 1)) * centre;

  std::vector<std::size_t> behind;
  Point anterior{{0, 1, 0}};
  for (int pass = 0; pass < 3; ++pass) {
    const Affine frame_to_world = frame_at(centre, cranial, anterior), world_to_frame = frame_to_world.inverse();
    std::array<Point, 2> box{{{1e30, 1e30, 1e30}, {-1e30, -1e30, -1e30}}};
    for (const Point &place : places) {
      const Point local = world_to_frame(place);
      for (int axis = 0; axis < 3; ++axis) {
        box[0][axis] = std::min(box[0][axis], local[axis]);
        box[1][axis] = std::max(box[1][axis], local[axis]);
      }
    }
    const MidSection section(labels, vertebra, frame_to_world, box);
    behind.clear();
    if (!section.is_divided())
      return 0;
    Point sums[2] = {{{0, 0, 0}}, {{0, 0, 0}}};
    double n[2] = {0, 0};
    for (std::size_t number = 0; number < voxels.size(); ++number) {
      const Point local = world_to_frame(places[number]);
      const int side = local[1] < section.wall(local[2]);
      if (side == 1)
        behind.push_back(voxels[number]);
      if (std::abs(local[0]) <= pedicles_and_laminae) {
        sums[side] = sums[side] + places[number];
        n[side] += 1;
      }
    }
    if (n[0] == 0 || n[1] == 0)
      return 0;
    anterior = (1. / n[0]) * sums[0] - (1. / n[1]) * sums[1];
  }
  for (const std::size_t number : behind)
    labels.values[number] = posterior;
  return behind.size();
}

} // namespace cageopt::inputs
