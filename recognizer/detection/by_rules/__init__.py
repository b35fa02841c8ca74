"""The finder by rules: contours at several contrasts, judged by their shape, ground and company."""
