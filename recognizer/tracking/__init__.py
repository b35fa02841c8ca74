"""What stays from frame to frame of a video: tracks, where to look next, and what stands still."""
