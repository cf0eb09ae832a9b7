#pragma once

#include <cstdint>
#include <vector>

#include <meshing/design_domain.h>
#include <optimizer/design_problem.h>

namespace cageopt::optimizer {

/// Makes a field symmetric about the sagittal plane x = 0 of the design frame: each design cell and its mirror image
/// get their mean. A cell whose image is no design cell keeps its value. A symmetric matrix, so apply() is its own
/// transpose.
class SagittalSymmetry
{
public:
  /// `cells`: the owned design cells. Throws InputError when x = 0 is no plane of the mesh. Collective.
  SagittalSymmetry(const meshing::DesignDomain &domain, const std::vector<std::uint32_t> &cells);

  /// [n owned design cells]. Collective.
  DesignVector apply(const DesignVector &field) const;

private:
  struct Image
  {
    std::int32_t rank = -1; ///< -1: none
    std::uint32_t index = 0;
  };
  MPI_Comm comm;
  std::vector<Image> images; ///< [n owned design cells]
};

} // namespace cageopt::optimizer
