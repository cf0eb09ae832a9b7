#include <sstream>

#include <deal.II/base/mpi.h>

#include <inputs/case_file.h>
#include <inputs/case_text.h>
#include <inputs/load_case.h>
#include <inputs/patient.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

extern "C" int LLVMFuzzerInitialize(int *argc, char ***argv)
{
  static const dealii::Utilities::MPI::MPI_InitFinalize mpi(*argc, *argv, 1);
  return 0;
}

/// A case file through deal.II's ParameterHandler, with what the parameters check, and written again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  static const tests::FuzzFolder folder;
  const std::string text(reinterpret_cast<const char *>(data), size);
  const std::string path = folder.write(size > 0 && data[0] == '{' ? "case.json" : "case.prm", text);
  inputs::PatientParameters patient;
  inputs::LoadParameters loads;
  inputs::CaseFile file([&](dealii::ParameterHandler &prm) {
    patient.declare(prm);
    loads.declare(prm);
  });
  tests::may_refuse([&] {
    file.read(path, MPI_COMM_SELF);
    std::ostringstream prm, json;
    file.write_prm(prm);
    file.write_json(json);
    inputs::parse_prm(prm.str(), "written.prm");
    inputs::load_cases(loads);
  });
  return 0;
}
