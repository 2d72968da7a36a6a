"""What a study concludes: from its records and what its assessments predicted."""

from study.orchestration.findings.findings import Findings, find
from study.orchestration.findings.frames import frames, write_frames

__all__ = ["Findings", "find", "frames", "write_frames"]
