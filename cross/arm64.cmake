# 64-bit ARM: Jetson, Raspberry Pi 3 and later under a 64-bit system. Baseline armv8-a.
set(FFL_TRIPLET aarch64-linux-gnu)
set(FFL_PROCESSOR aarch64)
set(FFL_EMULATOR qemu-aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
