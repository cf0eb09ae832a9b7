// The entries of the optimisers: read, passed on, and refused where the method does not use them.
#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <optimizer/gcmma.h>
#include <optimizer/optimality_criteria.h>
#include <optimizer/optimizer_parameters.h>
#include <optimizer/rol_optimizer.h>

namespace cageopt::optimizer {
namespace {

OptimizerParameters read(const std::string &entries)
{
  dealii::ParameterHandler prm;
  OptimizerParameters parameters;
  parameters.declare(prm);
  prm.parse_input_from_string("subsection Optimizer\n" + entries + "\nend\n");
  return parameters;
}

TEST(OptimizerParameters, EachMethodIsMade)
{
  const auto is = [](const std::string &name, const auto *type) {
    const auto made = make_optimizer(read("set Method = " + name));
    return dynamic_cast<decltype(type)>(made.get()) != nullptr;
  };
  EXPECT_TRUE(is("mma", static_cast<const Mma *>(nullptr)));
  EXPECT_FALSE(is("mma", static_cast<const Gcmma *>(nullptr)));
  EXPECT_TRUE(is("gcmma", static_cast<const Gcmma *>(nullptr)));
  EXPECT_TRUE(is("oc", static_cast<const OptimalityCriteria *>(nullptr)));
  EXPECT_TRUE(is("rol", static_cast<const RolOptimizer *>(nullptr)));
  EXPECT_EQ(read("set Maximum iterations = 7").maximum_iterations, 7u);
  EXPECT_EQ(read("").method, "mma");
}

TEST(OptimizerParameters, EntriesThatAMethodDoesNotUseAreRefused)
{
  for (const std::string entry :
       {"Asymptote start = 0.3", "Asymptote increase = 1.1", "Asymptote decrease = 0.6", "Asymptote minimum = 1e-3",
        "Constraint penalty = 10", "Quadratic constraint penalty = 2", "Move limit = 0.1"}) {
    for (const std::string method : {"mma", "gcmma", "oc", "rol"}) {
      const auto parameters = read("set Method = " + method + "\nset " + entry);
      const bool is_used = method == "mma" || method == "gcmma" || (method == "oc" && entry.rfind("Move", 0) == 0);
      if (is_used)
        EXPECT_NO_THROW(parameters.check()) << method << ", " << entry;
      else
        EXPECT_THROW(parameters.check(), inputs::InputError) << method << ", " << entry;
    }
  }
  try {
    read("set Method = oc\nset Asymptote start = 0.3").check();
  } catch (const inputs::InputError &error) {
    EXPECT_STREQ(error.what(), "'Optimizer/Asymptote start' is 0.3: 'Optimizer/Method = oc' does not use it. Way out: "
                               "leave it out (its default is 0.2) or use another method.");
  }
}

} // namespace
} // namespace cageopt::optimizer
