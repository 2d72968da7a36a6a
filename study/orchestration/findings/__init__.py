"""What a study concludes: from its records and what its assessments predicted."""

from study.orchestration.findings.findings import Findings, find

__all__ = ["Findings", "find"]
