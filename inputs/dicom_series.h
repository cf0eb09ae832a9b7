#pragma once

#include <string>
#include <vector>

#include <inputs/image.h>

namespace cageopt::inputs {

struct DicomSeries
{
  Image<float> image;
  std::vector<std::string> notes; ///< for the user: what was corrected, contrast medium
};

/// Reads the CT series in the folder at `path` (not in folders below it) as one image in HU, or as what its slices'
/// rescale slope and intercept make of them (DICOM PS3.3 C.7.6.2, C.8.2.1). Files that are no DICOM are passed over.
/// `series`: the series number or the series instance UID, needed only where several series share the folder.
///
/// Slices are sorted by position along their common normal; file names and instance numbers do not count. A stack
/// sheared by a tilted gantry is resampled (straight_stack()). Of each file only what describes the series, the lattice
/// and contrast medium is looked at, and no text that may name a person is kept. Rank-local: call inside on_root().
/// Throws InputError for: no DICOM file; several series and no choice, or no series of that name; a modality other than
/// CT; frames of one file, colours; fewer than two slices; slices that differ in size, pixel spacing or direction; two
/// at one place; a missing slice; mixed distances; a shear beyond any gantry's tilt; a slice whose pixels cannot be
/// read.
DicomSeries read_dicom_series(const std::string &path, const std::string &series = "");

} // namespace cageopt::inputs
