#pragma once

#include <string>

#include <mpi.h>

#include <main/case.h>
#include <main/command_line.h>
#include <main/terminal.h>
#include <postprocess/output_folder.h>
#include <postprocess/provenance.h>

namespace cageopt {

/// The folder of `line`, or output/<case name>, with the case as given and as understood in it, and the log open.
postprocess::OutputFolder open_run_folder(const CommandLine &line, const Case &given, Terminal &terminal,
                                          MPI_Comm comm);

/// Provenance with the case and the patient's files hashed.
postprocess::Provenance start_provenance(const CommandLine &line, const Case &given, MPI_Comm comm);

} // namespace cageopt
