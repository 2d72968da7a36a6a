"""Files of a trial's record: what is written whole, and what grows a line at a time."""
