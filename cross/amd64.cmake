# x86-64 against a sysroot: for the portable package only; what is built for this machine needs no toolchain file.
set(FFL_TRIPLET x86_64-linux-gnu)
set(FFL_PROCESSOR x86_64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
