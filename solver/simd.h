#pragma once

namespace cageopt::solver {

/// `width` numbers handled at once, as GCC's and Clang's vector extension: + - * / work element by element and compile
/// to whatever instructions the target has.
template <typename Number, int width>
struct SimdTraits
{
  using type __attribute__((vector_size(width * sizeof(Number)))) = Number;
};
template <typename Number, int width>
using Simd = typename SimdTraits<Number, width>::type;

/// Cells handled at once where one right-hand side is solved for: a full register.
template <typename Number>
constexpr int simd_cells =
#if defined(__AVX512F__)
    64 / sizeof(Number);
#elif defined(__AVX__)
    32 / sizeof(Number);
#else
    16 / sizeof(Number);
#endif

} // namespace cageopt::solver
