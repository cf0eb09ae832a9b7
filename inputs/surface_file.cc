#include <inputs/surface_file.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <assimp/Importer.hpp>
#include <assimp/scene.h>

#include <inputs/error.h>
#include <inputs/surface_screen.h>

namespace cageopt::inputs {

namespace {

InputError unreadable(const std::string &path, const std::string &problem, const std::string &rule)
{
  return InputError("The surface file '" + path + "'", problem, rule,
                    "give a closed surface as STL or PLY, in ASCII or binary (PLY: little endian) form");
}

std::string read_bytes(const std::string &path)
{
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    throw InputError("The surface file '" + path + "'", "missing", "no file has this name",
                     "check the path; relative paths start at the case file's folder or at --data");
  if (!std::filesystem::is_regular_file(path, error))
    throw unreadable(path, "no file", "a surface is one file");
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

TriangleSurface read_surface(const std::string &path)
{
  const std::string bytes = read_bytes(path);
  const SurfaceScreen screen = screen_surface(bytes);
  if (screen.format.empty())
    throw unreadable(path, bytes.empty() ? "empty" : "no surface", "it is neither STL nor PLY");
  if (!screen.defect.empty())
    throw unreadable(path, "damaged or incomplete", screen.defect);

  std::vector<Point> corners;
  std::vector<TriangleSurface::Triangle> triangles;
  Assimp::Importer importer;
  const aiScene *const scene =
      screen.n_faces > 0 ? importer.ReadFileFromMemory(bytes.data(), bytes.size(), 0, screen.format.c_str()) : nullptr;
  if (screen.n_faces > 0 && scene == nullptr)
    throw unreadable(path, "damaged", "Assimp says: " + std::string(importer.GetErrorString()));
  std::size_t n_faces = 0;
  for (unsigned int part = 0; scene != nullptr && part < scene->mNumMeshes; ++part) {
    const aiMesh &mesh = *scene->mMeshes[part];
    const auto first = static_cast<std::uint32_t>(corners.size());
    for (unsigned int corner = 0; corner < mesh.mNumVertices; ++corner)
      corners.push_back({mesh.mVertices[corner].x, mesh.mVertices[corner].y, mesh.mVertices[corner].z});
    n_faces += mesh.mNumFaces;
    for (unsigned int number = 0; number < mesh.mNumFaces; ++number) {
      const aiFace &face = mesh.mFaces[number];
      for (unsigned int last = 2; last < face.mNumIndices; ++last)
        triangles.push_back({first + face.mIndices[0], first + face.mIndices[last - 1], first + face.mIndices[last]});
    }
  }
  if (n_faces != screen.n_faces)
    throw unreadable(path, "damaged",
                     std::to_string(n_faces) + " of its " + std::to_string(screen.n_faces) + " faces can be read");
  return TriangleSurface(std::filesystem::path(path).filename().string(), corners, triangles);
}

} // namespace cageopt::inputs
