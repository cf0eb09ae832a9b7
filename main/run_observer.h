#pragma once

#include <chrono>

#include <main/optimisation.h>
#include <main/terminal.h>
#include <optimizer/explanation.h>
#include <postprocess/history.h>
#include <postprocess/output_folder.h>
#include <postprocess/progress_line.h>
#include <postprocess/pvd_series.h>
#include <postprocess/vtu_writer.h>

namespace cageopt {

/// Everything that `run` writes or says once per iteration.
class RunObserver : public OptimisationSink
{
public:
  RunObserver(Study &study, const postprocess::OutputFolder &folder, Terminal &terminal);

  void on_iteration(const optimizer::IterationRecord &record, double measure, bool is_last) override;
  /// Fields of the problem's latest design, unless that iteration's were written before.
  void write_fields(unsigned int iteration);

  /// explanation.pvtu: what each load case and constraint asks of each cell of the design.
  void write_explanation(const std::vector<optimizer::Influence> &influences);

private:
  Study &study;
  postprocess::VtuWriter writer;
  postprocess::PvdSeries series;
  postprocess::HistoryCsv history;
  postprocess::ProgressLine progress;
  std::chrono::steady_clock::time_point last_time;
  unsigned int last_linear_iterations, last_written = 0;
};

} // namespace cageopt
