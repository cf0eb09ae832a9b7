#include <sstream>

#include <deal.II/base/mpi.h>
#include <deal.II/base/parameter_handler.h>

#include <gtest/gtest.h>

#include <inputs/case_file.h>
#include <inputs/load_case.h>
#include <inputs/nearest_name.h>
#include <inputs/patient.h>
#include <tests/inputs/temporary_folder.h>

using namespace cageopt::inputs;
using cageopt::tests::bad_input_message;
using cageopt::tests::expect_parts;
using cageopt::tests::TemporaryFolder;

namespace {

struct Parameters
{
  PatientParameters patient;
  LoadParameters loads;
  std::function<void(dealii::ParameterHandler &)> declaration()
  {
    return [this](dealii::ParameterHandler &prm) {
      patient.declare(prm);
      loads.declare(prm);
    };
  }
};

std::string message_for(const std::string &name, const std::string &text)
{
  const TemporaryFolder folder;
  const std::string path = folder.write(name, text);
  Parameters parameters;
  CaseFile file(parameters.declaration());
  return bad_input_message([&] { file.read(path, MPI_COMM_SELF); });
}

} // namespace

TEST(NearestName, edit_distance)
{
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("Slope", "sloep"), 1u); // two neighbours swapped
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("Level", "level"), 0u);
  EXPECT_EQ(nearest_name("Lvel", {"Source", "Level", "Label file"}), "Level");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(CaseFile, prm_is_read)
{
  const TemporaryFolder folder;
  const std::string text = "# a comment\r\nsubsection Patient # another\n  set Level = L4/5\n"
                           "  subsection Calibration\n    set   Slope=0.75\n    set Source = a line \\\n"
                           "       that goes on\n  end\nend\nsubsection Loads\n  set Moment point = 1, 2, 3.5\nend\n";
  Parameters parameters;
  CaseFile file(parameters.declaration());
  file.read(folder.write("a.prm", text), MPI_COMM_SELF);
  EXPECT_EQ(parameters.patient.level, "L4/5");
  EXPECT_EQ(parameters.patient.calibration.slope, 0.75);
  EXPECT_EQ(parameters.patient.calibration.source, "a line that goes on");
  EXPECT_EQ(parameters.loads.moment_point, (std::array<double, 3>{{1, 2, 3.5}}));
  EXPECT_EQ(parameters.patient.bone_law.poissons_ratio, 0.3);
  EXPECT_EQ(file.text(), text);
}

TEST(CaseFile, json_is_read)
{
  const TemporaryFolder folder;
  Parameters parameters;
  CaseFile file(parameters.declaration());
  file.read(folder.write("a.json", R"({"Patient": {"Level": "L2/L3", "Calibration": {"Slope": 0.75}},
                                       "Loads": {"Moment point": [1, 2, 3.5], "Follower preload": "250"}})"),
            MPI_COMM_SELF);
  EXPECT_EQ(parameters.patient.level, "L2/L3");
  EXPECT_EQ(parameters.patient.calibration.slope, 0.75);
  EXPECT_EQ(parameters.loads.moment_point, (std::array<double, 3>{{1, 2, 3.5}}));
  EXPECT_EQ(parameters.loads.follower_preload, 250);
}

TEST(CaseFile, misspelt_names_in_prm_give_line_and_nearest_name)
{
  expect_parts(message_for("a.prm", "subsection Patient\n\n  set Lvel = L3/L4\nend\n"),
               {"a.prm, line 3", "'Lvel'", "in 'Patient'", "did you mean 'Level'?"});
  expect_parts(message_for("a.prm", "subsection Patient\n  subsection Calibraton\n  end\nend\n"),
               {"line 2", "'Calibraton'", "did you mean 'Calibration'?"});
  expect_parts(message_for("a.prm", "subsection Patient\n  set Slope = 0.8\nend\n"),
               {"line 2", "An entry of this name exists in 'Patient/Calibration'"});
  expect_parts(message_for("a.prm", "sbsection Patient\nend\n"), {"line 1", "did you mean 'subsection'?"});
  expect_parts(message_for("a.prm", "set Level = L3/L4\n"), {"line 1", "'Level'", "'Patient'"});
}

