# What a device gets: a .deb for the target's architecture. `cpack -G DEB` in a build folder in which ffl-agent was built; scripts/package.sh
# does that for every architecture and checks what comes out.

set(FFL_MAINTAINER "ffl-agent authors <ffl-agent@packages.invalid>" CACHE STRING "who answers for the packages: name <address>")

# Debian's name of the target. The processor alone does not tell a 32-bit system on a 64-bit kernel.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(package_arch amd64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$" AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(package_arch arm64)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(arm|aarch64)" AND CMAKE_SIZEOF_VOID_P EQUAL 4)
  set(package_arch armhf)
else()
  message(STATUS "No package for ${CMAKE_SYSTEM_PROCESSOR}: only amd64, arm64 and armhf have one")
  return()
endif()

# Debian wants these compressed, without a time stamp, so that the same source gives the same package.
find_program(GZIP gzip)
if(NOT GZIP)
  message(STATUS "No package without gzip")
  return()
endif()
set(made ${PROJECT_BINARY_DIR}/package)
file(MAKE_DIRECTORY ${made})
function(ffl_gzip from to)
  execute_process(COMMAND ${GZIP} -9nc INPUT_FILE ${from} OUTPUT_FILE ${made}/${to} COMMAND_ERROR_IS_FATAL ANY)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${from})
endfunction()
ffl_gzip(${PROJECT_SOURCE_DIR}/conf/ffl-agent.8 ffl-agent.8.gz)
# Under a name that no other package has: `man ffl-agent.ini`.
ffl_gzip(${PROJECT_SOURCE_DIR}/conf/agent.ini.5 ffl-agent.ini.5.gz)
ffl_gzip(${PROJECT_SOURCE_DIR}/README.md README.md.gz)
ffl_gzip(${PROJECT_SOURCE_DIR}/conf/json-output.md json-output.md.gz)
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/systemd/debian/changelog.sh ${PROJECT_VERSION} ${FFL_MAINTAINER}
  OUTPUT_FILE ${made}/changelog COMMAND_ERROR_IS_FATAL ANY)
ffl_gzip(${made}/changelog changelog.gz)
set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/CHANGELOG.md
  ${PROJECT_SOURCE_DIR}/systemd/debian/changelog.sh)

# Paths from the root, for a package knows no other prefix; `cmake --install BUILD --prefix DIR --component device` shows the tree. Tests and
# what they bring along are in no component of ours.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME device)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
install(TARGETS ffl-agent RUNTIME DESTINATION usr/bin)
# What postinst writes /etc/ffl-agent/agent.ini from. No conffile: dpkg would ask about edited ones.
install(FILES conf/agent.ini DESTINATION usr/share/ffl-agent)
install(DIRECTORY DESTINATION etc/ffl-agent)
# Not usr/lib: Debian 11 may have both.
install(FILES systemd/ffl-agent.service DESTINATION lib/systemd/system)
install(FILES systemd/ffl-agent.sysusers DESTINATION usr/lib/sysusers.d RENAME ffl-agent.conf)
install(FILES systemd/ffl-agent.tmpfiles DESTINATION usr/lib/tmpfiles.d RENAME ffl-agent.conf)
install(FILES ${made}/ffl-agent.8.gz DESTINATION usr/share/man/man8)
install(FILES ${made}/ffl-agent.ini.5.gz DESTINATION usr/share/man/man5)
install(FILES conf/completion/ffl-agent DESTINATION usr/share/bash-completion/completions)
install(FILES conf/completion/_ffl-agent DESTINATION usr/share/zsh/vendor-completions)
install(FILES ${made}/README.md.gz ${made}/json-output.md.gz ${made}/changelog.gz systemd/debian/copyright DESTINATION usr/share/doc/ffl-agent)
# To be copied, imported, started and read at night: not compressed.
install(FILES conf/openapi.yaml conf/alerts.yml conf/grafana.json conf/runbook.md DESTINATION usr/share/doc/ffl-agent)
set(examples usr/share/doc/ffl-agent/examples)
install(FILES systemd/listen.conf.example DESTINATION ${examples} RENAME listen.conf)
install(FILES conf/examples/README.md conf/examples/producer.cpp DESTINATION ${examples})
install(DIRECTORY conf/examples/ansible DESTINATION ${examples})
install(PROGRAMS conf/examples/producer.sh conf/examples/producer.py conf/examples/deepstream.py conf/examples/receiver.py
  conf/examples/receiver.mjs conf/examples/receiver.sh conf/examples/door.py DESTINATION ${examples})
# Only the program goes in: the tests of the same folder need not be built.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)

# What the program needs beside systemd, by hand: the tools that would find it out look into the building machine, not into the target.
# test/check_package.sh compares it with the program.
set(libraries "libc6 (>= 2.34), libgcc-s1, libstdc++6 (>= 11), libssl3 (>= 3.0.0), libsqlite3-0 (>= 3.34.0)")
if(FFL_PORTABLE)
  set(libraries "libc6 (>= 2.31)")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME ffl-agent)
set(CPACK_PACKAGE_CONTACT ${FFL_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "deliver FindFace Lite events from an edge device")
set(CPACK_PACKAGE_DESCRIPTION
"Takes recognition events from the recogniser on a board, decides by the
filters of each webhook of the FindFace Lite server, and posts them to the
webhooks' targets.
.
Events are kept in a queue on disk that survives restarts and power cuts;
targets and server may be away for as long as they like.")
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};ffl-agent;device;/")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE ${package_arch})
set(CPACK_DEBIAN_FILE_NAME ffl-agent_${PROJECT_VERSION}_${package_arch}.deb)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${libraries}, systemd (>= 245), init-system-helpers (>= 1.54), procps")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
# Debian 11's dpkg does not read zstd.
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA)
foreach(script postinst prerm postrm)
  list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/systemd/debian/${script})
endforeach()
include(CPack)
