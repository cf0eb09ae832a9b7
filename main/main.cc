// cageopt: designs the porous titanium fusion cage that fits a patient's bone.
//   usage: mpirun -n N cageopt VERB [CASE] [options]      see 'cageopt --help' and README.md for verbs and exit codes
#include <exception>
#include <iostream>

#include <deal.II/base/mpi.h>

#include <inputs/error.h>
#include <main/benchmark_command.h>
#include <main/bmd_command.h>
#include <main/command_line.h>
#include <main/homogenise_command.h>
#include <main/other_commands.h>
#include <main/pareto_command.h>
#include <main/process_memory.h>
#include <main/run_command.h>
#include <main/segment_command.h>
#include <main/specimen_commands.h>
#include <postprocess/provenance.h>

namespace {

using namespace cageopt;

inputs::ExitCode dispatch(const CommandLine &line, const bool is_root, MPI_Comm comm)
{
  if (line.help || line.version) {
    if (is_root)
      std::cout << (line.help ? line.help_text : "cageopt " + postprocess::version_text() + "\n") << std::flush;
    return inputs::ExitCode::done;
  }
  if (line.verb == "run")
    return run_command(line, comm);
  if (line.verb == "solve")
    return solve_command(line, comm);
  if (line.verb == "pareto")
    return pareto_command(line, comm);
  if (line.verb == "validate")
    return validate_command(line, comm);
  if (line.verb == "bmd")
    return bmd_command(line, comm);
  if (line.verb == "segment")
    return segment_command(line, comm);
  if (line.verb == "homogenise")
    return homogenise_command(line, comm);
  if (line.verb == "phantom")
    return phantom_command(line, comm);
  if (line.verb == "loads")
    return loads_command(comm);
  if (line.verb == "template")
    return template_command(comm);
  if (line.verb == "benchmark")
    return benchmark_command(line, comm);
  return gradient_check_command(line, comm);
}

} // namespace

int main(int argc, char **argv)
{
  const dealii::Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  return_freed_memory();
  const MPI_Comm comm = MPI_COMM_WORLD;
  const int rank = static_cast<int>(dealii::Utilities::MPI::this_mpi_process(comm));
  try {
    return static_cast<int>(dispatch(CommandLine::parse(argc, argv), rank == 0, comm));
  } catch (const inputs::Error &error) { // thrown on all ranks alike
    if (rank == 0)
      std::cerr << "\ncageopt: " << error.what() << std::endl;
    return static_cast<int>(error.code);
  } catch (const std::exception &error) { // on this rank alone, so the others must not wait for it
    std::cerr << "\ncageopt: internal error on rank " << rank << ": " << error.what() << std::endl;
    MPI_Abort(comm, static_cast<int>(inputs::ExitCode::internal_error));
  }
  return static_cast<int>(inputs::ExitCode::internal_error);
}
