"""Pictures of the last step of a run: slices through the cage's centre and a view of the cage between the bones.

usage: xvfb-run -a pvpython render.py RUN_FOLDER [--output DIR] [--width PIXELS] [--check]

Writes, for the planes sagittal (x = 0), coronal (y = 0) and axial (z = 0) of the design frame,
  <plane>_density.png   bone mineral density of the bone and relative density of the cage
  <plane>_modulus.png   Young's modulus, logarithmic
  <plane>_strain.png    minimum principal strain
and cage_3d.png. A field that the run did not write is skipped with a message. Slices are drawn in the radiological
convention: the patient's right is on the left, the sagittal slice looks to the patient's right with anterior on the
left, the axial slice is seen from below. Needs ParaView 5.11 and a display (xvfb-run).
"""
import argparse
import os
import sys

import numpy
from paraview import servermanager, simple
from paraview.simple import *  # noqa: F403, ParaView's proxies are made at import
from vtkmodules.vtkIOImage import vtkPNGReader
from vtkmodules.util.numpy_support import vtk_to_numpy

# The numbers of the array "region": 1 cranial bone, 2 caudal bone, then
DISC, DESIGN, FRAME, WINDOW = 3, 4, 5, 6
BONE = (1, 2)
TEXT = [0.13, 0.13, 0.13]
LIGHT_GREY = [0.85, 0.85, 0.85]
BONE_COLOUR = [0.85, 0.78, 0.62]
FRAME_COLOUR = [0.3, 0.3, 0.3]
# camera: where it stands, what is up; the markers are what then lies left and right in the picture
PLANES = {
    "sagittal": dict(normal=(1, 0, 0), stand=(-1, 0, 0), up=(0, 0, 1), left="anterior", right="posterior", axis="x"),
    "coronal": dict(normal=(0, 1, 0), stand=(0, 1, 0), up=(0, 0, 1), left="right", right="left", axis="y"),
    "axial": dict(normal=(0, 0, 1), stand=(0, 0, -1), up=(0, 1, 0), left="right", right="left", axis="z"),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run_folder")
    parser.add_argument("--output", help="folder of the pictures (default: RUN_FOLDER/pictures)")
    parser.add_argument("--width", type=int, default=1400, help="pixels of a picture's width (default 1400)")
    parser.add_argument("--check", action="store_true", help="fail unless all pictures were made and show something")
    return parser.parse_args()


def stop(message):
    print("render.py: " + message, file=sys.stderr)
    sys.exit(2)


def open_last_step(run_folder):
    series = os.path.join(run_folder, "solution.pvd")
    if not os.path.isfile(series):
        stop(f"'{series}' does not exist: give the output folder of a run that has written a step")
    reader = PVDReader(FileName=series)
    times = reader.TimestepValues
    times = list(times) if hasattr(times, "__len__") else [times]
    if not times:
        stop(f"'{series}' lists no step yet")
    GetAnimationScene().AnimationTime = times[-1]
    reader.UpdatePipeline(times[-1])
    return reader, times[-1]


def numbers(proxy, name):
    """The cell values of a field, over all pieces."""
    data = servermanager.Fetch(proxy)
    is_composite = data.IsA("vtkCompositeDataSet")
    blocks = [data.GetBlock(i) for i in range(data.GetNumberOfBlocks())] if is_composite else [data]
    found = [block.GetCellData().GetArray(name) for block in blocks if block]
    found = [vtk_to_numpy(array) for array in found if array]
    return numpy.concatenate(found) if found else numpy.zeros(0)


def select(source, first, last):
    return Threshold(Input=source, Scalars=["CELLS", "region"], LowerThreshold=first, UpperThreshold=last,
                     ThresholdMethod="Between")


def is_empty(proxy):
    proxy.UpdatePipeline()
    return proxy.GetDataInformation().GetNumberOfCells() == 0


class Picture:
    """A white view with parallel projection, colour bars on the right and a title."""

    def __init__(self, title, width, height):
        self.view = CreateView("RenderView")
        self.view.ViewSize = [width, height]
        self.view.UseColorPaletteForBackground = 0
        self.view.BackgroundColorMode = "Single Color"
        self.view.Background = [1, 1, 1]
        self.view.OrientationAxesVisibility = 0
        self.view.CameraParallelProjection = 1
        self.scale = width / 1400
        self.n_bars = 0
        self.text(title, "Upper Center", 24)

    def text(self, content, place, size=20):
        """`place`: a name of ParaView's or the lower left corner in shares of the picture."""
        source = Text(Text=content)
        display = Show(source, self.view, "TextSourceRepresentation")
        if isinstance(place, str):
            display.WindowLocation = place
        else:
            display.WindowLocation, display.Position = "Any Location", place
        display.Color = TEXT
        display.FontSize = max(7, int(size * self.scale))

    def plain(self, source, colour, opacity=1.0, lit=False):
        if is_empty(source):
            return
        display = Show(source, self.view)
        display.Representation = "Surface"
        display.ColorArrayName = ["POINTS", ""]
        display.AmbientColor = display.DiffuseColor = colour
        display.Opacity = opacity
        self.light(display, lit)

    @staticmethod
    def light(display, lit):
        display.Ambient, display.Diffuse = (0.25, 0.75) if lit else (1.0, 0.0)

    def coloured(self, source, field, title, preset, limits, logarithmic=False, invert=False, lit=False):
        """Colours by a cell field; maps are separate per picture, so that limits do not leak."""
        if is_empty(source):
            return
        display = Show(source, self.view)
        display.Representation = "Surface"
        ColorBy(display, ("CELLS", field), separate=True)
        self.light(display, lit)
        colours = GetColorTransferFunction(field, display, separate=True)
        colours.ApplyPreset(preset, True)
        if invert:
            colours.InvertTransferFunction()
        colours.RescaleTransferFunction(*limits)
        if logarithmic:
            colours.MapControlPointsToLogSpace()
            colours.UseLogScale = 1
        bar = GetScalarBar(colours, self.view)
        bar.Title, bar.ComponentTitle = title, ""
        bar.TitleColor = bar.LabelColor = TEXT
        bar.TitleFontSize, bar.LabelFontSize = max(7, int(20 * self.scale)), max(6, int(18 * self.scale))
        bar.Orientation = "Vertical"
        bar.WindowLocation = "Any Location"
        bar.Position = [0.83, 0.56 - 0.47 * self.n_bars]
        bar.ScalarBarLength = 0.32
        bar.ScalarBarThickness = max(6, int(22 * self.scale))
        bar.HorizontalTitle = 1
        bar.AutomaticLabelFormat = 0
        bar.LabelFormat = bar.RangeLabelFormat = "%-6.0f" if max(map(abs, limits)) >= 10 else "%-6.2f"
        bar.Visibility = 1
        display.SetScalarBarVisibility(self.view, True)
        self.n_bars += 1

    def look(self, stand, up, bounds):
        centre = [(bounds[2 * i] + bounds[2 * i + 1]) / 2 for i in range(3)]
        size = max(bounds[2 * i + 1] - bounds[2 * i] for i in range(3))
        stand, up = numpy.array(stand, float), numpy.array(up, float)
        stand /= numpy.linalg.norm(stand)
        across = numpy.cross(-stand, up)
        across /= numpy.linalg.norm(across)
        upward = numpy.cross(across, -stand)
        ends = (0, 1)
        corners = numpy.array([[bounds[i], bounds[2 + j], bounds[4 + k]] for i in ends for j in ends for k in ends])
        width, height = (numpy.ptp(corners @ direction) for direction in (across, upward))
        pixels = self.view.ViewSize
        # the object takes the left four fifths, and 84 % of the height
        self.view.CameraParallelScale = max(height / 2 / 0.84, width / 2 / 0.76 * pixels[1] / pixels[0])
        shift = 0.1 * 2 * self.view.CameraParallelScale * pixels[0] / pixels[1]
        focus = numpy.array(centre) + shift * across
        self.view.CameraFocalPoint = list(focus)
        self.view.CameraPosition = list(focus + 5 * size * stand)
        self.view.CameraViewUp = list(up)

    def save(self, path):
        Render(self.view)
        SaveScreenshot(path, self.view, ImageResolution=self.view.ViewSize)
        Delete(self.view)
        print(path)


def limits_of(values, low=0.0, high=100.0, default=(0.0, 1.0)):
    """Percentiles with a little width."""
    values = values[numpy.isfinite(values)]
    if len(values) == 0:
        return default
    lower, upper = numpy.percentile(values, [low, high])
    return (float(lower), float(upper)) if upper > lower else (float(lower), float(lower) + max(1e-6, abs(lower)))


def density_limits_of(reader):
    """From 0 to the next tenth above the densest design cell: the solid frame would leave the lattice one colour."""
    densities = numbers(select(reader, DESIGN, DESIGN), "density")
    return (0.0, max(0.1, numpy.ceil(10 * densities.max() - 1e-6) / 10) if len(densities) else 1.0)


def slice_pictures(reader, fields, density_limits, output, width, time):
    made = []
    height = int(0.72 * width)
    for plane, frame in PLANES.items():
        # A hair off the plane: exactly on it, faces between cells would be cut twice.
        section = Slice(Input=reader, SliceType="Plane", Triangulatetheslice=0)
        section.SliceType.Origin = [1e-4 * component for component in frame["normal"]]
        section.SliceType.Normal = list(frame["normal"])
        if is_empty(section):
            print(f"skipped: no cell at {frame['axis']} = 0")
            continue
        bone = select(section, *BONE)
        disc, design, solid, window = (select(section, region, region) for region in (DISC, DESIGN, FRAME, WINDOW))
        bounds = section.GetDataInformation().GetBounds()

        def picture(what):
            title = f"{plane.capitalize()} slice, {frame['axis']} = 0: {what} (iteration {time:g})"
            result = Picture(title, width, height)
            result.text(frame["left"], [0.02, 0.02])
            result.text(frame["right"], [0.70, 0.02])
            return result

        def finish(image, name):
            image.look(frame["stand"], frame["up"], bounds)
            path = os.path.join(output, f"{plane}_{name}.png")
            image.save(path)
            made.append(path)

        if {"bmd", "density"} <= fields:
            image = picture("bone and cage density")
            image.text("light grey: disc, graft window; dark grey: solid frame", [0.19, 0.02])
            image.plain(disc, LIGHT_GREY)
            image.plain(window, LIGHT_GREY)
            image.plain(solid, FRAME_COLOUR)
            image.coloured(bone, "bmd", "bone BMD [mg/cm3]", "Viridis (matplotlib)",
                           limits_of(numbers(bone, "bmd"), 1, 99))
            image.coloured(design, "density", "cage density [-]", "Cividis", density_limits)
            finish(image, "density")
        if "youngs_modulus" in fields:
            image = picture("Young's modulus")
            values = numbers(section, "youngs_modulus")
            image.coloured(section, "youngs_modulus", "Young's modulus [MPa]", "Viridis (matplotlib)",
                           limits_of(values[values > 0], default=(1.0, 10.0)), logarithmic=True)
            finish(image, "modulus")
        if "strain_min_principal" in fields:
            image = picture("minimum principal strain")
            micro = Calculator(Input=section, AttributeType="Cell Data", ResultArrayName="microstrain",
                               Function="1e6*strain_min_principal")
            micro.UpdatePipeline()
            bone_strain = numbers(select(micro, *BONE), "microstrain")
            if len(bone_strain) == 0:
                bone_strain = numbers(micro, "microstrain")
            image.coloured(micro, "microstrain", "min. strain [1e-6]", "Viridis (matplotlib)",
                           (limits_of(bone_strain, 1, 100)[0], 0.0), invert=True)
            finish(image, "strain")
    return made


def cage_picture(reader, density_limits, output, width, time):
    design, solid = (select(reader, region, region) for region in (DESIGN, FRAME))
    if is_empty(design):
        print("skipped: no design cells")
        return []
    image = Picture(f"Cage between the bones, relative density (iteration {time:g})", width, int(0.8 * width))
    image.text("dark grey: solid frame", [0.40, 0.02])
    half = Clip(Input=select(reader, *BONE), ClipType="Plane", Invert=1)
    half.ClipType.Origin, half.ClipType.Normal = [0, 0, 0], [1, 0, 0]
    image.plain(ExtractSurface(Input=half), BONE_COLOUR, opacity=0.35, lit=True)
    image.plain(ExtractSurface(Input=solid), FRAME_COLOUR, lit=True)
    image.coloured(ExtractSurface(Input=design), "density", "cage density [-]", "Cividis", density_limits, lit=True)
    image.look((0.75, 0.75, 0.55), (0, 0, 1), reader.GetDataInformation().GetBounds())
    image.view.OrientationAxesVisibility = 1
    image.view.OrientationAxesLabelColor = TEXT
    path = os.path.join(output, "cage_3d.png")
    image.save(path)
    return [path]


def shows_something(path):
    """Colour on at least 1 % of the pixels, white on at least 20 %."""
    reader = vtkPNGReader()
    reader.SetFileName(path)
    reader.Update()
    pixels = vtk_to_numpy(reader.GetOutput().GetPointData().GetScalars())[:, :3]
    coloured = numpy.mean(pixels.max(axis=1).astype(int) - pixels.min(axis=1) > 30)
    white = numpy.mean(pixels.min(axis=1) > 250)
    return coloured > 0.01 and white > 0.2


def main():
    arguments = parse_arguments()
    output = arguments.output or os.path.join(arguments.run_folder, "pictures")
    os.makedirs(output, exist_ok=True)
    simple._DisableFirstRenderCameraReset()
    reader, time = open_last_step(arguments.run_folder)
    fields = {reader.CellData.GetArray(i).Name for i in range(reader.CellData.GetNumberOfArrays())}
    if "region" not in fields:
        stop("the fields hold no cell array 'region', so bone and cage cannot be told apart")
    for name in sorted({"bmd", "density", "youngs_modulus", "strain_min_principal"} - fields):
        print(f"skipped: the run wrote no '{name}'")
    density_limits = density_limits_of(reader) if "density" in fields else None
    made = slice_pictures(reader, fields, density_limits, output, arguments.width, time)
    if density_limits:
        made += cage_picture(reader, density_limits, output, arguments.width, time)
    if arguments.check:
        dull = [path for path in made if not shows_something(path)]
        if len(made) != 10 or dull:
            stop(f"{len(made)} of 10 pictures were made; without content: {dull}")


main()
