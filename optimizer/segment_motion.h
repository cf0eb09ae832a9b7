#pragma once

#include <array>
#include <vector>

#include <inputs/load_case.h>
#include <optimizer/segment_analysis.h>

namespace cageopt::optimizer {

using Wrench = std::array<double, 6>; ///< F [N], M [N mm] about the disc centre

/// Motion of the loaded cranial face as a rigid body, per column of `u`: result[i][k], i = 0..2 translation at the disc
/// centre, mm, i = 3..5 rotation, radian. It is the least-squares fit over the face: the unit wrenches are tractions
/// t_i = sum_j (G^-1)_ij R_j, G the Gram matrix of the rigid motions R_j, so that int t_i . u is the fit's coefficient.
/// For the displacements of the unit wrenches this is the segment's compliance matrix (mm/N, 1/N, 1/(N mm)), symmetric.
/// Refreshes ghost and hanging entries of `u`. Collective.
LoadMatrix face_motion(const meshing::DesignDomain &domain, solver::BlockVector<double> &u);

/// The motion under a combination of the columns.
Wrench times(const LoadMatrix &matrix, const Wrench &columns);
/// Of a symmetric positive definite matrix; throws std::domain_error if it is none.
LoadMatrix inverse(const LoadMatrix &matrix);
/// Magnitude of the rotation of a motion, degrees.
double rotation_degrees(const Wrench &motion);

/// A force of 1 N from one point to another (design frame, mm) on the line through both: F = d, M = from x d.
Wrench unit_force(const inputs::Point &from, const inputs::Point &to);
/// The force of 1 N along -z where a segment of this compliance turns about neither x nor y under it:
///   F = -e_z, M = p x F with p = (x, y, 0) from  C_rr M = -C_rf F  in the rows x and y.
/// Throws std::domain_error for a compliance that is not positive definite in bending.
Wrench least_rotation_force(const LoadMatrix &compliance);

/// Sends the follower load of each case along `unit`, in place of -z through the disc centre.
void direct_follower_loads(std::vector<inputs::LoadCase> &cases, const Wrench &unit);

} // namespace cageopt::optimizer
