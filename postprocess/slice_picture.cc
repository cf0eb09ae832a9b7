#include <postprocess/slice_picture.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iomanip>
#include <sstream>
#include <utility>

#include <png.h>

#include <inputs/error.h>
#include <inputs/formatted.h>
#include <postprocess/plot_axis.h>
#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

using namespace inputs;

namespace {

std::string millimetres(const double value)
{
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

/// The view's extent is that of the box along its axes.
void fit(SliceView &view, const Point &low, const Point &high)
{
  const Point *axes[] = {&view.right, &view.up};
  for (unsigned int k = 0; k < 2; ++k) {
    const double a = dot(*axes[k], low), b = dot(*axes[k], high);
    view.begin[k] = std::min(a, b);
    view.end[k] = std::max(a, b);
  }
}

} // namespace

std::array<SliceView, 3> SliceView::sagittal_coronal_axial(const Point &low, const Point &high)
{
  std::array<SliceView, 3> views = {{{"Sagittal", {0, -1, 0}, {0, 0, 1}, {}, {}, "A", "P", "I", "S"},
                                     {"Coronal", {-1, 0, 0}, {0, 0, 1}, {}, {}, "R", "L", "I", "S"},
                                     {"Axial", {-1, 0, 0}, {0, 1, 0}, {}, {}, "R", "L", "P", "A"}}};
  for (auto &view : views)
    fit(view, low, high);
  return views;
}

SlicePicture::SlicePicture(const SliceView &view, const double pixel) : view(view), pixel(pixel)
{
  for (unsigned int k = 0; k < 2; ++k)
    n[k] = std::max(1, static_cast<int>(std::lround((view.end[k] - view.begin[k]) / pixel)));
  pixels.assign(std::size_t(3) * n[0] * n[1], 255);
}

Point SlicePicture::position(const std::size_t index) const
{
  const double column = double(index % n[0]) + .5, row = double(index / n[0]) + .5;
  return (view.begin[0] + pixel * column) * view.right + (view.begin[1] + pixel * (n[1] - row)) * view.up;
}

void SlicePicture::paint(const std::function<Colour(std::size_t)> &colour)
{
  for (std::size_t index = 0; index < std::size_t(n[0]) * n[1]; ++index) {
    const auto rgb = colour(index);
    std::copy(rgb.begin(), rgb.end(), pixels.begin() + 3 * index);
  }
}

SlicePicture::Classes SlicePicture::classes(const std::function<std::uint32_t(const Point &)> &class_of) const
{
  Classes result(std::size_t(n[0]) * n[1]);
  for (std::size_t index = 0; index < result.size(); ++index)
    result[index] = class_of(position(index));
  return result;
}

SlicePicture::Classes SlicePicture::cell_classes(const meshing::DesignDomain &domain,
                                                 const std::function<std::uint32_t(std::uint32_t)> &class_of_cell) const
{
  Classes result(std::size_t(n[0]) * n[1], 0);
  const Point normal = cross(view.right, view.up);
  for (std::uint32_t cell = 0; cell < domain.mesh.n_cells(); ++cell) {
    const double edge = domain.edge(cell);
    const Point low = domain.corner(cell), centre = domain.cell_centre(cell);
    if (std::abs(dot(normal, centre)) > edge)
      continue;
    const int column = static_cast<int>((dot(view.right, centre) - view.begin[0]) / pixel);
    const int row = n[1] - 1 - static_cast<int>((dot(view.up, centre) - view.begin[1]) / pixel);
    const int reach = static_cast<int>(.5 * edge / pixel) + 2;
    for (int j = std::max(0, row - reach); j <= std::min(n[1] - 1, row + reach); ++j)
      for (int i = std::max(0, column - reach); i <= std::min(n[0] - 1, column + reach); ++i) {
        const std::size_t index = i + std::size_t(n[0]) * j;
        const Point offset = position(index) - low;
        if (std::all_of(offset.begin(), offset.end(), [&](const double d) { return d >= 0 && d < edge; }))
          result[index] = class_of_cell(cell);
      }
  }
  MPI_Allreduce(MPI_IN_PLACE, result.data(), static_cast<int>(result.size()), MPI_UINT32_T, MPI_MAX,
                domain.mesh.comm());
  return result;
}

void SlicePicture::outline(const Classes &classes, const Line &line)
{
  std::string path;
  // Borders along one direction of the page, joined to runs: `a` counts along it, `b` across.
  const auto runs = [&](const int n_a, const int n_b, const bool is_upright) {
    const auto at = [&](const int a, const int b) {
      return classes[is_upright ? b + std::size_t(n[0]) * a : a + std::size_t(n[0]) * b];
    };
    for (int b = 1; b < n_b; ++b)
      for (int a = 0; a < n_a; ++a) {
        const int begin = a;
        while (a < n_a && at(a, b) != at(a, b - 1))
          ++a;
        if (a == begin)
          continue;
        const auto from = millimetres(begin * pixel), to = millimetres(a * pixel), across = millimetres(b * pixel);
        path += is_upright ? "M" + across + " " + from + "V" + to : "M" + from + " " + across + "H" + to;
      }
  };
  runs(n[0], n[1], false);
  runs(n[1], n[0], true);
  if (path.empty())
    return;
  overlay += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + line.colour + "\" stroke-width=\"" +
             millimetres(line.width) + "\" stroke-linecap=\"round\"" +
             (line.dashes.empty() ? "" : " stroke-dasharray=\"" + line.dashes + "\"") + "/>\n";
}

void SlicePicture::origin_line(const bool is_upright)
{
  const double at = is_upright ? -view.begin[0] : n[1] * pixel + view.begin[1];
  const std::string place = millimetres(at), whole = millimetres((is_upright ? n[1] : n[0]) * pixel);
  overlay += "<path d=\"" + (is_upright ? "M" + place + " 0V" + whole : "M0 " + place + "H" + whole) +
             "\" stroke=\"#ffffff\" stroke-opacity=\"0.45\" stroke-width=\"0.2\" stroke-dasharray=\"1 1\"/>\n";
}

std::string SlicePicture::png() const
{
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(n[0]);
  image.height = static_cast<png_uint_32>(n[1]);
  image.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr))
    throw Error(ExitCode::internal_error, std::string("libpng: ") + image.message);
  bytes.resize(size);
  return bytes;
}

