#pragma once

#include <algorithm>
#include <vector>

#include <inputs/patient.h>

namespace cageopt::tests {

/// The built-in patient with coarse voxels, so that a test takes tenths of a second.
inline inputs::PhantomParameters coarse_phantom()
{
  inputs::PhantomParameters parameters;
  parameters.voxel_in_plane = parameters.voxel_slice = 1.4;
  return parameters;
}

inline inputs::Patient phantom_patient(const inputs::PhantomParameters &phantom)
{
  inputs::PatientParameters parameters;
  parameters.phantom = phantom;
  return inputs::read_patient(parameters, "", MPI_COMM_WORLD);
}

/// The same from a phantom at hand.
inline inputs::Patient phantom_patient(const inputs::Phantom &phantom)
{
  inputs::Image<float> bmd;
  bmd.grid = phantom.hounsfield().grid;
  for (const auto value : phantom.hounsfield().values)
    bmd.values.push_back(static_cast<float>(phantom.intercept() + phantom.slope() * value));
  return {"phantom",
          "",
          bmd,
          phantom.labels(),
          inputs::parse_level("L3/L4"),
          inputs::Calibration::linear(phantom.slope(), phantom.intercept(), inputs::DensityMeasure::k2hpo4, "known"),
          inputs::BoneLaw(),
          .3,
          false,
          .0084,
          .0078,
          0.,
          {}};
}

inline const inputs::Patient &coarse_patient()
{
  static const inputs::Patient patient = phantom_patient(coarse_phantom());
  return patient;
}

template <typename T>
inputs::Image<T> cropped(const inputs::Image<T> &image, const int first_slice, const int last_slice)
{
  inputs::Image<T> result;
  result.grid = image.grid;
  result.grid.size[2] = last_slice - first_slice + 1;
  result.grid.index_to_world.offset = image.grid.index_to_world({0., 0., double(first_slice)});
  const std::size_t slice = std::size_t(image.grid.size[0]) * image.grid.size[1];
  result.values.assign(image.values.begin() + slice * first_slice, image.values.begin() + slice * (last_slice + 1));
  return result;
}

/// The patient without the voxels below or above a height z of RAS space, mm. For images with slices normal to z.
inline inputs::Patient cropped(inputs::Patient patient, const double z, const bool keep_above)
{
  const auto &grid = patient.labels.grid;
  const int cut = static_cast<int>((z - grid.index_to_world.offset[2]) / grid.spacing()[2]);
  const int first = keep_above ? cut : 0, last = keep_above ? grid.size[2] - 1 : cut;
  patient.bmd = cropped(patient.bmd, first, last);
  patient.labels = cropped(patient.labels, first, last);
  return patient;
}

} // namespace cageopt::tests
