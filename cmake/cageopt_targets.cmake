# How every library and test of the project is built; the folders' CMakeLists.txt only list sources.
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

find_package(MPI REQUIRED COMPONENTS CXX)
find_package(nlohmann_json 3.11 REQUIRED)
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_library(cageopt_flags INTERFACE)
target_include_directories(cageopt_flags INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
# -Wno-psabi: GCC's note that passing SIMD types by value changed in version 4.6; nothing here crosses that border.
target_compile_options(
  cageopt_flags
  INTERFACE -Wall -Wextra -Wno-psabi
            $<$<CONFIG:Release>:-O3>
            $<$<CONFIG:Debug>:-O1>
            $<$<AND:$<CONFIG:Release>,$<BOOL:${CAGEOPT_NATIVE}>>:-march=native>)
target_link_libraries(cageopt_flags INTERFACE MPI::MPI_CXX nlohmann_json::nlohmann_json)

# A folder is a library and an include prefix: cageopt_add_library(solver SOURCES a.cc DEPENDS meshing LIBRARIES x)
function(cageopt_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(cageopt_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(cageopt_${name} PUBLIC cageopt_flags ${ARG_LIBRARIES})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(cageopt_${name} PUBLIC cageopt_${dependency})
  endforeach()
  deal_ii_setup_target(cageopt_${name})
endfunction()

# One GoogleTest binary per folder. Suites whose name contains "Mpi" run on 1, 2 and 3 ranks, the others on 1.
function(cageopt_add_tests name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(test_${name} ${ARG_SOURCES} ${CMAKE_SOURCE_DIR}/tests/gtest_mpi_main.cc)
  target_link_libraries(test_${name} PRIVATE cageopt_flags GTest::gtest)
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(test_${name} PRIVATE cageopt_${dependency})
  endforeach()
  target_compile_definitions(test_${name} PRIVATE CAGEOPT_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  deal_ii_setup_target(test_${name})
  foreach(ranks 1 2 3)
    set(filter)
    if(ranks GREATER 1)
      set(filter --gtest_filter=*Mpi*)
    endif()
    add_test(NAME ${name}.mpirun=${ranks}
             COMMAND ${MPIEXEC_EXECUTABLE} ${CAGEOPT_MPIEXEC_FLAGS} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
                     $<TARGET_FILE:test_${name}> ${filter})
    set_tests_properties(
      ${name}.mpirun=${ranks} PROPERTIES PROCESSORS ${ranks} TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT
                                         "${CAGEOPT_TEST_ENVIRONMENT}")
  endforeach()
endfunction()

# More ranks than cores, and root in containers, are normal for tests. Both are variables so that a cluster's own
# launcher is not given Open MPI's words.
set(CAGEOPT_MPIEXEC_FLAGS
    ""
    CACHE STRING "Flags for mpiexec in the tests")
set(CAGEOPT_TEST_ENVIRONMENT
    OMPI_ALLOW_RUN_AS_ROOT=1
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_mpi_yield_when_idle=1
    OMPI_MCA_btl_base_warn_component_unused=0
    OMP_NUM_THREADS=1)
