#pragma once

#include <string>
#include <vector>

#include <inputs/load_case.h>

namespace cageopt::inputs {

/// Load cases of the library under the name by which a case file asks for them. The marks of the citations: A read in
/// the primary paper, B in a secondary source, C not checked against the source, R reference calculation.
struct LoadSet
{
  std::string name;
  std::vector<LoadCase> cases; ///< for `reference_mass`, if that is set; weights as published, or equal
  double reference_mass = 0;  ///< kg, of whom the forces are; 0: they do not depend on a body's weight, or none is told
  bool is_share = false;      ///< published as shares of body weight, so that one must be stated
  bool is_bench_test = false; ///< of ASTM F2077 or F2267: no part of it is a follower load
};

/// All sets, the default first. A set of daily activities is followed by each of its activities alone.
///
/// Forces from intradiscal pressure and from musculoskeletal models are those of a whole segment, telemetry is that of
/// an instrumented vertebral body replacement, which carries a part only (facets and screws take the rest): no set
/// turns one into the other.
const std::vector<LoadSet> &load_library();

/// A line per load case: set, force [N], moment [Nm], weight, citation; shares of body weight for 70 kg.
std::string describe_load_library();

} // namespace cageopt::inputs
