#pragma once

#include <array>
#include <utility>

namespace cageopt::solver {

/// Where in a cell's list of elastic constants the one for components c and d stands. Cells hold C11, C12, C44 (cubic)
/// or C11, C33, C12, C13, C44, C66 (CellStiffness).
template <unsigned int n_constants>
struct ElasticConstants;
template <>
struct ElasticConstants<3>
{
  static constexpr unsigned int normal(unsigned int) { return 0; }
  static constexpr unsigned int lateral(unsigned int, unsigned int) { return 1; }
  static constexpr unsigned int shear(unsigned int, unsigned int) { return 2; }
};
template <>
struct ElasticConstants<6>
{
  static constexpr unsigned int normal(const unsigned int c) { return c < 2 ? 0 : 1; }
  static constexpr unsigned int lateral(const unsigned int c, const unsigned int d) { return c + d == 1 ? 2 : 3; }
  static constexpr unsigned int shear(const unsigned int c, const unsigned int d) { return c + d == 1 ? 5 : 4; }
};

/// Stiffness of a trilinear cube in the parity basis.
///
/// The sums and differences of the eight corner values along x, y, z (a Walsh-Hadamard transform H, H H = 8) are the
/// coefficients of the products of 1 and (1 - 2 x / h). Mirror symmetry then splits the 24 x 24 element matrix into
/// eight 3 x 3 blocks: block P couples, for each component c, the mode P xor 2^c. With a_k = (h / 16) 3^-k,
///   B_P[c][c] = C_cc a_|P|             (bit c of P is 0)
///             + sum over d != c with bit d of P set: G_cd a_(|P xor 2^c| - 1),
///   B_P[c][d] = C_cd a_|P|  (bits c and d are 0),  G_cd a_(|P| - 2)  (bits c and d are 1),  0 otherwise,
/// C_cd the normal block of the stiffness and G_cd its shear moduli, and K_e u = H B H u. It is exact: 45 non-zeros
/// instead of 576. The same blocks with C11 = C33 = 1, C12 = C13 = 0, C44 = C66 = 1/2 give the integral of the squared
/// strain, eps : eps.
///
/// Arrays are u[component][corner or mode], corners lexicographic with x fastest. `Value` holds what is handled at once
/// (several right-hand sides or several cells); `Scalar` the material, per cell or per lane of cells.
template <typename Value, typename Scalar>
struct CubeKernel
{
  using Values = Value[3][8];

  /// In place, corner values to mode coefficients or back (without the factor 1/8).
  static inline __attribute__((always_inline)) void transform(Values &u)
  {
    for (unsigned int c = 0; c < 3; ++c) {
      butterfly<1>(u[c]);
      butterfly<2>(u[c]);
      butterfly<4>(u[c]);
    }
  }

  /// Corner values relative to corner 0's, as strain sees them. To be called before transform() in single precision:
  /// the differences of neighbouring values are exact, while sums of values would carry the rounding of a stiff body's
  /// rigid motion into its strain, which a contrast of 1e6 to what holds it would make larger than the true forces.
  static inline __attribute__((always_inline)) void remove_translation(Values &u)
  {
#pragma GCC unroll 3
    for (unsigned int c = 0; c < 3; ++c) {
#pragma GCC unroll 8
      for (unsigned int v = 1; v < 8; ++v)
        u[c][v] = u[c][v] - u[c][0];
      u[c][0] = Value{};
    }
  }

  /// u := B u, constants already times h / 16.
  template <std::size_t n_constants>
  static inline __attribute__((always_inline)) void multiply(Values &u, const Scalar (&constants)[n_constants])
  {
    const Scalar third = Scalar{} + decltype(scalar_element(constants[0]))(1. / 3.);
    Scalar scaled[3][n_constants]; // times 1, 1/3, 1/9
    for (std::size_t k = 0; k < n_constants; ++k) {
      scaled[0][k] = constants[k];
      scaled[1][k] = third * constants[k];
      scaled[2][k] = third * scaled[1][k];
    }
    multiply_all(u, scaled, std::make_integer_sequence<unsigned int, 8>());
  }

  /// Adds the factors of the material's constants (in the order of ElasticConstants) in u^T B v to `form`; both in mode
  /// coefficients. With modes that come from transform(), u^T K_e v = (h / 16) sum_k constants[k] form[k].
  template <std::size_t n_constants>
  static inline __attribute__((always_inline)) void bilinear(const Values &u, const Values &v,
                                                             Value (&form)[n_constants])
  {
    bilinear_all(u, v, form, std::make_integer_sequence<unsigned int, 8>());
  }

private:
  template <typename T>
  static auto scalar_element(const T &value) -> decltype(value[0] + value[0])
  {
    return value[0];
  }
  static float scalar_element(float value) { return value; }
  static double scalar_element(double value) { return value; }

