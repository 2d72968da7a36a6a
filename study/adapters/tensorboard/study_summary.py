"""The run that shows the study as a whole: what each arm has reached, the leaderboard, the layout of charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tensorboard.plugins.custom_scalar.metadata import CONFIG_SUMMARY_TAG

from study.adapters.tensorboard import summaries
from study.adapters.tensorboard.charts import best_so_far_tag, study_layout
from study.adapters.tensorboard.event_files import read_events
from study.adapters.tensorboard.event_log import EventLog
from study.adapters.watcher import Watcher
from study.values.arm import Arm
from study.values.metric_names import BEST_SO_FAR
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.selection import contenders, ordered, select
from study.values.states import TrialState

RUN = "summary"
"""Folder of the run within the study directory, and so its name."""
LEADERBOARD = "leaderboard"
"""Tag of the leaderboard's text."""

Rendering = Callable[[Sequence[TrialRecord]], str]
"""Returns a leaderboard as Markdown, given the records of ended trials; of their epochs only the last is there."""


class StudySummary(Watcher):
    """Adds to the summary run whenever a trial ends.

    The step is the number of the study's search trials ended; the leaderboard's is that of trials and
    assessments. All of it follows from the records, in the order in which they ended; what the run holds already is
    not written again.
    """

    def __init__(
        self, directory: Path, arms: Sequence[Arm], render: Rendering, *, earlier: Sequence[TrialRecord] = ()
    ) -> None:
        """Go on with the run from where it stands.

        Args:
            directory: The study directory.
            arms: All of the study's.
            render: Makes the leaderboard. Called when an arm selects another trial or an assessment ends, not at every
                trial: it may look at all of them.
            earlier: Records of the trials and assessments before now.
        """
        self._log = EventLog(directory / RUN)
        self._render = render
        self._records: list[TrialRecord] = []
        self._contenders: dict[str, list[TrialRecord]] = {}
        """Of each arm that has a complete trial: what its selected one follows from."""
        self._num_ended = 0
        self._steps: set[int] = set()
        self._texts: dict[str, bytes] = {}
        self._read(directory / RUN)
        self._write_layout(arms)
        ended = [record for record in earlier if record.ended_at is not None]
        for record in sorted(ended, key=lambda record: (record.ended_at or 0.0, record.plan.number)):
            self._take(record)
        self._write_leaderboard()
        self._log.flush()

    def on_end(self, record: TrialRecord) -> None:
        """Write what the trial's arm has reached, and the leaderboard if that changed it."""
        if self._take(record):
            self._write_leaderboard()
        self._log.flush()

    def close(self) -> None:
        """Write the leaderboard as it stands, and let go of the file."""
        self._write_leaderboard()
        self._log.close()

    def _read(self, folder: Path) -> None:
        for event in read_events(folder):
            for value in event.summary.value:
                if value.tag.startswith(f"{BEST_SO_FAR}/"):
                    self._steps.add(event.step)
                elif value.tag in (LEADERBOARD, CONFIG_SUMMARY_TAG):
                    self._texts[value.tag] = summaries.content_of(value)

    def _take(self, record: TrialRecord) -> bool:
        """Take in an ended trial; return whether the leaderboard may look otherwise for it."""
        # Many trials may come: what their earlier epochs were is not asked again.
        record = record.lean()
        self._records.append(record)
        if record.plan.purpose is Purpose.ASSESSMENT:
            return True
        self._num_ended += 1
        arm = record.plan.arm
        before = self._contenders.get(arm.id, [])
        found = contenders([*before, record])
        if not found:
            return False
        self._contenders[arm.id] = found
        self._write_best(arm, ordered(found), record)
        return select(found) is not select(before)

    def _write_best(self, arm: Arm, found: Sequence[TrialRecord], ended: TrialRecord) -> None:
        if found and self._num_ended not in self._steps:
            reached = {best_so_far_tag(arm): found[0].objective or 0.0}
            self._log.write(summaries.scalars(reached), step=self._num_ended, at=ended.ended_at)

    def _write_leaderboard(self) -> None:
        if any(record.state is TrialState.COMPLETE for record in self._records):
            text = self._render(self._records)
            if self._texts.get(LEADERBOARD) != text.encode():
                self._texts[LEADERBOARD] = text.encode()
                self._log.write(summaries.markdown(LEADERBOARD, text), step=len(self._records))

    def _write_layout(self, arms: Sequence[Arm]) -> None:
        summary = summaries.layout(study_layout(arms))
        if self._texts.get(CONFIG_SUMMARY_TAG) != summaries.content_of(summary.value[0]):
            self._log.write(summary)
