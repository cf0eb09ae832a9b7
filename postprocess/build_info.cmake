# Run at every build: writes the version header, and touches it only if its content changed.
cmake_minimum_required(VERSION 3.25)
execute_process(
  COMMAND git --no-optional-locks -c safe.directory=${SOURCE_DIR} -C ${SOURCE_DIR} describe --always --dirty --abbrev=40
          --exclude=*
  OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE
  ERROR_QUIET
  RESULT_VARIABLE status)
# Without its own .git, a copy inside another repository would show that one's commit.
if(NOT status EQUAL 0 OR NOT EXISTS ${SOURCE_DIR}/.git)
  set(commit unknown)
endif()
file(
  CONFIGURE
  OUTPUT ${HEADER}
  CONTENT "#pragma once

#define CAGEOPT_VERSION \"${VERSION}\"
#define CAGEOPT_GIT_COMMIT \"${commit}\"
#define CAGEOPT_COMPILER \"${COMPILER}\"
#define CAGEOPT_BUILD_TYPE \"${BUILD_TYPE}\"
" @ONLY)
