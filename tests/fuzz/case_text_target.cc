#include <inputs/case_text.h>
#include <inputs/load_case.h>
#include <inputs/patient.h>
#include <tests/fuzz/fuzz_input.h>

using namespace cageopt;

/// The statements of a case, as .prm and as JSON, and the values that are a language of their own.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, const std::size_t size)
{
  const std::string text(reinterpret_cast<const char *>(data), size);
  tests::may_refuse([&] { inputs::parse_prm(text, "case.prm"); });
  tests::may_refuse([&] { inputs::parse_json(text, "case.json"); });
  tests::may_refuse([&] { inputs::parse_level("L3/L4", text); });
  tests::may_refuse([&] {
    inputs::LoadParameters loads;
    loads.set = "custom";
    loads.custom_cases = text;
    inputs::load_cases(loads);
  });
  return 0;
}
