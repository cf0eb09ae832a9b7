// Escaping and charts; that a whole page is well-formed is tested by a parser, tests/main/validation_page.py.

#include <gtest/gtest.h>

#include <postprocess/histogram_chart.h>
#include <postprocess/html_page.h>
#include <postprocess/plot_axis.h>

using namespace cageopt::postprocess;

TEST(HtmlPage, TextsAreEscapedEverywhere)
{
  const std::string evil = "<script>\"a\"&b</script>";
  HtmlPage page(evil, evil);
  page.warnings({evil}, "");
  page.section(evil);
  page.paragraph(evil);
  page.cards({{evil, evil, evil}});
  page.facts({{evil, evil}});
  page.table("t", evil, {evil}, {{evil}});
  page.figures({{"<svg/>", evil, 1.}});
  page.legend({{evil, "red", "", true}});
  const auto html = page.html();
  EXPECT_EQ(html.find("<script"), std::string::npos);
  std::size_t n = 0;
  for (auto at = html.find("&lt;script&gt;&quot;a&quot;&amp;b"); at != std::string::npos;
       at = html.find("&lt;script&gt;", at + 1))
    ++n;
  EXPECT_EQ(n, 16u);
  for (const char *outside : {"src=", "url(", "@import", "<link", "<script"})
    EXPECT_EQ(html.find(outside), std::string::npos) << outside;
}

TEST(HtmlPage, WhatIsNoTextBecomesTheReplacementCharacter)
{
  EXPECT_EQ(HtmlPage::escaped("M\xc3\xbcller"), "M\xc3\xbcller");
  EXPECT_EQ(HtmlPage::escaped("a\x01z"), "a\xef\xbf\xbdz");
  EXPECT_EQ(HtmlPage::escaped("a\xffz"), "a\xef\xbf\xbdz");                                     // no UTF-8
  EXPECT_EQ(HtmlPage::escaped("a\xc3"), "a\xef\xbf\xbd");                                       // cut off
  EXPECT_EQ(HtmlPage::escaped(std::string("\xed\xa0\x80", 3)).find('\xed'), std::string::npos); // a surrogate
}

TEST(HtmlPage, WithoutWarningsItSaysSo)
{
  HtmlPage page("t", "s");
  page.warnings({}, "nothing to warn of");
  EXPECT_NE(page.html().find("nothing to warn of"), std::string::npos);
  EXPECT_EQ(page.html().find("role=\"alert\""), std::string::npos);
}

TEST(HistogramChart, BinsHoldWhatLiesBetweenTheirEdges)
{
  HistogramChart chart;
  chart.edges = HistogramChart::edges_between(1., 1e4, 4, true);
  ASSERT_EQ(chart.edges.size(), 5u);
  EXPECT_NEAR(chart.edges[2], 100., 1e-10);
  EXPECT_EQ(chart.bin_of(.1), 0u);
  EXPECT_EQ(chart.bin_of(5.), 0u);
  EXPECT_EQ(chart.bin_of(50.), 1u);
  EXPECT_EQ(chart.bin_of(5000.), 3u);
  EXPECT_EQ(chart.bin_of(1e9), 3u);
  chart.edges = HistogramChart::edges_between(-2., 2., 4, false);
  EXPECT_EQ(chart.bin_of(-1.5), 0u);
  EXPECT_EQ(chart.bin_of(0.), 2u); // an edge belongs to the bin above
}

TEST(HistogramChart, BarsAreAsHighAsTheirValues)
{
  HistogramChart chart;
  chart.x_title = "Modulus & more, MPa";
  chart.y_title = "Share, %";
  chart.edges = {0., 10., 20.};
  chart.groups = {{"bone", "#000000", {5., 10.}}};
  const auto svg = chart.svg();
  // 250 px less 12 above and 46 below are 0 to 10 %; 62 to 456 px are 0 to 20 MPa.
  EXPECT_NE(svg.find("M62.0 204.0V108.0H259.0V12.0H456.0V204.0Z"), std::string::npos) << svg;
  EXPECT_NE(svg.find("Modulus &amp; more, MPa"), std::string::npos);
}

TEST(PlotAxis, TicksAreRoundAndEncloseTheValues)
{
  const PlotAxis linear(3., 47.), logarithmic(2., 3000.);
  EXPECT_EQ(linear.ticks(), (std::vector<double>{0, 10, 20, 30, 40, 50}));
  EXPECT_NEAR(linear.at(25.), .5, 1e-12);
  EXPECT_EQ(logarithmic.ticks().size(), 5u);
  EXPECT_NEAR(logarithmic.at(100.), .5, 1e-12);
  EXPECT_EQ(plot_number(10000.), "10000");
  EXPECT_EQ(plot_number(-1e-15), "0");
}
