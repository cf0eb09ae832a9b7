#pragma once

#include <string>

#include <inputs/dicom_screen.h>

namespace cageopt::inputs {

/// Reads the pixels of the slice in `file`, of which `screen` was made and found no defect: the stored numbers times
/// `slope` plus `intercept`, screen.rows * screen.columns of them, into `values`. Returns why they cannot be read, or
/// an empty text.
///
/// Uncompressed pixels are read here. Compressed ones are left to GDCM, which aborts at some damaged streams: in a
/// child process, limited in memory and time.
std::string read_dicom_pixels(const std::string &file, const DicomScreen &screen, double slope, double intercept,
                              float *values);

} // namespace cageopt::inputs
