#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cageopt::postprocess {

/// One self-contained page: styles, vector graphics and pictures are inside, and nothing is fetched. It is well-formed
/// XML too, so that other programs can read it. Elements appear in the order of the calls; all texts are plain and
/// escaped here, only `svg` of a figure is markup.
class HtmlPage
{
public:
  HtmlPage(const std::string &title, const std::string &subtitle);

  /// A box that cannot be overlooked; without texts it says `none`.
  void warnings(const std::vector<std::string> &texts, const std::string &none);
  void section(const std::string &title);
  void paragraph(const std::string &text);

  struct Card
  {
    std::string name, value, note;
  };
  void cards(const std::vector<Card> &cards);

  using Row = std::vector<std::string>;
  /// Names and texts.
  void facts(const std::vector<std::pair<std::string, std::string>> &rows);
  /// The first column is text, the others are numbers; `id` names it for other programs.
  void table(const std::string &id, const std::string &caption, const Row &header, const std::vector<Row> &rows);

  struct Figure
  {
    std::string svg, caption;
    double width = 1; ///< relative to the others of its row
  };
  /// Beside each other on a wide page, below each other on a narrow one.
  void figures(const std::vector<Figure> &figures);

  struct LegendEntry
  {
    std::string name, colour, dashes;
    bool is_filled = false; ///< an area, else a line
  };
  void legend(const std::vector<LegendEntry> &entries);

  std::string html() const;

  /// Text for HTML and XML: & < > " as entities; what is no valid UTF-8, or is a control character, as U+FFFD.
  static std::string escaped(const std::string &text);

private:
  std::string title, body;
};

} // namespace cageopt::postprocess
