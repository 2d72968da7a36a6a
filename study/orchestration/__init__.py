"""Floor 5: orchestration. Builds arms, runs, resumes, assesses, collects: the programmatic API."""
