#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <mpi.h>

namespace cageopt::postprocess {

/// Figures of one cage design in this patient; what was not computed is empty and becomes null.
struct DesignFigures
{
  std::optional<double> strain_mismatch_intact;  ///< [-], against the intact segment
  std::optional<double> strain_mismatch_graft;   ///< [-], against the envelope filled at the target modulus
  std::optional<double> overstrained_volume_mm3; ///< bone near the cage beyond 'Goal/Overstrain threshold'
  std::map<std::string, double> further;         ///< by name with unit ("effective_modulus_mpa")
};

/// How a run ended, for people and for programs.
struct RunSummary
{
  bool converged = false;
  std::string stop_reason; ///< in words: which criterion or limit
  std::optional<double> effective_modulus_target_mpa;
  std::optional<double> effective_modulus_reached_mpa;
  unsigned int iterations = 0;
  std::uint64_t unknowns = 0;
  double seconds = 0;
  std::uint64_t peak_memory_bytes = 0; ///< sum over ranks, see sum_peak_memory()
  /// By name ("optimised", "solid_titanium", ...), in the order of the table.
  std::vector<std::pair<std::string, DesignFigures>> designs;
  /// More top-level keys, by name with unit ("effective_modulus_refined_mpa", "feasibility").
  std::map<std::string, std::variant<double, std::string>> further;

  /// summary.json. Rank-local: call inside inputs::on_root(). Keys as the members, the designs below "designs"; numbers
  /// that are empty or not finite become null. Throws Error{internal_error} if a further name is one of the fixed keys,
  /// Error{bad_input} if the file cannot be written.
  void write(const std::string &path) const;

  /// The closing table; call on rank 0.
  void print(std::ostream &out) const;
};

/// "effective_modulus" and "MPa" -> "effective_modulus_mpa"; no suffix for dimensionless.
std::string key_with_unit(const std::string &name, const std::string &unit);

/// Largest resident memory of this process so far (VmHWM of /proc/self/status), summed over the ranks, bytes.
/// Pages shared between ranks count once per rank. 0 where the system does not tell. Collective.
std::uint64_t sum_peak_memory(MPI_Comm comm);

} // namespace cageopt::postprocess