TEST(CaseFile, misspelt_names_in_json_give_path_and_nearest_name)
{
  expect_parts(message_for("a.json", R"({"Patient": {"Calibration": {"Slop": 1}}})"),
               {"a.json, Patient/Calibration/Slop", "did you mean 'Slope'?"});
  expect_parts(message_for("a.json", R"({"Patent": {"Level": "L3/L4"}})"), {"'Patent'", "did you mean 'Patient'?"});
}

TEST(CaseFile, wrong_values_name_entry_value_and_what_is_allowed)
{
  const auto slope = [](const std::string &value) {
    return message_for("a.prm", "subsection Patient\nsubsection Calibration\nset Slope =" + value + "\nend\nend\n");
  };
  const std::string rule = "a number from 0 to 10";
  expect_parts(slope(" steep"), {"line 3", "'Patient/Calibration/Slope'", "'steep'", rule, "Unit: mg/cm3 per HU"});
  expect_parts(slope(" 0.8 mg/cm3"), {"'0.8 mg/cm3'", rule});
  expect_parts(slope(" 11"), {"'11'", rule});
  expect_parts(slope(""), {"is empty", rule, "Unit: mg/cm3 per HU"});
  expect_parts(message_for("a.json", R"({"Patient": {"Calibration": {"Slope": -1}}})"),
               {"a.json, Patient/Calibration/Slope", "'-1'", rule});
  expect_parts(message_for("a.prm", "subsection Loads\nset Set = default_400N\nend\n"),
               {"'Loads/Set'", "one of default_400N_7.5Nm | ", "did you mean 'default_400N_7.5Nm'?"});
  expect_parts(message_for("a.prm", "subsection Loads\nset Moment point = 1, 2\nend\n"), {"a list of 3 of: a number"});
}

TEST(CaseFile, broken_texts_are_refused)
{
  expect_parts(message_for("a.prm", "subsection Patient\nset Level = L3/L4\n"),
               {"line 1", "'Patient'", "open at the end", "'end'"});
  expect_parts(message_for("a.prm", "end\n"), {"line 1", "no subsection is open"});
  expect_parts(message_for("a.prm", "subsection Patient\nset Level L3/L4\nend\n"), {"line 2", "'set Name = value'"});
  expect_parts(message_for("a.prm", "subsection Patient\nset Level = L3/L4\nset Level = L4/L5\nend\n"),
               {"line 3", "'Patient/Level'", "set before", "line 2"});
  expect_parts(message_for("a.json", R"({"Patient": {"Level": "L3/L4", "Level": "L4/L5"}})"), {"\"Level\"", "twice"});
  expect_parts(message_for("a.json", "{\"Patient\": {\n\"Level\" \"L3/L4\"}}"), {"no valid JSON", "line 2"});
  expect_parts(message_for("a.json", R"({"Loads": {"Follower preload": 3e2350}})"), {"no valid JSON", "3e2350"});
  expect_parts(message_for("a.json", "[1]"), {"no JSON object"});
  expect_parts(message_for("a.json", R"({"Patient": {"Level": null}})"), {"a.json, Patient/Level", "null"});
  expect_parts(message_for("a.json", R"({"Patient": {"Level": {"name": 1}}})"), {"subsection 'Level'", "unknown"});
  expect_parts(message_for("a.json", R"({"Patient": 3})"), {"entry 'Patient'", "unknown"});
  expect_parts(message_for("a.txt", ""), {"'.txt'", ".prm or .json"});
  expect_parts(message_for("a.prm", "\n# M\xfcller\n"), {"a.prm, line 2", "no text", "UTF-8"});
  expect_parts(message_for("a.prm", "subsection Patient\nset Level = L3\x1b[2J\nend\n"), {"line 2", "no text"});
  expect_parts(message_for("a.json", R"({"Patient": {"Level": "L3\u0000"}})"), {"Patient/Level", "no text"});
  std::string deep;
  for (int level = 0; level < 10000; ++level)
    deep += "subsection a\n";
  expect_parts(message_for("a.prm", deep), {"line 33", "nested too deeply"});
  expect_parts(message_for("a.json", "{\"a\": " + std::string(500000, '[')), {"nested too deeply"});
  expect_parts(message_for("a.prm", std::string(1000001, '#')), {"larger than 1 MB"});
  expect_parts(message_for("a.prm", "set " + std::string(900000, 'x') + " = 1\n"), {"unknown"});
}

