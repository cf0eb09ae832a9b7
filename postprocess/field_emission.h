#pragma once

#include <string>
#include <utility>
#include <vector>

#include <meshing/design_domain.h>
#include <postprocess/output_folder.h>

namespace cageopt::postprocess {

/// Writes a field of the cage, such as `name` = density, on the lattice of the smallest design cells: design region as
/// optimised, frame 1, window and outside 0 (NIfTI) or NaN (VTI):
///   field/<name>_patient.nii.gz   RAS, the design lattice with its oblique affine, not resampled
///   field/<name>_patient.vti      RAS, the same lattice with its direction matrix
///   field/<name>_design.vti       design frame
/// `notes` (law, cell, units, ...) travel in the VTI files. Collective.
void emit_field(const std::string &name, const meshing::DesignDomain &domain, const inputs::Affine &design_to_world,
                const std::vector<std::uint32_t> &design_cells, const std::vector<double> &values,
                const std::vector<std::pair<std::string, std::string>> &notes, const OutputFolder &folder);

} // namespace cageopt::postprocess
