// Hashes are those of FIPS 180-4, and provenance.json holds what was given and nothing of the machine.
#include <fstream>
#include <regex>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <inputs/error.h>
#include <postprocess/provenance.h>

#include "scratch_folder.h"

using namespace cageopt::postprocess;
using nlohmann::json;

namespace {
const char *sha_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const char *sha_of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const char *sha_of_a_million_a = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
} // namespace

TEST(Sha256, KnownVectors)
{
  ScratchFolder scratch;
  const std::string path = scratch.path + "/file";
  write_text(path, "abc");
  EXPECT_EQ(sha256_of_file(path), sha_of_abc);
  write_text(path, "");
  EXPECT_EQ(sha256_of_file(path), sha_of_nothing);
  write_text(path, std::string(1000000, 'a'));
  EXPECT_EQ(sha256_of_file(path), sha_of_a_million_a);
  EXPECT_THROW(sha256_of_file(scratch.path + "/none"), cageopt::inputs::InputError);
  EXPECT_THROW(sha256_of_file(scratch.path), cageopt::inputs::InputError);
}

TEST(ProvenanceMpi, HoldsWhatWasGiven)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  const std::string run = scratch.path + "/run";
  if (scratch.is_root()) {
    std::filesystem::create_directories(run + "/solution");
    std::filesystem::create_directories(scratch.path + "/series");
    write_text(scratch.path + "/ct.nii", "abc");
    write_text(scratch.path + "/series/2.dcm", "abc");
    write_text(scratch.path + "/series/1.dcm", "");
    write_text(run + "/history.csv", "");
    write_text(run + "/solution/a.vtu", "abc");
  }
  MPI_Barrier(MPI_COMM_WORLD);

  Provenance provenance(MPI_COMM_WORLD, {"cageopt", "run", "case.prm"}, "5.2.1");
  provenance.add_input("data/ct.nii", scratch.path + "/ct.nii");
  provenance.add_input("data/series", scratch.path + "/series");
  provenance.write(run);
  provenance.write(run); // its own earlier file is no output
  MPI_Barrier(MPI_COMM_WORLD);

  const std::string text = read_text(run + "/provenance.json");
  EXPECT_EQ(text.find(scratch.path), std::string::npos);
  char host[256];
  ASSERT_EQ(gethostname(host, sizeof(host)), 0);
  EXPECT_EQ(text.find(std::string("\"") + host), std::string::npos);

  const json root = json::parse(text);
  int n_ranks = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
  EXPECT_EQ(root.at("program"), "cageopt");
  EXPECT_TRUE(std::regex_match(root.at("version").get<std::string>(), std::regex("[0-9]+[.][0-9]+[.][0-9]+")));
  EXPECT_TRUE(std::regex_match(root.at("git_commit").get<std::string>(), std::regex("[0-9a-f]{40}(-dirty)?|unknown")));
  EXPECT_TRUE(std::regex_match(root.at("build_type").get<std::string>(), std::regex("Debug|Release")));
  EXPECT_FALSE(root.at("compiler").get<std::string>().empty());
  for (const auto *library : {"dealii", "p4est", "itk"})
    EXPECT_TRUE(std::regex_match(root.at("libraries").at(library).get<std::string>(), std::regex("[0-9]+[.][0-9.]+")))
        << library;
  EXPECT_EQ(root.at("libraries").at("mpi").get<std::string>().find('@'), std::string::npos);
  EXPECT_EQ(root.at("ranks"), n_ranks);
  EXPECT_EQ(root.at("command_line"), json({"cageopt", "run", "case.prm"}));
  const std::regex utc("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z");
  for (const auto *key : {"start_utc", "end_utc"})
    EXPECT_TRUE(std::regex_match(root.at(key).get<std::string>(), utc)) << key;
  EXPECT_LE(root.at("start_utc").get<std::string>(), root.at("end_utc").get<std::string>());
  EXPECT_EQ(root.at("inputs"), json({{{"path", "data/ct.nii"}, {"bytes", 3}, {"sha256", sha_of_abc}},
                                     {{"path", "data/series/1.dcm"}, {"bytes", 0}, {"sha256", sha_of_nothing}},
                                     {{"path", "data/series/2.dcm"}, {"bytes", 3}, {"sha256", sha_of_abc}}}));
  EXPECT_EQ(root.at("outputs"), json({{{"path", "history.csv"}, {"bytes", 0}, {"sha256", sha_of_nothing}},
                                      {{"path", "solution/a.vtu"}, {"bytes", 3}, {"sha256", sha_of_abc}}}));
}

TEST(ProvenanceMpi, MissingInputIsBadInputOnAllRanks)
{
  Provenance provenance(MPI_COMM_WORLD, {"cageopt"}, "5.2.1");
  try {
    provenance.add_input("no/such/file");
    FAIL() << "nothing was thrown";
  } catch (const cageopt::inputs::Error &error) {
    EXPECT_EQ(error.code, cageopt::inputs::ExitCode::bad_input);
    EXPECT_NE(std::string(error.what()).find("no/such/file"), std::string::npos);
  }
}
