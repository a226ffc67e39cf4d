/* Debian's SQLiteCpp archive was built against a newer glibc, whose shared pointers ask this flag
   whether they may go without atomics. glibc has it from 2.32 on. A portable program must start
   with 2.31, so it brings its own, which says: there are threads. */
char __libc_single_threaded = 0;
