"""A reading: rows of inputs that a step is going to compute with, fetched beforehand or when they are wanted."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from study.learning.inputs import Inputs


class Reading:
    """Some rows of some inputs, on their way to the device."""

    def __init__(self, inputs: Inputs, rows: Tensor, device: torch.device, *, ahead: bool = False) -> None:
        """Say what is to be read.

        Args:
            inputs: Of what.
            rows: Which.
            device: Where they are wanted.
            ahead: Whether `fetch` does anything.
        """
        self._inputs, self._rows, self._device, self._ahead = inputs, rows, device, ahead
        # Asked for here, since another thread may have another GPU as its current one.
        self._sending = _stream_to(device) if ahead and device.type == "cuda" else None
        self._fetched: Tensor | None = None
        self._arrival: torch.cuda.Event | None = None

    def fetch(self) -> None:
        """Gather what is kept of the rows and send it to the device, from pinned memory and beside what computes."""
        if not self._ahead:
            return
        fetched = self._inputs.fetch(self._rows)
        if self._sending is not None:
            with torch.cuda.stream(self._sending):
                fetched = fetched.pin_memory().to(self._sending.device, non_blocking=True)
                self._arrival = self._sending.record_event()
        self._fetched = fetched

    def batch(self) -> Tensor:
        """Return the batch; as often as it is wanted."""
        if self._fetched is None:
            return self._inputs.batch(self._rows, self._device)
        if self._arrival is not None:
            computing = torch.cuda.current_stream(self._fetched.device)
            computing.wait_event(self._arrival)
            # Its memory belongs to the stream that sent it, which must not use it again before this one is through.
            self._fetched.record_stream(computing)
        return self._inputs.prepare(self._fetched, self._device)


def _stream_to(device: torch.device) -> torch.cuda.Stream:
    return _stream_of(torch.cuda.current_device() if device.index is None else device.index)


@cache
def _stream_of(gpu: int) -> torch.cuda.Stream:
    """Return the stream that sends to a GPU: one a process, as memory that was freed is kept for its stream alone."""
    return torch.cuda.Stream(gpu)  # type: ignore[no-untyped-call]
