"""A study under a seeded schedule of real faults, and whether it kept its promise: `./scripts/chaos`."""
