#include <main/cell_places.h>

#include <cmath>

namespace cageopt {

void CellPlaces::add(const std::array<int, 3> &first, const int width, const std::size_t number)
{
  for (int k = 0; k < width; ++k)
    for (int j = 0; j < width; ++j)
      for (int i = 0; i < width; ++i)
        numbers[{first[0] + i, first[1] + j, first[2] + k}] = number;
}

std::size_t CellPlaces::nearest(const inputs::Point &point) const
{
  Index home;
  for (unsigned int d = 0; d < 3; ++d)
    home[d] = int(std::floor((point[d] - origin[d]) / unit));
  auto found = numbers.find(home);
  for (int reach = 1; found == numbers.end(); ++reach) {
    double least = 1e30;
    for (int dz = -reach; dz <= reach; ++dz)
      for (int dy = -reach; dy <= reach; ++dy)
        for (int dx = -reach; dx <= reach; ++dx) {
          const auto other = numbers.find({home[0] + dx, home[1] + dy, home[2] + dz});
          if (other == numbers.end())
            continue;
          double distance = 0;
          for (unsigned int d = 0; d < 3; ++d)
            distance += std::pow(origin[d] + unit * (other->first[d] + .5) - point[d], 2);
          if (distance < least) {
            least = distance;
            found = other;
          }
        }
  }
  return found->second;
}

} // namespace cageopt