TEST(CaseFile, template_parses_back_to_the_defaults)
{
  const TemporaryFolder folder;
  Parameters defaults, parsed;
  CaseFile original(defaults.declaration()), read(parsed.declaration());
  std::ostringstream text, all_values, all_values_read;
  original.print_template(text);
  EXPECT_NE(text.str().find("# Density at 0 HU. Unit: mg/cm3. Allowed: a number from -2000 to 2000."),
            std::string::npos);
  parsed.patient.level = "overwritten";
  parsed.loads.follower_preload = 12345;
  read.read(folder.write("template.prm", text.str()), MPI_COMM_SELF);
  original.write_prm(all_values);
  read.write_prm(all_values_read);
  EXPECT_EQ(all_values.str(), all_values_read.str());
  EXPECT_EQ(parsed.patient.level, "L3/L4");
  EXPECT_EQ(parsed.loads.follower_preload, -1);
}

TEST(CaseFile, values_in_use_are_written_and_read_again)
{
  const TemporaryFolder folder;
  Parameters parameters, from_prm, from_json;
  CaseFile original(parameters.declaration()), prm(from_prm.declaration()), json(from_json.declaration());
  original.read(folder.write("a.prm",
                             "subsection Patient\nset Level = L5/S1\nset Image file = some dir/ct.nii.gz\nend\n"
                             "subsection Loads\nset Moment point = 0.1, -2e-3, 3\nend\n"),
                MPI_COMM_SELF);
  std::ostringstream prm_text, json_text;
  original.write_prm(prm_text);
  original.write_json(json_text);
  prm.read(folder.write("b.prm", prm_text.str()), MPI_COMM_SELF);
  json.read(folder.write("b.json", json_text.str()), MPI_COMM_SELF);
  for (const Parameters *copy : {&from_prm, &from_json}) {
    EXPECT_EQ(copy->patient.level, "L5/S1");
    EXPECT_EQ(copy->patient.image_file, "some dir/ct.nii.gz");
    EXPECT_EQ(copy->loads.moment_point, (std::array<double, 3>{{0.1, -2e-3, 3}}));
  }
}

TEST(CaseFile, relative_paths)
{
  EXPECT_EQ(data_directory("cases/a.prm", ""), "cases");
  EXPECT_EQ(data_directory("a.prm", ""), ".");
  EXPECT_EQ(data_directory("cases/a.prm", "/data"), "/data");
  EXPECT_EQ(resolve_path("/data", "ct.nii.gz"), "/data/ct.nii.gz");
  EXPECT_EQ(resolve_path("/data/here", "../ct.nii.gz"), "/data/ct.nii.gz");
  EXPECT_EQ(resolve_path("/data", "/else/ct.nii.gz"), "/else/ct.nii.gz");
}

TEST(CaseFileMpi, values_reach_all_ranks)
{
  const TemporaryFolder folder(MPI_COMM_WORLD);
  const std::string path = folder.write("a.prm", "subsection Patient\nset Level = L4/L5\nend\n");
  Parameters parameters;
  CaseFile file(parameters.declaration());
  file.read(path, MPI_COMM_WORLD);
  EXPECT_EQ(parameters.patient.level, "L4/L5");
  EXPECT_EQ(file.text(), "subsection Patient\nset Level = L4/L5\nend\n");
}

TEST(CaseFileMpi, every_rank_throws_the_same_error)
{
  const TemporaryFolder folder(MPI_COMM_WORLD);
  const std::string path = folder.write("a.prm", "subsection Patient\nset Lvel = L4/L5\nend\n");
  for (const std::string &name : {path, folder / "absent.prm"}) {
    Parameters parameters;
    CaseFile file(parameters.declaration());
    const std::string message = bad_input_message([&] { file.read(name, MPI_COMM_WORLD); });
    const auto messages = dealii::Utilities::MPI::all_gather(MPI_COMM_WORLD, message);
    for (const std::string &other : messages)
      EXPECT_EQ(other, messages.front());
    expect_parts(message, {name});
  }
}
