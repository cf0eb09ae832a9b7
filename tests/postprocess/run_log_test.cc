// What a run tells while it goes on and at its end: history.csv, terminal lines, summary.json.
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <inputs/error.h>
#include <postprocess/history.h>
#include <postprocess/progress_line.h>
#include <postprocess/run_summary.h>
#include <postprocess/scatter_plot.h>

#include "scratch_folder.h"

using namespace cageopt::postprocess;
using cageopt::inputs::Error;
using cageopt::inputs::ExitCode;
using nlohmann::json;

namespace {

constexpr double not_known = std::numeric_limits<double>::quiet_NaN();

std::vector<std::string> split(const std::string &text, const char separator)
{
  std::vector<std::string> parts(1);
  for (const char character : text)
    if (character == separator)
      parts.emplace_back();
    else
      parts.back() += character;
  return parts;
}

std::set<std::string> keys(const json &object)
{
  std::set<std::string> result;
  for (const auto &entry : object.items())
    result.insert(entry.key());
  return result;
}

} // namespace

TEST(HistoryCsvMpi, ReadsBackToTheSameDoubles)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  const std::string path = scratch.path + "/history.csv";
  const double third = 1. / 3, tiny = std::numeric_limits<double>::denorm_min(), big = 6.02214076e23 * (1 + 1e-15);
  HistoryCsv history(MPI_COMM_WORLD, path, {{"iteration", ""}, {"effective_modulus", "MPa"}, {"grayness", "-"}});
  history.append({{"effective_modulus", third}, {"iteration", 1}, {"grayness", tiny}});
  // Flushed: complete on disk while the object lives.
  EXPECT_EQ(split(read_text(path), '\n').size(), 3u);
  MPI_Barrier(MPI_COMM_WORLD);
  history.append({{"iteration", 2}, {"effective_modulus", big}});
  history.append({{"iteration", 3}, {"grayness", not_known}});
  MPI_Barrier(MPI_COMM_WORLD);

  const auto lines = split(read_text(path), '\n');
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0], "iteration,effective_modulus [MPa],grayness [-]");
  EXPECT_EQ(lines[4], "");
  const auto first = split(lines[1], ','), second = split(lines[2], ','), third_line = split(lines[3], ',');
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0], "1");
  EXPECT_EQ(std::strtod(first[1].c_str(), nullptr), third);
  EXPECT_EQ(std::strtod(first[2].c_str(), nullptr), tiny);
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(std::strtod(second[1].c_str(), nullptr), big);
  EXPECT_EQ(second[2], "");
  ASSERT_EQ(third_line.size(), 3u);
  EXPECT_EQ(third_line[1], "");
  EXPECT_TRUE(std::isnan(std::strtod(third_line[2].c_str(), nullptr)));
}

TEST(HistoryCsvMpi, RefusesUnknownColumnsAndPlaces)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  HistoryCsv history(MPI_COMM_WORLD, scratch.path + "/history.csv", {{"iteration", ""}});
  try {
    history.append({{"iterations", 1}});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::internal_error);
    EXPECT_NE(std::string(error.what()).find("'iterations' is no column"), std::string::npos);
  }
  try {
    HistoryCsv(MPI_COMM_WORLD, scratch.path + "/none/history.csv", {{"iteration", ""}});
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
  }
}

