// The output folder is made, probed and protected, and every refusal is the same Error{bad_input} on all ranks.
#include <filesystem>
#include <functional>

#include <gtest/gtest.h>

#include <inputs/error.h>
#include <postprocess/output_folder.h>

#include "scratch_folder.h"

namespace fs = std::filesystem;
using cageopt::inputs::Error;
using cageopt::inputs::ExitCode;
using cageopt::postprocess::OutputFolder;
using cageopt::postprocess::write_atomically;

namespace {

/// The message of the Error{bad_input} that `action` must throw on every rank.
std::string bad_input_message(const std::function<void()> &action)
{
  try {
    action();
  } catch (const Error &error) {
    EXPECT_EQ(error.code, ExitCode::bad_input);
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

void expect_refused(const std::string &path, const std::string &rule)
{
  const std::string message = bad_input_message([&] { OutputFolder(MPI_COMM_WORLD, path); });
  EXPECT_NE(message.find("the output folder is '" + path + "'"), std::string::npos) << message;
  EXPECT_NE(message.find(rule), std::string::npos) << message;
  EXPECT_NE(message.find("Way out: "), std::string::npos) << message;
}

} // namespace

TEST(OutputFolderMpi, CreatesNestedFolder)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  const OutputFolder folder(MPI_COMM_WORLD, scratch.path + "/new/run");
  EXPECT_TRUE(fs::is_directory(folder.path() + "/field"));
  EXPECT_EQ(folder.summary(), scratch.path + "/new/run/summary.json");
  EXPECT_FALSE(fs::exists(folder.path() + "/.cageopt_write_probe"));
}

TEST(OutputFolderMpi, RefusesAFile)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  if (scratch.is_root())
    write_text(scratch.path + "/taken", "x");
  expect_refused(scratch.path + "/taken", "there is a file of that name");
}

// Works for root too, who may write to any ordinary folder.
TEST(OutputFolderMpi, RefusesWhatCannotBeWritten)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  if (scratch.is_root())
    write_text(scratch.path + "/file", "x");
  expect_refused(scratch.path + "/file/run", "it cannot be created");
  expect_refused("/proc/cageopt_run", "it cannot be created");
  expect_refused("/proc", "no file can be written there");
  expect_refused("", "an empty name is no folder");
}

TEST(OutputFolderMpi, ProtectsAFinishedRun)
{
  ScratchFolder scratch(MPI_COMM_WORLD);
  const std::string run = scratch.path + "/run";
  OutputFolder(MPI_COMM_WORLD, run);
  if (scratch.is_root()) {
    fs::create_directories(run + "/solution");
    for (const auto *name :
         {"/summary.json", "/solution.pvd", "/solution/solution_0001_0.vtu", "/solution/mine.txt", "/notes.txt"})
      write_text(run + name, "earlier");
  }
  MPI_Barrier(MPI_COMM_WORLD);

  expect_refused(run, "it holds the summary.json of a finished run");
  EXPECT_EQ(read_text(run + "/summary.json"), "earlier");
  MPI_Barrier(MPI_COMM_WORLD);

  OutputFolder(MPI_COMM_WORLD, run, true);
  for (const auto *name : {"/summary.json", "/solution.pvd", "/solution/solution_0001_0.vtu"})
    EXPECT_FALSE(fs::exists(run + name)) << name;
  for (const auto *name : {"/solution/mine.txt", "/notes.txt"})
    EXPECT_EQ(read_text(run + name), "earlier") << name;
}

TEST(WriteAtomically, ReplacesAndLeavesNothingBehind)
{
  ScratchFolder scratch;
  write_atomically(scratch.path + "/a", "first, longer");
  write_atomically(scratch.path + "/a", "second");
  EXPECT_EQ(read_text(scratch.path + "/a"), "second");
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path), fs::directory_iterator()), 1);

  const std::string message = bad_input_message([&] { write_atomically(scratch.path + "/none/a", "x"); });
  EXPECT_NE(message.find("No such file or directory"), std::string::npos) << message;
}
