#include <postprocess/progress_line.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace cageopt::postprocess {

namespace {

constexpr unsigned int lines_per_header = 20;
constexpr std::size_t n_recent_seconds = 10, n_recent_measures = 8, n_measures_for_trend = 4;

std::string right(const std::string &text, const std::size_t width)
{
  return text.size() >= width ? text : std::string(width - text.size(), ' ') + text;
}

std::size_t width_of(const Column &column)
{
  const std::size_t number = 11; // "-1.234e-105"
  return std::max({number, column.name.size(), column.unit.size() + 2});
}

std::string number(const double value)
{
  if (std::isnan(value))
    return "-";
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.4g", value);
  return digits;
}

double median(const std::deque<double> &values)
{
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : 0.5 * (sorted[half - 1] + sorted[half]);
}

} // namespace

std::string readable_duration(const double seconds)
{
  char text[32];
  if (seconds < 99.5)
    std::snprintf(text, sizeof(text), "%.0f s", seconds);
  else if (seconds < 5970)
    std::snprintf(text, sizeof(text), "%.1f min", seconds / 60);
  else
    std::snprintf(text, sizeof(text), "%.1f h", seconds / 3600);
  return text;
}

ProgressLine::ProgressLine(MPI_Comm comm, std::ostream &out, const std::vector<Column> &columns,
                           const unsigned int iteration_limit)
    : out(out), columns(columns), iteration_limit(iteration_limit)
{
  int rank = 0;
  MPI_Comm_rank(comm, &rank);
  active = rank == 0;
}

void ProgressLine::print(const unsigned int iteration, const std::vector<double> &values, const double seconds,
                         const double convergence_measure)
{
  last_iteration = iteration;
  recent_seconds.push_back(seconds);
  if (recent_seconds.size() > n_recent_seconds)
    recent_seconds.pop_front();
  if (std::isfinite(convergence_measure) && convergence_measure > 0)
    recent_measures.push_back(convergence_measure);
  else
    recent_measures.clear();
  if (recent_measures.size() > n_recent_measures)
    recent_measures.pop_front();
  if (!active)
    return;

  constexpr std::size_t iteration_width = 5, seconds_width = 8, left_width = 17;
  if (n_lines++ % lines_per_header == 0) {
    out << right("iter", iteration_width);
    for (const auto &column : columns)
      out << "  " << right(column.name, width_of(column));
    out << "  " << right("seconds", seconds_width) << "  " << right("time left", left_width) << '\n'
        << right("", iteration_width);
    for (const auto &column : columns)
      out << "  " << right(column.unit.empty() ? "" : "[" + column.unit + "]", width_of(column));
    out << "  " << right("[s]", seconds_width) << "  " << right("(reckoned from)", left_width) << '\n';
  }
  out << right(std::to_string(iteration), iteration_width);
  for (std::size_t i = 0; i < columns.size(); ++i)
    out << "  " << right(i < values.size() ? number(values[i]) : "-", width_of(columns[i]));
  const auto left = time_left();
  out << "  " << right(number(seconds), seconds_width) << "  "
      << right(readable_duration(left.seconds) + (left.from_trend ? " (trend)" : " (limit)"), left_width) << std::endl;
}

ProgressLine::TimeLeft ProgressLine::time_left() const
{
  if (recent_seconds.empty())
    return {};
  double n_left = iteration_limit > last_iteration ? iteration_limit - last_iteration : 0;
  bool from_trend = false;
  const std::size_t n = recent_measures.size();
  if (n >= n_measures_for_trend) {
    double mean = 0, slope = 0, squares = 0;
    for (const double measure : recent_measures)
      mean += std::log(measure) / n;
    for (std::size_t i = 0; i < n; ++i) {
      const double step = i - 0.5 * (n - 1);
      slope += step * (std::log(recent_measures[i]) - mean);
      squares += step * step;
    }
    slope /= squares;
    const double now = mean + slope * 0.5 * (n - 1);
    const double n_to_go = slope < 0 ? std::max(0., std::ceil(-now / slope)) : n_left;
    if (slope < 0 && n_to_go < n_left) {
      n_left = n_to_go;
      from_trend = true;
    }
  }
  return {n_left * median(recent_seconds), from_trend};
}

} // namespace cageopt::postprocess