  template <unsigned int stride>
  static inline __attribute__((always_inline)) void butterfly(Value (&x)[8])
  {
#pragma GCC unroll 8
    for (unsigned int i = 0; i < 8; ++i)
      if ((i & stride) == 0) {
        const Value sum = x[i] + x[i + stride];
        x[i + stride] = x[i] - x[i + stride];
        x[i] = sum;
      }
  }

  static constexpr unsigned int bits(const unsigned int x) { return (x & 1) + (x >> 1 & 1) + (x >> 2 & 1); }
  static constexpr bool has(const unsigned int x, const unsigned int bit) { return (x >> bit & 1) != 0; }

  template <unsigned int P, unsigned int c, std::size_t n>
  static inline __attribute__((always_inline)) Scalar diagonal(const Scalar (&scaled)[3][n])
  {
    using Constants = ElasticConstants<n>;
    constexpr unsigned int d = (c + 1) % 3, e = (c + 2) % 3, shear = bits(P ^ (1u << c));
    Scalar sum = Scalar{};
    if constexpr (!has(P, c))
      sum = sum + scaled[bits(P)][Constants::normal(c)];
    if constexpr (has(P, d))
      sum = sum + scaled[shear - 1][Constants::shear(c, d)];
    if constexpr (has(P, e))
      sum = sum + scaled[shear - 1][Constants::shear(c, e)];
    return sum;
  }

  template <unsigned int P, unsigned int c, unsigned int d, std::size_t n>
  static inline __attribute__((always_inline)) void couple(Value &out, const Value &in, const Scalar (&scaled)[3][n])
  {
    using Constants = ElasticConstants<n>;
    if constexpr (!has(P, c) && !has(P, d))
      out = out + scaled[bits(P)][Constants::lateral(c, d)] * in;
    else if constexpr (has(P, c) && has(P, d))
      out = out + scaled[bits(P) - 2][Constants::shear(c, d)] * in;
  }

  template <unsigned int P, std::size_t n>
  static inline __attribute__((always_inline)) void multiply_block(Values &u, const Scalar (&scaled)[3][n])
  {
    const Value x = u[0][P ^ 1], y = u[1][P ^ 2], z = u[2][P ^ 4];
    Value fx = diagonal<P, 0>(scaled) * x, fy = diagonal<P, 1>(scaled) * y, fz = diagonal<P, 2>(scaled) * z;
    couple<P, 0, 1>(fx, y, scaled);
    couple<P, 0, 2>(fx, z, scaled);
    couple<P, 1, 0>(fy, x, scaled);
    couple<P, 1, 2>(fy, z, scaled);
    couple<P, 2, 0>(fz, x, scaled);
    couple<P, 2, 1>(fz, y, scaled);
    u[0][P ^ 1] = fx;
    u[1][P ^ 2] = fy;
    u[2][P ^ 4] = fz;
  }

  template <std::size_t n, unsigned int... P>
  static inline __attribute__((always_inline)) void multiply_all(Values &u, const Scalar (&scaled)[3][n],
                                                                 std::integer_sequence<unsigned int, P...>)
  {
    (multiply_block<P>(u, scaled), ...);
  }

  template <unsigned int P, unsigned int c, unsigned int d, std::size_t n>
  static inline __attribute__((always_inline)) void couple_form(const Value &u, const Value &v, Value (&form)[n])
  {
    using Constants = ElasticConstants<n>;
    constexpr unsigned int lateral = Constants::lateral(c, d), shear = Constants::shear(c, d);
    if constexpr (!has(P, c) && !has(P, d))
      form[lateral] = form[lateral] + power<bits(P)>() * u * v;
    else if constexpr (has(P, c) && has(P, d))
      form[shear] = form[shear] + power<bits(P) - 2>() * u * v;
  }

