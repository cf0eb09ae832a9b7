#include <postprocess/html_page.h>

#include <iomanip>
#include <sstream>

#include <boost/locale/utf.hpp>

#include <postprocess/vtk_encoding.h>

namespace cageopt::postprocess {

namespace {

// A strict parser reads it too: no < and & here.
const char *const style = R"(
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem; max-width: 1400px; color: #1c2430; background: #ffffff;
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
header { border-bottom: 3px solid #1b6ca8; margin-bottom: 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .6rem; padding-bottom: .2rem; border-bottom: 1px solid #c9d2dc; }
p { max-width: 62rem; margin: .4rem 0 .8rem; }
.subtitle { color: #4a5665; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.warnings { border: 2px solid #d55e00; border-left-width: 12px; background: #fff4ea; padding: .6rem 1rem; margin: 1rem 0;
  border-radius: 6px; overflow-wrap: anywhere; }
.warnings strong { font-size: 1.1rem; }
.warnings ul { margin: .3rem 0; padding-left: 1.2rem; }
.warnings.none { border-color: #0072b2; background: #eef6fb; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: .7rem; margin: 1rem 0; }
.card { background: #f2f5f8; border-radius: 8px; padding: .6rem .8rem; }
.card .name { color: #4a5665; font-size: .82rem; }
.card .value { font-size: 1.2rem; font-weight: 650; line-height: 1.25; }
.card .note { color: #4a5665; font-size: .82rem; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: .3rem 1rem; margin: .6rem 0; max-width: 75rem; }
dt { color: #4a5665; }
dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 0 1rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
.caption { font-weight: 600; font-size: .9rem; margin: 1rem 0 .3rem; break-after: avoid; }
th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid #dde4ea; white-space: nowrap; }
th { background: #f2f5f8; font-weight: 600; vertical-align: bottom; white-space: normal; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 7rem; position: sticky; left: 0;
  background: #ffffff; }
th:first-child { background: #f2f5f8; }
.figures { display: flex; gap: 1rem; align-items: flex-start; margin: .8rem 0; }
figure { margin: 0; min-width: 0; }
figure svg { display: block; width: 100%; height: auto; }
figure image { image-rendering: auto; }
figcaption { color: #4a5665; font-size: .85rem; margin-top: .3rem; }
svg.bar { max-width: 480px; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .88rem; margin: .4rem 0; padding: 0; list-style: none; }
.legend svg { width: 34px; height: 14px; vertical-align: -2px; margin-right: .4rem; }
@media (max-width: 760px) {
  body { padding: .8rem; font-size: 15px; }
  h1 { font-size: 1.35rem; }
  .figures { flex-direction: column; }
  .figures figure { width: 100%; flex: none !important; }
  .cards { grid-template-columns: 1fr 1fr; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
  th, td { padding: .25rem .45rem; }
  table { font-size: .8rem; }
}
@media print {
  @page { size: A4; margin: 12mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; }
  figure, tr, .card, .warnings { break-inside: avoid; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: 1pt 4pt; }
  .card .value { font-size: 12pt; }
  .cards { grid-template-columns: repeat(4, 1fr); }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
)";

std::string element(const std::string &opening, const std::string &text)
{
  return "<" + opening + ">" + HtmlPage::escaped(text) + "</" + opening.substr(0, opening.find(' ')) + ">";
}

} // namespace

std::string HtmlPage::escaped(const std::string &text)
{
  using Utf8 = boost::locale::utf::utf_traits<char>;
  std::string valid;
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = at;
    const auto code = Utf8::decode(at, text.end());
    const bool is_control = code < 0x20 ? code != '\n' && code != '\t' : code >= 0x7f && code < 0xa0;
    if (!boost::locale::utf::is_valid_codepoint(code) || is_control || code == 0xfffe || code == 0xffff) {
      valid += "\xef\xbf\xbd";
      if (at == begin)
        ++at;
    } else {
      valid.append(begin, at);
    }
  }
  return vtk_encoding::escape(valid);
}

HtmlPage::HtmlPage(const std::string &title, const std::string &subtitle) : title(title)
{
  body = "<header>" + element("h1", title) + element("p class=\"subtitle\"", subtitle) + "</header>\n";
}

void HtmlPage::warnings(const std::vector<std::string> &texts, const std::string &none)
{
  if (texts.empty()) {
    body += "<div class=\"warnings none\" id=\"warnings\">" + element("strong", none) + "</div>\n";
    return;
  }
  const std::string heading = texts.size() == 1 ? "1 warning" : std::to_string(texts.size()) + " warnings";
  body += "<div class=\"warnings\" id=\"warnings\" role=\"alert\">" + element("strong", heading) + "\n<ul>\n";
  for (const auto &text : texts)
    body += element("li", text) + "\n";
  body += "</ul></div>\n";
}

void HtmlPage::section(const std::string &title) { body += element("h2", title) + "\n"; }

void HtmlPage::paragraph(const std::string &text) { body += element("p", text) + "\n"; }

void HtmlPage::cards(const std::vector<Card> &cards)
{
  body += "<div class=\"cards\">\n";
  for (const auto &card : cards)
    body += "<div class=\"card\">" + element("div class=\"name\"", card.name) +
            element("div class=\"value\"", card.value) + element("div class=\"note\"", card.note) + "</div>\n";
  body += "</div>\n";
}

void HtmlPage::facts(const std::vector<std::pair<std::string, std::string>> &rows)
{
  body += "<dl>\n";
  for (const auto &[name, text] : rows)
    body += element("dt", name) + element("dd", text) + "\n";
  body += "</dl>\n";
}

void HtmlPage::table(const std::string &id, const std::string &caption, const Row &header, const std::vector<Row> &rows)
{
  const std::string name = escaped(id);
  body += element("p class=\"caption\" id=\"" + name + "-caption\"", caption) + "\n<div class=\"scroll\"><table id=\"" +
          name + "\" aria-labelledby=\"" + name + "-caption\">\n<thead><tr>";
  for (const auto &cell : header)
    body += element("th", cell);
  body += "</tr></thead>\n<tbody>\n";
  for (const auto &row : rows) {
    body += "<tr>";
    for (const auto &cell : row)
      body += element("td", cell);
    body += "</tr>\n";
  }
  body += "</tbody></table></div>\n";
}

void HtmlPage::figures(const std::vector<Figure> &figures)
{
  std::ostringstream out;
  out << std::setprecision(4) << "<div class=\"figures\">\n";
  for (const auto &figure : figures)
    out << "<figure style=\"flex: " << figure.width << " 1 0\">" << figure.svg << element("figcaption", figure.caption)
        << "</figure>\n";
  out << "</div>\n";
  body += out.str();
}

void HtmlPage::legend(const std::vector<LegendEntry> &entries)
{
  body += "<ul class=\"legend\">\n";
  for (const auto &entry : entries) {
    body +=
        "<li><svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 34 14\"><rect width=\"34\" height=\"14\" fill=\"" +
        (entry.is_filled ? escaped(entry.colour) : std::string("#3a3a3a")) + "\"/>";
    if (!entry.is_filled)
      body += "<path d=\"M2 7H32\" stroke-width=\"3\" stroke=\"" + escaped(entry.colour) + "\"" +
              (entry.dashes.empty() ? "" : " stroke-dasharray=\"" + escaped(entry.dashes) + "\"") + "/>";
    body += "</svg>" + element("span", entry.name) + "</li>\n";
  }
  body += "</ul>\n";
}

std::string HtmlPage::html() const
{
  return "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta "
         "charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n" +
         element("title", title) + "\n<style>" + style + "</style>\n</head>\n<body>\n" + body + "</body>\n</html>\n";
}

} // namespace cageopt::postprocess
