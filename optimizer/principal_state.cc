#include <optimizer/principal_state.h>

#include <deal.II/base/symmetric_tensor.h>

namespace cageopt::optimizer {

std::array<PrincipalState, 3> principal_states(const std::array<double, 6> &t)
{
  dealii::SymmetricTensor<2, 3> tensor;
  tensor[0][0] = t[0], tensor[1][1] = t[1], tensor[2][2] = t[2];
  tensor[0][1] = t[3], tensor[1][2] = t[4], tensor[0][2] = t[5];
  const auto pairs = dealii::eigenvectors(tensor, dealii::SymmetricTensorEigenvectorMethod::jacobi);
  std::array<PrincipalState, 3> result;
  for (unsigned int k = 0; k < 3; ++k) {
    const auto &n = pairs[k].second;
    result[k] = {pairs[k].first,
                 {{n[0] * n[0], n[1] * n[1], n[2] * n[2], 2. * n[0] * n[1], 2. * n[1] * n[2], 2. * n[0] * n[2]}}};
  }
  return result;
}

} // namespace cageopt::optimizer
