#include <main/benchmark/fe_evaluation_operator.h>
#include <main/benchmark/suites.h>
#include <main/benchmark/triad.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>
#include <type_traits>

#include <inputs/error.h>
#include <meshing/flat_map.h>
#include <solver/elasticity_operator.h>

namespace cageopt {

namespace {

using inputs::CubicStiffness;

constexpr double poissons_ratio = .3;

/// The same number from 0 to 1 for the same index on every machine.
double scatter(const std::uint64_t index)
{
  return double(meshing::FlatMap::hash(index + 0x9e3779b97f4a7c15ull) >> 11) / 9007199254740992.;
}

/// Seconds per call on the slowest rank, the least of several samples of at least a few hundredths of a second.
template <typename Action>
double seconds_per_call(MPI_Comm comm, const Action &action)
{
  double least = std::numeric_limits<double>::max();
  int n_calls = 1;
  for (int sample = 0; sample < 4; ++sample) { // the first warms up and finds the number of calls
    MPI_Barrier(comm);
    const double start = MPI_Wtime();
    for (int call = 0; call < n_calls; ++call)
      action();
    double seconds = (MPI_Wtime() - start) / n_calls;
    MPI_Allreduce(MPI_IN_PLACE, &seconds, 1, MPI_DOUBLE, MPI_MAX, comm);
    if (sample == 0)
      n_calls = std::clamp(static_cast<int>(.1 / std::max(seconds, 1e-6)), 1, 1000);
    else
      least = std::min(least, seconds);
  }
  return least;
}

/// What both operators are applied to: a box of cubes with random moduli and a random displacement.
struct Sample
{
  unsigned int n_cells;
  std::vector<double> modulus; ///< [n_cells^3], x fastest
  std::vector<double> source;  ///< [(n_cells + 1)^3][3], x fastest
  BenchmarkProblem box;

  explicit Sample(const unsigned int n_cells)
      : n_cells(n_cells), modulus(std::size_t(n_cells) * n_cells * n_cells),
        source(std::size_t(n_cells + 1) * (n_cells + 1) * (n_cells + 1) * 3),
        box(make_cube_problem(
            "block", n_cells, [](const auto &) { return true; }, TopFace::traction, MPI_COMM_SELF))
  {
    for (std::size_t i = 0; i < modulus.size(); ++i)
      modulus[i] = .1 + scatter(i);
    for (std::size_t i = 0; i < source.size(); ++i)
      source[i] = scatter(i) - .5;
  }
  std::size_t entry(const meshing::LatticePoint &p) const
  {
    return 3 * (p[0] + std::size_t(n_cells + 1) * (p[1] + std::size_t(n_cells + 1) * p[2]));
  }
};

class Comparison
{
public:
  Comparison(const BenchmarkContext &context, const Sample &sample, const double bandwidth)
      : context(context), sample(sample), bandwidth(bandwidth)
  {
  }

  template <typename Number>
  void run()
  {
    reference<Number>();
    ours<Number>(1);
    ours<Number>(6);
  }

private:
  template <typename Number>
  static std::string precision()
  {
    return std::is_same_v<Number, float> ? "float" : "double";
  }

  /// A row. Traffic is the least that any operator with three constants per cell needs: source read, result read and
  /// written, constants read; padded lanes included.
  template <typename Number>
  void add_row(const std::string &name, const unsigned int columns, const unsigned int stored, const double seconds,
               const double difference)
  {
    const double n = double(sample.source.size());
    const double bytes = sizeof(Number) * (3. * stored + 1.) / columns; // per unknown and column
    const double rate = n * columns / seconds;
    if (columns == 1 && name == "FEEvaluation")
      reference_rate = rate;
    context.report.add_row({name + ", " + precision<Number>(), std::uint64_t(columns), rate / 1e6,
                            rate / reference_rate, bytes, rate * bytes / bandwidth, difference});
  }

  /// sqrt(sum |a - b|^2 / sum |b|^2) over the ranks' boxes; an error beyond rounding.
  template <typename Number>
  double relative_difference(const std::vector<double> &values, const std::vector<double> &expected) const
  {
    double sums[2] = {0, 0};
    for (std::size_t i = 0; i < values.size(); ++i) {
      sums[0] += (values[i] - expected[i]) * (values[i] - expected[i]);
      sums[1] += expected[i] * expected[i];
    }
    MPI_Allreduce(MPI_IN_PLACE, sums, 2, MPI_DOUBLE, MPI_SUM, context.comm);
    const double difference = std::sqrt(sums[0] / sums[1]);
    const double limit = 100. * std::numeric_limits<Number>::epsilon();
    if (!(difference <= limit)) {
      std::ostringstream text;
      text << "Our operator and deal.II's FEEvaluation differ by " << difference << " in " << precision<Number>()
           << "; rounding explains " << limit << ". Neither is to be trusted before the cause is found";
      throw inputs::Error(inputs::ExitCode::internal_error, text.str());
    }
    return difference;
  }

