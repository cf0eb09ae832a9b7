#include <main/cell_values.h>

#include <inputs/collective.h>

namespace cageopt {

using optimizer::DesignState;
using optimizer::DesignVector;

CellValues::CellValues(const Study &from, const DesignVector &fields) : places(from.domain().unit, from.domain().origin)
{
  const auto &cells = from.analysis().design_cells();
  unsigned long long widest = cells.empty() ? 0 : fields.size() / cells.size();
  MPI_Allreduce(MPI_IN_PLACE, &widest, 1, MPI_UNSIGNED_LONG_LONG, MPI_MAX, from.comm());
  n_fields = widest;
  std::vector<double> own;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto &cell = from.domain().mesh.cell(cells[i]);
    own.insert(own.end(), cell.corner.begin(), cell.corner.end());
    own.push_back(cell.edge());
    for (std::size_t field = 0; field < n_fields; ++field)
      own.push_back(fields[field * cells.size() + i]);
  }
  values = inputs::gathered(from.comm(), own);
  for (std::size_t begin = 0; begin < values.size(); begin += 4 + n_fields)
    places.add({int(values[begin]), int(values[begin + 1]), int(values[begin + 2])}, int(values[begin + 3]), begin + 4);
}

DesignVector CellValues::on(const Study &to) const
{
  const auto &cells = to.analysis().design_cells();
  DesignVector result(n_fields * cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::size_t begin = places.nearest(to.domain().cell_centre(cells[i]));
    for (std::size_t field = 0; field < n_fields; ++field)
      result[field * cells.size() + i] = values[begin + field];
  }
  return result;
}

namespace {

int known_on_any(MPI_Comm comm, int has)
{
  MPI_Allreduce(MPI_IN_PLACE, &has, 1, MPI_INT, MPI_MAX, comm);
  return has;
}

} // namespace

StateValues::StateValues(const Study &from, const DesignState &state)
    : has_utilisation(known_on_any(from.comm(), !state.utilisation.empty())), cells(from, packed(state))
{
}

DesignVector StateValues::packed(const DesignState &state)
{
  DesignVector fields = state.density;
  fields.insert(fields.end(), state.share.begin(), state.share.end());
  for (const auto *list : {&state.stiffness, &state.utilisation})
    for (double inputs::CubicStiffness::*constant :
         {&inputs::CubicStiffness::c11, &inputs::CubicStiffness::c12, &inputs::CubicStiffness::c44})
      for (const auto &entry : *list)
        fields.push_back(entry.*constant);
  return fields;
}

DesignState StateValues::on(const Study &to) const
{
  const auto fields = cells.on(to);
  const std::size_t n = to.analysis().design_cells().size();
  const auto field = [&](const std::size_t number) {
    return DesignVector(fields.begin() + std::ptrdiff_t(number * n), fields.begin() + std::ptrdiff_t((number + 1) * n));
  };
  DesignState state;
  state.density = field(0);
  state.share = field(1);
  const auto read = [&](const std::size_t first, std::vector<inputs::CubicStiffness> &list) {
    const auto c11 = field(first), c12 = field(first + 1), c44 = field(first + 2);
    for (std::size_t i = 0; i < n; ++i)
      list.push_back({c11[i], c12[i], c44[i]});
  };
  read(2, state.stiffness);
  if (has_utilisation)
    read(5, state.utilisation);
  return state;
}

} // namespace cageopt
