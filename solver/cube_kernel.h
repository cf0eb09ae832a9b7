#pragma once

#include <array>
#include <utility>

namespace cageopt::solver {

/// Stiffness of a trilinear cube of cubic material in the parity basis.
///
/// The sums and differences of the eight corner values along x, y, z (a Walsh-Hadamard transform H, H H = 8) are the
/// coefficients of the products of 1 and (1 - 2 x / h). Mirror symmetry then splits the 24 x 24 element matrix into
/// eight 3 x 3 blocks: block P couples, for each component c, the mode P xor 2^c. With a_k = (h / 16) 3^-k,
///   B_P[c][c] = C11 a_|P|              (bit c of P is 0)
///             + sum over d != c with bit d of P set: C44 a_(|P xor 2^c| - 1),
///   B_P[c][d] = C12 a_|P|  (bits c and d are 0),  C44 a_(|P| - 2)  (bits c and d are 1),  0 otherwise,
/// and K_e u = H B H u. It is exact: 45 non-zeros instead of 576. The same blocks with (C11, C12, C44) = (1, 0, 1/2)
/// give the integral of the squared strain, eps : eps.
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

  /// u := B u, constants already times h / 16.
  static inline __attribute__((always_inline)) void multiply(Values &u, const Scalar c11, const Scalar c12,
                                                             const Scalar c44)
  {
    const Scalar third = Scalar{} + decltype(scalar_element(c11))(1. / 3.);
    const Scalar a11[3] = {c11, c11 * third, c11 * third * third};
    const Scalar a12[2] = {c12, c12 * third};
    const Scalar a44[3] = {c44, c44 * third, c44 * third * third};
    multiply_all(u, a11, a12, a44, std::make_integer_sequence<unsigned int, 8>());
  }

  /// Adds the three factors of C11, C12, C44 in u^T B v to `form`; both in mode coefficients. With modes that come from
  /// transform(), u^T K_e v = (h / 16) (C11 form[0] + C12 form[1] + C44 form[2]).
  static inline __attribute__((always_inline)) void bilinear(const Values &u, const Values &v, Value (&form)[3])
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

  template <unsigned int P, unsigned int c>
  static inline __attribute__((always_inline)) Scalar diagonal(const Scalar (&a11)[3], const Scalar (&a44)[3])
  {
    constexpr unsigned int d = (c + 1) % 3, e = (c + 2) % 3, shear = bits(P ^ (1u << c));
    Scalar sum = Scalar{};
    if constexpr (!has(P, c))
      sum = sum + a11[bits(P)];
    if constexpr (has(P, d))
      sum = sum + a44[shear - 1];
    if constexpr (has(P, e))
      sum = sum + a44[shear - 1];
    return sum;
  }

  template <unsigned int P, unsigned int c, unsigned int d>
  static inline __attribute__((always_inline)) void couple(Value &out, const Value &in, const Scalar (&a12)[2],
                                                           const Scalar (&a44)[3])
  {
    if constexpr (!has(P, c) && !has(P, d))
      out = out + a12[bits(P)] * in;
    else if constexpr (has(P, c) && has(P, d))
      out = out + a44[bits(P) - 2] * in;
  }

  template <unsigned int P>
  static inline __attribute__((always_inline)) void multiply_block(Values &u, const Scalar (&a11)[3],
                                                                   const Scalar (&a12)[2], const Scalar (&a44)[3])
  {
    const Value x = u[0][P ^ 1], y = u[1][P ^ 2], z = u[2][P ^ 4];
    Value fx = diagonal<P, 0>(a11, a44) * x, fy = diagonal<P, 1>(a11, a44) * y, fz = diagonal<P, 2>(a11, a44) * z;
    couple<P, 0, 1>(fx, y, a12, a44);
    couple<P, 0, 2>(fx, z, a12, a44);
    couple<P, 1, 0>(fy, x, a12, a44);
    couple<P, 1, 2>(fy, z, a12, a44);
    couple<P, 2, 0>(fz, x, a12, a44);
    couple<P, 2, 1>(fz, y, a12, a44);
    u[0][P ^ 1] = fx;
    u[1][P ^ 2] = fy;
    u[2][P ^ 4] = fz;
  }

  template <unsigned int... P>
  static inline __attribute__((always_inline)) void multiply_all(Values &u, const Scalar (&a11)[3],
                                                                 const Scalar (&a12)[2], const Scalar (&a44)[3],
                                                                 std::integer_sequence<unsigned int, P...>)
  {
    (multiply_block<P>(u, a11, a12, a44), ...);
  }

  template <unsigned int P, unsigned int c, unsigned int d>
  static inline __attribute__((always_inline)) void couple_form(const Value &u, const Value &v, Value (&form)[3])
  {
    if constexpr (!has(P, c) && !has(P, d))
      form[1] = form[1] + power<bits(P)>() * u * v;
    else if constexpr (has(P, c) && has(P, d))
      form[2] = form[2] + power<bits(P) - 2>() * u * v;
  }

  template <unsigned int P, unsigned int c>
  static inline __attribute__((always_inline)) void diagonal_form(const Value &u, const Value &v, Value (&form)[3])
  {
    constexpr unsigned int d = (c + 1) % 3, e = (c + 2) % 3, shear = bits(P ^ (1u << c));
    if constexpr (!has(P, c))
      form[0] = form[0] + power<bits(P)>() * u * v;
    if constexpr (has(P, d))
      form[2] = form[2] + power<shear - 1>() * u * v;
    if constexpr (has(P, e))
      form[2] = form[2] + power<shear - 1>() * u * v;
  }

  template <unsigned int k>
  static constexpr auto power()
  {
    using Element = decltype(scalar_element(std::declval<Value>()));
    return static_cast<Element>(k == 0 ? 1. : (k == 1 ? 1. / 3. : 1. / 9.));
  }

  template <unsigned int P>
  static inline __attribute__((always_inline)) void form_block(const Values &u, const Values &v, Value (&form)[3])
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

  template <unsigned int... P>
  static inline __attribute__((always_inline)) void bilinear_all(const Values &u, const Values &v, Value (&form)[3],
                                                                 std::integer_sequence<unsigned int, P...>)
  {
    (form_block<P>(u, v, form), ...);
  }
};

/// Diagonal of K_e, the same for all 24 entries of a cubic material: h (C11 + 2 C44) / 9.
constexpr double cube_diagonal(const double edge, const double c11, const double c44)
{
  return edge * (c11 + 2. * c44) / 9.;
}

/// K_e[(a, c), (b, c)], the entry between corners a and b of the same component c; it depends on a xor b only.
inline double cube_entry(const double edge, const double c11, const double c44, const unsigned int component,
                         const unsigned int a_xor_b)
{
  double sum = 0;
  const auto bits = [](const unsigned int x) { return (x & 1) + (x >> 1 & 1) + (x >> 2 & 1); };
  const double power[4] = {1., 1. / 3., 1. / 9., 1. / 27.};
  for (unsigned int mode = 0; mode < 8; ++mode) {
    const unsigned int block = mode ^ (1u << component);
    double entry = 0;
    if ((block >> component & 1) == 0)
      entry += c11 * power[bits(block)];
    for (unsigned int d = 0; d < 3; ++d)
      if (d != component && (block >> d & 1))
        entry += c44 * power[bits(mode) - 1];
    sum += bits(mode & a_xor_b) % 2 == 0 ? entry : -entry;
  }
  return edge / 16. * sum;
}

} // namespace cageopt::solver
