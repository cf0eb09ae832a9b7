#pragma once

#include <iosfwd>
#include <optional>

#include <main/cell_values.h>
#include <main/study.h>

namespace cageopt {

/// A uniform cage of PEEK in place of the titanium: 3600 MPa, Poisson's ratio 0.36, frame included.
postprocess::DesignFigures peek_figures(const CaseEntries &given, MPI_Comm comm, std::ostream &out);

/// The same designs [states] with the other interface: contact if the case is bonded, and bonded if it is in contact,
/// so that each subsidence figure is known for both bounds. Collective.
std::vector<postprocess::DesignFigures> other_interface_figures(const CaseEntries &given, MPI_Comm comm,
                                                                const std::vector<optimizer::DesignState> &states);

/// The same designs on a mesh of cells half as wide. Collective.
std::vector<postprocess::DesignFigures> finer_mesh_figures(const CaseEntries &given, MPI_Comm comm,
                                                           const std::vector<StateValues> &states);

/// What the envelope could do with any modulus from 1 MPa to the solid's in each of its cells, frame and window
/// included: the same objective, constraints and loads, optimised without a filter. Constraints that need a lattice are
/// left out, and for such an objective there is no bound. Says how it ended. Collective.
std::optional<postprocess::DesignFigures> bound_figures(const CaseEntries &given, MPI_Comm comm, std::ostream &out);

} // namespace cageopt
