"""The transforms of the planner, one a file, in the order in which `build.py` lists them."""
