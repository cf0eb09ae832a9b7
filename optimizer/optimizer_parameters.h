#pragma once

#include <memory>
#include <string>

#include <optimizer/design_problem.h>
#include <optimizer/mma_parameters.h>

namespace cageopt::optimizer {

/// The subsection "Optimizer" of a case.
struct OptimizerParameters : public MmaParameters
{
  std::string method = "mma"; ///< mma, gcmma, oc or rol

  void declare(dealii::ParameterHandler &prm);
  /// Throws InputError also where an entry is set that the method does not use.
  void check() const;
};

/// The method that the parameters name.
std::unique_ptr<Optimizer> make_optimizer(const OptimizerParameters &parameters);

} // namespace cageopt::optimizer
