"""A Ray cluster that is there already: is it reachable, may we in, does it run the same versions?"""