  template <unsigned int P, unsigned int c, std::size_t n>
  static inline __attribute__((always_inline)) void diagonal_form(const Value &u, const Value &v, Value (&form)[n])
  {
    using Constants = ElasticConstants<n>;
    constexpr unsigned int d = (c + 1) % 3, e = (c + 2) % 3, shear = bits(P ^ (1u << c));
    constexpr unsigned int normal = Constants::normal(c);
    constexpr unsigned int shear_d = Constants::shear(c, d), shear_e = Constants::shear(c, e);
    if constexpr (!has(P, c))
      form[normal] = form[normal] + power<bits(P)>() * u * v;
    if constexpr (has(P, d))
      form[shear_d] = form[shear_d] + power<shear - 1>() * u * v;
    if constexpr (has(P, e))
      form[shear_e] = form[shear_e] + power<shear - 1>() * u * v;
  }

  template <unsigned int k>
  static constexpr auto power()
  {
    using Element = decltype(scalar_element(std::declval<Value>()));
    return static_cast<Element>(k == 0 ? 1. : (k == 1 ? 1. / 3. : 1. / 9.));
  }

  template <unsigned int P, std::size_t n>
  static inline __attribute__((always_inline)) void form_block(const Values &u, const Values &v, Value (&form)[n])
  {
    diagonal_form<P, 0>(u[0][P ^ 1], v[0][P ^ 1], form);
    diagonal_form<P, 1>(u[1][P ^ 2], v[1][P ^ 2], form);
    diagonal_form<P, 2>(u[2][P ^ 4], v[2][P ^ 4], form);
    couple_form<P, 0, 1>(u[0][P ^ 1], v[1][P ^ 2], form);
    couple_form<P, 0, 2>(u[0][P ^ 1], v[2][P ^ 4], form);
    couple_form<P, 1, 0>(u[1][P ^ 2], v[0][P ^ 1], form);
    couple_form<P, 1, 2>(u[1][P ^ 2], v[2][P ^ 4], form);
    couple_form<P, 2, 0>(u[2][P ^ 4], v[0][P ^ 1], form);
    couple_form<P, 2, 1>(u[2][P ^ 4], v[1][P ^ 2], form);
  }

  template <std::size_t n, unsigned int... P>
  static inline __attribute__((always_inline)) void bilinear_all(const Values &u, const Values &v, Value (&form)[n],
                                                                 std::integer_sequence<unsigned int, P...>)
  {
    (form_block<P>(u, v, form), ...);
  }
};

/// The blocks themselves, times 16 / h: what the kernel above multiplies with, for single entries of K_e.
class ParityBlocks
{
public:
  explicit ParityBlocks(const std::array<double, 6> &constants) : constants(constants) {}

  /// B_P[c][d]
  double operator()(const unsigned int P, const unsigned int c, const unsigned int d) const
  {
    using Constants = ElasticConstants<6>;
    const auto bits = [](const unsigned int x) { return (x & 1) + (x >> 1 & 1) + (x >> 2 & 1); };
    static constexpr double power[4] = {1., 1. / 3., 1. / 9., 1. / 27.};
    const bool has_c = P >> c & 1, has_d = P >> d & 1;
    if (c != d)
      return !has_c && !has_d ? power[bits(P)] * constants[Constants::lateral(c, d)]
             : has_c && has_d ? power[bits(P) - 2] * constants[Constants::shear(c, d)]
                              : 0.;
    double sum = has_c ? 0. : power[bits(P)] * constants[Constants::normal(c)];
    for (unsigned int e = 0; e < 3; ++e)
      if (e != c && (P >> e & 1))
        sum += power[bits(P ^ (1u << c)) - 1] * constants[Constants::shear(c, e)];
    return sum;
  }

private:
  std::array<double, 6> constants;
};

/// Diagonal of K_e for a displacement component, the same at all corners: h (C_cc + sum of the shear moduli G_cd) / 9.
inline double cube_diagonal(const double edge, const std::array<double, 6> &constants, const unsigned int component)
{
  using Constants = ElasticConstants<6>;
  const unsigned int d = (component + 1) % 3, e = (component + 2) % 3;
  return edge / 9. *
         (constants[Constants::normal(component)] + constants[Constants::shear(component, d)] +
          constants[Constants::shear(component, e)]);
}

/// K_e[(a, c), (b, c)], the entry between corners a and b of the same component c; it depends on a xor b only.
inline double cube_entry(const double edge, const std::array<double, 6> &constants, const unsigned int component,
                         const unsigned int a_xor_b)
{
  const ParityBlocks blocks(constants);
  double sum = 0;
  for (unsigned int mode = 0; mode < 8; ++mode) {
    const double entry = blocks(mode ^ (1u << component), component, component);
    sum += __builtin_parity(mode & a_xor_b) ? -entry : entry;
  }
  return edge / 16. * sum;
}

} // namespace cageopt::solver
