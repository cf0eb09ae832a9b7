#include <postprocess/pvd_series.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include <deal.II/base/parameter_handler.h>

#include <inputs/collective.h>
#include <postprocess/output_folder.h>
#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

void PvdSeriesParameters::declare(dealii::ParameterHandler &prm)
{
  prm.enter_subsection("Output");
  prm.add_parameter("Iterations per field file", interval,
                    "Fields are written at iteration 1 and at every multiple of this number. Unit: iterations.",
                    dealii::Patterns::Integer(1));
  prm.leave_subsection();
}

PvdSeries::PvdSeries(MPI_Comm comm, const std::string &path, const PvdSeriesParameters &parameters)
    : comm(comm), path(path), parameters(parameters)
{
}

bool PvdSeries::due(const unsigned int iteration) const
{
  return iteration == 1 || iteration % parameters.interval == 0;
}

void PvdSeries::append(const double time, const std::string &dataset)
{
  const auto same = std::find_if(steps.begin(), steps.end(), [&](const auto &step) { return step.first == time; });
  if (same == steps.end())
    steps.emplace_back(time, dataset);
  else
    same->second = dataset;

  inputs::on_root(comm, [&] {
    std::ostringstream xml;
    xml.precision(std::numeric_limits<double>::max_digits10);
    xml << "<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n"
        << "  <Collection>\n";
    for (const auto &step : steps)
      xml << "    <DataSet timestep=\"" << step.first << "\" part=\"0\" file=\"" << vtk_encoding::escape(step.second)
          << "\"/>\n";
    xml << "  </Collection>\n</VTKFile>\n";
    write_atomically(path, xml.str());
  });
}

} // namespace cageopt::postprocess
