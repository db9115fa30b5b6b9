"""Real servers and processes for the demo, the tests and the benchmarks: found, or brought up and always
taken down again.
"""
