#pragma once

#include <stdexcept>
#include <string>

namespace cageopt::inputs {

/// How the program ends; these numbers are part of the command line's contract.
enum class ExitCode
{
  done = 0,           ///< converged, or the verb did what was asked
  internal_error = 1, ///< a mistake of ours
  bad_input = 2,      ///< the user's input breaks a rule; the message names input, value, rule and way out
  not_converged = 3,  ///< an iteration limit was reached without meeting the criteria
  stopped = 4,        ///< ended by a limit or a signal, with a checkpoint written
  infeasible = 5      ///< no design can meet the demands
};

/// Everything that ends the program with a message. `what()` is complete: it is printed once, without a stack trace.
class Error : public std::runtime_error
{
public:
  Error(const ExitCode code, const std::string &message) : std::runtime_error(message), code(code) {}
  const ExitCode code;
};

/// An Error with ExitCode::bad_input, composed of the four things that a user needs:
///   <input> is <value>: <rule>. <remedy>.
/// Example: InputError("'Filter/Radius'", "0.4 mm", "a cell is 0.5 mm wide, so the filter would do nothing",
///                     "use at least 0.75 mm or refine the mesh")
class InputError : public Error
{
public:
  InputError(const std::string &input, const std::string &value, const std::string &rule, const std::string &remedy)
      : Error(ExitCode::bad_input, input + " is " + value + ": " + rule + ". Way out: " + remedy + ".")
  {
  }
};

} // namespace cageopt::inputs
