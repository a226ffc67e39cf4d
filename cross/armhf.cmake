# 32-bit ARM: Raspberry Pi 2 and later under a 32-bit system. Baseline armv7-a with VFPv3-D16, as Debian's armhf; the ARMv6 of Pi 1 and
# Zero cannot be built with Debian's compiler.
set(FFL_TRIPLET arm-linux-gnueabihf)
set(FFL_PROCESSOR armv7l)
set(FFL_EMULATOR qemu-arm)
set(FFL_FLAGS -Wno-psabi) # notes about what changed with g++ 7.1, hundreds of them
include(${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
