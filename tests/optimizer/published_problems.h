#pragma once

#include <string>

#include "analytic_problems.h"

namespace cageopt::optimizer::test {

/// A problem with a published optimum.
struct PublishedProblem
{
  std::string name;
  SerialProblem problem;
  DesignVector start;
  double optimum;        ///< published objective
  double accuracy;       ///< relative, of the published digits
  DesignVector solution; ///< published design; empty: none
};

/// Svanberg (1987), two-bar truss and five-segment cantilever; Hock & Schittkowski (1981), Test Examples for Nonlinear
/// Programming Codes, problems with inequality constraints only, where unbounded within wide bounds that are inactive.
/// Constraints are divided by their constant to be of order one.
inline std::vector<PublishedProblem> published_problems()
{
  std::vector<PublishedProblem> result;
  const auto divide = [](Evaluation &e, const std::vector<double> &scales) {
    for (std::size_t i = 0; i < scales.size(); ++i) {
      e.constraints[i] /= scales[i];
      for (double &value : e.constraint_gradients[i])
        value /= scales[i];
    }
  };

  result.push_back({"FiveSegments", five_segments(), DesignVector(5, 5.), 1.3399563606, 1e-6,
                    DesignVector(std::begin(five_segments_x), std::end(five_segments_x))});

  result.push_back({"TwoBarTruss",
                    SerialProblem({.2, .1}, {4., 1.6}, 2,
                                  [](const DesignVector &x, Evaluation &e) {
                                    const double a = x[0], b = x[1], root = std::sqrt(1 + b * b);
                                    e.objective = a * root;
                                    e.objective_gradient = {root, a * b / root};
                                    for (int i = 0; i < 2; ++i) {
                                      const double sign = i == 0 ? 1. : -1., sum = 8 / a + sign / (a * b);
                                      e.constraints[i] = .124 * root * sum - 1.;
                                      e.constraint_gradients[i] = {-.124 * root * sum / a,
                                                                   .124 * (b / root * sum - root * sign / (a * b * b))};
                                    }
                                  }),
                    {1.5, .5},
                    1.51,
                    .005 / 1.51,
                    {1.41, .38}});

  result.push_back({"HS21",
                    SerialProblem({2., -50.}, {50., 50.}, 1,
                                  [](const DesignVector &x, Evaluation &e) {
                                    e.objective = .01 * x[0] * x[0] + x[1] * x[1] - 100;
                                    e.objective_gradient = {.02 * x[0], 2 * x[1]};
                                    e.constraints = {1. - x[0] + .1 * x[1]};
                                    e.constraint_gradients = {{-1., .1}};
                                  }),
                    {-1., -1.}, // outside the bounds and infeasible
                    -99.96,
                    1e-6,
                    {2., 0.}});

  result.push_back({"HS35",
                    SerialProblem(DesignVector(3, 0.), DesignVector(3, 10.), 1,
                                  [](const DesignVector &x, Evaluation &e) {
                                    e.objective = 9 - 8 * x[0] - 6 * x[1] - 4 * x[2] + 2 * x[0] * x[0] +
                                                  2 * x[1] * x[1] + x[2] * x[2] + 2 * x[0] * x[1] + 2 * x[0] * x[2];
                                    e.objective_gradient = {-8 + 4 * x[0] + 2 * x[1] + 2 * x[2],
                                                            -6 + 4 * x[1] + 2 * x[0], -4 + 2 * x[2] + 2 * x[0]};
                                    e.constraints = {(x[0] + x[1] + 2 * x[2]) / 3 - 1};
                                    e.constraint_gradients = {{1. / 3, 1. / 3, 2. / 3}};
                                  }),
                    DesignVector(3, .5),
                    1. / 9.,
                    1e-5,
                    {4. / 3., 7. / 9., 4. / 9.}});

  result.push_back(
      {"HS43",
       SerialProblem(DesignVector(4, -5.), DesignVector(4, 5.), 3,
                     [](const DesignVector &x, Evaluation &e) {
                       e.objective = x[0] * x[0] + x[1] * x[1] + 2 * x[2] * x[2] + x[3] * x[3] - 5 * x[0] - 5 * x[1] -
                                     21 * x[2] + 7 * x[3];
                       e.objective_gradient = {2 * x[0] - 5, 2 * x[1] - 5, 4 * x[2] - 21, 2 * x[3] + 7};
                       e.constraints = {
                           x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + x[3] * x[3] + x[0] - x[1] + x[2] - x[3] - 8,
                           x[0] * x[0] + 2 * x[1] * x[1] + x[2] * x[2] + 2 * x[3] * x[3] - x[0] - x[3] - 10,
                           2 * x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + 2 * x[0] - x[1] - x[3] - 5};
                       e.constraint_gradients = {{2 * x[0] + 1, 2 * x[1] - 1, 2 * x[2] + 1, 2 * x[3] - 1},
                                                 {2 * x[0] - 1, 4 * x[1], 2 * x[2], 4 * x[3] - 1},
                                                 {4 * x[0] + 2, 2 * x[1] - 1, 2 * x[2], -1}};
                     }),
       DesignVector(4, 0.),
       -44.,
       1e-6,
       {0., 1., 2., -1.}});

  result.push_back(
      {"HS64",
       SerialProblem(DesignVector(3, 1e-5), DesignVector(3, 500.), 1,
                     [](const DesignVector &x, Evaluation &e) {
                       const double slopes[] = {5, 20, 10}, poles[] = {5e4, 7.2e4, 1.44e5}, shares[] = {4, 32, 120};
                       e.objective = 0;
                       e.constraints[0] = -1;
                       for (int j = 0; j < 3; ++j) {
                         e.objective += slopes[j] * x[j] + poles[j] / x[j];
                         e.objective_gradient[j] = slopes[j] - poles[j] / (x[j] * x[j]);
                         e.constraints[0] += shares[j] / x[j];
                         e.constraint_gradients[0][j] = -shares[j] / (x[j] * x[j]);
                       }
                     }),
       DesignVector(3, 1.),
       6299.84242821,
       1e-6,
       {108.734717597, 85.1261394257, 204.324707858}});

  result.push_back(
      {"HS65",
       SerialProblem({-4.5, -4.5, -5.}, {4.5, 4.5, 5.}, 1,
                     [divide](const DesignVector &x, Evaluation &e) {
                       const double apart = x[0] - x[1], sum = (x[0] + x[1] - 10) / 3, rest = x[2] - 5;
                       e.objective = apart * apart + sum * sum + rest * rest;
                       e.objective_gradient = {2 * apart + 2 * sum / 3, -2 * apart + 2 * sum / 3, 2 * rest};
                       e.constraints = {x[0] * x[0] + x[1] * x[1] + x[2] * x[2] - 48};
                       e.constraint_gradients = {{2 * x[0], 2 * x[1], 2 * x[2]}};
                       divide(e, {48.});
                     }),
       {-5., 5., 0.}, // outside the bounds
       .9535288567,
       1e-6,
       {3.650461821, 3.65046169, 4.6204170507}});

  result.push_back(
      {"HS76",
       SerialProblem(
           DesignVector(4, 0.), DesignVector(4, 5.), 3,
           [](const DesignVector &x, Evaluation &e) {
             e.objective = x[0] * x[0] + .5 * x[1] * x[1] + x[2] * x[2] + .5 * x[3] * x[3] - x[0] * x[2] + x[2] * x[3] -
                           x[0] - 3 * x[1] + x[2] - x[3];
             e.objective_gradient = {2 * x[0] - x[2] - 1, x[1] - 3, 2 * x[2] - x[0] + x[3] + 1, x[3] + x[2] - 1};
             e.constraints = {x[0] + 2 * x[1] + x[2] + x[3] - 5, 3 * x[0] + x[1] + 2 * x[2] - x[3] - 4,
                              1.5 - x[1] - 4 * x[2]};
             e.constraint_gradients = {{1, 2, 1, 1}, {3, 1, 2, -1}, {0, -1, -4, 0}};
           }),
       DesignVector(4, .5),
       -103. / 22.,
       1e-6,
       {3. / 11., 23. / 11., 0., 6. / 11.}});

  result.push_back({"HS100",
                    SerialProblem(DesignVector(7, -10.), DesignVector(7, 10.), 4,
                                  [divide](const DesignVector &v, Evaluation &e) {
                                    const double a = v[0], b = v[1], c = v[2], d = v[3], f = v[4], g = v[5], h = v[6];
                                    e.objective = std::pow(a - 10, 2) + 5 * std::pow(b - 12, 2) + std::pow(c, 4) +
                                                  3 * std::pow(d - 11, 2) + 10 * std::pow(f, 6) + 7 * g * g +
                                                  std::pow(h, 4) - 4 * g * h - 10 * g - 8 * h;
                                    e.objective_gradient = {2 * (a - 10),
                                                            10 * (b - 12),
                                                            4 * c * c * c,
                                                            6 * (d - 11),
                                                            60 * std::pow(f, 5),
                                                            14 * g - 4 * h - 10,
                                                            4 * h * h * h - 4 * g - 8};
                                    e.constraints = {2 * a * a + 3 * std::pow(b, 4) + c + 4 * d * d + 5 * f - 127,
                                                     7 * a + 3 * b + 10 * c * c + d - f - 282,
                                                     23 * a + b * b + 6 * g * g - 8 * h - 196,
                                                     4 * a * a + b * b - 3 * a * b + 2 * c * c + 5 * g - 11 * h};
                                    e.constraint_gradients = {{4 * a, 12 * b * b * b, 1, 8 * d, 5, 0, 0},
                                                              {7, 3, 20 * c, 1, -1, 0, 0},
                                                              {23, 2 * b, 0, 0, 0, 12 * g, -8},
                                                              {8 * a - 3 * b, 2 * b - 3 * a, 4 * c, 0, 0, 5, -11}};
                                    divide(e, {127, 282, 196, 10});
                                  }),
                    {1, 2, 0, 4, 0, 1, 1},
                    680.6300573,
                    1e-6,
                    {}});
  return result;
}

/// After the dense test problems of Svanberg (2002), SIAM J Optim 12:555, divided by n: x^T S x over the box [-1, 1]^n
/// with x^T P x and x^T Q x bounded by n/2, from below (problem 1, start 0.5) or with the signs changed (problem 2,
/// start 0.25). Not convex; compared with NLopt, not with published figures.
inline SerialProblem dense_quadratics(const int number, const std::size_t n)
{
  const auto entry = [n](const int matrix, const std::size_t i, const std::size_t j) {
    const double alpha = double(i + j) / double(2 * n - 2), apart = 1. + std::abs(double(i) - double(j));
    const double numerator = matrix == 0   ? 2. + std::sin(4. * 3.14159265358979323846 * alpha)
                             : matrix == 1 ? 1. + 2. * alpha
                                           : 3. - 2. * alpha;
    return numerator / (apart * std::log(double(n)));
  };
  const double sign = number == 1 ? 1. : -1.;
  return SerialProblem(DesignVector(n, -1.), DesignVector(n, 1.), 2, [=](const DesignVector &x, Evaluation &e) {
    for (int matrix = 0; matrix < 3; ++matrix) {
      double value = 0;
      DesignVector gradient(n, 0.);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j)
          gradient[i] += 2. * entry(matrix, i, j) * x[j] / double(n);
        value += .5 * gradient[i] * x[i];
      }
      const double factor = matrix == 0 ? sign : -2. * sign; // n/2 - x^T P x <= 0, divided by n/2
      for (double &slope : gradient)
        slope *= factor;
      if (matrix == 0) {
        e.objective = factor * value;
        e.objective_gradient = gradient;
      } else {
        e.constraints[matrix - 1] = factor * value + sign;
        e.constraint_gradients[matrix - 1] = gradient;
      }
    }
  });
}

} // namespace cageopt::optimizer::test
