#pragma once

#include <main/study.h>

namespace cageopt {

/// Effective modulus [MPa] of the same stiffness field on cells of half the size, the envelope resolved anew: how much
/// of it is the mesh. Collective.
double refined_effective_modulus(Study &study, const optimizer::DesignState &state);

} // namespace cageopt
