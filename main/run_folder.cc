#include <main/run_folder.h>

#include <filesystem>
#include <sstream>

#include <inputs/collective.h>

namespace cageopt {

using postprocess::OutputFolder;

OutputFolder open_run_folder(const CommandLine &line, const Case &given, Terminal &terminal, MPI_Comm comm)
{
  const std::string name =
      line.output.empty() ? "output/" + std::filesystem::path(line.case_file).stem().string() : line.output;
  OutputFolder folder(comm, name, line.overwrite);
  inputs::on_root(comm, [&] {
    postprocess::write_atomically(folder.original_case(), given.file().text());
    std::ostringstream prm, json;
    given.file().write_prm(prm);
    given.file().write_json(json);
    postprocess::write_atomically(folder.parameters_prm(), prm.str());
    postprocess::write_atomically(folder.parameters_json(), json.str());
  });
  terminal.log_to(folder.log());
  return folder;
}

postprocess::Provenance start_provenance(const CommandLine &line, const Case &given, MPI_Comm comm)
{
  postprocess::Provenance provenance(comm, line.as_given, inputs::itk_version());
  provenance.add_input(line.case_file);
  if (given.is_patient())
    for (const auto &files : {given.patient.files(), given.cage.files()})
      for (const auto &file : files)
        provenance.add_input(file, inputs::resolve_path(given.data_directory, file));
  if (given.is_specimen()) {
    for (const auto &file : {given.specimen.image_file, given.specimen.label_file})
      if (!file.empty())
        provenance.add_input(file, inputs::resolve_path(given.data_directory, file));
    return provenance;
  }
  if (given.law.law == "lattice")
    provenance.add_input(given.law.lattice_file,
                         optimizer::lattice_file_path(given.law.lattice_file, given.data_directory));
  return provenance;
}

} // namespace cageopt
