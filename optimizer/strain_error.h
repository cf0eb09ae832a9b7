#pragma once

#include <vector>

#include <meshing/refinement.h>
#include <optimizer/segment_analysis.h>
#include <optimizer/strain_mismatch.h>

namespace cageopt::optimizer {

/// What each cell outside the cage adds to the error of a strain mismatch by its size, at the present design,
/// [n_cells], dimensionless as the mismatch. With displacements u and adjoints z of the columns k, the error of a
/// functional is
///   J(u) - J(u_h) ~ sum_k a(z_k - z_h,k, u_k - u_h,k)
/// (Becker & Rannacher 2001, Acta Numerica 10:1), and the true strains are replaced by recovered ones: of each node the
/// mean over the cells of its kind around it, weighted by volume (Zienkiewicz & Zhu 1987, Int J Numer Meth Eng 24:337).
/// Bone and disc are recovered by themselves, because strain jumps between them. An indicator of where the error comes
/// from, not a bound; the reference's own error is not in it. Collective.
std::vector<double> strain_error_by_cell(SegmentAnalysis &analysis, StrainMismatch &mismatch, const DesignState &state);

/// Marks of the cells with the largest errors in magnitude that together hold `share` of the sum over all cells of bone
/// and disc which are wider than `smallest`, mm. Collective; the same on all ranks.
std::vector<meshing::Refinement::Mark> marks_of_errors(const meshing::DesignDomain &domain,
                                                       const std::vector<double> &error, double share, double smallest);

} // namespace cageopt::optimizer