TEST(ProgressLineMpi, PrintsAlignedLinesOnRootOnly)
{
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  std::ostringstream out;
  ProgressLine progress(MPI_COMM_WORLD, out, {{"effective modulus", "MPa"}, {"change", "-"}}, 200);
  for (unsigned int iteration = 1; iteration <= 21; ++iteration)
    progress.print(iteration, {-12345.678 * iteration, iteration == 1 ? not_known : -1.2345e-105}, 2.5);
  if (rank != 0) {
    EXPECT_EQ(out.str(), "");
    return;
  }
  const auto lines = split(out.str(), '\n');
  ASSERT_EQ(lines.size(), 2u + 20u + 2u + 1u + 1u);
  for (std::size_t i = 0; i + 1 < lines.size(); ++i)
    EXPECT_EQ(lines[i].size(), lines[0].size()) << lines[i];
  EXPECT_NE(lines[0].find("effective modulus"), std::string::npos);
  EXPECT_NE(lines[1].find("[MPa]"), std::string::npos);
  EXPECT_EQ(lines[22], lines[0]);
  EXPECT_NE(lines[2].find("-1.235e+04"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find(" - "), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find("8.3 min (limit)"), std::string::npos) << lines[2]; // 199 * 2.5 s
}

TEST(ProgressLine, TimeLeftFromLimitAndTrend)
{
  std::ostringstream out;
  ProgressLine limit(MPI_COMM_SELF, out, {}, 100);
  EXPECT_EQ(limit.time_left().seconds, 0);
  for (unsigned int iteration = 1; iteration <= 11; ++iteration) // one slow iteration does not move the median
    limit.print(iteration, {}, iteration == 5 ? 1000. : 2., 50.);
  EXPECT_DOUBLE_EQ(limit.time_left().seconds, 89 * 2.);
  EXPECT_FALSE(limit.time_left().from_trend);

  // Halved each time: after iteration 6 it is 2^10/2^6 = 16, four halvings above one.
  ProgressLine trend(MPI_COMM_SELF, out, {}, 100);
  for (unsigned int iteration = 1; iteration <= 6; ++iteration)
    trend.print(iteration, {}, 3., 1024 * std::pow(0.5, iteration) * (1 + 1e-9));
  EXPECT_DOUBLE_EQ(trend.time_left().seconds, 5 * 3.); // a hair above four, rounded up
  EXPECT_TRUE(trend.time_left().from_trend);
  EXPECT_NE(out.str().find("15 s (trend)"), std::string::npos);

  // A trend that would end after the limit says nothing.
  ProgressLine slow(MPI_COMM_SELF, out, {}, 10);
  for (unsigned int iteration = 1; iteration <= 6; ++iteration)
    slow.print(iteration, {}, 3., 1024 * std::pow(0.9, iteration));
  EXPECT_DOUBLE_EQ(slow.time_left().seconds, 4 * 3.);
  EXPECT_FALSE(slow.time_left().from_trend);
}

TEST(ReadableDuration, ChoosesTheUnit)
{
  EXPECT_EQ(readable_duration(42.4), "42 s");
  EXPECT_EQ(readable_duration(210), "3.5 min");
  EXPECT_EQ(readable_duration(7200), "2.0 h");
}

TEST(RunSummary, HasExactlyTheAgreedKeys)
{
  ScratchFolder scratch;
  RunSummary summary;
  summary.stop_reason = "compliance is stationary";
  summary.designs = {{"optimised", {}}, {"solid_titanium", {}}, {"best_uniform", {}}};
  summary.write(scratch.path + "/summary.json");
  const json root = json::parse(read_text(scratch.path + "/summary.json"));
  EXPECT_EQ(keys(root), (std::set<std::string>{"converged", "stop_reason", "effective_modulus_target_mpa",
                                               "effective_modulus_reached_mpa", "iterations", "unknowns", "seconds",
                                               "peak_memory_bytes", "designs"}));
  EXPECT_EQ(keys(root.at("designs")), (std::set<std::string>{"optimised", "solid_titanium", "best_uniform"}));
  for (const auto &design : root.at("designs")) {
    EXPECT_EQ(keys(design),
              (std::set<std::string>{"strain_mismatch_intact", "strain_mismatch_graft", "overstrained_volume_mm3"}));
    for (const auto &value : design)
      EXPECT_TRUE(value.is_null());
  }
  EXPECT_TRUE(root.at("effective_modulus_target_mpa").is_null());
  EXPECT_TRUE(root.at("effective_modulus_reached_mpa").is_null());
  EXPECT_EQ(root.at("converged"), false);
}

TEST(RunSummary, HoldsValuesAndFurtherNumbers)
{
  ScratchFolder scratch;
  RunSummary summary;
  summary.converged = true;
  summary.stop_reason = "effective modulus and strain mismatch met";
  summary.effective_modulus_target_mpa = 312.5;
  summary.effective_modulus_reached_mpa = 1. / 3;
  summary.iterations = 42;
  summary.unknowns = 5000000000;
  summary.seconds = 250.25;
  summary.peak_memory_bytes = 6000000000;
  summary.designs = {{"optimised", {0.25, 0.125, 1234.5, {{"effective_modulus_mpa", 310}}}},
                     {"solid_titanium", {not_known, {}, {}, {}}}};
  summary.further = {{"effective_modulus_refined_mpa", 305.}, {"feasibility", std::string("reachable")}};
  summary.write(scratch.path + "/summary.json");

  const json root = json::parse(read_text(scratch.path + "/summary.json"));
  EXPECT_EQ(root.at("converged"), true);
  EXPECT_EQ(root.at("effective_modulus_reached_mpa").get<double>(), 1. / 3);
  EXPECT_EQ(root.at("unknowns"), 5000000000);
  EXPECT_EQ(root.at("peak_memory_bytes"), 6000000000);
  EXPECT_EQ(root.at("designs").at("optimised"), json({{"strain_mismatch_intact", 0.25},
                                                      {"strain_mismatch_graft", 0.125},
                                                      {"overstrained_volume_mm3", 1234.5},
                                                      {"effective_modulus_mpa", 310.}}));
  EXPECT_TRUE(root.at("designs").at("solid_titanium").at("strain_mismatch_intact").is_null());
  EXPECT_EQ(root.at("effective_modulus_refined_mpa"), 305.);
  EXPECT_EQ(root.at("feasibility"), "reachable");

  std::ostringstream out;
  summary.print(out);
  for (const auto *part : {"Converged: effective modulus and strain mismatch met", "312.5 MPa", "4.2 min", "5.588 GiB",
                           "5000000000", "solid titanium", "1234", "reachable", "305"})
    EXPECT_NE(out.str().find(part), std::string::npos) << part << "\n" << out.str();

  summary.further["seconds"] = 1.;
  EXPECT_THROW(summary.write(scratch.path + "/summary.json"), Error);
}

TEST(RunSummary, KeysCarryUnits)
{
  EXPECT_EQ(key_with_unit("axial_stiffness", "N/mm"), "axial_stiffness_n_mm");
  EXPECT_EQ(key_with_unit("effective_modulus", "MPa"), "effective_modulus_mpa");
  EXPECT_EQ(key_with_unit("bone_overstrain", "-"), "bone_overstrain");
}

TEST(ScatterPlot, DrawsFinitePointsOnlyAndEscapesText)
{
  ScatterPlot plot;
  plot.panels = {
      {"x & y", "z", {{1., 2., "a<b", "0", true}, {2., 1., "c", "1", false}, {not_known, 1., "c", "2", false}}}};
  const auto text = plot.svg();
  EXPECT_NE(text.find("x &amp; y"), std::string::npos);
  EXPECT_NE(text.find("a&lt;b"), std::string::npos);
  EXPECT_EQ(text.find(">2</text><"), std::string::npos);
  std::size_t n_circles = 0;
  for (auto at = text.find("<circle"); at != std::string::npos; at = text.find("<circle", at + 1))
    ++n_circles;
  EXPECT_EQ(n_circles, 2u + 2u) << "two points and two groups in the legend";
}

TEST(ScatterPlot, SpreadsDecadesAndLabels)
{
  ScatterPlot plot;
  plot.panels = {{"x", "y", {{.02, 1., "a", "p", true}, {.02, 1., "a", "q", true}, {300., 2., "a", "r", true}}}};
  const auto text = plot.svg();
  for (const char *tick : {">0.01<", ">0.1<", ">1<", ">10<", ">100<", ">1000<"})
    EXPECT_NE(text.find(tick), std::string::npos) << tick;
  const auto height_of = [&](const char *label) {
    const auto end = text.find(label);
    return text.substr(text.rfind("y=", end), 8);
  };
  EXPECT_NE(height_of(">p<"), height_of(">q<"));
}

TEST(PeakMemoryMpi, GrowsByWhatEachRankTouches)
{
  int n_ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  const auto before = sum_peak_memory(MPI_COMM_WORLD);
  EXPECT_GT(before, std::uint64_t(n_ranks) * 4000000);
  const std::size_t n_bytes = std::size_t(before / n_ranks) + 50000000; // above the peak whatever was freed before it
  {
    const std::vector<char> block(n_bytes, 1);
    EXPECT_EQ(block[n_bytes / 2], 1);
  }
  const auto after = sum_peak_memory(MPI_COMM_WORLD);
  EXPECT_GE(after, std::uint64_t(n_ranks) * n_bytes);
  EXPECT_LE(after, before + std::uint64_t(n_ranks) * (n_bytes + 20000000));
}
