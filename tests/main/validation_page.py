#!/usr/bin/python3
"""The page of `cageopt validate` as a user gets it, read by a strict parser.

  usage: validation_page.py PROGRAM CASE.prm     exit: 0 all as expected, 1 not
"""
import base64
import os
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"
failures = 0


def expect(holds, text):
    global failures
    print(("as expected: " if holds else "NOT AS EXPECTED: ") + text)
    failures += not holds


def text_of(element):
    return "".join(element.itertext())


class Page:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = file.read()
        self.root = ElementTree.fromstring(self.bytes)  # throws unless well-formed

    def texts(self, tag):
        return [text_of(element) for element in self.root.iter(XHTML + tag)]

    def by_id(self, name):
        return next(element for element in self.root.iter() if element.get("id") == name)

    def table(self, name):
        rows = self.by_id(name).iter(XHTML + "tr")
        return [[text_of(cell) for cell in row if cell.tag == XHTML + "td"] for row in rows][1:]

    def without_memory(self):
        memory = self.by_id("memory")
        for parent in self.root.iter():
            if memory in list(parent):
                parent.remove(memory)
        return ElementTree.tostring(self.root)


def validate(program, ranks, case, output, *options):
    command = [os.environ.get("MPIEXEC", "mpiexec"), "-n", str(ranks), program, "validate", case, "--output", output]
    done = subprocess.run(command + list(options), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    expect(done.returncode == 0, f"validate on {ranks} rank(s) ends with {done.returncode}")
    if done.returncode != 0:
        print(done.stdout.decode())
        sys.exit(1)
    with open(output + "/log.txt", encoding="utf-8") as file:
        return file.read(), Page(output + "/validation.html")


def check_numbers(log, page):
    text = text_of(page.root)

    def logged(pattern):
        return re.search(pattern, log).groups()

    for what, pattern in (("target", r"Target\s+([\d.]+ MPa)"), ("cells", r"Mesh\s+(\d+ cells)"),
                          ("unknowns", r"(\d+) unknowns"), ("size", r"alif ([\d.]+ x [\d.]+ mm)"),
                          ("mean height", r"mean height ([\d.]+) mm"), ("footprint", r"footprint ([\d.]+ mm2)"),
                          ("coverage", r"\(([\d.]+ %) of the endplates"), ("window", r"window ([\d.]+ mm2)"),
                          ("lordosis", r"lordosis ([\d.]+ deg)"), ("law", r"Bone law\s+(\w+)"),
                          ("calibration", r"Calibration\s+(.+)")):
        value, = logged(pattern)
        expect(value in text, f"{what} of the terminal is on the page: {value}")
    warnings = text_of(page.by_id("warnings"))
    for warning in re.findall(r"^Warning: (.*)$", log, re.MULTILINE):
        expect(warning in warnings, "the page warns: " + warning[:50] + "...")
    position = page.bytes.decode().find
    expect(position('id="warnings"') < position("<h2>"), "warnings come first")

    regions = {row[0]: row for row in page.table("regions")}
    for name, n in re.findall(r"(cranial bone|caudal bone|disc|design|frame|window) (\d+)(?=,| cells)", log):
        expect(regions[name][1] == n, f"{name} has {n} cells")
    sizes = page.table("cells")
    expect(sum(int(row[1]) for row in sizes) == int(regions["all"][1]), "cells by size add up")
    volume = sum(int(row[1]) * float(row[0].split()[0]) ** 3 for row in sizes)
    expect(abs(volume - float(regions["all"][2])) < 3, f"volumes of cells by size add up to {volume} mm3")
    bone, labelled = logged(r"bone in the mesh ([\d.]+) cm3, labelled between the end planes ([\d.]+)")
    on_page = [float(v) for v in re.search(r"resolution: (\d+) mm3.*?planes: (\d+) mm3", text, re.DOTALL).groups()]
    expect(abs(on_page[0] - 1000 * float(bone)) < 51 and abs(on_page[1] - 1000 * float(labelled)) < 51,
           f"bone volumes {on_page} mm3 are the terminal's")
    spacing = [float(v) for v in re.search(r"voxels of ([\d.]+) x ([\d.]+) x ([\d.]+) mm", text).groups()]
    densities = page.table("densities")
    counted = sum(int(row[1]) for row in densities[:2]) * spacing[0] * spacing[1] * spacing[2]
    # whole voxels by their centres; the volume takes voxels that an end plane cuts in part
    expect(abs(counted - on_page[1]) < .005 * counted, f"the bodies' voxels make up {counted} mm3")
    mineral = [[float(value) for value in row[1:]] for row in page.table("mineral")]
    expect(len(mineral) == 4 and all(abs(sum(row[1:4]) - row[0]) < .25 and abs(row[4]) < 1e-6 for row in mineral),
           "bone mineral in cells, cage and what is left out is that of the image")
    for row in densities:
        mean, deviation, *percentiles = [float(value) for value in row[2:9]]
        expect(percentiles == sorted(percentiles) and percentiles[0] < mean < percentiles[-1], f"{row[0]}: {row[2:9]}")
        expect(0 < deviation < percentiles[-1] - percentiles[0], f"{row[0]}: standard deviation {deviation}")
    outside = sum(int(value) for row in densities[:2] for value in row[9:])
    n_warned, = logged(r"(\d+) of \d+ voxels of the two bodies lie outside")
    expect(0 < outside <= int(n_warned), f"{outside} voxels of the model outside the law's range, {n_warned} of the image")
    budget, = logged(r"budget (\d+) MB")
    expect(page.table("memory")[0][2] == budget, f"memory {budget} MB")
    beneath = [float(v) for v in logged(r"beneath it caudal ([\d.]+), cranial ([\d.]+) mg/cm3, of the endplates ([\d.]+) and ([\d.]+)")]
    support = {row[0]: [float(value) for value in row[1:]] for row in page.table("support")}
    expect([support["caudal"][0], support["cranial"][0], support["caudal"][1], support["cranial"][1]] == beneath,
           f"bone beneath the cage: {support}")
    share, = logged(r"Support\s+([\d.]+ %) of the cage's face")
    expect(share in text, f"{share} of the face on the rim")
    volumes = logged(r"caudal gap ([\d.]+), overlap ([\d.]+) mm3, cranial gap ([\d.]+), overlap ([\d.]+) mm3")
    fit = page.table("fit")
    expect([fit[0][1], fit[0][3], fit[1][1], fit[1][3]] == list(volumes), f"gaps and overlaps: {volumes}")
    target = page.table("target")[0]
    caudal, cranial, modulus = logged(r"caudal ([\d.]+), cranial ([\d.]+) mg/cm3 -> ([\d.]+) MPa")
    expect([target[2], target[3], target[7]] == [caudal, cranial, modulus], f"bone beside the cage: {target}")


def check_loads(page):
    rows = page.table("loads")
    expect(len(rows) == 12, "six load cases, stated and integrated")
    moments = {"flexion": (-7.5, 0, 0), "extension": (7.5, 0, 0), "right bending": (0, 7.5, 0),
               "left bending": (0, -7.5, 0), "left axial rotation": (0, 0, 7.5), "right axial rotation": (0, 0, -7.5)}
    for name, _, *wrench in rows:
        expect([float(value) for value in wrench] == [0, 0, -400, *moments[name]], f"{name}: {wrench}")
    expect("agree to 1e-9" in text_of(page.root), "resultants agree to 1e-9")


def check_pictures(page):
    n_pictures = 0
    for element in page.root.iter():
        for name, value in element.attrib.items():
            if name.split("}")[-1] in ("src", "href"):
                expect(value.startswith("data:image/png;base64,"), f"a picture is inside the file, {value[:30]}")
    for svg in page.root.iter(SVG + "svg"):
        for image in svg.iter(SVG + "image"):
            png = base64.b64decode(image.get("href").split(",", 1)[1], validate=True)
            width, height = struct.unpack(">II", png[16:24])
            box = [float(value) for value in svg.get("viewBox").split()]
            expect(png[:4] == b"\x89PNG" and abs(width / box[2] - height / box[3]) < 1e-6,
                   f"picture of {width} x {height} pixels, square, {width / box[2]} per mm")
            letters = [text_of(text) for text in svg.iter(SVG + "text")]
            expect(letters[:4] in (["A", "P", "S", "I"], ["R", "L", "S", "I"], ["R", "L", "A", "P"]), f"letters {letters}")
            expect("10 mm" in letters, "it has a scale bar")
            n_pictures += 1
    expect(n_pictures == 8, f"{n_pictures} pictures")
    expect(b"http" not in re.sub(rb'xmlns="[^"]*"', b"", page.bytes), "nothing is fetched")


def check_names(program, folder):
    """File names that look like markup are texts of the page, unchanged."""
    subprocess.run([program, "phantom", "--output", folder + "/phantom"], check=True, stdout=subprocess.DEVNULL)
    names = {"ct": "a<b> & \"c\" 'd' \u00e9.nii.gz", "labels": "<script>alert(1)</script>".replace("/", "_") + ".nii.gz"}
    for kind, name in names.items():
        os.rename(f"{folder}/phantom/{kind}.nii.gz", f"{folder}/{name}")
    case = folder + "/<i>&amp;.prm"
    with open(case, "w", encoding="utf-8") as file:
        file.write(f"""subsection Patient
  set Source = files
  set Image file = {names['ct']}
  set Label file = {names['labels']}
  subsection Calibration
    set Slope = 0.8
    set Intercept = -10
    set Source = phantom <of> & "today"
  end
end
subsection Mesh
  set Cell size = 1.5
end
subsection Filter
  set Radius = 3
end
""")
    _, page = validate(program, 1, case, folder + "/names")
    expect(page.texts("h1") == ["Before the solve: " + names["ct"] + " L3/L4"], f"heading {page.texts('h1')}")
    texts = page.texts("dd")
    expect(names["ct"] in texts and names["labels"] in texts, "file names are unchanged")
    expect(any('phantom <of> & "today"' in text for text in texts), "so is the source of the calibration")
    expect("<i>&amp;.prm" in text_of(page.root), "and the case's name")
    expect(folder not in text_of(page.root), "no folder of this machine is on the page")
    expect(not list(page.root.iter(XHTML + "script")), "no script")


def main():
    program, case = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        log, page = validate(program, 1, case, folder + "/one")
        check_numbers(log, page)
        check_loads(page)
        check_pictures(page)
        _, other = validate(program, 3, case, folder + "/three")
        expect(page.without_memory() == other.without_memory(), "the page is the same on 1 and 3 ranks, but for memory")
        check_names(program, folder)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
