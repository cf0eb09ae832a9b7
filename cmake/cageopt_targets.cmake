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
# -g1, lines and functions for a debugger, costs no build time; -g costs a third more.
# -Wno-psabi: GCC's note that passing SIMD types by value changed in version 4.6; nothing here crosses that border.
target_compile_options(
  cageopt_flags
  INTERFACE -Wall -Wextra -Wno-psabi
            $<$<CONFIG:Release>:-O3>
            $<$<CONFIG:Debug>:-O1;-g1>
            $<$<AND:$<CONFIG:Release>,$<BOOL:${CAGEOPT_NATIVE}>>:-march=native>)
target_link_libraries(cageopt_flags INTERFACE MPI::MPI_CXX nlohmann_json::nlohmann_json)

# deal.II's own deal_ii_setup_target() works target by target and only with plain link signatures; this is its content as
# one interface target.
include(${DEAL_II_TARGET_CONFIG})
string(TOUPPER ${CMAKE_BUILD_TYPE} build_type)
target_include_directories(cageopt_flags SYSTEM INTERFACE ${DEAL_II_INCLUDE_DIRS})
target_compile_definitions(cageopt_flags INTERFACE ${DEAL_II_USER_DEFINITIONS} ${DEAL_II_USER_DEFINITIONS_${build_type}})
separate_arguments(deal_ii_linker_flags UNIX_COMMAND "${DEAL_II_LINKER_FLAGS} ${DEAL_II_LINKER_FLAGS_${build_type}}")
target_link_options(cageopt_flags INTERFACE ${deal_ii_linker_flags})
target_link_libraries(cageopt_flags INTERFACE ${DEAL_II_TARGET_${build_type}})

# A folder is a library and an include prefix: cageopt_add_library(solver SOURCES a.cc DEPENDS meshing LIBRARIES x)
function(cageopt_add_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(cageopt_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(cageopt_${name} PUBLIC cageopt_flags ${ARG_LIBRARIES})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(cageopt_${name} PUBLIC cageopt_${dependency})
  endforeach()
endfunction()

# The program. It is built into the top of the build tree, and installed with the laws and cases it ships with, in the
# folders that the cases' relative paths expect:  cageopt_add_executable(cageopt SOURCES main.cc DEPENDS postprocess)
function(cageopt_add_executable name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE cageopt_flags ${ARG_LIBRARIES})
  foreach(dependency ${ARG_DEPENDS})
    target_link_libraries(${name} PRIVATE cageopt_${dependency})
  endforeach()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR} INSTALL_RPATH_USE_LINK_PATH ON)
  install(TARGETS ${name} RUNTIME DESTINATION bin)
  install(DIRECTORY ${CMAKE_SOURCE_DIR}/inputs/laws ${CMAKE_SOURCE_DIR}/inputs/cases DESTINATION share/${name})
endfunction()

# One GoogleTest binary per folder, and one ctest entry per kind of suite: suites whose name contains "Mpi" run on 1, 2
# and 3 ranks, the others on 1; those whose name contains "Slow" have entries of their own, which `ctest -LE slow` leaves
# out. An entry exists only where the sources hold such a suite, so that none passes by running nothing. Every entry also
# has the folder's name as a label.
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

  set(tests)
  foreach(source ${ARG_SOURCES})
    file(REAL_PATH ${source} source)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
    set(lines)
    if(EXISTS ${source}) # if not, add_executable() says so better
      file(STRINGS ${source} lines REGEX "^(TEST|TEST_F|TYPED_TEST|INSTANTIATE_TEST_SUITE_P)\\(")
    endif()
    list(APPEND tests ${lines})
  endforeach()
  set(slow ${tests})
  list(FILTER slow INCLUDE REGEX Slow)
  list(FILTER tests EXCLUDE REGEX Slow)
  foreach(ranks 1 2 3)
    if(ranks GREATER 1)
      list(FILTER tests INCLUDE REGEX Mpi)
      list(FILTER slow INCLUDE REGEX Mpi)
      set(quick_filter *Mpi*-*Slow*)
      set(slow_filter *Slow*Mpi*:*Mpi*Slow*)
    else()
      set(quick_filter -*Slow*)
      set(slow_filter *Slow*)
    endif()
    if(tests)
      cageopt_add_test_entry(${name} ${name} ${ranks} ${ARG_TIMEOUT} ${quick_filter} ${name})
    endif()
    if(slow)
      cageopt_add_test_entry(${name}.slow ${name} ${ranks} ${ARG_TIMEOUT} ${slow_filter} "${name};slow")
    endif()
  endforeach()
endfunction()

function(cageopt_add_test_entry entry binary ranks timeout filter labels)
  set(test_name ${entry}.mpirun=${ranks}.${CAGEOPT_TEST_SUFFIX})
  add_test(NAME ${test_name} COMMAND ${MPIEXEC_EXECUTABLE} ${CAGEOPT_MPIEXEC_FLAGS} ${MPIEXEC_NUMPROC_FLAG} ${ranks}
                                     $<TARGET_FILE:test_${binary}> --gtest_filter=${filter})
  set_tests_properties(${test_name} PROPERTIES PROCESSORS ${ranks} TIMEOUT ${timeout} LABELS "${labels}"
                                               ENVIRONMENT "${CAGEOPT_TEST_ENVIRONMENT}")
endfunction()

# A script that judges by its exit code, 77 meaning skipped: 
# cageopt_add_script_test(checks.format COMMAND format.sh LABELS checks)
function(cageopt_add_script_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT;PROCESSORS" "COMMAND;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(NOT ARG_PROCESSORS)
    set(ARG_PROCESSORS 1)
  endif()
  add_test(NAME ${name}.${CAGEOPT_TEST_SUFFIX} COMMAND ${ARG_COMMAND})
  set_tests_properties(
    ${name}.${CAGEOPT_TEST_SUFFIX}
    PROPERTIES PROCESSORS ${ARG_PROCESSORS} TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}" SKIP_RETURN_CODE 77
               ENVIRONMENT "${CAGEOPT_TEST_ENVIRONMENT};MPIEXEC=${MPIEXEC_EXECUTABLE}")
endfunction()

# Debug and Release run as one ctest (tests/run_all.sh), where names must tell them apart.
string(TOLOWER ${CMAKE_BUILD_TYPE} CAGEOPT_TEST_SUFFIX)

# More ranks than cores, and root in containers, are normal for tests; what each setting is for is said in
# cluster/mpi_environment.sh. Both are variables so that a cluster's own launcher is not given Open MPI's words.
set(CAGEOPT_MPIEXEC_FLAGS
    ""
    CACHE STRING "Flags for mpiexec in the tests")
set(CAGEOPT_TEST_ENVIRONMENT
    OMPI_ALLOW_RUN_AS_ROOT=1
    OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1
    OMPI_MCA_hwloc_base_binding_policy=none
    OMPI_MCA_mpi_yield_when_idle=1
    OMPI_MCA_btl_vader_single_copy_mechanism=none
    OMPI_MCA_btl_base_warn_component_unused=0
    OMP_NUM_THREADS=1
    OPENBLAS_NUM_THREADS=1
    CACHE STRING "Environment of the tests")
