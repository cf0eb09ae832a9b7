#pragma once

#include <deque>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include <mpi.h>

#include <postprocess/history.h>

namespace cageopt::postprocess {

/// One terminal line per iteration: iteration, the given columns (4 significant digits), seconds of the iteration, and
/// an estimate of the time left; the header with units is repeated every 20 lines. Only rank 0 prints.
///
/// Time left = median seconds of the last 10 iterations times the iterations left. These are counted to the iteration
/// limit ("limit"), or, where the convergence measure falls steadily, to the point where the line fitted to the
/// logarithm of its last 8 values crosses one, if that comes before the limit ("trend").
class ProgressLine
{
public:
  ProgressLine(MPI_Comm comm, std::ostream &out, const std::vector<Column> &columns, unsigned int iteration_limit);

  /// `values` [n_columns] in the order of the columns, NaN for "not known"; `seconds` of this iteration;
  /// `convergence_measure` = the largest of (criterion value / its tolerance), <= 1 when converged, NaN if there is
  /// none.
  void print(unsigned int iteration, const std::vector<double> &values, double seconds,
             double convergence_measure = std::numeric_limits<double>::quiet_NaN());

  struct TimeLeft
  {
    double seconds = 0;
    bool from_trend = false;
  };
  /// Estimate after the last print().
  TimeLeft time_left() const;

private:
  std::ostream &out;
  const std::vector<Column> columns;
  const unsigned int iteration_limit;
  bool active = false;
  unsigned int n_lines = 0;
  unsigned int last_iteration = 0;
  std::deque<double> recent_seconds;  // at most 10
  std::deque<double> recent_measures; // at most 8
};

/// "42 s", "3.5 min", "1.2 h".
std::string readable_duration(double seconds);

} // namespace cageopt::postprocess