std::string SlicePicture::svg() const
{
  const std::string file = png();
  const double w = n[0] * pixel, h = n[1] * pixel;
  const double bar = std::pow(10., std::floor(std::log10(std::max(w, h) / 3.))); // mm
  const double unit = .1 * bar;                                                  // of letters and strokes, mm
  std::ostringstream out;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"" << vtk_encoding::escape(view.title)
      << "\" viewBox=\"0 0 " << millimetres(w) << ' ' << millimetres(h) << "\" font-family=\"sans-serif\" font-size=\""
      << 4 * unit << "\">\n<image width=\"" << millimetres(w) << "\" height=\"" << millimetres(h)
      << "\" href=\"data:image/png;base64," << vtk_encoding::base64(file.data(), file.size()) << "\"/>\n"
      << overlay;
  const auto text = [&](const double x, const double y, const std::string &anchor, const std::string &letters) {
    out << "<text x=\"" << millimetres(x) << "\" y=\"" << millimetres(y) << "\" text-anchor=\"" << anchor
        << "\" fill=\"#ffffff\" stroke=\"#000000\" stroke-width=\"" << .7 * unit
        << "\" paint-order=\"stroke\" font-weight=\"bold\">" << vtk_encoding::escape(letters) << "</text>\n";
  };
  text(1.5 * unit, .5 * h + 1.4 * unit, "start", view.left_letter);
  text(w - 1.5 * unit, .5 * h + 1.4 * unit, "end", view.right_letter);
  text(.5 * w, 4.6 * unit, "middle", view.top_letter);
  text(.5 * w, h - 1.5 * unit, "middle", view.bottom_letter);
  for (const auto &[colour, width] : {std::make_pair("#000000", 1.8), std::make_pair("#ffffff", 1.)})
    out << "<path d=\"M" << 3 * unit << ' ' << millimetres(h - 3 * unit) << 'h' << bar << "\" stroke=\"" << colour
        << "\" stroke-width=\"" << width * unit << "\"/>";
  out << '\n';
  text(8. * unit, h - 5. * unit, "middle", inputs::formatted("%g mm", bar));
  out << "</svg>\n";
  return out.str();
}

SlicePicture::Colour cividis(const double share)
{
  static constexpr double stops[10][3] = {{0, 34, 78},     {18, 53, 112},   {59, 73, 108},   {87, 93, 109},
                                          {112, 113, 115}, {138, 134, 120}, {165, 156, 116}, {195, 179, 105},
                                          {225, 204, 85},  {254, 232, 56}};
  const double at = 9. * std::clamp(share, 0., 1.);
  const int stop = std::min(8, static_cast<int>(at));
  SlicePicture::Colour colour;
  for (unsigned int c = 0; c < 3; ++c)
    colour[c] =
        static_cast<std::uint8_t>(std::lround(stops[stop][c] + (at - stop) * (stops[stop + 1][c] - stops[stop][c])));
  return colour;
}

std::string colour_bar_svg(const std::string &title, const double low, const double high)
{
  constexpr int n_steps = 60;
  constexpr double width = 480, left = 20, bar = width - 2 * left;
  const PlotAxis axis(low, high);
  std::ostringstream out;
  out << std::fixed << std::setprecision(1) << "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bar\" viewBox=\"0 0 "
      << width << " 50\" font-family=\"sans-serif\" font-size=\"12\">\n";
  for (int i = 0; i < n_steps; ++i) {
    const auto c = cividis((i + .5) / n_steps);
    out << "<rect x=\"" << left + bar * i / n_steps << "\" y=\"16\" width=\"" << bar / n_steps + .5
        << "\" height=\"14\" fill=\"rgb(" << int(c[0]) << ',' << int(c[1]) << ',' << int(c[2]) << ")\"/>";
  }
  for (const double tick : axis.ticks())
    out << "<text x=\"" << left + bar * axis.at(tick) << "\" y=\"44\" text-anchor=\"middle\">" << plot_number(tick)
        << "</text>";
  out << "<text x=\"" << left << "\" y=\"11\">" << vtk_encoding::escape(title) << "</text></svg>\n";
  return out.str();
}

} // namespace cageopt::postprocess
