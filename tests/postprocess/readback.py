"""Compares what VTK's own readers give with the raw bytes that the writing ranks dumped: exactly equal.

usage: pvpython readback.py SAMPLE_RUN_FOLDER
"""
import glob
import os
import sys

import numpy
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersCore import vtkCellCenters
from vtkmodules.vtkFiltersVerdict import vtkCellSizeFilter
from vtkmodules.vtkIOXML import vtkXMLImageDataReader, vtkXMLPUnstructuredGridReader

folder = sys.argv[1]
n_ranks = len(glob.glob(os.path.join(folder, "expected", "points.*")))
failures = []


def expected(name, dtype, by_rank=True):
    names = [f"{name}.{rank}" for rank in range(n_ranks)] if by_rank else [name]
    return [numpy.fromfile(os.path.join(folder, "expected", file), dtype) for file in names]


def check(what, condition):
    print(("ok      " if condition else "FAILED  ") + what)
    if not condition:
        failures.append(what)


def same(array, values, dtype):
    numbers = vtk_to_numpy(array)
    return numbers.dtype == dtype and numpy.array_equal(numbers.ravel(), values, equal_nan=dtype.startswith("f"))


def strings(field_data, name):
    array = field_data.GetAbstractArray(name)
    return [] if array is None else [array.GetValue(i) for i in range(array.GetNumberOfValues())]


check("written on 2 ranks", n_ranks == 2)
reader = vtkXMLPUnstructuredGridReader()
reader.SetFileName(os.path.join(folder, "solution", "solution_0010.pvtu"))
reader.Update()
grid = reader.GetOutput()
points = expected("points", "f8")
check("points", same(grid.GetPoints().GetData(), numpy.concatenate(points), "float64"))
shift, hexahedra = 0, []
for part, part_points in zip(expected("hexahedra", "u4"), points):
    hexahedra.append(part.astype("i8") + shift)
    shift += len(part_points) // 3
hexahedra = numpy.concatenate(hexahedra)
check("hexahedra", same(grid.GetCells().GetConnectivityArray(), hexahedra, "int64"))
check("cell types", set(vtk_to_numpy(grid.GetCellTypesArray())) == {12})
types = {"density": "float64", "youngs_modulus": "float64", "bmd": "float64", "strain_min_principal": "float32",
         "region": "uint8"}
check("number of cell arrays", grid.GetCellData().GetNumberOfArrays() == len(types))
for name, dtype in types.items():
    check(name, same(grid.GetCellData().GetArray(name), numpy.concatenate(expected(name, dtype)), dtype))
check("displacement", grid.GetPointData().GetArray("displacement").GetNumberOfComponents() == 3
      and same(grid.GetPointData().GetArray("displacement"), numpy.concatenate(expected("displacement", "f8")),
               "float64"))

# A hexahedron in the wrong vertex order has another volume.
sizes = vtkCellSizeFilter()
sizes.SetInputData(grid)
sizes.Update()
check("cell volumes are 8 mm3", numpy.allclose(vtk_to_numpy(sizes.GetOutput().GetCellData().GetArray("Volume")), 8))
check("units", "youngs_modulus: MPa" in strings(grid.GetFieldData(), "units"))
check("frame", strings(grid.GetFieldData(), "frame") == ["design: x right, y anterior, z cranial"])

reader = vtkXMLImageDataReader()
reader.SetFileName(os.path.join(folder, "field", "density.vti"))
reader.Update()
image = reader.GetOutput()
check("vti density with NaN", same(image.GetCellData().GetArray("density"), expected("vti_density", "f4", False)[0],
                                   "float32"))
centres = vtkCellCenters()
centres.SetInputData(image)
centres.Update()
difference = vtk_to_numpy(centres.GetOutput().GetPoints().GetData()).ravel() - expected("vti_centres", "f8", False)[0]
check("vti cell centres in the patient's frame", numpy.abs(difference).max() < 1e-5)
check("vti frame", strings(image.GetFieldData(), "frame") == ["RAS"])
check("vti units", strings(image.GetFieldData(), "units") == ["density: 1"])
sys.exit(1 if failures else 0)