  template <typename Number>
  void reference()
  {
    FeEvaluationOperator<Number> stock(sample.n_cells, sample.modulus, poissons_ratio);
    stock.set_source(sample.source);
    const double seconds = seconds_per_call(context.comm, [&] { stock.apply(); });
    const auto result = stock.result();
    if constexpr (std::is_same_v<Number, double>)
      expected = result;
    add_row<Number>("FEEvaluation", 1, 1, seconds, relative_difference<Number>(result, expected));
  }

  template <typename Number>
  void ours(const unsigned int n_columns)
  {
    const auto &domain = *sample.box.domain;
    const auto &mesh = domain.mesh;
    solver::ElasticityOperator<Number> stiffness_operator(mesh, domain.unit, {});
    BenchmarkProblem::Stiffness stiffness(mesh.n_cells());
    for (std::uint32_t cell = 0; cell < mesh.n_cells(); ++cell) {
      const auto &p = mesh.cell(cell).corner;
      stiffness[cell] = CubicStiffness::isotropic(
          sample.modulus[p[0] + std::size_t(sample.n_cells) * (p[1] + std::size_t(sample.n_cells) * p[2])],
          poissons_ratio);
    }
    stiffness_operator.set_stiffness(stiffness);
    const unsigned int lanes = solver::lanes_for(n_columns);
    solver::BlockVector<Number> source(mesh.n_local_nodes(), lanes), result(mesh.n_local_nodes(), lanes);
    for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
      for (unsigned int c = 0; c < 3; ++c)
        for (unsigned int column = 0; column < n_columns; ++column) // columns differ by sign and size
          source(node, c, column) =
              Number((column % 2 == 0 ? 1. : -.5) * sample.source[sample.entry(mesh.position(node)) + c]);
    const double seconds = seconds_per_call(context.comm, [&] { stiffness_operator.vmult(result, source); });
    double difference = 0;
    std::vector<double> values(sample.source.size());
    for (unsigned int column = 0; column < n_columns; ++column) {
      for (std::uint32_t node = 0; node < mesh.n_local_nodes(); ++node)
        for (unsigned int c = 0; c < 3; ++c)
          values[sample.entry(mesh.position(node)) + c] = result(node, c, column) / (column % 2 == 0 ? 1. : -.5);
      difference = std::max(difference, relative_difference<Number>(values, expected));
    }
    add_row<Number>("cageopt", n_columns, lanes, seconds, difference);
  }

  const BenchmarkContext &context;
  const Sample &sample;
  double bandwidth, reference_rate = 0;
  std::vector<double> expected; ///< of FEEvaluation in double
};

} // namespace

void operator_suite(const BenchmarkContext &context)
{
  const unsigned int cells = context.cells_or(64);
  const auto triad = Triad::measure(context.comm);
  context.report.begin_table("triad", "a = b + s c in double on all ranks at once, bytes as in STREAM.",
                             {{"what", "what"},
                              {"gigabytes_per_second_and_rank", "GB/s/rank"},
                              {"array_gigabytes_per_node", "arrays GB"},
                              {"arrays_beyond_cache", "beyond cache"}});
  context.report.add_row({std::string("memory bandwidth"), triad.bytes_per_second_and_rank / 1e9,
                          double(triad.array_bytes) / 1e9, std::string(triad.is_beyond_cache ? "yes" : "no")});
  const Sample sample(cells);
  std::ostringstream text;
  text
      << "one application of the stiffness, all ranks at once, each on its own box of " << cells << "^3 cells ("
      << sample.source.size() << " unknowns,\n  one modulus per cell). FEEvaluation is deal.II's MatrixFree as "
      << "installed, SIMD lanes " << FeEvaluationOperator<float>::n_lanes() << " in float, "
      << FeEvaluationOperator<double>::n_lanes() << " in double.\n  least traffic: source read, result read and "
      << "written, three constants per cell read, padded lanes (6 are stored as 8)\n  included; its share of the triad "
      << "may exceed 1 where vectors fit the cache. difference: from FEEvaluation in double.";
  context.report.begin_table("operator", text.str(),
                             {{"operator", "operator"},
                              {"right_hand_sides", "columns"},
                              {"million_unknowns_per_second_and_rank", "MDoF/s/rank"},
                              {"ratio_to_fe_evaluation", "x FEEvaluation"},
                              {"least_traffic_bytes_per_unknown", "B/DoF"},
                              {"share_of_triad", "of triad"},
                              {"relative_difference", "difference"}});
  Comparison comparison(context, sample, triad.bytes_per_second_and_rank);
  comparison.run<double>();
  comparison.run<float>();
}

} // namespace cageopt
