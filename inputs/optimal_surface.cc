#include <inputs/optimal_surface.h>

#include <cmath>
#include <cstdint>

#include <boost/graph/boykov_kolmogorov_max_flow.hpp>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/property_map/property_map.hpp>

namespace cageopt::inputs {

namespace {

using Capacity = std::int32_t;
constexpr Capacity unlimited = 1 << 28;
constexpr float unit = 1000.f;

/// A directed graph whose arcs come in pairs of opposite ones.
class FlowGraph
{
public:
  explicit FlowGraph(const std::size_t n_nodes) : n_nodes(n_nodes) {}

  void add(const std::uint32_t from, const std::uint32_t to, const Capacity forward, const Capacity backward)
  {
    arcs.push_back({from, to, forward, backward});
  }

  /// Whether each node is on the source's side of the minimum cut.
  std::vector<std::uint8_t> cut(const std::uint32_t source, const std::uint32_t sink)
  {
    using Graph = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, boost::no_property,
                                                     boost::no_property, std::uint32_t, std::uint32_t>;
    using Edge = boost::graph_traits<Graph>::edge_descriptor;
    const std::size_t n_edges = 2 * arcs.size();
    std::vector<std::uint32_t> place(n_nodes + 1, 0);
    for (const Arc &arc : arcs) {
      ++place[arc.from + 1];
      ++place[arc.to + 1];
    }
    for (std::size_t node = 0; node < n_nodes; ++node)
      place[node + 1] += place[node];
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ends(n_edges);
    std::vector<Capacity> capacity(n_edges), residual(n_edges);
    std::vector<Edge> reverse(n_edges);
    for (const Arc &arc : arcs) {
      const std::uint32_t there = place[arc.from]++, back = place[arc.to]++;
      ends[there] = {arc.from, arc.to};
      ends[back] = {arc.to, arc.from};
      capacity[there] = arc.forward;
      capacity[back] = arc.backward;
      reverse[there] = Edge(arc.to, back);
      reverse[back] = Edge(arc.from, there);
    }
    std::vector<Arc>().swap(arcs);
    const Graph graph(boost::edges_are_sorted, ends.begin(), ends.end(), n_nodes);
    const auto edge_index = get(boost::edge_index, graph);
    const auto node_index = get(boost::vertex_index, graph);
    std::vector<boost::default_color_type> side(n_nodes);
    std::vector<Edge> predecessor(n_nodes);
    std::vector<std::uint32_t> distance(n_nodes);
    boost::boykov_kolmogorov_max_flow(graph, boost::make_iterator_property_map(capacity.begin(), edge_index),
                                      boost::make_iterator_property_map(residual.begin(), edge_index),
                                      boost::make_iterator_property_map(reverse.begin(), edge_index),
                                      boost::make_iterator_property_map(predecessor.begin(), node_index),
                                      boost::make_iterator_property_map(side.begin(), node_index),
                                      boost::make_iterator_property_map(distance.begin(), node_index), node_index,
                                      source, sink);
    std::vector<std::uint8_t> on_source_side(n_nodes);
    for (std::size_t node = 0; node < n_nodes; ++node)
      on_source_side[node] = side[node] == side[source];
    return on_source_side;
  }

private:
  struct Arc
  {
    std::uint32_t from, to;
    Capacity forward, backward;
  };
  std::size_t n_nodes;
  std::vector<Arc> arcs;
};

} // namespace

std::vector<int> optimal_surface(const SurfaceProblem &problem)
{
  const int n = problem.n_levels;
  const std::size_t n_columns = problem.costs.size() / n, n_nodes = n_columns * n;
  const auto node = [n](const int column, const int level) { return std::uint32_t(column) * n + level; };
  const auto source = static_cast<std::uint32_t>(n_nodes), sink = source + 1;
  FlowGraph graph(n_nodes + 2);
  // Nodes up to the surface are the source's: each weighs what its level costs more than the one below.
  for (std::size_t column = 0; column < n_columns; ++column) {
    graph.add(source, node(column, 0), unlimited, 0);
    for (int level = 1; level < n; ++level) {
      const float *cost = &problem.costs[n * column + level];
      const auto weight = static_cast<Capacity>(std::lround(unit * cost[0]) - std::lround(unit * cost[-1]));
      if (weight < 0)
        graph.add(source, node(column, level), -weight, 0);
      else if (weight > 0)
        graph.add(node(column, level), sink, weight, 0);
      graph.add(node(column, level), node(column, level - 1), unlimited, 0);
    }
  }
  for (const auto &[one, other] : problem.neighbours)
    for (int level = problem.largest_step + 1; level < n; ++level) {
      graph.add(node(one, level), node(other, level - problem.largest_step), unlimited, 0);
      graph.add(node(other, level), node(one, level - problem.largest_step), unlimited, 0);
    }
  const auto below = graph.cut(source, sink);
  std::vector<int> surface(n_columns, 0);
  for (std::size_t column = 0; column < n_columns; ++column)
    while (surface[column] + 1 < n && below[node(column, surface[column] + 1)])
      ++surface[column];
  return surface;
}

} // namespace cageopt::inputs
