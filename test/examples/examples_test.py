#!/usr/bin/env python3
"""Every example of conf/examples at work with the agent: examples_test.py AGENT [PART OF A NAME...]."""
import sys

import common  # noqa: F401  sets the paths
import report_lines

import deepstream_test
import door_test
import producers_test
import receivers_test

if __name__ == "__main__":
    sys.exit(report_lines.main([producers_test, receivers_test, door_test, deepstream_test]))
