"""Search spaces, a define-by-run function a file; your own is written the same way."""
