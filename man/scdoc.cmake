# SPDX-License-Identifier: GPL-2.0-or-later
# One manual page: cmake -DSCDOC=... -DINPUT=page.scd -DOUTPUT=page -P scdoc.cmake
execute_process(COMMAND ${SCDOC} INPUT_FILE ${INPUT} OUTPUT_FILE ${OUTPUT} RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  file(REMOVE ${OUTPUT})
  message(FATAL_ERROR "scdoc does not accept ${INPUT}")
endif()
