#include <meshing/refinement.h>

#include <inputs/collective.h>

namespace cageopt::meshing {

std::vector<Refinement::Mark> gathered(MPI_Comm comm, const std::vector<Refinement::Mark> &own)
{
  std::vector<double> numbers;
  for (const auto &mark : own) {
    numbers.insert(numbers.end(), mark.corner.begin(), mark.corner.end());
    numbers.push_back(mark.edge);
  }
  const auto all = inputs::gathered(comm, numbers);
  std::vector<Refinement::Mark> marks;
  for (std::size_t i = 0; i < all.size(); i += 4)
    marks.push_back({{all[i], all[i + 1], all[i + 2]}, all[i + 3]});
  return marks;
}

} // namespace cageopt::meshing
