#include <optimizer/lattice_law.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

/// A law file, and the law made of it over its densities.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  const std::string text(reinterpret_cast<const char *>(data), size);
  tests::may_refuse([&] {
    const auto table = optimizer::LatticeTable::parse(text, "'law.json'");
    optimizer::LawParameters parameters;
    parameters.minimum_density = table.density.front();
    parameters.maximum_density = table.density.back();
    const optimizer::LatticeLaw law(table, parameters);
    for (const double rho : {law.lower_density(), .5 * (law.lower_density() + law.upper_density()), 1.})
      if (!law.stiffness(rho).is_positive_definite())
        std::abort();
  });
  return 0;
}
